"""Los cuadernos con modelos de otras familias, descargados de un Hub de prueba en 127.0.0.1."""

from __future__ import annotations

import json

import pytest
from loopback_hub.client import read_outputs, run_lab
from loopback_hub.server import serve_hub
from tiny_checkpoints import STARS

SIZES = {"n_train": 32, "n_validation": 32, "n_eval": 32}
SMALL = {**SIZES, "epochs": 1, "max_length": 32, "batch_size": 8}


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    """Una función que ejecuta cuadernos con un modelo y da (proceso, run.json, carpeta)."""
    with serve_hub(tiny) as hub:

        def run(model, *notebooks):
            out = tmp_path_factory.mktemp(model)
            done = run_lab(out, hub.url, {"model_name": f"tiny/{model}", **SMALL}, *notebooks)
            (record,) = out.rglob("run.json")
            return done, json.loads(record.read_text(encoding="utf-8")), out

        yield run


def test_roberta_runs_in_every_framework(run):
    done, record, out = run("roberta-base-bne", "00", "02", "03")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {row["status"] for row in record["notebooks"]} == {"bien"}
    told = read_outputs(out, "03_keras", "igual")
    assert "mismos pesos en los dos frameworks: True" in told
    assert_it_answers_with_names(out / "results" / "modelo-trainer-mini")


def assert_it_answers_with_names(folder):
    from transformers import pipeline

    (answer,) = pipeline("text-classification", model=str(folder))("The room was dirty.")
    assert answer["label"] in STARS


def test_gpt2_runs_where_it_can_and_keras_says_that_it_cannot(run):
    done, record, out = run("gpt2", "00", "02", "03", "04")
    rows = {row["notebook"]: row for row in record["notebooks"]}
    assert {name for name, row in rows.items() if row["status"] == "bien"} == {
        "00_inicio",
        "02_trainer",
        "04_pytorch",
    }, done.stdout
    assert "no convierte en clasificador la arquitectura «gpt2»" in rows["03_keras"]["message"]
    assert "aprendió a continuar textos" in read_outputs(out, "00_inicio", "adivinar")
    assert "(score)" in read_outputs(out, "02_trainer", "head")


def test_a_head_of_another_size_is_told_and_replaced(run):
    done, _, out = run("bert-sentimiento-2", "04")
    assert done.returncode == 0, done.stdout + done.stderr
    told = read_outputs(out, "04_pytorch", "optimizador")
    assert "El checkpoint trae un head para otras clases (NEG, POS)" in told
