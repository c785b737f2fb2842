"""Reúne lo que alguien respondió a cada pregunta abierta, esté en la celda en que esté."""

from __future__ import annotations

from typing import Any

from labsupport.grading.cells.identify import identify_cells, remake_cell, strip_text
from labsupport.grading.cells.roles import is_managed, read_metadata


def gather_answers(cells: list[Any], source: list[Any], release: list[Any]) -> list[Any]:
    """Devuelve las celdas con cada respuesta abierta entera y en su sitio.

    Al partir o pegar una celda se copia su nombre, y hay quien responde en una celda nueva o
    borra la que había: nada de eso deja una respuesta sin leer. ``source`` y ``release``: las
    celdas del cuaderno resuelto y las del que se reparte, de donde sale el hueco sin rellenar.
    """
    managed = [cell for cell in source if is_managed(cell)]
    given = {strip_text(cell.source) for cell in release} | {""}
    empty = {read_metadata(cell).get("grade_id"): cell.source for cell in release}
    for number, original in enumerate(managed):
        if original.cell_type == "markdown" and read_metadata(original).get("solution"):
            names = identify_cells(cells, managed)
            section = _find_section(names, managed, number)
            name = read_metadata(original)["grade_id"]
            own = [place for place, each in enumerate(names) if each == name]
            text = _join_answer(cells, own, section, given) or empty.get(name, "")
            place = own[-1] + 1 if own else section.stop
            answer = remake_cell(original, text)
            kept = enumerate([*cells[:place], answer, *cells[place:]])
            cells = [cell for position, cell in kept if position not in own]
    return cells


def _join_answer(cells: list[Any], own: list[int], section: range, given: set[str]) -> str:
    """Junta lo escrito en las celdas de la respuesta o, si no hay nada, en las de su apartado."""
    notes = [place for place in section if cells[place].cell_type == "markdown"]
    for places in (own, notes):
        texts = [cells[place].source for place in places]
        written = [text for text in texts if strip_text(text) not in given]
        if written:
            return "\n\n".join(written)
    return ""


def _find_section(names: list[str], managed: list[Any], number: int) -> range:
    """Devuelve las posiciones entre la celda del ejercicio anterior a una y la siguiente."""
    order = {read_metadata(cell)["grade_id"]: place for place, cell in enumerate(managed)}
    before = [place for place, name in enumerate(names) if name and order[name] < number]
    start = max(before, default=-1) + 1
    after = (place for place in range(start, len(names)) if order.get(names[place], -1) > number)
    return range(start, next(after, len(names)))
