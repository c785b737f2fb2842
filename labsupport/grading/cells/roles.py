"""Qué papel tiene cada celda de un ejercicio: dada, respuesta, comprobación o suelta."""

from __future__ import annotations

import re
from typing import Any

import nbformat

HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
POINTS_TOLD = re.compile(r"\s*\([\d.,]+ puntos?\)$")


def read_metadata(cell: Any) -> dict[str, Any]:
    """Devuelve lo que nbgrader apuntó en una celda, o un diccionario vacío."""
    found = cell.metadata.get("nbgrader")
    return found if isinstance(found, dict) else {}


def is_managed(cell: Any) -> bool:
    """Dice si nbgrader lleva cuenta de la celda: con nota, para responder o fija."""
    meta = read_metadata(cell)
    marked = any(meta.get(key) for key in ("grade", "solution", "locked", "task"))
    return bool(marked and meta.get("grade_id"))


def is_test(cell: Any) -> bool:
    """Dice si la celda es una comprobación automática."""
    meta = read_metadata(cell)
    is_code = cell.cell_type == "code"
    return bool(is_code and meta.get("grade") and not meta.get("solution"))


def is_fixed(cell: Any) -> bool:
    """Dice si quien resuelve el ejercicio no debe tocar la celda."""
    meta = read_metadata(cell)
    return is_managed(cell) and not meta.get("solution") and not meta.get("task")


def find_hidden_lines(source: str) -> set[int]:
    r"""Devuelve los números de línea, desde 1, de la parte oculta de una comprobación.

    >>> sorted(find_hidden_lines("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc"))
    [2, 3, 4]
    """
    hidden, inside = set(), False
    for number, line in enumerate(source.split("\n"), start=1):
        inside = inside or HIDDEN[0] in line
        if inside:
            hidden.add(number)
        inside = inside and HIDDEN[1] not in line
    return hidden


def remove_hidden_lines(source: str) -> str:
    """Devuelve la comprobación como la ve quien resuelve el ejercicio."""
    hidden = find_hidden_lines(source)
    lines = enumerate(source.split("\n"), start=1)
    return "\n".join(line for number, line in lines if number not in hidden)


def find_heading(source: str) -> str:
    """Devuelve el último título, sin sus puntos (van en otra columna) ni marcas de Markdown.

    >>> find_heading("## Tarea 1. `mean` (2 puntos)")
    'Tarea 1. mean'
    """
    headings = [line.lstrip("# ").strip() for line in source.split("\n") if line.startswith("#")]
    return POINTS_TOLD.sub("", headings[-1]).replace("`", "") if headings else ""


def make_cell(source: str, grade_id: str, **marks: Any) -> Any:
    """Devuelve una celda de código con los metadatos de nbgrader (``solution=True``, por ejemplo).

    >>> is_test(make_cell("assert True", "prueba", grade=True, locked=True, points=1))
    True
    """
    cell = nbformat.v4.new_code_cell(source)
    marked = {"grade": False, "solution": False, "locked": False, "task": False, **marks}
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": grade_id, **marked}
    return cell
