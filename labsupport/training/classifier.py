"""Un modelo recién cargado, sea de la familia que sea: su head, sus clases y si los datos le caben.

Cargarlo se enseña en los cuadernos; aquí está lo que cambia de una familia a otra.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError

if TYPE_CHECKING:
    from datasets import Dataset
    from torch.nn import ModuleDict

    from labsupport.settings import Settings


def find_head(model: Any) -> ModuleDict:
    """Devuelve el head de un clasificador: sus capas con pesos que no son del cuerpo, por nombre.

    Cada familia lo llama de una manera: ``classifier`` en BERT, ``score`` en GPT-2.
    """
    from torch.nn import ModuleDict

    return ModuleDict(
        {
            name: layer
            for name, layer in model.named_children()
            if layer is not model.base_model and any(True for _ in layer.parameters())
        }
    )


def name_labels(rows: Dataset) -> dict[str, dict]:
    """Devuelve ``id2label`` y ``label2id``, que dan nombre a cada salida de un clasificador.

    >>> from datasets import ClassLabel, Dataset, Features
    >>> features = Features({"label": ClassLabel(names=["no", "sí"])})
    >>> name_labels(Dataset.from_dict({"label": [1]}, features=features))
    {'id2label': {0: 'no', 1: 'sí'}, 'label2id': {'no': 0, 'sí': 1}}
    """
    names = rows.features["label"].names
    return {
        "id2label": dict(enumerate(names)),
        "label2id": {name: label for label, name in enumerate(names)},
    }


def adapt_classifier(model: Any, tokenizer: Any, *datasets: Dataset) -> None:
    """Pone un clasificador recién cargado de acuerdo con su tokenizer y tus datos.

    El token de padding es el del tokenizer, los pesos se entrenan en 32 bits y cada texto tiene
    una sola clase. Un head entrenado para otras clases (según ``id2label``) se cambia por uno
    nuevo; uno para las mismas se conserva. ``datasets``: los datos ya tokenizados; lanza LabError
    si alguno tiene una etiqueta o un token que el modelo no conoce.
    """
    for dataset in datasets:
        check_fits(model, dataset)
    model.float()
    model.config.dtype = model.dtype
    model.config.pad_token_id = tokenizer.pad_token_id
    model.config.problem_type = "single_label_classification"
    if _read_classes(model) not in ([], _list_classes(model)):
        _renew_head(model)


def describe_head(model: Any) -> str:
    """Dice en una frase de dónde sale el head de un clasificador: nuevo o del checkpoint."""
    old, names = _read_classes(model), _list_classes(model)
    if old == names:
        return "El checkpoint ya trae un head para estas mismas clases: se conserva."
    new = f"el head es nuevo, con {len(names)} clases, y empieza al azar."
    if not old:
        return new.capitalize()
    return f"El checkpoint trae un head para otras clases ({', '.join(old)}): se descarta; {new}"


def check_fits(model: Any, dataset: Dataset) -> None:
    """Comprueba que el modelo conoce todas las etiquetas y todos los tokens de un dataset.

    Sin esto, una GPU solo dice «device-side assert». Lanza LabError con lo que sobra.
    """
    label = "labels" if "labels" in dataset.column_names else "label"
    check_labels(dataset, model.config.num_labels, label)
    _, last = _find_limits(dataset, "input_ids")
    known = model.get_input_embeddings().weight.shape[0]
    if last >= known:
        raise LabError(
            f"El tokenizer da el token {last} y el modelo solo conoce {known}: no son del mismo "
            "checkpoint. Carga los dos del mismo, el de «model_name»."
        )


def check_labels(dataset: Dataset, n_classes: int, column: str = "label") -> None:
    """Lanza LabError si alguna etiqueta de ``column`` no va de 0 a ``n_classes`` - 1.

    >>> from datasets import Dataset
    >>> check_labels(Dataset.from_dict({"label": [0, 2, -1]}), 2)
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: El modelo tiene 2 clases, de la 0 a la 1, y hay etiquetas ...
    """
    first, last = _find_limits(dataset, column)
    wrong = [label for label in (first, last) if not 0 <= label < n_classes]
    if wrong:
        raise LabError(
            f"El modelo tiene {n_classes} clases, de la 0 a la {n_classes - 1}, y hay etiquetas "
            f"que valen {' y '.join(map(str, wrong))}: quita esas filas o corrige su clase (-1 "
            "suele querer decir «sin etiqueta»)."
        )


def load_reader(
    settings: Settings, tokenizer: Any, say: Callable[[str], None] = print
) -> tuple[Any, str]:
    """Carga el modelo con el head de su pre-entrenamiento y dice cómo se juega con él.

    Devuelve (modelo, token que tapa una palabra): el token va vacío si el modelo solo sabe
    continuar un texto (GPT-2), y el modelo es None si no sabe ninguna de las dos cosas. Lo que no
    sea tapar palabras se cuenta con ``say``.
    """
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

    path, name = settings.model_path, settings.model_name
    kind = type(AutoConfig.from_pretrained(path))
    if kind in AutoModelForMaskedLM._model_mapping and tokenizer.mask_token:
        model, report = AutoModelForMaskedLM.from_pretrained(path, output_loading_info=True)
        if report["missing_keys"]:
            say(
                f"{name} no trae el head que adivina palabras, y este juego lo necesita: lo que "
                "veas son apuestas al azar."
            )
        return model.eval(), tokenizer.mask_token
    if kind in AutoModelForCausalLM._model_mapping:
        say(
            f"{name} no aprendió tapando palabras, y este juego lo necesita: aprendió a continuar "
            "textos, así que verás qué pondría después de lo que hay antes del hueco."
        )
        return AutoModelForCausalLM.from_pretrained(path).eval(), ""
    say(f"{name} no aprendió tapando palabras ni continuando textos: con él no se puede jugar.")
    return None, ""


def _list_classes(model: Any) -> list[str]:
    return [model.config.id2label[label] for label in range(model.config.num_labels)]


def _read_classes(model: Any) -> list[str]:
    """Las clases del head que trae su checkpoint, en orden; vacío si no trae ninguno."""
    from transformers import PreTrainedConfig

    config, _ = PreTrainedConfig.get_config_dict(model.name_or_path)
    if not any("ForSequenceClassification" in each for each in config.get("architectures") or ()):
        return []
    names = config.get("id2label") or {0: "LABEL_0", 1: "LABEL_1"}
    return [name for _, name in sorted(names.items(), key=lambda item: int(item[0]))]


def _renew_head(model: Any) -> None:
    """Cambia el head por el de un modelo igual que no ha visto nada."""
    from transformers import AutoModelForSequenceClassification

    fresh = AutoModelForSequenceClassification.from_config(model.config)
    find_head(model).load_state_dict(find_head(fresh).state_dict())


def _find_limits(dataset: Dataset, column: str) -> tuple[int, int]:
    """El menor y el mayor número de una columna, aunque sea de listas."""
    import pyarrow.compute as pc

    values = dataset.with_format("arrow").select_columns([column])[:].column(column)
    if hasattr(values.type, "value_type"):
        values = pc.list_flatten(values)
    limits = pc.min_max(values)
    return limits["min"].as_py(), limits["max"].as_py()
