"""Cada clase de entrega, honesta u hostil, recibe la nota y el estado que merece."""

from __future__ import annotations

import dataclasses
import time

import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from submissions import KINDS, Kind, build_exercise  # noqa: E402

from labsupport.errors import LabError  # noqa: E402
from labsupport.grading import sandbox, worker  # noqa: E402
from labsupport.grading.limits import Limits  # noqa: E402
from labsupport.grading.records import Record, State, build_record  # noqa: E402

# Arrancar un kernel en una máquina ocupada no es lo que se mide: el resto del límite es holgura.
STARTUP = 20


@pytest.fixture(autouse=True)
def isolation():
    """Salta la prueba, diciendo por qué, donde no hay aislamiento."""
    try:
        sandbox.check_isolation()
    except LabError as error:
        pytest.skip(str(error))


def grade(kind: Kind) -> Record:
    """Califica una entrega suelta."""
    limits = dataclasses.replace(Limits(seconds=200), **dict(kind.limits))
    task = worker.Task(
        "ana", build_exercise(), "huella", "e.ipynb", {"e.ipynb": kind.read()}, limits
    )
    return build_record(worker.grade_submission(task))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
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
    if kind.state is State.TIME_LIMIT:
        assert record.seconds < dict(kind.limits)["seconds"] + 5
        assert seconds < dict(kind.limits)["seconds"] + 5 + STARTUP
