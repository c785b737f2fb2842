"""Segundo paso propio para nbgrader: ejecuta la entrega vigilada y juzga cada comprobación."""

from __future__ import annotations

import json
import math
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Bool, Integer
from traitlets import Dict as DictTrait

from labsupport.grading.cells.restore import NOTES
from labsupport.grading.exercises import (
    is_fixed,
    is_test,
    list_module_names,
    list_names,
    list_top_names,
    read_metadata,
    remove_hidden_lines,
)
from labsupport.grading.judging.inside.checking import FIXED, MESSAGE_LENGTH, REPLY, REQUEST
from labsupport.grading.judging.sandbox import GradingKernelManager
from labsupport.grading.judging.watchdog import Watchdog
from labsupport.grading.limits import Limits
from labsupport.grading.records import MACHINE_FAILED, State

# De un veredicto, las listas de nombres.
NAMED = ("changed", "touched", "redefined")
NOT_REACHED = {"passed": False, "error": "", "message": "", "line": 0, "value": None}
NOT_REACHED |= {key: [] for key in NAMED}
NAME_LENGTH = 200
NO_TOKEN = ""
TAKEN = "el kernel: otro programa contesta en su lugar"
NOT_WATCHED = "No se pudieron vigilar sus límites y se detuvo: repite la orden."
BROKEN = "Una comprobación no se pudo ejecutar por algo que no es su resultado"


class RunNotebook(Execute):
    """Como Execute de nbgrader, con el kernel que califica y los límites de toda la entrega.

    Deja en los metadatos del cuaderno el veredicto de cada comprobación y lo que se gastó.
    """

    limits = DictTrait(help="Los límites, como los campos de Limits").tag(config=True)
    isolated = Bool(True, help="Si el kernel va aislado").tag(config=True)
    threads = Integer(1, help="Hilos para las cuentas").tag(config=True)

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Ejecuta el cuaderno; nunca lanza por culpa de lo entregado."""
        self.verdicts: dict[str, Any] = {}
        self.broken = ""
        self.token, self.answer = NO_TOKEN, NOT_REACHED
        source = _read_source(resources)
        self.names, self.answers = list_names(source), _list_answer_names(source)
        notes = nb.metadata[NOTES]
        with tempfile.TemporaryDirectory(
            prefix="calificar-", ignore_cleanup_errors=True
        ) as runtime:
            self.runtime, self.folder = (
                Path(runtime),
                Path(resources["metadata"]["path"]).absolute(),
            )
            with Watchdog(Limits(**self.limits), self.runtime, self.isolated) as self.watchdog:
                notes["state"], notes["reason"] = self._run(nb, resources)
            notes["seconds"] = round(self.watchdog.seconds, 2)
            notes["memory_mib"] = round(self.watchdog.peak_mib, 1)
        notes["verdicts"] = self.verdicts
        return nb, resources

    def create_kernel_manager(self) -> Any:
        """Da el kernel que califica en vez del que diga el cuaderno."""
        self.km = GradingKernelManager(
            runtime=self.runtime,
            submission=self.folder,
            limits=Limits(**self.limits),
            isolated=self.isolated,
            packages=self.names.packages,
            threads=self.threads,
        )
        return self.km

    def start_new_kernel(self, **options: Any) -> None:
        """Arranca el kernel y empieza a vigilarlo."""
        super().start_new_kernel(**options)
        self.watchdog.attach(self.km.provisioner.pid)

    def preprocess_cell(self, cell: Any, resources: dict[str, Any], index: int) -> Any:
        """Ejecuta una celda; una comprobación viaja como petición, con su código al azar."""
        if cell.cell_type != "code":
            return super().preprocess_cell(cell, resources, index)
        source = cell.source
        try:
            if is_test(cell):
                self.verdicts[read_metadata(cell)["grade_id"]] = self._check(cell, resources, index)
                return cell, resources
            cell.source = self._mark_given(cell)
            return super().preprocess_cell(cell, resources, index)
        finally:
            cell.source = source

    def on_cell_executed(self, **details: Any) -> None:
        """Apunta el veredicto que volvió en la respuesta, si es el de esta comprobación."""
        super().on_cell_executed(**details)
        self.watchdog.check_files()
        found = details["execute_reply"]["content"].get("user_expressions", {}).get(REPLY, {})
        if isinstance(found, dict) and secrets.compare_digest(
            str(found.get("token")).encode(), self.token.encode()
        ):
            self.answer = read_verdict(found)
            self.broken = self.broken or str(found.get("broken", ""))[:MESSAGE_LENGTH]

    def _check(self, cell: Any, resources: dict[str, Any], index: int) -> dict[str, Any]:
        """Hace una comprobación y, antes, una imposible: quien diga que se pasa no es el kernel."""
        name, source = read_metadata(cell)["grade_id"], cell.source
        one, other = secrets.token_hex(4), secrets.token_hex(4)
        impossible = f"assert {one!r} == {other!r}, 'No es lo que se pide.'"
        first = self._ask(name, impossible, cell, resources, index)
        if first["passed"]:
            return {**NOT_REACHED, "touched": [TAKEN]}
        verdict = self._ask(name, source, cell, resources, index)
        # Lo que se repuso para la primera ya no aparece en la segunda.
        return {**verdict, **{key: [*first[key], *verdict[key]] for key in NAMED}}

    def _ask(
        self, name: str, source: str, cell: Any, resources: dict[str, Any], index: int
    ) -> dict[str, Any]:
        self.token, self.answer = secrets.token_hex(16), NOT_REACHED
        cell.source = self._request_check(name, source)
        super().preprocess_cell(cell, resources, index)
        self.token = NO_TOKEN
        return self.answer

    def _mark_given(self, cell: Any) -> str:
        """Pide que se recuerde lo que define una celda del ejercicio; las demás van tal cual."""
        if not is_fixed(cell):
            # Que nadie haga pasar por una petición una celda suya.
            return cell.source.replace(FIXED, "").replace(REQUEST, "")
        names = sorted(set(list_module_names(cell.source)) - self.answers)
        return f"{FIXED}{json.dumps(names)}\n{cell.source}"

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Cuenta lo que la entrega escribe en el cuaderno."""
        self.watchdog.count_output(_measure_output(msg["content"]))
        if msg["msg_type"].startswith("comm_"):
            # Los widgets no cuentan, y uno mal hecho haría fallar a quien califica.
            return None
        return super().process_message(msg, cell, cell_index)

    def _run(self, nb: Any, resources: dict[str, Any]) -> tuple[str, str]:
        # Las de Execute valen por celda; aquí cuenta la entrega entera y la mira el vigilante.
        self.timeout, self.shutdown_kernel = None, "immediate"
        self.skip_cells_with_tag, self.store_widget_state = secrets.token_hex(8), False
        try:
            super().preprocess(nb, resources)
        except DeadKernelError:
            return self._explain_end(State.KERNEL_DIED, "")
        except Exception as error:  # noqa: BLE001 - un fallo de esta máquina no es un cero
            told = MACHINE_FAILED.format(f"{type(error).__name__}: {error}")
            return self._explain_end(State.NOT_GRADED, told)
        if self.broken:
            # Lo que falla es la comprobación misma, no lo que comprueba: que mire alguien.
            return self._explain_end(State.NOT_GRADED, f"{BROKEN} ({self.broken})")
        return self._explain_end(State.GRADED, "")

    def _explain_end(self, state: State, reason: str) -> tuple[str, str]:
        tripped = self.watchdog.tripped
        if tripped is None:
            return state.value, reason
        return tripped.value, NOT_WATCHED if tripped is State.NOT_GRADED else ""

    def _request_check(self, name: str, source: str) -> str:
        from IPython.core.inputtransformer2 import TransformerManager

        request = {
            "token": self.token,
            "name": name,
            "source": TransformerManager().transform_cell(source),
            "bound": sorted(self.names.bound),
            "imports": self.names.imports,
            "visible": list_top_names(remove_hidden_lines(source)),
        }
        return REQUEST + json.dumps(request)


def read_verdict(found: Mapping[str, Any]) -> dict[str, Any]:
    """Devuelve un veredicto con solo lo que puede llevar: quien contesta podría no ser el kernel.

    >>> read_verdict({"passed": "sí", "line": [1], "value": float("nan"), "changed": 3})["passed"]
    False
    """
    line, value = found.get("line"), found.get("value")
    credit = value if type(value) in (int, float) and math.isfinite(value) else None
    return {
        "passed": found.get("passed") is True,
        "error": str(found.get("error", ""))[:NAME_LENGTH],
        "message": str(found.get("message", ""))[:MESSAGE_LENGTH],
        "line": line if type(line) is int else 0,
        "value": credit,
        **{key: _read_names(found.get(key)) for key in NAMED},
    }


def _read_names(found: Any) -> list[str]:
    names = found if isinstance(found, list) else []
    return [str(name)[:NAME_LENGTH] for name in names[:50]]


class WriteVerdicts(NbGraderPreprocessor):
    """Pone en cada comprobación la salida que nbgrader sabe puntuar.

    nbgrader lee la nota en las salidas de la celda: un aviso en stderr da cero y lo que escriba
    el código entregado puede dar puntos. Aquí solo cuenta el veredicto.
    """

    def preprocess_cell(self, cell: Any, resources: dict[str, Any], index: int) -> tuple[Any, Any]:
        """Cambia las salidas de una comprobación por las de su veredicto."""
        if is_test(cell):
            meta = read_metadata(cell)
            verdict = self.verdicts.get(meta["grade_id"], NOT_REACHED)
            cell.outputs = _write_outputs(verdict, float(meta["points"]))
        return cell, resources

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Recorre las celdas con los veredictos a mano."""
        self.verdicts = nb.metadata[NOTES]["verdicts"]
        return super().preprocess(nb, resources)


def _write_outputs(verdict: dict[str, Any], points: float) -> list[Any]:
    if not verdict["passed"]:
        name = verdict["error"] or "SinTerminar"
        return [nbformat.v4.new_output("error", ename=name, evalue="", traceback=[])]
    if verdict["value"] is None:
        return []
    credit = min(max(verdict["value"], 0.0), points)
    data = {"text/plain": repr(credit)}
    return [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]


def _list_answer_names(cells: list[Any]) -> set[str]:
    """Devuelve los nombres que define quien resuelve el ejercicio."""
    answers = [c for c in cells if c.cell_type == "code" and read_metadata(c).get("solution")]
    return {name for cell in answers for name in list_module_names(cell.source)}


def _read_source(resources: dict[str, Any]) -> list[Any]:
    assignment, notebook = (resources["nbgrader"][key] for key in ("assignment", "notebook"))
    return nbformat.read(Path("source") / assignment / f"{notebook}.ipynb", as_version=4).cells


def _measure_output(content: dict[str, Any]) -> int:
    return len(json.dumps(content, ensure_ascii=False, default=str))
