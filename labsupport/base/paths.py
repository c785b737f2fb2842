"""Dónde está cada cosa: el repositorio, los cuadernos, lo incluido, los resultados y las copias."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
REPO = PACKAGE.parent
NOTEBOOKS = REPO / "notebooks"
EMBEDDED = PACKAGE / "embedded"


def is_checkout() -> bool:
    """Dice si el paquete se usa desde una copia del repositorio y no desde site-packages.

    >>> is_checkout() == (REPO / "pyproject.toml").is_file()
    True
    """
    return (REPO / "pyproject.toml").is_file()


def results_folder() -> Path:
    """Devuelve la carpeta de resultados; no la crea.

    Manda la variable ``LAB_RESULTS_DIR`` (el runner la usa para que dos ejecuciones a la vez
    no se mezclen); sin ella es ``results/`` del repositorio o, sin repositorio, ``./results``.

    """
    chosen = os.environ.get("LAB_RESULTS_DIR")
    return Path(chosen).absolute() if chosen else _working_root() / "results"


def runs_folder() -> Path:
    """Devuelve la carpeta donde cada ejecución guarda sus copias; no la crea.

    >>> runs_folder().name
    'runs'
    """
    return _working_root() / "runs"


def _working_root() -> Path:
    return REPO if is_checkout() else Path.cwd()
