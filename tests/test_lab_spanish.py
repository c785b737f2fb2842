"""Los seis primeros cuadernos con el par en español: «make lab ARGS="-p profile mini-es"»."""

from __future__ import annotations

import json

import nbformat
import pytest
from lab_runs import run_lab

from labsupport.base.paths import EMBEDDED
from labsupport.running.whole_lab import find_notebooks

CORE = [path.stem for path in find_notebooks([])]
TRAINED = ("02_trainer", "03_keras", "04_pytorch")
# Preparar el laboratorio es ejecutarlo: en una máquina lenta y ocupada, muchos minutos.
pytestmark = pytest.mark.timeout(2400)
# Enseñan los dos idiomas a propósito: la comparación del 0 y el dibujo, que es uno solo.
BOTH = ("idiomas", "dibujo")
# Lo que se les dice a los modelos en inglés y no debe salir con uno que lee español.
ENGLISH = ("The food was", "not bad at all", "1 star\n", "5 stars")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """La ejecución con el perfil «mini-es», sin red."""
    return run_lab(tmp_path_factory.mktemp("laboratorio"), "-p", "profile", "mini-es")


def read_printed(path):
    """Devuelve lo que un cuaderno ejecutado imprimió o mostró, como texto."""
    cells = nbformat.read(path, as_version=4).cells
    shown = [c for c in cells if c.cell_type == "code" and not c.id.startswith(BOTH)]
    outputs = [output for cell in shown for output in cell.outputs]
    texts = [output.get("text") or output.get("data", {}).get("text/plain") for output in outputs]
    return "\n".join("".join(text) for text in texts if text)


def test_every_lesson_runs_in_spanish(lab):
    done, record, _ = lab
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["notebook"] for row in record["notebooks"]] == CORE
    assert {row["status"] for row in record["notebooks"]} == {"bien"}


def test_the_three_trainings_learn(lab):
    _, record, _ = lab
    figures = json.loads((EMBEDDED / "figures-es.json").read_text(encoding="utf-8"))
    floor = max(figures["accuracy"]["random"]["seeds"])
    accuracies = {row["notebook"]: row["accuracy"] for row in record["notebooks"]}
    assert min(accuracies[name] for name in TRAINED) > floor + 0.05, accuracies


@pytest.mark.parametrize("lesson", CORE)
def test_no_sentence_is_said_in_english(lab, lesson):
    _, _, runs = lab
    printed = read_printed(runs / f"{lesson}.ipynb")
    assert [each for each in ENGLISH if each in printed] == []
    if lesson == "01_preparar_datos":
        assert "5 estrellas" in printed and "region" in printed
