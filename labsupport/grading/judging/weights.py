"""Los modelos de PyTorch que cruzan: su clase y su config una vez, sus pesos cuando cambian.

Quien comprueba presta los suyos (``Lender``) y la entrega los recibe (``Borrower``). Después de
cada llamada vuelven los pesos que cambiaron, los gradientes y el modo, y se ponen en el modelo de
quien comprueba: nunca se construye uno con lo que llega de allí.
"""

from __future__ import annotations

import hashlib
import weakref
from typing import Any

from labsupport.grading.judging.codec import NOT_ORDINARY, Encoder, Unreadable, Untransferable


class Lender:
    """Lado de quien comprueba: numera sus modelos y sabe qué pesos tiene ya la entrega."""

    def __init__(self) -> None:
        self._numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._models: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._known: dict[int, str] = {}

    def put(self, model: Any, encoder: Encoder) -> dict[str, Any]:
        """Devuelve los datos de ``model``. Lanza Untransferable si no es de transformers."""
        from transformers import PreTrainedModel

        if not isinstance(model, PreTrainedModel):
            raise Untransferable(NOT_ORDINARY.format(type(model).__name__))
        number = self._numbers.setdefault(model, len(self._known))
        self._models[number] = model
        data = {"kind": "model", "number": number, **_describe(model, encoder)}
        if number not in self._known:
            data |= {"class": type(model).__name__, "config": model.config.to_json_string()}
        if data["hash"] != self._known.get(number):
            data["weights"] = encoder.add_blob(_save(model.state_dict()))
        self._known[number] = data["hash"]
        return data

    def get(self, data: Any, blobs: list[bytearray]) -> Any:
        """Pone en el modelo prestado lo que cambió y lo devuelve; Unreadable si no es suyo."""
        model = self._models.get(data["number"])
        if model is None:
            raise Unreadable("un modelo que nadie prestó")
        _apply(model, data, blobs)
        self._known[data["number"]] = str(data["hash"])
        return model

    def list_gone(self) -> list[int]:
        """Devuelve los números de los modelos que ya no existen."""
        return [number for number in self._known if number not in self._models]


class Borrower:
    """Lado de la entrega: guarda los modelos prestados y cuenta qué cambió en ellos."""

    def __init__(self) -> None:
        self._models: dict[int, tuple[Any, str]] = {}

    def get(self, data: Any, blobs: list[bytearray]) -> Any:
        """Devuelve el modelo prestado, el mismo cada vez, con los pesos de ahora."""
        number = data["number"]
        model = self._models[number][0] if number in self._models else _build(data)
        _apply(model, data, blobs)
        self._models[number] = model, data["hash"]
        return model

    def put(self, model: Any, encoder: Encoder) -> dict[str, Any]:
        """Devuelve los datos de un modelo prestado. Lanza Untransferable si es otro."""
        for number, (lent, known) in self._models.items():
            if lent is model:
                data = {"kind": "model", "number": number, **_describe(model, encoder)}
                if data["hash"] != known:
                    data["weights"] = encoder.add_blob(_save(model.state_dict()))
                return data
        raise Untransferable(NOT_ORDINARY.format(type(model).__name__))

    def forget(self, numbers: list[int]) -> None:
        """Suelta los modelos que ya no tiene quien los prestó."""
        for number in numbers:
            self._models.pop(number, None)


def _describe(model: Any, encoder: Encoder) -> dict[str, Any]:
    grads = {name: each.grad for name, each in model.named_parameters() if each.grad is not None}
    data = {
        "hash": _compute_hash(model.state_dict()),
        "training": [module.training for module in model.modules()],
        "trained": [each.requires_grad for each in model.parameters()],
    }
    return {**data, "grads": encoder.add_blob(_save(grads))} if grads else data


def _build(data: Any) -> Any:
    import json

    import transformers

    kind = getattr(transformers, data["class"])
    return kind(kind.config_class.from_dict(json.loads(data["config"])))


def _apply(model: Any, data: Any, blobs: list[bytearray]) -> None:
    """Pone en ``model`` los pesos, los gradientes y el modo que dicen los datos."""
    parameters, modules = dict(model.named_parameters()), list(model.modules())
    if "weights" in data:
        model.load_state_dict(_load(blobs[data["weights"]]))
    grads = _load(blobs[data["grads"]]) if "grads" in data else {}
    for name, grad in grads.items():
        if parameters[name].shape != grad.shape:
            raise Unreadable("un gradiente con otra forma")
    for module, training in zip(modules, data["training"], strict=True):
        module.training = bool(training)
    for (name, each), trained in zip(parameters.items(), data["trained"], strict=True):
        each.requires_grad_(bool(trained))
        each.grad = grads[name].to(each.dtype) if name in grads else None


def _compute_hash(state: dict[str, Any]) -> str:
    import torch

    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in state.items():
        digest.update(name.encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy() if flat.numel() else b"")
    return digest.hexdigest()


def _save(tensors: dict[str, Any]) -> bytes:
    from safetensors.torch import save

    # Copiados: safetensors no admite dos nombres para los mismos números.
    return save({name: each.detach().cpu().contiguous().clone() for name, each in tensors.items()})


def _load(blob: bytearray) -> dict[str, Any]:
    from safetensors.torch import load

    return load(bytes(blob))
