"""Lo que cuesta contestar: qué se mide, y qué pasa donde un formato no existe."""

from __future__ import annotations

import sys

import pytest
import torch

from labsupport.base.errors import LabError
from labsupport.base.paths import EMBEDDED
from labsupport.costs import load_formats, measure_serving
from labsupport.costs.serving import measure_size, quantize_linear


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Un clasificador que no aprendió nada."""
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("modelo")
    model = AutoModelForSequenceClassification.from_pretrained(EMBEDDED / "mini-bert", num_labels=3)
    model.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def formats(folder):
    return load_formats(folder)


def test_each_format_is_smaller_and_answers_almost_the_same(formats):
    from transformers import AutoTokenizer

    texts = ["The food was cold.", "Wonderful staff.", "Not bad"] * 12
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED / "mini-bert")
    table = measure_serving(formats, tokenizer, texts, [0, 1, 2] * 12, max_length=16, rounds=1)
    assert list(table.index) == ["fp32", "bf16", "int8"]
    assert table.loc["bf16", "MB"] < 0.52 * table.loc["fp32", "MB"]
    assert table.loc["bf16", "MB"] < table.loc["int8", "MB"] < 0.65 * table.loc["fp32", "MB"]
    assert (table[["ms, uno", "ms, de 32 en 32"]] > 0).all(axis=None)
    assert table.loc["fp32", "cambian"] == 0 and (table["accuracy"].between(0, 1)).all()


def test_the_size_is_that_of_the_file(formats, folder):
    file = (folder / "model.safetensors").stat().st_size / 10**6
    assert measure_size(formats["fp32"]) == pytest.approx(file, rel=0.02)


def test_int8_keeps_the_embeddings_as_they_were(formats):
    assert formats["int8"].get_input_embeddings().weight.dtype == torch.float32
    assert formats["int8"].classifier.weight().dtype == torch.qint8


def test_a_pytorch_without_quantisation_loses_only_that_row(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.ao.quantization", None)
    said = []
    assert list(load_formats(folder, say=said.append)) == ["fp32", "bf16"]
    assert "torchao" in said[0]


def test_a_processor_that_does_not_multiply_integers_is_told(monkeypatch):
    monkeypatch.setattr(type(torch.backends.quantized), "supported_engines", ["none"])
    with pytest.raises(LabError, match="no se mide int8"):
        quantize_linear(torch.nn.Linear(2, 2))
