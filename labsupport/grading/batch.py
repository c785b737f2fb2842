"""Califica una tanda de entregas en paralelo, anota cada una al acabar y sabe seguir a medias."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labsupport.errors import LabError
from labsupport.files import write_atomically
from labsupport.grading import records
from labsupport.grading.archives import LARGEST_MIB
from labsupport.grading.collect import NO_NOTEBOOK, Submission
from labsupport.grading.exercises import Exercise
from labsupport.grading.limits import MIB, Limits
from labsupport.grading.processes import choose_context
from labsupport.grading.records import Record, State, build_record, compute_digest
from labsupport.grading.worker import Task, grade_submission, prepare_worker

ATTEMPTS = 2
UNKNOWN = "desconocido"
TEMPORARY = ".carpeta-temporal"
LOCK = ".calificando"
WORKER_DIED = "El proceso que la calificaba murió dos veces: califícala aparte, con más memoria."
NO_EXERCISE = "No se sabe de qué ejercicio es: dilo con --exercise o en el nombre del archivo."


@dataclass(frozen=True)
class Settings:
    """Cómo se califica una tanda: límites, aislamiento, procesos y, si acaso, el cluster."""

    limits: Limits = Limits()
    isolated: bool = True
    workers: int = 0
    cluster: str = ""

    @property
    def processes(self) -> int:
        """Cuántas entregas a la vez: las pedidas o una por núcleo."""
        return self.workers or count_cores()

    @property
    def threads(self) -> int:
        """Hilos para las cuentas de cada una, sin pedir más que los que hay."""
        return max(1, count_cores() // self.processes) if not self.cluster else 1


def count_cores() -> int:
    """Devuelve cuántos núcleos puede usar este proceso.

    >>> count_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def grade_batch(
    submissions: Sequence[Submission],
    exercises: Mapping[str, Exercise],
    out: Path,
    settings: Settings = Settings(),
    regrade: bool = False,
    publish: Callable[[list[Record]], list[Record]] = lambda graded: graded,
    progress: bool = True,
) -> list[Record]:
    """Califica lo que falte y devuelve los registros de todas las entregas, en orden.

    ``out``: carpeta de las notas; ``regrade``: si se repiten también las ya calificadas;
    ``publish``: qué hacer con los registros antes de empezar (lo que falta, sin nota) y al
    acabar; los devuelve al día. Un registro vale mientras no cambien la entrega, el ejercicio,
    los límites ni el aislamiento. Lanza LabError si otra orden está calificando en ``out``.
    """
    folder = out / records.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with _hold_folder(out), _own_temporary_folder(out):
        done, tasks = _plan(submissions, exercises, folder, settings, regrade)
        _forget_others(folder, {record.name for record in done})
        waiting = [_wait(task) for task in tasks]
        publish(records.sort_records([*done, *waiting]))
        for values in _bar(_run(tasks, settings), len(tasks), progress):
            record = build_record(values)
            records.write_record(folder, record)
            done.append(record)
        return publish(records.sort_records(done))


def _plan(
    submissions: Sequence[Submission],
    exercises: Mapping[str, Exercise],
    folder: Path,
    settings: Settings,
    regrade: bool,
) -> tuple[list[Record], list[Task]]:
    """Separa lo que ya tiene registro, o no se puede ni empezar, de lo que hay que calificar."""
    done, tasks = [], []
    for submission in submissions:
        planned = _prepare(submission, exercises, settings)
        if isinstance(planned, Record):
            records.write_record(folder, planned)
            done.append(planned)
            continue
        known = records.read_record(folder / f"{_wait(planned).name}.json")
        if known is not None and known.digest == planned.digest and not regrade:
            done.append(known)
        else:
            tasks.append(planned)
    return done, tasks


def _prepare(
    submission: Submission, exercises: Mapping[str, Exercise], settings: Settings
) -> Record | Task:
    exercise = exercises.get(submission.exercise)
    record = Record(submission.student, submission.exercise or UNKNOWN, "")
    record.isolated, record.flags = settings.isolated, list(submission.flags)
    if exercise is not None:
        record.checks = exercise.list_checks()
    files, record.reason = _read_files(submission, record.flags)
    if exercise is None or record.reason:
        record.state = State.UNREADABLE if record.reason else State.NOT_GRADED
        record.reason = record.reason or NO_EXERCISE
        return record
    settled = (exercise.digest, settings.limits, settings.isolated, submission.flags)
    return Task(
        student=submission.student,
        exercise=exercise,
        digest=compute_digest(files, submission.notebook, *settled),
        notebook=submission.notebook,
        files=files,
        limits=settings.limits,
        isolated=settings.isolated,
        threads=settings.threads,
        flags=tuple(record.flags),
    )


def _read_files(submission: Submission, flags: list[str]) -> tuple[dict[str, bytes], str]:
    """Lee los archivos de una entrega; devuelve también por qué no se puede leer el cuaderno.

    Lo que pase del tamaño máximo de una entrega se queda fuera y se dice: la tanda entera
    espera su turno en memoria.
    """
    files: dict[str, bytes] = {}
    # Primero el cuaderno: lo demás es lo que puede sobrar.
    for name in sorted(submission.entries, key=lambda name: (name != submission.notebook, name)):
        total = sum(map(len, files.values())) + submission.entries[name].size
        try:
            if files and total > LARGEST_MIB * MIB:
                raise LabError(f"la entrega entera pasaría de {LARGEST_MIB} MiB.")
            files[name] = submission.entries[name].read()
        except LabError as error:
            if name == submission.notebook or not submission.notebook:
                return {}, str(error)
            flags.append(f"no se usó «{name}»: {error}")
    return files, "" if submission.notebook else NO_NOTEBOOK


def _wait(task: Task) -> Record:
    record = Record(task.student, task.exercise.name, task.digest, isolated=task.isolated)
    record.checks, record.flags = task.exercise.list_checks(), list(task.flags)
    record.reason = "Aún no se ha calificado: repite la orden para seguir donde se quedó."
    return record


def _forget_others(folder: Path, names: set[str]) -> None:
    """Borra los registros que ya no valen, para que nadie vea una nota vieja."""
    for path in folder.glob("*.json"):
        if path.stem not in names:
            path.unlink()


def _run(tasks: Sequence[Task], settings: Settings) -> Iterator[dict[str, Any]]:
    """Da los registros según acaban; si muere un proceso, repite lo que se perdió con él."""
    failed = list(tasks)
    for attempt in range(ATTEMPTS):
        tasks, failed = failed, []
        if not tasks:
            return
        # La segunda vez, de una en una: así se sabe cuál mata a los procesos.
        for group in [tasks] if not attempt else [[task] for task in tasks]:
            with open_executor(settings, len(group)) as executor:
                futures = {executor.submit(grade_submission, task): task for task in group}
                for future in as_completed(futures):
                    values = _collect(future)
                    if values is None:
                        failed.append(futures[future])
                    else:
                        yield values
    yield from (_give_up(task) for task in failed)


def _collect(future: Future) -> dict[str, Any] | None:
    try:
        return future.result()
    except LabError:
        raise
    except (BrokenExecutor, Exception):  # noqa: BLE001 - cada ejecutor tiene sus fallos
        return None


def _give_up(task: Task) -> dict[str, Any]:
    from dataclasses import asdict

    record = _wait(task)
    record.reason = WORKER_DIED
    return asdict(record)


@contextlib.contextmanager
def open_executor(settings: Settings, tasks: int) -> Iterator[Executor]:
    """Da un ejecutor de ``concurrent.futures``: procesos de aquí o un cluster de Dask.

    Lanza LabError si el cluster no contesta o falta Dask.
    """
    if settings.cluster:
        with _connect(settings.cluster) as executor:
            yield executor
        return
    with ProcessPoolExecutor(
        min(settings.processes, max(tasks, 1)),
        mp_context=choose_context(),
        initializer=prepare_worker,
        initargs=(dict(os.environ),),
    ) as executor:
        try:
            yield executor
        except BaseException:
            _stop(executor)
            raise


def _stop(executor: ProcessPoolExecutor) -> None:
    """Para sin esperar: un proceso a mitad de una entrega puede tardar minutos."""
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


@contextlib.contextmanager
def _connect(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise LabError("Falta Dask: instálalo con `pip install -e .[instructor]`.") from error
    try:
        client = Client(address, timeout=20, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise LabError(
            f"El cluster «{address}» no contesta: comprueba la dirección y que esté en marcha."
        ) from error
    with client, client.get_executor(retries=0, pure=False) as executor:
        yield executor


@contextlib.contextmanager
def _hold_folder(out: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(out / LOCK, timeout=0):
            yield
    except Timeout as error:
        raise LabError(
            f"Otra orden está calificando en «{out}»: espera a que acabe o usa otro --out."
        ) from error


@contextlib.contextmanager
def _own_temporary_folder(out: Path) -> Iterator[None]:
    """Reúne lo temporal en una carpeta y borra la que dejó una orden que murió a medias."""
    note = out / TEMPORARY
    with contextlib.suppress(OSError, ValueError):
        shutil.rmtree(json.loads(note.read_text(encoding="utf-8")), ignore_errors=True)
    folder = tempfile.mkdtemp(prefix="calificar-")
    write_atomically(note, json.dumps(folder))
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        shutil.rmtree(folder, ignore_errors=True)
        note.unlink(missing_ok=True)


def _bar(values: Iterator[Any], total: int, shown: bool) -> Iterator[Any]:
    from tqdm import tqdm

    layout = "{desc}: {n_fmt}/{total_fmt} |{bar}| {elapsed}, faltan {remaining}"
    options = {"total": total, "bar_format": layout, "disable": not shown or not total}
    yield from tqdm(values, desc="Calificando", **options)
