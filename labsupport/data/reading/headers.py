"""Si la primera fila son los nombres de las columnas o ya es un dato."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from typing import Any

from labsupport.base.errors import LabError
from labsupport.data.classes import SCALES, fold, read_number
from labsupport.data.columns import is_known_name, is_number

# Una pregunta de encuesta hace de nombre y es larga; una opinión lo es más.
LONGEST_NAME = 100
# Una frase con más palabras que estas y casi tan larga como las de su columna es una más.
MOST_WORDS, SHORT_TEXT = 3, 15
FEW = 10
# Lo que suele decir una etiqueta y no el nombre de una columna.
# Hasta tres palabras sin signos de frase; «etiqueta:» y «#texto» también son nombres.
_PLAIN = re.compile(r"#?[\w/().-]+( [\w/()-]+){0,2}")
CLASS_WORDS = {word for scale in SCALES for words in scale for word in words}
CLASS_WORDS |= {"true", "false", "verdadero", "falso", "si", "no", "yes", "na", "none", "nan"}


class UnknownHeader(LabError):
    """No se ve si la primera fila son los nombres de las columnas: hay que decirlo."""


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
    # De una sola columna no hay dos que elegir: quien la pida ya se quejará.
    if header is None and len(cells) > 1:
        _check_header(cells, below, file)
    if header is False:
        return [f"columna {place}" for place in range(1, len(cells) + 1)], False
    return _make_unique(cells), True


def _check_header(cells: Sequence[str], below: Sequence[Sequence[Any]], file: str) -> None:
    columns = [_list_values(place, cells, below) for place in range(len(cells))]
    pairs = [pair for pair in zip(cells, columns, strict=True) if pair[0]]
    known = [cell for cell, values in pairs if _is_known(cell, values)]
    single = sum(len(cell.split()) == 1 for cell in known)
    # Una opinión corta puede llevar una de esas palabras; dos columnas así llamadas, no.
    if single > 1 or _is_over_numbers(pairs):
        return
    long = () if single else (each for each in cells if _is_long(each))
    suspect = next(
        (cell for cell, values in pairs if _is_data(cell, values, bool(single))),
        next(iter(long), None),
    )
    if suspect is None and known:
        return
    if suspect is None and below:
        named = _are_names(pairs)
        alike = (cell for cell, values in pairs if _is_like_text(cell, values))
        suspect = next(alike, None if named else cells[0])
    if suspect is not None:
        raise UnknownHeader(
            f"La primera fila de {file} parece un dato y no los nombres de las columnas "
            f"(«{suspect[:40]}»): pon «header» en False si no hay nombres, o en True si lo son."
        )


def _is_known(cell: str, values: Sequence[str]) -> bool:
    """Si es un nombre de los que se usan: «5 estrellas» es un valor, y también lo que se repite."""
    usual = is_known_name(cell) and (_PLAIN.fullmatch(cell) or _is_question(cell))
    return bool(usual) and read_number(cell) is None and cell not in values


def _list_values(place: int, first: Sequence[str], below: Sequence[Sequence[Any]]) -> list[str]:
    # Al pegar dos archivos, la cabecera vuelve a salir.
    rows = (row for row in below if list(row) != list(first))
    cells = (row[place] for row in rows if place < len(row))
    return [text for cell in cells if cell is not None and (text := str(cell).strip())]


def _is_long(cell: str) -> bool:
    return len(cell) > LONGEST_NAME and not _is_question(cell)


def _is_over_numbers(pairs: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Si hay una columna de números y su primera celda no lo es: en un dato lo sería."""
    columns = [(c, v) for c, v in pairs if len(v) > 2 and all(map(is_number, v))]
    words = [c for c, _ in columns if read_number(c) is None and fold(c) not in CLASS_WORDS]
    # «NS» o «n/d» son respuestas que faltan; un nombre es más largo.
    return len(words) == len(columns) > 0 and any(len(each) > 3 for each in words)


def _is_data(cell: str, values: Sequence[str], named: bool) -> bool:
    if read_number(cell) is not None:
        return bool(values) and read_number(values[0]) is not None
    # «medio» puede ser un nombre; sobre otras palabras de una escala, no.
    if (
        not named
        and fold(cell) in CLASS_WORDS
        and any(fold(value) in CLASS_WORDS for value in values)
    ):
        return True
    # Una etiqueta entre las etiquetas: el mismo valor se repite debajo.
    return fold(cell) in set(map(fold, values))


def _are_names(pairs: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Si algo distingue la primera fila: una pregunta, o palabras donde debajo hay otra cosa."""
    if any(_is_question(cell) or all(map(is_number, values)) for cell, values in pairs):
        return True
    repeated = [values for _, values in pairs if len(set(values)) <= len(values) / 2]
    # Con pocas filas, la clase de la primera puede no haber salido aún.
    if any(len(values) >= FEW for values in repeated):
        return True
    longer = any(statistics.fmean(map(len, v)) >= 2.5 * len(cell) for cell, v in pairs)
    plain = all(_PLAIN.fullmatch(cell) for cell, _ in pairs)
    return plain and (longer or bool(repeated))


def _is_like_text(cell: str, values: Sequence[str]) -> bool:
    """Si es una frase tan larga como las de debajo."""
    usual = statistics.fmean(map(len, values)) if values else 0
    long = len(cell) * 2 >= usual > SHORT_TEXT and len(cell.split()) > MOST_WORDS
    return long and not _is_question(cell)


def _is_question(cell: str) -> bool:
    return cell.endswith(("?", ":"))


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
