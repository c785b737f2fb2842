"""Qué split dice un nombre de archivo, de carpeta o de una parte de un json."""

from __future__ import annotations

import re

from labsupport.data.classes import fold

WORDS = {
    "train": ("train", "training", "entrenamiento", "entrenar"),
    "test": ("test", "testing", "prueba", "pruebas"),
    "validation": ("validation", "validacion", "valid", "val", "dev", "eval"),
}
_SPLITS = {word: split for split, words in WORDS.items() for word in words}


def find_split(name: str) -> str | None:
    """Devuelve ``train``, ``test`` o ``validation`` si ``name`` lo dice con una palabra entera.

    >>> find_split("opiniones_TRAIN-00000-of-00002"), find_split("Validación"), find_split("latest")
    ('train', 'validation', None)
    """
    found = {_SPLITS[word] for word in re.findall("[a-z]+", fold(name)) if word in _SPLITS}
    return found.pop() if len(found) == 1 else None
