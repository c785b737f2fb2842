"""Convierte en HTML las plantillas de ``templates/``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def render_template(name: str, context: Mapping[str, Any]) -> str:
    """Devuelve el HTML de la plantilla ``name`` con los valores de ``context``, escapados.

    Lanza jinja2.UndefinedError si a la plantilla le falta un valor.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template(name).render(context)
