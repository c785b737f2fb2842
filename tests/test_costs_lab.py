"""El cuaderno 7 con otras familias y un CSV propio: lo que no se puede, una frase, y sigue."""

from __future__ import annotations

import csv
import json
from itertools import product

import pytest
from loopback_hub.client import run_lab

pytestmark = pytest.mark.slow

SIZES = {"n_train": 60, "n_validation": 16, "n_eval": 20}
SMALL = {**SIZES, "epochs": 1, "max_length": 32, "batch_size": 8}
PLACES = ("El hotel", "La comida", "El curso", "La visita")
VERBS = ("fue", "salió", "quedó", "estuvo", "resultó")
ENDS = ("genial", "regular, sin más", "como siempre en mayo", "mejor de lo que esperaba", "así así")
# De cada familia, lo que dice la celda en que algo no se puede. (Las demás, en test_costs_states.)
FAMILIES = {
    "albert-base-v2": ("atencion", "«albert»"),
    "gpt2": ("primero", "«gpt2»"),
}


@pytest.fixture(scope="module")
def opinions(tmp_path_factory):
    """Un CSV de dos clases, con cien textos distintos."""
    path = tmp_path_factory.mktemp("opiniones") / "opiniones.csv"
    rows = [
        (f"{place} {verb} {end}", "bien" if place in PLACES[:2] else "mal")
        for place, verb, end in product(PLACES, VERBS, ENDS)
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_reaches_the_exam(family, tiny, opinions, tmp_path):
    chosen = {"model_name": str(tiny[f"models/tiny/{family}"]), "dataset_name": str(opinions)}
    done = run_lab(tmp_path, "http://127.0.0.1:1", {**chosen, **SMALL}, "07")
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (tmp_path / "runs").rglob("07_gastar_menos.ipynb")
    told = {cell["id"]: read_texts(cell) for cell in json.loads(path.read_text("utf-8"))["cells"]}
    cell, sentence = FAMILIES[family]
    assert sentence in told[cell]
    assert "original" in told["examen"] and "diferencia" in told["examen"]
    assert "Warning" not in "".join(told.values())
    assert "--short-length 32" in told["semillas"]


def read_texts(cell):
    return "".join("".join(output.get("text", "")) for output in cell.get("outputs", []))
