"""Lo que Keras pide antes de la lección: TensorFlow preparado y un checkpoint convertible."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.environment import describe_device
from labsupport.base.errors import LabError
from labsupport.data.checkpoints import (
    CONFIG,
    check_convertible,
    copy_with_weights,
    read_config,
)

if TYPE_CHECKING:
    import numpy as np

    from labsupport.settings import Settings

BACKEND, WEIGHTS = "tensorflow", "model.safetensors"
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
# Los dos lados de la activación del primer bloque, en lo que devuelve compute_keras_states.
BEFORE, AFTER = "capa 1: hasta la activación", "capa 1: tras la activación"
# Arquitecturas cuyo clasificador de Keras usa el pooler pre-entrenado, y su nombre en los pesos.
POOLERS = {"albert": "pooler.weight", "bert": "pooler.dense.weight"}
# Las capas del head de cada arquitectura: su nombre en Keras y el de sus pesos en Transformers.
HEADS = {
    "albert": {"output_dense": "classifier"},
    "bert": {"output_dense": "classifier"},
    "distilbert": {"pooled_dense": "pre_classifier", "output_dense": "classifier"},
    "roberta": {"pooled_dense": "classifier.dense", "output_dense": "classifier.out_proj"},
}
HEADS["xlm-roberta"] = HEADS["roberta"]
# Arquitecturas cuyos pesos keras_hub busca con este prefijo, que un cuerpo suelto no lleva.
PREFIXES = {"albert": "albert.", "distilbert": "distilbert.", "roberta": "roberta."}
EMBEDDINGS = "embeddings.word_embeddings.weight"
# Lo que RoBERTa suma a cada token y keras_hub no copia: el vector del único tipo de segmento.
SEGMENTS = "embeddings.token_type_embeddings.weight"


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
        _load_triton()
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


def find_preset(model_path: str, name: str = "", say: Callable[[str], None] = print) -> str:
    """Devuelve el nombre con que keras_hub carga un checkpoint de Hugging Face.

    ``model_path``: una carpeta, que se devuelve igual, o un id del Hub, que pasa a ser
    ``hf://id``; ``name``: cómo llamarlo al hablar de él. A una carpeta sin los pesos del pooler le
    da unos al azar, como Transformers, en una copia, y lo cuenta con ``say``. Lanza LabError si
    keras_hub no sabe convertirlo, y dice por qué y qué hacer.

    >>> find_preset("bert-sin-carpeta/ni-organizacion/valida")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: No encuentro config.json en bert-sin-carpeta/...
    """
    name = name or _short_name(model_path)
    config = _find_file(model_path, CONFIG) or Path(model_path, CONFIG)
    details = read_config(config.parent, name)
    kind = details["model_type"]
    check_convertible(kind, name)
    if "bfloat16" in (details.get("dtype"), details.get("torch_dtype")):
        raise LabError(
            f"Los pesos de {name} están en bf16, que keras_hub no lee: guárdalo en 32 bits con "
            "`model.float().save_pretrained(...)`, o entrénalo con el cuaderno 2 o el 4."
        )
    names = list(_list_weights(model_path))
    _check_weights(names, kind, name)
    if not Path(model_path).is_dir():
        return f"hf://{model_path}"
    if kind in POOLERS and not any(each.endswith(POOLERS[kind]) for each in names):
        say(f"{name} no trae pooler: se pone uno al azar, como en los cuadernos 2 y 4.")
        return str(_add_pooler(Path(model_path), details, name))
    return model_path


def complete_weights(model: Any, preset: str) -> None:
    """Añade a un modelo de keras_hub los pesos que su conversión de RoBERTa deja fuera.

    Son los del tipo de segmento, que se suman a todos los tokens: se suman a las posiciones, que
    también. En las demás arquitecturas, y donde valen cero, no cambia nada. ``preset``: el de
    ``find_preset``, con que se cargó ``model`` (un clasificador o solo su cuerpo).
    """
    folder = preset.removeprefix("hf://")
    config = _find_file(folder, CONFIG)
    if config is None or read_config(config.parent, folder)["model_type"] != "roberta":
        return
    backbone = getattr(model, "backbone", model)
    positions = backbone.embeddings.position_embedding.position_embeddings
    positions.assign(positions + _read_weight(folder, SEGMENTS)[0])


def copy_head(model: Any, preset: str) -> None:
    """Pone en un clasificador de keras_hub el head ya entrenado de un checkpoint de Transformers.

    ``from_preset`` lee de él el cuerpo y deja un head al azar; con esto contesta como el original.
    ``preset``: el de ``find_preset``, con que se cargó ``model``. Lanza LabError si el checkpoint
    no trae un head entrenado o es para otro número de clases.
    """
    folder = preset.removeprefix("hf://")
    config = _find_file(folder, CONFIG) or Path(folder, CONFIG)
    kind = read_config(config.parent, folder)["model_type"]
    name, known = _short_name(folder), _list_weights(folder)
    for layer, prefix in HEADS[kind].items():
        if f"{prefix}.weight" not in known:
            raise LabError(
                f"{name} no trae un head entrenado: es solo el cuerpo. Guarda el modelo después "
                "del fine-tuning, o entrénalo como en el cuaderno 3."
            )
        kernel = _read_weight(folder, f"{prefix}.weight", whole=True).T
        place = getattr(model, layer)
        if place.kernel.shape != kernel.shape:
            raise LabError(
                f"El head de {name} es de {kernel.shape[1]} clases y el modelo de Keras, de "
                f"{place.kernel.shape[1]}: pon `num_classes={kernel.shape[1]}`."
            )
        place.kernel.assign(kernel)
        place.bias.assign(_read_weight(folder, f"{prefix}.bias", whole=True))


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
) -> dict[str, np.ndarray]:
    """Devuelve lo que Keras calcula en cada paso de un checkpoint, en fp32, en CPU y sin dropout.

    ``preset``: lo que devuelve ``find_preset``; ``inputs``: ``token_ids``, ``segment_ids`` y
    ``padding_mask``, batch × tokens; ``activation``: la de ``set_activation``, o None para dejar
    la de keras_hub. Las claves van en el orden del cálculo: ``embeddings``; ``capa 1: hasta la
    activación`` y ``capa 1: tras la activación``; ``capa 1`` y las demás (batch × tokens ×
    hidden), y ``pooler`` (batch × hidden) si el cuerpo lo tiene. Carga una copia del checkpoint
    solo para esta cuenta, sin la mixed precision con que se pueda estar entrenando.
    """
    import keras
    import keras_hub

    with keras.device("cpu"):
        backbone = keras_hub.models.Backbone.from_preset(preset, dtype="float32")
        complete_weights(backbone, preset)
        if activation:
            set_activation(backbone, activation)
        notes: dict[str, Any] = {}
        _watch_activation(backbone, notes)
        _watch_layers(backbone, notes)
        outputs = backbone({name: inputs[name] for name in backbone.input})
        if isinstance(outputs, dict):
            notes["pooler"] = outputs["pooled_output"]
        return {name: keras.ops.convert_to_numpy(states) for name, states in notes.items()}


def _watch_layers(backbone: Any, notes: dict[str, Any]) -> None:
    """Hace que cada bloque anote en ``notes`` lo que devuelve, y el primero, lo que recibe."""
    from keras_hub.layers import TransformerEncoder

    def watch(layer: Any) -> None:
        call = layer.call

        def noted(states: Any, *args: Any, **options: Any) -> Any:
            notes.setdefault("embeddings", states)
            result = call(states, *args, **options)
            done = sum(re.fullmatch(r"capa \d+", name) is not None for name in notes)
            notes[f"capa {done + 1}"] = result
            return result

        layer.call = noted

    for layer in backbone._flatten_layers():
        if isinstance(layer, TransformerEncoder):
            watch(layer)


def _watch_activation(backbone: Any, notes: dict[str, Any]) -> None:
    """Hace que la activación del primer bloque anote en ``notes`` lo que recibe y devuelve."""
    dense = next(layer for layer in backbone._flatten_layers() if layer.name == FEEDFORWARD)
    function = dense.activation

    def noted(states: Any) -> Any:
        result = function(states)
        notes.setdefault(BEFORE, states)
        notes.setdefault(AFTER, result)
        return result

    dense.activation = noted


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


def _load_triton() -> None:
    """Carga Triton, que en Linux trae el PyTorch con CUDA, antes que TensorFlow.

    TensorFlow deja su LLVM a la vista de todos desde la 2.20, y Triton, desde la 3.7, choca con él
    y mata el proceso si se carga después (tensorflow, incidencia 124205); al revés, no.
    """
    if BACKEND not in sys.modules:
        with contextlib.suppress(ImportError):
            importlib.import_module("triton")


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


def _check_weights(names: list[str], kind: str, name: str) -> None:
    if not names:
        raise LabError(
            f"{name} no trae sus pesos en model.safetensors, que es lo que lee "
            "keras_hub: guárdalo otra vez con `save_pretrained` o elige otro checkpoint."
        )
    prefix = PREFIXES.get(kind, "")
    if not any(f"{prefix}embeddings." in each for each in names):
        raise LabError(
            f"Los pesos de {name} no llevan delante «{prefix}», con que los busca keras_hub: usa "
            "el checkpoint original, o entrénalo con el cuaderno 2 o el 4."
        )


def _add_pooler(folder: Path, config: Mapping[str, Any], name: str) -> Path:
    import torch
    from safetensors.torch import load_file

    sources = sorted(folder.glob("model*.safetensors"))

    def load() -> dict[str, Any]:
        weights = {key: each for path in sources for key, each in load_file(path).items()}
        table = next(key for key in weights if key.endswith(EMBEDDINGS))
        pooler = table.removesuffix(EMBEDDINGS) + POOLERS[config["model_type"]]
        size, spread = config["hidden_size"], config.get("initializer_range", 0.02)
        generator = torch.Generator().manual_seed(0)
        weights[pooler] = spread * torch.randn(size, size, generator=generator)
        weights[pooler.removesuffix("weight") + "bias"] = torch.zeros(size)
        return weights

    return copy_with_weights(folder, sources, name, load)


def _list_weights(model_path: str) -> dict[str, str]:
    """En qué archivo está cada peso; vacío si no hay safetensors."""
    weights = _find_file(model_path, WEIGHTS)
    if weights is None:
        index = _find_file(model_path, f"{WEIGHTS}.index.json")
        return json.loads(index.read_text(encoding="utf-8"))["weight_map"] if index else {}
    from safetensors import safe_open

    with safe_open(weights, framework="np") as tensors:
        return dict.fromkeys(tensors.keys(), WEIGHTS)


def _read_weight(model_path: str, ending: str, whole: bool = False) -> np.ndarray:
    """El peso cuyo nombre acaba así (o es así, si es ``whole``), en 32 bits."""
    from safetensors import safe_open

    names = _list_weights(model_path)
    key = ending if whole else next(each for each in names if each.endswith(ending))
    file = names[key]
    with safe_open(_find_file(model_path, file), framework="pt") as tensors:
        return tensors.get_tensor(key).float().numpy()


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


def _short_name(model_path: str) -> str:
    return Path(model_path).name if Path(model_path).is_dir() else model_path
