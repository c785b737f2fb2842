"""Cada clase de entrega, honesta u hostil, recibe la nota y el estado que merece."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from nbformat.v4 import new_code_cell  # noqa: E402
from submissions import (  # noqa: E402
    ALL,
    ANSWER,
    KINDS,
    NAME,
    Kind,
    answer_elsewhere,
    build_exercise,
    build_source,
    mark,
)
from takeovers import KINDS as TAKEOVERS  # noqa: E402

from labsupport.base.errors import LabError  # noqa: E402
from labsupport.grading.cells.exercises import Exercise  # noqa: E402
from labsupport.grading.executors import Workplan, open_executor  # noqa: E402
from labsupport.grading.judging import (  # noqa: E402
    kernel,  # noqa: E402
    sandbox,
    worker,
)
from labsupport.grading.judging.examiner import Examiner  # noqa: E402
from labsupport.grading.judging.student import _Session  # noqa: E402
from labsupport.grading.judging.watchdog import Watchdog  # noqa: E402
from labsupport.grading.limits import Limits  # noqa: E402
from labsupport.grading.publishing.feedback import render_feedback  # noqa: E402
from labsupport.grading.records import Record, State, build_record  # noqa: E402

pytestmark = pytest.mark.usefixtures("isolation")

ALL_KINDS = [*KINDS, *TAKEOVERS]
# Las que esperan a un límite de tiempo, unas al lado de otras.
WAITING = [kind for kind in ALL_KINDS if kind.state is State.TIME_LIMIT]
OTHERS = [kind for kind in ALL_KINDS if kind not in WAITING]
ERROR = "Tu código da un error al comprobarlo:"


def make_task(kind: Kind) -> worker.Task:
    """Devuelve lo que hace falta para calificar una entrega suelta."""
    limits = dataclasses.replace(Limits(seconds=200), **dict(kind.limits))
    files = {"e.ipynb": kind.read()}
    return worker.Task("ana", build_exercise(), "huella", "e.ipynb", files, limits)


def check_record(kind: Kind, record: Record) -> None:
    """Comprueba los puntos, el estado y la página de una entrega ya calificada."""
    assert (record.points, record.state) == (kind.points, kind.state), record
    assert record.flags == []
    assert kind.restored in " ".join(record.restored)
    assert bool(record.restored) == bool(kind.restored)
    page = render_feedback([record])
    assert "clave_oculta" not in page and "4321" not in page and len(page) < 20_000


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.name)
def test_every_kind_gets_its_points_and_its_state(kind, monkeypatch):
    monkeypatch.setenv("INSTRUCTOR_SECRET", "1234")
    check_record(kind, build_record(worker.grade_submission(make_task(kind))))


def test_a_page_tells_what_the_visible_part_says_and_not_what_the_hidden_one_tries():
    kinds = {kind.name: kind for kind in KINDS}
    told = {
        name: build_record(worker.grade_submission(make_task(kinds[name]))).checks[0].message
        for name in ("wrong", "only_the_visible_case", "blank", "syntax_error")
    }
    assert told == {
        "wrong": "add(1, 2) debe dar 3: ¿sumas los dos?",
        "only_the_visible_case": worker.HIDDEN_FAILED,
        "blank": f"{ERROR} NotImplementedError",
        "syntax_error": f"{ERROR} NameError: name 'add' is not defined",
    }


@pytest.mark.parametrize("how", ["new_cell", "replaced", "pasted", "nowhere", "split"])
def test_an_open_answer_is_found_wherever_it_was_written(how):
    written = {"nowhere": "", "split": ANSWER.replace(" ", "\n\n", 1)}.get(how, ANSWER)
    kind = Kind(how, lambda: answer_elsewhere(how), ALL)
    record = build_record(worker.grade_submission(make_task(kind)))
    check_record(kind, record)
    assert [check.answer for check in record.checks if check.manual] == [written]


def test_who_never_ends_is_stopped_at_its_limit():
    with open_executor(Workplan(workers=len(WAITING)), len(WAITING)) as (executor, _):
        futures = [executor.submit(worker.grade_submission, make_task(kind)) for kind in WAITING]
        records = [build_record(future.result()) for future in futures]
    assert len(WAITING) >= 5
    for kind, record in zip(WAITING, records, strict=True):
        check_record(kind, record)
        assert record.seconds >= dict(kind.limits)["seconds"]


def test_an_attack_on_the_channel_leaves_the_next_submission_alone():
    """El mismo proceso que comprueba atiende después a quien responde bien."""
    perfect = next(kind for kind in KINDS if kind.name == "perfect")
    for kind in TAKEOVERS[:3]:
        worker.grade_submission(make_task(kind))
        check_record(perfect, build_record(worker.grade_submission(make_task(perfect))))


def test_a_failure_of_this_machine_is_not_remembered_as_a_grade(monkeypatch):
    perfect = next(kind for kind in KINDS if kind.name == "perfect")
    task = make_task(perfect)
    # Quien comprueba ya está en marcha: lo que no arranca es el kernel de la entrega.
    worker.grade_submission(task)
    monkeypatch.setattr(sandbox, "isolate", lambda *_: ["false"])
    record = build_record(worker.grade_submission(task))
    assert (record.points, record.state, record.digest) == (None, State.NOT_GRADED, "")
    assert record.reason.startswith("Falló algo de esta máquina y no de la entrega")


@pytest.mark.parametrize("moment", ["antes de preguntar", "mientras contesta"])
def test_an_examiner_that_dies_is_not_the_fault_of_the_submission(monkeypatch, moment):
    perfect = next(kind for kind in KINDS if kind.name == "perfect")
    genuine_ask, genuine_execute = Examiner.ask, _Session._execute

    def die(examiner):
        examiner._process.kill()
        examiner._process.wait()

    def ask(examiner, *check):
        if moment == "antes de preguntar":
            die(examiner)
        genuine_ask(examiner, *check)

    def execute(session, source, *cell):
        if source == kernel.ANSWER:
            die(session._examiner)
        genuine_execute(session, source, *cell)

    with monkeypatch.context() as patch:
        patch.setattr(Examiner, "ask", ask)
        patch.setattr(_Session, "_execute", execute)
        record = build_record(worker.grade_submission(make_task(perfect)))
    assert (record.points, record.state, record.digest) == (None, State.NOT_GRADED, "")
    assert "El proceso que comprueba se cerró" in record.reason
    check_record(perfect, build_record(worker.grade_submission(make_task(perfect))))


def test_a_given_cell_that_fails_is_told_to_who_gives_the_course():
    source = build_source()
    source.cells.insert(1, mark(new_code_cell("1 / 0"), "dada", locked=True))
    exercise = Exercise(NAME, nbformat.writes(source).encode("utf-8"))
    perfect = next(kind for kind in KINDS if kind.name == "perfect")
    with pytest.raises(LabError, match="Una celda dada de «ejercicio_01» falla .*ZeroDivision"):
        worker.grade_submission(dataclasses.replace(make_task(perfect), exercise=exercise))


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
