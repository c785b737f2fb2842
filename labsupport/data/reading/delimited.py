"""csv, tsv y txt: qué separador llevan, si usan comillas, y cada línea que no encaja, apartada.

Lee el módulo ``csv``, en modo estricto. De lo que no entiende se vuelve atrás: se aparta solo la
primera línea y se sigue en la siguiente, para que unas comillas sin cerrar no se traguen las filas
de detrás.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from labsupport.base.csv_files import allow_any_length
from labsupport.base.encodings import Encoding, find_encoding, is_damaged
from labsupport.base.errors import LabError
from labsupport.data.columns import is_known_name, is_number
from labsupport.data.reading.headers import name_columns
from labsupport.data.reading.table import BATCH_ROWS, TITLE, AsideLog, RawTable, Row

# Los de siempre y, solo si todas las filas encajan con ellos, los raros.
USUAL, RARE = ",;\t|", ":^~¦\x1f"
NAMES = {"\t": "tabulador", "\x1f": "separador de unidades"}
SAMPLE_ROWS = 500
# Letras que se miran para decidir: sobran para quinientas opiniones.
SAMPLE_LETTERS = 2**20
_DECLARED = re.compile(r"\ufeff?sep=(.)\s*", re.I)
BOM = "\ufeff"
_QUOTED = re.compile(r'"[^"]*"')
_ESCAPED = re.compile(r"\\[\\\"'\r\n,;\t|]")
# Más líneas que estas no son un texto: es que unas comillas no se cierran.
LONGEST_RECORD = 20_000
# Líneas que se pueden leer en balde buscando dónde se cierran unas comillas.
MOST_WASTED, SAMPLE_WASTED = 3_000_000, 100_000
# De una fila que se parte en varias, tantas seguidas con su etiqueta no son un solo texto.
SURELY_ROWS = 10
TITLE_LINES = 10

FEWER, MORE = "menos campos que la cabecera", "más campos que la cabecera"
OPEN_QUOTE, BAD_BYTES = "comillas sin cerrar o mal puestas", "bytes que no se entienden"
SPLIT = "un salto de línea sin comillas parte el texto"
REPEATED, BAD_ESCAPE = "la cabecera, repetida", "una barra «\\» que no se entiende"


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
    with allow_any_length():
        trial = _find_trial(sample, whole)
    if trial.rival:
        raise _ask_separator(name, trial.dialect, trial.rival.dialect)
    dialect, records = trial.dialect, trial.records
    if header is False:
        records = [each for each in records if each.cells is not None] or records
    first, *below = records
    if not first.cells:
        raise LabError(
            f"La primera fila de {name} (línea {first.line}) abre unas comillas que no cierra: "
            "corrígela, o guárdalo otra vez desde una hoja de cálculo."
        )
    cells, rest = _fit_row_names(first.cells, [each.cells or [] for each in below])
    columns, has_header = name_columns(cells, rest, header, name)
    form = f"texto {encoding.name}, separador «{_name(dialect)}»"
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


def _name(dialect: Dialect) -> str:
    return NAMES.get(dialect.separator, dialect.separator)


def _ask_separator(name: str, first: Dialect, second: Dialect) -> LabError:
    return LabError(
        f"No sé si las columnas de {name} las separa «{_name(first)}» o «{_name(second)}»: con los "
        f"dos encajan todas las filas. Añade una primera línea que diga «sep={first.separator}», o "
        "con el que sea."
    )


def find_dialect(sample: str, whole: bool = True) -> Dialect:
    r"""Devuelve el dialecto con que más filas de la muestra tienen tantos campos como la primera.

    ``whole``: si la muestra es el archivo entero o se corta a mitad de una fila.

    >>> find_dialect("¿Qué mejorarías, y por qué?;nota\nNada;5\n").separator
    ';'
    >>> find_dialect('texto\tclase\n"Hola\ta\nBien\tb\n"Adiós\tb\n').quoted
    False
    """
    return _find_trial(sample, whole).dialect


def _find_trial(sample: str, whole: bool) -> _Trial:
    declared = _DECLARED.match(sample.split("\n", 1)[0].split("\r", 1)[0])
    end = _find_end(sample)
    skipped = int(bool(declared))
    if declared:
        trial = _choose_quotes(sample, Dialect(declared[1], skipped=1, end=end), whole)
        # Al guardarlo otra vez con otro separador, la línea «sep=» se queda como estaba.
        if trial.share:
            return trial
    usual = [
        _choose_quotes(sample, Dialect(each, skipped=skipped, end=end), whole)
        for each in USUAL
        if each in sample
    ]
    # R separa con espacios, y entonces lo envuelve todo en comillas.
    others = RARE + " " * sample.lstrip("\ufeff\r\n").startswith('"')
    rare = [
        _Trial(sample, Dialect(each, skipped=skipped, end=end), whole)
        for each in others
        if each in sample
    ]
    scored = [(each.score, each) for each in usual]
    scored += [(each.score, each) for each in rare if each.share >= 1 and not each.titles]
    scored.sort(key=lambda pair: pair[0], reverse=True)
    if scored and scored[0][0]:
        best = scored[0][1]
        best.rival = next((each for score, each in scored[1:] if best.is_like(each)), None)
        return best
    # Con uno en la cabecera, todas las filas irán apartadas y se dirá por qué.
    return usual[0] if usual else _Trial(sample, Dialect(",", skipped=skipped, end=end), whole)


def _find_end(sample: str) -> str:
    """La letra en que acaban las filas: un retorno suelto en medio de un texto no acaba ninguna."""
    ends = re.findall(r"\r*\n|\r", _QUOTED.sub("", sample))
    returns = ends.count("\r")
    others = len(ends) - returns
    old = returns >= others if ends[:1] == ["\r"] else returns > others * 10
    return "\r" if old else "\n"


def _choose_quotes(sample: str, dialect: Dialect, whole: bool) -> _Trial:
    """Las comillas envuelven, salvo que leerlas de otro modo dé más filas enteras."""
    quoted = _Trial(sample, dialect, whole)
    if '"' not in sample:
        return quoted
    if any(_follows_space(each, dialect.separator) for each in quoted.records):
        quoted = _Trial(sample, replace(quoted.dialect, spaced=True), whole)
    # Lo que sigue a unas comillas sin cerrar también falla, y por lo mismo.
    failing = sum(each.cells is None and not each.doubtful for each in quoted.records)
    if not failing:
        return quoted
    others = []
    # Con más textos bien envueltos que mal, las comillas envuelven: lo demás está roto.
    if failing > sum(map(quoted.is_wrapped, quoted.records)):
        others.append(replace(quoted.dialect, quoted=False))
    if '\\"' in sample:
        others.insert(0, replace(quoted.dialect, escaped=True))
    trials = [quoted, *(_Trial(sample, each, whole) for each in others)]
    return max(trials, key=lambda each: each.share)


def _follows_space(record: Record, separator: str) -> bool:
    """Si unas comillas van tras el separador y un espacio: ningún programa escribe así un texto."""
    marked = [cell for cell in record.cells or [] if re.fullmatch(r' +"[^"]*"\s*', cell)]
    return any(separator + cell in record.raw for cell in marked)


class _Trial:
    """Las primeras filas leídas con un dialecto, y qué tan bien encajan."""

    def __init__(self, sample: str, dialect: Dialect, whole: bool) -> None:
        lines = _Lines(_split_lines(sample, dialect.end), dialect.skipped, SAMPLE_WASTED)
        records = list(islice(_iterate(lines, dialect, 0, []), SAMPLE_ROWS + 1))
        if not whole:
            # La última fila de una muestra cortada está a medias.
            places = (place for place, each in enumerate(records) if each.unclosed)
            records = records[: max(1, next(places, len(records) - 1))]
        top = _find_top(records)
        self.titles, self.records = records[:top], records[top:]
        self.dialect = replace(dialect, skipped=records[top].line - 1) if top else dialect
        self.rival: _Trial | None = None
        if not self.records:
            self.records = [Record(1, [], "")]

    @cached_property
    def share(self) -> float:
        """Qué parte de las filas encaja con la primera."""
        first, *rest = self.records
        below = [each.cells or [] for each in rest]
        width = len(_fit_row_names(first.cells or [], below)[0])
        if width < 2:
            return 0.0
        fitting = sum(_fits(each.cells, width) for each in rest)
        return fitting / sum(self._count_rows(each, width) for each in rest) if rest else 0.1

    def is_like(self, other: _Trial) -> bool:
        """Si con el separador de ``other`` las filas encajan igual de bien y nada lo desmiente."""
        known = any(map(is_known_name, self.records[0].cells or []))
        return not known and self.share >= 1 <= other.share and other.score > 0.75 * self.score

    def is_wrapped(self, record: Record) -> bool:
        """Si alguno de sus campos va entre comillas."""
        opening = f'{self.dialect.separator}"'
        return record.cells is not None and (record.raw[:1] == '"' or opening in record.raw)

    def _count_rows(self, record: Record, width: int) -> int:
        """Una o, si dentro tiene líneas que también lo parecen, todas."""
        inner = record.raw.splitlines()[1:-1]
        return 1 + sum(line.count(self.dialect.separator) == width - 1 for line in inner)

    @cached_property
    def score(self) -> float:
        """Las filas que encajan, más si los campos son palabras o números sueltos.

        Una coma de una frase deja campos que empiezan por un espacio u otro signo. La medida sigue
        la idea de van den Burg y otros (2019), «Wrangling messy CSV files»: forma de las filas por
        tipo de los campos.
        """
        if not self.share:
            return 0.0
        records = [each.cells for each in self.records if each.cells]
        fields = [cell for cells in records for cell in cells]
        plain = sum(is_number(cell) or " " not in cell.strip() for cell in fields) / len(fields)
        spaced = sum(cell.startswith((" ", *USUAL)) for cell in fields) / len(fields)
        known = any(is_known_name(cell) for cell in records[0])
        # Con el separador equivocado, la cabecera parece un título y las comillas, sueltas.
        trusted = 0.5 if self.titles or not self.dialect.quoted else 1.0
        return trusted * self.share * (1 + plain / 2 - spaced + known / 4)


def _find_top(records: list[Record]) -> int:
    """Cuántas filas de una sola celda hay encima de una tabla de dos o más columnas."""
    # De una que no se entiende no se sabe: quizá es la cabecera.
    widths = [_count_filled(each.cells) if each.cells else 2 for each in records[: TITLE_LINES + 1]]
    top = next((place for place, width in enumerate(widths) if width > 1), 0)
    return top if top < len(records) - 1 else 0


def _count_filled(cells: list[str]) -> int:
    # «Encuesta;;;» es un título; «texto;», una cabecera a la que le falta un nombre.
    filled = sum(bool(cell.strip()) for cell in cells)
    return filled if len(cells) > 2 else len(cells)


def _fits(cells: list[str] | None, width: int) -> bool:
    return cells is not None and len(cells) >= width and not any(map(str.strip, cells[width:]))


def _collect_seen(records: Iterable[Record], width: int) -> Seen:
    seen: Seen = [set() for _ in range(width)]
    for record in records:
        if not record.doubtful and _fits(record.cells, width):
            for place in range(width):
                seen[place].add(record.cells[place])
    return [values - {""} for values in seen]


def _find_repeated(records: Iterable[Record], place: int) -> set[str]:
    counts = Counter(record.cells[place] for record in records if record.cells)
    return {value for value, count in counts.items() if count > 1}


def _starts_low(raw: str) -> bool:
    return raw.lstrip('" ')[:1].islower()


def iterate_records(stream: Iterable[str], dialect: Dialect, width: int) -> Iterator[Record]:
    r"""Da las filas escritas en ``stream``, una a una, también las que no se entienden.

    ``width``: los campos de la cabecera, o 0 si aún no se conocen.

    >>> list(iterate_records(["a;b\n", '"x;1\n', "y;2\n"], Dialect(";"), 2))[1].reason
    'comillas sin cerrar o mal puestas'
    """
    return _iterate(_Lines(iter(stream), dialect.skipped), dialect, width, [])


def _iterate(lines: _Lines, dialect: Dialect, width: int, seen: Seen) -> Iterator[Record]:
    reader = _make_reader(lines, dialect)
    while not lines.exhausted and (record := _read_record(lines, reader, dialect, width, seen)):
        yield record


def _make_reader(lines: Iterable[str], dialect: Dialect) -> Any:
    return csv.reader(
        lines,
        delimiter=dialect.separator,
        quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
        escapechar="\\" if dialect.escaped else None,
        skipinitialspace=dialect.spaced,
        strict=True,
    )


def _read_record(
    lines: _Lines, reader: Any, dialect: Dialect, width: int, seen: Seen
) -> Record | None:
    """La fila siguiente que no está en blanco; None si no quedan."""
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
        if cells is None or (width and len(lines.taken) > 1 and not _fits(cells, width)):
            lines.give_back()
            cells = None
        elif len(lines.taken) > 1 and (likely := _count_swallowed(lines.taken, dialect, seen)):
            if likely >= SURELY_ROWS and likely >= 0.9 * len(lines.taken):
                lines.give_back()
            cells = None
        if cells != []:
            reason = OPEN_QUOTE if cells is None else ""
            return Record(start, cells, "".join(lines.taken), reason, doubtful, unclosed)


class _Lines:
    """Las líneas de un archivo, numeradas; las que una fila tomó de más se pueden devolver.

    ``doubtful``: la última que alguna fila tomó y devolvió: hasta ahí no se sabe qué es una fila;
    ``ended``: si se acabó el archivo; ``exhausted``: si se han devuelto ya demasiadas;
    ``broken``: si la última fila leída puede ser media.
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
        return self._wasted > self._most_wasted

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) > LONGEST_RECORD:
            raise csv.Error("demasiadas líneas")
        line = self._waiting.popleft() if self._waiting else next(self._stream, "")
        if not line:
            self.ended = True
            raise StopIteration
        # Al pegar dos archivos queda en medio la marca con que empieza el segundo.
        if not self.taken and line[0] == "\ufeff":
            line = line.lstrip("\ufeff")
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


def _count_swallowed(lines: list[str], dialect: Dialect, seen: Seen) -> int:
    """De las líneas de una fila, cuántas parecen filas enteras, con un valor ya visto en su sitio.

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


def _fit_row_names(first: list[str], below: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """R escribe delante de cada fila su número y no le pone nombre en la cabecera."""
    numbers = [cells[0] for cells in below if len(cells) == len(first) + 1]
    counted = all(each.isdecimal() for each in numbers) and len(set(numbers)) == len(numbers)
    if numbers and counted and len(numbers) == len(below):
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
    header: list[str]
    header_line: int
    titles: list[Record]
    seen: Seen
    # Si las filas suelen empezar en minúscula, y lo que se repite en la primera y última columna.
    lowercase: bool
    repeated: tuple[set[str], set[str]]

    def read(self, asides: AsideLog) -> Iterator[list[Row]]:
        for record in self.titles:
            if any(map(str.strip, record.cells)):
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
        lines = _Lines(iter(stream), self.dialect.skipped)
        reader = _make_reader(lines, self.dialect)
        while lines.number < self.header_line:
            _read_record(lines, reader, self.dialect, 0, [])
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
        done, width, reader = 0, len(self.columns), _make_reader(block, self.dialect)
        try:
            for cells in reader:
                end = reader.line_num
                several = end - done > 1
                if len(cells) != width or cells == self.header:
                    return [], 0
                if several and _count_swallowed(block[done:end], self.dialect, self.seen):
                    return [], 0
                rows.append((start + done, cells))
                done = end
        except csv.Error:
            pass  # desde ahí se mira en la vuelta siguiente
        return rows, done

    def _read_slowly(self, lines: _Lines, reader: Any, end: int, asides: AsideLog) -> list[Row]:
        """Las filas que empiezan antes de la línea ``end``, mirando una a una qué les pasa."""
        rows, width = [], len(self.columns)
        while lines.number + 1 < end:
            record = _read_record(lines, reader, self.dialect, width, self.seen)
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
                parts = [record.raw] if whole else _split_lines(record.raw, self.dialect.end)
                for line, part in enumerate(parts, start=record.line):
                    asides.add(self.name, line, reason, _show(part))
            elif any(map(str.strip, record.cells)):
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
        return "" if _fits(cells, width) else MORE

    def _is_piece(self, record: Record) -> bool:
        """Si puede ser media fila: una sola celda o, en medio de un texto, cualquier cosa."""
        return len(record.cells) == 1 or (not self.lowercase and _starts_low(record.raw))

    def _continues(self, record: Record, lines: _Lines) -> bool:
        """Si tras una línea con una sola celda parece seguir su texto."""
        if not lines.broken or not _starts_low(record.raw):
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
        if any('"' in cell for cell in record.cells):
            return False
        return any(cell in values for cell, values in zip(record.cells, self.seen, strict=False))


def _split_lines(text: str, end: str) -> Iterator[str]:
    """Las líneas de un texto, cada una con su final."""
    return (found[0] for found in re.finditer(f"[^{end}]*{end}|[^{end}]+", text))


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
        notes.append(f"hay bytes que no son {encoding.name}")
    return notes
