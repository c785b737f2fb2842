"""Los cuadernos siguen siendo de nbgrader: su ``autograde``, sin más, da los mismos puntos."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from real_submissions import read, resolve
from right_answers import RIGHT_ANSWERS
from wrong_answers import WRONG_ANSWERS

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from labsupport.base.paths import REPO  # noqa: E402
from labsupport.grading.cells.roles import is_test, read_metadata  # noqa: E402

NAMES = sorted({name for name, _ in RIGHT_ANSWERS})
EXERCISES = REPO / "exercises"
SECONDS = 60
# Uno sin sondas y otro con ellas.
MIXED = ("ejercicio_01", "ejercicio_04")


def mix(name):
    """Responde mal a las tareas impares y de otra manera a las pares; da también los puntos."""
    answers, points, solved = {}, 0, read("source", name)
    worth = {read_metadata(c).get("grade_id"): read_metadata(c).get("points") for c in solved.cells}
    for number, task in enumerate(sorted(task for each, task in RIGHT_ANSWERS if each == name)):
        bank = RIGHT_ANSWERS if number % 2 else WRONG_ANSWERS
        answers[task.replace("-", "_")] = next(iter(bank[name, task].values()))
        points += worth[task.replace("tarea", "prueba")] if number % 2 else 0
    return resolve(name, **answers), points


def run_nbgrader(course, *words):
    # nbgrader llama a la orden «alembic», que está junto a Python aunque no esté en el PATH.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    # Sin esto, los hilos que esperan gastan procesador según lo ocupada que esté la máquina.
    quiet = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(REPO), **quiet}
    command = [sys.executable, "-m", "nbgrader", *words, "--force"]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def read_points(course, name):
    """Devuelve, por estudiante, los puntos de las comprobaciones según nbgrader."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        found = {each.student.id: each for each in gradebook.assignment_submissions(name)}
        return {
            student: sum(grade.auto_score or 0 for each in own.notebooks for grade in each.grades)
            for student, own in found.items()
        }


@pytest.fixture(scope="module", params=NAMES)
def course(request, tmp_path_factory):
    """Un curso de nbgrader con un ejercicio, el resuelto y una entrega a medias sin calificar."""
    name, root = request.param, tmp_path_factory.mktemp("curso")
    shutil.copy(EXERCISES / "nbgrader_config.py", root)
    shutil.copytree(EXERCISES / "source" / name, root / "source" / name)
    for student, notebook in {"resuelto": read("source", name), "mezcla": mix(name)[0]}.items():
        folder = root / "submitted" / student / name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    run_nbgrader(root, "generate_assignment", name)
    return root, name


def count_cpu_seconds():
    used = os.times()
    return used.children_user + used.children_system


@pytest.mark.timeout(1200)
def test_the_solved_one_gets_all_the_points_quickly_and_its_checks_only_print(course):
    root, name = course
    before = count_cpu_seconds()
    run_nbgrader(root, "autograde", name, "--student", "resuelto", "--Execute.timeout=300")
    # Segundos de CPU y no de reloj: así no depende de lo ocupada que esté la máquina.
    assert count_cpu_seconds() - before <= SECONDS
    assert read_points(root, name)["resuelto"] == 8
    graded = nbformat.read(root / "autograded" / "resuelto" / name / f"{name}.ipynb", as_version=4)
    outputs = [
        (output.output_type, output.get("name"))
        for cell in graded.cells
        if is_test(cell)
        for output in cell.outputs
    ]
    # Un aviso en stderr quita todos los puntos en un nbgrader sin configurar.
    assert set(outputs) == {("stream", "stdout")}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("course", MIXED, indirect=True)
def test_right_and_wrong_answers_get_the_points_that_they_get_here(course):
    """Los puntos son los que da el banco, que test_grading_bank.py comprueba desde fuera."""
    root, name = course
    run_nbgrader(root, "autograde", name, "--student", "mezcla", "--Execute.timeout=300")
    assert read_points(root, name)["mezcla"] == mix(name)[1]
