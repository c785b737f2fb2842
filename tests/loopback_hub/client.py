"""Quien pregunta al Hub de las pruebas: este mismo proceso, o el laboratorio entero en otro."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from labsupport.base.paths import REPO


def use_hub(monkeypatch, url, cache):
    """Hace que el cliente de este proceso pregunte a ``url`` y guarde en ``cache``."""
    from huggingface_hub import constants
    from huggingface_hub.utils import close_session

    close_session()
    monkeypatch.setenv("HF_ENDPOINT", url)
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def run_lab(out, url, parameters, *notebooks):
    """Ejecuta «python -m labsupport run» con todo lo suyo, también la caché, dentro de ``out``."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPO / "tests" / "refuse_network"), str(REPO)]),
        "LAB_NETWORK_LOG": str(out / "red.log"),
        "LAB_RESULTS_DIR": str(out / "results"),
        "HF_HOME": str(out / "huggingface"),
        "HF_ENDPOINT": url,
    }
    environment.pop("HF_HUB_OFFLINE", None)
    words = [word for name, value in parameters.items() for word in ("-p", name, str(value))]
    command = [sys.executable, "-m", "labsupport", "run", "--out", str(out / "runs"), *notebooks]
    return subprocess.run(
        [*command, *words],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def read_outputs(out, lesson, cell_id):
    """Devuelve lo que escribió una celda de una lección que ejecutó ``run_lab``."""
    (path,) = (out / "runs").rglob(f"{lesson}.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cell = next(cell for cell in cells if cell["id"] == cell_id)
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])
