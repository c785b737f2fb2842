"""Se encuentran las entregas en cualquier forma razonable, y ninguna se sale de su sitio."""

from __future__ import annotations

import os
import zipfile

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from submissions import NAME, build_exercise, solve_well  # noqa: E402

from labsupport.errors import LabError  # noqa: E402
from labsupport.grading.batch import Settings, _read_files, grade_batch  # noqa: E402
from labsupport.grading.collect import collect_submissions  # noqa: E402
from labsupport.grading.records import State  # noqa: E402

EXERCISES = {NAME: build_exercise()}
GOOD = nbformat.writes(solve_well()).encode("utf-8")
LAYOUTS = {
    "nbgrader": ["ana/{0}/{0}.ipynb", "berto/{0}/{0}.ipynb"],
    "submitted": ["submitted/ana/{0}/{0}.ipynb", "submitted/berto/{0}/{0}.ipynb"],
    "folders": ["ana/{0}.ipynb", "berto/{0}.ipynb"],
    "flat": ["ana_{0}.ipynb", "berto-{0}.ipynb"],
    "platform": [
        "ana_7_assignsubmission_file_/{0}.ipynb",
        "berto_8_assignsubmission_file_/{0} (1).ipynb",
    ],
    "unnamed": ["ana.ipynb", "berto.ipynb"],
}


@pytest.fixture
def folder(tmp_path):
    """Una carpeta de entregas vacía."""
    path = tmp_path / "entregas"
    path.mkdir()
    return path


def write(folder, names, content=GOOD):
    for name in names:
        path = folder / name.format(NAME)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def collect(where):
    return {each.student.split("_")[0]: each for each in collect_submissions(where, EXERCISES)}


def read_problem(submission):
    with pytest.raises(LabError) as caught:
        submission.entries[submission.notebook].read()
    return str(caught.value)


@pytest.mark.parametrize("names", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_is_found_in_a_folder_and_in_a_zip(folder, tmp_path, names):
    write(folder, names)
    write_zip(tmp_path / "todo.zip", {name.format(NAME): GOOD for name in names})
    for where in (folder, tmp_path / "todo.zip"):
        found = collect(where)
        assert set(found) == {"ana", "berto"}
        assert {each.exercise for each in found.values()} == {NAME}
        assert all(each.entries[each.notebook].read() == GOOD for each in found.values())


def test_a_zip_inside_a_zip_is_one_submission(tmp_path):
    write_zip(tmp_path / "ana.zip", {f"{NAME}.ipynb": GOOD, "datos.csv": b"a,b"})
    write_zip(tmp_path / "todo.zip", {"ana.zip": (tmp_path / "ana.zip").read_bytes()})
    (found,) = collect(tmp_path / "todo.zip").values()
    assert set(found.entries) == {f"{NAME}.ipynb", "datos.csv"}


@pytest.mark.parametrize("name", ["../../fuera.ipynb", "/etc/fuera.ipynb", "C:\\fuera.ipynb"])
def test_a_zip_that_leaves_its_folder_is_refused(tmp_path, name):
    write_zip(tmp_path / "todo.zip", {name: GOOD, f"berto_{NAME}.ipynb": GOOD})
    found = collect(tmp_path / "todo.zip")
    bad = next(each for student, each in found.items() if student != "berto")
    assert "se sale de la carpeta" in read_problem(bad)
    assert found["berto"].entries[found["berto"].notebook].read() == GOOD
    assert not list(tmp_path.rglob("fuera.ipynb"))


@pytest.mark.skipif(os.name == "nt", reason="en Windows todos los nombres son Unicode")
def test_names_that_are_not_utf8_are_read_all_the_same(folder):
    named = os.fsencode(folder) + b"/jos\xe9"
    os.mkdir(named)
    for name in (f"{NAME}.ipynb".encode(), b"camisi\xf3n.csv"):
        with open(named + b"/" + name, "wb") as file:
            file.write(GOOD)
    (found,) = collect_submissions(folder, EXERCISES)
    assert found.student == "josé" and set(found.entries) == {f"{NAME}.ipynb", "camisión.csv"}
    assert _read_files(found, [])[0][f"{NAME}.ipynb"] == GOOD


@pytest.mark.skipif(os.name == "nt", reason="los enlaces piden permisos en Windows")
def test_a_link_is_not_followed(folder, tmp_path):
    (tmp_path / "secreto.ipynb").write_bytes(GOOD)
    (folder / f"ana_{NAME}.ipynb").symlink_to(tmp_path / "secreto.ipynb")
    assert "no se sigue" in read_problem(collect(folder)["ana"])


def test_a_huge_notebook_is_not_read(folder):
    write(folder, ["ana_{0}.ipynb"], b" " * (51 * 2**20))
    assert "el máximo es 50 MiB" in read_problem(collect(folder)["ana"])


def test_what_makes_a_submission_too_large_is_left_out_and_told(folder):
    write(folder, ["ana/{0}.ipynb"])
    write(folder, ["ana/a.csv", "ana/b.csv"], bytes(30 * 2**20))
    (ana,) = collect_submissions(folder, EXERCISES)
    flags = []
    files, reason = _read_files(ana, flags)
    assert (set(files), reason) == ({f"{NAME}.ipynb", "a.csv"}, "")
    assert flags == ["no se usó «b.csv»: la entrega entera pasaría de 50 MiB."]


def test_two_submissions_of_one_student_are_both_kept(folder):
    write(folder, ["ana_{0}.ipynb", "Ana-{0}.ipynb"])
    found = collect_submissions(folder, EXERCISES)
    assert len({each.student for each in found}) == 2
    assert sum(bool(each.flags) for each in found) == 1


def test_what_cannot_be_read_has_a_state_and_no_zero(folder, tmp_path):
    write(folder, ["ana/{0}/apuntes.txt"], b"hola")
    write(folder, ["berto/{0}.zip"], b"no es un zip")
    records = grade_batch(
        collect_submissions(folder, EXERCISES),
        EXERCISES,
        tmp_path / "notas",
        Settings(),
        progress=False,
    )
    assert {record.state for record in records} == {State.UNREADABLE}
    assert all(record.points is None and record.reason for record in records)


def test_nothing_to_collect_is_told_in_spanish(folder, tmp_path):
    with pytest.raises(LabError, match="No hay ninguna entrega"):
        collect_submissions(folder, EXERCISES)
    with pytest.raises(LabError, match="No existe la carpeta de entregas"):
        collect_submissions(tmp_path / "otra", EXERCISES)
