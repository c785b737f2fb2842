"""Cómo nacen los procesos que califican: de uno que ya ha cargado nbgrader y que se copia."""

from __future__ import annotations

import importlib.util
import multiprocessing
import signal
import sys
from typing import Any

from labsupport.base.errors import LabError

NO_NBGRADER = (
    "Falta nbgrader, que solo hace falta para calificar: instálalo con "
    "`make calificar` o `pip install -e .[instructor]` y repite la orden."
)
NO_WINDOWS = "En Windows no se puede calificar: repite la orden en Linux o dentro de WSL."
PRELOADED = ["nbgrader.converters", "labsupport.grading.judging.worker"]


def choose_context() -> Any:
    """Devuelve el contexto de ``multiprocessing`` con que nacen los procesos."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def check_system() -> None:
    """Lanza LabError en Windows, o si falta nbgrader, que no se instala a quien estudia."""
    if sys.platform == "win32":
        raise LabError(NO_WINDOWS)
    if importlib.util.find_spec("nbgrader") is None:
        raise LabError(NO_NBGRADER)


def start_loading() -> None:
    """Empieza a cargar nbgrader en otro proceso mientras este lee las entregas.

    Fuente: ``multiprocessing.forkserver.ensure_running``. Se llama desde el hilo principal.
    """
    from multiprocessing import forkserver

    choose_context()
    # Hereda que Ctrl-C no va con él: decide quien lo lanza.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, before)
