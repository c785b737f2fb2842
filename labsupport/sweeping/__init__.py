"""Barridos: entrenar muchas veces con otros parámetros, aquí o en un cluster, sin repetir nada.

- ``requests``: qué se pide; ``identity``: cuándo dos ensayos son el mismo;
- ``ledger``: el archivo con una línea por ensayo; su formato y su resumen, en
  ``labsupport.evaluation.sweeps``;
- ``trials``: un ensayo, en un proceso aparte; ``search``: qué probar ahora, con Optuna;
- ``sweep``: hacerlos todos.
"""

from labsupport.evaluation.sweeps import (
    describe_sweep,
    describe_winner,
    measure_interval,
    read_sweep,
    summarize_sweep,
)

__all__ = [
    "describe_sweep",
    "describe_winner",
    "measure_interval",
    "read_sweep",
    "summarize_sweep",
]
