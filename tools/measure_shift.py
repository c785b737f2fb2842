"""Mide cuánto pierde un modelo al cambiar de idioma y de región, y lo apunta en shift.json.

Con varias semillas y la receta de los perfiles incluidos: cada par se ajusta con sus reseñas y
responde también al examen del otro; y el español se ajusta con reseñas de una sola región, de las
demás o de todas, siempre las mismas en número, y responde al examen de cada región. Al lado, lo
mismo contando palabras (TF-IDF). Lo lee el cuaderno 5.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import transformers
from datasets import load_dataset
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from labsupport.base.environment import flush_tiny_numbers, list_versions
from labsupport.base.files import write_atomically
from labsupport.base.paths import EMBEDDED
from labsupport.base.tables import format_number, format_table
from labsupport.data import apply_parameters, load_subset, tokenize_dataset
from labsupport.training import fine_tune

SEEDS = (42, 43, 44)
PAIRS = ("mini", "mini-es")
HOME = "es"
OUTPUT = EMBEDDED / "shift.json"


def main() -> int:
    """Mide con todas las semillas, enseña las tablas y guarda las cifras."""
    options = read_options()
    transformers.logging.set_verbosity_error()
    flush_tiny_numbers()
    found = {"languages": measure_languages(), "regions": measure_regions()}
    for name, rows in found.items():
        print(show_table(name, rows))
    save(found, options.output)
    return 0


def read_options() -> argparse.Namespace:
    """Lee la línea de órdenes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="ARCHIVO")
    return parser.parse_args()


def measure_languages() -> list[dict]:
    """Cada par incluido, con el examen de los dos idiomas: una fila por par, examen y semilla."""
    rows = []
    for seed in SEEDS:
        chosen = {name: choose_settings(name, seed) for name in PAIRS}
        parts = {name: load_subset(settings) for name, settings in chosen.items()}
        exams = {name: each[2] for name, each in parts.items()}
        for name, settings in chosen.items():
            rows += measure_models(settings, parts[name][0], exams, {"trained_on": name})
    return rows


def measure_regions() -> list[dict]:
    """El par español: de qué región son las reseñas con que se ajusta y las del examen."""
    rows = []
    for seed in SEEDS:
        settings = choose_settings("mini-es", seed)
        splits = load_dataset(settings.dataset_path)
        train, test = splits["train"].shuffle(seed=seed), splits["test"]
        names = test.features["region"].names
        exams = {name: keep_region(test, name) for name in names}
        for label, texts in choose_trainings(train, settings.n_train).items():
            rows += measure_models(settings, texts, exams, {"trained_on": label})
    return rows


def choose_trainings(train, count):
    """Reseñas de la región de partida, de las demás y de todas: el mismo número de cada."""
    home = train.features["region"].str2int(HOME)
    others = train.filter(lambda region: region != home, input_columns="region")
    options = {HOME: keep_region(train, HOME), f"sin {HOME}": others, "todas": train}
    return {name: rows.select(range(count)) for name, rows in options.items()}


def keep_region(rows, name):
    """Devuelve las filas de una región."""
    wanted = rows.features["region"].str2int(name)
    return rows.filter(lambda region: region == wanted, input_columns="region")


def choose_settings(profile, seed):
    """Devuelve la receta de un perfil con esa semilla, también para elegir los textos."""
    values = {"profile": profile, "seed": seed, "data_seed": seed}
    return apply_parameters(values, detect=False)


def measure_models(settings, train, exams, common):
    """Ajusta el BERT y TF-IDF con unos textos y los mide en cada examen."""
    found = {"bert": answer_with_bert(settings, train, exams)}
    found["tfidf"] = answer_by_counting(train, exams)
    return [
        common | {"model": model, "exam": exam, "seed": settings.seed} | describe(each, exams[exam])
        for model, answers in found.items()
        for exam, each in answers.items()
    ]


def answer_with_bert(settings, train, exams):
    """Devuelve las probabilidades del BERT ajustado en cada examen."""
    tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
    encoded = tokenize_dataset(train, tokenizer, settings.max_length)
    config = AutoConfig.from_pretrained(settings.model_path, num_labels=5)
    transformers.set_seed(settings.seed)
    build = AutoModelForSequenceClassification.from_pretrained
    model = build(settings.model_path, config=config)
    trainer = fine_tune(model, tokenizer, encoded, encoded, settings, eval_strategy="no")
    return {
        name: softmax(trainer.predict(tokenize_dataset(rows, tokenizer, settings.max_length)))
        for name, rows in exams.items()
    }


def softmax(prediction):
    """Convierte los logits de ``Trainer.predict`` en probabilidades."""
    from scipy.special import softmax as soften

    return soften(prediction.predictions, axis=1)


def answer_by_counting(train, exams):
    """Devuelve las probabilidades de TF-IDF con regresión logística en cada examen."""
    counter = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    classifier = make_pipeline(counter, LogisticRegression(max_iter=1000))
    classifier.fit(list(train["text"]), list(train["label"]))
    return {name: classifier.predict_proba(list(rows["text"])) for name, rows in exams.items()}


def describe(probabilities, rows):
    """Accuracy, confianza media y parte de las respuestas que se lleva la más repetida."""
    answers = probabilities.argmax(axis=1)
    _, often = Counter(answers.tolist()).most_common(1)[0]
    return {
        "accuracy": round(float((answers == np.array(rows["label"])).mean()), 4),
        "confidence": round(float(probabilities.max(axis=1).mean()), 4),
        "commonest_answer": round(often / len(answers), 4),
        "texts": len(answers),
    }


def show_table(name, rows):
    """La tabla de medias: una fila por modelo y entrenamiento, una columna por examen."""
    exams = list(dict.fromkeys(row["exam"] for row in rows))
    groups: dict = {}
    for row in rows:
        group = groups.setdefault((row["model"], row["trained_on"]), {})
        group.setdefault(row["exam"], []).append(row["accuracy"])
    lines = [
        [*key, *(format_number(float(np.mean(by_exam[exam])), 3) for exam in exams)]
        for key, by_exam in groups.items()
    ]
    return format_table([name, "ajustado con", *exams], lines)


def save(found, output):
    """Guarda las filas, con su orden, su fecha y la receta, de una vez."""
    recipe = choose_settings("mini-es", SEEDS[0]).parameters()
    content = {
        "command": "python tools/measure_shift.py",
        "date": time.strftime("%Y-%m-%d"),
        "recipe": {name: recipe[name] for name in ("n_train", "epochs", "batch_size")},
        "seeds": list(SEEDS),
        **found,
        "versions": list_versions(("torch", "transformers", "datasets", "scikit-learn")),
    }
    write_atomically(output, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
