"""El kernel con que se ejecuta un cuaderno: el de este Python, con sus avisos en un archivo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec


def make_kernel_manager(log: Path) -> type[AsyncKernelManager]:
    """Devuelve una clase de gestor cuyos kernels son de este Python y escriben en ``log``.

    Los avisos internos saldrían, si no, en la terminal, en inglés y en medio de la barra de
    progreso. Y «python3» puede ser, en esta máquina, el kernel de otro entorno.

    >>> issubclass(make_kernel_manager(Path("kernel.log")), AsyncKernelManager)
    True
    """

    class LoggingKernelManager(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(argv=make_ipkernel_cmd(), display_name="Python 3", language="python")

        # El tipo de estos dos en jupyter_client es el de KernelManager, que no espera a nadie.
        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            with log.open("ab") as file:
                await super().start_kernel(stdout=file, stderr=file, **options)

        async def shutdown_kernel(  # type: ignore[override]
            self, *arguments: Any, **options: Any
        ) -> None:
            # Cerrar empieza por interrumpir, y un kernel que aún remata su última celda se queja
            # de ello: lo que escriba desde aquí no es del cuaderno.
            size = log.stat().st_size
            await super().shutdown_kernel(*arguments, **options)
            os.truncate(log, size)

    return LoggingKernelManager
