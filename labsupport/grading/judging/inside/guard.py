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

from labsupport.grading.judging.inside.holders import Holder, is_function
from labsupport.grading.judging.inside.origin import comes_from_submission

HEAP_TYPE = 1 << 9
# Cambiar los valores de partida de una función («rtol») vale tanto como cambiar su código.
INSIDES = ("__code__", "__defaults__", "__kwdefaults__")
# Los cambian Jupyter y su depurador: no son cosa de la entrega.
CHANGED_BY_JUPYTER = {"sys.breakpointhook", "sys.displayhook", "sys.last_type"}


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
        self._kept_classes: set[int] = set()
        self._holders: dict[str, list[Holder]] = {}
        # Enteras, y no solo su número, para que no pase a ser el de otras.
        self._functions: dict[int, tuple[FunctionType, str]] = {}
        self._rewritten: dict[tuple[int, str], tuple[str, FunctionType, str, Any]] = {}
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
        return self._repair_packages(self._packages)

    def repair_kept(self) -> list[str]:
        """Repone solo lo que usa el propio kernel y devuelve los nombres de lo cambiado."""
        return sorted({name for name, *_ in self._repair_packages(self._kept)})

    def keep_inside(self, function: Any, key: str) -> None:
        """Apunta cómo es por dentro una función vigilada, justo antes de que alguien lo cambie.

        ``key``: el atributo que va a cambiar. Mirarlas todas en cada comprobación sería lo más
        caro de calificar: son decenas de miles.
        """
        entry = (id(function), key)
        if key in INSIDES and id(function) in self._functions and entry not in self._rewritten:
            _, where = self._functions[id(function)]
            self._rewritten[entry] = (where, function, key, getattr(function, key))

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
            for name, place, key in set(self._list_swaps()) - before:
                own = self._holders[name][place]
                own.originals[key] = vars(own.holder)[key]

    def _list_swaps(self) -> Iterator[tuple[str, int, str]]:
        """Da (módulo, cuál de los suyos, nombre) de lo que una librería puso en lugar de otra cosa.

        Los suyos son el propio módulo y sus clases.
        """
        for name, holders in self._holders.items():
            for place, each in enumerate(holders):
                for key, value, _ in each.list_changed():
                    if not comes_from_submission(value):
                        yield name, place, key

    def _remember(self, name: str, module: ModuleType, trusted: bool = True) -> None:
        self._modules[name] = module
        classes = [value for value in list(vars(module).values()) if self._is_new(value, name)]
        self._kept_classes |= {id(each) for each in classes}
        self._holders[name] = [Holder.read(each, trusted) for each in (module, *classes)]
        values = (value for each in self._holders[name] for value in each.originals.values())
        for function in (function for value in values for function in _unwrap(value)):
            self._functions.setdefault(id(function), (function, name))

    def _is_new(self, value: Any, module: str) -> bool:
        """Dice si hay que recordar una clase: se ve en cada módulo que la usa, y basta una vez.

        Donde se define se recuerda siempre: antes pudo verse a medio hacer.
        """
        if not self._is_own_class(value):
            return False
        return id(value) not in self._kept_classes or value.__module__ == module

    def _is_own_class(self, value: Any) -> bool:
        # type() y no isinstance(): hay objetos que avisan o importan algo si se les pregunta.
        if not issubclass(type(value), type) or not value.__flags__ & HEAP_TYPE:
            return False
        return self._covers(str(value.__module__))

    def _repair_packages(self, packages: set[str]) -> list[tuple[str, Any, str, Any]]:
        names = [name for name in list(sys.modules) if name.partition(".")[0] in packages]
        undo = [entry for name in names for entry in self._repair_module(name)]
        return undo + list(self._repair_functions(packages))

    def _repair_module(self, name: str) -> Iterator[tuple[str, Any, str, Any]]:
        module = sys.modules[name]
        if self._is_fake(name, module):
            self._bring_back(name)
            yield name, _Nothing(), "fake", None
        elif name in self._modules and module is not self._modules[name]:
            # transformers se sustituye a sí mismo cuando ya está cargado, y quizá ya lo cambiaron.
            self._remember(name, module, trusted=False)
        for each in self._holders.get(name, ()):
            for key, current in each.list_replaced():
                if f"{name}.{key}" not in CHANGED_BY_JUPYTER:
                    setattr(each.holder, key, each.originals[key])
                    yield f"{name}.{key}", each.holder, key, current
            for key, added in each.list_added():
                if f"{name}.{key}" not in CHANGED_BY_JUPYTER:
                    delattr(each.holder, key)
                    yield f"{each.holder.__name__}.{key}", each.holder, key, added

    def _repair_functions(self, packages: set[str]) -> Iterator[tuple[str, Any, str, Any]]:
        for where, function, key, original in list(self._rewritten.values()):
            current = getattr(function, key)
            if current is not original and where.partition(".")[0] in packages:
                setattr(function, key, original)
                yield f"{where}.{function.__name__}", function, key, current

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
    if not is_function(value):
        return []
    found = [value, getattr(value, "__wrapped__", None)]
    return [each for each in found if issubclass(type(each), FunctionType)]


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
