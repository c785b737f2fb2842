"""Califica una entrega, de su cuaderno a su registro; lo usan los procesos de ``batch``."""

from __future__ import annotations

import builtins
import contextlib
import logging
import os
import re
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.grading.cells.answers import gather_answers
from labsupport.grading.cells.exercises import Exercise
from labsupport.grading.cells.identify import identify_cells, strip_text
from labsupport.grading.cells.reading import read_notebook
from labsupport.grading.cells.release import make_release
from labsupport.grading.cells.restore import restore_cells
from labsupport.grading.cells.roles import find_hidden_lines, is_managed, is_test, read_metadata
from labsupport.grading.judging.examiner import (
    ExaminerGone,
    close_examiners,
    open_examiner,
    write_files,
)
from labsupport.grading.judging.student import NOT_FINISHED, Ending, run_submission
from labsupport.grading.limits import Limits
from labsupport.grading.records import MACHINE_FAILED, SCORED, CheckResult, Record, State
from labsupport.running.executors import follow_parent

HIDDEN_FAILED = "Falla una comprobación oculta: prueba tu código con otros casos."
NEVER_ENDED = "La comprobación no llegó a terminar."
REDEFINED = "redefine lo que da el ejercicio: {}"
SHORTEST_SECRET = 12


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
    record.reason = _refuse(notebook, task.exercise)
    if not record.reason:
        # Un proceso que comprueba atiende a una entrega cada vez.
        with _ONE_AT_A_TIME:
            _grade(task, notebook, record)
        if record.state is State.NOT_GRADED:
            # Sin huella: el fallo no es de la entrega, y al repetir la orden se intenta otra vez.
            record.digest = ""
    return asdict(record)


def prepare_worker(environment: Mapping[str, str]) -> None:
    """Deja listo un proceso que califica: calla a las librerías y muere si muere quien lo lanzó.

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
    follow_parent(close_examiners)


def _refuse(notebook: Any, exercise: Exercise) -> str:
    """Devuelve por qué un cuaderno válido no se califica, o un texto vacío."""
    managed = [cell for cell in exercise.cells if is_managed(cell)]
    if any(identify_cells(notebook.cells, managed)):
        return ""
    return f"No es el cuaderno de «{exercise.name}»: no tiene ninguna de sus celdas."


def _grade(task: Task, notebook: Any, record: Record) -> None:
    """Ejecuta y comprueba la entrega, y completa su registro."""
    release = make_release(task.exercise)
    cells = gather_answers(notebook.cells, task.exercise.cells, release)
    notebook.cells, record.restored = restore_cells(cells, task.exercise.cells)
    settled = task.limits, task.isolated, task.threads
    try:
        examiner = open_examiner(task.exercise, *settled)
        with _write_submission(task, record) as folder:
            ending = run_submission(notebook, folder, examiner, *settled)
    except ExaminerGone as error:
        ending = Ending(State.NOT_GRADED, MACHINE_FAILED.format(error))
    _complete(record, ending, notebook.cells, release)


@contextlib.contextmanager
def _write_submission(task: Task, record: Record) -> Iterator[Path]:
    """Da una carpeta con los archivos del ejercicio y los de la entrega que caben."""
    own = f"{task.exercise.name}.ipynb"
    with tempfile.TemporaryDirectory(prefix="entrega-", ignore_cleanup_errors=True) as folder:
        write_files(Path(folder), {**task.exercise.files, own: task.files[task.notebook]})
        others = {name: data for name, data in task.files.items() if name != task.notebook}
        for name, data in sorted(others.items()):
            try:
                # Ninguno ocupa el sitio de los del ejercicio.
                if not Path(folder, name).exists():
                    write_files(Path(folder), {name: data})
            except (OSError, ValueError):
                # Un nombre que este disco no admite no es motivo para no calificar.
                record.flags.append(f"no se usó «{name}»: ese nombre no vale aquí")
        yield Path(folder)


def _complete(record: Record, ending: Ending, cells: list[Any], release: list[Any]) -> None:
    record.state, record.reason = ending.state, ending.reason
    record.seconds, record.memory_mib = ending.seconds, ending.memory_mib
    record.errors = _list_errors(cells)
    record.flags += [REDEFINED.format(name) for name in sorted(ending.redefined)]
    if record.restored and record.state is State.GRADED:
        record.state = State.TAMPERED
    if record.state not in SCORED:
        return
    sources = {read_metadata(cell).get("grade_id"): cell.source for cell in cells}
    stubs = {read_metadata(cell).get("grade_id"): cell.source for cell in release}
    for check in record.checks:
        source = sources.get(check.grade_id, "")
        if check.manual:
            is_empty = strip_text(source) == strip_text(stubs.get(check.grade_id, ""))
            check.points, check.answer = (0.0, "") if is_empty else (None, source)
        else:
            _score(check, ending.verdicts.get(check.grade_id, NOT_FINISHED), source)


def _score(check: CheckResult, verdict: Mapping[str, Any], source: str) -> None:
    """Pone los puntos de una comprobación: si acaba en un número, ese; si pasa, todos."""
    credit = check.max_points if verdict["value"] is None else verdict["value"]
    check.points = min(max(credit, 0.0), check.max_points) if verdict["passed"] else 0.0
    check.finished = bool(verdict["passed"] or verdict["error"])
    if check.points < check.max_points:
        _explain_failure(check, verdict, source)


def _explain_failure(check: CheckResult, verdict: Mapping[str, Any], source: str) -> None:
    if not check.finished:
        check.message = NEVER_ENDED
        return
    message = f"Tu código da un error al comprobarlo: {verdict['error']}: {verdict['message']}"
    if verdict["error"] in ("AssertionError", "NotImplementedError") and verdict["message"]:
        message = verdict["message"]
    hidden = find_hidden_lines(source)
    if verdict["line"] in hidden or not verdict["line"] or _reveals(message, source, hidden):
        check.message, check.hidden = HIDDEN_FAILED, True
    else:
        check.message = message.rstrip(": ")


def _reveals(message: str, source: str, hidden: set[int]) -> bool:
    """Dice si un mensaje repite alguna línea de la parte oculta de una comprobación."""
    lines = enumerate(source.split("\n"), start=1)
    secrets = [line.strip() for number, line in lines if number in hidden]
    return any(len(line) > SHORTEST_SECRET and line in message for line in secrets)


def _list_errors(cells: list[Any]) -> list[str]:
    """Devuelve las celdas propias que fallan.

    Desde la primera comprobación, sin su mensaje: podría llevar los datos con que se prueba.
    """
    told, tested = [], False
    for number, cell in enumerate(cells, start=1):
        tested = tested or is_test(cell)
        if cell.cell_type != "code" or is_test(cell):
            continue
        name = read_metadata(cell).get("grade_id")
        where = f"celda {number} ({name})" if name else f"celda {number}"
        for output in cell.outputs:
            if output.output_type == "error":
                told.append(f"{where}: {_describe_error(output, tested)}")
    return told


def _describe_error(output: Any, tested: bool) -> str:
    if tested:
        return output.ename if isinstance(getattr(builtins, output.ename, None), type) else "error"
    lines = output.evalue.strip().splitlines() or ["sin mensaje"]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return f"{output.ename}: {(named or lines)[-1][:200]}"


_ONE_AT_A_TIME = threading.Lock()
