"""Califica una tanda de entregas en paralelo, anota cada una al acabar y sabe seguir a medias."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labsupport.base.errors import DISK_FULL, LabError, is_disk_full
from labsupport.base.files import write_atomically
from labsupport.grading import records
from labsupport.grading.cells.exercises import Exercise
from labsupport.grading.collecting.archives import LARGEST_MIB
from labsupport.grading.collecting.collect import NO_NOTEBOOK, Submission
from labsupport.grading.executors import Workplan, open_executor
from labsupport.grading.judging.worker import Task, grade_submission
from labsupport.grading.limits import MIB
from labsupport.grading.records import Record, State, build_record, compute_digest
from labsupport.running.executors import is_death, wait_for

ATTEMPTS = 2
UNKNOWN = "desconocido"
TEMPORARY = ".carpeta-temporal"
LOCK = ".calificando"
WORKER_DIED = "El proceso que la calificaba murió dos veces: califícala aparte, con más memoria."
SHOWN_NAMES = 5
NO_EXERCISE = "No se sabe de qué ejercicio es: dilo con --exercise o en el nombre del archivo."


def grade_batch(
    submissions: Sequence[Submission],
    exercises: Mapping[str, Exercise],
    out: Path,
    plan: Workplan,
    regrade: bool = False,
    publish: Callable[[list[Record], bool], list[Record]] = lambda graded, finished: graded,
) -> list[Record]:
    """Califica lo que falte y devuelve los registros de todas las entregas, en orden.

    ``out``: carpeta de las notas; ``regrade``: si se repiten también las ya calificadas;
    ``publish``: qué hacer con los registros antes de empezar y si algo lo interrumpe (lo que
    falta, sin nota), y al acabar (con True); los devuelve al día. Un registro vale mientras no
    cambien la entrega, el ejercicio, los límites ni el aislamiento. Lanza LabError si otra orden
    está calificando en ``out``.
    """
    folder = out / records.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with _hold_folder(out), _own_temporary_folder(out) as temporary:
        done, tasks = _plan(submissions, exercises, folder, plan, regrade)
        waiting = [_wait(task) for task in tasks]
        _clear(folder, done, waiting)
        publish(_join(done, waiting), False)
        try:
            _grade_all(tasks, replace(plan, temporary=temporary), folder, done)
        except BaseException:
            # Quien lo corta encuentra en las notas todo lo que llegó a calificarse.
            with contextlib.suppress(LabError, OSError):
                publish(_join(done, waiting), False)
            raise
        return publish(_join(done, waiting), True)


def _join(done: Iterable[Record], waiting: Iterable[Record]) -> list[Record]:
    """Devuelve todos los registros en orden: sin nota, solo los que aún no la tienen."""
    return records.sort_records({record.name: record for record in (*waiting, *done)}.values())


def _plan(
    submissions: Sequence[Submission],
    exercises: Mapping[str, Exercise],
    folder: Path,
    plan: Workplan,
    regrade: bool,
) -> tuple[list[Record], list[Task]]:
    """Separa lo que ya tiene registro, o no se puede ni empezar, de lo que hay que calificar."""
    done, tasks = [], []
    for submission in submissions:
        planned = _prepare(submission, exercises, plan)
        if isinstance(planned, Record):
            records.write_record(folder, planned)
            done.append(planned)
            continue
        known = records.find_record(folder, _wait(planned).name, planned.digest)
        if known is None or regrade:
            tasks.append(planned)
        else:
            done.append(known)
    # Por ejercicios: el proceso que comprueba uno sirve para la entrega siguiente.
    return done, sorted(tasks, key=lambda task: task.exercise.name)


def _prepare(
    submission: Submission, exercises: Mapping[str, Exercise], plan: Workplan
) -> Record | Task:
    exercise = exercises.get(submission.exercise)
    record = Record(submission.student, submission.exercise or UNKNOWN, "")
    record.isolated, record.flags = plan.isolated, list(submission.flags)
    if exercise is not None:
        record.checks = exercise.list_checks()
    files, record.reason = _read_files(submission, record.flags)
    if exercise is None or record.reason:
        record.state = State.UNREADABLE if record.reason else State.NOT_GRADED
        record.reason = record.reason or NO_EXERCISE
        return record
    settled = (exercise.digest, plan.limits, plan.isolated, submission.flags)
    return Task(
        student=submission.student,
        exercise=exercise,
        digest=compute_digest(files, submission.notebook, *settled),
        notebook=submission.notebook,
        files=files,
        limits=plan.limits,
        isolated=plan.isolated,
        threads=plan.threads,
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
    record.reason = (
        "Aún no se ha calificado: repite la orden, sin --recalificar, para seguir donde se quedó."
    )
    return record


def _clear(folder: Path, done: Iterable[Record], waiting: Iterable[Record]) -> None:
    """Quita de en medio los registros que ya no valen, para que nadie vea una nota vieja."""
    for record in waiting:
        records.forget_record(folder, record.name)
    gone = records.set_aside(folder, {record.name for record in done})
    if gone:
        names = list(dict.fromkeys(gone))
        shown = ", ".join(names[:SHOWN_NAMES]) + ("..." if len(names) > SHOWN_NAMES else "")
        print(f"Ya no están entre las entregas y salen de las notas: {len(gone)} ({shown}).")


def _grade_all(tasks: Sequence[Task], plan: Workplan, folder: Path, done: list[Record]) -> None:
    """Califica, anota cada entrega en ``folder`` y la añade a ``done``."""
    from tqdm import tqdm

    layout = "{desc}: {n_fmt}/{total_fmt} |{bar}| {elapsed}, faltan {remaining}"
    options = {"total": len(tasks), "bar_format": layout, "disable": not tasks}
    # Al salir se cierra: si algo falla aquí, los procesos se paran antes de seguir.
    with contextlib.closing(_run(tasks, plan)) as results:
        for record in tqdm(results, "Calificando", **options):
            records.write_record(folder, record)
            done.append(record)


def _run(tasks: Sequence[Task], plan: Workplan) -> Generator[Record]:
    """Da los registros según acaban; si muere un proceso, repite lo que se perdió con él."""
    retried = list(range(len(tasks)))
    failed: dict[int, Exception] = {}
    for attempt in range(ATTEMPTS):
        failed = {}
        # La segunda vez, de una en una: así se sabe cuál mata a los procesos.
        groups = [[number] for number in retried] if attempt else [retried]
        for group in filter(None, groups):
            yield from _run_group({n: tasks[n] for n in group}, plan, failed)
        retried = list(failed)
    for number, error in failed.items():
        yield _give_up(tasks[number], error)


def _run_group(
    group: Mapping[int, Task], plan: Workplan, failed: dict[int, Exception]
) -> Iterator[Record]:
    """Da los registros de ``group`` y anota en ``failed`` por qué falta cada uno de los demás."""
    with open_executor(plan, len(group)) as (executor, has_workers):
        futures = {executor.submit(grade_submission, task): n for n, task in group.items()}
        for future in wait_for(futures, has_workers, plan):
            try:
                record = build_record(future.result())
            except LabError:
                raise
            except Exception as error:  # noqa: BLE001 - cada ejecutor tiene sus fallos
                failed[futures[future]] = error
            else:
                yield record


def _give_up(task: Task, error: Exception) -> Record:
    record = _wait(task)
    if is_death(error):
        record.reason = WORKER_DIED
        return record
    # Sin huella: el fallo no es de la entrega, y al repetir la orden se intenta otra vez.
    record.digest = ""
    told = (str(error).strip() or "sin mensaje").splitlines()[0][:200]
    record.reason = f"No se pudo calificar: {type(error).__name__}: {told}"
    if is_disk_full(error):
        record.reason = DISK_FULL
    return record


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
def _own_temporary_folder(out: Path) -> Iterator[str]:
    """Da una carpeta para todo lo temporal y borra la que dejó una orden que murió a medias."""
    note = out / TEMPORARY
    with contextlib.suppress(OSError, ValueError):
        shutil.rmtree(json.loads(note.read_text(encoding="utf-8")), ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="calificar-", ignore_cleanup_errors=True) as folder:
        write_atomically(note, json.dumps(folder))
        try:
            yield folder
        finally:
            note.unlink(missing_ok=True)
