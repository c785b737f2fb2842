"""Cargar lo publicado por el camino de otra persona, con las mismas respuestas."""

from __future__ import annotations

import json

import numpy as np
import pytest
from card_samples import DATE, STARS, make_predictions
from loopback_hub.client import use_hub
from loopback_hub.repos import build_model
from loopback_hub.server import serve_hub
from loopback_hub.uploads import Account, Uploads

from labsupport.base.errors import LabError
from labsupport.settings import check_parameters
from labsupport.sharing import push_model, write_card
from labsupport.sharing.card_checks import read_blocks
from labsupport.training import complete_weights, copy_head, find_preset, set_activation

TOKEN, READ, OTHER = (f"hf_{letter * 34}" for letter in "WRO")
ACCOUNTS = {TOKEN: Account("ana"), READ: Account("ana", "read"), OTHER: Account("luis")}
HUB_ID = "ana/mini-resenas"
SIZES = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SIZES |= {"intermediate_size": 32, "max_position_embeddings": 40}
FAMILIES = {
    "albert": {**SIZES, "embedding_size": 8},
    "bert": SIZES,
    "distilbert": {
        **{"vocab_size": 50, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
        "max_position_embeddings": 40,
    },
    "roberta": {**SIZES, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "xlm-roberta": {**SIZES, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
}
TEXTS = ["The food was great", "Never again, the room was dirty", "It was fine"]
NAMES = {
    "input_ids": "token_ids",
    "token_type_ids": "segment_ids",
    "attention_mask": "padding_mask",
}
PREDICTIONS = make_predictions()


def load_keras(preset):
    """El camino del cuaderno 3, con el head que ya estaba entrenado."""
    import keras_hub

    model = keras_hub.models.TextClassifier.from_preset(
        preset, num_classes=len(STARS), preprocessor=None
    )
    complete_weights(model, preset)
    copy_head(model, preset)
    return model


def save_classifier(checkpoint, folder):
    """Un clasificador con su head al azar y el tokenizer, como los deja Trainer."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

    logging.set_verbosity_error()
    names = {"id2label": dict(enumerate(STARS)), "label2id": {n: i for i, n in enumerate(STARS)}}
    model = AutoModelForSequenceClassification.from_pretrained(
        checkpoint, num_labels=len(STARS), ignore_mismatched_sizes=True, **names
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(checkpoint).save_pretrained(folder)
    return model.eval()


def compare(model, torch_model, encoded):
    """La mayor diferencia entre los logits de los dos, con los mismos tokens."""
    import torch

    with torch.no_grad():
        expected = torch_model(**{k: torch.tensor(v) for k, v in encoded.items()}).logits.numpy()
    inputs = {NAMES[name]: array for name, array in encoded.items() if name in NAMES}
    return np.abs(model.predict(inputs, verbose=0) - expected).max()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Un BERT diminuto con su tokenizer, que sirve de checkpoint de partida."""
    folder = tmp_path_factory.mktemp("base") / "bert"
    build_model(folder)
    return folder


@pytest.mark.parametrize("family", FAMILIES)
def test_the_trained_head_answers_the_same_in_keras(keras, tmp_path, family):
    from transformers import AutoConfig, AutoModelForSequenceClassification, set_seed

    set_seed(0)
    config = AutoConfig.for_model(family, num_labels=len(STARS), **FAMILIES[family])
    torch_model = AutoModelForSequenceClassification.from_config(config).eval()
    for layer in torch_model.modules():
        if hasattr(layer, "bias") and layer.bias is not None:
            layer.bias.data.normal_()
    torch_model.save_pretrained(tmp_path / "modelo")
    model = load_keras(find_preset(str(tmp_path / "modelo")))
    set_activation(model, config.to_dict().get("hidden_act") or config.activation)
    ids = np.array([[5, 6, 7, 8], [9, 10, 11, 12]])
    encoded = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    if family in ("albert", "bert"):
        encoded["token_type_ids"] = np.zeros_like(ids)
    assert compare(model, torch_model, encoded) < 1e-4


def test_a_body_without_a_head_and_another_number_of_classes_are_told(keras, base, tmp_path):
    import keras_hub

    with pytest.raises(LabError, match="no trae un head entrenado"):
        load_keras(find_preset(str(base)))
    save_classifier(base, tmp_path / "modelo")
    preset = find_preset(str(tmp_path / "modelo"))
    model = keras_hub.models.TextClassifier.from_preset(preset, num_classes=2, preprocessor=None)
    with pytest.raises(LabError, match="num_classes=5"):
        copy_head(model, preset)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Un Hub en que ana puede publicar, y su token en esta máquina."""
    uploads = Uploads(tmp_path / "servidor", ACCOUNTS)
    with serve_hub({}, uploads) as running:
        use_hub(monkeypatch, running.url, tmp_path / "cache")
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield running


def publish(folder):
    settings = check_parameters(PREDICTIONS.parameters)
    write_card(settings, PREDICTIONS, folder, hub_id=HUB_ID, date=DATE)
    return push_model(folder, HUB_ID, PREDICTIONS, say=lambda sentence: None)


def test_what_was_published_is_loaded_by_the_road_of_keras(keras, base, tmp_path, hub):
    from transformers import AutoTokenizer, pipeline

    torch_model = save_classifier(base, tmp_path / "modelo")
    publish(tmp_path / "modelo")
    preset = find_preset(HUB_ID)
    assert preset == f"hf://{HUB_ID}"
    model = load_keras(preset)
    set_activation(model, "gelu")
    tokenizer = AutoTokenizer.from_pretrained(HUB_ID)
    encoded = tokenizer(TEXTS, padding=True, return_tensors="np")
    assert compare(model, torch_model, encoded) < 1e-4
    answers = pipeline("text-classification", model=HUB_ID)(TEXTS)
    inputs = {NAMES[name]: array for name, array in encoded.items()}
    chosen = model.predict(inputs, verbose=0).argmax(axis=1)
    assert [STARS[label] for label in chosen] == [each["label"] for each in answers]


def test_a_model_of_keras_is_published_and_loaded_back(keras, base, tmp_path, hub):
    import keras_hub
    from transformers import AutoTokenizer

    torch_model = save_classifier(base, tmp_path / "base")
    model = load_keras(find_preset(str(tmp_path / "base")))
    model.save_to_preset(str(tmp_path / "modelo"))
    publish(tmp_path / "modelo")
    stored = {path.name for path in hub.repos[f"models/{HUB_ID}"].iterdir()}
    assert {"README.md", "config.json", "task.json", "model.weights.h5"} <= stored
    card = (hub.repos[f"models/{HUB_ID}"] / "README.md").read_text(encoding="utf-8")
    assert "library_name: keras-hub" in card
    back = keras_hub.models.TextClassifier.from_preset(f"hf://{HUB_ID}", preprocessor=None)
    set_activation(back, torch_model.config.hidden_act)
    encoded = AutoTokenizer.from_pretrained(base)(TEXTS, padding=True, return_tensors="np")
    assert compare(back, torch_model, encoded) < 1e-4


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_half_a_model_of_keras_is_not_published(tmp_path, hub, name):
    folder = tmp_path / "modelo"
    folder.mkdir()
    for each in ("config.json", "task.json", "model.weights.h5"):
        (folder / each).write_text(json.dumps({}))
    if name == "config.json":
        (folder / name).unlink()
    with pytest.raises(LabError, match="falta config.json" if name == "config.json" else "dañados"):
        publish(folder)
    assert hub.requests == []


def test_the_pipeline_answers_the_same_from_the_hub(base, tmp_path, hub):
    from transformers import pipeline

    folder = tmp_path / "modelo"
    save_classifier(base, folder)
    publish(folder)
    local = pipeline("text-classification", model=str(folder), top_k=None)(TEXTS)
    for options in ({}, {"revision": "v1.0"}):
        remote = pipeline("text-classification", model=HUB_ID, top_k=None, **options)
        assert remote(TEXTS) == local
    assert {each["label"] for each in local[0]} == set(STARS)


def test_a_private_model_is_only_for_its_owner(base, tmp_path, hub):
    from transformers import AutoConfig

    save_classifier(base, tmp_path / "modelo")
    publish(tmp_path / "modelo")
    for token in (OTHER, False):
        with pytest.raises(OSError):
            AutoConfig.from_pretrained(HUB_ID, token=token)
    assert AutoConfig.from_pretrained(HUB_ID, token=READ).num_labels == len(STARS)


def test_the_code_of_the_published_card_runs(base, tmp_path, hub, capsys):
    save_classifier(base, tmp_path / "modelo")
    publish(tmp_path / "modelo")
    card = (hub.repos[f"models/{HUB_ID}"] / "README.md").read_text(encoding="utf-8")
    (code,) = [block.text for block in read_blocks(card) if block.kind == "código"]
    exec(compile(code, "ficha", "exec"), {})
    assert "label" in capsys.readouterr().out
