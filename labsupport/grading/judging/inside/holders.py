"""Lo que tenía un módulo o una clase de una librería, y qué de lo de ahora lo puso la entrega."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from labsupport.grading.judging.inside.origin import comes_from_submission

NUMPY_WRAPPER = "_ArrayFunctionDispatcher"
# Con lo que se imita a un módulo o a una función sin escribir ninguna.
STAND_INS, MAKERS = (SimpleNamespace, functools.partial), ("operator", "unittest.mock")


@dataclass(frozen=True)
class Holder:
    """Un módulo o una clase y lo que tenía: ``originals`` por nombre y todos sus ``names``.

    ``offered``: lo que un módulo dice que tiene y no cargará hasta que se le pida.

    >>> fake = ModuleType("fake")
    >>> fake.length, fake.__all__ = len, ["length", "late"]
    >>> holder = Holder.read(fake)
    >>> fake.length, fake.late = (lambda x: 3), SimpleNamespace()
    >>> [key for key, _ in holder.list_replaced()], [key for key, _ in holder.list_added()]
    (['length'], ['late'])
    """

    holder: Any
    originals: dict[str, Any]
    names: frozenset[str]
    offered: frozenset[str]

    @classmethod
    def read(cls, holder: Any, trusted: bool = True) -> Holder:
        """Apunta lo que tiene ahora; si no es de fiar, todo menos lo que puso la entrega."""
        members = list(vars(holder).items())
        if not trusted:
            members = [(k, v) for k, v in members if not (_matters(v) and comes_from_submission(v))]
        originals = {k: value for k, value in members if _matters(value)}
        offered = vars(holder).get("__all__", ()) if isinstance(holder, ModuleType) else ()
        names = frozenset(key for key, _ in members)
        return cls(holder, originals, names, frozenset(offered or ()) - names)

    def list_changed(self) -> list[tuple[str, Any, Any]]:
        """Devuelve lo que ahora es otra cosa: nombre, valor de ahora y el que tenía."""
        current = vars(self.holder)
        return [
            (key, current[key], original)
            for key, original in self.originals.items()
            if current.get(key, original) is not original
        ]

    def list_replaced(self) -> list[tuple[str, Any]]:
        """Devuelve lo que la entrega cambió por otra cosa: nombre y valor de ahora."""
        changed, holder = self.list_changed(), self.holder
        return [(k, now) for k, now, before in changed if _is_replaced(holder, k, before, now)]

    def list_added(self) -> list[tuple[str, Any]]:
        """Devuelve lo que la entrega añadió y cambia lo que ya hacía."""
        # Por sus nombres y no por cuántos son: quien quita uno puede poner otro.
        if self.names.issuperset(vars(self.holder)):
            return []
        if isinstance(self.holder, ModuleType):
            return self._list_added_to_module()
        return self._list_added_to_class()

    def _list_added_to_module(self) -> list[tuple[str, Any]]:
        """Lo que ocupa el sitio de lo que aún no se había cargado, y lo que trae de su código."""
        added = [
            (key, value)
            for key, value in sorted(vars(self.holder).items())
            if key not in self.originals
        ]
        return [
            (key, now)
            for key, now in added
            if (key in self.offered and not _can_be_offered(now))
            or (_matters(now) and comes_from_submission(now))
        ]

    def _list_added_to_class(self) -> list[tuple[str, Any]]:
        """Los métodos especiales (``__eq__``…) y los que tapan a uno heredado (``Tensor.max``)."""
        inherited = {key for parent in self.holder.__mro__[1:] for key in vars(parent)}
        added = [
            (key, value)
            for key, value in sorted(vars(self.holder).items())
            if key not in self.originals and (key.startswith("__") or key in inherited)
        ]
        return [(k, now) for k, now in added if _matters(now) and comes_from_submission(now)]


def _matters(value: Any) -> bool:
    kinds = (ModuleType, property, staticmethod, classmethod)
    return callable(value) or issubclass(type(value), kinds)


def is_function(value: Any) -> bool:
    """Dice si un objeto es una función de Python, o lo que la envuelve sin dejar de serlo.

    >>> is_function(is_function), is_function(functools.partial(len))
    (True, False)
    """
    kind = type(value)
    cached = type(functools.lru_cache(len))
    return issubclass(kind, FunctionType | cached) or kind.__name__ == NUMPY_WRAPPER


def _can_be_offered(value: Any) -> bool:
    """Dice si una librería pudo cargar ``value`` cuando alguien se lo pidió."""
    if isinstance(value, ModuleType):
        return sys.modules.get(value.__name__) is value
    if comes_from_submission(value):
        return False
    return not isinstance(value, STAND_INS) and type(value).__module__ not in MAKERS


def _is_replaced(holder: Any, key: str, original: Any, current: Any) -> bool:
    """Dice si lo de ahora lo puso la entrega: las librerías también se cambian a sí mismas."""
    if comes_from_submission(current):
        return True
    if is_function(original) and not is_function(current):
        # Con «functools.partial» o «numpy.vectorize» no hace falta escribir ninguna función.
        return True
    names = [getattr(value, "__name__", None) for value in (original, current)]
    return isinstance(holder, ModuleType) and names[0] == key != names[1]
