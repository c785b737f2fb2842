"""Parar bien: que ``kill`` se atienda como Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Trata ``kill`` como Ctrl-C mientras dura el bloque: se cierra lo abierto y no se pierde nada.

    Fuera del hilo principal, donde no se atienden señales, no hace nada.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
