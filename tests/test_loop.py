"""El ciclo del cuaderno 4 es el de verdad: da las losses de Trainer con iguales batches."""

import contextlib
import json
from pathlib import Path

import nbformat
import pytest
import torch
from datasets import ClassLabel, Dataset
from torch.optim import AdamW
from torch.utils.data import DataLoader
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    get_scheduler,
    set_seed,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from labsupport.base.errors import LabError
from labsupport.base.paths import NOTEBOOKS
from labsupport.data import apply_parameters
from labsupport.data.tokenization import tokenize_dataset
from labsupport.training.launch import run_command

TEXTS = ["the food was awful", "a lovely room", "slow service but kind staff", "never again"] * 4
RATE = 5e-4


@pytest.fixture(scope="module")
def pieces():
    settings = apply_parameters({}, detect=False)
    tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
    rows = Dataset.from_dict({"text": TEXTS, "labels": [0, 4, 2, 0] * 4})
    rows = rows.cast_column("labels", ClassLabel(num_classes=5))
    tokens = tokenize_dataset(rows, tokenizer, 16).remove_columns(["text", "length"])
    return settings.model_path, tokenizer, tokens


def build_model(path):
    set_seed(42)
    # Sin dropout: así las dos losses solo dependen de los batches y de los pasos.
    return AutoModelForSequenceClassification.from_pretrained(
        path, num_labels=5, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )


def cell_source(cell_id):
    notebook = nbformat.read(NOTEBOOKS / "04_pytorch.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.id == cell_id)


def run_notebook_loop(path, tokenizer, tokens, epochs):
    """Ejecuta la celda del cuaderno tal cual, con un modelo y unos batches de prueba."""
    model = build_model(path)
    loader = DataLoader(tokens, batch_size=4, collate_fn=DataCollatorWithPadding(tokenizer))
    optimizer = AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    scheduler = get_scheduler("linear", optimizer, 0, epochs * len(loader))
    namespace = {"torch": torch, "device": torch.device("cpu"), "train_loader": loader}
    namespace |= {"optimizer": optimizer, "scheduler": scheduler}
    exec(cell_source("epoca"), namespace)
    losses, rates = [], []
    progress = contextlib.nullcontext()
    progress.update = lambda steps: None
    for _ in range(epochs):
        namespace["train_epoch"](model, losses, rates, progress)
    return losses, rates


def run_trainer(path, tokenizer, tokens, epochs, folder):
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=4,
        learning_rate=RATE,
        train_sampling_strategy="sequential",
        logging_steps=1,
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = Trainer(
        model=build_model(path), args=arguments, train_dataset=tokens, processing_class=tokenizer
    )
    trainer.train()
    return [row["loss"] for row in trainer.state.log_history if "loss" in row]


def test_the_loop_gives_the_losses_of_trainer(pieces, tmp_path):
    losses, rates = run_notebook_loop(*pieces, epochs=3)
    assert losses == pytest.approx(run_trainer(*pieces, epochs=3, folder=tmp_path), abs=2e-3)
    assert losses[-1] < losses[0]
    assert rates[-1] == 0 and rates == sorted(rates, reverse=True)


def train_with_stop(pieces, path, stop):
    """Entrena dos épocas con dropout y orden al azar; con ``stop``, en dos kernels distintos."""
    model_path, tokenizer, tokens = pieces
    losses = []
    for first, last in ((1, 1), (2, 2)) if stop else ((1, 2),):
        set_seed(42)
        model = AutoModelForSequenceClassification.from_pretrained(model_path, num_labels=5)
        order = torch.Generator().manual_seed(42)
        sampler = LengthGroupedSampler(
            4, lengths=[len(ids) for ids in tokens["input_ids"]], generator=order
        )
        collator = DataCollatorWithPadding(tokenizer)
        loader = DataLoader(tokens, batch_size=4, sampler=sampler, collate_fn=collator)
        optimizer = AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
        scheduler = get_scheduler("linear", optimizer, 0, 2 * len(loader))
        space = {"torch": torch, "device": torch.device("cpu"), "train_loader": loader}
        space |= {"model": model, "optimizer": optimizer, "scheduler": scheduler}
        space |= {"history": [], "losses": losses, "rates": []}
        for name in ("epoca", "retomar-guardar", "retomar-leer"):
            exec(cell_source(name), space)
        if first > 1:
            done, _, space["losses"], _ = space["load_progress"](path)
            assert done == first - 1
        progress = contextlib.nullcontext()
        progress.update = lambda steps: None
        for epoch in range(first, last + 1):
            space["train_epoch"](model, space["losses"], space["rates"], progress)
            space["save_progress"](path, epoch)
        losses = space["losses"]
    return losses


def test_a_resumed_loop_goes_on_as_if_nothing_had_happened(pieces, tmp_path):
    whole = train_with_stop(pieces, tmp_path / "entero.pt", stop=False)
    resumed = train_with_stop(pieces, tmp_path / "cortado.pt", stop=True)
    assert resumed == pytest.approx(whole, abs=1e-6)


@pytest.mark.slow
def test_two_processes_give_the_same_losses_as_one(pieces, tmp_path):
    path, _, tokens = pieces
    tokens.save_to_disk(str(tmp_path / "datos"))
    script = str(NOTEBOOKS / "accelerate_loop.py")
    arguments = [script, str(Path(path).resolve()), str(tmp_path / "datos")]
    one = run_command("python", *arguments)
    launch = "accelerate launch --cpu --num_processes 2 --num_machines 1 --main_process_port 0"
    two = run_command(launch, *arguments)
    assert read_losses(two) == pytest.approx(read_losses(one), abs=1e-4)


def read_losses(output):
    return json.loads(output.splitlines()[-1])


def test_what_a_command_writes_comes_back_whole(monkeypatch):
    """También en una consola que solo sabe escribir ASCII, o cp1252."""
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    assert run_command("python -c", "print('⭐ 负面')") == "⭐ 负面\n"


def test_a_command_that_fails_or_hangs_is_told_in_spanish():
    with pytest.raises(LabError, match="«python -c» falló: .*no va"):
        run_command("python -c", "raise SystemExit('no va')")
    with pytest.raises(LabError, match="no terminó en 1 s"):
        run_command("python -c", "import time; time.sleep(30)", timeout=1)
