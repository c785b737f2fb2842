"""Lo que costó cada receta, en el informe de una ejecución."""

from __future__ import annotations

import math
from pathlib import Path

from labsupport.base.errors import LabError
from labsupport.base.tables import format_number
from labsupport.costs.record import Costs, read_costs
from labsupport.report.parts import Table

PATTERN = "costos-*.json"


def find_costs(folder: Path) -> tuple[list[Table], list[str]]:
    """Devuelve las tablas de costos de unos resultados y una frase por cada una que no se lee.

    ``folder``: la carpeta ``results/`` de una ejecución.

    >>> find_costs(Path("no-existe"))
    ([], [])
    """
    tables, notes = [], []
    for path in sorted([*folder.glob(PATTERN), *folder.glob(f"*/{PATTERN}")]):
        try:
            tables.append(tabulate_costs(read_costs(path)))
        except LabError as error:
            notes.append(str(error))
    return tables, notes


def tabulate_costs(costs: Costs) -> Table:
    """Devuelve lo que costó cada receta, en el orden en que se midió.

    >>> row = {"seconds": 2.5, "times_whole": 4, "mib": 80, "weights": 1000, "mb": 0.004}
    >>> tabulate_costs(Costs("CPU", "estimada", {"original": {**row, "watt_hours": 0.01}})).rows
    [['original', '2,5', '4,0', '80', '1000', '0,00', '0,0100']]
    """
    header = ["receta", "segundos en total", "veces más barata", "memoria que añade (MiB)"]
    header += ["pesos que se entrenan", "MB que guardar", f"Wh ({costs.energy})"]
    decimals = {"seconds": 1, "times_whole": 1, "mib": 0, "weights": 0, "mb": 2, "watt_hours": 4}
    rows = [
        [name, *(_spell(row[column], places) for column, places in decimals.items())]
        for name, row in costs.rows.items()
    ]
    caption = (
        "Un entrenamiento entero con cada receta, calculado de unos pocos pasos medidos "
        f"({costs.machine}). Cómo se mide: cuaderno 7."
    )
    return Table(caption, header, rows)


def _spell(value: float, places: int) -> str:
    return "—" if math.isnan(value) else format_number(value, places)
