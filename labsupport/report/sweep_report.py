"""La página de un barrido, ``barrido.html``, y lo que de él sale en el informe de una ejecución."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.run_record import DONE
from labsupport.base.tables import format_number
from labsupport.evaluation import sweeps
from labsupport.evaluation.sweeps import PREFIX, SUFFIX, Sweep
from labsupport.report.parts import Figure, Table, make_figure
from labsupport.report.sweep_plots import plot_parallel, plot_sweep
from labsupport.report.templating import render_template

if TYPE_CHECKING:
    import pandas as pd

TEMPLATE = "barrido.html.j2"
# En el informe de una ejecución basta con las mejores: las demás están en su página.
MOST_ROWS = 10


@dataclass
class Shown:
    """Lo que se enseña de un barrido: frases, la tabla de sus configuraciones y sus figuras."""

    name: str
    told: str
    winner: str
    interval: str
    curse: str
    table: Table
    figures: list[Figure] = field(default_factory=list)


def write_sweep_report(ledger: Path, out: Path) -> Path:
    """Escribe la página del barrido que hay en ``ledger``, entera o nada, y devuelve su ruta.

    Lanza LabError si el barrido no se puede leer y OSError si no se puede escribir.
    """
    sweep = sweeps.load_sweep(ledger)
    table = sweeps.tabulate_sweep(sweep)
    shown = show_sweep(ledger, sweep)
    context = {
        "shown": shown,
        "failed": _list_failed(sweep),
        "settings": _tabulate_settings(sweep),
        "trials": _list_trials(sweep, table, out.parent),
        "names": list(table.columns[: table.columns.get_loc(sweeps.FIRST)]),
    }
    write_atomically(out, render_template(TEMPLATE, context))
    return out


def show_sweep(ledger: Path, sweep: Sweep | None = None, most: int | None = None) -> Shown:
    """Devuelve lo que se enseña de un barrido; ``most``: cuántas filas como mucho, las mejores.

    Lanza LabError si no se puede leer.
    """
    sweep = sweep or sweeps.load_sweep(ledger)
    table = sweeps.tabulate_sweep(sweep)
    summary = sweeps.summarize_sweep(table)
    header, rows = sweeps.list_summary(summary)
    kept = f" Las {most} primeras de {len(rows)}." if most and len(rows) > most else ""
    caption = f"Una fila por configuración, de mayor a menor accuracy media en validación.{kept}"
    return Shown(
        name=ledger.name.removeprefix(PREFIX).removesuffix(SUFFIX),
        told=sweeps.tell_sweep(sweep),
        winner=sweeps.describe_winner(summary),
        interval=sweeps.describe_intervals(table),
        curse=sweeps.CURSE,
        table=Table(caption, header, rows[:most], numbers_from=1),
        figures=_draw(table),
    )


def find_sweeps(folder: Path) -> tuple[list[Shown], list[str]]:
    """Devuelve los barridos que hay en la carpeta de resultados de una ejecución, para su informe.

    Los que no se pueden leer no se lanzan: devuelve también una frase por cada uno.

    >>> find_sweeps(Path("no-existe"))
    ([], [])
    """
    found, notes = [], []
    pattern = f"{PREFIX}*{SUFFIX}"
    for path in sorted([*folder.glob(pattern), *folder.glob(f"*/{pattern}")]):
        try:
            shown = show_sweep(path, most=MOST_ROWS)
        except LabError as error:
            notes.append(str(error))
        else:
            shown.figures = shown.figures[:1]
            found.append(shown)
    return found, notes


def _draw(table: pd.DataFrame) -> list[Figure]:
    """Una curva por parámetro numérico y, si cambian dos o más, las coordenadas paralelas."""
    done = table[table["estado"] == DONE]
    names = [name for name in sweeps.list_swept(done) if done[name].nunique(dropna=False) > 1]
    figures = [
        make_figure(f"Accuracy en validación frente a {name}.", plot_sweep(done, name))
        for name in names
        if sweeps.is_numeric(done[name].tolist())
    ]
    if len(names) > 1:
        caption = "Cada línea es una configuración; la más gruesa es la mejor."
        figures.append(make_figure(caption, plot_parallel(done)))
    return figures


def _list_failed(sweep: Sweep) -> list[dict[str, str]]:
    return [
        {"name": sweeps.describe_values(trial["parameters"]), "message": trial.get("message") or ""}
        for trial in sweep.trials.values()
        if trial["status"] != DONE
    ]


def _tabulate_settings(sweep: Sweep) -> Table:
    """Lo que se pidió y con qué versiones."""
    header = sweep.header
    asked = {
        name: ", ".join(map(sweeps.spell_value, values)) for name, values in header["asked"].items()
    }
    fixed = {name: sweeps.spell_value(value) for name, value in header.get("fixed", {}).items()}
    rows = [
        *([name, value, "se prueban"] for name, value in asked.items()),
        *([name, value, "fijo, con -p"] for name, value in fixed.items()),
        *([name, str(value), "versión"] for name, value in header.get("versions", {}).items()),
    ]
    caption = "Lo que se pidió; lo demás, como dice el perfil."
    return Table(caption, ["qué", "valor", "de dónde sale"], rows, numbers_from=3)


def _list_trials(sweep: Sweep, table: pd.DataFrame, place: Path) -> list[dict[str, Any]]:
    """Una fila por ensayo, con el enlace a su copia ejecutada si está."""
    rows = []
    names = table.columns[: table.columns.get_loc(sweeps.FIRST)]
    for id, trial in sweep.trials.items():
        rows.append(
            {
                "values": [sweeps.spell_value(trial["parameters"].get(name)) for name in names],
                "link": _find_copy(place, id, sweep.header),
                "status": trial["status"],
                "accuracy": format_number(trial.get("accuracy"), 3),
                "loss": format_number(trial.get("loss"), 3),
                "macro_f1": format_number(trial.get("macro_f1"), 3),
                "seconds": format_number(trial.get("seconds"), 1),
                "memory": format_number(trial.get("peak_mib"), 0),
            }
        )
    return rows


def _find_copy(place: Path, id: str, header: Mapping[str, Any]) -> str:
    copy = place / id / f"{header['target']}.ipynb"
    return quote(os.path.join(id, copy.name).replace(os.sep, "/")) if copy.is_file() else ""
