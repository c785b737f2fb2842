"""Las figuras del informe de una ejecución: curvas de aprendizaje y matrices de confusión."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.tables import format_number, join_names, shorten_names
from labsupport.evaluation.results import Predictions
from labsupport.evaluation.scores import count_confusions
from labsupport.report.parts import Figure, make_figure
from labsupport.report.plots import plot_confusions, plot_learning_curves
from labsupport.report.run_results import choose_answers

if TYPE_CHECKING:
    import pandas as pd

HISTORY = ("epoch", "train_loss", "eval_loss", "accuracy")


def draw_figures(
    models: Mapping[str, Predictions], group: Mapping[str, Predictions]
) -> list[Figure]:
    """Devuelve las curvas de todos los modelos y las matrices de ``group``; sin datos, ninguna.

    ``models``: de nombre a predicciones; ``group``: las que se comparan (``choose_group``).

    >>> draw_figures({}, {})
    []
    """
    figures = [_draw_curves(models), _draw_confusions(group)]
    return [figure for figure in figures if figure is not None]


def _draw_curves(models: Mapping[str, Predictions]) -> Figure | None:
    histories = {
        name: history
        for name, each in models.items()
        if (history := _read_history(each.history)) is not None
    }
    if not histories:
        return None
    alt = (
        f"Dos gráficos por época de {join_names(histories)}: la loss y la accuracy en validación. "
        f"{_describe_last_epochs(histories)}"
    )
    return make_figure(
        "Curvas de aprendizaje, cada modelo con sus textos de validación.",
        plot_learning_curves(histories, alt),
    )


def _read_history(history: Sequence[Any]) -> pd.DataFrame | None:
    import pandas as pd

    if not history or not all(
        isinstance(row, dict) and set(HISTORY) <= set(row) for row in history
    ):
        return None
    table = pd.DataFrame(history)[list(HISTORY)].apply(pd.to_numeric, errors="coerce")
    return table.dropna(subset=["epoch"])


def _describe_last_epochs(histories: Mapping[str, pd.DataFrame]) -> str:
    last = (
        f"{name}, {format_number(history['accuracy'].iloc[-1], 3)}"
        for name, history in histories.items()
    )
    return f"Accuracy al final: {'; '.join(last)}."


def _draw_confusions(group: Mapping[str, Predictions]) -> Figure | None:
    answers = choose_answers(group)
    if not answers:
        return None
    first = next(iter(group.values()))
    matrices = {
        name: count_confusions(first.labels, each, shorten_names(first.label_names))
        for name, each in answers.items()
    }
    hits = (f"{name}, {np.trace(matrix.to_numpy())}" for name, matrix in matrices.items())
    alt = (
        "Una matriz de confusión por modelo: filas, la etiqueta real; columnas, la respuesta. "
        f"Aciertos en la diagonal, de {len(first.labels)}: {'; '.join(hits)}."
    )
    return make_figure(
        "Matrices de confusión: filas, la etiqueta real; columnas, la respuesta. El color es la "
        "parte de la fila.",
        plot_confusions(matrices, alt),
    )
