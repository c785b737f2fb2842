"""La dirección pública: en un solo sitio, igual en todos los que la llevan, y vacía de partida."""

from __future__ import annotations

import json
import re
import shutil

import generate_exercises
import nbformat
import pytest
from badges import (
    Address,
    build_links,
    main,
    parse_address,
    parse_runtime,
    plan_stamps,
    read_address,
    stamp_address,
)
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.paths import NOTEBOOKS, REPO

PATHS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
EXERCISES = sorted(REPO.glob("exercises/*/*/*.ipynb"))
SERVICES = re.compile(r"https://(?:colab\.research|studiolab\.sagemaker|mybinder)[^\s)\"]*")
LAB = Address("ana-maria/mi.lab_2", "v1.0.0")
RUNTIME_LAB = Address("ana-maria/mi.lab_2", "v1.0.0", "2026.10")


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Una copia de lo que lleva la dirección; devuelve su carpeta."""
    monkeypatch.setattr(paths, "REPO", tmp_path)
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    names = ["README.md", "pyproject.toml", "tools/launch_address.json"]
    names += [path.relative_to(REPO).as_posix() for path in [*PATHS, *EXERCISES]]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / name, tmp_path / name)
    stamp_address(Address())
    return tmp_path


def read_all(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def read_setup(path):
    notebook = nbformat.read(path, as_version=4)
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def test_everything_agrees_with_the_recorded_address():
    wrong = [
        path.name
        for path, text in plan_stamps(read_address()).items()
        if path.read_text(encoding="utf-8") != text
    ]
    assert wrong == [], "repite «python tools/badges.py»"


def test_without_an_address_nothing_points_anywhere(copy):
    assert read_address() == Address()
    for name, text in read_all(copy).items():
        assert not SERVICES.search(text), name
    assert {json.dumps(Address().archive)} == {
        re.search(r"ARCHIVE = (.*?)  #", read_setup(path).source)[1]
        for path in copy.glob("notebooks/*.ipynb")
    }


def test_every_link_points_at_the_address(copy):
    stamp_address(LAB)
    assert read_address() == LAB
    for name, text in read_all(copy).items():
        links = [link for link in SERVICES.findall(text) if "/" in link[20:] and ".svg" not in link]
        assert all("ana-maria/mi.lab_2" in link and "v1.0.0" in link for link in links), name
        expected = 3 if name.endswith((".ipynb", "README.md")) else 0
        assert len(links) == expected, name


def test_notebooks_link_to_themselves_below_the_title_and_stay_valid(copy):
    stamp_address(LAB)
    for path in copy.rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        cell = notebook.cells[1]
        assert notebook.cells[0].id == "titulo" and cell.id == "nube"
        inside = path.relative_to(copy).as_posix().replace("/source/", "/release/")
        assert all(link in cell.source for link in build_links(LAB, inside).values())
        assert "![" not in cell.source


def test_the_archive_of_the_setup_cell_is_that_of_the_ref(copy):
    stamp_address(LAB)
    archive = "https://github.com/ana-maria/mi.lab_2/archive/v1.0.0.zip"
    assert all(f'ARCHIVE = "{archive}"' in read_setup(p).source for p in copy.rglob("*.ipynb"))


def test_what_an_exercise_gets_is_not_nbgraders_and_does_nothing_here(copy):
    stamp_address(LAB)
    for path in copy.rglob("ejercicio_*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        added = [cell for cell in notebook.cells if cell.id in ("nube", "setup")]
        assert len(added) == 2 and not any(cell.metadata for cell in added)
        assert read_setup(path).id == "setup"
        namespace = {}
        exec(TransformerManager().transform_cell(read_setup(path).source), namespace)
        assert namespace["ARCHIVE"] == LAB.archive


def test_a_stamped_release_is_what_nbgrader_generates(copy, monkeypatch, tmp_path_factory):
    pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")
    stamp_address(LAB)
    shutil.copy(REPO / "exercises" / generate_exercises.CONFIG, copy / "exercises")
    monkeypatch.setattr(generate_exercises, "EXERCISES", copy / "exercises")
    monkeypatch.setattr(generate_exercises, "SOURCE", copy / "exercises" / "source")
    monkeypatch.setattr(generate_exercises, "RELEASE", copy / "exercises" / "release")
    fresh = generate_exercises.generate_release(tmp_path_factory.mktemp("nuevo"))
    assert generate_exercises.find_differences(fresh) == []


def test_each_exercise_and_the_project_open_by_their_own_button(copy):
    """El enlace lleva a lo que se reparte, también desde el resuelto, y está arriba del todo."""
    stamp_address(LAB)
    assert len(EXERCISES) == 18 and sum(path.stem == "proyecto" for path in EXERCISES) == 2
    for path in copy.rglob("exercises/*/*/*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        inside = f"exercises/release/{path.stem}/{path.name}"
        assert cells[1].id == "nube" and (copy / inside).is_file()
        assert all(f"({link})" in cells[1].source for link in build_links(LAB, inside).values())
        code = [cell.id for cell in cells if cell.cell_type == "code"]
        assert code[:2] == ["setup", "preparacion"]


def test_a_stamp_changes_nothing_that_nbgrader_grades(copy):
    utils = pytest.importorskip("nbgrader.utils", reason="falta nbgrader: extra «instructor»")
    before = {path: read_graded(path, utils) for path in copy.rglob("exercises/*/*/*.ipynb")}
    stamp_address(RUNTIME_LAB)
    assert {path: read_graded(path, utils) for path in before} == before
    assert all(
        marks["checksum"] == checksum
        for path, cells in before.items()
        for marks, _, checksum in cells
        if path.parts[-3] == "release" and "checksum" in marks
    )


def read_graded(path, utils):
    cells = nbformat.read(path, as_version=4).cells
    graded = [cell for cell in cells if "nbgrader" in cell.metadata]
    return [
        (dict(cell.metadata["nbgrader"]), cell.source, utils.compute_checksum(cell))
        for cell in graded
    ]


def test_the_runtime_is_stamped_in_every_notebook_and_removed(copy):
    before = read_all(copy)
    stamp_address(RUNTIME_LAB)
    assert read_address() == RUNTIME_LAB and stamp_address(read_address()) == []
    pinned = {"runtime_attributes": {"runtime_version": "2026.10"}}
    assert all(read_metadata(path)["colab"] == pinned for path in copy.rglob("*.ipynb"))
    stamp_address(LAB)
    assert not any("colab" in read_metadata(path) for path in copy.rglob("*.ipynb"))
    stamp_address(RUNTIME_LAB)
    stamp_address(Address())
    assert read_all(copy) == before


def read_metadata(path):
    return json.loads(path.read_text(encoding="utf-8"))["metadata"]


def test_what_else_colab_wrote_in_a_notebook_stays(copy):
    path = copy / "notebooks" / PATHS[0].name
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["colab"] = {"provenance": [], "runtime_attributes": {"x": 1}}
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    stamp_address(RUNTIME_LAB)
    assert read_metadata(path)["colab"]["provenance"] == []
    stamp_address(LAB)
    assert read_metadata(path)["colab"] == {"provenance": []}


@pytest.mark.parametrize("version", ["2026.13", "2026.1", "2026-10", "octubre", "2026.10 "])
def test_a_wrong_runtime_is_refused_in_spanish(version):
    with pytest.raises(LabError, match="por ejemplo --colab-runtime 2026.10"):
        parse_runtime(version)


@pytest.mark.parametrize("version", ["2025.07", "2026.01", "2026.07"])
def test_a_runtime_below_our_ranges_is_refused(version):
    with pytest.raises(LabError, match="anteriores a las de requirements.txt"):
        parse_runtime(version)


def test_command_pins_the_stored_address_and_needs_one(copy, capsys):
    assert main(["--colab-runtime", "2026.10"]) == 2
    assert "escribe también OWNER/REPO" in capsys.readouterr().err
    assert main(["--remove", "--colab-runtime", "2026.10"]) == 2
    assert main(["ana/lab", "--ref", "v1"]) == 0 and main(["--colab-runtime", "2026.10"]) == 0
    assert "se abren con el entorno 2026.10" in capsys.readouterr().out
    assert main([]) == 0 and read_address() == Address("ana/lab", "v1", "2026.10")
    assert main(["ana/lab", "--ref", "v2"]) == 0 and read_address() == Address("ana/lab", "v2")


def test_buttons_have_spanish_alternative_text(copy):
    stamp_address(LAB)
    text = (copy / "README.md").read_text(encoding="utf-8")
    images = re.findall(r"!\[([^\]]*)\]\(", text)
    assert images == [f"Abrir en {name}" for name in build_links(LAB, "")]
    assert "<!-- insignias -->" not in text[:1500], "los botones no van en la primera pantalla"


def test_stamping_twice_changes_nothing_and_removing_goes_back(copy):
    before = read_all(copy)
    assert len(stamp_address(LAB)) == len(PATHS) + len(EXERCISES) + 2
    stamped = read_all(copy)
    assert stamp_address(LAB) == [] and read_all(copy) == stamped
    stamp_address(Address("otra/casa", "main"))
    stamp_address(LAB)
    assert read_all(copy) == stamped
    stamp_address(Address())
    assert read_all(copy) == before


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "lab",
        "ana/lab/otro",
        "https://github.com/ana/lab",
        "-ana/lab",
        "ana/",
        "a na/lab",
        "ñ/l",
    ],
)
def test_a_wrong_repository_is_refused_in_spanish(repository):
    with pytest.raises(LabError, match="OWNER/REPO"):
        parse_address(repository, "main")


@pytest.mark.parametrize("ref", ["", "-x", "a..b", "a b", "a/", "rama;rm", 'v"1', "x.lock", "/a"])
def test_a_wrong_ref_is_refused_in_spanish(ref):
    with pytest.raises(LabError, match="rama ni una etiqueta"):
        parse_address("ana/lab", ref)


def test_a_branch_with_a_slash_reaches_binder():
    links = build_links(parse_address("ana/lab", "curso/2026"), "notebooks/02_trainer.ipynb")
    assert "/ana/lab/curso%2F2026?urlpath=lab/tree/notebooks/02_trainer.ipynb" in links["Binder"]


def test_a_readme_without_the_place_is_told_and_nothing_changes(copy):
    (copy / "README.md").write_text("# Otro\n", encoding="utf-8")
    before = read_all(copy)
    with pytest.raises(LabError, match="insignias"):
        stamp_address(LAB)
    assert read_all(copy) == before


def test_command_stamps_repeats_and_removes(copy, capsys):
    assert main(["ana/lab", "--ref", "v1"]) == 0
    assert "Dirección: ana/lab v1." in capsys.readouterr().out
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert "Dirección: ana/lab v1." in printed and "al día" in printed
    assert main(["--remove"]) == 0
    assert "Dirección: ninguna." in capsys.readouterr().out and read_address() == Address()


def test_command_refuses_in_spanish(copy, capsys):
    before = read_all(copy)
    assert main(["lab"]) == 2
    assert "OWNER/REPO" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["ana/lab", "--remove"])
    assert "no se puede usar junto con" in capsys.readouterr().err
    assert read_all(copy) == before


def test_outside_the_repository_there_is_nothing_to_stamp(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "REPO", tmp_path)
    with pytest.raises(LabError, match="clónalo"):
        stamp_address(LAB)


def test_the_setup_cell_is_the_first_and_the_same_everywhere():
    cells = [read_setup(path) for path in PATHS]
    assert {cell.id for cell in cells} == {"setup"}
    (source,) = {cell.source for cell in cells}
    assert len(source.splitlines()) <= 15


def test_colab_gets_the_tested_versions():
    pins = re.findall(r"[a-z-]+==[\d.]+", read_setup(PATHS[0]).source)
    assert [Requirement(pin).name for pin in pins] == ["evaluate", "keras", "keras-hub"]
    tested = (REPO / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert set(pins) <= set(tested)
    # make test-colab prueba lo que la celda deja instalado.
    image = (REPO / "constraints-colab.txt").read_text(encoding="utf-8").splitlines()
    assert set(pins) <= set(image)
