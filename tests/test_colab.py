"""La primera celda en Google Colab, simulado: qué instala, qué trae y qué dice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from labsupport.base.paths import NOTEBOOKS, REPO
from labsupport.notebook import colab
from labsupport.notebook.prepare import prepare_notebook

# Ejecuta la celda como la ejecutaría un kernel, con un %pip que solo anota lo que recibe.
KERNEL = """
import json, sys, types
from IPython.core.interactiveshell import InteractiveShell

plan = json.loads(sys.argv[1])
if plan["colab"]:
    sys.modules["google.colab"] = types.ModuleType("google.colab")
if plan["missing"]:
    sys.modules["labsupport"] = None
shell, asked = InteractiveShell.instance(), []
shell.register_magic_function(asked.append, "line", "pip")
before = set(sys.modules)
result = shell.run_cell(plan["source"])
heavy = {"torch", "tensorflow", "numpy", "transformers", "evaluate"} & (set(sys.modules) - before)
error = result.error_in_exec or result.error_before_exec
print("\\n@" + json.dumps([asked, type(error).__name__, str(error), sorted(heavy)]))
"""


def read_setup():
    notebook = nbformat.read(NOTEBOOKS / "00_inicio.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.id == "setup")


@pytest.fixture
def run_setup(tmp_path):
    """Ejecuta la celda en otro proceso y devuelve (%pip, error, frase, módulos, lo que dijo)."""

    def run(on_colab, archive="", missing=False):
        source = read_setup().replace('ARCHIVE = ""', f'ARCHIVE = "{archive}"')
        plan = {"colab": on_colab, "missing": missing, "source": source}
        environment = {**os.environ, "PYTHONPATH": str(REPO), "IPYTHONDIR": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", KERNEL, json.dumps(plan)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said, _, report = done.stdout.rpartition("\n@")
        return SimpleNamespace(
            **dict(zip(("pip", "error", "sentence", "heavy"), json.loads(report), strict=True)),
            said=said,
        )

    return run


def test_elsewhere_it_installs_nothing_and_says_nothing(run_setup):
    done = run_setup(on_colab=False, archive="https://github.com/ana/lab/archive/main.zip")
    assert done.pip == [] and done.error == "NoneType" and done.said.strip() == ""


def test_on_colab_it_brings_only_what_is_missing_without_dependencies(run_setup):
    archive = "https://github.com/ana/lab/archive/v1.0.0.zip"
    done = run_setup(on_colab=True, archive=archive)
    (asked,) = done.pip
    words = asked.split()
    assert words[:3] == ["install", "--quiet", "--no-deps"] and words[-1] == archive
    names = {re.split("=", word)[0] for word in words[3:-1]}
    assert names >= {"evaluate", "keras", "keras-hub", "sentencepiece", "py3langid"}
    assert done.error == "NoneType" and colab.READY in done.said
    assert done.heavy == [], "ninguna librería de la lección antes de tiempo"


def test_without_an_address_the_sentence_says_what_is_missing(run_setup):
    done = run_setup(on_colab=True, missing=True)
    assert done.pip == [] and done.error == "SystemExit"
    assert "en Colab, con el botón del README publicado" in done.sentence
    assert "Traceback" not in done.said


def test_a_failed_pip_ends_in_a_sentence(run_setup):
    done = run_setup(on_colab=True, archive="https://github.com/no/existe.zip", missing=True)
    assert len(done.pip) == 1 and done.error == "SystemExit" and "falló pip" in done.sentence


def test_another_version_in_memory_asks_for_a_restart(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(colab, "copy_companions", lambda folder: [])
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "evaluate", SimpleNamespace(__version__="0.4.0"))
    prepare_notebook()
    said = capsys.readouterr().out
    assert "Reinicia antes de seguir" in said and "evaluate" in said and colab.READY not in said


@pytest.mark.parametrize("gpu", [True, False])
def test_without_a_gpu_it_says_so_and_goes_on(monkeypatch, capsys, tmp_path, gpu):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(colab, "has_gpu", lambda: gpu)
    monkeypatch.setattr(colab, "copy_companions", lambda folder: [])
    colab.prepare_colab()
    assert (colab.NO_GPU in capsys.readouterr().out) is not gpu


@pytest.mark.parametrize(("version", "hidden"), [("0.10.0", True), ("0.16.0", False)])
def test_a_torchao_that_peft_refuses_is_hidden(monkeypatch, version, hidden):
    """La imagen trae el 0.10.0, y con él «get_peft_model» acaba en un ImportError."""
    monkeypatch.setattr(colab.importlib.metadata, "version", lambda name: version)
    monkeypatch.delitem(sys.modules, "torchao", raising=False)
    assert colab.hide_old_torchao() is hidden
    assert ("torchao" in sys.modules) is hidden
    sys.modules.pop("torchao", None)


def test_without_torchao_nothing_is_hidden(monkeypatch):
    def find(name):
        raise colab.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(colab.importlib.metadata, "version", find)
    assert colab.hide_old_torchao() is False and "torchao" not in sys.modules


def make_archive(folder: Path) -> Path:
    """Hace el zip que daría GitHub: lo que git guarda, dentro de una carpeta."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no es un clon de git")
    root = folder / "lab-main"
    for name in listed.stdout.split("\0"):
        if (REPO / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / name, root / name)
    return Path(shutil.make_archive(str(folder / "main"), "zip", folder, "lab-main"))


# Sin PYTHONPATH: pip tomaría el repositorio por un paquete ya instalado.
CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def call_pip(folder: Path, *arguments: str) -> None:
    """Llama a pip sin red ni dependencias."""
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", *arguments, *options]
    done = subprocess.run(command, cwd=folder, env=CLEAN, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_installed_archive_has_all_that_a_lone_notebook_needs(tmp_path):
    pytest.importorskip("setuptools", minversion="77", reason="hace falta para construirlo sin red")
    content = tmp_path / "content"
    content.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    build = ["wheel", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    call_pip(tmp_path, *build, make_archive(tmp_path).as_uri())
    (wheel,) = tmp_path.glob("*.whl")
    call_pip(tmp_path, "--python", str(python), "install", str(wheel))
    code = (
        "from pathlib import Path\nfrom labsupport.base import paths\n"
        "from labsupport.notebook import colab\n"
        "models = ('mini-bert', 'mini-bert-es')\n"
        "print([(paths.EMBEDDED / name / 'model.safetensors').is_file() for name in models])\n"
        "print(sorted(colab.copy_companions(Path.cwd())))"
    )
    done = subprocess.run(
        [str(python), "-c", code], cwd=content, env=CLEAN, capture_output=True, text=True
    )
    beside = sorted(path.name for path in NOTEBOOKS.glob("*.py"))
    assert done.stdout.splitlines() == ["[True, True]", str(beside)], done.stderr
    assert sorted(path.name for path in content.iterdir()) == beside
