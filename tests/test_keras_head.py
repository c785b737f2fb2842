"""Un clasificador que entrenó otro framework, cargado en Keras con su head: mismas respuestas."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.base.errors import LabError
from labsupport.base.paths import EMBEDDED

FAMILIES = ["albert", "bert", "distilbert", "roberta", "xlm-roberta"]


def save_classifier(kind, folder):
    """Guarda un clasificador diminuto con pesos al azar, de tres clases."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 32, "max_position_embeddings": 34, "vocab_size": 60}
    sizes |= {"embedding_size": 8} if kind == "albert" else {}
    sizes |= {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    sizes |= {"type_vocab_size": 1, "pad_token_id": 1} if "roberta" in kind else {}
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, num_labels=3, initializer_range=0.5, **sizes)
    model = AutoModelForSequenceClassification.from_config(config).eval()
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize("kind", FAMILIES)
def test_keras_answers_as_transformers(keras, kind, tmp_path):
    import torch

    from labsupport.training import load_keras_classifier

    theirs = save_classifier(kind, tmp_path)
    ids = np.random.default_rng(0).integers(3, 60, size=(4, 12))
    mask = np.ones_like(ids)
    mask[0, 7:] = 0
    ids[0, 7:] = theirs.config.pad_token_id or 0
    given = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": mask}
    model = load_keras_classifier(tmp_path)
    ours = model.predict_on_batch({name: given[name] for name in model.input})
    with torch.no_grad():
        logits = theirs(torch.tensor(ids), attention_mask=torch.tensor(mask)).logits
    assert np.abs(logits.numpy()).max() > 0.1
    assert np.abs(ours - logits.numpy()).max() < 1e-4


def test_says_that_there_is_no_head(keras):
    from labsupport.training import load_keras_classifier

    with pytest.raises(LabError, match="No encuentro el head"):
        load_keras_classifier(EMBEDDED / "mini-bert")
