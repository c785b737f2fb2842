"""El libro en un navegador de verdad: se lee, se busca y no pide nada fuera de su carpeta."""

from __future__ import annotations

import functools
import http.server
import threading

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="instálalo con make test-browser")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make test-browser")
build_book = pytest.importorskip("build_book", reason="las herramientas no viajan en el paquete")

PAGES = ("index", "notebooks/01_preparar_datos", "api/training")
WIDTHS = (1280, 400)
# Lo que pide la norma (contraste, nombres, idioma...) y el orden de los títulos, que es un consejo.
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "cat.semantics"]}
# Las hojas de estilo ya están en la página: no hace falta que las pida otra vez.
OPTIONS = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
MINUTE = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """El libro, con botones: hace falta verlos."""
    out = tmp_path_factory.mktemp("libro") / "libro"
    build_book.build_book(out, build_book.Address("ana/laboratorio", "v1.0.0"))
    return out


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Sirve archivos sin contarlo."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def address(folder):
    """La dirección del libro, servido en loopback."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def open_page(browser):
    """Abre páginas y, al acabar, comprueba que ninguna se quejó ni pidió nada a nadie."""
    opened, wrong = [], []

    def open_one(url, width=1280, scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.set_default_timeout(2 * MINUTE)
        opened.append(page)
        here = url.split("/libro/")[0] if url.startswith("file") else "/".join(url.split("/")[:3])
        page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: asked.url.startswith((here, "data:")) or wrong.append(asked.url),
        )
        page.goto(url)
        return page

    yield open_one
    for page in opened:
        page.close()
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_and_fits(open_page, address, pictures, name, width, scheme):
    page = open_page(f"{address}/{name}.html", width, scheme)
    page.screenshot(path=pictures / f"libro-{name.split('/')[-1]}-{width}-{scheme}.png")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page, options=OPTIONS).response["violations"]
    assert [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]] == []


def test_the_front_page_fits_in_one_screen(open_page, address):
    page = open_page(f"{address}/index.html")
    for part in (".portada", ".portada img", ".botones", ".empezar"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] > 0 and box["y"] + box["height"] <= 800, part


def search(page, words):
    """Busca como lo haría una persona y devuelve los títulos que salen."""
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.locator("#search-results ul.search li").first.wait_for()
    page.wait_for_function("document.querySelector('.search-summary')?.innerText")
    return page.locator("#search-results ul.search li > a").all_inner_texts()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("word", ["padding", "relleno"])
def test_a_word_is_found(open_page, address, pictures, word, width):
    page = open_page(f"{address}/index.html", width)
    assert "1. Preparar los datos" in search(page, word)
    page.screenshot(path=pictures / f"libro-{word}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("words", [("información", "informacion"), ("preparación", "Preparacion")])
def test_accents_do_not_matter_nor_does_the_network(open_page, folder, words):
    found = [search(open_page((folder / "index.html").as_uri()), word) for word in words]
    assert found[0] == found[1] and found[0]


def test_a_person_chooses_the_theme(open_page, address):
    page = open_page(f"{address}/index.html")
    page.locator(".theme-switch-button").first.click()
    page.get_by_text("Oscuro").first.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_printed_page_has_the_text_and_nothing_else(open_page, address, pictures):
    page = open_page(f"{address}/notebooks/01_preparar_datos.html")
    page.emulate_media(media="print")
    assert page.get_by_text("El padding, batch a batch").first.is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible()
    page.screenshot(path=pictures / "libro-impreso.png")
