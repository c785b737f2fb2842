"""``informe_clase.html``: cómo fue la clase, qué falló más y qué entregas conviene mirar."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median_high
from typing import Any
from urllib.parse import quote

from labsupport.base.tables import format_number
from labsupport.grading.publishing import feedback
from labsupport.grading.publishing.feedback import spell_count, spell_points
from labsupport.grading.publishing.scores import list_notes
from labsupport.grading.records import CheckResult, Record, State, strip_number
from labsupport.report.parts import Figure, Table, make_figure
from labsupport.report.templating import render_template

REPORT = "informe_clase.html"
TEMPLATE = "informe_clase.html.j2"
BINS = 5
COMMONEST = 15


def render_class_report(records: Sequence[Record]) -> str:
    """Devuelve el HTML del informe de la clase; se abre sin red y se imprime bien."""
    exercises = sorted({record.exercise for record in records})
    grouped = {name: [r for r in records if r.exercise == name] for name in exercises}
    tasks = [_tabulate_tasks(name, grouped[name]) for name in exercises]
    return render_template(
        TEMPLATE,
        {
            "written": time.strftime("%Y-%m-%d, %H:%M"),
            "headline": _describe_class(records),
            "notes": _list_warnings(records),
            "states": _tabulate_states(grouped),
            "figures": [f for name in exercises for f in _draw_scores(name, grouped[name])],
            "tasks": [table for table in tasks if table.rows],
            "failures": _tabulate_failures(records),
            "costs": _tabulate_costs(grouped),
            "attention": [_point_at(record) for record in records if needs_attention(record)],
        },
    )


def needs_attention(record: Record) -> bool:
    """Dice si una persona debería mirar la entrega."""
    return record.state is not State.GRADED or bool(record.flags)


def _describe_class(records: Sequence[Record]) -> str:
    scored = [record for record in records if record.points is not None]
    students = len({strip_number(record.student).casefold() for record in records})
    ratios = [
        record.points / record.max_points
        for record in records
        if record.points is not None and record.max_points
    ]
    mean = f"{format_number(100 * fmean(ratios), 0)} %" if ratios else "—"
    pending = sum(bool(record.pending) for record in records)
    # Lo que falta por calificar a mano cuenta como cero hasta que tenga sus puntos.
    so_far = " hasta ahora" if pending else ""
    return (
        f"{spell_count(len(records), 'entrega')} de {spell_count(students, 'estudiante')}; "
        f"{len(scored)} con nota; media de {mean} de los puntos{so_far}; {pending} con la pregunta "
        "abierta por calificar."
    )


def _list_warnings(records: Sequence[Record]) -> list[str]:
    notes = []
    if any(not record.isolated for record in records):
        notes.append(
            "Se calificó sin aislamiento: el código entregado pudo leer y escribir todo lo que "
            "puede quien califica, también las comprobaciones ocultas y otras entregas."
        )
    waiting = sum(record.state is State.NOT_GRADED for record in records)
    if waiting:
        remain = "sigue" if waiting == 1 else "siguen"
        notes.append(
            f"{spell_count(waiting, 'entrega')} {remain} sin calificar: su motivo está más abajo."
        )
    return notes


def _tabulate_states(grouped: dict[str, list[Record]]) -> Table:
    counts = {name: Counter(record.state for record in group) for name, group in grouped.items()}
    present = [state for state in State if any(count[state] for count in counts.values())]
    rows = [
        [name, *(str(count[state]) for state in present), str(count.total())]
        for name, count in counts.items()
    ]
    header = ["ejercicio", *(state.value for state in present), "total"]
    return Table("Cómo acabaron las entregas.", header, rows)


def _draw_scores(name: str, records: Sequence[Record]) -> list[Figure]:
    import numpy as np
    import pandas as pd

    from labsupport.report.plots import plot_bars

    scored = [
        (record.points, record.max_points)
        for record in records
        if record.points is not None and record.max_points
    ]
    if not scored:
        return []
    most = scored[0][1]
    counts, edges = np.histogram([points for points, _ in scored], BINS, (0, most))
    ranges = [f"{spell_points(low)} a {spell_points(high)}" for low, high in pairwise(edges)]
    table = pd.DataFrame({"puntos": ranges, "entregas": counts})
    alt = f"Reparto de los puntos en {name}, una barra por tramo."
    return [
        make_figure(
            f"Puntos en {name}, de {spell_points(most)}: cuántas entregas hay en "
            "cada tramo (el último incluye el máximo).",
            plot_bars(table, "puntos", "entregas", "", alt),
        )
    ]


def _tabulate_tasks(name: str, records: Sequence[Record]) -> Table:
    scored = [record.checks for record in records if record.points is not None]
    rows = []
    for checks in zip(*scored, strict=True):
        graded = [check.points for check in checks if check.points is not None]
        # Con respuestas por calificar, la media sería sobre todo la de quien no respondió.
        graded = graded if len(graded) == len(checks) else []
        rows.append(
            [
                checks[0].title,
                checks[0].grade_id,
                spell_points(checks[0].max_points),
                _spell_share(checks),
                spell_points(round(fmean(graded), 2) if graded else None),
            ]
        )
    header = ["tarea", "comprobación", "puntos", "la pasan", "media"]
    return Table(f"Tareas de {name}.", header, rows, numbers_from=2)


def _tabulate_failures(records: Sequence[Record]) -> Table:
    found = Counter(
        (record.exercise, check.title, check.message)
        for record in records
        for check in record.checks
        if check.message
    )
    rows = [[*where, str(times)] for where, times in found.most_common(COMMONEST)]
    header = ["ejercicio", "tarea", "mensaje", "veces"]
    return Table("Los fallos más comunes.", header, rows, numbers_from=3)


def _tabulate_costs(grouped: dict[str, list[Record]]) -> Table:
    rows = []
    for name, group in grouped.items():
        seconds = [record.seconds for record in group if record.seconds]
        memory = [record.memory_mib for record in group if record.seconds]
        if seconds:
            values = median_high(seconds), max(seconds), median_high(memory), max(memory)
            shown = [format_number(value, 0 if value > 100 else 1) for value in values]
            rows.append([name, *shown])
    measures = ["segundos (mediana)", "segundos (máximo)", "MiB (mediana)", "MiB (máximo)"]
    header = ["ejercicio", *measures]
    return Table("Tiempo y memoria de cada entrega.", header, rows)


def _point_at(record: Record) -> dict[str, Any]:
    return {
        "record": record,
        "good": record.state is State.GRADED,
        "points": spell_points(record.points),
        "link": quote(feedback.find_page(record)),
        "notes": list_notes(record) or ["su estado"],
    }


def _spell_share(checks: Sequence[CheckResult]) -> str:
    if checks[0].manual:
        # De una respuesta abierta cuenta la media: casi nadie saca todos sus puntos.
        waiting = sum(check.points is None for check in checks)
        return f"{waiting} por calificar" if waiting else "a mano"
    passed = sum((check.points or 0) >= check.max_points for check in checks)
    return f"{100 * passed / len(checks):.0f} % ({passed} de {len(checks)})"
