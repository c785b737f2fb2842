"""Ejecuta los cuadernos en orden: copias en ``runs/``, resultados en ``results/`` y una tabla."""

from __future__ import annotations

import contextlib
import json
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labsupport.base import paths
from labsupport.base.environment import list_versions
from labsupport.base.errors import LabError, explain_error, suggest_name
from labsupport.base.files import (
    Snapshot,
    copy_files,
    list_changes,
    take_snapshot,
    take_turn,
    write_atomically,
)
from labsupport.base.tables import format_number, format_table
from labsupport.report.run_report import RECORD, REPORT, write_report
from labsupport.running.execution import (
    CELL_TIMEOUT,
    DONE,
    STOPPED,
    Outcome,
    execute_notebook,
    kernel_environment,
)

PATTERN = "[0-9][0-9]_*.ipynb"


@dataclass
class Run:
    """Una ejecución: sus carpetas, lo que se pidió y cómo acabó cada cuaderno."""

    folder: Path
    published: Path
    notebooks: list[Path]
    parameters: dict[str, Any]
    started: str
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def results(self) -> Path:
        """La carpeta de resultados solo de esta ejecución."""
        return self.folder / "results"

    @property
    def interrupted(self) -> bool:
        """Si alguien la detuvo."""
        return any(outcome.status == STOPPED for outcome in self.outcomes)

    @property
    def succeeded(self) -> bool:
        """Si se ejecutaron todos los cuadernos y ninguno falló."""
        done = [outcome for outcome in self.outcomes if outcome.status == DONE]
        return len(done) == len(self.notebooks)


def find_notebooks(names: Sequence[str] = ()) -> list[Path]:
    """Devuelve los cuadernos pedidos por número, nombre o ruta; sin nombres, todos en orden.

    Lanza LabError si no hay ninguno o si uno no existe, con el nombre más parecido.
    """
    known = sorted(paths.NOTEBOOKS.glob(PATTERN))
    if not names and not known:
        raise LabError("No hay cuadernos: clona el repositorio y repite la orden dentro de él.")
    chosen = [_find_notebook(name, known) for name in names] or known
    return list(dict.fromkeys(chosen))


def run_notebooks(
    notebooks: Sequence[Path],
    parameters: Mapping[str, Any] | None = None,
    out: Path | None = None,
    cell_timeout: int = CELL_TIMEOUT,
    say: Callable[[str], None] = print,
) -> Run:
    """Ejecuta los cuadernos uno tras otro y publica los resultados de cada uno que acaba bien.

    ``parameters``: valores ya revisados; ``out``: dónde crear la carpeta de la ejecución (por
    omisión ``runs/``); ``cell_timeout``: segundos por celda; ``say``: cómo contar el avance.
    Un cuaderno que falla no detiene a los demás; Ctrl-C sí. Lanza LabError si no se puede
    crear la carpeta y OSError si no se puede escribir en ella.
    """
    run = _start_run(notebooks, dict(parameters or {}), out or paths.runs_folder())
    _copy_earlier_results(run)
    with kernel_environment(**_kernel_variables(run)), _terminate_as_interrupt():
        for position, notebook in enumerate(run.notebooks, start=1):
            label = f"[{position}/{len(run.notebooks)}] {notebook.stem}"
            outcome = _run_one(run, notebook, label, cell_timeout)
            say(f"{label}: {_describe_outcome(outcome)}")
            _write_record(run)
            if run.interrupted:
                break
    _try_to_report(run, say)
    return run


def describe_run(run: Run) -> str:
    """Devuelve la tabla final, dónde están las copias y cómo abrir el laboratorio."""
    header = ["cuaderno", "estado", "segundos", "memoria pico (MiB)", "accuracy"]
    table = format_table(header, [_describe_row(outcome) for outcome in run.outcomes])
    total = format_number(sum(outcome.seconds for outcome in run.outcomes), 1)
    report = run.folder / REPORT
    informs = f"Informe: {shorten_path(report)}\n" if report.is_file() else ""
    return (
        f"{table}\n\n"
        f"Total: {total} s.\n"
        f"Copias ejecutadas: {shorten_path(run.folder)}\n"
        f"Resultados: {shorten_path(run.published)}\n"
        f"{informs}"
        "Para abrir el laboratorio: make jupyter (sin make: python -m jupyterlab notebooks)"
    )


def _find_notebook(name: str, known: list[Path]) -> Path:
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    stem = path.name.removesuffix(".ipynb")
    matches = [each for each in known if stem in (each.stem, each.stem.split("_")[0])]
    if not matches:
        stems = [each.stem for each in known]
        hint = suggest_name(stem, stems)
        raise LabError(f"No existe el cuaderno «{name}».{hint} Los que hay: {', '.join(stems)}.")
    return matches[0]


def _start_run(notebooks: Sequence[Path], parameters: dict[str, Any], parent: Path) -> Run:
    started = time.strftime("%Y-%m-%d_%H-%M-%S")
    folder = _create_folder(parent.absolute(), started)
    run = Run(folder, paths.results_folder(), list(notebooks), parameters, started)
    run.results.mkdir()
    return run


def _create_folder(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        folder = parent / (name if number == 1 else f"{name}_{number}")
        # Crear falla si ya existe: dos ejecuciones del mismo segundo no comparten carpeta.
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise LabError(f"No se pudo crear una carpeta nueva en {parent}: vacíala con `make clean`.")


def _copy_earlier_results(run: Run) -> None:
    """Trae lo ya publicado por los cuadernos que esta ejecución se salta."""
    selected = tuple(notebook.stem for notebook in run.notebooks)
    with take_turn(run.published):
        published = take_snapshot(run.published)
        skipped = [name for name in published if not name.parts[0].startswith(selected)]
        copy_files(run.published, run.results, skipped)


def _kernel_variables(run: Run) -> dict[str, str]:
    return {
        "LAB_RESULTS_DIR": str(run.results),
        # Sin esto cada kernel avisa en inglés sobre su depurador.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """Trata ``kill`` como Ctrl-C: el kernel se cierra y la copia parcial se queda."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run_one(run: Run, notebook: Path, label: str, cell_timeout: int) -> Outcome:
    before = take_snapshot(run.results)
    copy = run.folder / notebook.name
    outcome = execute_notebook(
        notebook, copy, run.parameters, _progress_options(label), cell_timeout
    )
    if outcome.status == DONE:
        _publish(run, outcome, before)
    run.outcomes.append(outcome)
    return outcome


def _publish(run: Run, outcome: Outcome, before: Snapshot) -> None:
    changes = list_changes(before, take_snapshot(run.results))
    with take_turn(run.published):
        copy_files(run.results, run.published, changes)
    for name in changes:
        content = _read_result(run.results / name)
        if content.get("lesson") == outcome.notebook:
            outcome.accuracy = content.get("accuracy")


def _read_result(path: Path) -> dict[str, Any]:
    if path.suffix != ".json":
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _progress_options(label: str) -> dict[str, Any]:
    # disable=None: sin terminal no hay barra y queda una línea por cuaderno.
    layout = "{desc}: {n_fmt}/{total_fmt} celdas |{bar:30}| {elapsed}"
    return {"desc": label, "unit": "celda", "disable": None, "leave": False, "bar_format": layout}


def _describe_outcome(outcome: Outcome) -> str:
    if outcome.message:
        return f"{outcome.status}: {outcome.message}"
    seconds = format_number(outcome.seconds, 1)
    return f"{outcome.status}, {seconds} s, {format_number(outcome.peak_mib, 0)} MiB"


def _describe_row(outcome: Outcome) -> list[str]:
    return [
        outcome.notebook,
        outcome.status,
        format_number(outcome.seconds, 1),
        format_number(outcome.peak_mib, 0),
        format_number(outcome.accuracy, 3),
    ]


def _write_record(run: Run) -> None:
    record = {
        "started": run.started,
        "parameters": run.parameters,
        "versions": {"python": platform.python_version(), **list_versions()},
        "planned": [notebook.stem for notebook in run.notebooks],
        "notebooks": [asdict(outcome) for outcome in run.outcomes],
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    write_atomically(run.folder / RECORD, text)


def _try_to_report(run: Run, say: Callable[[str], None]) -> None:
    try:
        write_report(run.folder)
    except Exception as error:  # noqa: BLE001 - sin informe, la ejecución sigue valiendo
        reason = explain_error(error) or f"{type(error).__name__}: {error}"
        say(f"No se pudo escribir el informe: {reason}")


def shorten_path(path: Path) -> str:
    """Devuelve la ruta relativa a la carpeta actual, si está dentro de ella.

    >>> shorten_path(Path.cwd() / "runs")
    'runs'
    """
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
