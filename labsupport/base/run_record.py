"""Lo que una ejecución apunta en su ``run.json``: qué se pidió y cómo acabó cada cuaderno."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically

RECORD = "run.json"
# La carpeta de sus resultados: una por cuaderno y, sueltos, los que ya había de los que se salta.
RESULTS = "results"
DONE, FAILED, STOPPED = "bien", "falla", "parado"


@dataclass
class Outcome:
    """Cómo acabó un cuaderno: ``seconds`` en segundos, ``peak_mib`` en MiB residentes."""

    notebook: str
    status: str
    seconds: float
    peak_mib: float
    message: str = ""
    accuracy: float | None = None


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Escribe el ``run.json`` de la ejecución que hay en ``folder``, entero o nada.

    Lanza OSError si no se puede escribir.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_record(folder, {"notebooks": []})
    >>> read_record(folder)
    {'notebooks': []}
    """
    write_atomically(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def read_record(folder: Path) -> dict[str, Any]:
    """Lee el ``run.json`` de ``folder``; de lo que hay dentro solo comprueba ``notebooks``.

    Lanza LabError si ``folder`` no es de una ejecución o su archivo está dañado.

    >>> read_record(Path("no-existe"))
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: no-existe no es la carpeta de una ejecución ...
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise LabError(
            f"{folder.name} no es la carpeta de una ejecución (le falta {RECORD}): "
            "elige una de las de runs/."
        ) from None
    except ValueError:
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("notebooks"), list):
        raise LabError(f"El {RECORD} de {folder.name} está dañado: ejecuta otra vez `make lab`.")
    return record


def find_latest_run(parent: Path | None = None) -> Path:
    """Devuelve la carpeta de la última ejecución de ``parent`` (por omisión, ``runs/``).

    Lanza LabError si no hay ninguna.
    """
    parent = parent or paths.runs_folder()
    records = list(parent.glob(f"*/{RECORD}"))
    if not records:
        raise LabError(
            f"No hay ninguna ejecución en {parent.name}/: haz antes `make lab` "
            "(o `python -m labsupport run`)."
        )
    return max(records, key=lambda path: path.stat().st_mtime_ns).parent
