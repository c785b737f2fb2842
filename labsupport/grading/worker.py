"""Califica una entrega con nbgrader en una carpeta privada; lo usan los procesos de ``batch``."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import logging
import multiprocessing.connection
import os
import re
import shutil
import signal
import sqlite3
import tempfile
import threading
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from labsupport.errors import LabError
from labsupport.grading.exercises import (
    CONFIG,
    Exercise,
    find_hidden_lines,
    is_managed,
    is_test,
    read_metadata,
)
from labsupport.grading.limits import Limits
from labsupport.grading.machinery import find_machinery
from labsupport.grading.processes import NO_NBGRADER
from labsupport.grading.records import SCORED, CheckResult, Record, State

STUDENT = "entrega"
GRADEBOOK = "gradebook.db"
COMPILED = (".pyc", ".pyd", ".so")
HIDDEN_FAILED = "Falla una comprobación oculta: prueba tu código con otros casos."
NOT_FINISHED = "La comprobación no llegó a terminar."


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
    with _ONE_AT_A_TIME:
        course = _open_course(task.exercise, task.limits, task.isolated, task.threads)
        course.grade(task, notebook, record)
    return asdict(record)


def read_notebook(content: bytes) -> Any:
    """Lee un cuaderno. Lanza LabError, con el motivo, si no se puede.

    >>> read_notebook(b"")
    Traceback (most recent call last):
    ...
    labsupport.errors.LabError: El archivo está vacío.
    """
    if not content.strip():
        raise LabError("El archivo está vacío.")
    try:
        found = _keep_what_counts(json.loads(content.decode("utf-8-sig")))
        # Medio carácter suelto («\\ud800») es JSON válido, pero no se puede guardar.
        text = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # noqa: BLE001 - nbformat lanza varias clases sin relación
        raise LabError("El archivo no es un cuaderno de Jupyter válido.") from error
    return notebook


def _keep_what_counts(found: Any) -> Any:
    """Deja de un cuaderno del formato 4 lo que decide la nota.

    Colab, Kaggle o una versión antigua guardan salidas, ids o metadatos que se apartan del
    formato sin que nadie lo note: no son motivo para no calificar.
    """
    if not isinstance(found, dict) or found.get("nbformat") != 4:
        return found
    metadata = found.get("metadata") or {}
    told = (("kernelspec", "language"), ("language_info", "name"))
    languages = [str((metadata.get(key) or {}).get(name) or "python") for key, name in told]
    others = [language for language in languages if language.lower() != "python"]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": (others or ["python"])[0]}},
        "cells": [_keep_cell(cell) for cell in found["cells"]],
    }


def _keep_cell(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = cell.get("metadata") or {}
    kept = {
        "cell_type": cell["cell_type"],
        "metadata": {"nbgrader": metadata["nbgrader"]} if "nbgrader" in metadata else {},
        "source": cell["source"],
    }
    if re.fullmatch(r"[\w-]{1,64}", str(cell.get("id", "")), re.ASCII):
        kept["id"] = cell["id"]
    if cell["cell_type"] == "code":
        kept |= {"outputs": [], "execution_count": None}
    return kept


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
        _remove_folders()
        os._exit(1)


class Course:
    """Un curso de nbgrader privado con un solo ejercicio; cada entrega empieza con él limpio."""

    def __init__(self, exercise: Exercise, limits: Limits, isolated: bool, threads: int) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="curso-"))
        _FOLDERS.append(self.root)
        self._exercise = exercise
        self._write_source()
        self._api = _make_api(self.root, _load_config(self.root), limits, isolated, threads)
        result = self._api.generate_assignment(exercise.name)
        if not result["success"]:
            raise LabError(
                f"nbgrader no acepta el ejercicio resuelto «{exercise.name}»: "
                f"{_last_line(result.get('log') or result.get('error', ''))}"
            )
        shutil.copyfile(self.root / GRADEBOOK, self.root / "limpio.db")

    def grade(self, task: Task, notebook: Any, record: Record) -> None:
        """Califica ``task``, con el cuaderno ya leído, y completa ``record``."""
        name = self._exercise.name
        folder = self.root / "submitted" / STUDENT / name
        try:
            files = {**task.files, task.notebook: nbformat.writes(notebook).encode("utf-8")}
            _write_files(folder, {**files, **self._exercise.files}, task.notebook, name)
            shutil.copyfile(self.root / "limpio.db", self.root / GRADEBOOK)
            result = self._api.autograde(name, STUDENT)
            self._read_result(record, result)
        finally:
            for each in ("submitted", "autograded"):
                shutil.rmtree(self.root / each, ignore_errors=True)

    def _write_source(self) -> None:
        folder = self.root / "source" / self._exercise.name
        notebook = f"{self._exercise.name}.ipynb"
        _write_files(folder, self._exercise.files, "", "")
        (folder / notebook).write_bytes(self._exercise.notebook)
        if self._exercise.config:
            (self.root / CONFIG).write_bytes(self._exercise.config)

    def _read_result(self, record: Record, result: Mapping[str, Any]) -> None:
        from labsupport.grading.restore import NOTES

        name = self._exercise.name
        path = self.root / "autograded" / STUDENT / name / f"{name}.ipynb"
        if not result["success"] or not path.is_file():
            record.reason = f"nbgrader no pudo con ella: {_last_line(result.get('log', ''))}"
            return
        notebook = nbformat.read(path, as_version=4)
        notes = notebook.metadata[NOTES]
        record.state, record.reason = State(notes["state"]), notes["reason"]
        record.seconds, record.memory_mib = notes["seconds"], notes["memory_mib"]
        record.restored = list(notes["restored"])
        record.errors = _list_errors(notebook.cells)
        if record.restored and record.state is State.GRADED:
            record.state = State.TAMPERED
        if record.state in SCORED:
            self._read_points(record, notes["verdicts"], notebook.cells)

    def _read_points(self, record: Record, verdicts: Mapping[str, Any], cells: list[Any]) -> None:
        scores = _read_scores(self._api, self._exercise.name)
        sources = {read_metadata(cell).get("grade_id"): cell.source for cell in cells}
        changed = set()
        for check in record.checks:
            check.points = scores.get(check.grade_id, 0.0)
            if check.manual:
                check.answer = sources.get(check.grade_id, "") if check.points is None else ""
                continue
            verdict = verdicts.get(check.grade_id)
            changed |= set((verdict or {}).get("changed", ()))
            if check.points < check.max_points:
                _explain_failure(check, verdict, sources.get(check.grade_id, ""))
        record.flags += [f"cambia una librería: {name}" for name in sorted(changed)]


def _read_scores(api: Any, exercise: str) -> dict[str, float | None]:
    with api.gradebook as gradebook:
        submission = gradebook.find_submission_notebook(exercise, exercise, STUDENT)
        return {
            grade.name: None if grade.needs_manual_grade else grade.auto_score
            for grade in submission.grades
        }


def _explain_failure(check: CheckResult, verdict: Mapping[str, Any] | None, source: str) -> None:
    if verdict is None:
        check.message = NOT_FINISHED
    elif verdict["line"] in find_hidden_lines(source) or not verdict["line"]:
        check.message, check.hidden = HIDDEN_FAILED, True
    elif verdict["error"] in ("AssertionError", "NotImplementedError") and verdict["message"]:
        check.message = verdict["message"]
    else:
        message = f"{verdict['error']}: {verdict['message']}".rstrip(": ")
        check.message = f"Tu código da un error al comprobarlo: {message}"


def _list_errors(cells: list[Any]) -> list[str]:
    outputs = [
        (number, output)
        for number, cell in enumerate(cells, start=1)
        if cell.cell_type == "code" and not is_test(cell)
        for output in cell.outputs
        if output.output_type == "error"
    ]
    return [f"celda {n}: {o.ename}: {_last_line(o.evalue)[:200]}" for n, o in outputs]


def _refuse(notebook: Any, exercise: Exercise) -> str:
    """Devuelve por qué un cuaderno válido no se califica, o un texto vacío."""
    from labsupport.grading.restore import identify_cells

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
    kernel = notebook.metadata.get("kernelspec", {}).get("language", "python")
    language = notebook.metadata.get("language_info", {}).get("name", kernel)
    if {str(kernel).lower(), str(language).lower()} != {"python"}:
        flags.append(f"pide otro kernel: {language}")
    return flags


@functools.lru_cache(maxsize=16)
def _open_cached(digest: str, limits: Limits, isolated: bool, threads: int) -> Course:
    return Course(_EXERCISES[digest], limits, isolated, threads)


def _open_course(exercise: Exercise, limits: Limits, isolated: bool, threads: int) -> Course:
    _EXERCISES[exercise.digest] = exercise
    return _open_cached(exercise.digest, limits, isolated, threads)


def _load_config(root: Path) -> Any:
    from traitlets.config import Config, PyFileConfigLoader

    if not (root / CONFIG).is_file():
        return Config()
    return PyFileConfigLoader(CONFIG, path=str(root)).load_config()


def _make_api(root: Path, config: Any, limits: Limits, isolated: bool, threads: int) -> Any:
    try:
        from nbgrader.apps.api import NbGraderAPI
        from nbgrader.preprocessors import (
            CheckCellMetadata,
            ClearOutput,
            OverwriteCells,
            OverwriteKernelspec,
            SaveAutoGrades,
        )
    except ModuleNotFoundError as error:
        raise LabError(NO_NBGRADER) from error
    from labsupport.grading.restore import RestoreCells
    from labsupport.grading.run_notebook import RunNotebook, WriteVerdicts

    _stamp_gradebook(root / GRADEBOOK)
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{(root / GRADEBOOK).as_posix()}"
    config.Autograde.sanitize_preprocessors = [
        ClearOutput, RestoreCells, OverwriteKernelspec, OverwriteCells, CheckCellMetadata
    ]  # fmt: skip
    config.Autograde.autograde_preprocessors = [
        RunNotebook, WriteVerdicts, SaveAutoGrades, CheckCellMetadata
    ]  # fmt: skip
    config.RunNotebook.limits = asdict(limits)
    config.RunNotebook.isolated = isolated
    config.RunNotebook.threads = threads
    return NbGraderAPI(config=config)


def _stamp_gradebook(path: Path) -> None:
    """Empieza la base de datos con su versión puesta.

    Si no la tiene, nbgrader se la pregunta a la orden «alembic», que tarda más que calificar una
    entrega y tiene que estar en el PATH.
    """
    import nbgrader
    from alembic.script import ScriptDirectory

    migrations = Path(nbgrader.__file__).parent / "alembic"
    head = ScriptDirectory(str(migrations)).get_current_head()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES (?)", [head])


def _write_files(folder: Path, files: Mapping[str, bytes], notebook: str, name: str) -> None:
    for relative, content in files.items():
        path = folder / (f"{name}.ipynb" if relative == notebook else relative)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folder.mkdir(parents=True, exist_ok=True)


def _last_line(text: str) -> str:
    """Devuelve la última línea que nombra un error o, si no hay ninguna, la última."""
    lines = text.strip().splitlines() or ["sin mensaje"]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (named or lines)[-1][:300]


@atexit.register
def _remove_folders() -> None:
    for folder in _FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)


_EXERCISES: dict[str, Exercise] = {}
_FOLDERS: list[Path] = []
_ONE_AT_A_TIME = threading.Lock()
