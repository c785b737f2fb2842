"""Una versión dice lo mismo en todos los sitios, y lo que cuenta CONTRIBUTING.md existe."""

from __future__ import annotations

import re

import pytest
import yaml

import labsupport
from labsupport.base.paths import REPO
from labsupport.commands.cli import _build_parser

CITATION = yaml.safe_load((REPO / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (REPO / "CHANGELOG.md").read_text(encoding="utf-8")
CONTRIBUTING = (REPO / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (REPO / "README.md").read_text(encoding="utf-8")
MAKEFILE = (REPO / "Makefile").read_text(encoding="utf-8")
# Lo que los ejemplos proponen crear, y aún no está.
PROPOSED = re.compile(r"09_|_09|ejercicio_09|Scripts|bin/activate")


def test_the_version_is_the_same_everywhere():
    entries = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\S.*)$", CHANGELOG, re.M)
    assert labsupport.__version__ == CITATION["version"] == entries[0][0]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d|sin publicar", date) for _, date in entries)
    assert [date for _, date in entries[1:] if date == "sin publicar"] == []


def test_a_published_version_has_its_date_in_the_citation():
    date = re.search(r"^## \[[\d.]+\] - (.+)$", CHANGELOG, re.M)[1]
    assert str(CITATION.get("date-released", "sin publicar")) == date


def test_the_citation_has_what_its_format_asks():
    """Los campos obligatorios de CFF 1.2.0; el título y la autora son los del tutorial."""
    assert CITATION["cff-version"] == "1.2.0"
    assert all(CITATION[name] for name in ("message", "title", "authors"))
    for reference in CITATION["references"]:
        assert all(reference[name] for name in ("type", "title", "authors"))
    tutorial = CITATION["references"][0]
    assert tutorial["title"] in README and tutorial["authors"] == [
        {"given-names": "Yhary", "family-names": "Arias"}
    ]
    assert CITATION["license"] == "Apache-2.0"


def test_contributing_names_only_files_that_exist():
    code = re.findall(r"`([^`\n]+)`", CONTRIBUTING)
    words = {word for each in code for word in each.split()}
    paths = {
        word.rstrip("/") for word in words if re.search(r"[\w.]/\w|\.(?:txt|toml|cff|md)$", word)
    }
    named = {path for path in paths if not PROPOSED.search(path) and "OWNER" not in path}
    made_by_tests = {
        "results/browser",
        ".venv-nuevas/bin/python",
        "results/versiones/versiones.md",
    }
    assert {path for path in named - made_by_tests if not (REPO / path).exists()} == set()


def test_contributing_names_only_orders_that_exist():
    assert set(re.findall(r"make ([a-z-]+)", CONTRIBUTING)) <= {
        *re.findall(r"^([a-z-]+):", MAKEFILE, re.M)
    }
    (known,) = [set(each.choices) for each in _build_parser()._actions if each.choices]
    assert set(re.findall(r"python -m labsupport (\w+)", CONTRIBUTING)) <= known


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CHANGELOG.md", "README.md"])
def test_links_lead_somewhere(name):
    text = (REPO / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [link for link in links if not (REPO / link).exists()] == []
