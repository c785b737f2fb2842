"""csv, tsv y txt: qué separador llevan, si usan comillas, y cada línea que no encaja, apartada.

Lee el módulo ``csv``, en modo estricto. De lo que no entiende se vuelve atrás: se aparta solo la
primera línea y se sigue en la siguiente, para que unas comillas sin cerrar no se traguen las filas
de detrás.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from labsupport.base.csv_files import allow_any_length
from labsupport.base.encodings import Encoding, find_encoding, has_bad_bytes
from labsupport.base.errors import LabError
from labsupport.data.columns import is_known_name, is_number
from labsupport.data.reading.headers import name_columns
from labsupport.data.reading.table import BATCH_ROWS, AsideLog, RawTable, Row

# Los de siempre y, solo si todas las filas encajan con ellos, los raros.
USUAL, RARE = ",;\t|", ":^~¦\x1f"
NAMES = {"\t": "tabulador", "\x1f": "separador de unidades"}
SAMPLE_ROWS = 500
# Letras que se miran para decidir: sobran para quinientas opiniones.
SAMPLE_LETTERS = 2**20
_DECLARED = re.compile(r"\ufeff?sep=(.)\s*", re.I)

FEWER, MORE = "menos campos que la cabecera", "más campos que la cabecera"
OPEN_QUOTE, BAD_BYTES = "comillas sin cerrar o mal puestas", "bytes que no se entienden"


@dataclass(frozen=True)
class Dialect:
    """Cómo están escritas las filas: separador, si las comillas envuelven, y qué se salta."""

    separator: str
    quoted: bool = True
    skipped: int = 0


@dataclass(frozen=True)
class Record:
    """Una fila tal como está escrita; ``cells`` es None si no se entiende (``reason``)."""

    line: int
    cells: list[str] | None
    raw: str
    reason: str = ""


def open_delimited(path: Path, name: str, header: bool | None = None) -> RawTable:
    r"""Abre un archivo de texto con columnas y devuelve su tabla; ``name``: cómo llamarlo.

    ``header``: si la primera fila son nombres, o None para averiguarlo. Lanza LabError si está
    vacío, si no se entiende su codificación o si ningún separador da columnas.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.csv")
    >>> _ = path.write_bytes("texto;nota\nLlegó, por fin;5\nRico;4;sobra\n".encode("cp1252"))
    >>> table, asides = open_delimited(path, "a.csv"), AsideLog()
    >>> table.columns, list(table.read(asides)), asides.first[0].line
    (['texto', 'nota'], [[(2, ['Llegó, por fin', '5'])]], 3)
    """
    with path.open("rb") as file:
        encoding = find_encoding(file, name)
    with _open_text(path, encoding) as lines:
        sample = lines.read(SAMPLE_LETTERS)
        whole = not lines.read(1)
    if not sample.strip("\ufeff \r\n\t"):
        raise LabError(f"{name} está vacío: no tiene ninguna fila.")
    dialect = find_dialect(sample, whole)
    first, *below = _list_sample(sample, dialect, whole)
    cells, below = _fit_row_names(first.cells or [], [each.cells or [] for each in below])
    columns, has_header = name_columns(cells, below, header, name)
    form = f"texto {encoding.name}, separador «{NAMES.get(dialect.separator, dialect.separator)}»"
    return RawTable(
        name=name,
        columns=columns,
        read=_Reader(path, name, encoding, dialect, columns, first.line if has_header else 0).read,
        form=form if len(columns) > 1 else f"texto {encoding.name}, una sola columna",
        notes=_list_notes(encoding, dialect),
    )


def find_dialect(sample: str, whole: bool = True) -> Dialect:
    r"""Devuelve el dialecto con que más filas de la muestra tienen tantos campos como la primera.

    ``whole``: si la muestra es el archivo entero o se corta a mitad de una fila.

    >>> find_dialect("¿Qué mejorarías, y por qué?;nota\nNada;5\n").separator
    ';'
    >>> find_dialect('texto\tclase\n"Hola\ta\nBien\tb\n"Adiós\tb\n')
    Dialect(separator='\t', quoted=False, skipped=0)
    """
    declared = _DECLARED.match(sample.split("\n", 1)[0].rstrip("\r"))
    if declared:
        return _choose_quotes(sample, declared[1], 1, whole)
    usual = [_choose_quotes(sample, each, 0, whole) for each in USUAL if each in sample]
    rare = [_choose_quotes(sample, each, 0, whole) for each in RARE if each in sample]
    scores = {each: _score(sample, each, whole) for each in usual}
    scores |= {each: s for each in rare if (s := _score(sample, each, whole)) >= 1}
    return max(scores, key=scores.__getitem__) if any(scores.values()) else _give_up(usual)


def _give_up(usual: list[Dialect]) -> Dialect:
    # Con uno en la cabecera, todas las filas irán apartadas y se dirá por qué.
    return usual[0] if usual else Dialect(",")


def _choose_quotes(sample: str, separator: str, skipped: int, whole: bool) -> Dialect:
    """Las comillas envuelven, salvo que leerlas como letras dé más filas enteras."""
    quoted, plain = (Dialect(separator, quotes, skipped) for quotes in (True, False))
    if '"' not in sample:
        return quoted
    records = _list_sample(sample, quoted, whole)
    if not any(each.cells is None for each in records):
        return quoted
    return max((quoted, plain), key=lambda each: _share_fitting(sample, each, whole))


def _list_sample(sample: str, dialect: Dialect, whole: bool) -> list[Record]:
    lines = io.StringIO(sample, newline="")
    records = list(islice(iterate_records(lines, dialect, 0), SAMPLE_ROWS + 1))
    # La última fila de una muestra cortada está a medias.
    return records if whole or len(records) == 1 else records[:-1]


def _share_fitting(sample: str, dialect: Dialect, whole: bool) -> float:
    records = _list_sample(sample, dialect, whole)
    width = len(records[0].cells or []) if records else 0
    if width < 2:
        return 0.0
    rest = records[1:]
    fitting = sum(_fits(each.cells, width) for each in rest)
    return fitting / sum(each.raw.count("\n") or 1 for each in rest) if rest else 0.1


def _fits(cells: list[str] | None, width: int) -> bool:
    return cells is not None and len(cells) >= width and not any(cells[width:])


def _score(sample: str, dialect: Dialect, whole: bool) -> float:
    """Las filas que encajan, más si los campos son palabras o números sueltos.

    Una coma de una frase deja campos que empiezan por un espacio. La medida sigue la idea de van
    den Burg y otros (2019), «Wrangling messy CSV files»: forma de las filas por tipo de los campos.
    """
    share = _share_fitting(sample, dialect, whole)
    if not share:
        return 0.0
    records = [each.cells for each in _list_sample(sample, dialect, whole) if each.cells]
    fields = [cell for cells in records for cell in cells]
    plain = sum(is_number(cell) or " " not in cell.strip() for cell in fields) / len(fields)
    spaced = sum(cell.startswith(" ") for cell in fields) / len(fields)
    known = any(is_known_name(cell) for cell in records[0])
    return share * (1 + plain / 2 - spaced + known / 4)


def iterate_records(stream: Iterable[str], dialect: Dialect, width: int) -> Iterator[Record]:
    r"""Da las filas escritas en ``stream``, una a una, también las que no se entienden.

    ``width``: los campos de la cabecera, o 0 si aún no se conocen.

    >>> list(iterate_records(["a;b\n", '"x;1\n', "y;2\n"], Dialect(";"), 2))[1].reason
    'comillas sin cerrar o mal puestas'
    """
    lines = _Lines(iter(stream), dialect.skipped)
    reader = _make_reader(lines, dialect)
    while record := _read_record(lines, reader, dialect, width):
        yield record


def _make_reader(lines: Iterable[str], dialect: Dialect) -> Any:
    quoting = csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=dialect.separator, quoting=quoting, strict=True)


def _read_record(lines: _Lines, reader: Any, dialect: Dialect, width: int) -> Record | None:
    """La fila siguiente que no está en blanco; None si no quedan."""
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except csv.Error:
            cells = _read_tolerantly("".join(lines.taken), dialect.separator)
        several = len(lines.taken) > 1
        if cells is None or (several and _swallows(cells, lines.taken, dialect, width)):
            lines.give_back()
            cells = None
        if cells != []:
            start = lines.number - len(lines.taken) + 1
            reason = OPEN_QUOTE if cells is None else ""
            return Record(start, cells, "".join(lines.taken), reason)


class _Lines:
    """Las líneas de un archivo, numeradas; las que una fila tomó de más se pueden devolver."""

    def __init__(self, stream: Iterator[str], skipped: int) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.number = len(list(islice(stream, skipped)))

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._stream)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self, keep: int = 1) -> None:
        """Devuelve las tomadas, menos las ``keep`` primeras."""
        rest = self.taken[keep:]
        self._waiting.extendleft(reversed(rest))
        self.number -= len(rest)
        del self.taken[keep:]

    def take(self, count: int) -> list[str]:
        """Toma hasta ``count`` líneas de una vez."""
        waiting = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        self.taken = waiting + list(islice(self._stream, count - len(waiting)))
        self.number += len(self.taken)
        return self.taken


def _swallows(cells: list[str], lines: list[str], dialect: Dialect, width: int) -> bool:
    """Si una fila de varias líneas se tragó otras: no encaja, o las de dentro son filas enteras."""
    if width and not _fits(cells, width):
        return True
    # Una coma puede estar en cada línea de una dirección; un tabulador o un punto y coma, no.
    telling = dialect.separator != "," or width >= 4
    separators = {line.count(dialect.separator) for line in lines[1:-1]}
    return telling and width > 1 and width - 1 in separators


def _read_tolerantly(text: str, separator: str) -> list[str] | None:
    """Los campos de una fila con espacios tras unas comillas, que el modo estricto no admite."""
    end = re.escape(separator)
    quoted, plain = r'"((?:[^"]|"")*)"[ \t]*', rf'([^"{end}\r\n][^{end}\r\n]*|)'
    pattern = re.compile(rf"(?:{quoted}|{plain})({end}|\r?\n|\r|$)")
    cells, place = [], 0
    while found := pattern.match(text, place):
        cells.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        place = found.end()
        if found[3] != separator:
            return cells if place == len(text) else None
    return None


def _fit_row_names(first: list[str], below: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """R escribe delante de cada fila su número y no le pone nombre en la cabecera."""
    longer = [cells for cells in below if len(cells) == len(first) + 1]
    numbers = [cells[0] for cells in longer]
    if longer and len(longer) == len(below) and numbers == [str(i + 1) for i in range(len(below))]:
        return ["", *first], below
    return first, below


@dataclass
class _Reader:
    """Lo que hace falta para leer las filas de un archivo ya abierto una vez."""

    path: Path
    name: str
    encoding: Encoding
    dialect: Dialect
    columns: list[str]
    header_line: int

    def read(self, asides: AsideLog) -> Iterator[list[Row]]:
        with allow_any_length(), _open_text(self.path, self.encoding) as stream:
            lines = _Lines(iter(stream), self.dialect.skipped)
            reader = _make_reader(lines, self.dialect)
            while lines.number < self.header_line:
                _read_record(lines, reader, self.dialect, 0)
            while block := lines.take(BATCH_ROWS):
                end = lines.number + 1
                start = end - len(block)
                rows = self._read_plain(block)
                if rows is not None:
                    yield list(zip(range(start, start + len(rows)), rows, strict=True))
                else:
                    lines.give_back(0)
                    yield self._read_slowly(lines, reader, end, asides)

    def _read_plain(self, block: list[str]) -> list[list[str]] | None:
        """Las filas de unas líneas si cada una es una entera, que es lo corriente; si no, None."""
        if self.encoding.damaged:
            return None
        try:
            rows = list(_make_reader(block, self.dialect))
        except csv.Error:
            return None
        width = len(self.columns)
        plain = len(rows) == len(block) and all(len(cells) == width for cells in rows)
        return rows if plain else None

    def _read_slowly(self, lines: _Lines, reader: Any, end: int, asides: AsideLog) -> list[Row]:
        """Las filas que empiezan antes de la línea ``end``, mirando una a una qué les pasa."""
        rows, width = [], len(self.columns)
        while lines.number + 1 < end:
            record = _read_record(lines, reader, self.dialect, width)
            if record is None:
                break
            reason = self._find_fault(record)
            if reason:
                asides.add(self.name, record.line, reason, _show(record.raw))
            elif any(record.cells):
                rows.append((record.line, record.cells[:width]))
        return rows

    def _find_fault(self, record: Record) -> str:
        cells, width = record.cells, len(self.columns)
        if cells is None:
            return record.reason
        if not any(cell.strip() for cell in cells):
            return ""
        if self.encoding.damaged and (has_bad_bytes(record.raw) or "\ufffd" in record.raw):
            return BAD_BYTES
        if len(cells) < width:
            return FEWER
        return MORE if any(cell.strip() for cell in cells[width:]) else ""


def _show(raw: str) -> str:
    return raw.encode("utf-8", "replace").decode("utf-8")


def _open_text(path: Path, encoding: Encoding) -> Any:
    return path.open(encoding=encoding.codec, errors="surrogateescape", newline="")


def _list_notes(encoding: Encoding, dialect: Dialect) -> list[str]:
    notes = []
    if not dialect.quoted:
        notes.append("las comillas se leen como una letra más: no envuelven los textos")
    if encoding.damaged:
        notes.append(f"hay bytes que no son {encoding.name}")
    return notes
