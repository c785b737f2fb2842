"""json y jsonl: cada registro, una fila; el json se lee entero y el jsonl línea a línea."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from labsupport.base.encodings import Encoding, find_encoding, has_bad_bytes
from labsupport.base.errors import LabError
from labsupport.base.signs import BOM
from labsupport.data.reading.delimited import BAD_BYTES, FEWER, MORE
from labsupport.data.reading.headers import name_columns
from labsupport.data.reading.json_shapes import Shape, find_shapes, union_keys
from labsupport.data.reading.table import BATCH_ROWS, AsideLog, RawTable, Row

BROKEN = "línea que no es json"
REPEATED = "clave repetida en el registro"
NOT_RECORD = "no es un registro como los demás"
HAS_OBJECT = "un objeto donde las demás filas tienen un valor"
# Con estas líneas se ve si un archivo cuya primera línea no se entiende es jsonl.
SAMPLE_LINES = 50
_SPACE = re.compile(r"[ \t\n]*")
_BETWEEN = re.compile(r"[ \t\n,]*")
_HALF_LETTER = re.compile(r"\\u[dD][89a-fA-F]")


class _Repeated(dict):
    """Un objeto con una clave dos veces: uno de los dos valores se perdería."""


_OBJECTS = {dict, _Repeated}


class _Broken:
    """Lo que ocupa el lugar de una línea que no se entiende."""


@dataclass(frozen=True)
class _Item:
    """Un valor: ``line``, su línea o su número; ``raw``, cómo está escrito si se sabe.

    ``suspect``: si puede traer bytes o medias letras que no se entienden.
    """

    line: int
    value: Any
    raw: str = ""
    suspect: bool = False


def _build(pairs: list[tuple[str, Any]]) -> dict:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeated(found)


# NaN e Infinity no son json, pero Python los escribe; y hay quien deja tabuladores en los textos.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_build, parse_constant=lambda name: None, strict=False
)


def open_records(path: Path, header: bool | None = None) -> list[RawTable]:
    r"""Abre un json o un jsonl, diga lo que diga su extensión: una tabla, o una por split.

    ``header``: si los registros son listas, si la primera tiene los nombres, o None para verlo. La
    línea de una fila es la del archivo o, si este no va por líneas, su número de registro. Lanza
    LabError si no es json, si acaba a la mitad o si no se ve dónde están las filas.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.jsonl")
    >>> _ = path.write_text('{"texto": "Rico", "nota": 5}\n{"texto": \n', encoding="utf-8")
    >>> (table,), asides = open_records(path), AsideLog()
    >>> list(table.read(asides)), asides.first[0].line
    ([[(1, ['Rico', 5])]], 2)
    """
    with path.open("rb") as file:
        encoding = find_encoding(file, path.name)
    with _open_text(path, encoding) as file:
        start = list(islice((line for line in file if line.strip(f"{BOM} \t\n")), SAMPLE_LINES))
    if not start:
        raise LabError(f"{path.name} está vacío: no tiene ningún registro.")
    # Un json con todo en una línea puede ser enorme: solo se prueba la primera si hay más.
    if len(start) > 1 and not isinstance(_decode_line(start[0]), _Broken):
        return [_open_lines(path, encoding, header)]
    return _open_document(path, encoding, header, start)


def _open_text(path: Path, encoding: Encoding) -> TextIO:
    return path.open(encoding=encoding.codec, errors="surrogateescape")


def _decode_line(line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        return _Broken()


def _open_lines(path: Path, encoding: Encoding, header: bool | None) -> RawTable:
    def read_items() -> Iterator[_Item]:
        with _open_text(path, encoding) as file:
            for line, raw in enumerate(file, start=1):
                if not raw.isspace():
                    suspect = encoding.damaged or "\\ud" in raw or "\\uD" in raw
                    yield _Item(line, _decode_line(raw), raw, suspect)

    sample = [item.value for item in islice(read_items(), BATCH_ROWS)]
    return _make_table(path.name, f"jsonl, {encoding.name}", encoding, sample, read_items, header)


def _open_document(
    path: Path, encoding: Encoding, header: bool | None, start: list[str]
) -> list[RawTable]:
    with _open_text(path, encoding) as file:
        text = file.read()
    try:
        values = [value for _, value in _iterate_values(text, 0, closing="")]
    except json.JSONDecodeError as error:
        if _is_broken_jsonl(start):
            return [_open_lines(path, encoding, header)]
        raise _explain_damage(text, error, path.name) from error
    except (ValueError, RecursionError) as error:
        raise LabError(f"{path.name} no se entiende como json: {error}.") from error
    if len(values) > 1:
        return [_open_shape(path.name, encoding, header, Shape(values, path=()), text, 0)]
    if not values:
        raise LabError(f"{path.name} no se entiende como json: no tiene ningún registro.")
    _refuse_repeated(values[0], path.name)
    return [
        _open_shape(path.name, encoding, header, shape, text, _find_rows(text, shape))
        for shape in find_shapes(values[0], path.name)
    ]


def _is_broken_jsonl(start: list[str]) -> bool:
    """Si, aunque falle la primera, cada línea es un registro; en un json acabarían en coma."""
    good = sum(isinstance(_decode_line(line), dict) for line in start)
    return len(start) > 1 and good * 2 >= len(start)


def _explain_damage(text: str, error: json.JSONDecodeError, name: str) -> LabError:
    whole = text.rstrip()
    if error.pos >= len(whole) or error.msg.startswith("Unterminated"):
        last = whole.count("\n") + 1
        return LabError(
            f"{name} acaba a la mitad, en la línea {last}: descárgalo o guárdalo otra vez."
        )
    wrong = _show(text.split("\n")[error.lineno - 1].strip()[:60])
    return LabError(
        f"{name} no se entiende como json en la línea {error.lineno} («{wrong}»): corrígela, o "
        "guárdalo otra vez con json.dump."
    )


def _refuse_repeated(value: Any, name: str) -> None:
    parts = [value, *value.values()] if isinstance(value, dict) else []
    if any(isinstance(part, _Repeated) for part in parts):
        raise LabError(
            f"{name} tiene dos veces la misma clave y una taparía a la otra: deja una de las dos."
        )


def _open_shape(
    name: str, encoding: Encoding, header: bool | None, shape: Shape, text: str, start: int | None
) -> RawTable:
    lines: Sequence[int] = range(1, len(shape.rows) + 1)
    counted = ", contado por registros"
    # En un json de una sola línea, decir que todo está en la línea 1 no ayuda.
    if start is not None and "\n" in text.strip():
        lines, counted = list(_number_lines(text, start)), ""
    suspect = encoding.damaged or bool(_HALF_LETTER.search(text))

    def read_items() -> Iterator[_Item]:
        for line, value in zip(lines, shape.rows, strict=True):
            yield _Item(line, value, suspect=suspect)

    form = f"json ({shape.form}), {encoding.name}{counted}"
    table = _make_table(name, form, encoding, shape.rows, read_items, header, shape.columns)
    table.split = shape.split
    return table


def _find_rows(text: str, shape: Shape) -> int | None:
    """Dónde empieza en el texto el primer elemento de la lista de filas."""
    if shape.path is None:
        return None
    place = _skip(_SPACE, text)
    for key in shape.path:
        place = _find_value(text, place, key)
    return place + 1


def _skip(blanks: re.Pattern[str], text: str, place: int = 0) -> int:
    """Dónde acaban los blancos que hay, o no, desde ``place``."""
    found = blanks.match(text, place)
    return place if found is None else found.end()


def _find_value(text: str, place: int, wanted: str) -> int:
    """Dónde empieza el valor de una clave del objeto que empieza en ``place``."""
    place += 1
    while True:
        key, place = _DECODER.raw_decode(text, _skip(_BETWEEN, text, place))
        place = _skip(_SPACE, text, _skip(_SPACE, text, place) + 1)
        if key == wanted:
            return place
        place = _DECODER.raw_decode(text, place)[1]


def _iterate_values(text: str, place: int, closing: str = "]") -> Iterator[tuple[int, Any]]:
    """Los valores seguidos, o separados por comas, desde ``place`` hasta que la lista se cierra."""
    while (place := _skip(_BETWEEN, text, place)) < len(text) and text[place] != closing:
        value, end = _DECODER.raw_decode(text, place)
        yield place, value
        place = end


def _number_lines(text: str, start: int) -> Iterator[int]:
    line, seen = 1, 0
    for place, _ in _iterate_values(text, start):
        line += text.count("\n", seen, place)
        seen = place
        yield line


def _make_table(
    name: str,
    form: str,
    encoding: Encoding,
    sample: list[Any],
    read_items: Callable[[], Iterator[_Item]],
    header: bool | None,
    columns: list[str] | None = None,
) -> RawTable:
    records = [value for value in sample if isinstance(value, dict)]
    lists = [value for value in sample if isinstance(value, list)]
    if not records and not lists:
        raise LabError(
            f"{name} no tiene registros: cada fila debe ser como "
            '{"texto": "Muy rico", "etiqueta": "buena"}.'
        )
    if records and records[0].keys() >= {"data", "annotations"}:
        raise LabError(
            f"{name} parece una exportación entera de Label Studio, con las anotaciones dentro: "
            "expórtala allí como CSV o como JSON-MIN."
        )
    skipped = 0
    if len(lists) < len(records):
        keys: list[Any] = union_keys(records)
        columns, rows = [str(key) for key in keys], [[*map(row.get, keys)] for row in records]
    else:
        if columns is None:
            columns, skipped = name_columns(lists[0], lists[1:SAMPLE_LINES], header, name)
        keys, rows = list(range(len(columns))), [row for row in lists if len(row) == len(columns)]
    objects = _find_objects(rows, len(keys))
    if len(objects) == len(keys):
        raise LabError(
            f"Todas las columnas de {name} son objetos con otros datos dentro: aplánalos antes, "
            "por ejemplo con pandas.json_normalize."
        )
    reader = _Reader(
        name=name,
        kind=dict if len(lists) < len(records) else list,
        known=keys,
        keys=[key for place, key in enumerate(keys) if place not in objects],
        read_items=read_items,
        skipped=int(skipped),
        notes=_list_notes(encoding, [columns[place] for place in objects]),
    )
    columns = [each for place, each in enumerate(columns) if place not in objects]
    return RawTable(name, columns, reader.read, form=form, notes=reader.notes)


def _find_objects(rows: list[list[Any]], width: int) -> list[int]:
    """Las columnas cuyas celdas son casi todas objetos: no son ni un texto ni una clase."""
    found = []
    for place in range(width):
        kinds = Counter(isinstance(row[place], dict) for row in rows if row[place] is not None)
        if kinds[True] > kinds[False]:
            found.append(place)
    return found


def _list_notes(encoding: Encoding, objects: list[str]) -> list[str]:
    notes = ["hay bytes que no se entienden: sus filas van apartadas"] if encoding.damaged else []
    if objects:
        shown = ", ".join(f"«{each}»" for each in objects)
        notes.append(f"no se leen las columnas con objetos dentro ({shown})")
    return notes


@dataclass
class _Reader:
    """Saca las celdas de cada valor: ``kind``, si son dict o list; ``keys``, dónde están."""

    name: str
    kind: type
    known: list[Any]
    keys: list[Any]
    read_items: Callable[[], Iterator[_Item]]
    skipped: int
    notes: list[str]

    def read(self, asides: AsideLog) -> Iterator[list[Row]]:
        late: Counter[str] = Counter()
        rows = self._list_rows(asides, late)
        while batch := list(islice(rows, BATCH_ROWS)):
            yield batch
        self.notes += [
            f"la columna «{key}» no se lee: aparece por primera vez tras {BATCH_ROWS} filas ({n})"
            for key, n in late.items()
        ]

    def _list_rows(self, asides: AsideLog, late: Counter[str]) -> Iterator[Row]:
        known = set(self.known)
        for item in islice(self.read_items(), self.skipped, None):
            cells = self._pick(item.value)
            if item.suspect and has_bad_bytes(_write(item)):
                cells = BAD_BYTES
            if isinstance(cells, str):
                asides.add(self.name, item.line, cells, _show(item.raw or _write(item)))
                continue
            if self.kind is dict and not item.value.keys() <= known:
                late.update(item.value.keys() - known)
            yield item.line, cells

    def _pick(self, value: Any) -> list[Any] | str:
        """Las celdas, o por qué no se puede usar."""
        found = type(value)
        if found is not self.kind:
            return _explain_kind(value)
        if self.kind is dict:
            cells = [*map(value.get, self.keys)]
        elif len(value) == len(self.known):
            cells = [value[key] for key in self.keys]
        else:
            return FEWER if len(value) < len(self.known) else MORE
        return cells if _OBJECTS.isdisjoint(map(type, cells)) else HAS_OBJECT


def _explain_kind(value: Any) -> str:
    if isinstance(value, _Broken):
        return BROKEN
    return REPEATED if isinstance(value, _Repeated) else NOT_RECORD


def _write(item: _Item) -> str:
    if isinstance(item.value, _Broken):
        return item.raw
    return json.dumps(item.value, ensure_ascii=False)


def _show(raw: str) -> str:
    return raw.encode("utf-8", "replace").decode("utf-8")
