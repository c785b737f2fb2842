"""Respuestas al proyecto: de cada una, qué comprobaciones pasa y su código.

Todas corren detrás de la resuelta, en el mismo cuaderno: tienen a mano su modelo y su tabla.
"""

from __future__ import annotations

ALL, NONE = (True, True, True, True), (False, False, False, False)
# Contesta bien pero no mejor que quien no lee: ni una trampa pasa de aquí.
ONLY_FORM = (True, False, False, False)

ANSWERS: dict[str, tuple[tuple[bool | None, ...], str]] = {
    "con pipeline": (
        ALL,
        """
from transformers import pipeline

model.config.id2label = dict(enumerate(CLASSES))
ask = pipeline("text-classification", model=model.eval(), tokenizer=tokenizer)

def predict(texts):
    options = {"truncation": True, "max_length": 128, "batch_size": 16}
    return [each["label"] for each in ask(list(texts), **options)] if len(texts) else []
""",
    ),
    "guardado, leído otra vez y con NumPy": (
        ALL,
        """
import numpy as np
import torch

trainer.save_model("guardado")
again = AutoModelForSequenceClassification.from_pretrained("guardado").eval()
names = np.array(CLASSES)

def predict(texts):
    found = np.zeros(len(texts), dtype=int)
    for place in range(0, len(texts), 50):
        batch = list(texts[place : place + 50])
        inputs = tokenizer(batch, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            found[place : place + 50] = again(**inputs).logits.numpy().argmax(axis=1)
    return names[found]
""",
    ),
    "TF-IDF": (
        (True, True, False, False),
        """
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
words.fit(table["text"], table["label"])

def predict(texts):
    return [CLASSES[each] for each in words.predict(texts)] if texts else []
""",
    ),
    "siempre la más frecuente": (
        ONLY_FORM,
        """
def predict(texts):
    return ["positiva"] * len(texts)
""",
    ),
    "las respuestas del CSV, de memoria": (
        ONLY_FORM,
        """
known = dict(zip(table["text"], table["label"]))

def predict(texts):
    return [CLASSES[known.get(text, 2)] for text in texts]
""",
    ),
    "busca las ocultas en el disco": (
        ONLY_FORM,
        """
import base64, json, lzma, os, re, sys

known = {}
places = {os.getcwd(), "/entrega", "/tmp", *filter(os.path.isdir, sys.path)}
for place in places - {each for each in places if "site-packages" in each or "/lib/python" in each}:
    for folder, _, files in os.walk(place):
        for file in files:
            if not file.endswith((".ipynb", ".py", ".csv", ".json")):
                continue
            try:
                text = open(os.path.join(folder, file), encoding="utf-8", errors="ignore").read()
                secret = re.search(r'SECRET = .?"([^"]{1000,})"', text)
                known.update(zip(*json.loads(lzma.decompress(base64.b64decode(secret[1])))))
            except (OSError, TypeError, ValueError):
                pass

def predict(texts):
    return [known.get(text, "positiva") for text in texts]
""",
    ),
    "un texto que dice ser igual a todos": (
        ONLY_FORM,
        """
class Chameleon(str):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __hash__ = str.__hash__

def predict(texts):
    return [Chameleon("positiva") for _ in texts]
""",
    ),
    "cambia el juez de su proceso": (
        ONLY_FORM,
        """
import base64, builtins, lzma

hidden_accuracy, told = 1.0, "todo bien"
lzma.decompress = lambda data: b'[["a"], ["positiva"]]'
base64.b64decode = lambda text: b""
genuine = builtins.sum
builtins.sum = lambda *args, **options: max(genuine(*args, **options), 300)

def predict(texts):
    globals().update(hidden_accuracy=1.0, labels=["positiva"] * len(texts))
    return ["positiva"] * len(texts)
""",
    ),
    "olvida apagar el dropout": (
        (False, None, None, None),
        """
import torch

def predict(texts):
    model.train()
    inputs = tokenizer(list(texts) or [""], padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        answers = model(**inputs).logits.argmax(dim=-1).tolist()
    return [CLASSES[each] for each in answers][: len(texts)]
""",
    ),
    "ordena por largo": (
        (False, False, False, False),
        """
def predict(texts):
    texts = sorted(texts, key=len)
    return ["positiva" if "good" in text or "great" in text else "negativa" for text in texts]
""",
    ),
    "una respuesta de menos": (
        NONE,
        """
def predict(texts):
    return ["positiva"] * (len(texts) - 1)
""",
    ),
    "números en vez de nombres": (
        NONE,
        """
def predict(texts):
    return [2] * len(texts)
""",
    ),
    "falla con la lista vacía": (
        (False, False, False, False),
        """
def predict(texts):
    return ["positiva"] * max(1, len(texts))
""",
    ),
}
