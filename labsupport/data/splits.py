"""Qué filas entrenan y cuáles evalúan: reparto estratificado, y sin textos en los dos lados."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

EVAL_SHARE = 0.2
_NOT_LETTERS = re.compile(r"[\W_]+")


def fold_text(text: str) -> str:
    """Devuelve solo las letras y cifras de un texto, sin mayúsculas.

    Dos textos con lo mismo son la misma opinión copiada. De uno sin letras (un emoji) queda
    él mismo.

    >>> fold_text("¡Qué  RICO!") == fold_text("qué rico"), fold_text("😀 ")
    (True, '😀')
    """
    return _NOT_LETTERS.sub("", text.casefold()) or "".join(text.split())


def number_copies(texts: Sequence[str]) -> np.ndarray:
    """Devuelve un número por texto (n,), el mismo para los que son copia unos de otros.

    >>> number_copies(["Rico.", "rico", "Frío"]).tolist()
    [0, 0, 1]
    """
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(fold_text(text), len(seen)) for text in texts], dtype=np.int64)


def divide(labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Devuelve qué filas (n,) se apartan para evaluar: un 20 % de cada clase, al azar.

    ``labels``: la clase de cada fila; ``groups``: el número de su grupo de copias, que va entero a
    un lado. Una clase con un solo grupo se queda en entrenamiento, salvo que todas sean así.

    >>> divide(np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]), np.arange(10), seed=1).sum()
    np.int64(2)
    """
    generator = np.random.default_rng(seed)
    unique, first, inverse, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    chosen = np.zeros(len(unique), dtype=bool)
    for label in np.unique(labels):
        of_class = generator.permutation(np.flatnonzero(labels[first] == label))
        chosen[_choose_groups(of_class, sizes)] = True
    if not chosen.any() and len(unique) > 1:
        chosen[generator.permutation(len(unique))[: max(1, round(len(unique) * EVAL_SHARE))]] = True
    return chosen[inverse]


def _choose_groups(groups: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Los grupos que caben en su parte de las filas, o el menor si no cabe ninguno; nunca todos.

    Un texto repetido cien veces no se lleva la clase entera a evaluación: se queda en train.
    """
    if len(groups) < 2:
        return groups[:0]
    wanted = max(1, round(EVAL_SHARE * sizes[groups].sum()))
    chosen, taken = [], 0
    for group in groups[:-1].tolist():
        if taken + sizes[group] <= wanted:
            chosen.append(group)
            taken += sizes[group]
    return np.array(chosen or [groups[sizes[groups].argmin()]])
