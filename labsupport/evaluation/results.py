"""El formato común de predicciones: un JSON por lección, escrito de una vez y revisado al leer.

Formato (``schema_version`` 2), un objeto con estas claves:

- ``kind``: ``"laboratorio-predictions"``; ``schema_version``: 2;
- ``lesson``: cuaderno que lo escribió (``"02_trainer"``); ``framework``: cómo se entrenó;
- ``parameters``: los de ``Settings.parameters()``; ``device``, ``precision``; ``versions``;
- ``seconds``: duración del entrenamiento; ``peak_memory_mib``: pico de memoria del kernel;
- ``accuracy``: aciertos / n; ``label_names``: nombre de cada clase;
- ``split``: con qué se midió, ``"test"`` o ``"validation"``;
- ``index``: n posiciones en su split; ``labels``: n enteros; ``logits``: n × clases;
- ``history``: lista de {``epoch``, ``train_loss``, ``eval_loss``, ``accuracy``}, en validación;
- ``texts_digest``: huella de los textos con que se midió (``digest_texts``); vacía si no la hay;
- ``validation``: {``index``, ``labels``, ``logits``} de la validación; vacía si no se guardó;
- ``recipe``: cómo se entrenó, más allá de los parámetros; vacía si no se anotó.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.environment import list_versions, measure_peak_memory
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.paths import results_folder
from labsupport.data.subset import TEST, TEXT_COLUMN

if TYPE_CHECKING:
    from datasets import Dataset

    from labsupport.settings import Settings

KIND = "laboratorio-predictions"
SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Predictions:
    """Lo que un entrenamiento deja para la lección de evaluación; formato en el módulo."""

    lesson: str
    framework: str
    parameters: dict[str, Any]
    label_names: list[str]
    index: list[int]
    labels: list[int]
    logits: list[list[float]]
    accuracy: float
    seconds: float
    peak_memory_mib: float
    device: str
    precision: str
    versions: dict[str, str]
    history: list[dict[str, float | None]] = field(default_factory=list)
    texts_digest: str = ""
    split: str = TEST
    validation: dict[str, list[Any]] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    kind: str = KIND
    schema_version: int = SCHEMA_VERSION


def save_predictions(
    lesson: str,
    framework: str,
    settings: Settings,
    dataset: Dataset,
    logits: Any,
    history: Sequence[Mapping[str, float]] = (),
    seconds: float = 0.0,
    label_ids: Sequence[int] | None = None,
    *,
    split: str = TEST,
    validation: tuple[Dataset, Any] | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Path:
    """Guarda las predicciones de una lección y devuelve la ruta del archivo.

    ``dataset``: los textos con que se mide, con ``index`` y ``label``; ``logits``: n × clases, en
    el mismo orden; ``seconds``: duración del entrenamiento; ``label_ids``: las etiquetas en el
    orden en que se predijo, si se conocen; ``split``: de dónde salen, ``"test"`` o
    ``"validation"``; ``validation``: además, el par (textos, logits) de la validación;
    ``recipe``: lo que anota ``read_recipe``. Lanza LabError si los tamaños o el orden no casan o
    si hay logits que no son números.
    """
    labels, rows = _check_logits(dataset, logits, label_ids)
    watched: dict[str, list[Any]] = {}
    if validation is not None:
        answers, answered = _check_logits(*validation)
        index = [int(each) for each in validation[0]["index"]]
        watched = {"index": index, "labels": answers, "logits": answered}
    predictions = Predictions(
        lesson=lesson,
        framework=framework,
        parameters=settings.parameters(),
        label_names=_label_names(dataset, rows),
        index=[int(index) for index in dataset["index"]],
        labels=labels,
        logits=rows,
        accuracy=_accuracy(rows, labels),
        seconds=round(float(seconds), 2),
        peak_memory_mib=round(measure_peak_memory(), 1),
        device=settings.device,
        precision=settings.precision,
        versions=list_versions(),
        history=[_keep_numbers(row) for row in history],
        texts_digest=digest_texts(dataset),
        split=split,
        validation=watched,
        recipe=dict(recipe or {}),
    )
    path = predictions_path(lesson, settings.profile)
    text = json.dumps(asdict(predictions), ensure_ascii=False, allow_nan=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text + "\n")
    return path


def digest_texts(dataset: Dataset) -> str:
    """Devuelve la huella de los textos de evaluación: igual solo si son los mismos.

    ``dataset``: con ``index`` y ``text``; el orden de las filas da igual. Sin textos, vacía.

    >>> from datasets import Dataset
    >>> rows = Dataset.from_dict({"index": [1, 0], "text": ["b", "a"]})
    >>> digest_texts(rows) == digest_texts(rows.select([1, 0])), digest_texts(rows)[:8]
    (True, 'a010d841')
    """
    if TEXT_COLUMN not in dataset.column_names:
        return ""
    texts = sorted(zip(dataset["index"], dataset[TEXT_COLUMN], strict=True))
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def predictions_path(lesson: str, profile: str) -> Path:
    """Devuelve dónde se escriben las de una lección: ``results/<lección>-<perfil>.json``."""
    return results_folder() / f"{lesson}-{profile}.json"


def read_predictions(path: str | Path) -> Predictions:
    """Lee un archivo de predicciones y comprueba que está entero y es de este formato.

    Lanza LabError, con el nombre del archivo, si falta, está a medias o es de otra cosa.
    """
    path = Path(path)
    content = _load_json(path)
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise LabError(f"{path.name} no es un archivo de predicciones del laboratorio: quítalo.")
    if content.get("schema_version") != SCHEMA_VERSION:
        raise LabError(
            f"{path.name} usa la versión {content.get('schema_version')} del formato y aquí se lee "
            f"la {SCHEMA_VERSION}: ejecuta otra vez el cuaderno que lo escribió."
        )
    try:
        predictions = Predictions(**content)
        _check_types(predictions)
        _check_sizes(predictions)
    except (TypeError, ValueError, AttributeError, KeyError):
        raise _incomplete(path) from None
    return predictions


def _keep_numbers(row: Mapping[str, float]) -> dict[str, float | None]:
    """Una loss infinita no cabe en un JSON: queda sin valor."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }


def _check_logits(
    dataset: Dataset, logits: Any, label_ids: Sequence[int] | None = None
) -> tuple[list[int], list[list[float]]]:
    """Las etiquetas y los logits, ya revisados, como se guardan."""
    rows = [[round(float(value), 6) for value in row] for row in logits]
    labels = [int(label) for label in dataset["label"]]
    _check_order(rows, labels, label_ids)
    if not all(math.isfinite(value) for row in rows for value in row):
        raise LabError(
            "El modelo responde con infinitos o NaN: el entrenamiento se desbocó. Baja "
            "«learning_rate» y entrena otra vez."
        )
    return labels, rows


def _check_order(
    rows: list[list[float]], labels: list[int], label_ids: Sequence[int] | None
) -> None:
    if len(rows) != len(labels):
        raise LabError(
            f"Hay {len(rows)} filas de logits y {len(labels)} etiquetas: "
            "predice sobre el mismo dataset que guardas."
        )
    if label_ids is not None and [int(label) for label in label_ids] != labels:
        raise LabError(
            "Las predicciones vienen en otro orden que el dataset: pon "
            '`trainer.args.train_sampling_strategy = "random"` antes de predecir.'
        )


def _load_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LabError(f"Falta {path.name}: ejecuta antes el cuaderno que lo escribe.") from None
    except (ValueError, OSError):
        raise _incomplete(path) from None


def _incomplete(path: Path) -> LabError:
    return LabError(
        f"{path.name} está a medias o dañado: "
        "bórralo y ejecuta otra vez el cuaderno que lo escribe."
    )


def _check_types(predictions: Predictions) -> None:
    numbers = (predictions.accuracy, predictions.seconds, predictions.peak_memory_mib)
    if not all(isinstance(number, int | float) for number in numbers):
        raise TypeError("cifras que no son números")
    if not isinstance(predictions.parameters, dict) or not isinstance(predictions.history, list):
        raise TypeError("parámetros o historia de otro tipo")
    names = predictions.label_names
    if not isinstance(names, list) or len({str(name) for name in names}) != len(names):
        raise TypeError("clases sin nombre propio")


def _check_sizes(predictions: Predictions) -> None:
    classes = len(predictions.label_names)
    _check_part(predictions.index, predictions.labels, predictions.logits, classes)
    if predictions.validation:
        _check_part(**predictions.validation, classes=classes)
    if not isinstance(predictions.recipe, dict):
        raise TypeError("receta de otro tipo")


def _check_part(
    index: list[int], labels: list[int], logits: list[list[float]], classes: int
) -> None:
    if not labels or len(index) != len(labels) or len(logits) != len(labels):
        raise ValueError("tamaños distintos")
    if not all(type(number) is int for number in (*index, *labels)):
        raise TypeError("posiciones o etiquetas que no son enteros")
    if any(len(row) != classes for row in logits):
        raise ValueError("logits con otro número de clases")
    if not all(math.isfinite(value) for row in logits for value in row):
        raise ValueError("logits que no son números")
    if not all(0 <= label < classes for label in labels):
        raise ValueError("etiquetas fuera de las clases")


def _label_names(dataset: Dataset, rows: list[list[float]]) -> list[str]:
    names = getattr(dataset.features["label"], "names", None)
    return list(names) if names else [str(i) for i in range(len(rows[0]))]


def _accuracy(rows: list[list[float]], labels: list[int]) -> float:
    hits = sum(row.index(max(row)) == label for row, label in zip(rows, labels, strict=True))
    return hits / len(labels)
