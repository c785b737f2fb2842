"""Los entrenamientos de varias semillas: se hacen con una orden, se guardan y aquí se leen.

Lo que responde cada uno al examen va en un JSON pequeño (``schema_version`` 1):

- ``kind``: ``"laboratorio-seeds"``; ``schema_version``: 1; ``date``: cuándo acabaron;
- ``machine``: en qué clase de máquina; ``versions``: de las librerías;
- ``parameters``: los de ``Settings.parameters()`` menos ``seed``; ``label_names``;
- ``texts_digest``, ``index`` y ``labels``: el examen, como en ``results``;
- ``runs``: lista de {``framework``, ``seed``, ``validation_accuracy``, ``recipe``, ``answers``},
  y ``answers`` en el orden de ``index``.

Los de los parámetros de partida viajan con el paquete; los demás, en ``results/``.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.environment import describe_device
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.paths import EMBEDDED, find_result
from labsupport.base.tables import join_names
from labsupport.evaluation.comparison import LESSONS
from labsupport.evaluation.results import Predictions, digest_texts
from labsupport.settings import check_parameters, list_values

if TYPE_CHECKING:
    from datasets import Dataset

    from labsupport.settings import Settings

KIND = "laboratorio-seeds"
SCHEMA_VERSION = 1
SEEDS = (42, 43, 44)
# Los que viajan con el paquete, de cada perfil, con sus parámetros de partida.
STORED = {"mini": EMBEDDED / "seeds.json", "mini-es": EMBEDDED / "seeds-es.json"}
COMMAND = "python tools/measure_seeds.py"
# El mismo archivo tiene muchos nombres: los textos se reconocen por su huella.
FREE = {"seed", "profile", "dataset_name"}


def read_seed_runs(
    settings: Settings, test_rows: Dataset
) -> tuple[dict[str, dict[int, np.ndarray]], str]:
    """Lee los entrenamientos de varias semillas que valgan para estos parámetros y este examen.

    Devuelve de nombre («Trainer», «Keras», «PyTorch») a semilla a respuestas, en el orden de
    ``test_rows``, y una frase: de cuándo y de dónde son o, si no hay (y entonces el diccionario va
    vacío), con qué orden se hacen.
    """
    for path in (seeds_path(settings.profile), *STORED.values()):
        content = _load(path)
        if content and _is_of(content, settings, test_rows):
            return _arrange(content, test_rows), _describe(content)
    return {}, (
        "No hay entrenamientos de varias semillas con estos parámetros. Los hace, en el "
        f"repositorio, `{describe_command(settings)}`: son {len(LESSONS) * len(SEEDS)} "
        "entrenamientos, y si se interrumpe sigue donde iba."
    )


def save_seed_runs(path: Path, found: Mapping[tuple[str, int], Predictions]) -> None:
    """Guarda lo que respondieron varios entrenamientos al mismo examen.

    ``found``: de (nombre, semilla) a predicciones, con los mismos textos y parámetros en todas.
    Lanza LabError si no son del mismo examen.
    """
    first = next(iter(found.values()))
    content = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "command": describe_command(check_parameters(first.parameters)),
        "date": time.strftime("%Y-%m-%d"),
        "machine": _describe_machine(first),
        "versions": first.versions,
        "parameters": _choose(first.parameters),
        "label_names": first.label_names,
        "texts_digest": first.texts_digest,
        "index": first.index,
        "labels": first.labels,
    }
    runs = [_keep_run(name, seed, each, first) for (name, seed), each in found.items()]
    # Una línea por clave y por entrenamiento: se lee y se compara con la anterior.
    lines = [f"{json.dumps(key)}: {_write(value)}" for key, value in content.items()]
    lines.append('"runs": [\n' + ",\n".join(map(_write, runs)) + "\n]")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "{\n" + ",\n".join(lines) + "\n}\n")


def seeds_path(profile: str) -> Path:
    """Devuelve dónde están los de otros parámetros: ``results/semillas-<perfil>.json``.

    >>> seeds_path("mini").name
    'semillas-mini.json'
    """
    return find_result(f"semillas-{profile}.json")


def describe_command(settings: Settings) -> str:
    """Devuelve la orden que hace los entrenamientos de estos parámetros.

    >>> from labsupport.settings import check_parameters
    >>> describe_command(check_parameters({"epochs": 1, "seed": 7}))
    'python tools/measure_seeds.py -p epochs 1'
    """
    usual = list_values(settings.profile) | {"profile": list_values("mini")["profile"]}
    changed = {
        name: value
        for name, value in settings.parameters().items()
        if name != "seed" and value != usual[name]
    }
    return " ".join([COMMAND, *(f"-p {name} {_quote(value)}" for name, value in changed.items())])


def _load(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(content, dict) and content.get("kind") == KIND
    return content if known and content.get("schema_version") == SCHEMA_VERSION else None


def _is_of(content: Mapping[str, Any], settings: Settings, test_rows: Dataset) -> bool:
    mine = _choose(settings.parameters())
    theirs = content["parameters"]
    same = all(theirs.get(name) == value for name, value in mine.items() if name not in FREE)
    return (
        same
        and content["label_names"] == test_rows.features["label"].names
        and content["texts_digest"] == digest_texts(test_rows)
        and dict(zip(content["index"], content["labels"], strict=True))
        == dict(zip(test_rows["index"], test_rows["label"], strict=True))
    )


def _choose(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name != "seed"}


def _arrange(content: Mapping[str, Any], test_rows: Dataset) -> dict[str, dict[int, np.ndarray]]:
    place = {position: i for i, position in enumerate(content["index"])}
    order = [place[position] for position in test_rows["index"]]
    runs: dict[str, dict[int, np.ndarray]] = {}
    for run in content["runs"]:
        answers = np.asarray(run["answers"])[order]
        runs.setdefault(run["framework"], {})[run["seed"]] = answers
    return runs


def _describe(content: Mapping[str, Any]) -> str:
    seeds = sorted({run["seed"] for run in content["runs"]})
    names = dict.fromkeys(run["framework"] for run in content["runs"])
    return (
        f"{join_names(names)}, con las semillas {join_names(seeds)} del modelo y los mismos "
        f"textos: {len(content['runs'])} entrenamientos hechos el {content['date']} "
        f"({content['machine']}) con `{content['command']}`."
    )


def _keep_run(name: str, seed: int, run: Predictions, first: Predictions) -> dict[str, Any]:
    if (run.index, run.labels) != (first.index, first.labels):
        raise LabError("Los entrenamientos no responden al mismo examen: bórralos y repite.")
    validation = run.validation
    return {
        "framework": name,
        "seed": seed,
        "validation_accuracy": _share_right(validation) if validation else None,
        "recipe": run.recipe,
        "answers": np.argmax(run.logits, axis=1).tolist(),
    }


def _share_right(part: Mapping[str, Sequence[Any]]) -> float:
    return round(float((np.argmax(part["logits"], axis=1) == part["labels"]).mean()), 4)


def _describe_machine(run: Predictions) -> str:
    kind = "CPU" if run.device == "cpu" else describe_device(run.device)
    return f"{kind}, {run.precision}, {os.cpu_count()} núcleos, {platform.system()}"


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quote(value: Any) -> str:
    text = str(value)
    return f'"{text}"' if any(letter.isspace() for letter in text) else text
