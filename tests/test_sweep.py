"""Los barridos, de la orden a su archivo: qué se hace, qué no se repite y qué se dice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from sweep_targets import read_diary, read_lines, write_script

from labsupport.commands.cli import main
from labsupport.sweeping import ledger as ledgers
from labsupport.sweeping import read_sweep

VALUES = ["-p", "learning_rate", "1e-4,1e-3", "-p", "seed", "1,2"]
NAME = "barrido-entrena-learning_rate-seed.jsonl"


@pytest.fixture
def script(tmp_path):
    """El programa que se entrena."""
    return write_script(tmp_path)


def order(*words: object) -> list[str]:
    return ["sweep", *map(str, words)]


def test_every_combination_is_one_line_and_the_best_comes_first(
    script, tmp_path, private_results, capsys
):
    assert main(order(script, *VALUES)) == 0
    out = capsys.readouterr().out
    header, *trials = read_lines(private_results / NAME)
    assert header["kind"] == "laboratorio-sweep" and header["versions"]["torch"]
    assert header["asked"] == {"learning_rate": [1e-4, 1e-3], "seed": [1, 2]}
    assert header["command"].endswith("-p learning_rate 1e-4,1e-3 -p seed 1,2")
    assert [trial["parameters"]["seed"] for trial in trials] == [1, 2, 1, 2]
    assert read_diary(tmp_path) == ["0.0001 1", "0.0001 2", "0.001 1", "0.001 2"]
    assert "[4/4] learning_rate 0,001 y seed 2: accuracy 0,802" in out
    assert "Faltan 3; a este paso, unos" in out
    table = out.split("learning_rate  accuracy media")[1].splitlines()
    assert table[2].startswith("0,001 ") and table[3].startswith("0,0001 ")
    # Lo que el programa dijera de la prueba no sirve para elegir.
    assert "0.999" not in (private_results / NAME).read_text() and "0,999" not in out
    page = private_results / "barridos" / "entrena-learning_rate-seed" / "barrido.html"
    assert "La mejor de 2: learning_rate 0,001" in page.read_text(encoding="utf-8")


def test_the_same_order_repeats_nothing_and_a_wider_one_only_adds(script, tmp_path, capsys):
    assert main(order(script, *VALUES)) == 0
    assert main(order(script, *VALUES)) == 0
    assert len(read_diary(tmp_path)) == 4
    assert "4 ensayos de entrena; 4 ya estaban hechos." in capsys.readouterr().out
    assert main(order(script, "-p", "learning_rate", "1e-4,1e-3", "-p", "seed", "2,3")) == 0
    assert read_diary(tmp_path)[4:] == ["0.0001 3", "0.001 3"]
    # La tabla es del barrido entero: lo de las dos órdenes.
    assert capsys.readouterr().out.count(" 3  0,") == 2


def test_a_failed_trial_is_told_and_is_the_only_one_repeated(
    script, tmp_path, private_results, capsys
):
    words = order(script, *VALUES, "-p", "fail", "2")
    assert main(words) == 1
    out = capsys.readouterr().out
    assert "seed 2: falla: el programa acabó con código 1: se desbocó" in out
    assert "Fallaron 2 ensayos (learning_rate 0,0001 y seed 2; learning_rate 0,001 y seed 2)" in out
    page = (private_results / "barridos" / "entrena-learning_rate-seed" / "barrido.html").read_text(
        encoding="utf-8"
    )
    assert "learning_rate 0,001 y seed 2: el programa acabó con código 1: se desbocó" in page
    (tmp_path / "curado").touch()
    assert main(words) == 0
    assert read_diary(tmp_path)[4:] == ["0.0001 2", "0.001 2"]
    assert read_sweep(private_results / NAME)["estado"].tolist() == ["bien"] * 4


def test_another_code_is_another_sweep_and_the_old_one_is_kept(
    script, tmp_path, private_results, capsys
):
    assert main(order(script, *VALUES)) == 0
    script.write_text(script.read_text(encoding="utf-8") + "# otra cosa\n", encoding="utf-8")
    capsys.readouterr()
    assert main(order(script, *VALUES)) == 0
    assert "barrido nuevo, porque cambió el código de lo que se entrena" in capsys.readouterr().out
    assert len(read_diary(tmp_path)) == 8
    (aside,) = (private_results / "barridos").glob("*.jsonl")
    assert len(read_lines(aside)) == len(read_lines(private_results / NAME)) == 5


def test_a_line_cut_half_way_is_repeated_and_a_broken_one_is_told(
    script, tmp_path, private_results, capsys
):
    assert main(order(script, *VALUES)) == 0
    path = private_results / NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert main(order(script, *VALUES)) == 0
    assert "quedó a medias y no cuenta" in capsys.readouterr().out
    assert read_diary(tmp_path)[4:] == ["0.001 2"] and len(read_lines(path)) == 5
    lines = whole.split(b"\n")
    path.write_bytes(b"\n".join([*lines[:2], lines[2][:30], *lines[3:]]))
    assert main(order(script, *VALUES)) == 1
    assert f"La línea 3 de «{NAME}» está dañada" in capsys.readouterr().err
    path.write_text("{}\n")
    assert main(order(script, *VALUES)) == 1
    assert "no es un barrido del laboratorio" in capsys.readouterr().err


def test_two_orders_at_once_do_not_share_a_sweep(script, private_results, capsys):
    with ledgers.hold_ledger(private_results / NAME):
        assert main(order(script, *VALUES)) == 1
    assert "Otra orden está haciendo el barrido" in capsys.readouterr().err
    assert main(order(script, *VALUES)) == 0


def start(private_results, *words: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "labsupport", *order(*words)]
    environment = os.environ | {"LAB_RESULTS_DIR": str(private_results)}
    return subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_for_lines(path: Path, number: int) -> None:
    limit = time.monotonic() + 120
    while not path.exists() or path.read_bytes().count(b"\n") < number:
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="señales de Unix")
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_sweep_goes_on_where_it_was(script, tmp_path, private_results, signum):
    words = [script, *VALUES, "-p", "pause", "0.5"]
    run = start(private_results, *words)
    path = private_results / NAME
    wait_for_lines(path, 3)
    if signum == signal.SIGINT:
        # Como en una terminal: Ctrl-C llega también a los procesos que entrenan.
        os.killpg(run.pid, signum)
    else:
        run.send_signal(signum)
    _, told = run.communicate(timeout=60)
    if signum != signal.SIGKILL:
        assert run.returncode == 130
        assert "Interrumpido: hay" in told and "repite la misma orden" in told
        assert "Traceback" not in told
    done = len(read_lines(path)) - 1
    assert 2 <= done < 4
    with_cut = read_diary(tmp_path)
    assert main(order(*words)) == 0
    assert len(read_lines(path)) == 5
    again = read_diary(tmp_path)[len(with_cut) :]
    # Se hace solo lo que no llegó a anotarse.
    assert again == ["0.0001 1", "0.0001 2", "0.001 1", "0.001 2"][done:]
    assert not list((private_results / "barridos" / "entrena-learning_rate-seed").glob(".temp*"))


@pytest.mark.parametrize(
    "metrics",
    ["nada", "[]", "{}", '{"validation_accuracy": 2}', '{"validation_accuracy": NaN}', '{"a": 1}'],
)
def test_metrics_that_make_no_sense_are_told(tmp_path, metrics):
    from labsupport.base.errors import LabError
    from labsupport.sweeping.trials import read_scores

    (tmp_path / "metrics.json").write_text(metrics)
    with pytest.raises(LabError, match="metrics.json no sirve"):
        read_scores(tmp_path, "entrena")


def test_two_workers_give_the_same_lines(script, tmp_path, private_results):
    assert main(order(script, *VALUES, "--workers", "2", "--name", "dos")) == 0
    assert main(order(script, *VALUES, "--name", "uno")) == 0
    scores = [
        {line["id"]: line["accuracy"] for line in read_lines(private_results / f"{name}.jsonl")[1:]}
        for name in ("barrido-dos", "barrido-uno")
    ]
    assert scores[0] == scores[1] and len(scores[0]) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="señales de Unix")
def test_a_trial_that_kills_its_process_does_not_take_the_others_with_it(
    script, tmp_path, private_results, capsys
):
    killer = "import os, signal, sys\nif '--seed=2' in sys.argv or '2' in sys.argv:\n"
    killer += "    os.kill(os.getppid(), signal.SIGKILL)\n"
    script.write_text(killer + script.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(order(script, "-p", "seed", "1,2,3,4")) == 1
    assert "seed 2: falla: El proceso que lo hacía murió dos veces" in capsys.readouterr().out
    table = read_sweep(private_results / "barrido-entrena-seed.jsonl")
    assert sorted(table.loc[table["estado"] == "bien", "seed"]) == [1, 3, 4]


def test_a_line_that_does_not_fit_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "barrido-x.jsonl"
    path.write_text("{}\n")
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[:5]))
    with pytest.raises(OSError, match="No space left"):
        ledgers.append_entry(path, {"kind": "trial", "id": "a"})
    assert path.read_text() == "{}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="procesos de Unix")
def test_nothing_is_left_running_when_the_order_is_killed(script, tmp_path, private_results):
    run = start(private_results, script, *VALUES, "-p", "pause", "300")
    limit = time.monotonic() + 60
    while not read_diary(tmp_path):
        assert time.monotonic() < limit
        time.sleep(0.05)
    family = psutil.Process(run.pid).children(recursive=True)
    trial = [each for each in family if script.name in " ".join(each.cmdline())]
    assert len(trial) == 1
    run.kill()
    run.communicate()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


def test_many_trials_are_announced(script, capsys):
    seeds = ",".join(map(str, range(51)))
    # Sin lo que se entrena, falla enseguida: basta con lo que se dice antes.
    script.write_text("import sys\nsys.exit(0)\n", encoding="utf-8")
    assert main(order(script, "-p", "seed", seeds)) == 1
    out = capsys.readouterr().out
    assert "51 ensayos de entrena. Son muchos: con el primero verás cuánto tardan." in out
