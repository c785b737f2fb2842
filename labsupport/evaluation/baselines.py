"""Los suelos de la comparación: clasificadores de scikit-learn sobre los mismos textos."""

from __future__ import annotations

import re
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.data.subset import LABEL_COLUMN, TEXT_COLUMN
from labsupport.evaluation.results import Predictions, read_predictions, save_predictions

if TYPE_CHECKING:
    from datasets import Dataset

    from labsupport.settings import Settings

# Empieza como el cuaderno que los calcula: al repetirlo, lo viejo no se mezcla con lo nuevo.
PREFIX = "05_evaluacion-"
# Textos que se miran para saber qué contar: bastan, y mirar más solo tarda.
SAMPLE = 10_000
# Lo que TfidfVectorizer toma por una palabra.
WORD = re.compile(r"(?u)\b\w\w+\b")
# Escrituras sin espacios: tailandés, lao, birmano, jemer, japonés y chino.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
# Ninguna probabilidad vale 0: su logaritmo no cabe en un archivo.
SMALLEST = 1e-12


def choose_counting(texts: Iterable[str]) -> dict[str, Any]:
    """Elige qué cuenta ``TfidfVectorizer`` en unos textos y devuelve sus opciones.

    Palabras que salen en al menos dos textos; si ninguna se repite, todas; y letras donde no hay
    palabras que contar o no se separan con espacios (chino, japonés, tailandés, emojis).

    >>> choose_counting(["Muy rico", "Muy caro"]), choose_counting(["Rico", "Caro"])
    ({'analyzer': 'word', 'min_df': 2}, {'analyzer': 'word', 'min_df': 1})
    >>> choose_counting(["とても美味しい", "高すぎる"]), choose_counting(["👍", "👎"])
    ({'analyzer': 'char', 'min_df': 1}, {'analyzer': 'char', 'min_df': 1})
    """
    texts = [text.lower() for text in islice(texts, SAMPLE)]
    found = Counter(word for text in texts for word in set(WORD.findall(text)))
    letters = sum(map(str.isalpha, "".join(texts)))
    if not found or 2 * sum(map(len, UNSPACED.findall("".join(texts)))) > letters:
        repeated = Counter(each for text in texts for each in set(text)).most_common(1)
        return {"analyzer": "char", "min_df": 2 if repeated and repeated[0][1] > 1 else 1}
    return {"analyzer": "word", "min_df": 2 if max(found.values()) > 1 else 1}


def predict_probabilities(classifier: Any, train_rows: Dataset, eval_rows: Dataset) -> np.ndarray:
    """Ajusta un clasificador de textos y devuelve las probabilidades de otros textos.

    ``classifier``: con ``fit``, ``predict_proba`` y ``classes_``, como los de scikit-learn;
    ``train_rows`` y ``eval_rows``: con ``text`` y ``label``. Devuelve n × clases; una clase
    que no estaba en el entrenamiento tiene probabilidad 0. Lanza LabError si en los textos no
    queda nada que contar.

    >>> from datasets import Dataset
    >>> from sklearn.dummy import DummyClassifier
    >>> rows = Dataset.from_dict({"text": ["a", "b", "c", "d"], "label": [0, 2, 2, 2]})
    >>> predict_probabilities(DummyClassifier(), rows, rows.select([0])).tolist()
    [[0.25, 0.0, 0.75]]
    """
    (probabilities,) = _predict_all(classifier, train_rows, eval_rows)
    return probabilities


def measure_baseline(
    name: str,
    classifier: Any,
    settings: Settings,
    train_rows: Dataset,
    validation_rows: Dataset,
    test_rows: Dataset,
) -> Predictions:
    """Ajusta un suelo, guarda sus predicciones en el formato común y las devuelve.

    ``name``: una palabra para el archivo (``results/05_evaluacion-<name>-<perfil>.json``). Las de
    validación van en ``validation``, como las de las lecciones.
    Sus logits son logaritmos de probabilidades: ``softmax`` las devuelve tal cual.
    """
    started = time.perf_counter()
    found = _predict_all(classifier, train_rows, validation_rows, test_rows)
    seconds = time.perf_counter() - started
    watched, tested = (np.log(np.clip(each, SMALLEST, 1)) for each in found)
    path = save_predictions(
        f"{PREFIX}{name}",
        "scikit-learn",
        replace(settings, device="cpu", precision="fp64"),
        test_rows,
        tested,
        seconds=seconds,
        validation=(validation_rows, watched),
    )
    return read_predictions(path)


def _predict_all(classifier: Any, train_rows: Dataset, *others: Dataset) -> list[np.ndarray]:
    """Ajusta una vez y devuelve las probabilidades de cada conjunto de textos."""
    from threadpoolctl import threadpool_limits

    labels = np.asarray(train_rows[LABEL_COLUMN])
    classes = _count_classes(train_rows, *others)
    found = [np.zeros((len(rows), classes)) for rows in others]
    if len(set(labels.tolist())) == 1:
        # Con una sola clase no hay nada que aprender, y no todos los clasificadores lo aceptan.
        for probabilities in found:
            probabilities[:, labels[0]] = 1
        return found
    # Productos tan pequeños no se reparten: si la máquina está ocupada, los hilos se estorban.
    with threadpool_limits(1):
        _fit(classifier, list(train_rows[TEXT_COLUMN]), labels)
        for probabilities, rows in zip(found, others, strict=True):
            answers = classifier.predict_proba(list(rows[TEXT_COLUMN]))
            probabilities[:, classifier.classes_] = answers
    return found


def _fit(classifier: Any, texts: list[str], labels: np.ndarray) -> None:
    try:
        with warnings.catch_warnings():
            # Con pocos textos por clase, scikit-learn sospecha de una regresión: aquí no lo es.
            warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
            classifier.fit(texts, labels)
    except ValueError as error:
        # Así lo dice scikit-learn; cualquier otro ValueError no es de los textos.
        if any(told in str(error) for told in ("empty vocabulary", "no terms remain", "max_df")):
            raise LabError(
                "En los textos de entrenamiento no queda ninguna palabra que contar: usa las "
                "opciones que da `choose_counting`, o mira si los textos están vacíos."
            ) from error
        raise


def _count_classes(*datasets: Dataset) -> int:
    names = getattr(datasets[0].features[LABEL_COLUMN], "names", None)
    return len(names) if names else 1 + max(max(rows[LABEL_COLUMN]) for rows in datasets)
