"""Dos atajos dentro de las capas: la atención sin dropout y la última capa solo para lo que se lee.

El primero cambia un poco lo que se aprende; el segundo no cambia nada: un clasificador que lee solo
el primer token no usa lo que la última capa calcula para los demás.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.costs.layers import PROBE, find_layers

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

# Cómo llama cada familia al dropout de los pesos de la atención.
NAMES = ("dropout", "attn_dropout", "attention_dropout")


def stop_attention_dropout(model: Any) -> int:
    """Quita el dropout de los pesos de la atención y devuelve en cuántas capas lo había.

    Con él, la CPU no usa la atención que no escribe la matriz de tokens × tokens, y además saca un
    número al azar por cada par. El dropout de lo demás sigue.
    """
    stopped = 0
    for layer in find_layers(model):
        for module in layer.modules():
            if "Attention" in type(module).__name__:
                stopped += any([_stop(module, name) for name in NAMES])
    return stopped


def read_only_first(model: Any) -> None:
    """Hace que la última capa calcule solo el primer token, que es el que lee el head.

    Vale para las capas como las de BERT (RoBERTa, ELECTRA, XLM-R). Lanza LabError con las demás, o
    si los logits no salen iguales: entonces el modelo queda como estaba.
    """
    import torch

    layer = find_layers(model)[-1]
    if not _is_like_bert(layer):
        raise LabError(
            f"No sé calcular solo el primer token en un modelo «{model.config.model_type}»: "
            "entrénalo sin ese atajo."
        )
    ids = torch.tensor([PROBE, PROBE[::-1]], device=model.device)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]], device=model.device)
    training = model.training
    model.eval()
    with torch.no_grad():
        before = model(input_ids=ids, attention_mask=mask).logits
        layer.forward = _FirstOnly(layer)
        after = model(input_ids=ids, attention_mask=mask).logits
    model.train(training)
    if not torch.allclose(before, after, atol=1e-4, rtol=1e-4):
        del layer.forward
        raise LabError("El head de este modelo lee más que el primer token: entrénalo sin atajo.")


class _FirstOnly:
    """El forward de una capa de BERT, solo para el primer token."""

    def __init__(self, layer: Module) -> None:
        self.layer = layer

    def __call__(
        self, states: Tensor, attention_mask: Any = None, *rest: Any, **options: Any
    ) -> Any:
        from torch.nn.functional import scaled_dot_product_attention

        attention, first = self.layer.attention.self, states[:, :1]
        query, key, value = (
            project(given).unflatten(-1, (-1, attention.attention_head_size)).transpose(1, 2)
            for project, given in (
                (attention.query, first),
                (attention.key, states),
                (attention.value, states),
            )
        )
        mask = None if attention_mask is None else attention_mask[:, :, :1]
        dropout = attention.dropout.p if attention.training else 0.0
        mixed = scaled_dot_product_attention(query, key, value, mask, dropout)
        mixed = mixed.transpose(1, 2).flatten(2)
        attended = self.layer.attention.output(mixed, first)
        return self.layer.output(self.layer.intermediate(attended), attended)


def _is_like_bert(layer: Module) -> bool:
    names = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")
    found = dict(layer.named_modules())
    return all(name in found for name in names) and not any("cross" in name for name in found)


def _stop(module: Module, name: str) -> bool:
    """Pone a cero un dropout, sea una capa o un número; dice si lo había."""
    from torch.nn import Dropout

    each = getattr(module, name, None)
    if isinstance(each, float) and each > 0:
        setattr(module, name, 0.0)
    elif isinstance(each, Dropout) and each.p > 0:
        each.p = 0.0
    else:
        return False
    return True
