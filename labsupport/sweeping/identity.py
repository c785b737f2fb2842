"""Cuándo dos ensayos son el mismo: mismo código, mismos datos, mismos parámetros y versiones."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import labsupport
from labsupport.base.environment import list_versions
from labsupport.base.errors import LabError

# Las que pueden cambiar lo que sale de un entrenamiento.
MATTER = (
    "torch",
    "transformers",
    "datasets",
    "tokenizers",
    "accelerate",
    "numpy",
    "tensorflow",
    "keras",
    "keras-hub",
)
CHUNK = 2**20


def find_versions() -> dict[str, str]:
    """Devuelve las versiones que cuentan para que dos ensayos sean el mismo.

    >>> "torch" in find_versions()
    True
    """
    own = {"python": platform.python_version(), "labsupport": labsupport.__version__}
    return {**own, **list_versions(MATTER)}


def digest(*parts: Any) -> str:
    """Devuelve una huella corta de unos valores que caben en un JSON.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_target(target: Path) -> str:
    """Devuelve la huella de lo que se entrena: las celdas de código de un cuaderno o un programa.

    Cuentan también los programas que tenga al lado. Lanza LabError si el cuaderno no se puede leer
    o no tiene celda de parámetros.
    """
    beside = [
        [path.name, path.read_text(encoding="utf-8", errors="replace")]
        for path in sorted(target.parent.glob("*.py"))
    ]
    if target.suffix == ".py":
        return digest(target.name, beside)
    return digest(_read_code(target), beside)


def digest_source(path: str) -> str:
    """Devuelve la huella de un archivo o una carpeta de datos o de pesos; vacía si no está aquí.

    >>> digest_source("")
    ''
    """
    if not path or not Path(path).exists():
        return ""
    root, whole = Path(path), hashlib.sha256()
    for file in _list_files(root):
        whole.update(f"{file.relative_to(root)}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as content:
            while chunk := content.read(CHUNK):
                whole.update(chunk)
    return whole.hexdigest()[:16]


def identify_trial(target: str, parameters: Mapping[str, Any], sources: list[str]) -> str:
    """Devuelve el nombre de un ensayo: igual solo si es el mismo.

    ``target``: la huella de lo que se entrena, con las versiones; ``parameters``: los que están en
    vigor; ``sources``: las huellas de su modelo y de su dataset.
    """
    return digest(target, parameters, sources)


def _list_files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    else:
        yield from sorted(path for path in root.rglob("*") if path.is_file())


def _read_code(target: Path) -> list[str]:
    try:
        cells = json.loads(target.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        tags = [tag for cell in code for tag in cell.get("metadata", {}).get("tags", [])]
        sources = ["".join(cell["source"]) for cell in code]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LabError(
            f"«{target.name}» no es un cuaderno válido: recupéralo con `git checkout`."
        ) from None
    if "parameters" not in tags:
        raise LabError(
            f"«{target.name}» no tiene celda de parámetros y todos sus ensayos serían iguales: "
            "ponle a una celda la etiqueta «parameters»."
        )
    return sources
