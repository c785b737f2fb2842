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
from labsupport.grading.cells.exercises import read_exercises  # noqa: E402
from labsupport.grading.cells.roles import read_metadata  # noqa: E402
from labsupport.grading.judging import worker  # noqa: E402
from labsupport.grading.records import build_record  # noqa: E402

pytestmark = pytest.mark.usefixtures("isolation")

NAMES = sorted({name for name, _ in RIGHT_ANSWERS})
EXERCISES = REPO / "exercises"


def mix(name):
    """Responde mal a las tareas impares y de otra manera a las pares; da también los puntos."""
    answers, points, solved = {}, 0, read("source", name)
    worth = {read_metadata(c).get("grade_id"): read_metadata(c).get("points") for c in solved.cells}
    for number, task in enumerate(sorted(task for each, task in RIGHT_ANSWERS if each == name)):
        bank = RIGHT_ANSWERS if number % 2 else WRONG_ANSWERS
        answers[task.replace("-", "_")] = next(iter(bank[name, task].values()))
        points += worth[task.replace("tarea", "prueba")] if number % 2 else 0
    return resolve(name, **answers), points


def grade_with_nbgrader(course, name):
    """Devuelve, por estudiante, los puntos de las comprobaciones según nbgrader."""
    # nbgrader llama a la orden «alembic», que está junto a Python aunque no esté en el PATH.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(REPO)}
    for order in ("generate_assignment", "autograde"):
        command = [sys.executable, "-m", "nbgrader", order, name, "--force"]
        command += ["--Execute.timeout=300"] if order == "autograde" else []
        done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        found = {each.student.id: each for each in gradebook.assignment_submissions(name)}
        return {
            student: sum(grade.auto_score or 0 for each in own.notebooks for grade in each.grades)
            for student, own in found.items()
        }


def grade_here(name, notebook):
    files = {"e.ipynb": nbformat.writes(notebook).encode("utf-8")}
    exercise = read_exercises(EXERCISES / "source")[name]
    return build_record(
        worker.grade_submission(worker.Task("ana", exercise, "huella", "e.ipynb", files))
    ).points


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", NAMES)
def test_plain_nbgrader_gives_the_same_points(name, tmp_path):
    shutil.copy(EXERCISES / "nbgrader_config.py", tmp_path)
    shutil.copytree(EXERCISES / "source" / name, tmp_path / "source" / name)
    mixed, points = mix(name)
    submitted = {"resuelto": read("source", name), "mezcla": mixed}
    for student, notebook in submitted.items():
        folder = tmp_path / "submitted" / student / name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    assert grade_with_nbgrader(tmp_path, name) == {"resuelto": 8, "mezcla": points}
    assert grade_here(name, mixed) == points
