"""La escala que forman unas clases: cuánto vale cada una y en qué se cuenta lo que se falla."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from labsupport.base.signs import STAR, STAR_EMOJI, WHITE_STAR
from labsupport.data.classes import find_scale, fold, read_number

# Las clases de n textos, como enteros desde 0.
Classes: TypeAlias = Sequence[int] | np.ndarray
STAR_WORDS = ("star", "estrella", STAR, STAR_EMOJI, WHITE_STAR)


@dataclass(frozen=True)
class Scale:
    """Clases con orden: ``values``, lo que vale cada una; ``unit``, en qué se cuenta, en plural."""

    values: tuple[float, ...]
    unit: str

    def measure(self, first: Classes, second: Classes) -> np.ndarray:
        """Devuelve la distancia entre dos clases, de dos en dos y en unidades de la escala.

        ``first`` y ``second``: n clases, como enteros desde 0.

        >>> read_scale(["0", "5", "10"]).measure([0, 1], [2, 1]).tolist()
        [10.0, 0.0]
        """
        return _subtract(self.values, first, second)

    def count_steps(self, first: Classes, second: Classes) -> np.ndarray:
        """Devuelve a cuántas clases están, de dos en dos: 1 si son vecinas, valgan lo que valgan.

        >>> read_scale(["0", "5", "10"]).count_steps([0, 1], [2, 1]).tolist()
        [2, 0]
        """
        return _subtract(np.argsort(np.argsort(self.values)), first, second)


def read_scale(label_names: Sequence[str]) -> Scale | None:
    """Devuelve la escala que forman las clases, o None si no se ordenan.

    >>> read_scale(["1 star", "2 stars", "3 stars"]), read_scale(["enfado", "miedo", "asco"])
    (Scale(values=(1.0, 2.0, 3.0), unit='estrellas'), None)
    >>> read_scale(["4,5", "5", "10"]).unit, read_scale(["malo", "regular", "bueno"]).unit
    ('puntos', 'peldaños')
    """
    values = find_scale(label_names)
    if values is None:
        return None
    if all(any(word in fold(name) for word in STAR_WORDS) for name in label_names):
        return Scale(tuple(values), "estrellas")
    numbers = all(read_number(name) is not None for name in label_names)
    return Scale(tuple(values), "puntos" if numbers else "peldaños")


def describe_scale(label_names: Sequence[str]) -> str:
    """Devuelve una frase que dice si las clases forman una escala y qué se mide con ella.

    >>> describe_scale(["bueno", "malo", "regular"])
    'Las clases forman una escala, de «malo» a «bueno»: el MAE va en peldaños.'
    >>> describe_scale(["sí", "no"])
    'Las clases no forman una escala: se acierta o se falla, y no hay MAE.'
    """
    scale = read_scale(label_names)
    if scale is None:
        return "Las clases no forman una escala: se acierta o se falla, y no hay MAE."
    lowest, highest = int(np.argmin(scale.values)), int(np.argmax(scale.values))
    sentence = (
        f"Las clases forman una escala, de «{label_names[lowest]}» a «{label_names[highest]}»: "
        f"el MAE va en {scale.unit}."
    )
    if scale.unit == "puntos":
        sentence += " Si tus números son códigos y no cantidades, no lo mires."
    return sentence


def _subtract(values: Sequence[float] | np.ndarray, first: Classes, second: Classes) -> np.ndarray:
    values = np.asarray(values)
    return np.abs(values[np.asarray(first)] - values[np.asarray(second)])
