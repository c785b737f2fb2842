"""Los ejercicios de verdad, calificados: quien responde bien tiene todos los puntos."""

from __future__ import annotations

import csv

import nbformat
import pytest
from real_submissions import REAL
from right_answers import RIGHT_ANSWERS

from labsupport.base.paths import REPO
from labsupport.commands.cli import main
from labsupport.grading.executors import Workplan, open_executor
from labsupport.grading.cells.roles import read_metadata
from labsupport.grading.exercises import read_exercises
from labsupport.grading.judging import worker
from labsupport.grading.publishing.feedback import render_feedback
from labsupport.grading.records import State, build_record

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


@pytest.fixture(scope="module")
def graded(isolation):
    """Lo que se entrega, ya calificado: a la vez, que de una en una son minutos."""
    exercises = read_exercises(REPO / "exercises" / "source")
    with open_executor(Workplan(), len(REAL)) as (executor, _):
        found = {}
        for real in REAL:
            files = {"e.ipynb": nbformat.writes(real.build()).encode("utf-8")}
            task = worker.Task("ana", exercises[real.exercise], "huella", "e.ipynb", files)
            found[real.name] = executor.submit(worker.grade_submission, task)
        return {name: build_record(future.result()) for name, future in found.items()}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("real", REAL, ids=lambda real: real.name)
def test_what_people_hand_in_gets_what_it_deserves(graded, real):
    record = graded[real.name]
    assert (record.points, record.state) == (real.points, State.GRADED), record
    flags = " ".join(record.flags)
    assert real.flag in flags and bool(flags) == bool(real.flag)
    assert [check.answer for check in record.checks if check.manual] == [real.answer]
    # La primera reseña de la comprobación oculta que «tells_what_it_saw» guarda.
    assert "[(" not in render_feedback([record])


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
