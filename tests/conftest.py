"""Lo común a las pruebas: carpetas privadas, para no tocar ni leer nada de quien las ejecuta."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

# De lo que más tarda a lo que menos: empieza antes, y así ningún proceso espera al final a otro.
SLOW = (
    "test_lab.py",
    "test_lab_spanish.py",
    "test_grading_bank.py",
    "test_costs_tool.py",
    "test_sharing_roads.py",
    "test_sharing_push.py",
    "test_grading_project.py",
    "test_grading_nbgrader.py",
    "test_grading_exercises.py",
    "test_grading_batch.py",
    "test_grading_submissions.py",
    "test_hub_lab.py",
    "test_own_roads.py",
    "test_alone.py",
    "test_sweep_lab.py",
    "test_sweep_search.py",
    "test_sweep.py",
    "test_costs_states.py",
    "test_sharing_cards.py",
    "test_sharing_trained.py",
    "test_demo.py",
    "test_book.py",
    "test_keras_head.py",
    "test_serving.py",
    "test_checkpoints_lab.py",
    "test_grading_class.py",
    "test_keras.py",
    "test_checkpoints.py",
    "test_grading_watchdog.py",
    "test_grading_command.py",
    "test_runner.py",
)
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def pytest_configure(config):
    """Da a cada proceso cachés y resultados propios; los kernels que lanza los heredan."""
    private = Path(tempfile.mkdtemp(prefix="laboratorio-pruebas-"))
    config.add_cleanup(lambda: shutil.rmtree(private, ignore_errors=True))
    os.environ["HF_HOME"] = str(private / "huggingface")
    os.environ["IPYTHONDIR"] = str(private / "ipython")
    os.environ["LAB_RESULTS_DIR"] = str(private / "results")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    # Una barra de progreso no es una salida que comparar: depende de lo que ya esté en la caché.
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    for inherited in ("HF_DATASETS_CACHE", "HF_HUB_CACHE", "HF_MODULES_CACHE", "HF_TOKEN"):
        os.environ.pop(inherited, None)
    if hasattr(config, "workerinput"):
        # Varios procesos se reparten los núcleos: con más hilos que núcleos, todos se estorban.
        os.environ.update(dict.fromkeys(THREADS, "1"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marca como lentos los módulos de SLOW y pone delante lo que más tarda."""
    for item in items:
        if item.path.name in SLOW:
            item.add_marker("slow")
    items.sort(key=rank)


def rank(item):
    """Devuelve el puesto en que empieza una prueba: los módulos rápidos, todos al final."""
    name = item.path.name
    return SLOW.index(name) if name in SLOW else len(SLOW)


@pytest.fixture(autouse=True)
def private_results(tmp_path, monkeypatch):
    """Cada prueba publica sus resultados en su propia carpeta, que devuelve."""
    folder = tmp_path / "resultados"
    monkeypatch.setenv("LAB_RESULTS_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Un checkpoint diminuto de cada familia: de ``models/tiny/nombre`` a su carpeta."""
    from tiny_checkpoints import build_checkpoints

    return build_checkpoints(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture
def make_notebook(tmp_path):
    """Devuelve una función que escribe un cuaderno pequeño con las celdas de código que le des."""

    def make(name: str, *sources: str) -> Path:
        cells = [
            nbformat.v4.new_code_cell(source, id=f"celda-{number}")
            for number, source in enumerate(sources, start=1)
        ]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        path = tmp_path / "cuadernos" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, path)
        return path

    return make


@pytest.fixture(scope="session")
def isolation():
    """Salta la prueba, diciendo por qué, donde no se puede aislar lo que se califica."""
    from labsupport.base.errors import LabError
    from labsupport.grading.judging import sandbox

    try:
        sandbox.check_isolation()
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def keras():
    """Keras sobre TensorFlow y sin tensorflow-text, que en Windows y en Mac no existe."""
    from labsupport.settings import check_parameters
    from labsupport.training import prepare_tensorflow

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorflow_text", None)
        prepare_tensorflow(check_parameters({}))
        import keras
        import keras_hub  # noqa: F401

        yield keras


@pytest.fixture(autouse=True)
def keep_tiny_numbers():
    """``apply_parameters`` hace que el proceso tome lo casi nulo por cero; no para siempre."""
    restore_tiny_numbers()
    yield
    restore_tiny_numbers()


def restore_tiny_numbers():
    """Devuelve a este hilo los números casi nulos, si alguien cargó PyTorch."""
    if torch := sys.modules.get("torch"):
        torch.set_flush_denormal(False)
