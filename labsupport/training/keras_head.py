"""El head de un clasificador de Hugging Face, puesto en el mismo modelo de Keras.

keras_hub lee el cuerpo de un checkpoint y empieza el head al azar: para usar con Keras un modelo
que entrenó otro framework, el suyo hay que copiarlo. Aquí se dice cómo se llama en cada familia.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.settings import check_parameters
from labsupport.training.keras import (
    complete_weights,
    find_preset,
    prepare_tensorflow,
    set_activation,
)

# De cada familia, qué capa de Keras lleva cada matriz del head: (capa, nombre en el checkpoint).
HEADS = {
    "albert": [("logits", "classifier")],
    "bert": [("logits", "classifier")],
    "distilbert": [("pooled_dense", "pre_classifier"), ("logits", "classifier")],
    "roberta": [("pooled_dense", "classifier.dense"), ("logits", "classifier.out_proj")],
    "xlm-roberta": [("pooled_dense", "classifier.dense"), ("logits", "classifier.out_proj")],
}


def load_keras_classifier(folder: str | Path) -> Any:
    """Carga en Keras un clasificador de ``save_model`` o ``save_pretrained``, head incluido.

    Sus logits son los que da Transformers, salvo redondeo: mismos pesos y misma función de
    activación. Pone en marcha Keras sobre TensorFlow, en 32 bits. Lanza LabError si keras_hub no
    conoce la familia o si en la carpeta no hay un clasificador.
    """
    prepare_tensorflow(check_parameters({}))
    import keras_hub

    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    preset = find_preset(str(folder))
    model = keras_hub.models.TextClassifier.from_preset(
        preset, num_classes=len(config.get("id2label") or "ab"), preprocessor=None
    )
    complete_weights(model, preset)
    copy_head(model, folder, config["model_type"])
    if "hidden_act" in config:
        set_activation(model.backbone, config["hidden_act"])
    return model


def copy_head(model: Any, folder: str | Path, kind: str) -> None:
    """Pone en un clasificador de keras_hub el head que hay en ``folder``.

    ``kind``: la familia (``model_type`` en config.json). Lanza LabError si no se sabe cómo se llama
    el head de esa familia o si no está.
    """
    from safetensors.numpy import load_file

    weights: dict[str, Any] = {}
    for path in sorted(Path(folder).glob("model*.safetensors")):
        weights |= load_file(path)
    names = [name for _, source in HEADS.get(kind, []) for name in (source,)]
    if not names or any(f"{name}.weight" not in weights for name in names):
        raise LabError(
            f"No encuentro el head de «{Path(folder).name}» ({kind}) en sus pesos: guárdalo con "
            "`save_model` en el cuaderno 2."
        )
    for layer, source in HEADS[kind]:
        # PyTorch guarda cada matriz traspuesta respecto a Keras.
        kernel, bias = weights[f"{source}.weight"].T, weights[f"{source}.bias"]
        model.get_layer(layer).set_weights([kernel, bias])
