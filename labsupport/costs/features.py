"""Solo el head: el modelo lee cada texto una vez y se entrena un clasificador con lo que dijo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError, suggest_name
from labsupport.costs.recipes import POOLINGS
from labsupport.costs.states import INPUTS, pad_inputs
from labsupport.training.classifier import find_head

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from torch import Tensor


def compute_features(
    model: Any,
    dataset: Dataset,
    pooling: str = "head",
    precision: str = "fp32",
    batch_size: int = 32,
) -> np.ndarray:
    """Devuelve un vector por texto: (textos × ancho), en el orden del dataset, sin dropout.

    ``dataset``: tokenizado y sin padding; ``pooling``: ``"head"``, lo que recibe la primera capa
    lineal del head, o ``"mean"``, la media de la última capa en los tokens del texto. Lanza
    LabError si ``pooling`` no es uno de los dos o si el head no lee un vector por texto.
    """
    import numpy as np
    import torch

    if pooling not in POOLINGS:
        raise LabError(
            f"«pooling» no puede ser «{pooling}»: elige entre {' y '.join(POOLINGS)}."
            f"{suggest_name(pooling, POOLINGS)}"
        )
    lengths = [len(ids) for ids in dataset["input_ids"][:]]
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    rows = dataset.select_columns([name for name in INPUTS if name in dataset.column_names])
    read = {"head": _read_head, "mean": _read_mean}[pooling]
    features: list[Any] = [None] * len(lengths)
    training = model.training
    model.eval()
    cast = torch.autocast(model.device.type, torch.bfloat16, enabled=precision == "bf16")
    try:
        with torch.no_grad(), cast:
            for start in range(0, len(order), batch_size):
                numbers = order[start : start + batch_size]
                batch = pad_inputs([rows[i] for i in numbers], model.config.pad_token_id or 0)
                batch = {name: each.to(model.device) for name, each in batch.items()}
                for number, vector in zip(numbers, read(model, batch).float().cpu(), strict=True):
                    features[number] = vector.numpy()
    finally:
        model.train(training)
    return np.stack(features)


def fit_head(features: np.ndarray, labels: Sequence[int], seed: int = 42) -> Any:
    """Ajusta una regresión logística a los vectores, que antes pone en la misma escala.

    Devuelve un ``Pipeline`` de scikit-learn. Lanza LabError si hay una sola clase.

    >>> import numpy as np
    >>> head = fit_head(np.array([[0.0, 1.0], [1.0, 0.0]] * 5), [0, 1] * 5)
    >>> head.score(np.array([[0.0, 1.0], [1.0, 0.0]]), [0, 1])
    1.0
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(set(labels)) < 2:
        raise LabError("Todos los textos son de la misma clase: no hay nada que aprender.")
    # Con C menor que 1 no memoriza: suele haber casi tantos números por texto como textos.
    classifier = LogisticRegression(C=0.1, max_iter=2000, random_state=seed)
    return make_pipeline(StandardScaler(), classifier).fit(features, list(labels))


def _read_head(model: Any, batch: dict[str, Tensor]) -> Tensor:
    """Lo que entra en la primera capa lineal del head."""
    from torch.nn import Linear

    layers = [each for each in find_head(model).modules() if isinstance(each, Linear)]
    seen: list[Tensor] = []
    handles = [
        each.register_forward_pre_hook(lambda _, args: seen.append(args[0])) for each in layers
    ]
    try:
        model(**batch)
    finally:
        for each in handles:
            each.remove()
    if not seen:
        raise LabError('El head de este modelo no tiene capas lineales: usa pooling="mean".')
    return seen[0] if seen[0].ndim == 2 else _take_last(seen[0], batch["attention_mask"])


def _take_last(states: Tensor, mask: Tensor) -> Tensor:
    """El vector del último token de cada texto, que es el que leen los decoders."""
    import torch

    places = torch.arange(mask.shape[1], device=mask.device)
    last = (places * mask).argmax(dim=1)
    return states[torch.arange(len(states), device=mask.device), last]


def _read_mean(model: Any, batch: dict[str, Tensor]) -> Tensor:
    states = model.base_model(**batch)[0]
    mask = batch["attention_mask"][:, :, None].to(states.dtype)
    return (states * mask).sum(1) / mask.sum(1)
