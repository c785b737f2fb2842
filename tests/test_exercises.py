"""Los ejercicios: los resueltos se aprueban, lo equivocado se suspende y nada se escapa."""

import ast
import re
import sys

import generate_exercises
import nbformat
import pytest
import transformers
from right_answers import RIGHT_ANSWERS
from wrong_answers import WRONG_ANSWERS

from labsupport.base.errors import explain_error
from labsupport.base.paths import REPO
from labsupport.base.run_record import DONE, FAILED
from labsupport.running.one_notebook import execute_notebook

NAMES = [f"ejercicio_0{number}" for number in range(1, 9)]
PROJECT = "proyecto"
NO_NBGRADER = "no está nbgrader: instálalo con pip install -e .[instructor]"
LONGEST, LONGEST_WITH_HIDDEN = 15, 30


def read(kind, name):
    return nbformat.read(REPO / "exercises" / kind / name / f"{name}.ipynb", as_version=4)


@pytest.fixture(scope="module", autouse=True)
def quiet_libraries():
    """Los ejercicios callan a transformers y no necesitan tensorflow-text; después, como estaba."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorflow_text", None)
        yield
    transformers.logging.set_verbosity_warning()


@pytest.fixture(params=[*NAMES, PROJECT])
def name(request):
    return request.param


@pytest.fixture
def source(name):
    """El ejercicio resuelto."""
    return read("source", name)


@pytest.fixture
def release(name):
    """El ejercicio que se entrega."""
    return read("release", name)


def meta(cell):
    return cell.metadata.get("nbgrader", {})


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def task_cells(notebook):
    return [cell for cell in code_cells(notebook) if meta(cell).get("solution")]


def check_cells(notebook):
    return [cell for cell in code_cells(notebook) if meta(cell).get("grade")]


def open_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown" and meta(cell)]


def regions(cell, kind):
    return re.findall(rf"### BEGIN {kind}\n(.*?)\n *### END {kind}", cell.source, re.S)


# Cómo están hechos


def test_every_lesson_has_its_exercise_and_there_is_a_project():
    assert generate_exercises.list_exercises() == [*NAMES, PROJECT]


@pytest.mark.parametrize("kind", ["source", "release"])
def test_is_a_valid_nbgrader_notebook(name, kind):
    notebook = read(kind, name)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.language == "python"
    graded = [cell for cell in notebook.cells if meta(cell)]
    ids = [meta(cell)["grade_id"] for cell in graded]
    assert len(set(ids)) == len(ids) and ids == [cell.id for cell in graded]
    assert {meta(cell)["schema_version"] for cell in graded} == {3}
    assert all(("points" in meta(cell)) == meta(cell)["grade"] for cell in graded)
    # «setup» solo está si el repositorio tiene dirección pública: instala el paquete en Colab.
    assert all(meta(cell) for cell in code_cells(notebook) if cell.id != "setup")


@pytest.mark.parametrize("kind", ["source", "release"])
def test_nbgrader_accepts_its_metadata(name, kind):
    nbgraderformat = pytest.importorskip("nbgrader.nbgraderformat", reason=NO_NBGRADER)
    nbgraderformat.MetadataValidator().validate_nb(read(kind, name))


@pytest.mark.parametrize("name", NAMES)
def test_has_tasks_with_checks_and_one_question_by_hand(source):
    tasks = [cell.id for cell in task_cells(source)]
    assert tasks == [f"tarea-{number}" for number in range(1, len(tasks) + 1)]
    assert [cell.id for cell in check_cells(source)] == [f"prueba-{task[6:]}" for task in tasks]
    assert len(tasks) in (3, 4)
    (question,) = open_cells(source)
    assert "**Rúbrica.**" in question.source and "punto" in question.source


def test_points_are_the_ones_its_headings_say(source):
    prose = [cell for cell in source.cells if cell.cell_type == "markdown" and not meta(cell)]
    told = [int(n) for cell in prose for n in re.findall(r"^## .*\((\d+) puntos?\)", cell.source)]
    by_task = [meta(cell)["points"] for cell in check_cells(source)]
    by_hand = [meta(cell)["points"] for cell in open_cells(source)]
    assert told == by_task + by_hand
    total, automatic, manual = re.search(
        r"\*\*(\d+) puntos\*\*: (\d+) en .* y (\d+) en", prose[0].source
    ).groups()
    assert (int(total), int(automatic), int(manual)) == (sum(told), sum(by_task), sum(by_hand))


def test_every_check_says_in_words_what_is_wrong_and_yields_no_value(name, source):
    for cell in check_cells(source):
        tree = ast.parse(cell.source)
        asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
        assert len(asserts) >= (2 if name == PROJECT else 4) and all(node.msg for node in asserts)
        assert regions(cell, "HIDDEN TESTS")
        # Un número al final sería una nota parcial; un texto, la nota entera; print no da ninguno.
        last = tree.body[-1]
        assert not isinstance(last, ast.Expr) or ast.unparse(last).startswith("print(")


def test_cells_are_short_enough_to_read(source, release):
    lengths = [len(cell.source.splitlines()) for cell in code_cells(release)]
    with_hidden = [len(cell.source.splitlines()) for cell in code_cells(source)]
    assert max(lengths) <= LONGEST and max(with_hidden) <= LONGEST_WITH_HIDDEN


def test_stores_no_outputs(source, release):
    cells = code_cells(source) + code_cells(release)
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count] == []


def test_every_exercise_starts_the_same_way(source):
    first = [cell.source for cell in code_cells(source) if cell.id in ("setup", "preparacion")]
    others = code_cells(read("source", NAMES[0]))
    assert first == [cell.source for cell in others if cell.id in ("setup", "preparacion")]


# Lo que se entrega


def test_release_is_what_the_command_generates(tmp_path):
    pytest.importorskip("nbgrader", reason=NO_NBGRADER)
    fresh = generate_exercises.generate_release(tmp_path)
    assert generate_exercises.find_differences(fresh) == []


def test_the_command_notices_an_edited_release(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate_exercises, "RELEASE", tmp_path / "release")
    generate_exercises.save_release(REPO / "exercises" / "release")
    assert generate_exercises.find_differences(REPO / "exercises" / "release") == []
    edited = tmp_path / "release" / NAMES[0] / f"{NAMES[0]}.ipynb"
    edited.write_text(edited.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (tmp_path / "release" / "viejo.ipynb").write_text("{}", encoding="utf-8")
    assert generate_exercises.check_release(REPO / "exercises" / "release") == 1
    assert f"{NAMES[0]}, viejo." in capsys.readouterr().out
    generate_exercises.save_release(REPO / "exercises" / "release")
    assert generate_exercises.check_release(REPO / "exercises" / "release") == 0


def test_release_gives_away_no_solution_nor_hidden_test(source, release):
    text = "\n".join(cell.source for cell in release.cells)
    secrets = [
        region
        for cell in source.cells
        for kind in ("SOLUTION", "HIDDEN TESTS")
        for region in regions(cell, kind)
    ]
    assert len(secrets) >= 2 * len(task_cells(source))
    assert [secret for secret in secrets if secret in text] == []
    assert not re.search(r"BEGIN|END (SOLUTION|HIDDEN)|Rúbrica|Respuesta de ejemplo", text)


@pytest.mark.parametrize("name", NAMES)
def test_release_says_which_task_is_empty(release):
    for number, cell in enumerate(task_cells(release), start=1):
        assert cell.source.count(f"La tarea {number} está vacía") == 1
    (question,) = open_cells(release)
    assert question.source == "*Escribe aquí tu respuesta.*"


def test_the_project_starts_in_blank():
    work, answer = task_cells(read("release", PROJECT))
    assert work.source == "# Escribe aquí y añade todas las celdas que quieras."
    assert answer.source.count("La tarea 1 está vacía") == 1
    assert [cell.id for cell in check_cells(read("source", PROJECT))] == [
        f"prueba-{number}" for number in range(1, 5)
    ]


def test_only_an_empty_task_is_told_without_a_traceback():
    assert explain_error(NotImplementedError("La tarea 3 está vacía")) == "La tarea 3 está vacía"
    assert explain_error(NotImplementedError("otra cosa")) is None
    assert explain_error(ValueError("La tarea 3")) is None


@pytest.mark.slow
def test_release_runs_until_its_first_empty_task(name, tmp_path):
    path = REPO / "exercises" / "release" / name / f"{name}.ipynb"
    outcome = execute_notebook(path, tmp_path / "copia.ipynb", {}, cell_timeout=300)
    assert outcome.status == FAILED
    assert outcome.message == "La tarea 1 está vacía: escribe tu solución en su celda."


@pytest.mark.slow
def test_works_alone_in_a_folder_where_labsupport_is_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPO))
    path = tmp_path / "ejercicio_01.ipynb"
    nbformat.write(read("source", "ejercicio_01"), path)
    outcome = execute_notebook(path, tmp_path / "copia.ipynb", {}, cell_timeout=300)
    assert (outcome.status, outcome.message) == (DONE, "")


def test_says_in_one_sentence_that_labsupport_is_missing(release, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "labsupport.notebook", None)
    with pytest.raises(SystemExit, match="Falta labsupport: abre"):
        (cell,) = [cell for cell in code_cells(release) if cell.id == "preparacion"]
        exec(compile(cell.source, cell.id, "exec"), {})


# Lo que aprueba y lo que suspende: el resuelto, en test_grading_nbgrader.py, y las respuestas del
# banco, en test_grading_bank.py


def test_every_task_has_foreseen_mistakes_and_other_right_answers():
    tasks = {(name, cell.id) for name in NAMES for cell in task_cells(read("source", name))}
    assert set(WRONG_ANSWERS) == set(RIGHT_ANSWERS) == tasks
    assert min(len(answers) for answers in WRONG_ANSWERS.values()) >= 2
