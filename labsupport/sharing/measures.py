"""Lo que se midió de un modelo, leído de sus predicciones: lo único que una ficha puede decir."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.paths import find_result
from labsupport.data.subset import TEST
from labsupport.evaluation.results import Predictions, read_predictions
from labsupport.evaluation.scale import read_scale
from labsupport.evaluation.scores import count_confusions, resample_exams, score_model

VALIDATION = "validation"
# Cómo se llama cada métrica en las tablas y cómo la llama el Hub.
METRIC_TYPES = {"accuracy": "accuracy", "macro-F1": "f1", "MAE": "mae", "ECE": "ece"}
LEVEL = 0.95
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# Cómo empieza lo que está en esta máquina, tal como lo apuntan los parámetros.
LOCAL_STARTS = (".", "~", "/")


@dataclass(frozen=True)
class Measured:
    """Una métrica y, si se le calculó, los extremos de su intervalo del 95 %."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ClassScores:
    """Lo medido con los textos de una clase; ``confused``: la respuesta equivocada más repetida."""

    texts: int
    precision: float
    recall: float
    f1: float
    confused: str = ""


@dataclass(frozen=True)
class SplitScores:
    """Lo medido con los textos de un split: ``texts``, cuántos; por métrica y por clase."""

    texts: int
    hits: int
    metrics: dict[str, Measured] = field(default_factory=dict)
    classes: dict[str, ClassScores] = field(default_factory=dict)


@dataclass(frozen=True)
class Measures:
    """Todo lo medido de un modelo: sus predicciones y, por split, sus métricas."""

    predictions: Predictions
    splits: dict[str, SplitScores]

    @property
    def model(self) -> str:
        """El checkpoint de partida, sin la carpeta en que vive."""
        return shorten_name(str(self.predictions.parameters["model_name"]))

    @property
    def dataset(self) -> str:
        """El dataset, sin la carpeta en que vive."""
        return shorten_name(str(self.predictions.parameters["dataset_name"]))


def measure_results(results: Predictions | str | Path) -> Measures:
    """Devuelve lo medido en unas predicciones: en la prueba y, si la guardaron, en la validación.

    ``results``: las predicciones, su archivo, o solo el nombre del archivo (se busca en los
    resultados). Los intervalos son del 95 %, con la semilla del modelo. Lanza LabError si el
    archivo falta o no sirve.
    """
    predictions = results if isinstance(results, Predictions) else read_predictions(_find(results))
    if missing := {"model_name", "dataset_name"} - set(predictions.parameters):
        raise LabError(
            f"Los resultados no dicen «{min(missing)}»: ejecuta otra vez el cuaderno que los "
            "escribió."
        )
    splits = {
        predictions.split: _measure_split(predictions, predictions.labels, predictions.logits)
    }
    watched = predictions.validation
    if watched and predictions.split == TEST:
        splits[VALIDATION] = _measure_split(predictions, watched["labels"], watched["logits"])
    return Measures(predictions, splits)


def is_hub_id(name: str) -> bool:
    """Dice si un nombre es el id de un repositorio del Hub, con su organización delante.

    >>> [is_hub_id(name) for name in ("google-bert/bert-base-cased", "mini-bert", "./a/b")]
    [True, False, False]
    """
    return bool(HUB_ID.fullmatch(name)) and not name.startswith(LOCAL_STARTS)


def shorten_name(name: str) -> str:
    """Devuelve un nombre que se puede publicar: un id del Hub, o lo último de una ruta.

    >>> shorten_name("~/cosas de Ana/opiniones.csv"), shorten_name("org/bert")
    ('opiniones.csv', 'org/bert')
    """
    return name if is_hub_id(name) else PurePosixPath(name.replace("\\", "/")).name


def _find(results: str | Path) -> Path:
    path = Path(results)
    return path if path.exists() or len(path.parts) > 1 else find_result(path.name)


def _measure_split(predictions: Predictions, labels: list[int], logits: Any) -> SplitScores:
    import numpy as np
    from scipy.special import softmax

    names = predictions.label_names
    seed = int(predictions.parameters.get("seed", 0))
    probabilities = softmax(np.asarray(logits, dtype=float), axis=1)
    answers, scale = probabilities.argmax(axis=1), read_scale(names)
    scores = score_model(labels, probabilities, seed, scale)
    exams = resample_exams(labels, {"": answers}, len(names), scale, seed)[""]
    metrics = {"accuracy": Measured(scores["accuracy"], scores["desde"], scores["hasta"])}
    for name in ("macro-F1", "MAE"):
        if name in scores:
            low, high = exams[name].quantile([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            metrics[name] = Measured(scores[name], float(low), float(high))
    metrics["ECE"] = Measured(scores["ECE"])
    hits = int((answers == np.asarray(labels)).sum())
    return SplitScores(len(labels), hits, metrics, _measure_classes(labels, answers, names))


def _measure_classes(labels: list[int], answers: Any, names: list[str]) -> dict[str, ClassScores]:
    from sklearn.metrics import precision_recall_fscore_support

    rows = zip(
        *precision_recall_fscore_support(
            labels, answers, labels=range(len(names)), zero_division=0
        ),
        strict=True,
    )
    counts = count_confusions(labels, answers, names).to_numpy()
    found = {}
    for i, (precision, recall, f1, texts) in enumerate(rows):
        wrong = counts[i].copy()
        wrong[i] = 0
        confused = str(names[wrong.argmax()]) if wrong.any() else ""
        found[str(names[i])] = ClassScores(
            int(texts), float(precision), float(recall), float(f1), confused
        )
    return found


def list_numbers(value: Any) -> list[float]:
    """Devuelve los números que hay en un valor, también dentro de listas; sin contar True y False.

    >>> list_numbers([0.9, [1, True], "3"]), list_numbers(None)
    ([0.9, 1.0], [])
    """
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [each for part in value for each in list_numbers(part)] if _is_list(value) else []


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
