"""Ejecuta los cuadernos en orden: copias en ``runs/``, resultados en ``results/`` y una tabla."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labsupport.base import paths
from labsupport.base.environment import list_versions
from labsupport.base.errors import LabError, explain_error, suggest_name
from labsupport.base.files import (
    GIB,
    LARGE,
    WORK_FOLDER,
    measure_folder,
    place_copy,
    take_turn,
)
from labsupport.base.paths import shorten_path
from labsupport.base.run_record import DONE, RECORD, RESULTS, STOPPED, Outcome, write_record
from labsupport.base.tables import format_number, format_table
from labsupport.evaluation.sweeps import FOLDER, PREFIX, SUFFIX
from labsupport.report.run_report import REPORT, write_report
from labsupport.running.one_notebook import CELL_TIMEOUT, execute_notebook, kernel_environment
from labsupport.running.signals import terminate_as_interrupt

SPINS = "1000"
# El cuaderno que comparte el modelo que otro guardó, el que lo guardó y cómo se llama.
SHARING, TRAINER, MODELS = "08_compartir", "02_trainer", "modelo-trainer-*"
RESUME = " Su entrenamiento se retoma desde el cuaderno, con `find_work_folder`."
PATTERN = "[0-9][0-9]_*.ipynb"
# Las lecciones desde esta son la segunda parte, «Más allá»: se ejecutan si se piden.
BEYOND = "06"
ALL = "todo"
# No es una lección: se ejecuta si se pide, y sus salidas se guardan con las de las demás.
ALONE = "sin_ayuda.ipynb"


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
        """La carpeta de resultados solo de esta ejecución, con una dentro por cuaderno."""
        return self.folder / RESULTS

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
    """Devuelve los cuadernos pedidos por número, nombre o ruta; sin nombres, los de la 0 a la 5.

    «todo» son todas las lecciones, también las de la segunda parte. Lanza LabError si no hay
    ninguna o si un cuaderno no existe, con el nombre más parecido.
    """
    lessons = sorted(paths.NOTEBOOKS.glob(PATTERN))
    if not names and not lessons:
        raise LabError("No hay cuadernos: clona el repositorio y repite la orden dentro de él.")
    if not names:
        return [path for path in lessons if path.stem < BEYOND]
    known = [*lessons, *find_alone()]
    chosen: list[Path] = []
    for name in names:
        chosen += lessons if name == ALL else [_find_notebook(name, known)]
    return list(dict.fromkeys(chosen))


def find_alone() -> list[Path]:
    """Devuelve el cuaderno que se ejecuta sin la ayuda de este paquete, si está."""
    path = paths.NOTEBOOKS / ALONE
    return [path] if path.is_file() else []


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
    _keep_earlier_results(run)
    with terminate_as_interrupt():
        for position, notebook in enumerate(run.notebooks, start=1):
            label = f"[{position}/{len(run.notebooks)}] {notebook.stem}"
            outcome = _run_one(run, notebook, label, cell_timeout)
            say(f"{label}: {_describe_outcome(outcome)}")
            write_record(run.folder, _describe_request(run))
            if run.interrupted:
                break
    _try_to_report(run, say)
    return run


def describe_run(run: Run) -> str:
    """Devuelve la tabla final, dónde están las copias y cómo abrir el laboratorio."""
    header = ["cuaderno", "estado", "segundos", "memoria pico (MiB)", "accuracy en validación"]
    table = format_table(header, [_describe_row(outcome) for outcome in run.outcomes])
    total = format_number(sum(outcome.seconds for outcome in run.outcomes), 1)
    report = run.folder / REPORT
    informs = f"Informe: {shorten_path(report)}\n" if report.is_file() else ""
    return (
        f"{table}\n\n"
        f"Total: {total} s.\n"
        f"Copias ejecutadas: {shorten_path(run.folder)}\n"
        f"Resultados: {shorten_path(run.published)}\n"
        f"{informs}{_announce_size(run)}"
        "Para abrir el laboratorio: make jupyter (sin make: python -m jupyterlab notebooks)"
    )


def _announce_size(run: Run) -> str:
    """Lo que ocupa ``runs/``, si ya es mucho: ninguna ejecución se borra sola."""
    parent = run.folder.parent
    if parent != paths.runs_folder() or (size := measure_folder(parent)) <= LARGE:
        return ""
    return (
        f"{shorten_path(parent)} ocupa ya {format_number(size / GIB, 1)} GiB con "
        f"{len(list(parent.glob(f'*/{RECORD}')))} ejecuciones: borra las carpetas que no "
        "necesites, o todas (y results/) con `make clean`.\n"
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


def _keep_earlier_results(run: Run) -> None:
    """Se queda con lo que hay publicado de los cuadernos que se salta, por si después cambia."""
    selected = tuple(notebook.stem for notebook in run.notebooks)
    with take_turn(run.published):
        for path in [*run.published.glob("*.json"), *run.published.glob(f"{PREFIX}*{SUFFIX}")]:
            if not path.name.startswith(selected):
                shutil.copyfile(path, run.results / path.name)
        if SHARING in selected and TRAINER not in selected:
            for path in run.published.glob(MODELS):
                shutil.copytree(path, run.results / path.name, copy_function=_link)


def _link(source: str, target: str) -> None:
    """Da otro nombre a un archivo, que no ocupa más; si el disco no sabe, lo copia."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _run_one(run: Run, notebook: Path, label: str, cell_timeout: int) -> Outcome:
    own = run.results / notebook.stem
    own.mkdir(exist_ok=True)
    copy, progress = run.folder / notebook.name, _progress_options(label)
    with kernel_environment(**choose_variables(own, run.results)):
        outcome = execute_notebook(notebook, copy, run.parameters, progress, cell_timeout)
    if outcome.status == DONE:
        _publish(own, run.published)
        outcome.accuracy = _find_accuracy(own, notebook.stem)
        # Lo que acabó bien no hay que retomarlo, y ocupa más que todo lo demás.
        shutil.rmtree(own / WORK_FOLDER, ignore_errors=True)
    elif any(own.glob(f"{WORK_FOLDER}/*/checkpoint-*")):
        outcome.message += RESUME
    run.outcomes.append(outcome)
    return outcome


def choose_variables(own: Path, shared: Path) -> dict[str, str]:
    """Devuelve las variables de entorno con que se ejecuta un cuaderno.

    ``own``: su carpeta de resultados; ``shared``: la que tiene dentro las de los demás.

    >>> choose_variables(Path("results/02"), Path("results"))["LAB_RESULTS_DIR"] == str(
    ...     Path("results/02")
    ... )
    True
    """
    # Un hilo de OpenMP espera a los demás dando vueltas: en una máquina ocupada, da muchas de más
    # (tools/measure_busy.py). Manda lo que haya elegido quien ejecuta.
    chosen = any(name in os.environ for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"))
    return {
        **({} if chosen else {"GOMP_SPINCOUNT": SPINS}),
        "LAB_RESULTS_DIR": str(own),
        "LAB_RUN_RESULTS": str(shared),
        # Sin esto cada kernel avisa en inglés sobre su depurador.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _publish(own: Path, published: Path) -> None:
    with take_turn(published):
        # Los barridos, de uno en uno: los que hizo antes otra orden siguen donde estaban.
        for path in [*own.iterdir(), *own.glob(f"{FOLDER}/*")]:
            # Los checkpoints de un entrenamiento a medias no son un resultado.
            if path.name not in (WORK_FOLDER, FOLDER) and not path.name.startswith("."):
                target = published / path.relative_to(own)
                target.parent.mkdir(exist_ok=True)
                place_copy(path, target)


def _find_accuracy(own: Path, lesson: str) -> float | None:
    """La de validación, que se puede mirar al probar recetas; la del examen, en el cuaderno 05."""
    results = map(_read_result, own.glob("*.json"))
    mine = next((each for each in results if each.get("lesson") == lesson), {})
    watched = mine.get("validation")
    if not watched:
        return mine.get("accuracy")
    answers = [row.index(max(row)) for row in watched["logits"]]
    return sum(map(int.__eq__, answers, watched["labels"])) / len(answers)


def _read_result(path: Path) -> dict[str, Any]:
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


def _describe_request(run: Run) -> dict[str, Any]:
    return {
        "started": run.started,
        "parameters": run.parameters,
        "versions": {"python": platform.python_version(), **list_versions()},
        "planned": [notebook.stem for notebook in run.notebooks],
        "notebooks": [asdict(outcome) for outcome in run.outcomes],
    }


def _try_to_report(run: Run, say: Callable[[str], None]) -> None:
    try:
        write_report(run.folder)
    except Exception as error:  # noqa: BLE001 - sin informe, la ejecución sigue valiendo
        reason = explain_error(error) or f"{type(error).__name__}: {error}"
        say(f"No se pudo escribir el informe: {reason}")
