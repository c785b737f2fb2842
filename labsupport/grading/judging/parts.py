"""Las partes de un ejercicio para comprobarlo desde fuera: qué corre cada proceso.

Las celdas dadas corren en los dos; las respuestas y las **sondas**, solo en el de la entrega. Una
sonda es una celda dada que usa lo que define una respuesta: prueba un objeto que no se puede
mandar (un ``Trainer``, un optimizador) y devuelve datos.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from labsupport.grading.cells.roles import is_managed, is_test, read_metadata


@dataclass
class Parts:
    """Lo que necesita quien comprueba un ejercicio.

    ``given``: código de cada celda dada y si hace falta que funcione; ``remote``: los nombres que
    están en la entrega; ``probes``: de cada función de una sonda, el código de su celda.
    """

    given: list[tuple[str, bool]] = field(default_factory=list)
    remote: set[str] = field(default_factory=set)
    probes: dict[str, str] = field(default_factory=dict)


def split_exercise(cells: Iterable[Any]) -> Parts:
    r"""Separa las celdas de un ejercicio resuelto.

    >>> from labsupport.grading.cells.roles import make_cell
    >>> answer = make_cell("def f(x):\n    return x", "f", solution=True)
    >>> probe = make_cell("def g():\n    return f(1)", "g", locked=True)
    >>> parts = split_exercise([make_cell("import math", "a", locked=True), answer, probe])
    >>> parts.given, sorted(parts.remote), list(parts.probes)
    ([('import math', True)], ['f', 'g'], ['g'])
    """
    parts = Parts()
    for cell in cells:
        if cell.cell_type != "code" or is_test(cell):
            continue
        tree = parse_cell(cell.source)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        bound = set(list_module_names(cell.source)) - set(_list_imported(imports))
        if read_metadata(cell).get("solution"):
            parts.remote |= bound
            # Lo que la respuesta importa es de la librería, no de la entrega.
            parts.given += [(ast.unparse(node), False) for node in imports]
        elif _list_names(tree) & parts.remote:
            parts.remote |= bound
            if all(isinstance(node, DEFINITIONS) for node in tree.body):
                parts.probes |= dict.fromkeys(bound, cell.source)
        else:
            parts.given.append((cell.source, is_managed(cell)))
    return parts


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


def parse_cell(source: str) -> ast.Module:
    """Devuelve el árbol de una celda, sin sus órdenes de IPython; vacío si no se entiende.

    >>> len(parse_cell("%time x = 1").body), len(parse_cell("x = ").body)
    (1, 0)
    """
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return ast.Module([], [])


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _list_imported(nodes: Iterable[ast.Import | ast.ImportFrom]) -> list[str]:
    return [alias.asname or alias.name.partition(".")[0] for node in nodes for alias in node.names]


def _list_names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
