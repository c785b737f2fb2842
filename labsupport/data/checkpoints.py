"""Qué checkpoints sirven y cómo se usa cada familia: lo que dice su config.json, antes de cargarlo.

Aquí está todo lo que el laboratorio sabe de una familia de modelos. Nunca se ejecuta código de un
repositorio: ni el de ``auto_map`` ni el que pueda esconder un ``pytorch_model.bin``.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import pickle
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.base.files import replace_folder

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CONFIG, TOKENIZER_CONFIG, ADAPTER = "config.json", "tokenizer_config.json", "adapter_config.json"
WEIGHT_FORMATS = (".safetensors", ".bin")
# Los model_type de Hugging Face que keras_hub sabe convertir en un clasificador de texto.
CONVERTIBLE = ("albert", "bert", "distilbert", "roberta", "xlm-roberta")
# Cómo llama cada familia a las posiciones que tiene su tabla.
POSITIONS = ("max_position_embeddings", "n_positions")
# Familias que gastan las primeras posiciones, hasta la del padding: RoBERTa dice 514 y admite 512.
OFFSET = ("camembert", "data2vec-text", "ibert", "layoutlmv3", "lilt", "longformer", "luke")
OFFSET += ("markuplm", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta")
OFFSET += ("xlm-roberta-xl", "xmod")
# Familias con posiciones relativas: no hay una tabla que se acabe.
RELATIVE = ("bloom", "deberta", "deberta-v2", "funnel", "mpt", "mt5", "t5", "umt5", "xlnet")
# Un tokenizer sin límite escribe un número disparatado en lugar de nada.
NO_LIMIT = 10**6
ANOTHER = "elige otro en «model_name»"


def read_config(folder: Path, name: str) -> dict[str, Any]:
    """Devuelve el config.json de un checkpoint; ``name``: cómo llamarlo si falla.

    Lanza LabError si falta, está dañado o no dice de qué arquitectura es. Un adaptador suelto
    tampoco sirve, y se dice de qué modelo es.
    """
    if not (folder / CONFIG).is_file():
        if (folder / ADAPTER).is_file():
            raise LabError(_explain_adapter(_read_json(folder / ADAPTER, name), name))
        raise LabError(
            f"No encuentro config.json en {name}: revisa «model_name», que debe ser una carpeta "
            "con un checkpoint de Transformers o un id del Hub."
        )
    config = _read_json(folder / CONFIG, name)
    if not isinstance(config.get("model_type"), str):
        raise LabError(
            f"El config.json de {name} no dice de qué arquitectura es (le falta «model_type»): "
            f"no es un checkpoint de Transformers; {ANOTHER}."
        )
    return config


def check_usable(folder: Path, name: str, framework: str = "") -> dict[str, Any]:
    """Comprueba que un checkpoint sirve para clasificar textos y devuelve su config.json.

    Basta con sus archivos pequeños: se llama antes de descargar los pesos. ``framework``:
    ``"keras"`` pide además que keras_hub sepa convertirlo. Lanza LabError con el motivo.
    """
    config = read_config(folder, name)
    kind = config["model_type"]
    tokenizer = _read_optional(folder / TOKENIZER_CONFIG, name)
    if config.get("auto_map") or tokenizer.get("auto_map"):
        raise LabError(
            f"{name} trae código propio (auto_map) y cargarlo sería ejecutarlo en tu máquina: el "
            f"laboratorio no lo hace; {ANOTHER}, de una arquitectura que Transformers ya tenga."
        )
    if config.get("quantization_config"):
        raise LabError(
            f"{name} viene cuantizado, que sirve para usarlo y no para entrenarlo: {ANOTHER}, sin "
            "cuantizar."
        )
    _check_classifies(config, name)
    if framework == "keras":
        check_convertible(kind, name)
    return config


def check_convertible(kind: str, name: str) -> None:
    """Lanza LabError si keras_hub no sabe hacer un clasificador de la arquitectura ``kind``.

    >>> check_convertible("gpt2", "openai-community/gpt2")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: keras_hub no convierte en clasificador la arquitectura ...
    """
    if kind not in CONVERTIBLE:
        raise LabError(
            f"keras_hub no convierte en clasificador la arquitectura «{kind}» de "
            f"{name}: elige en «model_name» un checkpoint "
            f"{', '.join(CONVERTIBLE)}, o entrénalo con el cuaderno 2 o el 4."
        )


def read_max_length(
    config: Mapping[str, Any], tokenizer: Mapping[str, Any] | None = None
) -> int | None:
    """Devuelve cuántos tokens admite un modelo; None si no tiene límite.

    ``config`` y ``tokenizer``: sus config.json y tokenizer_config.json. Con posiciones relativas
    (DeBERTa) vale lo que diga el tokenizer.

    >>> read_max_length({"model_type": "roberta", "max_position_embeddings": 514})
    512
    >>> read_max_length({"model_type": "gpt2", "n_positions": 1024})
    1024
    """
    kind = config["model_type"]
    positions = next((config[name] for name in POSITIONS if config.get(name)), None)
    if kind in RELATIVE:
        told = (tokenizer or {}).get("model_max_length")
        if isinstance(told, int) and told < NO_LIMIT:
            return told
        return positions if kind.startswith("deberta") else None
    if positions is None:
        positions = _read_default(kind, POSITIONS[0])
    if positions and kind in OFFSET:
        padding = config.get("pad_token_id")
        return positions - (1 if padding is None else padding) - 1
    return positions


def read_limit(folder: Path, name: str) -> int | None:
    """Devuelve cuántos tokens admite el checkpoint de ``folder``; lanza como ``read_config``."""
    return read_max_length(
        read_config(folder, name), _read_optional(folder / TOKENIZER_CONFIG, name)
    )


def provide_safetensors(folder: Path, name: str) -> Path:
    """Devuelve una carpeta con el checkpoint de ``folder`` y sus pesos en safetensors.

    Si ya los tiene, es la misma. Si solo trae ``pytorch_model.bin``, los copia una vez en la caché
    del laboratorio (``HF_HOME``). El .bin se abre con ``weights_only``, que no ejecuta nada. Lanza
    LabError si trae algo más que pesos o está dañado.
    """
    if any(folder.glob("model*.safetensors")):
        return folder
    binaries = sorted(folder.glob("pytorch_model*.bin"))
    if not binaries:
        raise LabError(
            f"En {name} no están los pesos (model.safetensors): guárdalo otra vez con "
            f"`save_pretrained` o {ANOTHER}."
        )
    return copy_with_weights(folder, binaries, name, lambda: _load_binaries(binaries, name))


def copy_with_weights(
    folder: Path, sources: Iterable[Path], name: str, load: Callable[[], dict[str, Any]]
) -> Path:
    """Devuelve una copia del checkpoint de ``folder`` con los pesos que da ``load`` (tensores).

    Se hace una vez y queda en la caché del laboratorio; ``sources``: los archivos de que salen los
    pesos: si cambian, se hace otra.
    """
    from safetensors.torch import save_file

    target = _copy_folder(folder, sources, name)
    if not target.is_dir():
        weights = load()
        with replace_folder(target) as temporary:
            for path in folder.iterdir():
                if path.is_file() and not path.name.endswith((*WEIGHT_FORMATS, ".index.json")):
                    shutil.copyfile(path, temporary / path.name)
            save_file(weights, temporary / "model.safetensors", metadata={"format": "pt"})
    return target


def adapt_tokenizer(tokenizer: PreTrainedTokenizerBase) -> None:
    """Deja un tokenizer listo para clasificar con el modelo de su misma carpeta.

    Si no trae token de padding (GPT-2), usa el de fin de texto; y da ``token_type_ids`` solo si el
    modelo los lee y distingue al menos dos (RoBERTa y DistilBERT, no). Lanza LabError si no tiene
    con qué rellenar.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    if tokenizer.pad_token is None and tokenizer.eos_token is None:
        raise LabError(
            f"El tokenizer de {tokenizer.name_or_path} no tiene token de padding ni de fin de "
            f"texto, así que no se pueden formar batches: {ANOTHER}."
        )
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    config = AutoConfig.from_pretrained(tokenizer.name_or_path)
    model = AutoModelForSequenceClassification._model_mapping[type(config)]
    accepted = set(inspect.signature(model.forward).parameters)
    segments = getattr(config, "type_vocab_size", None)
    names = [*tokenizer.model_input_names, *(["token_type_ids"] if (segments or 0) > 1 else [])]
    if segments is not None and segments < 2:
        accepted.discard("token_type_ids")
    tokenizer.model_input_names = [each for each in dict.fromkeys(names) if each in accepted]


def _read_json(path: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise LabError(
            f"El {path.name} de {name} está dañado: descarga el modelo otra vez o elige otro."
        )
    return content


def _read_optional(path: Path, name: str) -> dict[str, Any]:
    return _read_json(path, name) if path.is_file() else {}


def _explain_adapter(adapter: Mapping[str, Any], name: str) -> str:
    base = adapter.get("base_model_name_or_path") or "el modelo del que salió"
    return (
        f"{name} es solo un adaptador ({adapter.get('peft_type') or 'PEFT'}), no un modelo entero: "
        f"pon en «model_name» su base ({base}), o únelos con peft (`merge_and_unload`), guarda el "
        "resultado con `save_pretrained` y pon esa carpeta."
    )


def _check_classifies(config: Mapping[str, Any], name: str) -> None:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
    )

    kind = config["model_type"]
    if kind not in CONFIG_MAPPING_NAMES:
        raise LabError(
            f"La arquitectura «{kind}» de {name} no está en la versión instalada de Transformers "
            f"(o necesita código propio, que el laboratorio no ejecuta): {ANOTHER}."
        )
    if kind not in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES:
        raise LabError(
            f"Transformers no sabe clasificar textos con la arquitectura «{kind}» de {name}: "
            f"{ANOTHER}, que lea texto (BERT, RoBERTa, GPT-2 y muchos más)."
        )
    if config.get("is_encoder_decoder", _read_default(kind, "is_encoder_decoder")):
        raise LabError(
            f"{name} es un encoder-decoder («{kind}»), que escribe un texto a partir de otro; "
            f"el laboratorio clasifica con un encoder o un decoder solo: {ANOTHER}."
        )


def _read_default(kind: str, name: str) -> Any:
    """Lo que vale en la clase de su configuración lo que config.json no dice."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    return getattr(CONFIG_MAPPING[kind](), name, None) if kind in CONFIG_MAPPING else None


def _copy_folder(folder: Path, binaries: Iterable[Path], name: str) -> Path:
    """Dónde va la copia: una carpeta distinta para cada contenido."""
    from huggingface_hub import constants

    marks = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in binaries]
    digest = hashlib.sha256(repr((str(folder.resolve()), marks)).encode()).hexdigest()[:12]
    return Path(constants.HF_HOME, "laboratorio", f"{Path(name).name}-{digest}")


def _load_binaries(binaries: Iterable[Path], name: str) -> dict[str, Any]:
    weights: dict[str, Any] = {}
    places: set[int] = set()
    for path in binaries:
        for key, tensor in _load_weights(path, name).items():
            # safetensors no guarda dos veces la misma memoria (embeddings y head atados).
            shared = tensor.data_ptr() in places
            weights[key] = tensor.clone() if shared else tensor.contiguous()
            places.add(tensor.data_ptr())
    return weights


def _load_weights(path: Path, name: str) -> dict[str, Any]:
    import torch

    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise LabError(_explain_binary(error, path.name, name)) from error
    if not isinstance(weights, dict) or not all(
        isinstance(each, torch.Tensor) for each in weights.values()
    ):
        raise LabError(
            f"«{path.name}» de {name} no es un juego de pesos de Transformers: {ANOTHER}, mejor "
            "con model.safetensors."
        )
    return weights


def _explain_binary(error: Exception, file: str, name: str) -> str:
    if "global" in str(error).lower():
        return (
            f"«{file}» de {name} trae algo más que pesos: abrirlo podría ejecutar código en tu "
            f"máquina y no se abre; {ANOTHER}, mejor con model.safetensors."
        )
    return f"«{file}» de {name} está dañado o a medias: bórralo y descárgalo otra vez, o {ANOTHER}."
