"""Las capas de un modelo, sea de la familia que sea, y cómo congelar las de abajo.

Qué pesos quedan por encima de una capa no se busca por su nombre: se pregunta al gradiente. Los que
lo reciben cuando se corta el paso por debajo son los de arriba.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module, ModuleList

# Una frase cualquiera para preguntar: cuatro tokens que todo vocabulario tiene.
PROBE = (1, 2, 3, 4)


def find_layers(model: Any) -> ModuleList:
    """Devuelve la lista de capas iguales de un modelo (``encoder.layer`` en BERT).

    Es la única lista del cuerpo con tantos bloques de la misma clase como dice ``config``. Lanza
    LabError si no la hay: ALBERT, por ejemplo, usa los mismos pesos en todas sus capas.
    """
    from torch.nn import ModuleList

    wanted = getattr(model.config, "num_hidden_layers", None)
    found = [
        each
        for each in model.base_model.modules()
        if isinstance(each, ModuleList)
        and len(each) == wanted
        and len({type(layer) for layer in each}) == 1
    ]
    # Dentro de una capa puede haber otra lista del mismo largo: la de fuera sale primero.
    if not found or (wanted == 1 and len(found) > 1):
        raise LabError(
            f"No encuentro las capas de un modelo «{model.config.model_type}» (o todas comparten "
            "los mismos pesos), y no puedo congelar solo unas: entrénalo entero o solo el head."
        )
    return found[0]


def freeze_lower(model: Any, frozen: int) -> int:
    """Congela los embeddings y las ``frozen`` primeras capas; devuelve los pesos que se entrenan.

    El resto (capas de arriba, pooler y head) queda entrenable. Lanza LabError si ``frozen`` no
    está entre 0 y el número de capas menos uno, o si no se encuentran.
    """
    upper = list_upper(model, frozen) if frozen else set(model.parameters())
    for each in model.parameters():
        each.requires_grad = each in upper
    return count_trainable(model)


def count_trainable(model: Any) -> int:
    """Devuelve cuántos pesos de ``model`` se entrenan.

    >>> from torch.nn import Linear
    >>> count_trainable(Linear(3, 2))
    8
    """
    return sum(each.numel() for each in model.parameters() if each.requires_grad)


def list_upper(model: Any, frozen: int) -> set[Tensor]:
    """Devuelve los pesos que solo se usan a partir de la capa ``frozen`` (desde 0).

    Lanza LabError si no hay esa capa.
    """
    import torch

    layers = _check_frozen(model, frozen)
    ids = torch.tensor([PROBE], device=model.device)
    reached: list[Tensor] = []

    def cut(states: Tensor) -> Tensor:
        reached.append(states)
        return states.detach().requires_grad_()

    with _everything_trainable(model), change_input(layers[frozen], cut), torch.enable_grad():
        above = _list_used(model, model(input_ids=ids).logits)
        below = _list_used(model, reached[0])
    return above - below


@contextmanager
def change_input(layer: Module, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Mientras dura el bloque, ``layer`` recibe ``change(hidden states)`` en vez de los suyos."""

    def before(module: Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"])}

    handle = layer.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def _check_frozen(model: Any, frozen: int) -> ModuleList:
    layers = find_layers(model)
    if not 0 <= frozen < len(layers):
        raise LabError(
            f"Pides congelar {frozen} capas y el modelo tiene {len(layers)}: elige entre 0 y "
            f"{len(layers) - 1}, o entrena solo el head."
        )
    return layers


@contextmanager
def _everything_trainable(model: Any) -> Iterator[None]:
    """Sin dropout y con todos los pesos pidiendo gradiente; al salir, cada cosa como estaba."""
    training, asked = model.training, {each: each.requires_grad for each in model.parameters()}
    model.eval().requires_grad_(True)
    try:
        yield
    finally:
        model.train(training)
        for each, needed in asked.items():
            each.requires_grad = needed


def _list_used(model: Any, result: Tensor) -> set[Tensor]:
    """Los pesos de que depende ``result``."""
    import torch

    weights = list(model.parameters())
    gradients = torch.autograd.grad(result.sum(), weights, allow_unused=True, retain_graph=True)
    pairs = zip(weights, gradients, strict=True)
    return {each for each, gradient in pairs if gradient is not None}
