"""Busca en el código entregado lo que toca la maquinaria del kernel, para que lo mire una persona.

No decide ninguna nota: hay usos honestos de casi todo lo que aquí se busca.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

MODULES = {
    "signal": "señales",
    "ctypes": "ctypes",
    "gc": "el recolector de memoria (gc)",
    "inspect": "la pila de llamadas (inspect)",
    "builtins": "las funciones de serie (builtins)",
    "atexit": "código al salir (atexit)",
    "faulthandler": "faulthandler",
    "marshal": "marshal",
    "ipykernel": "el kernel (ipykernel)",
    "IPython.core": "el intérprete (IPython.core)",
    "labsupport.grading": "el programa que califica",
    "subprocess": "otros procesos (subprocess)",
    "multiprocessing": "otros procesos (multiprocessing)",
    "socket": "la red (socket)",
    "pty": "otros procesos (pty)",
}
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
}
ATTRIBUTES = {
    "ast_transformers": "las transformaciones del código (ast_transformers)",
    "input_transformers_cleanup": "las transformaciones del código (input_transformers)",
    "input_transformers_post": "las transformaciones del código (input_transformers)",
    "input_transformer_manager": "las transformaciones del código (input_transformers)",
    "__code__": "el código de otra función (__code__)",
    "__builtins__": "las funciones de serie (__builtins__)",
    "__globals__": "las variables de otro módulo (__globals__)",
    "modules": "los módulos cargados (sys.modules)",
    "meta_path": "los módulos cargados (sys.meta_path)",
    "environ": "",
}


def find_machinery(sources: Iterable[str]) -> list[str]:
    r"""Devuelve, en palabras y sin repetir, lo que tocan unas celdas de código.

    >>> find_machinery(["import signal\nsignal.alarm(3)", "exit()", "x = 1"])
    ['exit', 'señales']
    >>> find_machinery(["import numpy as np\nnp.allclose = lambda *a: True"])
    ['np.allclose (lo cambia)']
    >>> find_machinery(["torch.backends.cudnn.benchmark = False", "%matplotlib inline"])
    []
    """
    found = {name for source in sources for name in _inspect(source)}
    return sorted(found - {""}, key=str.casefold)


def _inspect(source: str) -> Iterator[str]:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        own = ast.parse(source)
    except SyntaxError:
        try:
            # Con órdenes de IPython, que por dentro llaman a get_ipython().
            own = ast.parse(TransformerManager().transform_cell(source))
        except SyntaxError:
            return
        yield from (name for name in _visit(own) if name != CALLS["get_ipython"])
        return
    yield from _visit(own)


def _visit(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_find_module(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield _find_module(node.module or "")
        elif isinstance(node, ast.Call):
            yield from _visit_call(node)
        elif isinstance(node, ast.Attribute):
            yield ATTRIBUTES.get(node.attr, "")
        elif isinstance(node, ast.Name):
            yield ATTRIBUTES.get(node.id, "") if node.id.startswith("__") else ""
        elif isinstance(node, ast.Assign):
            yield from (_find_replaced(target, node.value) for target in node.targets)


def _visit_call(node: ast.Call) -> Iterator[str]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    yield CALLS.get(name, "")
    first = node.args[0] if node.args else None
    if name == "system":
        yield "otros procesos (os.system)"
    if name in ("__import__", "import_module") and isinstance(first, ast.Constant):
        yield _find_module(str(first.value))
    if name == "setattr" and isinstance(first, ast.Name):
        yield f"{first.id} (lo cambia con setattr)"


def _find_module(name: str) -> str:
    matches = (words for module, words in MODULES.items() if f"{name}.".startswith(f"{module}."))
    return next(matches, "")


def _find_replaced(target: Any, value: ast.AST) -> str:
    """Reconoce ``modulo.funcion = otra``; un ajuste con un valor fijo no cuenta."""
    if not isinstance(target, ast.Attribute) or isinstance(value, ast.Constant):
        return ""
    is_function = isinstance(value, ast.Lambda | ast.Name | ast.Attribute)
    root = target
    while isinstance(root, ast.Attribute):
        root = root.value
    own = isinstance(root, ast.Name) and root.id in ("self", "cls")
    return f"{ast.unparse(target)} (lo cambia)" if is_function and not own else ""
