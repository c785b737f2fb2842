"""Lo que calculan las capas congeladas, guardado una vez y usado en todas las épocas.

Una capa que no se entrena da siempre lo mismo para el mismo texto, salvo por el dropout: aquí la
parte congelada calcula sin él. Se guardan, en memoria o en disco, los *hidden states* que entran en
la primera capa que sí se entrena: sin el padding, un número por token y unidad.
"""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.base.files import replace_folder
from labsupport.base.tables import format_number
from labsupport.costs.layers import PROBE, change_input, find_layers, freeze_lower, list_upper

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor

STATES, INDEX = "states.bin", "index.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MIB = 2**20
# De lo que queda libre, lo más que se toma: el resto es para entrenar.
SHARE = 0.7


class KeptStates:
    """Los textos de un dataset con lo que sus capas congeladas calcularon: entra en ``Trainer``.

    Cada elemento es el ejemplo tokenizado más ``states``, un tensor de (tokens × ancho).
    ``lengths``: tokens por texto, para agrupar por largo.
    """

    def __init__(self, rows: Dataset, states: Tensor, frozen: int) -> None:
        """``states``: los de todos los textos, uno detrás de otro."""
        self.rows = [_pick_inputs(row) for row in rows]
        self.lengths = [len(row["input_ids"]) for row in self.rows]
        self.states = states
        self.frozen = frozen
        self._ends = _accumulate(self.lengths)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> dict[str, Any]:
        end = self._ends[number]
        states = self.states[end - self.lengths[number] : end]
        return {**self.rows[number], "states": states}


def keep_states(
    model: Any,
    dataset: Dataset,
    frozen: int,
    precision: str = "fp32",
    batch_size: int = 32,
    folder: str | Path | None = None,
    say: Callable[[str], None] = print,
) -> KeptStates:
    """Calcula una vez lo que entra en la capa ``frozen`` y devuelve el dataset con ello.

    ``dataset``: tokenizado y sin padding; ``precision``: ``"fp32"`` o ``"bf16"``, que ocupa la
    mitad; ``folder``: la carpeta donde dejarlo, o None para la memoria. Si en ``folder`` ya está
    lo de este mismo modelo y estos textos, se usa. Dice antes cuánto ocupará. Lanza LabError si no
    cabe o si el modelo no deja separar sus capas.
    """
    lengths = [len(ids) for ids in dataset["input_ids"][:]]
    width = model.config.hidden_size
    size = estimate_size(sum(lengths), width, precision)
    check_room(size, folder)
    say(
        f"Los estados de {len(lengths)} textos ocupan {format_number(size / MIB, 1)} MiB "
        f"{'en memoria' if folder is None else 'en disco'}; la parte congelada calcula sin dropout."
    )
    arguments = (model, dataset, lengths, frozen, precision, batch_size)
    if folder is None:
        states = _allocate(sum(lengths), width, precision)
        _compute_all(states, *arguments)
    else:
        states = _keep_on_disk(Path(folder), *arguments)
    return KeptStates(dataset, states, frozen)


def estimate_size(tokens: int, width: int, precision: str = "fp32") -> int:
    """Devuelve los bytes que ocupan los estados de ``tokens`` tokens de un modelo de ese ancho.

    >>> estimate_size(150_000, 384), estimate_size(150_000, 384, "bf16")
    (230400000, 115200000)
    """
    return tokens * width * {"fp32": 4, "bf16": 2}[precision]


def check_room(size: int, folder: str | Path | None = None) -> None:
    """Lanza LabError si ``size`` bytes no caben con holgura en la memoria o en ``folder``."""
    import psutil

    if folder is None:
        free, place = psutil.virtual_memory().available, "la memoria"
        advice = "da una carpeta (folder=...), baja max_length o n_train, o usa bf16"
    else:
        free, place = _find_free(Path(folder)), "el disco"
        advice = "libera sitio, baja max_length o n_train, o usa bf16"
    if size > SHARE * free:
        raise LabError(
            f"Guardar los estados pide {format_number(size / MIB, 0)} MiB y en {place} hay "
            f"{format_number(free / MIB, 0)} libres: {advice}."
        )


def build_upper(model: Any, frozen: int) -> Any:
    """Devuelve las capas de arriba como un modelo que recibe ``states`` y se entrena igual.

    Comparte los pesos con ``model``: lo que aprende una lo tiene el otro, que sirve para predecir
    con textos. Congela lo de abajo. Su forward pide ``states`` además de ``input_ids``,
    ``attention_mask`` y ``labels``. Lanza LabError si a través de los estados no salen los
    mismos logits que con el modelo entero.
    """
    from torch.nn import Module

    class UpperLayers(Module):
        """El modelo a partir de su primera capa sin congelar."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.config = model.config

        def forward(
            self,
            input_ids: Any,
            states: Any,
            attention_mask: Any = None,
            token_type_ids: Any = None,
            labels: Any = None,
        ) -> Any:
            given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids}
            given = {name: each for name, each in given.items() if each is not None}
            with _skip_lower(model, frozen, states, outputs):
                return model(input_ids=input_ids, labels=labels, **given)

    freeze_lower(model, frozen)
    outputs = _count_outputs(model)
    upper = UpperLayers()
    _check_equal(model, upper, frozen)
    return upper


def pad_states(examples: Sequence[dict[str, Any]], pad_token_id: int = 0) -> dict[str, Tensor]:
    """Junta ejemplos de ``KeptStates`` en un batch, con padding hasta el más largo.

    >>> import torch
    >>> one, two = ({"input_ids": [5] * n, "states": torch.ones(n, 3), "label": 1} for n in (2, 4))
    >>> {name: tuple(each.shape) for name, each in pad_states([one, two]).items()}
    {'input_ids': (2, 4), 'attention_mask': (2, 4), 'labels': (2,), 'states': (2, 4, 3)}
    """
    import torch
    from torch.nn.utils.rnn import pad_sequence

    batch = pad_inputs(examples, pad_token_id)
    label = "labels" if "labels" in examples[0] else "label"
    batch["labels"] = torch.tensor([int(row[label]) for row in examples])
    batch["states"] = pad_sequence([row["states"] for row in examples], batch_first=True)
    return batch


def pad_inputs(
    examples: Sequence[dict[str, Any]], pad_token_id: int = 0, least: int = 0
) -> dict[str, Tensor]:
    """Junta textos tokenizados en un batch, con padding y su ``attention_mask``.

    El padding llega al más largo o, si es mayor, a ``least`` tokens.

    >>> pad_inputs([{"input_ids": [5, 6]}, {"input_ids": [7]}])["input_ids"].tolist()
    [[5, 6], [7, 0]]
    """
    import torch

    fill = {"input_ids": pad_token_id, "token_type_ids": 0}
    lengths = torch.tensor([len(row["input_ids"]) for row in examples])
    longest = max(int(lengths.max()), least)
    batch = {}
    for name in fill.keys() & examples[0].keys():
        batch[name] = torch.full((len(examples), longest), fill[name])
        for place, row in zip(batch[name], examples, strict=True):
            place[: len(row[name])] = torch.tensor(row[name])
    batch["attention_mask"] = (torch.arange(longest) < lengths[:, None]).long()
    return batch


def _pick_inputs(row: dict[str, Any]) -> dict[str, Any]:
    kept = (*INPUTS, "label", "labels")
    return {name: row[name] for name in kept if name in row}


def _accumulate(lengths: Sequence[int]) -> list[int]:
    from itertools import accumulate

    return list(accumulate(lengths))


def _allocate(tokens: int, width: int, precision: str, path: Path | None = None) -> Tensor:
    import torch

    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    if path is None:
        return torch.empty(tokens, width, dtype=kind)
    flat = torch.from_file(str(path), shared=True, size=tokens * width, dtype=kind)
    return flat.view(tokens, width)


def _compute_all(
    states: Tensor,
    model: Any,
    dataset: Dataset,
    lengths: Sequence[int],
    frozen: int,
    precision: str,
    batch_size: int,
) -> None:
    """Llena ``states``, de los textos más largos a los más cortos: así casi no hay padding."""
    import torch

    ends = _accumulate(lengths)
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    rows = dataset.select_columns([name for name in INPUTS if name in dataset.column_names])
    training = model.training
    model.eval()
    try:
        for start in range(0, len(order), batch_size):
            numbers = order[start : start + batch_size]
            batch = pad_inputs([rows[number] for number in numbers], model.config.pad_token_id or 0)
            batch = {name: each.to(model.device) for name, each in batch.items()}
            found = compute_states(model, batch, frozen, precision)
            for number, each in zip(numbers, found.to("cpu", states.dtype), strict=True):
                states[ends[number] - lengths[number] : ends[number]] = each[: lengths[number]]
    finally:
        model.train(training)
    if not torch.isfinite(states).all():
        raise LabError(
            'Los estados tienen números infinitos o que no lo son: usa precision="fp32" y revisa '
            "que el modelo esté bien cargado."
        )


def compute_states(model: Any, batch: dict[str, Tensor], frozen: int, precision: str) -> Tensor:
    """Devuelve los *hidden states* que entran en la capa ``frozen``, sin calcular las de arriba."""
    import torch

    layer = find_layers(model)[frozen]

    def stop(states: Tensor) -> Tensor:
        raise _ReachedError(states)

    enabled = precision == "bf16"
    cast = torch.autocast(model.device.type, torch.bfloat16, enabled=enabled)
    with torch.no_grad(), cast, change_input(layer, stop):
        try:
            model.base_model(**batch)
        except _ReachedError as reached:
            return reached.states
    raise LabError("El modelo no pasa por sus capas en orden: entrénalo entero o solo el head.")


class _ReachedError(Exception):
    """Corta el forward al llegar a una capa y lleva lo que le entraba."""

    def __init__(self, states: Tensor) -> None:
        super().__init__()
        self.states = states


@contextmanager
def _skip_lower(model: Any, frozen: int, states: Tensor, outputs: int) -> Iterator[None]:
    """Las capas de abajo no calculan nada y la primera de arriba recibe ``states``."""

    def pass_through(hidden_states: Tensor, *others: Any, **options: Any) -> Any:
        return (hidden_states, *[None] * (outputs - 1)) if outputs else hidden_states

    layers = find_layers(model)
    # Guardados en 16 bits, vuelven a los del modelo: con autocast, una capa también los recibe así.
    given = states.to(model.dtype)
    for each in layers[:frozen]:
        each.forward = pass_through
    try:
        with change_input(layers[frozen], lambda _: given):
            yield
    finally:
        for each in layers[:frozen]:
            del each.forward


def _count_outputs(model: Any) -> int:
    """Cuántas cosas devuelve una capa: 0 si es un tensor suelto (BERT); DeBERTa da una tupla."""
    import torch

    seen: list[Any] = []
    handle = find_layers(model)[0].register_forward_hook(lambda *each: seen.append(each[-1]))
    try:
        with torch.no_grad():
            model.base_model(input_ids=torch.tensor([PROBE], device=model.device))
    finally:
        handle.remove()
    return len(seen[0]) if isinstance(seen[0], tuple) else 0


def _check_equal(model: Any, upper: Any, frozen: int) -> None:
    """Compara los logits a través de los estados con los del modelo entero."""
    import torch

    ids = torch.tensor([PROBE], device=model.device)
    training = model.training
    upper.eval()
    try:
        with torch.no_grad():
            states = compute_states(model, {"input_ids": ids}, frozen, "fp32")
            through = upper(ids, states).logits
            whole = model(input_ids=ids).logits
    finally:
        upper.train(training)
    if not torch.allclose(through, whole, atol=1e-4, rtol=1e-4):
        raise LabError(
            f"En un modelo «{model.config.model_type}» las capas de arriba usan algo más que "
            "lo que sale de las de abajo, y guardarlo no basta: congela sin guardar los estados."
        )


def _keep_on_disk(
    folder: Path, model: Any, dataset: Dataset, lengths: Sequence[int], *rest: Any
) -> Any:
    frozen, precision, batch_size = rest
    width, tokens = model.config.hidden_size, sum(lengths)
    wanted = {
        "digest": _digest(model, dataset, frozen),
        "tokens": tokens,
        "width": width,
        "precision": precision,
    }
    if _read_index(folder) != wanted or not _is_whole(folder, wanted):
        with replace_folder(folder) as temporary:
            path = temporary / STATES
            states = _allocate(tokens, width, precision, path)
            _compute_all(states, model, dataset, lengths, *rest)
            # Windows no cambia de nombre un archivo que alguien tiene abierto.
            del states
            gc.collect()
            (temporary / INDEX).write_text(json.dumps(wanted), encoding="utf-8")
    return _allocate(tokens, width, precision, folder / STATES)


def _is_whole(folder: Path, index: dict[str, Any]) -> bool:
    path = folder / STATES
    size = estimate_size(index["tokens"], index["width"], index["precision"])
    return path.is_file() and path.stat().st_size == size


def _read_index(folder: Path) -> dict[str, Any] | None:
    try:
        return json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _digest(model: Any, dataset: Dataset, frozen: int) -> str:
    """Una huella de los pesos congelados y de los textos: si algo cambia, se calcula otra vez."""
    digest = hashlib.sha256(str(frozen).encode())
    upper = list_upper(model, frozen)
    for name, each in model.named_parameters():
        if each not in upper:
            digest.update(name.encode())
            digest.update(each.detach().cpu().float().contiguous().numpy().tobytes())
    for ids in dataset["input_ids"][:]:
        digest.update(str(list(ids)).encode())
    return digest.hexdigest()


def _find_free(folder: Path) -> int:
    parents = [folder, *folder.absolute().parents]
    return shutil.disk_usage(next(each for each in parents if each.exists())).free
