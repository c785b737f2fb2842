"""Una tanda entera: la misma nota con uno o varios procesos, en un cluster y tras cada corte."""

from __future__ import annotations

import contextlib
import csv
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from submissions import (  # noqa: E402
    ALL,
    GOOD,
    NAME,
    build_exercise,
    build_source,
    solve,
    solve_well,
)

from labsupport.base.errors import LabError  # noqa: E402
from labsupport.base.paths import REPO  # noqa: E402
from labsupport.commands.cli import main  # noqa: E402
from labsupport.grading import batch  # noqa: E402
from labsupport.grading.batch import grade_batch  # noqa: E402
from labsupport.grading.collecting.collect import Entry, Submission  # noqa: E402
from labsupport.grading.executors import Workplan, open_executor  # noqa: E402
from labsupport.grading.records import FOLDER, PREVIOUS, State  # noqa: E402
from labsupport.running import executors  # noqa: E402

pytestmark = pytest.mark.usefixtures("isolation")

MEASURED = ("segundos", "memoria_mib")
CLASS, CUTS = 5, 10
POINTS = {"bien": ALL, "suma": 2, "blanco": 0, "mal": 5}


@pytest.fixture
def source(tmp_path):
    """La carpeta de ejercicios resueltos, con el ejercicio mínimo."""
    folder = tmp_path / "source" / NAME
    folder.mkdir(parents=True)
    nbformat.write(build_source(), folder / f"{NAME}.ipynb")
    return folder.parent


def hand_in(folder: Path, students: int) -> Path:
    """Escribe las entregas de una clase: por turnos, bien, solo la suma, en blanco y una mal."""
    answers = (
        solve_well(),
        solve(suma=GOOD["suma"]),
        solve(),
        solve_well(mayor="def largest(values):\n    return min(values)"),
    )
    folder.mkdir()
    for number in range(students):
        name = f"estudiante-{number:02d}_{NAME}.ipynb"
        nbformat.write(answers[number % len(answers)], folder / name)
    return folder


def grade(submissions: Path, source: Path, out: Path, *options: str) -> list[dict[str, str]]:
    """Califica con la orden y devuelve las filas de notas.csv sin lo que se mide."""
    arguments = ["grade", str(submissions), "--source", str(source), "--out", str(out), *options]
    assert main(arguments) == 0
    return read_scores(out)


def read_scores(out: Path) -> list[dict[str, str]]:
    with (out / "notas.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: row[key] for key in row if key not in MEASURED} for row in rows]


def test_a_class_gets_its_points_whatever_the_number_of_workers(source, tmp_path):
    submissions = hand_in(tmp_path / "entregas", 4)
    one = grade(submissions, source, tmp_path / "uno", "--procesos", "1")
    assert [float(row["puntos"]) for row in one] == list(POINTS.values())
    assert {row["estado"] for row in one} == {"calificada"}
    assert grade(submissions, source, tmp_path / "dos", "--procesos", "2") == one


def test_what_has_a_grade_is_not_repeated_and_what_changed_is(source, tmp_path):
    submissions, out = hand_in(tmp_path / "entregas", 2), tmp_path / "notas"
    first = grade(submissions, source, out)
    written = {path.name: path.stat().st_mtime_ns for path in (out / "registros").iterdir()}
    assert grade(submissions, source, out) == first
    assert written == {path.name: path.stat().st_mtime_ns for path in (out / "registros").iterdir()}
    nbformat.write(solve_well(), submissions / f"estudiante-01_{NAME}.ipynb")
    assert [float(row["puntos"]) for row in grade(submissions, source, out)] == [ALL, ALL]


def test_a_real_exercise_and_its_open_question(tmp_path, capsys):
    exercises = REPO / "exercises"
    for student, folder in (("ana", "source"), ("berto", "release")):
        path = exercises / folder / NAME / f"{NAME}.ipynb"
        (tmp_path / "entregas" / student).mkdir(parents=True)
        shutil.copy(path, tmp_path / "entregas" / student)
    places = tmp_path / "entregas", exercises / "source", tmp_path / "notas"
    ana, berto = grade(*places)
    assert (float(ana["puntos"]), float(berto["puntos"])) == (8, 0)
    assert "falta la pregunta abierta" in ana["avisos"] and not berto["avisos"]
    answers = tmp_path / "notas" / "abiertas.csv"
    text = answers.read_text(encoding="utf-8-sig")
    answers.write_text(text.replace(",2,,,", ",2,1.5,Bien vista,", 1), encoding="utf-8")
    capsys.readouterr()
    ana, _ = grade(*places)
    assert (float(ana["puntos"]), ana["avisos"]) == (9.5, "")
    assert "Por calificar a mano" not in capsys.readouterr().out
    page = (tmp_path / "notas" / "devoluciones" / "ana.html").read_text(encoding="utf-8")
    assert "Bien vista" in page and "9,5 de 10 puntos" in page


def test_a_file_whose_name_does_not_fit_is_left_out_and_told(source, tmp_path):
    submissions = hand_in(tmp_path / "entregas", 0)
    with zipfile.ZipFile(submissions / "ana.zip", "w") as archive:
        archive.writestr("mi solución.ipynb", nbformat.writes(solve_well()))
        for name in (f"{NAME}.ipynb/dentro.csv", "datos", "datos/dentro.csv", "x" * 300):
            archive.writestr(name, "1")
    (ana,) = grade(submissions, source, tmp_path / "notas")
    assert (float(ana["puntos"]), ana["estado"]) == (ALL, "calificada")
    assert ana["avisos"].count("no se usó") == 3 and "«datos/dentro.csv»" in ana["avisos"]


def test_a_cluster_gives_the_same_grades(source, tmp_path):
    distributed = pytest.importorskip("distributed", reason="falta Dask: extra «instructor»")
    submissions = hand_in(tmp_path / "entregas", 4)
    here = grade(submissions, source, tmp_path / "aqui")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=None,
        local_directory=str(tmp_path / "cluster"),
    ) as cluster:
        there = grade(
            submissions, source, tmp_path / "alli", "--cluster", cluster.scheduler_address
        )
    assert there == here


def test_a_cluster_that_does_not_answer_is_told_in_spanish(source, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(executors, "FIRST_WAIT", 2)
    submissions = hand_in(tmp_path / "entregas", 1)
    arguments = ["grade", str(submissions), "--source", str(source), "--out", str(tmp_path / "n")]
    for address in ("tcp://127.0.0.1:9", "tls://127.0.0.1:9"):
        assert main([*arguments, "--cluster", address]) == 1
        assert "no contesta" in capsys.readouterr().err


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Un cluster de Dask sin ningún worker, y poca paciencia con él."""
    distributed = pytest.importorskip("distributed", reason="falta Dask: extra «instructor»")
    for name, seconds in {"FIRST_WAIT": 2, "SLICE": 0.5, "PATIENCE": 2}.items():
        monkeypatch.setattr(executors, name, seconds)
    with distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
    ) as cluster:
        yield cluster


def test_a_cluster_without_workers_is_told_in_spanish(source, tmp_path, cluster, capsys):
    submissions = hand_in(tmp_path / "entregas", 1)
    arguments = ["grade", str(submissions), "--source", str(source), "--out", str(tmp_path / "n")]
    assert main([*arguments, "--cluster", cluster.scheduler_address]) == 1
    assert "no tiene ningún worker: arranca uno con `dask worker" in capsys.readouterr().err


def lend_workers(cluster, number):
    cluster.scale(number)
    cluster.wait_for_workers(number, timeout=60)


def test_a_cluster_that_loses_its_workers_is_not_waited_for(cluster, monkeypatch):
    lend_workers(cluster, 1)
    threading.Timer(1, cluster.scale, [0]).start()
    with pytest.raises(LabError, match="lleva un minuto sin ningún worker: lo ya hecho está"):
        sleep_in(cluster, 100)


def test_a_cluster_is_not_waited_for_after_an_interruption(cluster):
    lend_workers(cluster, 1)
    timer = threading.Timer(2, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    # Si se le esperara, la prueba pasaría del límite de pytest.
    with pytest.raises(KeyboardInterrupt):
        sleep_in(cluster, 3600)


def sleep_in(cluster, seconds):
    """Espera en el cluster como se espera a las entregas."""
    settings = Workplan(cluster=cluster.scheduler_address)
    with open_executor(settings, 1) as (executor, has_workers):
        futures = [executor.submit(time.sleep, seconds)]
        for future in executors.wait_for(futures, has_workers, settings):
            future.result()


class Outcomes(Executor):
    """Un ejecutor que no ejecuta nada: cada tarea acaba con el fallo que se le dio."""

    def __init__(self, failures):
        self.failures = failures

    def submit(self, function, task):
        future = Future()
        future.set_exception(self.failures[task.student])
        return future


@pytest.mark.parametrize(
    ("failure", "told", "again"),
    [
        (BrokenProcessPool("x"), "murió dos veces", False),
        (ValueError("raro\nmás"), "No se pudo calificar: ValueError: raro", True),
        (OSError(errno.ENOSPC, "No space left"), "libera sitio y repite la orden", True),
    ],
)
def test_what_a_worker_could_not_grade_says_why(tmp_path, monkeypatch, failure, told, again):
    @contextlib.contextmanager
    def open_executor(settings, tasks):
        yield Outcomes({"ana": failure}), lambda: True

    monkeypatch.setattr(batch, "open_executor", open_executor)
    exercises, out = {NAME: build_exercise()}, tmp_path / "notas"
    (record,) = grade_batch([submit("ana")], exercises, out, Workplan())
    assert record.state is State.NOT_GRADED and told in record.reason
    assert "más" not in record.reason or not again
    waiting = []
    grade_batch([submit("ana")], exercises, out, Workplan(), publish=keep_first(waiting))
    assert ("Aún no se ha calificado" in waiting[0].reason) is again


def submit(student, **answers):
    content = nbformat.writes(solve_well(**answers)).encode()
    entry = Entry(len(content), load=lambda: content)
    return Submission(student, NAME, "e.ipynb", {"e.ipynb": entry})


def keep_first(kept):
    """Publicar no es más que anotar los primeros registros."""

    def publish(records, finished):
        kept.extend([] if kept else records)
        return records

    return publish


@pytest.mark.parametrize("stop", [KeyboardInterrupt, LabError])
def test_what_was_graded_is_published_when_something_stops_it(tmp_path, monkeypatch, stop):
    def run(tasks, settings):
        yield batch._give_up(tasks[0], ValueError("graded"))
        raise stop("basta")

    published = []
    monkeypatch.setattr(batch, "_run", run)
    with pytest.raises(stop, match="basta"):
        grade_batch(
            [submit("ana"), submit("berto")],
            {NAME: build_exercise()},
            tmp_path / "notas",
            Workplan(),
            publish=lambda records, finished: published.append((records, finished)) or records,
        )
    (_, first), ((ana, berto), last) = published
    assert "graded" in ana.reason and "Aún no se ha calificado" in berto.reason
    assert (first, last) == (False, False)


def test_grades_of_another_batch_are_put_aside_and_come_back(source, tmp_path, capsys):
    mine, other = hand_in(tmp_path / "mías", 2), tmp_path / "otras"
    other.mkdir()
    nbformat.write(solve_well(), other / f"zoe_{NAME}.ipynb")
    out = tmp_path / "notas"
    first = grade(mine, source, out)
    assert "Ya no están" not in capsys.readouterr().out
    (zoe,) = grade(other, source, out)
    assert zoe["estudiante"] == "zoe"
    gone = "salen de las notas: 2 (estudiante-00, estudiante-01)."
    assert f"Ya no están entre las entregas y {gone}" in capsys.readouterr().out
    aside = {path.stat().st_mtime_ns for path in (out / FOLDER / PREVIOUS).iterdir()}
    assert len(aside) == 2
    assert len(list((out / "devoluciones").iterdir())) == 1
    assert grade(mine, source, out) == first
    assert {path.stat().st_mtime_ns for path in (out / FOLDER).glob("*.json")} == aside


def test_a_batch_killed_at_ten_random_moments_ends_with_the_same_grades(source, tmp_path):
    submissions, moments = hand_in(tmp_path / "entregas", CLASS), random.Random(42)
    whole = grade(submissions, source, tmp_path / "de-una-vez")
    assert [float(row["puntos"]) for row in whole] == [
        list(POINTS.values())[number % len(POINTS)] for number in range(CLASS)
    ]
    kept = []
    for number in range(CUTS):
        out = tmp_path / f"notas-{number}"
        kill_after(moments.randint(0, CLASS), moments.uniform(0, 0.5), submissions, source, out)
        before = read_records(out)
        kept.append(len(before))
        assert grade(submissions, source, out) == whole
        # Lo ya anotado no se repite: conserva hasta los segundos y la memoria que se midieron.
        assert before.items() <= read_records(out).items()
        assert len(list((out / "devoluciones").glob("*.html"))) == CLASS
        assert (out / "informe_clase.html").is_file()
    assert any(0 < number < CLASS for number in kept), kept


def kill_after(records: int, seconds: float, submissions: Path, source: Path, out: Path) -> None:
    """Empieza a calificar y, anotadas tantas entregas, mata la orden y todos sus procesos.

    El momento se cuenta en entregas anotadas y un poco más: en segundos, una máquina ocupada no
    llegaría a anotar ninguna.
    """
    command = [sys.executable, "-m", "labsupport", "grade", str(submissions)]
    command += ["--source", str(source), "--out", str(out)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    run = subprocess.Popen(command, **quiet, start_new_session=True)
    while len(read_records(out)) < records and run.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def read_records(out: Path) -> dict[str, str]:
    """Devuelve los registros que hay, enteros."""
    return {path.name: path.read_text("utf-8") for path in (out / FOLDER).glob("*.json")}
