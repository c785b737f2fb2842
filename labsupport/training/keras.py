"""Lo que Keras pide antes de la lección: TensorFlow preparado y un checkpoint convertible."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.environment import describe_device
from labsupport.base.errors import LabError

if TYPE_CHECKING:
    import numpy as np

    from labsupport.settings import Settings

BACKEND = "tensorflow"
# Los model_type de Hugging Face que keras_hub sabe convertir en un clasificador de texto.
CONVERTIBLE = ("albert", "bert", "distilbert", "roberta", "xlm-roberta")
# Cómo se llama en Keras la activación que dice config.json: (nombre, opciones).
ACTIVATIONS: dict[str, tuple[str, dict[str, bool]]] = {
    "gelu": ("gelu", {"approximate": False}),
    "gelu_new": ("gelu", {"approximate": True}),
    "gelu_pytorch_tanh": ("gelu", {"approximate": True}),
    "relu": ("relu", {}),
    "silu": ("silu", {}),
}
# La capa de cada bloque del Transformer que lleva la activación.
FEEDFORWARD = "feedforward_intermediate_dense"
# Arquitecturas con WordPiece: keras_hub lee su vocabulario de vocab.txt.
WORDPIECE = ("bert", "distilbert")
# Arquitecturas cuyo clasificador de Keras usa el pooler pre-entrenado, y su nombre en los pesos.
POOLERS = {"albert": "pooler.weight", "bert": "pooler.dense.weight"}


def prepare_tensorflow(settings: Settings) -> Settings:
    """Pone en marcha Keras sobre TensorFlow y devuelve ``settings`` con lo que Keras va a usar.

    Elige el backend, calla los avisos de arranque, hace que TensorFlow pida la memoria de la
    GPU según la necesita y activa mixed precision si ``settings.precision`` es ``"bf16"``. El
    dispositivo es el que ve TensorFlow, que puede no ser el de PyTorch. Lanza LabError si falta
    una librería o si Keras ya está en marcha con otro backend.
    """
    _check_installed()
    os.environ["KERAS_BACKEND"] = BACKEND
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_startup():
        import keras
        import tensorflow as tf
    _check_backend(keras.config.backend())
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    precision = (gpus and settings.precision) or "fp32"
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bf16" else "float32")
    device, name = ("cuda", _name_gpu(tf, gpus[0])) if gpus else ("cpu", describe_device("cpu"))
    return dataclasses.replace(settings, device=device, device_name=name, precision=precision)


def find_preset(model_path: str) -> str:
    """Devuelve el nombre con que keras_hub carga un checkpoint de Hugging Face.

    ``model_path``: una carpeta, que se devuelve igual, o un id del Hub, que pasa a ser
    ``hf://id``. Lanza LabError si keras_hub no sabe convertirlo, y dice por qué y qué hacer.

    >>> find_preset("bert-sin-carpeta/ni-organizacion/valida")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: No encuentro config.json en bert-sin-carpeta/...
    """
    config = _read_config(model_path)
    kind = config.get("model_type", "desconocido")
    _check_architecture(model_path, kind)
    if kind in WORDPIECE and _lacks_file(model_path, "vocab.txt"):
        raise LabError(
            f"A {_short_name(model_path)} le falta vocab.txt, el vocabulario que lee keras_hub: "
            "copia en su carpeta los archivos del tokenizer del checkpoint original."
        )
    _check_weights(model_path, kind)
    return model_path if Path(model_path).is_dir() else f"hf://{model_path}"


def set_activation(model: Any, name: str) -> int:
    """Hace que los bloques de un modelo de keras_hub usen una activación; devuelve cuántos son.

    ``name``: como la llama Hugging Face (``hidden_act`` en config.json). keras_hub no lee ese
    valor y calcula la de cada arquitectura. Hay que llamarla antes de ``compile``. Lanza
    LabError si Keras no tiene esa activación.
    """
    if name not in ACTIVATIONS:
        raise LabError(
            f"Keras no calcula la activación «{name}» como Transformers: "
            f"elige un checkpoint con una de estas: {', '.join(ACTIVATIONS)}."
        )
    import keras

    function, options = ACTIVATIONS[name]
    activation = functools.partial(getattr(keras.activations, function), **options)
    layers = [layer for layer in model._flatten_layers() if layer.name == FEEDFORWARD]
    for layer in layers:
        layer.activation = activation
    return len(layers)


def compute_keras_states(
    preset: str, inputs: Mapping[str, np.ndarray], activation: str | None = None
) -> np.ndarray:
    """Devuelve los hidden states (batch × tokens × hidden) que calcula Keras, en fp32 y en CPU.

    ``preset``: lo que devuelve ``find_preset``; ``inputs``: ``token_ids``, ``segment_ids`` y
    ``padding_mask``, batch × tokens; ``activation``: la de ``set_activation``, o None para dejar
    la de keras_hub. Carga una copia del checkpoint solo para esta cuenta, sin la mixed precision
    con que se pueda estar entrenando.
    """
    import keras
    import keras_hub

    with keras.device("cpu"):
        backbone = keras_hub.models.Backbone.from_preset(preset, dtype="float32")
        if activation:
            set_activation(backbone, activation)
        outputs = backbone({name: inputs[name] for name in backbone.input})
        states = outputs["sequence_output"] if isinstance(outputs, dict) else outputs
        return keras.ops.convert_to_numpy(states)


def _check_installed() -> None:
    for module, package in (("tensorflow", "tensorflow"), ("keras_hub", "keras-hub")):
        if not _is_installed(module):
            raise LabError(
                f"Falta instalar «{package}»: ejecuta `make lab` "
                "(o `pip install -r requirements.txt`) y reinicia el kernel."
            )


def _is_installed(module: str) -> bool:
    return module in sys.modules or importlib.util.find_spec(module) is not None


def _check_backend(backend: str) -> None:
    if backend != BACKEND:
        raise LabError(
            f"Keras ya está en marcha con el backend «{backend}» y no se puede cambiar: "
            "reinicia el kernel y ejecuta las celdas desde el principio."
        )


@contextlib.contextmanager
def _silent_startup() -> Iterator[None]:
    """Calla lo que TensorFlow escribe al cargarse, antes de leer TF_CPP_MIN_LOG_LEVEL.

    Lo escribe el código en C++ en el descriptor 2, así que no basta con cambiar ``sys.stderr``.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _name_gpu(tf: Any, gpu: Any) -> str:
    # Lo dice TensorFlow: torch puede estar instalado sin GPU, o no ver la misma.
    details = tf.config.experimental.get_device_details(gpu)
    return f"CUDA ({details.get('device_name', 'GPU')})"


def _check_architecture(model_path: str, kind: str) -> None:
    if kind not in CONVERTIBLE:
        raise LabError(
            f"keras_hub no convierte en clasificador la arquitectura «{kind}» de "
            f"{_short_name(model_path)}: elige en «model_name» un checkpoint "
            f"{', '.join(CONVERTIBLE)}, o entrénalo con el cuaderno 2 o el 4."
        )


def _check_weights(model_path: str, kind: str) -> None:
    names = _list_weights(model_path)
    if not names:
        raise LabError(
            f"{_short_name(model_path)} no trae sus pesos en model.safetensors, que es lo que lee "
            "keras_hub: guárdalo otra vez con `save_pretrained` o elige otro checkpoint."
        )
    pooler = POOLERS.get(kind)
    if pooler and not any(name.endswith(pooler) for name in names):
        raise LabError(
            f"{_short_name(model_path)} no trae los pesos del pooler, que keras_hub necesita para "
            "clasificar: usa el checkpoint original, o entrénalo con el cuaderno 2 o el 4."
        )


def _list_weights(model_path: str) -> list[str]:
    weights = _find_file(model_path, "model.safetensors")
    if weights is None:
        index = _find_file(model_path, "model.safetensors.index.json")
        return list(json.loads(index.read_text(encoding="utf-8"))["weight_map"]) if index else []
    from safetensors import safe_open

    with safe_open(weights, framework="np") as tensors:
        return list(tensors.keys())


def _read_config(model_path: str) -> dict[str, Any]:
    path = _find_file(model_path, "config.json")
    if path is None:
        raise LabError(
            f"No encuentro config.json en {_short_name(model_path)}: "
            "revisa «model_name», que debe ser una carpeta o un id del Hub."
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _find_file(model_path: str, name: str) -> Path | None:
    """La ruta de un archivo del checkpoint, descargado si hace falta; None si no lo tiene."""
    if Path(model_path).is_dir():
        path = Path(model_path, name)
        return path if path.is_file() else None
    from huggingface_hub import errors, hf_hub_download

    try:
        return Path(hf_hub_download(model_path, name))
    except errors.LocalEntryNotFoundError:  # no se sabe: ni está en la caché ni se llega al Hub
        raise
    except (errors.EntryNotFoundError, errors.RepositoryNotFoundError, errors.HFValidationError):
        return None


def _lacks_file(model_path: str, name: str) -> bool:
    """Dice si es seguro que falta; sin red, lo que no está en la caché se da por bueno."""
    try:
        return _find_file(model_path, name) is None
    except FileNotFoundError:
        return False


def _short_name(model_path: str) -> str:
    return Path(model_path).name if Path(model_path).is_dir() else model_path
