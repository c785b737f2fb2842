"""El informe de una ejecución: un solo ``informe.html`` que se abre sin red y se imprime bien.

Lee lo que hay en la carpeta de la ejecución (``run.json``, ``results/*.json`` y los cuadernos
ejecutados) y no calcula nada que no salga de ahí. Lo que falte o esté roto, lo dice.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.tables import format_number
from labsupport.evaluation.comparison import LESSONS, join_names, reorder_predictions
from labsupport.evaluation.results import Predictions, read_predictions
from labsupport.report.templating import render_template
from labsupport.running.execution import DONE

if TYPE_CHECKING:
    import pandas as pd

    from labsupport.report.plots import Plot

REPORT = "informe.html"
RECORD = "run.json"
TEMPLATE = "informe.html.j2"
FLOOR = "Sin leer"
# Nombre de cada archivo de resultados en las tablas, en el orden en que salen.
NAMES = {
    "05_evaluacion-sin-leer": FLOOR,
    "05_evaluacion-tfidf": "TF-IDF",
    "00_inicio": "Cuaderno 0",
    **LESSONS,
}
HISTORY = ("epoch", "train_loss", "eval_loss", "accuracy")


@dataclass
class Table:
    """Una tabla lista para la plantilla: celdas de texto; la primera columna nombra la fila."""

    caption: str
    header: list[str]
    rows: list[list[str]]
    numbers_from: int = 1


@dataclass
class Figure:
    """Una figura lista para la plantilla: SVG en base64, texto alternativo y sus números."""

    caption: str
    image: str
    alt: str
    numbers: Table


@dataclass
class Found:
    """Lo que había en ``results/``: predicciones por nombre y frases sobre lo que no se leyó."""

    models: dict[str, Predictions] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def find_latest_run(parent: Path | None = None) -> Path:
    """Devuelve la carpeta de la última ejecución de ``parent`` (por omisión, ``runs/``).

    Lanza LabError si no hay ninguna.
    """
    parent = parent or paths.runs_folder()
    records = list(parent.glob(f"*/{RECORD}"))
    if not records:
        raise LabError(
            f"No hay ninguna ejecución en {parent.name}/: haz antes `make lab` "
            "(o `python -m labsupport run`)."
        )
    return max(records, key=lambda path: path.stat().st_mtime_ns).parent


def write_report(folder: Path, out: Path | None = None) -> Path:
    """Escribe el informe de la ejecución que hay en ``folder``, entero o nada, y da su ruta.

    ``out``: archivo o carpeta donde dejarlo (por omisión, ``informe.html`` en ``folder``).
    Lanza LabError si ``folder`` no es de una ejecución u ``out`` no está en ninguna carpeta.
    """
    folder = folder.absolute()
    out = (out or folder / REPORT).absolute()
    if out.is_dir():
        out = out / REPORT
    if not out.parent.is_dir():
        raise LabError(f"No existe la carpeta {out.parent}: créala o elige otra con --out.")
    write_atomically(out, render_report(folder, out.parent))
    return out


def render_report(folder: Path, links_from: Path | None = None) -> str:
    """Devuelve el HTML del informe; los enlaces a cuadernos son relativos a ``links_from``.

    Lanza LabError si ``folder`` no tiene un ``run.json`` que se pueda leer.
    """
    record = _read_record(folder)
    found = _read_results(folder / "results")
    context = _build_context(record, found, folder, links_from or folder)
    return render_template(TEMPLATE, context)


def _build_context(
    record: dict[str, Any], found: Found, folder: Path, links_from: Path
) -> dict[str, Any]:
    group = _choose_group(found.models)
    notes = [*found.notes, *_describe_origins(record, found.models)]
    return {
        "started": _spell_date(record.get("started", folder.name)),
        "headline": _describe_outcomes(record),
        "notes": [*notes, *_describe_other_groups(found.models, group)],
        "results": _tabulate_results(found.models),
        "pairs": _tabulate_pairs(group),
        "figures": _draw_figures(found.models, group),
        "notebooks": _list_notebooks(record, folder, links_from),
        "parameters": _tabulate_parameters(record),
        "changes": _describe_changes(record, found.models),
        "devices": _describe_devices(found.models),
        "versions": _tabulate_versions(record),
    }


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise LabError(
            f"{folder.name} no es la carpeta de una ejecución (le falta {RECORD}): "
            "elige una de las de runs/."
        ) from None
    except ValueError:
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("notebooks"), list):
        raise LabError(f"El {RECORD} de {folder.name} está dañado: ejecuta otra vez `make lab`.")
    return record


def _read_results(folder: Path) -> Found:
    found = Found()
    read = {}
    for path in sorted(folder.glob("*.json")):
        try:
            predictions = read_predictions(path)
        except LabError as error:
            found.notes.append(str(error))
        else:
            read[predictions.lesson] = predictions
    order = [
        *(name for name in NAMES if name in read),
        *(name for name in read if name not in NAMES),
    ]
    found.models = {NAMES.get(lesson, lesson): read[lesson] for lesson in order}
    return found


def _choose_group(models: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Elige los modelos que respondieron a las mismas reseñas: el grupo con más lecciones."""
    groups: dict[str, dict[str, Predictions]] = {}
    for name, each in models.items():
        groups.setdefault(_identify_evaluation(each), {})[name] = each
    lessons = set(LESSONS.values())
    group = max(groups.values(), key=lambda g: (len(lessons & set(g)), len(g)), default={})
    first = next(iter(group.values()), None)
    return {name: reorder_predictions(each, first.index) for name, each in group.items()}


def _identify_evaluation(predictions: Predictions) -> str:
    """Devuelve un texto igual para dos predicciones solo si respondieron al mismo examen."""
    answers = sorted(zip(predictions.index, predictions.labels, strict=True), key=str)
    dataset = predictions.parameters.get("dataset_name")
    return json.dumps([dataset, predictions.label_names, answers])


def _describe_origins(record: dict[str, Any], models: Mapping[str, Predictions]) -> list[str]:
    """Avisa de los resultados que no son de un cuaderno terminado en esta ejecución."""
    status = {each.get("notebook"): each.get("status") for each in record["notebooks"]}
    earlier, broken = [], []
    for name, each in models.items():
        notebook = each.lesson.split("-")[0]
        if notebook not in status:
            earlier.append(name)
        elif status[notebook] != DONE:
            broken.append(name)
    notes = []
    if earlier:
        notes.append(
            f"De una ejecución anterior, porque en esta no se pidieron: {join_names(earlier)}."
        )
    if broken:
        notes.append(
            f"Su cuaderno no terminó, así que toma estas cifras con cuidado: {join_names(broken)}."
        )
    return notes


def _describe_other_groups(
    models: Mapping[str, Predictions], group: Mapping[str, Predictions]
) -> list[str]:
    others = [name for name in models if name not in group]
    if not others:
        return []
    return [
        f"Con otras reseñas de evaluación que los demás: {join_names(others)}. Sus cifras no se "
        "comparan con las otras filas y no están en las figuras ni en los pares."
    ]


def _describe_outcomes(record: dict[str, Any]) -> str:
    outcomes = record["notebooks"]
    failed = [str(each.get("notebook")) for each in outcomes if each.get("status") != DONE]
    missing = len(record.get("planned", outcomes)) - len(outcomes)
    total = format_number(sum(each.get("seconds") or 0 for each in outcomes), 0)
    text = f"Cuadernos ejecutados: {len(outcomes)}, en {total} s."
    if failed:
        text += f" No terminaron: {join_names(failed)}."
    elif outcomes and not missing:
        text += " Todos terminaron bien."
    return text + (f" Quedaron sin empezar: {missing}." if missing else "")


def _list_notebooks(record: dict[str, Any], folder: Path, links_from: Path) -> list[dict[str, str]]:
    return [
        {
            "name": str(each.get("notebook")),
            "link": _link_to(folder / f"{each.get('notebook')}.ipynb", links_from),
            "status": str(each.get("status")),
            "seconds": format_number(each.get("seconds"), 1),
            "memory": format_number(each.get("peak_mib"), 0),
            "accuracy": format_number(each.get("accuracy"), 3),
            "message": each.get("message") or "",
        }
        for each in record["notebooks"]
    ]


def _link_to(path: Path, links_from: Path) -> str:
    """Devuelve un enlace relativo, o un texto vacío si el archivo no está."""
    if not path.is_file():
        return ""
    try:
        relative = os.path.relpath(path, links_from)
    except ValueError:  # otra unidad de Windows
        return path.as_uri()
    return quote(Path(relative).as_posix())


def _tabulate_results(models: Mapping[str, Predictions]) -> Table | None:
    if not models:
        return None
    header = ["modelo", "reseñas", "accuracy", "intervalo del 95 %", "macro-F1"]
    header += ["MAE (estrellas)", "ECE", "segundos", "memoria (MiB)", "dispositivo"]
    return Table(
        "Cada modelo con las reseñas de evaluación. MAE y ECE: mejor cuanto menores; "
        "el intervalo sale de un bootstrap.",
        header,
        [_describe_model(name, each) for name, each in models.items()],
    )


def _describe_model(name: str, predictions: Predictions) -> list[str]:
    from labsupport.evaluation.scores import score_model

    scores = score_model(predictions.labels, _softmax(predictions))
    return [
        name,
        str(len(predictions.labels)),
        format_number(scores["accuracy"], 3),
        f"{format_number(scores['desde'], 3)} a {format_number(scores['hasta'], 3)}",
        format_number(scores["macro-F1"], 3),
        format_number(scores["MAE"], 3),
        format_number(scores["ECE"], 3),
        format_number(predictions.seconds, 1) if predictions.seconds else "—",
        format_number(predictions.peak_memory_mib, 0),
        f"{predictions.device}, {predictions.precision}",
    ]


def _softmax(predictions: Predictions) -> np.ndarray:
    from scipy.special import softmax

    return softmax(np.array(predictions.logits, dtype=float), axis=1)


def _answer(group: Mapping[str, Predictions]) -> dict[str, np.ndarray]:
    return {name: np.argmax(each.logits, axis=1) for name, each in group.items() if name != FLOOR}


def _tabulate_pairs(group: Mapping[str, Predictions]) -> Table | None:
    from labsupport.evaluation.scores import compare_pairs

    answers = _answer(group)
    if len(answers) < 2:
        return None
    table = compare_pairs(next(iter(group.values())).labels, answers)
    return Table(
        "Acuerdo entre pares y prueba exacta de McNemar: con p menor que 0,05 la diferencia "
        "difícilmente es suerte con estas reseñas.",
        ["par", "iguales", "kappa", "solo acierta el primero", "solo acierta el segundo", "p"],
        [
            [
                f"{row['primero']} y {row['segundo']}",
                format_number(row["iguales"], 3),
                "—" if np.isnan(row["kappa"]) else format_number(row["kappa"], 3),
                str(row["solo acierta el primero"]),
                str(row["solo acierta el segundo"]),
                "< 0,001" if row["p"] < 0.001 else format_number(row["p"], 3),
            ]
            for row in table.to_dict("records")
        ],
    )


def _draw_figures(
    models: Mapping[str, Predictions], group: Mapping[str, Predictions]
) -> list[Figure]:
    figures = [_draw_curves(models), _draw_confusions(group)]
    return [figure for figure in figures if figure is not None]


def _draw_curves(models: Mapping[str, Predictions]) -> Figure | None:
    histories = {
        name: history
        for name, each in models.items()
        if (history := _read_history(each.history)) is not None
    }
    if not histories:
        return None
    from labsupport.report.plots import plot_learning_curves

    alt = (
        f"Dos gráficos por época de {join_names(histories)}: la loss y la accuracy en evaluación. "
        f"{_describe_last_epochs(histories)}"
    )
    return make_figure(
        "Curvas de aprendizaje, con las reseñas de evaluación.",
        plot_learning_curves(histories, alt),
    )


def _read_history(history: Sequence[Any]) -> pd.DataFrame | None:
    import pandas as pd

    if not history or not all(
        isinstance(row, dict) and set(HISTORY) <= set(row) for row in history
    ):
        return None
    table = pd.DataFrame(history)[list(HISTORY)].apply(pd.to_numeric, errors="coerce")
    return table.dropna(subset=["epoch"])


def _describe_last_epochs(histories: Mapping[str, pd.DataFrame]) -> str:
    last = (
        f"{name}, {format_number(history['accuracy'].iloc[-1], 3)}"
        for name, history in histories.items()
    )
    return f"Accuracy al final: {'; '.join(last)}."


def _draw_confusions(group: Mapping[str, Predictions]) -> Figure | None:
    answers = _answer(group)
    if not answers:
        return None
    from labsupport.evaluation.scores import count_confusions
    from labsupport.report.plots import plot_confusions

    first = next(iter(group.values()))
    matrices = {
        name: count_confusions(first.labels, each, first.label_names)
        for name, each in answers.items()
    }
    hits = (f"{name}, {np.trace(matrix.to_numpy())}" for name, matrix in matrices.items())
    alt = (
        "Una matriz de confusión por modelo: filas, la etiqueta real; columnas, la respuesta. "
        f"Aciertos en la diagonal, de {len(first.labels)}: {'; '.join(hits)}."
    )
    return make_figure(
        "Matrices de confusión: filas, la etiqueta real; columnas, la respuesta. El color es la "
        "parte de la fila.",
        plot_confusions(matrices, alt),
    )


def make_figure(caption: str, plot: Plot) -> Figure:
    """Devuelve ``plot`` lista para una plantilla, con ``caption`` encima."""
    from labsupport.report.plots import draw_svg

    image = base64.b64encode(draw_svg(plot.figure)).decode("ascii")
    rows = [[_spell(value) for value in row] for row in plot.table.itertuples(index=False)]
    numbers = Table("Los números de la figura", [str(name) for name in plot.table.columns], rows)
    return Figure(caption, f"data:image/svg+xml;base64,{image}", plot.alt, numbers)


def _spell(value: Any) -> str:
    if isinstance(value, float):
        return "—" if np.isnan(value) else f"{value:.4g}".replace(".", ",")
    return str(value)


def _tabulate_parameters(record: dict[str, Any]) -> Table | None:
    settings = _resolve_parameters(record)
    if settings is None:
        return None
    rows = [[name, value, origin.replace("cambiado", "con -p")] for name, value, origin in settings]
    return Table(
        "Parámetros en vigor: los del perfil y los que se cambiaron en la orden.",
        ["parámetro", "valor", "de dónde sale"],
        rows,
        numbers_from=3,
    )


def _resolve_parameters(record: dict[str, Any]) -> list[tuple[str, str, str]] | None:
    from labsupport.settings import check_parameters

    try:
        return check_parameters(record.get("parameters") or {}).rows()
    except LabError:
        return None


def _describe_changes(record: dict[str, Any], models: Mapping[str, Predictions]) -> list[str]:
    """Dice qué modelo se hizo con valores distintos de los de la tabla, que salen de su celda."""
    wanted = {name: value for name, value, _ in _resolve_parameters(record) or []}
    changes = []
    for name, each in models.items():
        used = each.parameters.items()
        told = {
            key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in used
        }
        other = [
            f"{key} = {told[key]}" for key in wanted if told.get(key) not in (None, wanted[key])
        ]
        if other:
            changes.append(f"{name} usó {join_names(other)}.")
    return changes


def _describe_devices(models: Mapping[str, Predictions]) -> str:
    pairs = dict.fromkeys(f"{each.device} ({each.precision})" for each in models.values())
    return join_names(pairs) if pairs else "ningún entrenamiento dejó resultados"


def _tabulate_versions(record: dict[str, Any]) -> Table | None:
    versions = record.get("versions") or {}
    if not versions:
        return None
    rows = [[name, str(version)] for name, version in versions.items()]
    return Table("Versiones instaladas.", ["librería", "versión"], rows, numbers_from=2)


def _spell_date(started: str) -> str:
    """Devuelve la fecha de una ejecución para leer.

    >>> _spell_date("2026-08-31_09-05-00")
    '2026-08-31, 09:05'
    """
    date, _, clock = str(started).partition("_")
    return f"{date}, {clock[:5].replace('-', ':')}" if clock else date
