"""La orden ``labsupport grade``: qué pide, qué rechaza en español y qué deja tras de sí."""

from __future__ import annotations

import errno
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

from labsupport.commands import grade as command  # noqa: E402
from labsupport.commands.cli import main  # noqa: E402
from labsupport.commands.grade import describe_batch  # noqa: E402
from labsupport.grading import processes  # noqa: E402
from labsupport.grading.publishing.publish import publish_grades  # noqa: E402
from labsupport.grading.publishing.scores import OPEN, SCORES  # noqa: E402
from labsupport.grading.records import FOLDER, CheckResult, Record, State  # noqa: E402


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


def test_on_windows_it_says_where_to_grade(course, monkeypatch, capsys):
    monkeypatch.setattr(processes.sys, "platform", "win32")
    assert main(course) == 1
    assert "En Windows no se puede calificar" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--segundos", "0"], "no es un número entero de 1 en adelante"),
        (["--memoria", "mucha"], "no es un número entero de 1 en adelante"),
        (["--procesos", "-2"], "no es un número entero de 1 en adelante"),
        (["--segundos", "9" * 5000], "es demasiado: como mucho, 1000000"),
        (["--memoria", "1000001"], "es demasiado: como mucho, 1000000"),
        (["--exercise", "ejercicio_1"], f"¿Querías decir «{NAME}»?"),
        (["--exercise", "01"], f"Están: {NAME}."),
        (["--cluster", "nada"], "no es una dirección como tcp://HOST:PUERTO"),
        (["--cluster", "tcp://10.0.0.5"], "no es una dirección como tcp://HOST:PUERTO"),
        (["--cluster", "tcp://10.0.0.5:99999"], "no es una dirección como tcp://HOST:PUERTO"),
        (["--cluster", ""], "no es una dirección como tcp://HOST:PUERTO"),
        (["1-123.zip"], "1-123.zip; si un nombre tiene espacios, ponlo entre comillas"),
        (["--out", ""], "di en --out una carpeta para ellas"),
        (["--source", "exercises/release"], "es lo que se reparte, sin las comprobaciones ocultas"),
        (["--source", "no-existe"], "No hay ejercicios resueltos en «no-existe»"),
    ],
)
def test_a_wrong_option_is_told_in_spanish(course, isolation, capsys, words, told):
    try:
        assert main([*course, *words]) == 1
    except SystemExit as ended:
        assert ended.code == 2
    assert told in capsys.readouterr().err


def test_without_submissions_it_says_how_to_give_them(capsys):
    assert main(["grade"]) == 1
    said = capsys.readouterr().err
    assert said == 'Di dónde están las entregas: make calificar ARGS="entregas/ --out notas/"\n'


@pytest.mark.parametrize("place", ["entregas", "entregas/notas", "entregas/../entregas/a/b"])
def test_the_grades_are_never_among_the_submissions(course, capsys, tmp_path, place):
    assert main([*course, "--out", str(tmp_path / place)]) == 1
    assert "di en --out una carpeta fuera de ellas" in capsys.readouterr().err
    assert {path.suffix for path in (tmp_path / "entregas").iterdir()} == {".ipynb"}


def test_the_grades_need_a_folder(course, capsys, tmp_path):
    (tmp_path / "archivo").touch()
    assert main([*course, "--out", str(tmp_path / "archivo")]) == 1
    assert "archivo» es un archivo: di una carpeta en --out." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failure", "words", "code", "told"),
    [
        (OSError(errno.ENOSPC, "No space left"), [], 1, "libera sitio y repite la orden."),
        (KeyboardInterrupt(), [], 130, "repite la orden y seguirá donde se quedó."),
        (KeyboardInterrupt(), ["--recalificar"], 130, "repite la orden sin --recalificar y seg"),
    ],
)
def test_what_stops_it_says_to_repeat_the_order(
    course, monkeypatch, capsys, failure, words, code, told
):
    def fail(options):
        raise failure

    monkeypatch.setattr(command, "_grade", fail)
    assert main([*course, *words]) == code
    said = capsys.readouterr().err
    assert told in said and "celda" not in said


def test_the_summary_counts_in_singular_and_says_what_does_not_count(tmp_path):
    check = CheckResult("pregunta", "Pregunta", 2.0, None, True, answer="Porque sí.")
    record = Record("ana", NAME, "", State.GRADED, checks=[check], flags=["aviso"])
    make(tmp_path / FOLDER)
    publish_grades(tmp_path, [record])
    said = describe_batch([record], tmp_path)
    assert "Conviene mirar 1 entrega: está al final" in said and "no corresponde" not in said
    path = tmp_path / OPEN
    path.write_text(path.read_text("utf-8-sig").replace(",2,,,", ",2,1,,"), encoding="utf-8")
    check.answer = "Otra."
    publish_grades(tmp_path, [record])
    stays = "no corresponde a ninguna respuesta de ahora: queda al final del archivo."
    assert f"1 fila de abiertas.csv tiene puntos y {stays}" in describe_batch([record], tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows no tiene estas señales")
def test_an_interrupted_order_leaves_what_it_graded(course, isolation, tmp_path):
    loop = solve_well(mayor="def largest(values):\n    while True:\n        pass")
    nbformat.write(loop, tmp_path / "entregas" / f"zoe_{NAME}.ipynb")
    order = [sys.executable, "-m", "labsupport", *course, "--segundos", "100", "--procesos", "1"]
    run = subprocess.Popen(
        order, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        wait_until(lambda: len(list((tmp_path / "notas" / "registros").glob("*.json"))) == 2)
        # Como la tecla: la señal llega a todos los procesos de la orden.
        os.killpg(run.pid, signal.SIGINT)
        said = run.communicate()[1]
    finally:
        run.kill()
    assert run.returncode == 130 and said.endswith(f"{command.INTERRUPTED}\n")
    rows = (tmp_path / "notas" / SCORES).read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [",calificada," in row for row in rows] == [True, True, False]
    assert "Aún no se ha calificado" in rows[2]


def wait_until(happened):
    while not happened():
        time.sleep(0.1)


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
        [sys.executable, "-m", "labsupport", *course, "--segundos", "3600"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        family = wait_for_a_kernel(run.pid)
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    # Si alguien quedara, esta espera pasaría del límite de pytest.
    psutil.wait_procs(family)


def wait_for_a_kernel(pid):
    """Espera a que una entrega se esté ejecutando y devuelve todos los procesos de la orden."""
    while True:
        family = psutil.Process(pid).children(recursive=True)
        if any("bwrap" in process.name() for process in family):
            return family
        time.sleep(0.1)
