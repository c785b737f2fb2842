"""Barridos con lo de verdad: el cuaderno 2 y un cluster de Dask con dos workers."""

from __future__ import annotations

import json

import pytest
from sweep_targets import write_notebook, write_script

from labsupport.commands.cli import main
from labsupport.running import executors
from labsupport.running.whole_lab import find_notebooks
from labsupport.sweeping import read_sweep
from labsupport.sweeping.requests import Request
from labsupport.sweeping.sweep import check_sources, run_sweep

SMALL = {"n_train": 32, "n_validation": 32, "n_eval": 16, "max_length": 32, "epochs": 1}


@pytest.fixture
def cluster(tmp_path):
    """Un cluster de Dask con dos workers, que no ven más que lo que se les manda."""
    distributed = pytest.importorskip("distributed", reason="falta Dask: extra «instructor»")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=None,
        local_directory=str(tmp_path / "cluster"),
    ) as cluster:
        yield cluster


def read_scores(path):
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return {line["id"]: (line["status"], line.get("accuracy"), line["message"]) for line in lines}


def test_a_trial_of_the_second_lesson(private_results):
    (notebook,) = find_notebooks(["02"])
    request = Request(notebook, {name: [value] for name, value in SMALL.items()}, name="ensayo")
    check_sources(request)
    said = []
    assert run_sweep(request, say=said.append).succeeded
    (row,) = read_sweep(private_results / "barrido-ensayo.jsonl").to_dict("records")
    assert 0 <= row["accuracy"] <= 1 and row["loss"] > 0 and row["memoria_mib"] > 100
    assert 0 < row["segundos_entrenando"] < row["segundos"]
    left = {path.name for path in private_results.glob("barridos/*/*/*")}
    assert left == {"02_trainer.ipynb", "02_trainer-mini.json"}
    assert run_sweep(request, say=said.append).succeeded
    assert said[-1] == "1 ensayo de 02_trainer; 1 ya estaba hecho."


def test_a_cluster_gives_the_same_trials(cluster, make_notebook, tmp_path, private_results):
    notebook, script = write_notebook(make_notebook), write_script(tmp_path)
    rates, address = ["-p", "learning_rate", "1e-4,1e-3"], cluster.scheduler_address
    for target, more in ((notebook, []), (script, ["-p", "seed", "1,2", "-p", "fail", "2"])):
        words = ["sweep", str(target), *rates, *more]
        codes = {
            main([*words, "--name", "alli", "--cluster", address]),
            main([*words, "--name", "aqui", "--workers", "2"]),
        }
        assert codes == ({1} if more else {0})
        here, there = (
            read_scores(private_results / f"barrido-{name}.jsonl") for name in ("aqui", "alli")
        )
        assert here == there and len(here) == (4 if more else 2)
    text = (private_results / "barrido-alli.jsonl").read_text(encoding="utf-8")
    # La dirección de nadie queda en lo que se guarda.
    assert address not in text and "tcp" not in text


def test_a_cluster_that_does_not_answer_is_told(tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed", reason="falta Dask: extra «instructor»")
    monkeypatch.setattr(executors, "FIRST_WAIT", 2)
    words = ["sweep", str(write_script(tmp_path)), "-p", "seed", "1,2"]
    assert main([*words, "--cluster", "tcp://127.0.0.1:9"]) == 1
    assert "no contesta" in capsys.readouterr().err
