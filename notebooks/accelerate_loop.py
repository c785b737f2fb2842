"""El ciclo completo con Accelerate: lo que cambia respecto al del cuaderno 4 lleva un número.

Con un proceso:    python accelerate_loop.py MODELO DATOS
Con dos, en CPU:   torchrun --nproc_per_node 2 accelerate_loop.py MODELO DATOS --cpu
Uno por GPU:       accelerate launch --num_processes 2 accelerate_loop.py MODELO DATOS

DATOS es un ``DatasetDict`` guardado con ``save_to_disk``, con ``train`` y ``validation`` ya
tokenizados y la columna ``labels``. Usa la GPU si la hay, salvo con ``--cpu``. Imprime en JSON
cuántos procesos fueron, la loss y el learning rate de cada paso y lo medido en cada época.
"""

import argparse
import json

import torch
import transformers
from accelerate import Accelerator, DataLoaderConfiguration
from datasets import load_from_disk
from torch.optim import AdamW
from torch.utils.data import DataLoader
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    get_scheduler,
    set_seed,
)


def train(
    model_path,
    data_folder,
    epochs=2,
    batch_size=16,
    learning_rate=1e-4,
    seed=42,
    dropout=True,
    cpu=False,
    split_batches=True,
):
    """Entrena; devuelve ``processes``, ``losses`` y ``rates`` por paso, y ``history`` por época.

    ``batch_size``: ejemplos por paso entre todos los procesos; ``dropout``: apágalo para comparar
    dos ejecuciones al decimal; ``cpu``: no usar la GPU aunque la haya; ``split_batches``: con False
    se cae en la trampa del scheduler que cuenta el cuaderno.
    """
    # (1) Sabe cuántos procesos hay y dónde calcula cada uno. Con split_batches, cada batch del
    # DataLoader se reparte entre ellos; sin él, cada proceso arma los suyos.
    config = DataLoaderConfiguration(split_batches=split_batches)
    accelerator = Accelerator(cpu=cpu, dataloader_config=config)
    each = batch_size if split_batches else batch_size // accelerator.num_processes

    set_seed(seed)
    data = load_from_disk(data_folder)
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token  # GPT-2 no trae el suyo
    model = build_model(model_path, data["train"].features["labels"].names, tokenizer)
    collator = DataCollatorWithPadding(tokenizer)
    order = torch.Generator().manual_seed(seed)  # todos los procesos barajan igual
    loader = DataLoader(data["train"], each, shuffle=True, generator=order, collate_fn=collator)
    validation_loader = DataLoader(data["validation"], batch_size, collate_fn=collator)
    optimizer = AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0)
    total_steps = epochs * -(-len(data["train"]) // batch_size)
    scheduler = get_scheduler("linear", optimizer, 0, total_steps)

    # (2) Reparte los batches y envuelve el modelo; ya no hace falta .to(device).
    model, optimizer, loader, validation_loader, scheduler = accelerator.prepare(
        model, optimizer, loader, validation_loader, scheduler
    )
    losses, rates, history = [], [], []
    for epoch in range(1, epochs + 1):
        model.train(dropout)  # train(False) apaga el dropout; los gradientes siguen
        for batch in loader:
            loss = model(**batch).loss
            accelerator.backward(loss)  # (3) y el modelo envuelto promedia los gradientes
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            rates.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
            losses.append(accelerator.gather(loss.detach()).mean().item())
        history.append({"epoch": epoch, **evaluate(accelerator, model, validation_loader)})
    done = {"processes": accelerator.num_processes, "losses": losses, "rates": rates}
    return {**done, "history": history}


def build_model(model_path, names, tokenizer):
    """Carga el modelo con un head para las clases de los datos y sus nombres."""
    model = AutoModelForSequenceClassification.from_pretrained(
        model_path,
        id2label=dict(enumerate(names)),
        label2id={name: label for label, name in enumerate(names)},
        problem_type="single_label_classification",
        ignore_mismatched_sizes=True,
        dtype="float32",
    )
    model.config.pad_token_id = tokenizer.pad_token_id
    return model


@torch.no_grad()
def evaluate(accelerator, model, loader):
    """Devuelve cuántos ejemplos se midieron, la loss y la accuracy, entre todos los procesos."""
    model.eval()
    logits, labels = [], []
    for batch in loader:
        answers = model(**batch).logits, batch["labels"]
        # (4) Reúne lo de todos los procesos y quita los ejemplos repetidos para cuadrar el último
        # batch: con gather a secas se contarían dos veces.
        some_logits, some_labels = accelerator.gather_for_metrics(answers)
        logits.append(some_logits.float().cpu())
        labels.append(some_labels.cpu())
    logits, labels = torch.cat(logits), torch.cat(labels)
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    accuracy = (logits.argmax(dim=-1) == labels).float().mean().item()
    return {"n": len(labels), "eval_loss": loss, "accuracy": accuracy}


def main():
    """Lee las opciones, entrena y, en el proceso principal, imprime lo medido."""
    parser = argparse.ArgumentParser(description="Entrena un clasificador con Accelerate.")
    parser.add_argument("model_path", metavar="MODELO")
    parser.add_argument("data_folder", metavar="DATOS")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=16, help="entre todos los procesos")
    parser.add_argument("--cpu", action="store_true", help="no usar la GPU aunque la haya")
    parser.add_argument("--sin-dropout", dest="dropout", action="store_false")
    parser.add_argument("--trampa", action="store_true", help="además, sin split_batches")
    options = vars(parser.parse_args())
    trap = options.pop("trampa")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    measured = train(**options)
    if trap:
        measured["trampa"] = train(**options, split_batches=False)["rates"]
    accelerator = Accelerator(cpu=options["cpu"])
    if accelerator.is_main_process:
        print(json.dumps(measured))
    accelerator.end_training()


if __name__ == "__main__":
    main()
