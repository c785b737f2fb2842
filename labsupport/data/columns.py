"""En qué columna está el texto y en cuál la etiqueta: por su nombre y por lo que contienen."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labsupport.base.errors import LabError, suggest_name
from labsupport.data.classes import fold

# Nombres frecuentes, plegados con ``fold`` y en singular, de lo más seguro a lo menos.
TEXT_NAMES = (
    ("text", "texto"),
    ("review", "resena", "sentence", "frase", "oracion", "tweet", "tuit", "comment", "comentario")
    + ("opinion", "content", "contenido", "message", "mensaje", "body", "cuerpo")
    + ("document", "documento", "post", "feedback", "observacion", "critica", "queja", "utterance"),
)
LABEL_NAMES = (
    ("label", "etiqueta"),
    ("clase", "class", "category", "categoria", "star", "estrella", "rating", "sentiment")
    + ("sentimiento", "polarity", "polaridad", "emotion", "emocion", "nota", "calificacion")
    + ("puntuacion", "puntaje", "score", "satisfaccion", "valoracion", "target", "intent")
    + ("intencion", "intencionalidad", "tono", "y"),
)
INDEX_NAMES = (
    "",
    "id",
    "index",
    "indice",
    "unnamed: 0",
    "unnamed",
    "n",
    "no",
    "num",
    "numero",
    "#",
)
# Más valores distintos que estos no son clases de un ejercicio de clasificación.
MAX_CLASSES = 100
LONGEST_LABEL = 60
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{1,2}:\d{2}.*")


ASKED = "la pediste"


class UnknownColumns(LabError):
    """No se ve en qué columnas están el texto y la etiqueta: hay que decirlo."""


@dataclass(frozen=True)
class Choice:
    """Las columnas elegidas y por qué cada una."""

    text: str
    label: str
    text_reason: str
    label_reason: str


@dataclass(frozen=True)
class Sketch:
    """Lo que se ve de una columna en una muestra de sus celdas con algo escrito."""

    name: str
    filled: int
    distinct: int
    length: float
    numeric: bool
    dated: bool
    counts: bool
    examples: tuple[str, ...]

    @property
    def is_index(self) -> bool:
        """Si numera las filas: no puede ser una etiqueta."""
        unnamed = fold(self.name) in INDEX_NAMES or self.name.startswith("columna ")
        unique = self.numeric and self.filled > 2 and self.distinct == self.filled
        return unique and (unnamed or self.filled >= 20)

    @property
    def is_text(self) -> bool:
        """Si puede ser el texto que se clasifica."""
        return self.filled > 0 and not self.numeric and not self.dated

    @property
    def is_label(self) -> bool:
        """Si sus valores se repiten como los de una clase."""
        few = self.distinct <= (MAX_CLASSES if self.filled > 20 else self.filled)
        repeated = self.distinct <= max(self.filled / 2, 10)
        short = self.length <= LONGEST_LABEL
        return (
            self.distinct > 1 and few and repeated and short and not (self.is_index or self.dated)
        )


def sketch_columns(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Sketch]:
    """Devuelve lo que se ve de cada columna en una muestra de filas.

    >>> [s.is_label for s in sketch_columns(["a", "b"], [["Muy rico", "1"], ["Frío", "2"]] * 9)]
    [True, True]
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return [_sketch(name, cells) for name, cells in zip(names, columns, strict=True)]


def _sketch(name: str, cells: Sequence[Any]) -> Sketch:
    filled = [text for cell in cells if cell is not None and (text := str(cell).strip())]
    distinct = dict.fromkeys(filled)
    return Sketch(
        name=name,
        filled=len(filled),
        distinct=len(distinct),
        length=statistics.fmean(map(len, filled)) if filled else 0.0,
        numeric=all(is_number(each) for each in distinct) and bool(filled),
        dated=all(_DATE.fullmatch(each) for each in distinct) and bool(filled),
        counts=_counts_up(filled),
        examples=tuple(each[:40] for each in list(distinct)[:3]),
    )


def _counts_up(cells: Sequence[str]) -> bool:
    """Si son números seguidos, como los que pone un programa a las filas."""
    first = cells[0] if cells else ""
    if not first.isdecimal() or len(first) > 15:
        return False
    return all(cell == str(int(first) + place) for place, cell in enumerate(cells))


def is_number(text: str) -> bool:
    """Dice si un texto es un número, con punto o con coma decimal.

    >>> is_number("-1"), is_number("4,5"), is_number("5 estrellas")
    (True, True, False)
    """
    return re.fullmatch(r"[-+]?\d+([.,]\d+)?", text) is not None


def is_known_name(name: str) -> bool:
    """Dice si es uno de los nombres que suele llevar la columna del texto o de la etiqueta.

    >>> is_known_name("Comentarios"), is_known_name("star_rating"), is_known_name("Rico")
    (True, True, False)
    """
    return _rank(name, TEXT_NAMES) is not None or _rank(name, LABEL_NAMES) is not None


def choose_columns(
    columns: Sequence[Sketch], text: str | None = None, label: str | None = None
) -> Choice:
    """Devuelve la columna del texto y la de la etiqueta; ``text`` y ``label``: las pedidas.

    Lanza LabError, con las columnas que hay y los parámetros que las eligen, si la pedida no
    está o si no se ve cuál es.

    >>> rows = [["1", "Muy rico.", "5"], ["2", "Frío y caro.", "1"], ["3", "Rico.", "5"]]
    >>> choose_columns(sketch_columns(["id", "reseña", "estrellas"], rows)).label
    'estrellas'
    """
    _check_asked("text_column", text, columns)
    _check_asked("label_column", label, columns)
    if text is not None and text == label:
        raise _ask_columns("«text_column» y «label_column» dicen la misma columna.", columns)
    label_found = (label, ASKED) if label else _find_label(columns, text)
    text_found = (text, ASKED) if text else _find_text(columns, label_found[0])
    if not label_found[0] and text_found[0]:
        # Encontrado el texto, la otra de dos es la etiqueta.
        label_found = _only_other(columns, text_found[0])
    missing = [
        what
        for what, found in (("el texto", text_found[0]), ("la etiqueta", label_found[0]))
        if not found
    ]
    if missing:
        raise _ask_columns(f"No sé en qué columna está {' ni '.join(missing)}.", columns)
    return Choice(text_found[0], label_found[0], text_found[1], label_found[1])


def _check_asked(parameter: str, asked: str | None, columns: Sequence[Sketch]) -> None:
    names = [each.name for each in columns]
    if asked is not None and asked not in names:
        raise LabError(
            f"No hay una columna «{asked}».{suggest_name(asked, names)} Hay estas: "
            f"{', '.join(names)}. Escribe su nombre en «{parameter}»."
        )


def _find_label(columns: Sequence[Sketch], text: str | None) -> tuple[str, str]:
    others = [each for each in columns if each.name != text]
    named = _find_named(others, LABEL_NAMES, [each for each in others if each.is_label])
    if named:
        return named, "por su nombre"
    if any(_rank(each.name, LABEL_NAMES) is not None for each in others):
        return "", ""
    found_text = text or _find_text(columns, "")[0]
    likely = [each for each in others if each.is_label and each.name != found_text]
    if len(likely) == 1 and found_text:
        return likely[0].name, "es la única cuyos valores se repiten como clases"
    return "", ""


def _find_text(columns: Sequence[Sketch], label: str | None) -> tuple[str, str]:
    others = [each for each in columns if each.name != label]
    texts = [each for each in others if each.is_text]
    named = _find_named(others, TEXT_NAMES, texts)
    if named:
        return named, "por su nombre"
    if len(texts) == 1:
        return texts[0].name, "es la única con texto"
    # De un título y su reseña, el texto es el largo.
    longest = sorted(texts, key=lambda each: each.length, reverse=True)
    if len(longest) > 1 and longest[0].length >= 2 * longest[1].length:
        return longest[0].name, "tiene los textos más largos"
    return "", ""


def _find_named(columns: Sequence[Sketch], usual: Any, likely: Sequence[Sketch]) -> str:
    """La columna de nombre más seguro entre las que además lo parecen; vacío si son varias."""
    ranks = {each.name: rank for each in columns if (rank := _rank(each.name, usual)) is not None}
    # Una columna «labels» que siempre dice 1 no quita el sitio a otra que sí tiene clases.
    ranks = {each.name: ranks[each.name] for each in likely if each.name in ranks} or ranks
    best = [name for name, rank in ranks.items() if rank == min(ranks.values())]
    return best[0] if len(best) == 1 else ""


def _rank(name: str, usual: Sequence[Sequence[str]]) -> int | None:
    """0 para el nombre más seguro; después, los frecuentes; al final, los que contienen uno.

    Escrito en plural vale algo menos: entre «label» y «labels» es «label».
    """
    words = [_singular(word) for word in re.split(r"[\W_]+", fold(name)) if word]
    if len(words) == 1:
        for rank, names in enumerate(usual):
            if words[0] in names:
                return 2 * rank + (fold(name) != words[0])
    inside = any(word in names for word in words for names in usual if word != "y")
    return 2 * len(usual) if 1 < len(words) <= 3 and inside else None


def _singular(word: str) -> str:
    for ending, singular in (("iones", "ion"), ("ses", "s"), ("s", "")):
        if word.endswith(ending) and len(word) > 4:
            return word[: -len(ending)] + singular
    return word


def _only_other(columns: Sequence[Sketch], text: str) -> tuple[str, str]:
    others = [each for each in columns if each.name != text and each.filled]
    if len(columns) > 2 or any(each.counts and each.filled > 2 for each in others):
        others = [each for each in others if not each.is_index]
    if len(others) == 1 and not others[0].dated:
        return others[0].name, "es la otra columna"
    return "", ""


def _ask_columns(problem: str, columns: Sequence[Sketch]) -> UnknownColumns:
    shown = "; ".join(
        f"«{each.name}»" + (f" ({', '.join(each.examples)})" if each.examples else "")
        for each in columns[:12]
    )
    # Si ningún nombre es de los que se usan, quizá no lo son.
    named = any(is_known_name(each.name) for each in columns)
    hint = "" if named else " Si eso ya son datos, y no nombres, pon antes «header» en False."
    more = f" y {len(columns) - 12} más" if len(columns) > 12 else ""
    return UnknownColumns(
        f"{problem} Hay estas: {shown}{more}. Escribe los dos nombres en «text_column» y "
        f"«label_column».{hint}"
    )
