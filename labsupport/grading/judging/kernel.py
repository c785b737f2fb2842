"""El kernel de la entrega, ya aislado: ejecuta celdas como ipykernel y contesta a quien comprueba.

``python -m labsupport.grading.judging.kernel`` lo arranca; ``start_inside`` es lo común con el
proceso que comprueba (``checking``).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from labsupport.grading.judging.answering import Answering

# Cómo empieza lo que no es una celda corriente; lo escribe quien califica.
MARK = "#%%"
GIVEN, ANSWER = f"{MARK}dada ", f"{MARK}responde"


class StudentKernel(IPythonKernel):
    """Un kernel de Python que además contesta, por su canal, a lo que se le pregunta."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.shell: Any
        # «exit()» no apaga el kernel: no hace perder las comprobaciones de después.
        self.shell.ask_exit = lambda: None
        connection = socket.socket(fileno=int(os.environ.pop("CALIFICAR_CANAL")))
        self._answering = Answering(connection, self.shell.user_ns)

    async def do_execute(self, code: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Ejecuta una celda; si es una dada, recuerda lo que define; si no es celda, contesta."""
        if code.startswith(ANSWER):
            # Contesta a Jupyter pase lo que pase: sin respuesta, se esperaría hasta el límite.
            with contextlib.suppress(Exception):
                self._answering.serve()
            count = self.shell.execution_count
            return {"status": "ok", "execution_count": count, "user_expressions": {}, "payload": []}
        if not code.startswith(GIVEN):
            return await super().do_execute(code, *arguments, **options)
        names, _, code = code[len(GIVEN) :].partition("\n")
        reply = await super().do_execute(code, *arguments, **options)
        self._answering.remember(json.loads(names))
        return reply


def start_inside() -> None:
    """Pone los límites de Linux y copia a la carpeta de trabajo los archivos que haya."""
    _limit("RLIMIT_NPROC", int(os.environ.pop("CALIFICAR_TAREAS", "0")))
    # Un archivo abierto y ya borrado no está en ninguna carpeta que mida el vigilante.
    _limit("RLIMIT_FSIZE", int(os.environ.pop("CALIFICAR_ARCHIVO", "0")))
    files = os.environ.pop("CALIFICAR_ENTREGA", "")
    if files:
        shutil.copytree(files, Path.cwd(), dirs_exist_ok=True)
    # Sin depurador: no hace falta, y cargarlo es la quinta parte de lo que tarda en arrancar.
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # así lo pide «import»: no está


def _limit(kind: str, most: int) -> None:
    """Pone un límite de Linux o macOS a este proceso y a los que salgan de él."""
    if not most:
        return
    import resource

    number = getattr(resource, kind)
    _, ceiling = resource.getrlimit(number)
    # Solo root puede subir el que ya hubiera.
    most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
    resource.setrlimit(number, (most, most))


if __name__ == "__main__":
    start_inside()
    IPKernelApp.launch_instance(kernel_class=StudentKernel)
