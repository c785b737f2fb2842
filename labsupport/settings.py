"""Perfiles y parámetros: qué valores hay, cuáles se aceptan y cuáles están en vigor.

Un perfil es un juego completo de valores; un parámetro distinto de ``None`` en la celda
``parameters`` de un cuaderno (o con ``-p`` en la línea de órdenes) cambia solo ese valor.
"""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from labsupport.base.environment import choose_precision, describe_device, find_device
from labsupport.base.errors import LabError, explain_error, suggest_name
from labsupport.base.paths import EMBEDDED

# El único lugar con los valores de cada perfil. «mini» viaja dentro del paquete; «yelp» es el
# del tutorial (1.000 + 1.000 reseñas, semilla 42, 3 épocas, learning rate 5e-5, batch de 8).
PROFILES: dict[str, dict[str, Any]] = {
    "mini": {
        "model_name": "mini-bert",
        "dataset_name": "mini-reviews",
        "text_column": None,
        "label_column": None,
        "n_train": 1000,
        "n_eval": 1000,
        "max_length": 192,
        "batch_size": 16,
        "epochs": 3,
        "learning_rate": 5e-4,
        "seed": 42,
    },
    "yelp": {
        "model_name": "google-bert/bert-base-cased",
        "dataset_name": "Yelp/yelp_review_full",
        "text_column": None,
        "label_column": None,
        "n_train": 1000,
        "n_eval": 1000,
        "max_length": 512,
        "batch_size": 8,
        "epochs": 3,
        "learning_rate": 5e-5,
        "seed": 42,
    },
}
PARAMETERS: dict[str, type] = {
    "profile": str,
    "model_name": str,
    "dataset_name": str,
    "text_column": str,
    "label_column": str,
    "n_train": int,
    "n_eval": int,
    "max_length": int,
    "batch_size": int,
    "epochs": int,
    "learning_rate": float,
    "seed": int,
}
# Los que pueden quedarse en None: se encuentran al mirar el dataset.
OPTIONAL = ("text_column", "label_column")
# (mínimo, máximo) de cada número; lo que depende del dataset o del modelo se mira aparte.
LIMITS: dict[str, tuple[float, float]] = {
    "n_train": (1, math.inf),
    "n_eval": (1, math.inf),
    "max_length": (4, math.inf),
    "batch_size": (1, 4096),
    "epochs": (1, 1000),
    "learning_rate": (1e-9, 1.0),
    "seed": (0, 2**32 - 1),
}
# Tamaños publicados, para avisar antes de descargar nada.
KNOWN_SPLITS = {"Yelp/yelp_review_full": {"train": 650_000, "test": 50_000}}
KNOWN_MAX_LENGTHS = {"google-bert/bert-base-cased": 512}


@dataclass(frozen=True)
class Settings:
    """Los valores en vigor de una ejecución; en un cuaderno se muestra como una tabla."""

    profile: str
    model_name: str
    dataset_name: str
    text_column: str | None
    label_column: str | None
    n_train: int
    n_eval: int
    max_length: int
    batch_size: int
    epochs: int
    learning_rate: float
    seed: int
    device: str = "cpu"
    precision: str = "fp32"
    model_folder: str = ""
    dataset_folder: str = ""

    @property
    def model_path(self) -> str:
        """Lo que entiende ``from_pretrained``: una carpeta, o un id del Hub aún sin descargar."""
        return self.model_folder or _locate(self.model_name)

    @property
    def dataset_path(self) -> str:
        """Lo que entiende ``load_dataset``: una carpeta, o un id del Hub aún sin descargar."""
        return self.dataset_folder or _locate(self.dataset_name)

    def parameters(self) -> dict[str, Any]:
        """Devuelve solo los parámetros, en el orden de la tabla, sin dispositivo ni precisión."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def rows(self) -> list[tuple[str, str, str]]:
        """Devuelve (nombre, valor, de dónde sale) para mostrar."""
        default = PROFILES[self.profile]
        rows = [("profile", self.profile, "")]
        for name, value in list(self.parameters().items())[1:]:
            origin = "perfil" if value == default[name] else "cambiado"
            rows.append((name, f"{value:g}" if isinstance(value, float) else str(value), origin))
        if not self.device:
            return rows
        rows.append(("device", describe_device(self.device), "detectado"))
        return [*rows, ("precision", self.precision, "detectada")]

    def __str__(self) -> str:
        return "\n".join(f"{name:<14} {value:<30} {origin}" for name, value, origin in self.rows())

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>"
            for row in self.rows()
        )
        head = "<tr><th>parámetro</th><th>valor</th><th>de dónde sale</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{cells}</tbody></table>"

    def _repr_pretty_(self, printer, cycle) -> None:
        printer.text(str(self))


def parse_parameter(name: str, text: str) -> Any:
    """Convierte el texto de la línea de órdenes en el valor de un parámetro.

    Lanza LabError si el nombre no existe (con el más parecido) o si el texto no es del tipo.

    >>> parse_parameter("epochs", "3"), parse_parameter("learning_rate", "5e-5")
    (3, 5e-05)
    >>> parse_parameter("epocs", "3")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: No existe el parámetro «epocs». ¿Querías decir «epochs»? ...
    """
    _check_name(name)
    try:
        return PARAMETERS[name](text)
    except ValueError:
        raise _wrong_type(name, text) from None


def check_parameters(values: Mapping[str, Any]) -> Settings:
    """Completa los valores con su perfil, los revisa y devuelve los que quedan en vigor.

    ``values``: nombre a valor; ``None`` o ausente significa «lo que diga el perfil».
    Lanza LabError con una frase por el primer valor que no se pueda usar.

    >>> check_parameters({"profile": "mini", "n_train": 200}).n_train
    200
    >>> check_parameters({"epochs": -1})
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: «epochs» vale -1 y debe estar entre 1 y 1000: ...
    """
    for name in values:
        _check_name(name)
    profile = _check_profile(values.get("profile") or "mini")
    given = {name: value for name, value in values.items() if value is not None}
    merged = {**PROFILES[profile], **given, "profile": profile}
    settings = Settings(**{name: _check_value(name, merged[name]) for name in PARAMETERS})
    _check_against_dataset(settings)
    _check_against_model(settings)
    return settings


def apply_parameters(namespace: Mapping[str, Any], detect: bool = True) -> Settings:
    """Lee la celda ``parameters`` (pásale ``globals()``) y devuelve los valores en vigor.

    Añade el dispositivo y la precisión de esta máquina y trae del Hub lo que no esté ya aquí;
    sin ``detect`` no los añade, no importa ningún framework y solo trae el dataset. Lanza
    LabError si un valor no sirve o si algo no se puede traer.
    """
    values = {name: namespace[name] for name in PARAMETERS if name in namespace}
    settings = fetch_missing(check_parameters(values), with_model=detect)
    if not detect:
        return replace(settings, device="", precision="")
    device = find_device()
    detected = {"device": device, "precision": choose_precision(device)}
    return Settings(**{**_as_dict(settings), **detected})


def fetch_missing(settings: Settings, with_model: bool = True) -> Settings:
    """Trae del Hub lo que no esté en esta máquina, prepara el dataset y dice dónde quedó todo.

    Con lo incluido, con carpetas propias o con lo ya descargado no toca la red. ``with_model``:
    False para traer solo el dataset. Lanza LabError si no se puede, con qué hacer.

    >>> settings = check_parameters({"profile": "mini"})
    >>> fetch_missing(settings) == settings
    True
    """
    found = {}
    if _locate(settings.dataset_name) == settings.dataset_name:
        found["dataset_folder"] = _fetch_dataset(settings)
    if with_model and not Path(settings.model_path).exists():
        from labsupport.data.hub import fetch_model

        found["model_folder"] = str(fetch_model(settings.model_name))
    settings = replace(settings, **found)
    _check_against_model(settings)
    return settings


def _fetch_dataset(settings: Settings) -> str:
    from labsupport.data.hub import fetch_dataset
    from labsupport.data.own_data import prepare_dataset

    path = settings.dataset_path
    if not Path(path).exists():
        path = str(fetch_dataset(settings.dataset_name))
    return prepare_dataset(path, settings.text_column, settings.label_column, settings.seed)


def _as_dict(settings: Settings) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def _check_name(name: str) -> None:
    if name not in PARAMETERS:
        raise LabError(
            f"No existe el parámetro «{name}».{suggest_name(name, PARAMETERS)} "
            f"Los que hay: {', '.join(PARAMETERS)}."
        )


def _check_profile(profile: Any) -> str:
    if profile not in PROFILES:
        raise LabError(
            f"No existe el perfil «{profile}».{suggest_name(profile, PROFILES)} "
            f"Elige uno de estos: {', '.join(PROFILES)}."
        )
    return profile


def _check_value(name: str, value: Any) -> Any:
    kind = PARAMETERS[name]
    if value is None and name in OPTIONAL:
        return None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise _wrong_type(name, value)
    if kind is str:
        return _check_text(name, value)
    low, high = LIMITS[name]
    if not low <= value <= high:
        limits = f"entre {low:g} y {high:.10g}" if high < math.inf else f"ser {low:g} o más"
        verb = "debe estar" if high < math.inf else "debe"
        raise LabError(
            f"«{name}» vale {value} y {verb} {limits}: cambia su valor en la celda de parámetros."
        )
    return value


def _check_text(name: str, value: str) -> str:
    if not value.strip():
        raise LabError(f"«{name}» está vacío: escribe un nombre o deja None para usar el perfil.")
    return value


def _wrong_type(name: str, value: Any) -> LabError:
    wanted = {int: "un número entero", float: "un número", str: "un texto"}[PARAMETERS[name]]
    return LabError(f"«{name}» debe ser {wanted} y recibió {value!r}: corrige ese valor.")


def _locate(name: str) -> str:
    folder = EMBEDDED / name
    if "/" in name or not folder.is_dir():
        return name
    relative = os.path.relpath(folder)
    # Una ruta corta y relativa se lee mejor y no revela en qué carpeta vive cada quien.
    outside = relative.count("..") > 2
    return folder.as_posix() if outside else Path(relative).as_posix()


def _check_against_dataset(settings: Settings) -> None:
    sizes = _split_sizes(settings.dataset_name)
    for name, split in (("n_train", "train"), ("n_eval", "test")):
        wanted = getattr(settings, name)
        if split in sizes and wanted > sizes[split]:
            raise LabError(
                f"«{name}» pide {wanted} ejemplos y el split «{split}» de {settings.dataset_name} "
                f"tiene {sizes[split]}: baja «{name}» hasta ese número."
            )


def _split_sizes(dataset_name: str) -> dict[str, int]:
    folder = EMBEDDED / dataset_name
    if not folder.is_dir():
        return KNOWN_SPLITS.get(dataset_name, {})
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    sizes: dict[str, int] = {}
    for path in sorted(folder.glob("*.parquet")):
        try:
            rows = read_metadata(path).num_rows
        except ArrowException as error:
            raise LabError(f"{path.name}: {explain_error(error)}") from error
        split = path.name.split("-")[0]
        sizes[split] = sizes.get(split, 0) + rows
    return sizes


def _check_against_model(settings: Settings) -> None:
    limit = _model_max_length(settings)
    if limit is not None and settings.max_length > limit:
        raise LabError(
            f"«max_length» vale {settings.max_length} y {settings.model_name} admite {limit} "
            f"tokens como máximo: baja «max_length» a {limit} o menos."
        )


def _model_max_length(settings: Settings) -> int | None:
    model_name, path = settings.model_name, Path(settings.model_path) / "config.json"
    if not path.is_file():
        return KNOWN_MAX_LENGTHS.get(model_name)
    try:
        return json.loads(path.read_text(encoding="utf-8")).get("max_position_embeddings")
    except ValueError as error:
        raise LabError(
            f"El config.json de {model_name} está dañado: descarga el modelo otra vez o elige otro."
        ) from error
