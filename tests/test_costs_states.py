"""Lo que calculan las capas congeladas, guardado: los mismos logits y los mismos gradientes."""

import json

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from labsupport.base.errors import LabError
from labsupport.costs import states as module
from labsupport.costs.features import compute_features, fit_head
from labsupport.costs.layers import find_layers, freeze_lower
from labsupport.costs.recipes import Recipe
from labsupport.costs.states import build_upper, check_room, keep_states, pad_states
from labsupport.costs.storage import measure_saved, measure_trained
from labsupport.costs.training import add_adapters, choose_batches, cut_texts, train_recipe

LENGTHS = (5, 3, 8, 6, 12, 4)
FAMILIES = [
    "bert-base-spanish-wwm-uncased",
    "distilbert-base-cased",
    "roberta-base-bne",
    "electra-small-discriminator",
    "deberta-v3-small",
    "ModernBERT-base",
    "gpt2",
    "qwen",
]


def silence(_):
    """Para `say`: no decir nada."""


@pytest.fixture
def rows():
    ids = [[2, *(5 + (7 * n + i) % 30 for i in range(n - 2)), 3] for n in LENGTHS]
    masks = [[1] * n for n in LENGTHS]
    labels = [0, 1, 2, 3, 4, 0]
    return Dataset.from_dict({"input_ids": ids, "attention_mask": masks, "label": labels})


@pytest.fixture
def load(tiny):
    def load(name):
        model = AutoModelForSequenceClassification.from_pretrained(
            tiny[f"models/tiny/{name}"], num_labels=5
        )
        model.float()
        model.config.pad_token_id = model.config.pad_token_id or 0
        return model

    return load


def collect(model):
    """Los gradientes de un modelo, por nombre."""
    found = {n: each.grad.clone() for n, each in model.named_parameters() if each.grad is not None}
    model.zero_grad()
    return found


@pytest.mark.parametrize("name", FAMILIES)
def test_through_the_kept_states_everything_is_equal(load, rows, name):
    model = load(name)
    trained = freeze_lower(model, 1)
    assert 0 < trained < model.num_parameters()
    kept = keep_states(model, rows, 1, batch_size=4, say=silence)
    upper = build_upper(model, 1).eval()
    batch = pad_states([kept[number] for number in range(len(rows))], model.config.pad_token_id)
    through = upper(**batch)
    through.loss.backward()
    ours = collect(model)
    del batch["states"]
    whole = model.eval()(**batch)
    whole.loss.backward()
    theirs = collect(model)
    assert torch.allclose(through.logits, whole.logits, atol=1e-5)
    assert ours.keys() == theirs.keys()
    assert all(torch.allclose(ours[each], theirs[each], atol=1e-5) for each in ours)
    lower = {n for n, each in model.named_parameters() if not each.requires_grad}
    assert lower and not lower & ours.keys()


def test_what_training_learns_is_in_the_whole_model(load, rows, tmp_path):
    model = load(FAMILIES[0])
    before = {name: each.clone() for name, each in model.named_parameters()}
    kept = keep_states(model, rows, 1, say=silence)
    options = {"output_dir": str(tmp_path), "report_to": "none", "save_strategy": "no"}
    Trainer(
        model=build_upper(model, 1),
        args=TrainingArguments(**options, num_train_epochs=2, learning_rate=1e-2),
        train_dataset=kept,
        data_collator=pad_states,
    ).train()
    changed = {n for n, each in model.named_parameters() if not torch.equal(each, before[n])}
    frozen = {n for n, each in model.named_parameters() if not each.requires_grad}
    assert changed and frozen and not changed & frozen
    assert any("layer.1" in name for name in changed)


def test_shared_layers_are_refused(load):
    with pytest.raises(LabError, match="albert"):
        freeze_lower(load("albert-base-v2"), 1)


@pytest.mark.parametrize("frozen", [-1, 2, 99])
def test_a_layer_that_is_not_there_is_said(load, frozen):
    with pytest.raises(LabError, match="elige entre 0 y 1"):
        freeze_lower(load(FAMILIES[0]), frozen)


def test_freezing_nothing_trains_everything_and_leaves_the_mode(load):
    model = load(FAMILIES[0]).train()
    assert freeze_lower(model, 1) < freeze_lower(model, 0) == model.num_parameters()
    assert model.training and len(find_layers(model)) == 2


def test_upper_layers_that_peek_below_are_refused(load, monkeypatch):
    model = load(FAMILIES[0])
    compute = module.compute_states
    monkeypatch.setattr(module, "compute_states", lambda *each: -50 * compute(*each).sin())
    with pytest.raises(LabError, match="congela sin guardar"):
        build_upper(model, 1)


def test_states_on_disk_are_the_same_and_are_computed_once(load, rows, tmp_path, monkeypatch):
    model, folder = load(FAMILIES[0]), tmp_path / "estados"
    memory = keep_states(model, rows, 1, say=silence)
    disk = keep_states(model, rows, 1, folder=folder, say=silence)
    assert torch.equal(memory.states, disk.states)
    assert sorted(each.name for each in folder.iterdir()) == ["index.json", "states.bin"]
    assert [each.name for each in tmp_path.iterdir()] == ["estados"]
    calls = []
    compute = module._compute_all
    monkeypatch.setattr(module, "_compute_all", lambda *each: calls.append(1) or compute(*each))
    # Entrenar lo de arriba no cambia lo que guarda lo de abajo.
    with torch.no_grad():
        model.classifier.weight += 1
    keep_states(model, rows, 1, folder=folder, say=silence)
    assert not calls
    with torch.no_grad():
        model.get_input_embeddings().weight += 1
    keep_states(model, rows, 1, folder=folder, say=silence)
    assert len(calls) == 1


@pytest.mark.parametrize("damage", ["cut", "index", "no index"])
def test_damaged_states_are_computed_again(load, rows, tmp_path, damage):
    model, folder = load(FAMILIES[0]), tmp_path / "estados"
    right = keep_states(model, rows, 1, folder=folder, say=silence).states.clone()
    if damage == "cut":
        with open(folder / "states.bin", "r+b") as file:
            file.truncate(10)
    elif damage == "index":
        (folder / "index.json").write_text(json.dumps({"tokens": 1}))
    else:
        (folder / "index.json").unlink()
    assert torch.equal(keep_states(model, rows, 1, folder=folder, say=silence).states, right)


def test_half_precision_takes_half(load, rows, tmp_path):
    model = load(FAMILIES[0])
    full = keep_states(model, rows, 1, say=silence).states
    half = keep_states(model, rows, 1, "bf16", say=silence).states
    assert half.element_size() * 2 == full.element_size()
    assert torch.allclose(full, half.float(), atol=0.1)


def test_what_does_not_fit_is_refused_before_computing(tmp_path):
    for folder in (None, tmp_path / "no" / "existe"):
        with pytest.raises(LabError, match="libres"):
            check_room(2**60, folder)
    check_room(10, tmp_path)


def test_states_say_their_size_first(load, rows):
    said = []
    keep_states(load(FAMILIES[0]), rows, 1, say=said.append)
    assert "6 textos" in said[0] and "MiB en memoria" in said[0] and "dropout" in said[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_features_are_what_the_head_reads(load, rows, name):
    model = load(name).train()
    features = compute_features(model, rows, batch_size=4)
    assert features.shape == (len(rows), 16) and model.training
    alone = compute_features(model, rows.select([2]))
    assert np.allclose(features[2], alone[0], atol=1e-5)
    assert compute_features(model, rows, "mean").shape == (len(rows), 16)


def test_features_and_a_linear_head_give_the_logits(load, rows):
    model = load(FAMILIES[0]).eval()
    features = torch.tensor(compute_features(model, rows))
    batch = pad_states([{**row, "states": torch.zeros(len(row["input_ids"]), 1)} for row in rows])
    del batch["states"]
    assert torch.allclose(model.classifier(features), model(**batch).logits, atol=1e-5)


def test_wrong_features_are_said(load, rows):
    with pytest.raises(LabError, match="¿Querías decir «mean»"):
        compute_features(load(FAMILIES[0]), rows, "means")
    with pytest.raises(LabError, match="misma clase"):
        fit_head(np.ones((3, 2)), [1, 1, 1])


def test_an_adapter_weighs_less_than_its_model(load):
    pytest.importorskip("peft")
    model = load(FAMILIES[0])
    whole, everything = measure_saved(model), measure_trained(model)
    adapted = add_adapters(model)
    assert measure_trained(adapted) < everything and measure_saved(adapted) < whole
    assert all(each.requires_grad for each in adapted.base_model.model.classifier.parameters()) or (
        any("classifier" in n and p.requires_grad for n, p in adapted.named_parameters())
    )


def test_a_missing_peft_is_said(load, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    with pytest.raises(LabError, match="peft"):
        add_adapters(load(FAMILIES[0]))


def test_texts_are_cut_and_keep_their_end(rows):
    cut = cut_texts(rows, 5)
    assert max(map(len, cut["input_ids"])) == 5 and {ids[-1] for ids in cut["input_ids"]} == {3}


def test_batches_hold_every_text_once():
    lengths = [3, 9, 4, 8, 5, 7, 1]
    for grouped in (True, False):
        batches = choose_batches(lengths, 2, grouped, seed=3)
        assert sorted(sum(batches, [])) == list(range(7))
        assert batches == choose_batches(lengths, 2, grouped, seed=3)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"padded": True, "grouped": False},
        {"frozen": 1},
        {"frozen": 1, "kept": True, "evaluations": 1},
        {"frozen": 1, "kept": True, "precision": "bf16"},
        {"head_only": "head"},
        {"head_only": "mean"},
        {"lora": True},
    ],
)
def test_every_recipe_trains_and_repeats(load, rows, changes):
    if changes.get("lora"):
        pytest.importorskip("peft")
    found = []
    for _ in range(2):
        torch.manual_seed(1)
        recipe = Recipe(10, **changes)
        found.append(train_recipe(recipe, load(FAMILIES[0]), rows, rows, 2, 4, 1e-3, seed=5))
    assert 0 <= found[0] <= 1 and found[0] == found[1]
