"""Los modelos cruzan con sus pesos una vez; lo que la entrega cambia en ellos vuelve."""

from __future__ import annotations

import gc

import pytest

from labsupport.grading.judging.codec import Decoder, Encoder, Unreadable, Untransferable
from labsupport.grading.judging.weights import Borrower, Lender


@pytest.fixture
def model():
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 8, "vocab_size": 20, "max_position_embeddings": 12}
    return BertForSequenceClassification(BertConfig(**sizes))


class Sides:
    """Los dos lados, sin canal: lo que manda uno lo lee el otro."""

    def __init__(self):
        self.lender, self.borrower = Lender(), Borrower()

    def lend(self, model):
        encoder = Encoder(put_model=self.lender.put)
        self.sent = encoder.encode(model)
        return Decoder(to_read(encoder), get_model=self.borrower.get).decode(self.sent)

    def give_back(self, lent):
        encoder = Encoder(put_model=self.borrower.put)
        self.back = encoder.encode(lent)
        return Decoder(to_read(encoder), get_model=self.lender.get).decode(self.back)


def to_read(encoder):
    return [bytearray(blob) for blob in encoder.blobs]


def test_the_same_model_crosses_once_and_its_weights_when_they_change(model):
    import torch

    sides = Sides()
    lent = sides.lend(model.eval())
    assert type(lent) is type(model) and not lent.training and "weights" in sides.sent
    assert all(map(torch.equal, lent.state_dict().values(), model.state_dict().values()))
    assert sides.give_back(lent) is model and "weights" not in sides.back
    assert sides.lend(model) is lent and "weights" not in sides.sent
    with torch.no_grad():
        model.classifier.weight.mul_(3)
    assert sides.lend(model) is lent and "weights" in sides.sent
    assert torch.equal(lent.classifier.weight, model.classifier.weight)


def test_what_the_submission_changes_comes_back(model):
    import torch

    sides = Sides()
    lent = sides.lend(model.eval())
    lent.train()
    lent.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    lent(torch.tensor([[1, 2]]), labels=torch.tensor([1])).loss.backward()
    with torch.no_grad():
        lent.classifier.bias.fill_(7)
    sides.give_back(lent)
    assert model.training and model.classifier.bias.tolist() == [7, 7]
    assert not model.bert.embeddings.word_embeddings.weight.requires_grad
    assert torch.equal(model.classifier.weight.grad, lent.classifier.weight.grad)
    lent.zero_grad()
    sides.give_back(lent)
    assert model.classifier.weight.grad is None


def test_another_model_does_not_cross(model):
    import torch

    sides = Sides()
    with pytest.raises(Untransferable):
        sides.lend(torch.nn.Linear(2, 2))
    with pytest.raises(Untransferable):
        sides.give_back(model)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data, blob: {**data, "number": 5},
        lambda data, blob: {**data, "training": [True]},
        lambda data, blob: {**data, "weights": 4},
        lambda data, blob: blob.__delitem__(slice(len(blob) // 2, None)) or data,
        lambda data, blob: blob.__setitem__(slice(8, 60), b"x" * 52) or data,
        lambda data, blob: {**data, "grads": data["weights"], "training": []},
    ],
    ids=["de nadie", "sin modos", "sin trozo", "cortado", "estropeado", "otros gradientes"],
)
def test_cut_or_swapped_weights_are_refused(model, spoil):
    import torch

    sides = Sides()
    lent, before = sides.lend(model), model.classifier.bias.clone()
    with torch.no_grad():
        lent.classifier.bias.fill_(7)
    encoder = Encoder(put_model=sides.borrower.put)
    data, blobs = encoder.encode(lent), to_read(encoder)
    with pytest.raises(Unreadable):
        Decoder(blobs, get_model=sides.lender.get).decode(spoil(data, blobs[data["weights"]]))
    assert model.classifier.bias.shape == before.shape


def test_weights_of_another_size_are_refused(model):
    from transformers import BertConfig, BertForSequenceClassification

    sides, other = Sides(), Sides()
    sides.lend(model)
    large = BertForSequenceClassification(
        BertConfig(**{**model.config.to_diff_dict(), "hidden_size": 16})
    )
    encoder = Encoder(put_model=other.lender.put)
    data = encoder.encode(large)
    with pytest.raises(Unreadable):
        Decoder(to_read(encoder), get_model=sides.lender.get).decode(data)


def test_a_model_that_is_gone_is_forgotten(model):
    sides = Sides()
    lent = sides.lend(model)
    assert sides.lender.list_gone() == []
    del model
    gc.collect()
    assert sides.lender.list_gone() in ([], [0])
    sides.borrower.forget([0])
    with pytest.raises(Untransferable):
        sides.give_back(lent)
