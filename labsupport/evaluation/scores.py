"""Métricas de la evaluación: cuánto acierta un modelo, cuánto se le puede creer y contra quién.

Todas trabajan con enteros de clase (0 es la primera) o con probabilidades (n × clases), sin
ningún framework. Lo que ya está en scikit-learn o en scipy se toma de ahí.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.tables import join_some

if TYPE_CHECKING:
    import pandas as pd

    from labsupport.evaluation.scale import Classes, Scale

RESAMPLES = 10_000
# Exámenes repetidos: con estos, los extremos de un intervalo cambian en la tercera cifra.
EXAMS = 2_000
# Los que se sacan de una vez: todos juntos ocuparían mucha memoria.
CHUNK = 50
# Con más clases, una tabla no se lee: se enseñan las peores.
MOST_CLASSES = 12


def bootstrap_interval(
    hits: Sequence[int], seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Devuelve los extremos del intervalo de confianza de una accuracy, por bootstrap.

    ``hits``: n ceros y unos (1 si acertó); ``level``: confianza, entre 0 y 1. Es el método de
    los percentiles (Efron, «Bootstrap methods», 1979). Sacar n ceros y unos con reposición y
    sumarlos es una binomial: por eso no hace falta sacarlos uno a uno.
    Lanza LabError si no hay ninguno.

    >>> bootstrap_interval([1, 0, 1, 0, 1])
    (0.2, 1.0)
    """
    hits = np.asarray(hits, dtype=float)
    if not len(hits):
        raise LabError("No hay textos con que calcular el intervalo: evalúa al menos uno.")
    draws = np.random.default_rng(seed).binomial(len(hits), hits.mean(), size=RESAMPLES)
    low, high = np.quantile(draws / len(hits), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resample_exams(
    labels: Classes,
    answers: Mapping[Any, Classes],
    n_classes: int,
    scale: Scale | None = None,
    seed: int = 0,
    exams: int = EXAMS,
) -> dict[Any, pd.DataFrame]:
    """Repite el examen con textos sacados con reposición, los mismos para todos los modelos.

    ``labels``: n enteros; ``answers``: de nombre a n respuestas; ``scale``: como en
    ``score_model``. Devuelve de nombre a tabla con una fila por examen y las columnas
    ``accuracy``, ``macro-F1`` (sobre todas las clases) y, con escala, ``MAE``. La fila i de todas
    es del mismo examen: restar dos tablas es comparar por parejas. Lanza LabError si algún tamaño
    no casa o no hay textos.

    >>> exams = resample_exams([0, 1, 1], {"A": [0, 1, 0], "B": [0, 1, 1]}, n_classes=2)
    >>> (exams["B"] - exams["A"])["accuracy"].quantile([0.025, 0.975]).round(2).tolist()
    [0.0, 1.0]
    """
    import pandas as pd

    labels = np.asarray(labels)
    if not len(labels):
        raise LabError("No hay textos con que repetir el examen: evalúa al menos uno.")
    names = ["accuracy", "macro-F1"] + ["MAE"] * (scale is not None)
    parts: dict[Any, list[np.ndarray]] = {name: [] for name in answers}
    generator = np.random.default_rng(seed)
    for start in range(0, exams, CHUNK):
        drawn = generator.integers(len(labels), size=(min(CHUNK, exams - start), len(labels)))
        for name, each in answers.items():
            _check_lengths(labels, each)
            parts[name].append(_score_exams(labels, np.asarray(each), drawn, n_classes, scale))
    return {name: pd.DataFrame(np.concatenate(rows), columns=names) for name, rows in parts.items()}


def _score_exams(
    labels: np.ndarray, answers: np.ndarray, drawn: np.ndarray, n_classes: int, scale: Scale | None
) -> np.ndarray:
    """Una fila por examen y una columna por métrica; ``drawn``: exámenes × textos sacados."""

    def count(classes: np.ndarray, kept: np.ndarray | None = None) -> np.ndarray:
        places = classes[drawn] + n_classes * np.arange(len(drawn))[:, np.newaxis]
        places = places.ravel() if kept is None else places[kept]
        return np.bincount(places, minlength=n_classes * len(drawn)).reshape(len(drawn), -1)

    hits = (answers == labels)[drawn]
    right, both = count(answers, hits), count(answers) + count(labels)
    scores = [hits.mean(axis=1), (2 * right / np.maximum(both, 1)).mean(axis=1)]
    if scale is not None:
        scores.append(scale.measure(labels, answers)[drawn].mean(axis=1))
    return np.column_stack(scores)


def score_model(
    labels: Classes, probabilities: Any, seed: int = 0, scale: Scale | None = None
) -> dict[str, float]:
    """Devuelve todas las métricas de un modelo, con el nombre que llevan en las tablas.

    ``labels``: n enteros; ``probabilities``: n × clases; ``scale``: la de las clases, como la da
    ``read_scale``. ``accuracy`` con su intervalo del 95 % (``desde``, ``hasta``), ``macro-F1``,
    ``MAE`` (solo con escala, en sus unidades) y ``ECE``. Lanza LabError si los tamaños no casan.

    >>> scores = score_model([0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    >>> {name: round(value, 3) for name, value in scores.items() if name not in ("desde", "hasta")}
    {'accuracy': 0.667, 'macro-F1': 0.667, 'ECE': 0.4}
    """
    from sklearn.metrics import accuracy_score, f1_score

    labels, probabilities = _check_probabilities(labels, probabilities)
    answers = probabilities.argmax(axis=1)
    classes = range(probabilities.shape[1])
    low, high = bootstrap_interval(answers == labels, seed)
    scores = {
        "accuracy": float(accuracy_score(labels, answers)),
        "desde": low,
        "hasta": high,
        "macro-F1": float(
            f1_score(labels, answers, average="macro", labels=classes, zero_division=0)
        ),
    }
    if scale is not None:
        scores["MAE"] = float(scale.measure(labels, answers).mean())
    scores["ECE"] = measure_calibration_error(tabulate_calibration(labels, probabilities))
    return scores


def count_confusions(labels: Classes, answers: Classes, label_names: Sequence[str]) -> pd.DataFrame:
    """Devuelve la matriz de confusión: una fila por etiqueta real, una columna por respuesta.

    ``labels`` y ``answers``: n enteros. Lanza LabError si no son igual de largas.

    >>> print(count_confusions([0, 1, 1], [0, 0, 1], ["mala", "buena"]))
    respuesta  mala  buena
    real
    mala          1      0
    buena         1      1
    """
    import pandas as pd
    from sklearn.metrics import confusion_matrix

    _check_lengths(labels, answers)
    counts = confusion_matrix(labels, answers, labels=range(len(label_names)))
    return pd.DataFrame(
        counts,
        index=pd.Index(label_names, name="real"),
        columns=pd.Index(label_names, name="respuesta"),
    )


def choose_classes(tables: Mapping[str, pd.DataFrame], most: int = MOST_CLASSES) -> list[str]:
    """Elige las clases que caben en una tabla: todas o las ``most`` de peor F1, en su orden.

    ``tables``: de nombre de modelo a tabla con una fila por clase, las mismas en todas, y las
    columnas ``F1`` y ``textos``; el F1 es la media de todos. Si hay que elegir, las que no tienen
    textos no entran.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"F1": [0.4, 0.9, 0.5], "textos": [9, 9, 9]}, index=["a", "b", "c"])
    >>> choose_classes({"uno": table}), choose_classes({"uno": table}, most=2)
    (['a', 'b', 'c'], ['a', 'c'])
    """
    first = next(iter(tables.values()))
    if len(first) <= most:
        return list(first.index)
    total = first.assign(F1=sum(table["F1"] for table in tables.values()))
    # Entre las que fallan igual, las que tienen más textos dicen más.
    order = total[total["textos"] > 0].sort_values(["F1", "textos"], ascending=[True, False])
    worst = set(order.index[:most])
    return [name for name in first.index if name in worst]


def describe_empty_classes(labels: Classes, label_names: Sequence[str]) -> str:
    """Devuelve una frase que dice qué clases no tienen textos de evaluación, y qué pasa con ellas.

    ``labels``: n enteros.

    >>> describe_empty_classes([0, 1, 1], ["a", "b"])
    'Todas las clases tienen textos de evaluación.'
    >>> describe_empty_classes([0, 0], ["a", "b"])
    'Sin textos de evaluación: b. Su F1 sale 0 y baja el macro-F1 de todos los modelos.'
    """
    present = set(np.asarray(labels).tolist())
    empty = [name for i, name in enumerate(label_names) if i not in present]
    if not empty:
        return "Todas las clases tienen textos de evaluación."
    return (
        f"Sin textos de evaluación: {join_some(empty)}. Su F1 sale 0 y baja el macro-F1 de todos "
        "los modelos."
    )


def tabulate_calibration(labels: Classes, probabilities: Any, bins: int = 10) -> pd.DataFrame:
    """Agrupa las respuestas por su confianza y mide la accuracy de cada tramo no vacío.

    ``labels``: n enteros; ``probabilities``: n × clases; la confianza es la probabilidad
    mayor. Columnas: ``desde`` (sin incluir), ``hasta``, ``textos``, ``confianza`` (media) y
    ``accuracy``. Es el diagrama de fiabilidad (DeGroot y Fienberg, 1983) con tramos de igual
    ancho. Lanza LabError si los tamaños no casan.

    >>> table = tabulate_calibration([0, 1], [[0.95, 0.05], [0.91, 0.09]])
    >>> table.round(2).to_dict("records")
    [{'desde': 0.9, 'hasta': 1.0, 'textos': 2, 'confianza': 0.93, 'accuracy': 0.5}]
    """
    import pandas as pd

    labels, probabilities = _check_probabilities(labels, probabilities)
    edges = np.linspace(0, 1, bins + 1)
    confidence = probabilities.max(axis=1)
    place = np.digitize(confidence, edges[1:-1], right=True)
    hits = probabilities.argmax(axis=1) == labels
    rows = [
        (
            edges[i],
            edges[i + 1],
            (place == i).sum(),
            confidence[place == i].mean(),
            hits[place == i].mean(),
        )
        for i in np.unique(place)
    ]
    return pd.DataFrame(rows, columns=["desde", "hasta", "textos", "confianza", "accuracy"])


def measure_calibration_error(table: pd.DataFrame) -> float:
    """Devuelve el error de calibración esperado (ECE, de 0 a 1) de ``tabulate_calibration``.

    La media, pesada por los textos de cada tramo, de ``|accuracy - confianza|`` (Naeini, Cooper
    y Hauskrecht, 2015; Guo et al., «On calibration of modern neural networks», 2017).

    >>> table = tabulate_calibration([0, 1], [[0.95, 0.05], [0.91, 0.09]])
    >>> round(measure_calibration_error(table), 2)
    0.43
    """
    gaps = (table["accuracy"] - table["confianza"]).abs()
    return float(np.average(gaps, weights=table["textos"]))


def measure_agreement(first: Classes, second: Classes) -> tuple[float, float]:
    """Devuelve la parte de respuestas iguales (0 a 1) y la kappa de Cohen (hasta 1).

    ``first`` y ``second``: n respuestas de cada modelo. Kappa descuenta las coincidencias que
    saldrían por azar (Cohen, «A coefficient of agreement for nominal scales», 1960); es NaN si
    los dos responden siempre lo mismo. Lanza LabError si no son igual de largas.

    >>> share, kappa = measure_agreement([4, 4, 0, 1, 0], [4, 0, 0, 4, 0])
    >>> round(share, 2), round(kappa, 2)
    (0.6, 0.33)
    """
    from sklearn.metrics import cohen_kappa_score

    _check_lengths(first, second)
    first, second = np.asarray(first), np.asarray(second)
    constant = len(np.union1d(first, second)) == 1
    kappa = float("nan") if constant else float(cohen_kappa_score(first, second))
    return float((first == second).mean()), kappa


def compare_hits(first: Classes, second: Classes) -> tuple[int, int, float]:
    """Compara dos modelos con la prueba exacta de McNemar.

    ``first`` y ``second``: n aciertos (0 o 1) sobre los mismos textos. Devuelve cuántos
    acierta solo el primero, cuántas solo el segundo y el valor p: la probabilidad de un
    reparto así de desigual si fueran igual de buenos, como al lanzar una moneda por cada
    desacuerdo (McNemar, 1947; binomial exacta de dos colas). Lanza LabError si no son igual
    de largos.

    >>> compare_hits([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0])
    (5, 0, 0.0625)
    >>> compare_hits([1, 0], [1, 0])
    (0, 0, 1.0)
    """
    from scipy.stats import binomtest

    _check_lengths(first, second)
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    total = only_first + only_second
    p = float(binomtest(only_first, total).pvalue) if total else 1.0
    return only_first, only_second, p


def compare_pairs(labels: Classes, answers: Mapping[str, Classes]) -> pd.DataFrame:
    """Compara todos los pares de modelos: acuerdo y prueba de McNemar, una fila por par.

    ``labels``: n enteros; ``answers``: de nombre a n respuestas, todas a los mismos textos.
    Lanza LabError si alguna no es igual de larga.

    >>> table = compare_pairs([4, 3], {"A": [4, 3], "B": [4, 2]})
    >>> table.to_dict("records")[0]["solo acierta el primero"]
    1
    """
    import pandas as pd

    labels = np.asarray(labels)
    rows = []
    for first, second in combinations(answers, 2):
        mine, other = np.asarray(answers[first]), np.asarray(answers[second])
        _check_lengths(labels, mine)
        hits = compare_hits(mine == labels, other == labels)
        rows.append((first, second, *measure_agreement(mine, other), *hits))
    columns = ["primero", "segundo", "iguales", "kappa"]
    tests = ["solo acierta el primero", "solo acierta el segundo", "p"]
    return pd.DataFrame(rows, columns=[*columns, *tests])


def find_shared_errors(labels: Classes, answers: Mapping[str, Classes]) -> np.ndarray:
    """Devuelve las posiciones (0 a n - 1) de los textos en que fallan todos los modelos.

    ``labels``: n enteros; ``answers``: de nombre a n respuestas, al menos un modelo.
    Lanza LabError si no hay ninguno o si alguno no es igual de largo.

    >>> find_shared_errors([4, 3, 0], {"A": [4, 1, 1], "B": [3, 4, 1]}).tolist()
    [1, 2]
    """
    if not answers:
        raise LabError("No hay ningún modelo: ejecuta antes un cuaderno que entrene uno.")
    labels = np.asarray(labels)
    for each in answers.values():
        _check_lengths(labels, each)
    return np.flatnonzero(np.all([np.asarray(each) != labels for each in answers.values()], axis=0))


def tabulate_misses(
    labels: Classes,
    answers: Mapping[str, Classes],
    label_names: Sequence[str],
    scale: Scale | None = None,
    most: int = MOST_CLASSES,
) -> pd.DataFrame:
    """Devuelve qué parte de cada clase fallan todos los modelos y con cuál la confunden.

    ``labels``: n enteros; ``answers``: de nombre a n respuestas; ``scale``: como en
    ``score_model``. Columnas: ``textos``; ``fallan todos`` (0 a 1); con escala, ``de ellos, con la
    vecina``: los que todos ponen en una clase contigua (0 a 1, NaN si no hay ninguno); y ``la
    confunden con``, la respuesta que más repiten. Solo salen clases con textos, como mucho las
    ``most`` más falladas. Lanza LabError como ``find_shared_errors``.

    >>> print(tabulate_misses([0, 0, 1], {"A": [0, 1, 1]}, ["mala", "buena"]))
           textos  fallan todos la confunden con
    clase
    mala        2           0.5            buena
    buena       1           0.0                —
    """
    import pandas as pd

    shared = find_shared_errors(labels, answers)
    labels, wrong = np.asarray(labels), np.array(list(answers.values()))[:, shared]
    truth = labels[shared]
    near = np.zeros(len(shared), bool)
    if scale is not None:
        near = np.all([scale.count_steps(truth, each) == 1 for each in wrong], axis=0)
    rows = {}
    for label in np.unique(labels):
        mine = truth == label
        missed, total = int(mine.sum()), int((labels == label).sum())
        others = np.bincount(wrong[:, mine].ravel(), minlength=len(label_names))
        rows[label_names[label]] = {
            "textos": total,
            "fallan todos": missed / total,
            "de ellos, con la vecina": near[mine].mean() if missed else float("nan"),
            "la confunden con": label_names[int(others.argmax())] if missed else "—",
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("clase")
    order = table.sort_values(["fallan todos", "textos"], ascending=False)
    table = table[table.index.isin(order.index[:most])]
    return table if scale is not None else table.drop(columns="de ellos, con la vecina")


def _check_lengths(first: Sized, second: Sized) -> None:
    if len(first) != len(second):
        raise LabError(
            f"Hay {len(first)} valores de un lado y {len(second)} del otro: "
            "compara respuestas a los mismos textos."
        )


def _check_probabilities(labels: Any, probabilities: Any) -> tuple[np.ndarray, np.ndarray]:
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype=float)
    _check_lengths(labels, probabilities)
    if probabilities.ndim != 2 or not len(labels):
        raise LabError("Las probabilidades deben ser una tabla de textos × clases, y no vacía.")
    return labels, probabilities
