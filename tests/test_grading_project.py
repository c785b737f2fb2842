"""El proyecto: se entrena, se califica desde fuera y cada respuesta tiene los puntos que merece."""

from __future__ import annotations

import copy

import generate_project
import nbformat
import pytest
from project_answers import ALL, ANSWERS
from real_submissions import ANSWER, read, resolve
from submissions import add_cell

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from labsupport.base.paths import EMBEDDED, REPO  # noqa: E402
from labsupport.grading.cells.exercises import read_exercises  # noqa: E402
from labsupport.grading.cells.roles import is_test, read_metadata  # noqa: E402
from labsupport.grading.judging import worker  # noqa: E402
from labsupport.grading.judging.examiner import open_examiner  # noqa: E402
from labsupport.grading.judging.student import run_submission  # noqa: E402
from labsupport.grading.limits import Limits  # noqa: E402
from labsupport.grading.publishing.class_report import render_class_report  # noqa: E402
from labsupport.grading.publishing.feedback import render_feedback  # noqa: E402
from labsupport.grading.records import State, build_record  # noqa: E402

NAME = "proyecto"
SECONDS = 1100


@pytest.fixture(scope="module")
def exercise():
    return read_exercises(REPO / "exercises" / "source")[NAME]


def build_bank(exercise):
    """Reúne la resuelta, que entrena una vez, y detrás cada respuesta con sus comprobaciones."""
    cells = [copy.deepcopy(cell) for cell in exercise.cells if cell.cell_type == "code"]
    checks = [cell for cell in cells if is_test(cell)]
    bank = [cell for cell in cells if not is_test(cell)]
    expected = {"resuelta": ALL, **{label: passes for label, (passes, _) in ANSWERS.items()}}
    cases = {}
    for label, passes in expected.items():
        if label in ANSWERS:
            bank.append(nbformat.v4.new_code_cell(ANSWERS[label][1]))
        for check, should_pass in zip(checks, passes, strict=True):
            twin = copy.deepcopy(check)
            name = f"{label} | {read_metadata(check)['grade_id']}"
            twin.metadata.nbgrader["grade_id"] = name
            bank.append(twin)
            cases |= {} if should_pass is None else {name: should_pass}
    for number, cell in enumerate(bank):
        cell["id"] = f"celda-{number}"
    return bank, cases


@pytest.mark.timeout(SECONDS)
@pytest.mark.usefixtures("isolation")
def test_every_answer_gets_the_checks_that_it_deserves(exercise, tmp_path):
    settled = Limits(seconds=SECONDS, output_mib=64), True, 1
    examiner, (bank, cases) = open_examiner(exercise, *settled), build_bank(exercise)
    notebook = nbformat.v4.new_notebook(cells=bank)
    ending = run_submission(notebook, tmp_path, examiner, *settled)
    assert (ending.state, ending.redefined) == (State.GRADED, set()), ending.reason
    wrong = {
        name: ending.verdicts[name]
        for name, passes in cases.items()
        if ending.verdicts[name]["passed"] != passes
    }
    assert wrong == {}


@pytest.mark.usefixtures("isolation")
def test_points_and_words_of_who_only_counts_words(exercise):
    solution = next(cell.source for cell in exercise.cells if cell.id == "trabajo")
    lines = solution.split("\n")
    # Lee y limpia como la resuelta, sin entrenar nada.
    end = next(number for number, line in enumerate(lines) if line.startswith("tokenizer ="))
    notebook = resolve(NAME, trabajo="\n".join(lines[1:end]), tarea_1=ANSWERS["TF-IDF"][1])
    notebook = add_cell(notebook, "prueba-2", "hidden_accuracy = 1.0")
    files = {"e.ipynb": nbformat.writes(notebook).encode("utf-8")}
    record = build_record(
        worker.grade_submission(worker.Task("ana", exercise, "huella", "e.ipynb", files))
    )
    assert (record.state, record.points, record.flags) == (State.GRADED, 4, []), record
    told = {check.grade_id: check.message for check in record.checks}
    assert told["prueba-1"] == told["prueba-2"] == ""
    assert told["prueba-3"].startswith("Con los comentarios ocultos tu accuracy es 0.")
    assert [check.answer for check in record.checks if check.manual] == [ANSWER]
    assert "Mejor que contar palabras" in render_class_report([record])
    page = render_feedback([record])
    texts, _ = generate_project.generate_hidden()
    assert "tu accuracy es 0." in page and not any(text in page for text in texts)


def test_the_data_is_what_the_command_generates():
    assert generate_project.find_differences() == []


def test_the_csv_is_as_messy_as_real_ones():
    content = (EMBEDDED / "proyecto.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    rows = generate_project.generate_rows()
    texts = [row[2] for row in rows]
    assert "" in texts and len(set(texts)) < len(texts) - 20
    labels = {row[3] for row in rows}
    assert labels > {"negativa", "mixta", "positiva", ""} and " mixta " in labels
    assert {row[0] for row in rows} == {"web", "app"}


def test_no_hidden_comment_is_handed_out():
    texts, labels = generate_project.generate_hidden()
    known = {row[2] for row in generate_project.generate_rows()}
    assert len(set(texts)) == 300 and set(labels) == set(generate_project.CLASSES.values())
    assert not known & set(texts)
    release = "\n".join(cell.source for cell in read("release", NAME).cells)
    assert "SECRET" not in release and "lzma" not in release


def test_other_hidden_comments_can_take_their_place(tmp_path):
    notebook, csv_file = tmp_path / "proyecto.ipynb", tmp_path / "otras.csv"
    notebook.write_bytes(generate_project.NOTEBOOK.read_bytes())
    generate_project.save_hidden(generate_project.generate_hidden(), notebook)
    assert notebook.read_bytes() == generate_project.NOTEBOOK.read_bytes()
    rows = [["correo", "", "Café; caro.\nMal", "negativa"], ["correo", "", "Bien", "positiva"]]
    csv_file.write_bytes(generate_project.format_csv(rows))
    others = generate_project.read_hidden(csv_file)
    generate_project.save_hidden(others, notebook)
    assert others == [["Café; caro.\nMal", "Bien"], ["negativa", "positiva"]]
    assert generate_project.find_differences(notebook=notebook) == [notebook.name]
    csv_file.write_bytes(generate_project.format_csv([["", "", "Bien", "buena"]]))
    with pytest.raises(SystemExit, match="negativa, mixta, positiva"):
        generate_project.read_hidden(csv_file)
