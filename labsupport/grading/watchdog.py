"""Vigila desde fuera lo que gasta una entrega y, si pasa de un límite, mata todos sus procesos."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from labsupport.grading.limits import MIB, Limits
from labsupport.grading.records import State
from labsupport.grading.sandbox import PRIVATE, SHARED_MEMORY

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
        self._kernel: psutil.Process | None = None
        self._output = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.kill()

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
        """Mira ahora lo que ocupan los archivos de la entrega."""
        if self._measure_files() > self._limits.files_mib * MIB * 0.99:
            self._trip(State.FILES_LIMIT)

    def kill(self) -> None:
        """Mata el kernel y todos sus procesos, también los que se creen mientras tanto."""
        if self._kernel is None:
            return
        self._kill_sandbox()
        for _ in range(100):
            alive = self._list_processes()
            for process in alive:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            if not alive or _are_zombies(alive):
                return
            time.sleep(0.02)

    def _kill_sandbox(self) -> None:
        """Mata bwrap: con él, el kernel de Linux mata de una vez todo lo que haya dentro.

        Recorrer los procesos de uno en uno no alcanza a los que se multiplican sin parar.
        """
        with contextlib.suppress(psutil.Error):
            if self._kernel.name() == "bwrap":
                self._kernel.kill()

    @property
    def seconds(self) -> float:
        """Segundos desde que empezó la entrega."""
        return time.monotonic() - self.started

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL):
            if self.seconds > self._limits.seconds:
                self._trip(State.TIME_LIMIT)
            elif self._kernel is not None and self.tripped is None:
                self._check_memory()
                self.check_files()
            if self.tripped is not None:
                self.kill()

    def _check_memory(self) -> None:
        processes = self._list_processes()
        if len(processes) > self._limits.processes:
            self._trip(State.PROCESS_LIMIT)
            return
        resident = sum(_measure(process, "rss") for process in processes) / MIB
        if resident > self._limits.memory_mib * EXACT_SHARE and len(processes) > 1:
            resident = sum(_measure(process, "pss") for process in processes) / MIB
        self.peak_mib = max(self.peak_mib, resident)
        if resident > self._limits.memory_mib:
            self._trip(State.MEMORY_LIMIT)

    def _measure_files(self) -> int:
        used = sum(_scan(self._runtime))
        if not self._isolated:
            # El resto del disco no es solo suyo: no se puede saber qué escribió ahí.
            return used
        for process in self._list_processes()[::-1]:
            with contextlib.suppress(OSError):
                root = f"/proc/{process.pid}/root"
                # Al nacer y al morir, bwrap ve todavía el disco de esta máquina, no el privado.
                if os.path.samefile(root, "/"):
                    continue
                return used + max(_used(root + PRIVATE), _used(root + SHARED_MEMORY))
        return used

    def _trip(self, state: State) -> None:
        if self.tripped is None:
            self.tripped = state
            self.kill()

    def _list_processes(self) -> list[psutil.Process]:
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


def _scan(folder: Path) -> Iterator[int]:
    """Da el tamaño de cada archivo de la carpeta y de las que contiene, sin seguir enlaces."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _scan(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_size


def _used(folder: str) -> int:
    usage = os.statvfs(folder)
    return (usage.f_blocks - usage.f_bfree) * usage.f_frsize
