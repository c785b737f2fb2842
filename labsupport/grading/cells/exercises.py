"""Los ejercicios resueltos: de ellos salen las comprobaciones y sus puntos."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from labsupport.base.errors import LabError
from labsupport.grading.cells.roles import find_heading, read_metadata
from labsupport.grading.records import CheckResult, compute_digest

CONFIG = "nbgrader_config.py"


@dataclass(frozen=True)
class Exercise:
    """Un ejercicio: el cuaderno resuelto (``notebook``) y los archivos que lo acompañan.

    ``config``: el nbgrader_config.py con que se genera lo que recibe cada estudiante.
    """

    name: str
    notebook: bytes = field(repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    config: bytes = field(default=b"", repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Lo que se calcula una vez por proceso no viaja con cada entrega.
        return Exercise, (self.name, self.notebook, self.files, self.config)

    @functools.cached_property
    def digest(self) -> str:
        """Huella de todo lo que decide una nota."""
        return compute_digest({**self.files, "": self.notebook, "/": self.config}, self.name)

    @functools.cached_property
    def cells(self) -> list[Any]:
        """Las celdas del cuaderno resuelto."""
        return nbformat.reads(self.notebook.decode("utf-8"), as_version=4).cells

    def list_checks(self) -> list[CheckResult]:
        """Devuelve sus comprobaciones, sin puntos todavía, con el título de su apartado."""
        checks, title = [], self.name
        for cell in self.cells:
            if cell.cell_type == "markdown":
                title = find_heading(cell.source) or title
            meta = read_metadata(cell)
            if meta.get("grade"):
                manual = bool(meta.get("solution"))
                checks.append(
                    CheckResult(meta["grade_id"], title, float(meta["points"]), None, manual)
                )
        return checks


def read_exercises(source: Path) -> dict[str, Exercise]:
    """Lee los ejercicios de ``source`` (``<nombre>/<nombre>.ipynb``), por nombre.

    Si junto a ``source`` hay un nbgrader_config.py, es el del curso y vale también para calificar.
    Lanza LabError si no hay ninguno o si un cuaderno no se puede leer.
    """
    found = source.glob("*/*.ipynb")
    folders = sorted(path.parent for path in found if path.stem == path.parent.name)
    if not folders:
        raise LabError(
            f"No hay ejercicios resueltos en «{source}»: cada uno va en "
            "<nombre>/<nombre>.ipynb; di dónde están con --source."
        )
    return {folder.name: _read_exercise(folder) for folder in folders}


def _read_exercise(folder: Path) -> Exercise:
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and not _is_hidden(path.relative_to(folder))
    }
    config = folder.parent.parent / CONFIG
    exercise = Exercise(
        folder.name,
        (folder / f"{folder.name}.ipynb").read_bytes(),
        files,
        config.read_bytes() if config.is_file() else b"",
    )
    try:
        checks, cells = exercise.list_checks(), exercise.cells
    except Exception as error:  # noqa: BLE001 - nbformat lanza varias clases sin relación
        raise LabError(
            f"El ejercicio resuelto «{folder.name}» no se puede leer ({error}): recupéralo."
        ) from error
    if any("checksum" in read_metadata(cell) for cell in cells):
        raise LabError(
            f"«{folder}» es lo que se reparte, sin las comprobaciones ocultas: di en --source "
            "dónde están los ejercicios resueltos."
        )
    if not checks:
        raise LabError(f"El ejercicio resuelto «{folder.name}» no tiene ninguna celda con puntos.")
    return exercise


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts)
