"""La casa: el estilo, quién importa a quién y que lo escrito sobre las carpetas sea verdad."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import labsupport
from labsupport.base.paths import PACKAGE, REPO

README = (REPO / "README.md").read_text(encoding="utf-8")
TREE = README.split("## Qué hay en cada carpeta")[1].split("\n## ")[0].split("\n### ")[0]


def list_folders(folder):
    """Devuelve los nombres de las carpetas que git conoce dentro de ``folder``."""
    listed = subprocess.run(["git", "ls-files"], cwd=folder, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no es un clon de git")
    names = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line}
    return {name for name in names if not name.startswith(".")}


def test_style_and_contracts_hold():
    command = [sys.executable, "tools/lint.py"]
    done = subprocess.run(
        command, cwd=REPO, capture_output=True, text=True, encoding="utf-8", errors="replace"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_names_every_folder_and_no_other():
    named = set(re.findall(r"^\| `([\w/]+)/`", TREE, re.MULTILINE))
    ours = {f"labsupport/{name}" for name in list_folders(PACKAGE)}
    assert named == list_folders(REPO) | ours


def test_the_package_lists_its_folders():
    named = set(re.findall(r"``(\w+)``", labsupport.__doc__))
    assert named == list_folders(PACKAGE) | {"settings"}
