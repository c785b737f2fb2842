"""Lo común a las tablas hechas de celdas: si hay cabecera, cómo se llaman las columnas y lotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from labsupport.base.errors import LabError
from labsupport.data.classes import fold, read_number
from labsupport.data.reading.table import BATCH_ROWS, Row

# Una pregunta de encuesta hace de cabecera y es larga; más que esto ya es una respuesta.
LONG_HEADER = 250


def in_batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Reparte las filas en lotes de BATCH_ROWS; el último puede ser menor.

    >>> [len(batch) for batch in in_batches((line, []) for line in range(25_000))]
    [10000, 10000, 5000]
    """
    rows = iter(rows)
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def decide_header(
    first: Sequence[Any], rest: Sequence[Sequence[Any]], header: bool | None, name: str
) -> bool:
    """Dice si ``first`` es la cabecera de las filas ``rest``; ``header`` manda si no es None.

    Lanza LabError, para que se elija, si parece una fila más.

    >>> decide_header(["texto", "nota"], [["Rico", 5], ["Frío", 1]], None, "a.xlsx")
    True
    """
    if header is not None:
        return header
    if not looks_like_data(first, rest):
        return True
    shown = " | ".join(str(cell)[:40] for cell in first if cell is not None)
    raise LabError(
        f"La primera fila de {name} parece un dato y no la cabecera ({shown}). Pon en «header» "
        "False si es un dato más, o True si son los nombres de las columnas."
    )


def looks_like_data(first: Sequence[Any], rest: Sequence[Sequence[Any]]) -> bool:
    """Dice si una primera fila parece un dato: un número sobre números, una clase entre las demás.

    >>> looks_like_data(["Rico", 5], [["Frío", 1]]), looks_like_data(["texto", "si"], [["a", "SI"]])
    (True, True)
    """
    for place, cell in enumerate(first):
        if cell is None:
            continue
        below = [row[place] for row in rest if row[place] is not None]
        if len(str(cell)) > LONG_HEADER or fold(str(cell)) in {fold(str(each)) for each in below}:
            return True
        if _is_number(cell) and below and all(map(_is_number, below)):
            return True
    return False


def _is_number(cell: Any) -> bool:
    return not isinstance(cell, str) or read_number(cell) is not None


def name_columns(cells: Sequence[Any], spare: Sequence[str]) -> list[str]:
    """Devuelve un nombre distinto por columna: el de su celda o, si está vacía, el de ``spare``.

    >>> name_columns(["nota", None, "nota "], ["columna A", "columna B", "columna C"])
    ['nota', 'columna B', 'nota (2)']
    """
    names: list[str] = []
    for cell, other in zip(cells, spare, strict=True):
        wanted = " ".join(str(cell).split()) if cell is not None else other
        name, copy = wanted, 1
        while name in names:
            copy += 1
            name = f"{wanted} ({copy})"
        names.append(name)
    return names
