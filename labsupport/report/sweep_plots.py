"""Las figuras de un barrido: la accuracy frente a cada parámetro y las coordenadas paralelas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.run_record import DONE
from labsupport.base.tables import format_number, shorten_names
from labsupport.evaluation.sweeps import (
    describe_values,
    is_numeric,
    list_swept,
    needs_log,
    spell_value,
    summarize_sweep,
)
from labsupport.report.plots import COLOURS, LINES, Plot, new_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Más líneas de otro parámetro no se distinguen: se dibuja la media de todas.
MOST_LINES = len(LINES)
# Valores de un eje que caben escritos uno a uno.
MOST_MARKS = 6
METRICS = {"accuracy": "accuracy en validación", "loss": "loss en validación"}


def plot_sweep(
    table: pd.DataFrame, parameter: str, alt: str = "", metric: str = "accuracy"
) -> Plot:
    """Dibuja una medida frente a un parámetro numérico: un punto por ensayo y la línea de la media.

    ``table``: la de ``read_sweep``; ``parameter``: una de sus columnas; ``alt``: qué enseña, para
    quien no puede verla: se le añaden los valores; ``metric``: ``"accuracy"`` o ``"loss"``. Si
    cambia solo otro parámetro más, hay una línea por cada valor suyo; si cambian más, la media los
    junta. El eje es logarítmico si los valores son de órdenes distintos. Lanza LabError si no hay
    ningún ensayo que acabara bien.
    """
    done = _keep_done(table, metric)
    if parameter not in done or not is_numeric(done[parameter].tolist()):
        raise LabError(f"«{parameter}» no es un número en este barrido: no se dibuja como curva.")
    others = [name for name in list_swept(done) if name != parameter]
    lines = _split_lines(done, others)
    figure, axes = new_axes("", parameter, METRICS[metric])
    told = []
    for i, (name, part) in enumerate(lines.items()):
        colour, line = COLOURS[i % len(COLOURS)], LINES[i % len(LINES)]
        means = part.groupby(parameter)[metric].mean()
        axes.plot(part[parameter], part[metric], line[0], color=colour, alpha=0.4, markersize=5)
        axes.plot(means.index, means, line, color=colour, label=name or "media")
        values = (f"{spell_value(x)}, {format_number(y, 3)}" for x, y in means.items())
        told.append(f"{f'{name}: ' if name else ''}{'; '.join(values)}")
    _dress_numbers(axes, sorted(done[parameter].unique()))
    axes.legend(frameon=False)
    alt = alt or f"{METRICS[metric].capitalize()} frente a {parameter}, un punto por ensayo."
    columns = [*list_swept(done), *(n for n in ("seed", "data_seed") if n in done), metric]
    numbers = done[columns].sort_values([parameter, *others])
    return Plot(figure, f"{alt} Medias: {'. '.join(told)}.", numbers.reset_index(drop=True))


def plot_parallel(table: pd.DataFrame, alt: str = "") -> Plot:
    """Dibuja cada configuración como una línea que pasa por sus valores y acaba en su accuracy.

    ``table``: la de ``read_sweep``, con dos parámetros o más que cambian, sin contar las semillas.
    La mejor va más gruesa; el color va de la peor a la mejor. ``alt``: como en ``plot_sweep``.
    Lanza LabError si hay menos parámetros o ningún ensayo que acabara bien.
    """
    import matplotlib

    done = _keep_done(table, "accuracy")
    names = list_swept(done)
    if len(names) < 2:
        raise LabError(
            "Las coordenadas paralelas necesitan dos parámetros que cambien: usa la curva."
        )
    summary = summarize_sweep(done)
    places = {name: _place(summary[name].tolist()) for name in [*names, "accuracy"]}
    figure, axes = new_axes("", "", "")
    colours = matplotlib.colormaps["cividis_r"]
    # La mejor, la primera, se dibuja la última: encima de las demás.
    for row in reversed(range(len(summary))):
        heights = [positions[row] for positions in places.values()]
        style = {"linewidth": 3, "marker": "o"} if not row else {"linewidth": 1.2, "alpha": 0.7}
        axes.plot(range(len(places)), heights, color=colours(places["accuracy"][row]), **style)
    for i, (name, positions) in enumerate(places.items()):
        _label_axis(axes, i, summary[name].tolist(), positions)
    axes.set_xticks(range(len(places)), [*names, "accuracy"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.12)
    best = describe_values({name: summary[name].iloc[0] for name in names})
    alt = alt or "Coordenadas paralelas: una línea por configuración, de sus valores a su accuracy."
    alt = f"{alt} La mejor: {best}, accuracy {format_number(summary['accuracy'].iloc[0], 3)}."
    return Plot(figure, alt, summary[[*names, "accuracy", "n"]])


def _keep_done(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    done = table[(table["estado"] == DONE) & table[metric].notna()]
    if done.empty:
        raise LabError(f"Ningún ensayo acabó bien con su {metric}: no hay nada que dibujar.")
    return done


def _split_lines(done: pd.DataFrame, others: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Una parte por valor del otro parámetro, si es uno y tiene pocos; si no, todo junto."""
    if len(others) == 1 and done[others[0]].nunique(dropna=False) <= MOST_LINES:
        groups = done.groupby(others[0], sort=True, dropna=False)
        return {f"{others[0]} {spell_value(value)}": part for value, part in groups}
    return {"": done}


def _dress_numbers(axes: Axes, values: Sequence[Any]) -> None:
    if needs_log(values):
        axes.set_xscale("log")
    axes.set_xticks(values, [spell_value(value) for value in values])
    axes.minorticks_off()
    if len(values) > 6:
        axes.tick_params("x", rotation=45)


def _place(values: Sequence[Any]) -> list[float]:
    """La altura de cada valor, entre 0 y 1."""
    if is_numeric(values):
        heights = np.log(values) if needs_log(values) else np.array(values, dtype=float)
    else:
        names = sorted({str(value) for value in values})
        heights = np.array([names.index(str(value)) for value in values], dtype=float)
    spread = np.ptp(heights)
    return ((heights - heights.min()) / spread if spread else np.full(len(heights), 0.5)).tolist()


def _label_axis(axes: Axes, x: int, values: Sequence[Any], positions: Sequence[float]) -> None:
    """Escribe junto a un eje sus valores o, si son muchos números, los dos extremos."""
    axes.axvline(x, color="0.7", linewidth=1)
    marks = dict(zip(positions, values, strict=True))
    if is_numeric(values) and len(marks) > MOST_MARKS:
        marks = {height: marks[height] for height in (min(marks), max(marks))}
    for height, value in marks.items():
        (text,) = shorten_names([_round(value)], width=18)
        # Sin parse_math: un nombre con «$» es texto y no una fórmula.
        back = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        axes.text(x + 0.03, height, text, va="center", fontsize=9, parse_math=False, bbox=back)


def _round(value: Any) -> str:
    return f"{value:.3g}".replace(".", ",") if isinstance(value, float) else spell_value(value)
