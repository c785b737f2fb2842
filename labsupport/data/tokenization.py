"""De textos a ids, como enseña el cuaderno 01 y listo para los demás."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

from labsupport.data.subset import TEXT_COLUMN


def tokenize_dataset(
    dataset: Dataset, tokenizer: PreTrainedTokenizerBase, max_length: int
) -> Dataset:
    """Añade ``input_ids``, ``attention_mask`` y ``length`` (tokens por reseña), sin padding.

    Trunca a ``max_length`` tokens. ``datasets`` guarda el resultado en su caché, así que
    repetir la llamada con los mismos datos no vuelve a tokenizar.
    """

    def tokenize(batch: Mapping[str, Any]) -> Any:
        encoded = tokenizer(batch[TEXT_COLUMN], truncation=True, max_length=max_length)
        encoded["length"] = [len(ids) for ids in encoded["input_ids"]]
        return encoded

    return dataset.map(tokenize, batched=True, desc="Tokenizando")
