"""La tokenización contra casos hechos a mano."""

import pytest
from datasets import Dataset
from transformers import AutoTokenizer

from labsupport.data import apply_parameters
from labsupport.data.tokenization import tokenize_dataset


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
