"""Lee el código de una celda sin ejecutarlo y sin IPython, cuyo lector no tiene límites."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from labsupport.grading.flags.watched import PLAIN_CALLS

# Más anidado que esto no lo escribe nadie a mano.
DEEPEST = 300
TYPE = "type"
BINDINGS = (ast.arguments, ast.Assign, ast.AnnAssign, ast.NamedExpr)
# Estas órdenes llevan dentro código de Python que sí se ejecuta aquí.
MEASURES = "time|timeit|prun|memit|lprun|mprun"
FOREIGN = {
    *("html", "HTML", "javascript", "js", "svg", "SVG", "latex", "markdown", "bash", "sh"),
    *("script", "perl", "ruby", "cmd", "system", "sx", "!"),
}
TARGET = r"(?P<indent>[ \t]*)(?P<target>\w[\w.,\[\]'\" \t]*=[ \t]*)?"
MEASURE = re.compile(rf"{TARGET}%(?:{MEASURES})\b(?:[ \t]+-\w+[ \t]*\d*)*[ \t]*(?P<code>.*)")
ORDER = re.compile(rf"{TARGET}(?:%|!(?!=)).*")
HELP = re.compile(r"(?P<indent>[ \t]*)(?:\?.*|[\w.*%!\[\]'\"]+\?{1,2}[ \t]*)")
AUTOCALL = re.compile(r"[ \t]*[/,;][ \t]*(\w[\w.]*).*")
PROMPT = re.compile(r"^[ \t]*(?:>>> ?|\.{3,}:? ?|In \[\d+\]: )")


class Chain(NamedTuple):
    """Lo que hay escrito en ``raíz.a.b``: de dónde sale y qué atributos se le piden."""

    root: ast.AST
    attributes: tuple[str, ...]


def parse_cell(source: str) -> tuple[ast.Module | None, str]:
    r"""Devuelve el árbol de una celda, o None, y el texto de las órdenes que no están en él.

    Lanza RecursionError, ValueError o MemoryError si no se puede leer.

    >>> tree, rest = parse_cell("%matplotlib inline\nx = !ls\n%time y = 1")
    >>> ast.unparse(tree), rest
    ('pass\nx = None\ny = 1', '%matplotlib inline')
    >>> parse_cell("def add(a, b)")
    (None, 'def add(a, b)')
    """
    with contextlib.suppress(SyntaxError):
        return ast.parse(source), ""
    clean, rest = remove_orders(source)
    with contextlib.suppress(SyntaxError):
        return ast.parse(clean), rest
    return None, source


def remove_orders(source: str) -> tuple[str, str]:
    """Devuelve el Python de una celda y, aparte, las órdenes de IPython que llevaba."""
    # Con splitlines, que es como la parte IPython: también por separadores que Python no ve.
    lines = [PROMPT.sub("", line) for line in source.strip("\n").splitlines()]
    lines = _remove_indent(lines)
    first = lines[0] if lines else ""
    if first.startswith("%%"):
        name = first[2:].split(maxsplit=1)[0] if first[2:].strip() else ""
        lines = [] if name in FOREIGN else lines[1:]
    pairs = [_blank(line) for line in lines]
    rest = [first] if first.startswith("%%") else []
    rest += [removed for _, removed in pairs if removed]
    return "\n".join(line for line, _ in pairs), "\n".join(rest)


def _remove_indent(lines: list[str]) -> list[str]:
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines]


def _blank(line: str) -> tuple[str, str]:
    """Devuelve lo que queda de Python en una línea y la orden que se le quita."""
    if found := MEASURE.fullmatch(line):
        return found["indent"] + (found["target"] or "") + (found["code"] or "None"), ""
    if found := ORDER.fullmatch(line):
        # En «!orden {expresión}» IPython ejecuta la expresión; sin llaves, es otro proceso.
        is_magic = line[found.end("target") if found["target"] else found.end("indent")] == "%"
        removed = line if is_magic or "{" in line else ""
        return found["indent"] + (f"{found['target']}None" if found["target"] else "pass"), removed
    if found := HELP.fullmatch(line):
        return found["indent"] + "pass", ""
    if found := AUTOCALL.fullmatch(line):
        # «/exec texto» es exec("texto").
        return f"{found[1]}('')", line
    return line, ""


def index_parents(tree: ast.AST) -> dict[int, ast.AST]:
    """Devuelve, por el ``id`` de cada nodo, de qué nodo cuelga.

    Lanza RecursionError si hay más niveles de los que alguien podría leer.
    """
    parents: dict[int, ast.AST] = {}
    level, depth = [tree], 0
    while level:
        if depth > DEEPEST:
            raise RecursionError("Hay demasiados niveles.")
        below = [(node, child) for node in level for child in ast.iter_child_nodes(node)]
        # Los contextos (Load…) son el mismo objeto en todo el árbol.
        below = [(n, child) for n, child in below if not isinstance(child, ast.expr_context)]
        parents.update((id(child), node) for node, child in below)
        level, depth = [child for _, child in below], depth + 1
    return parents


def unfold(node: ast.AST) -> Chain:
    """Separa ``raíz.a.b`` en su raíz y sus atributos.

    >>> unfold(ast.parse("np.linalg.norm", mode="eval").body).attributes
    ('linalg', 'norm')
    """
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return Chain(node, tuple(attributes[::-1]))


def find_deep_root(node: ast.AST) -> ast.AST:
    """Devuelve de dónde sale una expresión, a través de llamadas, índices y atributos.

    >>> find_deep_root(ast.parse("a.b()[0].c", mode="eval").body).id
    'a'
    """
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript | ast.Await | ast.Starred):
            node = node.value
        else:
            return node


def fold(node: ast.AST | None, depth: int = 50) -> str | None:
    """Devuelve el texto que da una expresión hecha solo de textos fijos, o None.

    >>> fold(ast.parse("'f_' + 'loc' + ''.join(['al', 's'])", mode="eval").body)
    'f_locals'
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if depth == 0:
        return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _join([node.left, node.right], "", depth)
    if isinstance(node, ast.JoinedStr):
        values = [n.value if isinstance(n, ast.FormattedValue) else n for n in node.values]
        return _join(values, "", depth)
    return _fold_join(node, depth)


def _fold_join(node: ast.AST | None, depth: int) -> str | None:
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return None
    parts, separator = node.args[0], fold(getattr(node.func, "value", None), 1)
    if getattr(node.func, "attr", "") != "join" or separator is None:
        return None
    return _join(parts.elts, separator, depth) if isinstance(parts, ast.List | ast.Tuple) else None


def _join(nodes: list[ast.expr], separator: str, depth: int) -> str | None:
    parts = [fold(node, depth - 1) for node in nodes]
    return None if None in parts else separator.join(part for part in parts if part is not None)


def list_inner_code(tree: ast.AST) -> Iterator[str]:
    """Da los textos que son código: lo que se escribe en un módulo se puede importar luego."""
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and re.search(r"\bimport\b|[\w\])]\s*=[^=]", text):
            with contextlib.suppress(SyntaxError, ValueError):
                if any(not isinstance(each, ast.Expr) for each in ast.parse(text).body):
                    yield text


class Origins:
    """De qué módulo sale cada nombre y cuáles solo guardan un ajuste.

    >>> origins = Origins()
    >>> origins.read(ast.parse("import torch as t; T = t.Tensor; N = 3"))
    >>> origins.settle()
    >>> origins.resolve(ast.parse("T.max", mode="eval").body), origins.plain["N"]
    ({'torch.Tensor.max'}, True)
    """

    # Para que «a = a.b» no crezca sin fin.
    MOST, LONGEST, PASSES = 8, 200, 5

    def __init__(self) -> None:
        self.plain: dict[str, bool] = {}
        self._found: dict[str, set[str]] = {}
        self._aliases: list[tuple[str, str, tuple[str, ...]]] = []

    def read(self, tree: ast.AST) -> None:
        """Apunta lo que importa, define y renombra un código."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._read_import(node)
            elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                self.plain[node.name] = False
            if isinstance(node, BINDINGS):
                for name, value in list_bindings(node):
                    self._bind(name, value)

    def settle(self) -> None:
        """Sigue los nombres que son otro nombre («n = np»)."""
        for _ in range(self.PASSES):
            before = sum(map(len, self._found.values()))
            for name, root, attributes in self._aliases:
                for origin in list(self._found.get(root, ())):
                    self._add(name, ".".join((origin, *attributes)))
            if sum(map(len, self._found.values())) == before:
                return

    def resolve(self, node: ast.AST) -> set[str]:
        """Devuelve los nombres completos, desde su módulo, que puede tener una expresión."""
        root, attributes = unfold(node)
        return {".".join((origin, *attributes)) for origin in self.list_origins(root)}

    def list_origins(self, root: ast.AST) -> set[str]:
        """Devuelve de qué módulos puede salir el principio de una expresión."""
        if isinstance(root, ast.Name):
            return self._found.get(root.id, set())
        if not isinstance(root, ast.Call):
            return set()
        name = getattr(root.func, "id", getattr(root.func, "attr", ""))
        if name == TYPE and len(root.args) == 1:
            return {TYPE}
        if name in ("__import__", "import_module") and root.args:
            return {fold(root.args[0]) or "?"}
        return set()

    def is_bound(self, name: str) -> bool:
        """Dice si el código le da a un nombre otro valor que el de serie."""
        return name in self.plain or name in self._found

    def _read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                origin = f"{node.module or ''}.{alias.name}"
            else:
                origin = alias.name if alias.asname else alias.name.partition(".")[0]
            self._add(alias.asname or origin.rpartition(".")[2], origin)

    def _bind(self, name: str, value: ast.AST) -> None:
        is_plain = is_setting(value, self.plain)
        self.plain[name] = self.plain.get(name, True) and is_plain
        root, attributes = unfold(value)
        if isinstance(root, ast.Name):
            self._aliases.append((name, root.id, attributes))
        for origin in self.resolve(value) if isinstance(root, ast.Call) else ():
            self._add(name, origin)

    def _add(self, name: str, origin: str) -> None:
        found = self._found.setdefault(name, set())
        if len(found) < self.MOST and len(origin) < self.LONGEST:
            found.add(origin)


def list_bindings(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Da cada nombre al que un nodo pone un valor, con su valor."""
    if isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        pairs = list(zip(positional[::-1], node.defaults[::-1], strict=False))
        pairs += zip(node.kwonlyargs, node.kw_defaults, strict=True)
        yield from ((argument.arg, value) for argument, value in pairs if value is not None)
    for target, value in list_assigned(node):
        if isinstance(target, ast.Name):
            yield target.id, value


def list_assigned(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Da lo que cambia una asignación con su valor, también de dos en dos («a, b = 1, 2»)."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        targets = [node.target]
    else:
        return
    pending = [(target, node.value) for target in targets]
    while pending:
        target, value = pending.pop()
        if not isinstance(target, ast.Tuple | ast.List):
            yield target, value
            continue
        values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        values = values if len(values) == len(target.elts) else [value] * len(target.elts)
        pending += zip(target.elts, values, strict=True)


def is_setting(value: ast.AST, plain: dict[str, bool]) -> bool:
    """Dice si un valor es un número, un texto… y no algo que se pueda llamar.

    ``plain``: qué nombres solo guardan ajustes.

    >>> is_setting(ast.parse("'{:.2f}'.format", mode="eval").body, {})
    True
    >>> is_setting(ast.parse("lambda: 1", mode="eval").body, {})
    False
    """
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.IfExp):
            pending += [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            pending += node.values
        elif not _is_plain(node, plain):
            return False
    return True


def _is_plain(node: ast.AST, plain: dict[str, bool]) -> bool:
    displays = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr, ast.Constant)
    operations = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.ListComp, ast.DictComp, ast.SetComp)
    if isinstance(node, (*displays, *operations)):
        return True
    if isinstance(node, ast.Attribute):
        # «logging.ERROR» es un número; «"{:.2f}".format» sirve para dar formato.
        is_constant = node.attr.isupper() and plain.get(_name(unfold(node)), True)
        return is_constant or isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", getattr(node.func, "attr", "")) in PLAIN_CALLS
    return isinstance(node, ast.Name) and plain.get(node.id, node.id.isupper())


def _name(chain: Chain) -> str:
    if isinstance(chain.root, ast.Call) and len(chain.root.args) == 1:
        return getattr(chain.root.func, "id", "")
    return getattr(chain.root, "id", "")
