"""La página que recibe cada estudiante: sus puntos, qué comprobaciones fallan y por qué."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labsupport.base.files import write_atomically
from labsupport.base.tables import format_number
from labsupport.grading.records import CheckResult, Record, State, sort_records
from labsupport.report.templating import render_template

FOLDER = "devoluciones"
TEMPLATE = "devolucion.html.j2"
BY_HAND = "a mano"
ADVICE: Mapping[State, str] = {
    State.GRADED: "Tu cuaderno se ejecutó entero.",
    State.TIME_LIMIT: (
        "Tu cuaderno pasó del tiempo máximo y se detuvo: cuentan las comprobaciones que acabaron "
        "antes. Busca un bucle que no termina o un trabajo demasiado grande."
    ),
    State.MEMORY_LIMIT: (
        "Tu cuaderno pasó de la memoria máxima y se detuvo: cuentan las comprobaciones que "
        "acabaron antes. Busca una lista que crece sin fin o un batch demasiado grande."
    ),
    State.FILES_LIMIT: (
        "Tu cuaderno escribió más archivos de los permitidos y se detuvo: cuentan las "
        "comprobaciones que acabaron antes. Guarda solo lo que pide el ejercicio."
    ),
    State.OUTPUT_LIMIT: (
        "Tu cuaderno escribió demasiado en sus salidas y se detuvo: cuentan las comprobaciones "
        "que acabaron antes. Busca un print dentro de un bucle largo."
    ),
    State.PROCESS_LIMIT: (
        "Tu cuaderno abrió demasiados procesos y se detuvo: cuentan las comprobaciones que "
        "acabaron antes. Para este ejercicio no hace falta ninguno."
    ),
    State.KERNEL_DIED: (
        "El kernel murió a mitad de tu cuaderno: cuentan las comprobaciones que acabaron antes. "
        "Reinicia el kernel, ejecútalo todo y mira en qué celda se corta."
    ),
    State.TAMPERED: (
        "Alguna comprobación no estaba como se entregó: se repuso la original y tu nota sale de "
        "ella. Si fue sin querer, no pierdes nada."
    ),
    State.UNREADABLE: (
        "Tu entrega no se pudo abrir y no tiene nota: entrégala otra vez como un archivo .ipynb "
        "guardado desde Jupyter."
    ),
    State.NOT_GRADED: (
        "Tu entrega no tiene nota todavía. Comprueba que entregaste el cuaderno de este ejercicio "
        "y, si es así, habla con quien imparte el curso."
    ),
}
WITH_ERRORS = (
    "Tu cuaderno se ejecutó hasta el final, pero alguna de tus celdas dio un error: empieza por él."
)


def write_feedback(out: Path, records: Iterable[Record]) -> list[Path]:
    """Escribe una página por estudiante en ``out/devoluciones``; borra las que ya no valen."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    pages: dict[Path, list[Record]] = {}
    for record in sort_records(records):
        pages.setdefault(out / find_page(record), []).append(record)
    for path, own in pages.items():
        write_atomically(path, render_feedback(own))
    for path in set(folder.glob("*.html")) - set(pages):
        path.unlink()
    return list(pages)


def find_page(record: Record) -> str:
    """Devuelve dónde está, dentro de la carpeta de las notas, la página de una entrega."""
    return f"{FOLDER}/{record.student}.html"


def render_feedback(records: Sequence[Record]) -> str:
    """Devuelve la página de un estudiante, sin nada de las comprobaciones ocultas.

    ``records``: sus entregas, una por ejercicio y al menos una.
    """
    grades = [_describe_grade(record) for record in records]
    return render_template(TEMPLATE, {"student": records[0].student, "grades": grades})


def spell_points(points: float | None) -> str:
    """Devuelve los puntos para leer, con coma y sin ceros de más.

    >>> spell_points(2.5), spell_points(3.0), spell_points(None)
    ('2,5', '3', '—')
    """
    return "—" if points is None else f"{points:g}".replace(".", ",")


def spell_count(number: int, noun: str) -> str:
    """Devuelve cuántas cosas hay, en singular si es una; ``noun`` acaba en vocal.

    >>> spell_count(1, "entrega"), spell_count(0, "entrega")
    ('1 entrega', '0 entregas')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _describe_grade(record: Record) -> dict[str, Any]:
    has_errors = record.state is State.GRADED and bool(record.errors)
    return {
        "record": record,
        "good": record.state is State.GRADED,
        "advice": WITH_ERRORS if has_errors else ADVICE[record.state],
        # Por qué no se calificó se lo dice notas.csv a quien lo puede arreglar.
        "reason": "" if record.state is State.NOT_GRADED else record.reason,
        "score": _spell_score(record),
        "checks": [_describe(record, check) for check in record.checks],
        "answers": [check for check in record.checks if check.answer],
    }


def _spell_score(record: Record) -> str:
    if record.points is None:
        return "sin nota"
    pending = sum(check.max_points for check in record.pending)
    score = f"{spell_points(record.points)} de {spell_points(record.max_points)} puntos"
    waiting = f"; {spell_points(pending)} están por calificar a mano" if pending else ""
    spent = f"{format_number(record.seconds, 1)} s, {format_number(record.memory_mib, 0)} MiB"
    return f"{score}{waiting} ({spent})"


def _describe(record: Record, check: CheckResult) -> dict[str, Any]:
    result = _find_result(record, check)
    return {
        "check": check,
        "points": spell_points(check.points),
        "max_points": spell_points(check.max_points),
        "result": result,
        "good": result == "bien" or (result == BY_HAND and bool(check.points)),
    }


def _find_result(record: Record, check: CheckResult) -> str:
    if record.points is None:
        return "sin nota"
    if check.points is None:
        return "por calificar"
    if check.manual:
        return BY_HAND if check.answer else "sin responder"
    if check.points >= check.max_points:
        return "bien"
    if not check.finished:
        return "no acabó"
    return "a medias" if check.points else "falla"
