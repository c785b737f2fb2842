"""La tokenización y las cuentas de padding contra casos hechos a mano."""

import pytest
from datasets import Dataset
from transformers import AutoTokenizer

from labsupport.data import apply_parameters
from labsupport.data.tokenization import padding_share, tokenize_dataset


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(apply_parameters({}, detect=False).model_path)


def test_ids_are_special_tokens_around_the_words(tokenizer):
    rows = tokenize_dataset(Dataset.from_dict({"text": ["The food was good."]}), tokenizer, 16)
    words = [tokenizer.vocab[word] for word in ["the", "food", "was", "good", "."]]
    expected = [tokenizer.cls_token_id, *words, tokenizer.sep_token_id]
    assert rows[0]["input_ids"] == expected
    assert rows[0]["attention_mask"] == [1] * 7
    assert rows[0]["length"] == 7


def test_long_texts_are_cut_and_short_ones_are_not_padded(tokenizer):
    texts = ["good " * 100, "good"]
    rows = tokenize_dataset(Dataset.from_dict({"text": texts}), tokenizer, 10)
    assert rows["length"][:] == [10, 3]
    assert rows[0]["input_ids"][-1] == tokenizer.sep_token_id
    assert tokenizer.pad_token_id not in rows[1]["input_ids"]


def test_padding_share_by_hand():
    # Batches [1, 3] y [2, 6]: caben 6 y 12 tokens, hay 12 de verdad; sobran 6 de 18.
    assert padding_share([1, 3, 2, 6], batch_size=2) == pytest.approx(6 / 18)
    # Por largo, [1, 2] y [3, 6]: caben 4 y 12; sobran 4 de 16.
    assert padding_share([1, 3, 2, 6], batch_size=2, by_length=True) == pytest.approx(4 / 16)
    # A 8 fijo caben 32; sobran 20.
    assert padding_share([1, 3, 2, 6], batch_size=2, pad_to=8) == pytest.approx(20 / 32)


def test_padding_share_counts_an_incomplete_last_batch():
    assert padding_share([4, 4, 2], batch_size=2) == 0
