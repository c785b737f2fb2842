"""Figuras con texto alternativo y, debajo, la tabla con los números que las forman."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Paleta de Okabe e Ito: se distingue también con daltonismo.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
# Un marcador y un trazo por serie: sin color, como al imprimir, también se distinguen.
LINES = ("o-", "s--", "^-.", "D:", "v-")


class Plot:
    """Una figura lista para el cuaderno: imagen, texto alternativo y tabla plegable."""

    def __init__(self, figure: Figure, alt: str, table: pd.DataFrame) -> None:
        self.figure, self.alt, self.table = figure, alt, table

    @cached_property
    def png(self) -> bytes:
        """La imagen para el cuaderno."""
        return _draw_png(self.figure)

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
    if table[y].dtype.kind == "i":
        axes.yaxis.get_major_locator().set_params(integer=True)
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


def plot_line(table: pd.DataFrame, x: str, y: str, title: str, alt: str) -> Plot:
    """Dibuja la columna ``y`` de ``table`` frente a la columna ``x``."""
    figure, axes = _new_axes(title, x, y)
    axes.plot(table[x], table[y], "o-", color=COLOURS[0])
    axes.set_ylim(bottom=0)
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


def plot_learning_curves(histories: Mapping[str, pd.DataFrame], alt: str) -> Plot:
    """Dibuja juntas la loss de evaluación y la accuracy por época de varios entrenamientos.

    ``histories``: de nombre a tabla con ``epoch``, ``eval_loss`` y ``accuracy``.
    """
    import pandas as pd
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    panels = figure.subplots(1, 2)
    titles = {"eval_loss": "loss en evaluación", "accuracy": "accuracy en evaluación"}
    for axes, (column, title) in zip(panels, titles.items(), strict=True):
        for i, (name, history) in enumerate(histories.items()):
            colour, line = COLOURS[i % len(COLOURS)], LINES[i % len(LINES)]
            axes.plot(history["epoch"], history[column], line, color=colour, label=name)
        _dress(axes, title, "época", "")
        axes.set_xticks(sorted({epoch for each in histories.values() for epoch in each["epoch"]}))
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    tables = (history.assign(modelo=name) for name, history in histories.items())
    table = pd.concat(tables, ignore_index=True)
    return Plot(figure, alt, table[["modelo", *table.columns.drop("modelo")]])


def plot_intervals(table: pd.DataFrame, title: str, alt: str) -> Plot:
    """Dibuja la accuracy de cada modelo con su intervalo de confianza, una línea por modelo.

    ``table``: columnas ``modelo``, ``accuracy``, ``desde`` y ``hasta``. A ``alt`` se le
    añaden los valores.
    """
    figure, axes = _new_axes(title, "accuracy", "")
    figure.set_size_inches(7, 1.2 + 0.4 * len(table))
    rows = range(len(table))[::-1]
    axes.hlines(rows, table["desde"], table["hasta"], color=COLOURS[0], linewidth=3, alpha=0.5)
    axes.plot(table["accuracy"], rows, "o", color=COLOURS[0])
    axes.set_yticks(rows, table["modelo"])
    axes.margins(y=0.15)
    axes.grid(axis="x", alpha=0.3)
    values = (
        f"{row.modelo}, {row.accuracy:.3f} (de {row.desde:.3f} a {row.hasta:.3f})"
        for row in table.itertuples()
    )
    shown = table[["modelo", "accuracy", "desde", "hasta"]]
    return Plot(figure, f"{alt} {'; '.join(values)}.", shown)


def plot_confusions(matrices: Mapping[str, pd.DataFrame], alt: str) -> Plot:
    """Dibuja una matriz de confusión por modelo, con el número de reseñas en cada casilla.

    ``matrices``: de nombre a tabla de ``count_confusions``; el color es la parte de la fila,
    de modo que las clases con pocas reseñas se ven igual de bien.
    """
    import pandas as pd
    from matplotlib.figure import Figure

    columns = 2 if len(matrices) == 4 else min(len(matrices), 3)
    lines = -(-len(matrices) // columns)
    figure = Figure(figsize=(max(3.2 * columns, 3.6), 3.4 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False)
    for axes, (name, matrix) in zip(panels.flat, matrices.items(), strict=False):
        _draw_confusion(axes, name, matrix)
    for axes in list(panels.flat)[len(matrices) :]:
        axes.set_visible(False)
    tables = (matrix.reset_index().assign(modelo=name) for name, matrix in matrices.items())
    table = pd.concat(tables, ignore_index=True)
    return Plot(figure, alt, table[["modelo", *table.columns.drop("modelo")]])


def plot_reliability(tables: Mapping[str, pd.DataFrame], alt: str) -> Plot:
    """Dibuja el diagrama de fiabilidad: la accuracy contra la confianza, una línea por modelo.

    ``tables``: de nombre a tabla de ``tabulate_calibration``. Un punto es más grande cuantas
    más reseñas tiene su tramo; en la diagonal, la confianza es la que debe ser.
    """
    import pandas as pd

    figure, axes = _new_axes("Diagrama de fiabilidad", "confianza", "accuracy")
    figure.set_size_inches(5.6, 4.6)
    axes.plot([0, 1], [0, 1], color="0.6", linestyle=":", label="calibración perfecta")
    for i, (name, table) in enumerate(tables.items()):
        colour, line = COLOURS[i % len(COLOURS)], LINES[i % len(LINES)]
        axes.plot(table["confianza"], table["accuracy"], line[1:], color=colour)
        sizes = 12 + 200 * table["reseñas"] / table["reseñas"].sum()
        axes.scatter(table["confianza"], table["accuracy"], sizes, color=colour, marker=line[0])
        axes.plot([], [], line, color=colour, label=name)
    axes.legend(frameon=False)
    joined = pd.concat([table.assign(modelo=name) for name, table in tables.items()])
    return Plot(figure, alt, joined[["modelo", *joined.columns.drop("modelo")]])


def _new_axes(title: str, xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    _dress(axes, title, xlabel, ylabel)
    return figure, axes


def _draw_confusion(axes: Axes, name: str, matrix: pd.DataFrame) -> None:
    import numpy as np

    counts = matrix.to_numpy()
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, counts[row, column], ha="center", va="center", color=colour)
    _dress(axes, name, "respuesta", "real")
    short = [label.split()[0] for label in matrix.columns]
    # Sin parse_math: una etiqueta con «$» es texto y no una fórmula.
    axes.set_xticks(range(len(short)), short, parse_math=False)
    axes.set_yticks(range(len(short)), short, parse_math=False)


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


def draw_svg(figure: Figure) -> bytes:
    """Devuelve la figura en SVG: no pierde nitidez al imprimirla, y siempre da los mismos bytes."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "laboratorio"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _to_html(table: pd.DataFrame) -> str:
    return table.to_html(index=False, border=0, float_format=_short_number)


def _short_number(value: Any) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
