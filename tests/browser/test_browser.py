"""El laboratorio en un navegador de verdad: JupyterLab, la demo y Chromium, que los maneja.

Se ejecuta con ``make test-browser``. Deja capturas en ``results/browser``, para mirarlas.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from labsupport.base.paths import EMBEDDED, NOTEBOOKS, REPO

playwright = pytest.importorskip("playwright.sync_api", reason="instálalo con make test-browser")
expect = playwright.expect

PICTURES = REPO / "results" / "browser"
# Sin buscar versiones nuevas, y con todas las celdas en la página aunque no estén a la vista.
SETTINGS = {
    "apputils-extension/notification": '{"checkForUpdates": false}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}
MINUTE = 60_000


@pytest.fixture(scope="module")
def server(chromium, tmp_path_factory):
    """JupyterLab en loopback sobre una copia de los cuadernos; devuelve su dirección."""
    root = tmp_path_factory.mktemp("navegador")
    copy_notebooks(root / "notebooks")
    for name, text in SETTINGS.items():
        path = root / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    token = secrets.token_hex(16)
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", f"--IdentityProvider.token={token}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPO),
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(root / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "LAB_RESULTS_DIR": str(root / "results"),
    }
    with open(root / "jupyter.log", "w", encoding="utf-8") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
    try:
        yield wait_for_server(root / "jupyter.log", process, token)
    finally:
        process.terminate()
        process.wait(timeout=30)


def copy_notebooks(folder: Path) -> None:
    """Copia los cuadernos; el 2, con menos reseñas: aquí no se mide la accuracy."""
    shutil.copytree(NOTEBOOKS, folder)
    path = folder / "02_trainer.ipynb"
    text = path.read_text(encoding="utf-8")
    small = re.sub(r"(n_train|n_validation|n_eval) = None ", r"\1 = 200 ", text)
    assert small.count("= 200 ") == 3
    path.write_text(small, encoding="utf-8")


def wait_for_server(log: Path, process: subprocess.Popen, token: str) -> str:
    """Espera a que el servidor diga su dirección y responda en ella."""
    for _ in range(240):
        found = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text(encoding="utf-8"))
        if found and urlopen(f"{found[0]}api?token={token}").status == 200:
            return f"{found[0]}lab/tree/notebooks/{{}}.ipynb?token={token}"
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.25)
    pytest.fail(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(browser, server):
    """Una página con el cuaderno de inicio abierto."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(MINUTE)
    page.goto(server.format("00_inicio"))
    return page


def find_notebook(page):
    """El cuaderno que está a la vista."""
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def follow(page, link: str, title: str):
    """Pulsa un enlace del cuaderno a la vista y espera al cuaderno al que lleva."""
    find_notebook(page).get_by_role("link", name=link).first.click()
    notebook = find_notebook(page)
    notebook.get_by_role("heading", name=title).wait_for()
    return notebook


def run_all(page, notebook):
    """Run → Ejecutar todas las celdas cuando el kernel está listo; espera a que alguna empiece."""
    page.get_by_role("button", name="(ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Ejecutar todas las celdas", exact=True).click()
    notebook.get_by_text("[*]:").first.wait_for()


def wait_until_done(notebook, minutes: float = 6):
    """Espera a que no quede ninguna celda en marcha y comprueba que ninguna falló."""
    expect(notebook.get_by_text("[*]:")).to_have_count(0, timeout=minutes * MINUTE)
    errors = notebook.locator('[data-mime-type="application/vnd.jupyter.error"]')
    assert errors.all_inner_texts() == []


def take_pictures(page, name: str, element):
    """Guarda lo que se ve alrededor de ``element``, en ancho de portátil y estrecho."""
    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        element.evaluate("element => element.scrollIntoView({block: 'center'})")
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURES / f"{name}-{width}.png")
    page.set_viewport_size({"width": 1280, "height": 900})


def check_figures(notebook, at_least: int):
    """Comprueba que las figuras se ven, con su tamaño y su texto alternativo."""
    figures = notebook.locator(".jp-OutputArea-output img")
    assert figures.count() >= at_least
    for figure in figures.all():
        figure.scroll_into_view_if_needed()
        assert figure.bounding_box()["width"] > 200
        assert len(figure.get_attribute("alt")) > 20


@pytest.mark.timeout(900)
def test_the_first_notebook_opens_and_reads_well(page):
    title = find_notebook(page).get_by_role("heading", name="Laboratorio de fine-tuning")
    title.wait_for()
    take_pictures(page, "00-inicio", title)
    check_figures(find_notebook(page), at_least=1)


@pytest.mark.timeout(300)
def test_jupyterlab_speaks_spanish_and_names_its_menus_as_the_lessons_do(page):
    bar = page.get_by_role("menubar").first
    for name in ("Archivo", "Editar", "Ver", "Configuración", "Ayuda"):
        expect(bar.get_by_role("menuitem", name=name, exact=True)).to_be_visible()
    bar.get_by_role("menuitem", name="Run", exact=True).click()
    again = page.get_by_role("menuitem", name="Reiniciar intérprete y ejecutar todas las celdas")
    expect(again).to_be_visible()
    expect(page.get_by_role("menuitem", name="Restart Kernel")).to_have_count(0)
    page.screenshot(path=PICTURES / "menu-run.png")
    page.keyboard.press("Escape")
    bar.get_by_role("menuitem", name="Kernel", exact=True).click()
    expect(page.get_by_role("menuitem", name="Cambiar intérprete")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Jupyter news")).to_have_count(0)


@pytest.mark.timeout(900)
def test_trainer_runs_whole_from_its_link_and_answers(page):
    notebook = follow(page, "2. Trainer", "2. Fine-tuning con Trainer")
    run_all(page, notebook)
    bar = notebook.locator("progress").last
    bar.wait_for(timeout=5 * MINUTE)
    bar.scroll_into_view_if_needed()
    assert bar.bounding_box()["width"] > 100
    wait_until_done(notebook)
    check_figures(notebook, at_least=2)
    take_pictures(page, "02-bert", notebook.locator(".jp-OutputArea-output img").first)
    take_pictures(page, "02-curva", notebook.locator(".jp-OutputArea-output img").last)
    box = notebook.get_by_label("Tu texto")
    answer = notebook.locator(".widget-html", has=page.locator("th", has_text="después"))
    before = answer.inner_text()
    box.fill("Awful. The worst meal I ever had, dirty and rude.")
    box.press("Enter")
    expect(answer).not_to_have_text(before)
    assert len(re.findall(r"\d\.\d+", answer.inner_text())) == 10
    take_pictures(page, "02-caja", answer)


@pytest.mark.timeout(900)
def test_tokenizer_explorer_answers_to_each_key(page):
    page.get_by_role("tab", name="00_inicio").click()
    notebook = follow(page, "1. Preparar los datos", "1. Preparar los datos")
    run_all(page, notebook)
    wait_until_done(notebook)
    check_figures(notebook, at_least=3)
    box = notebook.get_by_label("Tu frase")
    answer = notebook.locator(".widget-html", has=page.locator("th", has_text="[CLS]"))
    box.fill("")
    expect(answer.locator("th", has_text="[PAD]")).to_have_count(10)
    box.press_sequentially("the soup")
    expect(answer.locator("th", has_text="soup")).to_be_visible()
    expect(answer.locator("th", has_text="[PAD]")).to_have_count(8)
    take_pictures(page, "01-explorador", answer)
    question = notebook.locator(".lab-quiz").first
    reason = question.locator(".widget-html").last
    for option in question.locator("label", has=page.locator("input")).all():
        option.click()
        expect(reason).to_have_text(re.compile(r"^(Correcto|No)\. .{20}"))
        assert option.bounding_box()["width"] > 200
    take_pictures(page, "01-pregunta", question)


@pytest.fixture(scope="module")
def demo(chromium, tmp_path_factory):
    """La demo, como la abre ``make demo``, con un modelo sin entrenar; devuelve su dirección."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tmp_path_factory.mktemp("demo")
    names = ("1 star", "2 star", "3 stars", "4 stars", "<u>5</u>")
    model = AutoModelForSequenceClassification.from_pretrained(
        EMBEDDED / "mini-bert", id2label=dict(enumerate(names)), num_labels=5
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(EMBEDDED / "mini-bert").save_pretrained(folder)
    command = [sys.executable, "-m", "labsupport", "demo", "--no-browser", "--model", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(REPO), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        found = (re.search(r"http://127\.0\.0\.1:\d+/", line) for line in process.stdout)
        yield next(filter(None, found))[0]
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.timeout(300)
def test_the_demo_answers_and_asks_nothing_of_others(browser, demo):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="es-ES")
    page.set_default_timeout(MINUTE)
    asked, surprises = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (surprises.append(dialog.message), dialog.dismiss()))
    page.goto(demo)
    box = page.get_by_label("Tu texto")
    send = page.get_by_role("button", name="Clasificar")
    send.click()
    page.get_by_text("Escribe un texto y pulsa").wait_for()
    box.fill("Cold food <img src=x onerror=alert(1)> and rude staff.")
    send.click()
    answer = page.get_by_test_id("label-output-value")
    answer.wait_for()
    # Las cinco clases, con su porcentaje y como texto, también la que parece HTML.
    assert len(re.findall(r"\d+%", page.locator("body").inner_text())) == 5
    assert page.get_by_text("1 estrella", exact=True).count() >= 1
    assert page.get_by_text("<u>5</u>", exact=True).count() >= 1
    take_pictures(page, "demo", answer)
    page.get_by_role("button", name="Not bad, but I expected").click()
    expect(box).to_have_value(re.compile("^Not bad"))
    box.fill("good " * 3000)
    send.click()
    page.get_by_text("El texto es largo").wait_for()
    assert surprises == []
    assert [url for url in asked if not url.startswith((demo, "data:", "blob:"))] == []
    page.close()
