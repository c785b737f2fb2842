"""Lo que rodea a un entrenamiento: carpetas que no chocan, historia legible y un ensayo breve."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.files import GIB, LARGE, WORK_FOLDER, measure_folder, write_atomically
from labsupport.base.paths import results_folder, runs_folder
from labsupport.base.run_record import RESULTS
from labsupport.base.tables import format_number

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset

    from labsupport.settings import Settings

PARAMETERS_FILE = "parametros.json"


def make_work_folder(name: str, settings: Settings | None = None) -> str:
    """Crea una carpeta nueva para checkpoints; dos ejecuciones a la vez nunca comparten una.

    Queda en ``results/checkpoints/`` y ``make clean`` la borra; si las de otras veces pasan de
    1 GiB, lo dice. Con ``settings`` apunta dentro los parámetros, para que ``find_work_folder`` la
    reconozca después.
    """
    parent = results_folder() / WORK_FOLDER
    parent.mkdir(parents=True, exist_ok=True)
    if (size := measure_folder(parent)) > LARGE:
        print(
            f"{parent.parent.name}/{parent.name} ocupa ya {format_number(size / GIB, 1)} GiB: "
            "borra las carpetas de lo que no vayas a retomar, o todo con `make clean`."
        )
    folder = tempfile.mkdtemp(prefix=f"{name}-", dir=parent)
    if settings is not None:
        write_atomically(Path(folder, PARAMETERS_FILE), json.dumps(settings.parameters()))
    return folder


def find_work_folder(name: str, settings: Settings) -> str:
    """Devuelve la última carpeta con checkpoints de un entrenamiento igual, para retomarlo.

    Vale también después de reiniciar el kernel, y si lo interrumpido fue una ejecución de la
    línea de órdenes (``runs/``). Lanza LabError si no quedó ninguna de ``name`` con los mismos
    parámetros.
    """
    wanted = json.dumps(settings.parameters())
    found = [folder for folder in _list_work_folders(name) if _read_parameters(folder) == wanted]
    if not found:
        raise LabError(
            f"No hay ningún entrenamiento «{name}» a medias con estos parámetros: empieza uno con "
            "`make_work_folder`."
        )
    # La que no llegó a guardar ningún checkpoint no tiene nada que retomar: solo si no hay otra.
    return str(max(found, key=lambda each: (bool(find_checkpoint(each)), each.stat().st_mtime)))


def _list_work_folders(name: str) -> list[Path]:
    """Las de ``name``, de los cuadernos abiertos y de las ejecuciones que hay en ``runs/``."""
    runs = {runs_folder()}
    if inside := os.environ.get("LAB_RUN_RESULTS"):
        runs.add(Path(inside).parents[1])
    parents = [results_folder(), *(each for run in runs for each in run.glob(f"*/{RESULTS}/*"))]
    return [folder for each in parents for folder in each.glob(f"{WORK_FOLDER}/{name}-*")]


def _read_parameters(folder: Path) -> str:
    path = folder / PARAMETERS_FILE
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def find_checkpoint(folder: str | Path) -> str | None:
    """Devuelve el último checkpoint entero que dejó Trainer en ``folder``; None si no hay.

    Trainer escribe ``trainer_state.json`` al final: sin él, el checkpoint quedó a medias.

    >>> find_checkpoint(tempfile.mkdtemp()) is None
    True
    """
    states = Path(folder).glob("checkpoint-*/trainer_state.json")
    steps = {int(state.parent.name.split("-")[1]): state.parent for state in states}
    return str(steps[max(steps)]) if steps else None


def read_history(log_history: list[dict[str, float]]) -> pd.DataFrame:
    """Convierte ``trainer.state.log_history`` en una tabla con una fila por época.

    Columnas: ``epoch``, ``train_loss`` (media de la época), ``eval_loss`` y ``accuracy``.

    >>> log = [{"epoch": 1.0, "loss": 1.2}, {"epoch": 1.0, "eval_loss": 1.1, "eval_accuracy": 0.5}]
    >>> read_history(log).to_dict("records")
    [{'epoch': 1, 'train_loss': 1.2, 'eval_loss': 1.1, 'accuracy': 0.5}]
    """
    import pandas as pd

    losses = {round(row["epoch"]): row["loss"] for row in log_history if "loss" in row}
    rows = [
        {
            "epoch": round(row["epoch"]),
            "train_loss": losses.get(round(row["epoch"])),
            "eval_loss": row["eval_loss"],
            "accuracy": row["eval_accuracy"],
        }
        for row in log_history
        if "eval_loss" in row and round(row["epoch"]) > 0
    ]
    return pd.DataFrame(rows, columns=["epoch", "train_loss", "eval_loss", "accuracy"])


def fine_tune(
    model: Any,
    tokenizer: Any,
    train_dataset: Dataset,
    validation_dataset: Dataset,
    settings: Settings,
    eval_strategy: str = "epoch",
) -> Any:
    """Entrena ``model`` con los parámetros en vigor y devuelve su ``Trainer``.

    Es la receta que enseña el cuaderno 02, sin barras ni tablas, para los ensayos que otros
    cuadernos y las medidas del repositorio necesitan. Los datos llegan ya tokenizados;
    ``eval_strategy``: ``"epoch"`` mide la validación en cada época y ``"no"``, nunca.
    """
    from transformers import PrinterCallback, ProgressCallback, Trainer

    arguments = _choose_arguments(settings, eval_strategy)
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=train_dataset,
        eval_dataset=validation_dataset,
        processing_class=tokenizer,
        compute_metrics=_compute_accuracy,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.train()
    shutil.rmtree(arguments.output_dir, ignore_errors=True)
    # Trainer agrupa por largo también al predecir, y devolvería las filas en otro orden.
    trainer.args.train_sampling_strategy = "random"
    return trainer


def _choose_arguments(settings: Settings, eval_strategy: str) -> Any:
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=make_work_folder("ensayo"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=32,
        learning_rate=settings.learning_rate,
        train_sampling_strategy="group_by_length",
        bf16=settings.precision == "bf16",
        use_cpu=settings.device == "cpu",
        seed=settings.seed,
        eval_strategy=eval_strategy,
        logging_strategy="epoch",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=settings.device == "cuda",
    )


def _compute_accuracy(eval_prediction: Any) -> dict[str, float]:
    logits, labels = eval_prediction
    return {"accuracy": float(np.mean(np.argmax(logits, axis=-1) == labels))}
