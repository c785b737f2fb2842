"""La orden ``labsupport grade``: qué pide, qué rechaza en español y qué deja tras de sí."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from submissions import ALL, GOOD, NAME, build_source, solve, solve_well  # noqa: E402

from labsupport.cli import main  # noqa: E402
from labsupport.grading import processes, sandbox  # noqa: E402
from labsupport.grading.scores import SCORES  # noqa: E402


@pytest.fixture
def course(tmp_path):
    """Un ejercicio resuelto y dos entregas; devuelve lo que va detrás de ``grade``."""
    nbformat.write(build_source(), make(tmp_path / "source" / NAME) / f"{NAME}.ipynb")
    folder = make(tmp_path / "entregas")
    nbformat.write(solve_well(), folder / f"ana_{NAME}.ipynb")
    nbformat.write(solve(), folder / f"berto_{NAME}.ipynb")
    places = {"--source": tmp_path / "source", "--out": tmp_path / "notas"}
    return ["grade", str(folder), *(str(word) for pair in places.items() for word in pair)]


def make(folder):
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def without_bubblewrap(monkeypatch, tmp_path):
    """Una máquina en la que falta la orden bwrap."""
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox._find_fault.cache_clear()
    yield
    sandbox._find_fault.cache_clear()


def test_without_isolation_it_refuses(course, without_bubblewrap, capsys, tmp_path):
    assert main(course) == 1
    said = capsys.readouterr().err
    assert "bwrap" in said and "--sin-aislamiento" in said and "Traceback" not in said
    assert not (tmp_path / "notas" / SCORES).exists()


def test_without_isolation_on_request_everything_says_so(
    course, without_bubblewrap, capsys, tmp_path
):
    assert main([*course, "--sin-aislamiento"]) == 0
    assert "SIN aislamiento" in capsys.readouterr().out
    out = tmp_path / "notas"
    ana, berto = (out / SCORES).read_text(encoding="utf-8-sig").splitlines()[1:]
    assert ana.startswith(f"ana,{NAME},{ALL}") and berto.startswith(f"berto,{NAME},0,calificada")
    assert "calificada sin aislamiento" in ana
    assert "Se calificó sin aislamiento" in (out / "informe_clase.html").read_text("utf-8")


def test_without_isolation_its_files_are_still_limited(course, without_bubblewrap, tmp_path):
    filler = "open('grande', 'wb').write(bytes(40 * 2**20))\n" + GOOD["suma"]
    nbformat.write(solve_well(suma=filler), tmp_path / "entregas" / f"ana_{NAME}.ipynb")
    assert main([*course, "--sin-aislamiento", "--archivos", "20"]) == 0
    ana, berto = (tmp_path / "notas" / SCORES).read_text(encoding="utf-8-sig").splitlines()[1:]
    assert ",límite de archivos," in ana and ",calificada," in berto


def test_without_nbgrader_it_says_how_to_install_it(course, monkeypatch, capsys):
    monkeypatch.setattr(processes.importlib.util, "find_spec", lambda name: None)
    assert main(course) == 1
    assert "make calificar" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--segundos", "0"], "no es un número entero de 1 en adelante"),
        (["--memoria", "mucha"], "no es un número entero de 1 en adelante"),
        (["--procesos", "-2"], "no es un número entero de 1 en adelante"),
        (["--exercise", "ejercicio_1"], f"¿Querías decir «{NAME}»?"),
        (["--source", "no-existe"], "No hay ejercicios resueltos en «no-existe»"),
    ],
)
def test_a_wrong_option_is_told_in_spanish(course, isolation, capsys, words, told):
    try:
        assert main([*course, *words]) == 1
    except SystemExit as ended:
        assert ended.code == 2
    assert told in capsys.readouterr().err


def test_the_limits_asked_for_are_the_ones_that_count(course, isolation, tmp_path):
    loop = solve_well(mayor="def largest(values):\n    while True:\n        pass")
    nbformat.write(loop, tmp_path / "entregas" / f"ana_{NAME}.ipynb")
    assert main([*course, "--segundos", "8"]) == 0
    ana = (tmp_path / "notas" / SCORES).read_text(encoding="utf-8-sig").splitlines()[1]
    assert ",límite de tiempo," in ana


def test_two_orders_at_once_do_not_mix(course, isolation, capsys, tmp_path):
    from filelock import FileLock

    out = make(tmp_path / "notas")
    with FileLock(out / ".calificando"):
        assert main(course) == 1
    assert "Otra orden está calificando" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows mata de otra manera")
def test_a_killed_order_leaves_nobody_behind(course, isolation, tmp_path):
    loop = solve_well(mayor="def largest(values):\n    while True:\n        pass")
    nbformat.write(loop, tmp_path / "entregas" / f"ana_{NAME}.ipynb")
    run = subprocess.Popen(
        [sys.executable, "-m", "labsupport", *course, "--segundos", "100"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        family = wait_for_a_kernel(run.pid)
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []


def wait_for_a_kernel(pid):
    """Espera a que una entrega se esté ejecutando y devuelve todos los procesos de la orden."""
    for _ in range(600):
        family = psutil.Process(pid).children(recursive=True)
        if any("bwrap" in process.name() for process in family):
            return family
        time.sleep(0.1)
    pytest.fail("ninguna entrega llegó a ejecutarse")
