"""Qué resultados hay en la carpeta de una ejecución, de quién son y cuáles se comparan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.run_record import DONE
from labsupport.base.tables import join_names
from labsupport.evaluation.comparison import LESSONS, reorder_predictions
from labsupport.evaluation.results import KIND, Predictions, read_predictions

FLOOR = "Sin leer"
# Nombre de cada archivo de resultados en las tablas, en el orden en que salen.
NAMES = {
    "05_evaluacion-sin-leer": FLOOR,
    "05_evaluacion-tfidf": "TF-IDF",
    "00_inicio": "Cuaderno 0",
    **LESSONS,
}


@dataclass
class Found:
    """Lo que había en ``results/``: predicciones por nombre y frases sobre lo que no se leyó."""

    models: dict[str, Predictions] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_results(folder: Path) -> Found:
    """Lee las predicciones de la carpeta ``results/`` de una ejecución, en el orden de NAMES.

    Las que no se pueden leer no se lanzan: quedan contadas en ``notes``.

    >>> read_results(Path("no-existe"))
    Found(models={}, notes=[])
    """
    found = Found()
    read = {}
    # Sueltos, los de los cuadernos que se saltó; los demás, en la carpeta de quien los escribió.
    for path in sorted([*folder.glob("*.json"), *folder.glob("*/*.json")]):
        if _is_of_another_kind(path):
            continue
        try:
            predictions = read_predictions(path)
        except LabError as error:
            found.notes.append(str(error))
        else:
            read[predictions.lesson] = predictions
    order = [
        *(name for name in NAMES if name in read),
        *(name for name in read if name not in NAMES),
    ]
    found.models = {NAMES.get(lesson, lesson): read[lesson] for lesson in order}
    return found


def _is_of_another_kind(path: Path) -> bool:
    """Si es un archivo del laboratorio que no guarda predicciones: costos, semillas, recetas."""
    try:
        kind = json.loads(path.read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(kind, str) and kind.startswith("laboratorio-") and kind != KIND


def choose_group(
    models: Mapping[str, Predictions], record: Mapping[str, Any] | None = None
) -> dict[str, Predictions]:
    """Elige los modelos que respondieron a los mismos textos: los de esta ejecución, si los hay.

    ``models``: de nombre a predicciones; ``record``: lo que da ``read_record``. Manda el grupo con
    más lecciones de esta ejecución; después, el de más lecciones. Devuelve los modelos de ese
    grupo, con los textos en el mismo orden.

    >>> choose_group({})
    {}
    """
    executed = {each.get("notebook") for each in (record or {"notebooks": []})["notebooks"]}
    own = {name for name, each in models.items() if _find_notebook(each) in executed}
    lessons = set(LESSONS.values())
    groups: dict[str, dict[str, Predictions]] = {}
    for name, each in models.items():
        groups.setdefault(_identify_evaluation(each), {})[name] = each

    def rank(group: Mapping[str, Predictions]) -> tuple[int, ...]:
        sets = (own & lessons, own, lessons)
        return (*(len(each & set(group)) for each in sets), len(group))

    group = max(groups.values(), key=rank, default={})
    if not group:
        return {}
    first = next(iter(group.values()))
    return {name: reorder_predictions(each, first.index) for name, each in group.items()}


def _find_notebook(predictions: Predictions) -> str:
    """El cuaderno que las escribió: los suelos llevan detrás su nombre."""
    return predictions.lesson.split("-")[0]


def _identify_evaluation(predictions: Predictions) -> str:
    """Devuelve un texto igual para dos predicciones solo si respondieron al mismo examen."""
    answers = sorted(zip(predictions.index, predictions.labels, strict=True), key=str)
    texts = predictions.texts_digest or predictions.parameters.get("dataset_name")
    return json.dumps([texts, predictions.label_names, answers])


def describe_origins(record: Mapping[str, Any], models: Mapping[str, Predictions]) -> list[str]:
    """Avisa de los resultados que no son de un cuaderno terminado en esta ejecución.

    ``record``: lo que da ``read_record``; ``models``: de nombre a predicciones.

    >>> describe_origins({"notebooks": []}, {})
    []
    """
    status = {each.get("notebook"): each.get("status") for each in record["notebooks"]}
    earlier, broken = [], []
    for name, each in models.items():
        notebook = _find_notebook(each)
        if notebook not in status:
            earlier.append(name)
        elif status[notebook] != DONE:
            broken.append(name)
    notes = []
    if earlier:
        notes.append(
            f"De una ejecución anterior, porque en esta no se pidieron: {join_names(earlier)}."
        )
    if broken:
        notes.append(
            f"Su cuaderno no terminó, así que toma estas cifras con cuidado: {join_names(broken)}."
        )
    return notes


def describe_other_groups(
    models: Mapping[str, Predictions], group: Mapping[str, Predictions]
) -> list[str]:
    """Avisa de los modelos que se quedan fuera de ``group`` y por qué.

    ``models`` y ``group``: de nombre a predicciones.

    >>> describe_other_groups({}, {})
    []
    """
    others = {name: each for name, each in models.items() if name not in group}
    if not others:
        return []
    mine = {each.parameters.get("dataset_name") for each in group.values()}
    told: dict[Any, list[str]] = {}
    for name, each in others.items():
        told.setdefault(each.parameters.get("dataset_name"), []).append(name)
    names = [
        join_names(each) if dataset in mine else f"{join_names(each)} (dataset «{dataset}»)"
        for dataset, each in told.items()
    ]
    return [
        f"Con otros textos o etiquetas de evaluación que los demás: {'; '.join(names)}. Sus cifras "
        "no se comparan con las otras filas y no están en las matrices ni en los pares."
    ]


def choose_answers(group: Mapping[str, Predictions]) -> dict[str, np.ndarray]:
    """Devuelve la clase que eligió cada modelo en cada texto, sin el suelo que no lee.

    >>> choose_answers({})
    {}
    """
    return {name: np.argmax(each.logits, axis=1) for name, each in group.items() if name != FLOOR}
