"""Las librerías que pide una sola lección y que el laboratorio no instala con las demás."""

from __future__ import annotations

import importlib.util

from labsupport.base.errors import LabError


def need_library(name: str) -> None:
    """Comprueba que está la librería que usa solo esta lección.

    ``name``: como se importa («optuna»). Lanza LabError, con la línea que la instala, si falta.

    >>> need_library("json")
    >>> need_library("optunna")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: Falta optunna, que solo usa esta lección: ...
    """
    if importlib.util.find_spec(name) is None:
        raise LabError(
            f"Falta {name}, que solo usa esta lección: ejecuta `%pip install {name}` en una celda "
            "nueva (en una terminal, `make masalla` instala lo de los cuadernos 06 a 08) y repite "
            "esta."
        )
