"""Lo que se lee de las notas: CSV, una página por estudiante y el informe de la clase."""

from __future__ import annotations

import csv
import dataclasses
import re

import pytest

from labsupport.errors import LabError
from labsupport.grading.class_report import render_class_report
from labsupport.grading.course import HIDDEN_FAILED, _explain_failure
from labsupport.grading.feedback import ADVICE, render_feedback, write_feedback
from labsupport.grading.publish import publish_grades
from labsupport.grading.records import FOLDER, SCORED, CheckResult, Record, State
from labsupport.grading.scores import OPEN, SCORES


def make_record(student="ana", state=State.GRADED, points=2.0, answer="Porque sí.", **others):
    checks = [
        CheckResult("prueba-1", "Tarea 1", 2.0, points, message="" if points == 2 else "Da otro."),
        CheckResult("pregunta", "Pregunta", 2.0, None if answer else 0.0, True, answer=answer),
    ]
    return Record(student, "ejercicio_01", "huella", state, checks=checks, seconds=1.5, **others)


def publish(out, records):
    """Como al calificar, que ya ha hecho la carpeta de los registros."""
    (out / FOLDER).mkdir(exist_ok=True)
    return publish_grades(out, records)


def read_table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_page_that_says_what_to_do(state):
    page = render_feedback(make_record(state=state, reason="Motivo."))
    assert state.value in page and ADVICE[state] in page
    assert ("sin nota" in page) is (state not in SCORED)
    assert ("2 de 4 puntos" in page) is (state in SCORED)


def test_a_page_shows_messages_and_no_other_code(tmp_path):
    record = make_record("ana <b>", points=0.0, errors=["celda 3: <script>"])
    page = render_feedback(record)
    assert "Da otro." in page and "ana &lt;b&gt;" in page and "<script>" not in page
    assert not re.search(r"(src|href)=", page), "se abre sin red"


def test_a_hidden_check_only_says_that_it_is_hidden():
    source = "assert f(1) == 1, 'visible'\n### BEGIN HIDDEN TESTS\nassert f(9) == 81, 'secreto'"
    verdict = {"error": "AssertionError", "message": "secreto", "line": 3}
    check = CheckResult("p", "T", 1.0, 0.0)
    _explain_failure(check, verdict, source)
    assert (check.message, check.hidden) == (HIDDEN_FAILED, True)
    _explain_failure(check, {**verdict, "message": "visible", "line": 1}, source)
    assert check.message == "visible"


def test_pages_that_nobody_has_any_more_are_removed(tmp_path):
    write_feedback(tmp_path, [make_record("ana"), make_record("berto")])
    write_feedback(tmp_path, [make_record("ana")])
    assert [path.name for path in (tmp_path / "devoluciones").iterdir()] == [
        "ana__ejercicio_01.html"
    ]


def test_without_a_grade_the_csv_has_no_number(tmp_path):
    publish(tmp_path, [make_record(), make_record("berto", State.UNREADABLE, reason="Roto")])
    ana, berto = read_table(tmp_path / SCORES)
    assert (ana["puntos"], ana["avisos"]) == ("2", "falta la pregunta abierta")
    assert (berto["puntos"], berto["estado"], berto["avisos"]) == ("", "ilegible", "Roto")


def fill(folder, points, comment="", separator=",", encoding="utf-8"):
    """Rellena la primera respuesta abierta como lo haría una hoja de cálculo."""
    rows = read_table(folder / OPEN)
    rows[0]["puntos"], rows[0]["comentario"] = points, comment
    with (folder / OPEN).open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(("separator", "encoding"), [(",", "utf-8"), (";", "cp1252")])
def test_points_by_hand_count_and_stay(tmp_path, separator, encoding):
    publish(tmp_path, [make_record()])
    fill(tmp_path, "1,5", "Más razón.", separator, encoding)
    for _ in range(2):
        (record,) = publish(tmp_path, [make_record()])
        assert record.points == 3.5 and not record.pending
    assert "Más razón." in (tmp_path / "devoluciones" / f"{record.name}.html").read_text("utf-8")


def test_another_answer_is_pending_again_and_no_work_by_hand_is_lost(tmp_path):
    publish(tmp_path, [make_record()])
    fill(tmp_path, "2")
    (record,) = publish(tmp_path, [make_record(answer="Otra cosa.")])
    assert record.points == 2 and record.pending
    assert {row["puntos"] for row in read_table(tmp_path / OPEN)} == {"", "2"}


@pytest.mark.parametrize("points", ["3", "-1", "mucho", "nan"])
def test_points_that_cannot_be_are_told_in_spanish(tmp_path, points):
    publish(tmp_path, [make_record()])
    fill(tmp_path, points)
    with pytest.raises(LabError, match=r"abiertas.csv, los puntos de «ana».*entre 0 y 2"):
        publish(tmp_path, [make_record()])


def test_an_answer_is_never_a_formula(tmp_path):
    publish(tmp_path, [make_record(answer="=HYPERLINK(1)")])
    assert read_table(tmp_path / OPEN)[0]["respuesta"] == "'=HYPERLINK(1)"


def test_the_class_report_says_what_to_teach_again_and_what_to_look_at():
    records = [
        make_record(),
        make_record("berto", points=0.0),
        make_record("carla", State.TAMPERED, restored=["prueba-1: editada"]),
        make_record("diego", flags=["toca la maquinaria: signal"]),
        make_record("elena", State.UNREADABLE),
    ]
    page = render_class_report(records)
    assert "5 entregas de 5 estudiantes; 4 con nota" in page
    assert "75 % (3 de 4)" in page and "Da otro." in page
    attention = page.split("Entregas que conviene mirar</h2>")[1]
    for student in ("carla", "diego", "elena"):
        assert f"devoluciones/{student}__ejercicio_01.html" in attention
    assert "ana__" not in attention and "berto__" not in attention
    assert "sin aislamiento" not in page


def test_the_class_report_says_that_nothing_was_isolated():
    record = dataclasses.replace(make_record(), isolated=False)
    assert "Se calificó sin aislamiento" in render_class_report([record])


def test_an_empty_class_has_a_report():
    assert "0 entregas" in render_class_report([])
