"""El proceso que comprueba: corre las celdas dadas y las comprobaciones, lejos de la entrega.

Lo que define una respuesta es aquí un sustituto (``StandIn``): llamarlo manda los argumentos al
kernel de la entrega y trae el resultado como datos. Uno de estos procesos sirve para muchas
entregas del mismo ejercicio; cada una empieza con lo dado recién copiado y el azar en su sitio.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import copy
import inspect
import math
import os
import socket
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from labsupport.grading.judging.answering import get_random_state, set_random_state
from labsupport.grading.judging.channel import BrokenChannel, Channel
from labsupport.grading.judging.codec import Decoder, Encoder, Unreadable, Untransferable, copy_back
from labsupport.grading.judging.kernel import start_inside
from labsupport.grading.judging.weights import Lender

MESSAGE_LENGTH = 600
MUTABLE = (list, dict, set, bytearray)
NOT_UNDERSTOOD = "Lo que contesta tu código no se entiende."


class StudentError(Exception):
    """Un error del código entregado que no es de los de serie; ``told``: su clase y su mensaje."""


class StandIn:
    """Una función de la entrega, vista desde fuera: al llamarla contesta el otro proceso."""

    def __init__(self, submission: Respondent, name: str) -> None:
        self._submission, self.__name__ = submission, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Llama a la función de la entrega con esos argumentos."""
        return self._submission.call(self.__name__, args, kwargs)


class Respondent:
    """La entrega que se comprueba: sus nombres, por su canal, y lo que las comprobaciones dejan.

    ``given``: lo que definen las celdas dadas; ``probes``: de cada sonda, su código.
    """

    def __init__(
        self, channel: Channel, given: Mapping[str, Any], probes: Mapping[str, str]
    ) -> None:
        self.namespace: dict[str, Any] = {"__name__": "__main__", **given}
        self._channel, self.given, self._probes = channel, given, probes
        self.redefined: list[str] = []
        self._asked = 0
        self._models = Lender()

    def look(self, names: list[str], restore: bool) -> dict[str, Any]:
        """Devuelve lo que la entrega tiene en esos nombres; lo que se llama, como sustituto.

        ``restore``: si la entrega repone antes lo dado que cambió; en ``redefined`` queda qué era.
        """
        message, blobs = self._ask("look", "found", [], names=names, restore=restore)
        told = message.get("redefined")
        told = told if isinstance(told, list) else []
        self.redefined = [name for name in told if isinstance(name, str) and name in self.given]
        found, decoder = {}, self._make_decoder(blobs)
        for name, shown in zip(names, message["found"], strict=False):
            if isinstance(shown, dict):
                stands = shown.get("callable") is True
                found[name] = StandIn(self, name) if stands else self._read(shown, "value", decoder)
        return found

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Llama a una función de la entrega; lo que cambie en sus argumentos cambia aquí."""
        encoder = Encoder(self._name_given, self._models.put)
        message, blobs = self._ask(
            "call",
            "result",
            encoder.blobs,
            name=name,
            source=self._probes.get(name, ""),
            args=encoder.encode(list(args)),
            kwargs=encoder.encode(kwargs),
            random=encoder.encode(get_random_state()),
            gone=self._models.list_gone(),
        )
        decoder = self._make_decoder(blobs)
        if "args" in message:
            copy_back(list(args), self._read(message, "args", decoder))
            copy_back(kwargs, self._read(message, "kwargs", decoder))
        return self._read(message, "result", decoder)

    def define(self, source: str, values: Any, blobs: list[bytes]) -> None:
        """Deja en el cuaderno de la entrega lo que define la parte visible de una comprobación."""
        self._ask("define", "id", blobs, source=source, values=values)

    def finish(self) -> None:
        """Dice a la entrega que ya no hay más preguntas; si no escucha, tampoco las habrá."""
        try:
            self._channel.send({"op": "end"})
        except BrokenChannel:
            self._channel.close()

    def _ask(
        self, op: str, wanted: str, blobs: list[bytes], **details: Any
    ) -> tuple[dict[str, Any], list[bytearray]]:
        """Pregunta y espera la respuesta a esa pregunta; cualquier otra cosa rompe el canal."""
        self._asked += 1
        try:
            self._channel.send({"op": op, "id": self._asked, **details}, blobs)
            message, found = self._channel.receive()
            if not isinstance(message, dict) or message.get("id") != self._asked:
                raise BrokenChannel("una respuesta a otra pregunta")
        except BrokenChannel:
            self._channel.close()
            raise
        if wanted not in message:
            raise make_error(str(message.get("error", "")), str(message.get("message", "")))
        return message, found

    def _read(self, message: Mapping[str, Any], key: str, decoder: Decoder) -> Any:
        if "error" in message:
            raise make_error(str(message["error"]), str(message.get("message", "")))
        try:
            return decoder.decode(message[key])
        except (Unreadable, KeyError) as error:
            raise make_error("ValueError", NOT_UNDERSTOOD) from error

    def _make_decoder(self, blobs: list[bytearray]) -> Decoder:
        return Decoder(blobs, self.given.__getitem__, self._models.get)

    def _name_given(self, value: Any) -> str:
        """Devuelve el nombre de un objeto dado; los valores corrientes van siempre por valor."""
        if isinstance(value, MUTABLE) or type(value).__name__ in ("ndarray", "Tensor"):
            return ""
        if hasattr(value, "state_dict"):
            return ""
        return next((name for name, each in self.given.items() if each is value), "")


class CheckingProcess:
    """Corre una vez las celdas dadas y, para cada entrega, las comprobaciones que le pidan."""

    def __init__(self, control: Channel) -> None:
        self._control = control
        self._submission: Respondent  # la trae ``begin``

    def run(self) -> None:
        """Atiende lo que le pidan hasta que se vaya quien pide."""
        answers = {"prepare": self.prepare, "begin": self.begin, "check": self.check}
        while True:
            try:
                message, _ = self._control.receive()
            except BrokenChannel:
                return
            answers[message["op"]](message)

    def prepare(self, message: Mapping[str, Any]) -> None:
        """Corre las celdas dadas y cuenta cuál falla, o un texto vacío."""
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell.instance(user_ns={"__name__": "__main__"})
        before = set(shell.user_ns)
        self._remote, self._probes = set(message["remote"]), message["probes"]
        fault = ""
        for source, needed in message["given"]:
            result = shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
            if error is not None and needed and not fault:
                fault = f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH]
        # Sin lo que IPython pone por su cuenta: nadie puede pedirlo por su nombre.
        self._given = {k: v for k, v in shell.user_ns.items() if k not in before}
        self._random = get_random_state()
        self._control.send({"fault": fault})

    def begin(self, message: Mapping[str, Any]) -> None:
        """Empieza con otra entrega; detrás del mensaje viene su canal."""
        _, (number,), _, _ = socket.recv_fds(self._control.connection, 1, 1)
        channel = Channel(socket.socket(fileno=number))
        self._submission = Respondent(channel, self._given, self._probes)

    def check(self, request: Mapping[str, Any]) -> None:
        """Hace una comprobación y manda su veredicto antes de despedirse de la entrega.

        Si falla con lo que da el ejercicio, la repite con lo que la entrega puso en su lugar: quien
        reutiliza un nombre («labels») no pierde los puntos, y queda dicho si solo así se pasa.
        """
        verdict, redefined = self._try(request, restore=True), self._submission.redefined
        if redefined and not verdict["passed"]:
            again = self._try(request, restore=False)
            if again["passed"]:
                verdict = {**again, "redefined": redefined}
        self._control.send(verdict)
        self._submission.finish()

    def _try(self, request: Mapping[str, Any], restore: bool) -> dict[str, Any]:
        submission, filename = self._submission, f"<comprobación {request['name']}>"
        verdict: dict[str, Any] = {"passed": False, "value": None}
        try:
            tree = ast.parse(request["source"])
            self._refresh(submission, _list_names(tree), restore)
            value = _run(tree, request, submission, filename)
        except BrokenChannel:
            return verdict | {"error": "", "message": "", "line": 0}
        except BaseException as error:  # noqa: BLE001 - cualquier fallo es el de la comprobación
            return verdict | _describe(error, filename)
        credit = _to_credit(value)
        return {"passed": True, "value": credit, "error": "", "message": "", "line": 0}

    def _refresh(self, submission: Respondent, names: set[str], restore: bool) -> None:
        """Deja lo dado como recién hecho, el azar en su sitio y lo de la entrega a mano."""
        given = {name: self._given[name] for name in names & self._given.keys()}
        fresh = {name: value for name, value in given.items() if _is_mutable(value)}
        submission.namespace |= {**given, **copy.deepcopy(fresh)}
        for name in self._remote & names:
            submission.namespace.pop(name, None)
        submission.namespace |= submission.look(sorted(self._remote & names), restore)
        set_random_state(self._random)


def make_error(kind: str, message: str) -> Exception:
    """Devuelve el error de la entrega: con su clase si es de las de serie, y si no StudentError.

    >>> make_error("KeyError", "'x'").told, type(make_error("Otro", "")).__name__
    (('KeyError', "'x'"), 'StudentError')
    """
    found: Any = getattr(builtins, kind, None)
    is_ordinary = isinstance(found, type) and issubclass(found, Exception)
    # Estos dos acabarían, sin fallar, un bucle de la comprobación.
    is_ordinary = is_ordinary and not issubclass(found, StopIteration | StopAsyncIteration)
    try:
        error: Any = found(message) if is_ordinary else StudentError(message)
    except TypeError:
        error = StudentError(message)
    error.told = kind[:100], message[:MESSAGE_LENGTH]
    return error


def _run(
    tree: ast.Module, request: Mapping[str, Any], submission: Respondent, filename: str
) -> Any:
    """Corre la parte visible, deja en el cuaderno lo que define, y corre la oculta."""
    last: Any = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    hidden, places = set(request["hidden"]), enumerate(tree.body)
    touched = (n for n, node in places if hidden & _list_lines(node))
    first = next(touched, len(tree.body))
    visible, others = tree.body[:first], tree.body[first:]
    try:
        _evaluate(ast.Module(visible, []), "exec", submission.namespace, filename)
    finally:
        _leave(visible, submission)
    _evaluate(ast.Module(others, []), "exec", submission.namespace, filename)
    if last is None:
        return None
    return _evaluate(ast.Expression(last.value), "eval", submission.namespace, filename)


def _leave(visible: list[ast.stmt], submission: Respondent) -> None:
    """Deja en el cuaderno de la entrega los valores corrientes de la parte visible.

    Es lo que encuentra quien ejecuta sus celdas en JupyterLab; nada dice de cómo fue.
    """
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    source = "\n".join(ast.unparse(node) for node in visible if isinstance(node, kinds))
    encoder, values = Encoder(), []
    assigned = _list_assigned(visible) - submission.given.keys()
    for name in sorted(assigned & submission.namespace.keys()):
        try:
            values += [name, encoder.encode(submission.namespace[name])]
        except Untransferable:
            continue
    if values or source:
        try:
            submission.define(source, {"kind": "dict", "items": values}, encoder.blobs)
        except (Exception, SystemExit):  # noqa: BLE001 - si no se puede, el cuaderno sigue sin ello
            return


def _list_lines(node: ast.stmt) -> set[int]:
    return {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def _evaluate(
    tree: ast.Module | ast.Expression, mode: str, namespace: dict[str, Any], filename: str
) -> Any:
    code = compile(tree, filename, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    value = eval(code, namespace)
    return asyncio.run(value) if code.co_flags & inspect.CO_COROUTINE else value


def _list_names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _list_assigned(nodes: Iterable[ast.stmt]) -> set[str]:
    found = (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name))
    return {each.id for each in found if isinstance(each.ctx, ast.Store)}


def _is_mutable(value: Any) -> bool:
    return isinstance(value, MUTABLE) or type(value).__name__ == "ndarray"


def _describe(error: BaseException, filename: str) -> dict[str, Any]:
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    kind, message = getattr(error, "told", (type(error).__name__, str(error)))
    # Con medio carácter suelto, el veredicto no se podría guardar.
    message = message[:MESSAGE_LENGTH].encode("utf-8", "replace").decode("utf-8")
    kind = kind.encode("utf-8", "replace").decode("utf-8")
    return {"error": kind, "message": message, "line": line}


def _to_credit(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else 0.0


if __name__ == "__main__":
    control = Channel(socket.socket(fileno=int(os.environ.pop("CALIFICAR_CONTROL"))))
    start_inside()
    CheckingProcess(control).run()
    sys.exit(0)
