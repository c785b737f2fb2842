"""Quién hace el trabajo: procesos de esta máquina o un cluster de Dask, con la misma interfaz."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from labsupport.base.errors import LabError

NO_WORKERS = (
    "El cluster no tiene ningún worker: arranca uno con `dask worker {}` y repite la orden."
)
WORKERS_LOST = (
    "El cluster lleva un minuto sin ningún worker: lo ya hecho está anotado; arranca alguno "
    "con `dask worker {}` y repite la orden, que sigue donde se quedó."
)
# Segundos: lo que se espera al primer worker, cada cuánto se mira si quedan y cuánto sin ninguno.
FIRST_WAIT, SLICE, PATIENCE = 20, 5, 60
# Cómo dicen un ejecutor local y Dask que murió el proceso que hacía el trabajo.
DEATHS = frozenset({"BrokenExecutor", "KilledWorker"})


@dataclass(frozen=True)
class Workplan:
    """Quién trabaja: cuántos procesos de esta máquina o, si acaso, qué cluster.

    ``workers``: 0, uno por núcleo; ``temporary``: dónde dejan lo temporal los procesos de esta
    máquina.
    """

    workers: int = 0
    cluster: str = ""
    temporary: str = field(default_factory=tempfile.gettempdir)

    @property
    def processes(self) -> int:
        """Cuántas tareas a la vez: las pedidas o una por núcleo."""
        return self.workers or count_cores()

    @property
    def threads(self) -> int:
        """Hilos para las cuentas de cada una, sin pedir más que los que hay."""
        return max(1, count_cores() // self.processes) if not self.cluster else 1


@dataclass(frozen=True)
class Nursery:
    """Cómo nacen los procesos de esta máquina.

    ``context``: el de ``multiprocessing`` (None, el que use Python); ``initializer``: lo primero
    que hace cada uno, con ``arguments``; ``patience``: segundos que se espera, si algo corta el
    trabajo, a que acaben de morir.
    """

    context: Any = None
    initializer: Callable[..., None] | None = None
    arguments: tuple[Any, ...] = ()
    patience: float = 0


def count_cores() -> int:
    """Devuelve cuántos núcleos puede usar este proceso.

    >>> count_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def open_executor(
    plan: Workplan, tasks: int, nursery: Nursery
) -> Iterator[tuple[Executor, Callable[[], bool]]]:
    """Da un ejecutor de ``concurrent.futures`` y con qué saber si alguien trabaja para él.

    Son procesos de aquí o un cluster de Dask; ``tasks``: cuántas habrá, para no abrir procesos de
    más. Lanza LabError si el cluster no contesta o no tiene ningún worker, o si falta Dask.
    """
    if plan.cluster:
        with _connect(plan.cluster) as connected:
            yield connected
        return
    with ProcessPoolExecutor(
        min(plan.processes, max(tasks, 1)),
        mp_context=nursery.context,
        initializer=nursery.initializer,
        initargs=nursery.arguments,
    ) as executor:
        try:
            yield executor, lambda: True
        except BaseException:
            _stop(executor, nursery.patience)
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


def follow_parent(close: Callable[[], None]) -> None:
    """Hace que este proceso muera si muere quien lo lanzó; antes llama a ``close``."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            multiprocessing.connection.wait([parent.sentinel])
            close()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def is_death(error: BaseException) -> bool:
    """Dice si el fallo es que murió el proceso, de aquí o del cluster, que hacía el trabajo.

    >>> from concurrent.futures.process import BrokenProcessPool
    >>> is_death(BrokenProcessPool()), is_death(ValueError())
    (True, False)
    """
    return any(kind.__name__ in DEATHS for kind in type(error).__mro__)


def _stop(executor: ProcessPoolExecutor, patience: float) -> None:
    """Para sin esperar a que acaben: un proceso a mitad de una tarea puede tardar minutos."""
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    limit = time.monotonic() + patience
    for process in processes:
        process.join(max(0.0, limit - time.monotonic()))


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
