"""El vigilante mide aunque se lo pongan difícil y, si no puede, no deja a nadie sin límites."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")
if os.name == "nt":
    pytest.skip("mide procesos de Linux", allow_module_level=True)

from labsupport.grading.judging.watchdog import Watchdog, flatten  # noqa: E402
from labsupport.grading.limits import ENTRIES, Limits  # noqa: E402
from labsupport.grading.records import State  # noqa: E402

DEEP = 1400


def make_deep(folder: Path, depth: int = DEEP) -> None:
    """Anida carpetas sin escribir nunca una ruta más larga de lo que admite Linux."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


@contextlib.contextmanager
def watch(runtime: Path, code: str = "import time; time.sleep(60)", **limits: int):
    """Vigila un proceso sin aislar, que corre ``code`` en la carpeta vigilada."""
    with Watchdog(Limits(**{"seconds": 50, **limits}), runtime, isolated=False) as watchdog:
        with subprocess.Popen([sys.executable, "-c", code], cwd=runtime) as process:
            watchdog.attach(process.pid)
            yield watchdog, process
            process.kill()


def wait_for(watchdog: Watchdog, process: subprocess.Popen[bytes]) -> State | None:
    """Espera a que el vigilante mate el proceso, que si no acaba solo."""
    process.wait()
    return watchdog.tripped


@pytest.fixture
def runtime():
    """Una carpeta que se borra como la del kernel, por hondo que sea lo que tenga."""
    with tempfile.TemporaryDirectory(prefix="calificar-") as folder:
        yield Path(folder)


def test_nested_folders_do_not_stop_the_watchdog(runtime):
    make_deep(runtime)
    with watch(runtime, seconds=2) as (watchdog, process):
        assert wait_for(watchdog, process) is State.TIME_LIMIT


def test_folders_too_deep_to_measure_are_over_the_limit(runtime):
    make_deep(runtime, 3000)
    with watch(runtime) as (watchdog, process):
        assert wait_for(watchdog, process) is State.FILES_LIMIT


def test_many_empty_files_are_over_the_limit(runtime):
    for number in range(ENTRIES + 10):
        (runtime / str(number)).touch()
    with watch(runtime) as (watchdog, process):
        assert wait_for(watchdog, process) is State.FILES_LIMIT


@pytest.mark.skipif(os.geteuid() == 0, reason="root lee cualquier carpeta")
def test_a_closed_folder_is_over_the_limit(runtime):
    (runtime / "cerrada").mkdir(mode=0)
    with watch(runtime) as (watchdog, process):
        assert wait_for(watchdog, process) is State.FILES_LIMIT


@pytest.mark.skipif(sys.platform != "linux", reason="mira /proc")
def test_a_file_deleted_while_open_is_measured(runtime):
    code = (
        "import os, time\nfile = open('x', 'wb')\nos.unlink('x')\n"
        "file.write(b'x' * 4_000_000)\nfile.flush()\ntime.sleep(60)"
    )
    with watch(runtime, code, files_mib=3) as (watchdog, process):
        assert wait_for(watchdog, process) is State.FILES_LIMIT


def test_a_few_files_are_within_the_limit(runtime):
    (runtime / "privada" / "trabajo").mkdir(parents=True)
    (runtime / "privada" / "datos.bin").write_bytes(b"x" * 1000)
    with watch(runtime) as (watchdog, _):
        time.sleep(0.5)
        assert watchdog.tripped is None


@pytest.mark.parametrize("error", [RecursionError, OSError, MemoryError, KeyError])
def test_a_failure_of_the_watchdog_leaves_nobody_without_limits(runtime, monkeypatch, error):
    def fail(self):
        raise error

    monkeypatch.setattr(Watchdog, "_check_memory", fail)
    with watch(runtime) as (watchdog, process):
        assert wait_for(watchdog, process) is State.NOT_GRADED


def test_a_failure_while_killing_kills_the_kernel_all_the_same(runtime, monkeypatch):
    failures = iter([RuntimeError])
    genuine = Watchdog.kill

    def kill(self):
        for error in failures:
            raise error
        genuine(self)

    monkeypatch.setattr(Watchdog, "kill", kill)
    with watch(runtime, seconds=1) as (watchdog, process):
        assert wait_for(watchdog, process) is State.TIME_LIMIT


def test_what_was_left_can_be_deleted_however_deep(tmp_path):
    folder = tmp_path / "honda"
    folder.mkdir()
    make_deep(folder, 5000)
    flatten(folder)
    shutil.rmtree(folder)
    assert not folder.exists()


def grade(source, isolated=True, **limits):
    """Califica una entrega perfecta con una celda más antes de la última pregunta."""
    import nbformat
    from submissions import add_cell, build_exercise, solve_well

    from labsupport.grading.judging import worker
    from labsupport.grading.records import build_record

    content = nbformat.writes(add_cell(solve_well(), "porque", source)).encode()
    task = worker.Task(
        *("ana", build_exercise(), "huella", "e.ipynb", {"e.ipynb": content}),
        Limits(**{"seconds": 100, **limits}),
        isolated,
    )
    return build_record(worker.grade_submission(task))


@pytest.mark.usefixtures("isolation")
@pytest.mark.parametrize("isolated", [True, False])
def test_no_process_can_write_a_file_larger_than_all_of_them(isolated):
    source = "import resource\nassert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == 40 * 2**20"
    record = grade(source, isolated, files_mib=40)
    assert (record.points, record.state, record.errors) == (7, State.GRADED, [])


@pytest.mark.usefixtures("isolation")
def test_deleted_files_are_measured_through_the_sandbox():
    source = (
        "import os, sys, time\nfolder = os.path.dirname(sys.argv[sys.argv.index('-f') + 1])\n"
        "files = [open(f'{folder}/{n}', 'wb') for n in range(2)]\n"
        "for file in files:\n    os.unlink(file.name)\n"
        "    file.write(b'x' * 30_000_000)\n    file.flush()\n"
        "time.sleep(60)"
    )
    assert grade(source, files_mib=40).state is State.FILES_LIMIT


@pytest.mark.usefixtures("isolation")
def test_nested_folders_of_a_submission_do_not_stop_its_grading():
    source = (
        "import os, sys, time\nos.chdir(os.path.dirname(sys.argv[sys.argv.index('-f') + 1]))\n"
        "for _ in range(1400):\n    os.mkdir('d'); os.chdir('d')\ntime.sleep(1000)"
    )
    assert grade(source, seconds=10).state is State.TIME_LIMIT
