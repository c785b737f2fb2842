"""Mide lo que cuesta y lo que acierta cada receta de entrenamiento, y recomienda una.

De la receta original del tutorial a la más barata, con cualquier modelo y cualquier texto: tiempo,
energía, memoria y disco, por rondas mezcladas, y accuracy en validación con varias semillas. Deja
la tabla en un JSON. Si se interrumpe, otra vez la misma orden sigue donde iba: lo medido por rondas
se guarda al acabarlas, y cada entrenamiento, al acabar él.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from labsupport.base.caches import ensure_cache
from labsupport.base.environment import describe_device, find_bf16, find_device, list_versions
from labsupport.base.errors import LabError, explain_error
from labsupport.base.files import write_atomically
from labsupport.base.paths import results_folder, shorten_path
from labsupport.base.tables import format_number, format_percent, format_table, join_names
from labsupport.costs.comparing import measure_recipes
from labsupport.costs.energy import WATTS_PER_CORE, EnergyMeter
from labsupport.costs.hardware import has_fast_bf16, measure_peak
from labsupport.costs.layers import find_layers
from labsupport.costs.recipes import Recipe, list_recipes
from labsupport.costs.shortcuts import read_only_first
from labsupport.costs.training import predict_labels, train_recipe
from labsupport.data import adapt_tokenizer, apply_parameters, load_subset, tokenize_dataset
from labsupport.evaluation.results import digest_texts
from labsupport.settings import parse_parameter
from labsupport.training import adapt_classifier, name_labels

KIND, SCHEMA_VERSION = "laboratorio-recipe", 1
SEEDS = (42, 43, 44)
# Cuánto se puede perder respecto a entrenarlo todo y que aún se llame igual: un punto.
TOLERANCE = 0.01
SPEED = "cost"
# Los largos de los textos de --long-texts: log-normal, como los de las reseñas de verdad (la
# mitad, de menos de 120 tokens; uno de cada veinte, de más de 480). Es una suposición.
MEDIAN_TOKENS, SPREAD = 120, 0.85
MOST_TOKENS = 512
GIVEN = ("profile", "model_name", "dataset_name", "text_column", "label_column", "n_train")
GIVEN += (
    "n_validation",
    "n_eval",
    "max_length",
    "batch_size",
    "epochs",
    "learning_rate",
    "data_seed",
)
SCRATCH_EPOCHS = 30


def main(arguments: list[str] | None = None) -> int:
    """Mide lo que falte, lo guarda y enseña la tabla; devuelve el código de salida."""
    options = parse_options(arguments)
    ensure_cache()
    try:
        run(options, sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        print("Interrumpido: la misma orden sigue donde iba.", file=sys.stderr)
        return 130
    except Exception as error:
        if (sentence := explain_error(error)) is None:
            raise
        print(sentence, file=sys.stderr)
        return 1
    return 0


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Lee la línea de órdenes; sin opciones, el modelo y los textos incluidos."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--model", dest="model_name", help="carpeta o id del Hub")
    parser.add_argument("--dataset", dest="dataset_name", help="id del Hub, carpeta o archivo")
    for name in GIVEN:
        if name not in ("model_name", "dataset_name"):
            parser.add_argument("--" + name.replace("_", "-"))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--rounds", type=int, default=3, help="rondas de tiempo; la mediana manda")
    parser.add_argument("--steps", type=int, default=6, help="batches por ronda")
    parser.add_argument("--rows", nargs="+", metavar="FILA", help="solo estas filas")
    parser.add_argument("--no-accuracy", action="store_true", help="mide solo lo que cuesta")
    parser.add_argument("--no-scratch", action="store_true", help="no entrena desde cero")
    parser.add_argument("--force-bf16", action="store_true", help="mide bf16 aunque se imite")
    parser.add_argument("--watts", type=float, default=WATTS_PER_CORE, help="vatios por núcleo")
    parser.add_argument("--short-length", type=int, help="tokens de las recetas de abajo")
    parser.add_argument("--reference-length", type=int, help="tokens de la fila de referencia")
    parser.add_argument("--random", metavar="CAPASxANCHO", help="un BERT sin pre-entrenar")
    parser.add_argument("--long-texts", action="store_true", help="textos largos, de juntar otros")
    parser.add_argument("--out", type=Path, help="el JSON; por omisión, results/receta.json")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, command: list[str]) -> None:
    """Mide y guarda."""
    settings = choose_settings(options)
    path = (options.out or results_folder() / "receta.json").absolute()
    setup = Setup(settings, options)
    recipes, notes = choose_rows(setup, options)
    record = load_record(path, setup, options, recipes, notes, command)
    if SPEED not in record or list(record[SPEED]) != list(recipes):
        print("Midiendo lo que cuesta cada receta...", file=sys.stderr)
        record[SPEED] = measure_cost(setup, recipes, options)
        save(path, record)
    if not options.no_accuracy:
        # Primero las que no llevan padding de más: una de ellas vale también para la original.
        for name, recipe in sorted(recipes.items(), key=lambda item: item[1].padded):
            measure_accuracy(setup, name, recipe, options, record, path)
        if not options.no_scratch:
            measure_scratch(setup, options, record, path)
    record["recommended"] = recommend(record, recipes, options)
    save(path, record)
    show(record, path)


class Setup:
    """El modelo de partida y los textos, tokenizados."""

    def __init__(self, settings, options):
        from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

        logging.set_verbosity_error()
        quiet_datasets()
        self.settings = settings
        self.random = options.random
        train, validation, test = load_subset(settings)
        self.labels = name_labels(train)
        self.tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
        adapt_tokenizer(self.tokenizer)
        if options.long_texts:
            train, validation, test = (
                lengthen(each, self.tokenizer) for each in (train, validation, test)
            )
        self.train, self.validation, self.test = (
            tokenize_dataset(each, self.tokenizer, settings.max_length)
            for each in (train, validation, test)
        )
        self.build_model = AutoModelForSequenceClassification

    def make_model(self, seed, pretrained=True):
        """Un clasificador recién hecho, siempre igual con la misma semilla."""
        from transformers import AutoConfig, BertConfig, set_seed

        set_seed(seed)
        if self.random:
            return self.build_model.from_config(BertConfig(**self.read_size(), **self.labels))
        path = self.settings.model_path
        if pretrained:
            model = self.build_model.from_pretrained(
                path,
                num_labels=len(self.labels["id2label"]),
                ignore_mismatched_sizes=True,
                **self.labels,
            )
            adapt_classifier(model, self.tokenizer, self.train, self.validation)
            return model
        config = AutoConfig.from_pretrained(path, **self.labels)
        config.pad_token_id = self.tokenizer.pad_token_id
        return self.build_model.from_config(config).float()

    def read_size(self):
        """Las medidas de un BERT al azar: vocabulario de 30.522, como el de verdad."""
        try:
            layers, width = map(int, self.random.lower().split("x"))
            if layers < 1 or width < 32 or width % 32:
                raise ValueError
        except ValueError:
            raise LabError(
                f"«--random {self.random}» no es una medida: escribe capas x ancho, con un ancho "
                "múltiplo de 32; por ejemplo, 6x384."
            ) from None
        sizes = {"num_hidden_layers": layers, "hidden_size": width}
        return {
            **sizes,
            "num_attention_heads": width // 32,
            "intermediate_size": 4 * width,
            "vocab_size": 30522,
            "max_position_embeddings": MOST_TOKENS,
        }


def quiet_datasets():
    """Sin barras de progreso: la tabla es lo que se lee."""
    from datasets import disable_progress_bars

    disable_progress_bars()


def choose_settings(options):
    """Los parámetros del laboratorio, con los que se dan."""
    given = {name: getattr(options, name) for name in GIVEN if getattr(options, name) is not None}
    values = {name: parse_parameter(name, each) for name, each in given.items()}
    if options.long_texts or options.random:
        values.setdefault("max_length", MOST_TOKENS)
        values.setdefault("batch_size", 8)
    return apply_parameters(values)


def lengthen(rows, tokenizer):
    """Junta textos, siempre los mismos, hasta el largo que toca a cada uno."""
    from datasets import Dataset

    draw = random.Random(len(rows))
    texts, made = rows["text"][:], []
    for _ in texts:
        wanted, words = draw.lognormvariate(0, SPREAD) * MEDIAN_TOKENS, []
        while len(words) < min(wanted, 2 * MOST_TOKENS):
            words += tokenizer.tokenize(draw.choice(texts))
        made.append(tokenizer.convert_tokens_to_string(words[: max(1, int(wanted))]))
    features = {name: rows.features[name] for name in ("text", "label")}
    from datasets import Features

    return Dataset.from_dict({"text": made, "label": rows["label"][:]}, Features(features))


def choose_rows(setup, options):
    """Las recetas que tocan en esta máquina y con este modelo, y por qué falta alguna."""
    notes, bf16 = [], has_fast_bf16(setup.settings.device or "cpu") or options.force_bf16
    if not bf16:
        notes.append(
            "bf16: este procesador no multiplica en bf16; sería más lento y no se mide "
            "(--force-bf16 lo mide igual)."
        )
    layers, first_only = 0, False
    try:
        model = setup.make_model(SEEDS[0])
        layers = len(find_layers(model))
        read_only_first(model)
        first_only = True
    except LabError as error:
        notes.append(str(error))
    length, base = setup.settings.max_length, choose_base(bf16)
    recipes = list_recipes(length, layers, base, bf16, first_only, options.short_length)
    unknown = [each for each in options.rows or () if each not in recipes]
    if unknown:
        raise LabError(f"No hay ninguna fila «{unknown[0]}»: están {join_names(recipes)}.")
    kept = options.rows or list(recipes)
    return {name: each for name, each in recipes.items() if name in kept}, notes


def choose_base(bf16):
    """La precisión de las recetas de abajo."""
    return "bf16" if bf16 else "fp32"


def load_record(path, setup, options, recipes, notes, command):
    """Lo que ya se midió con lo mismo, o una ficha nueva."""
    asked = {
        "parameters": {name: getattr(setup.settings, name) for name in GIVEN},
        "random": options.random,
        "long_texts": options.long_texts,
        "watts_per_core": options.watts,
        "recipes": {name: asdict(each) for name, each in recipes.items()},
    }
    asked = json.loads(json.dumps(asked))
    found = read_record(path)
    now = {"command": "python tools/measure_recipe.py " + hide_paths(command)}
    if found and all(found.get(name) == each for name, each in asked.items()):
        return found | now
    return {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        **now,
        "date": time.strftime("%Y-%m-%d"),
        "machine": describe_machine(),
        "versions": list_versions(("torch", "transformers", "datasets", "peft", "scikit-learn")),
        "notes": notes,
        "exam": describe_exam(setup),
        **asked,
        "runs": {},
    }


def read_record(path):
    """El JSON de otra vez; None si no hay o no se entiende."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("kind") == KIND else None


def hide_paths(command):
    """La orden, sin las carpetas de quien la dio."""
    return " ".join(Path(each).name if Path(each).is_absolute() else each for each in command)


def describe_machine():
    """De qué clase es la máquina, sin nombres."""
    import torch

    device = find_device()
    kind = f", bf16 con {find_bf16()}" if find_bf16() else ", sin bf16"
    threads = torch.get_num_threads()
    return f"{describe_device(device)}, {threads} hilos{kind if device == 'cpu' else ''}"


def save(path, record):
    """Guarda la ficha, entera o nada."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def measure_cost(setup, recipes, options):
    """Lo que cuesta cada fila, por rondas mezcladas."""
    model = setup.make_model(options.seeds[0]).to(setup.settings.device or "cpu")
    precisions = {each.precision for each in recipes.values()}
    peaks = {each: measure_peak(each, model.device.type) for each in sorted(precisions)}
    table = measure_recipes(
        recipes,
        model,
        setup.train,
        setup.validation,
        setup.settings.epochs,
        setup.settings.batch_size,
        options.rounds,
        options.steps,
        peaks,
        options.watts,
        lambda text: print(text, file=sys.stderr),
    )
    rows = json.loads(table.round(5).to_json(orient="index"))
    return {
        name: {**row, "peak_gflops": round(peaks[recipes[name].precision], 1)}
        for name, row in rows.items()
    }


def measure_accuracy(setup, name, recipe, options, record, path):
    """Entrena una fila con las semillas que falten y guarda cada una al acabar."""
    runs = record["runs"].setdefault(name, {})
    twin = find_unpadded(recipe, record)
    for seed in options.seeds:
        if str(seed) in runs:
            continue
        if twin and str(seed) in record["runs"].get(twin, {}):
            runs[str(seed)] = {**record["runs"][twin][str(seed)], "trained_as": twin}
            continue
        settings = setup.settings
        model = setup.make_model(seed).to(settings.device or "cpu")
        with EnergyMeter(options.watts) as energy:
            accuracy = train_recipe(
                recipe,
                model,
                setup.train,
                setup.validation,
                settings.epochs,
                settings.batch_size,
                settings.learning_rate,
                seed,
            )
        runs[str(seed)] = {
            "accuracy": round(accuracy, 4),
            "seconds": round(energy.seconds, 1),
            "cpu_seconds": round(energy.cpu_seconds, 1),
            "watt_hours": round(energy.watt_hours, 5),
            "answers": answer_exam(setup, recipe, model),
        }
        save(path, record)
        print(f"{name}, semilla {seed}: {format_number(accuracy, 3)}", file=sys.stderr)


def find_unpadded(recipe, record):
    """La fila que es como esta pero sin padding de más, que calcula lo mismo y cuesta menos."""
    if not recipe.padded:
        return None
    wanted = asdict(replace(recipe, padded=False))
    return next((name for name, each in record["recipes"].items() if each == wanted), None)


def answer_exam(setup, recipe, model):
    """Lo que responde a cada texto de prueba, en una línea; de quien entrena solo el head, nada."""
    if recipe.head_only or "text" not in setup.test.column_names:
        return ""
    return " ".join(map(str, predict_labels(model, setup.test, recipe)))


def describe_exam(setup):
    """Los textos de prueba a que se responde: su huella, sus posiciones y sus clases."""
    if "index" not in setup.test.column_names:
        return {}
    index, labels = (" ".join(map(str, setup.test[name][:])) for name in ("index", "label"))
    return {"texts_digest": digest_texts(setup.test), "index": index, "labels": labels}


def measure_scratch(setup, options, record, path):
    """Entrena la misma arquitectura desde pesos al azar hasta lo que acierta la pre-entrenada."""
    if setup.random or "scratch" in record or "largos parecidos" not in record["runs"]:
        return
    from labsupport.costs.scratch import train_from_scratch

    target = mean_accuracy(record["runs"]["largos parecidos"])
    seed, settings = options.seeds[0], setup.settings
    recipe = Recipe(settings.max_length)
    model = setup.make_model(seed, pretrained=False).to(settings.device or "cpu")
    with EnergyMeter(options.watts) as energy:
        history = train_from_scratch(
            recipe,
            model,
            setup.train,
            setup.validation,
            target,
            SCRATCH_EPOCHS,
            settings.batch_size,
            settings.learning_rate,
            seed,
        )
    record["scratch"] = {
        "target": round(target, 4),
        "accuracy": [round(each, 4) for each in history],
        "reached": history[-1] >= target,
        "watt_hours": round(energy.watt_hours, 5),
        "how": energy.how,
    }
    save(path, record)


def mean_accuracy(runs):
    """La media de las semillas de una fila."""
    return statistics.mean(each["accuracy"] for each in runs.values())


def recommend(record, recipes, options):
    """La fila más barata que acierta como entrenarlo todo al largo de referencia, y la regla."""
    length = options.reference_length or max(each.max_length for each in recipes.values())
    full = [
        name
        for name, each in recipes.items()
        if each.max_length == length and not (each.frozen or each.lora or each.head_only)
    ]
    measured = [name for name in recipes if record["runs"].get(name)]
    reference = next((name for name in reversed(full) if name in measured), None)
    if reference is None:
        return {"row": None, "rule": "Sin accuracy de referencia no se recomienda ninguna fila."}
    least = mean_accuracy(record["runs"][reference]) - TOLERANCE
    good = [name for name in measured if mean_accuracy(record["runs"][name]) >= least]
    row = min(good, key=lambda name: record[SPEED][name]["seconds"])
    return {
        "row": row,
        "reference": reference,
        "rule": (
            "La de menos segundos entre las que aciertan en validación, de media de "
            f"{len(options.seeds)} semillas, como mucho un punto menos que «{reference}»."
        ),
    }


def show(record, path):
    """Enseña la tabla, la recomendación y dónde queda."""
    print(format_table(*list_table(record)))
    for note in record["notes"]:
        print(note)
    recommended = record["recommended"]
    print(f"Recomendada: {recommended['row'] or 'ninguna'}. {recommended['rule']}")
    if scratch := record.get("scratch"):
        print(describe_scratch(scratch))
    print(f"{record['machine']}, {record['date']}. Guardado en {shorten_path(path)}")


def list_table(record):
    """La cabecera y las filas de la tabla, ya escritas."""
    header = ["receta", "ms/ejemplo", "veces", "(CPU)", "con evaluación", "del máximo", "MiB"]
    header += ["pesos", "MB", "Wh", "accuracy"]
    rows = []
    for name, cost in record[SPEED].items():
        runs = record["runs"].get(name)
        accuracy = ""
        if runs:
            values = [each["accuracy"] for each in runs.values()]
            mean, *ends = (format_number(each(values), 3) for each in (statistics.mean, min, max))
            accuracy = f"{mean} ({' a '.join(ends)})"
        rows.append(
            [
                name,
                format_number(cost["ms"], 1),
                f"{format_number(cost['times'], 1)}x",
                f"{format_number(cost['times_cpu'], 1)}x",
                f"{format_number(cost['times_whole'], 1)}x",
                "" if cost["share"] is None else format_percent(cost["share"], 0),
                format_number(cost["mib"], 0),
                str(cost["weights"]),
                format_number(cost["mb"], 2),
                format_number(cost["watt_hours"], 3),
                accuracy,
            ]
        )
    return header, rows


def describe_scratch(scratch):
    """Lo que costó llegar desde pesos al azar, en una frase."""
    verb = "llega a" if scratch["reached"] else "no llega a"
    return (
        f"Desde pesos al azar, en {len(scratch['accuracy'])} épocas {verb} "
        f"{format_number(scratch['target'], 3)} (la mejor, "
        f"{format_number(max(scratch['accuracy']), 3)}) y gasta "
        f"{format_number(scratch['watt_hours'], 3)} Wh."
    )


if __name__ == "__main__":
    sys.exit(main())
