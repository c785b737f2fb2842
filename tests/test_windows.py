"""Lo que Windows no tiene o no sabe enseñar, buscado en el código sin ejecutarlo."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from labsupport.base.paths import NOTEBOOKS, REPO

MODULES = sorted((REPO / "labsupport").rglob("*.py"))
SCRIPTS = [REPO / "tools" / "bootstrap.py", *sorted(NOTEBOOKS.glob("*.py"))]
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
# Las páginas de códigos de una consola de Windows en Europa y América.
CONSOLES = ("cp1252", "cp850")
# Lo que solo se lee en un cuaderno o en una página, no en una consola.
REPORT = {"run_report.py", "run_tables.py", "run_figures.py", "parts.py"}
FOR_PAGES = {"colab.py", "skeleton.py", "widgets.py", *REPORT}
FOR_NOTEBOOKS = {"⚠ ", "—"}
# Sus patrones leen lo que otros escriben y no salen en ninguna consola; sus frases, sí.
READERS = {"card_checks.py", "card_numbers.py"}
UNIX_ONLY = {"fcntl", "grp", "pwd", "resource", "termios"}
UNIX_CALLS = {"fork", "forkpty", "symlink", "symlink_to", "mkfifo"}


def name_of(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


def list_texts(tree: ast.Module) -> Iterator[str]:
    """Los textos de un módulo, sin sus docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = list(ast.walk(tree))
    bodies = [node.body for node in nodes if isinstance(node, documented) and node.body]
    docstrings = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docstrings:
                yield node.value


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("console", CONSOLES)
@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=name_of)
def test_messages_can_be_printed_on_its_console(path, console):
    if path.name in FOR_PAGES:
        pytest.skip("no se lee en una consola")
    for text in set(list_texts(parse(path))) - FOR_NOTEBOOKS:
        if path.name in READERS and (len(text) == 1 or re.search(r"[\\|\[]", text)):
            continue
        unknown = [sign for sign in text if not sign.encode(console, "ignore")]
        assert unknown == [], text


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=name_of)
def test_modules_import_without_unix(path):
    at_import = [node for node in parse(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in at_import for alias in node.names}
    names |= {node.module for node in at_import if isinstance(node, ast.ImportFrom)}
    assert not names & UNIX_ONLY


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=name_of)
def test_nothing_forks_or_links(path):
    calls = {node.attr for node in ast.walk(parse(path)) if isinstance(node, ast.Attribute)}
    assert not calls & UNIX_CALLS


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lessons_load_data_in_their_own_process(path):
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert "num_workers" not in code.replace("num_workers=0", "") and "num_proc=" not in code


def test_texts_are_read_and_written_as_utf_8():
    """Sin decirlo, Python usa en Windows la página de códigos del sistema."""
    silent = [
        f"{path.name}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in {"read_text", "write_text"}
        and "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert silent == []
