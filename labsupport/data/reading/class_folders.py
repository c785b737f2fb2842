"""Una carpeta por clase (``pos/``, ``neg/``) con un .txt por opinión, y quizá por split."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest
from pathlib import Path

from labsupport.base.encodings import find_encoding, is_damaged
from labsupport.base.errors import LabError
from labsupport.data.reading.delimited import BAD_BYTES
from labsupport.data.reading.split_names import find_split
from labsupport.data.reading.table import BATCH_ROWS, AsideLog, RawTable, Row

COLUMNS = ["texto", "clase"]
EMPTY = "archivo vacío"
# Por split, los .txt de cada clase.
ClassFolders = dict[str | None, dict[str, list[Path]]]
ONE_FILE_EACH = "un .txt por texto, en una carpeta por clase"


def find_class_folders(root: Path, files: Sequence[Path]) -> ClassFolders:
    """Devuelve, por split, los .txt de cada clase; vacío si no hay al menos dos carpetas de clase.

    ``files``: los .txt que hay bajo ``root``. La clase es la carpeta que cuelga de ``root`` o de
    la de un split.
    """
    found: ClassFolders = {}
    for file in files:
        folders = file.relative_to(root).parts[:-1]
        split = find_split(folders[0]) if folders else None
        folders = folders[1:] if split else folders
        if folders:
            found.setdefault(split, {}).setdefault(folders[0], []).append(file)
    classes = {name for each in found.values() for name in each}
    return found if len(classes) > 1 else {}


def open_class_folders(root: Path, found: ClassFolders, name: str) -> list[RawTable]:
    """Abre lo que encontró ``find_class_folders`` en la carpeta ``name``: una tabla por split."""
    tables = [_open_classes(root, split, classes) for split, classes in found.items()]
    return [replace(table, name=table.split or name) for table in tables]


def _open_classes(root: Path, split: str | None, classes: dict[str, list[Path]]) -> RawTable:
    # Una de cada clase por turno: las primeras filas ya enseñan todas las clases.
    turns = zip_longest(*(sorted(files) for _, files in sorted(classes.items())))
    files = [file for file in chain.from_iterable(turns) if file is not None]
    names = {file: name for name, group in classes.items() for file in group}

    def read(asides: AsideLog) -> Iterator[list[Row]]:
        rows = (row for file in files for row in _read_file(root, file, names[file], asides))
        while batch := list(islice(rows, BATCH_ROWS)):
            yield batch

    return RawTable(root.name, list(COLUMNS), read, split=split, form=ONE_FILE_EACH)


def _read_file(root: Path, file: Path, label: str, asides: AsideLog) -> Iterator[Row]:
    """La única fila de un .txt, o ninguna si no se puede usar."""
    content = file.read_bytes()
    try:
        encoding = find_encoding(io.BytesIO(content), file.name)
    except LabError as error:
        asides.add(file.relative_to(root).as_posix(), 1, BAD_BYTES, str(error))
        return
    text = content.decode(encoding.codec, "surrogateescape").strip()
    text = text.replace("\r\n", "\n")
    if text and not (encoding.damaged and is_damaged(text)):
        yield 1, [text, label]
        return
    reason, shown = (BAD_BYTES, text.encode("utf-8", "replace").decode()) if text else (EMPTY, "")
    asides.add(file.relative_to(root).as_posix(), 1, reason, shown)
