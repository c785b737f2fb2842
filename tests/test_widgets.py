"""Las partes interactivas: responden a lo que se escribe y sin widgets queda una tabla."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from labsupport.base.run_record import DONE
from labsupport.notebook.widgets import ask, build_box
from labsupport.running.one_notebook import execute_notebook
from labsupport.running.outputs import WIDGET, clean_outputs

CELL = """
from labsupport.notebook.widgets import ask
import pandas as pd
ask(lambda text: pd.DataFrame({"letra": list(text)}), "hola", label="Palabra:")
"""


def spell(text):
    if "1" in text:
        raise ValueError("<b>sin números</b>")
    return pd.DataFrame({"letra": list(text)})


@pytest.fixture
def shown(monkeypatch):
    """Lo que ``ask`` manda mostrar."""
    sent = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw=False: sent.append((data, raw)))
    return sent


@pytest.mark.parametrize("at_once", [True, False])
def test_answers_to_what_is_typed(at_once):
    box = build_box(spell, "ab", "Palabra:", at_once)
    text, answer = box.children
    assert text.description == "Palabra:" and text.continuous_update is at_once
    assert "<td>b</td>" in answer.value
    text.value = "<i>"
    assert "&lt;" in answer.value and "<td>b</td>" not in answer.value


def test_a_failure_is_shown_in_the_box_and_the_next_answer_replaces_it():
    text, answer = build_box(spell, "ab", "Palabra:").children
    text.value = "1"
    assert "⚠ ValueError: &lt;b&gt;sin números" in answer.value
    text.value = "c"
    assert "<td>c</td>" in answer.value and "⚠" not in answer.value


def test_a_lesson_that_fails_from_the_start_is_not_hidden():
    with pytest.raises(ValueError, match="sin números"):
        ask(spell, "1", label="Palabra:")


def test_the_output_carries_the_widget_and_a_table(shown):
    ask(spell, "ab", label="Palabra:")
    ((bundle, raw),) = shown
    assert raw and bundle[WIDGET]["version_major"] == 2
    assert "<td>b</td>" in bundle["text/html"] and "«ab»" in bundle["text/plain"]


def test_on_colab_the_widget_goes_alone(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    ask(spell, "ab", label="Palabra:")
    ((box, raw),) = shown
    assert not raw and box.children[0].value == "ab"


def test_what_is_stored_has_the_table_and_no_widget(make_notebook, tmp_path):
    notebook = make_notebook("01_datos", CELL)
    assert execute_notebook(notebook, tmp_path / "copia.ipynb", {}).status == DONE
    (cell,) = nbformat.read(tmp_path / "copia.ipynb", as_version=4).cells
    assert WIDGET in cell.outputs[0].data
    (output,) = clean_outputs(cell.outputs)
    assert (
        set(output.data) == {"text/html", "text/plain"} and "<td>h</td>" in output.data["text/html"]
    )
