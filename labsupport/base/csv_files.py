"""Cómo se lee un CSV venga de donde venga: qué codificación, qué separador y qué filas.

Una hoja de cálculo en español guarda con punto y coma y a menudo sin UTF-8, alguna pone delante
una línea «sep=;» y otras dejan celdas vacías al final. Quien solo quiere saber cómo leerlo pide
``find_form``; quien quiere las filas, ``read_rows``.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from labsupport.base.encodings import find_encoding
from labsupport.base.errors import LabError

SEPARATORS = ",;\t|"
# La ponen algunas hojas de cálculo para decirse el separador.
SEPARATOR_LINE = re.compile(rf"sep=([{SEPARATORS}])(\r\n?|\n)", re.I)
QUOTED = re.compile(r'"[^"]*"')
BLOCK = 2**20
LONGEST_FIELD = 2**31 - 1


@dataclass(frozen=True)
class CsvForm:
    """Cómo está escrito un CSV; ``skipped``: líneas que sobran antes de la cabecera."""

    encoding: str = "utf-8-sig"
    separator: str = ","
    skipped: int = 0


def find_form(file: BinaryIO, name: str) -> CsvForm:
    r"""Devuelve cómo leer un CSV abierto en binario, sin cargarlo entero.

    ``name``: cómo llamarlo si falla. Lanza LabError si no está en ninguna codificación conocida.

    >>> find_form(io.BytesIO("sep=;\nreseña;estrellas\n".encode("cp1252")), "a.csv")
    CsvForm(encoding='cp1252', separator=';', skipped=1)
    """
    encoding = _find_codec(file, name)
    file.seek(0)
    # Un trozo puede acabar a mitad de una letra: el decodificador por partes lo espera.
    start = codecs.getincrementaldecoder(encoding)().decode(file.read(BLOCK))
    return CsvForm(encoding, *find_separator(start))


def find_separator(text: str) -> tuple[str, int]:
    r"""Devuelve el separador y cuántas líneas sobran antes de la cabecera (0 o 1).

    Es el que más veces sale en la cabecera fuera de comillas; si empatan, el de «sep=».

    >>> find_separator('"texto, entero";clase\n'), find_separator("sep=;\na;b,c\n")
    ((';', 0), (';', 1))
    """
    declared = SEPARATOR_LINE.match(text)
    rest = QUOTED.sub("", text[declared.end() :] if declared else text)
    header = re.split(r"[\r\n]", rest.lstrip("\r\n"), maxsplit=1)[0]
    candidates = (declared[1] if declared else "") + SEPARATORS
    return max(candidates, key=header.count), int(bool(declared))


def read_rows(file: BinaryIO, name: str) -> tuple[CsvForm, list[list[str]]]:
    r"""Devuelve cómo está escrito un CSV abierto en binario y sus filas con algo escrito.

    Todas salen igual de largas, y sin las celdas que ninguna usa al final. ``name``: cómo
    llamarlo si falla. Lanza LabError si no se entiende.

    >>> read_rows(io.BytesIO(b"a;b;;\n1\n;;;\n"), "a.csv")[1]
    [['a', 'b'], ['1', '']]
    """
    form = find_form(file, name)
    file.seek(0)
    text = file.read().decode(form.encoding)
    lines = io.StringIO(SEPARATOR_LINE.sub("", text, count=1) if form.skipped else text, newline="")
    try:
        with allow_any_length():
            return form, tidy_rows(csv.reader(lines, delimiter=form.separator))
    except csv.Error as error:
        raise LabError(f"No se entiende {name} ({error}): guárdalo otra vez como CSV.") from error


def tidy_rows(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """Quita las filas vacías y las celdas vacías del final, y deja todas igual de largas.

    >>> tidy_rows([["a", "b", " "], [], ["1"]])
    [['a', 'b'], ['1', '']]
    """
    trimmed = [row for row in map(_trim, rows) if row]
    width = max(map(len, trimmed), default=0)
    return [row + [""] * (width - len(row)) for row in trimmed]


def _trim(row: Sequence[str]) -> list[str]:
    used = [place for place, cell in enumerate(row, start=1) if cell.strip()]
    return list(row[: max(used, default=0)])


def _find_codec(file: BinaryIO, name: str) -> str:
    encoding = find_encoding(file, name)
    if encoding.damaged:
        raise LabError(f"No se entiende {name}: guárdalo otra vez como CSV UTF-8.")
    return encoding.codec


@contextlib.contextmanager
def allow_any_length() -> Iterator[None]:
    """Dentro del bloque, ``csv`` lee campos de cualquier largo."""
    # El límite de csv es de todo el proceso y se queda corto con una respuesta pegada entera.
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
