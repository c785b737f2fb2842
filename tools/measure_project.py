"""Mide qué accuracy sale con las reseñas ocultas del proyecto, para fijar lo que se pide.

Uso: python tools/measure_project.py [--seeds 42 43 44] [--choosing]
Ejecuta las celdas del proyecto resuelto con cada semilla y, con el mismo CSV ya limpio, TF-IDF con
regresión logística de varias maneras. Con ``--choosing`` entrena además como quien elige la receta:
con una fuente, y mide en la otra. Cada entrenamiento usa un núcleo.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

import generate_project

from labsupport.base.tables import format_number, format_table

SETUP = "SEED, CHOOSING = 42, False"
WAYS = {
    "palabras": {},
    "palabras que salen dos veces": {"min_df": 2, "sublinear_tf": True},
    "pares": {"ngram_range": (1, 2)},
    "trozos de palabra": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
}


def main() -> int:
    """Mide y enseña la tabla."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44], help="semillas")
    parser.add_argument("--choosing", action="store_true", help="mide también con validación")
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    rows = []
    if options.choosing:
        rows += measure_validation(run_solution(options.seeds[0], choosing=True))
    for seed in options.seeds:
        started = time.process_time()
        solved = run_solution(seed)
        seconds = time.process_time() - started
        accuracy = measure(solved["predict"])
        rows.append([f"mini-BERT, semilla {seed}", format_number(accuracy, 3), f"{seconds:.0f}"])
    rows += [[f"TF-IDF, {name}", format_number(score, 3), ""] for name, score in try_words(solved)]
    _, labels = generate_project.generate_hidden()
    commonest = Counter(labels).most_common(1)[0][1] / len(labels)
    rows.append(["siempre la más frecuente", format_number(commonest, 3), ""])
    head = ["si no dice otra cosa, con las ocultas", "accuracy", "segundos de CPU"]
    print(format_table(head, rows))
    return 0


def run_solution(seed: int, choosing: bool = False) -> dict:
    """Ejecuta lo dado y la solución del proyecto, y devuelve sus nombres."""
    notebook, _, _ = generate_project.read_stored()
    solved: dict = {}
    for cell in notebook["cells"]:
        if cell["id"] in ("datos", "trabajo", "tarea-1"):
            source = "".join(cell["source"])
            if cell["id"] == "trabajo" and SETUP not in source:
                raise SystemExit(f"El resuelto ya no dice «{SETUP}»: corrige esta orden.")
            source = source.replace(SETUP, f"SEED, CHOOSING = {seed}, {choosing}")
            exec(compile(source, cell["id"], "exec"), solved)
    return solved


def measure_validation(solved: dict) -> list[list[str]]:
    """Devuelve las filas de lo que ve quien elige: la validación por fuentes y una al azar."""
    told = solved["trainer"].state.log_history
    losses = [format_number(each["eval_loss"], 3) for each in told if "eval_loss" in each]
    table, classes = solved["table"], solved["CLASSES"]
    is_app, mixed = table["fuente"] == "app", table.sample(frac=1, random_state=42)
    app = table[is_app]
    pairs = {
        "TF-IDF, entrena «web» y valida «app»": (table[~is_app], app),
        "TF-IDF, valida 240 filas al azar": (mixed[240:], mixed[:240]),
    }
    accuracy = measure(solved["predict"], list(app["text"]), [classes[k] for k in app["label"]])
    rows = [[f"mini-BERT, entrena «web» y valida «app» (losses {'; '.join(losses)})", accuracy]]
    for name, (train, watched) in pairs.items():
        rows.append([name, fit_words(train).score(watched["text"], watched["label"])])
    return [[name, format_number(score, 3), ""] for name, score in rows]


def fit_words(table, penalty: float = 1.0, **way):
    """Entrena TF-IDF con regresión logística."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    classifier = LogisticRegression(max_iter=2000, C=penalty)
    return make_pipeline(TfidfVectorizer(**way), classifier).fit(table["text"], table["label"])


def measure(predict, texts=None, labels=None) -> float:
    """Devuelve la accuracy de una función ``predict``; sin textos, con las ocultas."""
    if texts is None:
        texts, labels = generate_project.generate_hidden()
    answers = predict(texts)
    return sum(mine == right for mine, right in zip(answers, labels, strict=True)) / len(labels)


def try_words(solved: dict) -> list[tuple[str, float]]:
    """Devuelve la accuracy de TF-IDF de varias maneras, entrenado con la misma tabla."""
    classes, (texts, labels) = solved["CLASSES"], generate_project.generate_hidden()
    numbers = [classes.index(label) for label in labels]
    return [
        (f"{name}, C={penalty:g}", fit_words(solved["table"], penalty, **way).score(texts, numbers))
        for name, way in WAYS.items()
        for penalty in (1.0, 10.0)
    ]


if __name__ == "__main__":
    sys.exit(main())
