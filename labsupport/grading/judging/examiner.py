"""El proceso que comprueba, visto por quien lo lanza: arranca, recibe una entrega y la juzga.

Cargar las librerías y correr las celdas dadas cuesta segundos: se hace una vez y el mismo proceso
sirve para todas las entregas de un ejercicio.
"""

from __future__ import annotations

import atexit
import contextlib
import select
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from labsupport.base.errors import LabError
from labsupport.grading.cells.exercises import Exercise
from labsupport.grading.cells.roles import find_hidden_lines
from labsupport.grading.judging.channel import BrokenChannel, Channel
from labsupport.grading.judging.parts import split_exercise
from labsupport.grading.judging.sandbox import Place
from labsupport.grading.limits import MIB, Limits

MODULE = "labsupport.grading.judging.checking"
# Segundos: lo que puede tardar en cargar lo dado y lo que se espera un veredicto que ya no llega.
PATIENCE, GRACE = 600, 5
# Procesos que comprueban vivos a la vez en cada uno de los que califican: cada uno ocupa memoria.
WARM = 2
GONE = "El proceso que comprueba se cerró"


class ExaminerGone(Exception):  # noqa: N818 - dice qué pasó
    """El proceso que comprueba no contesta."""


class Examiner:
    """Un proceso aislado que comprueba las entregas de un ejercicio, una detrás de otra."""

    def __init__(self, exercise: Exercise, limits: Limits, isolated: bool, threads: int) -> None:
        """Lanza LabError si una celda dada del ejercicio falla."""
        self._folder = Path(tempfile.mkdtemp(prefix="comprobar-"))
        _FOLDERS.add(self._folder)
        runtime, files = self._folder / "privada", self._folder / "archivos"
        runtime.mkdir()
        write_files(files, exercise.files)
        place = Place(runtime, files, limits, isolated, threads)
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                place.wrap(MODULE),
                env={**place.build_environment(), "CALIFICAR_CONTROL": str(theirs.fileno())},
                cwd=place.folder,
                pass_fds=[theirs.fileno()],
                # Ctrl-C no va con él: se cierra cuando se cierra quien lo lanzó.
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._control, self._limit = Channel(ours), limits.memory_mib
        self._prepare(exercise)

    @property
    def is_usable(self) -> bool:
        """Si sigue vivo y sin haber crecido más que lo que puede ocupar una entrega."""
        if self._process.poll() is not None:
            return False
        return measure_memory(self._process.pid) < self._limit

    def begin(self, connection: socket.socket) -> None:
        """Empieza con otra entrega, que contesta por ``connection``."""
        try:
            self._control.send({"op": "begin"})
            socket.send_fds(self._control.connection, [b"."], [connection.fileno()])
        except (BrokenChannel, OSError) as error:
            raise ExaminerGone(GONE) from error

    def ask(self, name: str, source: str) -> None:
        """Pide una comprobación; mientras, la entrega tiene que estar contestando."""
        from IPython.core.inputtransformer2 import TransformerManager

        hidden = sorted(find_hidden_lines(source))
        source = TransformerManager().transform_cell(source)
        try:
            self._control.send({"op": "check", "name": name, "source": source, "hidden": hidden})
        except BrokenChannel as error:
            raise ExaminerGone(GONE) from error

    def has_verdict(self) -> bool:
        """Dice si ya mandó el veredicto, o se cerró: lo manda antes de despedirse de la entrega."""
        return bool(select.select([self._control.connection], [], [], 0)[0])

    def read_verdict(self, seconds: float | None = None) -> Mapping[str, Any]:
        """Espera el veredicto. Lanza ExaminerGone si no llega en ``seconds`` o si se cerró."""
        try:
            self._control.connection.settimeout(seconds)
            message, _ = self._control.receive()
            self._control.connection.settimeout(None)
        except (BrokenChannel, OSError) as error:
            self.kill()
            raise ExaminerGone(GONE) from error
        return message

    def kill(self) -> None:
        """Lo cierra y borra su carpeta."""
        self._control.close()
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self._process.pid).children(recursive=True)[::-1]:
                process.kill()
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        _FOLDERS.discard(self._folder)

    def _prepare(self, exercise: Exercise) -> None:
        parts = split_exercise(exercise.cells)
        order = {"op": "prepare", "given": parts.given, "probes": parts.probes}
        try:
            self._control.send({**order, "remote": sorted(parts.remote)})
            fault = self.read_verdict(PATIENCE)["fault"]
        except (BrokenChannel, ExaminerGone) as error:
            self.kill()
            raise ExaminerGone(GONE) from error
        if fault:
            self.kill()
            raise LabError(
                f"Una celda dada de «{exercise.name}» falla y no se puede comprobar nada con ella "
                f"({fault}): ejecuta el cuaderno resuelto y corrígela."
            )


def open_examiner(exercise: Exercise, limits: Limits, isolated: bool, threads: int) -> Examiner:
    """Devuelve un proceso que comprueba ``exercise``, el de antes si sirve."""
    key = (exercise.digest, limits, isolated, threads)
    examiner = _EXAMINERS.pop(key, None)
    if examiner is not None and not examiner.is_usable:
        examiner.kill()
        examiner = None
    while examiner is None and len(_EXAMINERS) >= WARM:
        _EXAMINERS.pop(next(iter(_EXAMINERS))).kill()
    _EXAMINERS[key] = examiner or Examiner(exercise, limits, isolated, threads)
    return _EXAMINERS[key]


def measure_memory(pid: int) -> float:
    """Devuelve la memoria residente de un proceso y de los suyos, en MiB; 0 si ya no está.

    >>> measure_memory(psutil.Process().pid) > 1
    True
    """
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(each.memory_info().rss for each in family) / MIB
    except psutil.Error:
        return 0.0


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Escribe en ``folder`` los archivos dados, de ruta relativa a contenido."""
    folder.mkdir(parents=True, exist_ok=True)
    for relative, content in files.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@atexit.register
def close_examiners() -> None:
    """Cierra los procesos que comprueban y borra sus carpetas."""
    while _EXAMINERS:
        _EXAMINERS.popitem()[1].kill()
    for folder in _FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)


_EXAMINERS: dict[Any, Examiner] = {}
_FOLDERS: set[Path] = set()
