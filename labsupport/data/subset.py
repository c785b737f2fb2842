"""Del dataset completo al subconjunto con que se trabaja: primero elegir, después tokenizar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from labsupport.base.errors import LabError, suggest_name

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from labsupport.settings import Settings

TEXT_COLUMN = "text"
LABEL_COLUMN = "label"
TRAIN, VALIDATION, TEST = "train", "validation", "test"


def load_subset(settings: Settings) -> tuple[Dataset, Dataset, Dataset]:
    """Carga el dataset y devuelve (entrenamiento, validación, prueba), elegidos con la semilla.

    Si el dataset no trae el split ``validation``, sale de ``train``: las primeras
    ``n_validation`` filas de ``shuffle(seed)`` validan y las ``n_train`` siguientes entrenan. Las
    de prueba son las ``n_eval`` primeras de ``test``. Cada parte lleva una columna más, ``index``:
    la posición de cada texto en su split, para reconocerlo después.
    Lanza LabError si falta un split o una columna, o si se piden más filas de las que hay.
    """
    from datasets import load_dataset

    dataset = load_dataset(settings.dataset_path)
    _check_columns(dataset)
    train, tested = _get_split(dataset, TRAIN), _get_split(dataset, TEST)
    seed = settings.data_seed
    if VALIDATION in dataset:
        validation = choose_rows(dataset[VALIDATION], settings.n_validation, seed, "n_validation")
        chosen = choose_rows(train, settings.n_train, seed, "n_train")
    else:
        both = settings.n_validation + settings.n_train
        rows = choose_rows(train, both, seed, "n_train» + «n_validation")
        validation = rows.select(range(settings.n_validation))
        chosen = rows.select(range(settings.n_validation, both))
    test = choose_rows(tested, settings.n_eval, seed, "n_eval")
    return chosen, validation, test


def choose_rows(split: Dataset, n: int, seed: int, parameter: str = "n") -> Dataset:
    """Elige ``n`` filas al azar, siempre las mismas con la misma semilla, y anota su ``index``.

    Lanza LabError si ``n`` es mayor que el número de filas; ``parameter`` es el nombre que
    dirá el mensaje.

    >>> from datasets import Dataset
    >>> split = Dataset.from_dict({"text": list("abcdef")})
    >>> chosen = choose_rows(split, 3, seed=42)
    >>> chosen["text"][:] == split.shuffle(seed=42).select(range(3))["text"][:]
    True
    """
    if n > len(split):
        raise LabError(
            f"«{parameter}» pide {n} ejemplos y el split tiene {len(split)}: "
            f"baja «{parameter}» hasta ese número."
        )
    # El mismo generador que usa datasets.shuffle, sin reordenar las filas que no se van a usar.
    index = np.random.default_rng(seed).permutation(len(split))[:n]
    with _without_progress_bars():
        return split.select(index).add_column("index", index)


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    was_disabled = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not was_disabled:
            enable_progress_bars()


def _get_split(dataset: DatasetDict, name: str) -> Dataset:
    if name not in dataset:
        raise LabError(
            f"El dataset no tiene el split «{name}».{suggest_name(name, dataset)} "
            f"Tiene: {', '.join(dataset)}."
        )
    return dataset[name]


def _check_columns(dataset: DatasetDict) -> None:
    for split, rows in dataset.items():
        missing = {TEXT_COLUMN, LABEL_COLUMN} - set(rows.column_names)
        if missing:
            raise LabError(
                f"Al split «{split}» le falta la columna «{sorted(missing)[0]}»: "
                f"tiene {', '.join(rows.column_names)}. Elige un dataset con text y label."
            )
