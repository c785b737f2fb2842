"""De una ruta a filas con texto y clase: se lee una sola vez y todo lo que no entra se cuenta.

De un split con más de ``KEPT_ROWS`` filas se guardan ``SAMPLED_ROWS`` (o las que hagan falta, si
son más), elegidas al azar con la semilla; las cuentas son siempre de todas. Así 700.000 reseñas
cuestan lo que leerlas y ocupan poco.
"""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.tables import join_names
from labsupport.data.columns import Choice, Sketch, choose_columns, sketch_columns
from labsupport.data.labels import Classes, name_classes
from labsupport.data.reading.delimited import BAD_BYTES, BAD_ESCAPE, FEWER, MORE, SPLIT
from labsupport.data.reading.rows import OPEN_QUOTE
from labsupport.data.reading.sources import open_tables
from labsupport.data.reading.table import TITLE, AsideLog, RawTable, Row
from labsupport.data.sampling import Split
from labsupport.data.splits import number_copies
from labsupport.data.subset import TEST, TRAIN, VALIDATION

KEPT_ROWS = 100_000
# De un split con más filas que KEPT_ROWS bastan estas, o las que se pidan.
SAMPLED_ROWS = 20_000
NO_TEXT, NO_LABEL, LIST = "sin texto", "sin etiqueta", "una lista donde va el texto"
SEVERAL = "varias etiquetas"


@dataclass
class Gathered:
    """Lo leído: los splits con sus filas, las clases, las columnas y lo que se apartó."""

    splits: dict[str, Split]
    classes: Classes
    columns: Choice
    tables: list[RawTable]
    asides: AsideLog
    others: list[str]
    notes: list[str]

    @cached_property
    def copies(self) -> np.ndarray:
        """Un número por fila guardada, split tras split: el mismo si los textos son copias."""
        return number_copies([text for split in self.splits.values() for text in split.texts])

    def copies_of(self, name: str) -> np.ndarray:
        """Los de las filas guardadas de un split."""
        start = 0
        for split in self.splits.values():
            if split.name == name:
                return self.copies[start : start + len(split.texts)]
            start += len(split.texts)
        raise KeyError(name)

    @property
    def rows_kept(self) -> int:
        """Cuántas filas con texto y etiqueta había en total."""
        return sum(split.total for split in self.splits.values())

    @property
    def rows_read(self) -> int:
        """Cuántas filas se leyeron, también las apartadas."""
        return self.rows_kept + self.asides.total


def gather_rows(
    path: Path,
    text_column: str | None = None,
    label_column: str | None = None,
    *,
    header: bool | None = None,
    sheet: str | None = None,
    seed: int = 42,
    limit: int = KEPT_ROWS,
    enough: int = SAMPLED_ROWS,
    shown: int = 0,
) -> Gathered:
    """Lee un archivo, una carpeta o un zip y devuelve sus filas con texto y clase.

    ``limit``: un split con más filas que estas se queda en ``enough``, al azar; ``shown``: cuántas
    de las primeras se guardan aparte, en ``first``. Lanza LabError, con qué hacer, si no se puede
    leer, si no se sabe qué columnas usar, si las etiquetas no son clases o si se aparta más de lo
    que se queda.
    """
    asides = AsideLog()
    tables = sorted(
        open_tables(path, header, sheet), key=lambda table: table.split in (TEST, VALIDATION)
    )
    opened = [_Opened(table, table.read(asides)) for table in tables]
    columns = _choose(opened, text_column, label_column)
    make_split = partial(Split, limit=limit, seed=seed, shown=shown)
    with _pause_collector():
        splits, values, notes = _read_all(opened, columns, asides, make_split)
    for split in splits.values():
        if split.total > limit:
            split.trim(min(limit, enough))
    _check_asides(asides, splits, path.resolve().name)
    given = next(
        (table.classes[columns.label] for table in tables if columns.label in table.classes), None
    )
    counts = Counter[Any]()
    for split in splits.values():
        counts.update({values[place]: count for place, count in split.counts.items()})
    classes = _name_classes(counts, columns.label, given, asides)
    _apply_classes(splits.values(), values, classes)
    return Gathered(
        splits=splits,
        classes=classes,
        columns=columns,
        tables=tables,
        asides=asides,
        others=[n for n in tables[0].columns if n not in (columns.text, columns.label)],
        notes=[*dict.fromkeys(chain.from_iterable(table.notes for table in tables)), *notes],
    )


@contextmanager
def _pause_collector() -> Iterator[None]:
    """Mientras se leen filas no se buscan ciclos: no los hay, y mirarlas una y otra vez cuesta."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class _Opened:
    """Una tabla con su primer lote ya leído: por él se conocen las columnas."""

    def __init__(self, table: RawTable, batches: Iterable[list[Row]]) -> None:
        self.table = table
        self._batches = iter(batches)
        self.first = next(self._batches, [])

    def sketch(self) -> list[Sketch]:
        return sketch_columns(self.table.columns, [cells for _, cells in self.first])

    def batches(self) -> Iterable[list[Row]]:
        first, self.first = self.first, []
        return chain([first], self._batches)


def _choose(opened: Sequence[_Opened], text: str | None, label: str | None) -> Choice:
    """Se eligen en la tabla de entrenamiento o, si no se sabe cuál es, en la primera."""
    ordered = sorted(opened, key=lambda each: each.table.split not in (TRAIN, None))
    table = ordered[0].table
    if len(table.columns) == 1:
        raise _refuse_one_column(table)
    return choose_columns(ordered[0].sketch(), text, label)


def _refuse_one_column(table: RawTable) -> LabError:
    name = table.columns[0]
    if re.search(r"[,;\t|]", name):
        return LabError(
            f"En {table.name} cada fila va entera entre comillas («{name[:60]}») y queda una sola "
            "columna: en la hoja de cálculo, sepárala con «Texto en columnas» y guárdalo otra vez."
        )
    way = "Si las hay, revisa con qué separador se guardó"
    if not table.typed:
        way = "Si están en otra hoja, pídela con «archivo.xlsx#Hoja» en «dataset_name»"
    elif not table.form.startswith("texto"):
        way = "; ".join([*table.notes, "lo que va dentro de otro objeto hay que sacarlo antes"])
    return LabError(
        f"{table.name} tiene una sola columna que se pueda usar («{name[:60]}»): hacen falta dos, "
        f"el texto y su etiqueta. {way}."
    )


def _read_all(
    opened: Sequence[_Opened], columns: Choice, asides: AsideLog, make_split: Callable[[str], Split]
) -> tuple[dict[str, Split], list[Any], list[str]]:
    """Devuelve los splits, los valores de etiqueta que hay y lo que conviene contar."""
    splits: dict[str, Split] = {}
    places: dict[Any, int] = {}
    notes: list[str] = []
    for each in opened:
        table, name = each.table, each.table.split or TRAIN
        missing = {columns.text, columns.label} - set(table.columns)
        if missing:
            notes.append(f"{table.name} no tiene la columna «{sorted(missing)[0]}» y no se usa")
            continue
        split = splits.setdefault(name, make_split(name))
        _read_table(each, columns, split, places, asides)
    used = {name: split for name, split in splits.items() if split.total}
    notes += [
        f"«{name}» no tiene ninguna etiqueta y no se usa" for name in splits if name not in used
    ]
    return used, list(places), notes


def _read_table(
    opened: _Opened, columns: Choice, split: Split, places: dict[Any, int], asides: AsideLog
) -> None:
    table = opened.table
    text_at, label_at = (table.columns.index(name) for name in (columns.text, columns.label))
    given = table.classes.get(columns.label)
    for batch in opened.batches():
        texts = [cells[text_at] for _, cells in batch]
        labels = [cells[label_at] for _, cells in batch]
        if given is None and _is_plain(texts, labels):
            labels = list(map(str.strip, labels))
        else:
            texts, labels = _choose_rows(batch, text_at, label_at, table, asides)
        split.add(texts, _number_all(labels, places))


def _is_plain(texts: list[Any], labels: list[Any]) -> bool:
    """Si todo son textos con algo escrito, que es lo corriente."""
    try:
        return all(map(str.strip, texts)) and all(map(str.strip, labels))
    except TypeError:
        return False


def _choose_rows(
    batch: list[Row],
    text_at: int,
    label_at: int,
    table: RawTable,
    asides: AsideLog,
) -> tuple[list[str], list[Any]]:
    """Los textos y las etiquetas de las filas que tienen las dos cosas; las demás, apartadas."""
    texts, labels = [], []
    given = table.classes.get(table.columns[label_at])
    for line, cells in batch:
        text, label = cells[text_at], cells[label_at]
        if isinstance(text, list):
            asides.add(table.name, line, LIST, _show(text))
            continue
        text = text if isinstance(text, str) else _show(text)
        if isinstance(label, list):
            if len(label) > 1:
                asides.add(table.name, line, SEVERAL, " | ".join(map(_show, cells)))
                continue
            # Las herramientas de anotar escriben siempre una lista, aunque lleve una sola.
            label = label[0] if label else None
        if isinstance(label, str):
            label = label.strip()
        elif given is not None:
            label = _name_given(label, given)
        elif not table.typed and label is not None:
            label = _show(label)
        # Un NaN es lo único que no es igual a sí mismo.
        empty = label is None or label == "" or label != label
        if text.strip() and not empty:
            texts.append(text)
            labels.append(label)
        elif any(cell not in (None, "") for cell in cells):
            reason = NO_LABEL if text.strip() else NO_TEXT
            asides.add(table.name, line, reason, " | ".join(map(_show, cells)))
    return texts, labels


def _number_all(labels: list[Any], places: dict[Any, int]) -> list[int]:
    try:
        return [places[label] for label in labels]
    except (KeyError, TypeError):  # falta alguna, o es una lista, que no puede ser clave
        return [_number(label, places) for label in labels]


def _number(label: Any, places: dict[Any, int]) -> int:
    if isinstance(label, bool):
        label = str(label)  # para Python, True y 1 son el mismo valor
    elif isinstance(label, list):
        label = tuple(map(str, label))
    return places.setdefault(label, len(places))


def _name_given(label: Any, given: Sequence[str]) -> Any:
    """El nombre de una clase que el dataset guarda como número; -1 es «sin etiqueta»."""
    if label is None or label == -1:
        return None
    if not 0 <= label < len(given):
        raise LabError(
            f"Hay etiquetas fuera de 0 a {len(given) - 1} ({label}): corrige esas filas o elige "
            "otra columna en «label_column»."
        )
    return given[label]


def _show(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _check_asides(asides: AsideLog, splits: dict[str, Split], name: str) -> None:
    kept = sum(split.total for split in splits.values())
    if not kept and not asides.total:
        raise LabError(f"{name} no tiene ninguna fila debajo de los nombres de las columnas.")
    if kept and asides.total - asides.counts[TITLE] <= kept:
        return
    reason = asides.counts.most_common(1)[0][0]
    example = next(each for each in asides.first if each.reason == reason)
    why = join_names(f"{count} por «{each}»" for each, count in asides.counts.most_common())
    raise LabError(
        f"De las {kept + asides.total} filas de {name} no sirven {asides.total}: {why} (línea "
        f"{example.line}: {example.content}). {ADVICE.get(reason, 'Mira esa línea en el archivo.')}"
    )


AGAIN = "Guárdalo otra vez desde una hoja de cálculo."
ADVICE = {
    NO_TEXT: "Revisa «text_column».",
    NO_LABEL: "Revisa «label_column».",
    SEVERAL: "Deja una por texto o elige otra columna en «label_column».",
    LIST: "Une cada una en un solo texto o elige otra columna en «text_column».",
    MORE: "El texto lleva dentro el separador y va sin comillas: guárdalo otra vez entre comillas "
    "o con otro separador.",
    FEWER: "Guárdalo otra vez desde el programa en que lo hiciste.",
    OPEN_QUOTE: AGAIN,
    SPLIT: "Guárdalo otra vez con los textos entre comillas.",
    BAD_ESCAPE: AGAIN,
    BAD_BYTES: "Guárdalo otra vez como CSV UTF-8.",
}


def _name_classes(
    counts: Counter[Any], column: str, given: Sequence[str] | None, asides: AsideLog
) -> Classes:
    """Si faltan clases, lo apartado puede ser el motivo."""
    try:
        return name_classes(counts, column, given)
    except LabError as error:
        if not asides.total:
            raise
        first = asides.first[0]
        raise LabError(
            f"{error} De las leídas se apartaron {asides.total} (la primera, línea {first.line}, "
            f"por «{first.reason}»: {first.content})."
        ) from error


def _apply_classes(splits: Iterable[Split], values: Sequence[Any], classes: Classes) -> None:
    numbers = [classes.places[value] if value in classes.places else -1 for value in values]
    for split in splits:
        split.labels = [numbers[place] for place in split.labels]
        split.first = [(text, numbers[place]) for text, place in split.first]
        renamed = Counter[int]()
        for place, count in split.counts.items():
            renamed[numbers[place]] += count
        split.counts = renamed
