"""La figura de lo que cuesta cada manera de hacer algo contra lo que acierta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from labsupport.report.plots import COLOURS, Plot, draw_names, new_axes

if TYPE_CHECKING:
    import pandas as pd

# Letras de cada nombre en la leyenda.
NAME_WIDTH = 34


def plot_pareto(
    table: pd.DataFrame, name: str, cost: str, score: str, title: str, alt: str
) -> Plot:
    """Dibuja cada fila de ``table`` según lo que cuesta y lo que acierta, y une la frontera.

    ``name``, ``cost`` y ``score``: las columnas con el nombre, el costo (mayor que cero; mejor
    cuanto menor) y lo que se gana (mejor cuanto mayor). En la frontera de Pareto están las filas
    que ninguna otra mejora en una de las dos cosas sin perder en la otra. Los puntos llevan el
    número de su fila, desde 1. A ``alt`` se le añaden los valores y la frontera.
    """
    best = find_frontier(table[cost], table[score])
    on = table[best].sort_values([cost, score], ascending=[True, False])
    figure, axes = new_axes(title, f"{cost} (escala logarítmica)", score)
    figure.set_size_inches(7.6, 3.8)
    axes.plot(on[cost], on[score], "--", color=COLOURS[4], label="frontera de Pareto")
    names = draw_names([str(each) for each in table[name]], NAME_WIDTH)
    points = zip(names, table[cost], table[score], best, strict=True)
    for number, (text, x, y, inside) in enumerate(points, start=1):
        colour, marker = (COLOURS[4], "D") if inside else (COLOURS[0], "o")
        axes.plot(x, y, marker, color=colour, linestyle="", label=f"{number}  {text}")
        axes.annotate(str(number), (x, y), (4, 4), textcoords="offset points")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    rows = zip(table[name], table[cost], table[score], strict=True)
    values = "; ".join(f"{text}, {x:.3g} y {y:.3f}" for text, x, y in rows)
    told = f"En la frontera: {'; '.join(map(str, on[name]))}."
    shown = table[[name, cost, score]].assign(frontera=np.where(best, "sí", "no"))
    return Plot(figure, f"{alt} {values}. {told}", shown)


def find_frontier(costs: Sequence[float], scores: Sequence[float]) -> np.ndarray:
    """Devuelve qué puntos están en la frontera de Pareto: menos costo y más puntaje es mejor.

    Uno queda fuera si otro no cuesta más ni acierta menos que él, y es distinto en algo.

    >>> find_frontier([3, 1, 2, 2], [0.9, 0.5, 0.8, 0.4]).tolist()
    [True, True, True, False]
    """
    costs, scores = np.asarray(costs, dtype=float), np.asarray(scores, dtype=float)
    no_worse = (costs <= costs[:, None]) & (scores >= scores[:, None])
    better = (costs < costs[:, None]) | (scores > scores[:, None])
    return np.logical_not((no_worse & better).any(axis=1))
