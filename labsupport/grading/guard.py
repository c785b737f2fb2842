"""Vigila, dentro del kernel, que las librerías con que se comprueba sigan siendo las de verdad.

Guarda qué funciones y clases tenía cada módulo al terminar de importarse y, mientras dura una
comprobación, las repone. No es una frontera de seguridad: quien comparte proceso con la prueba
siempre puede ir más lejos. Sirve para que cambiar ``numpy.allclose`` no dé puntos.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

HEAP_TYPE = 1 << 9


class Guard(importlib.abc.MetaPathFinder):
    """Recuerda el contenido de unos paquetes y lo repone cuando se le pide.

    >>> import math
    >>> guard = Guard(["math"])
    >>> math.sqrt = lambda x: 7
    >>> with guard.restore() as changed:
    ...     math.sqrt(4), changed
    (2.0, ['math.sqrt'])
    >>> math.sqrt(4)
    7
    >>> del math.sqrt; _ = guard.repair()
    >>> math.sqrt(4)
    2.0
    """

    def __init__(self, packages: Iterable[str]) -> None:
        """``packages``: nombres del primer nivel («numpy»); los módulos propios van siempre."""
        self._packages = {*packages, "builtins"}
        # Sin la carpeta de trabajo: un numpy.py entregado no puede ocupar el lugar de numpy.
        self._path = [entry for entry in sys.path if entry and entry != os.getcwd()]
        self._modules: dict[str, ModuleType] = {}
        self._members: dict[str, list[tuple[Any, str, Any]]] = {}
        self._codes: dict[str, list[tuple[FunctionType, Any]]] = {}
        for name, module in list(sys.modules.items()):
            if self._covers(name):
                self._remember(name, module)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Busca un módulo vigilado como siempre y apunta su contenido al terminar de cargarse."""
        if not self._covers(name):
            return None
        spec = self._find_outside(name, path, target)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._remember_after_loading(spec.loader, name)
        return spec

    @contextmanager
    def restore(self) -> Iterator[list[str]]:
        """Repone lo cambiado mientras dura el bloque y da sus nombres; luego lo deja como estaba.

        Lo repuesto vuelve a su sitio cambiado porque el código que se califica puede contar
        con ello: un cambio no se castiga, solo deja de valer para la comprobación.
        """
        undo = self.repair()
        try:
            yield sorted({name for name, *_ in undo})
        finally:
            for _, holder, attribute, value in undo:
                setattr(holder, attribute, value)

    def repair(self) -> list[tuple[str, Any, str, Any]]:
        """Repone lo cambiado y devuelve, por cambio: nombre, dueño, atributo y valor que tenía."""
        undo = [entry for name in list(sys.modules) for entry in self._repair_module(name)]
        return undo

    def _covers(self, name: str) -> bool:
        return name.partition(".")[0] in self._packages

    def _find_outside(self, name: str, path: Any, target: Any) -> Any:
        if path is None:
            spec = importlib.machinery.PathFinder.find_spec(name, self._path, target)
            if spec is not None:
                return spec
        finders = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(name, path, target) for finder in finders)
        return next((spec for spec in specs if spec is not None), None)

    def _remember_after_loading(self, loader: Any, name: str) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._remember(name, sys.modules.get(name, module))

        loader.exec_module = exec_module

    def _remember(self, name: str, module: ModuleType) -> None:
        self._modules[name] = module
        members = [(module, key, value) for key, value in list(vars(module).items())]
        classes = [value for _, _, value in members if self._is_own_class(value)]
        for each in classes:
            members += [(each, key, value) for key, value in list(vars(each).items())]
        members = [entry for entry in members if _matters(entry[2])]
        self._members[name] = members
        self._codes[name] = [
            (function, function.__code__)
            for *_, value in members
            for function in (value, getattr(value, "__wrapped__", None))
            if isinstance(function, FunctionType)
        ]

    def _is_own_class(self, value: Any) -> bool:
        if not isinstance(value, type) or not value.__flags__ & HEAP_TYPE:
            return False
        return self._covers(str(value.__module__))

    def _repair_module(self, name: str) -> Iterator[tuple[str, Any, str, Any]]:
        if not self._covers(name):
            return
        if name not in self._modules and "." not in name:
            self._reimport(name)
            yield name, _Nothing(), "fake", None
        elif name in self._modules and sys.modules[name] is not self._modules[name]:
            sys.modules[name] = self._modules[name]
            yield name, _Nothing(), "fake", None
        package = name.partition(".")[0]
        for holder, key, original in self._members.get(name, ()):
            current = vars(holder).get(key, _MISSING)
            if _is_replaced(original, current, package):
                setattr(holder, key, original)
                yield f"{name}.{key}", holder, key, current
        for function, code in self._codes.get(name, ()):
            if function.__code__ is not code:
                changed, function.__code__ = function.__code__, code
                yield f"{name}.{function.__name__}", function, "__code__", changed

    def _reimport(self, name: str) -> None:
        del sys.modules[name]
        importlib.import_module(name)


class _Nothing:
    """Dueño de mentira para lo que se repone y no hace falta deshacer."""


_MISSING = _Nothing()


def _matters(value: Any) -> bool:
    return callable(value) or isinstance(value, ModuleType | property | staticmethod | classmethod)


def _is_replaced(original: Any, current: Any, package: str) -> bool:
    """Dice si lo de ahora no es de la librería: las hay que cambian sus funciones al vuelo."""
    if current is original:
        return False
    if getattr(current, "__name__", None) != getattr(original, "__name__", ""):
        return True
    home = str(getattr(current, "__module__", None) or getattr(current, "__name__", ""))
    code = getattr(current, "__code__", None)
    from_library = code is None or os.path.exists(code.co_filename)
    return not (home.partition(".")[0] == package and from_library)


def list_builtins() -> dict[str, Any]:
    """Devuelve una copia de las funciones de serie de Python, antes de que nadie las cambie.

    >>> list_builtins()["len"]("abc")
    3
    """
    return dict(vars(builtins))
