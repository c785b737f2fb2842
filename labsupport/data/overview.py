"""Lo que se enseña de unos datos antes de usarlos, en el cuaderno 01 y en la línea de órdenes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from labsupport.data.checkpoints import check_usable
from labsupport.data.data_report import DataReport
from labsupport.data.describing import describe_rows, guess_language, measure_tokens
from labsupport.data.gathering import Gathered, gather_rows
from labsupport.data.languages import list_languages
from labsupport.data.own_data import load_report
from labsupport.settings import Settings

# Lo del Hub está en una carpeta que se llama como su versión.
COMMIT = re.compile(r"[0-9a-f]{40}")


def describe_data(settings: Settings) -> DataReport:
    """Devuelve qué hay en el dataset en vigor: filas, columnas, clases, largos y avisos.

    De unos datos propios es lo que se apuntó al prepararlos. Lanza LabError si no se pueden leer.
    """
    folder = Path(settings.dataset_path)
    report = load_report(str(folder))
    if report is None:
        gathered = gather_rows(folder, settings.text_column, settings.label_column)
        return describe_gathered(gathered, settings)
    if COMMIT.fullmatch(report.file):
        report.file = settings.dataset_name
    return _look_at_texts(report, _load_texts(folder), settings)


def describe_gathered(gathered: Gathered, settings: Settings) -> DataReport:
    """Devuelve el informe de unas filas ya leídas, con sus largos si el modelo está a mano."""
    report = describe_rows(gathered, Path(settings.dataset_name).name)
    texts = [text for split in gathered.splits.values() for text in split.texts]
    return _look_at_texts(report, texts, settings)


def list_rows(gathered: Gathered, count: int) -> list[dict[str, str]]:
    """Devuelve las primeras ``count`` filas que se quedan, en el orden del archivo.

    Hay que haberlas leído con ``shown`` igual a ``count`` o mayor.
    """
    names = gathered.classes.names
    pairs = chain.from_iterable(split.first for split in gathered.splits.values())
    return [{"texto": text, "etiqueta": names[label]} for text, label in islice(pairs, count)]


def _load_texts(folder: Path) -> list[str]:
    import pyarrow as pa
    from pyarrow.parquet import read_table

    tables = [read_table(file, columns=["text"]) for file in sorted(folder.glob("*.parquet"))]
    return pa.concat_tables(tables)["text"].to_pylist()


def _look_at_texts(report: DataReport, texts: Sequence[str], settings: Settings) -> DataReport:
    """Lo que tarda un segundo y solo hace falta si alguien lo va a leer."""
    report.language = guess_language(texts)
    report.tokens = _measure(texts, settings, report.language)
    return report


def _measure(texts: Sequence[str], settings: Settings, language: str) -> dict[str, Any]:
    folder = Path(settings.model_folder or "no está")
    if not folder.is_dir():
        return {}
    check_usable(folder, settings.model_name)
    tokens = measure_tokens(texts, folder, settings.max_length, settings.data_seed)
    reads = list_languages(settings)
    return {**tokens, "reads": language if language in reads else next(iter(reads), "")}
