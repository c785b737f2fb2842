"""Cómo está escrito un texto con columnas: qué separador lleva, si usa comillas y cómo acaba.

Se leen las primeras filas de cada modo posible y se queda aquel en que mejor encajan.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from itertools import islice

from labsupport.base.errors import LabError
from labsupport.base.signs import BOM
from labsupport.data.columns import is_known_name, is_number
from labsupport.data.reading.rows import (
    Dialect,
    Record,
    fit_row_names,
    fits,
    iterate_records,
    split_lines,
)

# Los de siempre y, solo si todas las filas encajan con ellos, los raros.
USUAL, RARE = ",;\t|", ":^~¦\x1f"
NAMES = {"\t": "tabulador", "\x1f": "separador de unidades"}
SAMPLE_ROWS = 500
# Líneas que se pueden leer en balde en una muestra.
SAMPLE_WASTED = 100_000
TITLE_LINES = 10
_DECLARED = re.compile(r"\ufeff?sep=(.)\s*", re.I)
_QUOTED = re.compile(r'"[^"]*"')


def find_trial(sample: str, whole: bool = True) -> Trial:
    r"""Devuelve la lectura en que más filas de la muestra tienen tantos campos como la primera.

    ``whole``: si la muestra es el archivo entero o se corta a mitad de una fila.

    >>> find_trial("¿Qué mejorarías, y por qué?;nota\nNada;5\n").dialect.separator
    ';'
    >>> find_trial('texto\tclase\n"Hola\ta\nBien\tb\n"Adiós\tb\n').dialect.quoted
    False
    """
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
    others = RARE + " " * sample.lstrip(f"{BOM}\r\n").startswith('"')
    rare = [
        Trial(sample, Dialect(each, skipped=skipped, end=end), whole)
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
    return usual[0] if usual else Trial(sample, Dialect(",", skipped=skipped, end=end), whole)


def _find_end(sample: str) -> str:
    """La letra en que acaban las filas: un retorno suelto en medio de un texto no acaba ninguna."""
    ends = re.findall(r"\r*\n|\r", _QUOTED.sub("", sample))
    returns = ends.count("\r")
    others = len(ends) - returns
    old = returns >= others if ends[:1] == ["\r"] else returns > others * 10
    return "\r" if old else "\n"


def _choose_quotes(sample: str, dialect: Dialect, whole: bool) -> Trial:
    """Las comillas envuelven, salvo que leerlas de otro modo dé más filas enteras."""
    quoted = Trial(sample, dialect, whole)
    if '"' not in sample:
        return quoted
    if any(_follows_space(each, dialect.separator) for each in quoted.records):
        quoted = Trial(sample, replace(quoted.dialect, spaced=True), whole)
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
    trials = [quoted, *(Trial(sample, each, whole) for each in others)]
    return max(trials, key=lambda each: each.share)


def _follows_space(record: Record, separator: str) -> bool:
    """Si unas comillas van tras el separador y un espacio: ningún programa escribe así un texto."""
    marked = [cell for cell in record.cells or [] if re.fullmatch(r' +"[^"]*"\s*', cell)]
    return any(separator + cell in record.raw for cell in marked)


class Trial:
    """Las primeras filas leídas con un dialecto, y qué tan bien encajan.

    ``titles``: las de encima de la cabecera; ``rival``: otra lectura que encaja igual de bien.
    """

    def __init__(self, sample: str, dialect: Dialect, whole: bool) -> None:
        lines = split_lines(sample, dialect.end)
        read = iterate_records(lines, dialect, most_wasted=SAMPLE_WASTED)
        records = list(islice(read, SAMPLE_ROWS + 1))
        if not whole:
            # La última fila de una muestra cortada está a medias.
            places = (place for place, each in enumerate(records) if each.unclosed)
            records = records[: max(1, next(places, len(records) - 1))]
        top = _find_top(records)
        self.titles, self.records = records[:top], records[top:]
        self.dialect = replace(dialect, skipped=records[top].line - 1) if top else dialect
        self.rival: Trial | None = None
        if not self.records:
            self.records = [Record(1, [], "")]

    @cached_property
    def share(self) -> float:
        """Qué parte de las filas encaja con la primera."""
        first, *rest = self.records
        below = [each.cells or [] for each in rest]
        width = len(fit_row_names(first.cells or [], below)[0])
        if width < 2:
            return 0.0
        fitting = sum(fits(each.cells, width) for each in rest)
        return fitting / sum(self._count_rows(each, width) for each in rest) if rest else 0.1

    def is_like(self, other: Trial) -> bool:
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


def name_separator(dialect: Dialect) -> str:
    """Devuelve el separador como lo lee una persona: «tabulador» en vez del espacio en blanco."""
    return NAMES.get(dialect.separator, dialect.separator)


def ask_separator(name: str, first: Dialect, second: Dialect) -> LabError:
    """Devuelve el error que pide decir cuál de dos separadores es el de un archivo."""
    one, other = name_separator(first), name_separator(second)
    return LabError(
        f"No sé si las columnas de {name} las separa «{one}» o «{other}»: con los dos encajan "
        f"todas las filas. Añade una primera línea que diga «sep={first.separator}», o con el que "
        "sea."
    )
