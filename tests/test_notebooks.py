"""Reglas que todo cuaderno guardado cumple, sin ejecutarlo."""

import ast
import re

import nbformat
import pytest

from labsupport.base.paths import NOTEBOOKS, REPO
from labsupport.data.languages import WRITTEN
from labsupport.running.leaks import find_leak, list_private_texts
from labsupport.settings import PARAMETERS

PATHS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
LESSONS_AND_EXERCISES = [*PATHS, *sorted((REPO / "exercises/source").glob("ejercicio_*/*.ipynb"))]
MARK = "nbval-check-output"
# Palabras que una frase en inglés casi no puede evitar, y que no salen en el código.
ENGLISH = {"the", "was", "were", "we", "food", "soup", "room", "staff", "good", "great"}
SIDE_BY_SIDE = {"idiomas-piezas"}  # compara los dos idiomas: lleva una frase de cada uno


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def test_there_are_notebooks():
    lessons = ["01_preparar_datos", "02_trainer", "03_keras", "04_pytorch", "05_evaluacion"]
    lessons += ["06_experimentos", "07_gastar_menos", "08_compartir"]
    assert [path.stem for path in PATHS] == ["00_inicio", *lessons]


def test_is_valid_and_says_its_language(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"
    assert notebook.metadata.language_info.name == "python"


def test_has_one_parameters_cell_with_every_parameter(notebook):
    (cell,) = tagged(notebook, "parameters")
    names = [node.targets[0].id for node in ast.parse(cell.source).body]
    assert names == list(PARAMETERS)


def test_each_parameter_says_first_what_the_table_says(notebook):
    """Después, cada lección puede añadir lo suyo: «: con 500 basta», «(no se usa aquí)»."""
    (cell,) = tagged(notebook, "parameters")
    for name, line in zip(PARAMETERS, cell.source.splitlines(), strict=True):
        decides = re.escape(PARAMETERS[name].metadata["decides"])
        assert re.search(rf"  # {decides}($|[:;,] | \()", line), name


def test_has_one_title_and_ordered_headings(notebook):
    headings = re.findall(r"^(#+) ", "\n".join(cell.source for cell in prose(notebook)), re.M)
    levels = [len(marks) for marks in headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_ends_with_a_summary_and_a_quiz(notebook):
    summary, questions, quiz, after = notebook.cells[-4:]
    ids = [cell.id for cell in notebook.cells[-4:]]
    assert ids == ["resumen", "preguntas", "quiz", "siguiente"]
    assert summary.source.startswith("## Resumen")
    assert questions.source.startswith("## ¿Lo tienes?")
    assert quiz.cell_type == "code" and quiz.source.startswith("# @title ¿Lo tienes?\n")
    assert re.search(r"^\*\*(Siguiente|De vuelta):\*\* ", after.source, re.M)


def test_hides_the_code_of_the_quiz_in_jupyter_and_in_colab(notebook):
    """A la vista, las respuestas se leerían antes que las preguntas."""
    metadata = find_quiz(notebook).metadata
    assert metadata["jupyter"]["source_hidden"] is True and metadata["cellView"] == "form"


def test_quiz_has_three_questions_with_a_reason_for_each_option(notebook):
    questions = read_questions(find_quiz(notebook).source)
    assert len(questions) == 3
    for question, options, right in questions:
        assert "¿" in question and "?" in question
        assert 3 <= len(options) <= 4 and right in options, question
        assert min(len(reason) for reason in options.values()) >= 20, question
        assert len(set(options.values())) == len(options), question


def test_quiz_is_not_answered_by_choosing_always_the_same_place(notebook):
    questions = read_questions(find_quiz(notebook).source)
    places = {list(options).index(right) for _, options, right in questions}
    assert len(places) > 1


def find_quiz(notebook):
    (cell,) = [cell for cell in notebook.cells if cell.id == "quiz"]
    return cell


def read_questions(source):
    """Las preguntas de la celda, sin ejecutarla: solo lleva la importación y sus llamadas."""
    load, *calls = ast.parse(source).body
    assert ast.unparse(load) == "from labsupport.notebook import quiz"
    for call in calls:
        assert isinstance(call.value, ast.Call) and call.value.func.id == "quiz"
    return [[ast.literal_eval(each) for each in list_arguments(call.value)] for call in calls]


def list_arguments(call):
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    names = ("question", "options", "right")[len(call.args) :]
    return [*call.args, *(named[name] for name in names)]


def test_cells_are_short_and_explained(notebook):
    cells = [cell for cell in code_cells(notebook) if cell.id != "quiz"]
    assert max(len(cell.source.splitlines()) for cell in cells) <= 15
    cells = [cell for cell in notebook.cells]
    explained = [
        before.cell_type == "markdown"
        for before, cell in zip(cells, cells[1:], strict=False)
        if cell.cell_type == "code"
    ]
    assert sum(explained) / len(explained) >= 0.79


def test_images_in_prose_have_alternative_text(notebook):
    text = "\n".join(cell.source for cell in prose(notebook))
    assert not re.search(r"!\[\s*\]\(", text)


def test_links_to_other_notebooks_lead_somewhere(notebook):
    text = "\n".join(cell.source for cell in prose(notebook))
    links = re.findall(r"\]\(([^)#:]+\.ipynb)\)", text)
    assert links
    assert [link for link in links if not (NOTEBOOKS / link).is_file()] == []


def test_every_figure_shows_its_numbers_and_alternative_text(notebook):
    html = [
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in code_cells(notebook)
        for output in cell.outputs
    ]
    for figure in (text for text in html if "<img" in text):
        assert re.search(r'alt="[^"]{20,}"', figure)
        assert "<table" in figure


def test_was_executed_in_order_without_errors(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    kinds = {output.output_type for cell in code_cells(notebook) for output in cell.outputs}
    assert "error" not in kinds


def test_stores_no_trace_of_a_machine(notebook):
    outputs = [cell.outputs for cell in code_cells(notebook)]
    assert find_leak(outputs, list_private_texts()) is None


def test_stores_no_widgets(notebook):
    assert "widgets" not in notebook.metadata
    assert "application/vnd.jupyter.widget-view+json" not in str(notebook.cells)


def test_checks_at_least_five_outputs(notebook):
    marked = tagged(notebook, MARK)
    assert len(marked) >= 5
    assert all(cell.outputs for cell in marked)


def test_uses_no_name_that_the_libraries_removed(notebook):
    code = "\n".join(cell.source for cell in code_cells(notebook))
    assert not re.search(r"load_metric|evaluation_strategy|TFAutoModel|group_by_length=", code)


def test_no_cell_is_copied_from_another_notebook():
    """Salvo la preparación: dos cuadernos que necesitan lo mismo lo toman de labsupport."""
    seen = {}
    for path in PATHS:
        for cell in code_cells(nbformat.read(path, as_version=4)):
            if cell.id not in {"setup", "parameters", "aplicar"} and len(cell.source) > 80:
                seen.setdefault(cell.source, []).append(path.stem)
    assert [places for places in seen.values() if len(places) > 1] == []


@pytest.mark.parametrize("path", LESSONS_AND_EXERCISES, ids=lambda path: path.stem)
def test_sentences_are_in_every_language_or_in_none(path):
    """Lo que se le escribe al modelo está en una tabla por idioma: fuera de ella no hay inglés."""
    loose, tables = [], []
    for cell in code_cells(nbformat.read(path, as_version=4)):
        if "%pip" in cell.source or cell.id in SIDE_BY_SIDE:
            continue
        kept = KeepTables()
        tree = kept.visit(ast.parse(cell.source.removesuffix(";")))
        tables += kept.tables
        loose += [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)]
    words = [set(re.findall(r"[a-z]+", str(each).lower())) for each in loose]
    assert [each for each in words if each & ENGLISH] == []
    for table in tables:
        assert set(table) == set(WRITTEN) and len(set(table.values())) == len(WRITTEN)


class KeepTables(ast.NodeTransformer):
    """Aparta las tablas de frases, las que tienen una clave por idioma."""

    def __init__(self):
        self.tables = []

    def visit_Dict(self, node):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        if not set(keys) & set(WRITTEN):
            return self.generic_visit(node)
        self.tables.append(dict(zip(keys, map(ast.unparse, node.values), strict=True)))
        return ast.Constant(None)
