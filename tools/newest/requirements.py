"""Qué librerías se piden: las de requirements.txt y las de los extras de pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def list_requirements(repo: Path) -> list[str]:
    """Devuelve lo que pide el laboratorio con todos sus extras, una línea por librería.

    Lanza OSError si falta alguno de los dos archivos.
    """
    lines = (repo / "requirements.txt").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in project["optional-dependencies"].values():
        lines += [line for line in extra if normalize(line) != normalize(project["name"])]
    return [line for line in (line.split("#")[0].strip() for line in lines) if line]


def drop_ranges(requirements: list[str]) -> list[str]:
    """Devuelve solo los nombres: lo más nuevo que exista.

    >>> drop_ranges(["torch>=2.11,<3", "nbgrader==0.9.6"])
    ['torch', 'nbgrader']
    """
    return [NAME.match(line).group() for line in requirements]


def normalize(text: str) -> str:
    """Devuelve el nombre de la librería como lo compara pip.

    >>> normalize("Huggingface_Hub>=1.0"), normalize("jaraco.text")
    ('huggingface-hub', 'jaraco-text')
    """
    return re.sub(r"[-_.]+", "-", NAME.match(text).group()).lower()


def read_pins(path: Path) -> dict[str, str]:
    """Devuelve de nombre a versión lo que fija un archivo como constraints.txt."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split("==") for line in lines if "==" in line)
    return {normalize(name): version for name, version in pairs}
