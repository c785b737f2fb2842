"""Las tablas del informe de una ejecución, con sus números ya escritos a la española."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.tables import format_number, join_names
from labsupport.data.subset import VALIDATION
from labsupport.evaluation.results import Predictions
from labsupport.evaluation.scale import Scale, read_scale
from labsupport.evaluation.scores import compare_pairs, score_model
from labsupport.report.parts import Table
from labsupport.report.run_results import choose_answers
from labsupport.settings import check_parameters


def tabulate_results(models: Mapping[str, Predictions]) -> Table | None:
    """Devuelve la tabla con las métricas de cada modelo; None si no hay ninguno.

    >>> tabulate_results({}) is None
    True
    """
    if not models:
        return None
    scales = {name: read_scale(each.label_names) for name, each in models.items()}
    units = {scale.unit for scale in scales.values() if scale}
    header = ["modelo", "textos", "accuracy", "intervalo del 95 %", "macro-F1"]
    # Con clases distintas, las unidades van en cada fila; sin ninguna escala, no hay MAE.
    header += [f"MAE ({next(iter(units))})"] if len(units) == 1 else ["MAE"] * bool(units)
    header += ["ECE", "segundos", "memoria (MiB)", "dispositivo"]
    rows = [_describe_model(name, each, scales[name], units) for name, each in models.items()]
    measures = "MAE y ECE: mejor cuanto menores" if units else "ECE: mejor cuanto menor"
    return Table(
        f"Cada modelo con sus textos, de prueba si no se dice otra cosa. {measures}; el intervalo "
        "sale de un bootstrap.",
        header,
        rows,
    )


def _describe_model(
    name: str, predictions: Predictions, scale: Scale | None, units: set[str]
) -> list[str]:
    scores = score_model(predictions.labels, _softmax(predictions), scale=scale)
    error = format_number(scores.get("MAE"), 3) or "—"
    if scale and len(units) > 1:
        error += f" {scale.unit}"
    return [
        name,
        f"{len(predictions.labels)}{' de validación' if predictions.split == VALIDATION else ''}",
        format_number(scores["accuracy"], 3),
        f"{format_number(scores['desde'], 3)} a {format_number(scores['hasta'], 3)}",
        format_number(scores["macro-F1"], 3),
        *([error] if units else []),
        format_number(scores["ECE"], 3),
        format_number(predictions.seconds, 1) if predictions.seconds else "—",
        format_number(predictions.peak_memory_mib, 0),
        f"{predictions.device}, {predictions.precision}",
    ]


def _softmax(predictions: Predictions) -> np.ndarray:
    from scipy.special import softmax

    return softmax(np.array(predictions.logits, dtype=float), axis=1)


def tabulate_pairs(group: Mapping[str, Predictions]) -> Table | None:
    """Devuelve la tabla que compara los modelos de dos en dos; None si hay menos de dos.

    >>> tabulate_pairs({}) is None
    True
    """
    answers = choose_answers(group)
    if len(answers) < 2:
        return None
    table = compare_pairs(next(iter(group.values())).labels, answers)
    return Table(
        "Acuerdo entre pares y prueba exacta de McNemar: con p menor que 0,05 la diferencia "
        "difícilmente es suerte con estos textos.",
        ["par", "iguales", "kappa", "solo acierta el primero", "solo acierta el segundo", "p"],
        [_describe_pair(row) for row in table.to_dict("records")],
    )


def _describe_pair(row: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['primero']} y {row['segundo']}",
        format_number(row["iguales"], 3),
        "—" if np.isnan(row["kappa"]) else format_number(row["kappa"], 3),
        str(row["solo acierta el primero"]),
        str(row["solo acierta el segundo"]),
        "< 0,001" if row["p"] < 0.001 else format_number(row["p"], 3),
    ]


def tabulate_parameters(record: Mapping[str, Any]) -> Table | None:
    """Devuelve la tabla de los parámetros en vigor; None si ya no valen en esta versión.

    >>> tabulate_parameters({"parameters": {"profile": "viejo"}}) is None
    True
    """
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


def _resolve_parameters(record: Mapping[str, Any]) -> list[tuple[str, str, str]] | None:
    try:
        return check_parameters(record.get("parameters") or {}).rows()
    except LabError:
        return None


def tabulate_versions(record: Mapping[str, Any]) -> Table | None:
    """Devuelve la tabla de las versiones instaladas; None si no se apuntaron.

    >>> tabulate_versions({"versions": {"torch": "2.13.0"}}).rows
    [['torch', '2.13.0']]
    """
    versions = record.get("versions") or {}
    if not versions:
        return None
    rows = [[name, str(version)] for name, version in versions.items()]
    return Table("Versiones instaladas.", ["librería", "versión"], rows, numbers_from=2)


def list_notebooks(
    record: Mapping[str, Any], folder: Path, links_from: Path
) -> list[dict[str, str]]:
    """Devuelve una fila por cuaderno ejecutado: cómo acabó y el enlace a su copia.

    ``folder``: la de la ejecución; ``links_from``: la carpeta desde la que se enlaza.

    >>> record = {"notebooks": [{"notebook": "02_trainer", "status": "bien", "seconds": 12.5}]}
    >>> list_notebooks(record, Path("no-existe"), Path())[0]["seconds"]
    '12,5'
    """
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


def describe_changes(record: Mapping[str, Any], models: Mapping[str, Predictions]) -> list[str]:
    """Dice qué modelo se hizo con valores distintos de los de la tabla, que salen de su celda.

    >>> describe_changes({"parameters": {}}, {})
    []
    """
    wanted = {name: value for name, value, _ in _resolve_parameters(record) or []}
    changes = {name: _list_changes(each.parameters, wanted) for name, each in models.items()}
    return [f"{name} usó {join_names(other)}." for name, other in changes.items() if other]


def _list_changes(used: Mapping[str, Any], wanted: Mapping[str, str]) -> list[str]:
    told = {
        key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in used.items()
    }
    return [f"{key} = {told[key]}" for key in wanted if told.get(key) not in (None, wanted[key])]


def describe_devices(models: Mapping[str, Predictions]) -> str:
    """Devuelve en qué dispositivo y con qué precisión se entrenó.

    >>> describe_devices({})
    'ningún entrenamiento dejó resultados'
    """
    pairs = dict.fromkeys(f"{each.device} ({each.precision})" for each in models.values())
    return join_names(pairs) if pairs else "ningún entrenamiento dejó resultados"
