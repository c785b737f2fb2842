"""Ejecutar el laboratorio, con cuadernos pequeños y kernels de verdad."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.files import place_copy, replace_atomically
from labsupport.running import whole_lab
from labsupport.running.one_notebook import DEAD_KERNEL, SLOW_KERNEL
from labsupport.running.whole_lab import describe_run, find_notebooks, run_notebooks

SAVE = """
import json, os, pathlib
folder = pathlib.Path(os.environ["LAB_RESULTS_DIR"])
folder.mkdir(exist_ok=True)
content = {{"lesson": {lesson!r}, "accuracy": {accuracy}}}
(folder / "{lesson}-mini.json").write_text(json.dumps(content))
"""


FIND = """
from labsupport.base.paths import find_result
path = find_result("02_entrenar-mini.json")
found = path.exists()
"""


def save(lesson: str, accuracy: float) -> str:
    """Devuelve una celda que guarda un resultado como los de una lección."""
    return SAVE.format(lesson=lesson, accuracy=accuracy)


@pytest.fixture
def out(tmp_path):
    """La carpeta que hace de runs/."""
    return tmp_path / "copias"


def test_the_table_shows_the_validation_and_keeps_the_exam_closed(make_notebook, out):
    watched = {"index": [0, 1], "labels": [1, 0], "logits": [[0.1, 0.9], [0.2, 0.8]]}
    cell = save("02_entrenar", 0.75).replace('"accuracy"', f'"validation": {watched}, "accuracy"')
    run = run_notebooks([make_notebook("02_entrenar", cell)], out=out, say=lambda words: None)
    assert run.outcomes[0].accuracy == 0.5
    assert "accuracy en validación" in describe_run(run)


def test_run_executes_publishes_and_reports(make_notebook, out, private_results):
    first = make_notebook("01_datos", "ruido = bytearray(60_000_000); print('hola')")
    second = make_notebook("02_entrenar", "import time; time.sleep(0.5)", save("02_entrenar", 0.5))
    said = []
    run = run_notebooks([first, second], out=out, say=said.append)
    assert run.succeeded and [outcome.status for outcome in run.outcomes] == ["bien", "bien"]
    assert run.outcomes[0].accuracy is None and run.outcomes[1].accuracy == 0.5
    assert 20 < run.outcomes[1].peak_mib < 2000
    assert run.outcomes[1].seconds >= 0.5
    assert json.loads((private_results / "02_entrenar-mini.json").read_text())["accuracy"] == 0.5
    assert len(said) == 2 and said[1].startswith("[2/2] 02_entrenar: bien, ")
    table = describe_run(run)
    assert "0,500" in table and "make jupyter" in table and run.folder.name in table
    assert "hola" in (run.folder / "01_datos.ipynb").read_text()
    assert not list(run.folder.glob("*.log"))


def test_record_tells_what_ran(make_notebook, out):
    notebook = make_notebook("01_datos", "epochs = 1", "epochs")
    run = run_notebooks([notebook], {"epochs": 2}, out)
    record = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    assert record["parameters"] == {"epochs": 2}
    assert record["versions"]["python"].startswith("3.")
    assert record["notebooks"][0]["notebook"] == "01_datos"
    assert record["notebooks"][0]["status"] == "bien" and record["notebooks"][0]["peak_mib"] > 0


def test_parameters_reach_the_notebook(make_notebook, out):
    notebook = make_notebook("01_datos", "epochs = 1", "assert epochs == 7, epochs")
    cells = json.loads(notebook.read_text())
    cells["cells"][0]["metadata"]["tags"] = ["parameters"]
    notebook.write_text(json.dumps(cells))
    assert run_notebooks([notebook], {"epochs": 7}, out).succeeded
    assert not run_notebooks([notebook], {"epochs": 8}, out).succeeded


def test_failing_notebook_tells_only_its_sentence_and_the_rest_go_on(make_notebook, out):
    broken = make_notebook(
        "01_falla",
        "class LabError(Exception): pass",
        save("01_falla", 0.9),
        "raise LabError('Falta el archivo «x»: créalo.')",
    )
    other = make_notebook("02_bien", "1 + 1")
    said = []
    run = run_notebooks([broken, other], out=out, say=said.append)
    assert [outcome.status for outcome in run.outcomes] == ["falla", "bien"]
    assert said[0] == "[1/2] 01_falla: falla: Falta el archivo «x»: créalo."
    assert not run.succeeded and run.outcomes[0].accuracy is None
    assert "Traceback" not in describe_run(run)


def test_failing_notebook_publishes_nothing(make_notebook, out, private_results):
    good = make_notebook("02_entrenar", save("02_entrenar", 0.5))
    run_notebooks([good], out=out)
    bad = make_notebook("02_entrenar", save("02_entrenar", 0.1), "1 / 0")
    run = run_notebooks([bad], out=out)
    assert run.outcomes[0].message == "celda [2]: ZeroDivisionError: division by zero"
    assert json.loads((private_results / "02_entrenar-mini.json").read_text())["accuracy"] == 0.5


def test_dead_kernel_is_told_in_spanish(make_notebook, out):
    run = run_notebooks([make_notebook("01_muere", "import os; os._exit(1)")], out=out)
    assert run.outcomes[0].message == DEAD_KERNEL


def test_what_a_dying_kernel_says_stays_out_of_the_terminal(make_notebook, out, capfd):
    die = "import os; os.write(2, b'ultimas palabras'); os._exit(1)"
    run = run_notebooks([make_notebook("01_muere", die)], out=out)
    assert (run.folder / "01_muere.log").read_text().endswith("ultimas palabras")
    assert "ultimas palabras" not in capfd.readouterr().err


def test_what_a_kernel_says_while_it_is_closed_is_not_kept(make_notebook, out):
    say_goodbye = "import atexit, os; atexit.register(os.write, 2, b'adios')"
    run = run_notebooks([make_notebook("01_cierra", say_goodbye)], out=out)
    assert run.succeeded and not list(run.folder.glob("*.log"))


def test_kernel_that_does_not_start_is_told_in_spanish(make_notebook, out, monkeypatch):
    monkeypatch.setattr("papermill.execute_notebook", _start_too_slowly)
    run = run_notebooks([make_notebook("01_lento", "1 + 1")], out=out)
    assert run.outcomes[0].message == SLOW_KERNEL


def _start_too_slowly(*_, **__):
    raise RuntimeError("Kernel didn't respond in 60 seconds")


def test_the_kernel_is_of_this_python_whatever_is_called_python3(
    make_notebook, out, tmp_path, monkeypatch
):
    spec = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    other = {"argv": ["/otro/python", "-f", "{connection_file}"], "display_name": "Python 3"}
    spec.write_text(json.dumps({**other, "language": "python"}))
    # La carpeta de más prioridad de las que mira Jupyter.
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    notebook = make_notebook("01_datos", f"import sys; assert sys.executable == {sys.executable!r}")
    run = run_notebooks([notebook], out=out)
    assert run.succeeded, run.outcomes[0].message


def test_slow_cell_is_stopped(make_notebook, out):
    slow = make_notebook("01_lento", "import time; time.sleep(100)")
    run = run_notebooks([slow], out=out, cell_timeout=1)
    assert "una celda pasó de 1 s" in run.outcomes[0].message


def test_file_that_is_not_a_notebook_is_told_in_spanish(tmp_path, out):
    broken = tmp_path / "01_roto.ipynb"
    broken.write_text("{ esto no es")
    run = run_notebooks([broken], out=out)
    assert run.outcomes[0].message.startswith("el archivo no es un cuaderno válido")


def test_two_runs_at_once_do_not_share_folders(make_notebook, out):
    wait = "import time; time.sleep(1)"
    read = "import os, pathlib; assert len(os.listdir(os.environ['LAB_RESULTS_DIR'])) == 1"
    notebook = make_notebook("02_entrenar", wait, save("02_entrenar", 0.5), wait, read)
    command = [sys.executable, "-m", "labsupport", "run", str(notebook), "--out", str(out)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    folders = sorted(out.iterdir())
    assert len(folders) == 2
    written = [folder / "results" / "02_entrenar" / "02_entrenar-mini.json" for folder in folders]
    assert all(path.is_file() for path in written)


def test_skipped_notebooks_lend_their_published_results(make_notebook, out, private_results):
    run_notebooks([make_notebook("02_entrenar", save("02_entrenar", 0.5))], out=out)
    assert run_notebooks([make_notebook("03_evaluar", FIND, "assert found")], out=out).succeeded
    again = make_notebook("02_entrenar", FIND, "assert not found")
    assert run_notebooks([again], out=out).succeeded


def test_a_notebook_reads_what_its_own_run_wrote_and_not_what_another_published(
    make_notebook, out, private_results
):
    private_results.mkdir()
    stolen = "import pathlib; pathlib.Path({path!r}).write_text('de otra ejecución')"
    publish = stolen.format(path=str(private_results / "02_entrenar-mini.json"))
    first = make_notebook("02_entrenar", save("02_entrenar", 0.5))
    second = make_notebook("03_molesta", publish)
    third = make_notebook("05_evaluar", FIND, "assert '0.5' in path.read_text()")
    assert run_notebooks([first, second, third], out=out).succeeded


def test_a_run_keeps_the_earlier_results_that_it_reads(make_notebook, out, private_results):
    run_notebooks([make_notebook("02_entrenar", save("02_entrenar", 0.5))], out=out)
    run = run_notebooks([make_notebook("03_evaluar", "1 + 1")], out=out)
    (private_results / "02_entrenar-mini.json").write_text("{}")
    assert "0.5" in (run.results / "02_entrenar-mini.json").read_text()


def test_models_are_published_whole_and_checkpoints_are_not(make_notebook, out, private_results):
    make = "import os, pathlib; here = pathlib.Path(os.environ['LAB_RESULTS_DIR'])"
    write = "(here / {0!r}).mkdir(); (here / {0!r} / {1!r}).touch()"
    old = make_notebook("02_entrenar", make, write.format("modelo-mini", "viejo.bin"))
    assert run_notebooks([old], out=out).succeeded
    new = make_notebook(
        "02_entrenar",
        make,
        write.format("modelo-mini", "nuevo.bin"),
        write.format("checkpoints", "paso.pt"),
    )
    assert run_notebooks([new], out=out).succeeded
    published = {path.name for path in private_results.rglob("*") if path.name[0] != "."}
    assert published == {"modelo-mini", "nuevo.bin"}


def test_only_a_notebook_that_failed_keeps_its_checkpoints(make_notebook, out):
    make = (
        "import os, pathlib; here = pathlib.Path(os.environ['LAB_RESULTS_DIR'])\n"
        "(here / 'checkpoints' / 'trainer-x' / 'checkpoint-2').mkdir(parents=True)"
    )
    notebooks = [make_notebook("02_bien", make), make_notebook("03_mal", make, "1 / 0")]
    run = run_notebooks(notebooks, out=out)
    kept = [path.parent.name for path in run.results.glob("*/checkpoints")]
    assert kept == ["03_mal"]
    told = ["find_work_folder" in outcome.message for outcome in run.outcomes]
    assert told == [False, True]


def test_runs_that_pile_up_are_announced_and_kept(make_notebook, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "runs_folder", lambda: tmp_path / "runs")
    notebook = make_notebook("01_datos", "1")
    assert "ocupa ya" not in describe_run(run_notebooks([notebook]))
    monkeypatch.setattr(whole_lab, "LARGE", 10)
    assert "runs ocupa ya 0,0 GiB con 2 ejecuciones" in describe_run(run_notebooks([notebook]))
    assert "ocupa ya" not in describe_run(run_notebooks([notebook], out=tmp_path / "otra"))
    assert len(list((tmp_path / "runs").iterdir())) == 2


def start_and_interrupt(notebook, out, number):
    """Lanza un cuaderno que avisa cuando está ocupado, lo interrumpe y devuelve cómo acabó."""
    command = [sys.executable, "-m", "labsupport", "run", str(notebook), "--out", str(out)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # Quien lanza las pruebas en segundo plano deja Ctrl-C ignorado, y eso se hereda.
    listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, preexec_fn=listen, **pipes)
    busy = notebook.parent / "ocupado"
    while not busy.exists() and process.poll() is None:
        time.sleep(0.1)
    kernels = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    return process, process.communicate(), kernels


@pytest.mark.skipif(os.name == "nt", reason="Windows no manda estas señales a un solo proceso")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_keeps_earlier_results_and_kills_the_kernel(
    make_notebook, out, private_results, number
):
    run_notebooks([make_notebook("02_entrenar", save("02_entrenar", 0.5))], out=out / "antes")
    notebook = make_notebook(
        "02_entrenar",
        "print('primera celda')",
        save("02_entrenar", 0.1),
        "import pathlib, time; pathlib.Path('ocupado').touch(); time.sleep(600)",
    )
    process, (printed, complaint), kernels = start_and_interrupt(notebook, out / "ahora", number)
    assert process.returncode == 130
    assert complaint.strip().endswith("los resultados de antes siguen como estaban.")
    assert "Traceback" not in complaint and "parado" in printed
    assert json.loads((private_results / "02_entrenar-mini.json").read_text())["accuracy"] == 0.5
    assert "primera celda" in next((out / "ahora").rglob("02_entrenar.ipynb")).read_text()
    assert kernels and not any(kernel.is_running() for kernel in kernels)


def test_run_from_a_thread_needs_no_signals(make_notebook, out):
    notebook = make_notebook("01_datos", "1 + 1")
    runs = []
    thread = threading.Thread(target=lambda: runs.append(run_notebooks([notebook], out=out)))
    thread.start()
    thread.join()
    assert runs and runs[0].succeeded


def test_find_notebooks_by_number_name_and_path(make_notebook, monkeypatch):
    first, second = make_notebook("00_inicio", "1"), make_notebook("02_trainer", "1")
    make_notebook("borrador", "1")
    monkeypatch.setattr(paths, "NOTEBOOKS", first.parent)
    assert find_notebooks() == [first, second]
    assert find_notebooks(["02", "02_trainer", "02_trainer.ipynb", str(second)]) == [second]
    with pytest.raises(LabError, match="«03_trainer».*¿Querías decir «02_trainer»"):
        find_notebooks(["03_trainer"])


def test_the_notebook_without_help_runs_only_if_asked(make_notebook, monkeypatch):
    lesson, alone = make_notebook("00_inicio", "1"), make_notebook("sin_ayuda", "1")
    monkeypatch.setattr(paths, "NOTEBOOKS", lesson.parent)
    assert find_notebooks() == [lesson]
    assert find_notebooks(["sin_ayuda"]) == [alone]


def test_the_second_part_runs_only_if_asked(make_notebook, monkeypatch):
    names = ("00_inicio", "05_evaluacion", "06_experimentos", "08_compartir")
    lessons = [make_notebook(name, "1") for name in names]
    monkeypatch.setattr(paths, "NOTEBOOKS", lessons[0].parent)
    assert find_notebooks() == lessons[:2]
    assert find_notebooks(["todo"]) == lessons
    assert find_notebooks(["08", "todo"]) == [lessons[3], *lessons[:3]]


def test_find_notebooks_without_any(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    with pytest.raises(LabError, match="No hay cuadernos"):
        find_notebooks()


def test_interrupted_write_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("entero")
    with pytest.raises(ZeroDivisionError), replace_atomically(path) as temporary:
        temporary.write_text("a med")
        raise ZeroDivisionError
    assert path.read_text() == "entero" and list(tmp_path.iterdir()) == [path]


def test_copying_keeps_folders_and_ordinary_permissions(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    (source / "modelo").mkdir(parents=True)
    (source / "modelo" / "config.json").write_text("{}")
    place_copy(source, target)
    copied = target / "modelo" / "config.json"
    assert copied.read_text() == "{}"
    assert os.name == "nt" or copied.stat().st_mode & 0o600 == 0o600
    assert not list(target.rglob("*.tmp-*"))
