"""Las formas en que un json guarda una tabla: registros, columnas, las de pandas, por splits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from labsupport.base.errors import LabError
from labsupport.data.columns import is_known_name
from labsupport.data.reading.split_names import find_split


@dataclass(frozen=True)
class Shape:
    """Una tabla encontrada: ``rows``, registros (dict) o listas de celdas.

    ``columns``: sus nombres si la forma los dice aparte; ``path``: las claves por las que se llega
    a la lista de filas, o None si el archivo no las guarda una a una; ``form``: cómo se llama.
    """

    rows: list[Any]
    columns: list[str] | None = None
    path: tuple[str, ...] | None = None
    split: str | None = None
    form: str = "registros"


def find_shapes(value: Any, name: str, path: tuple[str, ...] = ()) -> list[Shape]:
    """Devuelve las tablas que hay en un json ya leído: una, o una por split.

    ``name``: cómo llamar al archivo. Lanza LabError si no se ve dónde están las filas.

    >>> find_shapes({"texto": {"0": "Rico"}, "nota": {"0": 5}}, "a.json")[0].rows
    [['Rico', 5]]
    >>> [shape.split for shape in find_shapes({"train": [{"a": 1}], "dev": [{"a": 2}]}, "a.json")]
    ['train', 'validation']
    """
    if isinstance(value, list):
        return [Shape(value, path=path)]
    if not isinstance(value, dict):
        raise LabError(f"{name} no tiene registros: es un solo valor ({str(value)[:40]}).")
    if not value:
        raise LabError(f"{name} está vacío: no tiene ningún registro.")
    return _find_in_object(value, name, path)


def _find_in_object(value: dict, name: str, path: tuple[str, ...]) -> list[Shape]:
    values = list(value.values())
    if isinstance(value.get("schema"), dict) and isinstance(value.get("data"), list):
        return [_read_table(value, path)]
    if _is_list_of(value.get("data"), list) and isinstance(value.get("columns"), list):
        columns = [str(each) for each in value["columns"]]
        return [Shape(value["data"], columns, (*path, "data"), form="orientación «split»")]
    splits = _find_splits(value)
    if splits:
        return [
            replace(shape, split=split)
            for key, split in splits.items()
            for shape in find_shapes(value[key], name, (*path, key))
        ]
    if _are_alike(values):
        return [_read_mapping(value)]
    if _are_columns(values):
        rows = [list(cells) for cells in zip(*values, strict=True)]
        return [Shape(rows, list(map(str, value)), form="columnas")]
    return _find_nested(value, name, path)


def _find_splits(value: dict) -> dict[str, str]:
    """Las claves que nombran splits distintos, si son las únicas con algo dentro."""
    inside = [key for key, each in value.items() if isinstance(each, list | dict)]
    found = {key: split for key in inside if (split := find_split(key))}
    whole = len(found) == len(inside) == len(set(found.values()))
    return found if whole else {}


def _read_table(value: dict, path: tuple[str, ...]) -> Shape:
    index = set(value["schema"].get("primaryKey", []))
    rows = [
        {key: cell for key, cell in row.items() if key not in index}
        if isinstance(row, dict)
        else row
        for row in value["data"]
    ]
    return Shape(rows, path=(*path, "data"), form="orientación «table»")


def _are_alike(values: list[Any]) -> bool:
    """Varios dicts con claves en común, o uno solo que es un registro."""
    if not all(isinstance(each, dict) for each in values):
        return False
    if len(values) == 1:
        return _is_flat(values[0])
    return not any(values[0].keys().isdisjoint(each) for each in values[1:] if each)


def _read_mapping(value: dict[str, dict]) -> Shape:
    """Un dict de dicts: las claves de fuera son las columnas o son los índices de las filas."""
    inner = list(dict.fromkeys(key for each in value.values() for key in each))
    if _are_outer_columns(list(value), inner):
        rows = [[column.get(key) for column in value.values()] for key in inner]
        return Shape(rows, list(value), form="orientación «columns»")
    return Shape(list(value.values()), form="orientación «index»")


def _are_outer_columns(outer: list[str], inner: list[str]) -> bool:
    known = [sum(map(is_known_name, names)) for names in (outer, inner)]
    if known[0] != known[1]:
        return known[0] > known[1]
    numbers = [all(key.isdigit() for key in names) for names in (outer, inner)]
    if numbers[0] != numbers[1]:
        return numbers[1]
    return len(outer) < len(inner)


def _are_columns(values: list[Any]) -> bool:
    """Varias listas igual de largas, y no de registros."""
    if len(values) < 2 or not all(isinstance(each, list) and each for each in values):
        return False
    same = len(set(map(len, values))) == 1
    return same and not any(_is_list_of(each, dict) for each in values)


def _find_nested(value: dict, name: str, path: tuple[str, ...]) -> list[Shape]:
    """Los registros bajo una clave, entre otras con la fecha, la cuenta o el nombre."""
    tables = [key for key, each in value.items() if _is_list_of(each, dict)]
    inside = [key for key, each in value.items() if isinstance(each, list | dict) and each]
    plain = [key for key, each in value.items() if not isinstance(each, list | dict)]
    if not tables and (_is_flat(value) or not inside or any(map(is_known_name, plain))):
        return [Shape([value], form="un solo registro")]
    candidates = tables or [key for key in inside if not _is_flat(value[key])] or inside
    if len(candidates) == 1:
        return find_shapes(value[candidates[0]], name, (*path, candidates[0]))
    raise LabError(
        f"No sé cuál de las partes de {name} tiene las filas: {', '.join(candidates)}. Guarda en "
        "un archivo solo esa, como una lista de registros."
    )


def _is_flat(value: Any) -> bool:
    """Si es un registro: un dict sin otros dicts ni listas de registros dentro."""
    if not isinstance(value, dict):
        return False
    return not any(isinstance(e, dict) or _is_list_of(e, dict | list) for e in value.values())


def _is_list_of(value: Any, kind: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], kind)


def union_keys(records: Iterable[dict]) -> list[str]:
    """Devuelve todas las claves de unos registros, por orden de aparición.

    >>> union_keys([{"a": 1}, {"b": 2, "a": 3}])
    ['a', 'b']
    """
    return list(dict.fromkeys(key for record in records for key in record))
