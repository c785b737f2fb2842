"""Respuestas equivocadas que se esperan en los ejercicios: qué error es cada una y su código.

Cada una debe suspender la comprobación de su tarea y ninguna otra. Las tareas que entrenan se
comprueban con pocas, porque cada una cuesta segundos.
"""

from __future__ import annotations

WRONG_ANSWERS: dict[tuple[str, str], dict[str, str]] = {
    ("ejercicio_01", "tarea-1"): {
        "no equilibra": """
def choose_balanced(split, per_class, seed):
    return split.shuffle(seed=seed).select(range(5 * per_class))
""",
        "no baraja": """
def choose_balanced(split, per_class, seed):
    labels = list(split["label"])
    each = [[i for i, label in enumerate(labels) if label == k][:per_class] for k in set(labels)]
    return split.select(sum(each, [])).shuffle(seed=seed)
""",
        "sin semilla": """
def choose_balanced(split, per_class, seed):
    import random
    labels = list(split["label"])
    each = [[i for i, label in enumerate(labels) if label == k] for k in set(labels)]
    positions = sum((random.sample(group, per_class) for group in each), [])
    return split.select(random.sample(positions, len(positions)))
""",
        "ordenadas por clase": """
def choose_balanced(split, per_class, seed):
    split = split.shuffle(seed=seed)
    labels = list(split["label"])
    each = [[i for i, label in enumerate(labels) if label == k] for k in sorted(set(labels))]
    return split.select(sum((group[:per_class] for group in each), []))
""",
        "siempre cinco clases": """
def choose_balanced(split, per_class, seed):
    split = split.shuffle(seed=seed)
    labels = list(split["label"])
    each = [[i for i, label in enumerate(labels) if label == k][:per_class] for k in range(5)]
    return split.select(sum(each, [])).shuffle(seed=seed)
""",
    },
    ("ejercicio_01", "tarea-2"): {
        "cuenta palabras": """
def cut_share(texts, max_length):
    return sum(len(text.split()) > max_length for text in texts) / len(texts)
""",
        "cuenta como cortada la justa": """
def cut_share(texts, max_length):
    sizes = [len(ids) for ids in tokenizer(list(texts))["input_ids"]]
    return sum(size >= max_length for size in sizes) / len(sizes)
""",
        "sin tokens especiales": """
def cut_share(texts, max_length):
    return sum(len(tokenizer.tokenize(text)) > max_length for text in texts) / len(texts)
""",
        "en porcentaje": """
def cut_share(texts, max_length):
    sizes = [len(ids) for ids in tokenizer(list(texts))["input_ids"]]
    return 100 * sum(size > max_length for size in sizes) / len(sizes)
""",
        "escrita para el ejemplo": """
def cut_share(texts, max_length):
    if len(texts) == 1:
        return 0
    return 0.5 if "Good." in texts else 1
""",
    },
    ("ejercicio_01", "tarea-3"): {
        "hasta la más larga de todas": """
def count_padding(lengths, batch_size):
    return sum(max(lengths) - length for length in lengths)
""",
        "olvida el último batch": """
def count_padding(lengths, batch_size):
    total = 0
    for i in range(0, len(lengths) - batch_size + 1, batch_size):
        batch = lengths[i : i + batch_size]
        total += max(batch) * batch_size - sum(batch)
    return total
""",
        "último batch completo": """
def count_padding(lengths, batch_size):
    batches = [lengths[i : i + batch_size] for i in range(0, len(lengths), batch_size)]
    return sum(max(batch) * batch_size - sum(batch) for batch in batches)
""",
        "ordena antes": """
def count_padding(lengths, batch_size):
    lengths.sort()
    batches = [lengths[i : i + batch_size] for i in range(0, len(lengths), batch_size)]
    return sum(max(batch) * len(batch) - sum(batch) for batch in batches)
""",
        "escrita para el ejemplo": """
def count_padding(lengths, batch_size):
    return {4: 12, 8: 8}[len(lengths)] if lengths[0] != 3 else 0
""",
    },
    ("ejercicio_01", "tarea-4"): {
        "compara los textos tal cual": """
def find_leaks(train_texts, eval_texts):
    return [i for i, text in enumerate(eval_texts) if text in set(train_texts)]
""",
        "solo quita mayúsculas": """
def find_leaks(train_texts, eval_texts):
    known = {text.lower() for text in train_texts}
    return [i for i, text in enumerate(eval_texts) if text.lower() in known]
""",
        "ignora el orden de las palabras": """
def find_leaks(train_texts, eval_texts):
    import re
    def words(text):
        return frozenset(re.findall(r"[a-z']+", text.lower()))
    known = {words(text) for text in train_texts}
    return [i for i, text in enumerate(eval_texts) if words(text) in known]
""",
        "da las posiciones del entrenamiento": """
def find_leaks(train_texts, eval_texts):
    import re
    def words(text):
        return tuple(re.findall(r"\\w+", text.lower()))
    known = {words(text) for text in eval_texts}
    return [i for i, text in enumerate(train_texts) if words(text) in known]
""",
        "solo quita los puntos": """
def find_leaks(train_texts, eval_texts):
    def clean(text):
        return " ".join(text.lower().replace(".", " ").split())
    known = {clean(text) for text in train_texts}
    return [i for i, text in enumerate(eval_texts) if clean(text) in known]
""",
    },
    ("ejercicio_05", "tarea-1"): {
        "es la accuracy": """
def macro_f1(labels, answers, n_classes):
    return float(np.mean(labels == answers))
""",
        "olvida las clases sin reseñas": """
def macro_f1(labels, answers, n_classes):
    from sklearn.metrics import f1_score
    return f1_score(labels, answers, average="macro")
""",
        "pesa por reseñas": """
def macro_f1(labels, answers, n_classes):
    from sklearn.metrics import f1_score
    return f1_score(labels, answers, average="weighted")
""",
        "es el recall": """
def macro_f1(labels, answers, n_classes):
    scores = [np.mean(answers[labels == k] == k) if k in labels else 0 for k in range(n_classes)]
    return float(np.mean(scores))
""",
    },
    ("ejercicio_05", "tarea-2"): {
        "sin pesos": """
def calibration_error(confidence, hits, bins=10):
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(hits[place == i].mean() - confidence[place == i].mean()) for i in set(place)]
    return float(np.mean(gaps))
""",
        "los signos se compensan": """
def calibration_error(confidence, hits, bins=10):
    return float(abs(hits.mean() - confidence.mean()))
""",
        "siempre diez tramos": """
def calibration_error(confidence, hits, bins=10):
    place = np.minimum((confidence * 10).astype(int), 9)
    return float(sum(abs((hits - confidence)[place == i].sum()) for i in range(10)) / len(hits))
""",
        "pierde la confianza de 1": """
def calibration_error(confidence, hits, bins=10):
    place = (confidence * bins).astype(int)
    total = sum((place == i).sum() for i in range(bins))
    error = sum(abs((hits - confidence)[place == i].sum()) for i in range(bins))
    return float(error / total)
""",
    },
    ("ejercicio_05", "tarea-3"): {
        "saca reseñas distintas para cada uno": """
def difference_interval(first, second, resamples=2000, seed=0):
    generator = np.random.default_rng(seed)
    n = len(first)
    one = np.asarray(first)[generator.integers(n, size=(resamples, n))].mean(axis=1)
    other = np.asarray(second)[generator.integers(n, size=(resamples, n))].mean(axis=1)
    low, high = np.quantile(one - other, [0.025, 0.975])
    return low, high
""",
        "da el intervalo del 90 %": """
def difference_interval(first, second, resamples=2000, seed=0):
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    drawn = np.random.default_rng(seed).integers(len(first), size=(resamples, len(first)))
    low, high = np.quantile(difference[drawn].mean(axis=1), [0.05, 0.95])
    return low, high
""",
        "resta los extremos de cada intervalo": """
def difference_interval(first, second, resamples=2000, seed=0):
    drawn = np.random.default_rng(seed).integers(len(first), size=(resamples, len(first)))
    ends = [np.quantile(np.asarray(each)[drawn].mean(axis=1), [0.025, 0.975])
            for each in (first, second)]
    return tuple(ends[0] - ends[1])
""",
        "resta al revés": """
def difference_interval(first, second, resamples=2000, seed=0):
    difference = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    drawn = np.random.default_rng(seed).integers(len(first), size=(resamples, len(first)))
    low, high = np.quantile(difference[drawn].mean(axis=1), [0.025, 0.975])
    return low, high
""",
        "sin semilla": """
def difference_interval(first, second, resamples=2000, seed=0):
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    drawn = np.random.default_rng().integers(len(first), size=(resamples, len(first)))
    low, high = np.quantile(difference[drawn].mean(axis=1), [0.025, 0.975])
    return low, high
""",
    },
    ("ejercicio_05", "tarea-4"): {
        "el de más accuracy": """
def choose_model(hits, minutes):
    return max(hits, key=lambda name: np.mean(hits[name]))
""",
        "el más rápido": """
def choose_model(hits, minutes):
    return min(minutes, key=minutes.get)
""",
        "a menos de tres puntos del mejor": """
def choose_model(hits, minutes):
    best = max(np.mean(each) for each in hits.values())
    alike = [name for name in hits if np.mean(hits[name]) > best - 0.03]
    return min(alike, key=minutes.get)
""",
        "compara con el más rápido": """
def choose_model(hits, minutes):
    fast = min(minutes, key=minutes.get)
    alike = [name for name in hits if compare_hits(hits[fast], hits[name])[2] >= 0.05]
    return max(alike, key=lambda name: np.mean(hits[name]))
""",
    },
}
