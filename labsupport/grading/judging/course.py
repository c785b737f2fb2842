"""Un curso de nbgrader privado: genera un ejercicio, califica una entrega y lee su resultado."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat

from labsupport.base.errors import LabError
from labsupport.grading.exercises import (
    CONFIG,
    Exercise,
    find_hidden_lines,
    is_test,
    read_metadata,
)
from labsupport.grading.limits import Limits
from labsupport.grading.processes import NO_NBGRADER
from labsupport.grading.records import MACHINE_FAILED, SCORED, CheckResult, Record, State

STUDENT = "entrega"
GRADEBOOK = "gradebook.db"
HIDDEN_FAILED = "Falla una comprobación oculta: prueba tu código con otros casos."
SHORTEST_SECRET = 12
# Lo que dice un veredicto que conviene que mire una persona, y con qué palabras.
FOUND = {
    "changed": "cambia una librería",
    "touched": "toca la maquinaria",
    "redefined": "redefine lo que da el ejercicio",
}
NOT_FINISHED = "La comprobación no llegó a terminar."


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

    def grade(self, others: Mapping[str, bytes], notebook: Any, record: Record) -> None:
        """Califica ``notebook`` y completa ``record``.

        ``others``: los demás archivos de la entrega, de ruta relativa a contenido.
        """
        name = self._exercise.name
        folder = self.root / "submitted" / STUDENT / name
        try:
            own = {f"{name}.ipynb": nbformat.writes(notebook).encode("utf-8")}
            _write_files(folder, {**own, **self._exercise.files})
            unused = _write_what_fits(folder, others)
            record.flags += [f"no se usó «{each}»: ese nombre no vale aquí" for each in unused]
            shutil.copyfile(self.root / "limpio.db", self.root / GRADEBOOK)
            result = self._api.autograde(name, STUDENT)
            self._read_result(record, result)
        finally:
            for each in ("submitted", "autograded"):
                shutil.rmtree(self.root / each, ignore_errors=True)

    def _write_source(self) -> None:
        folder = self.root / "source" / self._exercise.name
        notebook = f"{self._exercise.name}.ipynb"
        _write_files(folder, {**self._exercise.files, notebook: self._exercise.notebook})
        if self._exercise.config:
            (self.root / CONFIG).write_bytes(self._exercise.config)

    def _read_result(self, record: Record, result: Mapping[str, Any]) -> None:
        from labsupport.grading.cells.restore import NOTES

        name = self._exercise.name
        path = self.root / "autograded" / STUDENT / name / f"{name}.ipynb"
        if not result["success"] or not path.is_file():
            record.reason = MACHINE_FAILED.format(f"nbgrader: {_last_line(result.get('log', ''))}")
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
        found = {key: set() for key in FOUND}
        for check in record.checks:
            check.points = scores.get(check.grade_id, 0.0)
            if check.manual:
                check.answer = sources.get(check.grade_id, "") if check.points is None else ""
                continue
            verdict = verdicts.get(check.grade_id)
            for key in FOUND:
                found[key] |= set((verdict or {}).get(key, ()))
            if check.points < check.max_points:
                _explain_failure(check, verdict, sources.get(check.grade_id, ""))
        flags = [f"{FOUND[key]}: {name}" for key in FOUND for name in sorted(found[key])]
        record.flags += [flag for flag in flags if flag not in record.flags]


def _read_scores(api: Any, exercise: str) -> dict[str, float | None]:
    with api.gradebook as gradebook:
        submission = gradebook.find_submission_notebook(exercise, exercise, STUDENT)
        return {
            grade.name: None if grade.needs_manual_grade else grade.auto_score
            for grade in submission.grades
        }


def _explain_failure(check: CheckResult, verdict: Mapping[str, Any] | None, source: str) -> None:
    if verdict is None or not (verdict["error"] or verdict["line"] or verdict["message"]):
        check.message = NOT_FINISHED
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
    if not tested:
        return f"{output.ename}: {_last_line(output.evalue)[:200]}"
    return output.ename if isinstance(getattr(builtins, output.ename, None), type) else "error"


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
    from labsupport.grading.cells.restore import RestoreCells
    from labsupport.grading.judging.run_notebook import RunNotebook, WriteVerdicts

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


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for relative, content in files.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _write_what_fits(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Escribe los archivos que acompañan a un cuaderno y devuelve los que no se pueden escribir.

    Ninguno ocupa el sitio de los del ejercicio, y un nombre que este disco no admite no es motivo
    para no calificar.
    """
    unused = []
    for relative, content in sorted(files.items()):
        try:
            if not (folder / relative).exists():
                _write_files(folder, {relative: content})
        except (OSError, ValueError):
            unused.append(relative)
    return unused


def _last_line(text: str) -> str:
    """Devuelve la última línea que nombra un error o, si no hay ninguna, la última."""
    lines = text.strip().splitlines() or ["sin mensaje"]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (named or lines)[-1][:300]


@atexit.register
def remove_folders() -> None:
    """Borra las carpetas de todos los cursos de este proceso."""
    for folder in _FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)


_FOLDERS: list[Path] = []
