"""El ciclo del cuaderno 4 es el de verdad: da las losses de Trainer con iguales batches."""

import json
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
from datasets import ClassLabel, Dataset, DatasetDict
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
from labsupport.training.launch import run_command, run_processes

TEXTS = ["the food was awful", "a lovely room", "slow service but kind staff", "never again"] * 4
RATE = 5e-4
LOOP = str(NOTEBOOKS / "accelerate_loop.py")


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


def run_cells(*names):
    """Ejecuta esas celdas del cuaderno tal cual y devuelve lo que definen."""
    space = {"torch": torch}
    for name in names:
        exec(cell_source(name), space)
    return space


def build_pieces(path, tokenizer, tokens, epochs, model=None, **loading):
    """Devuelve lo que recibe el ciclo: batches, modelo, optimizador y scheduler."""
    model = model or build_model(path)
    collator = DataCollatorWithPadding(tokenizer)
    loader = DataLoader(tokens, batch_size=4, collate_fn=collator, **loading)
    optimizer = AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    scheduler = get_scheduler("linear", optimizer, 0, epochs * len(loader))
    return loader, {"model": model, "optimizer": optimizer, "scheduler": scheduler}


def run_notebook_loop(path, tokenizer, tokens, epochs):
    loader, pieces = build_pieces(path, tokenizer, tokens, epochs)
    train_epoch = run_cells("epoca")["train_epoch"]
    done = [train_epoch(loader=loader, **pieces) for _ in range(epochs)]
    return sum((losses for losses, _ in done), []), sum((rates for _, rates in done), [])


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
    assert rates[0] == RATE and rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(RATE / len(rates))


def train_with_stop(pieces, path, stop):
    """Entrena dos épocas con dropout y orden al azar; con ``stop``, en dos kernels distintos."""
    model_path, tokenizer, tokens = pieces
    space = run_cells("epoca", "retomar-guardar", "retomar-leer")
    losses = []
    for first, last in ((1, 1), (2, 2)) if stop else ((1, 2),):
        set_seed(42)
        model = AutoModelForSequenceClassification.from_pretrained(model_path, num_labels=5)
        order = torch.Generator().manual_seed(42)
        lengths = [len(ids) for ids in tokens["input_ids"]]
        sampler = LengthGroupedSampler(4, lengths=lengths, generator=order)
        loader, parts = build_pieces(model_path, tokenizer, tokens, 2, model, sampler=sampler)
        if first > 1:
            rest = space["load_progress"](path, parts, order)
            assert rest["epoch"] == first - 1
            losses = rest["losses"]
        for epoch in range(first, last + 1):
            losses = losses + space["train_epoch"](loader=loader, **parts)[0]
            space["save_progress"](path, parts, order, epoch=epoch, losses=losses)
    return losses


def test_a_resumed_loop_goes_on_as_if_nothing_had_happened(pieces, tmp_path):
    whole = train_with_stop(pieces, tmp_path / "entero.pt", stop=False)
    resumed = train_with_stop(pieces, tmp_path / "cortado.pt", stop=True)
    assert resumed == pytest.approx(whole, abs=1e-6)


def test_the_best_epoch_is_the_one_with_the_lowest_validation_loss():
    since_best = run_cells("mejor")["epochs_since_best"]
    for losses, expected in (([2.0], 0), ([2.0, 1.0], 0), ([1.0, 1.0], 1), ([1.0, 2.0, 1.5], 2)):
        assert since_best([{"eval_loss": loss} for loss in losses]) == expected


def run_training(losses, epochs=6):
    """Ejecuta la celda que entrena con unas losses de validación inventadas, una por época."""
    model = torch.nn.Linear(1, 1, bias=False)
    watched = iter(losses)

    def train_epoch(model, loader, optimizer, scheduler):
        with torch.no_grad():
            model.weight += 1  # el peso dice cuántas épocas lleva
        return [0.5], [RATE]

    space = run_cells("mejor") | {
        "model": model,
        "settings": SimpleNamespace(epochs=epochs),
        "train_loader": [],
        "validation_loader": None,
        "optimizer": None,
        "scheduler": None,
        "train_epoch": train_epoch,
        "evaluate_model": lambda model, loader: (0.5, next(watched), model.weight.item()),
    }
    torch.nn.init.zeros_(model.weight)
    exec(cell_source("entrenar"), space)
    return space


def test_the_loop_stops_early_and_keeps_the_best_weights():
    space = run_training([3.0, 2.0, 2.5, 2.4, 0.1])
    assert [row["epoch"] for row in space["history"]] == [1, 2, 3, 4]
    assert space["best"] == 2 and space["model"].weight.item() == 2
    assert space["validation_logits"] == 2 and len(space["rates"]) == 4
    space = run_training([3.0, 2.0, 1.0], epochs=3)
    assert space["best"] == 3 and space["model"].weight.item() == 3


@pytest.fixture(scope="module")
def launched(pieces, tmp_path_factory):
    """Lo que hace falta para lanzar accelerate_loop.py y lo que da con un solo proceso."""
    path, _, tokens = pieces
    folder = tmp_path_factory.mktemp("datos")
    # Tres textos de validación no se reparten entre dos: uno se repite, y hay que descontarlo.
    DatasetDict(train=tokens, validation=tokens.select(range(3))).save_to_disk(str(folder))
    words = [str(Path(path).resolve()), str(folder), "--batch-size", "4", "--sin-dropout"]
    words = [*words, "--epochs", "1", "--cpu"]
    return words, read_measured(run_command("python", LOOP, *words))


def read_measured(output):
    return json.loads(output.splitlines()[-1])


@pytest.mark.slow
def test_two_processes_give_the_same_as_one(launched):
    words, one = launched
    two = read_measured(run_processes(2, "python", LOOP, *words, "--trampa"))
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-4)
    assert two["rates"] == pytest.approx(one["rates"]) and two["rates"][-1] > 0
    (last,), (other,) = one["history"], two["history"]
    assert last["n"] == other["n"] == 3
    assert other["eval_loss"] == pytest.approx(last["eval_loss"], abs=1e-4)
    # Sin split_batches el scheduler avanza dos veces por paso: a mitad de camino ya es cero.
    assert [rate > 0 for rate in two["trampa"]] == [True, True, False, False]


@pytest.mark.slow
def test_torchrun_gives_the_same_as_one(launched):
    words, one = launched
    output = run_command("torchrun --standalone --nproc_per_node 2", LOOP, *words)
    two = read_measured(output)
    assert two["processes"] == 2
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-4)


@pytest.mark.slow
def test_accelerate_launch_on_cpu_starts_only_one_process(launched):
    """Lo que avisa el cuaderno; si deja de ser verdad, sobra el aviso."""
    launch = "python -m accelerate.commands.launch --cpu --num_processes 2 --num_machines 1"
    words, _ = launched
    assert read_measured(run_command(launch, LOOP, *words))["processes"] == 1


def test_each_process_knows_its_number_and_only_the_first_is_heard():
    program = "import os; print(os.environ['RANK'], os.environ['WORLD_SIZE'], 'estación')"
    assert run_processes(2, "python -c", program).split() == ["0", "2", "estación"]


def test_a_process_that_fails_stops_the_others():
    program = "import os, time; os.environ['RANK'] == '1' and exit('no va'); time.sleep(60)"
    start = time.monotonic()
    with pytest.raises(LabError, match="«python -c» falló: .*no va"):
        run_processes(2, "python -c", program)
    with pytest.raises(LabError, match="no terminó en 1 s"):
        run_processes(2, "python -c", "import time; time.sleep(60)", timeout=1)
    assert time.monotonic() - start < 50


def test_a_command_that_fails_or_hangs_is_told_in_spanish():
    with pytest.raises(LabError, match="«python -c» falló: .*no va"):
        run_command("python -c", "raise SystemExit('no va')")
    with pytest.raises(LabError, match="no terminó en 1 s"):
        run_command("python -c", "import time; time.sleep(30)", timeout=1)


def test_a_port_that_someone_took_meanwhile_is_changed_for_another(monkeypatch):
    ports = iter([1, 2])
    monkeypatch.setattr("labsupport.training.launch._find_free_port", lambda: next(ports))
    program = (
        "import os, sys\n"
        "if os.environ['MASTER_PORT'] == '1': sys.exit('Address already in use')\n"
        "print(os.environ['MASTER_PORT'])"
    )
    assert run_processes(2, "python -c", program).strip() == "2"
