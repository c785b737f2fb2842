"""Probar con librerías nuevas: lo que se instala, lo que se rompe, lo que avisa y la tabla."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
import warnings
from argparse import Namespace
from collections import Counter
from pathlib import Path

import bootstrap
import pytest
import try_newest
from newest import environment, python_check
from newest.failures import Failure, list_broken_lessons, list_broken_tests
from newest.held_back import find_holders
from newest.report import MOST_FAILURES, MOST_NOTICES, Trial, write_report
from newest.requirements import drop_ranges, list_requirements, normalize, read_pins
from newest.warning_log import CELL, Notice, install_log, make_writer, take_notices, watch
from packaging.specifiers import SpecifierSet

from labsupport.base.paths import REPO
from labsupport.running.whole_lab import run_notebooks

MODULES = (
    "freeze_constraints",
    *(f"newest.{path.stem}" for path in sorted(REPO.glob("tools/newest/[a-z]*.py"))),
)
# En .venv-nuevas ya hay un registro puesto: ni contaría bien los niveles ni debe ver estos avisos.
PYTHON_WARN = getattr(warnings.warn, "__wrapped__", warnings.warn)
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_well"/>
<testcase classname="tests.test_a" name="test_x[1]"><failure message="AssertionError: 1 != 2
in detail">traceback</failure></testcase>
<testcase classname="" name="tests.test_b"><error message="collection failure">
ImportError: cannot import name Z</error></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_everything_that_is_asked_for_is_tried():
    asked = list_requirements(REPO)
    names = {normalize(name) for name in drop_ranges(asked)}
    assert {"torch", "nbgrader", "gradio", "pytest", "playwright", "huggingface-hub"} <= names
    assert environment.OURS not in names
    assert names <= set(read_pins(REPO / "constraints.txt"))


def test_one_environment_keeps_the_ranges_and_the_other_lifts_them():
    (ranged,) = environment.list_installs(environment.RANGED)
    names, ours = environment.list_installs(environment.LIFTED)
    assert ranged[-2:] == ["-e", f"{REPO}[browser]"] and "-c" not in ranged
    assert "torch" in names and not any(set(name) & set("<>=") for name in names)
    assert "--no-deps" in ours


# --- Lo que se rompe --------------------------------------------------------------------


def test_a_broken_lesson_names_its_cell_and_quotes_the_library(make_notebook, tmp_path):
    well = make_notebook("01_datos", "1 + 1")
    broken = make_notebook("02_entrenar", "x = 1", "raise TypeError('sobra «y»\\nmás detalle')")
    run = run_notebooks([well, broken], out=tmp_path / "runs", say=lambda words: None)
    assert list_broken_lessons(run.folder) == [
        Failure("02_entrenar, celda [2] (celda-2)", "TypeError: sobra «y»")
    ]


def test_a_lesson_that_never_ran_is_broken_too(tmp_path):
    outcome = {"notebook": "01_datos", "status": "bien", "message": ""}
    dead = {"notebook": "02_entrenar", "status": "falla", "message": "el kernel murió"}
    record = {"planned": ["01_datos", "02_entrenar", "03_keras"], "notebooks": [outcome, dead]}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert list_broken_lessons(tmp_path) == [
        Failure("02_entrenar", "el kernel murió"),
        Failure("03_keras", "no llegó a ejecutarse"),
    ]


def test_a_lab_that_does_not_even_start_is_quoted(tmp_path):
    said = "Traceback\n  File x\nImportError: cannot import name 'A'\n"
    (failure,) = list_broken_lessons(tmp_path / "nada", said)
    assert failure.sentence == "ImportError: cannot import name 'A'"


def test_broken_tests_are_named(tmp_path):
    report = tmp_path / "pruebas.xml"
    report.write_text(JUNIT)
    assert list_broken_tests(report) == [
        Failure("tests.test_a::test_x[1]", "AssertionError: 1 != 2 in detail"),
        Failure("tests.test_b", "collection failure"),
    ]
    report.write_text("<a")
    assert list_broken_tests(report, "INTERNALERROR> x") == [Failure("pytest", "INTERNALERROR> x")]


# --- Lo que avisa -----------------------------------------------------------------------


def test_a_notice_points_where_the_library_points(tmp_path):
    warn = watch(PYTHON_WARN, make_writer(str(tmp_path)))

    def old():
        warn("old() se quitará", DeprecationWarning, stacklevel=2)

    with pytest.warns(DeprecationWarning) as seen:
        old()
    ((notice, times),) = take_notices(str(tmp_path), REPO).items()
    assert times == 1 and notice.kind == "DeprecationWarning"
    assert (notice.file, notice.line) == ("tests/test_newest.py", seen[0].lineno)
    assert seen[0].filename == __file__
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="llegó con Python 3.12")
def test_whole_folders_are_skipped_as_python_does(tmp_path):
    seen = []
    warn = watch(PYTHON_WARN, seen.append)
    library = tmp_path / "library.py"
    library.write_text(
        "def old(warn):\n    warn('x', FutureWarning, skip_file_prefixes=(__file__[:-3],))\n"
    )
    space = {"__file__": str(library)}
    exec(compile(library.read_text(), str(library), "exec"), space)
    with pytest.warns(FutureWarning) as shown:
        space["old"](warn)
    assert (seen[0].file, seen[0].line) == (shown[0].filename, shown[0].lineno)
    assert seen[0].file == __file__


def test_a_silenced_notice_of_any_process_is_written_down(tmp_path, monkeypatch):
    venv = tmp_path / "entorno"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    monkeypatch.setattr(bootstrap, "VENV", str(venv))
    python = bootstrap.find_venv_python()
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()
    install_log(packages, str(venv))
    code = """
import subprocess, sys, warnings
warnings.simplefilter("ignore")
for _ in range(3):
    warnings.warn("ya no", FutureWarning)
warnings.warn("da igual", UserWarning)
if len(sys.argv) == 1:
    subprocess.run([sys.executable, "-I", __file__, "otra"])
"""
    script = tmp_path / "programa.py"
    script.write_text(code)
    done = subprocess.run([python, script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    counts = take_notices(str(venv / "avisos"), REPO)
    assert counts == {Notice("programa.py", 5, "FutureWarning", "ya no"): 6}


def test_nothing_is_read_where_nothing_was_written(tmp_path):
    assert take_notices(str(tmp_path / "nada"), REPO) == {}


# --- La tabla ---------------------------------------------------------------------------


def make_trial(name="nuevas", **changes):
    notices = Counter({Notice("peft/a.py", 7, "FutureWarning", "se va | ya"): 3})
    values = {
        "versions": {"torch": "3.1.0+cpu", "numpy": "2.4.6", "extra": "1.0"},
        "held": [["numpy", "2.4.6", "2.5.5", ["numba (<2.5)"]], ["extra", "1.0", "2.0", []]],
        "failures": [Failure("02_trainer, celda [3] (entrenar)", "TypeError: sobra")],
        "notices": notices,
    }
    return Trial(name, "3.13.0", **{**values, **changes})


PINS = {"torch": "2.13.0", "numpy": "2.4.6", "gone": "1.0"}


def test_the_table_tells_what_moved_what_broke_and_what_warns():
    other = make_trial("ultimas", failures=[], notices=Counter(), held=[], versions={"torch": "4"})
    text = write_report([make_trial(), other], PINS, ["torch", "numpy"], str(REPO))
    assert "| librería | constraints.txt | nuevas | ultimas |" in text
    assert "| **torch** | 2.13.0 | 3.1.0+cpu | 4 |" in text
    assert "| **numpy** |" not in text and "| gone |" not in text
    assert "| nuevas | 02_trainer, celda [3] (entrenar) | TypeError: sobra |" in text
    assert "| nuevas | numpy | 2.4.6 | 2.5.5 | numba (<2.5) |" in text and "| 2.0 |" not in text
    assert "| peft | peft/a.py:7 | FutureWarning: se va \\| ya | 3 | 0 |" in text
    assert "1 fallos; el primero, 02_trainer, celda [3]" in text
    assert "**ultimas** (Python 3.13.0, 1 paquetes): todo funciona." in text


def test_an_index_that_does_not_answer_is_told():
    text = write_report([make_trial(held=None)], PINS, [], str(REPO))
    assert "no se pudo preguntar al índice de paquetes" in text


def test_nobody_s_folders_are_in_the_table():
    said = Failure("pytest", f"FileNotFoundError: {REPO}/results/a.json y /home/ana/x/b.json")
    text = write_report([make_trial(failures=[said])], PINS, [], str(REPO))
    assert str(REPO) not in text and "ana" not in text and "…/b.json" in text


def test_a_long_list_of_notices_is_cut_and_told():
    notices = Counter({Notice("a.py", n, "FutureWarning", "x"): n + 1 for n in range(200)})
    text = write_report([make_trial(notices=notices)], PINS, [], str(REPO))
    assert text.count("| a.py |") == MOST_NOTICES
    assert f"y {200 - MOST_NOTICES} líneas más" in text and "a.py:199" in text


def test_a_long_list_of_failures_is_cut_and_told():
    failures = [Failure(f"prueba {number}", "x") for number in range(MOST_FAILURES + 7)]
    text = write_report([make_trial(failures=failures)], PINS, [], str(REPO))
    assert "| prueba 0 |" in text and f"| prueba {MOST_FAILURES} |" not in text
    assert "y 7 más" in text


def test_who_holds_a_library_back_is_named():
    pip = [{"name": "Huggingface_Hub", "version": "1.0", "latest_version": "2.0"}]
    limits = {"huggingface-hub": [("datasets", SpecifierSet("<2")), ("b", SpecifierSet())]}
    assert find_holders(pip, limits)[0][3] == ["datasets (<2)"]


# --- De principio a fin, sin instalar ---------------------------------------------------


@pytest.fixture
def tried(tmp_path, monkeypatch):
    """Sustituye instalar y ejecutar; devuelve lo que se puede cambiar y escribe en ``tmp_path``."""
    plan = Namespace(prepare=lambda name, again: Path(sys.executable), lessons=[], tests=[])
    monkeypatch.setattr(try_newest, "OUT", tmp_path)
    monkeypatch.setattr(try_newest, "REPORT", tmp_path / "versiones.md")
    monkeypatch.setattr(environment, "prepare", lambda name, again: plan.prepare(name, again))
    monkeypatch.setattr(environment, "list_versions", lambda python: {"torch": "9.9"})
    monkeypatch.setattr(environment, "list_held", lambda python, name: [])
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path / "entorno"))
    monkeypatch.setattr(try_newest, "run_lessons", lambda python, work: plan.lessons)
    monkeypatch.setattr(try_newest, "run_tests", lambda python, work: plan.tests)
    return plan


def test_all_well(tried, tmp_path, capsys):
    assert try_newest.main([]) == try_newest.WELL
    text = (tmp_path / "versiones.md").read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    assert text.count("todo funciona") == 2 and "| 9.9 | 9.9 |" in text


def test_a_broken_lesson_says_so_in_the_exit_code(tried):
    tried.lessons = [Failure("02_trainer", "x")]
    assert try_newest.main(["--only", "nuevas"]) == try_newest.BROKE


def test_versions_that_clash_are_a_finding_and_the_other_environment_goes_on(tried, tmp_path):
    def prepare(name, again):
        if name == environment.RANGED:
            raise environment.Unresolvable("Cannot install a and b")
        return Path(sys.executable)

    tried.prepare = prepare
    assert try_newest.main([]) == try_newest.BROKE
    text = (tmp_path / "versiones.md").read_text(encoding="utf-8")
    assert "no se pueden instalar juntas: Cannot install a and b" in text
    assert "**ultimas**" in text and "todo funciona" in text


def test_without_network_there_is_a_sentence_and_nothing_is_said_to_be_broken(tried, capsys):
    def prepare(name, again):
        raise bootstrap.BootstrapError(bootstrap.explain_pip(["NewConnectionError"]))

    tried.prepare = prepare
    assert try_newest.main([]) == try_newest.UNTRIED
    assert "No se pudo llegar al índice de paquetes" in capsys.readouterr().err


def test_ctrl_c_gets_a_sentence(tried, capsys):
    def prepare(name, again):
        raise KeyboardInterrupt

    tried.prepare = prepare
    assert try_newest.main([]) == try_newest.INTERRUPTED
    assert "repite la misma orden" in capsys.readouterr().err


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """Un entorno ya creado y un pip falso, que dice lo que le pidas y recuerda lo que le piden."""
    plan = Namespace(code=0, lines=[], asked=[])

    def run_pip(arguments, lock=None):
        plan.asked.append(arguments)
        return plan.code, plan.lines

    monkeypatch.setattr(bootstrap, "REPO", str(tmp_path))
    monkeypatch.setattr(bootstrap, "VENV", bootstrap.VENV)
    monkeypatch.setattr(bootstrap, "CONSTRAINTS", bootstrap.CONSTRAINTS)
    monkeypatch.setattr(bootstrap, "run_pip", run_pip)
    monkeypatch.setattr(bootstrap, "is_pip_whole", lambda: True)
    command = [sys.executable, "-m", "venv", "--without-pip"]
    monkeypatch.setattr(
        bootstrap, "create_venv_if_needed", lambda: subprocess.run([*command, bootstrap.VENV])
    )
    return plan


def test_a_whole_environment_of_today_is_used_again(pip):
    first = environment.prepare("nuevas")
    assert first.exists() and len(pip.asked) == 1
    assert environment.prepare("nuevas") == first and len(pip.asked) == 1
    environment.prepare("nuevas", again=True)
    assert len(pip.asked) == 2


def test_one_of_yesterday_or_half_done_is_made_again(pip, monkeypatch):
    environment.prepare("ultimas")
    assert len(pip.asked) == 2
    monkeypatch.setattr(environment, "FRESH", -1)
    pip.code, pip.lines = 1, ["ERROR: ResolutionImpossible: for help"]
    with pytest.raises(environment.Unresolvable, match="ResolutionImpossible"):
        environment.prepare("ultimas")
    assert not environment.is_ready("ultimas")


def test_a_full_disk_is_not_a_finding(pip):
    pip.code, pip.lines = 1, ["OSError: [Errno 28] No space left on device"]
    with pytest.raises(bootstrap.BootstrapError, match="No queda espacio"):
        environment.prepare("nuevas")


# --- Otro Python ------------------------------------------------------------------------


def test_a_python_that_has_everything(pip, capsys):
    assert python_check.check("3.14") == python_check.WELL
    (asked,) = pip.asked
    assert asked[asked.index("--python-version") + 1] == "3.14" and "--dry-run" in asked
    assert "Todo tiene versión para Python 3.14." in capsys.readouterr().out


def test_what_a_python_lacks_is_named_one_by_one(pip, monkeypatch, capsys):
    lacking = "tensorflow>=2.20,<3"

    def run_pip(arguments):
        said = ["ERROR: No matching distribution found for tensorflow<3,>=2.20"]
        return (1, said) if lacking in arguments else (0, [])

    monkeypatch.setattr(bootstrap, "run_pip", run_pip)
    assert python_check.check("3.14") == python_check.MISSING
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"{lacking}: No matching distribution found for tensorflow<3,>=2.20"


def test_a_python_is_not_blamed_for_the_network(pip):
    pip.code, pip.lines = 1, ["NewConnectionError", "ERROR: No matching distribution found for a"]
    with pytest.raises(bootstrap.BootstrapError, match="No se pudo llegar"):
        python_check.check("3.14")


def test_a_mistyped_python_gets_a_sentence(capsys):
    assert try_newest.main(["--check-python", "catorce"]) == try_newest.UNTRIED
    assert "escribe 3.14" in capsys.readouterr().err


def test_cells_of_a_notebook_are_one_place(tmp_path):
    make_writer(str(tmp_path))(Notice("/tmp/ipykernel_3/99.py", 4, "FutureWarning", "x"))
    assert list(take_notices(str(tmp_path), REPO)) == [Notice(CELL, 0, "FutureWarning", "x")]
