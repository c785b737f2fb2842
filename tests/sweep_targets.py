"""Lo que se entrena en las pruebas de los barridos: programas que tardan lo que se les pide."""

from __future__ import annotations

import json
from pathlib import Path

SCRIPT = """
import argparse, json, math, os, pathlib, time

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float, default=1e-3)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--pause", type=float, default=0.0)
parser.add_argument("--fail", type=int, default=-1)
options, _ = parser.parse_known_args()
with open({diary!r}, "a") as diary:
    diary.write(f"{{options.learning_rate:g}} {{options.seed}}\\n")
time.sleep(options.pause)
if options.seed == options.fail and not os.path.exists({cured!r}):
    raise SystemExit("se desbocó")
accuracy = 0.8 - abs(math.log10(options.learning_rate) + 3) / 10 + options.seed / 1000
folder = pathlib.Path(os.environ["LAB_RESULTS_DIR"])
scores = {{"validation_accuracy": accuracy, "validation_loss": 1 - accuracy, "accuracy": 0.999}}
(folder / "metrics.json").write_text(json.dumps(scores))
"""

# Un cuaderno que «entrena» en nada: su validación depende de los parámetros.
PARAMETERS = "learning_rate = None\nseed = None\nprofile = None\nn_train = None"
TRAIN = """
import json, os, pathlib
right = learning_rate == 1e-3
logits = [[2.0, 0.0], [0.0, 2.0] if right else [2.0, 0.0]]
part = {"index": [0, 1], "labels": [0, 1], "logits": logits}
content = {
    "kind": "laboratorio-predictions", "schema_version": 2, "lesson": "02_prueba",
    "framework": "nada", "parameters": {}, "device": "cpu", "precision": "fp32", "versions": {},
    "seconds": 0.5, "peak_memory_mib": 1.0, "accuracy": 0.999, "label_names": ["a", "b"],
    "split": "test", "index": [0, 1], "labels": [0, 1], "logits": [[9.0, 0.0], [0.0, 9.0]],
    "history": [], "texts_digest": "", "validation": part, "recipe": {},
}
folder = pathlib.Path(os.environ["LAB_RESULTS_DIR"])
(folder / "02_prueba-mini.json").write_text(json.dumps(content))
(folder / "pesos.safetensors").write_bytes(b"muchos")
"""


def write_script(folder: Path) -> Path:
    """Escribe un programa que anota en ``diario.txt`` cada vez que se ejecuta."""
    diary, cured = str(folder / "diario.txt"), str(folder / "curado")
    path = folder / "programa" / "entrena.py"
    path.parent.mkdir()
    path.write_text(SCRIPT.format(diary=diary, cured=cured), encoding="utf-8")
    return path


def read_diary(folder: Path) -> list[str]:
    """Devuelve lo que se ejecutó, en orden."""
    path = folder / "diario.txt"
    return path.read_text().splitlines() if path.exists() else []


def write_notebook(make_notebook, *more: str) -> Path:
    """Escribe un cuaderno que deja predicciones, con su celda de parámetros."""
    path = make_notebook("02_prueba", PARAMETERS, *more, TRAIN)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["cells"][0]["metadata"]["tags"] = ["parameters"]
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def read_lines(path: Path) -> list[dict]:
    """Devuelve las líneas de un barrido, que tienen que estar enteras."""
    content = path.read_text(encoding="utf-8")
    assert content.endswith("\n")
    return [json.loads(line) for line in content.splitlines()]
