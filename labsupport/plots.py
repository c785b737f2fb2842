"""Figuras con texto alternativo y, debajo, la tabla con los números que las forman."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Paleta de Okabe e Ito: se distingue también con daltonismo.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")


class Plot:
    """Una figura lista para el cuaderno: imagen, texto alternativo y tabla plegable."""

    def __init__(self, figure: Figure, alt: str, table: pd.DataFrame) -> None:
        self.alt, self.table = alt, table
        self.png = _draw_png(figure)

    def _repr_html_(self) -> str:
        image = base64.b64encode(self.png).decode("ascii")
        return (
            f'<img src="data:image/png;base64,{image}" alt="{html.escape(self.alt)}" '
            'style="max-width: 100%">'
            f"<details><summary>Los números de la figura</summary>{_to_html(self.table)}</details>"
        )

    def __repr__(self) -> str:
        return f"{self.alt}\n{self.table.to_string(index=False)}"


def plot_bars(
    table: pd.DataFrame, x: str, y: str, title: str, alt: str, colours: Sequence[str] = COLOURS[:1]
) -> Plot:
    """Dibuja una barra por fila de ``table`` (columna ``x``, altura ``y``) con su valor encima.

    ``alt``: qué enseña la figura, para quien no puede verla; se le añaden los valores.
    """
    figure, axes = _new_axes(title, x, y)
    colours = [colours[i % len(colours)] for i in range(len(table))]
    bars = axes.bar([str(name) for name in table[x]], table[y], color=colours)
    axes.bar_label(bars, fmt=_short_number)
    axes.margins(y=0.12)
    values = (
        f"{name}, {_short_number(value)}" for name, value in zip(table[x], table[y], strict=True)
    )
    return Plot(figure, f"{alt} {'; '.join(values)}.", table)


def plot_histogram(
    values: Sequence[float], bin_width: int, title: str, xlabel: str, alt: str
) -> Plot:
    """Dibuja cuántos ``values`` caen en cada tramo de ``bin_width`` y marca la mediana."""
    import numpy as np
    import pandas as pd

    edges = np.arange(0, max(values) + bin_width + 1, bin_width)
    counts, _ = np.histogram(values, edges)
    figure, axes = _new_axes(title, xlabel, "reseñas")
    axes.stairs(counts, edges, fill=True, color=COLOURS[0])
    median = float(np.median(values))
    axes.axvline(median, color=COLOURS[4], linestyle="--", label=f"mediana: {median:g}")
    axes.legend(frameon=False)
    table = pd.DataFrame({"desde": edges[:-1], "hasta": edges[1:], "reseñas": counts})
    return Plot(figure, alt, table)


def plot_learning_curve(history: pd.DataFrame, alt: str) -> Plot:
    """Dibuja la loss de entrenamiento y de evaluación, y la accuracy, en cada época.

    ``history``: columnas ``epoch``, ``train_loss``, ``eval_loss`` y ``accuracy``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for column, label, colour in (
        ("train_loss", "entrenamiento", COLOURS[0]),
        ("eval_loss", "evaluación", COLOURS[1]),
    ):
        left.plot(history["epoch"], history[column], "o-", color=colour, label=label)
    left.legend(frameon=False)
    right.plot(history["epoch"], history["accuracy"], "o-", color=COLOURS[2])
    for axes, title in ((left, "loss"), (right, "accuracy en evaluación")):
        _dress(axes, title, "época", "")
        axes.set_xticks(history["epoch"])
    return Plot(figure, alt, history)


def _new_axes(title: str, xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    _dress(axes, title, xlabel, ylabel)
    return figure, axes


def _dress(axes: Axes, title: str, xlabel: str, ylabel: str) -> None:
    axes.set_title(title, loc="left")
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # Sin la marca de versión: la misma figura da los mismos bytes.
    figure.savefig(buffer, format="png", dpi=96, metadata={"Software": None})
    return buffer.getvalue()


def _to_html(table: pd.DataFrame) -> str:
    return table.to_html(index=False, border=0, float_format=_short_number)


def _short_number(value: Any) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
