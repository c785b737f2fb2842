"""Ejecuta un cuaderno con papermill y cuenta en español cómo acabó."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from labsupport.base.errors import explain_error
from labsupport.base.run_record import DONE, FAILED, STOPPED, Outcome
from labsupport.running.memory import PeakMemory

CELL_TIMEOUT = 900
KERNEL = "python3"
# Sin esto el registro de cada kernel empieza con un aviso sobre su conexión.
QUIET_KERNEL = "--IPKernelApp.log_level=40"

DEAD_KERNEL = (
    "el kernel murió, casi siempre por falta de memoria: cierra otros programas o baja "
    "«max_length», «batch_size» o «n_train» con -p y repite."
)
SLOW_KERNEL = (
    "el kernel no llegó a arrancar: cierra otros programas, sobre todo si ejecutan cuadernos a la "
    "vez, y repite."
)
STOPPED_BY_USER = "lo interrumpiste; la copia guarda lo ejecutado hasta ahí."


def execute_notebook(
    source: Path,
    copy: Path,
    parameters: Mapping[str, Any],
    progress: Mapping[str, Any] | None = None,
    cell_timeout: int = CELL_TIMEOUT,
) -> Outcome:
    """Ejecuta ``source`` en su carpeta y deja la copia ejecutada en ``copy``.

    ``parameters``: los de la celda ``parameters``; ``progress``: opciones de la barra de tqdm,
    o None para no mostrarla; ``cell_timeout``: segundos como mucho por celda. Los fallos del
    cuaderno no se lanzan: van en ``Outcome.message``.
    """
    started = time.monotonic()
    status, message = DONE, ""
    with PeakMemory() as peak, kill_leftover_processes():
        try:
            _run_papermill(source, copy, parameters, progress, cell_timeout)
        except KeyboardInterrupt:
            status, message = STOPPED, STOPPED_BY_USER
        except Exception as error:  # noqa: BLE001 - un cuaderno roto no detiene a los demás
            status, message = FAILED, describe_failure(error, cell_timeout)
    seconds = round(time.monotonic() - started, 1)
    return Outcome(source.stem, status, seconds, round(peak.mib, 1), message)


@contextlib.contextmanager
def kill_leftover_processes() -> Iterator[None]:
    """Al salir del bloque mata los procesos hijos que se lanzaron dentro y siguen vivos."""
    before = set(psutil.Process().children(recursive=True))
    try:
        yield
    finally:
        for child in set(psutil.Process().children(recursive=True)) - before:
            with contextlib.suppress(psutil.Error):
                child.kill()


def describe_failure(error: BaseException, cell_timeout: int = CELL_TIMEOUT) -> str:
    """Devuelve una frase en español sobre el fallo de un cuaderno.

    >>> describe_failure(OSError(28, "No space left on device")).startswith("No queda espacio")
    True
    """
    name = type(error).__name__
    if name == "PapermillExecutionError":
        return _describe_cell_error(error)
    if name == "DeadKernelError":
        return DEAD_KERNEL
    if str(error).startswith("Kernel didn't respond"):
        return SLOW_KERNEL
    if name == "CellTimeoutError":
        return f"una celda pasó de {cell_timeout} s y se detuvo: baja «n_train» o «epochs» con -p."
    if name in ("NotJSONError", "ValidationError"):
        return "el archivo no es un cuaderno válido: recupéralo con «git checkout -- notebooks»."
    return explain_error(error) or f"{name}: {_first_line(str(error))}"


@contextlib.contextmanager
def kernel_environment(**variables: str) -> Iterator[None]:
    """Cambia variables de entorno mientras dura el bloque; los kernels las heredan.

    >>> with kernel_environment(LAB_EJEMPLO="1"):
    ...     os.environ["LAB_EJEMPLO"]
    '1'
    >>> "LAB_EJEMPLO" in os.environ
    False
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _run_papermill(
    source: Path,
    copy: Path,
    parameters: Mapping[str, Any],
    progress: Mapping[str, Any] | None,
    cell_timeout: int,
) -> None:
    import papermill

    from labsupport.running.engine import ENGINE
    from labsupport.running.kernel_log import make_kernel_manager

    log = copy.with_suffix(".log")
    # papermill avisa en inglés de lo que aquí se cuenta en español.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    papermill.execute_notebook(
        source,
        copy,
        parameters=dict(parameters),
        engine_name=ENGINE,
        kernel_name=KERNEL,
        progress_bar=dict(progress) if progress else False,
        cwd=source.parent,
        execution_timeout=cell_timeout,
        kernel_manager_class=make_kernel_manager(log),
        extra_arguments=[QUIET_KERNEL],
        # Los resultados ya están en el disco: deshacer los módulos uno a uno cuesta segundos.
        shutdown_kernel="immediate",
    )
    if not log.stat().st_size:
        log.unlink()


def _describe_cell_error(error: Any) -> str:
    if error.ename == "LabError":
        return error.evalue
    where = f"celda [{error.exec_count}]"
    return f"{where}: {error.ename}: {_first_line(error.evalue)}"


def _first_line(text: str) -> str:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().splitlines()
    return lines[0][:300] if lines else "sin mensaje"
