"""El motor con que papermill ejecuta un cuaderno: el suyo, sin escribir la copia a cada celda."""

from __future__ import annotations

import time
from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

ENGINE = "laboratorio"
# Papermill escribe el cuaderno entero dos veces por celda: con cien, segundos.
SECONDS = 1.0


class SparingEngine(NBClientEngine):
    """Como el de papermill, pero la copia se escribe como mucho una vez por segundo, y al final.

    Lo que se pierde si alguien mata el proceso es lo ejecutado en ese segundo.
    """

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any
    ) -> None:
        """Ejecuta el cuaderno; como en papermill, lanza lo que lance la celda que falle."""
        save, last = nb_man.save, time.monotonic()

        def save_seldom(**changes: Any) -> None:
            nonlocal last
            if time.monotonic() - last > SECONDS:
                save(**changes)
                last = time.monotonic()

        nb_man.save = save_seldom
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **options)
        finally:
            # La última copia, que papermill escribe al terminar, se escribe siempre.
            nb_man.save = save


papermill_engines.register(ENGINE, SparingEngine)
