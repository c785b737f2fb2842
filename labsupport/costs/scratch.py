"""Sin pre-entrenar: hasta dónde llega la misma arquitectura desde pesos al azar y cuánto gasta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labsupport.costs.recipes import Recipe
from labsupport.costs.training import predict_labels, prepare_classifier, run_epochs

if TYPE_CHECKING:
    from datasets import Dataset

# Épocas sin mejorar con que se deja por imposible.
PATIENCE = 5


def train_from_scratch(
    recipe: Recipe,
    model: Any,
    train: Dataset,
    validation: Dataset,
    target: float,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> list[float]:
    """Entrena ``model`` hasta que acierte ``target`` en validación; devuelve su accuracy por época.

    ``model``: con pesos al azar; ``epochs``: las que se dan como mucho. Se deja antes si en cinco
    seguidas no mejora. Quien llama mide la energía con ``EnergyMeter`` alrededor.
    """
    import numpy as np

    labels = np.array(validation["label"][:])
    classifier = prepare_classifier(recipe, model, train)
    history: list[float] = []
    for _ in run_epochs(classifier, epochs, batch_size, learning_rate, seed):
        answers = predict_labels(classifier.whole, validation, recipe)
        history.append(float(np.mean(answers == labels)))
        stalled = len(history) - history.index(max(history)) > PATIENCE
        if history[-1] >= target or stalled:
            break
    return history
