"""Quién hace el trabajo: procesos de esta máquina o un cluster de Dask, con la misma interfaz."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from labsupport.base.errors import LabError
from labsupport.grading.judging.worker import prepare_worker
from labsupport.grading.limits import Limits
from labsupport.grading.processes import choose_context

NO_WORKERS = (
    "El cluster no tiene ningún worker: arranca uno con `dask worker {}` y repite la orden."
)
WORKERS_LOST = (
    "El cluster lleva un minuto sin ningún worker: lo ya calificado está anotado; arranca alguno "
    "con `dask worker {}` y repite la orden, que sigue donde se quedó."
)
# Segundos: lo que se espera al primer worker, cada cuánto se mira si quedan y cuánto sin ninguno.
FIRST_WAIT, SLICE, PATIENCE = 20, 5, 60


@dataclass(frozen=True)
class Workplan:
    """Cómo se califica una tanda: límites, aislamiento, procesos y, si acaso, el cluster.

    ``temporary``: dónde dejan lo temporal los procesos de esta máquina.
    """

    limits: Limits = Limits()
    isolated: bool = True
    workers: int = 0
    cluster: str = ""
    temporary: str = field(default_factory=tempfile.gettempdir)

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


@contextlib.contextmanager
def open_executor(plan: Workplan, tasks: int) -> Iterator[tuple[Executor, Callable[[], bool]]]:
    """Da un ejecutor de ``concurrent.futures`` y con qué saber si alguien trabaja para él.

    Son procesos de aquí o un cluster de Dask. Lanza LabError si el cluster no contesta o no tiene
    ningún worker, o si falta Dask.
    """
    if plan.cluster:
        with _connect(plan.cluster) as connected:
            yield connected
        return
    with ProcessPoolExecutor(
        min(plan.processes, max(tasks, 1)),
        mp_context=choose_context(),
        initializer=prepare_worker,
        initargs=(os.environ | {"TMPDIR": plan.temporary},),
    ) as executor:
        try:
            yield executor, lambda: True
        except BaseException:
            _stop(executor)
            raise


def wait_for(
    futures: Iterable[Future], has_workers: Callable[[], bool], plan: Workplan
) -> Iterator[Future]:
    """Da lo que va acabando; deja de esperar si no queda nadie que trabaje.

    Lanza LabError si pasa un minuto sin que haya ningún worker.
    """
    pending, seen = set(futures), time.monotonic()
    while pending:
        done, pending = wait(pending, timeout=SLICE, return_when=FIRST_COMPLETED)
        yield from done
        if done or has_workers():
            seen = time.monotonic()
        elif time.monotonic() - seen > PATIENCE:
            raise LabError(WORKERS_LOST.format(plan.cluster))


def _stop(executor: ProcessPoolExecutor) -> None:
    """Para sin esperar: un proceso a mitad de una entrega puede tardar minutos."""
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


@contextlib.contextmanager
def _connect(address: str) -> Iterator[tuple[Executor, Callable[[], bool]]]:
    with contextlib.closing(_open_client(address)) as client:
        try:
            client.wait_for_workers(1, timeout=FIRST_WAIT)
        except TimeoutError as error:
            raise LabError(NO_WORKERS.format(address)) from error
        executor = client.get_executor(retries=0, pure=False)
        try:
            yield executor, lambda: _has_workers(client)
        finally:
            # Al acabar bien no queda nada que esperar; si no, nadie quiere esperarlo.
            executor.shutdown(wait=False)


def _open_client(address: str) -> Any:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise LabError("Falta Dask: instálalo con `pip install -e .[instructor]`.") from error
    # Lo que le pase al cluster lo dice esta orden, en una frase.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        return Client(address, timeout=FIRST_WAIT, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise LabError(
            f"El cluster «{address}» no contesta: comprueba la dirección y que esté en marcha."
        ) from error


def _has_workers(client: Any) -> bool:
    try:
        return bool(client.nthreads())
    except (OSError, ValueError, RuntimeError):
        # Sin scheduler tampoco hay quien trabaje.
        return False
