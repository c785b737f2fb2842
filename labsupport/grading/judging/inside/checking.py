"""Ejecuta una comprobación dentro del kernel y da su veredicto.

Una comprobación no pasa por IPython: ni sus transformaciones ni su historial la ven. Se compila
con sus ``assert``, usa las funciones de serie y los módulos de verdad, y compara valores
corrientes.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import math
import secrets
import sys
from collections.abc import Mapping
from types import CodeType, MappingProxyType, ModuleType
from typing import Any

from labsupport.grading.judging.inside.comparisons import require_ordinary
from labsupport.grading.judging.inside.guard import list_builtins

# Cómo empieza lo que se le pide al kernel y dónde llega su respuesta.
REQUEST = "#%%comprobacion "
FIXED = "#%%fija "
REPLY = "comprobacion"
# Con un espacio: ningún nombre de Python puede ser este.
ORDINARY = "valor corriente"
# El nombre «super» significa algo para el compilador.
LEFT_ALONE = {"super", "__build_class__", "__import__"}
MESSAGE_LENGTH = 600

# Antes de que corra nada de la entrega.
BUILTINS = list_builtins()
_compile, _eval = compile, eval


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
    try:
        value = await _run(request, namespace, filename)
    except BaseException as error:  # noqa: BLE001 - también SystemExit y KeyboardInterrupt
        verdict.update(_describe(error, filename))
    else:
        verdict.update(passed=True, value=_to_credit(value))
    _forget_hidden_names(namespace, before, request)
    return verdict


async def _run(request: Mapping[str, Any], namespace: dict[str, Any], filename: str) -> Any:
    genuine = {**BUILTINS, ORDINARY: require_ordinary, **_import_genuine(request["imports"])}
    names = (genuine.keys() - set(request["bound"]) - LEFT_ALONE) | set(request["imports"])
    # Un texto que nadie puede adivinar ocupa el sitio de lo de serie hasta que está compilado.
    mark = secrets.token_hex(16)
    tree = _UseGenuine(names, genuine, mark).visit(ast.parse(request["source"]))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    constants = {mark: MappingProxyType(genuine)}
    await _evaluate(ast.fix_missing_locations(tree), "exec", namespace, filename, constants)
    if last is None:
        return None
    expression = ast.fix_missing_locations(ast.Expression(last.value))
    return await _evaluate(expression, "eval", namespace, filename, constants)


async def _evaluate(
    tree: ast.AST, mode: str, namespace: dict[str, Any], filename: str, constants: dict[str, Any]
) -> Any:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    # optimize=0: con -O o PYTHONOPTIMIZE desaparecerían los assert.
    code = _compile(tree, filename, mode, flags=flags, dont_inherit=True, optimize=0)
    value = _eval(_put_constants(code, constants), namespace)
    return await value if code.co_flags & inspect.CO_COROUTINE else value


def _put_constants(code: CodeType, constants: Mapping[str, Any]) -> CodeType:
    """Cambia unas constantes por otras, también en las funciones que haya dentro.

    Lo de serie va en el código y no en el cuaderno, donde la entrega podría cambiarlo.
    """
    put = [
        _put_constants(each, constants)
        if isinstance(each, CodeType)
        else constants.get(each, each)
        if isinstance(each, str)
        else each
        for each in code.co_consts
    ]
    return code.replace(co_consts=tuple(put))


class _UseGenuine(ast.NodeTransformer):
    """Hace que la comprobación use lo de serie y compare valores corrientes.

    Lo de serie, aunque el cuaderno haya tapado su nombre; los valores, los que compara, los que
    suma o resta y los que pasa a una función de serie o de una librería.
    """

    def __init__(self, names: set[str], genuine: dict[str, Any], mark: str) -> None:
        self._names, self._genuine, self._mark = names, genuine, mark

    def visit_Name(self, node: ast.Name) -> ast.AST:  # noqa: N802 - así lo llama ast
        if node.id not in self._names or not isinstance(node.ctx, ast.Load):
            return node
        return self._take(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # noqa: N802
        """Toma ``np.isclose`` antes de que el código que se comprueba lo pueda cambiar."""
        dotted = ast.unparse(node)
        if _find_root(node) in self._names and isinstance(node.ctx, ast.Load):
            value = _follow(self._genuine, dotted)
            if callable(value):
                self._genuine[dotted] = value
                return self._take(dotted, node)
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:  # noqa: N802
        self.generic_visit(node)
        node.left = self._require_ordinary(node.left)
        node.comparators = [self._require_ordinary(each) for each in node.comparators]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:  # noqa: N802
        self.generic_visit(node)
        node.left, node.right = (
            self._require_ordinary(node.left),
            self._require_ordinary(node.right),
        )
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        is_genuine = _find_root(node.func) in self._names
        self.generic_visit(node)
        if is_genuine:
            node.args = [self._require_ordinary(each) for each in node.args]
        return node

    def _take(self, name: str, where: ast.AST) -> ast.AST:
        # «.get(nombre)» y no «[nombre]»: un texto con otro índice da un aviso al compilar.
        found = ast.Attribute(ast.Constant(self._mark), "get", ast.Load())
        return ast.copy_location(ast.Call(found, [ast.Constant(name)], []), where)

    def _require_ordinary(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.Starred):
            return node
        return ast.copy_location(ast.Call(self._take(ORDINARY, node), [node], []), node)


def _find_root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return getattr(node, "id", "")


def _follow(genuine: Mapping[str, Any], dotted: str) -> Any:
    """Devuelve lo que hay en «np.testing.assert_allclose», o None si no es de un módulo."""
    root, *names = dotted.split(".")
    value = genuine.get(root)
    for name in names:
        if not isinstance(value, ModuleType):
            return None
        value = getattr(value, name, None)
    return value


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
