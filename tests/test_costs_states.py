"""Lo que calculan las capas congeladas, guardado: los mismos logits y los mismos gradientes."""

import json

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from labsupport.base.errors import LabError
from labsupport.costs import states as module
from labsupport.costs.comparing import choose_sample, measure_recipes
from labsupport.costs.features import compute_features, fit_head
from labsupport.costs.layers import find_layers, freeze_lower
from labsupport.costs.recipes import Recipe, list_recipes
from labsupport.costs.scratch import train_from_scratch
from labsupport.costs.shortcuts import _FirstOnly, read_only_first, stop_attention_dropout
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
        {"attention_dropout": False, "precision": "bf16"},
        {"frozen": 1, "kept": True, "first_only": True, "precision": "bf16"},
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


@pytest.mark.parametrize("name", [FAMILIES[0], "roberta-base-bne", "electra-small-discriminator"])
def test_the_last_layer_for_the_first_token_changes_no_gradient(load, rows, name):
    model = load(name).eval()
    kept = keep_states(model, rows, 1, say=silence)
    batch = pad_states([kept[number] for number in range(len(rows))], model.config.pad_token_id)
    upper = build_upper(model, 1).eval()
    upper(**batch).loss.backward()
    whole = collect(model)
    read_only_first(model)
    upper(**batch).loss.backward()
    first = collect(model)
    assert first.keys() == whole.keys()
    assert all(torch.allclose(first[each], whole[each], atol=1e-6) for each in first)
    assert torch.allclose(upper(**batch).logits, model(**_without_states(batch)).logits, atol=1e-5)


def _without_states(batch):
    return {name: each for name, each in batch.items() if name != "states"}


@pytest.mark.parametrize("name", ["distilbert-base-cased", "gpt2", "ModernBERT-base"])
def test_other_layers_do_not_take_the_shortcut(load, name):
    with pytest.raises(LabError, match="sin ese atajo"):
        read_only_first(load(name))


def test_a_head_that_reads_more_is_left_as_it_was(load, monkeypatch):
    model = load(FAMILIES[0])
    monkeypatch.setattr(_FirstOnly, "__call__", lambda self, states, *_, **__: 30 * states.sin())
    with pytest.raises(LabError, match="más que el primer token"):
        read_only_first(model)
    assert "forward" not in vars(find_layers(model)[-1])


@pytest.mark.parametrize("name", [each for each in FAMILIES if each != "ModernBERT-base"])
def test_attention_dropout_stops_and_the_rest_goes_on(load, name):
    model = load(name)
    rates = [each.p for each in model.modules() if isinstance(each, torch.nn.Dropout)]
    if name == "qwen":
        assert stop_attention_dropout(model) == 0
    else:
        assert stop_attention_dropout(model) == 2 and stop_attention_dropout(model) == 0
        left = [each.p for each in model.modules() if isinstance(each, torch.nn.Dropout)]
        assert 0 < sum(left) < sum(rates)


def test_recipes_are_compared_whole(load, rows):
    recipes = list_recipes(12, 2, bf16=True, first_only=True)
    table = measure_recipes(recipes, load(FAMILIES[0]), rows, rows, 2, 2, rounds=1, steps=2)
    assert list(table.index) == list(recipes) and table["times"].iloc[0] == 1
    assert (table[["ms", "seconds", "watt_hours", "weights", "mb"]] > 0).all().all()
    once, often = table.loc["y una sola evaluación"], table.loc["solo el head"]
    assert once["weights"] > often["weights"]


def test_samples_are_like_the_epoch():
    lengths = [1 + number % 50 for number in range(400)]
    batches = choose_batches(lengths, 4, grouped=True, seed=1)
    sample = choose_sample(lengths, batches, 5)
    widths = [[max(lengths[n] for n in each) for each in some] for some in (batches, sample)]
    means = [sum(each) / len(each) for each in widths]
    assert abs(means[0] - means[1]) < 1 and max(widths[1]) > 40 and min(widths[1]) < 12


def test_training_from_scratch_stops_at_its_target(load, rows):
    arguments = (Recipe(12), load(FAMILIES[0]), rows, rows)
    assert len(train_from_scratch(*arguments, 0.0, 9, 4, 1e-3, 1)) == 1
    history = train_from_scratch(*arguments, 2.0, 40, 4, 1e-12, 1)
    assert 5 <= len(history) < 40
