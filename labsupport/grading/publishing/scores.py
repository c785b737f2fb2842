"""``notas.csv`` y ``abiertas.csv``: las notas y las preguntas que se califican a mano."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labsupport.base.csv_files import read_rows
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.grading.records import CheckResult, Record, strip_number

SCORES, OPEN = "notas.csv", "abiertas.csv"
SCORES_HEADER = [
    "estudiante", "ejercicio", "puntos", "estado", "segundos", "memoria_mib", "puntos_maximos",
    "avisos",
]  # fmt: skip
OPEN_HEADER = [
    "estudiante", "ejercicio", "pregunta", "puntos_maximos", "puntos", "comentario", "respuesta",
    "huella",
]  # fmt: skip
# Lo demás lo escribe quien califica, también en columnas suyas.
GIVEN = frozenset(OPEN_HEADER) - {"puntos", "comentario"}
TEXTS = ("estudiante", "ejercicio", "pregunta", "respuesta")
NEEDED = ("puntos", "huella")
PENDING = "falta la pregunta abierta"
# Las hojas de cálculo cortan las celdas en 32 767 caracteres.
LONGEST = 30_000
IMAGE = re.compile(r"data:image/[^\s)\"'>]+")
FORMULA_SIGNS = frozenset("=+-@\t\r")

Row = Mapping[str, str]


@dataclass(frozen=True)
class _Sheet:
    """Lo que hay en ``abiertas.csv``; ``extras``: las columnas que alguien añadió."""

    extras: Sequence[str] = ()
    rows: Sequence[Row] = ()
    separator: str = ","


def write_scores(out: Path, records: Iterable[Record]) -> None:
    """Escribe ``notas.csv`` en ``out``, entero o nada.

    Sin nota, los puntos quedan vacíos: nunca un cero que nadie puso.
    """
    rows = [
        [
            _defuse(record.student),
            _defuse(record.exercise),
            "" if record.points is None else f"{record.points:g}",
            record.state.value,
            f"{record.seconds:.1f}",
            f"{record.memory_mib:.0f}",
            f"{record.max_points:g}",
            _defuse("; ".join(list_notes(record))),
        ]
        for record in records
    ]
    _write_table(out / SCORES, SCORES_HEADER, rows)


def list_notes(record: Record) -> list[str]:
    """Devuelve lo que conviene saber de una entrega además de su nota, en frases cortas."""
    notes = [record.reason] if record.reason else []
    notes += [PENDING] if record.pending else []
    notes += [f"comprobación repuesta ({each})" for each in record.restored]
    notes += record.flags
    return [*notes, *([] if record.isolated else ["calificada sin aislamiento"])]


def merge_open_questions(out: Path, records: Sequence[Record], write: bool = True) -> list[Record]:
    """Pone en los registros las notas a mano de ``abiertas.csv`` y añade al archivo lo que falte.

    ``write``: si se escribe el archivo; mientras falten entregas por calificar, solo se lee.
    Una respuesta que cambia vuelve a quedar pendiente; lo ya escrito a mano no se borra nunca.
    Lanza LabError, con la fila, si un número no vale.
    """
    sheet = _read_open(out / OPEN)
    known: dict[str, list[Row]] = {}
    for row in sheet.rows:
        known.setdefault(row["huella"], []).append(row)
    rows: dict[str, Row] = {}
    merged = [
        replace(record, checks=[_apply(record, check, known, rows) for check in record.checks])
        for record in records
    ]
    kept = [row for row in sheet.rows if row["huella"] not in rows and _has_work(row)]
    if write and (rows or sheet.rows):
        _write_open(out / OPEN, replace(sheet, rows=[*rows.values(), *kept]))
    return merged


def count_orphans(out: Path, records: Iterable[Record]) -> int:
    """Cuenta las filas de ``abiertas.csv`` con puntos que no son de ninguna respuesta de ahora."""
    current = {
        _fingerprint(record, check)
        for record in records
        for check in record.checks
        if check.manual and check.answer
    }
    rows = _read_open(out / OPEN).rows
    return sum(row["huella"] not in current and bool(row["puntos"].strip()) for row in rows)


def _apply(
    record: Record, check: CheckResult, known: Mapping[str, list[Row]], rows: dict[str, Row]
) -> CheckResult:
    if not (check.manual and check.answer):
        return check
    fingerprint = _fingerprint(record, check)
    row = _choose_row(known.get(fingerprint, []), record)
    points, comment = row.get("puntos", ""), row.get("comentario", "")
    given = {
        "estudiante": record.student,
        "ejercicio": record.exercise,
        "pregunta": check.grade_id,
        "puntos_maximos": f"{check.max_points:g}",
        "respuesta": _shorten(check.answer),
        "huella": fingerprint,
    }
    # Quien entrega dos veces la misma respuesta tiene una sola fila.
    rows.setdefault(fingerprint, {**row, **given})
    return replace(check, points=_read_points(points, record, check), comment=comment)


def _choose_row(rows: Sequence[Row], record: Record) -> Row:
    """Devuelve la fila escrita a mano de una respuesta, que una copia puede haber repetido."""
    written = [row for row in rows if _has_work(row)] or rows
    if len({(row["puntos"], row.get("comentario", "")) for row in written}) > 1:
        raise LabError(
            f"En {OPEN} hay dos filas distintas para la misma respuesta de «{record.student}» en "
            f"«{record.exercise}» (huella {rows[0]['huella']}): deja solo una."
        )
    return written[0] if written else {}


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


def _has_work(row: Row) -> bool:
    return any(text.strip() for name, text in row.items() if name not in GIVEN)


def _read_open(path: Path) -> _Sheet:
    """Lee lo calificado a mano."""
    if not path.is_file():
        return _Sheet()
    with path.open("rb") as file:
        form, rows = read_rows(file, OPEN)
    header, *table = rows or [[]]
    names = _name_columns(header)
    if not set(NEEDED) <= set(names):
        raise LabError(
            f"A {OPEN} le faltan columnas: deben estar, con ese nombre, {' y '.join(NEEDED)}. Si "
            "al abrirlo salió todo en una columna, ábrelo con Datos, Desde texto/CSV."
        )
    answers = [dict(zip(names, row, strict=True)) for row in table]
    for answer in answers:
        answer["huella"] = answer["huella"].strip()
    extras = [name for name in names if name not in OPEN_HEADER]
    return _Sheet(extras, answers, form.separator)


def _name_columns(header: Sequence[str]) -> list[str]:
    """Da a cada columna un nombre que no repite otra, también a las que no lo traen.

    >>> _name_columns(["Puntos", " ", "puntos"])
    ['puntos', 'columna 2', 'puntos (columna 3)']
    """
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        name = cell.strip() or f"columna {place}"
        name = name.casefold() if name.casefold() in OPEN_HEADER else name
        names.append(f"{name} (columna {place})" if name in names else name)
    return names


def _fingerprint(record: Record, check: CheckResult) -> str:
    """Dice de quién y a qué es una respuesta con un texto que ninguna hoja de cálculo cambia."""
    # El número que distingue dos entregas de alguien depende de cuáles haya.
    parts = strip_number(record.student), record.exercise, check.grade_id, check.answer
    return f"h-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


def _shorten(answer: str) -> str:
    """Devuelve la respuesta como cabe en una celda; entera está en su devolución.

    >>> _shorten("Mira: ![](data:image/png;base64,iVBORw0)")
    'Mira: ![]([imagen])'
    >>> len(_shorten("x" * 100_000)) < 30_100
    True
    """
    text = IMAGE.sub("[imagen]", answer)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... (sigue en su devolución)"


def _defuse(text: str) -> str:
    """Evita que una hoja de cálculo tome un texto por una fórmula.

    >>> _defuse("=1+1"), _defuse(" =1"), _defuse("hola"), _defuse("")
    ("'=1+1", "' =1", 'hola', '')
    """
    # También los signos de ancho doble, que algunas hojas toman por los corrientes.
    starts = {unicodedata.normalize("NFKC", each[:1]) for each in (text, text.lstrip())}
    return f"'{text}" if starts & FORMULA_SIGNS else text


def _write_open(path: Path, sheet: _Sheet) -> None:
    header = [*OPEN_HEADER, *sheet.extras]
    table = [
        [_defuse(row.get(n, "")) if n in TEXTS else row.get(n, "") for n in header]
        for row in sheet.rows
    ]
    # Con el separador con que se guardó: la hoja de cálculo de esa persona lo entiende.
    _write_table(path, header, table, sheet.separator)


def _write_table(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], separator: str = ","
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerows([header, *rows])
    # Con marca de orden de bytes, que las hojas de cálculo necesitan para las tildes.
    write_atomically(path, codecs.BOM_UTF8.decode("utf-8") + text.getvalue())
