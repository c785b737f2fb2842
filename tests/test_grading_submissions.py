"""Cada clase de entrega, honesta u hostil, recibe la nota y el estado que merece."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import time

import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from submissions import KINDS, Kind, build_exercise  # noqa: E402
from takeovers import KINDS as TAKEOVERS  # noqa: E402

from labsupport.grading.judging import sandbox, worker  # noqa: E402
from labsupport.grading.judging.watchdog import Watchdog  # noqa: E402
from labsupport.grading.limits import Limits  # noqa: E402
from labsupport.grading.publishing.feedback import render_feedback  # noqa: E402
from labsupport.grading.records import Record, State, build_record  # noqa: E402

pytestmark = pytest.mark.usefixtures("isolation")

# Arrancar un kernel en una máquina ocupada no es lo que se mide: el resto del límite es holgura.
STARTUP = 20


def grade(kind: Kind) -> Record:
    """Califica una entrega suelta."""
    limits = dataclasses.replace(Limits(seconds=200), **dict(kind.limits))
    task = worker.Task(
        "ana", build_exercise(), "huella", "e.ipynb", {"e.ipynb": kind.read()}, limits
    )
    return build_record(worker.grade_submission(task))


@pytest.mark.parametrize("kind", [*KINDS, *TAKEOVERS], ids=lambda kind: kind.name)
def test_every_kind_gets_its_points_and_its_state(kind, monkeypatch):
    monkeypatch.setenv("INSTRUCTOR_SECRET", "1234")
    started = time.monotonic()
    record = grade(kind)
    seconds = time.monotonic() - started
    assert (record.points, record.state) == (kind.points, kind.state), record
    assert kind.flag in " ".join(record.flags)
    assert kind.restored in " ".join(record.restored) and bool(record.restored) == bool(
        kind.restored
    )
    assert not (kind.honest and record.flags), record.flags
    page = render_feedback([record])
    assert "secreto" not in page and "4321" not in page and len(page) < 20_000
    if kind.state is State.TIME_LIMIT:
        assert record.seconds < dict(kind.limits)["seconds"] + 5
        assert seconds < dict(kind.limits)["seconds"] + 5 + STARTUP


def test_a_failure_of_this_machine_is_not_remembered_as_a_grade(monkeypatch):
    monkeypatch.setattr(sandbox, "isolate", lambda *_: ["false"])
    record = grade(next(kind for kind in KINDS if kind.name == "perfect"))
    assert (record.points, record.state, record.digest) == (None, State.NOT_GRADED, "")
    assert record.reason.startswith("Falló algo de esta máquina y no de la entrega")


def test_the_bubblewrap_that_isolates_is_the_one_that_was_checked(tmp_path, monkeypatch):
    own = tmp_path / "bwrap"
    own.symlink_to(shutil.which("bwrap"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert str(own) in sandbox.isolate(["true"], Limits(), tmp_path, [])


def test_the_disk_of_this_machine_is_not_charged_to_a_submission(tmp_path):
    """Mientras bwrap nace o muere, sus procesos ven todavía el disco de quien califica."""
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command) as process:
        watchdog = Watchdog(Limits(files_mib=0), tmp_path, isolated=True)
        watchdog.attach(process.pid)
        watchdog.check_files()
        process.kill()
    assert watchdog.tripped is None
