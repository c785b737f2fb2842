"""Dice quién escribió una función o una clase: una librería instalada o la entrega.

Es una pista y no una prueba: quien comparte proceso con la comprobación puede fingir casi todo.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

WRAPPERS = (
    functools.partial,
    type(functools.cache(len)),
    MethodType,
    staticmethod,
    classmethod,
    property,
)
INNER = ("func", "__func__", "__wrapped__", "fget")
MAIN = "__main__"


def list_libraries() -> tuple[str, ...]:
    """Devuelve las carpetas donde Python busca librerías, sin la de trabajo.

    >>> any(os.__file__.startswith(folder) for folder in list_libraries())
    True
    """
    here = os.getcwd()
    found = (os.path.abspath(entry) for entry in sys.path if entry)
    return tuple(folder + os.sep for folder in found if folder != here)


# Se mira antes de que corra nada de la entrega, que podría añadir carpetas.
LIBRARIES = list_libraries()


def comes_from_submission(value: Any) -> bool:
    """Dice si una función, o el código de una clase, no es de ninguna librería instalada.

    >>> comes_from_submission(os.path.join), comes_from_submission(lambda: 1)
    (False, True)
    """
    while isinstance(value, WRAPPERS):
        value = next(getattr(value, key) for key in INNER if hasattr(value, key))
    if isinstance(value, FunctionType):
        return not belongs_to_library(value.__globals__)
    kind = value if isinstance(value, type) else type(value)
    # El módulo de una clase es un texto que se puede poner; el de sus métodos, no.
    methods = [method for each in kind.__mro__ for method in vars(each).values()]
    methods = [method for method in methods if isinstance(method, FunctionType | staticmethod)]
    return kind.__module__ == MAIN or any(map(comes_from_submission, methods))


def is_installed(module: ModuleType | None) -> bool:
    """Dice si un módulo viene con Python o está en una carpeta de librerías.

    >>> import builtins
    >>> is_installed(os), is_installed(builtins), is_installed(ModuleType("otro"))
    (True, True, False)
    """
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None) or getattr(module, "__file__", None)
    return origin in ("built-in", "frozen") or str(origin).startswith(LIBRARIES)


def belongs_to_library(namespace: Mapping[str, Any]) -> bool:
    """Dice si unas variables globales son las de un módulo instalado.

    >>> belongs_to_library(vars(functools)), belongs_to_library({"__name__": "functools"})
    (True, False)
    """
    # Un módulo puede cambiarse el nombre (_collections_abc), pero no el de su especificación.
    name = getattr(namespace.get("__spec__"), "name", namespace.get("__name__"))
    module = sys.modules.get(name)
    known = module is not None and vars(module) is namespace
    return name != MAIN and known and is_installed(module)
