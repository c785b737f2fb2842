"""Los suelos de la comparación: clasificadores de scikit-learn sobre las mismas reseñas."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.data.subset import LABEL_COLUMN, TEXT_COLUMN
from labsupport.evaluation.results import Predictions, read_predictions, save_predictions

if TYPE_CHECKING:
    from datasets import Dataset

    from labsupport.settings import Settings

# Empieza como el cuaderno que los calcula: al repetirlo, lo viejo no se mezcla con lo nuevo.
PREFIX = "05_evaluacion-"
# Ninguna probabilidad vale 0: su logaritmo no cabe en un archivo.
SMALLEST = 1e-12


def predict_probabilities(classifier: Any, train_rows: Dataset, eval_rows: Dataset) -> np.ndarray:
    """Ajusta un clasificador de textos y devuelve las probabilidades de la evaluación.

    ``classifier``: con ``fit``, ``predict_proba`` y ``classes_``, como los de scikit-learn;
    ``train_rows`` y ``eval_rows``: con ``text`` y ``label``. Devuelve n × clases; una clase
    que no estaba en el entrenamiento tiene probabilidad 0.

    >>> from datasets import Dataset
    >>> from sklearn.dummy import DummyClassifier
    >>> rows = Dataset.from_dict({"text": ["a", "b", "c", "d"], "label": [0, 2, 2, 2]})
    >>> predict_probabilities(DummyClassifier(), rows, rows.select([0])).tolist()
    [[0.25, 0.0, 0.75]]
    """
    from threadpoolctl import threadpool_limits

    labels = np.asarray(train_rows[LABEL_COLUMN])
    probabilities = np.zeros((len(eval_rows), _count_classes(train_rows, eval_rows)))
    if len(set(labels.tolist())) == 1:
        # Con una sola clase no hay nada que aprender, y no todos los clasificadores lo aceptan.
        probabilities[:, labels[0]] = 1
        return probabilities
    # Productos tan pequeños no se reparten: si la máquina está ocupada, los hilos se estorban.
    with threadpool_limits(1):
        classifier.fit(list(train_rows[TEXT_COLUMN]), labels)
        answers = classifier.predict_proba(list(eval_rows[TEXT_COLUMN]))
    probabilities[:, classifier.classes_] = answers
    return probabilities


def measure_baseline(
    name: str, classifier: Any, settings: Settings, train_rows: Dataset, eval_rows: Dataset
) -> Predictions:
    """Ajusta un suelo, guarda sus predicciones en el formato común y las devuelve.

    ``name``: una palabra para el archivo (``results/05_evaluacion-<name>-<perfil>.json``).
    Sus logits son logaritmos de probabilidades: ``softmax`` las devuelve tal cual.
    """
    started = time.perf_counter()
    probabilities = predict_probabilities(classifier, train_rows, eval_rows)
    path = save_predictions(
        f"{PREFIX}{name}",
        "scikit-learn",
        replace(settings, device="cpu", precision="fp64"),
        eval_rows,
        np.log(np.clip(probabilities, SMALLEST, 1)),
        seconds=time.perf_counter() - started,
    )
    return read_predictions(path)


def _count_classes(train_rows: Dataset, eval_rows: Dataset) -> int:
    names = getattr(train_rows.features[LABEL_COLUMN], "names", None)
    return len(names) if names else 1 + max(*train_rows[LABEL_COLUMN], *eval_rows[LABEL_COLUMN])
