"""La receta que se apunta es la que se usó, y las tres maneras la dicen igual."""

import json
from types import SimpleNamespace

import pytest
import torch
from datasets import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    Trainer,
    TrainingArguments,
    get_scheduler,
)

from labsupport.data import apply_parameters
from labsupport.data.tokenization import tokenize_dataset
from labsupport.training.recipes import read_keras_recipe, read_loop_recipe, read_recipe

STEPS, RATE = 8, 1e-3
TEXTS = ["the food was awful", "the food was great", "a dirty room", "a lovely room"] * 4


@pytest.fixture(scope="module")
def checkpoint():
    return apply_parameters({}, detect=False).model_path


@pytest.fixture
def model(checkpoint):
    return AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=5)


def train(model, tmp_path, **changes):
    """Ocho pasos de Trainer; devuelve su receta."""
    tokenizer = AutoTokenizer.from_pretrained(model.name_or_path)
    rows = Dataset.from_dict({"text": TEXTS, "label": [0, 1] * 8})
    options = {"output_dir": str(tmp_path), "num_train_epochs": 2, "learning_rate": RATE}
    options |= {"per_device_train_batch_size": 4, "report_to": "none", "save_strategy": "no"}
    trainer = Trainer(
        model=model,
        args=TrainingArguments(**options | {"disable_tqdm": True} | changes),
        train_dataset=tokenize_dataset(rows, tokenizer, 16),
        processing_class=tokenizer,
    )
    trainer.train()
    return read_recipe(trainer)


def loop(model, schedule="linear", before=True, **options):
    """El learning rate de ocho pasos de un ciclo; devuelve su receta."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    scheduler = get_scheduler(schedule, optimizer, num_warmup_steps=0, num_training_steps=STEPS)
    rates = []
    for _ in range(STEPS):
        if before:
            rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
        if not before:
            rates.append(scheduler.get_last_lr()[0])
    return read_loop_recipe(model, optimizer, rates, **options)


def compiled(keras, checkpoint, rate=None, frozen=False, **options):
    """Un modelo de Keras compilado como en el cuaderno 3; devuelve su receta."""
    from keras_hub.models import TextClassifier

    model = TextClassifier.from_preset(checkpoint, num_classes=5, preprocessor=None)
    model.backbone.trainable = not frozen
    schedule = keras.optimizers.schedules.PolynomialDecay(RATE, STEPS, 0.0, 1.0)
    options = {"epsilon": 1e-8, "global_clipnorm": 1.0} | options
    model.compile(keras.optimizers.Adam(rate or schedule, **options))
    model.optimizer.build(model.trainable_variables)
    return read_keras_recipe(model, STEPS)


def test_the_three_ways_tell_the_same_recipe(model, keras, checkpoint, tmp_path):
    trainer, by_keras, by_hand = train(model, tmp_path), compiled(keras, checkpoint), loop(model)
    assert json.loads(json.dumps(trainer)) == trainer and len(json.dumps(trainer)) < 500
    assert list(trainer) == list(by_keras) == list(by_hand)
    for each in (by_keras, by_hand):
        for name, value in trainer.items():
            tolerance = 1.01 / STEPS if name == "schedule" else 1e-6
            expected = value if isinstance(value, str) else pytest.approx(value, abs=tolerance)
            assert each[name] == expected, name
    assert trainer["optimizer"] == "Adam" and trainer["clip"] == 1
    assert trainer["schedule"] == [1, 0.75, 0.5, 0.25, 0] and trainer["learning_rate"] == RATE
    assert trainer["trainable"] == trainer["weights"] == model.num_parameters()
    assert trainer["dropout"] == pytest.approx(0.1) and trainer["steps"] == STEPS


def test_a_changed_trainer_shows(model, tmp_path):
    for each in model.base_model.parameters():
        each.requires_grad = False
    options = {"lr_scheduler_type": "constant", "weight_decay": 0.01, "max_grad_norm": 0.0}
    recipe = train(model, tmp_path, adam_epsilon=1e-6, **options)
    assert recipe["schedule"] == [1] * 5 and recipe["trainable"] == 645
    assert recipe["optimizer"] == "AdamW" and recipe["weight_decay"] == 0.01
    assert recipe["clip"] is None and recipe["epsilon"] == 1e-6


def test_a_scheduler_that_cannot_be_asked_is_read_from_the_log(model):
    log = [{"step": step, "learning_rate": RATE / step} for step in range(1, STEPS + 1)]
    trainer = SimpleNamespace(
        args=SimpleNamespace(max_grad_norm=1.0, learning_rate=RATE),
        state=SimpleNamespace(max_steps=STEPS, log_history=log),
        optimizer=torch.optim.AdamW(model.parameters()),
        lr_scheduler=object(),
        model=model,
    )
    assert read_recipe(trainer)["schedule"] == pytest.approx([1, 0.5, 0.25, 0.167, 0.125])
    trainer.state.log_history = []
    assert read_recipe(trainer)["schedule"] == [1] * 5


def test_a_changed_loop_shows(model):
    assert loop(model, "constant", clip=None)["schedule"] == [1] * 5
    assert loop(model, clip=None)["clip"] is None
    cosine = loop(model, "cosine")["schedule"]
    assert cosine[1] > 0.8 and cosine[3] < 0.2
    warm = read_loop_recipe(model, torch.optim.SGD(model.parameters(), lr=1), [0, 0.5, 1, 0.5])
    assert warm["schedule"][0] == 0 and warm["learning_rate"] == 1 and warm["optimizer"] == "SGD"


def test_what_was_not_run_has_no_rate(model):
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    recipe = read_loop_recipe(model, optimizer, [RATE, 0.8 * RATE, 0.6 * RATE], steps=6)
    assert recipe["steps"] == 6 and recipe["schedule"][3:] == [None, None]
    assert recipe["optimizer"] == "AdamW" and recipe["weight_decay"] == 0.01
    assert read_loop_recipe(model, optimizer, [])["schedule"] == [0] * 5


def test_the_rate_may_be_written_down_after_each_step(model):
    assert loop(model, before=False)["schedule"] == pytest.approx(
        loop(model)["schedule"], abs=2.5 / STEPS
    )


def test_a_changed_keras_shows(keras, checkpoint):
    recipe = compiled(keras, checkpoint, rate=RATE, frozen=True, global_clipnorm=None)
    assert recipe["schedule"] == [1] * 5 and recipe["learning_rate"] == pytest.approx(RATE)
    assert recipe["trainable"] == 645 and recipe["weights"] > 1e6 and recipe["clip"] is None
    changed = {"global_clipnorm": None, "clipnorm": 1.0, "weight_decay": 0.01}
    recipe = compiled(keras, checkpoint, **changed)
    assert recipe["clip"] == "1 en cada variable" and recipe["optimizer"] == "AdamW"
