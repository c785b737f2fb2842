"""Reúne las predicciones de las lecciones y deja fuera, con su porqué, las que no se comparan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.base.paths import find_result
from labsupport.base.tables import join_names, join_some, shorten_names
from labsupport.data.subset import LABEL_COLUMN
from labsupport.evaluation.results import (
    Predictions,
    digest_texts,
    predictions_path,
    read_predictions,
)

if TYPE_CHECKING:
    from datasets import Dataset

    from labsupport.settings import Settings

# Las tres maneras de entrenar: el cuaderno que la enseña y su nombre en tablas y figuras.
LESSONS = {"02_trainer": "Trainer", "03_keras": "Keras", "04_pytorch": "PyTorch"}
# Lo que forma la receta; lo demás elige los datos con que se evalúa, y eso tiene que ser igual.
RECIPE = ("model_name", "n_train", "max_length", "batch_size", "epochs", "learning_rate", "seed")


def collect_predictions(
    settings: Settings, eval_rows: Dataset
) -> tuple[dict[str, Predictions], list[str]]:
    """Lee las predicciones que haya de 02, 03 y 04 y las pone en el orden de ``eval_rows``.

    ``eval_rows``: la evaluación de este cuaderno, con ``index``, ``text`` y ``label``, como la da
    ``load_subset``. Devuelve de nombre («Trainer», «Keras», «PyTorch») a predicciones y, de las
    que están y no se pueden comparar (rotas, de otro dataset, otros textos u otras etiquetas),
    una frase que dice cuál es y por qué; las que no están, no salen.
    """
    found, notes = {}, []
    for lesson, name in LESSONS.items():
        path = find_result(predictions_path(lesson, settings.profile).name)
        if not path.exists():
            continue
        try:
            predictions = read_predictions(path)
            notes += _check_same_evaluation(path.name, lesson, predictions, settings, eval_rows)
        except LabError as error:
            notes.append(str(error))
        else:
            found[name] = reorder_predictions(predictions, eval_rows["index"])
    return found, notes


def reorder_predictions(predictions: Predictions, index: Any) -> Predictions:
    """Devuelve las mismas predicciones con sus textos en el orden de ``index``.

    ``index``: las n posiciones de ``predictions.index``, en otro orden. Lanza KeyError si no
    son las mismas.
    """
    index = [int(position) for position in index]
    place = {position: i for i, position in enumerate(predictions.index)}
    order = [place[position] for position in index]
    return replace(
        predictions,
        index=index,
        labels=[predictions.labels[i] for i in order],
        logits=[predictions.logits[i] for i in order],
    )


def describe_missing(found: Mapping[str, Any]) -> str:
    """Devuelve una frase que dice qué predicciones faltan y qué cuadernos las hacen.

    >>> describe_missing({"Trainer": ..., "PyTorch": ...})
    'Falta Keras: para compararlo, ejecuta 03_keras.ipynb con estos mismos parámetros y después ...'
    >>> describe_missing({"Trainer": ..., "Keras": ..., "PyTorch": ...})
    'Están las tres: Trainer, Keras y PyTorch.'
    """
    missing = {name: f"{lesson}.ipynb" for lesson, name in LESSONS.items() if name not in found}
    if not missing:
        return f"Están las tres: {join_names(LESSONS.values())}."
    verb, pronoun = ("Falta", "lo") if len(missing) == 1 else ("Faltan", "los")
    return (
        f"{verb} {join_names(missing)}: para comparar{pronoun}, ejecuta "
        f"{join_names(missing.values())} con estos mismos parámetros y después este cuaderno."
    )


def describe_recipes(found: Mapping[str, Predictions], n_train: int) -> str:
    """Devuelve una frase que dice si todos se entrenaron con la misma receta y en qué difieren.

    ``found``: de nombre a predicciones, como las da ``collect_predictions``; ``n_train``: los
    textos con que se ajustan los suelos, que deben ser los mismos.

    >>> describe_recipes({}, n_train=1000)
    'No hay ningún entrenamiento que comparar: mientras tanto, se miden los suelos.'
    """
    if not found:
        return "No hay ningún entrenamiento que comparar: mientras tanto, se miden los suelos."
    differences = [text for name in RECIPE if (text := _describe_difference(name, found))]
    if differences:
        return (
            f"Ojo, no es la misma receta: {'; '.join(differences)}. Lo que midas mezclará eso con "
            "la manera de entrenar; para separarlo, entrena con los mismos parámetros."
        )
    theirs = next(iter(found.values())).parameters.get("n_train")
    if theirs != n_train:
        return (
            f"Ojo: se entrenó con {theirs} textos y aquí los suelos se ajustan con {n_train}: "
            f"pon n_train = {theirs} en la celda de parámetros."
        )
    if len(found) == 1:
        return f"Solo está {next(iter(found))}: no hay con qué comparar su receta."
    return f"Misma receta en {join_names(found)}: la comparación es justa."


def _describe_difference(parameter: str, found: Mapping[str, Predictions]) -> str:
    values = {name: each.parameters.get(parameter) for name, each in found.items()}
    if len(set(map(str, values.values()))) == 1:
        return ""
    told = join_names(f"{value} en {name}" for name, value in values.items())
    return f"«{parameter}» vale {told}"


def _check_same_evaluation(
    file: str, lesson: str, predictions: Predictions, settings: Settings, eval_rows: Dataset
) -> list[str]:
    """Comprueba que un archivo responde al mismo examen que este cuaderno.

    Devuelve lo que conviene saber aunque se compare. Lanza LabError, con por qué, si no se puede.
    """
    if predictions.lesson != lesson:
        raise LabError(f"{file} queda fuera: lo escribió «{predictions.lesson}» y no «{lesson}».")
    difference = _find_difference(predictions, settings, eval_rows)
    if difference:
        raise LabError(f"{file} queda fuera: {difference}.")
    if predictions.texts_digest:
        return []
    return [
        f"{file} es de una versión anterior y no dice con qué textos se evaluó: se compara porque "
        "coinciden el nombre del dataset, las posiciones y las etiquetas."
    ]


def _find_difference(
    predictions: Predictions, settings: Settings, eval_rows: Dataset
) -> str | None:
    """Devuelve la primera diferencia con la evaluación de este cuaderno; None si es la misma."""
    theirs = predictions.parameters
    digest = predictions.texts_digest
    same_texts = bool(digest) and digest == digest_texts(eval_rows)
    # El mismo archivo se puede nombrar de varias maneras: lo que cuenta es lo que se leyó.
    if not same_texts and theirs.get("dataset_name") != settings.dataset_name:
        return (
            f"se hizo con el dataset «{theirs.get('dataset_name')}» y aquí se usa "
            f"«{settings.dataset_name}»"
        )
    names = eval_rows.features[LABEL_COLUMN].names
    if predictions.label_names != names:
        return _explain_other_names(predictions.label_names, names)
    truth = dict(zip(eval_rows["index"], eval_rows[LABEL_COLUMN], strict=True))
    if sorted(predictions.index) != sorted(truth):
        return _explain_other_texts(theirs, settings)
    if dict(zip(predictions.index, predictions.labels, strict=True)) != truth:
        return "los mismos textos tienen otras etiquetas, de otro split o de otra versión"
    if digest and not same_texts:
        return _explain_other_texts(theirs, settings)
    return None


def _explain_other_names(theirs: list[str], names: list[str]) -> str:
    if sorted(theirs) == sorted(names):
        return "tiene las mismas clases en otro orden"
    told = (
        f"{len(each)} clases ({join_some(shorten_names(each), most=5)})" for each in (theirs, names)
    )
    return "tiene {} y aquí hay {}".format(*told)


def _explain_other_texts(theirs: Mapping[str, Any], settings: Settings) -> str:
    for name in ("n_eval", "data_seed", "text_column", "label_column"):
        if theirs.get(name) != getattr(settings, name):
            return (
                f"se evaluó con otros textos («{name}» vale {theirs.get(name)} en él y "
                f"{getattr(settings, name)} aquí)"
            )
    return "se evaluó con otros textos, de otro split o de otra versión del dataset"
