"""Los cuadernos 1 y 5, celda a celda, con datos de cualquier clase: ni un fallo ni un aviso."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from labsupport.base.paths import NOTEBOOKS
from labsupport.data import apply_parameters, load_subset
from labsupport.evaluation import save_predictions
from labsupport.evaluation.comparison import LESSONS

pytestmark = pytest.mark.slow

LONG = "palabra " * 120
# De nombre a clases y textos de cada una; todos distintos, salvo donde se dice.
DATA = {
    "seis filas": (["a", "b"], 6, "bien {}"),
    "sí o no": (["sí", "no"], 40, "volveré {} veces"),
    "emociones": (["alegría", "enfado", "miedo"], 60, "hoy siento cosas {}"),
    "notas": ([str(nota) for nota in range(1, 11)], 120, "la clase del día {} estuvo bien"),
    "escala": (["muy malo", "malo", "regular", "bueno", "muy bueno"], 60, "opinión {}"),
    "doce": ([f"categoría {i}" for i in range(12)], 120, "noticia {}"),
    "cien": ([f"tema {i}" for i in range(100)], 300, "ficha {}"),
    "nombres larguísimos": ([LONG + end for end in "xyz"], 30, "texto {}"),
    "nombres raros": (["😀", "<b>$x$</b>", "'&amp;", '"', "负面"], 50, "👍 {}"),
    "textos larguísimos": (["A", "B"], 20, LONG * 40 + "{}"),
    "sin palabras": (["A", "B"], 20, "{}"),
    "en chino": (["正面", "负面"], 40, "很好吃{}"),
}

RUN_CELLS = """
import json, os, sys
from IPython.core.interactiveshell import InteractiveShell
cells, jobs = json.loads(sys.stdin.read())
for name, folder, parameters in jobs:
    os.environ["LAB_RESULTS_DIR"] = folder
    shell = InteractiveShell()
    for cell, sets_parameters in cells:
        text = cell + "".join(f"\\n{key} = {value!r}" for key, value in parameters.items()
                              if sets_parameters)
        done = shell.run_cell(text, silent=True)
        if not done.success:
            print("FALLA", name, text)
        done.raise_error()
        shell.display_formatter.format(done.result)
    print("HECHO", name)
"""


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """De cada dataset: su nombre, la carpeta con predicciones de 02, 03 y 04 y sus parámetros."""
    folder = tmp_path_factory.mktemp("datos")
    return [make_job(folder, name, *made) for name, made in DATA.items()]


def make_job(folder, name, names, rows, text):
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = ((text.format(i), names[i % len(names)]) for i in range(rows))
        csv.writer(file).writerows([("text", "label"), *lines])
    sizes = {"n_train": rows // 3, "n_validation": max(1, rows // 8), "n_eval": max(1, rows // 6)}
    parameters = {"dataset_name": str(path), **sizes}
    settings = apply_parameters(parameters, detect=False)
    _, watched, chosen = load_subset(settings)
    results = folder / name
    generator = np.random.default_rng(0)
    classes = chosen.features["label"].num_classes
    before = os.environ.get("LAB_RESULTS_DIR")
    os.environ["LAB_RESULTS_DIR"] = str(results)
    for lesson, framework in LESSONS.items():
        logits, others = (
            np.eye(classes)[rows["label"]] + generator.normal(size=(len(rows), classes))
            for rows in (chosen, watched)
        )
        options = {"seconds": 1, "validation": (watched, others)}
        save_predictions(lesson, framework, settings, chosen, logits, **options)
    os.environ["LAB_RESULTS_DIR"] = before
    return name, str(results), parameters


@pytest.mark.parametrize("lesson", ["01_preparar_datos", "05_evaluacion"])
def test_every_cell_runs_on_any_classes(lesson, jobs):
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    cells = [
        (cell.source, "parameters" in cell.metadata.get("tags", []))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error::RuntimeWarning",
            "-W",
            "error::UserWarning",
            "-c",
            RUN_CELLS,
        ],
        input=json.dumps([cells, jobs]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=NOTEBOOKS,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]
    assert [line[6:] for line in done.stdout.splitlines() if line.startswith("HECHO")] == list(DATA)
