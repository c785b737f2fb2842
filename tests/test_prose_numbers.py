"""Los números que cita la prosa son los de las salidas guardadas."""

from __future__ import annotations

import doctest

import check_numbers
import nbformat
import pytest
from check_numbers import check_documents, find_quotes, find_unmarked, list_numbers

from labsupport.base.paths import NOTEBOOKS, REPO

LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
TABLE = "<style>td {top: 77px}</style><table><tr><td>0.537</td><td>&minus;0.25</td></tr></table>"


@pytest.fixture(scope="module")
def checked():
    return check_documents([*sorted(NOTEBOOKS.glob("*.ipynb")), REPO / "README.md"])


def test_every_number_quoted_is_in_the_outputs_of_its_cell(checked):
    findings, loose = checked
    wrong = [
        f"{each.quote.place}: «{each.quote.written}» de «{each.quote.source}»: {each.fault} "
        f"(lo más cercano, {each.now}): …{each.quote.sentence}"
        for each in findings
        if each.fault
    ]
    assert wrong + loose == [], "\n".join([*wrong, *loose])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_quotes_its_outputs(checked, path):
    places = [finding.quote.place for finding in checked[0]]
    assert [place for place in places if place.startswith(f"{path.stem}/")]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_number_with_three_decimals_says_where_it_comes_from(path):
    cells = nbformat.read(path, as_version=4).cells
    found = {cell.id: find_unmarked(cell.source) for cell in cells if cell.cell_type == "markdown"}
    assert {cell: numbers for cell, numbers in found.items() if numbers} == {}


# La propia comprobación


def test_its_examples_are_true():
    assert doctest.testmod(check_numbers).failed == 0


def make_cell(name, **data):
    kinds = {"plain": "text/plain", "page": "text/html", "markdown": "text/markdown"}
    outputs = [
        nbformat.v4.new_output("display_data", data={kinds[kind]: text})
        for kind, text in data.items()
        if kind in kinds
    ]
    if "stream" in data:
        outputs.append(nbformat.v4.new_output("stream", text=data["stream"]))
    return nbformat.v4.new_code_cell("1", id=name, outputs=outputs)


def check(tmp_path, prose, *cells):
    """Los fallos de una lección con esa prosa y esas celdas."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(prose), *cells])
    path = tmp_path / "02_prueba.ipynb"
    nbformat.write(notebook, path)
    return check_documents([path], check_numbers.index_code([path]))


@pytest.mark.parametrize(
    ("prose", "output"),
    [
        ("0,54<!--=medir-->", {"plain": "{'accuracy': 0.537}"}),
        ("0,537<!--=medir-->", {"stream": "llega a 0,537 en\n"}),
        ("**0,54**<!--=medir-->", {"page": TABLE}),
        ("53,7 %<!--=medir-->", {"page": TABLE}),
        ("**54 %**<!--=medir-->", {"page": TABLE}),
        ("**54** %<!--=medir-->", {"page": TABLE}),
        ("6,8 %<!--=medir-->", {"stream": "relleno: 6.8 %"}),
        ("25<!--=medir--> puntos", {"plain": "0.2497"}),
        ("-0,25<!--=medir-->", {"page": TABLE}),
        ("−0,3<!--=medir-->", {"plain": "-0.25"}),
        ("1.234<!--=medir-->", {"plain": "1234"}),
        ("1.234,5<!--=medir-->", {"stream": "1.234,52 s"}),
        ("12.500<!--=medir-->", {"stream": "12,500 tokens"}),
        ("1.000<!--=medir-->", {"markdown": "son 1000"}),
        ("0,00005<!--=medir-->", {"plain": "5e-05"}),
        ("de 0,49<!--=medir--> a 0,58<!--=medir-->", {"plain": "(0.4921, 0.5803)"}),
        ("entre 0,5<!--=medir--> y 0,6<!--=medir-->", {"stream": "0.52-0.58"}),
    ],
)
def test_a_number_that_rounds_to_the_quoted_one_is_enough(tmp_path, prose, output):
    findings, loose = check(tmp_path, f"Llega a {prose}.", make_cell("medir", **output))
    assert findings and loose == []
    assert [each.fault for each in findings if each.fault] == []


@pytest.mark.parametrize(
    ("prose", "output", "fault"),
    [
        ("0,55<!--=medir-->", {"plain": "0.537"}, "no está en la celda"),
        ("0,537<!--=medir-->", {"plain": "0.54"}, "no está en la celda"),
        ("0,25<!--=medir-->", {"plain": "-0.25"}, "no está en la celda"),
        ("54<!--=medir-->", {"plain": "0.537"}, "no está en la celda"),
        ("77<!--=medir-->", {"page": TABLE}, "no está en la celda"),
        ("537<!--=medir-->", {"plain": "0.537 o 0,537"}, "no está en la celda"),
        ("0,54<!--=otra-->", {"plain": "0.54"}, "no existe la celda"),
        ("0,54<!--=03_keras/medir-->", {"plain": "0.54"}, "no existe la celda"),
        ("0,54<!--=medir-->", {"plain": "nada"}, "la celda no enseña ningún número"),
    ],
)
def test_a_quote_that_no_longer_holds_is_found(tmp_path, prose, output, fault):
    (finding,), loose = check(tmp_path, f"Llega a {prose}.", make_cell("medir", **output))
    assert finding.fault == fault and loose == []


@pytest.mark.parametrize("prose", ["1/5<!--=a-->", "cinco<!--=a-->", "0,5 veces<!--=a-->"])
def test_a_mark_that_follows_no_number_is_found(prose):
    quotes, loose = find_quotes("x", prose)
    assert quotes == [] and len(loose) == 1


def test_how_to_quote_can_be_explained_in_code():
    assert find_quotes("x", "se escribe `0,54<!--=medir-->`\n```\n0,5<!--=a-->\n```") == ([], [])


def test_another_lesson_can_be_quoted(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("| 02 | 0,537<!--=02_trainer/medir--> |", encoding="utf-8")
    notebooks = {"02_trainer": {"medir": make_cell("medir", plain="0.537")}}
    (finding,), _ = check_documents([path], notebooks)
    assert (finding.fault, finding.now) == ("", "0.537")


def test_numbers_are_read_as_python_and_as_the_lab_write_them():
    found = list_numbers("v2 [0.5, 1e-3] 1.234,5 y 20%; -3")
    assert {0.5, 0.001, 1234.5, 20.0, -3.0} <= found and 2.0 not in found


def test_three_decimals_without_a_quote_are_found_outside_code():
    text = "0,537<!--=a-->, **0,540 %**<!--=b-->, 0,541, `0,542`, 1.000, 0,5421\n```\n0,543\n```"
    assert find_unmarked(text) == ["0,541"]


def test_the_command_shows_what_there_is_now(tmp_path, capsys):
    path = tmp_path / "LEEME.md"
    path.write_text("Llega a 0,99<!--=00_inicio/etiquetas--> hoy.", encoding="utf-8")
    assert check_numbers.main([str(path)]) == 1
    shown = capsys.readouterr().out
    assert "Llega a 0,99" in shown and "1 citas, 1 por corregir." in shown
