"""Lee el cuaderno entregado y deja de él solo lo que decide la nota."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat

from labsupport.base.errors import LabError


def read_notebook(content: bytes) -> Any:
    """Lee un cuaderno. Lanza LabError, con el motivo, si no se puede.

    >>> read_notebook(b"")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: El archivo está vacío.
    """
    if not content.strip():
        raise LabError("El archivo está vacío.")
    try:
        # El bloc de notas de Windows guarda a veces en UTF-16, que json reconoce.
        found = _keep_what_counts(json.loads(content))
        # Medio carácter suelto («\\ud800») es JSON válido, pero no se puede guardar.
        text = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # noqa: BLE001 - nbformat lanza varias clases sin relación
        raise LabError("El archivo no es un cuaderno de Jupyter válido.") from error
    return notebook


def _keep_what_counts(found: Any) -> Any:
    """Deja de un cuaderno del formato 4 lo que decide la nota.

    Colab, Kaggle o una versión antigua guardan salidas, ids o metadatos que se apartan del
    formato sin que nadie lo note: no son motivo para no calificar.
    """
    if not isinstance(found, dict) or found.get("nbformat") != 4:
        return found
    metadata = found.get("metadata") or {}
    told = (("kernelspec", "language"), ("language_info", "name"))
    languages = [str((metadata.get(key) or {}).get(name) or "python") for key, name in told]
    others = [language for language in languages if language.lower() != "python"]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": (others or ["python"])[0]}},
        "cells": [_keep_cell(cell) for cell in found["cells"]],
    }


def _keep_cell(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = cell.get("metadata") or {}
    kept = {
        "cell_type": cell["cell_type"],
        "metadata": {"nbgrader": metadata["nbgrader"]} if "nbgrader" in metadata else {},
        "source": cell["source"],
    }
    if re.fullmatch(r"[\w-]{1,64}", str(cell.get("id", "")), re.ASCII):
        kept["id"] = cell["id"]
    if cell["cell_type"] == "code":
        kept |= {"outputs": [], "execution_count": None}
    return kept
