"""Cuánto ocupa lo que hay que guardar de un modelo entrenado."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from labsupport.base.files import measure_folder

MEGABYTE = 10**6


def measure_saved(model: Any) -> float:
    """Devuelve los MB de lo que ``model.save_pretrained`` escribe: lo guarda, lo mide y lo borra.

    De un modelo con LoRA es solo el adaptador (y el head); de uno normal, todos sus pesos.
    """
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return measure_folder(Path(folder)) / MEGABYTE


def measure_trained(model: Any) -> float:
    """Devuelve los MB de los pesos que se entrenan: lo que cambia respecto al checkpoint.

    >>> from torch.nn import Linear
    >>> measure_trained(Linear(999, 250))
    1.0
    """
    trained = (each for each in model.parameters() if each.requires_grad)
    return sum(each.numel() * each.element_size() for each in trained) / MEGABYTE
