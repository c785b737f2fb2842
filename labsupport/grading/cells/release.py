"""Lo que se reparte de un ejercicio, hecho por nbgrader en memoria a partir del resuelto."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from labsupport.base.errors import LabError
from labsupport.grading.cells.exercises import CONFIG, Exercise
from labsupport.grading.processes import NO_NBGRADER


def make_release(exercise: Exercise) -> list[Any]:
    """Devuelve las celdas que recibe quien estudia: los pasos de ``nbgrader generate_assignment``.

    Lanza LabError si falta nbgrader o si no acepta el cuaderno resuelto.
    """
    return _run_steps(exercise.name, exercise.notebook, exercise.config)


@functools.cache
def _run_steps(name: str, content: bytes, config: bytes) -> list[Any]:
    try:
        from nbgrader.converters import GenerateAssignment
        from nbgrader.preprocessors import SaveCells
    except ModuleNotFoundError as error:
        raise LabError(NO_NBGRADER) from error
    settings = _load_config(config)
    notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
    resources: dict[str, Any] = {"nbgrader": {}, "metadata": {}}
    try:
        for step in GenerateAssignment(config=settings).preprocessors:
            # SaveCells apunta las celdas en una base de datos que aquí no hace falta.
            if step is not SaveCells:
                notebook, resources = step(config=settings).preprocess(notebook, resources)
    except Exception as error:  # cada paso de nbgrader tiene sus fallos
        raise LabError(f"nbgrader no acepta el ejercicio resuelto «{name}»: {error}") from error
    return notebook.cells


def _load_config(content: bytes) -> Any:
    """Lee un nbgrader_config.py, que es código de quien imparte el curso."""
    from traitlets.config import Config, PyFileConfigLoader

    if not content:
        return Config()
    with tempfile.TemporaryDirectory(prefix="curso-") as folder:
        Path(folder, CONFIG).write_bytes(content)
        return PyFileConfigLoader(CONFIG, path=folder).load_config()
