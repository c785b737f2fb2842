"""Si la primera fila son los nombres de las columnas o ya es un dato."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from labsupport.base.errors import LabError
from labsupport.data.classes import fold
from labsupport.data.columns import is_known_name, is_number

# Una pregunta de encuesta hace de nombre y es larga; una opinión lo es más.
LONGEST_NAME = 100


def name_columns(
    first: Sequence[Any], below: Sequence[Sequence[Any]], header: bool | None, file: str
) -> tuple[list[str], bool]:
    """Devuelve los nombres de las columnas y si ``first`` era la fila que los dice.

    ``below``: una muestra de las filas siguientes; ``header``: lo que dijo quien lo sabe, o None
    para averiguarlo. Lanza LabError si no se puede saber.

    >>> name_columns(["texto", "nota"], [["Rico", "5"]], None, "a.csv")
    (['texto', 'nota'], True)
    >>> name_columns(["Rico", "5"], [["Frío", "1"]], False, "a.csv")
    (['columna 1', 'columna 2'], False)
    """
    cells = ["" if cell is None else str(cell).strip() for cell in first]
    if header is None:
        _check_header(cells, below, file)
    if header is False:
        return [f"columna {place}" for place in range(1, len(cells) + 1)], False
    return _make_unique(cells), True


def _check_header(cells: Sequence[str], below: Sequence[Sequence[Any]], file: str) -> None:
    if any(map(is_known_name, cells)):
        return
    columns = [_list_values(place, below) for place in range(len(cells))]
    pairs = [pair for pair in zip(cells, columns, strict=True) if pair[0]]
    suspect = next((cell for cell, values in pairs if _is_data(cell, values)), None)
    if suspect is None and below and not any(_is_name(cell, values) for cell, values in pairs):
        suspect = pairs[0][0] if pairs else ""
    if suspect is not None:
        raise LabError(
            f"La primera fila de {file} parece un dato y no los nombres de las columnas "
            f"(«{suspect[:40]}»): pon «header» en False si no hay nombres, o en True si lo son."
        )


def _list_values(place: int, below: Sequence[Sequence[Any]]) -> list[str]:
    cells = (row[place] for row in below if place < len(row))
    return [text for cell in cells if cell is not None and (text := str(cell).strip())]


def _is_data(cell: str, values: Sequence[str]) -> bool:
    if len(cell) > LONGEST_NAME and not cell.endswith(("?", ":")):
        return True
    if is_number(cell):
        return bool(values) and is_number(values[0])
    # Una etiqueta entre las etiquetas: el mismo valor se repite debajo.
    return fold(cell) in set(map(fold, values))


def _is_name(cell: str, values: Sequence[str]) -> bool:
    """Si algo distingue esa celda de las de debajo: es una pregunta, o más corta, u otra cosa."""
    if cell.endswith(("?", ":")) or not values:
        return True
    numbers = all(map(is_number, values))
    repeated = len(set(values)) <= len(values) / 2
    return numbers or repeated or statistics.fmean(map(len, values)) >= 2.5 * len(cell)


def _make_unique(names: Sequence[str]) -> list[str]:
    """Da nombre a las que no tienen y distingue las que se llaman igual.

    >>> _make_unique(["", "nota", "nota"])
    ['columna 1', 'nota', 'nota (2)']
    """
    unique: list[str] = []
    for place, name in enumerate(names, start=1):
        plain = name or f"columna {place}"
        copies = sum(other == plain or other.startswith(f"{plain} (") for other in unique)
        unique.append(f"{plain} ({copies + 1})" if copies else plain)
    return unique
