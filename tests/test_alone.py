"""«Sin ayuda»: el camino entero en pocas líneas, sin labsupport, ejecutado y comparado."""

from __future__ import annotations

import ast
import json
import re

import generate_opinions
import nbformat
import pandas as pd
import pytest
import test_notebooks as rules
from nbval.plugin import IPyNbFile
from test_lab import compare

from labsupport.base.paths import NOTEBOOKS, REPO
from labsupport.base.run_record import DONE
from labsupport.running.one_notebook import execute_notebook, kernel_environment
from labsupport.running.whole_lab import find_alone

(PATH,) = find_alone()
MOST_LINES = 40
RULES = [
    rules.test_is_valid_and_says_its_language,
    rules.test_has_one_title_and_ordered_headings,
    rules.test_links_to_other_notebooks_lead_somewhere,
    rules.test_was_executed_in_order_without_errors,
    rules.test_stores_no_trace_of_a_machine,
    rules.test_stores_no_widgets,
    rules.test_uses_no_name_that_the_libraries_removed,
]


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(PATH, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Lo que queda al ejecutarlo una sola época, sin red: su copia, su carpeta y los intentos."""
    folder = tmp_path_factory.mktemp("sin-ayuda")
    log = folder / "red.log"
    parameters = {"epochs": 1, "folder": str(folder / "modelo")}
    refusing = {"PYTHONPATH": str(REPO / "tests" / "refuse_network"), "LAB_NETWORK_LOG": str(log)}
    with kernel_environment(**refusing, HF_HUB_OFFLINE="0"):
        outcome = execute_notebook(PATH, folder / "copia.ipynb", parameters)
    assert outcome.status == DONE, outcome.message
    attempts = log.read_text(encoding="utf-8") if log.exists() else ""
    copy = nbformat.read(folder / "copia.ipynb", as_version=4)
    return {cell.id: cell for cell in copy.cells}, folder / "modelo", attempts


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.removeprefix("test_"))
def test_keeps_the_rules_of_the_lessons(notebook, rule):
    rule(notebook)


def test_is_short_and_needs_nothing_of_the_lab(notebook):
    cells = [cell for cell in rules.code_cells(notebook) if cell.id != "parameters"]
    code = [line.strip() for cell in cells for line in cell.source.splitlines()]
    assert len([line for line in code if line and not line.startswith("#")]) <= MOST_LINES
    tree = ast.parse("\n".join(cell.source for cell in rules.code_cells(notebook)))
    names = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [
        each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names
    ]
    assert {name.split(".")[0] for name in names} == {"pandas", "datasets", "transformers"}


def test_its_parameters_are_in_one_cell_that_papermill_changes(notebook):
    (cell,) = rules.tagged(notebook, "parameters")
    values = {
        node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(cell.source).body
    }
    assert (NOTEBOOKS / values["csv_path"]).is_file()
    assert (NOTEBOOKS / values["checkpoint"] / "config.json").is_file()
    assert {"columns", "n_rows", "epochs", "learning_rate", "seed", "folder"} <= set(values)


def test_its_data_are_what_the_generator_writes():
    stored = (NOTEBOOKS / "resenas.csv").read_text(encoding="utf-8")
    assert stored == generate_opinions.write_table(generate_opinions.generate_opinions())
    assert len(stored.encode("utf-8")) < 700_000


def test_its_data_have_no_repeated_text_and_keep_their_shares():
    table = pd.read_csv(NOTEBOOKS / "resenas.csv")
    assert list(table) == list(generate_opinions.COLUMNS) and not table["texto"].duplicated().any()
    counts = table["opinion"].value_counts().to_dict()
    assert counts == {"positiva": 600, "negativa": 360, "neutra": 240}


def test_what_is_stored_beats_whoever_does_not_read(notebook):
    (cell,) = [cell for cell in notebook.cells if cell.id == "examen"]
    accuracy, margin, floor = map(float, re.findall(r"0\.\d+", cell.outputs[-1].text))
    assert accuracy - margin > floor


def test_what_is_stored_is_what_comes_out(executed, request):
    cells, _, _ = executed
    stored = IPyNbFile.from_parent(request.session, path=PATH)
    stored.setup_sanitize_files()
    checked = [item for item in stored.collect() if item.options["check"]]
    assert len(checked) >= 2
    found = [compare(item, cells[item.cell.id].outputs) for item in checked]
    assert not any(found), "\n".join(found)


def test_it_measures_every_epoch_and_the_test_once(executed):
    cells, _, _ = executed
    table = next(each.data["text/html"] for each in cells["entrenar"].outputs if "data" in each)
    assert "Validation Loss" in table and "Accuracy" in table
    assert re.search(
        r"accuracy 0\.\d{3} ± 0\.\d{3}; sin leer, 0\.500", str(cells["examen"].outputs)
    )


def test_the_saved_model_answers_with_the_names_of_the_classes(executed):
    cells, folder, _ = executed
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert list(config["id2label"].values()) == ["negativa", "neutra", "positiva"]
    assert (folder / "tokenizer.json").is_file()
    assert re.findall(r"'label': '(\w+)'", str(cells["usar"].outputs[-1].data["text/plain"]))


def test_it_does_not_look_for_the_network(executed):
    assert executed[2] == ""
