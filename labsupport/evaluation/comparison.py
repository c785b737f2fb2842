"""Reúne las predicciones de las lecciones y deja fuera, con su porqué, las que no se comparan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.base.paths import find_result
from labsupport.base.tables import join_names, join_some, shorten_names
from labsupport.data.subset import LABEL_COLUMN, TEST
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
# Los parámetros que forman la receta, y los que eligen con qué textos se entrena.
RECIPE = ("model_name", "n_train", "max_length", "batch_size", "epochs", "learning_rate", "seed")
RECIPE += ("n_validation", "data_seed")
# Lo que anotan las recetas (``labsupport.training.recipes``) y cómo se llama al comparar.
RECIPE_WORDS = {
    "optimizer": "el optimizador",
    "weight_decay": "el weight decay",
    "betas": "las betas",
    "epsilon": "el epsilon",
    "clip": "el recorte de gradientes",
    "steps": "los pasos",
    "learning_rate": "el learning rate",
    "schedule": "su bajada",
    "trainable": "los pesos que se entrenan",
    "dropout": "el dropout",
}
# Cada framework guarda a su manera unos pocos pesos que no cuentan (posiciones, segmentos).
SAME_WEIGHTS = 0.05


def collect_predictions(
    settings: Settings, test_rows: Dataset, validation_rows: Dataset
) -> tuple[dict[str, Predictions], list[str]]:
    """Lee las predicciones que haya de 02, 03 y 04 y las pone en el orden de estos textos.

    ``test_rows`` y ``validation_rows``: los de este cuaderno, con ``index``, ``text`` y ``label``,
    como los da ``load_subset``. Devuelve de nombre («Trainer», «Keras», «PyTorch») a predicciones
    y las frases que hay que leer: de las que están y no se pueden comparar (rotas, de otro
    dataset, otros textos u otras etiquetas), cuál es y por qué; y de las que no traen esta misma
    validación, que queda vacía. Las que no están, no salen.
    """
    found, notes = {}, []
    for lesson, name in LESSONS.items():
        path = find_result(predictions_path(lesson, settings.profile).name)
        if not path.exists():
            continue
        try:
            predictions = read_predictions(path)
            notes += _check_same_test(path.name, lesson, predictions, settings, test_rows)
        except LabError as error:
            notes.append(str(error))
            continue
        predictions = reorder_predictions(predictions, test_rows["index"])
        validation = _reorder_validation(predictions.validation, validation_rows)
        if not validation:
            notes.append(
                f"{path.name} no trae las respuestas de esta validación: sus fallos no se leen. "
                f"Ejecuta otra vez {lesson}.ipynb para tenerlas."
            )
        found[name] = replace(predictions, validation=validation)
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
    textos con que se ajustan los suelos, que deben ser los mismos. Se comparan los parámetros, la
    precisión y la receta que cada lección anotó; de la que no la anotó, se dice.

    >>> describe_recipes({}, n_train=1000)
    'No hay ningún entrenamiento que comparar: mientras tanto, se miden los suelos.'
    """
    if not found:
        return "No hay ningún entrenamiento que comparar: mientras tanto, se miden los suelos."
    differences = list_differences(found)
    if differences:
        return (
            f"Ojo, no es la misma receta: {'; '.join(differences)}. Lo que midas mezclará eso con "
            "la manera de entrenar; para separarlo, entrena con la misma receta."
        )
    theirs = next(iter(found.values())).parameters.get("n_train")
    if theirs != n_train:
        return (
            f"Ojo: se entrenó con {theirs} textos y aquí los suelos se ajustan con {n_train}: "
            f"pon n_train = {theirs} en la celda de parámetros."
        )
    if len(found) == 1:
        return f"Solo está {next(iter(found))}: no hay con qué comparar su receta."
    return _describe_same(found)


def list_differences(found: Mapping[str, Predictions]) -> list[str]:
    """Devuelve una frase por cada cosa de la receta que no es igual en todos.

    >>> list_differences({})
    []
    """
    told = {f"«{name}» vale": _gather(found, name) for name in RECIPE}
    told["la precisión:"] = {name: each.precision for name, each in found.items()}
    differences = [
        f"{words} {_join_values(values)}"
        for words, values in told.items()
        if len(set(map(str, values.values()))) > 1
    ]
    recipes = {name: each.recipe for name, each in found.items() if each.recipe}
    for key, words in RECIPE_WORDS.items():
        values = {name: recipe[key] for name, recipe in recipes.items() if key in recipe}
        first = next(iter(recipes.values()), {})
        if not all(_is_same(key, first, recipes[name]) for name in values):
            shown = {name: _show_value(value) for name, value in values.items()}
            differences.append(f"{words}: {_join_values(shown)}")
    return differences


def _describe_same(found: Mapping[str, Predictions]) -> str:
    untold = [name for name, each in found.items() if not each.recipe]
    if untold:
        file = "su archivo no anota" if len(untold) == 1 else "sus archivos no anotan"
        return (
            f"Mismos parámetros en {join_names(found)}. De {join_names(untold)} no se sabe más: "
            f"{file} la receta."
        )
    # Lo que el cuaderno 3 declara que no se puede igualar.
    batches = (
        "Keras compone sus batches una vez y los demás los cambian en cada época; y "
        if "Keras" in found
        else ""
    )
    return (
        f"Misma receta en {join_names(found)}: coinciden los parámetros, "
        f"{join_names(RECIPE_WORDS.values())}. Lo que sigue siendo distinto: {batches}"
        "cada framework saca su azar (head, orden, dropout) a su manera."
    )


def _gather(found: Mapping[str, Predictions], parameter: str) -> dict[str, Any]:
    return {name: each.parameters.get(parameter) for name, each in found.items()}


def _join_values(values: Mapping[str, Any]) -> str:
    return join_names(f"{value} en {name}" for name, value in values.items())


def _is_same(key: str, first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Si un valor de dos recetas es el mismo, salvo redondeos y lo que cada framework cuenta."""
    mine: Any = first.get(key)
    theirs: Any = other.get(key)
    if key == "schedule":
        # Se apunta antes o después de cada paso: hasta dos pasos de diferencia no son otra bajada.
        most = 0.02 + 2 / max(1, min(first.get("steps", 1), other.get("steps", 1)))
        known = [pair for pair in zip(mine, theirs, strict=True) if None not in pair]
        return all(abs(a - b) <= most for a, b in known)
    if key == "trainable":
        return abs(mine - theirs) <= SAME_WEIGHTS * max(mine, theirs)
    if isinstance(mine, int | float) and isinstance(theirs, int | float):
        # En una bajada, el primer paso apuntado puede ser ya un poco menor.
        near = 0.02 + 2 / max(1, first.get("steps", 1)) if key == "learning_rate" else 1e-4
        return abs(mine - theirs) <= near * max(abs(mine), abs(theirs))
    return mine == theirs


def _show_value(value: Any) -> str:
    if isinstance(value, list):
        return f"({'; '.join(map(_show_value, value))})"
    if value is None:
        return "ninguno"
    return f"{value:.10g}".replace(".", ",") if isinstance(value, int | float) else str(value)


def _reorder_validation(validation: Mapping[str, list[Any]], rows: Dataset) -> dict[str, list[Any]]:
    """La validación en el orden de ``rows``; vacía si no es la misma."""
    if not validation:
        return {}
    theirs = dict(zip(validation["index"], validation["labels"], strict=True))
    if theirs != dict(zip(rows["index"], rows[LABEL_COLUMN], strict=True)):
        return {}
    place = {position: i for i, position in enumerate(validation["index"])}
    order = [place[position] for position in rows["index"]]
    return {name: [values[i] for i in order] for name, values in validation.items()}


def _check_same_test(
    file: str, lesson: str, predictions: Predictions, settings: Settings, test_rows: Dataset
) -> list[str]:
    """Comprueba que un archivo responde al mismo examen que este cuaderno.

    Devuelve lo que conviene saber aunque se compare. Lanza LabError, con por qué, si no se puede.
    """
    if predictions.lesson != lesson:
        raise LabError(f"{file} queda fuera: lo escribió «{predictions.lesson}» y no «{lesson}».")
    if predictions.split != TEST:
        raise LabError(f"{file} queda fuera: se midió con «{predictions.split}», no con la prueba.")
    difference = _find_difference(predictions, settings, test_rows)
    if difference:
        raise LabError(f"{file} queda fuera: {difference}.")
    if predictions.texts_digest:
        return []
    return [
        f"{file} es de una versión anterior y no dice con qué textos se evaluó: se compara porque "
        "coinciden el nombre del dataset, las posiciones y las etiquetas."
    ]


def _find_difference(
    predictions: Predictions, settings: Settings, test_rows: Dataset
) -> str | None:
    """Devuelve la primera diferencia con la evaluación de este cuaderno; None si es la misma."""
    theirs = predictions.parameters
    digest = predictions.texts_digest
    same_texts = bool(digest) and digest == digest_texts(test_rows)
    # El mismo archivo se puede nombrar de varias maneras: lo que cuenta es lo que se leyó.
    if not same_texts and theirs.get("dataset_name") != settings.dataset_name:
        return (
            f"se hizo con el dataset «{theirs.get('dataset_name')}» y aquí se usa "
            f"«{settings.dataset_name}»"
        )
    names = test_rows.features[LABEL_COLUMN].names
    if predictions.label_names != names:
        return _explain_other_names(predictions.label_names, names)
    truth = dict(zip(test_rows["index"], test_rows[LABEL_COLUMN], strict=True))
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
