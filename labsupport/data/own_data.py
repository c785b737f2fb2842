"""Cualquier dataset con un texto y una clase, puesto en la forma que usan los cuadernos.

La forma es la de las reseñas: splits ``train``, ``validation`` y ``test``, columnas ``text`` y
``label``, y ``label`` una ``ClassLabel``. Lo que ya la tiene se usa tal cual (también sin
``validation``: la aparta de train ``load_subset``); lo demás se copia una vez a la caché, y se dice
qué se encontró y qué se decidió.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.files import replace_folder, write_atomically
from labsupport.base.paths import PACKAGE
from labsupport.base.tables import format_percent, join_names
from labsupport.data.columns import ASKED, UnknownColumns
from labsupport.data.data_report import DataReport
from labsupport.data.describing import describe_rows
from labsupport.data.gathering import SAMPLED_ROWS, Gathered, gather_rows
from labsupport.data.locations import split_sheet
from labsupport.data.reading.headers import UnknownHeader
from labsupport.data.sampling import Split
from labsupport.data.splits import divide
from labsupport.data.subset import LABEL_COLUMN, TEST, TEXT_COLUMN, TRAIN, VALIDATION

if TYPE_CHECKING:
    from datasets import Dataset

REPORT = "resumen.json"
CHOICES = "respuestas.json"
# De unos datos que nadie ha tenido que explicar: ni texto, ni etiqueta, ni cabecera.
NOTHING = (None, None, None)


def prepare_dataset(
    path: str,
    text_column: str | None = None,
    label_column: str | None = None,
    seed: int = 42,
    say: Callable[[str], None] = print,
    *,
    header: bool | None = None,
    rows: int = 0,
    remember: bool = False,
) -> str:
    """Devuelve la carpeta de un dataset listo para los cuadernos, y cuenta qué se decidió.

    ``path``: archivo (csv, tsv, hoja de cálculo, json, jsonl, parquet, también en gz o zip) o una
    carpeta con ellos; de una hoja de cálculo, ``archivo.xlsx#Hoja``. ``text_column`` y
    ``label_column``: las columnas, o None para encontrarlas; ``header``: si la primera fila son
    sus nombres, o None para averiguarlo; ``seed``: la del reparto si falta algún split;
    ``rows``: las que harán falta de cada split, que nunca se dejan fuera; ``remember``: si lo que
    se dice de las columnas vale también para la próxima vez. Lanza LabError, con qué
    hacer, si no se puede leer, si no se sabe qué columnas usar o si las etiquetas no son clases.
    """
    place, sheet = split_sheet(path)
    source = Path(place)
    if _is_ready(source):
        return path
    identity = _identify(source)
    options = {"header": header, "sheet": sheet, "seed": seed, "enough": max(SAMPLED_ROWS, rows)}
    earlier = _recall_answers(identity) if remember else NOTHING
    target = _name_folder(source, identity, (text_column, label_column, earlier, options))
    if not (target / REPORT).is_file():
        gathered = _gather(source, text_column, label_column, earlier, options)
        _write(target, source, gathered, seed)
    report = load_report(str(target))
    assert report is not None, "la carpeta se acaba de escribir entera"
    if remember:
        _remember_answers(identity, report, header)
    say(report.summarise())
    return str(target)


def _gather(
    source: Path,
    text: str | None,
    label: str | None,
    earlier: Sequence[Any],
    options: Mapping[str, Any],
) -> Gathered:
    """Lee las filas; si no se ve algo que ya se contestó en otro cuaderno, vale lo que se dijo."""
    try:
        return gather_rows(source, text, label, **options)
    except (UnknownColumns, UnknownHeader):
        header = earlier[2] if options["header"] is None else options["header"]
        # Con otra cabecera, las columnas se llaman de otra manera.
        known = earlier[:2] if header == earlier[2] else (None, None)
        again = (text or known[0], label or known[1])
        if (*again, header) == (text, label, options["header"]):
            raise
        gathered = gather_rows(source, *again, **{**options, "header": header})
        gathered.notes.append("lo que no se ve en los datos es lo que dijiste la última vez")
        return gathered


def load_report(folder: str) -> DataReport | None:
    """Devuelve lo que se apuntó al preparar ``folder``; None si no es una copia preparada."""
    path = Path(folder, REPORT)
    return DataReport(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _write(target: Path, source: Path, gathered: Gathered, seed: int) -> None:
    """Escribe los dos splits y lo que se encontró, todo o nada."""
    from datasets.utils import disable_progress_bars

    disable_progress_bars()
    report = describe_rows(gathered, source.name)
    parts = choose_parts(gathered, seed, report)
    with replace_folder(target) as folder:
        for name, (texts, labels) in parts.items():
            rows = _build(texts, labels, gathered.classes.names)
            rows.to_parquet(folder / f"{name}-00000-of-00001.parquet")
        (folder / REPORT).write_text(report.to_json(), encoding="utf-8")


Parts = dict[str, tuple[list[str], np.ndarray]]


def choose_parts(gathered: Gathered, seed: int, report: DataReport) -> Parts:
    """Devuelve los textos y las clases de train, validation y test, y lo dice en ``report``.

    Ningún texto queda en dos partes: si ya venían separadas, la copia se queda en la que mide.
    """
    splits = gathered.splits
    train = splits.get(TRAIN) or (next(iter(splits.values())) if len(splits) == 1 else None)
    if train is None:
        raise LabError(
            f"El dataset no tiene el split «train»: tiene {', '.join(splits)}. Pon en "
            "«dataset_name» el archivo del que quieras."
        )
    given = [splits[n] for n in (TEST, VALIDATION) if n in splits and splits[n] is not train]
    if not given:
        return _divide_train(gathered, train, seed, report)
    return _keep_splits(gathered, train, given, seed, report)


def _divide_train(gathered: Gathered, train: Split, seed: int, report: DataReport) -> Parts:
    """Un solo split: de él salen los tres."""
    labels, groups = np.array(train.labels), gathered.copies_of(train.name)
    tested = divide(labels, groups, seed)
    validated = _set_aside(labels, groups, ~tested, seed)
    if not tested.any():
        raise LabError(
            "Todas las filas dicen lo mismo, o hay menos de dos: añade más al dataset para "
            "poder evaluar."
        )
    report.decisions.append(
        f"no hay split de evaluación con etiquetas: se aparta el {format_percent(tested.mean(), 0)}"
        f" de las filas para la prueba y el {format_percent(validated.mean(), 0)} para validar, "
        f"repartidas entre las clases, al azar con la semilla {seed}; las copias de un texto van "
        "al mismo lado"
    )
    report.decisions += _name_unmeasured(labels, labels[tested], gathered.classes.names)
    parts = {TRAIN: ~tested & ~validated, VALIDATION: validated, TEST: tested}
    return {name: _take(train.texts, labels, mask) for name, mask in parts.items() if mask.any()}


def _keep_splits(
    gathered: Gathered, train: Split, given: list[Split], seed: int, report: DataReport
) -> Parts:
    """Los splits como venían, sin las copias; si el de validación no viene, sale de train."""
    test, *rest = given
    others = [name for name in gathered.splits if name not in {s.name for s in (train, *given)}]
    exam = gathered.copies_of(test.name)
    parts = {TEST: (test.texts, np.array(test.labels))}
    measured, said = exam, ""
    for split in rest:
        kept = ~np.isin(gathered.copies_of(split.name), exam)
        if kept.any():
            parts[VALIDATION] = _take(split.texts, np.array(split.labels), kept)
            measured = np.concatenate([exam, gathered.copies_of(split.name)])
            said = f", se valida con «{split.name}»"
    labels, groups = np.array(train.labels), gathered.copies_of(train.name)
    kept = ~np.isin(groups, measured)
    if not kept.any():
        raise LabError(
            f"Todos los textos de «{train.name}» están también en «{test.name}»: así no se "
            "puede evaluar. Pon en «dataset_name» un solo archivo y el laboratorio lo reparte."
        )
    report.leaks = int((~kept).sum())
    validated = np.zeros_like(kept)
    if VALIDATION not in parts and (validated := _set_aside(labels, groups, kept, seed)).any():
        parts[VALIDATION] = _take(train.texts, labels, validated)
        said = f", se valida con el {format_percent(validated.mean(), 0)} de él, apartado al azar,"
    parts[TRAIN] = _take(train.texts, labels, kept & ~validated)
    report.decisions.append(
        f"se entrena con el split «{train.name}»{said} y se evalúa con «{test.name}»"
        + "".join(f"; «{name}» no se usa" for name in others)
    )
    return {name: parts[name] for name in (TRAIN, VALIDATION, TEST) if name in parts}


def _set_aside(labels: np.ndarray, groups: np.ndarray, mask: np.ndarray, seed: int) -> np.ndarray:
    """De las filas de ``mask``, las que se apartan para validar; otra máscara igual de larga."""
    apart = np.zeros(len(labels), dtype=bool)
    places = np.flatnonzero(mask)
    if len(places):
        apart[places] = divide(labels[places], groups[places], seed)
    return apart


def _name_unmeasured(labels: np.ndarray, tested: np.ndarray, names: list[str]) -> list[str]:
    """Las clases sin ninguna fila de evaluación: se aprenden y no se miden."""
    alone = [names[label] for label in np.setdiff1d(labels, tested)]
    if not alone:
        return []
    shown = join_names(f"«{name}»" for name in alone[:6]) + " y otras" * (len(alone) > 6)
    return [f"de {shown} no hay filas para evaluar: se entrena con ellas y no se puede medir"]


def _take(texts: list[str], labels: np.ndarray, mask: np.ndarray) -> tuple[list[str], np.ndarray]:
    places = np.flatnonzero(mask)
    return [texts[i] for i in places.tolist()], labels[places]


def _build(texts: list[str], labels: np.ndarray, names: list[str]) -> Dataset:
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features({TEXT_COLUMN: Value("string"), LABEL_COLUMN: ClassLabel(names=names)})
    return Dataset.from_dict({TEXT_COLUMN: texts, LABEL_COLUMN: labels}, features=features)


def _is_ready(source: Path) -> bool:
    """Si es una carpeta de parquet con train y test en la forma de los cuadernos, y nada más."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    files = sorted(source.rglob("*.parquet")) if source.is_dir() else []
    splits = {split for file in files for split in (TRAIN, TEST) if file.name.startswith(split)}
    if len(splits) < 2 or any(file.suffix in (".csv", ".jsonl") for file in source.rglob("*.*")):
        return False
    try:
        return all(_is_usual(read_schema(file), file) for file in files)
    except (ArrowException, OSError):
        return False


def _is_usual(schema: Any, file: Path) -> bool:
    from pyarrow.parquet import read_table

    about = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    label = about.get("info", {}).get("features", {}).get(LABEL_COLUMN, {})
    if set(schema.names) != {TEXT_COLUMN, LABEL_COLUMN} or "names" not in label:
        return False
    import pyarrow.compute as pc

    table = read_table(file, columns=[LABEL_COLUMN])
    limits = pc.min_max(table[LABEL_COLUMN]).as_py()
    inside = limits["min"] is not None and 0 <= limits["min"] <= limits["max"] < len(label["names"])
    return inside and not table[LABEL_COLUMN].null_count


def _name_folder(source: Path, identity: Any, decisions: tuple[Any, ...]) -> Path:
    """Una carpeta por cada contenido y cada decisión: si el archivo cambia, se prepara otra vez.

    También si cambia este lector: quien lo actualiza no debe seguir con las filas de antes.
    """
    name = re.sub(r"\W+", "-", source.stem)[:40]
    return _home() / f"{name}-{_digest((identity, decisions, _identify_reader()))}"


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _home() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HOME, "laboratorio")


def _identify(source: Path) -> Any:
    """Lo que dice el archivo o, de una carpeta, qué archivos tiene y de cuándo son."""
    if source.is_file():
        with source.open("rb") as file:
            return source.suffix, hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(path for path in source.rglob("*") if path.is_file())
    names = [file.relative_to(source).as_posix() for file in files]
    marks = [(file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return str(source.resolve()), list(zip(names, marks, strict=True))


def _identify_reader() -> str:
    digest = hashlib.sha256()
    files = [*(PACKAGE / "data").rglob("*.py"), PACKAGE / "base" / "encodings.py"]
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _recall_answers(identity: Any) -> Sequence[Any]:
    return _load_choices().get(_digest(identity), NOTHING)


def _remember_answers(identity: Any, report: DataReport, header: bool | None) -> None:
    """Cada cuaderno pregunta por su cuenta: basta con contestar en uno."""
    columns = report.columns
    if header is None and ASKED not in columns.values():
        return
    chosen = {_digest(identity): (columns["text"], columns["label"], header)}
    write_atomically(_home() / CHOICES, json.dumps({**_load_choices(), **chosen}, indent=1))


def _load_choices() -> dict[str, Any]:
    try:
        return json.loads((_home() / CHOICES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
