"""Las piezas de un informe, listas para su plantilla: tablas de texto y figuras en SVG."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labsupport.report.plots import draw_svg

if TYPE_CHECKING:
    from labsupport.report.plots import Plot


@dataclass
class Table:
    """Una tabla lista para la plantilla: celdas de texto; la primera columna nombra la fila."""

    caption: str
    header: list[str]
    rows: list[list[str]]
    numbers_from: int = 1


@dataclass
class Figure:
    """Una figura lista para la plantilla: SVG en base64, texto alternativo y sus números."""

    caption: str
    image: str
    alt: str
    numbers: Table


def make_figure(caption: str, plot: Plot) -> Figure:
    """Devuelve ``plot`` lista para una plantilla, con ``caption`` encima."""
    image = base64.b64encode(draw_svg(plot.figure)).decode("ascii")
    rows = [[_spell(value) for value in row] for row in plot.table.itertuples(index=False)]
    numbers = Table("Los números de la figura", [str(name) for name in plot.table.columns], rows)
    return Figure(caption, f"data:image/svg+xml;base64,{image}", plot.alt, numbers)


def _spell(value: Any) -> str:
    if isinstance(value, float):
        return "—" if math.isnan(value) else f"{value:.4g}".replace(".", ",")
    return str(value)
