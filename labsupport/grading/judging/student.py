"""La entrega en marcha: su kernel aislado, sus celdas en orden y lo que se le pregunta."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from labsupport.grading.cells.roles import is_fixed, is_test, read_metadata
from labsupport.grading.judging.examiner import GRACE, Examiner, ExaminerGone
from labsupport.grading.judging.kernel import ANSWER, GIVEN, MARK
from labsupport.grading.judging.parts import list_module_names
from labsupport.grading.judging.sandbox import Place
from labsupport.grading.judging.watchdog import Watchdog
from labsupport.grading.limits import Limits
from labsupport.grading.records import MACHINE_FAILED, State

MODULE = "labsupport.grading.judging.kernel"
NOT_WATCHED = "No se pudieron vigilar sus límites y se detuvo: repite la orden."
NOT_FINISHED: Mapping[str, Any] = {
    "passed": False, "value": None, "error": "", "message": "", "line": 0
}  # fmt: skip


@dataclass
class Ending:
    """Cómo acabó una entrega: veredictos por comprobación, segundos y MiB residentes."""

    state: State
    reason: str = ""
    verdicts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    redefined: set[str] = field(default_factory=set)
    seconds: float = 0.0
    memory_mib: float = 0.0


def run_submission(
    notebook: Any,
    files: Path,
    examiner: Examiner,
    limits: Limits,
    isolated: bool,
    threads: int,
) -> Ending:
    """Ejecuta una entrega y comprueba cada respuesta; nunca lanza por culpa de lo entregado.

    ``notebook``: con las celdas fijas en su sitio; se le ponen las salidas; ``files``: carpeta con
    lo que encuentra su kernel en la de trabajo.
    """
    with tempfile.TemporaryDirectory(prefix="calificar-", ignore_cleanup_errors=True) as folder:
        place = Place(Path(folder), files, limits, isolated, threads)
        with Watchdog(limits, place.runtime, isolated) as watchdog:
            session = _Session(notebook, place, examiner, watchdog)
            state, reason = session.run()
        if watchdog.tripped is not None:
            state = watchdog.tripped
            reason = NOT_WATCHED if state is State.NOT_GRADED else ""
    return Ending(
        state,
        reason,
        session.verdicts,
        session.redefined,
        round(watchdog.seconds, 2),
        round(watchdog.peak_mib, 1),
    )


class _Session(NotebookClient):
    """Un kernel aislado y vigilado que ejecuta las celdas y contesta a quien comprueba."""

    def __init__(self, notebook: Any, place: Place, examiner: Examiner, watchdog: Watchdog) -> None:
        super().__init__(
            notebook,
            # Un plazo por celda no hace falta: el de la entrega entera lo mira el vigilante.
            timeout=None,
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            shutdown_kernel="immediate",
            skip_cells_with_tag=secrets.token_hex(8),
        )
        self.verdicts: dict[str, Mapping[str, Any]] = {}
        self.redefined: set[str] = set()
        self._place, self._examiner, self._watchdog = place, examiner, watchdog
        self._asking = False

    def run(self) -> tuple[State, str]:
        """Ejecuta el cuaderno entero y devuelve cómo acabó."""
        examiners, self._connection = socket.socketpair()
        try:
            with examiners:
                self._examiner.begin(examiners)
            with self.setup_kernel():
                for number, cell in enumerate(self.nb.cells):
                    self._run_cell(cell, number)
        except DeadKernelError:
            return State.KERNEL_DIED, ""
        except Exception as error:  # noqa: BLE001 - un fallo de esta máquina no es un cero
            return State.NOT_GRADED, MACHINE_FAILED.format(f"{type(error).__name__}: {error}")
        finally:
            self._close()
        return State.GRADED, ""

    def create_kernel_manager(self) -> Any:
        """Da el kernel que califica en vez del que diga el cuaderno."""
        self.km = _KernelManager(self._place, self._connection)
        return self.km

    def start_new_kernel(self, **options: Any) -> None:
        """Arranca el kernel y empieza a vigilarlo."""
        super().start_new_kernel(**options)
        manager: Any = self.km
        self._watchdog.attach(manager.provisioner.pid)

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Cuenta lo que la entrega escribe en el cuaderno."""
        size = len(json.dumps(msg["content"], ensure_ascii=False, default=str))
        self._watchdog.count_output(size)
        if msg["msg_type"].startswith("comm_"):
            # Los widgets no cuentan, y uno mal hecho haría fallar a quien califica.
            return None
        return super().process_message(msg, cell, cell_index)

    def _run_cell(self, cell: Any, number: int) -> None:
        if is_test(cell):
            self.verdicts[read_metadata(cell)["grade_id"]] = self._check(cell, number)
        elif cell.cell_type == "code":
            self._execute(_mark_given(cell), cell, number)

    def _check(self, cell: Any, number: int) -> Mapping[str, Any]:
        """Pide una comprobación y pone a la entrega a contestar hasta que se haya hecho."""
        self._examiner.ask(read_metadata(cell)["grade_id"], cell.source)
        self._asking = True
        self._execute(ANSWER, cell, number)
        # Lo que escriba mientras contesta puede llevar los datos con que se prueba.
        cell.outputs = []
        if not self._examiner.has_verdict():
            # La entrega dejó de contestar antes de que se lo dijeran: ya no contestará.
            self._cut()
        verdict = self._examiner.read_verdict()
        self._asking = False
        self.redefined |= set(verdict.get("redefined", ()))
        return verdict

    def _execute(self, source: str, cell: Any, number: int) -> None:
        written, cell.source = cell.source, source
        try:
            self.execute_cell(cell, number)
        finally:
            cell.source = written
        self._watchdog.check_files()

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        """Corta el canal y no deja a medias a quien comprueba."""
        self._cut()
        self._connection.close()
        if self._asking:
            with contextlib.suppress(ExaminerGone):
                self._examiner.read_verdict(GRACE)


class _KernelManager(AsyncKernelManager):
    """Arranca el kernel de la entrega sin usar ningún kernel instalado.

    ``connection``: el extremo del canal por el que contesta.
    """

    def __init__(self, place: Place, connection: socket.socket, **options: Any) -> None:
        super().__init__(**options)
        self._place, self._connection = place, connection
        self.connection_file = str(place.runtime / "kernel.json")
        # Sin red dentro, el kernel habla por sockets de archivo.
        self.transport, self.ip = "ipc", str(place.runtime / "k")

    @property
    def kernel_spec(self) -> KernelSpec:
        """La orden que arranca el kernel, envuelta si hay aislamiento."""
        quiet = ["--HistoryManager.enabled=False", "--IPKernelApp.log_level=50"]
        command = self._place.wrap(MODULE, "-f", self.connection_file, *quiet)
        return KernelSpec(argv=command, display_name="calificar", language="python")

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # es el async
        """Arranca el kernel con un entorno limpio y sin salida a la terminal."""
        number = self._connection.fileno()
        environment = {**self._place.build_environment(), "CALIFICAR_CANAL": str(number)}
        options |= {"env": environment, "cwd": self._place.folder, "extra_arguments": []}
        # Dentro de su espacio de procesos el kernel no ve a su padre y creería haberlo perdido.
        options |= {"independent": self._place.isolated, "pass_fds": [number]}
        # Sin entrada: «input()» falla enseguida en vez de esperar a nadie.
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        await super().start_kernel(**{**options, **quiet})

    async def shutdown_kernel(  # type: ignore[override]  # es el async
        self, now: bool = False, restart: bool = False
    ) -> None:
        """Apaga el kernel; si es ya mismo, sin preguntar cada décima si ha terminado."""
        process = getattr(self.provisioner, "process", None)
        if now and process is not None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, timeout=5)
        await super().shutdown_kernel(now=now, restart=restart)


def _mark_given(cell: Any) -> str:
    """Pide que se recuerde lo que define una celda dada; las demás van tal cual."""
    if is_fixed(cell):
        return f"{GIVEN}{json.dumps(list_module_names(cell.source))}\n{cell.source}"
    # Que nadie haga pasar por otra cosa una celda suya.
    return f"\n{cell.source}" if cell.source.startswith(MARK) else cell.source
