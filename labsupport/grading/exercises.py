"""Los ejercicios resueltos: de ellos salen las comprobaciones y sus puntos."""

from __future__ import annotations

import ast
import functools
import re
import symtable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from labsupport.base.errors import LabError
from labsupport.grading.records import CheckResult, compute_digest

CONFIG = "nbgrader_config.py"
POINTS_TOLD = re.compile(r"\s*\([\d.,]+ puntos?\)$")
HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


@dataclass(frozen=True)
class Exercise:
    """Un ejercicio: el cuaderno resuelto (``notebook``) y los archivos que lo acompañan.

    ``config``: el nbgrader_config.py con que se genera lo que recibe cada estudiante.
    """

    name: str
    notebook: bytes = field(repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    config: bytes = field(default=b"", repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Lo que se calcula una vez por proceso no viaja con cada entrega.
        return Exercise, (self.name, self.notebook, self.files, self.config)

    @functools.cached_property
    def digest(self) -> str:
        """Huella de todo lo que decide una nota."""
        return compute_digest({**self.files, "": self.notebook, "/": self.config}, self.name)

    @functools.cached_property
    def cells(self) -> list[Any]:
        """Las celdas del cuaderno resuelto."""
        return nbformat.reads(self.notebook.decode("utf-8"), as_version=4).cells

    @functools.cached_property
    def grade_ids(self) -> set[str]:
        """Los nombres de las celdas que nbgrader conoce."""
        return {cell.metadata.nbgrader.grade_id for cell in self.cells if is_managed(cell)}

    def list_checks(self) -> list[CheckResult]:
        """Devuelve sus comprobaciones, sin puntos todavía, con el título de su apartado."""
        checks, title = [], self.name
        for cell in self.cells:
            if cell.cell_type == "markdown":
                title = _find_heading(cell.source) or title
            if read_metadata(cell).get("grade"):
                meta = read_metadata(cell)
                manual = bool(meta.get("solution"))
                checks.append(
                    CheckResult(meta["grade_id"], title, float(meta["points"]), None, manual)
                )
        return checks


@dataclass(frozen=True)
class Names:
    """Los nombres del cuaderno resuelto: lo que define y lo que importa quien lo escribió.

    ``imports``: alias a (módulo, atributo o vacío), solo los que nunca se reasignan.
    """

    bound: frozenset[str]
    imports: dict[str, tuple[str, str]]

    @property
    def packages(self) -> list[str]:
        """Los paquetes importados, por su nombre de primer nivel."""
        return sorted({module.partition(".")[0] for module, _ in self.imports.values()})


def read_exercises(source: Path) -> dict[str, Exercise]:
    """Lee los ejercicios de ``source`` (``<nombre>/<nombre>.ipynb``), por nombre.

    Si junto a ``source`` hay un nbgrader_config.py, es el del curso y vale también para calificar.
    Lanza LabError si no hay ninguno o si un cuaderno no se puede leer.
    """
    folders = sorted(path.parent for path in source.glob("*/*.ipynb") if _is_main(path))
    if not folders:
        raise LabError(
            f"No hay ejercicios resueltos en «{source}»: cada uno va en "
            "<nombre>/<nombre>.ipynb; di dónde están con --source."
        )
    return {folder.name: _read_exercise(folder) for folder in folders}


def list_names(cells: list[Any]) -> Names:
    r"""Devuelve los nombres que definen las celdas de un cuaderno resuelto.

    >>> cell = nbformat.v4.new_code_cell("import numpy as np\nfrom math import sqrt\nx = 1")
    >>> names = list_names([cell])
    >>> sorted(names.bound), names.imports["np"], names.imports["sqrt"], names.packages
    (['x'], ('numpy', ''), ('math', 'sqrt'), ['math', 'numpy'])
    """
    trees = [(cell, _parse(cell.source)) for cell in cells if cell.cell_type == "code"]
    nodes = [(cell, node) for cell, tree in trees for node in ast.walk(tree)]
    bound = {name for _, node in nodes for name in _bound_by(node)}
    imports = {}
    for cell, node in nodes:
        if not read_metadata(cell).get("solution"):
            imports.update(_imported_by(node))
    return Names(
        frozenset(bound), {name: where for name, where in imports.items() if name not in bound}
    )


def list_top_names(source: str) -> list[str]:
    """Devuelve los nombres que define un código en cualquiera de sus niveles.

    >>> list_top_names("x = 1")
    ['x']
    """
    nodes = list(ast.walk(_parse(source)))
    imported = {name for node in nodes for name in _imported_by(node)}
    return sorted({name for node in nodes for name in _bound_by(node)} | imported)


def list_module_names(source: str) -> list[str]:
    r"""Devuelve los nombres que define un código en su primer nivel, o nada si no se entiende.

    >>> list_module_names("import os\ndef f(x):\n    y = x")
    ['f', 'os']
    """
    try:
        symbols = symtable.symtable(source, "", "exec").get_symbols()
    except SyntaxError:
        return []
    return sorted(each.get_name() for each in symbols if each.is_assigned() or each.is_imported())


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


def _is_main(path: Path) -> bool:
    return path.stem == path.parent.name


def _read_exercise(folder: Path) -> Exercise:
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and not _is_hidden(path.relative_to(folder))
    }
    config = folder.parent.parent / CONFIG
    exercise = Exercise(
        folder.name,
        (folder / f"{folder.name}.ipynb").read_bytes(),
        files,
        config.read_bytes() if config.is_file() else b"",
    )
    try:
        checks, cells = exercise.list_checks(), exercise.cells
    except Exception as error:  # noqa: BLE001 - nbformat lanza varias clases sin relación
        raise LabError(
            f"El ejercicio resuelto «{folder.name}» no se puede leer ({error}): recupéralo."
        ) from error
    if any("checksum" in read_metadata(cell) for cell in cells):
        raise LabError(
            f"«{folder}» es lo que se reparte, sin las comprobaciones ocultas: di en --source "
            "dónde están los ejercicios resueltos."
        )
    if not checks:
        raise LabError(f"El ejercicio resuelto «{folder.name}» no tiene ninguna celda con puntos.")
    return exercise


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts)


def _find_heading(source: str) -> str:
    """Devuelve el último título, sin sus puntos (van en otra columna) ni marcas de Markdown."""
    headings = [line.lstrip("# ").strip() for line in source.split("\n") if line.startswith("#")]
    return POINTS_TOLD.sub("", headings[-1]).replace("`", "") if headings else ""


def _parse(source: str) -> ast.Module:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return ast.Module([], [])


def _bound_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        return [node.id]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    return []


def _imported_by(node: ast.AST) -> dict[str, tuple[str, str]]:
    if isinstance(node, ast.Import):
        return {
            alias.asname or alias.name.partition(".")[0]: (
                (alias.name if alias.asname else alias.name.partition(".")[0]),
                "",
            )
            for alias in node.names
        }
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    return {}
