"""Qué modelo se comparte: el del cuaderno 2 si es el de estos parámetros; si no, uno pequeño."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from labsupport.data import apply_parameters
from labsupport.running.whole_lab import run_notebooks
from labsupport.sharing import check_card, find_text_language, find_trained, write_card
from labsupport.sharing.trained import explain_mismatch, train_small

SMALL = {"n_train": 24, "n_validation": 12, "n_eval": 12, "epochs": 1, "max_length": 32}


@pytest.fixture(scope="module")
def settings():
    return apply_parameters(SMALL)


@pytest.fixture(scope="module")
def trained(settings, tmp_path_factory):
    """Un modelo entrenado aquí, con sus predicciones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_RESULTS_DIR", str(tmp_path_factory.mktemp("resultados")))
        return train_small(settings)


@pytest.fixture
def published(trained, private_results):
    """Lo mismo, publicado como lo deja el cuaderno 2."""
    folder = private_results / "modelo-trainer-mini"
    shutil.copytree(trained.folder, folder)
    results = private_results / "02_trainer-mini.json"
    results.write_bytes(trained.results.read_bytes())
    return folder, results


def test_uses_the_model_of_the_second_lesson(published, settings):
    said = []
    found = find_trained(settings, say=said.append)
    assert (found.folder, found.results) == published and found.settings == settings
    assert said == ["Uso modelo-trainer-mini, el que guardó el cuaderno 2."]


def test_trains_a_small_one_and_says_why_when_there_is_none(settings, private_results):
    said = []
    found = find_trained(settings, say=said.append)
    assert found.folder == private_results / "modelo-compartir-mini"
    assert found.folder.joinpath("model.safetensors").is_file() and found.results.is_file()
    (sentence,) = said
    assert sentence.startswith("El cuaderno 2 no ha dejado ningún modelo. Entreno uno pequeño")
    assert "24 textos" in sentence and "make lab ARGS=02" in sentence


def test_a_small_one_is_never_larger_than_what_was_asked(settings, monkeypatch):
    asked = []
    monkeypatch.setattr("labsupport.sharing.trained._train_apart", asked.append)
    find_trained(replace(settings, n_train=5000, epochs=9, n_validation=3), say=str)
    (used,) = asked
    assert (used.n_train, used.epochs, used.n_validation) == (400, 2, 3)


def test_refuses_a_model_of_other_parameters(published, settings):
    reason = explain_mismatch(*published, replace(settings, data_seed=7))
    assert "otros parámetros (data_seed: 42; aquí, 7)" in reason


def test_refuses_a_model_of_other_classes(published, settings):
    folder, results = published
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {"0": "sí", "1": "no"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert "sus clases son otras" in explain_mismatch(folder, results, settings)


@pytest.mark.parametrize("broken", ["02_trainer-mini.json", "modelo-trainer-mini/config.json"])
def test_says_that_what_is_there_is_broken(published, settings, broken):
    folder, results = published
    (folder.parent / broken).write_text("{", encoding="utf-8")
    assert "no se puede usar" in explain_mismatch(folder, results, settings)


def test_a_card_is_written_from_what_a_small_one_measured(trained, settings, tmp_path):
    write_card(settings, trained.results, tmp_path, language="en")
    check_card(tmp_path, trained.results)


def test_the_language_is_that_of_the_card_or_what_it_seems(settings):
    assert find_text_language(settings, ["..."]) == ["en"]
    own = replace(settings, dataset_name="./no-está.csv", dataset_folder="./no-está.csv")
    texts = ["El servicio fue muy bueno y la comida llegó caliente a la mesa."]
    assert find_text_language(own, texts) == "es" and find_text_language(own, ["ok"]) == ""


def test_running_only_this_lesson_sees_the_saved_model(published, make_notebook, tmp_path):
    folder, _ = published
    notebook = make_notebook(
        "08_compartir",
        "from labsupport.base.paths import find_result\n"
        "folder = find_result('modelo-trainer-mini')\n"
        "assert (folder / 'model.safetensors').stat().st_size > 0\n"
        "assert find_result('02_trainer-mini.json').is_file()",
    )
    run = run_notebooks([notebook], out=tmp_path / "runs", say=str)
    assert run.succeeded, run.outcomes
    kept = run.results / folder.name
    assert sorted(path.name for path in kept.iterdir()) == sorted(os.listdir(folder))
    # Con el cuaderno 2 en la misma ejecución, solo vale lo que él deje.
    lessons = [make_notebook(name, "pass") for name in ("02_trainer", "08_compartir")]
    both = run_notebooks(lessons, out=tmp_path / "runs", say=str)
    assert both.succeeded and not (both.results / folder.name).exists()
