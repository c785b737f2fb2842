"""Figuras con texto alternativo y, debajo, la tabla con los números que las forman."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.tables import shorten_names
from labsupport.data.classes import find_scale, read_number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure

# Paleta de Okabe e Ito: se distingue también con daltonismo.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
# Con más, ni las barras ni las casillas se leen: se dibujan estas y se dice.
MOST_BARS, MOST_CLASSES = 20, 12
# Letras de todos los nombres juntos que caben debajo de una figura; con más, van al lado.
WIDEST_NAMES = 70
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
        return embed_image("png", self.png, self.alt, self.table)

    def __repr__(self) -> str:
        return f"{self.alt}\n{self.table.to_string(index=False)}"


def embed_image(kind: str, image: bytes, alt: str, table: pd.DataFrame) -> str:
    """Devuelve en HTML una imagen («png», «svg+xml») con su texto alternativo y su tabla."""
    encoded = base64.b64encode(image).decode("ascii")
    return (
        f'<img src="data:image/{kind};base64,{encoded}" alt="{html.escape(alt)}" '
        'style="max-width: 100%">'
        f"<details><summary>Los números de la figura</summary>{_to_html(table)}</details>"
    )


def plot_bars(
    table: pd.DataFrame, x: str, y: str, title: str, alt: str, colours: Sequence[str] = COLOURS[:1]
) -> Plot:
    """Dibuja una barra por fila de ``table`` (columna ``x``, altura ``y``) con su valor encima.

    ``alt``: qué enseña la figura, para quien no puede verla; se le añaden los valores. De más de
    MOST_BARS filas se dibujan las mayores, en el orden de ``table``, y se dice.
    """
    largest = np.sort(np.argsort(-table[y].to_numpy(), kind="stable")[:MOST_BARS])
    shown, names = table.iloc[largest], draw_names([str(name) for name in table[x]], width=24)
    if len(shown) < len(table):
        told = f"las {len(shown)} mayores de {len(table)}"
        title, alt = f"{title} ({told})", f"Solo {told}. {alt}"
    figure, axes = new_axes(title, x, y)
    bars = _draw_bars(axes, [names[i] for i in largest], shown[y], colours)
    axes.bar_label(bars, fmt=_short_number)
    if table[y].dtype.kind == "i":
        bars_axis = axes.yaxis if bars.orientation == "vertical" else axes.xaxis
        _count_whole(bars_axis)
    texts = shorten_names([str(name) for name in shown[x]])
    values = (
        f"{name}, {_short_number(value)}" for name, value in zip(texts, shown[y], strict=True)
    )
    return Plot(figure, f"{alt} {'; '.join(values)}.", table)


def plot_histogram(
    values: Sequence[float], title: str, xlabel: str, alt: str, bin_width: int | None = None
) -> Plot:
    """Dibuja cuántos ``values`` (0 o más, al menos uno) caen en cada tramo y marca la mediana.

    ``bin_width``: ancho del tramo; None lo elige. Los que se alejan muchísimo de los demás van
    todos al último tramo. A ``alt`` se le añaden la mediana y el máximo.
    """
    import pandas as pd

    median, longest = float(np.median(values)), float(np.max(values))
    limit = int(np.ceil(min(longest, 4 * np.quantile(values, 0.95))))
    width = bin_width or _choose_width(limit)
    edges = np.arange(0, limit + width + 1, width)
    counts, _ = np.histogram(np.clip(values, 0, edges[-1]), edges)
    figure, axes = new_axes(title, xlabel, "textos")
    axes.stairs(counts, edges, fill=True, color=COLOURS[0])
    axes.axvline(median, color=COLOURS[4], linestyle="--", label=f"mediana: {median:g}")
    axes.plot([], [], " ", label=f"máximo: {longest:g}")
    axes.legend(frameon=False)
    for each in (axes.xaxis, axes.yaxis):
        _count_whole(each)
    ends = [*edges[1:-1], max(edges[-1], int(longest))]
    table = pd.DataFrame({"desde": edges[:-1], "hasta": ends, "textos": counts})
    return Plot(figure, f"{alt} Mediana, {median:g}; máximo, {longest:g}.", table)


def plot_line(table: pd.DataFrame, x: str, y: str, title: str, alt: str) -> Plot:
    """Dibuja la columna ``y`` de ``table`` frente a la columna ``x``."""
    figure, axes = new_axes(title, x, y)
    axes.plot(table[x], table[y], "o-", color=COLOURS[0])
    axes.set_ylim(bottom=0)
    return Plot(figure, alt, table)


def plot_learning_curve(history: pd.DataFrame, alt: str) -> Plot:
    """Dibuja la loss de entrenamiento y de validación, y la accuracy, en cada época.

    ``history``: columnas ``epoch``, ``train_loss``, ``eval_loss`` y ``accuracy``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for column, label, colour in (
        ("train_loss", "entrenamiento", COLOURS[0]),
        ("eval_loss", "validación", COLOURS[1]),
    ):
        left.plot(history["epoch"], history[column], "o-", color=colour, label=label)
    left.legend(frameon=False)
    right.plot(history["epoch"], history["accuracy"], "o-", color=COLOURS[2])
    for axes, title in ((left, "loss"), (right, "accuracy en validación")):
        _dress(axes, title, "época", "")
        axes.set_xticks(history["epoch"])
    return Plot(figure, alt, history)


def plot_learning_curves(histories: Mapping[str, pd.DataFrame], alt: str) -> Plot:
    """Dibuja juntas la loss de validación y la accuracy por época de varios entrenamientos.

    ``histories``: de nombre a tabla con ``epoch``, ``eval_loss`` y ``accuracy``.
    """
    import pandas as pd
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    panels = figure.subplots(1, 2)
    titles = {"eval_loss": "loss en validación", "accuracy": "accuracy en validación"}
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


def plot_best_so_far(values: Sequence[float], title: str, alt: str) -> Plot:
    """Dibuja una búsqueda: la accuracy de cada ensayo, en orden, y la mejor hasta entonces.

    ``values``: una accuracy por ensayo, al menos una; NaN si falló. A ``alt`` se le añade cuál es
    la mejor.
    """
    import pandas as pd

    numbers = np.arange(1, len(values) + 1)
    scores = np.asarray(values, dtype=float)
    best = np.fmax.accumulate(scores)
    figure, axes = new_axes(title, "ensayo", "accuracy en validación")
    axes.step(numbers, best, where="post", color=COLOURS[1], label="la mejor hasta entonces")
    axes.plot(numbers, scores, LINES[0][0], color=COLOURS[0], label="este ensayo")
    _count_whole(axes.xaxis)
    axes.legend(frameon=False)
    told = "Ninguno acabó bien."
    if not np.isnan(best[-1]):
        first = numbers[scores == best[-1]][0]
        told = f"La mejor, {_short_number(best[-1])}, es la del ensayo {first}."
    table = pd.DataFrame({"ensayo": numbers, "accuracy": scores, "la mejor hasta entonces": best})
    return Plot(figure, f"{alt} {told}", table)


def plot_intervals(table: pd.DataFrame, title: str, alt: str) -> Plot:
    """Dibuja la accuracy de cada modelo con su intervalo de confianza, una línea por modelo.

    ``table``: columnas ``modelo``, ``accuracy``, ``desde`` y ``hasta``. A ``alt`` se le
    añaden los valores.
    """
    figure, axes = new_axes(title, "accuracy", "")
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
    """Dibuja una matriz de confusión por modelo, con el número de textos en cada casilla.

    ``matrices``: de nombre a tabla de ``count_confusions``, todas con las mismas clases; el color
    es la parte de la fila, de modo que las clases con pocos textos se ven igual de bien. Si las
    clases forman una escala, van en su orden; si son más de MOST_CLASSES, se dibujan las de las
    confusiones más repetidas, y se dice.
    """
    import pandas as pd
    from matplotlib.figure import Figure

    classes = len(next(iter(matrices.values())))
    matrices, told = _choose_confused(matrices)
    size = len(next(iter(matrices.values())))
    columns = 2 if len(matrices) == 4 or size > 6 else 3
    columns = min(columns, len(matrices))
    lines = -(-len(matrices) // columns)
    names = draw_names(_keep_numbers(list(next(iter(matrices.values())).columns)), width=14)
    side = 3.2 * max(1, size / 6) + 0.07 * max(0, max(map(len, names)) - 6)
    figure = Figure(figsize=(max(side * columns, 3.6), (side + 0.2) * lines), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False)
    for axes, (name, matrix) in zip(panels.flat, matrices.items(), strict=False):
        _draw_confusion(axes, name, matrix.to_numpy(), names)
    for axes in list(panels.flat)[len(matrices) :]:
        axes.set_visible(False)
    if size < classes:
        figure.suptitle(told)
        alt = f"{alt} {told}."
    tables = (matrix.reset_index().assign(modelo=name) for name, matrix in matrices.items())
    table = pd.concat(tables, ignore_index=True)
    return Plot(figure, alt, table[["modelo", *table.columns.drop("modelo")]])


def plot_reliability(tables: Mapping[str, pd.DataFrame], alt: str) -> Plot:
    """Dibuja el diagrama de fiabilidad: la accuracy contra la confianza, una línea por modelo.

    ``tables``: de nombre a tabla de ``tabulate_calibration``. Un punto es más grande cuantas
    más textos tiene su tramo; en la diagonal, la confianza es la que debe ser.
    """
    import pandas as pd

    figure, axes = new_axes("Diagrama de fiabilidad", "confianza", "accuracy")
    figure.set_size_inches(5.6, 4.6)
    axes.plot([0, 1], [0, 1], color="0.6", linestyle=":", label="calibración perfecta")
    for i, (name, table) in enumerate(tables.items()):
        colour, line = COLOURS[i % len(COLOURS)], LINES[i % len(LINES)]
        axes.plot(table["confianza"], table["accuracy"], line[1:], color=colour)
        sizes = 12 + 200 * table["textos"] / table["textos"].sum()
        axes.scatter(table["confianza"], table["accuracy"], sizes, color=colour, marker=line[0])
        axes.plot([], [], line, color=colour, label=name)
    axes.legend(frameon=False)
    joined = pd.concat([table.assign(modelo=name) for name, table in tables.items()])
    return Plot(figure, alt, joined[["modelo", *joined.columns.drop("modelo")]])


def new_axes(title: str, xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    """Devuelve una figura nueva, del tamaño de siempre, y sus ejes ya vestidos."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    _dress(axes, title, xlabel, ylabel)
    return figure, axes


def _choose_confused(
    matrices: Mapping[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], str]:
    """Deja las clases que caben, en el orden de su escala si la hay, y la frase que lo dice."""
    first = next(iter(matrices.values()))
    chosen = np.array(_rank_confused(matrices)[:MOST_CLASSES])
    chosen.sort()
    values = find_scale(list(first.index))
    if values is not None:
        chosen = chosen[np.argsort(np.asarray(values)[chosen], kind="stable")]
    shown = {name: matrix.iloc[chosen, chosen] for name, matrix in matrices.items()}
    return shown, f"{len(chosen)} de las {len(first)} clases: las de las confusiones más repetidas"


def _rank_confused(matrices: Mapping[str, pd.DataFrame]) -> list[int]:
    """Las clases, empezando por las dos de la confusión más repetida entre todos los modelos."""
    counts = sum(matrix.to_numpy() for matrix in matrices.values())
    np.fill_diagonal(counts, -1)
    pairs = np.argsort(-counts, axis=None, kind="stable")
    return list(dict.fromkeys(np.transpose(np.unravel_index(pairs, counts.shape)).ravel().tolist()))


def _draw_confusion(axes: Axes, name: str, counts: np.ndarray, names: list[str]) -> None:
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    size = 10 if len(counts) <= 6 else 8
    for row, column in np.ndindex(counts.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = str(counts[row, column])
        axes.text(column, row, text, color=colour, ha="center", va="center", fontsize=size)
    _dress(axes, name, "respuesta", "real")
    # Sin parse_math: una etiqueta con «$» es texto y no una fórmula.
    axes.set_xticks(range(len(names)), names, parse_math=False)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    if max(map(len, names)) * len(names) > 24:
        axes.tick_params("x", rotation=90)


def draw_names(names: Sequence[str], width: int) -> list[str]:
    """Devuelve cómo escribir unos nombres en una figura: cortos, distintos y con letras que haya.

    A los que se quedan sin ninguna letra que se pueda dibujar (emojis) se les llama por su
    posición, desde 1.

    >>> draw_names(["bueno", "👍🏽", "👎🏽", "muy, muy bueno"], width=9)
    ['bueno', 'clase 2', 'clase 3', 'muy, muy…']
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    drawn = ["".join(each for each in name if font.get_char_index(ord(each))) for name in names]
    whole = [
        text if text.strip() else f"clase {position}" for position, text in enumerate(drawn, 1)
    ]
    return shorten_names(whole, width)


def _keep_numbers(names: list[str]) -> list[str]:
    """Si todas las clases son números («4 stars»), basta el número."""
    numbers = [read_number(name) for name in names]
    if None in numbers or len(set(numbers)) < len(names):
        return names
    return [f"{number:g}".replace(".", ",") for number in numbers]


def _choose_width(limit: float) -> int:
    """El ancho más redondo con el que salen 40 tramos o menos.

    >>> _choose_width(12), _choose_width(635), _choose_width(50_000)
    (1, 20, 2000)
    """
    return next(
        step * 10**zeros
        for zeros in range(12)
        for step in (1, 2, 5)
        if limit / (step * 10**zeros) <= 40
    )


def _count_whole(axis: Any) -> None:
    """Deja en el eje solo números enteros."""
    axis.get_major_locator().set_params(integer=True)


def _draw_bars(
    axes: Axes, names: list[str], heights: pd.Series, colours: Sequence[str]
) -> BarContainer:
    """Dibuja las barras de pie o, si los nombres no caben debajo, tumbadas y de arriba abajo."""
    colours = [colours[i % len(colours)] for i in range(len(names))]
    places = range(len(names))
    if sum(map(len, names)) <= WIDEST_NAMES:
        bars = axes.bar(places, heights, color=colours)
        # Sin parse_math: una etiqueta con «$» es texto y no una fórmula.
        axes.set_xticks(places, names, parse_math=False)
        axes.margins(y=0.12)
        return bars
    figure: Any = axes.figure
    figure.set_size_inches(7, max(3.2, 1 + 0.25 * len(names)))
    bars = axes.barh(places, heights, color=colours)
    axes.set_yticks(places, names, parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    named, counted = axes.get_xlabel(), axes.get_ylabel()
    axes.set_xlabel(counted)
    axes.set_ylabel(named)
    return bars


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
    # Sin estas clases, JupyterLab tomaría por una fórmula un nombre con «$».
    plain = ["tex2jax_ignore", "mathjax_ignore"]
    return table.to_html(index=False, border=0, float_format=_short_number, classes=plain)


def _short_number(value: Any) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
