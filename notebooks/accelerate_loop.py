"""El ciclo del cuaderno 4 con Accelerate: las tres líneas que cambian llevan un número.

Con un proceso:   python accelerate_loop.py MODELO DATOS
Con dos:          accelerate launch --cpu --num_processes 2 accelerate_loop.py MODELO DATOS

DATOS es un dataset tokenizado y guardado con ``save_to_disk``. Imprime la loss de cada paso.
"""

import json
import sys

import transformers
from accelerate import Accelerator
from datasets import load_from_disk
from torch.optim import AdamW
from torch.utils.data import DataLoader
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    set_seed,
)


def train_losses(model_path, data_folder, batch_size=16, learning_rate=1e-4, seed=42):
    """Entrena una época en orden fijo y sin dropout, y devuelve la loss de cada paso.

    ``batch_size``: ejemplos por paso entre todos los procesos.
    """
    accelerator = Accelerator(cpu=True)  # (1) sabe cuántos procesos hay
    dataset = load_from_disk(data_folder)
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token  # GPT-2 no trae el suyo
    model = build_model(model_path, dataset.features["labels"].num_classes, seed)
    model.config.pad_token_id = tokenizer.pad_token_id
    optimizer = AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0)
    loader = build_loader(tokenizer, dataset, batch_size // accelerator.num_processes)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)  # (2) reparte

    losses = []
    for batch in loader:
        loss = model(**batch).loss
        accelerator.backward(loss)  # (3) promedia los gradientes de todos los procesos
        optimizer.step()
        optimizer.zero_grad()
        losses.append(accelerator.gather(loss.detach()).mean().item())
    accelerator.end_training()
    return losses


def build_model(model_path, num_labels, seed):
    """Carga el modelo y apaga el dropout: así la loss no depende del azar de cada proceso."""
    transformers.logging.set_verbosity_error()
    set_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        model_path,
        num_labels=num_labels,
        problem_type="single_label_classification",
        ignore_mismatched_sizes=True,
        dtype="float32",
    )
    return model.eval()  # eval() solo apaga el dropout: los gradientes siguen


def build_loader(tokenizer, dataset, batch_size):
    """Devuelve los batches en orden fijo, con padding hasta el más largo de cada uno."""
    collator = DataCollatorWithPadding(tokenizer)
    return DataLoader(dataset, batch_size=batch_size, collate_fn=collator)


if __name__ == "__main__":
    measured = train_losses(*sys.argv[1:3])
    if Accelerator(cpu=True).is_main_process:
        print(json.dumps(measured))
