"""Busca en el código entregado lo que toca la maquinaria del kernel, para que lo mire una persona.

No decide ninguna nota: hay usos honestos de casi todo lo que aquí se busca. Corre fuera de todo
límite: no lee lo que nadie escribiría a mano, ni ejecuta nada de lo que lee.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Iterator

from labsupport.grading.flags.source_code import (
    TYPE,
    Origins,
    find_deep_root,
    fold,
    index_parents,
    is_setting,
    list_assigned,
    list_inner_code,
    parse_cell,
    unfold,
)
from labsupport.grading.flags.watched import (
    ATTRIBUTES,
    BUILTIN_NAMES,
    CALLS,
    COMPUTED,
    DAILY,
    HOOKS,
    INSIDE_KERNEL,
    INTERPRETER,
    KERNEL,
    KERNEL_MODULES,
    LOOSE,
    MODULES,
    NAMESPACE,
    PARTIAL,
    QUALIFIED,
    QUIET_MAGICS,
    SETTINGS,
    SHELL,
    SHELL_SETTINGS,
    TOO_LONG,
    UNREADABLE,
)

# En caracteres, una celda y todas: leer el árbol de un millón cuesta medio gigabyte.
LONGEST, LONGEST_TOTAL = 200 * 1024, 300 * 1024
# Un texto dentro de un texto dentro de un texto ya no se abre.
INNER_LEVELS = 2
NAME_LENGTH = 60
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LOOK_ONLY = {"str", "repr", "print", "len", "bool", "list", "sorted", "set"}
UNREADABLE_ERRORS = (ValueError, RecursionError, MemoryError, RuntimeError)


def find_machinery(sources: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    r"""Devuelve, en palabras y sin repetir, lo que tocan unas celdas de código.

    ``others``: las demás celdas del cuaderno, que solo importan por lo que importan.

    >>> find_machinery(["import signal\nsignal.alarm(3)", "exit()", "x = 1"])
    ['exit', 'señales']
    >>> find_machinery(["np.allclose = lambda *a: True"], ["import numpy as np"])
    ['np.allclose (lo cambia)']
    >>> find_machinery(["%%time\nimport ctypes", "!pip install x", "class A:\n    __eq__ = any"])
    ['ctypes']
    >>> find_machinery(["torch.backends.cudnn.benchmark = False", "%matplotlib inline"])
    []
    >>> find_machinery(["import gc\ngc.collect()", "tokenizer.pad_token = tokenizer.eos_token"])
    []
    """
    flags: set[str] = set()
    origins = Origins()
    readable = list(_choose_readable(sources, flags))
    readable += [inner for source in readable for inner in _open_texts(source, INNER_LEVELS)]
    for source in [*readable, *others]:
        _read_origins(source, origins)
    origins.settle()
    for source in readable:
        flags.update(_inspect(source, origins))
    return sorted(flags - {""}, key=str.casefold)


def _choose_readable(sources: Iterable[str], flags: set[str]) -> Iterator[str]:
    total = 0
    for source in sources:
        total += len(source)
        if len(source) > LONGEST or total > LONGEST_TOTAL:
            flags.add(TOO_LONG)
            total -= len(source)
        else:
            yield source


def _open_texts(source: str, levels: int) -> Iterator[str]:
    """Da el código que hay dentro de los textos de otro código."""
    try:
        tree, _ = parse_cell(source)
        inner = list(list_inner_code(tree)) if tree is not None and levels else []
    except UNREADABLE_ERRORS:
        return
    for text in inner:
        yield text
        yield from _open_texts(text, levels - 1)


def _read_origins(source: str, origins: Origins) -> None:
    # De lo que no se puede leer ya avisa quien lo inspecciona.
    with contextlib.suppress(*UNREADABLE_ERRORS):
        tree, _ = parse_cell(source)
        if tree is not None:
            origins.read(tree)


def _inspect(source: str, origins: Origins) -> Iterator[str]:
    try:
        tree, rest = parse_cell(source)
        for pattern, words in LOOSE.items():
            if rest and re.search(pattern, rest):
                yield words
        if tree is not None:
            yield from _Inspection(tree, origins).run()
    except UNREADABLE_ERRORS:
        yield UNREADABLE


class _Inspection:
    """El repaso de un árbol: cada método da las palabras de lo que encuentra en un nodo."""

    def __init__(self, tree: ast.Module, origins: Origins) -> None:
        self._tree, self._origins = tree, origins
        self._parents = index_parents(tree)

    def run(self) -> Iterator[str]:
        finders = {
            ast.Import: self._find_import,
            ast.ImportFrom: self._find_import,
            ast.Name: self._find_name,
            ast.Attribute: self._find_chain,
            ast.Call: self._find_call,
            ast.Subscript: self._find_item,
            **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.NamedExpr), self._find_assigned),
            **dict.fromkeys((ast.Constant, ast.BinOp, ast.JoinedStr), self._find_text),
        }
        for node in ast.walk(self._tree):
            if type(node) in finders:
                yield from finders[type(node)](node)

    def _get_parent(self, node: ast.AST) -> ast.AST | None:
        return self._parents.get(id(node))

    # --- lo que se importa y lo que se nombra

    def _find_import(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        prefix = f"{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            yield _find_module(prefix + alias.name)
            yield from _find_qualified([*prefix.split(".")[:-1], alias.name])
            yield ATTRIBUTES.get(alias.name, "")
            if alias.asname:
                # Con otro nombre ya no se reconocería al usarlo.
                yield BUILTIN_NAMES.get(alias.name, "") if prefix else ""
                yield _SPECIAL.get(alias.name, "")

    def _find_name(self, node: ast.Name) -> Iterator[str]:
        yield ATTRIBUTES.get(node.id, "") if "_" in node.id else ""
        if not isinstance(node.ctx, ast.Load):
            return
        parent = self._get_parent(node)
        is_called = isinstance(parent, ast.Call) and parent.func is node
        if node.id in _SPECIAL:
            yield from self._find_special(node, node.id)
        elif node.id in BUILTIN_NAMES or (node.id in DAILY and not is_called):
            if not self._is_parameter(node) and not self._is_looked_at(node):
                yield BUILTIN_NAMES.get(node.id) or DAILY[node.id]

    def _find_chain(self, node: ast.Attribute) -> Iterator[str]:
        parent = self._get_parent(node)
        if isinstance(parent, ast.Attribute):
            return
        root, attributes = unfold(node)
        names = self._origins.resolve(node) or {".".join((getattr(root, "id", "?"), *attributes))}
        yield from (ATTRIBUTES.get(name, "") for name in attributes)
        for name in names:
            yield _find_module(name)
            if not self._is_looked_up(node, attributes):
                yield from _find_qualified(name.split("."))
        yield from self._find_kernel(node, attributes)
        yield from self._find_special_attribute(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            yield CALLS.get(attributes[-1], "")

    def _find_kernel(self, node: ast.Attribute, attributes: tuple[str, ...]) -> Iterator[str]:
        found = [name for name in attributes if name in INSIDE_KERNEL]
        if not found:
            return
        deep = find_deep_root(node)
        origins = self._origins.list_origins(deep) or {getattr(deep, "id", "")}
        if any(name.partition(".")[0] in KERNEL_MODULES for name in origins):
            yield KERNEL.format(found[0])

    def _find_special_attribute(self, node: ast.Attribute) -> Iterator[str]:
        each: ast.AST = node
        while isinstance(each, ast.Attribute):
            if each.attr in _SPECIAL and each.attr not in ("globals", "locals", "vars"):
                yield from self._find_special(each, each.attr)
            each = each.value

    def _find_special(self, node: ast.AST, name: str) -> Iterator[str]:
        """Reconoce lo que es honesto o no según lo que se haga con ello."""
        if self._is_parameter(node):
            return
        parent = self._get_parent(node)
        if name == "InteractiveShell":
            is_setting = isinstance(parent, ast.Attribute) and parent.attr in SHELL_SETTINGS
            yield "" if is_setting else INTERPRETER
            return
        if not isinstance(parent, ast.Call) or parent.func is not node:
            yield "" if self._is_looked_at(node) else _SPECIAL[name]
        elif name == "get_ipython":
            is_quiet = self._is_looked_at(parent) or self._is_kind(parent)
            yield "" if is_quiet or self._is_quiet_magic(parent) else SHELL
        elif name == "globals" or not parent.args:
            yield from self._find_namespace_use(parent, name)

    def _find_namespace_use(self, call: ast.Call, name: str) -> Iterator[str]:
        """Reconoce que se escriben las variables del cuaderno o se toman sus valores."""
        if self._is_looked_at(call):
            return
        parent = self._get_parent(call)
        is_local = name != "globals"
        if is_local and (self._is_inside_function(call) or isinstance(parent, ast.keyword)):
            return
        if is_local and isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load):
            return
        reads = {"keys", "get", "items", "values", "copy"} if is_local else {"keys"}
        if not self._frees_a_name(parent) and getattr(parent, "attr", "") not in reads:
            yield NAMESPACE.format(name)

    def _frees_a_name(self, pop: ast.AST | None) -> bool:
        """Reconoce «globals().pop(nombre, None)» suelto, que es como del y no toma nada."""
        if getattr(pop, "attr", "") != "pop":
            return False
        return isinstance(self._get_parent(self._get_parent(pop)), ast.Expr)

    # --- los contextos en que algo solo se mira

    def _is_looked_at(self, node: ast.AST) -> bool:
        """Dice si solo se pregunta qué es: «'colab' in str(x)», «x is None», «if x:»."""
        parent = self._get_parent(node)
        if isinstance(parent, ast.Call):
            name = getattr(parent.func, "id", "")
            is_genuine = name in LOOK_ONLY and not self._origins.is_bound(name)
            return is_genuine and parent.func is not node
        if isinstance(parent, ast.Attribute):
            # «eval.columns»: quien llama «eval» a una tabla; «exec.__call__» es lo de serie.
            is_plain = not parent.attr.startswith("_") and isinstance(node, ast.Name)
            return is_plain and node.id not in (*_SPECIAL, "exit", "quit")
        if isinstance(parent, ast.Subscript):
            return parent.value is node and isinstance(node, ast.Name)
        if isinstance(parent, ast.Compare):
            return _only_looks(parent, node)
        tests = (ast.FormattedValue, ast.If, ast.While, ast.UnaryOp)
        if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
            return parent.iter is node
        if isinstance(parent, ast.Expr):
            # «try: get_ipython()»; suelto en la celda, quedaría guardado en «_».
            return isinstance(self._get_parent(parent), ast.Try)
        return isinstance(parent, tests) or (isinstance(parent, ast.IfExp) and parent.test is node)

    def _is_kind(self, call: ast.AST) -> bool:
        """Reconoce «get_ipython().__class__.__name__», que solo mira dónde está."""
        kind = self._get_parent(call)
        name = self._get_parent(kind) if kind is not None else None
        return getattr(kind, "attr", "") == "__class__" and (
            getattr(name, "attr", "") in ("__name__", "__module__")
        )

    def _is_quiet_magic(self, shell: ast.AST) -> bool:
        """Reconoce «get_ipython().run_line_magic("matplotlib", "inline")»."""
        method = self._get_parent(shell)
        call = self._get_parent(method) if method is not None else None
        if getattr(method, "attr", "") != "run_line_magic" or not isinstance(call, ast.Call):
            return False
        texts = [fold(each) for each in call.args]
        # Entre llaves, IPython ejecuta lo que haya.
        is_fixed = not call.keywords and all(text and "{" not in text for text in texts)
        return is_fixed and texts[:1] != [] and texts[0] in QUIET_MAGICS

    def _is_looked_up(self, node: ast.Attribute, attributes: tuple[str, ...]) -> bool:
        """Reconoce «nombre in sys.modules» y «nombre in sys.modules.keys()»."""
        if attributes[-1] == "keys":
            call = self._get_parent(node)
            return call is not None and self._is_looked_at(call)
        return attributes[-1] == "modules" and self._is_looked_at(node)

    def _list_functions(self, node: ast.AST) -> Iterator[ast.AST]:
        """Da las funciones dentro de cuyo cuerpo está un nodo."""
        child, parent = node, self._get_parent(node)
        while parent is not None:
            inside = getattr(parent, "body", ())
            inside = inside if isinstance(inside, list) else [inside]
            if isinstance(parent, FUNCTIONS) and any(child is each for each in inside):
                yield parent
            child, parent = parent, self._get_parent(parent)

    def _is_inside_function(self, node: ast.AST) -> bool:
        return any(True for _ in self._list_functions(node))

    def _is_parameter(self, node: ast.AST) -> bool:
        """Dice si un nombre es el parámetro de su función («compile=True») y no lo de serie."""
        if not isinstance(node, ast.Name):
            return False
        for function in self._list_functions(node):
            each = function.args
            named = [*each.posonlyargs, *each.args, *each.kwonlyargs, each.vararg, each.kwarg]
            if node.id in {argument.arg for argument in named if argument is not None}:
                return True
        return False

    # --- lo que se llama

    def _find_call(self, node: ast.Call) -> Iterator[str]:
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if isinstance(node.func, ast.Name):
            yield CALLS.get(name, "")
        if name in ("__import__", "import_module") and node.args:
            yield from _find_computed_module(node.args[0])
        if name in ("getattr", "setattr", "delattr", "__setattr__", "__getattribute__"):
            yield from self._find_by_name(node, name)
        if name in ("attrgetter", "methodcaller"):
            for each in node.args:
                yield from self._find_named(None, each)
        if name in ("update", "setdefault", "__setitem__", "pop", "clear"):
            if isinstance(node.func, ast.Attribute):
                yield self._find_written(node.func.value)

    def _find_by_name(self, node: ast.Call, name: str) -> Iterator[str]:
        if len(node.args) < 2:
            return
        owner, attribute = node.args[:2]
        yield from self._find_named(owner, attribute)
        if name in ("setattr", "delattr", "__setattr__") and self._is_imported(owner):
            if not _is_adjustment((*unfold(owner).attributes, "")):
                yield f"{_describe(owner)} (lo cambia con setattr)"

    def _find_named(self, owner: ast.AST | None, attribute: ast.AST) -> Iterator[str]:
        """Mira el nombre que se le pide a un objeto con un texto."""
        if _is_computed(attribute) and not _is_own_layer(owner, attribute):
            yield COMPUTED
        text = fold(attribute)
        for each in (text or "").split("."):
            yield ATTRIBUTES.get(each, "") or _SPECIAL.get(each, "")
        for origin in self._origins.resolve(owner) if owner is not None else ():
            if text is not None:
                yield _find_module(f"{origin}.{text}")
                yield from _find_qualified([*origin.split("."), text])
            elif origin in (*PARTIAL, "sys", "os"):
                yield COMPUTED

    # --- lo que se cambia

    def _find_assigned(self, node: ast.AST) -> Iterator[str]:
        for target, value in list_assigned(node):
            if isinstance(target, ast.Attribute):
                is_fixed = is_setting(value, self._origins.plain)
                yield "" if is_fixed else self._find_replaced(target)

    def _find_item(self, node: ast.Subscript) -> Iterator[str]:
        is_namespace = getattr(node.value, "attr", "") == "__dict__" or (
            isinstance(node.value, ast.Call)
            and getattr(node.value.func, "id", "") in ("vars", "globals", "locals")
        )
        if is_namespace:
            yield from self._find_named(None, node.slice)
        if not isinstance(node.ctx, ast.Load):
            yield self._find_written(node.value)

    def _find_replaced(self, target: ast.Attribute) -> str:
        """Reconoce ``modulo.funcion = otra``; un ajuste no cuenta."""
        names = self._origins.resolve(target)
        if _is_adjustment(unfold(target).attributes) or names & HOOKS:
            return ""
        return f"{_describe(target)} (lo cambia)" if self._is_imported(target) else ""

    def _find_written(self, node: ast.AST) -> str:
        """Reconoce ``vars(modulo)`` y ``modulo.__dict__``, que se cambian como un diccionario."""
        owner = node.value if isinstance(node, ast.Attribute) and node.attr == "__dict__" else None
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "vars" and node.args:
            owner = node.args[0]
        is_module = owner is not None and self._is_imported(owner)
        return f"{_describe(owner)} (lo cambia)" if is_module else ""

    def _is_imported(self, node: ast.AST) -> bool:
        root, attributes = unfold(node)
        return bool(self._origins.list_origins(root)) or "__class__" in attributes

    # --- los textos

    def _find_text(self, node: ast.AST) -> Iterator[str]:
        """Reconoce lo que importa por cómo se llama, aunque vaya en un texto."""
        parent = self._get_parent(node)
        if isinstance(parent, ast.BinOp | ast.JoinedStr):
            return
        text = fold(node) or ""
        if "_" in text or not isinstance(node, ast.Constant):
            yield ATTRIBUTES.get(text, "")


_SPECIAL = {
    "get_ipython": SHELL,
    "InteractiveShell": INTERPRETER,
    "globals": NAMESPACE.format("globals"),
    "locals": NAMESPACE.format("locals"),
    "vars": DAILY["vars"],
}


def _find_module(name: str) -> str:
    head, *rest = name.split(".")
    allowed, words = PARTIAL.get(head, (None, ""))
    if allowed is not None and rest and rest[0] not in allowed:
        return words
    matches = (words for module, words in MODULES.items() if f"{name}.".startswith(f"{module}."))
    return next(matches, "")


def _find_qualified(parts: list[str]) -> Iterator[str]:
    yield from (QUALIFIED.get(pair, "") for pair in zip(parts, parts[1:], strict=False))


def _find_computed_module(node: ast.AST) -> Iterator[str]:
    name = fold(node)
    if name is not None:
        yield _find_module(name)
    elif _is_computed(node):
        yield DAILY["__import__"]


def _only_looks(node: ast.Compare, operand: ast.AST) -> bool:
    """Dice si una comparación no da ``operand`` a un método de nadie: «x is None», «"a" in x»."""
    if all(isinstance(each, ast.Is | ast.IsNot) for each in node.ops):
        return True
    return operand is not node.left and all(isinstance(e, ast.In | ast.NotIn) for e in node.ops)


def _is_computed(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.JoinedStr | ast.Call)


def _is_own_layer(owner: ast.AST | None, attribute: ast.AST) -> bool:
    """Reconoce ``setattr(self, f"capa_{i}", …)``, que es como se numeran las capas propias."""
    while isinstance(attribute, ast.BinOp):
        attribute = attribute.left
    if isinstance(attribute, ast.JoinedStr) and attribute.values:
        attribute = attribute.values[0]
    start = (fold(attribute) or "").partition("%")[0]
    # «self» puede ser cualquier cosa: que de ese principio no salga un nombre de los buscados.
    is_other = not any(name.startswith(start) for name in (*ATTRIBUTES, "__"))
    return getattr(owner, "id", "") == "self" and is_other


def _is_adjustment(attributes: tuple[str, ...]) -> bool:
    return not SETTINGS.isdisjoint(attributes[:-1])


def _describe(node: ast.AST) -> str:
    root, attributes = unfold(node)
    name = getattr(root, "id", f"{TYPE}(...)")
    text = ".".join((name, *attributes))
    return text if len(text) <= NAME_LENGTH else f"{text[:NAME_LENGTH]}..."
