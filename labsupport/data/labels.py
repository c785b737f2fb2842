"""De los valores de la columna de la etiqueta a las clases: sus nombres, su orden y sus filas."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.signs import EMOJI_VARIANT, JOINER
from labsupport.data.classes import find_scale, fold, order_classes, read_number
from labsupport.data.columns import LONGEST_LABEL, MAX_CLASSES

# Ni con todas sus maneras de escribirse llegan a tantas unas clases.
MOST_SPELLINGS = 50 * MAX_CLASSES
# Filas por valor, de media, para que unos decimales sean clases.
REPEATED = 5
MISSING = {"ns", "nc", "ns/nc", "nsnc", "n/a", "na", "n/d", "nd", "s/d", "-", "--", "no aplica"}
MISSING |= {"no sabe", "no contesta", "no sabe / no contesta", "no sabe/no contesta", "none"}
MISSING |= {"sin respuesta", "sin dato", "null", "nan", "otro", "otros"}
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Classes:
    """``names``: en su orden natural; ``places``: de cada valor de la columna, su clase.

    ``notes``: lo que se decidió, para contarlo.
    """

    names: list[str]
    places: dict[Any, int]
    notes: list[str] = field(default_factory=list)


def name_classes(
    counts: Mapping[Any, int], column: str, given: Sequence[str] | None = None
) -> Classes:
    """Devuelve las clases que forman los valores de una columna.

    ``counts``: cuántas filas tiene cada valor (texto, entero o decimal); ``given``: los
    nombres, si el dataset ya los trae en su orden. Lanza LabError si no son clases: uno solo, más
    de cien, decimales, listas o tipos mezclados.

    >>> name_classes({"Positivo": 5, "POSITIVO": 1, "negativo": 3}, "tono").names
    ['negativo', 'Positivo']
    >>> name_classes({"10": 1, "9": 1, "1.0": 2}, "nota").names
    ['1', '9', '10']
    """
    _check_kinds(counts, column)
    if len(counts) > MOST_SPELLINGS:
        _check_count(list(map(str, counts)), column, counts)
    groups = _group(counts)
    names = {key: _choose_spelling(values, counts) for key, values in groups.items()}
    _check_count(list(names.values()), column, counts)
    present = set(names.values())
    order = list(given) if given and present <= set(given) else order_classes(present)
    places = {value: order.index(names[key]) for key, values in groups.items() for value in values}
    notes = [*_list_merges(groups, names), *_tell_words(names.values())]
    return Classes(order, places, notes)


def _check_kinds(counts: Mapping[Any, int], column: str) -> None:
    if not counts:
        raise LabError(
            f"Ninguna fila tiene etiqueta en «{column}»: revisa el dataset o la columna."
        )
    kinds = {kind: value for value in counts if (kind := _kind(value))}
    if "lista" in kinds:
        raise LabError(
            f"La columna «{column}» trae listas ({kinds['lista']}) y no una etiqueta por texto: "
            "deja una por fila o elige otra en «label_column»."
        )
    if len(kinds) > 1:
        shown = ", ".join(f"{value!r}" for value in kinds.values())
        raise LabError(
            f"La columna «{column}» mezcla tipos ({shown}): deja solo números o solo palabras, o "
            "elige otra en «label_column»."
        )


def _kind(value: Any) -> str:
    if isinstance(value, (int, float)):
        return "número"
    if not isinstance(value, str):
        return "lista"
    # Un número escrito como texto va con los números y también con las palabras («1», «2», «NS»).
    return "" if _PLAIN_NUMBER.fullmatch(value.strip()) else "palabra"


def _group(counts: Mapping[Any, int]) -> dict[Any, list[Any]]:
    """Junta los valores que nombran la misma clase."""
    numbers = {value: _read_value(value) for value in counts}
    groups: dict[Any, list[Any]] = defaultdict(list)
    for value, number in numbers.items():
        groups[_fold_word(value) if number is None else number].append(value)
    return dict(groups)


def _read_value(value: Any) -> Fraction | None:
    """El número exacto: como decimales de Python, dos códigos de veinte cifras serían el mismo."""
    if isinstance(value, (int, float)):
        return Fraction(str(value)) if abs(value) < float("inf") else None
    plain = value.strip()
    # «08» es un código: como número se confundiría con «8».
    if not _PLAIN_NUMBER.fullmatch(plain) or re.match(rf"[-+]?(0\d|\d{{{LONGEST_LABEL}}})", plain):
        return None
    return Fraction(plain.replace(",", "."))


def _fold_word(value: Any) -> str:
    # Entre etiquetas, la ñ no es una n con adorno: «cana» y «caña» son dos clases.
    plain = str(value).replace("ñ", "n~").replace("Ñ", "n~")
    # Un espacio de ancho cero se pega al copiar y no se ve; el que une emojis sí cuenta.
    hidden = (c for c in plain if unicodedata.category(c) == "Cf" and c != JOINER)
    for each in {*hidden, EMOJI_VARIANT}:
        plain = plain.replace(each, "")
    return fold(plain)


def _choose_spelling(values: Sequence[Any], counts: Mapping[Any, int]) -> str:
    """La escritura más frecuente; de un número entero, sin decimales."""
    commonest = max(values, key=counts.__getitem__)
    number = _read_value(commonest)
    if number is None or number % 1:
        return " ".join(str(commonest).split())
    return str(int(number)) if re.search("[.,]", str(commonest)) else str(commonest).strip()


def _check_count(names: Sequence[str], column: str, counts: Mapping[Any, int]) -> None:
    numbers = [number for name in names if (number := _read_value(name)) is not None]
    fractions = any(number % Fraction(1, 2) for number in numbers)
    # Unas notas con cuartos se repiten; una medida, casi nunca.
    continuous = fractions and sum(counts.values()) < REPEATED * len(numbers)
    if len(numbers) == len(names) and (continuous or len(names) > MAX_CLASSES):
        raise LabError(
            f"La columna «{column}» tiene decimales o demasiados números distintos ({len(names)}): "
            "es una cantidad que predecir, no una clase. Agrúpala en tramos (alto, medio, bajo) o "
            "elige otra en «label_column»."
        )
    if len(names) > MAX_CLASSES:
        long = sum(map(len, names)) / len(names) > LONGEST_LABEL / 2
        what = "parece un texto libre" if long else "parecen nombres propios o códigos"
        raise LabError(
            f"La columna «{column}» tiene {len(names)} valores distintos y aquí caben "
            f"{MAX_CLASSES} clases: {what}. Elige otra en «label_column» o agrupa sus valores."
        )
    if len(names) < 2:
        raise LabError(
            f"La columna «{column}» tiene una sola clase («{names[0]}»): hacen falta dos o más."
        )


def _tell_words(names: Collection[str]) -> list[str]:
    """En una encuesta, «NS/NC» entre las notas es casi siempre una respuesta que falta."""
    words = [name for name in names if read_number(name) is None]
    if not 0 < len(words) < len(names) / 2:
        words = [name for name in names if fold(name) in MISSING]
    rest = [name for name in names if name not in words]
    if not words or find_scale(rest) is None:
        return []
    shown = ", ".join(f"«{name}»" for name in words[:5])
    return [
        f"{shown}: se toma como una clase más, y sin ella las otras irían en orden; si quiere "
        "decir que falta la respuesta, vacía esas celdas"
    ]


def _list_merges(groups: Mapping[Any, Sequence[Any]], names: Mapping[Any, str]) -> list[str]:
    notes = []
    for key, values in groups.items():
        spellings = list(dict.fromkeys(" ".join(str(value).split()) for value in values))
        if len(spellings) > 1:
            shown = ", ".join(f"«{each}»" for each in spellings[:5])
            notes.append(f"{shown} cuentan como una sola clase, «{names[key]}»")
    return notes
