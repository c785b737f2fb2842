"""Hojas de cálculo (xlsx, xlsm, xls, ods): qué hoja, dónde empieza la tabla y sus filas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError, suggest_name
from labsupport.data.classes import fold
from labsupport.data.columns import is_known_name
from labsupport.data.reading.headers import name_columns
from labsupport.data.reading.table import BATCH_ROWS, TITLE, AsideLog, RawTable, Row

# Con más filas de una sola celda no son títulos: es una tabla de una columna.
TITLE_ROWS = 10
# De estas primeras filas se ve dónde está la cabecera y si lo es.
SAMPLE = 100
# Lo que deja una fórmula que falla, también en español (#N/D, #¡VALOR!) y en LibreOffice (Err:502).
ERROR = re.compile(r"#(N/[AD]|[¡¿]?[A-ZÓ0/]+[!?])|Err:\d{3}")
# Un decimal guarda enteros exactos hasta aquí.
EXACT = 2**53


def open_sheet(path: Path, sheet: str | None, header: bool | None) -> list[RawTable]:
    """Abre la hoja ``sheet`` de un libro, o la primera que tenga filas si es None.

    ``header``: si la primera fila es la cabecera, o None para verlo. Un número entero sale ``int``,
    una fecha en ISO y una celda con un error de fórmula, vacía; la línea es el número de fila de la
    hoja. Lanza LabError si el libro no se puede leer, está vacío o no tiene esa hoja.
    """
    tabs = _load_sheets(path)
    filled = {name: each for name, each in tabs.items() if next(_read_rows(each), None)}
    content = _choose_sheet(path, filled, list(tabs), sheet)
    titles, first, rest = _find_top(list(islice(_read_rows(content), SAMPLE)), header)
    empty = _find_empty(content, first)
    kept = [place for place in range(len(first[1])) if place not in empty]
    heads, *sample = [[cells[place] for place in kept] for _, cells in (first, *rest)]
    columns, has_header = name_columns(heads, sample, header, path.name)
    start = first[0] + has_header

    def read(asides: AsideLog) -> Iterator[list[Row]]:
        for line, cells in titles:
            asides.add(path.name, line, TITLE, " ".join(str(c) for c in cells if c is not None))
        rows = ((line, cells) for line, cells in _read_rows(content) if line >= start)
        while batch := [(n, [row[place] for place in kept]) for n, row in islice(rows, BATCH_ROWS)]:
            yield batch

    form = f"{path.suffix[1:].lower()}, hoja «{content.name}»"
    notes = _tell_others(path, content.name, list(filled))
    return [RawTable(path.name, columns, read, form=form, notes=notes, typed=False)]


def _load_sheets(path: Path) -> dict[str, Any]:
    """Las hojas con celdas; las ocultas, que suelen tener cálculos o listas, al final."""
    try:
        import python_calamine as calamine
    except ImportError as error:
        raise LabError(
            f"Para leer {path.name} falta instalar «python-calamine»: ejecuta `make lab` (o "
            "`pip install python-calamine`) y repite, o guarda la hoja como CSV."
        ) from error
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            sheet = calamine.SheetTypeEnum.WorkSheet
            tabs = [each for each in book.sheets_metadata if each.typ == sheet]
            tabs.sort(key=lambda each: each.visible != calamine.SheetVisibleEnum.Visible)
            return {each.name: book.get_sheet_by_name(each.name) for each in tabs}
    except calamine.PasswordError as error:
        raise LabError(
            f"{path.name} tiene contraseña: ábrelo, guárdalo sin ella y repite."
        ) from error
    except BaseException as error:
        # PanicException, con la que la librería se para ante lo muy roto, no es una Exception.
        panic = type(error).__name__ == "PanicException"
        broken = isinstance(error, OSError) and error.errno is None
        if panic or broken or isinstance(error, calamine.CalamineError):
            raise _explain_damage(path) from error
        raise


def _explain_damage(path: Path) -> LabError:
    if not path.stat().st_size:
        return LabError(f"{path.name} está vacío: guárdalo otra vez desde la hoja de cálculo.")
    return LabError(
        f"{path.name} está dañado, a medias o no es una hoja de cálculo: descárgalo o guárdalo "
        "otra vez, o guarda la hoja como CSV."
    )


def _choose_sheet(path: Path, filled: dict[str, Any], tabs: list[str], wanted: str | None) -> Any:
    if not filled:
        raise LabError(f"{path.name} no tiene ninguna hoja con filas: revisa el archivo.")
    if wanted is None:
        return next(iter(filled.values()))
    name = _find_name(wanted, tabs, path)
    if name not in filled:
        raise LabError(f"La hoja «{name}» de {path.name} está vacía: elige otra.")
    return filled[name]


def _find_name(wanted: str, names: list[str], path: Path) -> str:
    alike = [name for name in names if fold(name) == fold(wanted)]
    if wanted in names:
        return wanted
    if len(alike) == 1:
        return alike[0]
    raise LabError(
        f"{path.name} no tiene una hoja «{wanted}»: tiene {_quote(names)}."
        f"{suggest_name(wanted, names)}"
    )


def _read_rows(content: Any) -> Iterator[Row]:
    """Las filas con algo escrito, con el número que les da la hoja."""
    for line, row in enumerate(content.iter_rows(), start=1):
        # Una celda perdida al final de la hoja deja un millón de filas vacías.
        if row.count("") == len(row):
            continue
        cells = [_clean(cell) for cell in row]
        if cells.count(None) < len(cells):
            yield line, cells


def _clean(cell: Any) -> Any:
    kind = type(cell)
    if kind is str:
        # Mirar antes la inicial: la expresión en cada celda costaría más que leer la hoja.
        failed = cell[:1] in ("#", "E") and ERROR.fullmatch(cell)
        return None if failed or not cell or cell.isspace() else cell
    if kind is float:
        return int(cell) if cell.is_integer() and abs(cell) <= EXACT else cell
    if kind is bool or kind is int:
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _find_top(rows: list[Row], header: bool | None) -> tuple[list[Row], Row, list[Row]]:
    """Separa los títulos (una celda sola sobre filas de dos o más), la primera fila y el resto."""
    widths = [len(cells) - cells.count(None) for _, cells in rows]
    top = next((n for n, width in enumerate(widths) if width > 1), 0)
    if not _has_name(rows[top]):
        # «texto» solo, sobre las opiniones y sus etiquetas, es una cabecera a medias.
        top = next((n for n in range(top) if _has_name(rows[n])), top)
    if header is False or top > TITLE_ROWS:
        top = 0
    return rows[:top], rows[top], rows[top + 1 :]


def _has_name(row: Row) -> bool:
    words = [str(cell).strip() for cell in row[1] if cell is not None]
    return any(" " not in word and is_known_name(word) for word in words)


def _find_empty(content: Any, first: Row) -> set[int]:
    """Las columnas sin nombre ni ninguna celda desde la fila ``first``."""
    empty = {place for place, cell in enumerate(first[1]) if cell is None}
    for line, cells in _read_rows(content):
        if not empty:
            break
        if line > first[0]:
            empty -= {place for place in empty if cells[place] is not None}
    return empty


def _tell_others(path: Path, chosen: str, tabs: list[str]) -> list[str]:
    others = [name for name in tabs if name != chosen]
    if not others:
        return []
    return [
        f"se lee la hoja «{chosen}»; {path.name} tiene además {_quote(others)} (para leer otra: "
        f"«{path.name}#{others[0]}»)"
    ]


def _quote(names: list[str]) -> str:
    return ", ".join(f"«{name}»" for name in names)
