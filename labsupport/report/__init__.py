"""Figuras e informes: lo que se lee al final.

- ``plots``: figuras con texto alternativo y la tabla que hay detrás;
- ``run_report``: el informe de una ejecución; ``templating`` y ``templates/``: su HTML.
"""

from labsupport.report.plots import (
    plot_bars,
    plot_confusions,
    plot_histogram,
    plot_intervals,
    plot_learning_curve,
    plot_line,
    plot_reliability,
)

__all__ = [
    "plot_bars",
    "plot_confusions",
    "plot_histogram",
    "plot_intervals",
    "plot_learning_curve",
    "plot_line",
    "plot_reliability",
]
