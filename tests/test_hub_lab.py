"""Los perfiles del Hub, de principio a fin: los cuadernos contra un Hub de prueba en 127.0.0.1."""

from __future__ import annotations

import json

import pytest
from loopback_hub import spanish
from loopback_hub.client import read_outputs, run_lab
from loopback_hub.repos import DATASET, MODEL, build_repos
from loopback_hub.server import serve_hub

from labsupport.running.whole_lab import find_notebooks

SIZES = {"n_train": 64, "n_validation": 64, "n_eval": 64}
SMALL = {"profile": "yelp", **SIZES, "epochs": 1, "max_length": 64}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Ejecuta los seis cuadernos con la caché vacía; devuelve el proceso, su run.json y el Hub."""
    out = tmp_path_factory.mktemp("yelp")
    with serve_hub(build_repos(out / "repos")) as hub:
        done = run_lab(out, hub.url, SMALL)
    (record,) = out.rglob("run.json")
    return done, json.loads(record.read_text(encoding="utf-8")), hub, out


def test_every_notebook_runs_on_the_yelp_profile(lab):
    done, record, _, _ = lab
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["notebook"] for row in record["notebooks"]] == [
        notebook.stem for notebook in find_notebooks()
    ]
    assert {row["status"] for row in record["notebooks"]} == {"bien"}


def test_the_three_trainings_are_compared_on_the_real_names(lab):
    _, _, _, out = lab
    for lesson in ("02_trainer", "03_keras", "04_pytorch"):
        text = (out / "results" / f"{lesson}-yelp.json").read_text(encoding="utf-8")
        parameters = json.loads(text)["parameters"]
        assert (parameters["model_name"], parameters["dataset_name"]) == (MODEL, DATASET)
        assert str(out) not in text


def test_each_file_is_downloaded_once_and_nothing_else_is_asked(lab):
    _, _, hub, out = lab
    asked = [request.removeprefix("GET ") for request in hub.requests if request[:4] == "GET "]
    files = [path for path in asked if "/resolve/" in path]
    assert len(files) == len(set(files)) == 8
    listings = [path for path in asked if path.startswith(("/api/models", "/api/datasets"))]
    assert listings == [f"/api/datasets/{DATASET}", f"/api/models/{MODEL}"]
    assert not (out / "red.log").exists()


def test_without_the_hub_the_table_says_what_to_do_and_the_profile_is_not_changed(tmp_path):
    done = run_lab(tmp_path, "http://127.0.0.1:9", SMALL, "02")
    (record,) = tmp_path.rglob("run.json")
    (row,) = json.loads(record.read_text(encoding="utf-8"))["notebooks"]
    assert done.returncode == 1
    assert "No se pudo llegar al Hub" in row["message"] and 'profile = "mini"' in row["message"]
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def spanish_lab(tmp_path_factory):
    """Lo mismo con el perfil «es» y las lecciones 0, 2 y 3: BETO solo trae pytorch_model.bin."""
    out = tmp_path_factory.mktemp("es")
    with serve_hub(spanish.build_spanish_repos(out / "repos")) as hub:
        done = run_lab(out, hub.url, {**SMALL, "profile": "es"}, "00", "02", "03")
    (record,) = out.rglob("run.json")
    return done, json.loads(record.read_text(encoding="utf-8")), hub, out


def test_the_spanish_profile_trains_in_both_frameworks(spanish_lab):
    done, record, _, out = spanish_lab
    assert done.returncode == 0, done.stdout + done.stderr
    assert {row["status"] for row in record["notebooks"]} == {"bien"}
    for lesson in ("02_trainer", "03_keras"):
        content = json.loads((out / "results" / f"{lesson}-es.json").read_text(encoding="utf-8"))
        assert content["parameters"]["model_name"] == spanish.MODEL
        assert content["parameters"]["dataset_name"] == spanish.DATASET
        assert content["label_names"] == ["1", "2", "3", "4", "5"]
    assert "mismos pesos en los dos frameworks: True" in read_outputs(out, "03_keras", "igual")


def test_the_spanish_profile_downloads_its_weights_once_and_nothing_else(spanish_lab):
    _, _, hub, out = spanish_lab
    files = [each for each in hub.requests if each.startswith("GET ") and "/resolve/" in each]
    assert len(files) == len(set(files)) == 9
    assert [each for each in files if each.endswith((".bin", ".h5", ".msgpack"))] == [
        f"GET /{spanish.MODEL}/resolve/main/pytorch_model.bin"
    ]
    assert not (out / "red.log").exists()


def test_the_spanish_model_answers_with_its_classes(spanish_lab):
    from transformers import pipeline

    *_, out = spanish_lab
    answer = pipeline("text-classification", model=str(out / "results" / "modelo-trainer-es"))
    (one,) = answer("La habitación estaba muy sucia, una estafa.")
    assert one["label"] in {"1", "2", "3", "4", "5"}
    assert answer.tokenizer.pad_token_id == 1
    assert answer.tokenizer.tokenize("El") != answer.tokenizer.tokenize("el")
