"""Lo que dice la ficha (README.md) de una carpeta de datos del Hub sobre sus archivos."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.tables import join_names


def read_patterns(folder: Path, name: str) -> list[tuple[str | None, list[str]]]:
    """Devuelve lo que dice la ficha de una carpeta, como ``choose_patterns``."""
    return choose_patterns(read_card(folder), name)


def read_card(folder: Path) -> dict[str, Any]:
    """Devuelve lo que dice la cabecera YAML del README.md de una carpeta; vacío si no lo trae.

    >>> read_card(Path("no-está"))
    {}
    """
    return _load(folder / "README.md")


def choose_patterns(card: Mapping[str, Any], name: str) -> list[tuple[str | None, list[str]]]:
    """Devuelve, por cada split que nombra una ficha, los patrones de sus archivos.

    Sin ficha, o si no habla de archivos, una lista vacía; el split es None si solo da archivos.
    ``name``: cómo llamar al dataset. Lanza LabError si son varios en uno y ninguno es el principal.

    >>> choose_patterns({"configs": [{"data_files": "d/*.csv"}]}, "org/datos")
    [(None, ['d/*.csv'])]
    """
    configs = [each for each in card.get("configs") or [] if isinstance(each, dict)]
    if not configs:
        return []
    default = next(
        (each for each in configs if each.get("default") or each.get("config_name") == "default"),
        configs[0] if len(configs) == 1 else None,
    )
    if default is None:
        names = join_names(f"«{each.get('config_name')}»" for each in configs)
        raise LabError(
            f"{name} son varios datasets en uno ({names}) y no dice cuál es el principal: pon en "
            "«dataset_name» la ruta de la carpeta o del archivo que quieras; si está en el Hub, "
            "descárgalo antes."
        )
    return list_patterns(default.get("data_files"))


def list_patterns(data_files: Any) -> list[tuple[str | None, list[str]]]:
    """Pone en una lista las formas que admite la ficha.

    >>> list_patterns([{"split": "train", "path": "a/*"}]), list_patterns({"test": ["b", "c"]})
    ([('train', ['a/*'])], [('test', ['b', 'c'])])
    >>> list_patterns("d/*.csv")
    [(None, ['d/*.csv'])]
    """
    if isinstance(data_files, str):
        return [(None, [data_files])]
    if isinstance(data_files, dict):
        if "path" in data_files:
            paths = data_files["path"]
            return [(data_files.get("split"), [paths] if isinstance(paths, str) else list(paths))]
        data_files = [{"split": split, "path": path} for split, path in data_files.items()]
    found = [each for item in data_files or [] for each in list_patterns(item)]
    plain = [path for split, paths in found if split is None for path in paths]
    named = [each for each in found if each[0] is not None]
    return [*named, (None, plain)] if plain else named


def match(name: str, patterns: list[str]) -> bool:
    """Dice si un archivo, por su ruta dentro de la carpeta, es de los que dicen los patrones.

    >>> match("data/train-0.parquet", ["data/train-*"]), match("a [1].csv", ["a [1].csv"])
    (True, True)
    """
    return any(name == each or fnmatchcase(name, each) for each in patterns)


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    from huggingface_hub import metadata_load

    try:
        return metadata_load(path) or {}
    except Exception:
        # Una ficha escrita solo para leerla, que YAML no entiende: no habla de archivos.
        return {}
