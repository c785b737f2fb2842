"""Los entrenamientos de varias semillas: la orden que los hace y lo que de ellos lee el 5."""

from __future__ import annotations

import getpass
import importlib.util
import json
import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from labsupport.base.errors import LabError
from labsupport.base.paths import EMBEDDED, REPO
from labsupport.data import apply_parameters, load_subset
from labsupport.evaluation import read_seed_runs, save_predictions, seeds
from labsupport.evaluation.comparison import LESSONS
from labsupport.evaluation.results import read_predictions
from labsupport.settings import check_parameters, list_values

SMALL = {"n_train": 32, "n_validation": 8, "n_eval": 16, "max_length": 32, "epochs": 1}
PAIRS = [word for name, value in SMALL.items() for word in ("-p", name, str(value))]
NAMES = list(LESSONS.values())
# Lo que dice el archivo guardado y lo que se estudia con él: nueve entrenamientos.
MOST_KIB = 300


@pytest.fixture
def tool(monkeypatch):
    """``tools/measure_seeds.py``, sin que la carpeta en que trabaja se quede cambiada."""
    monkeypatch.chdir(REPO)
    spec = importlib.util.spec_from_file_location("measure_seeds", REPO / "tools/measure_seeds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def trained(tool, monkeypatch):
    """Cuadernos de mentira; devuelve la lista, que crece, de los que se «ejecutan»."""
    done = []

    def run_notebooks(notebooks, parameters, out):
        lesson = notebooks[0].stem
        if len(done) == trained_until:
            return SimpleNamespace(interrupted=True, succeeded=False)
        done.append((lesson, parameters["seed"]))
        settings = apply_parameters(parameters, detect=False)
        _, watched, rows = load_subset(settings)
        generator = np.random.default_rng([settings.seed, len(lesson)])
        logits, others = (generator.normal(size=(len(each), 5)) for each in (rows, watched))
        options = {"seconds": 3, "validation": (watched, others), "recipe": {"steps": 2}}
        settings = replace(settings, device="cpu", precision="fp32")
        path = save_predictions(lesson, "prueba", settings, rows, logits, **options)
        (path.parent / "modelo").mkdir(exist_ok=True)
        return SimpleNamespace(interrupted=False, succeeded=True)

    trained_until = None
    monkeypatch.setattr(tool, "run_notebooks", run_notebooks)

    def stop_after(number):
        nonlocal trained_until
        trained_until = number

    return SimpleNamespace(done=done, stop_after=stop_after)


def here(**parameters):
    """Los parámetros y el examen de un cuaderno abierto aquí."""
    settings = apply_parameters({**SMALL, **parameters}, detect=False)
    return settings, load_subset(settings)[-1]


def test_what_one_command_makes_the_lesson_reads(tool, trained, private_results):
    assert tool.main([*PAIRS, "--seeds", "1", "2"]) == 0
    assert trained.done == [(lesson, seed) for seed in (1, 2) for lesson in LESSONS]
    settings, rows = here()
    runs, note = read_seed_runs(settings, rows)
    assert list(runs) == NAMES and all(list(runs[name]) == [1, 2] for name in NAMES)
    assert note.startswith("Trainer, Keras y PyTorch, con las semillas 1 y 2 del modelo")
    assert "6 entrenamientos hechos el 20" in note and "CPU, fp32" in note
    # Con la semilla de otro cuaderno, los entrenamientos y el examen son los mismos.
    assert read_seed_runs(here(seed=7)[0], rows)[1] == note
    # Los resultados propios no se tocan, y no queda nada a medias.
    assert [path.name for path in private_results.iterdir()] == ["semillas-mini.json", "semillas"]
    assert not list((private_results / "semillas").iterdir())


def test_answers_follow_the_order_of_the_notebook(tool, trained, private_results):
    tool.main([*PAIRS, "--seeds", "5"])
    settings, rows = here()
    (turned, _), (runs, _) = (
        read_seed_runs(settings, each) for each in (rows.select(range(15, -1, -1)), rows)
    )
    assert turned["Keras"][5].tolist() == runs["Keras"][5].tolist()[::-1]


def test_interrupted_it_goes_on_where_it_was(tool, trained, capsys):
    trained.stop_after(4)
    assert tool.main([*PAIRS, "--seeds", "1", "2"]) == 130
    assert "sigue donde iba" in capsys.readouterr().err
    before = list(trained.done)
    trained.stop_after(None)
    assert tool.main([*PAIRS, "--seeds", "1", "2"]) == 0
    assert before == trained.done[:4] and len(trained.done) == 6
    # Entera ya está: pedida otra vez, entrena otra vez.
    assert tool.main([*PAIRS, "--seeds", "1"]) == 0
    assert len(trained.done) == 9


def test_the_file_names_no_machine_and_no_folder(tool, trained, tmp_path, private_results):
    path = tmp_path / "semillas.json"
    assert tool.main([*PAIRS, "--seeds", "1", "--output", str(path)]) == 0
    check_anonymous(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert set(content) == {
        *("kind", "schema_version", "command", "date", "machine", "versions", "parameters"),
        *("label_names", "texts_digest", "index", "labels", "runs"),
    }
    assert len(content["runs"][0]["answers"]) == len(content["labels"]) == 16
    assert content["runs"][0]["recipe"] == {"steps": 2}


def check_anonymous(path):
    text = path.read_text(encoding="utf-8").lower()
    for name in (socket.gethostname(), str(Path.home()), str(REPO), f'"{getpass.getuser()}"'):
        assert name.lower() not in text


@pytest.mark.parametrize(
    ("parameters", "command"),
    [
        ({"epochs": 2}, "python tools/measure_seeds.py -p n_train 32"),
        ({"n_eval": 15}, "-p n_eval 15"),
        ({"data_seed": 7}, "-p data_seed 7"),
    ],
)
def test_of_other_parameters_it_says_the_command(tool, trained, parameters, command):
    tool.main([*PAIRS, "--seeds", "1"])
    runs, note = read_seed_runs(*here(**parameters))
    assert runs == {} and command in note and "9 entrenamientos" in note


def test_a_command_says_only_what_changes():
    settings = check_parameters({"profile": "yelp", "dataset_name": "mis datos.csv", "seed": 3})
    command = seeds.describe_command(settings)
    assert command == (
        'python tools/measure_seeds.py -p profile yelp -p dataset_name "mis datos.csv"'
    )


@pytest.mark.parametrize("content", ["", "[]", '{"kind": "otro"}', "{"])
def test_a_file_that_is_something_else_is_as_if_it_were_not_there(private_results, content):
    private_results.mkdir()
    seeds.seeds_path("mini").write_text(content)
    runs, note = read_seed_runs(*here())
    assert runs == {} and note.startswith("No hay entrenamientos")


def test_a_notebook_that_fails_is_told(tool, monkeypatch, capsys):
    failed = SimpleNamespace(interrupted=False, succeeded=False)
    monkeypatch.setattr(tool, "run_notebooks", lambda *_: failed)
    assert tool.main([*PAIRS, "--seeds", "1"]) == 1
    assert "02_trainer falló con la semilla 1" in capsys.readouterr().err


def test_runs_of_two_exams_are_not_kept_together(tmp_path, private_results):
    found = {}
    for name, size in (("Trainer", 16), ("Keras", 15)):
        settings, rows = here(n_eval=size)
        settings = replace(settings, device="cpu", precision="fp32")
        path = save_predictions("02_trainer", "prueba", settings, rows, np.eye(5)[rows["label"]])
        found[name, 1] = read_predictions(path)
    with pytest.raises(LabError, match="no responden al mismo examen"):
        seeds.save_seed_runs(tmp_path / "juntos.json", found)


@pytest.mark.parametrize("profile", seeds.STORED)
def test_the_default_parameters_travel_with_the_package(tool, profile):
    settings = apply_parameters({"profile": profile}, detect=False)
    assert tool.choose_output(settings, (42, 43, 44)) == seeds.STORED[profile]
    for other, asked in (({}, (1,)), ({"epochs": 2}, (42, 43, 44))):
        settings = apply_parameters({**other, "profile": profile}, detect=False)
        assert tool.choose_output(settings, asked) == seeds.seeds_path(profile)


@pytest.mark.parametrize("profile", seeds.STORED)
def test_the_stored_runs_answer_to_the_exam_of_the_lab(profile):
    settings = apply_parameters({"profile": profile}, detect=False)
    rows, stored = load_subset(settings)[-1], seeds.STORED[profile]
    runs, note = read_seed_runs(settings, rows)
    assert list(runs) == NAMES and f"`{seeds.describe_command(settings)}`" in note
    assert all(tuple(runs[name]) == seeds.SEEDS for name in NAMES)
    right = [np.mean(each == rows["label"]) for by in runs.values() for each in by.values()]
    # Ninguno de los nueve se quedó sin aprender: todos pasan a la mejor de las de pesos al azar.
    figures = EMBEDDED / {"mini": "figures.json", "mini-es": "figures-es.json"}[profile]
    drawn = json.loads(figures.read_text(encoding="utf-8"))["accuracy"]["random"]["seeds"]
    assert min(right) > max(drawn) + 0.1
    check_anonymous(stored)
    content = json.loads(stored.read_text(encoding="utf-8"))
    assert content["parameters"] == {
        name: value for name, value in list_values(profile).items() if name != "seed"
    }
    assert stored.stat().st_size < MOST_KIB * 1024


@pytest.mark.slow
def test_it_trains_for_real(tool, monkeypatch, tmp_path):
    monkeypatch.setattr(tool, "LESSONS", {"04_pytorch": "PyTorch"})
    path = tmp_path / "semillas.json"
    assert tool.main([*PAIRS, "--seeds", "1", "2", "--output", str(path)]) == 0
    first, second = json.loads(path.read_text(encoding="utf-8"))["runs"]
    assert (first["seed"], second["seed"]) == (1, 2)
    assert first["recipe"] == second["recipe"] and first["recipe"]["steps"] > 0
