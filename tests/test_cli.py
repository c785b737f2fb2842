"""La línea de órdenes: en español, con códigos de salida fijos y nada pesado antes de revisar."""

from __future__ import annotations

import argparse
import ast
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from labsupport.base import environment, paths
from labsupport.commands.cli import main
from labsupport.commands.spanish_argparse import TRANSLATIONS, spanish_argparse
from labsupport.running.whole_lab import Run
from labsupport.settings import PARAMETERS, describe_parameter

ENGLISH = ("usage", "options:", "show this", "error: the", "invalid", "required", "unrecognized")
# Fallos de quien programa el parser: quien lo usa no puede provocarlos.
FOR_PROGRAMMERS = {
    "%r is not callable",
    "'required' is an invalid argument for positionals",
    ".__call__() not defined",
    'argument "-" with mode %r',
    "cannot have multiple subparser arguments",
    "cannot merge actions - two groups are named %r",
    "conflicting option string: %s",
    "conflicting option strings: %s",
    "conflicting subparser alias: %s",
    "conflicting subparser: %s",
    "dest= is required for options like %r",
    "invalid conflict_resolution value: %r",
    "invalid option string %(option)r: must start with a character %(prefix_chars)r",
    "mutually exclusive arguments must be optional",
}


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    """Ejecuta una orden y devuelve su código, lo que dijo y de lo que se quejó."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize("order", [[], ["run"], ["check"], ["refresh"]])
def test_help_is_in_spanish(capsys, order):
    code, out, err = call(capsys, *order, "--help")
    assert code == 0 and err == ""
    assert out.startswith("uso: python -m labsupport") and "muestra esta ayuda" in out
    assert not [word for word in ENGLISH if word in out]


def test_the_help_of_run_says_what_each_parameter_decides_and_its_limits(capsys):
    _, out, _ = call(capsys, "run", "--help")
    for name in PARAMETERS:
        assert re.search(rf"^  {name} +{re.escape(describe_parameter(name))}$", out, re.M)
    assert "(entre 1 y 1000)" in out and "(1 o más)" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "faltan estos argumentos: ORDEN"),
        (["corre"], "no es una opción válida"),
        (["check", "--nada"], "argumentos desconocidos: --nada"),
        (["run", "-p", "epochs"], "espera 2 valores"),
        (["run", "--out"], "espera un valor"),
    ],
)
def test_wrong_usage_is_told_in_spanish(capsys, arguments, expected):
    code, _, err = call(capsys, *arguments)
    assert code == 2 and expected in err and err.startswith("uso: ")
    assert not [word for word in ENGLISH if word in err]


def test_every_message_of_argparse_is_translated():
    tree = ast.parse(Path(argparse.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    messages = {
        argument.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in ("_", "ngettext")
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert len(messages) > 25
    assert messages - FOR_PROGRAMMERS - set(TRANSLATIONS) == set()


def test_translations_keep_the_placeholders():
    for english, spanish in TRANSLATIONS.items():
        find = re.compile(r"%\(\w+\)[sr]|%[sr]").findall
        assert sorted(find(english)) == sorted(find(spanish)), english


def test_argparse_is_left_as_it_was():
    before = argparse._
    with spanish_argparse():
        assert argparse._ is not before
    assert argparse._ is before


@pytest.fixture
def no_kernels(monkeypatch):
    """Falla si la orden llega a ejecutar un cuaderno."""

    def refuse(*_, **__):
        raise AssertionError("no debía arrancar ningún kernel")

    monkeypatch.setattr("labsupport.running.whole_lab.run_notebooks", refuse)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (["-p", "epocs", "3"], "¿Querías decir «epochs»?"),
        (["-p", "epochs", "tres"], "«epochs» debe ser un número entero"),
        (["-p", "epochs", "-1"], "«epochs» vale -1"),
        (["-p", "n_train", "0"], "«n_train» vale 0"),
        (["-p", "profile", "minii"], "¿Querías decir «mini»?"),
        (["-p", "profile", "yelp", "-p", "n_train", "700000"], "los 650000 del split"),
        (["-p", "max_length", "513"], "admite 512"),
        (["-p", "dataset_name", "falta.csv"], "No encuentro «falta.csv»"),
        (["-p", "model_name", "./falta"], "No encuentro «./falta»"),
    ],
)
def test_bad_parameter_is_refused_before_any_kernel(
    capsys, make_notebook, no_kernels, parameters, expected
):
    notebook = make_notebook("01_datos", "1")
    code, out, err = call(capsys, "run", str(notebook), *parameters)
    assert code == 2 and expected in err and "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


@pytest.fixture
def handed(monkeypatch):
    """Los parámetros que llegarían a los cuadernos, sin ejecutar ninguno."""
    received = {}

    def receive(notebooks, parameters, out):
        received.update(parameters)
        return Run(Path(), Path(), [], {}, "")

    monkeypatch.setattr("labsupport.running.whole_lab.run_notebooks", receive)
    return received


def test_a_path_counts_from_the_folder_of_the_shell(
    capsys, make_notebook, handed, tmp_path, monkeypatch
):
    notebook = make_notebook("01_datos", "1")
    monkeypatch.chdir(tmp_path)
    Path("mis datos.csv").write_text("texto,etiqueta\nRico,buena\n", encoding="utf-8")
    names = ["./mis datos.csv", "-p", "text_column", "None", "-p", "n_train", "None"]
    code, _, err = call(capsys, "run", str(notebook), "-p", "dataset_name", *names)
    assert (code, err) == (0, "")
    assert handed == {"dataset_name": "../mis datos.csv", "text_column": None, "n_train": None}


def test_with_notebooks_of_two_folders_a_path_is_valid_in_both(
    capsys, make_notebook, handed, tmp_path, monkeypatch
):
    first = make_notebook("01_datos", "1")
    second = shutil.copy(first, tmp_path / "02_otro.ipynb")
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("texto,etiqueta\nRico,buena\n", encoding="utf-8")
    code, _, _ = call(capsys, "run", str(first), str(second), "-p", "dataset_name", "x.csv")
    assert code == 0 and Path(handed["dataset_name"]).expanduser() == tmp_path / "x.csv"


@pytest.mark.parametrize("name", ["mini-reviews", "org/datos"])
def test_what_is_not_a_path_is_handed_as_it_is(capsys, make_notebook, handed, name):
    code, _, _ = call(capsys, "run", str(make_notebook("01", "1")), "-p", "dataset_name", name)
    assert code == 0 and handed == {"dataset_name": name}


def test_unknown_notebook_is_refused_with_the_nearest(capsys, make_notebook, monkeypatch):
    folder = make_notebook("02_trainer", "1").parent
    monkeypatch.setattr(paths, "NOTEBOOKS", folder)
    code, _, err = call(capsys, "run", "02_trainr")
    assert code == 2 and "¿Querías decir «02_trainer»?" in err


def test_run_prints_seconds_memory_and_accuracy(capsys, make_notebook, tmp_path):
    notebook = make_notebook("01_datos", "1 + 1")
    code, out, err = call(capsys, "run", str(notebook), "--out", str(tmp_path / "copias"))
    assert code == 0 and err == ""
    assert "[1/1] 01_datos: bien, " in out and "memoria pico (MiB)" in out and "accuracy" in out
    assert str(tmp_path / "copias") in out and "make jupyter" in out


def test_failed_run_ends_with_one(capsys, make_notebook, tmp_path):
    notebook = make_notebook("01_falla", "1 / 0")
    code, out, err = call(capsys, "run", str(notebook), "--out", str(tmp_path / "copias"))
    assert code == 1 and "celda [1]: ZeroDivisionError" in out and "Traceback" not in out + err


def test_folder_that_cannot_be_written_is_told_in_spanish(capsys, make_notebook, tmp_path):
    (tmp_path / "archivo").write_text("ocupado")
    notebook = make_notebook("01_datos", "1")
    code, _, err = call(capsys, "run", str(notebook), "--out", str(tmp_path / "archivo" / "x"))
    assert code == 1 and "Traceback" not in err
    assert err.startswith("No se puede usar la carpeta o el archivo")


@pytest.mark.parametrize(("state", "expected"), [("bien", 0), ("aviso", 0), ("falla", 1)])
def test_check_ends_with_one_only_if_something_fails(capsys, monkeypatch, state, expected):
    row = SimpleNamespace(name="torch", value="2.13", state=state, advice="ejecuta `make lab`")
    monkeypatch.setattr(environment, "check_environment", lambda: [row])
    code, out, _ = call(capsys, "check")
    assert code == expected and "torch" in out and state in out and "ejecuta `make lab`" in out


def test_check_runs_on_this_machine(capsys):
    code, out, _ = call(capsys, "check")
    assert code == 0 and "Python" in out and "torch" in out


def test_interruption_ends_with_130(capsys, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "check_environment", interrupt)
    code, _, err = call(capsys, "check")
    assert code == 130 and err == "Interrumpido.\n"


def test_an_old_windows_console_does_not_break_the_output(monkeypatch, make_notebook):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    row = SimpleNamespace(name="modelo ✓ 🤗", value="ñ", state="bien", advice="")
    monkeypatch.setattr(environment, "check_environment", lambda: [row])
    assert main(["check"]) == 0
    console.flush()
    assert "modelo ? ?  ñ" in console.buffer.getvalue().decode("cp1252")


def test_frameworks_are_not_imported_to_read_the_help():
    code = (
        "import sys; from labsupport.commands.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'tensorflow', 'papermill'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
