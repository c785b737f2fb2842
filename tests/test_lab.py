"""El laboratorio entero, como lo ejecuta una clase: todos los cuadernos, en orden, sin red.

Cada cuaderno se ejecuta una sola vez, con papermill, y nbval compara esa copia con lo guardado.
``refuse_network`` rechaza y apunta cada intento de salir de la máquina en cualquier proceso.
"""

from __future__ import annotations

import re

import nbformat
import pytest
from lab_runs import run_lab
from nbval.plugin import IPyNbFile, coalesce_streams

from labsupport.base.paths import NOTEBOOKS
from labsupport.running.whole_lab import ALL, find_notebooks

# Con pesos al azar, la misma receta no pasa de 0,30 con ninguna semilla (figures.json).
FLOOR = 0.42
LESSONS = [path.stem for path in find_notebooks([ALL])]
TRAINED = ("02_trainer", "03_keras", "04_pytorch")
# Lo mismo entrenado de tres maneras, con una sola semilla: 4 puntos y el azar de una tirada.
SPREAD = 0.06
MEMORY_LIMIT_MIB = 2048
# Preparar el laboratorio es ejecutarlo: en una máquina lenta y ocupada, muchos minutos.
pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Ejecuta todos los cuadernos, sin red; devuelve el proceso, run.json y su carpeta."""
    return run_lab(tmp_path_factory.mktemp("laboratorio"), ALL)


def test_every_notebook_runs_in_order(lab):
    done, record, _ = lab
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["notebook"] for row in record["notebooks"]] == LESSONS == record["planned"]
    assert {row["status"] for row in record["notebooks"]} == {"bien"}


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_stored_is_what_comes_out(lab, lesson, request):
    """Las celdas con la etiqueta nbval-check-output, con la comparación de nbval."""
    _, _, runs = lab
    executed = nbformat.read(runs / f"{lesson}.ipynb", as_version=4)
    outputs = {cell.id: cell.outputs for cell in executed.cells if cell.cell_type == "code"}
    stored = IPyNbFile.from_parent(request.session, path=NOTEBOOKS / f"{lesson}.ipynb")
    stored.setup_sanitize_files()
    checked = [item for item in stored.collect() if item.options["check"]]
    assert len(checked) >= 5
    differences = [found for item in checked if (found := compare(item, outputs[item.cell.id]))]
    assert differences == [], "\n".join(differences)


def compare(item, outputs):
    """Devuelve en qué difieren las salidas de una celda de las guardadas; vacío si en nada."""
    reference = coalesce_streams(item.cell.outputs)
    if item.compare_outputs(coalesce_streams(outputs), reference):
        return ""
    return "\n".join([f"Celda «{item.cell.id}»:", *item.comparison_traceback])


def test_nothing_but_the_environment_check_looks_for_the_network(lab):
    _, _, runs = lab
    attempts = (runs.parents[1] / "red.log").read_text(encoding="utf-8").splitlines()
    # La única pregunta a la red es la de la tabla del cuaderno 0; si el guardián no estuviera
    # puesto no habría ninguna, y esta prueba lo diría.
    assert len(attempts) == 1 and "is_hub_reachable" in attempts[0]


def test_the_table_shows_seconds_and_memory(lab):
    done, record, _ = lab
    for row in record["notebooks"]:
        line = next(line for line in done.stdout.splitlines() if line.startswith(row["notebook"]))
        assert re.search(r"bien +\d+,\d +\d+", line), line
    assert "make jupyter" in done.stdout and "Traceback" not in done.stdout + done.stderr


def test_nothing_in_english_on_a_quiet_terminal(lab):
    done, _, _ = lab
    assert done.stderr == ""


def test_memory_stays_within_a_small_laptop(lab):
    _, record, _ = lab
    peaks = {row["notebook"]: row["peak_mib"] for row in record["notebooks"]}
    assert max(peaks.values()) < MEMORY_LIMIT_MIB, peaks


def test_the_three_trainings_learn_and_agree(lab):
    _, record, _ = lab
    accuracies = {row["notebook"]: row["accuracy"] for row in record["notebooks"]}
    trained = [accuracies[name] for name in TRAINED]
    assert min(trained) > FLOOR, accuracies
    assert max(trained) - min(trained) < SPREAD, accuracies


def test_the_report_of_the_run_links_every_notebook(lab):
    done, record, runs = lab
    html = (runs / "informe.html").read_text(encoding="utf-8")
    assert all(f'href="{name}.ipynb"' in html for name in record["planned"])
    assert all(name in html for name in ("Trainer", "Keras", "PyTorch", "TF-IDF"))
    assert "informe.html" in done.stdout
