"""Barridos con lo de verdad: el cuaderno 2 y un cluster de Dask con dos workers."""

from __future__ import annotations

import json

import pytest
from sweep_targets import read_lines, write_notebook, write_script

from labsupport.commands.cli import main
from labsupport.running import executors
from labsupport.running.whole_lab import find_notebooks, run_notebooks
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


def order(*words: object) -> list[str]:
    return ["sweep", *map(str, words)]


def read_scores(path):
    lines = read_lines(path)[1:]
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


def test_a_notebook_is_run_with_its_parameters_and_only_its_validation_is_read(
    make_notebook, private_results, capsys
):
    notebook = write_notebook(make_notebook)
    assert main(order(notebook, "-p", "learning_rate", "1e-4,1e-3", "-p", "seed", "7")) == 0
    path = private_results / "barrido-02_prueba-learning_rate.jsonl"
    table = read_sweep(path)
    assert table["accuracy"].tolist() == [0.5, 1.0] and table["macro_f1"].iloc[1] == 1.0
    assert table["loss"].round(3).tolist() == [1.127, 0.127]
    assert table["memoria_mib"].min() > 1 and table["segundos"].min() > 0
    assert "0.999" not in path.read_text() and "0,999" not in capsys.readouterr().out
    (first, _) = read_lines(path)[1:]
    left = {each.name for each in (private_results / "barridos").glob(f"*/{first['id']}/*")}
    # Los pesos de cada ensayo no se guardan.
    assert left == {"02_prueba.ipynb", "02_prueba-mini.json"}


def test_a_target_that_measures_nothing_stops_at_the_first_trial(
    make_notebook, private_results, capsys
):
    notebook = write_notebook(make_notebook, "raise_it = seed")
    content = json.loads(notebook.read_text())
    content["cells"].pop()
    notebook.write_text(json.dumps(content))
    assert main(order(notebook, "-p", "seed", "1,2,3")) == 1
    assert "«02_prueba» no deja ninguna medida de validación" in capsys.readouterr().err
    assert len(read_lines(private_results / "barrido-02_prueba-seed.jsonl")) == 2


def test_other_data_in_the_same_file_is_another_sweep(make_notebook, tmp_path, capsys):
    notebook, data = write_notebook(make_notebook), tmp_path / "opiniones, mías.csv"
    rows = [f"texto número {i} con sus palabras,{i % 2}" for i in range(60)]
    data.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    words = order(notebook, "-p", "dataset_name", data, "-p", "learning_rate", "1e-4,1e-3")
    assert main(words) == 0
    assert main(words) == 0
    assert "2 ya estaban hechos" in capsys.readouterr().out
    data.write_text("\n".join(["text,label", *rows[::-1]]) + "\n", encoding="utf-8")
    assert main(words) == 0
    told = f"barrido nuevo, porque cambió el contenido de «{data}»"
    assert told in capsys.readouterr().out


def test_what_a_lesson_swept_is_published_beside_what_was_there(
    make_notebook, tmp_path, private_results
):
    before = private_results / "barridos" / "de-antes"
    before.mkdir(parents=True)
    notebook = make_notebook(
        "06_prueba",
        "import os, pathlib\n"
        "folder = pathlib.Path(os.environ['LAB_RESULTS_DIR'], 'barridos', 'nuevo')\n"
        "folder.mkdir(parents=True)\n"
        "(folder / 'barrido.html').write_text('página')",
    )
    assert run_notebooks([notebook], out=tmp_path / "copias", say=lambda _: None).succeeded
    assert before.is_dir() and (private_results / "barridos" / "nuevo" / "barrido.html").is_file()
