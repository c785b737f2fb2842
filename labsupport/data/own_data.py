"""Cualquier dataset con un texto y una clase, puesto en la forma que usan los cuadernos.

La forma es la de las reseñas: splits ``train`` y ``test``, columnas ``text`` y ``label``, y
``label`` una ``ClassLabel``. Lo que ya la tiene se usa tal cual; lo demás se copia una vez a la
caché, y se dice qué se encontró y qué se decidió.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.csv_files import find_form
from labsupport.base.errors import LabError, suggest_name
from labsupport.base.files import replace_folder
from labsupport.data.subset import LABEL_COLUMN, TEXT_COLUMN

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import ClassLabel, Dataset, DatasetDict

FORMATS = {".csv": "csv", ".tsv": "csv", ".jsonl": "json", ".json": "json", ".parquet": "parquet"}
# Nombres frecuentes, en minúsculas, cuando la columna no se llama text o label.
TEXT_NAMES = ("text", "texto", "sentence", "review", "reseña", "content", "comment", "comentario")
LABEL_NAMES = ("label", "labels", "etiqueta", "clase", "class", "category", "categoria")
LABEL_NAMES += ("stars", "estrellas", "rating", "sentiment", "sentimiento")
VALIDATION_NAMES = ("validation", "valid", "dev", "eval")
MAX_CLASSES = 100
EVAL_SHARE = 0.2
SUMMARY = "resumen.txt"


def prepare_dataset(
    path: str,
    text_column: str | None = None,
    label_column: str | None = None,
    seed: int = 42,
    say: Callable[[str], None] = print,
) -> str:
    """Devuelve la carpeta de un dataset listo para los cuadernos, y cuenta qué se decidió.

    ``path``: archivo csv, tsv, jsonl o parquet, o una carpeta con ellos; ``text_column`` y
    ``label_column``: las columnas, o None para encontrarlas; ``seed``: la del reparto si no
    hay split de evaluación. Lanza LabError, con las columnas que hay y el parámetro que las
    elige, si no se puede saber cuáles son o si las etiquetas no son clases.
    """
    dataset = load_any(path)
    text, label = find_columns(dataset, text_column, label_column)
    if (text, label) == (TEXT_COLUMN, LABEL_COLUMN) and _is_ready(dataset):
        return path
    target = _cache_folder(path, text, label, seed)
    if not (target / SUMMARY).is_file():
        _write(target, dataset, text, label, seed)
    say((target / SUMMARY).read_text(encoding="utf-8"))
    return str(target)


def load_any(path: str) -> DatasetDict:
    """Carga con ``load_dataset`` un archivo suelto o una carpeta.

    Lanza LabError si el formato no se conoce, si el archivo está roto o si no hay datos.
    """
    from datasets import load_dataset

    file = Path(path)
    try:
        if not file.is_file():
            return load_dataset(path)
        options = _find_csv_options(file) if FORMATS.get(file.suffix.lower()) == "csv" else {}
        with _without_counting():
            return load_dataset(_format_of(file), data_files=str(file), **options)
    except (LabError, MemoryError):
        raise
    except Exception as error:
        if _is_machine_fault(error) or _is_machine_fault(error.__cause__):
            raise
        raise LabError(_explain_loading(file.name, error)) from error


@contextmanager
def _without_counting() -> Iterator[None]:
    """Evita que datasets avise a un servidor cada vez que alguien lee un archivo propio."""
    from datasets import config

    counted = config.HF_UPDATE_DOWNLOAD_COUNTS
    config.HF_UPDATE_DOWNLOAD_COUNTS = False
    try:
        yield
    finally:
        config.HF_UPDATE_DOWNLOAD_COUNTS = counted


def find_columns(
    dataset: Mapping[str, Any], text_column: str | None = None, label_column: str | None = None
) -> tuple[str, str]:
    """Devuelve (columna del texto, columna de la etiqueta).

    Lanza LabError, con las columnas que hay, si la pedida no está o si no se ve cuál es.

    >>> from datasets import Dataset
    >>> rows = Dataset.from_dict({"id": [1], "reseña": ["Rico."], "estrellas": [5]})
    >>> find_columns({"train": rows})
    ('reseña', 'estrellas')
    """
    features = next(iter(dataset.values())).features
    texts = [name for name, feature in features.items() if _is_text(feature)]
    label = _pick("label_column", label_column, LABEL_NAMES, features, _likely_labels(features))
    text = _pick(
        "text_column", text_column, TEXT_NAMES, features, [name for name in texts if name != label]
    )
    if text == label:
        raise _unknown_column("label_column", features)
    return text, label


def _pick(
    parameter: str, asked: str | None, usual: tuple[str, ...], features: Any, likely: list[str]
) -> str:
    if asked is not None:
        if asked not in features:
            hint = suggest_name(asked, features)
            raise LabError(
                f"No hay una columna «{asked}».{hint} {_unknown_column(parameter, features)}"
            )
        return asked
    named = [name for name in features if name.lower() in usual]
    exact = [name for name in named if name == usual[0]]
    for found in (exact, named, likely):
        if len(found) == 1:
            return found[0]
    raise _unknown_column(parameter, features)


def _unknown_column(parameter: str, features: Any) -> LabError:
    what = "el texto" if parameter == "text_column" else "la etiqueta"
    return LabError(
        f"No sé en qué columna está {what}. Hay estas: {', '.join(features)}. Escribe su nombre "
        f"en «{parameter}»."
    )


def _is_text(feature: Any) -> bool:
    return getattr(feature, "dtype", "") in ("string", "large_string", "string_view")


def _likely_labels(features: Any) -> list[str]:
    classes = [name for name, feature in features.items() if hasattr(feature, "names")]
    others = [name for name, feature in features.items() if not _is_text(feature)]
    # Con dos columnas, la que no es el texto es la etiqueta.
    return classes or (others if len(features) == 2 else [])


def _is_ready(dataset: DatasetDict) -> bool:
    if not {"train", "test"} <= set(dataset):
        return False
    return all(_has_classes(dataset[split]) for split in ("train", "test"))


def _has_classes(rows: Dataset) -> bool:
    import pyarrow.compute as pc

    feature = rows.features[LABEL_COLUMN]
    if not hasattr(feature, "names") or not _is_text(rows.features[TEXT_COLUMN]):
        return False
    column = rows.with_format("arrow").data.column(LABEL_COLUMN)
    limits = pc.min_max(column)
    inside = limits["min"].as_py() is not None and limits["min"].as_py() >= 0
    missing = column.null_count + rows.data.column(TEXT_COLUMN).null_count
    return inside and limits["max"].as_py() < len(feature.names) and not missing


def _write(target: Path, dataset: DatasetDict, text: str, label: str, seed: int) -> None:
    """Escribe los dos splits y el resumen, todo o nada."""
    splits, decision = _choose_splits(dataset, label, seed)
    classes = _find_classes(splits, label)
    with replace_folder(target) as folder:
        lost = 0
        for name, rows in splits.items():
            ready = _convert(rows, text, label, *classes)
            lost += len(rows) - len(ready)
            _check_not_empty(ready, name)
            ready.to_parquet(folder / f"{name}-00000-of-00001.parquet")
        sentence = _summarise(text, label, classes[1].names, decision, lost)
        (folder / SUMMARY).write_text(sentence, encoding="utf-8")


def _choose_splits(dataset: DatasetDict, label: str, seed: int) -> tuple[dict[str, Dataset], str]:
    """Devuelve train y test, y la frase que dice de dónde salen."""
    labelled = [name for name in dataset if _has_labels(dataset[name], label)]
    if not labelled:
        raise LabError(f"Ninguna fila tiene etiqueta en «{label}»: revisa el dataset o la columna.")
    train = "train" if "train" in labelled else labelled[0]
    if train != "train" and len(labelled) > 1:
        raise LabError(
            f"El dataset no tiene el split «train»: tiene {', '.join(dataset)}. Elige otro, o pon "
            "en «dataset_name» el archivo del que quieras."
        )
    others = [name for name in ("test", *VALIDATION_NAMES) if name in labelled and name != train]
    if others:
        return {"train": dataset[train], "test": dataset[others[0]]}, (
            f"Se entrena con el split «{train}» y se evalúa con «{others[0]}»."
        )
    return _divide(dataset[train], seed), (
        f"No hay split de evaluación con etiquetas: se aparta el {EVAL_SHARE:.0%} de «{train}», al "
        f"azar con la semilla {seed}."
    )


def _divide(rows: Dataset, seed: int) -> dict[str, Dataset]:
    if len(rows) < 2:
        raise LabError("Hay menos de dos filas: añade más al dataset para poder evaluar.")
    parts = rows.train_test_split(test_size=EVAL_SHARE, seed=seed)
    return {"train": parts["train"], "test": parts["test"]}


def _has_labels(rows: Dataset, label: str) -> bool:
    """Muchos datasets publican su test sin etiquetas: con -1 o vacías."""
    if label not in rows.column_names:
        return False
    if not hasattr(rows.features[label], "names"):
        return rows.data.column(label).null_count < len(rows)
    import pyarrow.compute as pc

    greatest = pc.max(rows.data.column(label)).as_py()
    return greatest is not None and greatest >= 0


def _find_classes(splits: dict[str, Dataset], label: str) -> tuple[pa.Array, ClassLabel]:
    """Devuelve los valores que hay en la columna y la ClassLabel que los nombra, en ese orden."""
    import pyarrow as pa
    from datasets import ClassLabel

    feature = splits["train"].features[label]
    if hasattr(feature, "names"):
        _check_range(splits, label, len(feature.names))
        return pa.array(range(len(feature.names))), feature
    found = {
        value for rows in splits.values() for value in rows.data.column(label).unique().to_pylist()
    }
    values = sorted(found - {None, ""})
    _check_classes(values, label)
    names = [str(int(value)) if isinstance(value, float) else str(value) for value in values]
    kind = splits["train"].data.schema.field(label).type
    return pa.array(values, kind), ClassLabel(names=names)


def _check_range(splits: dict[str, Dataset], label: str, classes: int) -> None:
    wrong = {
        value for rows in splits.values() for value in rows.data.column(label).unique().to_pylist()
    }
    wrong = sorted(value for value in wrong if value is not None and not -1 <= value < classes)
    if wrong:
        raise LabError(
            f"La columna «{label}» tiene etiquetas fuera de 0 a {classes - 1} ({wrong[0]}): "
            "corrige esas filas o elige otra en «label_column»."
        )


def _check_classes(values: list, label: str) -> None:
    fractions = [value for value in values if isinstance(value, float) and value % 1]
    if fractions:
        raise LabError(
            f"La columna «{label}» tiene decimales ({fractions[0]:g}), y aquí se clasifica: "
            "redondéalos a clases o elige otra en «label_column»."
        )
    if len(values) > MAX_CLASSES:
        raise LabError(
            f"La columna «{label}» tiene {len(values)} valores distintos y el máximo son "
            f"{MAX_CLASSES} clases: elige en «label_column» la que tiene la clase."
        )
    if len(values) < 2:
        raise LabError(
            f"La columna «{label}» tiene una sola clase ({values[0] if values else 'ninguna'}): "
            "para clasificar hacen falta dos o más."
        )


def _convert(
    rows: Dataset, text: str, label: str, values: pa.Array, classes: ClassLabel
) -> Dataset:
    """Deja text y label, con la posición de cada valor, y quita lo que no tiene uno de los dos."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from datasets import Dataset, Features, Value

    table = rows.select_columns([text, label]).with_format("arrow")[:]
    texts = table[text].cast(pa.string())
    codes = pc.index_in(table[label], value_set=values.cast(table[label].type)).cast(pa.int64())
    full = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0)
    keep = pc.and_(pc.fill_null(full, False), pc.is_valid(codes))
    table = pa.table({TEXT_COLUMN: texts, LABEL_COLUMN: codes}).filter(keep)
    features = Features({TEXT_COLUMN: Value("string"), LABEL_COLUMN: classes})
    return Dataset(table.cast(features.arrow_schema), info=None).cast(features)


def _check_not_empty(rows: Dataset, split: str) -> None:
    if not len(rows):
        raise LabError(f"El split «{split}» no tiene ninguna fila con texto y etiqueta: revísalo.")


def _summarise(text: str, label: str, names: list[str], decision: str, lost: int) -> str:
    shown = ", ".join(names[:10]) + (" y más" if len(names) > 10 else "")
    dropped = f" Se dejan fuera {lost} filas sin texto o sin etiqueta." if lost else ""
    return (
        f"Texto: «{text}». Etiqueta: «{label}», {len(names)} clases ({shown}). {decision}{dropped}"
    )


def _cache_folder(path: str, text: str, label: str, seed: int) -> Path:
    """Una carpeta por cada contenido y cada decisión: si el archivo cambia, se prepara otra vez."""
    from huggingface_hub import constants

    source = Path(path).resolve()
    identity = repr((_identify(source), text, label, seed))
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    return Path(constants.HF_HOME, "laboratorio", f"{source.stem}-{digest}")


def _identify(source: Path) -> Any:
    if source.is_file():
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(source.rglob("*.*"))
    marks = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return str(source), marks


def _format_of(file: Path) -> str:
    found = FORMATS.get(file.suffix.lower())
    if found is None:
        raise LabError(
            f"No sé leer {file.name}: guárdalo como {', '.join(FORMATS)} y repite (desde una hoja "
            "de cálculo, «Guardar como» CSV)."
        )
    return found


def _find_csv_options(file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        form = find_form(content, file.name)
    return {"encoding": form.encoding, "sep": form.separator, "skiprows": form.skipped}


def _is_machine_fault(error: BaseException | None) -> bool:
    """Disco lleno o sin permiso: no es culpa del archivo y se cuenta en otra parte."""
    missing = (FileNotFoundError, UnicodeDecodeError)
    return isinstance(error, OSError) and not isinstance(error, missing)


def _explain_loading(name: str, error: Exception) -> str:
    if "Config name is missing" in str(error):
        return (
            f"{name} son varios datasets en uno: pon en «dataset_name» el archivo del que quieras."
        )
    if type(error).__name__ in ("DataFilesNotFoundError", "EmptyDatasetError", "FileNotFoundError"):
        return f"En {name} no hay archivos csv, jsonl ni parquet: revisa «dataset_name»."
    return (
        f"No se puede leer {name}: está vacío, dañado o no es lo que dice su extensión. Ábrelo "
        "para comprobarlo y guárdalo otra vez."
    )
