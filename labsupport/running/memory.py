"""Cuánta memoria residente llega a ocupar un kernel con sus procesos hijos."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

MIB = 2**20


class PeakMemory:
    """Mide el pico de memoria de los procesos hijos de este mientras dura el bloque ``with``.

    >>> with PeakMemory(interval=0.01) as peak:
    ...     pass
    >>> peak.mib >= 0
    True
    """

    def __init__(self, interval: float = 0.2) -> None:
        """``interval``: segundos entre dos medidas."""
        self.mib = 0.0
        self._interval = interval
        self._existing: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._existing = {child.pid for child in _list_children()}
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self.mib = max(self.mib, self._measure())

    def _measure(self) -> float:
        children = [child for child in _list_children() if child.pid not in self._existing]
        return sum(_resident_bytes(child) for child in children) / MIB


def _list_children() -> list[psutil.Process]:
    try:
        return psutil.Process().children(recursive=True)
    except psutil.Error:
        return []


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0
