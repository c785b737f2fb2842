"""Vigila, dentro del kernel, que las librerías con que se comprueba sigan siendo las de verdad.

Guarda qué funciones y clases tenía cada módulo al terminar de importarse y, mientras dura una
comprobación, las repone. No es una frontera de seguridad: quien comparte proceso con la prueba
siempre puede ir más lejos. Sirve para que cambiar ``numpy.allclose`` no dé puntos.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

from labsupport.grading.inside.origin import comes_from_submission

HEAP_TYPE = 1 << 9
# Cambiar los valores de partida de una función («rtol») vale tanto como cambiar su código.
INSIDES = ("__code__", "__defaults__", "__kwdefaults__")
# Los cambian Jupyter y su depurador: no son cosa de la entrega.
CHANGED_BY_JUPYTER = {"sys.breakpointhook", "sys.displayhook"}


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
    >>> _ = guard.repair()
    >>> math.sqrt(4)
    2.0
    """

    def __init__(self, packages: Iterable[str], kept: Iterable[str] = ()) -> None:
        """``packages``: nombres del primer nivel («numpy»); ``kept``: los que no se devuelven."""
        self._packages, self._kept = {*packages, *kept, "builtins"}, set(kept)
        # Sin la carpeta de trabajo: un numpy.py entregado no puede ocupar el lugar de numpy.
        self._folder = os.getcwd()
        self._path = [entry for entry in sys.path if entry and entry != self._folder]
        self._modules: dict[str, ModuleType] = {}
        self._loading = False
        self._members: dict[str, list[tuple[Any, str, Any]]] = {}
        self._insides: dict[str, list[tuple[FunctionType, str, Any]]] = {}
        self._classes: dict[str, list[tuple[type, int]]] = {}
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
        con ello: un cambio no se castiga, solo deja de valer para la comprobación. Lo que usa
        el propio kernel no vuelve: con json.dumps cambiado se falsearía el veredicto al enviarlo.
        """
        undo = self.repair()
        try:
            yield sorted({name for name, *_ in undo})
        finally:
            for name, holder, attribute, value in undo:
                if name.partition(".")[0] not in self._kept:
                    setattr(holder, attribute, value)

    def repair(self) -> list[tuple[str, Any, str, Any]]:
        """Repone lo cambiado y devuelve, por cambio: nombre, dueño, atributo y valor que tenía."""
        undo = [entry for name in list(sys.modules) for entry in self._repair_module(name)]
        return undo

    def repair_kept(self) -> list[str]:
        """Repone solo lo que usa el propio kernel y devuelve los nombres de lo cambiado."""
        names = [name for name in list(sys.modules) if name.partition(".")[0] in self._kept]
        return sorted({entry[0] for name in names for entry in self._repair_module(name)})

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
            with self._accept_changes_of_libraries():
                execute(module)
                self._remember(name, sys.modules.get(name, module))

        loader.exec_module = exec_module

    @contextmanager
    def _accept_changes_of_libraries(self) -> Iterator[None]:
        """Da por bueno lo que las librerías se cambian unas a otras al cargarse.

        tensorflow, por ejemplo, pone en un módulo funciones de otro. Solo cuenta lo que cambia
        mientras dura la carga: lo que la entrega cambió antes sigue apuntado como cambiado.
        """
        if self._loading:
            yield
            return
        before, self._loading = set(self._list_swaps()), True
        try:
            yield
        finally:
            self._loading = False
            for name, key in set(self._list_swaps()) - before:
                module = self._modules[name]
                self._members[name] = [
                    (holder, each, vars(module)[key] if holder is module and each == key else value)
                    for holder, each, value in self._members[name]
                ]

    def _list_swaps(self) -> Iterator[tuple[str, str]]:
        """Da (módulo, nombre) de cada función de una librería que ocupa el lugar de otra."""
        for name, members in self._members.items():
            for holder, key, original in members:
                if holder is self._modules[name]:
                    current = vars(holder).get(key, original)
                    if current is not original and not comes_from_submission(current):
                        yield name, key

    def _remember(self, name: str, module: ModuleType) -> None:
        self._modules[name] = module
        members = [(module, key, value) for key, value in list(vars(module).items())]
        classes = [value for _, _, value in members if self._is_own_class(value)]
        for each in classes:
            members += [(each, key, value) for key, value in list(vars(each).items())]
        members = [entry for entry in members if _matters(entry[2])]
        self._members[name] = members
        self._classes[name] = [(each, len(vars(each))) for each in classes]
        self._insides[name] = [
            (function, key, getattr(function, key))
            for *_, value in members
            for function in _unwrap(value)
            for key in INSIDES
        ]

    def _is_own_class(self, value: Any) -> bool:
        # type() y no isinstance(): hay objetos que avisan o importan algo si se les pregunta.
        if not issubclass(type(value), type) or not value.__flags__ & HEAP_TYPE:
            return False
        return self._covers(str(value.__module__))

    def _repair_module(self, name: str) -> Iterator[tuple[str, Any, str, Any]]:
        if not self._covers(name):
            return
        if self._is_fake(name, sys.modules[name]):
            self._bring_back(name)
            yield name, _Nothing(), "fake", None
        for holder, key, original in self._members.get(name, ()):
            if f"{name}.{key}" in CHANGED_BY_JUPYTER:
                continue
            current = vars(holder).get(key, original)
            if current is not original and _is_replaced(holder, key, original, current):
                setattr(holder, key, original)
                yield f"{name}.{key}", holder, key, current
        for function, key, original in self._insides.get(name, ()):
            current = getattr(function, key)
            if current is not original:
                setattr(function, key, original)
                yield f"{name}.{function.__name__}", function, key, current
        for holder, size in self._classes.get(name, ()):
            for key in _list_added(holder, self._members[name], size):
                added = vars(holder)[key]
                delattr(holder, key)
                yield f"{holder.__name__}.{key}", holder, key, added

    def _is_fake(self, name: str, module: Any) -> bool:
        """Dice si un módulo lo puso la entrega: sin origen, o con su archivo en su carpeta."""
        if name == "builtins" or module is self._modules.get(name):
            return False
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if origin is None:
            return "." not in name or name in self._modules
        return origin.startswith(self._folder + os.sep)

    def _bring_back(self, name: str) -> None:
        del sys.modules[name]
        if name in self._modules:
            sys.modules[name] = self._modules[name]
        elif "." not in name:
            importlib.import_module(name)


class _Nothing:
    """Dueño de mentira para lo que se repone y no hace falta deshacer."""


def _unwrap(value: Any) -> list[FunctionType]:
    """Devuelve las funciones de Python que hay en ``value``: ella y la que envuelve."""
    # Por su tipo: preguntar un atributo a otros objetos (los FLAGS de absl) hace que fallen.
    if not issubclass(type(value), FunctionType | type(functools.lru_cache(len))):
        return []
    found = [value, getattr(value, "__wrapped__", None)]
    return [each for each in found if issubclass(type(each), FunctionType)]


def _matters(value: Any) -> bool:
    kinds = (ModuleType, property, staticmethod, classmethod)
    return callable(value) or issubclass(type(value), kinds)


def _list_added(holder: type, members: list[tuple[Any, str, Any]], size: int) -> list[str]:
    """Devuelve lo que la entrega añadió a una clase ajena y cambia lo que ya hacía.

    Son los métodos especiales (``__eq__``…) y los que tapan a uno heredado (``Tensor.max``).
    """
    if len(vars(holder)) <= size:
        return []
    known = {key for owner, key, _ in members if owner is holder}
    inherited = {key for parent in holder.__mro__[1:] for key in vars(parent)}
    added = [
        (key, value)
        for key, value in vars(holder).items()
        if key not in known and (key.startswith("__") or key in inherited)
    ]
    return sorted(k for k, value in added if _matters(value) and comes_from_submission(value))


def _is_replaced(holder: Any, key: str, original: Any, current: Any) -> bool:
    """Dice si lo de ahora lo puso la entrega: las librerías también se cambian a sí mismas."""
    if comes_from_submission(current):
        return True
    names = [getattr(value, "__name__", None) for value in (original, current)]
    return isinstance(holder, ModuleType) and names[0] == key != names[1]


def is_cheating(entry: tuple[str, Any, str, Any]) -> bool:
    """Dice si un cambio, como los da ``Guard.repair``, solo pudo hacerlo la entrega."""
    _, _, key, value = entry
    return key in INSIDES or comes_from_submission(value)


def list_builtins() -> dict[str, Any]:
    """Devuelve una copia de las funciones de serie de Python, antes de que nadie las cambie.

    >>> list_builtins()["len"]("abc")
    3
    """
    return dict(vars(builtins))
