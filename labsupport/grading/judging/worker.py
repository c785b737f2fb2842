"""Califica una entrega con nbgrader en una carpeta privada; lo usan los procesos de ``batch``."""

from __future__ import annotations

import functools
import logging
import multiprocessing.connection
import os
import re
import signal
import tempfile
import threading
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from labsupport.base.errors import LabError
from labsupport.grading.cells.reading import read_notebook
from labsupport.grading.exercises import Exercise, is_managed
from labsupport.grading.judging.course import Course, remove_folders
from labsupport.grading.judging.flags.machinery import find_machinery
from labsupport.grading.limits import Limits
from labsupport.grading.records import Record, State

COMPILED = (".pyc", ".pyd", ".so")
# Leer uno de estos archivos ejecuta lo que su autoría quiera, si se lee con lo que sigue.
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib")
LOADS_PICKLES = re.compile(r"pickle|joblib|torch\s*\.\s*load\b|from\s+torch\s+import\b.*\bload\b")
PYTHON = {"python", "python3", "ipython", "ipython3"}


@dataclass(frozen=True)
class Task:
    """Todo lo que un proceso, aquí o en otra máquina, necesita para calificar una entrega.

    ``notebook``: nombre de su cuaderno dentro de ``files`` (ruta relativa a contenido).
    """

    student: str
    exercise: Exercise
    digest: str
    notebook: str
    files: dict[str, bytes] = field(repr=False)
    limits: Limits = Limits()
    isolated: bool = True
    threads: int = 1
    flags: tuple[str, ...] = ()


def grade_submission(task: Task) -> dict[str, Any]:
    """Califica una entrega y devuelve los campos de su registro (``records.Record``).

    Lanza LabError si falta nbgrader o si el ejercicio resuelto no vale.
    """
    record = Record(task.student, task.exercise.name, task.digest, isolated=task.isolated)
    record.checks, record.flags = task.exercise.list_checks(), list(task.flags)
    try:
        notebook = read_notebook(task.files[task.notebook])
    except LabError as error:
        record.state, record.reason = State.UNREADABLE, str(error)
        return asdict(record)
    reason = _refuse(notebook, task.exercise)
    if reason:
        record.reason = reason
        return asdict(record)
    record.flags += _find_flags(notebook, task)
    # nbgrader cambia la carpeta de trabajo de todo el proceso: una entrega cada vez.
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        # Los de nbgrader con su base de datos, que llenarían el registro de un cluster.
        warnings.simplefilter("ignore")
        course = _open_course(task.exercise, task.limits, task.isolated, task.threads)
        others = {name: data for name, data in task.files.items() if name != task.notebook}
        course.grade(others, notebook, record)
    if record.state is State.NOT_GRADED:
        # Sin huella: el fallo no es de la entrega, y al repetir la orden se intenta otra vez.
        record.digest = ""
    return asdict(record)


def prepare_worker(environment: Mapping[str, str]) -> None:
    """Deja listo un proceso que califica: calla a nbgrader y muere si muere quien lo lanzó.

    ``environment``: las variables de entorno de quien lo lanzó, que pudieron cambiar después de
    que se cargaran las librerías que comparten estos procesos.
    """
    # Ctrl-C llega a todos; decide quien los lanzó.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    logging.getLogger("traitlets").setLevel(logging.CRITICAL + 1)
    warnings.simplefilter("ignore")
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        remove_folders()
        os._exit(1)


def _refuse(notebook: Any, exercise: Exercise) -> str:
    """Devuelve por qué un cuaderno válido no se califica, o un texto vacío."""
    from labsupport.grading.cells.identify import identify_cells

    managed = [cell for cell in exercise.cells if is_managed(cell)]
    if any(identify_cells(notebook.cells, managed)):
        return ""
    return f"No es el cuaderno de «{exercise.name}»: no tiene ninguna de sus celdas."


def _find_flags(notebook: Any, task: Task) -> list[str]:
    fixed = {cell.source for cell in task.exercise.cells}
    own = [c.source for c in notebook.cells if c.cell_type == "code" and c.source not in fixed]
    brought = {name: task.files[name] for name in task.files.keys() - task.exercise.files.keys()}
    modules = [data.decode("utf-8", "replace") for n, data in brought.items() if n.endswith(".py")]
    flags = [f"toca la maquinaria: {name}" for name in find_machinery([*own, *modules], fixed)]
    flags += [f"trae código compilado: {n}" for n in sorted(brought) if n.endswith(COMPILED)]
    if any(map(LOADS_PICKLES.search, [*own, *modules])):
        pickles = sorted(n for n in brought if n.lower().endswith(PICKLES))
        flags += [f"trae datos que pueden llevar código: {n}" for n in pickles]
    return flags + _find_other_kernel(notebook)


def _find_other_kernel(notebook: Any) -> list[str]:
    kernel = notebook.metadata.get("kernelspec", {}).get("language", "python")
    language = notebook.metadata.get("language_info", {}).get("name", kernel)
    # Según quién lo guarde, el mismo Python se llama de varias maneras.
    is_python = {str(kernel).lower(), str(language).lower()} <= PYTHON
    return [] if is_python else [f"pide otro kernel: {language}"]


@functools.lru_cache(maxsize=16)
def _open_cached(digest: str, limits: Limits, isolated: bool, threads: int) -> Course:
    return Course(_EXERCISES[digest], limits, isolated, threads)


def _open_course(exercise: Exercise, limits: Limits, isolated: bool, threads: int) -> Course:
    _EXERCISES[exercise.digest] = exercise
    return _open_cached(exercise.digest, limits, isolated, threads)


_EXERCISES: dict[str, Exercise] = {}
_ONE_AT_A_TIME = threading.Lock()
