"""El entrenamiento de apoyo: la loss baja, la historia se lee y nada queda a medias."""

import dataclasses
import os
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    EarlyStoppingCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from labsupport.base.errors import LabError
from labsupport.base.files import replace_folder
from labsupport.data import apply_parameters
from labsupport.data.tokenization import tokenize_dataset
from labsupport.training.trainer import (
    find_checkpoint,
    find_work_folder,
    fine_tune,
    make_work_folder,
    read_history,
)

TEXTS = ["the food was awful", "the food was great", "a dirty room", "a lovely room"] * 2


@pytest.fixture
def pieces(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path))
    values = {"epochs": 20, "batch_size": 4, "n_train": 8, "n_eval": 8, "learning_rate": 2e-3}
    settings = apply_parameters(values, detect=False)
    tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
    rows = Dataset.from_dict({"text": TEXTS, "label": [0, 1] * 4})
    return settings, tokenizer, tokenize_dataset(rows, tokenizer, 16)


def train(settings, tokenizer, rows):
    set_seed(settings.seed)
    config = AutoConfig.from_pretrained(settings.model_path, num_labels=2)
    model = AutoModelForSequenceClassification.from_pretrained(settings.model_path, config=config)
    trainer = fine_tune(model, tokenizer, rows, rows, settings)
    return read_history(trainer.state.log_history)


@pytest.mark.slow
def test_the_loss_falls_on_a_handful_of_examples(pieces):
    history = train(*pieces)
    assert history["epoch"].tolist() == list(range(1, 21))
    assert history["train_loss"].iloc[-1] < 0.5 * history["train_loss"].iloc[0]
    assert history["accuracy"].iloc[-1] == 1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(pieces):
    assert train(*pieces).equals(train(*pieces))


@pytest.mark.slow
def test_predictions_come_in_the_order_of_the_dataset(pieces):
    settings, tokenizer, _ = pieces
    texts = ["good " * (1 + 7 * i % 40) for i in range(100)]
    rows = Dataset.from_dict({"text": texts, "label": [i % 2 for i in range(100)]})
    rows = tokenize_dataset(rows, tokenizer, 64)
    model = AutoModelForSequenceClassification.from_pretrained(settings.model_path, num_labels=2)
    settings = dataclasses.replace(settings, epochs=1, batch_size=8)
    trainer = fine_tune(model, tokenizer, rows, rows, settings)
    assert trainer.predict(rows).label_ids.tolist() == rows["label"][:]


@pytest.mark.slow
def test_no_checkpoint_folder_is_left_behind(pieces, tmp_path):
    train(*pieces)
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_work_folders_are_never_shared(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path))
    assert make_work_folder("a") != make_work_folder("a")


def test_history_ignores_the_evaluation_before_training():
    log = [
        {"epoch": 0, "eval_loss": 1.6, "eval_accuracy": 0.2},
        {"epoch": 1.0, "loss": 1.5, "learning_rate": 1e-3},
        {"epoch": 1.0, "eval_loss": 1.4, "eval_accuracy": 0.3},
        {"epoch": 1.0, "train_runtime": 3.0, "train_loss": 1.5},
    ]
    history = read_history(log)
    assert history.to_dict("records") == [
        {"epoch": 1, "train_loss": 1.5, "eval_loss": 1.4, "accuracy": 0.3}
    ]


def test_an_interrupted_save_keeps_the_previous_model(tmp_path):
    target = tmp_path / "model"
    with replace_folder(target) as folder:
        (folder / "weights").write_text("old")
    with pytest.raises(KeyboardInterrupt), replace_folder(target) as folder:
        (folder / "weights").write_text("half")
        raise KeyboardInterrupt
    assert (target / "weights").read_text() == "old"
    with replace_folder(target) as folder:
        (folder / "weights").write_text("new")
    assert (target / "weights").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


class InterruptSecondEpoch(TrainerCallback):
    def on_step_end(self, args, state, control, **others):
        if state.epoch > 1.4:
            raise KeyboardInterrupt


def make_trainer(pieces, folder, *callbacks):
    """Lo que hace el cuaderno 02 desde que arranca el kernel hasta la celda de entrenar."""
    settings, tokenizer, rows = pieces
    set_seed(settings.seed)
    model = AutoModelForSequenceClassification.from_pretrained(settings.model_path, num_labels=2)
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=3,
        per_device_train_batch_size=2,
        learning_rate=settings.learning_rate,
        train_sampling_strategy="group_by_length",
        seed=settings.seed,
        eval_strategy="epoch",
        logging_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        report_to="none",
        disable_tqdm=True,
    )
    return Trainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        eval_dataset=rows,
        processing_class=tokenizer,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=2), *callbacks],
    )


@pytest.mark.slow
def test_an_interrupted_training_is_resumed_in_another_kernel_with_the_same_result(pieces):
    settings = pieces[0]
    whole = make_trainer(pieces, make_work_folder("whole"))
    whole.train()

    folder = make_work_folder("trainer", settings)
    with pytest.raises(KeyboardInterrupt):
        make_trainer(pieces, folder, InterruptSecondEpoch()).train()
    torch.manual_seed(0)  # otro kernel: nada del anterior

    found = find_work_folder("trainer", settings)
    assert found == folder and find_checkpoint(found).endswith("checkpoint-4")
    resumed = make_trainer(pieces, found)
    resumed.train(resume_from_checkpoint=find_checkpoint(found))
    for ours, theirs in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    losses = [
        [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
        for trainer in (whole, resumed)
    ]
    assert len(losses[0]) == 3 and losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_a_checkpoint_cut_in_the_middle_is_not_resumed(tmp_path):
    for name in ("checkpoint-4", "checkpoint-10"):
        (tmp_path / name).mkdir()
    (tmp_path / "checkpoint-4" / "trainer_state.json").write_text("{}")
    assert Path(find_checkpoint(tmp_path)).name == "checkpoint-4"


def test_only_a_training_with_the_same_parameters_is_resumed(pieces):
    settings = pieces[0]
    other = dataclasses.replace(settings, epochs=7)
    first, second = (make_work_folder("trainer", settings) for _ in range(2))
    os.utime(first, (10**9, 10**9))
    make_work_folder("trainer", other)
    assert find_work_folder("trainer", settings) == second
    with pytest.raises(LabError, match="ningún entrenamiento «keras» a medias"):
        find_work_folder("keras", settings)


def test_a_training_of_an_interrupted_run_is_found_from_a_notebook(pieces, tmp_path, monkeypatch):
    settings = pieces[0]
    monkeypatch.setattr("labsupport.training.trainer.runs_folder", lambda: tmp_path / "runs")
    own = tmp_path / "runs" / "2026-01-01_10-00-00" / "results" / "02_trainer"
    with monkeypatch.context() as inside:
        inside.setenv("LAB_RESULTS_DIR", str(own))
        cut = make_work_folder("trainer", settings)
    state = Path(cut, "checkpoint-4", "trainer_state.json")
    state.parent.mkdir()
    state.write_text("{}")
    # Más nueva y con los mismos parámetros, pero sin nada que retomar.
    make_work_folder("trainer", settings)
    assert find_work_folder("trainer", settings) == cut
    assert find_checkpoint(cut) == str(state.parent)


def test_a_run_kept_elsewhere_is_found_from_another_beside_it(pieces, tmp_path, monkeypatch):
    for number in ("1", "2"):
        results = tmp_path / "copias" / number / "results"
        monkeypatch.setenv("LAB_RUN_RESULTS", str(results))
        monkeypatch.setenv("LAB_RESULTS_DIR", str(results / "02_trainer"))
        if number == "1":
            cut = make_work_folder("trainer", pieces[0])
    assert find_work_folder("trainer", pieces[0]) == cut


def test_checkpoints_that_pile_up_are_announced(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path / "results"))
    Path(make_work_folder("a"), "pesos.bin").write_bytes(b"0" * 1000)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("labsupport.training.trainer.LARGE", 999)
    make_work_folder("a")
    said = capsys.readouterr().out
    assert said.startswith("results/checkpoints ocupa ya ") and "make clean" in said
