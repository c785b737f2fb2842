"""csv, tsv y txt: la tabla que hay en un texto con columnas, y cada línea que no encaja, apartada.

``dialects`` averigua cómo está escrito y ``rows`` lee cada fila; aquí se dan por lotes y se dice
qué le pasa a la que no sirve.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

from labsupport.base.csv_files import allow_any_length
from labsupport.base.encodings import Encoding, find_encoding, is_damaged
from labsupport.base.errors import LabError
from labsupport.base.signs import BOM
from labsupport.data.reading.dialects import ask_separator, find_trial, name_separator
from labsupport.data.reading.headers import name_columns
from labsupport.data.reading.rows import (
    OPEN_QUOTE,
    Dialect,
    Lines,
    Record,
    Seen,
    count_swallowed,
    fit_row_names,
    fits,
    make_reader,
    read_record,
    split_lines,
)
from labsupport.data.reading.table import BATCH_ROWS, TITLE, AsideLog, RawTable, Row

# Letras que se miran para decidir: sobran para quinientas opiniones.
SAMPLE_LETTERS = 2**20
_ESCAPED = re.compile(r"\\[\\\"'\r\n,;\t|]")

FASTTEXT = "__label__"
FEWER, MORE = "menos campos que la cabecera", "más campos que la cabecera"
BAD_BYTES = "bytes que no se entienden"
SPLIT = "un salto de línea sin comillas parte el texto"
REPEATED, BAD_ESCAPE = "la cabecera, repetida", "una barra «\\» que no se entiende"


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
    if not sample.strip(f"{BOM} \r\n\t"):
        raise LabError(f"{name} está vacío: no tiene ninguna fila.")
    if sample.lstrip(f"{BOM} \r\n").startswith(FASTTEXT):
        raise LabError(
            f"{name} es de fastText, con la etiqueta delante de cada texto ({FASTTEXT}...): "
            "ábrelo en una hoja de cálculo, pon la etiqueta en otra columna y guárdalo como CSV."
        )
    with allow_any_length():
        trial = find_trial(sample, whole)
    if trial.rival:
        raise ask_separator(name, trial.dialect, trial.rival.dialect)
    dialect, records = trial.dialect, trial.records
    if header is False:
        records = [each for each in records if each.cells is not None] or records
    first, *below = records
    if not first.cells:
        raise LabError(
            f"La primera fila de {name} (línea {first.line}) abre unas comillas que no cierra: "
            "corrígela, o guárdalo otra vez desde una hoja de cálculo."
        )
    cells, rest = fit_row_names(first.cells, [each.cells or [] for each in below])
    columns, has_header = name_columns(cells, rest, header, name)
    form = f"texto {encoding.name}, separador «{name_separator(dialect)}»"
    reader = _Reader(
        path=path,
        name=name,
        encoding=encoding,
        dialect=dialect,
        columns=columns,
        header=cells if has_header else [],
        header_line=first.line if has_header else 0,
        titles=trial.titles,
        seen=_collect_seen(below if has_header else records, len(columns)),
        lowercase=2 * sum(_starts_low(each.raw) for each in below) > len(below),
        repeated=(_find_repeated(below, 0), _find_repeated(below, -1)),
    )
    return RawTable(
        name=name,
        columns=columns,
        read=reader.read,
        form=form if len(columns) > 1 else f"texto {encoding.name}, una sola columna",
        notes=_list_notes(encoding, dialect),
    )


def _collect_seen(records: Iterable[Record], width: int) -> Seen:
    seen: Seen = [set() for _ in range(width)]
    for record in records:
        if not record.doubtful and fits(record.cells, width):
            for place in range(width):
                seen[place].add(record.cells[place])
    return [values - {""} for values in seen]


def _find_repeated(records: Iterable[Record], place: int) -> set[str]:
    counts = Counter(record.cells[place] for record in records if record.cells)
    return {value for value, count in counts.items() if count > 1}


def _starts_low(raw: str) -> bool:
    return raw.lstrip('" ')[:1].islower()


@dataclass
class _Reader:
    """Lo que hace falta para leer las filas de un archivo ya abierto una vez."""

    path: Path
    name: str
    encoding: Encoding
    dialect: Dialect
    columns: list[str]
    header: list[str]
    header_line: int
    titles: list[Record]
    seen: Seen
    # Si las filas suelen empezar en minúscula, y lo que se repite en la primera y última columna.
    lowercase: bool
    repeated: tuple[set[str], set[str]]

    def read(self, asides: AsideLog) -> Iterator[list[Row]]:
        for record in self.titles:
            if any(map(str.strip, record.cells or ())):
                asides.add(self.name, record.line, TITLE, _show(record.raw))
        with _open_text(self.path, self.encoding, self.dialect.end) as stream:
            batches = self._read_batches(stream, asides)
            while True:
                # El límite de csv es de todo el proceso: se cambia solo mientras se lee.
                with allow_any_length():
                    batch = next(batches, None)
                if batch is None:
                    return
                yield batch

    def _read_batches(self, stream: Iterable[str], asides: AsideLog) -> Iterator[list[Row]]:
        lines = Lines(iter(stream), self.dialect.skipped)
        reader = make_reader(lines, self.dialect)
        while lines.number < self.header_line:
            read_record(lines, reader, self.dialect, 0, [])
        while block := lines.take(BATCH_ROWS):
            end = lines.number + 1
            start = end - len(block)
            doubtful = lines.broken or start <= lines.doubtful
            rows, used = ([], 0) if doubtful else self._read_plain(block, start)
            # Lo que quede a mitad de una fila se toma con las líneas siguientes.
            lines.give_back(used, wasted=False)
            yield rows or self._read_slowly(lines, reader, end, asides)

    def _read_plain(self, block: list[str], start: int) -> tuple[list[Row], int]:
        """Las filas enteras con que empiezan unas líneas, y cuántas de ellas ocupan.

        Es lo corriente y va deprisa; si algo no encaja, ninguna: hay que mirarlas una a una.
        """
        marked = any(map(str.startswith, block, repeat(BOM)))
        if self.encoding.damaged or self.dialect.escaped or marked:
            return [], 0
        rows: list[Row] = []
        done, width, reader = 0, len(self.columns), make_reader(block, self.dialect)
        try:
            for cells in reader:
                end = reader.line_num
                several = end - done > 1
                if len(cells) != width or cells == self.header:
                    return [], 0
                if several and count_swallowed(block[done:end], self.dialect, self.seen):
                    return [], 0
                rows.append((start + done, cells))
                done = end
        except csv.Error:
            pass  # desde ahí se mira en la vuelta siguiente
        return rows, done

    def _read_slowly(self, lines: Lines, reader: Any, end: int, asides: AsideLog) -> list[Row]:
        """Las filas que empiezan antes de la línea ``end``, mirando una a una qué les pasa."""
        width = len(self.columns)
        rows: list[Row] = []
        while lines.number + 1 < end:
            record = read_record(lines, reader, self.dialect, width, self.seen)
            if record is None:
                break
            if lines.exhausted:
                raise LabError(
                    f"{self.name} abre muchas comillas que no se cierran (una, en la línea "
                    f"{record.line}): guárdalo otra vez desde una hoja de cálculo."
                )
            reason = self._find_fault(record)
            if not reason and self._continues(record, lines):
                reason = SPLIT
            lines.broken = reason in (FEWER, SPLIT) and self._is_piece(record)
            if reason == FEWER and lines.broken and self._is_start(rows, record):
                line, cells = rows.pop()
                asides.add(self.name, line, SPLIT, self.dialect.separator.join(cells))
                lines.broken = False
            if reason:
                whole = record.cells is not None
                parts = [record.raw] if whole else split_lines(record.raw, self.dialect.end)
                for line, part in enumerate(parts, start=record.line):
                    asides.add(self.name, line, reason, _show(part))
            elif record.cells and any(map(str.strip, record.cells)):
                rows.append((record.line, record.cells[:width]))
        return rows

    def _find_fault(self, record: Record) -> str:
        cells, width = record.cells, len(self.columns)
        if cells is None:
            return record.reason
        if not any(map(str.strip, cells)):
            return ""
        if self.encoding.damaged and is_damaged(record.raw):
            return BAD_BYTES
        if self.dialect.escaped and "\\" in _ESCAPED.sub("", record.raw):
            return BAD_ESCAPE
        if cells == self.header:
            return REPEATED
        if record.doubtful and not self._is_certain(record):
            return OPEN_QUOTE
        if len(cells) < width:
            return FEWER
        return "" if fits(cells, width) else MORE

    def _is_piece(self, record: Record) -> bool:
        """Si puede ser media fila: una sola celda o, en medio de un texto, cualquier cosa."""
        return len(record.cells or ()) == 1 or (not self.lowercase and _starts_low(record.raw))

    def _continues(self, record: Record, lines: Lines) -> bool:
        """Si tras una línea con una sola celda parece seguir su texto."""
        if not record.cells or not lines.broken or not _starts_low(record.raw):
            return False
        return record.cells[0] not in self.repeated[0] and any(map(str.strip, record.cells))

    def _is_start(self, rows: list[Row], record: Record) -> bool:
        """Si la fila de justo antes acaba en un texto que quizá siga en ``record``."""
        if not rows or rows[-1][0] != record.line - 1 or not _starts_low(record.raw):
            return False
        last = rows[-1][1][-1]
        return bool(last) and last not in self.repeated[1]

    def _is_certain(self, record: Record) -> bool:
        """Si, pese a unas comillas sin cerrar más arriba, es una fila: tiene un valor ya visto."""
        cells = record.cells or ()
        if any('"' in cell for cell in cells):
            return False
        return any(cell in values for cell, values in zip(cells, self.seen, strict=False))


def _show(raw: str) -> str:
    return raw.encode("utf-8", "replace").decode("utf-8")


def _open_text(path: Path, encoding: Encoding, end: str = "") -> Any:
    return path.open(encoding=encoding.codec, errors="surrogateescape", newline=end)


def _list_notes(encoding: Encoding, dialect: Dialect) -> list[str]:
    notes = []
    if not dialect.quoted:
        notes.append("las comillas se leen como una letra más: no envuelven los textos")
    if dialect.escaped:
        notes.append('dentro de los textos, las comillas llevan una barra («\\"») delante')
    if encoding.damaged:
        notes.append("hay bytes que no se entienden: sus filas van apartadas")
    return notes
