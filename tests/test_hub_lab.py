"""El perfil «yelp» de principio a fin: los seis cuadernos contra un Hub de prueba en 127.0.0.1."""

from __future__ import annotations

import json

import pytest
from loopback_hub.client import run_lab
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
