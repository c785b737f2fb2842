"""La orden que mide recetas: la tabla, el JSON, seguir donde iba y lo que no puede ser."""

import json

import measure_recipe
import pytest

from labsupport.costs import training
from labsupport.settings import list_values

SMALL = ["--n-train", "24", "--n-validation", "16", "--max-length", "32", "--epochs", "1"]
SMALL += ["--rounds", "1", "--steps", "1", "--no-scratch"]
ROWS = ["--rows", "original", "largos parecidos", "solo el head"]


@pytest.fixture
def measure(tmp_path, capsys):
    """Devuelve una función que ejecuta la orden y da (código, ficha, lo que dijo)."""

    def measure(*arguments):
        path = tmp_path / "receta.json"
        code = measure_recipe.main([*SMALL, *arguments, "--out", str(path)])
        said = capsys.readouterr()
        record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        return code, record, said

    return measure


def test_it_measures_prints_recommends_and_goes_on(measure, monkeypatch):
    code, record, said = measure(*ROWS, "--seeds", "1")
    assert code == 0 and list(record["cost"]) == ROWS[1:]
    assert record["kind"] == "laboratorio-recipe" and record["recommended"]["row"] in ROWS
    assert "Recomendada" in said.out and "accuracy" in said.out
    assert "/" not in record["command"].replace("tools/measure_recipe.py", "")
    trained = []
    monkeypatch.setattr(measure_recipe, "train_recipe", lambda *each: trained.append(each) or 0.5)
    monkeypatch.setattr(measure_recipe, "measure_cost", None)
    code, again, _ = measure(*ROWS, "--seeds", "1", "2")
    assert code == 0 and len(trained) == 3 and again["cost"] == record["cost"]
    assert again["runs"]["original"]["1"] == record["runs"]["original"]["1"]


def test_other_parameters_start_again(measure):
    _, first, _ = measure(*ROWS[:2], "--no-accuracy")
    _, second, _ = measure(*ROWS[:2], "--no-accuracy", "--batch-size", "4")
    assert first["parameters"]["batch_size"] == list_values("mini")["batch_size"]
    assert second["parameters"]["batch_size"] == 4 and first["cost"] != second["cost"]


def test_a_broken_record_is_measured_again(measure, tmp_path):
    (tmp_path / "receta.json").write_text('{"kind": "labor')
    code, record, _ = measure(*ROWS[:2], "--no-accuracy")
    assert code == 0 and record["cost"] and record["recommended"]["row"] is None


def test_an_interruption_keeps_what_was_measured(measure, monkeypatch):
    def interrupt(*each):
        raise KeyboardInterrupt

    monkeypatch.setattr(measure_recipe, "train_recipe", interrupt)
    code, record, said = measure(*ROWS)
    assert code == 130 and "sigue donde iba" in said.err and list(record["cost"]) == ROWS[1:]


def test_a_random_encoder_of_any_size_with_long_texts(measure):
    options = ["--random", "2x32", "--long-texts", "--no-accuracy"]
    code, record, _ = measure(*ROWS[:2], *options, "--max-length", "128")
    assert code == 0 and record["random"] == "2x32" and record["runs"] == {}
    assert record["cost"]["original"]["weights"] > 30522 * 32


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--rows", "turbo"], "No hay ninguna fila «turbo»"),
        (["--random", "6por384"], "no es una medida"),
        (["--model", "./no-existe"], "no-existe"),
        (["--n-train", "muchos"], "entero"),
        (["--watts", "0", *ROWS[:2]], "vatios"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(measure, arguments, sentence):
    code, _, said = measure(*arguments)
    assert code == 1 and sentence in said.err and "Traceback" not in said.err


def test_without_bf16_the_row_says_so(measure, monkeypatch):
    monkeypatch.setattr(measure_recipe, "has_fast_bf16", lambda device: False)
    code, record, said = measure(*ROWS[:2], "--no-accuracy")
    assert code == 0 and "más lento y no se mide" in said.out and "y bf16" not in record["recipes"]


@pytest.mark.parametrize(
    "accuracies, row",
    [((0.50, 0.49, 0.30), "b"), ((0.50, 0.48, 0.495), "c"), ((0.50, 0.40, 0.40), "a")],
)
def test_the_recommended_row_is_the_cheapest_within_a_point(accuracies, row):
    recipe = training.Recipe
    recipes = {"a": recipe(64), "b": recipe(32), "c": recipe(64, head_only="head")}
    runs = {n: {"1": {"accuracy": each}} for n, each in zip("abc", accuracies, strict=True)}
    cost = {"a": {"seconds": 9.0}, "b": {"seconds": 3.0}, "c": {"seconds": 1.0}}
    options = measure_recipe.parse_options(["--seeds", "1"])
    found = measure_recipe.recommend({"runs": runs, "cost": cost}, recipes, options)
    assert found["row"] == row and found["reference"] == "a" and "un punto" in found["rule"]
