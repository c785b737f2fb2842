"""Busca en el código entregado lo que toca la maquinaria del kernel, para que lo mire una persona.

No decide ninguna nota: hay usos honestos de casi todo lo que aquí se busca.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from labsupport.grading.comparisons import COMPARISONS

MODULES = {
    "signal": "señales",
    "ctypes": "ctypes",
    "inspect": "la pila de llamadas (inspect)",
    "builtins": "las funciones de serie (builtins)",
    "atexit": "código al salir (atexit)",
    "faulthandler": "faulthandler",
    "marshal": "marshal",
    "ipykernel": "el kernel (ipykernel)",
    # Lo importa quien enseña una tabla o una imagen.
    "IPython.core.display": "",
    "IPython.core": "el intérprete (IPython.core)",
    "labsupport.grading": "el programa que califica",
    "subprocess": "otros procesos (subprocess)",
    "multiprocessing": "otros procesos (multiprocessing)",
    "socket": "la red (socket)",
    "pty": "otros procesos (pty)",
    "jupyter_client": "el kernel (jupyter_client)",
    "zmq": "el kernel (zmq)",
    "tornado": "el kernel (tornado)",
    "__main__": "las variables del cuaderno (__main__)",
    "unittest.mock": "objetos que imitan a otros (unittest.mock)",
}
# «type(objeto).metodo = otro» cambia una clase sin haberla importado.
TYPE = "type"
SYSTEM = "otros procesos (os.system)"
CALLS = {
    "get_ipython": "el intérprete (get_ipython)",
    "exit": "exit",
    "quit": "quit",
    "settrace": "el trazado (settrace)",
    "setprofile": "el trazado (setprofile)",
    "_getframe": "la pila de llamadas (_getframe)",
    "_current_frames": "la pila de llamadas (_current_frames)",
    "_exit": "os._exit",
    "abort": "os.abort",
    "fork": "otros procesos (fork)",
    "kill": "señales (kill)",
    "killpg": "señales (killpg)",
    "set_custom_exc": "los errores del intérprete (set_custom_exc)",
    "addaudithook": "la auditoría de Python (addaudithook)",
    "get_objects": "el recolector de memoria (gc)",
    "get_referrers": "el recolector de memoria (gc)",
    "get_referents": "el recolector de memoria (gc)",
}
# Solo por su nombre: «model.eval()» y «model.compile()» no son esto.
FUNCTIONS = {
    "exec": "código en un texto (exec)",
    "eval": "código en un texto (eval)",
    "compile": "código en un texto (compile)",
    "globals": "las variables del cuaderno (globals)",
}
FRAMES = "la pila de llamadas (frames)"
ATTRIBUTES = {
    "ast_transformers": "las transformaciones del código (ast_transformers)",
    "input_transformers_cleanup": "las transformaciones del código (input_transformers)",
    "input_transformers_post": "las transformaciones del código (input_transformers)",
    "input_transformer_manager": "las transformaciones del código (input_transformers)",
    "__code__": "el código de otra función (__code__)",
    "__builtins__": "las funciones de serie (__builtins__)",
    "__globals__": "las variables de otro módulo (__globals__)",
    "__closure__": "el código de otra función (__closure__)",
    "__defaults__": "el código de otra función (__defaults__)",
    "__kwdefaults__": "el código de otra función (__kwdefaults__)",
    "__subclasses__": "las clases de otros módulos (__subclasses__)",
    "co_consts": "el código de otra función (co_consts)",
    "f_back": FRAMES,
    "f_globals": FRAMES,
    "f_locals": FRAMES,
    "tb_frame": FRAMES,
    "gi_frame": FRAMES,
    "cr_frame": FRAMES,
    "monitoring": "el trazado (sys.monitoring)",
    "__de_serie__": "el programa que califica",
    "modules": "los módulos cargados (sys.modules)",
    "meta_path": "los módulos cargados (sys.meta_path)",
}


def find_machinery(sources: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    r"""Devuelve, en palabras y sin repetir, lo que tocan unas celdas de código.

    ``others``: las demás celdas del cuaderno, que solo importan por lo que importan.

    >>> find_machinery(["import signal\nsignal.alarm(3)", "exit()", "x = 1"])
    ['exit', 'señales']
    >>> find_machinery(["np.allclose = lambda *a: True"], ["import numpy as np"])
    ['np.allclose (lo cambia)']
    >>> find_machinery(["%%time\nimport ctypes", "!pip install x", "class A:\n    __eq__ = any"])
    ['ctypes', 'una comparación propia (__eq__)']
    >>> find_machinery(["torch.backends.cudnn.benchmark = False", "%matplotlib inline"])
    []
    >>> find_machinery(["import gc\ngc.collect()", "tokenizer.pad_token = tokenizer.eos_token"])
    []
    """
    sources = list(sources)
    imported = {TYPE} | {name for source in [*sources, *others] for name in _list_imported(source)}
    return sorted({n for s in sources for n in _inspect(s, imported)} - {""}, key=str.casefold)


def _inspect(source: str, imported: set[str]) -> Iterator[str]:
    try:
        tree = _parse(source)
    except SyntaxError:
        return
    except (ValueError, RecursionError, MemoryError):
        yield "código que no se puede leer"
        return
    # Una orden de IPython llama por dentro a get_ipython(): solo cuenta si está escrito.
    unwritten = {"get_ipython": CALLS["get_ipython"], "system": SYSTEM}
    unwritten = {words for name, words in unwritten.items() if name not in source}
    yield from (name for name in _visit(tree, imported) if name not in unwritten)


def _parse(source: str) -> ast.Module:
    from IPython.core.inputtransformer2 import TransformerManager

    # «%%time» y «%time» guardarían en un texto el código que miden.
    source = re.sub(r"^(\s*)%%.*", r"\1", source, count=1) if _has_magic(source) else source
    source = re.sub(r"^([ \t]*)%time(it)?[ \t]+", r"\1", source, flags=re.MULTILINE)
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(TransformerManager().transform_cell(source))


def _has_magic(source: str) -> bool:
    return source.lstrip().startswith("%%")


def _list_imported(source: str) -> Iterator[str]:
    try:
        tree = _parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (each.asname or each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.Assign) and _find_root(node.value) == TYPE:
            yield from (_find_root(target) for target in node.targets)


def _visit(tree: ast.AST, imported: set[str]) -> Iterator[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_find_module(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield _find_module(node.module or "")
            yield from (_find_module(f"{node.module}.{alias.name}") for alias in node.names)
            yield from (CALLS.get(alias.name, "") for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _visit_call(node, imported)
        elif isinstance(node, ast.Attribute):
            # «model.modules()» es de PyTorch; «sys.modules» no se llama.
            is_method = node.attr == "modules" and id(node) in called
            yield "" if is_method else ATTRIBUTES.get(node.attr, "")
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield _find_namespace(node.value, imported)
        elif isinstance(node, ast.Assign):
            yield from (_find_replaced(target, node.value, imported) for target in node.targets)
        yield from _find_words(node)


def _find_words(node: ast.AST) -> Iterator[str]:
    """Reconoce lo que importa por cómo se llama, aunque vaya en un texto."""
    word = getattr(node, "id", getattr(node, "name", getattr(node, "value", None)))
    if isinstance(word, str) and word.startswith("__"):
        yield ATTRIBUTES.get(word, "")
        yield f"una comparación propia ({word})" if word in COMPARISONS else ""


def _visit_call(node: ast.Call, imported: set[str]) -> Iterator[str]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    yield CALLS.get(name, "")
    first = node.args[0] if node.args else None
    if isinstance(node.func, ast.Name):
        yield FUNCTIONS.get(name, "")
    if name == "system":
        yield SYSTEM
    if name in ("__import__", "import_module") and isinstance(first, ast.Constant):
        yield _find_module(str(first.value))
    if name == "setattr" and first is not None and _find_root(first) in imported:
        yield f"{ast.unparse(first)} (lo cambia con setattr)"
    if name in ("update", "setdefault", "__setitem__") and isinstance(node.func, ast.Attribute):
        yield _find_namespace(node.func.value, imported)


def _find_module(name: str) -> str:
    matches = (words for module, words in MODULES.items() if f"{name}.".startswith(f"{module}."))
    return next(matches, "")


def _find_replaced(target: Any, value: ast.AST, imported: set[str]) -> str:
    """Reconoce ``modulo.funcion = otra``; un ajuste con un valor fijo no cuenta."""
    if not isinstance(target, ast.Attribute) or isinstance(value, ast.Constant):
        return ""
    return f"{ast.unparse(target)} (lo cambia)" if _find_root(target) in imported else ""


def _find_namespace(node: ast.AST, imported: set[str]) -> str:
    """Reconoce ``vars(modulo)`` y ``modulo.__dict__``, que se cambian como un diccionario."""
    owner = node.value if isinstance(node, ast.Attribute) and node.attr == "__dict__" else None
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "vars" and node.args:
        owner = node.args[0]
    is_module = owner is not None and _find_root(owner) in imported
    return f"{ast.unparse(owner)} (lo cambia)" if is_module else ""


def _find_root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == TYPE and len(node.args) == 1:
        return TYPE
    return getattr(node, "id", "")
