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


def load_subset(settings: Settings) -> tuple[Dataset, Dataset]:
    """Carga el dataset y devuelve (entrenamiento, evaluación) ya elegidos con la semilla.

    Son las mismas filas que daría ``shuffle(seed).select(range(n))``, con una columna más,
    ``index``: la posición de cada reseña en su split, para reconocerla después.
    Lanza LabError si falta un split o una columna, o si se piden más filas de las que hay.
    """
    from datasets import load_dataset

    dataset = load_dataset(settings.dataset_path)
    _check_columns(dataset)
    train = choose_rows(_get_split(dataset, "train"), settings.n_train, settings.seed, "n_train")
    evaluation = choose_rows(_get_split(dataset, "test"), settings.n_eval, settings.seed, "n_eval")
    return train, evaluation


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
