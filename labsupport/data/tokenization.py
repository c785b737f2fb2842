"""De textos a ids, y la cuenta de cuánto padding cuesta cada manera de formar los batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

from labsupport.data.subset import TEXT_COLUMN


def tokenize_dataset(
    dataset: Dataset, tokenizer: PreTrainedTokenizerBase, max_length: int
) -> Dataset:
    """Añade ``input_ids``, ``attention_mask`` y ``length`` (tokens por reseña), sin padding.

    Trunca a ``max_length`` tokens. ``datasets`` guarda el resultado en su caché, así que
    repetir la llamada con los mismos datos no vuelve a tokenizar. Es lo que enseña el
    cuaderno 01, listo para los demás.
    """

    def tokenize(batch):
        encoded = tokenizer(batch[TEXT_COLUMN], truncation=True, max_length=max_length)
        encoded["length"] = [len(ids) for ids in encoded["input_ids"]]
        return encoded

    return dataset.map(tokenize, batched=True, desc="Tokenizando")


def padding_share(
    lengths: Sequence[int], batch_size: int, pad_to: int | None = None, by_length: bool = False
) -> float:
    """Devuelve la fracción de tokens (0 a 1) que serían padding.

    ``lengths``: tokens de cada ejemplo; ``pad_to``: longitud fija, o None para rellenar solo
    hasta el más largo de cada batch; ``by_length``: juntar antes los de longitud parecida.

    >>> padding_share([2, 8, 2, 8], batch_size=2, pad_to=10)
    0.5
    >>> padding_share([2, 8, 2, 8], batch_size=2)
    0.375
    >>> padding_share([2, 8, 2, 8], batch_size=2, by_length=True)
    0.0
    """
    ordered = sorted(lengths) if by_length else list(lengths)
    batches = [ordered[i : i + batch_size] for i in range(0, len(ordered), batch_size)]
    total = sum(len(batch) * (pad_to or max(batch)) for batch in batches)
    return 1 - sum(ordered) / total
