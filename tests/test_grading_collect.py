"""Se encuentran las entregas en cualquier forma razonable, y ninguna se sale de su sitio."""

from __future__ import annotations

import errno
import gc
import io
import os
import struct
import tracemalloc
import zipfile

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from submissions import NAME, build_exercise, solve_well  # noqa: E402

from labsupport.base.errors import LabError  # noqa: E402
from labsupport.grading.batch import _read_files, grade_batch  # noqa: E402
from labsupport.grading.cells.exercises import Exercise  # noqa: E402
from labsupport.grading.cells.reading import read_notebook  # noqa: E402
from labsupport.grading.collecting import archives  # noqa: E402
from labsupport.grading.collecting.archives import BAD_COMPRESSION, BAD_ZIP  # noqa: E402
from labsupport.grading.collecting.collect import NO_NOTEBOOK, collect_submissions  # noqa: E402
from labsupport.grading.collecting.names import guess_encoding  # noqa: E402
from labsupport.grading.collecting.owners import clean_student, recognise_exercise  # noqa: E402
from labsupport.grading.executors import Workplan  # noqa: E402
from labsupport.grading.records import State  # noqa: E402

OTHER = "ejercicio_02"
EXERCISES = {NAME: build_exercise()}
EMPTY = nbformat.writes(nbformat.v4.new_notebook()).encode("utf-8")
TWO = {NAME: EXERCISES[NAME], OTHER: Exercise(OTHER, EMPTY)}
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


def pack(members, method=zipfile.ZIP_STORED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tell(where, exercises=TWO):
    """Lo que se encontró: quién, de qué ejercicio, con qué cuaderno y qué más."""
    found = collect_submissions(where, exercises)
    return sorted(
        (e.student, e.exercise, e.notebook, *sorted(set(e.entries) - {e.notebook})) for e in found
    )


def list_students(where, exercises=TWO):
    return sorted((e.student, e.exercise) for e in collect_submissions(where, exercises))


def explain(submission):
    return _read_files(submission, [])[1]


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


PEOPLE = ["Íñigo Núñez", "JOSÉ LÓPEZ", "García_Muñoz", "Úrsula Ibáñez", "María Ángeles"]
ACCENTED = [*PEOPLE, "Begoña", "Àngels", "Gonçal", "Zoë", "JoséLuis", "ANTÓN"]


def write_windows_zip(path, members, encoding):
    """Un zip como los de Windows: los nombres en ``encoding`` y sin la marca de UTF-8."""
    marks = {name: f"marca{number:03}" for number, name in enumerate(members)}
    packed = pack({f"{marks[name]}/{NAME}.ipynb": GOOD for name in members})
    for name, mark in marks.items():
        # Sin cambiar de largo, que el zip apunta en varios sitios.
        raw = name.encode(encoding).ljust(len(mark), b"_")
        assert len(raw) == len(mark)
        packed = packed.replace(mark.encode(), raw)
    path.write_bytes(packed)


@pytest.mark.parametrize("encoding", ["cp850", "cp1252", "utf-8"])
@pytest.mark.parametrize("people", [["Begoña"], ["JOSÉ", "ANTÓN"], ["Iñaki", "Úrsula"], ["Zoë"]])
def test_names_of_windows_zips_keep_their_accents(tmp_path, encoding, people):
    write_windows_zip(tmp_path / "todo.zip", people, encoding)
    write_zip(tmp_path / "fuera.zip", {"grupo.zip": (tmp_path / "todo.zip").read_bytes()})
    for where in (tmp_path / "todo.zip", tmp_path / "fuera.zip"):
        found = collect_submissions(where, EXERCISES)
        if len(people) > 1:
            assert {each.student for each in found} == set(people)
        assert all(explain(each) == "" for each in found)
        assert all(person in str([each.path for each in found]) for person in people)


@pytest.mark.parametrize("encoding", ["cp850", "cp1252", "utf-8"])
@pytest.mark.parametrize("name", ACCENTED)
def test_each_name_alone_is_read_in_its_letters(name, encoding):
    raw = name.encode(encoding)
    assert raw.decode(guess_encoding(raw)) == name


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
    assert {each.flags for each in found} == {
        (f"hay más de una entrega con este nombre; esta es «{name}»",)
        for name in (f"ana_{NAME}.ipynb", f"Ana-{NAME}.ipynb")
    }


def test_what_cannot_be_read_has_a_state_and_no_zero(folder, tmp_path):
    write(folder, ["ana/{0}/apuntes.txt"], b"hola")
    write(folder, ["berto/{0}.zip"], b"no es un zip")
    submissions = collect_submissions(folder, EXERCISES)
    records = grade_batch(submissions, EXERCISES, tmp_path / "notas", Workplan())
    assert {record.state for record in records} == {State.UNREADABLE}
    assert all(record.points is None and record.reason for record in records)


def test_nothing_to_collect_is_told_in_spanish(folder, tmp_path):
    with pytest.raises(LabError, match="No hay ninguna entrega"):
        collect_submissions(folder, EXERCISES)
    with pytest.raises(LabError, match="No existe la carpeta de entregas"):
        collect_submissions(tmp_path / "otra", EXERCISES)


def damage(**changes):
    """Un zip con un cuaderno y con algo cambiado en sus bytes."""
    packed = bytearray(pack({f"{NAME}.ipynb": GOOD}, zipfile.ZIP_DEFLATED))
    central = packed.index(b"PK\1\2")
    if "content" in changes:
        packed[60:68] = b"\xff" * 8
    if "version" in changes:
        # zipfile mira la versión que pide el miembro antes que ninguna otra cosa.
        struct.pack_into("<H", packed, central + 6, 99)
    if "crc" in changes:
        struct.pack_into("<L", packed, central + 16, 1)
        struct.pack_into("<L", packed, 14, 1)
    if "flag" in changes:
        for place in (central + 8, 6):
            struct.pack_into("<H", packed, place, changes["flag"])
    if "name" in changes:
        packed[central + 46 : central + 48] = b"\xff\xfe"
    return bytes(packed)


BROKEN = {
    "truncated": pack({"a.ipynb": GOOD})[:-30],
    "empty_file": b"",
    "crc": damage(crc=1),
    "encrypted": damage(flag=1),
    "deflate": damage(content=1),
    "version": damage(version=1),
    "name": damage(name=1, flag=0x800),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_a_broken_zip_is_one_unreadable_submission(folder, tmp_path, content, zipped):
    files = {"ana.zip": content, "berto.zip": pack({f"{NAME}.ipynb": GOOD})}
    for name, each in files.items():
        (folder / name).write_bytes(each)
    write_zip(tmp_path / "todo.zip", files)
    found = collect(tmp_path / "todo.zip" if zipped else folder)
    assert set(found) == {"ana", "berto"}
    assert explain(found["ana"]) == BAD_ZIP
    assert explain(found["berto"]) == "" and not found["berto"].flags


@pytest.mark.parametrize("name", ["truncated", "empty_file", "encrypted", "name"])
def test_a_given_zip_that_cannot_be_opened_is_told(tmp_path, name):
    (tmp_path / "todo.zip").write_bytes(BROKEN[name])
    with pytest.raises(LabError, match="todo.zip» está dañado o tiene contraseña: descárgalo"):
        collect_submissions(tmp_path / "todo.zip", EXERCISES)


def test_whatever_fails_while_reading_is_told_in_spanish():
    def fail():
        raise RecursionError("maximum recursion depth exceeded")

    with pytest.raises(LabError, match="^No se puede leer el archivo entregado: comprueba"):
        archives.Entry(load=fail).read()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_compression_is_not_read(folder, method):
    (folder / "ana.zip").write_bytes(pack({f"{NAME}.ipynb": GOOD}, method))
    (ana,) = collect_submissions(folder, EXERCISES)
    assert ana.student == "ana" and explain(ana) == BAD_COMPRESSION


def test_a_member_that_lies_about_its_size_does_not_fill_memory(folder):
    packed = bytearray(pack({f"{NAME}.ipynb": bytes(200 * 2**20)}, zipfile.ZIP_DEFLATED))
    for place in (packed.index(b"PK\1\2") + 24, 22):
        struct.pack_into("<L", packed, place, 1000)
    (folder / "ana.zip").write_bytes(packed)
    (ana,) = collect_submissions(folder, EXERCISES)
    tracemalloc.start()
    assert explain(ana) == BAD_ZIP
    assert tracemalloc.get_traced_memory()[1] < 150 * 2**20
    tracemalloc.stop()


def test_a_zip_with_too_many_files_is_not_opened(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    (folder / "ana.zip").write_bytes(pack({f"{n}.txt": b"" for n in range(4)}))
    (folder / "berto.zip").write_bytes(pack({f"{NAME}.ipynb": GOOD}))
    assert "El zip trae más de" in explain(collect(folder)["ana"])
    with pytest.raises(LabError, match="ana.zip» trae más de"):
        collect_submissions(folder / "ana.zip", EXERCISES)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="solo Linux dice qué hay abierto")
def test_zips_are_not_kept_in_memory_nor_open(folder):
    for number in range(12):
        content = {f"{NAME}.ipynb": GOOD, "datos.bin": os.urandom(2**20)}
        (folder / f"persona {chr(97 + number)}.zip").write_bytes(pack(content))
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    tracemalloc.start()
    found = collect_submissions(folder, EXERCISES)
    assert tracemalloc.get_traced_memory()[0] < 3 * 2**20
    tracemalloc.stop()
    assert len(os.listdir("/proc/self/fd")) <= before + archives.Zips.MOST_OPEN
    # Se vuelven a abrir al leer, en cualquier orden.
    for each in [*found, *reversed(found)]:
        assert each.entries[each.notebook].read() == GOOD
    del found, each
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_deeply_nested_notebook_is_not_recognised(folder):
    nested = b'{"cells": ' + b"[" * 200_000
    assert recognise_exercise(nested, EXERCISES) == ""
    write(folder, ["ana.ipynb"], nested)
    assert list_students(folder) == [("ana", "")]


def test_many_folders_inside_a_zip_are_told(folder):
    write_zip(folder / "ana.zip", {"a/" * 3000 + f"{NAME}.ipynb": GOOD})
    write_zip(folder / "berto.zip", {f"{NAME}.ipynb": GOOD})
    found = collect(folder)
    assert set(found) == {"ana", "berto"} and "demasiadas carpetas" in explain(found["ana"])


@pytest.mark.parametrize("letter", ["a", "ñ", "語", "🎓"])
def test_long_names_are_cut_by_bytes(letter):
    name = clean_student(letter * 200)
    size = len(letter.encode("utf-8"))
    expected = letter * (150 // size) if letter != "🎓" else ""
    assert len(name.encode("utf-8")) <= 150 and (name == expected or letter == "🎓")


CONTAINERS = {
    "zips_of_tasks": (
        [
            "tarea1.zip/Ana_1_assignsubmission_file_/{0}.ipynb",
            "tarea1.zip/Berto_2_assignsubmission_file_/{0}.ipynb",
            "tarea2.zip/Ana_3_assignsubmission_file_/{1}.ipynb",
            "tarea2.zip/Berto_2_assignsubmission_file_/notas.pdf",
        ],
        [("Ana", NAME), ("Ana", OTHER), ("Berto", ""), ("Berto", NAME)],
    ),
    "namesakes_keep_the_number_of_the_platform": (
        [
            "tarea1.zip/Ana_1_assignsubmission_file_/{0}.ipynb",
            "tarea1.zip/Ana_2_assignsubmission_file_/{0}.ipynb",
            "tarea2.zip/Ana_3_assignsubmission_file_/{1}.ipynb",
            "tarea2.zip/Participante_7_assignsubmission_file_/{1}.ipynb",
        ],
        [("Ana_1", NAME), ("Ana_2", NAME), ("Ana_3", OTHER), ("Participante_7", OTHER)],
    ),
    "zips_of_students_inside": (
        ["tarea1.zip/ana.zip/{0}.ipynb", "tarea1.zip/berto.zip/{0}.ipynb", "tarea2.zip/caro.zip/a"],
        [("ana", NAME), ("berto", NAME), ("tarea2", NAME)],
    ),
    "folders_of_exercises": (
        ["{0}/ana.ipynb", "{0}/berto.ipynb", "{1}/ana.ipynb"],
        [("ana", NAME), ("ana", OTHER), ("berto", NAME)],
    ),
    "folders_of_exercises_and_students": (
        ["{0}/ana/{0}.ipynb", "{0}/berto/cuaderno.ipynb", "{1}/ana/{1}.ipynb"],
        [("ana", NAME), ("ana", OTHER), ("berto", NAME)],
    ),
    "inside_a_course": (
        [
            "curso/{0}/ana.ipynb",
            "curso/{0}/berto.ipynb",
            "otro/ana_{1}.ipynb",
            "otro/caro_{1}.ipynb",
        ],
        [("ana", NAME), ("ana", OTHER), ("berto", NAME), ("caro", OTHER)],
    ),
    "nbgrader": (
        ["ana/{0}/{0}.ipynb", "ana/{1}/{1}.ipynb", "berto/{1}/{1}.ipynb"],
        [("ana", NAME), ("ana", OTHER), ("berto", OTHER)],
    ),
    "submitted_beside_more": (
        ["submitted/ana/{0}/{0}.ipynb", "submitted/berto/{1}/{1}.ipynb", "caro/{0}.ipynb"],
        [("ana", NAME), ("berto", OTHER), ("caro", NAME)],
    ),
    "groups": (
        [
            "grupo a/ana/{0}.ipynb",
            "grupo a/berto/{0}.ipynb",
            "grupo b/caro.zip/{0}.ipynb",
            "grupo b/dora.zip/{0}.ipynb",
        ],
        [(name, NAME) for name in ("ana", "berto", "caro", "dora")],
    ),
    "weeks_of_one_student": (
        ["ana/uno/{0}.ipynb", "ana/dos/{1}.ipynb", "berto/{0}.ipynb"],
        [("ana", NAME), ("ana", OTHER), ("berto", NAME)],
    ),
    "only_the_weeks_of_one_student": (
        ["ana/semana 1/{0}.ipynb", "ana/semana 2/{1}.ipynb"],
        [("ana", NAME), ("ana", OTHER)],
    ),
    "loose_in_two_folders": (
        ["a/ana_{0}.ipynb", "a/berto_{0}.ipynb", "b/caro_{1}.ipynb", "b/dora_{1}.ipynb"],
        [("ana", NAME), ("berto", NAME), ("caro", OTHER), ("dora", OTHER)],
    ),
    "copies_name_nobody": (
        ["ana/{1}.ipynb", "ana/{1}-Copy1.ipynb", "berto/Copia de {1}.ipynb", "berto/{1}.ipynb"],
        [("ana", OTHER), ("ana (2)", OTHER), ("berto", OTHER), ("berto (2)", OTHER)],
    ),
    "drafts_name_nobody": (
        ["ana/{1}.ipynb", "ana/pruebas.ipynb", "ana/mis notas.ipynb", "berto/{1}.ipynb"],
        [("ana", NAME), ("ana (2)", NAME), ("ana", OTHER), ("berto", OTHER)],
    ),
    "marked_loose_files": (
        [
            "Ana_1_assignsubmission_file_{0}.ipynb",
            "Ana_1_assignsubmission_file_datos.csv",
            "Berto_2_assignsubmission_file_todo.zip/x.ipynb",
        ],
        [("Ana", NAME), ("Berto", NAME)],
    ),
    "a_zip_beside_its_folder": (
        ["ana/{0}.ipynb", "ana.zip/{0}.ipynb"],
        [("ana", NAME), ("ana (2)", NAME)],
    ),
    "loose_and_zips": (
        [
            "tarea/ana_{0}.ipynb",
            "tarea/berto.zip/{0}.ipynb",
            "tarea/caro.zip/{0}.ipynb",
            "b/{1}.ipynb",
        ],
        [("ana", NAME), ("b", OTHER), ("berto", NAME), ("caro", NAME)],
    ),
    "folders_that_mention_the_exercise": (
        ["ana/mi {1}/borrador.ipynb", "ana/mi {1}/{1}.ipynb", "berto/mi {1}/cuaderno.ipynb"],
        [("ana", OTHER), ("berto", OTHER)],
    ),
    "one_student_of_one_exercise": (
        ["{1}/ana/apuntes.ipynb", "{1}/ana/{1}.ipynb"],
        [("ana", OTHER)],
    ),
    "only_one_student_with_free_names": (
        ["{1}/ana/mi trabajo.ipynb", "{1}/ana/cuaderno.ipynb"],
        [("ana", OTHER), ("ana (2)", OTHER)],
    ),
    "data_in_a_folder_named_as_the_exercise": (
        ["ana/{0}.ipynb", "ana/{0}/datos.csv", "berto/{0}.ipynb"],
        [("ana", NAME), ("berto", NAME)],
    ),
    "one_course_alone": (
        ["curso/tarea1.zip/ana.zip/{0}.ipynb", "curso/tarea1.zip/berto.zip/doc.pdf"],
        [("ana", NAME), ("berto", NAME)],
    ),
}


def build(folder, names):
    """Escribe los archivos, y en un zip los que están dentro de un nombre que acaba en «.zip»."""
    zips = {}
    for name in names:
        name = name.format(NAME, OTHER)
        before, found, after = name.partition(".zip/")
        if found:
            zips.setdefault(before, []).append(after)
        else:
            write(folder, [name], EMPTY if OTHER in name else GOOD)
    for name, inside in zips.items():
        path = folder / f"{name}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(build_zip(inside))


def build_zip(names):
    nested = {name.partition(".zip/")[0] for name in names if ".zip/" in name}
    members = {name: GOOD for name in names if ".zip/" not in name}
    for start in nested:
        inside = [name.partition(".zip/")[2] for name in names if name.startswith(f"{start}.zip/")]
        members[f"{start}.zip"] = build_zip(inside)
    return pack(members)


@pytest.mark.parametrize("names, expected", CONTAINERS.values(), ids=CONTAINERS)
def test_every_student_is_found_wherever_they_are(folder, names, expected):
    build(folder, names)
    found = collect_submissions(folder, TWO)
    assert sorted((e.student, e.exercise) for e in found) == sorted(expected)
    # Ningún archivo está en la entrega de dos personas.
    owners = {}
    for each in found:
        for name in each.entries:
            owners.setdefault((each.origin, name), set()).add(each.student.split(" (")[0])
    assert all(len(each) == 1 for each in owners.values())


@pytest.mark.parametrize("shape", ["bad", "empty", "no_notebook"])
def test_nobody_is_lost_in_a_zip_of_zips(folder, shape):
    berto = {"bad": b"PK", "empty": pack({}), "no_notebook": pack({"doc.pdf": b"%PDF"})}[shape]
    inside = {"ana.zip": pack({f"{NAME}.ipynb": GOOD}), "berto.zip": berto}
    (folder / "tarea1.zip").write_bytes(pack(inside))
    (folder / "tarea2.zip").write_bytes(pack({"caro.zip": pack({f"{NAME}.ipynb": GOOD}), **inside}))
    found = {e.path: e for e in collect_submissions(folder, EXERCISES)}
    assert len(found) == 5
    unread = [each for each in found.values() if each.student.startswith("berto")]
    assert [explain(each) for each in unread] == [BAD_ZIP if shape == "bad" else NO_NOTEBOOK] * 2
    assert all(
        set(each.entries) <= {f"{NAME}.ipynb"} for each in found.values() if each not in unread
    )


def test_an_empty_folder_is_somebody_who_gave_nothing(folder):
    write(folder, ["ana/{0}.ipynb"])
    (folder / "berto").mkdir()
    found = collect(folder)
    assert explain(found["ana"]) == "" and explain(found["berto"]) == NO_NOTEBOOK


def test_a_zip_three_levels_down_is_only_a_file(folder, tmp_path):
    deep = pack({"caro.zip": pack({"x.ipynb": GOOD})})
    students = {"ana.zip": deep, "berto.zip": pack({f"{NAME}.ipynb": GOOD})}
    write_zip(folder / "todo.zip", students)
    write_zip(tmp_path / "dado.zip", students)
    for where in (folder, tmp_path / "dado.zip"):
        assert tell(where) == [("ana", NAME, "", "caro.zip"), ("berto", NAME, f"{NAME}.ipynb")]


def test_the_text_of_the_platform_is_not_another_submission(folder):
    write(folder, ["Ana_1_assignsubmission_file_/{0}.ipynb"])
    write(folder, ["Ana_1_assignsubmission_onlinetext_/onlinetext.html"], b"<p>hola</p>")
    write(folder, ["Berto_2_assignsubmission_onlinetext_/onlinetext.html"], b"<p>hola</p>")
    found = collect_submissions(folder, EXERCISES)
    assert [(e.student, explain(e), e.flags) for e in found] == [
        ("Ana", "", ()),
        ("Berto", NO_NOTEBOOK, ()),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Copia de {0}",
        "Copy of {0}",
        "{0} (1)",
        "{0}-Copy1",
        "{0} - copia",
        "Copia de {0} (2)",
        "{0}",
        "{0}-copia",
    ],
)
def test_a_copy_names_nobody(folder, name):
    write(folder, [f"{name}.ipynb"])
    write(folder, [name.replace("{0}", "ana_{0}") + ".ipynb"])
    told = {e.student: e.flags for e in collect_submissions(folder, EXERCISES)}
    flag = f"no dice de quién es: «{name.format(NAME)}.ipynb»"
    assert told == {"ana": (), "sin nombre": (flag,)}


@pytest.mark.parametrize(
    "ending",
    [".ipynb.txt", ".ipynb.json", ".IPYNB.TXT", ".ipynb (1).txt", ".ipynb.ipynb", ".ipynb(2)"]
    + [".ipynb.download", ".ipynb.zip", "-copia.ipynb.zip", " (1).ipynb.json"],
)
@pytest.mark.parametrize(
    "place", ["ana_{0}", "ana/{0}", "ana/{0}/{0}", "ana_7_assignsubmission_file_/{0}"]
)
def test_what_is_added_to_the_ending_of_a_notebook_does_no_harm(folder, place, ending):
    content = pack({f"{NAME}.ipynb": GOOD}) if ending.endswith(".zip") else GOOD
    write(folder, [place + ending], content)
    write(folder, ["berto/{0}.ipynb"])
    found = {e.student: e for e in collect_submissions(folder, TWO)}
    assert set(found) == {"ana", "berto"}
    ana = found["ana"]
    assert (ana.exercise, ana.flags, ana.entries[ana.notebook].read()) == (NAME, (), GOOD)


@pytest.mark.parametrize("ending", [".ipynb.txt", ".ipynb.zip", ".ipynb (1).json"])
def test_an_ending_names_nobody(folder, ending):
    content = pack({f"{NAME}.ipynb": GOOD}) if ending.endswith(".zip") else GOOD
    write(folder, ["{0}" + ending], content)
    write(folder, ["ana_{0}" + ending], content)
    assert list_students(folder) == [("ana", NAME), ("sin nombre", NAME)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_notebook_saved_by_a_text_editor_is_read(encoding):
    assert read_notebook(GOOD.decode("utf-8").encode(encoding)).cells


@pytest.mark.parametrize("name", ["{0}", "{0}-Copy1", "{0} (1)"])
def test_a_draft_accompanies_the_submission(folder, name):
    write(folder, [f"ana/{name}.ipynb", "berto/{0}.ipynb"])
    write(folder, ["ana/borrador.ipynb"], EMPTY)
    notebook = f"{name.format(NAME)}.ipynb"
    assert tell(folder) == [
        ("ana", NAME, notebook, "borrador.ipynb"),
        ("berto", NAME, f"{NAME}.ipynb"),
    ]


def test_the_notebook_named_as_the_exercise_keeps_the_name(folder):
    write(folder, ["ana/borrador.ipynb", "ana/Copia de {0}.ipynb", "ana/{0}.ipynb"])
    found = {e.student: e for e in collect_submissions(folder, EXERCISES)}
    names = [f"{NAME}.ipynb", f"Copia de {NAME}.ipynb", "borrador.ipynb"]
    assert [found[s].notebook for s in ("ana", "ana (2)", "ana (3)")] == names
    for each in found.values():
        assert each.flags == (f"hay más de una entrega con este nombre; esta es «{each.notebook}»",)
        assert set(each.entries) == {each.notebook}


def test_a_number_never_takes_the_name_of_somebody_else(folder):
    write(folder, ["ana/{0}.ipynb", "Ana/{0}.ipynb", "ana (2)/{0}.ipynb"])
    found = collect_submissions(folder, EXERCISES)
    assert len({each.student.casefold() for each in found}) == 3
    told = {flag for each in found for flag in each.flags}
    assert told == {
        f"hay más de una entrega con este nombre; esta es «{name}/{NAME}.ipynb»"
        for name in ("ana", "Ana")
    }


def test_a_file_that_is_not_a_zip_is_told(folder):
    write(folder, ["{0}.ipynb"])
    with pytest.raises(LabError, match="no es una carpeta ni un zip: pon el cuaderno en una car"):
        collect_submissions(folder / f"{NAME}.ipynb", EXERCISES)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="en Windows no hay tuberías así")
def test_what_is_not_a_file_is_ignored_unless_it_is_the_notebook(folder):
    write(folder, ["ana/{0}.ipynb"])
    (folder / "berto").mkdir()
    for name in ("ana/tuberia", "ana/datos.zip", "suelta", f"berto/{NAME}.ipynb"):
        os.mkfifo(folder / name)
    found = collect(folder)
    assert set(found) == {"ana", "berto"}
    assert set(found["ana"].entries) == {f"{NAME}.ipynb"} and not found["ana"].flags
    assert "No es un archivo" in explain(found["berto"])


@pytest.mark.parametrize("closed", ["", "berto"])
def test_a_folder_without_permission_is_not_an_empty_one(folder, monkeypatch, closed):
    write(folder, ["ana/{0}.ipynb", "berto/{0}.ipynb"])
    scan = os.scandir

    def refuse(path):
        if os.fspath(path) == os.fspath(folder / closed):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scan(path)

    # Con permisos de verdad no serviría: root lee cualquier carpeta.
    monkeypatch.setattr(os, "scandir", refuse)
    if not closed:
        with pytest.raises(LabError, match="comprueba sus permisos y repite la orden"):
            collect_submissions(folder, EXERCISES)
        return
    found = collect(folder)
    assert "comprueba sus permisos" in explain(found["berto"]) and not explain(found["ana"])


def test_the_longest_exercise_name_wins(folder):
    write(folder, ["ana_ejercicio_010.ipynb"])
    long = {**EXERCISES, "ejercicio_010": Exercise("ejercicio_010", EMPTY)}
    assert list_students(folder, long) == [("ana", "ejercicio_010")]
