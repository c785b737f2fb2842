"""La búsqueda con Optuna: da siempre lo mismo, también cortada, y no repite configuraciones."""

from __future__ import annotations

import importlib.util
import json

import pytest
from sweep_targets import read_diary, read_lines, write_script

from labsupport.commands.cli import main
from labsupport.sweeping import read_sweep
from labsupport.sweeping.requests import Interval

pytest.importorskip("optuna", reason="falta Optuna: instala el extra «masalla»")

from labsupport.sweeping import search  # noqa: E402

SPACE = {"learning_rate": Interval(1e-5, 1e-1), "epochs": Interval(1, 9), "batch_size": [8, 16]}


@pytest.fixture
def script(tmp_path):
    """El programa que se entrena."""
    return write_script(tmp_path)


def test_a_proposal_depends_only_on_what_was_tried_and_fits_the_space():
    first = search.propose(SPACE, [], [], seed=3)
    assert first == search.propose(SPACE, [], [], seed=3) != search.propose(SPACE, [], [], seed=4)
    assert isinstance(first["epochs"], int) and first["batch_size"] in (8, 16)
    assert 1e-5 <= first["learning_rate"] <= 1e-1
    tried = [(search.propose(SPACE, [], [], seed=n), n / 10) for n in range(5)] + [(first, None)]
    again = [search.propose(SPACE, tried, [first], seed=9, startup=3) for _ in range(2)]
    assert again[0] == again[1] != first


def test_an_exhausted_space_proposes_nothing():
    space = {"batch_size": [8, 16]}
    taken = [{"batch_size": 8}, {"batch_size": 16}]
    assert search.propose(space, [], taken, seed=0) is None
    assert search.propose(space, [], taken[:1], seed=0) == taken[1]


def test_a_search_learns_where_the_good_ones_are():
    tried, taken = [], []
    for number in range(20):
        values = search.propose({"x": Interval(0.0, 1.0)}, tried, taken, number, startup=5)
        taken.append(values)
        tried.append((values, 1 - (values["x"] - 0.3) ** 2))
    last = [values["x"] for values in taken[10:]]
    assert sum(abs(x - 0.3) < 0.2 for x in last) >= 7


def test_a_search_cut_and_resumed_tries_the_same(script, tmp_path, private_results, capsys):
    words = ["sweep", str(script), "-p", "learning_rate", "1e-5..1e-1", "-p", "seed", "1,2"]
    words += ["--budget", "5"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "10 ensayos de entrena." in out and "La mejor de 5: learning_rate" in out
    path = private_results / "barrido-entrena-seed-learning_rate-optuna.jsonl"
    whole = read_lines(path)
    assert [line["number"] for line in whole[1:]] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    table = read_sweep(path)
    assert table["learning_rate"].nunique() == 5 and table["learning_rate"].between(1e-5, 0.1).all()
    # Cortada a mitad de una configuración.
    path.write_text("".join(f"{json.dumps(line)}\n" for line in whole[:6]), encoding="utf-8")
    before = len(read_diary(tmp_path))
    assert main(words) == 0
    assert len(read_diary(tmp_path)) == before + 5
    strip = ("id", "parameters", "accuracy", "number")
    kept = [
        [{k: line.get(k) for k in strip} for line in each[1:]] for each in (whole, read_lines(path))
    ]
    assert kept[0] == kept[1]


def test_more_budget_goes_on_and_another_space_is_another_sweep(script, tmp_path, capsys):
    words = ["sweep", str(script), "-p", "learning_rate", "1e-5..1e-1", "--name", "b", "--budget"]
    assert main([*words, "2"]) == 0 and main([*words, "4"]) == 0
    assert len(read_diary(tmp_path)) == 4
    words[3:5] = ["learning_rate", "1e-4..1e-1"]
    assert main([*words, "2"]) == 0
    assert "barrido nuevo, porque cambió lo que se busca" in capsys.readouterr().out


def test_without_optuna_one_sentence_says_what_to_do(script, tmp_path, capsys, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "optuna" else found(name)
    )
    words = ["sweep", str(script), "-p", "learning_rate", "1e-5..1e-1", "--budget", "2"]
    assert main(words) == 1
    assert "Falta Optuna, que elige las configuraciones de --budget" in capsys.readouterr().err
    assert read_diary(tmp_path) == []


def test_a_search_without_anything_left_to_try_ends(script, tmp_path, capsys):
    words = ["sweep", str(script), "-p", "seed", "1", "-p", "learning_rate", "1e-4,1e-3"]
    assert main([*words, "--budget", "5"]) == 0
    assert "No quedan configuraciones distintas que probar" in capsys.readouterr().out
    assert len(read_diary(tmp_path)) == 2
