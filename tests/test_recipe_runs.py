"""Los entrenamientos de cada receta que ya están hechos: cuándo valen y en qué orden salen."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from datasets import Dataset

from labsupport.base import LabError
from labsupport.costs import Recipe
from labsupport.evaluation import recipe_runs
from labsupport.evaluation.recipe_runs import SAME, read_recipe_costs, read_recipe_runs
from labsupport.evaluation.results import digest_texts
from labsupport.settings import check_parameters

SETTINGS = check_parameters({})
ROWS = Dataset.from_dict({"index": [7, 3], "text": ["a", "b"], "label": [1, 0]})
SHORT = Recipe(192)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Una función que deja un archivo con esos cambios y lo lee."""
    monkeypatch.setattr(recipe_runs, "STORED", tmp_path / "recipe.json")
    monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path / "results"))

    def write(settings=SETTINGS, **changes):
        run = {"accuracy": 0.5, "answers": "4 2"}
        content = {
            "kind": "laboratorio-recipe",
            "schema_version": 1,
            "command": "python tools/measure_recipe.py",
            "date": "2026-11-30",
            "machine": "CPU",
            "parameters": {name: SETTINGS.parameters()[name] for name in SAME},
            "exam": {"texts_digest": digest_texts(ROWS), "index": "3 7", "labels": "0 1"},
            "recipes": {"corta": asdict(replace(SHORT, precision="bf16"))},
            "runs": {"corta": {"42": run, "43": {**run, "answers": ""}}},
            **changes,
        }
        (tmp_path / "recipe.json").write_text(json.dumps(content), encoding="utf-8")
        return read_recipe_runs(settings, ROWS)

    return write


def test_answers_come_in_the_order_of_the_rows(write):
    found = write()
    runs = found.find(replace(SHORT, evaluations=1))
    assert runs[42].accuracy == 0.5 and runs[42].answers.tolist() == [2, 4]
    assert runs[43].answers is None
    assert "42 y 43" in found.note and "2026-11-30" in found.note


def test_another_recipe_has_no_runs(write):
    assert write().find(replace(SHORT, frozen=2)) == {}


@pytest.mark.parametrize(
    "changes",
    [{"random": "6x384"}, {"exam": {}}, {"kind": "otra cosa"}, {"schema_version": 2}],
)
def test_a_file_of_something_else_is_not_used(write, changes):
    assert write(**changes).runs == {}


def test_other_parameters_say_with_which_command(write):
    found = write(settings=check_parameters({"epochs": 1}))
    assert found.runs == {}
    assert "--short-length 192 --epochs 1`" in found.note


def test_the_costs_of_another_model_come_with_their_command(write, tmp_path):
    cost = {"original": {"ms": 100.0, "times": 1.0}, "corta": {"ms": 10.0, "times": 10.0}}
    write(cost=cost, random="6x384")
    table, note = read_recipe_costs(tmp_path / "recipe.json")
    assert table.loc["corta", "times"] == 10.0
    assert "2026-11-30" in note and "measure_recipe" in note


def test_missing_costs_say_what_to_do(tmp_path):
    with pytest.raises(LabError, match="Falta no-hay.json"):
        read_recipe_costs(tmp_path / "no-hay.json")
