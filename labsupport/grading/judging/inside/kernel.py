"""El kernel que califica: ejecuta celdas como ipykernel y las comprobaciones, por su cuenta.

El veredicto de una comprobación vuelve en la respuesta del kernel con un código al azar que solo
conoce quien la pidió. Ver ``checking``.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from labsupport.grading.judging.inside import audit, checking, comparisons, guard, holders, origin
from labsupport.grading.judging.inside.checking import FIXED, REPLY, REQUEST, run_check
from labsupport.grading.judging.inside.guard import Guard, is_cheating
from labsupport.grading.judging.inside.holders import Holder

# Lo que se usa para comprobar: sin vigilarlo, cambiar json.loads daría los puntos.
USED_HERE = ("ast", "importlib", "json", "jupyter_client", "math")

OWN_COMPARISON = "una comparación propia"

_loads = json.loads


class GradingKernel(IPythonKernel):
    """Un kernel de Python que además sabe ejecutar comprobaciones."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # «exit()» no apaga el kernel: no hace perder las comprobaciones de después.
        self.shell.ask_exit = lambda: None
        self._fixed: dict[str, Any] = {}

    async def do_execute(self, code: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Ejecuta una celda o, si ``code`` es una petición de comprobación, la comprueba."""
        if code.startswith(FIXED):
            names, _, code = code[len(FIXED) :].partition("\n")
            reply = await super().do_execute(code, *arguments, **options)
            self._remember(_loads(names))
            return reply
        if not code.startswith(REQUEST):
            return await super().do_execute(code, *arguments, **options)
        # Por su clase: a «kernel._check» se le puede poner otra cosa encima.
        verdict = await GradingKernel._check(self, code[len(REQUEST) :])
        return {
            "status": "ok",
            "execution_count": self.shell.execution_count,
            "user_expressions": {REPLY: verdict},
            "payload": [],
        }

    async def _check(self, text: str) -> dict[str, Any]:
        """Hace una comprobación; si falla la maquinaria, lo dice en vez de callar."""
        request = _loads(text)
        try:
            repaired = [*_repair_own(), *GUARD.repair_kept()]
            needed = _names_something(request["source"])
            with GUARD.restore() if needed else contextlib.nullcontext([]) as changed:
                verdict = await self._check_with_given(request)
                undone = GUARD.repair() if needed else []
        except BaseException as error:  # noqa: BLE001 - sin respuesta, nadie sabría qué pasó
            return {"token": request["token"], "broken": type(error).__name__}
        verdict["changed"] = sorted({*repaired, *changed, *(name for name, *_ in undone)})
        own = {OWN_COMPARISON} if verdict.get("message") == comparisons.NOT_ORDINARY else set()
        verdict["touched"] = sorted(audit.TOUCHED | own)
        if verdict["passed"] and any(is_cheating(entry) for entry in undone):
            # Lo que se repone antes de comprobar no sirve si se cambia a mitad.
            verdict.update(passed=False, error="AssertionError", line=0)
        return verdict

    def __setattr__(self, name: str, value: Any) -> None:
        """Se niega a cambiar de manera de comprobar, y lo apunta."""
        if name in ("do_execute", "_check"):
            audit.TOUCHED.add("el kernel (ipykernel)")
            return
        super().__setattr__(name, value)

    def _remember(self, names: list[str]) -> None:
        """Apunta lo que define una celda del ejercicio que nadie tiene que tocar."""
        namespace = self.shell.user_ns
        self._fixed |= {name: _copy(namespace[name]) for name in names if name in namespace}

    async def _check_with_given(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Comprueba con lo que da el ejercicio y, si falla, con lo que la entrega puso en su lugar.

        Quien reutiliza un nombre («labels») para probar algo no pierde los puntos; si solo se
        pasa con lo cambiado, valen y queda dicho.
        """
        namespace = self.shell.user_ns
        own = {
            name: namespace.get(name, _MISSING)
            for name, given in self._fixed.items()
            if not _is_same(namespace.get(name, _MISSING), given)
        }
        namespace.update({name: _copy(self._fixed[name]) for name in own})
        verdict = await run_check(request, namespace)
        for name, value in own.items():
            namespace[name] = value
            if value is _MISSING:
                del namespace[name]
        if verdict["passed"] or not own:
            return verdict
        again = await run_check(request, namespace)
        return {**again, "redefined": sorted(own)} if again["passed"] else again


_MISSING = object()
_OWN = [
    (owner, name, value)
    for owner in (
        audit,
        checking,
        comparisons,
        guard,
        holders,
        origin,
        Guard,
        Holder,
        GradingKernel,
    )
    for name, value in vars(owner).items()
    if callable(value)
]


def _names_something(source: str) -> bool:
    """Dice si una comprobación usa algo que la entrega haya podido cambiar."""
    return any(isinstance(node, ast.Name | ast.Import) for node in ast.walk(ast.parse(source)))


def _repair_own() -> list[str]:
    """Repone lo que la entrega cambió en el programa que califica y devuelve sus nombres."""
    changed = [entry for entry in _OWN if vars(entry[0]).get(entry[1]) is not entry[2]]
    for owner, name, value in changed:
        setattr(owner, name, value)
    return [f"{owner.__name__}.{name}" for owner, name, _ in changed]


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


def _limit(kind: str, most: int) -> None:
    """Pone un límite de Linux o macOS a este proceso y a los que salgan de él."""
    if not most or os.name == "nt":
        return
    import resource

    number = getattr(resource, kind)
    _, ceiling = resource.getrlimit(number)
    # Solo root puede subir el que ya hubiera.
    most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
    resource.setrlimit(number, (most, most))


def main() -> None:
    """Copia la entrega a la carpeta de trabajo y arranca el kernel."""
    _limit("RLIMIT_NPROC", int(os.environ.pop("CALIFICAR_TAREAS", "0")))
    # Un archivo abierto y ya borrado no está en ninguna carpeta que mida el vigilante.
    _limit("RLIMIT_FSIZE", int(os.environ.pop("CALIFICAR_ARCHIVO", "0")))
    submission = os.environ.pop("CALIFICAR_ENTREGA", "")
    if submission:
        shutil.copytree(submission, Path.cwd(), dirs_exist_ok=True)
    sys.meta_path.insert(0, GUARD)
    audit.start(GUARD.keep_inside)
    # Sin depurador: no hace falta, y cargarlo es la quinta parte de lo que tarda en arrancar.
    sys.modules["debugpy"] = None
    IPKernelApp.launch_instance(kernel_class=GradingKernel)


# Se llena antes de que corra nada de la entrega.
GUARD = Guard(json.loads(os.environ.pop("CALIFICAR_PAQUETES", "[]")), USED_HERE)

if __name__ == "__main__":
    main()
