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
def find_leaks(train_texts, test_texts):
    return [i for i, text in enumerate(test_texts) if text in set(train_texts)]
""",
        "solo quita mayúsculas": """
def find_leaks(train_texts, test_texts):
    known = {text.lower() for text in train_texts}
    return [i for i, text in enumerate(test_texts) if text.lower() in known]
""",
        "ignora el orden de las palabras": """
def find_leaks(train_texts, test_texts):
    import re
    def words(text):
        return frozenset(re.findall(r"[a-z']+", text.lower()))
    known = {words(text) for text in train_texts}
    return [i for i, text in enumerate(test_texts) if words(text) in known]
""",
        "da las posiciones del entrenamiento": """
def find_leaks(train_texts, test_texts):
    import re
    def words(text):
        return tuple(re.findall(r"\\w+", text.lower()))
    known = {words(text) for text in test_texts}
    return [i for i, text in enumerate(train_texts) if words(text) in known]
""",
        "solo quita los puntos": """
def find_leaks(train_texts, test_texts):
    def clean(text):
        return " ".join(text.lower().replace(".", " ").split())
    known = {clean(text) for text in train_texts}
    return [i for i, text in enumerate(test_texts) if clean(text) in known]
""",
    },
    ("ejercicio_02", "tarea-1"): {
        "redondea abajo": """
def count_steps(n, batch_size, epochs, accumulation=1):
    return epochs * (n // batch_size // accumulation)
""",
        "arrastra lo que sobra de una época a otra": """
def count_steps(n, batch_size, epochs, accumulation=1):
    batches = -(-n // batch_size)
    return -(-batches * epochs // accumulation)
""",
        "junta antes el batch": """
def count_steps(n, batch_size, epochs, accumulation=1):
    return -(-n * epochs // (batch_size * accumulation))
""",
        "olvida la acumulación": """
def count_steps(n, batch_size, epochs, accumulation=1):
    return -(-n // batch_size) * epochs
""",
    },
    ("ejercicio_02", "tarea-2"): {
        "recorre el otro eje": """
def compute_metrics(eval_prediction):
    logits, labels = eval_prediction
    answers = np.argmax(logits, axis=0)[: len(labels)]
    hits = [a == b for a, b in zip(answers, labels)]
    return {"accuracy": np.mean(hits), "mae": np.mean(np.abs(np.resize(answers, 4) - labels))}
""",
        "sin valor absoluto": """
def compute_metrics(eval_prediction):
    logits, labels = eval_prediction
    answers = np.argmax(logits, axis=-1)
    return {"accuracy": np.mean(answers == labels), "mae": abs(np.mean(answers - labels))}
""",
        "solo sobre los fallos": """
def compute_metrics(eval_prediction):
    logits, labels = eval_prediction
    answers = np.argmax(logits, axis=-1)
    wrong = answers != labels
    return {"accuracy": np.mean(~wrong), "mae": np.mean(np.abs(answers - labels)[wrong])}
""",
        "escrita para el ejemplo": """
def compute_metrics(eval_prediction):
    return {"accuracy": 0.5, "mae": 0.75}
""",
    },
    ("ejercicio_02", "tarea-3"): {
        "valida con lo que entrena": """
def build_trainer(model):
    recipe = {"num_train_epochs": 4, "per_device_train_batch_size": 8, "eval_strategy": "epoch"}
    arguments = TrainingArguments(learning_rate=settings.learning_rate, **recipe, **quiet)
    return Trainer(
        model=model, args=arguments, train_dataset=train_dataset, eval_dataset=train_dataset,
        processing_class=tokenizer,
    )
""",
        "no mira la validación": """
def build_trainer(model):
    recipe = {"num_train_epochs": 4, "per_device_train_batch_size": 8}
    arguments = TrainingArguments(learning_rate=settings.learning_rate, **recipe, **quiet)
    return Trainer(
        model=model, args=arguments, train_dataset=train_dataset, eval_dataset=validation_dataset,
        processing_class=tokenizer,
    )
""",
        "learning rate de fábrica": """
def build_trainer(model):
    recipe = {"num_train_epochs": 4, "per_device_train_batch_size": 8, "eval_strategy": "epoch"}
    arguments = TrainingArguments(**recipe, **quiet)
    return Trainer(
        model=model, args=arguments, train_dataset=train_dataset, eval_dataset=validation_dataset,
        processing_class=tokenizer,
    )
""",
    },
    ("ejercicio_02", "tarea-4"): {
        "sin apagar el dropout": """
def predict_stars(model, reviews):
    if not reviews:
        return []
    inputs = tokenizer(
        reviews, padding=True, truncation=True, max_length=64, return_tensors="pt"
    )
    with torch.no_grad():
        return [star + 1 for star in model(**inputs).logits.argmax(dim=-1).tolist()]
""",
        "con pipeline, que tampoco lo apaga": """
def predict_stars(model, reviews):
    if not reviews:
        return []
    ask = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer)
    answers = ask(reviews, truncation=True)
    return [model.config.label2id[each["label"]] + 1 for each in answers]
""",
        "de 0 a 4": """
def predict_stars(model, reviews):
    if not reviews:
        return []
    inputs = tokenizer(
        reviews, padding=True, truncation=True, max_length=64, return_tensors="pt"
    )
    with torch.no_grad():
        return model.eval()(**inputs).logits.argmax(dim=-1).tolist()
""",
        "sin la máscara": """
def predict_stars(model, reviews):
    if not reviews:
        return []
    inputs = tokenizer(
        reviews, padding=True, truncation=True, max_length=64, return_tensors="pt"
    )
    with torch.no_grad():
        logits = model.eval()(inputs["input_ids"]).logits
    return [star + 1 for star in logits.argmax(dim=-1).tolist()]
""",
        "sin truncar": """
def predict_stars(model, reviews):
    if not reviews:
        return []
    inputs = tokenizer(reviews, padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**inputs).logits
    return [star + 1 for star in logits.argmax(dim=-1).tolist()]
""",
        "ordena por largo": """
def predict_stars(model, reviews):
    stars = []
    model.eval()
    for review in sorted(reviews, key=len):
        inputs = tokenizer(review, truncation=True, max_length=64, return_tensors="pt")
        stars.append(int(model(**inputs).logits.argmax()) + 1)
    return stars
""",
    },
    ("ejercicio_03", "tarea-1"): {
        "invierte la máscara": """
def rename_inputs(inputs, labels):
    segments = inputs.get("token_type_ids", keras.ops.zeros_like(inputs["input_ids"]))
    mask = 1 - inputs["attention_mask"]
    ids = inputs["input_ids"]
    return {"token_ids": ids, "segment_ids": segments, "padding_mask": mask}, labels
""",
        "exige token_type_ids": """
def rename_inputs(inputs, labels):
    return {names_of[name]: inputs[name] for name in names_of}, labels

names_of = {"input_ids": "token_ids", "token_type_ids": "segment_ids"}
names_of["attention_mask"] = "padding_mask"
""",
        "deja pasar lo que sobra": """
def rename_inputs(inputs, labels):
    known = {"input_ids": "token_ids", "token_type_ids": "segment_ids"}
    known["attention_mask"] = "padding_mask"
    renamed = {known.get(name, name): array for name, array in inputs.items()}
    renamed.setdefault("segment_ids", keras.ops.zeros_like(inputs["input_ids"]))
    return renamed, labels
""",
        "ceros con decimales": """
def rename_inputs(inputs, labels):
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    segments = inputs.get("token_type_ids", keras.ops.zeros(np.shape(ids)))
    return {"token_ids": ids, "segment_ids": segments, "padding_mask": mask}, labels
""",
        "vacía el diccionario que recibe": """
def rename_inputs(inputs, labels):
    ids, mask = inputs.pop("input_ids"), inputs.pop("attention_mask")
    segments = inputs.pop("token_type_ids", keras.ops.zeros_like(ids))
    return {"token_ids": ids, "segment_ids": segments, "padding_mask": mask}, labels
""",
    },
    ("ejercicio_03", "tarea-2"): {
        "toma los logits por probabilidades": """
def cross_entropy(logits, labels):
    chances = np.clip(logits, 1e-7, 1 - 1e-7)
    return float(-np.log(chances[np.arange(len(labels)), labels]).mean())
""",
        "sin restar el mayor": """
def cross_entropy(logits, labels):
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return float(-np.log(chances[np.arange(len(labels)), labels]).mean())
""",
        "suma en vez de media": """
def cross_entropy(logits, labels):
    from scipy.special import log_softmax
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].sum())
""",
        "softmax en el otro eje": """
def cross_entropy(logits, labels):
    from scipy.special import log_softmax
    return float(-log_softmax(logits, axis=0)[np.arange(len(labels)), labels].mean())
""",
    },
    ("ejercicio_03", "tarea-3"): {
        "el final de fábrica": """
def make_schedule(learning_rate, n, batch_size, epochs):
    steps = -(-n // batch_size) * epochs
    return keras.optimizers.schedules.PolynomialDecay(learning_rate, steps)
""",
        "olvida las épocas": """
def make_schedule(learning_rate, n, batch_size, epochs):
    steps = -(-n // batch_size)
    return keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, 0.0)
""",
        "redondea abajo": """
def make_schedule(learning_rate, n, batch_size, epochs):
    steps = max(1, n // batch_size) * epochs
    return keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, 0.0)
""",
        "no es una recta": """
def make_schedule(learning_rate, n, batch_size, epochs):
    steps = -(-n // batch_size) * epochs
    return keras.optimizers.schedules.CosineDecay(learning_rate, steps)
""",
    },
    ("ejercicio_03", "tarea-4"): {
        "olvida from_logits": """
def compile_model(model, learning_rate):
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, epsilon=1e-8, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
""",
        "AdamW": """
def compile_model(model, learning_rate):
    model.compile(
        optimizer=keras.optimizers.AdamW(learning_rate, epsilon=1e-8, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
""",
        "siempre el learning rate del ejemplo": """
def compile_model(model, learning_rate):
    model.compile(
        optimizer=keras.optimizers.Adam(5e-4, epsilon=1e-8, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
""",
        "Adam de fábrica": """
def compile_model(model, learning_rate):
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
""",
    },
    ("ejercicio_04", "tarea-1"): {
        "máscara invertida": """
def make_batch(features, pad_id):
    longest = max(len(each["input_ids"]) for each in features)
    gaps = [longest - len(each["input_ids"]) for each in features]
    ids = [each["input_ids"] + [pad_id] * gap for each, gap in zip(features, gaps)]
    mask = [[0] * (longest - gap) + [1] * gap for gap in gaps]
    labels = torch.tensor([each["label"] for each in features])
    return {
        "input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask), "labels": labels
    }
""",
        "saca la máscara de los ids": """
def make_batch(features, pad_id):
    longest = max(len(each["input_ids"]) for each in features)
    ids = torch.tensor(
        [each["input_ids"] + [pad_id] * (longest - len(each["input_ids"])) for each in features]
    )
    labels = torch.tensor([each["label"] for each in features])
    return {"input_ids": ids, "attention_mask": (ids != pad_id).long(), "labels": labels}
""",
        "rellena siempre con cero": """
def make_batch(features, pad_id):
    longest = max(len(each["input_ids"]) for each in features)
    gaps = [longest - len(each["input_ids"]) for each in features]
    ids = [each["input_ids"] + [0] * gap for each, gap in zip(features, gaps)]
    mask = [[1] * (longest - gap) + [0] * gap for gap in gaps]
    labels = torch.tensor([each["label"] for each in features])
    return {
        "input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask), "labels": labels
    }
""",
        "alarga las listas que recibe": """
def make_batch(features, pad_id):
    longest = max(len(each["input_ids"]) for each in features)
    mask = []
    for each in features:
        gap = longest - len(each["input_ids"])
        mask.append([1] * len(each["input_ids"]) + [0] * gap)
        each["input_ids"] += [pad_id] * gap
    labels = torch.tensor([each["label"] for each in features])
    ids = torch.tensor([each["input_ids"] for each in features])
    return {"input_ids": ids, "attention_mask": torch.tensor(mask), "labels": labels}
""",
    },
    ("ejercicio_04", "tarea-2"): {
        "sin apagar el dropout": """
def measure_mask_effect(model, ids, extra):
    padded = torch.tensor([ids + [tokenizer.pad_token_id] * extra])
    mask = torch.tensor([[1] * len(ids) + [0] * extra])
    with torch.no_grad():
        alone = model(torch.tensor([ids])).logits
        masked = model(padded, attention_mask=mask).logits
        unmasked = model(padded).logits
    return float((alone - masked).abs().max()), float((alone - unmasked).abs().max())
""",
        "las dos con la máscara buena": """
def measure_mask_effect(model, ids, extra):
    model.eval()
    padded = torch.tensor([ids + [tokenizer.pad_token_id] * extra])
    mask = torch.tensor([[1] * len(ids) + [0] * extra])
    with torch.no_grad():
        alone = model(torch.tensor([ids])).logits
        masked = model(padded, attention_mask=mask).logits
    difference = float((alone - masked).abs().max())
    return difference, difference
""",
        "máscara invertida": """
def measure_mask_effect(model, ids, extra):
    model.eval()
    padded = torch.tensor([ids + [tokenizer.pad_token_id] * extra])
    mask = torch.tensor([[0] * len(ids) + [1] * extra])
    with torch.no_grad():
        alone = model(torch.tensor([ids])).logits
        masked = model(padded, attention_mask=mask).logits
        unmasked = model(padded).logits
    return float((alone - masked).abs().max()), float((alone - unmasked).abs().max())
""",
        "la media en vez de la mayor": """
def measure_mask_effect(model, ids, extra):
    model.eval()
    padded = torch.tensor([ids + [tokenizer.pad_token_id] * extra])
    mask = torch.tensor([[1] * len(ids) + [0] * extra])
    with torch.no_grad():
        alone = model(torch.tensor([ids])).logits
        masked = model(padded, attention_mask=mask).logits
        unmasked = model(padded).logits
    return float((alone - masked).abs().mean()), float((alone - unmasked).abs().mean())
""",
    },
    ("ejercicio_04", "tarea-3"): {
        "olvida borrar los gradientes": """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses = []
    for batch in loader:
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses
""",
        "el paso antes que los gradientes": """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses = []
    for batch in loader:
        loss = model(**batch).loss
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()
        scheduler.step()
        losses.append(loss.item())
    optimizer.zero_grad()
    return losses
""",
        "sin scheduler": """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses = []
    for batch in loader:
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses
""",
        "se queda en modo de evaluación": """
def train_epoch(model, loader, optimizer, scheduler):
    losses = []
    for batch in loader:
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses
""",
        "borra los gradientes antes de usarlos": """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses = []
    for batch in loader:
        loss = model(**batch).loss
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses
""",
    },
    ("ejercicio_04", "tarea-4"): {
        "suma sin dividir": """
def accumulate_gradients(model, batches):
    model.zero_grad()
    for batch in batches:
        model(**batch).loss.backward()
""",
        "media de medias": """
def accumulate_gradients(model, batches):
    model.zero_grad()
    for batch in batches:
        (model(**batch).loss / len(batches)).backward()
""",
        "no borra lo de antes": """
def accumulate_gradients(model, batches):
    total = sum(len(batch["labels"]) for batch in batches)
    for batch in batches:
        (model(**batch).loss * len(batch["labels"]) / total).backward()
""",
        "mueve los pesos": """
def accumulate_gradients(model, batches):
    model.zero_grad()
    total = sum(len(batch["labels"]) for batch in batches)
    for batch in batches:
        (model(**batch).loss * len(batch["labels"]) / total).backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
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
    ("ejercicio_06", "tarea-1"): {
        "empareja en vez de combinar": """
def expand_grid(grid):
    return [dict(zip(grid, values)) for values in zip(*grid.values())]
""",
        "deja los repetidos": """
def expand_grid(grid):
    return [dict(zip(grid, values)) for values in itertools.product(*grid.values())]
""",
        "el primero cambia más deprisa": """
def expand_grid(grid):
    trials = [{}]
    for name, values in grid.items():
        trials = [{**each, name: v} for v in dict.fromkeys(values) for each in trials]
    return trials
""",
        "ordena los valores": """
def expand_grid(grid):
    values = [sorted(set(each), key=str) for each in grid.values()]
    return [dict(zip(grid, picked)) for picked in itertools.product(*values)]
""",
        "sin parámetros, ningún ensayo": """
def expand_grid(grid):
    if not grid:
        return []
    values = [dict.fromkeys(each) for each in grid.values()]
    return [dict(zip(grid, picked)) for picked in itertools.product(*values)]
""",
        "quita los repetidos de la rejilla que recibe": """
def expand_grid(grid):
    for name in grid:
        grid[name] = list(dict.fromkeys(grid[name]))
    return [dict(zip(grid, picked)) for picked in itertools.product(*grid.values())]
""",
        "escrita para el ejemplo": """
def expand_grid(grid):
    if "batch_size" in grid:
        return [{"batch_size": 16}, {"batch_size": 8}]
    return [{"learning_rate": r, "seed": s} for r in (1e-4, 1e-3) for s in (42, 43)]
""",
    },
    ("ejercicio_06", "tarea-2"): {
        "lo que falló ya está visto": """
def list_missing(plan, ledger):
    seen = [line["params"] for line in ledger]
    return [trial for trial in plan if trial not in seen]
""",
        "compara los textos": """
def list_missing(plan, ledger):
    done = {str(line["params"]) for line in ledger if line["status"] == "hecho"}
    return [trial for trial in plan if str(trial) not in done]
""",
        "cuenta cuántos lleva": """
def list_missing(plan, ledger):
    done = [line for line in ledger if line["status"] == "hecho"]
    return plan[len(done):]
""",
        "manda la última línea": """
def list_missing(plan, ledger):
    last = {frozenset(line["params"].items()): line["status"] for line in ledger}
    return [trial for trial in plan if last.get(frozenset(trial.items())) != "hecho"]
""",
        "solo mira los parámetros del plan": """
def list_missing(plan, ledger):
    done = [line["params"] for line in ledger if line["status"] == "hecho"]
    def covers(known, trial):
        return all(known.get(name) == value for name, value in trial.items())
    return [trial for trial in plan if not any(covers(known, trial) for known in done)]
""",
        "escrita para el ejemplo": """
def list_missing(plan, ledger):
    return plan[1:] if len(ledger) == 2 else plan[2:]
""",
        "da por hecho lo que quedó a medias": """
def list_missing(plan, ledger):
    done = [line["params"] for line in ledger if line["status"] != "fallido"]
    return [trial for trial in plan if trial not in done]
""",
        "los valores vacíos no cuentan": """
def list_missing(plan, ledger):
    def clean(params):
        return {name: value for name, value in params.items() if value}
    done = [clean(line["params"]) for line in ledger if line["status"] == "hecho"]
    return [trial for trial in plan if clean(trial) not in done]
""",
    },
    ("ejercicio_06", "tarea-3"): {
        "con la normal": """
def choose_recipe(scores, costs):
    means = {name: np.mean(values) for name, values in scores.items()}
    best = max(means, key=means.get)
    half = 1.96 * np.std(scores[best], ddof=1) / np.sqrt(len(scores[best]))
    alike = [name for name in means if means[name] >= means[best] - half]
    return min(alike, key=costs.get), (means[best] - half, means[best] + half)
""",
        "divide entre n": """
def choose_recipe(scores, costs):
    means = {name: np.mean(values) for name, values in scores.items()}
    best = max(means, key=means.get)
    n = len(scores[best])
    half = stats.t.ppf(0.975, n - 1) * np.std(scores[best]) / np.sqrt(n)
    alike = [name for name in means if means[name] >= means[best] - half]
    return min(alike, key=costs.get), (means[best] - half, means[best] + half)
""",
        "olvida la raíz de n": """
def choose_recipe(scores, costs):
    means = {name: np.mean(values) for name, values in scores.items()}
    best = max(means, key=means.get)
    half = stats.t.ppf(0.975, len(scores[best]) - 1) * np.std(scores[best], ddof=1)
    alike = [name for name in means if means[name] >= means[best] - half]
    return min(alike, key=costs.get), (means[best] - half, means[best] + half)
""",
        "la mejor por una sola semilla": """
def choose_recipe(scores, costs):
    best = max(scores, key=lambda name: max(scores[name]))
    values = np.array(scores[best])
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    alike = [name for name in scores if np.mean(scores[name]) >= low]
    return min(alike, key=costs.get), (low, high)
""",
        "basta con que los intervalos se toquen": """
def choose_recipe(scores, costs):
    def measure(values):
        return stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    best = max(scores, key=lambda name: np.mean(scores[name]))
    low, high = measure(scores[best])
    alike = [name for name in scores if measure(scores[name])[1] >= low]
    return min(alike, key=costs.get), (low, high)
""",
        "escrita para el ejemplo": """
def choose_recipe(scores, costs):
    return "media", (0.470317, 0.569683)
""",
        "siempre la de mayor media": """
def choose_recipe(scores, costs):
    best = max(scores, key=lambda name: np.mean(scores[name]))
    values = scores[best]
    interval = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    return best, interval
""",
        "a igual costo, la primera": """
def choose_recipe(scores, costs):
    best = max(scores, key=lambda name: np.mean(scores[name]))
    values = scores[best]
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    alike = [name for name in scores if np.mean(scores[name]) >= low]
    return min(alike, key=costs.get), (low, high)
""",
    },
    ("ejercicio_06", "tarea-4"): {
        "la media de todas": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng, truth = np.random.default_rng(seed), np.array(accuracies)
    measured = rng.binomial(n, truth, (repeats, len(truth))) / n
    again = rng.binomial(n, truth, (repeats, len(truth))) / n
    return float((measured - truth).mean()), float((again - truth).mean())
""",
        "la prueba son las mismas reseñas": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng, truth = np.random.default_rng(seed), np.array(accuracies)
    measured = rng.binomial(n, truth, (repeats, len(truth))) / n
    excess = float((measured.max(axis=1) - truth[measured.argmax(axis=1)]).mean())
    return excess, excess
""",
        "gana la que de verdad es mejor": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng = np.random.default_rng(seed)
    measured = rng.binomial(n, max(accuracies), (2, repeats)) / n - max(accuracies)
    return float(measured[0].mean()), float(measured[1].mean())
""",
        "compara con la mejor de verdad": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng, truth = np.random.default_rng(seed), np.array(accuracies)
    measured = rng.binomial(n, truth, (repeats, len(truth))) / n
    again = rng.binomial(n, truth[measured.argmax(axis=1)]) / n
    return float(measured.max(axis=1).mean() - truth.max()), float(again.mean() - truth.max())
""",
        "vuelve a elegir en la prueba": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng, truth = np.random.default_rng(seed), np.array(accuracies)
    both = rng.binomial(n, truth, (2, repeats, len(truth))) / n
    found = [float((each.max(axis=1) - truth[each.argmax(axis=1)]).mean()) for each in both]
    return found[0], found[1]
""",
        "sin la semilla": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng, truth = np.random.default_rng(), np.array(accuracies)
    measured = rng.binomial(n, truth, (repeats, len(truth))) / n
    winner = measured.argmax(axis=1)
    again = rng.binomial(n, truth[winner]) / n - truth[winner]
    return float((measured.max(axis=1) - truth[winner]).mean()), float(again.mean())
""",
        "siempre la misma semilla": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    rng, truth = np.random.default_rng(0), np.array(accuracies)
    measured = rng.binomial(n, truth, (repeats, len(truth))) / n
    winner = measured.argmax(axis=1)
    again = rng.binomial(n, truth[winner]) / n - truth[winner]
    return float((measured.max(axis=1) - truth[winner]).mean()), float(again.mean())
""",
        "escrita para el ejemplo": """
def winner_excess(accuracies, n, repeats=2000, seed=0):
    return (0.0, 0.0) if len(accuracies) == 1 else (0.034, 0.0)
""",
    },
    ("ejercicio_07", "tarea-1"): {
        "no trunca": """
def padding_shares(lengths, batch_size, max_length):
    def spend(order):
        starts = range(0, len(order), batch_size)
        return sum(max(order[i : i + batch_size]) * len(order[i : i + batch_size]) for i in starts)
    real = sum(lengths)
    found = (max_length * len(lengths), spend(lengths), spend(sorted(lengths)))
    return tuple(1 - real / each for each in found)
""",
        "divide entre los tokens de verdad": """
def padding_shares(lengths, batch_size, max_length):
    cut = [min(each, max_length) for each in lengths]
    def spend(order):
        starts = range(0, len(order), batch_size)
        return sum(max(order[i : i + batch_size]) * len(order[i : i + batch_size]) for i in starts)
    found = (max_length * len(cut), spend(cut), spend(sorted(cut)))
    return tuple(each / sum(cut) - 1 for each in found)
""",
        "el último batch, completo": """
def padding_shares(lengths, batch_size, max_length):
    cut = [min(each, max_length) for each in lengths]
    def spend(order):
        starts = range(0, len(order), batch_size)
        return sum(max(order[i : i + batch_size]) * batch_size for i in starts)
    found = (max_length * len(cut), spend(cut), spend(sorted(cut)))
    return tuple(1 - sum(cut) / each for each in found)
""",
        "solo ordena dentro del batch": """
def padding_shares(lengths, batch_size, max_length):
    cut = [min(each, max_length) for each in lengths]
    starts = range(0, len(cut), batch_size)
    def spend(batches):
        return sum(max(batch) * len(batch) for batch in batches)
    plain = [cut[i : i + batch_size] for i in starts]
    ordered = [sorted(batch) for batch in plain]
    found = (max_length * len(cut), spend(plain), spend(ordered))
    return tuple(1 - sum(cut) / each for each in found)
""",
        "olvida el último batch": """
def padding_shares(lengths, batch_size, max_length):
    cut = [min(each, max_length) for each in lengths]
    def measure(order):
        used = order[: len(order) // batch_size * batch_size] or order
        starts = range(0, len(used), batch_size)
        total = sum(max(used[i : i + batch_size]) * len(used[i : i + batch_size]) for i in starts)
        return 1 - sum(used) / total
    return 1 - sum(cut) / (max_length * len(cut)), measure(cut), measure(sorted(cut))
""",
        "ordena la lista que recibe": """
def padding_shares(lengths, batch_size, max_length):
    def spend(order):
        starts = range(0, len(order), batch_size)
        return sum(max(order[i : i + batch_size]) * len(order[i : i + batch_size]) for i in starts)
    cut = [min(each, max_length) for each in lengths]
    batched = spend(cut)
    lengths.sort()
    found = (max_length * len(cut), batched, spend([min(each, max_length) for each in lengths]))
    return tuple(1 - sum(cut) / each for each in found)
""",
        "escrita para el ejemplo": """
def padding_shares(lengths, batch_size, max_length):
    return (14 / 40, 11 / 37, 4 / 30) if len(lengths) == 5 else (0.6, 0.4, 0.1)
""",
    },
    ("ejercicio_07", "tarea-2"): {
        "congela lo de arriba": """
def freeze_lower(model, layers):
    model.requires_grad_(True)
    for layer in model.bert.encoder.layer[layers:]:
        layer.requires_grad_(False)
    return sum(each.numel() for each in model.parameters() if each.requires_grad)
""",
        "olvida los embeddings": """
def freeze_lower(model, layers):
    model.requires_grad_(True)
    model.bert.encoder.layer[:layers].requires_grad_(False)
    return sum(each.numel() for each in model.parameters() if each.requires_grad)
""",
        "una capa de más": """
def freeze_lower(model, layers):
    model.requires_grad_(True)
    model.bert.embeddings.requires_grad_(False)
    model.bert.encoder.layer[: layers + 1].requires_grad_(False)
    return sum(each.numel() for each in model.parameters() if each.requires_grad)
""",
        "no deshace lo de antes": """
def freeze_lower(model, layers):
    model.bert.embeddings.requires_grad_(False)
    model.bert.encoder.layer[:layers].requires_grad_(False)
    return sum(each.numel() for each in model.parameters() if each.requires_grad)
""",
        "busca el número en el nombre": """
def freeze_lower(model, layers):
    for name, weights in model.named_parameters():
        below = any(f"layer.{number}" in name for number in range(layers))
        weights.requires_grad = not (below or "embeddings" in name)
    return sum(each.numel() for each in model.parameters() if each.requires_grad)
""",
        "congela una copia": """
import copy

def freeze_lower(model, layers):
    model = copy.deepcopy(model).requires_grad_(True)
    model.bert.embeddings.requires_grad_(False)
    model.bert.encoder.layer[:layers].requires_grad_(False)
    return sum(each.numel() for each in model.parameters() if each.requires_grad)
""",
        "cuenta los tensores": """
def freeze_lower(model, layers):
    model.requires_grad_(True)
    model.bert.embeddings.requires_grad_(False)
    model.bert.encoder.layer[:layers].requires_grad_(False)
    return sum(each.requires_grad for each in model.parameters())
""",
        "cuenta los congelados": """
def freeze_lower(model, layers):
    model.requires_grad_(True)
    model.bert.embeddings.requires_grad_(False)
    model.bert.encoder.layer[:layers].requires_grad_(False)
    return sum(each.numel() for each in model.parameters() if not each.requires_grad)
""",
        "solo cuenta, no congela": """
def freeze_lower(model, layers):
    frozen = list(model.bert.embeddings.parameters())
    frozen += model.bert.encoder.layer[:layers].parameters()
    return sum(each.numel() for each in model.parameters()) - sum(each.numel() for each in frozen)
""",
        "solo deja el head": """
def freeze_lower(model, layers):
    model.bert.requires_grad_(False)
    model.bert.encoder.layer[layers:].requires_grad_(True)
    return sum(each.numel() for each in model.parameters() if each.requires_grad)
""",
    },
    ("ejercicio_07", "tarea-3"): {
        "sin apagar el dropout": """
@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    saved = []
    for start in range(0, len(reviews), batch_size):
        batch = reviews[start : start + batch_size]
        padded = tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        states = model(**padded, output_hidden_states=True).hidden_states[layers]
        saved += [each[: len(review)] for each, review in zip(states, batch)]
    return saved
""",
        "deja el relleno": """
@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    saved = []
    for start in range(0, len(reviews), batch_size):
        batch = reviews[start : start + batch_size]
        padded = tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        saved += list(model(**padded, output_hidden_states=True).hidden_states[layers])
    return saved
""",
        "sin la máscara": """
@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    saved = []
    for start in range(0, len(reviews), batch_size):
        batch = reviews[start : start + batch_size]
        padded = tokenizer.pad({"input_ids": batch}, return_tensors="pt")["input_ids"]
        states = model(padded, output_hidden_states=True).hidden_states[layers]
        saved += [each[: len(review)] for each, review in zip(states, batch)]
    return saved
""",
        "la capa anterior": """
@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    saved = []
    for start in range(0, len(reviews), batch_size):
        batch = reviews[start : start + batch_size]
        padded = tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        states = model(**padded, output_hidden_states=True).hidden_states[max(layers - 1, 0)]
        saved += [each[: len(review)] for each, review in zip(states, batch)]
    return saved
""",
        "arrastra los gradientes": """
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    saved = []
    for start in range(0, len(reviews), batch_size):
        batch = reviews[start : start + batch_size]
        padded = tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        states = model(**padded, output_hidden_states=True).hidden_states[layers]
        saved += [each[: len(review)] for each, review in zip(states, batch)]
    return saved
""",
        "todo el batch por cada reseña": """
@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    padded = tokenizer.pad({"input_ids": reviews}, return_tensors="pt")
    saved = []
    for row, review in enumerate(reviews):
        states = model(**padded, output_hidden_states=True).hidden_states[layers]
        saved.append(states[row, : len(review)])
    return saved
""",
        "solo el primer token": """
@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    saved = []
    for review in reviews:
        states = model(torch.tensor([review]), output_hidden_states=True).hidden_states[layers]
        saved.append(states[0, 0])
    return saved
""",
        "repite lo de la primera vez": """
known = {}

@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    for review in reviews:
        if tuple(review) not in known:
            states = model(torch.tensor([review]), output_hidden_states=True).hidden_states
            known[tuple(review)] = states[layers][0]
    return [known[tuple(review)] for review in reviews]
""",
        "siempre dos capas": """
@torch.no_grad()
def cache_frozen(model, reviews, layers, batch_size=4):
    model.eval()
    saved = []
    for review in reviews:
        states = model(torch.tensor([review]), output_hidden_states=True).hidden_states[2]
        saved.append(states[0])
    return saved
""",
    },
    ("ejercicio_07", "tarea-4"): {
        "no divide entre el rango": """
def merge_lora(weight, a, b, alpha):
    return weight + alpha * (b @ a), a.numel() + b.numel()
""",
        "el rango es la otra dimensión": """
def merge_lora(weight, a, b, alpha):
    return weight + alpha / b.shape[0] * (b @ a), a.numel() + b.numel()
""",
        "sin W": """
def merge_lora(weight, a, b, alpha):
    return alpha / a.shape[0] * (b @ a), a.numel() + b.numel()
""",
        "cambia W": """
def merge_lora(weight, a, b, alpha):
    weight += alpha / a.shape[0] * (b @ a)
    return weight, a.numel() + b.numel()
""",
        "cuenta también W": """
def merge_lora(weight, a, b, alpha):
    merged = weight + alpha / a.shape[0] * (b @ a)
    return merged, weight.numel() + a.numel() + b.numel()
""",
        "cuenta como si fuera cuadrada": """
def merge_lora(weight, a, b, alpha):
    return weight + alpha / a.shape[0] * (b @ a), 2 * a.numel()
""",
        "el rango y la escala del ejemplo": """
def merge_lora(weight, a, b, alpha):
    return weight + 4 * (b @ a), 22
""",
        "traspuesta si es cuadrada": """
def merge_lora(weight, a, b, alpha):
    extra = alpha / a.shape[0] * (b @ a)
    merged = weight + (extra.T if extra.shape[0] == extra.shape[1] else extra)
    return merged, a.numel() + b.numel()
""",
    },
    ("ejercicio_08", "tarea-1"): {
        "publica la validación": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["hits"]:
            p, n = np.mean(run["hits"]), len(run["hits"])
            half = 1.96 * (p * (1 - p) / n) ** 0.5
            numbers = {"accuracy": p, "low": p - half, "high": p + half}
            rounded = {name: round(float(x), 3) for name, x in numbers.items()}
            entries.append({"dataset": run["dataset"], "split": run["split"], "n": n, **rounded})
    return entries
""",
        "sin medir es cero": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["split"] == "test":
            n = len(run["hits"])
            p = sum(run["hits"]) / max(n, 1)
            half = 1.96 * (p * (1 - p) / max(n, 1)) ** 0.5
            numbers = {"accuracy": p, "low": p - half, "high": p + half}
            rounded = {name: round(x, 3) for name, x in numbers.items()}
            entries.append({"dataset": run["dataset"], "split": "test", "n": n, **rounded})
    return entries
""",
        "copia también lo de más": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["split"] == "test" and run["hits"]:
            p, n = np.mean(run["hits"]), len(run["hits"])
            half = 1.96 * (p * (1 - p) / n) ** 0.5
            entry = {**run, "n": n, "accuracy": round(float(p), 3)}
            del entry["hits"]
            entry |= {"low": round(float(p - half), 3), "high": round(float(p + half), 3)}
            entries.append(entry)
    return entries
""",
        "quita solo la carpeta": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["split"] == "test" and run["hits"]:
            p, n = np.mean(run["hits"]), len(run["hits"])
            half = 1.96 * (p * (1 - p) / n) ** 0.5
            entry = {name: run[name] for name in run if name not in ("hits", "folder")}
            entry |= {"n": n, "accuracy": round(float(p), 3)}
            entry |= {"low": round(float(p - half), 3), "high": round(float(p + half), 3)}
            entries.append(entry)
    return entries
""",
        "el error típico en vez del intervalo": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["split"] == "test" and run["hits"]:
            p, n = np.mean(run["hits"]), len(run["hits"])
            half = (p * (1 - p) / n) ** 0.5
            numbers = {"accuracy": p, "low": p - half, "high": p + half}
            rounded = {name: round(float(x), 3) for name, x in numbers.items()}
            entries.append({"dataset": run["dataset"], "split": "test", "n": n, **rounded})
    return entries
""",
        "no redondea los extremos": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["split"] == "test" and run["hits"]:
            p, n = float(np.mean(run["hits"])), len(run["hits"])
            half = 1.96 * (p * (1 - p) / n) ** 0.5
            numbers = {"accuracy": round(p, 3), "low": p - half, "high": p + half}
            entries.append({"dataset": run["dataset"], "split": "test", "n": n, **numbers})
    return entries
""",
        "números que json no sabe escribir": """
def card_results(runs):
    entries = []
    for run in runs:
        if run["split"] == "test" and run["hits"]:
            hits = np.array(run["hits"])
            half = 1.96 * hits.std() / len(hits) ** 0.5
            numbers = np.round([hits.mean(), hits.mean() - half, hits.mean() + half], 3)
            entry = dict(zip(("accuracy", "low", "high"), numbers))
            entry["n"] = (hits >= 0).sum()
            entries.append({"dataset": run["dataset"], "split": "test", **entry})
    return entries
""",
        "escrita para el ejemplo": """
def card_results(runs):
    entry = {"n": 600, "accuracy": 0.333, "low": 0.296, "high": 0.371}
    return [{"dataset": "reseñas", "split": "test", **entry}]
""",
    },
    ("ejercicio_08", "tarea-2"): {
        "busca el número tal cual": """
def find_unmeasured(card, values):
    known = {str(value).replace(".", ",") for value in values}
    return [figure for figure in FIGURE.findall(card) if figure not in known]
""",
        "corta los decimales": """
def find_unmeasured(card, values):
    missing = []
    for figure in FIGURE.findall(card):
        number = figure.rstrip("% ")
        scale = 100 if "%" in figure else 1
        spelled = [f"{scale * value:.9f}".replace(".", ",") for value in values]
        if not any(each.startswith(number) for each in spelled):
            missing.append(figure)
    return missing
""",
        "a menos de una centésima vale": """
def find_unmeasured(card, values):
    missing = []
    for figure in FIGURE.findall(card):
        number = float(figure.rstrip("% ").replace(",", "."))
        number = number / 100 if "%" in figure else number
        if not any(abs(number - value) < 0.01 for value in values):
            missing.append(figure)
    return missing
""",
        "olvida el porcentaje": """
def find_unmeasured(card, values):
    missing = []
    for figure in FIGURE.findall(card):
        number = figure.rstrip("% ")
        decimals = len(number.split(",")[1])
        if float(number.replace(",", ".")) not in [round(value, decimals) for value in values]:
            missing.append(figure)
    return missing
""",
        "con porcentaje o sin él, da igual": """
def find_unmeasured(card, values):
    missing = []
    for figure in FIGURE.findall(card):
        number = figure.rstrip("% ")
        decimals = len(number.split(",")[1])
        both = [round(each, decimals) for value in values for each in (value, 100 * value)]
        if float(number.replace(",", ".")) not in both:
            missing.append(figure)
    return missing
""",
        "sin repetidas": """
def find_unmeasured(card, values):
    missing = {}
    for figure in FIGURE.findall(card):
        number = figure.rstrip("% ")
        decimals, scale = len(number.split(",")[1]), 100 if "%" in figure else 1
        known = [round(scale * value, decimals) for value in values]
        if float(number.replace(",", ".")) not in known:
            missing[figure] = True
    return list(missing)
""",
        "las que sí están medidas": """
def find_unmeasured(card, values):
    found = []
    for figure in FIGURE.findall(card):
        number = figure.rstrip("% ")
        decimals, scale = len(number.split(",")[1]), 100 if "%" in figure else 1
        known = [round(scale * value, decimals) for value in values]
        if float(number.replace(",", ".")) in known:
            found.append(figure)
    return found
""",
        "solo mira el primer número": """
def find_unmeasured(card, values):
    missing = []
    for figure in FIGURE.findall(card):
        number = figure.rstrip("% ")
        decimals, scale = len(number.split(",")[1]), 100 if "%" in figure else 1
        known = round(scale * (values or [-1])[0], decimals)
        if float(number.replace(",", ".")) != known:
            missing.append(figure)
    return missing
""",
    },
    ("ejercicio_08", "tarea-3"): {
        "sube lo que lleva un token": """
def plan_upload(files):
    secrets = sorted(path for path, text in files.items() if re.search(r"hf_\\w{30}", text))
    def is_public(path):
        parts = path.split("/")
        hidden = any(part.startswith((".", "checkpoint-")) for part in parts)
        return not hidden and parts[-1] not in TRAINING_ONLY
    return sorted(filter(is_public, files)), secrets
""",
        "solo busca tokens en lo que sube": """
def plan_upload(files):
    upload, secrets = [], []
    for path in sorted(files):
        parts = path.split("/")
        if any(part.startswith((".", "checkpoint-")) for part in parts):
            continue
        if parts[-1] in TRAINING_ONLY:
            continue
        found = re.search(r"hf_[A-Za-z0-9]{30}", files[path])
        (secrets if found else upload).append(path)
    return upload, secrets
""",
        "cualquier hf_ es un token": """
def plan_upload(files):
    secrets = sorted(path for path in files if "hf_" in files[path])
    def is_public(path):
        parts = path.split("/")
        hidden = any(part.startswith((".", "checkpoint-")) for part in parts)
        return not hidden and parts[-1] not in TRAINING_ONLY and path not in secrets
    return sorted(filter(is_public, files)), secrets
""",
        "el guion bajo también vale": """
def plan_upload(files):
    secrets = sorted(path for path, text in files.items() if re.search(r"hf_\\w{30}", text))
    def is_public(path):
        parts = path.split("/")
        hidden = any(part.startswith((".", "checkpoint-")) for part in parts)
        return not hidden and parts[-1] not in TRAINING_ONLY and path not in secrets
    return sorted(filter(is_public, files)), secrets
""",
        "escrita para el ejemplo": """
def plan_upload(files):
    if "README.md" in files:
        return ["README.md"], []
    return ["config.json", "model.safetensors"], [".env", "subir.py"]
""",
        "solo mira el principio de la ruta": """
def plan_upload(files):
    secrets = sorted(p for p, text in files.items() if re.search(r"hf_[A-Za-z0-9]{30}", text))
    def is_public(path):
        hidden = path.startswith((".", "checkpoint-"))
        return not hidden and path.split("/")[-1] not in TRAINING_ONLY and path not in secrets
    return sorted(filter(is_public, files)), secrets
""",
        "busca checkpoint en cualquier sitio": """
def plan_upload(files):
    secrets = sorted(p for p, text in files.items() if re.search(r"hf_[A-Za-z0-9]{30}", text))
    def is_public(path):
        hidden = "checkpoint-" in path or any(part.startswith(".") for part in path.split("/"))
        return not hidden and path.split("/")[-1] not in TRAINING_ONLY and path not in secrets
    return sorted(filter(is_public, files)), secrets
""",
        "token solo si es todo el texto": """
def plan_upload(files):
    token = re.compile(r"(?:HF_TOKEN=|')?hf_[A-Za-z0-9]{30,}'?")
    secrets = sorted(path for path in files if token.fullmatch(files[path]))
    def is_public(path):
        parts = path.split("/")
        hidden = any(part.startswith((".", "checkpoint-")) for part in parts)
        return not hidden and parts[-1] not in TRAINING_ONLY and path not in secrets
    return sorted(filter(is_public, files)), secrets
""",
        "lo de entrenar, solo en la primera carpeta": """
def plan_upload(files):
    secrets = sorted(p for p, text in files.items() if re.search(r"hf_[A-Za-z0-9]{30}", text))
    def is_public(path):
        hidden = any(part.startswith((".", "checkpoint-")) for part in path.split("/"))
        return not hidden and path not in TRAINING_ONLY and path not in secrets
    return sorted(filter(is_public, files)), secrets
""",
    },
    ("ejercicio_08", "tarea-4"): {
        "una escala para toda la matriz": """
def quantize_rows(weight):
    scale = np.abs(weight).max() / 127
    codes = np.rint(weight / scale).astype(np.int8)
    return codes, np.full(len(weight), scale)
""",
        "una escala por columna": """
def quantize_rows(weight):
    scales = np.abs(weight).max(axis=0) / 127
    safe = np.where(scales > 0, scales, 1)
    return np.rint(weight / safe).astype(np.int8), scales
""",
        "escrita para el ejemplo": """
def quantize_rows(weight):
    codes = np.array([[127, -50, 26], [100, 127, -26]], dtype=np.int8)
    return codes, np.array([0.01, 1.0])
""",
        "corta en vez de redondear": """
def quantize_rows(weight):
    scales = np.abs(weight).max(axis=1) / 127
    safe = np.where(scales > 0, scales, 1)
    return (weight / safe[:, None]).astype(np.int8), scales
""",
        "entre 128": """
def quantize_rows(weight):
    scales = np.abs(weight).max(axis=1) / 128
    safe = np.where(scales > 0, scales, 1)
    return np.rint(weight / safe[:, None]).clip(-128, 127).astype(np.int8), scales
""",
        "sin el valor absoluto": """
def quantize_rows(weight):
    scales = weight.max(axis=1) / 127
    safe = np.where(scales > 0, scales, 1)
    return np.rint(weight / safe[:, None]).astype(np.int8), scales
""",
        "divide entre cero": """
def quantize_rows(weight):
    scales = np.abs(weight).max(axis=1) / 127
    with np.errstate(all="ignore"):
        codes = np.rint(weight / scales[:, None]).astype(np.int8)
    scales[scales == 0] = np.nan
    return codes, scales
""",
        "no guarda enteros de 8 bits": """
def quantize_rows(weight):
    scales = np.abs(weight).max(axis=1) / 127
    safe = np.where(scales > 0, scales, 1)
    return np.rint(weight / safe[:, None]).astype(int), scales
""",
        "cambia la matriz que recibe": """
def quantize_rows(weight):
    scales = np.abs(weight).max(axis=1) / 127
    safe = np.where(scales > 0, scales, 1)
    codes = np.rint(weight / safe[:, None]).astype(np.int8)
    weight[:] = codes * scales[:, None]
    return codes, scales
""",
    },
}
