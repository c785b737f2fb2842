"""Lado de la entrega: contesta, con datos, a lo que le pide quien comprueba.

Corre dentro del kernel de la entrega, que puede cambiarlo: solo contesta datos, y quien los recibe
no se fía de ellos. Aquí no hay ninguna comprobación que leer.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from labsupport.grading.judging.channel import BrokenChannel, Channel
from labsupport.grading.judging.codec import Decoder, Encoder
from labsupport.grading.judging.weights import Borrower

MESSAGE_LENGTH = 600
_MISSING = object()


class Answering:
    """Contesta por ``connection`` con lo que hay en ``namespace``, los nombres del cuaderno."""

    def __init__(self, connection: socket.socket, namespace: dict[str, Any]) -> None:
        self._channel, self._namespace = Channel(connection), namespace
        self._given: dict[str, Any] = {}
        self._own: dict[str, Any] = {}
        self._models = Borrower()

    def remember(self, names: Iterable[str]) -> None:
        """Apunta lo que define una celda del ejercicio que nadie tiene que tocar."""
        found = {name: self._namespace[name] for name in names if name in self._namespace}
        self._given |= {name: _copy(value) for name, value in found.items()}

    def serve(self) -> None:
        """Contesta hasta que le digan que basta, y deja lo dado como lo tenía la entrega."""
        try:
            while self._answer_next():
                pass
        finally:
            self._put_back()

    def _restore(self) -> None:
        """Repone, mientras se comprueba, lo dado que la entrega cambió."""
        self._own = {
            name: self._namespace.get(name, _MISSING)
            for name, given in self._given.items()
            if not _is_same(self._namespace.get(name, _MISSING), given)
        }
        self._namespace.update({name: _copy(self._given[name]) for name in self._own})

    def _put_back(self) -> None:
        for name, value in self._own.items():
            self._namespace[name] = value
            if value is _MISSING:
                del self._namespace[name]
        self._own = {}

    def _answer_next(self) -> bool:
        try:
            message, blobs = self._channel.receive()
        except BrokenChannel:
            return False
        if message["op"] == "end":
            return False
        answers = {"look": self._look, "call": self._call, "define": self._define}
        encoder = Encoder(self._name_given, self._models.put)
        try:
            reply = answers[message["op"]](message, blobs, encoder)
            self._channel.send({"id": message["id"], **reply}, encoder.blobs)
        except BrokenChannel:
            return False
        except BaseException as error:  # noqa: BLE001 - también SystemExit y KeyboardInterrupt
            told = {"error": type(error).__name__[:100], "message": _spell(error)}
            self._channel.send({"id": message["id"], **told})
        return True

    def _look(self, message: Any, blobs: list[bytearray], encoder: Encoder) -> dict[str, Any]:
        self._put_back()
        if message["restore"]:
            self._restore()
        found = [self._show(name, encoder) for name in message["names"]]
        return {"found": found, "redefined": sorted(self._own)}

    def _show(self, name: str, encoder: Encoder) -> Any:
        value = self._namespace.get(name, _MISSING)
        if value is _MISSING:
            return None
        if callable(value):
            return {"callable": True}
        try:
            return {"value": encoder.encode(value)}
        except Exception as error:  # noqa: BLE001 - uno que no cruza no estorba a los demás
            return {"error": type(error).__name__[:100], "message": _spell(error)}

    def _call(self, message: Any, blobs: list[bytearray], encoder: Encoder) -> dict[str, Any]:
        self._models.forget(message["gone"])
        decoder = Decoder(blobs, self._find_given, self._models.get)
        args, kwargs = decoder.decode(message["args"]), decoder.decode(message["kwargs"])
        if message["source"]:
            # Una sonda se define otra vez: quien le cambió el nombre no cambia lo que hace.
            exec(compile(message["source"], "<sonda>", "exec"), self._namespace)
        before = self._record(args, kwargs)
        # Quien cambió numpy por otra cosa se queda sin azar, no sin respuesta.
        with contextlib.suppress(Exception):
            set_random_state(decoder.decode(message["random"]))
        result = encoder.encode(self._namespace[message["name"]](*args, **kwargs))
        reply = {"result": result}
        if self._record(args, kwargs) != before:
            reply["args"], reply["kwargs"] = encoder.encode(args), encoder.encode(kwargs)
        return reply

    def _record(self, args: Any, kwargs: Any) -> Any:
        encoder = Encoder(self._name_given, self._models.put)
        return encoder.encode([args, kwargs]), encoder.blobs

    def _define(self, message: Any, blobs: list[bytearray], encoder: Encoder) -> dict[str, Any]:
        """Define lo que la parte visible de una comprobación deja a la vista en el cuaderno."""
        self._namespace.update(Decoder(blobs, self._find_given).decode(message["values"]))
        exec(compile(message["source"], "<comprobación>", "exec"), self._namespace)
        return {}

    def _find_given(self, name: str) -> Any:
        return self._given[name] if name in self._given else self._namespace[name]

    def _name_given(self, value: Any) -> str:
        return next((name for name, given in self._given.items() if given is value), "")


def get_random_state() -> dict[str, Any]:
    """Devuelve en qué punto está el azar de Python y, si están cargados, de numpy y de torch."""
    state: dict[str, Any] = {"random": random.getstate()}
    if "numpy" in sys.modules:
        state["numpy"] = sys.modules["numpy"].random.get_state()
    if "torch" in sys.modules:
        state["torch"] = sys.modules["torch"].get_rng_state()
    return state


def set_random_state(state: Mapping[str, Any]) -> None:
    """Pone el azar en el punto que dio ``get_random_state``."""
    random.setstate(state["random"])
    if "numpy" in state:
        import numpy as np

        np.random.set_state(state["numpy"])
    if "torch" in state:
        import torch

        torch.set_rng_state(state["torch"])


def _spell(error: BaseException) -> str:
    try:
        return str(error)[:MESSAGE_LENGTH]
    except Exception:  # noqa: BLE001 - el error puede ser una clase de quien entrega
        return ""


def _copy(value: Any) -> Any:
    return value.copy() if type(value) in (dict, list, set) else value


def _is_same(value: Any, given: Any) -> bool:
    """Dice si un nombre tiene lo que tenía: el mismo objeto o, por dentro, los mismos."""
    if type(value) is not type(given) or type(value) not in (dict, list, set):
        return value is given
    if type(value) is set:
        return {*map(id, value)} == {*map(id, given)}
    if type(value) is dict and value.keys() != given.keys():
        return False
    keys = value if type(value) is dict else range(max(len(value), len(given)))
    return len(value) == len(given) and all(value[key] is given[key] for key in keys)
