"""Una fila de un texto con columnas, tal como la entiende ``csv`` en modo estricto.

De lo que no entiende se vuelve atrás: se aparta solo la primera línea y se sigue en la siguiente,
para que unas comillas sin cerrar no se traguen las filas de detrás.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeGuard

from labsupport.base.signs import BOM

# Más líneas que estas no son un texto: es que unas comillas no se cierran.
LONGEST_RECORD = 20_000
# Líneas que se pueden leer en balde buscando dónde se cierran unas comillas.
MOST_WASTED = 3_000_000
# De una fila que se parte en varias, tantas seguidas con su etiqueta no son un solo texto.
SURELY_ROWS = 10

OPEN_QUOTE = "comillas sin cerrar o mal puestas"


@dataclass(frozen=True)
class Dialect:
    """Cómo están escritas las filas.

    ``quoted``: si las comillas envuelven; ``skipped``: líneas que se saltan; ``escaped``: si dentro
    se escriben con una barra delante (MySQL); ``spaced``: si van tras un espacio; ``end``: la letra
    en que acaba cada fila.
    """

    separator: str
    quoted: bool = True
    skipped: int = 0
    escaped: bool = False
    spaced: bool = False
    end: str = "\n"


@dataclass(frozen=True)
class Record:
    """Una fila tal como está escrita; ``cells`` es None si no se entiende (``reason``).

    ``doubtful``: si antes se abrieron unas comillas que quizá la abarcan; ``unclosed``: si las
    suyas llegan abiertas al final.
    """

    line: int
    cells: list[str] | None
    raw: str
    reason: str = ""
    doubtful: bool = False
    unclosed: bool = False


# De cada columna, los valores que se han visto: con ellos se reconoce una fila.
Seen = list[set[str]]


def iterate_records(
    stream: Iterable[str], dialect: Dialect, width: int = 0, most_wasted: int = MOST_WASTED
) -> Iterator[Record]:
    r"""Da las filas escritas en ``stream``, una a una, también las que no se entienden.

    ``width``: los campos de la cabecera, o 0 si aún no se conocen; ``most_wasted``: cuántas líneas
    se pueden leer en balde antes de dejarlo.

    >>> list(iterate_records(["a;b\n", '"x;1\n', "y;2\n"], Dialect(";"), 2))[1].reason
    'comillas sin cerrar o mal puestas'
    """
    lines = Lines(iter(stream), dialect.skipped, most_wasted)
    reader = make_reader(lines, dialect)
    while not lines.exhausted and (record := read_record(lines, reader, dialect, width, [])):
        yield record


def make_reader(lines: Iterable[str], dialect: Dialect) -> Any:
    """Devuelve el lector de ``csv``, en modo estricto, de unas líneas así escritas."""
    return csv.reader(
        lines,
        delimiter=dialect.separator,
        quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
        escapechar="\\" if dialect.escaped else None,
        skipinitialspace=dialect.spaced,
        strict=True,
    )


def read_record(
    lines: Lines, reader: Any, dialect: Dialect, width: int, seen: Seen
) -> Record | None:
    """Devuelve la fila siguiente que no está en blanco; None si no quedan."""
    while True:
        lines.taken.clear()
        start = lines.number + 1
        doubtful = start <= lines.doubtful
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except csv.Error:
            cells = _read_tolerantly(lines.taken, dialect)
        unclosed = cells is None and lines.ended
        if cells is None or (width and len(lines.taken) > 1 and not fits(cells, width)):
            lines.give_back()
            cells = None
        elif len(lines.taken) > 1 and (likely := count_swallowed(lines.taken, dialect, seen)):
            if likely >= SURELY_ROWS and likely >= 0.9 * len(lines.taken):
                lines.give_back()
            cells = None
        if cells != []:
            reason = OPEN_QUOTE if cells is None else ""
            return Record(start, cells, "".join(lines.taken), reason, doubtful, unclosed)


class Lines:
    """Las líneas de un archivo, numeradas; las que una fila tomó de más se pueden devolver.

    ``doubtful``: la última que alguna fila tomó y devolvió: hasta ahí no se sabe qué es una fila;
    ``ended``: si se acabó el archivo; ``broken``: si la última fila leída puede ser media.
    """

    def __init__(self, stream: Iterator[str], skipped: int, most_wasted: int = MOST_WASTED) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._most_wasted = most_wasted
        self._wasted = 0
        self.taken: list[str] = []
        self.number = len(list(islice(stream, skipped)))
        self.doubtful = 0
        self.broken = False
        self.ended = False

    @property
    def exhausted(self) -> bool:
        """Si se han devuelto ya demasiadas."""
        return self._wasted > self._most_wasted

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) > LONGEST_RECORD:
            raise csv.Error("demasiadas líneas")
        line = self._waiting.popleft() if self._waiting else next(self._stream, "")
        if not line:
            self.ended = True
            raise StopIteration
        # Al pegar dos archivos queda en medio la marca con que empieza el segundo.
        if not self.taken and line[0] == BOM:
            line = line.lstrip(BOM)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self, keep: int = 1, wasted: bool = True) -> None:
        """Devuelve las tomadas, menos las ``keep`` primeras; ``wasted``: si se leyeron en balde."""
        rest = self.taken[keep:]
        if wasted:
            self.doubtful = max(self.doubtful, self.number)
            self._wasted += len(rest)
        self._waiting.extendleft(reversed(rest))
        self.number -= len(rest)
        self.ended = False
        del self.taken[keep:]

    def take(self, count: int) -> list[str]:
        """Toma hasta ``count`` líneas de una vez."""
        waiting = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        self.taken = waiting + list(islice(self._stream, count - len(waiting)))
        self.number += len(self.taken)
        return self.taken


def count_swallowed(lines: list[str], dialect: Dialect, seen: Seen) -> int:
    """Devuelve cuántas líneas de una fila parecen filas enteras, con un valor ya visto en su sitio.

    De la primera cuenta lo que va tras las comillas que abre, y de la última lo de antes.
    """
    if not seen:
        return 0
    last = len(lines) - 1
    return sum(
        line.count(dialect.separator) == len(seen) - 1
        and _looks_whole(line, dialect.separator, seen, place == 0, place == last)
        for place, line in enumerate(lines)
    )


def _looks_whole(line: str, separator: str, seen: Seen, opens: bool, closes: bool) -> bool:
    cells = line.rstrip("\r\n").split(separator)
    known = [n for n, cell in enumerate(cells) if cell.strip('"') in seen[n]]
    if not known:
        return False
    start = max((n for n, cell in enumerate(cells) if cell.startswith('"')), default=0) + 1
    end = next((n for n, cell in enumerate(cells) if cell.endswith('"')), len(cells))
    places = range(start if opens else 0, end if closes else len(cells))
    return any(place in places for place in known)


def _read_tolerantly(lines: list[str], dialect: Dialect) -> list[str] | None:
    """Los campos de una fila que el modo estricto no admite.

    Tiene espacios tras unas comillas, o un retorno suelto en medio de un texto.
    """
    if dialect.escaped:
        return None
    text, end = "".join(lines).rstrip("\r\n"), re.escape(dialect.separator)
    # Fuera de las comillas, lo que va de una línea a otra no es un texto.
    other = end if len(lines) == 1 else rf"{end}\r\n"
    before = " *+" if dialect.spaced else ""
    quoted = rf'{before}"([^"]*+(?:""[^"]*+)*+)"[ \t]*+' if dialect.quoted else "(?!)()"
    first = '"' if dialect.quoted else ""
    pattern = re.compile(rf"(?:{quoted}|([^{first}{other}][^{other}]*+|))({end}|\Z)", re.S)
    cells, place = [], 0
    while found := pattern.match(text, place):
        cells.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        place = found.end()
        if found[3] != dialect.separator:
            return cells if place == len(text) else None
    return None


def fits(cells: list[str] | None, width: int) -> TypeGuard[list[str]]:
    """Devuelve si unos campos llenan ``width`` columnas y los que sobran están vacíos."""
    return cells is not None and len(cells) >= width and not any(map(str.strip, cells[width:]))


def fit_row_names(first: list[str], below: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Devuelve la cabecera, con un nombre vacío delante si falta, y las filas de debajo.

    R escribe delante de cada fila su número y no le pone nombre en la cabecera.
    """
    numbers = [cells[0] for cells in below if len(cells) == len(first) + 1]
    counted = all(each.isdecimal() for each in numbers) and len(set(numbers)) == len(numbers)
    if numbers and counted and len(numbers) == len(below):
        return ["", *first], below
    return first, below


def split_lines(text: str, end: str) -> Iterator[str]:
    """Da las líneas de un texto, cada una con su final."""
    return (found[0] for found in re.finditer(f"[^{end}]*{end}|[^{end}]+", text))
