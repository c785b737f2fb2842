"""El informe de una ejecución: un solo ``informe.html`` que se abre sin red y se imprime bien.

Lee lo que hay en la carpeta de la ejecución (``run.json``, ``results/`` y los cuadernos
ejecutados) y no calcula nada que no salga de ahí. Lo que falte o esté roto, lo dice.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.run_record import DONE, RESULTS, read_record
from labsupport.base.tables import format_number, join_names
from labsupport.report import run_tables
from labsupport.report.cost_report import find_costs
from labsupport.report.run_figures import draw_figures
from labsupport.report.run_results import (
    Found,
    choose_group,
    describe_origins,
    describe_other_groups,
    read_results,
)
from labsupport.report.sweep_report import find_sweeps
from labsupport.report.templating import render_template

REPORT = "informe.html"
TEMPLATE = "informe.html.j2"


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
    record = read_record(folder)
    found = read_results(folder / RESULTS)
    swept, unread = find_sweeps(folder / RESULTS)
    costs, unreadable = find_costs(folder / RESULTS)
    found.notes += [*unread, *unreadable]
    context = {
        "sweeps": swept,
        "costs": costs,
        "started": _spell_date(record.get("started", folder.name)),
        "headline": _describe_outcomes(record),
        "notebooks": run_tables.list_notebooks(record, folder, links_from or folder),
        "parameters": run_tables.tabulate_parameters(record),
        "versions": run_tables.tabulate_versions(record),
    }
    return render_template(TEMPLATE, {**context, **_describe_found(record, found)})


def _describe_found(record: Mapping[str, Any], found: Found) -> dict[str, Any]:
    group = choose_group(found.models, record)
    notes = [*found.notes, *describe_origins(record, found.models)]
    return {
        "notes": [*notes, *describe_other_groups(found.models, group)],
        "results": run_tables.tabulate_results(found.models),
        "pairs": run_tables.tabulate_pairs(group),
        "figures": draw_figures(found.models, group),
        "changes": run_tables.describe_changes(record, found.models),
        "devices": run_tables.describe_devices(found.models),
    }


def _describe_outcomes(record: Mapping[str, Any]) -> str:
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


def _spell_date(started: str) -> str:
    """Devuelve la fecha de una ejecución para leer.

    >>> _spell_date("2026-08-31_09-05-00")
    '2026-08-31, 09:05'
    """
    date, _, clock = str(started).partition("_")
    return f"{date}, {clock[:5].replace('-', ':')}" if clock else date
