"""Apunta, mientras corre la entrega, lo que solo se usa para mirar o cambiar a quien comprueba.

Buscarlo en el texto no basta: ``getattr(error, "tb_" + "frame")`` no lo nombra. Python avisa de
esos usos a quien se lo pide. Fuente: PEP 578 y la tabla de eventos de auditoría de Python.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from labsupport.grading.judging.inside.origin import belongs_to_library, comes_from_submission

FRAMES = "la pila de llamadas (frames)"
CODE = "el código de otra función (__code__)"
# De los atributos, solo avisa Python de los que abren la maquinaria.
ATTRIBUTES = dict.fromkeys(("tb_frame", "gi_frame", "cr_frame", "ag_frame", "f_code"), FRAMES)
EVENTS = {
    "sys._getframe": FRAMES,
    "sys._current_frames": FRAMES,
    "sys.settrace": "el trazado (settrace)",
    "sys.setprofile": "el trazado (setprofile)",
    "sys.addaudithook": "la auditoría de Python (addaudithook)",
    "gc.get_objects": "el recolector de memoria (gc)",
    "gc.get_referrers": "el recolector de memoria (gc)",
    "gc.get_referents": "el recolector de memoria (gc)",
    "object.__getattr__": CODE,
    "object.__setattr__": CODE,
    "object.__delattr__": CODE,
    "code.__new__": CODE,
    "os.system": "otros procesos (os.system)",
    "os.posix_spawn": "otros procesos (os.posix_spawn)",
    "os.fork": "otros procesos (fork)",
    "os.forkpty": "otros procesos (fork)",
    "os.kill": "señales (kill)",
    "os.killpg": "señales (kill)",
}
DEFAULTS = ("__defaults__", "__kwdefaults__")
REWRITES = {"object.__setattr__", "object.__delattr__"}
# Lo que tocó la entrega, en palabras.
TOUCHED: set[str] = set()
# Las variables globales de cada librería que ya avisó: hay tantos avisos que se notaría mirarlo
# cada vez. Se guardan enteras para que su número no pase a ser el de otras.
_libraries: dict[int, Any] = {}
_busy = False


def start(before_rewriting: Callable[[Any, str], None]) -> None:
    """Empieza a apuntar; no se puede parar mientras viva el proceso.

    ``before_rewriting``: se llama con una función y el nombre de un atributo justo antes de que
    alguien cambie cómo es por dentro.
    """
    sys.addaudithook(functools.partial(_note, before_rewriting))


def _note(
    before_rewriting: Callable[[Any, str], None],
    event: str,
    arguments: tuple[Any, ...],
    events: Any = EVENTS,
    find_frame: Any = sys._getframe,
    looks_for_others: Any = inspect.__dict__,
) -> None:
    global _busy
    if event in REWRITES:
        before_rewriting(*arguments[:2])
    if event not in events or _busy:
        return
    # Mirar quién llama avisa también.
    _busy = True
    try:
        caller = find_frame(1).f_globals
        if caller is looks_for_others and event == "sys._getframe":
            # inspect.currentframe() da los de quien la llama.
            caller = find_frame(2).f_globals
        if id(caller) in _libraries:
            return
        if belongs_to_library(caller):
            _libraries[id(caller)] = caller
            return
        name = arguments[1] if event.startswith("object.") else ""
        if name in DEFAULTS and comes_from_submission(arguments[0]):
            # Los valores de partida de una función propia se pueden mirar y cambiar.
            return
        TOUCHED.add(ATTRIBUTES.get(name, EVENTS[event]))
    finally:
        _busy = False
