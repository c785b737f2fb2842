"""Lo que acierta cada receta con varias semillas: se entrena con una orden, y aquí se lee.

El archivo es el que deja ``tools/measure_recipe.py``: las recetas, la accuracy en validación de
cada semilla y lo que respondió al examen. El de los parámetros de partida viaja con el paquete;
los demás, en ``results/``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport.base.errors import LabError
from labsupport.base.paths import EMBEDDED, find_result
from labsupport.base.tables import join_names
from labsupport.costs.recipes import Recipe
from labsupport.data import find_token_limit
from labsupport.evaluation.results import digest_texts
from labsupport.settings import list_values

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset

    from labsupport.settings import Settings

KIND, SCHEMA_VERSION = "laboratorio-recipe", 1
# Lo que cuesta un encoder de 22 millones de pesos con textos largos; sin accuracies.
LARGE = EMBEDDED / "recipe-22m.json"
COSTS = ("ms", "times", "times_whole", "share", "mib", "weights", "mb", "watt_hours")
STORED, OWN = EMBEDDED / "recipe.json", "receta.json"
# Hasta dónde rellena la receta original, si el modelo admite tanto.
LONGEST = 512
COMMAND = "python tools/measure_recipe.py"
# Lo que tiene que coincidir: el largo va en cada receta, y los textos se reconocen por su huella.
SAME = ("model_name", "n_train", "n_validation", "n_eval", "batch_size", "epochs")
SAME += ("learning_rate", "data_seed")


@dataclass(frozen=True)
class RecipeRun:
    """Un entrenamiento: su accuracy en validación y lo que respondió al examen, o None."""

    accuracy: float
    answers: np.ndarray | None = None


@dataclass(frozen=True)
class RecipeRuns:
    """Los entrenamientos guardados; ``note`` dice de cuándo son o con qué orden se hacen."""

    note: str
    runs: Mapping[Recipe, Mapping[int, RecipeRun]] = field(default_factory=dict)

    def find(self, recipe: Recipe) -> dict[int, RecipeRun]:
        """Devuelve los de una receta, por semilla; vacío si no hay.

        La precisión, cuántas veces se evalúa y no calcular lo que el head no lee cambian lo que
        cuesta y no lo que se aprende.
        """
        return dict(self.runs.get(_simplify(recipe), {}))


def read_recipe_runs(settings: Settings, test_rows: Dataset) -> RecipeRuns:
    """Lee los entrenamientos de cada receta que valgan para estos parámetros y este examen.

    ``test_rows``: los del examen, con ``index`` y ``text``, como los da ``load_subset``: las
    respuestas salen en su orden.
    """
    for path in (find_result(OWN), STORED):
        content = _load(path)
        if content and _is_of(content, settings, test_rows):
            return RecipeRuns(_describe(content), _arrange(content, test_rows))
    return RecipeRuns(
        "No hay entrenamientos guardados de estas recetas con estos parámetros. Los hace, en el "
        f"repositorio, `{describe_command(settings)}`, y si se interrumpe sigue donde iba."
    )


def read_recipe_costs(path: Path = LARGE) -> tuple[pd.DataFrame, str]:
    """Lee lo que cuesta cada receta con otro modelo, medido con una orden, y de cuándo es.

    Devuelve una tabla con una fila por receta (``ms`` por ejemplo, ``times`` y ``times_whole``,
    cuántas veces más barata que la original sin evaluaciones y con ellas, ``share`` del máximo de
    la máquina, ``mib``, ``weights`` y ``mb``) y una frase. Lanza LabError si el archivo falta o no
    es de recetas.
    """
    import pandas as pd

    content = _load(path)
    if content is None or not content.get("cost"):
        raise LabError(
            f"Falta {path.name} o está dañado: recupera el del repositorio o mídelo otra vez con "
            f"`{COMMAND} --random 6x384 --long-texts --no-accuracy --out ...`."
        )
    table = pd.DataFrame.from_dict(content["cost"], orient="index")
    note = (
        f"{len(table)} recetas medidas el {content['date']} ({content['machine']}) con "
        f"`{content['command']}`."
    )
    return table[[name for name in COSTS if name in table]], note


def describe_command(settings: Settings) -> str:
    """Devuelve la orden que entrena las recetas con estos parámetros.

    >>> from labsupport.settings import check_parameters
    >>> describe_command(check_parameters({"epochs": 1, "max_length": 128}))
    'python tools/measure_recipe.py --max-length 512 --short-length 128 --epochs 1'
    """
    usual = list_values("mini")
    longest = max(settings.max_length, min(LONGEST, find_token_limit(settings) or LONGEST))
    parts = [COMMAND, f"--max-length {longest} --short-length {settings.max_length}"]
    for name, value in settings.parameters().items():
        if name not in ("seed", "max_length") and value != usual.get(name):
            option = {"model_name": "model", "dataset_name": "dataset"}.get(name, name)
            parts.append(f"--{option.replace('_', '-')} {value}")
    return " ".join(parts)


def _simplify(recipe: Recipe) -> Recipe:
    return replace(recipe, precision="fp32", evaluations=None, first_only=False)


def _load(path: Path) -> dict[str, Any] | None:
    """El contenido de un archivo de recetas; None si no lo hay o está a medias."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        return None
    return content if content.get("schema_version") == SCHEMA_VERSION else None


def _is_of(content: Mapping[str, Any], settings: Settings, test_rows: Dataset) -> bool:
    wanted = settings.parameters()
    theirs = content.get("parameters", {})
    same = all(theirs.get(name) == wanted[name] for name in SAME)
    digest = content.get("exam", {}).get("texts_digest")
    return same and not content.get("random") and digest == digest_texts(test_rows)


def _arrange(content: Mapping[str, Any], test_rows: Dataset) -> dict[Recipe, dict[int, RecipeRun]]:
    place = {int(each): i for i, each in enumerate(content["exam"]["index"].split())}
    order = [place[index] for index in test_rows["index"]]
    found: dict[Recipe, dict[int, RecipeRun]] = {}
    for name, runs in content["runs"].items():
        recipe = _simplify(Recipe(**content["recipes"][name]))
        for seed, each in runs.items():
            answers = (
                np.array(each["answers"].split(), dtype=int)[order] if each["answers"] else None
            )
            found.setdefault(recipe, {}).setdefault(int(seed), RecipeRun(each["accuracy"], answers))
    return found


def _describe(content: Mapping[str, Any]) -> str:
    seeds = sorted({seed for runs in content["runs"].values() for seed in runs})
    return (
        f"{len(content['runs'])} recetas entrenadas con las semillas {join_names(seeds)}, los "
        f"mismos textos y la medida hecha el {content['date']} ({content['machine']}) con "
        f"`{content['command']}`."
    )
