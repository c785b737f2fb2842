"""Lo que dejó un barrido: sus ensayos, cuánto rinde cada configuración y con qué margen.

Un barrido es un archivo ``barrido-<nombre>.jsonl`` (``schema_version`` 1) con un objeto por línea:

- la primera, la cabecera: ``kind`` ``"laboratorio-sweep"``, ``target`` (lo que se entrena),
  ``asked`` (de parámetro a valores), ``fixed`` (los que no cambian), ``budget``, ``command``,
  ``started``, ``versions``, ``digest`` (huella de lo que se entrena y de lo que no cambia) y
  ``sources`` (la de cada modelo y dataset);
- ``kind`` ``"order"``: otra orden que siguió el mismo barrido, con su ``asked`` y su ``sources``;
- ``kind`` ``"trial"``, un ensayo: ``id`` (su huella), ``parameters`` (los que cambian), ``status``
  (``"bien"`` o ``"falla"``) y ``message``; los que acaban bien, además ``accuracy``, ``loss`` y
  ``macro_f1``, siempre en validación. ``seconds``: lo que tardó entero; ``train_seconds``: solo
  entrenar; ``peak_mib``: memoria residente; ``number``: la configuración de una búsqueda.

Si un ensayo se repite, vale su última línea.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.run_record import DONE
from labsupport.base.tables import format_number, join_names

if TYPE_CHECKING:
    import pandas as pd

KIND, ORDER, TRIAL = "laboratorio-sweep", "order", "trial"
SCHEMA_VERSION = 1
PREFIX, SUFFIX = "barrido-", ".jsonl"
# La carpeta, al lado, con la página y los ensayos de cada barrido.
FOLDER = "barridos"
# Lo que no es receta: con otra semilla se repite la misma configuración.
SEEDS = {"seed": "otra semilla del modelo", "data_seed": "otra elección de textos"}
# Columna de la tabla y clave de la línea; a la izquierda de la primera van los parámetros.
COLUMNS = {
    "estado": "status",
    "accuracy": "accuracy",
    "loss": "loss",
    "macro_f1": "macro_f1",
    "segundos": "seconds",
    "segundos_entrenando": "train_seconds",
    "memoria_mib": "peak_mib",
    "mensaje": "message",
}
FIRST = next(iter(COLUMNS))
MEASURES = ("accuracy", "loss", "macro_f1", "segundos", "segundos_entrenando", "memoria_mib")
# Entre el menor y el mayor valor: desde aquí, una escala logarítmica se lee mejor.
WIDE = 10
CURSE = (
    "El mejor de varios suele serlo también por suerte (winner's curse): su cifra es optimista, y "
    "más cuantas más configuraciones se prueban. Antes de contarla, repítelo con semillas nuevas y "
    "abre la prueba una sola vez, con la configuración ya elegida."
)


@dataclass
class Sweep:
    """Un barrido leído: su cabecera y el último registro de cada ensayo, en orden.

    ``torn``: si la última línea quedó a medias, y no se cuenta.
    """

    header: dict[str, Any]
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    torn: bool = False


def load_sweep(path: str | Path) -> Sweep:
    """Lee un barrido entero; la última línea, si quedó a medias al cortarse, no cuenta.

    Lanza LabError si el archivo falta, es de otra cosa o tiene dañada otra línea, con su número.
    """
    path = Path(path)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise LabError(
            f"No se puede leer el barrido «{path.name}»: comprueba que el archivo exista."
        ) from error
    # Una línea entera acaba en salto: detrás del último no queda nada.
    torn = bool(lines.pop())
    entries = [_read_line(path, number, line) for number, line in enumerate(lines, start=1)]
    if not entries or entries[0].get("kind") != KIND:
        raise LabError(
            f"«{path.name}» no es un barrido del laboratorio: quítalo o dale otro nombre."
        )
    if entries[0].get("schema_version") != SCHEMA_VERSION:
        raise LabError(
            f"«{path.name}» es de otra versión del laboratorio: dale otro nombre y repite la orden."
        )
    header, trials = entries[0], {}
    for entry in entries[1:]:
        if entry["kind"] == TRIAL:
            trials[entry["id"]] = entry
        else:
            header["sources"] = header["sources"] | entry["sources"]
            header["asked"] = _join_values(header["asked"], entry["asked"])
    return Sweep(header, trials, torn)


def read_sweep(path: str | Path) -> pd.DataFrame:
    """Devuelve un barrido como tabla, con una fila por ensayo, también los que fallaron.

    ``path``: su ``barrido-<nombre>.jsonl``. Columnas: los parámetros que cambian y, a su derecha,
    ``estado``, ``accuracy``, ``loss`` y ``macro_f1`` (en validación), ``segundos``,
    ``segundos_entrenando``, ``memoria_mib`` (MiB) y ``mensaje``. Lanza LabError como
    ``load_sweep``.
    """
    return tabulate_sweep(load_sweep(path))


def tabulate_sweep(sweep: Sweep) -> pd.DataFrame:
    """Devuelve la tabla de ``read_sweep`` de un barrido ya leído.

    >>> trial = {"parameters": {"seed": 1}, "status": "bien", "accuracy": 0.5}
    >>> table = tabulate_sweep(Sweep({"asked": {"seed": [1]}}, {"a": trial}))
    >>> table[["seed", "accuracy"]].values.tolist()
    [[1.0, 0.5]]
    """
    import pandas as pd

    names = list(sweep.header["asked"])
    rows = [
        {name: _fill(trial["parameters"].get(name)) for name in names}
        | {column: trial.get(key) for column, key in COLUMNS.items()}
        for trial in sweep.trials.values()
    ]
    table = pd.DataFrame(rows, columns=[*names, *COLUMNS])
    return table.astype(dict.fromkeys(MEASURES, float))


def list_swept(table: pd.DataFrame) -> list[str]:
    """Devuelve los parámetros que cambian, sin las semillas, de una tabla de ``read_sweep``.

    >>> import pandas as pd
    >>> list_swept(pd.DataFrame(columns=["epochs", "seed", "estado"]))
    ['epochs']
    """
    return [name for name in _list_parameters(table) if name not in SEEDS]


def summarize_sweep(table: pd.DataFrame) -> pd.DataFrame:
    """Devuelve una fila por configuración, de mayor a menor accuracy media en validación.

    ``table``: la de ``read_sweep``. Columnas: los parámetros que cambian, ``accuracy``, ``desde``
    y ``hasta`` (``measure_interval`` entre semillas; NaN con una sola), ``n`` (ensayos que
    acabaron bien), ``loss``, ``macro_f1`` y ``segundos`` (medias) y ``fallos``. A igual accuracy va
    antes la de menor loss.

    >>> import pandas as pd
    >>> rows = {"epochs": [1, 2], "seed": 1, "estado": "bien", "accuracy": [0.4, 0.5]}
    >>> table = pd.DataFrame(rows).assign(loss=1.0, macro_f1=0.4, segundos=9.0)
    >>> summarize_sweep(table)[["epochs", "accuracy", "n"]].values.tolist()
    [[2.0, 0.5, 1.0], [1.0, 0.4, 1.0]]
    """
    import pandas as pd

    names = list_swept(table)
    # Sin ningún parámetro que agrupar, todo es la misma configuración.
    keys = [table[name] for name in names] or [pd.Series(0, index=table.index)]
    groups = table.groupby([key.map(_freeze) for key in keys], sort=False, dropna=False)
    rows = [{name: each[name].iloc[0] for name in names} | _summarize(each) for _, each in groups]
    columns = [*names, *_summarize(table)]
    summary = pd.DataFrame(rows, columns=columns)
    order = {"accuracy": False, "loss": True}
    return summary.sort_values(
        list(order), ascending=list(order.values()), kind="stable"
    ).reset_index(drop=True)


def measure_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Devuelve el intervalo t de la media de unas accuracies, una por semilla; NaN con una sola.

    Cubre lo que cambia la media al cambiar de semillas, con los mismos textos de validación; no
    cuenta lo que cambiaría con otros textos. Es el de Student («The probable error of a mean»,
    1908), que supone que las semillas se reparten como una normal; se recorta a [0, 1].

    >>> [round(end, 3) for end in measure_interval([0.5, 0.52, 0.54])]
    [0.47, 0.57]
    >>> measure_interval([0.5])
    (nan, nan)
    """
    from scipy.stats import t

    if len(values) < 2:
        return math.nan, math.nan
    mean = float(np.mean(values))
    half = float(t.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1))
    half /= math.sqrt(len(values))
    return max(0.0, mean - half), min(1.0, mean + half)


def describe_sweep(path: str | Path) -> str:
    """Devuelve en una frase qué ensayos guarda un barrido, cuándo se hizo y con qué orden.

    Lanza LabError como ``load_sweep``.
    """
    return tell_sweep(load_sweep(path))


def tell_sweep(sweep: Sweep) -> str:
    """Devuelve la frase de ``describe_sweep`` de un barrido ya leído.

    >>> header = {"target": "02_trainer", "started": "2026-08-31 09:05", "command": "sweep 02"}
    >>> tell_sweep(Sweep(header))
    '0 ensayos de 02_trainer, desde el 2026-08-31 09:05, con `sweep 02`.'
    """
    header, number = sweep.header, len(sweep.trials)
    failed = sum(trial["status"] != DONE for trial in sweep.trials.values())
    told = f"{number} {'ensayo' if number == 1 else 'ensayos'} de {header['target']}"
    told += f" ({failed} con fallo)" if failed else ""
    return f"{told}, desde el {header['started']}, con `{header['command']}`."


def list_summary(summary: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Devuelve la cabecera y las filas, ya escritas, de la tabla de ``summarize_sweep``."""
    names = list(summary.columns[: summary.columns.get_loc("accuracy")])
    header = [*names, "accuracy media", "intervalo del 95 %", "n", "loss", "segundos", "fallos"]
    rows = [
        [
            *(spell_value(row[name]) for name in names),
            _spell(row["accuracy"], 3),
            f"{_spell(row['desde'], 3)} a {_spell(row['hasta'], 3)}" if row["n"] > 1 else "-",
            str(row["n"]),
            _spell(row["loss"], 3),
            _spell(row["segundos"], 1),
            str(row["fallos"]),
        ]
        for row in summary.to_dict("records")
    ]
    return header, rows


def describe_intervals(table: pd.DataFrame) -> str:
    """Devuelve en una frase qué cubre el intervalo de ``summarize_sweep``, o por qué no lo hay.

    ``table``: la de ``read_sweep``.
    """
    done = table[table["estado"] == DONE]
    repeated = summarize_sweep(done)["n"].max() if len(done) else 0
    if not repeated > 1:
        return (
            "Con una sola semilla no hay intervalo: no se sabe cuánto de la diferencia es azar; "
            "añade -p seed 42,43,44."
        )
    varied = join_names(SEEDS[name] for name in _list_parameters(table) if name in SEEDS)
    return (
        f"El intervalo es el t de Student del 95 % para la media al repetir con {varied}: cuenta "
        "ese azar y ninguno más (no, lo que cambiaría con otros textos de validación)."
    )


def describe_winner(summary: pd.DataFrame) -> str:
    """Devuelve en una frase la mejor configuración de ``summarize_sweep``; sin ninguna, lo dice."""
    good = summary[summary["n"] > 0]
    if good.empty:
        return "Ningún ensayo acabó bien: no hay nada que comparar."
    best, names = good.iloc[0], list(summary.columns[: summary.columns.get_loc("accuracy")])
    told = describe_values({name: best[name] for name in names}) or "la única receta"
    mean, low, high = (format_number(best[name], 3) for name in ("accuracy", "desde", "hasta"))
    seeds = "con una sola semilla: sin intervalo"
    if best["n"] > 1:
        seeds = f"media de {best['n']:.0f} semillas; de {low} a {high}"
    return f"La mejor de {len(good)}: {told}, accuracy {mean} en validación ({seeds})."


def describe_values(values: Mapping[str, Any]) -> str:
    """Devuelve los parámetros y sus valores para leer.

    >>> describe_values({"learning_rate": 0.0001, "epochs": 3})
    'learning_rate 0,0001 y epochs 3'
    """
    return (
        join_names(f"{name} {spell_value(value)}" for name, value in values.items())
        if values
        else ""
    )


def spell_value(value: Any) -> str:
    """Devuelve el valor de un parámetro a la española.

    >>> spell_value(5e-05), spell_value(16), spell_value("mini")
    ('5e-05', '16', 'mini')
    >>> spell_value(0.0005)
    '0,0005'
    """
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def needs_log(values: Sequence[Any]) -> bool:
    """Dice si a unos valores les va una escala logarítmica: positivos y de órdenes distintos.

    >>> needs_log([1e-5, 1e-3]), needs_log([1, 2, 3]), needs_log(["a", "b"])
    (True, False, False)
    """
    return is_numeric(values) and min(values) > 0 and max(values) / min(values) >= WIDE


def is_numeric(values: Sequence[Any]) -> bool:
    """Dice si todos los valores, que son alguno, son números.

    >>> is_numeric([1, 2.5]), is_numeric([True, False]), is_numeric([])
    (True, False, False)
    """
    return len(values) > 0 and all(
        isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)
        for value in values
    )


def _list_parameters(table: pd.DataFrame) -> list[str]:
    return list(table.columns[: table.columns.get_loc(FIRST)])


def _fill(value: Any) -> Any:
    """«None» con letras: pandas lo tomaría por un hueco."""
    return "None" if value is None else value


def _spell(value: float, decimals: int) -> str:
    return "-" if value is None or math.isnan(value) else format_number(value, decimals)


def _freeze(value: Any) -> str:
    """Un texto distinto para cada valor: None y los textos se agrupan como los números."""
    return repr(value)


def _summarize(trials: pd.DataFrame) -> dict[str, Any]:
    done = trials[trials["estado"] == DONE]
    low, high = measure_interval(done["accuracy"].tolist())
    return {
        "accuracy": done["accuracy"].mean(),
        "desde": low,
        "hasta": high,
        "n": len(done),
        **{name: done[name].mean() for name in ("loss", "macro_f1", "segundos")},
        "fallos": len(trials) - len(done),
    }


def _read_line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict) or not _is_whole(entry, first=number == 1):
            raise ValueError("otra cosa")
    except ValueError:
        raise LabError(
            f"La línea {number} de «{path.name}» está dañada: bórrala y repite la orden, que hará "
            "otra vez ese ensayo, o empieza de nuevo con otro --name."
        ) from None
    return entry


def _join_values(asked: Mapping[str, list], more: Mapping[str, list]) -> dict[str, list]:
    """Los valores de dos órdenes, sin repetir ninguno."""
    return {
        name: [*values, *(value for value in more.get(name, ()) if value not in values)]
        for name, values in asked.items()
    }


def _is_whole(entry: Mapping[str, Any], first: bool) -> bool:
    """Dice si una línea trae lo suyo; la primera puede ser de otra cosa, y se dice aparte."""
    kind = entry.get("kind")
    if first and kind != KIND:
        return True
    if kind in (KIND, ORDER):
        return all(isinstance(entry.get(name), dict) for name in ("asked", "sources"))
    return kind == TRIAL and _is_trial(entry)


def _is_trial(entry: Mapping[str, Any]) -> bool:
    kinds = {"id": str, "parameters": dict, "status": str}
    if not all(isinstance(entry.get(name), kind) for name, kind in kinds.items()):
        return False
    scores = [entry.get(COLUMNS[name]) for name in MEASURES]
    known = all(score is None or is_numeric([score]) for score in scores)
    return known and (entry["status"] != DONE or entry.get("accuracy") is not None)
