"""Cada cuaderno, abierto como en Google Colab: solo, en una carpeta vacía y con su primera celda.

``%pip`` instala de verdad, desde el registro y desde un servidor local que da el zip que daría
GitHub. Es de «make test-colab»: en otro entorno se salta.
"""

from __future__ import annotations

import functools
import http.server
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from badges import Address, plan_stamps
from colab_image import IMAGE, PINS, ColabImage, is_colab_environment, list_installed
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from test_colab import make_archive

from labsupport.base.paths import NOTEBOOKS, REPO
from labsupport.notebook import colab

pytestmark = [
    pytest.mark.skipif(
        not is_colab_environment(), reason="necesita el entorno de Colab: «make test-colab»"
    ),
    # Cada prueba es un cuaderno entero; el límite está en cada celda.
    pytest.mark.timeout(3600),
]
PUBLISHED = Address("ana/laboratorio", "v1.0.0")
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
SOLVED = sorted(REPO.glob("exercises/source/*/*.ipynb"))
RELEASED = sorted(REPO.glob("exercises/release/*/*.ipynb"))
# Lo que el propio cuaderno manda instalar, y que la primera celda no trae.
ASKED = {"06_experimentos": "optuna"}
SLOWEST_CELL = 900
# Lo que la primera celda no puede cambiar: con otra versión, Colab pide reiniciar.
FIXED = ("numpy", "torch", "tensorflow", "transformers", "ipykernel", "ipython", "protobuf")


@pytest.fixture(scope="session")
def image():
    """La máquina de Colab, en el mismo disco que .venv-colab: se borra al acabar."""
    with tempfile.TemporaryDirectory(prefix="imagen-", dir=sys.prefix) as root:
        yield ColabImage(Path(root))


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """Sirve el zip del repositorio en esta máquina y devuelve su dirección."""
    folder = tmp_path_factory.mktemp("zip")
    zipped = make_archive(folder)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{zipped.name}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """El servidor de siempre, sin anotar cada petición."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def stamped(archive):
    """Los cuadernos como quedan al publicarlos, con el zip de esta máquina."""
    texts = plan_stamps(PUBLISHED)
    return {path: text.replace(PUBLISHED.archive, archive) for path, text in texts.items()}


@pytest.fixture
def open_in_colab(image, stamped, tmp_path, monkeypatch):
    """Ejecuta un cuaderno entero en Colab y devuelve sus celdas de código."""

    def run(path, allow_errors=False):
        image.write_kernelspec(tmp_path / "jupyter")
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        content = tmp_path / "content"
        content.mkdir()
        notebook = nbformat.reads(stamped[path], as_version=4)
        insert_asked(notebook, ASKED.get(path.stem))
        client = NotebookClient(
            notebook,
            kernel_name="colab",
            timeout=SLOWEST_CELL,
            allow_errors=allow_errors,
            resources={"metadata": {"path": str(content)}},
        )
        try:
            client.execute(env=image.environment())
        except CellExecutionError as error:
            pytest.fail(f"{path.stem}: {str(error)[-3000:]}", pytrace=False)
        return [cell for cell in notebook.cells if cell.cell_type == "code"]

    return run


def insert_asked(notebook, library):
    """Pone tras la primera celda la que el cuaderno manda escribir, si manda alguna."""
    if library:
        place = 1 + next(n for n, cell in enumerate(notebook.cells) if cell.id == "setup")
        notebook.cells.insert(place, nbformat.v4.new_code_cell(f"%pip install --quiet {library}"))


def read_said(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def read_errors(cells):
    return {
        cell.id: f"{output.ename}: {output.evalue}"
        for cell in cells
        for output in cell.outputs
        if output.output_type == "error"
    }


def measure_seconds(cell):
    times = cell.metadata["execution"]
    start, end = times["iopub.execute_input"], times["shell.execute_reply"]
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def test_every_package_is_the_one_of_the_image():
    """Todas las líneas que el laboratorio toca, no solo las que nombra."""
    installed = list_installed()
    touched = (installed.keys() & PINS.keys()) - {"pip"}
    assert len(touched) > 150
    wrong = {n: (installed[n], PINS[n]) for n in touched if installed[n] != PINS[n]}
    assert wrong == {}, "otra versión que la de constraints-colab.txt: borra .venv-colab y repite"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_alone(open_in_colab, image, path):
    before = list_installed(image.site)
    cells = open_in_colab(path)
    said = read_said(cells[0])
    print(f"\n{path.stem}: primera celda, {measure_seconds(cells[0]):.1f} s")
    assert cells[0].id == "setup" and colab.READY in said, said
    assert "ERROR" not in said and "Traceback" not in said, said
    after = list_installed(image.site)
    assert {name: after[name] for name in FIXED} == {name: before[name] for name in FIXED}
    assert all(after[name] == PINS[name] for name in ("evaluate", "keras", "keras-hub"))


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_a_solved_exercise_runs_alone(open_in_colab, path):
    cells = open_in_colab(path)
    assert cells[0].id == "setup"


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_an_exercise_opens_alone_and_only_the_tasks_are_missing(open_in_colab, path):
    cells = open_in_colab(path, allow_errors=True)
    tasks = [n for n, cell in enumerate(cells) if cell.metadata.get("nbgrader", {}).get("solution")]
    assert cells[0].id == "setup" and read_errors(cells[: tasks[0]]) == {}


def test_the_environment_is_not_spoilt(image):
    """Va la última: la copia cambió y .venv-colab no."""
    installed = list_installed()
    assert installed["keras"] == PINS["keras"] and IMAGE["keras"] != PINS["keras"]
    assert list_installed(image.site).keys() >= {"laboratorio-fine-tuning", "evaluate"}
