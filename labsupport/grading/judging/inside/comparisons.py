"""Cuida de que una comprobación compare valores corrientes.

Un objeto cuya clase define su propia igualdad pasa cualquier ``assert``: lo que se compara, se
suma o se pasa a una función de serie no puede decidir por su cuenta cómo.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from labsupport.grading.judging.inside.origin import MAIN, comes_from_submission

COMPARISONS = frozenset(
    {
        *(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge", "sub", "rsub", "abs")),
        *(f"__{name}__" for name in ("and", "rand", "or", "ror", "xor", "rxor", "invert")),
        *(f"__{name}__" for name in ("bool", "float", "int", "index", "array", "class")),
        *(f"__{name}__" for name in ("instancecheck", "array_ufunc", "array_function")),
        *("__array_finalize__", "__array_wrap__"),
        "__torch_function__",
    }
)
MOCKS = "unittest.mock"
NOT_ORDINARY = "Tu respuesta decide por su cuenta a qué es igual: devuelve un valor corriente."
# Lo que se mira por dentro de una respuesta: basta para las listas y diccionarios que se piden.
DEPTH, ITEMS = 3, 1000
CONTAINERS = (dict, list, tuple, set, frozenset)
# Por aquí y no por el atributo: una metaclase podría contestar otra cosa.
_get_parents = type.__dict__["__mro__"].__get__
_get_members = type.__dict__["__dict__"].__get__


def require_ordinary(value: Any, depth: int = DEPTH) -> Any:
    """Devuelve ``value`` si se compara como siempre; si no, lanza AssertionError.

    ``depth``: cuántos niveles de listas y diccionarios se miran.

    >>> require_ordinary([1, {"a": 2.0}])
    [1, {'a': 2.0}]
    >>> class Yes(int):
    ...     def __eq__(self, other):
    ...         return True
    >>> require_ordinary([Yes()])
    Traceback (most recent call last):
    ...
    AssertionError: Tu respuesta decide por su cuenta a qué es igual: devuelve un valor corriente.
    """
    if any(_decides(kind) for kind in _get_parents(type(value))):
        raise AssertionError(NOT_ORDINARY)
    if depth:
        for item in islice(_list_items(value), ITEMS):
            require_ordinary(item, depth - 1)
    return value


def _decides(kind: type) -> bool:
    members = _get_members(kind)
    own = [members[name] for name in COMPARISONS if name in members]
    if own and str(members.get("__module__")) in (MAIN, MOCKS):
        return True
    return any(comes_from_submission(each) or type(each).__module__ == MOCKS for each in own)


def _list_items(value: Any) -> Iterable[Any]:
    for kind in CONTAINERS:
        # Con el recorrido de su tipo de verdad, no con el que ponga una clase propia.
        if isinstance(value, kind):
            yield from (dict.values(value) if kind is dict else kind.__iter__(value))
    if type(value).__module__ == "numpy" and str(getattr(value, "dtype", "")) == "object":
        yield from value.ravel().tolist()
