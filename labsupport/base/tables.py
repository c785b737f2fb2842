"""Lo que se lee en la terminal: tablas de texto y números a la española."""

from __future__ import annotations

from collections.abc import Sequence


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Devuelve una tabla de texto con columnas alineadas.

    >>> print(format_table(["a", "bb"], [["1", "2"], ["333", "4"]]))
    a    bb
    ---  --
    1    2
    333  4
    """
    table = [[str(text) for text in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    table.insert(1, ["-" * width for width in widths])
    return "\n".join(_align(row, widths) for row in table)


def format_number(value: float | None, decimals: int) -> str:
    """Devuelve el número con coma decimal, o un texto vacío si no hay número.

    >>> format_number(0.5678, 3), format_number(None, 3)
    ('0,568', '')
    """
    return "" if value is None else f"{value:.{decimals}f}".replace(".", ",")


def _align(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()
