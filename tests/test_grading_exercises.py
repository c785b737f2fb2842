"""Los ejercicios de verdad, calificados: quien responde bien tiene todos los puntos."""

from __future__ import annotations

import csv

import nbformat
import pytest
from right_answers import RIGHT_ANSWERS

from labsupport.cli import main
from labsupport.grading.exercises import read_metadata
from labsupport.paths import REPO

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")
pytestmark = pytest.mark.usefixtures("isolation")

NAMES = sorted({name for name, _ in RIGHT_ANSWERS})


def answer(name, number):
    """Resuelve un ejercicio; de cada tarea toma, por turnos, su respuesta ``number``."""
    path = REPO / "exercises" / "release" / name / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        answers = list(RIGHT_ANSWERS.get((name, read_metadata(cell).get("grade_id")), {}).values())
        if answers:
            cell.source = answers[number % len(answers)]
    return notebook


@pytest.mark.timeout(1200)
def test_every_right_answer_gets_all_its_points(tmp_path):
    (tmp_path / "entregas").mkdir()
    for name in NAMES:
        variants = max(len(found) for (each, _), found in RIGHT_ANSWERS.items() if each == name)
        for number in range(variants):
            path = tmp_path / "entregas" / f"estudiante-{number}_{name}.ipynb"
            nbformat.write(answer(name, number), path)
    out = tmp_path / "notas"
    assert main(["grade", str(tmp_path / "entregas"), "--out", str(out)]) == 0
    with (out / "notas.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = [row for row in rows if row["puntos"] != "8" or row["estado"] != "calificada"]
    flagged = [row for row in rows if row["avisos"]]
    assert len(rows) >= 2 * len(NAMES) and wrong == [] and flagged == []
