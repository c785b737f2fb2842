"""El kernel que califica: ejecuta celdas como ipykernel y las comprobaciones, por su cuenta.

Una comprobación no pasa por IPython: ni sus transformaciones ni su historial la ven. Se compila
con sus ``assert``, usa las funciones de serie y los módulos de verdad, y su veredicto vuelve en
la respuesta del kernel con un código al azar que solo conoce quien la pidió.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import math
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from labsupport.grading.comparisons import require_ordinary
from labsupport.grading.guard import Guard, is_cheating, list_builtins

REQUEST = "#%%comprobacion "
REPLY = "comprobacion"
GENUINE = "__de_serie__"
# Con un espacio: ningún nombre de Python puede ser este.
ORDINARY = "valor corriente"
# El nombre «super» significa algo para el compilador.
LEFT_ALONE = {"super", "__build_class__", "__import__"}
MESSAGE_LENGTH = 600
# Lo que usa este archivo para comprobar: sin vigilarlo, cambiar json.loads daría los puntos.
USED_HERE = ("ast", "importlib", "json", "jupyter_client", "math")

_compile, _eval, _loads = compile, eval, json.loads


class GradingKernel(IPythonKernel):
    """Un kernel de Python que además sabe ejecutar comprobaciones."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # «exit()» no apaga el kernel: no hace perder las comprobaciones de después.
        self.shell.ask_exit = lambda: None

    async def do_execute(self, code: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Ejecuta una celda o, si ``code`` es una petición de comprobación, la comprueba."""
        if not code.startswith(REQUEST):
            return await super().do_execute(code, *arguments, **options)
        verdict = await self._check(code[len(REQUEST) :])
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
            with GUARD.restore() as changed:
                verdict = await run_check(request, self.shell.user_ns)
                undone = GUARD.repair()
        except BaseException as error:  # noqa: BLE001 - sin respuesta, nadie sabría qué pasó
            return {"token": request["token"], "broken": type(error).__name__}
        verdict["changed"] = sorted({*changed, *(name for name, *_ in undone)})
        if verdict["passed"] and any(is_cheating(entry) for entry in undone):
            # Lo que se repone antes de comprobar no sirve si se cambia a mitad.
            verdict.update(passed=False, error="AssertionError", line=0)
        return verdict


async def run_check(request: Mapping[str, Any], namespace: dict[str, Any]) -> dict[str, Any]:
    """Ejecuta una comprobación sobre ``namespace`` y devuelve su veredicto.

    ``request``: ``token``, ``name``, ``source`` (Python), ``bound`` (nombres que define el
    cuaderno resuelto), ``imports`` (alias: [módulo, atributo]) y ``visible`` (nombres que define
    la parte visible de la comprobación). El veredicto lleva ``passed``, ``value`` (si acaba en
    un número), ``changed`` (librerías cambiadas) y, si falla, ``error``, ``message`` y ``line``.
    """
    sys.settrace(None)
    sys.setprofile(None)
    filename = f"<comprobación {request['name']}>"
    before = dict(namespace)
    verdict: dict[str, Any] = {"token": request["token"], "passed": False, "value": None}
    genuine = MappingProxyType(
        {**BUILTINS, ORDINARY: require_ordinary, **_import_genuine(request["imports"])}
    )
    namespace[GENUINE] = genuine
    try:
        value = await _run(request, namespace, filename)
        if namespace.get(GENUINE) is not genuine:
            raise AssertionError(f"Cambia {GENUINE} mientras se comprueba.")
    except BaseException as error:  # noqa: BLE001 - también SystemExit y KeyboardInterrupt
        verdict.update(_describe(error, filename))
    else:
        verdict.update(passed=True, value=_to_credit(value))
    _forget_hidden_names(namespace, before, request)
    return verdict


async def _run(request: Mapping[str, Any], namespace: dict[str, Any], filename: str) -> Any:
    genuine = namespace[GENUINE].keys() - set(request["bound"]) - LEFT_ALONE
    tree = _UseGenuine(genuine | set(request["imports"])).visit(ast.parse(request["source"]))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    await _evaluate(ast.fix_missing_locations(tree), "exec", namespace, filename)
    if last is None:
        return None
    expression = ast.fix_missing_locations(ast.Expression(last.value))
    return await _evaluate(expression, "eval", namespace, filename)


async def _evaluate(tree: ast.AST, mode: str, namespace: dict[str, Any], filename: str) -> Any:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    # optimize=0: con -O o PYTHONOPTIMIZE desaparecerían los assert.
    code = _compile(tree, filename, mode, flags=flags, dont_inherit=True, optimize=0)
    value = _eval(code, namespace)
    return await value if code.co_flags & inspect.CO_COROUTINE else value


class _UseGenuine(ast.NodeTransformer):
    """Hace que la comprobación use lo de serie y compare valores corrientes.

    Lo de serie, aunque el cuaderno haya tapado su nombre; los valores, los que compara, los que
    suma o resta y los que pasa a una función de serie o de una librería.
    """

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:  # noqa: N802 - así lo llama ast
        if node.id not in self._names or not isinstance(node.ctx, ast.Load):
            return node
        return _take_genuine(node.id, node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:  # noqa: N802
        self.generic_visit(node)
        node.left = _require_ordinary(node.left)
        node.comparators = [_require_ordinary(each) for each in node.comparators]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:  # noqa: N802
        self.generic_visit(node)
        node.left, node.right = _require_ordinary(node.left), _require_ordinary(node.right)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        is_genuine = _find_root(node.func) in self._names
        self.generic_visit(node)
        if is_genuine:
            node.args = [_require_ordinary(each) for each in node.args]
        return node


def _find_root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return getattr(node, "id", "")


def _take_genuine(name: str, where: ast.AST) -> ast.AST:
    found = ast.Subscript(ast.Name(GENUINE, ast.Load()), ast.Constant(name), ast.Load())
    return ast.copy_location(found, where)


def _require_ordinary(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Starred):
        return node
    return ast.copy_location(ast.Call(_take_genuine(ORDINARY, node), [node], []), node)


def _import_genuine(imports: Mapping[str, list[str]]) -> dict[str, Any]:
    found = {}
    for alias, (module, attribute) in imports.items():
        value = importlib.import_module(module)
        found[alias] = getattr(value, attribute) if attribute else value
    return found


def _describe(error: BaseException, filename: str) -> dict[str, Any]:
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        # Con medio carácter suelto, la respuesta del kernel no se podría enviar.
        message = str(error)[:MESSAGE_LENGTH].encode("utf-8", "replace").decode("utf-8")
    except Exception:  # noqa: BLE001 - el error puede ser una clase de quien entrega
        message = ""
    return {"error": type(error).__name__, "message": message, "line": line}


def _to_credit(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else 0.0


def _forget_hidden_names(
    namespace: dict[str, Any], before: Mapping[str, Any], request: Mapping[str, Any]
) -> None:
    """Deja en el cuaderno solo los nombres que define la parte visible de la comprobación."""
    namespace.pop(GENUINE, None)
    for name in _list_bound_names(request["source"]) - set(request["visible"]):
        if name in before:
            namespace[name] = before[name]
        else:
            namespace.pop(name, None)


def _list_bound_names(source: str) -> set[str]:
    r"""Devuelve los nombres que define un código en su primer nivel.

    >>> sorted(_list_bound_names("import numpy as np; x = 1\ndef f():\n    y = 2"))
    ['f', 'np', 'x']
    """
    return set(_compile(source, "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).co_names) & {
        name for node in ast.walk(ast.parse(source)) for name in _names_bound_by(node)
    }


def _names_bound_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return []


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
    # Sin depurador: no hace falta, y cargarlo es la quinta parte de lo que tarda en arrancar.
    sys.modules["debugpy"] = None
    IPKernelApp.launch_instance(kernel_class=GradingKernel)


# Se llenan antes de que corra nada de la entrega.
BUILTINS = list_builtins()
GUARD = Guard(json.loads(os.environ.pop("CALIFICAR_PAQUETES", "[]")), USED_HERE)

if __name__ == "__main__":
    main()
