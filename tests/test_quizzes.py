"""Las preguntas: se responden donde hay widgets y se despliegan donde no."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace

import nbformat
import pytest

from labsupport.base.errors import LabError
from labsupport.base.run_record import DONE
from labsupport.notebook import quiz
from labsupport.notebook.quizzes import build_quiz, describe_quiz
from labsupport.running.one_notebook import execute_notebook
from labsupport.running.outputs import WIDGET, clean_outputs

QUESTION = "¿Qué rellena `padding=True`?"
OPTIONS = {
    "Hasta `max_length`": 'Eso es `padding="max_length"`: <b>paga</b> por tokens vacíos.',
    "Hasta el más largo": "Mira el batch & nada más.",
    "Nada": "Sin relleno no hay tensor.",
}
RIGHT = "Hasta el más largo"
CELL = f"from labsupport.notebook import quiz\nquiz({QUESTION!r}, {OPTIONS!r}, {RIGHT!r})"


@pytest.fixture
def shown(monkeypatch):
    """Lo que ``quiz`` manda mostrar."""
    sent = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw=False: sent.append((data, raw)))
    return sent


def test_nothing_is_chosen_at_first_and_each_choice_gives_its_reason():
    title, choice, reason = build_quiz(QUESTION, OPTIONS, RIGHT).children
    assert "<code>padding=True</code>" in title.value
    assert choice.value is None and reason.value == ""
    choice.value = "Nada"
    assert reason.value == "<strong>No.</strong> Sin relleno no hay tensor."
    choice.value = RIGHT
    assert reason.value == "<strong>Correcto.</strong> Mira el batch &amp; nada más."


def test_options_are_radio_buttons_without_backticks():
    _, choice, reason = build_quiz(QUESTION, OPTIONS, RIGHT).children
    assert choice.options[0] == ("Hasta max_length", "Hasta `max_length`")
    choice.index = 0
    assert "&lt;b&gt;paga&lt;/b&gt;" in reason.value and "<code>padding=" in reason.value


def test_without_widgets_each_option_unfolds_its_reason():
    page = describe_quiz(QUESTION, OPTIONS, RIGHT)["text/html"]
    found = re.findall(r"<details><summary>(.*?)</summary><p>(.*?)</p></details>", page)
    assert [option for option, _ in found] == ["Hasta <code>max_length</code>", RIGHT, "Nada"]
    verdicts = [re.match(r"<strong>(\w+)\.</strong> .", reason)[1] for _, reason in found]
    assert verdicts == ["No", "Correcto", "No"]
    assert "<b>" not in page and "script" not in page and "style" not in page


def test_as_text_the_answers_come_after_all_the_options():
    lines = describe_quiz(QUESTION, OPTIONS, RIGHT)["text/plain"].splitlines()
    assert lines[:4] == [QUESTION, "  a) Hasta `max_length`", f"  b) {RIGHT}", "  c) Nada"]
    assert lines[4] == "Respuestas:" and lines[6].startswith("  b) Correcto. Mira")


def test_the_output_carries_the_widget_and_the_page(shown):
    quiz(QUESTION, OPTIONS, RIGHT)
    ((bundle, raw),) = shown
    assert raw and set(bundle) == {WIDGET, "text/html", "text/plain"}


def test_on_colab_the_widget_goes_alone(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    quiz(QUESTION, OPTIONS, RIGHT)
    ((box, raw),) = shown
    assert not raw and box.children[1].value is None


@pytest.mark.parametrize(
    ("options", "right", "sentence"),
    [
        (OPTIONS, "hasta el más largo", "«hasta el más largo» no es ninguna de las opciones"),
        ({"Una": "Sola."}, "Una", "necesita al menos dos opciones y tiene 1"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(shown, options, right, sentence):
    with pytest.raises(LabError, match=sentence):
        quiz(QUESTION, options, right)
    assert shown == []


def test_what_is_stored_has_the_page_and_no_widget(make_notebook, tmp_path):
    notebook = make_notebook("01_datos", CELL)
    assert execute_notebook(notebook, tmp_path / "copia.ipynb", {}).status == DONE
    (cell,) = nbformat.read(tmp_path / "copia.ipynb", as_version=4).cells
    (output,) = clean_outputs(cell.outputs)
    assert set(output.data) == {"text/html", "text/plain"}
    assert output.data["text/html"].count("<details>") == 3
