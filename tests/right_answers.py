"""Otras respuestas correctas a los ejercicios, distintas de la resuelta: todas deben aprobar.

Quien corrige a mano las daría por buenas; una comprobación que suspende una de ellas exige algo
que el enunciado no pide.
"""

from __future__ import annotations

RIGHT_ANSWERS: dict[tuple[str, str], dict[str, str]] = {
    ("ejercicio_01", "tarea-1"): {
        "filtra cada clase y las junta": """
from datasets import concatenate_datasets

def choose_balanced(split, per_class, seed):
    split = split.shuffle(seed=seed)
    labels = np.array(split["label"])
    each = [split.select(np.flatnonzero(labels == k)[:per_class]) for k in np.unique(labels)]
    return concatenate_datasets(each).shuffle(seed=seed)

import numpy as np
""",
        "con filter": """
def choose_balanced(split, per_class, seed):
    from datasets import concatenate_datasets
    parts = []
    for label in sorted(set(split["label"])):
        own = split.filter(lambda row: row["label"] == label)
        parts.append(own.shuffle(seed=seed).select(range(per_class)))
    return concatenate_datasets(parts).shuffle(seed=seed)
""",
        "con pandas": """
def choose_balanced(split, per_class, seed):
    from datasets import Dataset
    rows = split.to_pandas().groupby("label").sample(per_class, random_state=seed)
    return Dataset.from_pandas(rows.sample(frac=1, random_state=seed))
""",
        "con random": """
def choose_balanced(split, per_class, seed):
    import random
    chance, labels = random.Random(seed), split["label"]
    each = {}
    for position, label in enumerate(labels):
        each.setdefault(label, []).append(position)
    positions = [i for group in each.values() for i in chance.sample(group, per_class)]
    chance.shuffle(positions)
    return split.select(positions)
""",
    },
    ("ejercicio_01", "tarea-2"): {
        "una a una": """
def cut_share(texts, max_length):
    cut = 0
    for text in texts:
        if len(tokenizer.encode(text)) > max_length:
            cut += 1
    return cut / len(texts)
""",
        "compara con la truncada": """
def cut_share(texts, max_length):
    whole = tokenizer(texts)["input_ids"]
    short = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]
    return sum(a != b for a, b in zip(whole, short)) / len(whole)
""",
        "con NumPy": """
def cut_share(texts, max_length):
    import numpy as np
    return np.mean([len(tokenizer.tokenize(text)) + 2 > max_length for text in texts])
""",
    },
    ("ejercicio_01", "tarea-3"): {
        "con un bucle": """
def count_padding(lengths, batch_size):
    total = 0
    for start in range(0, len(lengths), batch_size):
        batch = lengths[start : start + batch_size]
        for length in batch:
            total += max(batch) - length
    return total
""",
        "con NumPy": """
def count_padding(lengths, batch_size):
    import numpy as np
    lengths = np.array(lengths)
    starts = np.arange(0, len(lengths), batch_size)
    tops = np.maximum.reduceat(lengths, starts)
    return np.sum(np.repeat(tops, batch_size)[: len(lengths)] - lengths)
""",
    },
    ("ejercicio_01", "tarea-4"): {
        "con una expresión regular": """
import re

def find_leaks(train_texts, test_texts):
    def words(text):
        return re.findall(r"\\w+", text.lower())
    known = [words(text) for text in train_texts]
    return [i for i, text in enumerate(test_texts) if words(text) in known]
""",
        "borra los signos": """
import string

def find_leaks(train_texts, test_texts):
    none = str.maketrans("", "", string.punctuation)
    def clean(text):
        return " ".join(text.lower().translate(none).split())
    known = set(map(clean, train_texts))
    return sorted(i for i, text in enumerate(test_texts) if clean(text) in known)
""",
        "con el tokenizer": """
def find_leaks(train_texts, test_texts):
    def words(text):
        normal = tokenizer.backend_tokenizer.normalizer.normalize_str(text)
        cut = tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(normal)
        return tuple(word for word, _ in cut if word.isalnum())
    known = {words(text) for text in train_texts}
    found = []
    for position in range(len(test_texts)):
        if words(test_texts[position]) in known:
            found.append(position)
    return found
""",
    },
    ("ejercicio_02", "tarea-1"): {
        "con math.ceil": """
import math

def count_steps(n, batch_size, epochs, accumulation=1):
    return math.ceil(math.ceil(n / batch_size) / accumulation) * epochs
""",
        "contando": """
def count_steps(n, batch_size, epochs, accumulation=1):
    steps = 0
    for _ in range(epochs):
        batches = len(range(0, n, batch_size))
        steps += len(range(0, batches, accumulation))
    return steps
""",
    },
    ("ejercicio_02", "tarea-2"): {
        "por sus nombres": """
def compute_metrics(eval_prediction):
    answers = eval_prediction.predictions.argmax(axis=1)
    labels = eval_prediction.label_ids
    return {"accuracy": (answers == labels).mean(), "mae": np.abs(answers - labels).mean()}
""",
        "con scikit-learn": """
from sklearn.metrics import accuracy_score, mean_absolute_error

def compute_metrics(eval_prediction):
    logits, labels = eval_prediction
    answers = logits.argmax(-1)
    found = {"accuracy": accuracy_score(labels, answers)}
    return found | {"mae": mean_absolute_error(labels, answers)}
""",
        "con PyTorch": """
def compute_metrics(eval_prediction):
    logits, labels = (torch.tensor(each) for each in eval_prediction)
    apart = (logits.argmax(dim=1) - labels).abs().float()
    return {"accuracy": (apart == 0).float().mean().item(), "mae": apart.mean().item()}
""",
    },
    ("ejercicio_02", "tarea-3"): {
        "con collator, métricas y por posición": """
from transformers import DataCollatorWithPadding

def build_trainer(model):
    arguments = TrainingArguments(
        **quiet,
        num_train_epochs=4,
        per_device_train_batch_size=8,
        per_device_eval_batch_size=40,
        learning_rate=settings.learning_rate,
        eval_strategy="epoch",
    )
    collator = DataCollatorWithPadding(tokenizer)
    return Trainer(
        model, arguments, collator, train_dataset, validation_dataset, tokenizer,
        compute_metrics=compute_metrics,
    )
""",
    },
    ("ejercicio_02", "tarea-4"): {
        "una a una": """
def predict_stars(model, reviews):
    model.eval()
    stars = []
    for review in reviews:
        inputs = tokenizer(review, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            stars.append(int(model(**inputs).logits.argmax()) + 1)
    return stars
""",
        "con pipeline": """
def predict_stars(model, reviews):
    if len(reviews) == 0:
        return []
    model.eval()  # pipeline no apaga el dropout
    ask = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer)
    answers = ask(reviews, truncation=True)
    return [model.config.label2id[each["label"]] + 1 for each in answers]
""",
        "en batches y con NumPy": """
def predict_stars(model, reviews):
    model.eval()
    stars = []
    for start in range(0, len(reviews), 16):
        inputs = tokenizer(
            reviews[start : start + 16], padding="max_length", truncation=True, max_length=128,
            return_tensors="pt",
        )
        with torch.no_grad():
            stars += list(model(**inputs).logits.numpy().argmax(axis=1) + 1)
    return stars
""",
    },
    ("ejercicio_03", "tarea-1"): {
        "copia y cambia los nombres": """
def rename_inputs(inputs, labels):
    inputs = dict(inputs)
    if "token_type_ids" not in inputs:
        inputs["token_type_ids"] = keras.ops.zeros_like(inputs["input_ids"])
    names = {"input_ids": "token_ids", "token_type_ids": "segment_ids"}
    names["attention_mask"] = "padding_mask"
    return {new: inputs[old] for old, new in names.items()}, labels
""",
        "con TensorFlow": """
def rename_inputs(inputs, labels):
    import tensorflow as tf
    zeros = tf.zeros_like(inputs["input_ids"])
    return {
        "token_ids": inputs["input_ids"],
        "padding_mask": inputs["attention_mask"],
        "segment_ids": inputs.get("token_type_ids", zeros),
    }, labels
""",
    },
    ("ejercicio_03", "tarea-2"): {
        "con logsumexp": """
from scipy.special import logsumexp

def cross_entropy(logits, labels):
    right = logits[np.arange(len(labels)), labels]
    return np.mean(logsumexp(logits, axis=1) - right)
""",
        "fila a fila": """
def cross_entropy(logits, labels):
    losses = []
    for row, label in zip(logits, labels):
        row = row - max(row)
        losses.append(np.log(np.sum(np.exp(row))) - row[label])
    return sum(losses) / len(losses)
""",
        "con una máscara": """
def cross_entropy(logits, labels):
    shifted = logits - np.max(logits, axis=-1)[:, None]
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=-1))[:, None]
    return -np.sum(logs * np.eye(logits.shape[1])[labels]) / len(labels)
""",
    },
    ("ejercicio_03", "tarea-3"): {
        "con math.ceil": """
import math
from keras.optimizers.schedules import PolynomialDecay

def make_schedule(learning_rate, n, batch_size, epochs):
    steps = epochs * math.ceil(n / batch_size)
    return PolynomialDecay(learning_rate, steps, end_learning_rate=0)
""",
    },
    ("ejercicio_03", "tarea-4"): {
        "con nombres en vez de objetos": """
def compile_model(model, learning_rate):
    from keras import losses, optimizers
    optimizer = optimizers.Adam(learning_rate=learning_rate, epsilon=1e-8, global_clipnorm=1)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
""",
    },
    ("ejercicio_04", "tarea-1"): {
        "con pad_sequence": """
from torch.nn.utils.rnn import pad_sequence

def make_batch(features, pad_id):
    rows = [torch.tensor(each["input_ids"]) for each in features]
    return {
        "input_ids": pad_sequence(rows, batch_first=True, padding_value=pad_id),
        "attention_mask": pad_sequence([torch.ones_like(row) for row in rows], batch_first=True),
        "labels": torch.tensor([each["label"] for each in features]),
    }
""",
        "con enteros de 32 bits": """
def make_batch(features, pad_id):
    sizes = [len(each["input_ids"]) for each in features]
    ids = torch.full((len(features), max(sizes)), pad_id, dtype=torch.int32)
    mask = torch.zeros_like(ids)
    for row, each in enumerate(features):
        ids[row, : sizes[row]] = torch.tensor(each["input_ids"])
        mask[row, : sizes[row]] = 1
    labels = torch.tensor([each["label"] for each in features])
    return dict(input_ids=ids, attention_mask=mask, labels=labels)
""",
    },
    ("ejercicio_04", "tarea-2"): {
        "con máscara también sola": """
def measure_mask_effect(model, ids, extra):
    was_training = model.training
    model.eval()
    def ask(row, mask):
        with torch.inference_mode():
            row, mask = torch.tensor([row]), torch.tensor([mask])
            return model(input_ids=row, attention_mask=mask).logits
    padded = ids + [tokenizer.pad_token_id] * extra
    alone = ask(ids, [1] * len(ids))
    masked = ask(padded, [1] * len(ids) + [0] * extra)
    unmasked = ask(padded, [1] * len(padded))
    model.train(was_training)
    return (alone - masked).abs().max().item(), (alone - unmasked).abs().max().item()
""",
        "devuelve tensores": """
@torch.no_grad()
def measure_mask_effect(model, ids, extra):
    model.eval()
    ids = torch.tensor(ids)[None]
    padded = torch.nn.functional.pad(ids, (0, extra), value=tokenizer.pad_token_id)
    mask = torch.nn.functional.pad(torch.ones_like(ids), (0, extra))
    alone, joined = model(ids)["logits"], model(padded, attention_mask=mask)["logits"]
    return torch.max(abs(alone - joined)), torch.max(abs(alone - model(padded)["logits"]))
""",
    },
    ("ejercicio_04", "tarea-3"): {
        "con el recorte del cuaderno": """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses = []
    for batch in loader:
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses
""",
        "borra antes y después": """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses = []
    for batch in loader:
        optimizer.zero_grad()
        outputs = model(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"],
            labels=batch["labels"],
        )
        losses += [float(outputs.loss.detach())]
        outputs.loss.backward()
        optimizer.step()
        scheduler.step()
    model.zero_grad(set_to_none=False)
    return losses
""",
        "con su propia loss": """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses, measure = [], torch.nn.CrossEntropyLoss()
    for batch in loader:
        labels = batch["labels"]
        logits = model(**{k: v for k, v in batch.items() if k != "labels"}).logits
        loss = measure(logits, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()
        losses.append(loss.item())
    return losses
""",
    },
    ("ejercicio_04", "tarea-4"): {
        "divide al final": """
def accumulate_gradients(model, batches):
    for weight in model.parameters():
        weight.grad = None
    count = 0
    for batch in batches:
        (model(**batch).loss * len(batch["labels"])).backward()
        count += len(batch["labels"])
    for weight in model.parameters():
        if weight.grad is not None:
            weight.grad /= count
""",
        "suma reseña a reseña": """
def accumulate_gradients(model, batches):
    model.zero_grad()
    count = sum(batch["labels"].numel() for batch in batches)
    for batch in batches:
        logits = model(**batch).logits
        total = torch.nn.functional.cross_entropy(logits, batch["labels"], reduction="sum")
        (total / count).backward()
""",
    },
    ("ejercicio_05", "tarea-1"): {
        "con scikit-learn": """
from sklearn.metrics import f1_score as measure_f1

def macro_f1(labels, answers, n_classes):
    each = {"labels": list(range(n_classes)), "average": "macro", "zero_division": 0}
    return measure_f1(labels, answers, **each)
""",
        "con la matriz de confusión": """
from sklearn.metrics import confusion_matrix

def macro_f1(labels, answers, n_classes):
    table = confusion_matrix(labels, answers, labels=range(n_classes))
    both = table.sum(axis=0) + table.sum(axis=1)
    return np.mean(2 * np.diag(table) / np.maximum(both, 1))
""",
        "con precision y recall": """
def macro_f1(labels, answers, n_classes):
    total = 0
    for k in range(n_classes):
        hit = sum((a == k) and (b == k) for a, b in zip(labels, answers))
        if hit == 0:
            continue
        precision, recall = hit / sum(answers == k), hit / sum(labels == k)
        total += 2 * precision * recall / (precision + recall)
    return total / n_classes
""",
    },
    ("ejercicio_05", "tarea-2"): {
        "con digitize": """
def calibration_error(confidence, hits, bins=10):
    edges = np.linspace(0, 1, bins + 1)
    place = np.digitize(confidence, edges[1:-1])
    error = 0
    for i in range(bins):
        if (place == i).any():
            gap = hits[place == i].mean() - confidence[place == i].mean()
            error += (place == i).sum() / len(hits) * abs(gap)
    return error
""",
        "tramos cerrados por la derecha": """
def calibration_error(confidence, hits, bins=10):
    error = 0.0
    for low, high in zip(np.arange(bins) / bins, np.arange(1, bins + 1) / bins):
        inside = (confidence > low) & (confidence <= high)
        if inside.sum():
            error += abs(np.mean(hits[inside]) - np.mean(confidence[inside])) * np.mean(inside)
    return error
""",
        "sin bucle": """
def calibration_error(confidence, hits, bins=10):
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    apart = np.bincount(place, hits, bins) - np.bincount(place, confidence, bins)
    return np.abs(apart).sum() / len(confidence)
""",
    },
    ("ejercicio_05", "tarea-3"): {
        "con un bucle y percentile": """
def difference_interval(first, second, resamples=2000, seed=0):
    rng = np.random.default_rng(seed)
    results = []
    for _ in range(resamples):
        chosen = rng.choice(len(first), size=len(first), replace=True)
        results.append(np.mean(first[chosen]) - np.mean(second[chosen]))
    return np.percentile(results, 2.5), np.percentile(results, 97.5)
""",
        "resta enteros": """
def difference_interval(first, second, resamples=2000, seed=0):
    np.random.seed(seed)
    apart = first - second
    means = [apart[np.random.randint(0, len(apart), len(apart))].mean() for _ in range(resamples)]
    means = sorted(means)
    return [means[int(0.025 * resamples)], means[int(0.975 * resamples) - 1]]
""",
        "con SciPy": """
from scipy.stats import bootstrap

def difference_interval(first, second, resamples=2000, seed=0):
    def subtract(a, b, axis):
        return a.mean(axis=axis) - b.mean(axis=axis)
    interval = bootstrap(
        (first, second), subtract, n_resamples=resamples, paired=True, vectorized=True,
        method="percentile", rng=np.random.default_rng(seed),
    ).confidence_interval
    return interval.low, interval.high
""",
    },
    ("ejercicio_05", "tarea-4"): {
        "con un bucle": """
from labsupport.evaluation.scores import compare_hits


def choose_model(hits, minutes):
    scores = {name: sum(each) / len(each) for name, each in hits.items()}
    best = sorted(scores, key=scores.get)[-1]
    chosen = best
    for name in hits:
        if name == best:
            continue
        _, _, p = compare_hits(hits[name], hits[best])
        if p >= 0.05 and minutes[name] < minutes[chosen]:
            chosen = name
    return chosen
""",
        "del más rápido al más lento": """
from labsupport.evaluation.scores import compare_hits


def choose_model(hits, minutes):
    best = max(hits, key=lambda name: hits[name].mean())
    for name in sorted(minutes, key=minutes.get):
        if not compare_hits(hits[best], hits[name])[2] < 0.05:
            return name
""",
    },
    ("ejercicio_06", "tarea-1"): {
        "recursiva": """
def expand_grid(grid):
    if not grid:
        return [{}]
    *others, last = grid
    values = []
    for value in grid[last]:
        if value not in values:
            values.append(value)
    before = expand_grid({name: grid[name] for name in others})
    return [{**trial, last: value} for trial in before for value in values]
""",
        "va añadiendo parámetros": """
def expand_grid(grid):
    trials = [{}]
    for name, values in grid.items():
        trials = [trial | {name: value} for trial in trials for value in values]
    once = []
    for trial in trials:
        if trial not in once:
            once.append(trial)
    return once
""",
        "con product y un conjunto de vistos": """
from itertools import product

def expand_grid(grid):
    seen, trials = set(), []
    for values in product(*grid.values()):
        if values not in seen:
            seen.add(values)
            trials.append(dict(zip(grid.keys(), values)))
    return trials
""",
    },
    ("ejercicio_06", "tarea-2"): {
        "con una clave sin orden": """
def list_missing(plan, ledger):
    def key(params):
        return frozenset(params.items())
    done = {key(line["params"]) for line in ledger if line["status"] == "hecho"}
    return [trial for trial in plan if key(trial) not in done]
""",
        "con json": """
import json

def list_missing(plan, ledger):
    done = set()
    for line in ledger:
        if line["status"] not in ("fallido", "a medias"):
            done.add(json.dumps(line["params"], sort_keys=True))
    return [each for each in plan if json.dumps(each, sort_keys=True) not in done]
""",
        "con any": """
def list_missing(plan, ledger):
    missing = []
    for trial in plan:
        if not any(x["params"] == trial and x["status"] == "hecho" for x in ledger):
            missing.append(dict(trial))
    return missing
""",
        "tacha los hechos": """
def list_missing(plan, ledger):
    left = list(plan)
    for line in ledger:
        if line["status"] == "hecho" and line["params"] in left:
            left.remove(line["params"])
    return left
""",
    },
    ("ejercicio_06", "tarea-3"): {
        "con stats.t.interval": """
def choose_recipe(scores, costs):
    best = max(scores, key=lambda name: sum(scores[name]) / len(scores[name]))
    values = np.array(scores[best])
    interval = stats.t.interval(
        0.95, df=len(values) - 1, loc=values.mean(), scale=stats.sem(values)
    )
    names = [name for name in scores if np.mean(scores[name]) >= interval[0]]
    names.sort(key=lambda name: (costs[name], -np.mean(scores[name])))
    return names[0], interval
""",
        "con statistics y un bucle": """
import statistics

def choose_recipe(scores, costs):
    ranked = sorted(scores, key=lambda name: statistics.mean(scores[name]), reverse=True)
    values = scores[ranked[0]]
    n, middle = len(values), statistics.mean(values)
    half = stats.t.ppf(0.975, n - 1) * statistics.stdev(values) / n**0.5
    chosen = ranked[0]
    for name in ranked:
        if statistics.mean(scores[name]) >= middle - half and costs[name] < costs[chosen]:
            chosen = name
    return [chosen, [middle - half, middle + half]]
""",
        "con pandas": """
import pandas as pd

def choose_recipe(scores, costs):
    rows = pd.DataFrame({name: pd.Series(values) for name, values in scores.items()}).agg(
        ["mean", "sem", "count"]
    )
    best = rows.loc["mean"].idxmax()
    half = stats.t.ppf(0.975, rows.loc["count", best] - 1) * rows.loc["sem", best]
    low, high = rows.loc["mean", best] - half, rows.loc["mean", best] + half
    table = pd.DataFrame({"mean": rows.loc["mean"], "cost": pd.Series(costs)})
    table = table[table["mean"] >= low].sort_values(["cost", "mean"], ascending=[True, False])
    return table.index[0], (low, high)
""",
    },
    ("ejercicio_06", "tarea-4"): {
        "con un bucle": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng = np.random.default_rng(seed)
    validation, test = [], []
    for _ in range(repeats):
        measured = [rng.binomial(n, p) / n for p in accuracies]
        winner = measured.index(max(measured))
        validation.append(measured[winner] - accuracies[winner])
        test.append(rng.binomial(n, accuracies[winner]) / n - accuracies[winner])
    return np.mean(validation), np.mean(test)
""",
        "acierto por acierto": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng, truth = np.random.default_rng(seed), np.array(accuracies)
    sums = np.zeros(2)
    for _ in range(repeats):
        measured = (rng.random((n, len(truth))) < truth).mean(axis=0)
        winner = np.argmax(measured)
        sums[0] += measured[winner] - truth[winner]
        sums[1] += (rng.random(n) < truth[winner]).mean() - truth[winner]
    return tuple(sums / repeats)
""",
        "mide todas otra vez": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    np.random.seed(seed)
    truth = np.array(accuracies)
    shape = (repeats, len(accuracies))
    first = np.random.binomial(n, truth, shape) / n - truth
    second = np.random.binomial(n, truth, shape) / n - truth
    rows, winner = np.arange(repeats), (first + truth).argmax(axis=1)
    return [first[rows, winner].mean(), second[rows, winner].mean()]
""",
    },
    ("ejercicio_07", "tarea-1"): {
        "con NumPy": """
def padding_shares(lengths, batch_size, max_length):
    import numpy as np
    cut = np.minimum(lengths, max_length)
    def measure(order, tops):
        return 1 - order.sum() / tops.sum()
    def repeat_tops(order):
        starts = np.arange(0, len(order), batch_size)
        tops = np.maximum.reduceat(order, starts)
        return np.repeat(tops, batch_size)[: len(order)]
    ordered = np.sort(cut)
    fixed = measure(cut, np.full(len(cut), max_length))
    return fixed, measure(cut, repeat_tops(cut)), measure(ordered, repeat_tops(ordered))
""",
        "cuenta el relleno": """
def padding_shares(lengths, batch_size, max_length):
    short = []
    for length in lengths:
        short.append(length if length < max_length else max_length)
    found = []
    for order, top in ((short, max_length), (short, None), (sorted(short), None)):
        padding = total = 0
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            for length in batch:
                padding += (top or max(batch)) - length
                total += top or max(batch)
        found.append(padding / total)
    return found
""",
        "con el collator": """
from transformers import DataCollatorWithPadding

def padding_shares(lengths, batch_size, max_length):
    cut = [min(each, max_length) for each in lengths]
    def measure(order, **options):
        collator, real, total = DataCollatorWithPadding(tokenizer, **options), 0, 0
        for i in range(0, len(order), batch_size):
            rows = [{"input_ids": [5] * each} for each in order[i : i + batch_size]]
            mask = collator(rows)["attention_mask"]
            real, total = real + mask.sum().item(), total + mask.numel()
        return 1 - real / total
    fixed = measure(cut, padding="max_length", max_length=max_length)
    return fixed, measure(cut), measure(sorted(cut))
""",
    },
    ("ejercicio_07", "tarea-2"): {
        "por los nombres": """
def freeze_lower(model, layers):
    count = 0
    for name, weights in model.named_parameters():
        parts = name.split(".")
        below = "layer" in parts and int(parts[parts.index("layer") + 1]) < layers
        weights.requires_grad = not (below or "embeddings" in parts)
        if weights.requires_grad:
            count += weights.numel()
    return count
""",
        "con base_model y un bucle": """
def freeze_lower(model, layers):
    for weights in model.parameters():
        weights.requires_grad = True
    for weights in model.base_model.embeddings.parameters():
        weights.requires_grad = False
    for number, layer in enumerate(model.base_model.encoder.layer):
        for weights in layer.parameters():
            weights.requires_grad = number >= layers
    return model.num_parameters(only_trainable=True)
""",
        "con un conjunto": """
def freeze_lower(model, layers):
    frozen = set(model.bert.embeddings.parameters())
    for number in range(layers):
        frozen |= set(model.bert.encoder.layer[number].parameters())
    total = torch.tensor(0)
    for weights in model.parameters():
        weights.requires_grad_(weights not in frozen)
        total += weights.numel() * weights.requires_grad
    return total
""",
    },
    ("ejercicio_07", "tarea-3"): {
        "una a una": """
@torch.inference_mode()
def cache_frozen(model, reviews, layers, batch_size=4):
    was = model.training
    model.eval()
    saved = []
    for review in reviews:
        outputs = model.bert(torch.tensor([review]), output_hidden_states=True)
        saved.append(outputs.hidden_states[layers][0].clone())
    model.train(was)
    return saved
""",
        "con el modelo recortado": """
import copy

def cache_frozen(model, reviews, layers, batch_size=4):
    short = copy.deepcopy(model.bert).eval()
    short.encoder.layer = short.encoder.layer[: max(layers, 1)]
    saved = []
    for start in range(0, len(reviews), batch_size):
        rows = [torch.tensor(each) for each in reviews[start : start + batch_size]]
        padded = torch.nn.utils.rnn.pad_sequence(
            rows, batch_first=True, padding_value=tokenizer.pad_token_id
        )
        mask = torch.zeros_like(padded)
        for row, each in enumerate(rows):
            mask[row, : len(each)] = 1
        with torch.no_grad():
            found = short(padded, attention_mask=mask, output_hidden_states=True).hidden_states
        saved.extend(found[layers][row, : len(each)] for row, each in enumerate(rows))
    return saved
""",
        "con detach y ordenando por largo": """
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    order = sorted(range(len(reviews)), key=lambda i: len(reviews[i]))
    saved = [None] * len(reviews)
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        batch = tokenizer.pad({"input_ids": [reviews[i] for i in places]}, return_tensors="pt")
        states = model(**batch, output_hidden_states=True)["hidden_states"][layers].detach()
        for row, place in enumerate(places):
            saved[place] = states[row][batch["attention_mask"][row].bool()]
    return saved
""",
    },
    ("ejercicio_07", "tarea-4"): {
        "con addmm": """
def merge_lora(weight, a, b, alpha):
    r = b.size(1)
    return torch.addmm(weight, b, a, alpha=alpha / r), r * sum(weight.shape)
""",
        "pregunta a la capa qué sale de cada entrada": """
def merge_lora(weight, a, b, alpha):
    eye = torch.eye(weight.shape[1])
    out = eye @ weight.T + alpha / len(a) * (eye @ a.T) @ b.T
    return out.T, len(a.flatten()) + len(b.flatten())
""",
        "con NumPy y einsum": """
import numpy as np

def merge_lora(weight, a, b, alpha):
    extra = torch.einsum("or,ri->oi", b, a) * alpha
    merged = weight.clone()
    merged += extra / a.shape[0]
    return [merged, np.prod(a.shape) + np.prod(b.shape)]
""",
    },
    ("ejercicio_08", "tarea-1"): {
        "con Wilson": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["split"] == "test" and run["hits"]:
            n, p, z = len(run["hits"]), np.mean(run["hits"]), 1.96
            middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
            half = z / (1 + z**2 / n) * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
            entries.append({
                "dataset": run["dataset"], "split": "test", "n": n, "accuracy": round(float(p), 3),
                "low": round(float(middle - half), 3), "high": round(float(middle + half), 3),
            })
    return entries
""",
        "con el bootstrap del laboratorio": """
from labsupport.evaluation.scores import bootstrap_interval

def card_results(runs):
    public = [run for run in runs if run["split"] == "test" and len(run["hits"]) > 0]
    entries = [{name: run[name] for name in ("dataset", "split")} for run in public]
    for entry, run in zip(entries, public):
        low, high = bootstrap_interval(run["hits"])
        entry["n"] = len(run["hits"])
        entry["accuracy"] = round(sum(run["hits"]) / entry["n"], 3)
        entry["low"], entry["high"] = round(low, 3), round(high, 3)
    return entries
""",
        "con la normal": """
from statistics import mean

def card_results(runs):
    def describe(dataset, split, hits, **others):
        rate = mean(hits)
        half = 1.96 * (rate * (1 - rate) / len(hits)) ** 0.5
        numbers = {"accuracy": rate, "low": rate - half, "high": rate + half}
        rounded = {name: float(f"{number:.3f}") for name, number in numbers.items()}
        return {"dataset": dataset, "split": split, "n": len(hits), **rounded}
    return [describe(**run) for run in runs if run["split"] == "test" and run["hits"]]
""",
        "sacando aciertos de la bolsa": """
def card_results(runs):
    entries, rng = [], np.random.default_rng(1)
    for run in runs:
        hits = np.array(run["hits"])
        if run["split"] != "test" or hits.size == 0:
            continue
        means = [rng.choice(hits, hits.size).mean() for _ in range(2000)]
        low, high = np.percentile(means, [2.5, 97.5]).round(3).tolist()
        scores = {"accuracy": round(hits.mean().item(), 3), "low": low, "high": high}
        entries.append(dict(dataset=run["dataset"], split="test", n=int(hits.size), **scores))
    return entries
""",
    },
    ("ejercicio_08", "tarea-2"): {
        "con round": """
def find_unmeasured(card, values):
    missing = []
    for figure in FIGURE.findall(card):
        number = figure.replace("%", "").strip()
        decimals = len(number.split(",")[1])
        scale = 100 if "%" in figure else 1
        rounded = [round(scale * value, decimals) for value in values]
        if float(number.replace(",", ".")) not in rounded:
            missing.append(figure)
    return missing
""",
        "escribe los números como la ficha": """
def find_unmeasured(card, values):
    def spell(value, figure):
        digits = figure.replace("%", "").strip()
        places = len(digits) - digits.index(",") - 1
        value = value * 100 if figure.endswith("%") else value
        return f"{value:.{places}f}".replace(".", ",") == digits
    figures = [found.group() for found in FIGURE.finditer(card)]
    return [each for each in figures if not any(spell(value, each) for value in values)]
""",
        "con decimal": """
from decimal import ROUND_HALF_UP, Decimal

def find_unmeasured(card, values):
    missing = []
    for figure in re.findall(FIGURE, card):
        percent = figure[-1] == "%"
        written = Decimal(figure.rstrip("%").strip().replace(",", "."))
        exact = [Decimal(str(value)) * (100 if percent else 1) for value in values]
        if written not in [each.quantize(written, ROUND_HALF_UP) for each in exact]:
            missing.append(figure)
    return missing
""",
    },
    ("ejercicio_08", "tarea-3"): {
        "con pathlib": """
from pathlib import PurePosixPath

def plan_upload(files):
    token = re.compile("hf_[a-zA-Z0-9]{30,}")
    secrets = sorted(name for name in files if token.search(files[name]))
    def is_public(name):
        path = PurePosixPath(name)
        if path.name in TRAINING_ONLY or name in secrets:
            return False
        return not any(p.startswith(".") or p.startswith("checkpoint-") for p in path.parts)
    return sorted(filter(is_public, files)), secrets
""",
        "sin expresiones regulares": """
def plan_upload(files):
    def has_token(text):
        for piece in text.split("hf_")[1:]:
            run = 0
            while run < len(piece) and piece[run].isascii() and piece[run].isalnum():
                run += 1
            if run >= 30:
                return True
        return False
    upload, secrets = [], []
    for path in sorted(files):
        if has_token(files[path]):
            secrets.append(path)
            continue
        folders = path.split("/")
        bad = [f for f in folders if f[:1] == "." or f[:11] == "checkpoint-"]
        if not bad and folders[-1] not in TRAINING_ONLY:
            upload.append(path)
    return [upload, secrets]
""",
        "con conjuntos": """
def plan_upload(files):
    secrets = {path for path, text in files.items() if re.search(r"hf_[^\\W_]{30}", text)}
    hidden = {path for path in files if re.search(r"(^|/)(\\.|checkpoint-)", path)}
    resume = {path for path in files if path.rsplit("/", 1)[-1] in TRAINING_ONLY}
    return sorted(set(files) - secrets - hidden - resume), sorted(secrets)
""",
    },
    ("ejercicio_08", "tarea-4"): {
        "fila a fila": """
def quantize_rows(weight):
    codes, scales = np.zeros(weight.shape, dtype=np.int8), np.ones(len(weight))
    for number, row in enumerate(weight):
        top = max(abs(row))
        if top > 0:
            scales[number] = top / 127
            codes[number] = np.round(row / scales[number])
    return codes, scales
""",
        "con PyTorch": """
import torch

def quantize_rows(weight):
    weight = torch.tensor(weight)
    scales = weight.abs().amax(dim=1, keepdim=True) / 127
    codes = torch.round(weight / torch.where(scales == 0, 1, scales)).to(torch.int8)
    return codes.numpy(), scales.numpy()
""",
        "con keepdims y nan_to_num": """
def quantize_rows(weight):
    scales = np.max(np.abs(weight), axis=1, keepdims=True) / 127.0
    ratio = np.divide(weight, scales, out=np.zeros_like(weight), where=scales > 0)
    return np.clip(np.round(ratio), -127, 127).astype("int8"), scales[:, 0]
""",
    },
}
