"""Chromium, uno para todas las pruebas que abren páginas."""

from __future__ import annotations

import os
import shutil

import pytest

from labsupport.base.paths import REPO

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NO_CHROMIUM = (
    "no hay Chromium: instálalo (en Debian o Ubuntu, «apt-get install chromium») o di dónde está "
    "con la variable LAB_CHROMIUM"
)
PICTURES = REPO / "results" / "browser"


def find_chromium() -> str | None:
    """Devuelve el Chromium de este sistema, o None."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("LAB_CHROMIUM") or next(filter(None, found), None)


@pytest.fixture(scope="session")
def chromium():
    """La ruta de Chromium; sin él, las pruebas se saltan y lo dicen."""
    executable = find_chromium()
    if executable is None:
        pytest.skip(NO_CHROMIUM)
    return executable


@pytest.fixture(scope="session")
def pictures():
    """La carpeta de las capturas, que se miran después."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


@pytest.fixture(scope="session")
def browser(chromium, pictures):
    """Chromium, el mismo para todas las pruebas."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="instálalo con make test-browser"
    )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if as_root else []
        )
        yield browser
        browser.close()
