"""Vigila desde fuera lo que gasta una entrega y, si pasa de un límite, mata todos sus procesos."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psutil

from labsupport.grading.judging.sandbox import PRIVATE, SHARED_MEMORY
from labsupport.grading.limits import ENTRIES, MIB, Limits
from labsupport.grading.records import State

INTERVAL = 0.1
# Compartir librerías hace que la suma de memorias residentes cuente dos veces lo mismo.
EXACT_SHARE = 0.9


class Watchdog:
    """Mide una entrega mientras dura el bloque ``with``; ``tripped`` dice qué límite pasó.

    ``peak_mib``: pico de memoria residente de todos sus procesos, en MiB.
    """

    def __init__(self, limits: Limits, runtime: Path, isolated: bool) -> None:
        """``runtime``: carpeta del kernel en la que la entrega puede escribir."""
        self.tripped: State | None = None
        self.peak_mib = 0.0
        self.started = time.monotonic()
        self._limits, self._runtime, self._isolated = limits, runtime, isolated
        self._device = runtime.stat().st_dev
        self._kernel: psutil.Process | None = None
        self._output = 0
        # Buscarlos recorre los de toda la máquina: se hace una vez por vuelta.
        self._processes: list[psutil.Process] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.kill()
        flatten(self._runtime)

    def attach(self, pid: int) -> None:
        """Empieza a medir el proceso ``pid`` y los que salgan de él."""
        with contextlib.suppress(psutil.Error):
            self._kernel = psutil.Process(pid)

    def count_output(self, size: int) -> None:
        """Suma ``size`` bytes a lo que la entrega lleva escrito en el cuaderno."""
        self._output += size
        if self._output > self._limits.output_mib * MIB:
            self._trip(State.OUTPUT_LIMIT)

    def check_files(self) -> None:
        """Mira ahora lo que ocupan los archivos de la entrega y cuántos son."""
        if self._measure_files() > self._limits.files_mib * MIB * 0.99:
            self._trip(State.FILES_LIMIT)

    def kill(self) -> None:
        """Mata el kernel y todos sus procesos, también los que se creen mientras tanto."""
        if self._kernel is None:
            return
        # Con bwrap, el kernel de Linux mata de una vez todo lo que haya dentro: recorrer los
        # procesos de uno en uno no alcanza a los que se multiplican sin parar.
        with contextlib.suppress(psutil.Error):
            if self._kernel.name() == "bwrap":
                self._kernel.kill()
        for _ in range(100):
            alive = self._list_processes()
            for process in alive:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            if not alive or _are_zombies(alive):
                return
            time.sleep(0.02)

    @property
    def seconds(self) -> float:
        """Segundos desde que empezó la entrega."""
        return time.monotonic() - self.started

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL):
            try:
                self._check()
            except Exception:  # noqa: BLE001 - sin vigilante no quedaría ningún límite
                self._give_up()

    def _check(self) -> None:
        if self.seconds > self._limits.seconds:
            self._trip(State.TIME_LIMIT)
        elif self._kernel is not None and self.tripped is None:
            self._processes = self._list_processes()
            self._check_memory()
            self.check_files()
        if self.tripped is not None:
            self.kill()

    def _give_up(self) -> None:
        """Corta la entrega que no se puede vigilar: queda sin calificar, para que alguien mire."""
        self.tripped = self.tripped or State.NOT_GRADED
        # Si lo que falla es matar, se vuelve a intentar en la próxima vuelta.
        with contextlib.suppress(Exception):
            self.kill()
        with contextlib.suppress(Exception):
            if self._kernel is not None:
                self._kernel.kill()

    def _check_memory(self) -> None:
        processes = self._processes
        if len(processes) > self._limits.processes:
            self._trip(State.PROCESS_LIMIT)
            return
        resident = sum(_measure(process, "rss") for process in processes) / MIB
        if resident > self._limits.memory_mib * EXACT_SHARE and len(processes) > 1:
            resident = sum(_measure(process, "pss") for process in processes) / MIB
        self.peak_mib = max(self.peak_mib, resident)
        if resident > self._limits.memory_mib:
            self._trip(State.MEMORY_LIMIT)

    def _measure_files(self) -> float:
        used = _measure_folder(self._runtime) + self._measure_deleted()
        if not self._isolated:
            # El resto del disco no es solo suyo: no se puede saber qué escribió ahí.
            return used
        for process in self._processes[::-1]:
            with contextlib.suppress(OSError):
                root = f"/proc/{process.pid}/root"
                # Al nacer y al morir, bwrap ve todavía el disco de esta máquina, no el privado.
                if os.path.samefile(root, "/"):
                    continue
                disks = (shutil.disk_usage(root + folder) for folder in (PRIVATE, SHARED_MEMORY))
                return used + max(disk.used for disk in disks)
        return used

    def _measure_deleted(self) -> int:
        """Suma los archivos ya borrados del disco de fuera que algún proceso tiene abiertos."""
        found: dict[int, int] = {}
        for process in self._processes:
            for opened in _list_opened(process.pid):
                if opened.st_nlink == 0 and opened.st_dev == self._device:
                    # Lo que ocupa y no lo que dice medir; dos procesos pueden tener el mismo.
                    found[opened.st_ino] = opened.st_blocks * 512
        return sum(found.values())

    def _trip(self, state: State) -> None:
        if self.tripped is None:
            self.tripped = state
            self.kill()

    def _list_processes(self) -> list[psutil.Process]:
        if self._kernel is None:
            return []
        try:
            return [self._kernel, *self._kernel.children(recursive=True)]
        except (psutil.Error, AttributeError):
            return []


def _measure(process: psutil.Process, kind: str) -> int:
    try:
        return getattr(process.memory_full_info() if kind == "pss" else process.memory_info(), kind)
    except (psutil.Error, AttributeError):
        return 0


def _are_zombies(processes: list[psutil.Process]) -> bool:
    with contextlib.suppress(psutil.Error):
        return all(process.status() == psutil.STATUS_ZOMBIE for process in processes)
    return False


def _measure_folder(folder: Path) -> float:
    """Suma el tamaño de los archivos de una carpeta y de las que contiene, sin seguir enlaces.

    Es infinito si hay más entradas de la cuenta o una carpeta que no se deja mirar: sin saber qué
    hay dentro no se puede decir que no pasa del límite.
    """
    pending, count, size = [os.fspath(folder)], 0, 0
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                found = list(islice(entries, ENTRIES + 1))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return math.inf
        count += len(found)
        if count > ENTRIES:
            return math.inf
        pending += [each.path for each in found if each.is_dir(follow_symlinks=False)]
        for file in (each for each in found if each.is_file(follow_symlinks=False)):
            # Puede haber desaparecido desde que se leyó la carpeta.
            with contextlib.suppress(OSError):
                size += file.stat(follow_symlinks=False).st_size
    return size


def _list_opened(pid: int) -> Iterator[os.stat_result]:
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            # Se cierran mientras se mira.
            with contextlib.suppress(OSError):
                yield os.stat(entry.path)


def flatten(folder: Path) -> None:
    """Deja sin carpetas dentro de otras una carpeta que se va a borrar.

    ``shutil.rmtree`` baja por ellas llamándose a sí misma: con mil niveles, lanza RecursionError.
    """
    pending = _list_folders(folder)
    while pending:
        inner = pending.pop()
        with contextlib.suppress(OSError):
            os.chmod(inner, 0o700)
        for nested in _list_folders(inner):
            moved = Path(folder, f"suelta-{secrets.token_hex(8)}")
            # Por turnos y desde arriba: así ninguna ruta llega a ser demasiado larga.
            with contextlib.suppress(OSError):
                pending.append(nested.rename(moved))


def _list_folders(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []
