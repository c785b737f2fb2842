"""El banco de respuestas: quien responde bien pasa y quien se equivoca, no.

Cada ejercicio arranca un solo kernel y un solo proceso que comprueba; por él pasan, una detrás de
otra, todas las respuestas.
"""

from __future__ import annotations

import copy

import nbformat
import pytest
from right_answers import RIGHT_ANSWERS
from wrong_answers import WRONG_ANSWERS

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from labsupport.base.paths import REPO  # noqa: E402
from labsupport.grading.cells.exercises import read_exercises  # noqa: E402
from labsupport.grading.cells.release import make_release  # noqa: E402
from labsupport.grading.cells.roles import is_test, read_metadata  # noqa: E402
from labsupport.grading.judging.examiner import open_examiner  # noqa: E402
from labsupport.grading.judging.student import run_submission  # noqa: E402
from labsupport.grading.limits import Limits  # noqa: E402
from labsupport.grading.records import State  # noqa: E402

pytestmark = pytest.mark.usefixtures("isolation")

NAMES = sorted({name for name, _ in RIGHT_ANSWERS})
# Entrenan: no se repiten al lado de las respuestas de otras tareas.
SLOW = {"ejercicio_02": "tarea-3", "ejercicio_03": "tarea-4"}


class Bank:
    """Un cuaderno con todas las respuestas a un ejercicio, cada una con sus comprobaciones."""

    def __init__(self, exercise):
        self._name, self.cells, self.cases = exercise.name, [], []
        self._answers, self._checks, probes = {}, {}, {}
        for cell in exercise.cells:
            meta = read_metadata(cell)
            if cell.cell_type != "code":
                continue
            if meta.get("solution"):
                task = self._answers[cell.id] = cell
            elif is_test(cell):
                self._checks[task.id] = [*probes.pop(task.id, ()), cell]
            elif self._answers and task.id not in self._checks:
                probes.setdefault(task.id, []).append(cell)
            else:
                self.cells.append(cell)
        self.cells += [copy.deepcopy(cell) for cell in self._answers.values()]

    def add(self, task, label, source, passes):
        """Añade una respuesta con su comprobación, y después la resuelta."""
        self._add_cell(self._answers[task], source)
        self._add_checks(task, f"{task} | {label}", passes)
        self._add_cell(self._answers[task], self._answers[task].source)

    def add_beside(self, task, label, source):
        """Añade una respuesta con las comprobaciones de las demás tareas, que pasan."""
        self._add_cell(self._answers[task], source)
        for other in self._checks:
            if other != task and SLOW.get(self._name) not in (task, other):
                self._add_checks(other, f"{task} | {label} | {other}", passes=True)
        self._add_cell(self._answers[task], self._answers[task].source)

    def _add_checks(self, task, case, passes):
        for cell in self._checks[task]:
            twin = self._add_cell(cell, cell.source)
        twin.metadata.nbgrader["grade_id"] = case
        self.cases.append((case, passes))

    def _add_cell(self, cell, source):
        twin = copy.deepcopy(cell)
        twin.source, twin["id"] = source, f"celda-{len(self.cells)}"
        self.cells.append(twin)
        return twin


def build_bank(exercise):
    """Reúne lo resuelto, lo vacío y todas las respuestas del banco."""
    bank, stubs = Bank(exercise), {cell.id: cell.source for cell in make_release(exercise)}
    for task in [task for name, task in RIGHT_ANSWERS if name == exercise.name]:
        right, wrong = RIGHT_ANSWERS[exercise.name, task], WRONG_ANSWERS[exercise.name, task]
        bank.add(task, "resuelta", bank._answers[task].source, passes=True)
        for label, source in right.items():
            bank.add(task, label, source, passes=True)
        for label, source in {"vacía": stubs[task], **wrong}.items():
            bank.add(task, label, source, passes=False)
        bank.add_beside(task, *list(wrong.items())[-1])
    return bank


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", NAMES)
def test_every_answer_passes_or_fails_its_own_check_and_no_other(name, tmp_path):
    exercise = read_exercises(REPO / "exercises" / "source")[name]
    settled = Limits(seconds=1100, output_mib=64), True, 1
    examiner, bank = open_examiner(exercise, *settled), build_bank(exercise)
    notebook = nbformat.v4.new_notebook(cells=bank.cells)
    ending = run_submission(notebook, tmp_path, examiner, *settled)
    assert (ending.state, ending.redefined) == (State.GRADED, set()), ending.reason
    wrong = {
        case: ending.verdicts[case]
        for case, passes in bank.cases
        if ending.verdicts[case]["passed"] != passes
    }
    assert wrong == {} and len(bank.cases) >= 12
