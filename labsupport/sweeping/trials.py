"""Un ensayo, de sus parámetros a sus medidas; lo hace un proceso de aquí o de un cluster."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from labsupport.base.errors import LabError
from labsupport.base.paths import REPO
from labsupport.base.run_record import DONE, FAILED, RESULTS, Outcome
from labsupport.data.subset import VALIDATION
from labsupport.evaluation.results import KIND, Predictions, read_predictions
from labsupport.running.executors import follow_parent
from labsupport.running.memory import PeakMemory
from labsupport.running.one_notebook import (
    execute_notebook,
    kernel_environment,
    kill_leftover_processes,
)
from labsupport.running.whole_lab import choose_variables

# Lo que escribe un programa propio, en la carpeta de LAB_RESULTS_DIR, si no deja predicciones.
METRICS = "metrics.json"
SCORES = {"validation_accuracy": "accuracy", "validation_loss": "loss", "macro_f1": "macro_f1"}
LOG = "salida.log"
# Lo que vuelve de un ensayo: ni pesos ni checkpoints, que ocupan más que todo lo demás.
KEPT = {".ipynb", ".json", ".log", ".csv", ".txt", ".png", ".html"}
BOARD = "tensorboard"
LARGEST = 20 * 2**20
NO_RESULT = (
    "«{}» no deja ninguna medida de validación: elige un cuaderno que entrene (02, 03 o 04) o, en "
    "un programa tuyo, escribe " + METRICS + " en la carpeta que dice LAB_RESULTS_DIR."
)


class NoResult(LabError):
    """El ensayo acabó bien y no dejó nada que comparar."""


@dataclass(frozen=True)
class Task:
    """Todo lo que un proceso, aquí o en otra máquina, necesita para hacer un ensayo.

    ``target``: nombre del cuaderno o programa; ``folder``: dónde está, o vacía si viaja en
    ``files`` (nombre a contenido); ``parameters``: los que se le pasan; ``variables``: de entorno.
    """

    id: str
    target: str
    folder: str
    parameters: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)


def run_trial(task: Task) -> dict[str, Any]:
    """Hace un ensayo y devuelve sus medidas y, en ``files``, lo que deja (ruta a contenido).

    Lo que falle no se lanza: va en ``status`` y ``message``. ``empty``: si acabó bien y no dejó
    ninguna medida.
    """
    # Las variables de entorno son de todo el proceso: de uno en uno. En otro hilo, para que quien
    # ejecuta el cuaderno no se quede con las señales de este proceso.
    with _ONE_AT_A_TIME, ThreadPoolExecutor(1) as thread:
        if _LEAVING.is_set():
            os._exit(1)
        return thread.submit(_run, task).result()


def prepare_worker(environment: Mapping[str, str]) -> None:
    """Deja listo un proceso que hace ensayos: muere, con su kernel, si muere quien lo lanzó.

    ``environment``: las variables de entorno con que trabaja.
    """
    # Ctrl-C llega a todos; decide quien los lanzó.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    follow_parent(_kill_children)


def read_scores(folder: Path, lesson: str) -> dict[str, float | None]:
    """Lee lo que un ensayo midió en validación; nunca lo de la prueba, que no sirve para elegir.

    ``folder``: su carpeta de resultados; ``lesson``: el cuaderno que los escribió. Vale un
    ``metrics.json`` con ``validation_accuracy`` (obligatoria, entre 0 y 1), ``validation_loss`` y
    ``macro_f1``, o las predicciones del laboratorio con su validación. Devuelve ``accuracy``,
    ``loss``, ``macro_f1`` y ``train_seconds``. Lanza NoResult si no hay nada y LabError si no vale.
    """
    if (folder / METRICS).is_file():
        return _read_metrics(folder / METRICS)
    found = [read_predictions(path) for path in sorted(folder.glob("*.json")) if _is_ours(path)]
    found = [each for each in found if each.validation or each.split == VALIDATION]
    mine = [each for each in found if each.lesson == lesson] or found
    if not mine:
        raise NoResult(NO_RESULT.format(lesson))
    if len(mine) > 1:
        raise LabError("Dejó varias predicciones y no se sabe cuál comparar: guarda una sola.")
    return _score(mine[0])


def _run(task: Task) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ensayo-", ignore_cleanup_errors=True) as place:
        stem = Path(task.target).stem
        own = Path(place, RESULTS, stem)
        own.mkdir(parents=True)
        variables = {
            **choose_variables(own, own.parent),
            # Un cuaderno que viaja no tiene al lado el repositorio.
            "PYTHONPATH": os.pathsep.join(filter(None, [str(REPO), os.getenv("PYTHONPATH")])),
            "TENSORBOARD_LOGGING_DIR": str(own / BOARD),
            **task.variables,
        }
        with kernel_environment(**variables):
            outcome = _execute(task, _place_files(task, Path(place)), Path(place, task.target))
        entry = _describe(outcome, own, stem)
        return {**entry, "files": _collect(Path(place), own)}


def _place_files(task: Task, place: Path) -> Path:
    """Devuelve el cuaderno o el programa: donde está o, si viajó, en una carpeta suya."""
    if task.folder:
        return Path(task.folder, task.target)
    own = place / "fuente"
    own.mkdir()
    for name, content in task.files.items():
        (own / name).write_bytes(content)
    return own / task.target


def _execute(task: Task, source: Path, copy: Path) -> Outcome:
    if source.suffix == ".ipynb":
        return execute_notebook(source, copy, task.parameters)
    return _run_script(source, task.parameters, copy.parent / LOG)


def _run_script(source: Path, parameters: Mapping[str, Any], log: Path) -> Outcome:
    command = [sys.executable, str(source)]
    for name, value in parameters.items():
        command += [f"--{name}", str(value)]
    started = time.monotonic()
    with PeakMemory() as peak, kill_leftover_processes(), log.open("wb") as file:
        done = subprocess.run(
            command, cwd=source.parent, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    status, message = DONE, ""
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = lines[-1][:300] if lines else "sin mensaje"
        status, message = FAILED, f"el programa acabó con código {done.returncode}: {last}"
    seconds = round(time.monotonic() - started, 1)
    return Outcome(source.stem, status, seconds, round(peak.mib, 1), message)


def _describe(outcome: Outcome, own: Path, stem: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "status": DONE if outcome.status == DONE else FAILED,
        "message": outcome.message,
        "seconds": outcome.seconds,
        "peak_mib": outcome.peak_mib,
    }
    if outcome.status != DONE:
        return entry
    try:
        return {**entry, **read_scores(own, stem)}
    except LabError as error:
        empty = {"empty": True} if isinstance(error, NoResult) else {}
        return {**entry, **empty, "status": FAILED, "message": str(error)}


def _score(predictions: Predictions) -> dict[str, float | None]:
    from scipy.special import log_softmax
    from sklearn.metrics import f1_score

    part = predictions.validation or vars(predictions)
    labels, logits = np.array(part["labels"]), np.array(part["logits"], dtype=float)
    answers = logits.argmax(axis=1)
    classes = range(len(predictions.label_names))
    losses = -log_softmax(logits, axis=1)[np.arange(len(labels)), labels]
    f1 = f1_score(labels, answers, average="macro", labels=classes, zero_division=0)
    return {
        "accuracy": round(float(np.mean(answers == labels)), 6),
        "loss": round(float(losses.mean()), 6),
        "macro_f1": round(float(f1), 6),
        "train_seconds": predictions.seconds,
    }


def _read_metrics(path: Path) -> dict[str, float | None]:
    wrong = LabError(
        f"{METRICS} no sirve: escribe un objeto JSON con «validation_accuracy» entre 0 y 1 y, si "
        "las mides, «validation_loss» y «macro_f1»."
    )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = {ours: content.get(theirs) for theirs, ours in SCORES.items()}
        values = {k: None if v is None else float(v) for k, v in found.items()}
        if not all(math.isfinite(value) for value in values.values() if value is not None):
            raise ValueError("infinitos")
        if values["accuracy"] is None or not 0 <= values["accuracy"] <= 1:
            raise ValueError("sin accuracy")
    except (ValueError, TypeError, AttributeError):
        raise wrong from None
    return values


def _is_ours(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return False
    return isinstance(content, dict) and content.get("kind") == KIND


def _collect(place: Path, own: Path) -> dict[str, bytes]:
    """Lo que vuelve: la copia ejecutada, lo que imprimió y los resultados que no son pesos."""
    found = [*place.iterdir(), *own.iterdir(), *(own / BOARD).rglob("*")]
    files = {}
    for path in found:
        wanted = path.suffix in KEPT or BOARD in path.parts
        if path.is_file() and wanted and path.stat().st_size <= LARGEST:
            root = own if path.is_relative_to(own) else place
            files[path.relative_to(root).as_posix()] = path.read_bytes()
    return files


def _leave(*_: Any) -> None:
    _kill_children()
    os._exit(1)


def _kill_children() -> None:
    _LEAVING.set()
    # La segunda vuelta, para lo que se estuviera lanzando durante la primera.
    for _ in range(2):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
        time.sleep(0.1)


_ONE_AT_A_TIME = threading.Lock()
# Quien se va no empieza el ensayo que tuviera en cola.
_LEAVING = threading.Event()
