"""Busca en el código entregado lo que toca la maquinaria del kernel, para que lo mire una persona.

No decide ninguna nota: hay usos honestos de casi todo lo que aquí se busca. Solo busca nombres, y
a quien los esconde lo ve ``inside.audit`` al ejecutar. Corre fuera de todo límite: no lee lo que
nadie escribiría a mano, ni ejecuta nada de lo que lee.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from labsupport.grading.judging.flags.source_code import (
    LONGEST_NAME,
    list_imported,
    parse_cell,
    read_imports,
    resolve,
)
from labsupport.grading.judging.flags.watched import (
    ATTRIBUTES,
    CALLED,
    DAILY,
    LOOKED_AT,
    LOOKERS,
    QUIET_ATTRIBUTES,
    QUIET_MAGICS,
    RUN,
    SHELL,
    TOO_LONG,
    UNREADABLE,
    WATCHED,
)

# En caracteres, una celda y todas: leer el árbol de un millón cuesta medio gigabyte.
LONGEST, LONGEST_TOTAL = 200 * 1024, 300 * 1024
UNREADABLE_ERRORS = (ValueError, RuntimeError, MemoryError, SystemError)
# Dónde se pone lo que solo se mira: «x is None», «not x», «for name in x» o suelto.
LOOKS = (
    *(ast.Compare, ast.UnaryOp, ast.FormattedValue, ast.Expr),
    *(ast.For, ast.AsyncFor, ast.comprehension),
)


def find_machinery(sources: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    r"""Devuelve, en palabras y sin repetir, lo que tocan unas celdas de código.

    ``others``: las demás celdas del cuaderno, que solo importan por lo que importan.

    >>> find_machinery(["import signal\nsignal.alarm(3)", "exit()", "x = 1"])
    ['exit', 'señales']
    >>> find_machinery(["o.system('ls')"], ["import os as o"])
    ['otros procesos (os.system)']
    >>> find_machinery(["%%time\nimport ctypes", "!pip install x", "class A:\n    __eq__ = any"])
    ['ctypes']
    >>> find_machinery(["torch.backends.cudnn.benchmark = False", "%matplotlib inline"])
    []
    """
    flags: set[str] = set()
    trees = [_read(source, flags) for source in _choose_readable(sources, flags)]
    imports = read_imports([*(_read(source, set()) for source in others), *trees])
    for tree in trees:
        flags.update(_Inspection(tree, imports).run())
    return sorted(flags - {""}, key=str.casefold)


def _choose_readable(sources: Iterable[str], flags: set[str]) -> Iterator[str]:
    total = 0
    for source in sources:
        if len(source) > LONGEST or total + len(source) > LONGEST_TOTAL:
            flags.add(TOO_LONG)
        else:
            total += len(source)
            yield source


def _read(source: str, flags: set[str]) -> ast.Module:
    """Devuelve el árbol de una celda y añade a ``flags`` lo que se ve sin él."""
    try:
        tree, orders = parse_cell(source)
    except UNREADABLE_ERRORS:
        flags.add(UNREADABLE)
        return ast.Module([], [])
    flags.update(_search_text(orders))
    return tree


def _search_text(text: str) -> Iterator[str]:
    """Busca lo más claro en lo que no está en ningún árbol."""
    for name in re.findall(r"\b(?:import|from)\s+([\w.]+)", text):
        yield from _find_watched(name)
    for name in re.findall(r"(?<![.\w])(\w+)\s*\(", text):
        yield CALLED.get(f".{name}", "") or LOOKED_AT.get(f".{name}", "")
    for name in re.findall(r"\w+", text):
        yield ATTRIBUTES.get(name, "")
    # Sola en su celda, a una orden no le hace falta el «%».
    yield RUN if re.search(r"(?m)^[ \t]*%?(?:re)?run[ \t]", text) else ""


def _find_watched(name: str) -> Iterator[str]:
    """Da las palabras de un nombre completo y de lo que lleva dentro («shutil.os.system»)."""
    parts = name.split(".", LONGEST_NAME)
    yield from (ATTRIBUTES.get(part, "") for part in parts)
    if not any(_is_on_the_way(name, each) for each in DAILY):
        yield from (WATCHED.get(".".join(parts[:end]), "") for end in range(1, len(parts) + 1))
        yield from (WATCHED.get(".".join(pair), "") for pair in zip(parts, parts[1:], strict=False))


def _is_on_the_way(name: str, daily: str) -> bool:
    """Dice si un nombre lleva a lo que se usa a diario («IPython») o es algo de dentro."""
    return f"{daily}.".startswith(f"{name}.") or name.startswith(f"{daily}.")


class _Inspection:
    """El repaso de un árbol: cada método da las palabras de lo que encuentra en un nodo."""

    def __init__(self, tree: ast.Module, imports: dict[str, str]) -> None:
        self._tree, self._imports = tree, imports
        nodes = ast.walk(tree)
        self._parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}

    def run(self) -> Iterator[str]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for _, name in list_imported(node):
                    yield from _find_watched(name)
            elif isinstance(node, ast.Name | ast.Attribute):
                yield from self._find_name(node)
            elif isinstance(node, ast.Call):
                yield from _find_call(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield ATTRIBUTES.get(node.value, "")

    def _find_name(self, node: ast.Name | ast.Attribute) -> Iterator[str]:
        name, parent = resolve(node, self._imports), self._parents[node]
        yield from _find_watched(name)
        if not isinstance(node.ctx, ast.Load):
            return
        is_called = isinstance(parent, ast.Call) and parent.func is node
        if is_called or isinstance(parent, ast.Assign | ast.NamedExpr):
            yield CALLED.get(name, "")
        words = LOOKED_AT.get(".".join(name.split(".")[-2:]), "")
        if words and not self._is_looked_at(parent if is_called else node):
            yield words

    def _is_looked_at(self, node: ast.AST) -> bool:
        """Dice si solo se pregunta qué es: «'colab' in str(x)», «x is None», «if x:»."""
        parent = self._parents[node]
        if isinstance(parent, ast.Call):
            return getattr(parent.func, "id", "") in LOOKERS
        if isinstance(parent, ast.Attribute):
            return parent.attr in QUIET_ATTRIBUTES
        return isinstance(parent, LOOKS) or getattr(parent, "test", None) is node


def _find_call(node: ast.Call) -> Iterator[str]:
    """Reconoce «import_module("ctypes")» y las órdenes de IPython que se dan con un texto."""
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    text = getattr(node.args[0], "value", None) if node.args else None
    if name in ("__import__", "import_module") and isinstance(text, str):
        yield from _find_watched(text)
    if name == "run_line_magic" and not (isinstance(text, str) and text in QUIET_MAGICS):
        yield SHELL
