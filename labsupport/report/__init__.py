"""Figuras e informes: lo que se lee al final.

- ``plots``: figuras con texto alternativo y la tabla que hay detrás; ``drawings``: los dibujos
  hechos a mano, de ``pictures/``; ``pareto``: lo que cuesta contra lo que acierta;
- ``parts``: tablas y figuras listas para una plantilla; ``templating`` y ``templates/``: su HTML;
- ``run_report``: el informe de una ejecución, con lo que lee ``run_results``, lo que tabula
  ``run_tables`` y lo que dibuja ``run_figures``;
- ``sweep_report``: la página de un barrido, con lo que dibuja ``sweep_plots``.
"""

from labsupport.report.drawings import show_picture
from labsupport.report.pareto import plot_pareto
from labsupport.report.plots import (
    plot_bars,
    plot_best_so_far,
    plot_confusions,
    plot_histogram,
    plot_intervals,
    plot_learning_curve,
    plot_line,
    plot_reliability,
)
from labsupport.report.sweep_plots import plot_parallel, plot_sweep

__all__ = [
    "plot_bars",
    "plot_best_so_far",
    "plot_confusions",
    "plot_histogram",
    "plot_intervals",
    "plot_learning_curve",
    "plot_line",
    "plot_parallel",
    "plot_pareto",
    "plot_reliability",
    "plot_sweep",
    "show_picture",
]
