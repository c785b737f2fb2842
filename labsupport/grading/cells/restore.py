"""Devuelve a su sitio las celdas que no son de quien entrega."""

from __future__ import annotations

import ast
import copy
from typing import Any

import nbformat

from labsupport.grading.cells.identify import identify_cells, read_visible, remake_cell, strip_text
from labsupport.grading.cells.roles import is_fixed, is_managed, is_test, read_metadata

EDITED, DELETED = "editada", "borrada"
DUPLICATED, MOVED = "duplicada", "cambiada de sitio"


def restore_cells(cells: list[Any], source: list[Any]) -> tuple[list[Any], list[str]]:
    """Devuelve las celdas entregadas con las fijas en su sitio y qué comprobaciones se repusieron.

    ``source``: las celdas del cuaderno resuelto. Las celdas propias de quien entrega quedan en
    su orden; una comprobación que falta se repone lo más tarde posible dentro de su apartado.
    """
    managed = {read_metadata(cell)["grade_id"]: cell for cell in source if is_managed(cell)}
    order = {name: number for number, name in enumerate(managed)}
    names = identify_cells(cells, list(managed.values()))
    faults = _find_faults(cells, names, managed, order)
    kept = _drop_repeated(cells, names, managed)
    places = [order[name] for _, name in kept if name]
    if places != sorted(places):
        kept = [(cell, name) for cell, name in kept if not name or not is_fixed(managed[name])]
    for name, original in managed.items():
        if is_fixed(original) and name not in {each for _, each in kept}:
            place = _find_place(kept, order[name], order)
            kept.insert(place, (copy.deepcopy(original), name))
    restored = [each for cell, name in kept for each in _refresh(cell, managed.get(name))]
    return restored, faults


def _find_faults(
    cells: list[Any], names: list[str], managed: dict[str, Any], order: dict[str, int]
) -> list[str]:
    faults = []
    seen = [name for name in dict.fromkeys(names) if name]
    for name, original in managed.items():
        if not is_test(original):
            continue
        copies = [cell for cell, each in zip(cells, names, strict=True) if each == name]
        if not copies:
            faults.append(f"{name}: {DELETED}")
        elif any(not _is_unchanged(copy, original) for copy in copies):
            faults.append(f"{name}: {EDITED}")
        if len(copies) > 1:
            faults.append(f"{name}: {DUPLICATED}")
        earlier = {each for each in seen if order[each] < order[name]}
        if copies and set(seen[: seen.index(name)]) != earlier:
            faults.append(f"{name}: {MOVED}")
    return faults


def _drop_repeated(
    cells: list[Any], names: list[str], managed: dict[str, Any]
) -> list[tuple[Any, str]]:
    """Quita las copias de celdas fijas; de una respuesta repetida, la última es la que vale."""
    kept, seen = [], set()
    for cell, name in zip(reversed(cells), reversed(names), strict=True):
        if name in seen:
            if is_fixed(managed[name]):
                continue
            name = ""
        if name:
            seen.add(name)
        kept.append((cell, name))
    return kept[::-1]


def _find_place(kept: list[tuple[Any, str]], number: int, order: dict[str, int]) -> int:
    before = [place for place, (_, name) in enumerate(kept) if name and order[name] < number]
    place = end = max(before, default=-1) + 1
    while end < len(kept) and not kept[end][1]:
        end += 1
        if kept[end - 1][0].cell_type == "code":
            place = end
    return place


def _refresh(cell: Any, original: Any | None) -> list[Any]:
    """Da a una celda los metadatos (y, si es fija, el texto) de la original.

    Lo que alguien añadió a una celda fija que no es una comprobación (un import, por ejemplo)
    no se pierde: va detrás, en una celda propia.
    """
    cell.metadata.pop("nbgrader", None)
    if original is None:
        return [cell]
    own = []
    if is_fixed(original) and not is_test(original) and not _is_unchanged(cell, original):
        own = [nbformat.v4.new_code_cell(cell.source)] if cell.cell_type == "code" else []
    if is_fixed(original) or cell.cell_type != original.cell_type:
        cell = remake_cell(original, original.source if is_fixed(original) else cell.source)
    cell.metadata["nbgrader"] = nbformat.from_dict(dict(read_metadata(original)))
    return [cell, *own]


def _is_unchanged(cell: Any, original: Any) -> bool:
    if cell.cell_type != original.cell_type:
        return False
    known = (read_visible(original), strip_text(original.source))
    return strip_text(cell.source) in known or _says_the_same(cell.source, known[0])


def _says_the_same(text: str, known: str) -> bool:
    """Dice si dos códigos solo se diferencian en sus comentarios o en su formato."""
    if len(text) > 4 * len(known):
        return False
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(known))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
