"""Reconoce las celdas de un ejercicio en un cuaderno entregado, aunque les falten los metadatos."""

from __future__ import annotations

from typing import Any

import nbformat

from labsupport.grading.cells.roles import is_fixed, read_metadata, remove_hidden_lines


def identify_cells(cells: list[Any], managed: list[Any]) -> list[str]:
    """Devuelve, por celda entregada, a cuál del ejercicio corresponde (o un texto vacío).

    Se reconoce por el nombre que le puso nbgrader y, si la herramienta con que se entregó borró
    los metadatos, por su id o porque su texto es el de una celda fija.
    """
    known = {read_metadata(cell)["grade_id"]: cell for cell in managed}
    by_id = {cell["id"]: name for name, cell in known.items() if cell.get("id")}
    by_text = {read_visible(cell): name for name, cell in known.items() if is_fixed(cell)}
    by_text.pop("", None)
    names = [str(read_metadata(cell).get("grade_id", "")) for cell in cells]
    names = [name if name in known else "" for name in names]
    for number, cell in enumerate(cells):
        found = by_id.get(cell.get("id", "")) or by_text.get(strip_text(cell.source), "")
        if not names[number] and found not in names:
            names[number] = found
    return names


def read_visible(cell: Any) -> str:
    """Devuelve el texto de una celda del ejercicio como lo ve quien lo resuelve."""
    return strip_text(remove_hidden_lines(cell.source))


def strip_text(text: str) -> str:
    """Quita lo que una plataforma cambia sin querer: fines de línea y espacios al final."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()


def remake_cell(original: Any, text: str) -> Any:
    """Devuelve una celda como la original (clase, id y lo que apuntó nbgrader) con otro texto."""
    make = nbformat.v4.new_code_cell
    if original.cell_type == "markdown":
        make = nbformat.v4.new_markdown_cell
    cell = make(text, **({"id": original["id"]} if original.get("id") else {}))
    cell.metadata["nbgrader"] = nbformat.from_dict(dict(read_metadata(original)))
    return cell
