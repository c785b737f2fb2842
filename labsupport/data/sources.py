"""De los nombres de los parámetros a lo que se carga: encontrar, traer, preparar.

También se comprueba aquí, una sola vez, que lo pedido cabe en el dataset y en el modelo: lo hace
la celda que aplica los parámetros y, antes de arrancar un kernel, la línea de órdenes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labsupport.base.environment import (
    BF16_WIDTH,
    choose_precision,
    describe_device,
    find_device,
    flush_tiny_numbers,
    speed_up_products,
)
from labsupport.base.errors import LabError, explain_error
from labsupport.base.paths import EMBEDDED
from labsupport.data.checkpoints import check_usable, provide_safetensors, read_config, read_limit
from labsupport.data.locations import find_source
from labsupport.data.own_data import prepare_dataset
from labsupport.data.splits import EVAL_SHARE
from labsupport.settings import PARAMETERS, Settings, check_parameters

# Tamaños publicados, para avisar antes de descargar nada.
KNOWN_SPLITS = {
    "Yelp/yelp_review_full": {"train": 650_000, "test": 50_000},
    # Un solo archivo, que se reparte al prepararlo.
    "beltrewilton/punta-cana-spanish-reviews": {"train": 34_561},
}
# El parámetro que dice cuántas filas se toman de cada split.
SIZES = {"n_train": "train", "n_validation": "validation", "n_eval": "test"}
WIDTHS = ("hidden_size", "dim", "n_embd", "d_model")
KNOWN_MAX_LENGTHS = {
    "google-bert/bert-base-cased": 512,
    "dccuchile/bert-base-spanish-wwm-cased": 512,
}


def apply_parameters(
    namespace: Mapping[str, Any], detect: bool = True, framework: str = "", **defaults: Any
) -> Settings:
    """Lee la celda ``parameters`` (pásale ``globals()``) y devuelve los valores en vigor.

    ``defaults``: lo que esta lección usa en lugar de lo que diga el perfil. De ``n_train``,
    ``n_validation`` y ``n_eval`` se toma lo que haya, y se dice, si no los escribió quien ejecuta.

    Dice dónde están el dataset y el modelo, y trae del Hub lo que no esté ya aquí; añade el
    dispositivo y la precisión de esta máquina, y con un modelo grande en CPU prepara los
    productos de matrices. Sin ``detect`` no los mira, no importa ningún framework y del Hub solo
    trae el dataset. ``framework``: ``"keras"`` rechaza, antes de descargar sus pesos, el modelo
    que keras_hub no convierte. Lanza LabError si un valor no sirve o no cabe, o si algo no se
    puede traer.

    >>> apply_parameters({"n_train": 200, "otra": 1}, detect=False).n_train
    200
    """
    written = {n: namespace[n] for n in PARAMETERS if namespace.get(n) is not None}
    checked = check_parameters({**defaults, **written})
    lesson = tuple((name, "lección") for name in defaults if name not in written)
    settings = find_sources(replace(checked, origins=lesson), written)
    settings = fetch_missing(settings, detect, written, framework)
    return _detect(settings) if detect else settings


def find_sources(settings: Settings, written: Collection[str] = SIZES) -> Settings:
    """Apunta dónde está lo que ya hay en esta máquina; no descarga nada.

    ``written``: los parámetros que alguien escribió; si ``n_train``, ``n_validation`` o ``n_eval``
    no están y piden más de lo que hay, se quedan en lo que hay.

    Un archivo o una carpeta queda con el nombre que le da ``locations``, sea cual sea la forma en
    que se escribió. Lanza LabError si una ruta no está o no sirve, y si se piden más filas de las
    que tiene el dataset o más tokens de los que admite el modelo, según lo que hay en el disco o
    los tamaños publicados.

    >>> find_sources(check_parameters({})).model_folder.endswith("embedded/mini-bert")
    True
    >>> find_sources(check_parameters({"profile": "yelp"})).model_folder
    ''
    """
    model, model_name = find_source("model_name", settings.model_name)
    dataset, dataset_name = find_source("dataset_name", settings.dataset_name)
    found = replace(
        settings,
        model_name=model_name,
        dataset_name=dataset_name,
        model_folder=model,
        dataset_folder=dataset,
    )
    _check_max_length(found)
    return _fit_sizes(found, _read_known_sizes(found), written)


def fetch_missing(
    settings: Settings,
    with_model: bool = True,
    written: Collection[str] = SIZES,
    framework: str = "",
) -> Settings:
    """Trae del Hub lo que ``find_sources`` no encontró, prepara el dataset y dice dónde quedó todo.

    Con lo incluido, con carpetas propias o con lo ya descargado no toca la red. ``with_model``:
    False para traer solo el dataset; ``written``: como en ``find_sources``; ``framework``: como
    en ``apply_parameters``. Lanza LabError si no se puede, con qué hacer.

    >>> settings = find_sources(check_parameters({"profile": "mini"}))
    >>> fetch_missing(settings) == settings
    True
    """
    if not _is_embedded(settings.dataset_name):
        settings = replace(settings, dataset_folder=_fetch_dataset(settings))
        settings = _fit_sizes(settings, count_rows(Path(settings.dataset_folder)), written)
    if with_model and not _is_embedded(settings.model_name):
        settings = replace(settings, model_folder=str(_fetch_model(settings, framework)))
    return settings


def _detect(settings: Settings) -> Settings:
    device = find_device()
    width = _read_width(settings)
    if device == "cpu":
        flush_tiny_numbers()
    # Cuesta unos 400 MiB más: con el modelo incluido no cabría en los 2 GB de Binder.
    if device == "cpu" and width >= BF16_WIDTH:
        speed_up_products()
    name, precision = describe_device(device), choose_precision(device, width)
    return replace(settings, device=device, device_name=name, precision=precision)


def _is_embedded(name: str) -> bool:
    return name in {path.name for path in EMBEDDED.iterdir() if path.is_dir()}


def _fetch_model(settings: Settings, framework: str) -> Path:
    """La carpeta de un modelo que no es el incluido, ya revisado y con sus pesos en safetensors."""
    from labsupport.data.hub import fetch_model

    def check(folder: Path) -> None:
        check_usable(folder, settings.model_name, framework)
        _check_max_length(replace(settings, model_folder=str(folder)))

    if settings.model_folder:
        folder = Path(settings.model_folder)
        check(folder)
    else:
        folder = fetch_model(settings.model_name, check=check)
    return provide_safetensors(folder, settings.model_name)


def _fetch_dataset(settings: Settings) -> str:
    from labsupport.data.hub import fetch_dataset

    path = settings.dataset_folder or str(fetch_dataset(settings.dataset_name))
    return prepare_dataset(
        path,
        settings.text_column,
        settings.label_column,
        settings.data_seed,
        header=settings.header,
        # Cada cuaderno pregunta por su cuenta: basta con contestar en uno.
        remember=True,
        # Se reparten: hay que guardar más que las pedidas de cada lado.
        rows=max(
            2 * (settings.n_train + settings.n_validation),
            math.ceil(settings.n_eval * 1.2 / EVAL_SHARE),
        ),
    )


def _fit_sizes(settings: Settings, sizes: Mapping[str, int], written: Collection[str]) -> Settings:
    """Comprueba que hay tantas filas como se piden; lo que nadie escribió se ajusta y se dice."""
    fitted = {}
    shared = "validation" not in sizes and "train" in sizes
    limits = _share_train(settings, sizes, written) if shared else sizes
    for name, split in SIZES.items():
        wanted, size = getattr(settings, name), limits.get(split)
        if size is None or wanted <= size:
            continue
        part = shared and split != "test"
        if name in written:
            room = f"el split «{split}» de {settings.dataset_name} tiene {size}"
            if part:
                room = (
                    f"de los {sizes['train']} del split «train» de {settings.dataset_name}, que "
                    f"da para entrenar y validar, le quedan {size}"
                )
            raise LabError(
                f"«{name}» pide {wanted} ejemplos y {room}: baja «{name}» hasta ese número."
            )
        place = "lo que le toca del split «train»" if part else f"lo que hay en el split «{split}»"
        print(f"«{name}» queda en {size}: es {place}, y no {wanted}.")
        fitted[name] = size
    origins = (*settings.origins, *((name, "lo que hay") for name in fitted))
    changes: dict[str, Any] = {**fitted, "origins": origins}
    return replace(settings, **changes)


def _share_train(
    settings: Settings, sizes: Mapping[str, int], written: Collection[str]
) -> dict[str, int]:
    """Las filas que hay para cada parte cuando la validación sale de train.

    Lo que nadie escribió cede: validar no pasa de una quinta parte; entrenar, de lo que queda.
    """
    total, train, validation = sizes["train"], settings.n_train, settings.n_validation
    if total < 2:
        raise LabError(
            f"{settings.dataset_name} tiene un solo texto de entrenamiento: hacen falta al menos "
            "dos, uno para entrenar y otro para validar. Añade más textos distintos."
        )
    if train + validation > total and "n_validation" not in written:
        left = total - train if "n_train" in written else total - 1
        validation = max(1, min(validation, round(total * EVAL_SHARE), left))
    validation = max(1, min(validation, total - 1))
    return {**sizes, "validation": validation, "train": max(1, total - validation)}


def _read_known_sizes(settings: Settings) -> Mapping[str, int]:
    if _is_embedded(settings.dataset_name):
        return count_rows(EMBEDDED / settings.dataset_name)
    return KNOWN_SPLITS.get(settings.dataset_name, {})


def count_rows(folder: Path) -> dict[str, int]:
    """Devuelve las filas de cada split de una carpeta de parquet, sin leerlas.

    Lanza LabError si un archivo está dañado.

    >>> count_rows(EMBEDDED / "mini-reviews")["test"] > 1000
    True
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    sizes: dict[str, int] = {}
    for path in sorted(folder.rglob("*.parquet")):
        try:
            rows = read_metadata(path).num_rows
        except ArrowException as error:
            raise LabError(f"{path.name}: {explain_error(error)}") from error
        split = re.split(r"[-_.]", path.name)[0]
        sizes[split] = sizes.get(split, 0) + rows
    return sizes


def find_token_limit(settings: Settings) -> int | None:
    """Devuelve cuántos tokens admite el checkpoint como máximo; None si no se sabe.

    >>> find_token_limit(apply_parameters({}, detect=False))
    512
    """
    folder = Path(settings.model_path)
    if not folder.is_dir():
        return KNOWN_MAX_LENGTHS.get(settings.model_name)
    return read_limit(folder, settings.model_name)


def _check_max_length(settings: Settings) -> None:
    limit = find_token_limit(settings)
    if limit is not None and settings.max_length > limit:
        raise LabError(
            f"«max_length» vale {settings.max_length} y {settings.model_name} admite {limit} "
            f"tokens como máximo: baja «max_length» a {limit} o menos."
        )


def _read_width(settings: Settings) -> int:
    """Los números por token del modelo; cada familia los llama a su manera. 0 si no se sabe."""
    folder = Path(settings.model_path)
    config = read_config(folder, settings.model_name) if folder.is_dir() else {}
    return next((config[name] for name in WIDTHS if isinstance(config.get(name), int)), 0)
