"""Una lección nueva nace cumpliendo las reglas de todas, y se ejecuta."""

from __future__ import annotations

import inspect
import shutil

import nbformat
import pytest
import test_notebooks as rules

from labsupport.base import paths
from labsupport.base.paths import NOTEBOOKS, REPO
from labsupport.commands.cli import main
from labsupport.commands.new_lesson import create_lesson
from labsupport.commands.skeleton import MODEL, SHARED

NAME = "09_hacer_pruebas"
# Todas las reglas que miran un solo cuaderno, también las que se añadan.
RULES = {
    name: rule
    for name, rule in vars(rules).items()
    if name.startswith("test_") and list(inspect.signature(rule).parameters) == ["notebook"]
}


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Una copia del repositorio con sus lecciones; devuelve la carpeta de los cuadernos."""
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    shutil.copy(REPO / "pyproject.toml", tmp_path)
    monkeypatch.setattr(paths, "REPO", tmp_path)
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(rules, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setenv("PYTHONPATH", str(REPO))
    return tmp_path / "notebooks"


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.slow
def test_it_is_born_whole_and_keeps_every_rule(copy, capsys):
    assert main(["nuevo", NAME, "--title", "Hacer pruebas"]) == 0
    said = capsys.readouterr().out
    notebook = read(copy / f"{NAME}.ipynb")
    assert len(RULES) > 12
    for rule in RULES.values():
        rule(notebook)
    assert notebook.cells[0].source.startswith("# 9. Hacer pruebas\n")
    for step in ("README", "test_notebooks.py", "ejercicio_09", "refresh 09"):
        assert step in said


def test_the_common_cells_are_those_of_the_lessons(copy):
    made = {cell.id: cell.source for cell in read(create_lesson(NAME)).cells}
    model = {cell.id: cell.source for cell in read(NOTEBOOKS / f"{MODEL}.ipynb").cells}
    assert {name: made[name] for name in SHARED} == {name: model[name] for name in SHARED}


def test_no_example_cell_is_a_copy_of_another_lesson(copy, monkeypatch):
    create_lesson(NAME)
    monkeypatch.setattr(rules, "PATHS", sorted(copy.glob("[0-9][0-9]_*.ipynb")))
    rules.test_no_cell_is_copied_from_another_notebook()


def test_it_links_the_lesson_before_and_the_one_after(copy):
    (copy / "05_evaluacion.ipynb").unlink()
    cells = read(create_lesson("05_medir")).cells
    assert "[← 4. Fine-tuning en PyTorch nativo](04_pytorch.ipynb)" in cells[0].source
    assert "**Siguiente:** [6. " in cells[-1].source
    assert cells[0].source.startswith("# 5. Medir\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Traducir"], "dos cifras"),
        (["09-traducir"], "dos cifras"),
        (["../09_traducir"], "dos cifras"),
        (["00_nada"], "dos cifras"),
        (["08_otra"], "Ya hay una lección 08"),
        (["09_otra", "--title", "a\nb"], "una línea"),
    ],
)
def test_a_wrong_request_is_refused_in_one_sentence(copy, capsys, arguments, told):
    before = sorted(copy.iterdir())
    assert main(["nuevo", *arguments]) == 1
    error = capsys.readouterr().err
    assert told in error and len(error.splitlines()) == 1
    assert sorted(copy.iterdir()) == before


def test_outside_a_repository_it_says_so(copy, capsys):
    (copy.parent / "pyproject.toml").unlink()
    assert main(["nuevo", NAME]) == 1
    assert "clónalo" in capsys.readouterr().err


def test_without_the_lesson_to_copy_from_it_says_so(copy, capsys):
    (copy / f"{MODEL}.ipynb").unlink()
    assert main(["nuevo", NAME]) == 1
    assert "git checkout" in capsys.readouterr().err
    assert not (copy / f"{NAME}.ipynb").exists()
