"""Lo que costó cada receta en una ejecución: se guarda junto a los resultados y se lee después.

Un JSON con ``kind`` ``"laboratorio-costs"``, ``schema_version`` 1, ``parameters``, ``machine``,
``energy`` (de dónde sale) y ``rows``: de cada receta, las columnas de ``measure_recipes``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.paths import results_folder

if TYPE_CHECKING:
    import pandas as pd

    from labsupport.settings import Settings

KIND, SCHEMA_VERSION = "laboratorio-costs", 1
# Lo que se guarda de cada receta: unidades en ``labsupport.costs.comparing``.
COLUMNS = ("seconds", "times_whole", "mib", "weights", "mb", "watt_hours")


@dataclass(frozen=True)
class Costs:
    """Lo que costó cada receta: ``rows`` va de su nombre a las columnas de COLUMNS."""

    machine: str
    energy: str
    rows: Mapping[str, Mapping[str, float]]


def save_costs(table: pd.DataFrame, settings: Settings) -> Path:
    """Guarda lo que costó cada receta, entero o nada, y devuelve dónde.

    ``table``: una fila por receta, con las columnas de COLUMNS y ``energy``. Lanza LabError si
    falta alguna.
    """
    missing = [name for name in (*COLUMNS, "energy") if name not in table.columns]
    if missing:
        raise LabError(f"A la tabla de costos le falta «{missing[0]}»: mídela otra vez.")
    content = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "parameters": settings.parameters(),
        "machine": settings.device_name,
        "energy": str(table["energy"].iloc[0]) if len(table) else "",
        "rows": json.loads(table[list(COLUMNS)].round(6).to_json(orient="index")),
    }
    path = results_folder() / f"costos-{settings.profile}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def read_costs(path: Path) -> Costs:
    """Lee lo que guardó ``save_costs``; lanza LabError si está dañado o es de otra cosa.

    >>> read_costs(Path("no-existe.json"))
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: no-existe.json no es una tabla de costos o está dañada: ...
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        if (content["kind"], content["schema_version"]) != (KIND, SCHEMA_VERSION):
            raise ValueError
        rows = {str(name): _read_row(row) for name, row in content["rows"].items()}
        return Costs(str(content["machine"]), str(content["energy"]), rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise LabError(
            f"{path.name} no es una tabla de costos o está dañada: bórrala y ejecuta otra vez el "
            "cuaderno 07."
        ) from None


def _read_row(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: float("nan") if row[name] is None else float(row[name]) for name in COLUMNS}
