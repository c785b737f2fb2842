"""Entrenar un modelo con una receta cualquiera, y las piezas de ella que se miden por separado.

El ciclo es el del cuaderno 4: AdamW, learning rate que baja en línea recta y gradientes recortados
a norma 1, como ``Trainer``. Los textos llegan tokenizados con el ``max_length`` más largo que se
vaya a usar; cada receta corta los suyos.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.costs.features import compute_features, fit_head
from labsupport.costs.layers import freeze_lower
from labsupport.costs.recipes import Recipe
from labsupport.costs.shortcuts import read_only_first, stop_attention_dropout
from labsupport.costs.states import INPUTS, build_upper, keep_states, pad_inputs, pad_states
from labsupport.training.classifier import find_head

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from torch import Tensor

EVALUATION_BATCH = 32
CLIP = 1.0
LORA_RANK = 8


@dataclass
class Classifier:
    """Un modelo listo para entrenar con una receta.

    ``whole`` lee textos; ``trained`` es el que se entrena: el mismo, el mismo con adaptadores o
    sus capas de arriba. ``rows``: los ejemplos, en la forma que espera ``trained``.
    """

    recipe: Recipe
    whole: Any
    trained: Any
    rows: Any
    lengths: list[int]


def prepare_classifier(
    recipe: Recipe,
    model: Any,
    dataset: Dataset,
    folder: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Classifier:
    """Deja ``model`` como pide la receta: congelado, con adaptadores o con sus estados guardados.

    ``dataset``: el de entrenamiento, tokenizado; ``folder``: dónde guardar los estados (en memoria,
    si es None). Lanza LabError si el modelo no admite esa receta o si falta ``peft``.
    """
    rows = cut_texts(dataset, recipe.max_length)
    lengths = [len(ids) for ids in rows["input_ids"][:]]
    if not recipe.attention_dropout:
        stop_attention_dropout(model)
    if recipe.first_only:
        read_only_first(model)
    trained = model
    if recipe.kept:
        states = keep_states(model, rows, recipe.frozen, recipe.precision, folder=folder, say=say)
        return Classifier(recipe, model, build_upper(model, recipe.frozen), states, lengths)
    if recipe.frozen:
        freeze_lower(model, recipe.frozen)
    if recipe.lora:
        trained = model = add_adapters(model)
    return Classifier(recipe, model, trained, [*rows], lengths)


def cut_texts(dataset: Dataset, max_length: int) -> Dataset:
    """Devuelve los textos con ``max_length`` tokens como mucho; conserva el último, que cierra.

    >>> from datasets import Dataset
    >>> cut_texts(Dataset.from_dict({"input_ids": [[2, 5, 6, 7, 3]], "label": [0]}), 3)[0]
    {'input_ids': [2, 5, 3], 'label': 0}
    """
    names = [each for each in INPUTS if each in dataset.column_names]
    labels = [each for each in ("label", "labels") if each in dataset.column_names]

    def cut(row: dict[str, Any]) -> dict[str, Any]:
        if len(row["input_ids"]) <= max_length:
            return {name: row[name] for name in names}
        return {name: [*row[name][: max_length - 1], row[name][-1]] for name in names}

    return dataset.select_columns([*names, *labels]).map(cut, keep_in_memory=True)


def add_adapters(model: Any) -> Any:
    """Devuelve el modelo con LoRA en las capas que suele y el head entrenable; el resto, congelado.

    Si ``peft`` no conoce la familia, los adaptadores van en todas las capas lineales del cuerpo.
    Lanza LabError si falta ``peft``.
    """
    try:
        from peft import LoraConfig, TaskType, get_peft_model
    except ModuleNotFoundError:
        raise LabError(
            "Falta instalar «peft», que hace LoRA: instala el extra «masalla» y repite."
        ) from None
    options = {
        "task_type": TaskType.SEQ_CLS,
        "r": LORA_RANK,
        "lora_alpha": 2 * LORA_RANK,
        "modules_to_save": list(find_head(model)),
    }
    try:
        # De cada familia que conoce, peft sabe qué capas: en BERT, query y value.
        return get_peft_model(model, LoraConfig(**options))
    except ValueError:
        return get_peft_model(model, LoraConfig(**options, target_modules=_list_linear(model)))


def _list_linear(model: Any) -> list[str]:
    """Los nombres de las capas lineales del cuerpo."""
    inside = {id(each) for each in find_head(model).modules()}
    kinds = ("Linear", "Conv1D")
    modules = ((name, each) for name, each in model.named_modules() if id(each) not in inside)
    return [name for name, each in modules if type(each).__name__ in kinds]


def choose_batches(
    lengths: Sequence[int], batch_size: int, grouped: bool, seed: int
) -> list[list[int]]:
    """Reparte los textos de una época en batches, al azar o agrupando los de largo parecido.

    Agrupa como ``Trainer``: baraja, corta en trozos de 50 batches y ordena cada trozo.

    >>> sorted(sum(choose_batches([3, 9, 4, 8], 2, grouped=True, seed=1), []))
    [0, 1, 2, 3]
    """
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    generator = torch.Generator().manual_seed(seed)
    if grouped:
        order = get_length_grouped_indices(lengths, batch_size, generator=generator)
    else:
        order = torch.randperm(len(lengths), generator=generator).tolist()
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def make_batch(classifier: Classifier, numbers: Sequence[int]) -> dict[str, Tensor]:
    """Junta esos ejemplos con el padding de la receta."""
    import torch

    rows = [classifier.rows[number] for number in numbers]
    fill = classifier.whole.config.pad_token_id or 0
    device = classifier.whole.device
    if classifier.recipe.kept:
        batch = pad_states(rows, fill)
    else:
        batch = pad_inputs(rows, fill, classifier.recipe.max_length * classifier.recipe.padded)
        batch["labels"] = torch.tensor([int(row["label"]) for row in rows])
    return {name: each.to(device) for name, each in batch.items()}


def make_optimizer(model: Any, learning_rate: float) -> Any:
    """Devuelve el AdamW de ``Trainer``, sin weight decay, con los pesos que se entrenan."""
    from torch.optim import AdamW

    weights = [each for each in model.parameters() if each.requires_grad]
    return AdamW(weights, lr=learning_rate, weight_decay=0.0, fused=True)


def run_steps(
    classifier: Classifier,
    batches: Sequence[Sequence[int]],
    optimizer: Any,
    scheduler: Any = None,
) -> int:
    """Da un paso por batch y devuelve cuántos ejemplos vio."""
    from torch.nn.utils import clip_grad_norm_

    classifier.trained.train()
    weights = optimizer.param_groups[0]["params"]
    for numbers in batches:
        with cast_to(classifier.recipe.precision, classifier.whole.device.type):
            loss = classifier.trained(**make_batch(classifier, numbers)).loss
        loss.backward()
        clip_grad_norm_(weights, CLIP)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        optimizer.zero_grad()
    return sum(map(len, batches))


def predict_labels(
    model: Any, dataset: Dataset, recipe: Recipe, batch_size: int = EVALUATION_BATCH
) -> np.ndarray:
    """Devuelve la clase que el modelo da a cada texto, en el orden del dataset."""
    import numpy as np
    import torch

    rows = cut_texts(dataset, recipe.max_length)
    lengths = [len(ids) for ids in rows["input_ids"][:]]
    order = list(range(len(lengths)))
    if recipe.grouped:
        order.sort(key=lengths.__getitem__, reverse=True)
    answers = np.zeros(len(lengths), dtype=int)
    fill, full = model.config.pad_token_id or 0, recipe.max_length * recipe.padded
    model.eval()
    with torch.no_grad(), cast_to(recipe.precision, model.device.type):
        for start in range(0, len(order), batch_size):
            numbers = order[start : start + batch_size]
            batch = pad_inputs([rows[number] for number in numbers], fill, full)
            batch = {name: each.to(model.device) for name, each in batch.items()}
            answers[numbers] = model(**batch).logits.argmax(dim=-1).cpu().numpy()
    return answers


def cast_to(precision: str, device: str = "cpu") -> Any:
    """Devuelve el ``with`` que hace las cuentas en ``precision``; con fp32 no hace nada."""
    import torch

    return torch.autocast(device, torch.bfloat16) if precision == "bf16" else nullcontext()


def train_recipe(
    recipe: Recipe,
    model: Any,
    train: Dataset,
    validation: Dataset,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> float:
    """Entrena ``model`` entero con la receta y devuelve su accuracy en validación al final.

    ``train`` y ``validation``: tokenizados, con ``label``; ``learning_rate``: el de partida, que
    la receta multiplica. Mide la validación las veces que dice la receta: también cuesta.
    """
    import numpy as np

    labels = np.array(validation["label"][:])
    if recipe.head_only:
        head = fit_head(_read_features(recipe, model, train), train["label"][:], seed)
        features = _read_features(recipe, model, validation)
        return float(np.mean(head.predict(features) == labels))
    classifier = prepare_classifier(recipe, model, train, say=say)
    accuracy = 0.0
    evaluated = epochs if recipe.evaluations is None else min(recipe.evaluations, epochs)
    for epoch in run_epochs(classifier, epochs, batch_size, learning_rate, seed):
        if epoch > epochs - evaluated:
            answers = predict_labels(classifier.whole, validation, recipe)
            accuracy = float(np.mean(answers == labels))
    return accuracy


def run_epochs(
    classifier: Classifier, epochs: int, batch_size: int, learning_rate: float, seed: int
) -> Any:
    """Entrena época a época, y al acabar cada una da su número, desde 1, para medir entonces."""
    from transformers import get_scheduler, set_seed

    recipe = classifier.recipe
    optimizer = make_optimizer(classifier.trained, learning_rate * recipe.rate)
    total = -(-len(classifier.lengths) // batch_size) * epochs
    scheduler = get_scheduler("linear", optimizer, 0, total)
    set_seed(seed)
    for epoch in range(1, epochs + 1):
        batches = choose_batches(
            classifier.lengths, batch_size, recipe.grouped, seed * 1000 + epoch
        )
        run_steps(classifier, batches, optimizer, scheduler)
        yield epoch


def _read_features(recipe: Recipe, model: Any, dataset: Dataset) -> np.ndarray:
    rows = cut_texts(dataset, recipe.max_length)
    return compute_features(model, rows, recipe.head_only, recipe.precision)
