"""Dónde está cada cosa: el repositorio, los cuadernos, lo incluido, los resultados y las copias."""

from __future__ import annotations

import contextlib
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
    """Devuelve la carpeta donde se escriben los resultados; no la crea.

    Manda la variable ``LAB_RESULTS_DIR`` (una ejecución da a cada cuaderno la suya, y así lo de
    uno que falla no llega a nadie); sin ella es ``results/`` del repositorio o, sin repositorio,
    ``./results``.
    """
    chosen = os.environ.get("LAB_RESULTS_DIR")
    return Path(chosen).absolute() if chosen else _working_root() / "results"


def find_result(name: str) -> Path:
    """Devuelve la ruta del archivo de resultados ``name``, que puede no existir.

    Se busca en ``results_folder()`` y, dentro de una ejecución (``LAB_RUN_RESULTS``), en las
    carpetas de sus otros cuadernos y entre lo que había de los que se salta.

    >>> find_result("no-existe.json") == results_folder() / "no-existe.json"
    True
    """
    own = results_folder() / name
    run = os.environ.get("LAB_RUN_RESULTS")
    if own.exists() or not run:
        return own
    return next(Path(run).glob(f"*/{name}"), Path(run, name))


def runs_folder() -> Path:
    """Devuelve la carpeta donde cada ejecución guarda sus copias; no la crea.

    >>> runs_folder().name
    'runs'
    """
    return _working_root() / "runs"


def shorten_path(path: Path) -> str:
    """Devuelve la ruta relativa a la carpeta actual, si está dentro de ella.

    >>> shorten_path(Path.cwd() / "runs")
    'runs'
    """
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _working_root() -> Path:
    return REPO if is_checkout() else Path.cwd()
