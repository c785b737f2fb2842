"""El script que prepara .venv: qué cuenta como instalado, turnos y frases; sin instalar nada."""

from __future__ import annotations

import doctest
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from labsupport.base.paths import REPO

CONSTRAINTS = ("constraints.txt", "constraints-colab.txt")
SCRIPT = REPO / "tools" / "bootstrap.py"
# Un pip de mentira: anota que lo llamaron y hace lo que diga LAB_PIP.
FAKE_PIP = """
import os, sys, time
if "--version" in sys.argv:
    sys.exit(0)
open({log!r}, "a").write("x")
plan = os.environ.get("LAB_PIP", "")
if plan == "lento":
    while not os.path.exists({log!r} + ".sigue"):
        time.sleep(0.05)
if plan == "a medias":
    print("Installing collected packages: torch", flush=True)
    time.sleep(60)
if plan.startswith("falla "):
    print(plan[6:])
    sys.exit(1)
print("Collecting torch")
print("Installing collected packages: torch")
"""


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """El módulo, trabajando en una copia del proyecto con un .venv ya creado y un pip falso."""
    project = tmp_path / "mi copia ñ"
    (project / "tools").mkdir(parents=True)
    for name in ("requirements.txt", "pyproject.toml", "setup.py", *CONSTRAINTS):
        shutil.copy(REPO / name, project / name)
    script = shutil.copy(SCRIPT, project / "tools" / "bootstrap.py")
    spec = importlib.util.spec_from_file_location("bootstrap", script)
    module = importlib.util.module_from_spec(spec)
    # Otras pruebas importan el de tools/: doctest tiene que encontrar este.
    monkeypatch.setitem(sys.modules, "bootstrap", module)
    spec.loader.exec_module(module)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", module.VENV], check=True)
    log = tmp_path / "llamadas"
    fake = Path(module.VENV, "fake")
    fake.mkdir()
    (fake / "pip.py").write_text(FAKE_PIP.format(log=str(log)), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(fake))
    module.calls = lambda: len(log.read_text()) if log.exists() else 0
    return module


def test_old_python_gets_a_sentence(bootstrap):
    with pytest.raises(bootstrap.BootstrapError, match="necesita Python 3.11.*este es el 3.9"):
        bootstrap.check_python((3, 9, 18, "final", 0))
    bootstrap.check_python((3, 11, 0, "final", 0))


def test_examples_of_the_docstrings(bootstrap):
    found = doctest.testmod(bootstrap, optionflags=doctest.ELLIPSIS)
    assert found.attempted and not found.failed


def test_second_time_installs_nothing(bootstrap):
    assert not bootstrap.is_installed("")
    bootstrap.install_if_needed("")
    assert bootstrap.is_installed("") and bootstrap.calls() == 1
    bootstrap.install_if_needed("")
    assert bootstrap.calls() == 1


def test_tests_need_more_than_the_lab_and_include_it(bootstrap):
    bootstrap.install_if_needed("")
    assert not bootstrap.is_installed("test")
    bootstrap.install_if_needed("test")
    assert bootstrap.is_installed("test") and bootstrap.is_installed("")
    assert bootstrap.calls() == 2


def test_the_browser_needs_more_than_the_tests_and_includes_them(bootstrap):
    bootstrap.install_if_needed("browser")
    assert all(bootstrap.is_installed(extra) for extra in ("", "test", "browser"))
    bootstrap.install_if_needed("test")
    assert bootstrap.calls() == 1


@pytest.mark.parametrize(
    "arguments", [["06"], ["02", "08"], ["07_gastar_menos"], ["notebooks/06_x.ipynb"], ["todo"]]
)
def test_the_second_part_needs_more_than_the_lab(bootstrap, arguments):
    assert bootstrap.choose_extra(bootstrap.TASKS["lab"], arguments) == "masalla"


@pytest.mark.parametrize("arguments", [[], ["05"], ["sin_ayuda"], ["02", "-p", "epochs", "1"]])
def test_the_core_does_not(bootstrap, arguments):
    assert bootstrap.choose_extra(bootstrap.TASKS["lab"], arguments) == ""


def test_colab_has_its_own_environment_and_versions(bootstrap):
    usual = bootstrap.VENV, bootstrap.compute_fingerprint()
    bootstrap.use_environment("-colab")
    assert bootstrap.VENV == usual[0] + "-colab"
    assert bootstrap.CONSTRAINTS.endswith("constraints-colab.txt")
    assert bootstrap.compute_fingerprint() != usual[1] and not bootstrap.is_installed("")
    assert "Creo .venv-colab" in bootstrap.find_venv_fault()
    bootstrap.use_environment("")
    assert (bootstrap.VENV, bootstrap.compute_fingerprint()) == usual


def test_colab_takes_its_own_python_if_there_is_one(bootstrap, monkeypatch, capsys, tmp_path):
    bootstrap.COLAB_PYTHON = "{}.{}".format(*sys.version_info[:2])
    assert bootstrap.find_colab_python() == sys.executable
    bootstrap.COLAB_PYTHON = "3.99"
    monkeypatch.setattr(os.path, "expanduser", lambda path: str(tmp_path / path[2:]))
    assert bootstrap.find_colab_python() == sys.executable
    assert "Google Colab usa Python 3.99 y aquí no lo encuentro" in capsys.readouterr().out
    found = str(tmp_path / ".pyenv/versions/3.99.1/bin/python")
    Path(found).parent.mkdir(parents=True)
    Path(found).touch()
    monkeypatch.setattr(bootstrap, "succeeds", lambda arguments, python: python == found)
    assert bootstrap.find_colab_python() == found and capsys.readouterr().out == ""


def test_colab_gets_no_nbgrader(bootstrap):
    """No admite el ipython de Colab: el entorno de las pruebas sí lo lleva."""
    assert bootstrap.TASKS["test-colab"].extra == "colab"
    assert "instructor" not in bootstrap.EXTRAS["colab"]
    assert set(bootstrap.EXTRAS["colab"]) < set(bootstrap.EXTRAS["test"])


@pytest.mark.parametrize(("free", "code"), [(4, 1), (9, 0)])
def test_disk_says_what_to_delete(bootstrap, monkeypatch, capsys, tmp_path, free, code):
    (tmp_path / ".cache" / "pip").mkdir(parents=True)
    monkeypatch.setattr(bootstrap, "measure_folder", lambda folder: 2**30 * folder.endswith("pip"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free * 2**30))
    assert bootstrap.main(["disk"]) == code
    printed = capsys.readouterr()
    assert f"Espacio libre: {free}.0 GB" in printed.out and "pip cache purge" in printed.out
    assert "conda" not in printed.out
    assert ("No alcanza" in printed.err) is bool(code)


def test_folders_are_measured(bootstrap, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "datos").write_bytes(b"12345")
    assert bootstrap.measure_folder(str(tmp_path / "a")) == 5
    assert bootstrap.measure_folder(str(tmp_path / "nada")) == 0


@pytest.mark.parametrize(
    "name", ["requirements.txt", "pyproject.toml", "setup.py", "constraints.txt"]
)
def test_a_changed_dependency_file_installs_again(bootstrap, name):
    bootstrap.install_if_needed("test")
    with open(os.path.join(bootstrap.REPO, name), "a") as file:
        file.write("# otra línea\n")
    assert not bootstrap.is_installed("test") and not bootstrap.is_installed("")
    bootstrap.install_if_needed("")
    assert bootstrap.is_installed("") and not bootstrap.is_installed("test")


def test_windows_line_endings_do_not_install_again(bootstrap):
    bootstrap.install_if_needed("")
    path = Path(bootstrap.REPO, "requirements.txt")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert bootstrap.is_installed("")


def test_failed_install_is_not_taken_as_done(bootstrap, monkeypatch):
    monkeypatch.setenv("LAB_PIP", "falla OSError: [Errno 28] No space left on device")
    with pytest.raises(bootstrap.BootstrapError, match="No queda espacio"):
        bootstrap.install_if_needed("")
    assert not bootstrap.is_installed("")
    monkeypatch.delenv("LAB_PIP")
    bootstrap.install_if_needed("")
    assert bootstrap.is_installed("")


def wait_until(happened):
    while not happened():
        time.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="usa SIGKILL")
def test_killed_install_is_done_again_from_scratch(bootstrap, monkeypatch):
    monkeypatch.setenv("LAB_PIP", "a medias")
    command = [sys.executable, os.path.join(bootstrap.REPO, "tools", "bootstrap.py"), "install"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: os.path.exists(bootstrap.half_done_path()))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not bootstrap.is_installed("")
    assert bootstrap.find_venv_fault().startswith("La instalación anterior quedó a medias")


@pytest.mark.skipif(os.name == "nt", reason="en Windows el cerrojo es del proceso")
def test_orphan_pip_keeps_the_turn(bootstrap, monkeypatch):
    monkeypatch.setenv("LAB_PIP", "a medias")
    command = [sys.executable, os.path.join(bootstrap.REPO, "tools", "bootstrap.py"), "install"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: os.path.exists(bootstrap.half_done_path()))
    try:
        process.kill()
        process.wait()
        with open(os.path.join(bootstrap.REPO, ".venv.lock"), "a+") as lock:
            assert not bootstrap.try_lock(lock)
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def test_two_at_once_install_once(bootstrap, tmp_path):
    variables = {**os.environ, "LAB_PIP": "lento", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, os.path.join(bootstrap.REPO, "tools", "bootstrap.py"), "install"]
    outputs = [tmp_path / name for name in ("uno", "otro")]
    both = []
    for path in outputs:
        with path.open("w", encoding="utf-8") as file:
            both.append(subprocess.Popen(command, stdout=file, env=variables))
    # El pip falso no sigue hasta que la otra orden ha dicho que espera.
    wait_until(lambda: "espero a que acabe" in read_together(outputs))
    (tmp_path / "llamadas.sigue").touch()
    for process in both:
        process.wait()
    printed = read_together(outputs)
    assert [process.returncode for process in both] == [0, 0]
    assert printed.count("Instalado en") == 1 and "espero a que acabe" in printed
    assert bootstrap.calls() == 1


def read_together(paths):
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)


def test_missing_python_of_the_venv_is_noticed(bootstrap):
    bootstrap.install_if_needed("")
    os.remove(bootstrap.find_venv_python())
    assert not bootstrap.is_installed("")
    assert "no funciona" in bootstrap.find_venv_fault()


def test_a_folder_of_somebody_else_is_not_deleted(bootstrap):
    shutil.rmtree(bootstrap.VENV)
    os.makedirs(bootstrap.VENV)
    Path(bootstrap.VENV, "notas.txt").write_text("mío")
    with pytest.raises(bootstrap.BootstrapError, match="no es un entorno de Python"):
        bootstrap.install_if_needed("")
    assert Path(bootstrap.VENV, "notas.txt").exists()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("NewConnectionError: [Errno -2] Name or service not known", "comprueba tu conexión"),
        ("socket.gaierror: getaddrinfo failed", "comprueba tu conexión"),
        ("OSError: [Errno 28] No space left on device", "No queda espacio en el disco"),
        ("SSLError(SSLCertVerificationError(1, 'x'))", "La conexión segura"),
        ("ERROR: ResolutionImpossible: for help", "chocan entre sí"),
        ("ERROR: No matching distribution found for tensorflow", "no tiene versión para este"),
        ("PermissionError: [Errno 13] Permission denied", "Falta permiso"),
        ("algo nuevo", "pip no pudo terminar"),
    ],
)
def test_each_fault_of_pip_has_its_sentence(bootstrap, said, expected):
    text = bootstrap.explain_pip(["Collecting torch", said])
    sentence, quoted = text.split("\n\n", 1)
    assert expected in sentence and "\n" not in sentence
    assert said in quoted


def test_missing_ensurepip_is_told(bootstrap):
    assert "python3-venv" in bootstrap.explain_venv(["Command '[..., '-m', 'ensurepip'] failed"])


def test_unknown_task_and_help(bootstrap, capsys):
    assert bootstrap.main(["nada"]) == 2
    assert "No existe la tarea «nada»" in capsys.readouterr().err
    assert bootstrap.main([]) == 0
    assert "ejecuta los cuadernos en orden" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="en Windows no se sustituye el proceso")
@pytest.mark.parametrize(("task", "stays"), [("lab", True), ("calificar", True), ("lint", False)])
def test_paths_given_to_the_lab_count_from_where_the_order_is_written(
    bootstrap, tmp_path, monkeypatch, task, stays
):
    started = {}
    monkeypatch.setattr(os, "execve", lambda *call: started.update(cwd=Path.cwd(), call=call))
    monkeypatch.chdir(tmp_path)
    bootstrap.run_in_venv(bootstrap.TASKS[task].command + ["-p", "dataset_name", "x.csv"])
    assert started["cwd"] == (tmp_path if stays else Path(bootstrap.REPO))
    assert started["call"][1][-1] == "x.csv"
    assert started["call"][2]["JUPYTER_PREFER_ENV_PATH"] == "1"


@pytest.mark.skipif(os.name == "nt", reason="en Windows no se sustituye el proceso")
def test_new_versions_are_tried_without_installing_the_lab(bootstrap, monkeypatch):
    started = []
    monkeypatch.setattr(os, "execve", lambda *call: started.extend(call))
    monkeypatch.chdir(REPO)
    bootstrap.main(["test-nuevas", "--only", "nuevas"])
    python, command, variables = started
    assert python == sys.executable and command[-2:] == ["--only", "nuevas"]
    assert variables["PYTHONPATH"].split(os.pathsep)[0] == bootstrap.REPO
    assert bootstrap.calls() == 0


def test_a_python_that_is_too_new_is_told_apart(bootstrap):
    assert "prueba con Python 3.11" in bootstrap.explain_no_version((3, 13, 2))
    assert "make lab PYTHON=python3.13" in bootstrap.explain_no_version((3, 14, 0))


def test_clean_keeps_the_environment_and_the_notebooks(bootstrap, capsys):
    root = Path(bootstrap.REPO)
    for name in ("runs/a", "results", "labsupport/__pycache__", "notebooks/.ipynb_checkpoints"):
        (root / name).mkdir(parents=True)
    (root / "notebooks" / "00_inicio.ipynb").write_text("{}")
    (root / "runs" / "a" / "modelo.bin").write_bytes(bytes(3 * 2**20))
    assert bootstrap.main(["clean"]) == 0
    assert "Borrado: runs/ (3 MB), results/ (0 MB), cachés (0 MB)." in capsys.readouterr().out
    left = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}
    assert not {"runs", "results", "labsupport/__pycache__"} & left and ".venv" in left
    assert (root / "notebooks" / "00_inicio.ipynb").exists()
    assert not (root / "notebooks" / ".ipynb_checkpoints").exists()


@pytest.mark.skipif(os.name == "nt" or not shutil.which("make"), reason="hace falta make y sh")
class TestMakefile:
    """Lo que hace make antes de encontrar un Python."""

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Ejecuta make en el repositorio."""
        command = [shutil.which("make"), "--no-print-directory", *arguments]
        variables = {**os.environ, **environment}
        return subprocess.run(command, cwd=REPO, env=variables, capture_output=True, text=True)

    def test_help_is_the_default_and_names_every_target(self, bootstrap):
        done = self.make()
        assert done.returncode == 0
        for target in set(bootstrap.TASKS) - {"install"}:
            assert f"make {target} " in done.stdout

    def test_without_a_new_python_there_is_a_sentence(self, tmp_path):
        for tool in ("sh", "awk"):
            (tmp_path / tool).symlink_to(shutil.which(tool))
        old = tmp_path / "python3"
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
        done = self.make("lab", PATH=str(tmp_path))
        assert done.returncode and "No encuentro Python 3.11 o posterior" in done.stderr
