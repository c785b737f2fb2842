"""Lo que se lee: tablas de texto, números a la española y listas de nombres."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from labsupport.base.signs import ELLIPSIS


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


def format_percent(share: float, decimals: int = 1) -> str:
    """Devuelve una parte de uno como porcentaje.

    >>> format_percent(0.125), format_percent(0.2, decimals=0)
    ('12,5 %', '20 %')
    """
    return f"{format_number(share * 100, decimals)} %"


def join_names(names: Iterable[Any]) -> str:
    """Une nombres con comas y una «y» al final; al menos tiene que haber uno.

    >>> join_names(["a", "b", "c"]), join_names(["a"])
    ('a, b y c', 'a')
    """
    *first, last = [str(name) for name in names]
    return f"{', '.join(first)} y {last}" if first else last


def join_some(names: Iterable[Any], most: int = 10) -> str:
    """Une los primeros nombres y dice cuántos más hay; al menos tiene que haber uno.

    >>> join_some("abcde", most=3), join_some("ab"), join_some("abcd", most=3)
    ('a, b, c y 2 más', 'a y b', 'a, b, c y d')
    """
    names = list(names)
    if len(names) <= most + 1:
        return join_names(names)
    return join_names([*names[:most], f"{len(names) - most} más"])


def shorten_names(names: Sequence[str], width: int = 40) -> list[str]:
    """Devuelve cada nombre en una línea de ``width`` letras o poco más, y sin repetir ninguno.

    A los que quedarían iguales se les añade su posición, desde 1.

    >>> shorten_names(["regular", "nada de acuerdo", "nada de nada"], width=8)
    ['regular', 'nada de… (2)', 'nada de… (3)']
    """
    flat = [" ".join(str(name).split()) for name in names]
    short = [
        name if len(name) <= width else f"{name[: width - 1].rstrip()}{ELLIPSIS}" for name in flat
    ]
    repeated = {name for name, times in Counter(short).items() if times > 1}
    return [f"{name} ({i})" if name in repeated else name for i, name in enumerate(short, start=1)]


def hide_controls(text: str) -> str:
    r"""Devuelve el texto sin caracteres de control, salvo saltos de línea y tabuladores.

    Un archivo ajeno puede traer órdenes para la terminal: se ven, no se obedecen.

    >>> hide_controls("barato\x1b[2J")
    'barato·[2J'
    """
    kept = (c if c in "\n\t" or unicodedata.category(c) != "Cc" else "·" for c in text)
    return text if text.isprintable() else "".join(kept)


def flatten_text(text: str, most: int) -> str:
    r"""Devuelve un texto en una línea de hasta ``most`` letras, sin caracteres de control.

    >>> flatten_text("Rico\n y  barato", 40), flatten_text("abcdef", 5)
    ('Rico y barato', 'ab...')
    """
    flat = hide_controls(" ".join(text.split()))
    return flat if len(flat) <= most else f"{flat[: most - 3]}..."


def _align(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()
