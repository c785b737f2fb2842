"""parquet, arrow y feather, y lo que guarda ``Dataset.save_to_disk``: por lotes, sin cargarlo."""

from __future__ import annotations

import datetime
import decimal
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.encodings import has_bad_bytes
from labsupport.base.errors import LabError
from labsupport.data.reading.delimited import BAD_BYTES
from labsupport.data.reading.headers import name_columns
from labsupport.data.reading.split_names import find_split
from labsupport.data.reading.table import BATCH_ROWS, AsideLog, RawTable, Row

if TYPE_CHECKING:
    import pyarrow as pa

# La deja pandas con los números de las filas.
_INDEX = re.compile(r"__index_level_\d+__")
_DICT_FILE, _STATE_FILE, _INFO_FILE = "dataset_dict.json", "state.json", "dataset_info.json"


def open_columnar(path: Path) -> list[RawTable]:
    """Abre un parquet, un arrow (archivo o flujo) o un feather.

    La línea de una fila es su número desde 1. De las columnas que datasets guarda como clases
    quedan sus nombres. Lanza LabError si está dañado o a medias.
    """
    return [_open_files([path], path.name)]


def is_saved(folder: Path) -> bool:
    """Dice si una carpeta la escribió ``save_to_disk``."""
    files = (folder / _DICT_FILE, folder / _STATE_FILE)
    return files[0].is_file() or (files[1].is_file() and (folder / _INFO_FILE).is_file())


def open_saved(folder: Path, name: str) -> list[RawTable]:
    """Abre lo que guardó ``Dataset.save_to_disk`` o, con una tabla por split, ``DatasetDict``.

    ``name``: cómo llamar a la carpeta. Lanza LabError si falta alguno de sus archivos o está
    dañado.
    """
    if not (folder / _DICT_FILE).is_file():
        return [_open_dataset(folder, None, name)]
    splits = _read_json(folder / _DICT_FILE).get("splits") or []
    known = {each: split for each in splits if (split := find_split(each))}
    if not known and len(splits) != 1:
        raise LabError(
            f"{name} no tiene un split «train»: tiene {', '.join(splits) or 'ninguno'}. Pon en "
            "«dataset_name» la carpeta del que quieras."
        )
    tables = [_open_dataset(folder / each, known.get(each), each) for each in known or splits]
    unused = [each for each in splits if known and each not in known]
    if unused:
        tables[0].notes.append(f"no se usan los splits {', '.join(unused)}")
    return tables


def _open_dataset(folder: Path, split: str | None, name: str) -> RawTable:
    state = _read_json(folder / _STATE_FILE)
    files = [folder / each["filename"] for each in state.get("_data_files", [])]
    table = _open_files(files, name)
    table.split = split
    table.form = "carpeta de datasets (save_to_disk)"
    features = _read_json(folder / _INFO_FILE).get("features") or {}
    table.classes = _find_classes(features, table.columns) or table.classes
    return table


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise LabError(
            f"Falta {path.name} en {path.parent.name}, o está dañado: guarda el dataset otra vez "
            "con save_to_disk."
        ) from error


def _open_files(files: Sequence[Path], name: str) -> RawTable:
    """Una tabla con las filas de varios archivos, todos con las columnas del primero."""
    if not files:
        raise LabError(f"{name} no tiene ninguna fila guardada.")
    with _explaining(files[0].name):
        schema, form = _read_schema(files[0])
        places = [n for n, field in enumerate(schema) if not _INDEX.fullmatch(field.name)]
    objects = [n for n in places if _holds_objects(schema.field(n).type)]
    kept = [n for n in places if n not in objects]
    if not kept:
        raise LabError(f"{name} no tiene ninguna columna con textos o números.")
    columns = name_columns([schema.field(n).name for n in kept], [], True, name)[0]

    def read(asides: AsideLog) -> Iterator[list[Row]]:
        line = 1
        for file in files:
            with _explaining(file.name):
                for batch in _read_batches(file, kept):
                    # Sin mirarlo entero, un archivo dañado mataría el proceso al leer sus textos.
                    batch.validate(full=True)
                    yield list(_list_rows(batch, line, name, asides))
                    line += batch.num_rows

    shown = ", ".join(f"«{schema.field(n).name}»" for n in objects)
    return RawTable(
        name=name,
        columns=columns,
        read=read,
        classes=_find_classes(_read_features(schema), columns),
        form=form,
        notes=[f"no se leen las columnas con objetos dentro ({shown})"] if objects else [],
    )


@contextmanager
def _explaining(name: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except FileNotFoundError as error:
        raise LabError(f"Falta {name}: guarda o descarga los datos otra vez.") from error
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise LabError(
            f"{name} está dañado, a medias o no es un parquet ni un arrow: descárgalo o guárdalo "
            "otra vez."
        ) from error


def _read_schema(path: Path) -> tuple[pa.Schema, str]:
    import pyarrow.parquet as pq

    if _is_parquet(path):
        with pq.ParquetFile(path) as file:
            return file.schema_arrow, "parquet"
    with _open_arrow(path) as reader:
        return reader.schema, "arrow"


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4)
    # Un parquet cortado al principio ya no se distingue: se cree a su nombre.
    return start == b"PAR1" or (path.suffix.lower() in (".parquet", ".pq") and start != b"ARRO")


@contextmanager
def _open_arrow(path: Path) -> Iterator[Any]:
    """Un lector de lotes: de un archivo de arrow (feather incluido) o de un flujo."""
    import pyarrow as pa

    with path.open("rb") as file:
        start = file.read(6)
    # Sin memory_map: si alguien acorta el archivo mientras se lee, mataría el proceso.
    with pa.OSFile(str(path)) as source:
        opened = pa.ipc.open_file(source) if start == b"ARROW1" else pa.ipc.open_stream(source)
        with opened as reader:
            yield reader


def _read_batches(path: Path, places: list[int]) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    if _is_parquet(path):
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            # Con dos columnas del mismo nombre no se puede pedir una: se leen todas.
            unique = len(set(names)) == len(names)
            wanted = [names[n] for n in places] if unique else None
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted):
                yield batch.select(wanted if unique else places)
        return
    with _open_arrow(path) as reader:
        random = hasattr(reader, "num_record_batches")
        parts = map(reader.get_batch, range(reader.num_record_batches)) if random else reader
        for part in parts:
            for start in range(0, part.num_rows, BATCH_ROWS):
                yield part.select(places).slice(start, BATCH_ROWS)


def _holds_objects(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_struct(kind) or pa.types.is_map(kind) or pa.types.is_union(kind)


def _list_rows(batch: pa.RecordBatch, line: int, name: str, asides: AsideLog) -> Iterator[Row]:
    import pyarrow as pa

    binary = any(pa.types.is_binary(c.type) or pa.types.is_large_binary(c.type) for c in batch)
    cells = zip(*(_list_cells(column) for column in batch), strict=True)
    for number, row in enumerate(map(list, cells), start=line):
        shown = " | ".join(each for each in row if isinstance(each, str)) if binary else ""
        if binary and has_bad_bytes(shown):
            asides.add(name, number, BAD_BYTES, shown.encode("utf-8", "replace").decode("utf-8"))
        else:
            yield number, row


def _list_cells(column: pa.Array) -> list[Any]:
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    cells = column.to_pylist()
    plain = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean)
    if any(is_kind(kind) for is_kind in plain):
        return cells
    return [_clean(cell) for cell in cells]


def _clean(cell: Any) -> Any:
    """El valor como lo escribiría un csv: fechas en ISO, NaN vacío, bytes como texto."""
    if isinstance(cell, float):
        return None if cell != cell else cell
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "surrogateescape")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, decimal.Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return str(cell) if isinstance(cell, datetime.timedelta) else cell


def _read_features(schema: pa.Schema) -> Any:
    """Lo que datasets apunta de sus columnas en el esquema, o vacío."""
    try:
        written = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        return written["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}


def _find_classes(features: Any, columns: Sequence[str]) -> dict[str, list[str]]:
    """Los nombres de las clases de cada columna ``ClassLabel``."""
    if not isinstance(features, dict):
        return {}
    return {
        name: [str(each) for each in feature["names"]]
        for name, feature in features.items()
        if name in columns and isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    }
