"""Las filas que se conservan de un split: todas o, si son demasiadas, una muestra al azar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np


@dataclass
class Split:
    """Las filas que se conservan de un split, en el orden del archivo, y cuántas había."""

    name: str
    limit: int
    seed: int
    # Cuántas de las primeras se guardan aparte, para enseñarlas.
    shown: int = 0
    first: list[tuple[str, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    total: int = 0
    counts: Counter[int] = field(default_factory=Counter)
    _draws: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._generator = np.random.default_rng([self.seed, len(self.name)])
        self._bar = 1.0

    def add(self, texts: Sequence[str], labels: Sequence[int]) -> None:
        """Suma un lote; cada fila saca un número y, si no caben todas, quedan los menores."""
        draws = self._generator.random(len(texts))
        self.total += len(texts)
        self.counts.update(labels)
        if len(self.first) < self.shown:
            pairs = zip(texts, labels, strict=True)
            self.first.extend(islice(pairs, self.shown - len(self.first)))
        if self._bar < 1.0:
            places = np.flatnonzero(draws < self._bar).tolist()
            texts, labels = [texts[i] for i in places], [labels[i] for i in places]
            draws = draws[places]
        self.texts.extend(texts)
        self.labels.extend(labels)
        self._draws.extend(draws.tolist())
        if len(self.texts) > 2 * self.limit:
            self.trim(self.limit)

    def trim(self, limit: int) -> None:
        """Deja las ``limit`` filas de número más bajo, sin cambiar su orden."""
        if len(self.texts) <= limit:
            return
        draws = np.array(self._draws)
        self._bar = float(np.partition(draws, limit)[limit])
        places = np.flatnonzero(draws < self._bar).tolist()
        self.texts = [self.texts[i] for i in places]
        self.labels = [self.labels[i] for i in places]
        self._draws = draws[places].tolist()
