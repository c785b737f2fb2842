"""Qué tablas hay detrás de una ruta: un archivo, uno comprimido, un zip o una carpeta."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from labsupport.base.errors import LabError
from labsupport.base.tables import join_names
from labsupport.data.reading.archives import TemporaryFolder, decompress, unpack
from labsupport.data.reading.class_folders import (
    ClassFolders,
    find_class_folders,
    open_class_folders,
)
from labsupport.data.reading.columnar import is_saved, open_columnar, open_saved
from labsupport.data.reading.delimited import open_delimited
from labsupport.data.reading.folders import Folder, group_by_split, list_folder, shorten, tell
from labsupport.data.reading.kinds import (
    ARCHIVES,
    COMPRESSED,
    JSON,
    SHEET,
    TEXT,
    find_ending,
    find_kind,
)
from labsupport.data.reading.records import open_records
from labsupport.data.reading.sheets import open_sheet
from labsupport.data.reading.table import AsideLog, RawTable, Row

# En qué orden se cuentan los splits.
ORDER = ("train", "validation", "test", None)


def open_tables(path: Path, header: bool | None = None, sheet: str | None = None) -> list[RawTable]:
    r"""Abre lo que haya en ``path``, que existe: una tabla o una por split.

    ``header``: si la primera fila son los nombres de las columnas, o None para averiguarlo;
    ``sheet``: la hoja de un libro. Lo comprimido se saca a una carpeta temporal que dura lo que las
    tablas. Lanza LabError, con qué hacer, si no se puede leer o no se sabe qué archivos usar.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("train.csv", "test.csv"):
    ...     _ = (folder / name).write_text("texto,nota\nRico,5\n", encoding="utf-8")
    >>> [(table.name, table.split) for table in open_tables(folder)]
    [('train.csv', 'train'), ('test.csv', 'test')]
    """
    if path.is_dir():
        return _open_folder(path, path.resolve().name, header, sheet)
    kind = find_kind(path)
    if kind in ARCHIVES:
        temporary = unpack(path, kind)
        return _keep_alive(_open_folder(temporary.path, path.name, header, sheet), temporary)
    if kind in COMPRESSED:
        temporary, inner = decompress(path, kind)
        return _keep_alive(open_tables(inner, header, sheet), temporary)
    if sheet is not None and kind != SHEET:
        raise LabError(f"{path.name} no es un libro con hojas: quita «#{sheet}» de «dataset_name».")
    if kind == SHEET:
        return open_sheet(path, sheet, header)
    if kind == JSON:
        return open_records(path, header)
    return [open_delimited(path, path.name, header)] if kind == TEXT else open_columnar(path)


def _keep_alive(tables: list[RawTable], temporary: TemporaryFolder) -> list[RawTable]:
    """Hace que cada tabla guarde la carpeta: se borra cuando ya nadie puede leerlas."""
    for table in tables:
        table.read = _Holding(table.read, temporary)
    return tables


class _Holding:
    """Lee como ``read`` y, mientras exista o se esté leyendo, hay carpeta."""

    def __init__(self, read: Callable, temporary: TemporaryFolder) -> None:
        self._read, self._temporary = read, temporary

    def __call__(self, asides: AsideLog) -> Iterator[list[Row]]:
        yield from self._read(asides)


def _open_folder(
    root: Path, name: str, header: bool | None, sheet: str | None = None
) -> list[RawTable]:
    folder = list_folder(root, name)
    if is_saved(folder.root):
        return open_saved(folder.root, name)
    groups = folder.patterned
    if not groups:
        classes = find_class_folders(folder.root, folder.texts)
        if classes:
            return _open_classes(folder, classes)
        if not folder.data and not folder.texts:
            return _open_lone(folder, header, sheet)
        groups = group_by_split(folder)
    tables = [
        replace(table, split=split or table.split)
        for split, files in groups.items()
        for file in files
        for table in open_tables(file, header, sheet)
    ]
    joined = _join_splits(tables, folder.name)
    joined[0].notes.extend(folder.notes)
    return joined


def _open_classes(folder: Folder, classes: ClassFolders) -> list[RawTable]:
    if folder.data:
        raise LabError(
            f"{folder.name} tiene una carpeta de .txt por clase y también {tell(folder.data)}: "
            "deja solo lo uno o lo otro."
        )
    used = {file for group in classes.values() for files in group.values() for file in files}
    folder.leave_out(file for file in folder.texts if file not in used)
    tables = open_class_folders(folder.root, classes, folder.name)
    tables[0].notes.extend(folder.notes)
    return tables


def _open_lone(folder: Folder, header: bool | None, sheet: str | None) -> list[RawTable]:
    """Una carpeta sin archivos de nombre conocido: si solo hay uno, se mira qué es."""
    if not folder.others:
        raise LabError(f"{folder.name} está vacía: no tiene ningún archivo de datos.")
    if len(folder.others) > 1 or find_ending(folder.others[0].name) in ARCHIVES:
        raise LabError(
            f"{folder.name} no tiene archivos de datos (csv, xlsx, ods, json, jsonl o parquet), "
            f"sino {tell(folder.others)}: expórtalos o descomprímelos y pon ese archivo."
        )
    return open_tables(folder.others[0], header, sheet)


def _join_splits(tables: Sequence[RawTable], name: str) -> list[RawTable]:
    """Una tabla por split; si alguno tiene nombre, lo que no dice de cuál es no se usa."""
    groups: dict[str | None, list[RawTable]] = defaultdict(list)
    for table in tables:
        groups[table.split].append(table)
    unused = groups.pop(None, []) if len(groups) > 1 else []
    joined = [_join(groups[split], name) for split in sorted(groups, key=ORDER.index)]
    if unused:
        names = list(dict.fromkeys(table.name for table in unused))
        joined[0].notes.append(f"no se usa lo que no dice de qué split es ({join_names(names)})")
    return joined


def _join(tables: list[RawTable], name: str) -> RawTable:
    """Pone unas tablas detrás de otras. Lanza LabError si no tienen las mismas columnas."""
    first = tables[0]
    if len(tables) == 1:
        return first
    for other in tables[1:]:
        if set(other.columns) != set(first.columns):
            raise LabError(
                f"Los archivos de {name} no tienen las mismas columnas: {first.name} tiene "
                f"{join_names(first.columns)}, y {other.name}, {join_names(other.columns)}. Pon en "
                "«dataset_name» el archivo que quieras, o dales nombres como train y test."
            )
        if other.classes != first.classes:
            raise LabError(
                f"{first.name} y {other.name} no tienen las mismas clases: pon en «dataset_name» "
                "el archivo que quieras."
            )
    joined = replace(first, form=" y ".join(dict.fromkeys(table.form for table in tables)))
    joined.typed = all(table.typed for table in tables)
    joined.notes = list(dict.fromkeys(note for table in tables for note in table.notes))
    joined.notes.append(f"se juntan {len(tables)} archivos: {shorten(t.name for t in tables)}")

    def read(asides: AsideLog) -> Iterator[list[Row]]:
        for table in tables:
            # Quien aparte una fila dice así de qué archivo es.
            joined.name = table.name
            places = [table.columns.index(column) for column in first.columns]
            in_order = places == list(range(len(places)))
            for batch in table.read(asides):
                yield batch if in_order else [(n, [row[p] for p in places]) for n, row in batch]
            # Hay notas que solo se saben al acabar de leer.
            joined.notes += [note for note in table.notes if note not in joined.notes]

    joined.read = read
    return joined
