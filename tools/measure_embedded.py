"""Mide lo que se gana con un mini-BERT en sus mini-reseñas y lo apunta en figures.json.

Con varias semillas y la receta del perfil ``mini`` compara el mini-BERT, la misma arquitectura
con pesos al azar, TF-IDF con regresión logística y responder siempre la etiqueta más frecuente.
Con --language es, lo mismo del par en español, en figures-es.json; con --regions, además, añade a
ese archivo lo que se acierta de cada región al ajustar con reseñas de una sola o de todas.
Usa las mismas funciones que los cuadernos: si cambia la receta, cambian estas cifras.
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

from labsupport.base.environment import list_versions
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
    if options.regions:
        return add_regions(options)
    results = [measure_seed(options, seed) for seed in SEEDS]
    print(format_table(["modelo", "media", "desviación", *map(str, SEEDS)], list_rows(results)))
    seconds = [result["seconds"] for result in results]
    print(f"Segundos por fine-tuning con su evaluación: {seconds}")
    save_figures(results, options)


def read_options():
    """Lee la línea de órdenes; sin opciones, la receta es la del perfil mini."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--language", choices=PAIRS, default="en", help="qué par incluido")
    parser.add_argument("--regions", action="store_true", help="solo las regiones (--language es)")
    parser.add_argument("--output", type=Path, help="si no, el de lo incluido")
    for name, kind in (("learning_rate", float), ("batch_size", int), ("max_length", int)):
        parser.add_argument("--" + name.replace("_", "-"), type=kind)
    options = parser.parse_args()
    if options.regions and options.language != "es":
        parser.error(
            "--regions necesita --language es: las reseñas en inglés no dicen de dónde son"
        )
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
    write_figures(figures, options.output)


def summarise(values):
    """Devuelve la media, la desviación y los valores de una accuracy con varias semillas."""
    return {
        "mean": round(mean(values), 4),
        "stdev": round(stdev(values), 4),
        "seeds": [round(value, 4) for value in values],
    }


def write_figures(figures, path):
    """Escribe el archivo de cifras de una vez."""
    write_atomically(path, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


def add_regions(options):
    """Mide por regiones, con los mismos textos de ajuste en número, y lo añade a las cifras."""
    from measure_shift import measure_regions

    figures = json.loads(options.output.read_text(encoding="utf-8"))
    figures["regions"] = {
        "command": f"{options.command} --regions",
        "date": time.strftime("%Y-%m-%d"),
        "accuracy": group_regions(measure_regions()),
    }
    write_figures(figures, options.output)


def group_regions(rows):
    """Agrupa lo medido con el mini-BERT por textos de ajuste y por región del examen."""
    found = {}
    for row in rows:
        if row["model"] == "bert":
            exams = found.setdefault(row["trained_on"], {})
            exams.setdefault(row["exam"], []).append(row["accuracy"])
    return {
        trained: {exam: summarise(values) for exam, values in exams.items()}
        for trained, exams in found.items()
    }


if __name__ == "__main__":
    sys.exit(main())
