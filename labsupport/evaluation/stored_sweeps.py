"""Los barridos que viajan con el laboratorio: los hace una orden, y el cuaderno 06 los lee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labsupport.base.errors import LabError, suggest_name
from labsupport.base.paths import EMBEDDED
from labsupport.evaluation.sweeps import SUFFIX, describe_sweep, read_sweep

if TYPE_CHECKING:
    import pandas as pd

FOLDER = EMBEDDED / "sweeps"
TOOL = "python tools/measure_sweeps.py"
# El cuaderno que entrena cada ensayo, entero y con los parámetros de partida.
TARGET = "02"
SEEDS = "42,43,44"
# De cada barrido, los valores de los parámetros que cambia.
SWEEPS: Mapping[str, Mapping[str, str]] = {
    "learning_rate": {"learning_rate": "5e-5,1.5e-4,5e-4,1.5e-3,5e-3", "seed": SEEDS},
    "batch_size": {"batch_size": "8,32", "epochs": "1,4", "seed": SEEDS},
    "n_train": {"n_train": "100,250,500,1000", "seed": SEEDS},
}


def read_stored_sweep(name: str) -> tuple[pd.DataFrame, str]:
    """Devuelve un barrido ya hecho, como tabla de ``read_sweep``, y una frase que dice de dónde es.

    ``name``: uno de SWEEPS. La frase da los ensayos, la fecha y la orden; si el archivo no está,
    la tabla va vacía y la frase dice cómo hacerlo. Lanza LabError si el nombre no existe o si el
    archivo está dañado.

    >>> read_stored_sweep("semillas")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: No hay ningún barrido guardado «semillas». Los que hay: ...
    """
    import pandas as pd

    if name not in SWEEPS:
        raise LabError(
            f"No hay ningún barrido guardado «{name}».{suggest_name(name, SWEEPS)} "
            f"Los que hay: {', '.join(SWEEPS)}."
        )
    path = FOLDER / f"{name}{SUFFIX}"
    if path.is_file():
        return read_sweep(path), describe_sweep(path)
    return pd.DataFrame(), (
        f"Falta el barrido guardado «{name}»: en el repositorio, lo hace `{TOOL} {name}` en unos "
        "minutos, y si se interrumpe sigue donde iba."
    )
