"""El libro: un sitio entero, en español, que no pide nada a nadie y cuyos enlaces llegan."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from labsupport.base.errors import LabError
from labsupport.base.paths import NOTEBOOKS, REPO

build_book = pytest.importorskip("build_book", reason="las herramientas no viajan en el paquete")
pytest.importorskip("sphinx", reason="instálalo con make libro")

# Construirlo tarda más que lo que se espera entre dos cambios.
pytestmark = pytest.mark.slow
ADDRESS = build_book.Address("ana/laboratorio", "v1.0.0")
NOWHERE = build_book.Address()
LESSON = "notebooks/02_trainer"
ASSETS = {"script": "src", "img": "src", "source": "src", "iframe": "src", "video": "src"}
# Un <link> que el navegador trae; «next» o «search» solo dicen dónde está otra página.
FETCHED = {"stylesheet", "icon", "preload", "modulepreload", "prefetch"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """El libro sin dirección pública, hecho una vez, sobre lo que dejó otro a medias."""
    out = tmp_path_factory.mktemp("libro") / "libro"
    out.mkdir()
    (out / "searchindex.js").write_text("Search.setIn", encoding="utf-8")
    (out / "vieja.html").write_text("de otra vez", encoding="utf-8")
    build_book.build_book(out, NOWHERE)
    return out


@cache
def parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def list_anchors(path: Path) -> set[str]:
    return {tag["id"] for tag in parse(path).find_all(id=True)}


@pytest.fixture(scope="module")
def pages(site):
    """De cada página, su ruta y lo que lleva."""
    return {
        path: parse(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts
    }


def list_assets(page: BeautifulSoup):
    """Lo que el navegador pide para enseñar una página."""
    for name, attribute in ASSETS.items():
        yield from (tag[attribute] for tag in page.find_all(name) if tag.get(attribute))
    for link in page.find_all("link", href=True):
        if FETCHED & set(link.get("rel", [])):
            yield link["href"]


def test_every_lesson_exercise_guide_card_and_folder_has_its_page(site):
    expected = [path.with_suffix(".html") for path in build_book.find(*build_book.NOTEBOOKS)]
    expected += [
        path.with_suffix(".html") for path in build_book.find("docs/*.md", build_book.CARDS)
    ]
    inside = [path.relative_to(REPO) for path in expected]
    folders = [f"api/{path.parent.name}.html" for path in REPO.glob("labsupport/*/__init__.py")]
    assert len(inside) > 20 and len(folders) > 10
    assert [name for name in [*inside, *folders, "index.html"] if not (site / name).exists()] == []


def test_what_was_there_is_gone(site):
    assert not (site / "vieja.html").exists()
    assert [path.name for path in site.parent.iterdir()] == [site.name]


def test_every_internal_link_and_anchor_arrives(site, pages):
    broken = []
    for path, page in pages.items():
        for link in page.find_all("a", href=True):
            href = urlsplit(link["href"])
            if href.scheme or href.netloc:
                continue
            target = (path.parent / unquote(href.path)).resolve() if href.path else path
            anchor = unquote(href.fragment)
            if not target.is_file():
                broken.append(f"{path.relative_to(site)}: {link['href']}")
            elif anchor and target.suffix == ".html" and anchor not in list_anchors(target):
                broken.append(f"{path.relative_to(site)}: {link['href']}")
    assert broken == []


def test_nothing_is_fetched_from_another_host(site, pages):
    foreign = [
        f"{path.relative_to(site)}: {asset}"
        for path, page in pages.items()
        for asset in list_assets(page)
        if re.match(r"(https?:)?//", asset)
    ]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8", errors="replace")
        foreign += re.findall(r"url\(['\"]?(?:https?:)?//[^)]*|@import[^;]*//[^;]*", text)
    assert foreign == []


def test_every_asset_is_there(site, pages):
    missing = {
        asset
        for path, page in pages.items()
        for asset in list_assets(page)
        if not asset.startswith("data:")
        and not (path.parent / unquote(urlsplit(asset).path)).is_file()
    }
    assert missing == set()


def test_every_figure_has_its_alternative_text(pages):
    figures = [image for page in pages.values() for image in page.find_all("img")]
    assert len(figures) > 20
    assert [image["src"][:60] for image in figures if not image.get("alt", "").strip()] == []


def test_every_page_is_in_spanish_with_one_title_and_its_place(pages):
    for path, page in pages.items():
        assert page.html["lang"] == "es" and page.title.string.strip()
        # El otro título es el de la página impresa, que en pantalla no está.
        titles = [
            title for title in page.find_all("h1") if not title.find_parent(class_="onlyprint")
        ]
        assert len(titles) == 1, path
        labels = {tag.get(name) for tag in page.find_all(True) for name in ("title", "aria-label")}
        assert labels.isdisjoint(build_book.UNTRANSLATED), path
    lesson = pages[next(path for path in pages if path.match(f"{LESSON}.html"))]
    text = lesson.get_text(" ").lower()
    assert "anterior" in text and "siguiente" in text and "en esta página" in text
    assert "previous" not in text and "show code" not in text


def test_no_page_says_where_it_was_built(site, pages):
    wrong = re.compile(rf"{re.escape(str(REPO))}|{re.escape(str(Path.home()))}/|/libro-\w+/fuentes")
    assert [path.name for path, page in pages.items() if wrong.search(str(page))] == []
    assert not (site / ".buildinfo").exists() and not (site / ".doctrees").exists()


def test_marks_and_widgets_leave_their_static_form(pages):
    lesson = next(page for path, page in pages.items() if path.match(f"{LESSON}.html"))
    assert "<!--=" not in str(lesson)
    assert len(lesson.select(".cell_output details")) >= 12
    assert "application/vnd.jupyter.widget" not in str(lesson)


def test_the_front_page_has_the_figure_the_notebook_keeps_and_two_commands(site, pages):
    front = pages[site / "index.html"]
    (figure,) = front.select(".portada img")
    cells = json.loads((NOTEBOOKS / "00_inicio.ipynb").read_text(encoding="utf-8"))["cells"]
    (output,) = next(cell["outputs"] for cell in cells if cell["id"] == "figura")
    stored = BeautifulSoup("".join(output["data"]["text/html"]), "html.parser").img
    assert figure["alt"] == stored["alt"]
    commands = front.select_one(".portada pre").get_text()
    assert "make lab" in commands and "make test" in commands


def test_the_api_has_docstrings_and_their_examples(site, pages):
    page = pages[site / "api" / "base.html"]
    entry = page.find(id="labsupport.base.files.write_atomically").parent
    assert "entero o nada" in entry.get_text() and ">>> " in entry.get_text()


def read_index(site: Path) -> dict:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))


def test_the_index_has_what_is_searched(site):
    from search_folding import FoldingSpanish

    search, index = FoldingSpanish({}), read_index(site)
    terms, lesson = index["terms"], index["docnames"].index("notebooks/01_preparar_datos")
    for word in ("padding", "relleno"):
        assert lesson in [
            *terms[search.stem(word)],
            *index["titleterms"].get(search.stem(word), []),
        ]
    assert terms[search.stem("informacion")] == terms[search.stem("Información")]


def test_the_examples_of_its_tools_hold():
    import search_folding

    assert doctest.testmod(build_book).failed == doctest.testmod(search_folding).failed == 0


def test_stop_words_are_so_without_their_accents():
    from search_folding import FoldingSpanish

    search = FoldingSpanish({})
    assert not search.word_filter("más") and not search.word_filter("mas")


def test_without_an_address_there_are_no_buttons(pages):
    assert [path.name for path, page in pages.items() if page.select(".botones a")] == []


@pytest.mark.parametrize("inside", [f"{LESSON}.ipynb", "exercises/release/proyecto/proyecto.ipynb"])
def test_with_an_address_each_notebook_opens_in_the_cloud(inside):
    text = (REPO / inside).read_text(encoding="utf-8")
    cells = json.loads(build_book.prepare_notebook(text, inside, ADDRESS))["cells"]
    (buttons,) = [cell["source"] for cell in cells if cell["id"] == build_book.LINKS_CELL]
    for name, link in build_book.build_links(ADDRESS, inside).items():
        assert f"[{name}]({link})" in buttons


def test_the_address_stamped_in_a_notebook_is_not_said_twice():
    cell = {"id": build_book.LINKS_CELL, "cell_type": "markdown", "metadata": {}, "source": "x"}
    title = {**cell, "id": "titulo"}
    text = json.dumps({"cells": [title, cell]})
    for address, ids in ((NOWHERE, ["titulo"]), (ADDRESS, ["titulo", build_book.LINKS_CELL])):
        cells = json.loads(build_book.prepare_notebook(text, "a.ipynb", address))["cells"]
        assert [cell["id"] for cell in cells] == ids


def test_with_an_address_the_front_page_is_one_click_away(tmp_path):
    build_book.write_front_page(tmp_path, ADDRESS)
    assert build_book.build_links(ADDRESS, "notebooks/00_inicio.ipynb")["Binder"] in (
        tmp_path / "index.md"
    ).read_text(encoding="utf-8")


def test_a_figure_that_is_no_longer_there_is_told(tmp_path):
    with pytest.raises(LabError, match="La celda «titulo» de notebooks/00_inicio.ipynb no guarda"):
        build_book.place_figure(tmp_path, "notebooks/00_inicio.ipynb", "titulo")


def test_a_warning_leaves_the_book_that_was_there(tmp_path, monkeypatch):
    def write_broken(folder, address):
        folder.mkdir(parents=True)
        (folder / "index.md").write_text("# Uno\n\n[a](no_existe.md)\n", encoding="utf-8")

    monkeypatch.setattr(build_book, "write_sources", write_broken)
    out = tmp_path / "libro"
    out.mkdir()
    (out / "searchindex.js").touch()
    with pytest.raises(LabError, match="corrige lo que dice Sphinx(.|\n)*no_existe.md"):
        build_book.build_book(out, NOWHERE)
    assert [path.name for path in tmp_path.rglob("*")] == ["libro", "searchindex.js"]


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "tesis.docx").touch()
    with pytest.raises(LabError, match="tiene otra cosa: vacíala"):
        build_book.build_book(tmp_path, NOWHERE)
    assert (tmp_path / "tesis.docx").exists()


def test_without_its_tools_it_says_what_to_do(tmp_path):
    code = (
        "import sys, importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'myst_nb' else find(name, *a)\n"
        "import build_book\n"
        f"sys.exit(build_book.main(['--out', {str(tmp_path / 'libro')!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO / "tools", capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "Falta lo que construye el libro (myst_nb): ejecuta «make libro»" in done.stderr


def test_the_workflow_builds_it_and_publishes_it():
    workflow = yaml.safe_load((REPO / ".github/workflows/libro.yml").read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert any("make libro" in step.get("run", "") for step in steps)
    (upload,) = [step for step in steps if "upload-pages-artifact" in step.get("uses", "")]
    assert upload["with"]["path"] == "build/libro"
    assert any("deploy-pages" in step.get("uses", "") for step in steps)
    # «on» es verdadero para YAML.
    assert workflow[True]["push"]["branches"] == ["main"]
