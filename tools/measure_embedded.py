"""Mide lo que se gana con un mini-BERT en sus mini-reseñas y lo apunta en figures.json.

Con varias semillas y la receta del perfil ``mini`` compara el mini-BERT, la misma arquitectura
con pesos al azar, TF-IDF con regresión logística y responder siempre la etiqueta más frecuente.
Con --language es, lo mismo del par en español, en figures-es.json. Usa las mismas funciones que
los cuadernos: si cambia la receta, cambian estas cifras.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import mean, stdev

import transformers
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from labsupport.base.environment import flush_tiny_numbers, list_versions
from labsupport.base.files import write_atomically
from labsupport.base.paths import EMBEDDED
from labsupport.base.tables import format_table
from labsupport.data import apply_parameters, load_subset, tokenize_dataset
from labsupport.training import fine_tune, read_history

SEEDS = (42, 43, 44)
COMMAND = "python tools/measure_embedded.py"
# De cada idioma: su perfil, dónde van las cifras y la orden que las mide.
PAIRS = {
    "en": ("mini", EMBEDDED / "figures.json", COMMAND),
    "es": ("mini-es", EMBEDDED / "figures-es.json", f"{COMMAND} --language es"),
}
NAMES = {
    "pretrained": "mini-BERT pre-entrenado",
    "random": "misma arquitectura, pesos al azar",
    "tfidf": "TF-IDF con regresión logística",
    "commonest": "etiqueta más frecuente",
}


def main():
    """Mide con todas las semillas, enseña la tabla y guarda las cifras."""
    options = read_options()
    transformers.logging.set_verbosity_error()
    flush_tiny_numbers()
    results = [measure_seed(options, seed) for seed in SEEDS]
    print(format_table(["modelo", "media", "desviación", *map(str, SEEDS)], list_rows(results)))
    seconds = [result["seconds"] for result in results]
    print(f"Segundos por fine-tuning con su evaluación: {seconds}")
    save_figures(results, options)


def read_options():
    """Lee la línea de órdenes; sin opciones, la receta es la del perfil mini."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--language", choices=PAIRS, default="en", help="qué par incluido")
    parser.add_argument("--output", type=Path, help="si no, el de lo incluido")
    for name, kind in (("learning_rate", float), ("batch_size", int), ("max_length", int)):
        parser.add_argument("--" + name.replace("_", "-"), type=kind)
    options = parser.parse_args()
    options.profile, output, options.command = PAIRS[options.language]
    options.output = options.output or output
    return options


def choose_settings(options, seed):
    """Devuelve la receta del perfil con esa semilla y los cambios pedidos."""
    names = ("learning_rate", "batch_size", "max_length")
    changes = {name: getattr(options, name) for name in names}
    values = {"profile": options.profile, "seed": seed, "data_seed": seed}
    return apply_parameters(values | changes, detect=False)


def measure_seed(options, seed):
    """Mide los cuatro modelos con una semilla; devuelve accuracy por nombre y segundos."""
    settings = choose_settings(options, seed)
    train, _, evaluation = load_subset(settings)
    started = time.perf_counter()
    found = {"pretrained": measure_bert(settings, train, evaluation, pretrained=True)}
    found["seconds"] = round(time.perf_counter() - started, 1)
    found["random"] = measure_bert(settings, train, evaluation, pretrained=False)
    counter = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    tfidf = make_pipeline(counter, LogisticRegression(max_iter=1000))
    found["tfidf"] = measure_classifier(tfidf, train, evaluation)
    found["commonest"] = measure_classifier(DummyClassifier(), train, evaluation)
    return found


def measure_bert(settings, train, evaluation, pretrained):
    """Hace el fine-tuning con la receta y devuelve la accuracy de la última época."""
    tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
    rows = [tokenize_dataset(rows, tokenizer, settings.max_length) for rows in (train, evaluation)]
    config = AutoConfig.from_pretrained(settings.model_path, num_labels=5)
    transformers.set_seed(settings.seed)
    if pretrained:
        build = AutoModelForSequenceClassification.from_pretrained
        model = build(settings.model_path, config=config)
    else:
        model = AutoModelForSequenceClassification.from_config(config)
    trainer = fine_tune(model, tokenizer, *rows, settings)
    return float(read_history(trainer.state.log_history)["accuracy"].iloc[-1])


def measure_classifier(classifier, train, evaluation):
    """Ajusta un clasificador de scikit-learn con los textos y devuelve su accuracy."""
    classifier.fit(list(train["text"]), list(train["label"]))
    return float(classifier.score(list(evaluation["text"]), list(evaluation["label"])))


def list_rows(results):
    """Devuelve las filas de la tabla: nombre, media, desviación y cada semilla."""
    rows = []
    for key, name in NAMES.items():
        values = [result[key] for result in results]
        rows.append([name, *(f"{value:.3f}" for value in (mean(values), stdev(values), *values))])
    return rows


def save_figures(results, options):
    """Guarda las cifras, la receta y las versiones, de una vez."""
    figures = {
        "command": options.command,
        "date": time.strftime("%Y-%m-%d"),
        "recipe": choose_settings(options, SEEDS[0]).parameters()
        | {"seed": list(SEEDS), "data_seed": list(SEEDS)},
        "accuracy": {key: summarise([result[key] for result in results]) for key in NAMES},
        "versions": list_versions(("torch", "transformers", "datasets", "scikit-learn")),
    }
    write_atomically(options.output, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


def summarise(values):
    """Devuelve la media, la desviación y los valores de una accuracy con varias semillas."""
    return {
        "mean": round(mean(values), 4),
        "stdev": round(stdev(values), 4),
        "seeds": [round(value, 4) for value in values],
    }


if __name__ == "__main__":
    sys.exit(main())
