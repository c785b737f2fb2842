"""Lo que el cuaderno 06 toma del laboratorio: los barridos guardados y una búsqueda dibujada."""

from __future__ import annotations

import argparse
import json
import subprocess

import measure_sweeps
import numpy as np
import pytest

from labsupport.base.errors import LabError
from labsupport.commands.sweep import add_sweep
from labsupport.evaluation import read_stored_sweep, stored_sweeps
from labsupport.evaluation.stored_sweeps import FOLDER, SWEEPS
from labsupport.evaluation.sweeps import SUFFIX, load_sweep
from labsupport.report import plot_best_so_far
from labsupport.sweeping.requests import read_values

HEADER = {
    "kind": "laboratorio-sweep",
    "schema_version": 1,
    "target": "02_trainer",
    "asked": {"n_train": [100], "seed": [42]},
    "sources": {},
    "command": "python -m labsupport sweep 02",
    "started": "2026-11-30 00:05",
}
TRIAL = {
    "kind": "trial",
    "id": "a",
    "parameters": {"n_train": 100, "seed": 42},
    "status": "bien",
    "message": "",
    "accuracy": 0.4,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Otra carpeta para los barridos guardados, vacía."""
    for module in (stored_sweeps, measure_sweeps):
        monkeypatch.setattr(module, "FOLDER", tmp_path / "sweeps")
    (tmp_path / "sweeps").mkdir()
    return tmp_path / "sweeps"


def write_ledger(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{json.dumps(HEADER)}\n{json.dumps(TRIAL)}\n", encoding="utf-8")


def test_a_stored_sweep_is_a_table_and_a_sentence(folder):
    write_ledger(folder / f"n_train{SUFFIX}")
    table, note = read_stored_sweep("n_train")
    assert table[["n_train", "seed", "accuracy"]].values.tolist() == [[100, 42, 0.4]]
    assert "2026-11-30" in note and "`python -m labsupport sweep 02`" in note


def test_a_sweep_that_is_missing_says_how_it_is_made(folder):
    table, note = read_stored_sweep("n_train")
    assert len(table) == 0
    assert "python tools/measure_sweeps.py n_train" in note and note.count(". ") == 0


def test_a_damaged_sweep_is_not_read_in_silence(folder):
    write_ledger(folder / f"n_train{SUFFIX}")
    with (folder / f"n_train{SUFFIX}").open("a", encoding="utf-8") as ledger:
        ledger.write("{roto\n")
    with pytest.raises(LabError, match="línea 3"):
        read_stored_sweep("n_train")


def test_a_name_that_does_not_exist_gets_a_suggestion(folder):
    with pytest.raises(LabError, match="¿Querías decir «n_train»?"):
        read_stored_sweep("n_trian")


@pytest.mark.parametrize("name", SWEEPS)
def test_what_travels_is_what_the_command_makes(name):
    path = FOLDER / f"{name}{SUFFIX}"
    if not path.is_file():
        pytest.skip("este barrido no se ha hecho todavía")
    sweep = load_sweep(path)
    expected = 1
    for text in SWEEPS[name].values():
        expected *= len(text.split(","))
    assert len(sweep.trials) == expected
    assert {trial["status"] for trial in sweep.trials.values()} == {"bien"}
    assert sweep.header["asked"] == read_values(list(SWEEPS[name].items()))


# La herramienta


@pytest.mark.parametrize("name", SWEEPS)
def test_each_command_is_one_that_the_lab_takes(name):
    command = measure_sweeps.build_command(name, workers=2)
    parser = argparse.ArgumentParser()
    add_sweep(parser.add_subparsers())
    options = parser.parse_args(command[3:])
    assert (options.target, options.name, options.workers) == ("02", name, 2)
    assert all(len(each) > 1 for each in read_values(options.parameters).values())


@pytest.fixture
def orders(tmp_path, monkeypatch):
    """Las órdenes que da la herramienta, sin entrenar; cada una deja su archivo."""
    given = []

    def run(command, cwd, env):
        name = command[command.index("--name") + 1]
        given.append(name)
        write_ledger(tmp_path / "results" / f"barrido-{name}{SUFFIX}")
        return subprocess.CompletedProcess(command, int(name == "n_train"))

    monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path / "results"))
    monkeypatch.setattr(measure_sweeps.subprocess, "run", run)
    return given


def test_the_tool_makes_and_stores_what_is_asked(folder, orders):
    assert measure_sweeps.main(["learning_rate", "batch_size"]) == 0
    assert orders == ["learning_rate", "batch_size"]
    assert sorted(path.stem for path in folder.iterdir()) == ["batch_size", "learning_rate"]


def test_a_sweep_with_a_failure_is_not_stored(folder, orders):
    assert measure_sweeps.main([]) == 1
    assert orders == list(SWEEPS)
    assert not (folder / f"n_train{SUFFIX}").exists()


def test_the_tool_refuses_a_name_that_does_not_exist(folder, orders, capsys):
    with pytest.raises(SystemExit):
        measure_sweeps.main(["semillas"])
    assert orders == [] and "semillas" in capsys.readouterr().err


# El dibujo


def test_a_search_is_drawn_with_its_best_so_far():
    plot = plot_best_so_far([0.3, np.nan, 0.5, 0.4], "Búsqueda", "Accuracy de cada ensayo.")
    assert plot.table["la mejor hasta entonces"].tolist() == [0.3, 0.3, 0.5, 0.5]
    assert plot.alt == "Accuracy de cada ensayo. La mejor, 0.5, es la del ensayo 3."
    assert plot.png.startswith(b"\x89PNG")


def test_a_search_where_all_failed_says_so():
    plot = plot_best_so_far([np.nan], "Búsqueda", "Accuracy de cada ensayo.")
    assert plot.alt.endswith("Ninguno acabó bien.")
