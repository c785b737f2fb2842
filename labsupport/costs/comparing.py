"""Comparar lo que cuestan varias recetas con el mismo modelo y los mismos textos.

No hace falta entrenar hasta el final para saber lo que cuesta: se dan unos pocos pasos de cada
receta, con batches que representan a los de una época (de todos los largos, y con tantos tokens de
media), y se multiplica. Que acierten lo mismo es otra pregunta: la contesta ``train_recipe``.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

from labsupport.costs.energy import JOULES_PER_WATT_HOUR, WATTS_PER_CORE
from labsupport.costs.features import compute_features, fit_head
from labsupport.costs.layers import count_trainable
from labsupport.costs.recipes import Recipe
from labsupport.costs.states import keep_states
from labsupport.costs.storage import MEGABYTE, measure_trained
from labsupport.costs.timing import measure_rounds
from labsupport.costs.training import (
    EVALUATION_BATCH,
    choose_batches,
    cut_texts,
    make_optimizer,
    predict_labels,
    prepare_classifier,
    run_steps,
)

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset

# Entre cuántas muestras de batches se elige la que más se parece a la época.
DRAWS = 50
TIMES = ("ms", "ms_min", "ms_max", "cpu_ms")
PREPARING, EVALUATING = "preparar", "evaluar"


class _Opened(AbstractContextManager):
    """Una función que necesita un modelo propio: se copia al abrir y se suelta al cerrar."""

    def __init__(self, model: Any, build: Callable[[Any], Callable[[], int]]) -> None:
        self._model, self._build = model, build

    def __enter__(self) -> Callable[[], int]:
        return self._build(copy.deepcopy(self._model))

    def __exit__(self, *error: Any) -> None:
        return None


def measure_recipes(
    recipes: Mapping[str, Recipe],
    model: Any,
    train: Dataset,
    validation: Dataset,
    epochs: int,
    batch_size: int,
    rounds: int = 3,
    steps: int = 6,
    peaks: Mapping[str, float] | None = None,
    watts_per_core: float = WATTS_PER_CORE,
    say: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Mide lo que cuesta cada receta, por rondas y mezcladas, y devuelve una fila por receta.

    ``train`` y ``validation``: tokenizados sin padding; ``model``: el clasificador de partida, que
    no cambia; ``steps``: batches por ronda; ``peaks``: de precisión a GFLOP/s de la máquina.

    Columnas: ``ms`` por ejemplo y época, con lo que se calcula una sola vez repartido entre las
    épocas; ``ms_min`` y ``ms_max``; ``cpu_ms``, de procesador; ``times`` y ``times_cpu``, cuántas
    veces más barato que la primera receta por el reloj y por el procesador; ``gflops`` y su
    ``share`` del máximo de la máquina, de 0 a 1; ``mib`` de memoria que añade; ``weights`` que se
    entrenan y ``mb`` que ocupan (lo que hay que guardar, además del checkpoint);
    ``evaluation_ms`` por texto de validación; ``seconds`` del entrenamiento entero con sus
    evaluaciones; ``times_whole``, la misma razón con ellas; ``watt_hours`` y ``energy``, si son
    medidos o estimados.
    """
    stages: dict[Any, AbstractContextManager[Any]] = {}
    for name, recipe in recipes.items():
        stages |= _list_stages(name, recipe, model, train, validation, batch_size, steps)
    table = measure_rounds(
        stages, rounds, None, model.device.type, watts_per_core=watts_per_core, say=say
    )
    measured = dict(zip(stages, table.to_dict("records"), strict=True))
    peaks = peaks or {}
    sizes = (len(train), len(validation), epochs)
    rows = {
        name: _summarize(name, recipe, measured, sizes, peaks.get(recipe.precision))
        | _weigh(recipe, model, train.select(range(1)))
        for name, recipe in recipes.items()
    }
    return _compare(rows)


def choose_sample(
    lengths: Sequence[int], batches: Sequence[Sequence[int]], count: int, least: int = 0
) -> list[list[int]]:
    """Elige ``count`` batches que representen a todos: de todos los anchos y con su misma media.

    ``least``: tokens a que llega el padding, como mínimo.

    >>> choose_sample([1, 1, 5, 5, 9, 9], [[0, 1], [2, 3], [4, 5]], 1)
    [[2, 3]]
    """

    def width(batch: Sequence[int]) -> int:
        return max(least, *(lengths[number] for number in batch))

    ordered = sorted(batches, key=width)
    if len(ordered) <= count:
        return [list(each) for each in ordered]
    wanted = sum(map(width, ordered)) / len(ordered)
    edges = [round(i * len(ordered) / count) for i in range(count + 1)]
    bands = [ordered[low:high] for low, high in zip(edges, edges[1:], strict=False)]
    # El último batch de una época puede tener menos textos: se evita donde hay otros.
    full = max(map(len, ordered))
    bands = [[each for each in band if len(each) == full] or band for band in bands]
    draw = random.Random(0)
    samples = [[draw.choice(band) for band in bands] for _ in range(DRAWS)]
    best = min(samples, key=lambda each: abs(sum(map(width, each)) / count - wanted))
    return [list(each) for each in best]


def _list_stages(
    name: str,
    recipe: Recipe,
    model: Any,
    train: Dataset,
    validation: Dataset,
    batch_size: int,
    steps: int,
) -> dict[tuple[Any, str], AbstractContextManager]:
    """Lo que se mide de una receta: un paso, evaluar y, si la hay, la preparación."""
    shown, batches = _sample_training(recipe, train, batch_size, steps)
    found: dict[tuple[Any, str], AbstractContextManager[Any]] = {}
    found[name, ""] = _Opened(model, partial(_open_steps, recipe, shown, batches))
    if recipe.kept or recipe.head_only:
        rows = _sample_reading(recipe, train, steps)
        found[name, PREPARING] = _Opened(model, partial(_open_preparing, recipe, rows))
    rows = _sample_reading(recipe, validation, steps)
    found[_reading_of(recipe), EVALUATING] = _Opened(model, partial(_open_evaluating, recipe, rows))
    return found


def _reading_of(recipe: Recipe) -> tuple[Any, ...]:
    """De qué depende lo que cuesta predecir: lo demás de la receta solo cambia el entrenamiento."""
    return recipe.max_length, recipe.padded, recipe.grouped, recipe.precision


def _sample_training(
    recipe: Recipe, train: Dataset, batch_size: int, steps: int
) -> tuple[Dataset, list[list[int]]]:
    """Los textos de unos batches de la época y esos batches, contados desde 0."""
    lengths = _measure_lengths(recipe, train)
    batches = choose_batches(lengths, batch_size, recipe.grouped, seed=1)
    chosen = choose_sample(lengths, batches, steps, recipe.max_length * recipe.padded)
    places, renumbered = 0, []
    for each in chosen:
        renumbered.append(list(range(places, places + len(each))))
        places += len(each)
    return train.select(sum(chosen, [])), renumbered


def _sample_reading(recipe: Recipe, dataset: Dataset, steps: int) -> Dataset:
    """Los textos de unos batches de los que se leen sin entrenar, en orden de largo."""
    lengths = _measure_lengths(recipe, dataset)
    order = list(range(len(lengths)))
    if recipe.grouped:
        order.sort(key=lengths.__getitem__)
    size = EVALUATION_BATCH
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    count = max(1, steps // 3)
    return dataset.select(sum(choose_sample(lengths, batches, count), []))


def _measure_lengths(recipe: Recipe, dataset: Dataset) -> list[int]:
    return [min(len(ids), recipe.max_length) for ids in dataset["input_ids"][:]]


def _open_steps(
    recipe: Recipe, rows: Dataset, batches: Sequence[Sequence[int]], model: Any
) -> Callable[[], int]:
    if recipe.head_only:
        features = compute_features(
            model, cut_texts(rows, recipe.max_length), recipe.head_only, recipe.precision
        )
        return partial(_fit, features, rows["label"][:])
    classifier = prepare_classifier(recipe, model, rows)
    optimizer = make_optimizer(classifier.trained, 1e-5)
    # El primer paso reserva lo que el optimizador recuerda de cada peso.
    run_steps(classifier, batches[:1], optimizer)
    return partial(run_steps, classifier, batches, optimizer)


def _open_preparing(recipe: Recipe, rows: Dataset, model: Any) -> Callable[[], int]:
    cut = cut_texts(rows, recipe.max_length)

    def prepare() -> int:
        if recipe.kept:
            keep_states(model, cut, recipe.frozen, recipe.precision, say=lambda _: None)
        else:
            compute_features(model, cut, recipe.head_only, recipe.precision)
        return len(cut)

    return prepare


def _open_evaluating(recipe: Recipe, rows: Dataset, model: Any) -> Callable[[], int]:
    cut = cut_texts(rows, recipe.max_length)
    return lambda: len(predict_labels(model, cut, recipe))


def _fit(features: Any, labels: Sequence[int]) -> int:
    fit_head(features, labels)
    return len(labels)


def _summarize(
    name: str,
    recipe: Recipe,
    measured: Mapping[Any, dict],
    sizes: tuple[int, int, int],
    peak: float | None,
) -> dict[str, Any]:
    """Junta los pasos, la preparación y las evaluaciones de una receta; tiempos en segundos."""
    n_train, n_validation, epochs = sizes
    step, evaluation = measured[name, ""], measured[_reading_of(recipe), EVALUATING]
    repeated = 1 if recipe.head_only else epochs
    evaluated = n_validation * (recipe.evaluations or epochs)
    cost = {key: step[key] * repeated for key in (*TIMES, "joules", "gflop")}
    mib = step["mib"]
    if recipe.kept or recipe.head_only:
        prepared = measured[name, PREPARING]
        cost = {key: each + prepared[key] for key, each in cost.items()}
        mib = max(mib, prepared["mib"])
    spent = cost["joules"] * n_train + evaluation["joules"] * evaluated
    rate = cost["gflop"] / cost["ms"] * 1000
    return {
        **{key: cost[key] / epochs for key in TIMES},
        "gflops": rate,
        "share": rate / peak if peak else None,
        "mib": mib,
        "evaluation_ms": evaluation["ms"],
        "seconds": (cost["ms"] * n_train + evaluation["ms"] * evaluated) / 1000,
        "watt_hours": spent / JOULES_PER_WATT_HOUR,
        "energy": step["energy"],
    }


def _weigh(recipe: Recipe, model: Any, rows: Dataset) -> dict[str, Any]:
    """Cuántos pesos entrena una receta y cuánto ocupan."""
    if recipe.head_only:
        weights = (model.config.hidden_size + 1) * model.config.num_labels
        return {"weights": weights, "mb": 4 * weights / MEGABYTE}
    trained = prepare_classifier(recipe, copy.deepcopy(model), rows).trained
    return {"weights": count_trainable(trained), "mb": measure_trained(trained)}


def _compare(rows: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame.from_dict(rows, orient="index")
    table.insert(4, "times", table["ms"].iloc[0] / table["ms"])
    table.insert(5, "times_cpu", table["cpu_ms"].iloc[0] / table["cpu_ms"])
    table["times_whole"] = table["seconds"].iloc[0] / table["seconds"]
    return table
