"""La opción ``-p NOMBRE VALOR``, la misma en todas las órdenes que la admiten."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from labsupport.settings import parse_parameter


def add_parameters(parser: argparse.ArgumentParser, help: str, value: str = "VALOR") -> None:
    """Añade la opción a una orden; ``help``: qué se cambia con ella; ``value``: cómo se llama."""
    parser.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        nargs=2,
        action="append",
        default=[],
        metavar=("NOMBRE", value),
        help=help,
    )


def read_parameters(pairs: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Devuelve los valores pedidos; lanza LabError si un nombre no existe o un valor no sirve.

    >>> read_parameters([["epochs", "2"], ["text_column", "None"]])
    {'epochs': 2, 'text_column': None}
    """
    return {name: parse_parameter(name, text) for name, text in pairs}
