"""El modelo que se va a compartir y lo que se midió con él: el del cuaderno 02 o uno pequeño."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labsupport.base.errors import LabError
from labsupport.base.files import replace_folder
from labsupport.base.paths import PACKAGE, find_result, results_folder
from labsupport.data.describing import guess_language
from labsupport.evaluation.results import predictions_path, read_predictions, save_predictions
from labsupport.settings import Settings
from labsupport.sharing.cards import read_origin
from labsupport.sharing.demo import SAVED, read_labels
from labsupport.training.launch import run_command

LESSON, OWN_LESSON = "02_trainer", "08_compartir"
OWN = "modelo-compartir-{}"
PROGRAM = """
import json, sys
sys.path.append(sys.argv[1])
from labsupport.data import apply_parameters
from labsupport.sharing.trained import train_small
train_small(apply_parameters(json.loads(sys.argv[2])))
"""
HOUR = 3600
# El entrenamiento breve de quien llega aquí sin haber pasado por el cuaderno 02.
FEW = {"n_train": 400, "n_validation": 200, "n_eval": 400, "epochs": 2}


@dataclass(frozen=True)
class Trained:
    """Un modelo guardado (``folder``), sus predicciones (``results``) y sus parámetros."""

    folder: Path
    results: Path
    settings: Settings


def find_trained(settings: Settings, say: Callable[[str], None] = print) -> Trained:
    """Devuelve el modelo que guardó el cuaderno 02 con estos parámetros; si no lo hay, lo entrena.

    El que entrena es pequeño (como mucho, 400 textos y 2 épocas), para no hacer esperar: se dice
    con ``say``, y por qué. Lanza LabError si los datos o el modelo no sirven.
    """
    folder = find_result(SAVED.format(settings.profile))
    results = find_result(predictions_path(LESSON, settings.profile).name)
    reason = explain_mismatch(folder, results, settings)
    if not reason:
        say(f"Uso {folder.name}, el que guardó el cuaderno 2.")
        return Trained(folder, results, settings)
    few = replace(
        settings, **{name: min(most, getattr(settings, name)) for name, most in FEW.items()}
    )
    say(
        f"{reason} Entreno uno pequeño, solo para seguir: {few.n_train} textos y {few.epochs} "
        "época(s). Para compartir el bueno, ejecuta antes `make lab ARGS=02`."
    )
    return _train_apart(few)


def _train_apart(settings: Settings) -> Trained:
    """Lo mismo que ``train_small``, en otro proceso: la memoria que pide se devuelve al acabar."""
    values = json.dumps(settings.parameters())
    run_command("python -c", PROGRAM, str(PACKAGE.parent), values, timeout=HOUR)
    return Trained(*_find_own(settings), settings)


def find_text_language(settings: Settings, texts: Sequence[str]) -> str | list[str]:
    """Devuelve el idioma de los textos: el que dice la ficha del dataset o el que parece.

    Vacío si no se sabe. Como en las fichas, con su código: «es», «en».
    """
    said = read_origin(settings.dataset_name, settings.dataset_folder).get("language")
    return said or guess_language(texts)


def explain_mismatch(folder: Path, results: Path, settings: Settings) -> str:
    """Dice en una frase por qué no vale lo que dejó el cuaderno 02; vacía si vale."""
    if not (folder / "config.json").is_file() or not results.is_file():
        return "El cuaderno 2 no ha dejado ningún modelo."
    try:
        measured = read_predictions(results)
        labels = read_labels(folder)
    except LabError as error:
        return f"Lo que dejó el cuaderno 2 no se puede usar: {error}"
    wanted = settings.parameters()
    changed = [name for name, value in measured.parameters.items() if wanted.get(name) != value]
    if changed:
        name = changed[0]
        return (
            f"El cuaderno 2 guardó un modelo con otros parámetros ({name}: "
            f"{measured.parameters[name]}; aquí, {wanted.get(name)})."
        )
    if labels != measured.label_names:
        return "El modelo que hay guardado no es el que midió el cuaderno 2: sus clases son otras."
    return ""


def train_small(settings: Settings) -> Trained:
    """Entrena con estos parámetros, guarda el modelo y sus predicciones, y dice dónde están."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, set_seed
    from transformers.utils import logging

    from labsupport.data import adapt_tokenizer, load_subset, tokenize_dataset
    from labsupport.training import adapt_classifier, fine_tune, name_labels

    rows = load_subset(settings)
    tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
    adapt_tokenizer(tokenizer)
    train, validation, test = (
        tokenize_dataset(each, tokenizer, settings.max_length) for each in rows
    )
    set_seed(settings.seed)
    # El informe de carga ya lo leyó el cuaderno 2; aquí solo distrae.
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    names = name_labels(train)
    model = AutoModelForSequenceClassification.from_pretrained(
        settings.model_path,
        num_labels=len(names["id2label"]),
        **names,
        ignore_mismatched_sizes=True,
    )
    logging.set_verbosity(before)
    adapt_classifier(model, tokenizer, train, validation, test)
    started = time.perf_counter()
    trainer = fine_tune(model, tokenizer, train, validation, settings)
    seconds = time.perf_counter() - started
    folder, _ = _find_own(settings)
    with replace_folder(folder) as new:
        trainer.save_model(new)
    results = save_predictions(
        OWN_LESSON,
        "trainer",
        settings,
        test,
        trainer.predict(test).predictions,
        seconds=seconds,
        validation=(validation, trainer.predict(validation).predictions),
    )
    return Trained(folder, results, settings)


def _find_own(settings: Settings) -> tuple[Path, Path]:
    """Dónde quedan el modelo pequeño y sus predicciones."""
    folder = results_folder() / OWN.format(settings.profile)
    return folder, predictions_path(OWN_LESSON, settings.profile)
