"""La forma común en que cada lector entrega sus filas, y la cuenta de lo que se aparta."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labsupport.base.tables import flatten_text

# Filas por lote: bastantes para que Python no se note, pocas para que ocupen poco.
BATCH_ROWS = 10_000
# De lo apartado se enseñan las primeras; del resto queda la cuenta.
SHOWN = 5
# Lo único apartado que no es una fila perdida.
TITLE = "título encima de la tabla"

Row = tuple[int, list[Any]]


@dataclass(frozen=True)
class SetAside:
    """Una fila que no se usa: ``line`` (desde 1, como la ve un editor), por qué y qué decía."""

    file: str
    line: int
    reason: str
    content: str


@dataclass
class AsideLog:
    """Lo apartado al leer: cuántas filas por cada motivo y las primeras de ellas."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[SetAside] = field(default_factory=list)

    def add(self, file: str, line: int, reason: str, content: str) -> None:
        """Apunta una fila; ``content`` se acorta a una línea de 120 letras.

        >>> log = AsideLog()
        >>> log.add("a.csv", 7, "un campo de más", "Rico,caro,5")
        >>> log.total, log.first[0].line
        (1, 7)
        """
        self.counts[reason] += 1
        if self.counts[reason] <= SHOWN:
            self.first.append(SetAside(file, line, reason, flatten_text(content, 120)))

    @property
    def total(self) -> int:
        """Cuántas filas se apartaron en total."""
        return self.counts.total()


@dataclass
class RawTable:
    """Una tabla abierta: sus columnas ya se conocen y sus filas se leen una sola vez.

    ``read(asides)`` da lotes de hasta BATCH_ROWS filas ``(línea, celdas)``: una celda por columna,
    un ``str`` (o el bool, int o float que el formato guarde) y None si está vacía o falta; apunta
    en ``asides`` lo que no se puede usar. ``split``: el que dice su nombre (``train``, ``test``,
    ``validation``) o None. ``classes``: de cada columna de números que nombra clases (parquet de
    datasets), sus nombres en orden. ``form``: cómo está escrita, para contarlo («CSV, cp1252,
    separador ;»). ``notes``: frases sobre lo que se decidió al abrirla.
    """

    name: str
    columns: list[str]
    read: Callable[[AsideLog], Iterator[list[Row]]]
    split: str | None = None
    classes: dict[str, list[str]] = field(default_factory=dict)
    form: str = ""
    notes: list[str] = field(default_factory=list)
    # Si el tipo de una celda dice algo; en una hoja de cálculo es un accidente.
    typed: bool = True
