"""La receta con que se entrenó, leída de lo que se usó y no de lo que se quiso usar.

Las tres maneras de entrenar dan las mismas claves, con valores que se pueden comparar:

- ``optimizer``: la familia («Adam», «AdamW», «SGD»...); AdamW sin weight decay es Adam;
- ``weight_decay``, ``betas``, ``epsilon`` y ``clip``, la norma a que se recortan los gradientes
  (None si no se recortan);
- ``steps``: cuántos pasos se planearon; ``learning_rate``: el mayor; ``schedule``: qué parte de él
  se usa al empezar, al cuarto, a la mitad, a los tres cuartos y al final;
- ``weights``: los pesos del modelo; ``trainable``: los que se entrenan;
- ``dropout``: el mayor de sus capas.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

# Dónde se mira el learning rate: la parte de los pasos que ya se dieron.
MOMENTS = (0.0, 0.25, 0.5, 0.75, 1.0)
GRID = 100


def read_recipe(trainer: Any) -> dict[str, Any]:
    """Devuelve la receta de un ``Trainer`` que ya entrenó; las claves, en el módulo."""
    steps = trainer.state.max_steps
    return {
        **_read_torch_optimizer(trainer.optimizer),
        "clip": trainer.args.max_grad_norm or None,
        **_read_schedule(_find_rate(trainer), steps),
        **_read_torch_weights(trainer.model),
    }


def read_keras_recipe(model: Any, steps: int) -> dict[str, Any]:
    """Devuelve la receta de un modelo de Keras compilado; las claves, en el módulo.

    ``steps``: cuántos pasos se planearon, batches por épocas.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    decay = float(optimizer.weight_decay or 0)
    rate = optimizer._learning_rate
    constant = not callable(rate)
    return {
        # El weight decay de Keras va aparte del gradiente en todos: Adam con él es AdamW.
        "optimizer": _name_family(type(optimizer).__name__, decay, decoupled=True),
        "weight_decay": decay,
        "betas": [float(getattr(optimizer, name, 0)) for name in ("beta_1", "beta_2")],
        "epsilon": float(getattr(optimizer, "epsilon", 0)),
        "clip": _read_keras_clip(optimizer),
        **_read_schedule(lambda step: float(rate if constant else rate(step)), steps),
        "weights": _count(model.weights),
        "trainable": _count(model.trainable_weights),
        "dropout": _find_dropout(getattr(each, "rate", 0) for each in model._flatten_layers()),
    }


def read_loop_recipe(
    model: Any,
    optimizer: Any,
    rates: Sequence[float],
    clip: float | None = 1.0,
    steps: int | None = None,
) -> dict[str, Any]:
    """Devuelve la receta de un ciclo escrito a mano en PyTorch; las claves, en el módulo.

    ``rates``: el learning rate de cada paso que se dio; ``clip``: la norma a que se recortaron
    los gradientes, o None; ``steps``: cuántos se planearon, si se paró antes.
    """
    steps = steps or len(rates)

    def find_rate(step: float) -> float:
        return rates[min(int(step), len(rates) - 1)] if len(rates) else 0.0

    return {
        **_read_torch_optimizer(optimizer),
        "clip": clip or None,
        **_read_schedule(find_rate, steps, known=len(rates)),
        **_read_torch_weights(model),
    }


def _read_torch_optimizer(optimizer: Any) -> dict[str, Any]:
    optimizer = getattr(optimizer, "optimizer", optimizer)  # Accelerate lo envuelve
    groups = optimizer.param_groups
    kind = type(optimizer).__name__
    # Los pesos que no llevan weight decay (bias, LayerNorm) van en otro grupo.
    decay = max(float(group.get("weight_decay", 0)) for group in groups)
    return {
        "optimizer": _name_family(kind, decay, decoupled=kind == "AdamW"),
        "weight_decay": decay,
        "betas": [float(beta) for beta in groups[0].get("betas", (0, 0))],
        "epsilon": float(groups[0].get("eps", 0)),
    }


def _name_family(kind: str, decay: float, decoupled: bool) -> str:
    if kind not in ("Adam", "AdamW"):
        return kind
    return "AdamW" if decay and decoupled else "Adam"


def _find_rate(trainer: Any) -> Callable[[float], float]:
    """El learning rate de cada paso de un Trainer, según su scheduler."""
    scheduler = getattr(trainer.lr_scheduler, "scheduler", trainer.lr_scheduler)
    shapes, bases = getattr(scheduler, "lr_lambdas", None), getattr(scheduler, "base_lrs", None)
    if shapes and bases:
        return lambda step: bases[0] * shapes[0](step)
    # Otros schedulers no se pueden preguntar: se mira lo que quedó apuntado.
    logged = [row for row in trainer.state.log_history if "learning_rate" in row]

    def find(step: float) -> float:
        after = [row["learning_rate"] for row in logged if row["step"] >= step]
        return after[0] if after else trainer.args.learning_rate

    return find


def _read_schedule(
    find_rate: Callable[[float], float], steps: int, known: int | None = None
) -> dict[str, Any]:
    """``known``: pasos de los que se sabe el learning rate; los demás quedan sin valor."""
    known = steps if known is None else known
    highest = max(find_rate(i * steps / GRID) for i in range(GRID + 1))
    shares = [
        round(find_rate(moment * steps) / (highest or 1), 3) if moment * steps <= known else None
        for moment in MOMENTS
    ]
    return {"steps": int(steps), "learning_rate": float(highest), "schedule": shares}


def _read_torch_weights(model: Any) -> dict[str, Any]:
    from torch import nn

    dropouts = (each.p for each in model.modules() if isinstance(each, nn.Dropout))
    return {
        "weights": sum(each.numel() for each in model.parameters()),
        "trainable": sum(each.numel() for each in model.parameters() if each.requires_grad),
        "dropout": _find_dropout(dropouts),
    }


def _read_keras_clip(optimizer: Any) -> float | str | None:
    if optimizer.global_clipnorm:
        return float(optimizer.global_clipnorm)
    if optimizer.clipnorm:
        return f"{optimizer.clipnorm:g} en cada variable"
    return f"{optimizer.clipvalue:g} en cada valor" if optimizer.clipvalue else None


def _count(weights: Sequence[Any]) -> int:
    return sum(math.prod(each.shape) for each in weights)


def _find_dropout(rates: Any) -> float:
    return round(max(map(float, rates), default=0.0), 4)
