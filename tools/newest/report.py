"""La tabla final: qué librería pasó de qué versión a cuál, qué se rompió y qué va a desaparecer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from newest.failures import Failure
from newest.requirements import normalize
from newest.warning_log import Notice, hide_machine

# Cabe en una incidencia de GitHub, que no pasa de 65.536 letras.
MOST_NOTICES, MOST_FAILURES, LONGEST = 80, 50, 200
NONE = "—"


@dataclass
class Trial:
    """Lo que pasó en un entorno: qué se instaló, qué se rompió y qué avisó."""

    name: str
    python: str
    versions: dict[str, str] = field(default_factory=dict)
    # None: no se pudo preguntar.
    held: list[Sequence] | None = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notices: Counter[Notice] = field(default_factory=Counter)
    # Por qué no se pudo ni instalar, y si eso es un hallazgo o falta de medios (red, disco).
    fault: str = ""
    untried: bool = False

    @property
    def broke(self) -> bool:
        """Si algo dejó de funcionar con estas versiones."""
        return bool(self.failures or (self.fault and not self.untried))


def write_report(
    trials: Sequence[Trial], pins: Mapping[str, str], direct: Iterable[str], repo: str
) -> str:
    """Devuelve el informe en Markdown de los entornos probados.

    ``pins``: lo que fija constraints.txt; ``direct``: las librerías que el laboratorio pide por su
    nombre, que van delante; ``repo``: la carpeta del laboratorio, que no debe aparecer.
    """
    asked = {normalize(name) for name in direct}
    parts = [
        "# Versiones nuevas",
        "\n\n".join(summarize(trial) for trial in trials),
        "## Qué se rompió",
        tabulate(["entorno", "dónde", "qué dijo"], _list_failures(trials)),
        "## Qué cambió de versión",
        tabulate(
            ["librería", "constraints.txt", *(trial.name for trial in trials)],
            _list_changes(trials, pins, asked),
        ),
        "## Qué no pudo subir a lo último",
        tabulate(
            ["entorno", "librería", "instalada", "la última", "quién no la admite"],
            _list_held(trials, asked | set(pins)),
        ),
        "## Qué avisa de que va a desaparecer",
        tabulate(["librería", "línea", "aviso", *(t.name for t in trials)], _list_notices(trials)),
    ]
    return hide_machine("\n\n".join(parts), repo) + "\n"


def summarize(trial: Trial) -> str:
    """Devuelve una frase con lo que pasó en un entorno.

    >>> summarize(Trial("nuevas", "3.13.0", versions={"torch": "3.0"}))
    '**nuevas** (Python 3.13.0, 1 paquetes): todo funciona.'
    """
    label = f"**{trial.name}** (Python {trial.python}, {len(trial.versions)} paquetes)"
    if trial.fault:
        return f"**{trial.name}** (Python {trial.python}): {trial.fault}"
    if not trial.failures:
        return f"{label}: todo funciona."
    first = trial.failures[0]
    return f"{label}: {len(trial.failures)} fallos; el primero, {first.where}: {first.sentence}"


def tabulate(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    r"""Devuelve una tabla en Markdown, o «Nada.» si no tiene filas.

    >>> print(tabulate(["a", "b"], [["1|2", "3\n4"]]))
    | a | b |
    |---|---|
    | 1\|2 | 3 4 |
    >>> tabulate(["a"], [])
    'Nada.'
    """
    if not rows:
        return "Nada."
    table = [header, *rows]
    lines = [f"| {' | '.join(_clean(cell) for cell in row)} |" for row in table]
    lines.insert(1, "|" + "---|" * len(header))
    return "\n".join(lines)


def _clean(cell: object) -> str:
    return " ".join(str(cell).split()).replace("|", "\\|")


def _list_failures(trials: Sequence[Trial]) -> list[list[str]]:
    """Primero lo que impidió instalar; después, en el orden en que se rompió."""
    faults = [[trial.name, "instalación", trial.fault] for trial in trials if trial.fault]
    broken = [[t.name, where, said] for t in trials for where, said in t.failures]
    rows = faults + broken
    if len(rows) <= MOST_FAILURES:
        return rows
    left = len(rows) - MOST_FAILURES
    return [*rows[:MOST_FAILURES], ["…", f"y {left} más", "mira run.json y pruebas.xml"]]


def _list_changes(
    trials: Sequence[Trial], pins: Mapping[str, str], asked: set[str]
) -> list[list[str]]:
    """Las que fija constraints.txt y en algún entorno son otras; primero las que se piden."""
    rows = []
    for name in sorted(pins, key=lambda name: (name not in asked, name)):
        found = [trial.versions.get(name, NONE) for trial in trials]
        if any(each.split("+")[0] not in (pins[name], NONE) for each in found):
            label = f"**{name}**" if name in asked else name
            rows.append([label, pins[name], *found])
    return rows


def _list_held(trials: Sequence[Trial], known: set[str]) -> list[list[str]]:
    """Las que el laboratorio pide o fija; las demás (CUDA, pip) dependen de la máquina."""
    unknown = "nadie de este entorno: mira `pip config list` o qué Python pide"
    lost = "no se pudo preguntar al índice de paquetes: repite la orden"
    untold = [[trial.name, NONE, NONE, NONE, lost] for trial in trials if trial.held is None]
    return untold + [
        [trial.name, name, installed, newest, ", ".join(who) or unknown]
        for trial in trials
        for name, installed, newest, who in trial.held or ()
        if normalize(name) in known
    ]


def _list_notices(trials: Sequence[Trial]) -> list[list[object]]:
    notices = sorted(set().union(*(trial.notices for trial in trials)))
    rows = [
        [
            notice.file.split("/")[0],
            f"{notice.file}:{notice.line}" if notice.line else notice.file,
            f"{notice.kind}: {notice.text[:LONGEST]}",
            *(trial.notices[notice] for trial in trials),
        ]
        for notice in notices
    ]
    if len(rows) > MOST_NOTICES:
        rows.sort(key=lambda row: -sum(row[3:]))
        left = len(rows) - MOST_NOTICES
        rows = sorted(rows[:MOST_NOTICES])
        rows.append(["…", f"y {left} líneas más, que avisan menos veces", "", *[""] * len(trials)])
    return rows
