"""Lo que se lee de las notas: CSV, una página por estudiante y el informe de la clase."""

from __future__ import annotations

import csv
import dataclasses
import re

import pytest

from labsupport.base.errors import LabError
from labsupport.grading.judging.worker import HIDDEN_FAILED, _explain_failure
from labsupport.grading.publishing.class_report import render_class_report
from labsupport.grading.publishing.feedback import (
    ADVICE,
    WITH_ERRORS,
    render_feedback,
    write_feedback,
)
from labsupport.grading.publishing.publish import publish_grades
from labsupport.grading.publishing.scores import LONGEST, OPEN, SCORES, _defuse, count_orphans
from labsupport.grading.records import FOLDER, SCORED, CheckResult, Record, State


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
    page = render_feedback([make_record(state=state, reason="Motivo.")])
    assert state.value in page and ADVICE[state] in page
    assert ("sin nota" in page) is (state not in SCORED)
    assert ("2 de 4 puntos" in page) is (state in SCORED)


def test_a_page_shows_messages_and_no_other_code(tmp_path):
    record = make_record("ana <b>", points=0.0, errors=["celda 3: <script>"])
    page = render_feedback([record])
    assert "Da otro." in page and "ana &lt;b&gt;" in page and "<script>" not in page
    assert not re.search(r"(src|href)=", page), "se abre sin red"


def test_a_page_without_a_grade_gives_no_advice_for_instructors():
    page = render_feedback([make_record(state=State.NOT_GRADED, reason="Dilo con --exercise.")])
    assert "--exercise" not in page and "Comprueba que entregaste el cuaderno" in page


def test_a_page_begins_with_the_errors_of_the_own_cells():
    page = render_feedback([make_record(errors=["celda 9 (tarea-2): SyntaxError: invalid syntax"])])
    assert WITH_ERRORS in page and ADVICE[State.GRADED] not in page
    assert page.index("celda 9 (tarea-2)") < page.index("Comprobaciones</h3>")


def test_a_page_says_once_what_was_written_by_hand():
    record = make_record()
    for points, kind in ((0.0, "bad"), (1.0, "good")):
        record.checks[1].points, record.checks[1].comment = points, "Casi."
        page = render_feedback([record])
        assert page.count("Casi.") == 1
        assert f'<span class="state {kind}">a mano</span>' in page


def test_a_check_that_never_finished_did_not_fail():
    record = make_record(state=State.TIME_LIMIT, points=0.0)
    record.checks[0].finished = False
    page = render_feedback([record])
    assert '<span class="state bad">no acabó</span>' in page and "falla</span>" not in page


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
    assert [path.name for path in (tmp_path / "devoluciones").iterdir()] == ["ana.html"]


def test_a_student_has_one_page_for_all_exercises(tmp_path):
    ana, berto = make_record("ana"), make_record("berto")
    other = dataclasses.replace(ana, exercise="ejercicio_02", state=State.TIME_LIMIT)
    namesake = make_record("Ana")
    assert len(write_feedback(tmp_path, [other, namesake, berto, ana])) == 3
    page = (tmp_path / "devoluciones" / "ana.html").read_text(encoding="utf-8")
    first, second = page.split("<h2>")[1:]
    assert first.startswith("ejercicio_01") and ADVICE[State.GRADED] in first
    assert second.startswith("ejercicio_02") and ADVICE[State.TIME_LIMIT] in second


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


def write_table(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-16")]
)
def test_points_by_hand_count_and_stay(tmp_path, separator, encoding):
    publish(tmp_path, [make_record()])
    fill(tmp_path, "1,5", "Más razón.", separator, encoding)
    for _ in range(2):
        (record,) = publish(tmp_path, [make_record()])
        assert record.points == 3.5 and not record.pending
    assert "Más razón." in (tmp_path / "devoluciones" / f"{record.student}.html").read_text("utf-8")


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_separator_of_who_grades_by_hand_stays(tmp_path, separator):
    publish(tmp_path, [make_record()])
    fill(tmp_path, "1,5", "Casi.", separator)
    path = tmp_path / OPEN
    text = path.read_text(encoding="utf-8").replace("huella", "Huella")
    path.write_text(f"sep={separator}\n{text}", encoding="utf-8")
    (record,) = publish(tmp_path, [make_record()])
    assert record.points == 3.5
    first = path.read_text(encoding="utf-8-sig").splitlines()[0]
    assert first.startswith(f"estudiante{separator}") and first.endswith(f"{separator}huella")


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


@pytest.mark.parametrize(
    ("column", "mangled"),
    [("estudiante", "123"), ("estudiante", "Ji?í"), ("ejercicio", ""), ("respuesta", "cortada")],
)
def test_only_the_fingerprint_has_to_survive_a_spreadsheet(tmp_path, column, mangled):
    publish(tmp_path, [make_record("00123")])
    rows = read_table(tmp_path / OPEN)
    assert re.fullmatch("h-[0-9a-f]{12}", rows[0]["huella"])
    write_table(tmp_path / OPEN, [{**rows[0], "puntos": "1", column: mangled}])
    (record,) = publish(tmp_path, [make_record("00123")])
    assert record.points == 3 and count_orphans(tmp_path, [record]) == 0
    (row,) = read_table(tmp_path / OPEN)
    assert row == {**rows[0], "puntos": "1"}, "lo que no se escribe a mano vuelve a su sitio"


def test_the_number_of_a_repeated_submission_may_change(tmp_path):
    publish(tmp_path, [make_record("ana", answer="Otra."), make_record("ana (2)")])
    rows = read_table(tmp_path / OPEN)
    write_table(tmp_path / OPEN, [rows[0], {**rows[1], "puntos": "1"}])
    (record,) = publish(tmp_path, [make_record("ana")])
    assert record.points == 3


def test_the_same_answer_twice_has_a_single_row(tmp_path):
    twice = [make_record("ana"), make_record("ana (2)")]
    publish(tmp_path, twice)
    assert [row["estudiante"] for row in read_table(tmp_path / OPEN)] == ["ana"]
    fill(tmp_path, "1")
    assert [record.points for record in publish(tmp_path, twice)] == [3, 3]


def test_points_for_an_answer_that_is_not_there_are_counted_and_kept(tmp_path):
    publish(tmp_path, [make_record(), make_record("berto")])
    fill(tmp_path, "2")
    records = publish(tmp_path, [make_record(answer="Otra."), make_record("berto")])
    assert count_orphans(tmp_path, records) == 1
    assert [row["puntos"] for row in read_table(tmp_path / OPEN)] == ["", "", "2"]


def test_comments_and_columns_written_by_hand_are_kept(tmp_path):
    publish(tmp_path, [make_record()])
    (row,) = read_table(tmp_path / OPEN)
    work = {"comentario": "-- casi", "quién": "Luis", "": "ojo"}
    write_table(tmp_path / OPEN, [{**row, **work}])
    for answer in ("Porque sí.", "Otra.", ""):
        publish(tmp_path, [make_record(answer=answer)])
        row = next(row for row in read_table(tmp_path / OPEN) if row["comentario"])
        assert (row["comentario"], row["quién"], row["columna 10"]) == ("-- casi", "Luis", "ojo")


def test_a_row_without_a_fingerprint_is_kept_too(tmp_path):
    publish(tmp_path, [make_record()])
    (row,) = read_table(tmp_path / OPEN)
    mine = {**dict.fromkeys(row, ""), "puntos": "1", "comentario": "Media."}
    write_table(tmp_path / OPEN, [row, mine, dict.fromkeys(row, "")])
    publish(tmp_path, [make_record()])
    assert read_table(tmp_path / OPEN) == [row, mine]


def test_a_row_written_twice_with_other_points_is_told(tmp_path):
    publish(tmp_path, [make_record()])
    (row,) = read_table(tmp_path / OPEN)
    write_table(tmp_path / OPEN, [{**row, "puntos": "1"}, row])
    assert publish(tmp_path, [make_record()])[0].points == 3
    write_table(tmp_path / OPEN, [{**row, "puntos": "1"}, {**row, "puntos": "2"}])
    with pytest.raises(LabError, match=r"dos filas distintas.*«ana».*deja solo una"):
        publish(tmp_path, [make_record()])


def test_before_grading_the_open_answers_are_not_touched(tmp_path):
    publish(tmp_path, [make_record(), make_record("berto")])
    fill(tmp_path, "", "A medias.", ";", "cp1252")
    before = (tmp_path / OPEN).read_bytes()
    waiting = make_record("berto", State.NOT_GRADED, answer="")
    publish_grades(tmp_path, [make_record(), waiting], finished=False)
    assert (tmp_path / OPEN).read_bytes() == before


def test_an_answer_with_a_pasted_image_fits_in_a_cell(tmp_path):
    image = f"Mira: ![](data:image/png;base64,{'A' * 200_000})"
    records = [make_record(answer=image), make_record("berto", answer="largo " * 50_000)]
    publish(tmp_path, records)
    fill(tmp_path, "1")
    assert [record.points for record in publish(tmp_path, records)] == [3, 2]
    ana, berto = read_table(tmp_path / OPEN)
    assert ana["respuesta"] == "Mira: ![]([imagen])"
    assert LONGEST < len(berto["respuesta"]) < 32_767
    other = make_record(answer=image.replace("A)", "B)"))
    assert publish(tmp_path, [other])[0].pending, "la huella es de la respuesta entera"


def test_what_older_orders_wrote_whole_is_still_read(tmp_path):
    publish(tmp_path, [make_record()])
    (row,) = read_table(tmp_path / OPEN)
    write_table(tmp_path / OPEN, [{**row, "respuesta": "A" * 200_000, "puntos": "1"}])
    assert publish(tmp_path, [make_record()])[0].points == 3


@pytest.mark.parametrize(
    "content", [b"", b"una,dos\n1,2\n", b"PK\x03\x04\x81\x8d", b"\xff\xfe\x00"]
)
def test_a_file_that_is_not_the_one_is_told_in_spanish(tmp_path, content):
    (tmp_path / OPEN).write_bytes(content)
    with pytest.raises(LabError, match=r"abiertas.csv.*(columnas|CSV)"):
        publish(tmp_path, [make_record()])
    assert (tmp_path / OPEN).read_bytes() == content


@pytest.mark.parametrize("text", ["\r=1", "\n=1", " =1", "＝1", "\t1", "@x", "-1"])
def test_nothing_that_starts_like_a_formula_stays_as_it_is(text):
    assert _defuse(text) == f"'{text}"


def test_a_name_like_a_formula_does_not_run_and_keeps_its_points(tmp_path):
    records = [make_record("=SUMA(A1)", flags=["=aviso"])]
    publish(tmp_path, records)
    fill(tmp_path, "1")
    assert publish(tmp_path, records)[0].points == 3
    (row,) = read_table(tmp_path / SCORES)
    assert (row["estudiante"], row["avisos"]) == ("'=SUMA(A1)", "'=aviso")


def test_an_answer_is_never_a_formula(tmp_path):
    publish(tmp_path, [make_record(answer="=HYPERLINK(1)")])
    assert read_table(tmp_path / OPEN)[0]["respuesta"] == "'=HYPERLINK(1)"


def test_the_class_report_says_what_to_teach_again_and_what_to_look_at():
    records = [
        make_record(),
        make_record("berto", points=0.0),
        make_record("carla", State.TAMPERED, restored=["prueba-1: editada"]),
        make_record("diego", flags=["redefine lo que da el ejercicio: labels"]),
        make_record("elena", State.UNREADABLE),
    ]
    page = render_class_report(records)
    assert "5 entregas de 5 estudiantes; 4 con nota" in page
    assert "75 % (3 de 4)" in page and "Da otro." in page
    attention = page.split("Entregas que conviene mirar</h2>")[1]
    for student in ("carla", "diego", "elena"):
        assert f"devoluciones/{student}.html" in attention
    assert "ana.html" not in attention and "berto.html" not in attention
    assert "sin aislamiento" not in page


def test_the_class_report_has_no_mean_of_what_nobody_graded_yet():
    records = [make_record(), make_record("berto", answer=""), make_record("x", State.UNREADABLE)]
    page = render_class_report([*records, Record("y", "desconocido", "", State.NOT_GRADED)])
    row = page.split("1 por calificar")[1].split("</tr>")[0]
    assert "—" in row and "Tareas de desconocido" not in page


def test_the_class_report_says_that_its_mean_is_not_the_last_one():
    pending = render_class_report([make_record(), make_record("ana (2)", points=0.0)])
    assert (
        "2 entregas de 1 estudiante; 2 con nota; media de 25 % de los puntos hasta ahora" in pending
    )
    assert ["2 por calificar", "—"] in read_cells(pending)
    done = make_record(answer="")
    page = render_class_report([done])
    assert "1 entrega de 1 estudiante" in page and "hasta ahora" not in page


def read_cells(page):
    """Las dos últimas celdas de cada fila."""
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in page.split("<tr>")]
    return [cells[-2:] for cells in rows]


def test_the_class_report_says_that_nothing_was_isolated():
    record = dataclasses.replace(make_record(), isolated=False)
    assert "Se calificó sin aislamiento" in render_class_report([record])


def test_an_empty_class_has_a_report():
    assert "0 entregas" in render_class_report([])
