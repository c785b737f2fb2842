"""Lee el código de una celda sin ejecutarlo y sin IPython, cuyo lector no tiene límites."""

from __future__ import annotations

import ast
import contextlib
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

# Estas órdenes llevan dentro código de Python que sí se ejecuta aquí.
MEASURES = "time|timeit|prun|memit|lprun|mprun"
TARGET = r"(?P<indent>[ \t]*)(?P<target>\w[\w.,\[\]'\" \t]*=[ \t]*)?"
MEASURE = re.compile(rf"{TARGET}%(?:{MEASURES})\b(?:[ \t]+-\w+[ \t]*\d*)*[ \t]*(?P<code>.*)")
ORDER = re.compile(rf"{TARGET}(?:[%?]|!(?!=)).*")
HELP = re.compile(r"(?P<indent>[ \t]*)(?P<target>)[\w.*%!\[\]'\"]+\?{1,2}[ \t]*")
# «import a.a.a…» de 200 KB le cuesta a ast.parse 8 GiB.
SPACES = r"(?:[^\S\r\n]|\\\r?\n?)*"
ENDLESS = re.compile(rf"(?<!\w)(?:\w+{SPACES}\.{SPACES}){{300}}")
# Ningún nombre de los buscados es tan largo, y mirar cada parte de uno sin fin no acabaría nunca.
LONGEST_NAME, MOST_PARTS = 100, 8


def parse_cell(source: str) -> tuple[ast.Module, str]:
    r"""Devuelve el árbol de una celda y el texto de las órdenes de IPython, que no están en él.

    Lo que no es Python da un árbol vacío. Lanza ValueError, RuntimeError, MemoryError o
    SystemError si no se puede leer.

    >>> tree, orders = parse_cell("%matplotlib inline\nx = !ls\n%time y = 1")
    >>> ast.unparse(tree), orders
    ('pass\nx = None\ny = 1', '%matplotlib inline\nx = !ls')
    >>> ast.unparse(parse_cell("def add(a, b)")[0]), parse_cell("def add(a, b)")[1]
    ('', 'def add(a, b)')
    """
    if ENDLESS.search(source):
        raise ValueError("Hay un nombre con demasiadas partes.")
    with contextlib.suppress(SyntaxError):
        return ast.parse(source), ""
    # Con splitlines, que es como la parte IPython: también por separadores que Python no ve.
    pairs = [_set_order_apart(line) for line in textwrap.dedent(source).splitlines()]
    with contextlib.suppress(SyntaxError):
        tree = ast.parse("\n".join(python for python, _ in pairs))
        return tree, "\n".join(order for _, order in pairs if order)
    return ast.Module([], []), source


def _set_order_apart(line: str) -> tuple[str, str]:
    """Devuelve lo que queda de Python en una línea y la orden que se le quita."""
    if found := MEASURE.fullmatch(line):
        return found["indent"] + (found["target"] or "") + (found["code"] or "None"), ""
    if found := ORDER.fullmatch(line) or HELP.fullmatch(line):
        return found["indent"] + (f"{found['target']}None" if found["target"] else "pass"), line
    return line, ""


def list_imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Da lo que trae un import: con qué nombre queda y cuál es el suyo, desde su módulo.

    >>> [*list_imported(ast.parse("from os import fork as f, path").body[0])]
    [('f', 'os.fork'), ('path', 'os.path')]
    """
    prefix = f"{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        yield alias.asname or alias.name, (prefix + alias.name)[:LONGEST_NAME]


def read_imports(trees: Iterable[ast.AST]) -> dict[str, str]:
    """Devuelve, por cada nombre importado, cuál es el suyo desde su módulo.

    >>> read_imports([ast.parse("import os.path, numpy as np; from sys import modules")])
    {'os': 'os', 'np': 'numpy', 'modules': 'sys.modules'}
    """
    found = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name, origin in list_imported(node):
                # «import os.path» deja el nombre «os».
                head, dot, _ = name.partition(".")
                found[head] = head if dot else origin
    return found


def resolve(node: ast.AST, imports: Mapping[str, str]) -> str:
    """Devuelve el nombre completo de una expresión: desde su módulo o, si es de serie, con «.».

    >>> resolve(ast.parse("np.linalg.norm", mode="eval").body, {"np": "numpy"})
    'numpy.linalg.norm'
    >>> resolve(ast.parse("f().a", mode="eval").body, {}), resolve(ast.Name("exec"), {})
    ('?.a', '.exec')
    """
    attributes: list[str] = []
    while isinstance(node, ast.Attribute) and len(attributes) < MOST_PARTS:
        attributes.append(node.attr)
        node = node.value
    root = imports.get(node.id, f".{node.id}") if isinstance(node, ast.Name) else "?"
    return ".".join((root, *attributes[::-1]))
