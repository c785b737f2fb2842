"""Los ejercicios de verdad, calificados: quien responde bien tiene todos los puntos."""

from __future__ import annotations

import nbformat
import pytest
from real_submissions import REAL

from labsupport.base.paths import REPO
from labsupport.grading.cells.exercises import read_exercises
from labsupport.grading.executors import Workplan, open_executor
from labsupport.grading.judging import worker
from labsupport.grading.publishing.feedback import render_feedback
from labsupport.grading.records import State, build_record

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")
pytestmark = pytest.mark.usefixtures("isolation")


@pytest.fixture(scope="module")
def graded(isolation):
    """Lo que se entrega, ya calificado: a la vez, que de una en una son minutos."""
    exercises = read_exercises(REPO / "exercises" / "source")
    with open_executor(Workplan(), len(REAL)) as (executor, _):
        found = {}
        # Por ejercicios: quien comprueba uno sirve para todas sus entregas.
        for real in sorted(REAL, key=lambda real: real.exercise):
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
    assert flags == real.flag
    assert [check.answer for check in record.checks if check.manual] == [real.answer]
    # La primera reseña de la comprobación oculta que «tells_what_it_saw» guarda.
    assert "[(" not in render_feedback([record])
