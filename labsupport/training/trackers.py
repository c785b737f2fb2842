"""A quién cuenta ``Trainer`` cómo va: lo que pidió ``python -m labsupport sweep --report-to``."""

from __future__ import annotations

import importlib.util
import os

from labsupport.base.errors import LabError

TRACKERS = ("trackio", "tensorboard")
VARIABLE = "LAB_REPORT_TO"


def choose_trackers() -> str:
    """Devuelve el ``report_to`` de ``TrainingArguments``: lo pedido en la orden o «none».

    Lo pedido llega en la variable ``LAB_REPORT_TO``. Lanza LabError si no se conoce o si falta su
    librería.

    >>> choose_trackers()
    'none'
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        need_tracker(chosen)
    return chosen or "none"


def need_tracker(name: str) -> None:
    """Comprueba que ``name`` se conoce y está instalado; si no, lanza LabError con qué hacer.

    >>> need_tracker("papel")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: No se puede seguir el entrenamiento con «papel»: ...
    """
    if name not in TRACKERS:
        raise LabError(
            f"No se puede seguir el entrenamiento con «{name}»: elige entre {', '.join(TRACKERS)}."
        )
    if importlib.util.find_spec(name) is None:
        raise LabError(
            f"Falta «{name}», que pide --report-to: instálalo con `pip install {name}` o quita "
            "esa opción."
        )
