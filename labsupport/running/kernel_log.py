"""Un gestor de kernels que guarda en un archivo lo que el kernel escribe fuera del cuaderno."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager


def make_kernel_manager(log: Path) -> type[AsyncKernelManager]:
    """Devuelve una clase de gestor cuyos kernels escriben en ``log`` sus avisos internos.

    Sin ella saldrían en la terminal, en inglés y en medio de la barra de progreso.

    >>> issubclass(make_kernel_manager(Path("kernel.log")), AsyncKernelManager)
    True
    """

    class LoggingKernelManager(AsyncKernelManager):
        async def start_kernel(self, **options: Any) -> None:
            with log.open("ab") as file:
                await super().start_kernel(stdout=file, stderr=file, **options)

        async def shutdown_kernel(self, *arguments: Any, **options: Any) -> None:
            # Cerrar empieza por interrumpir, y un kernel que aún remata su última celda se queja
            # de ello: lo que escriba desde aquí no es del cuaderno.
            size = log.stat().st_size
            await super().shutdown_kernel(*arguments, **options)
            os.truncate(log, size)

    return LoggingKernelManager
