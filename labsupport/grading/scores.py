"""``notas.csv`` y ``abiertas.csv``: las notas y las preguntas que se califican a mano."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labsupport.errors import LabError
from labsupport.files import write_atomically
from labsupport.grading.records import CheckResult, Record

SCORES, OPEN = "notas.csv", "abiertas.csv"
SCORES_HEADER = [
    "estudiante", "ejercicio", "puntos", "estado", "segundos", "memoria_mib", "puntos_maximos",
    "avisos",
]  # fmt: skip
OPEN_HEADER = [
    "estudiante", "ejercicio", "pregunta", "puntos_maximos", "puntos", "comentario", "respuesta",
    "huella",
]  # fmt: skip
KEY = ("estudiante", "ejercicio", "pregunta", "huella")
PENDING = "falta la pregunta abierta"


def write_scores(out: Path, records: Iterable[Record]) -> Path:
    """Escribe ``notas.csv`` en ``out``, entero o nada, y devuelve su ruta.

    Sin nota, los puntos quedan vacíos: nunca un cero que nadie puso.
    """
    rows = [
        [
            record.student,
            record.exercise,
            "" if record.points is None else f"{record.points:g}",
            record.state.value,
            f"{record.seconds:.1f}",
            f"{record.memory_mib:.0f}",
            f"{record.max_points:g}",
            "; ".join(list_notes(record)),
        ]
        for record in records
    ]
    return _write_table(out / SCORES, SCORES_HEADER, rows)


def list_notes(record: Record) -> list[str]:
    """Devuelve lo que conviene saber de una entrega además de su nota, en frases cortas."""
    notes = [record.reason] if record.reason else []
    notes += [PENDING] if record.pending else []
    notes += [f"comprobación repuesta ({each})" for each in record.restored]
    notes += record.flags
    return [*notes, *([] if record.isolated else ["calificada sin aislamiento"])]


def merge_open_questions(out: Path, records: Sequence[Record]) -> list[Record]:
    """Pone en los registros las notas a mano de ``abiertas.csv`` y añade al archivo lo que falte.

    Una respuesta que cambia vuelve a quedar pendiente; lo ya escrito a mano no se borra nunca.
    Lanza LabError, con la fila, si un número no vale.
    """
    known = _read_open(out / OPEN)
    merged, rows = [], {}
    for record in records:
        checks = [_apply(record, check, known, rows) for check in record.checks]
        merged.append(replace(record, checks=checks))
    kept = {key: row for key, row in known.items() if key not in rows and row["puntos"].strip()}
    table = [[row[name] for name in OPEN_HEADER] for row in [*rows.values(), *kept.values()]]
    if table or known:
        _write_table(out / OPEN, OPEN_HEADER, table)
    return merged


def _apply(
    record: Record, check: CheckResult, known: dict[tuple, dict[str, str]], rows: dict[tuple, Any]
) -> CheckResult:
    if not (check.manual and check.answer):
        return check
    values = [record.student, record.exercise, check.grade_id, _fingerprint(check.answer)]
    key = tuple(values)
    row = known.get(key, {})
    points, comment = row.get("puntos", ""), row.get("comentario", "")
    rows[key] = {
        **dict(zip(KEY, values, strict=True)),
        "puntos_maximos": f"{check.max_points:g}",
        "puntos": points,
        "comentario": comment,
        "respuesta": _defuse(check.answer),
    }
    return replace(check, points=_read_points(points, record, check), comment=comment)


def _read_points(text: str, record: Record, check: CheckResult) -> float | None:
    if not text.strip():
        return None
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        points = -1.0
    if not 0 <= points <= check.max_points:
        raise LabError(
            f"En {OPEN}, los puntos de «{record.student}» en «{record.exercise}» son «{text}»: "
            f"escribe un número entre 0 y {check.max_points:g}."
        )
    return points


def _read_open(path: Path) -> dict[tuple, dict[str, str]]:
    """Lee lo calificado a mano; admite el punto y coma con que guardan algunas hojas de cálculo."""
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252")
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    if not set(OPEN_HEADER) <= set(reader.fieldnames or ()):
        raise LabError(f"A {OPEN} le faltan columnas: deben estar {', '.join(OPEN_HEADER)}.")
    return {
        tuple(row[name] for name in KEY): {name: row[name] or "" for name in OPEN_HEADER}
        for row in reader
    }


def _fingerprint(answer: str) -> str:
    return hashlib.sha256(answer.encode()).hexdigest()[:12]


def _defuse(text: str) -> str:
    """Evita que una hoja de cálculo tome una respuesta por una fórmula.

    >>> _defuse("=1+1"), _defuse("hola")
    ("'=1+1", 'hola')
    """
    return f"'{text}" if text[:1] in "=+-@\t" else text


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    # Con marca de orden de bytes, que las hojas de cálculo necesitan para las tildes.
    write_atomically(path, codecs.BOM_UTF8.decode("utf-8") + text.getvalue())
    return path
