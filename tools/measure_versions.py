"""Compara lo que cuesta ejecutar cuadernos con esta copia del repositorio y con otra versión.

Uso: python tools/measure_versions.py REF [--notebooks 00 02] [--rounds 3] [--yelp]
REF: una versión de git. Las dos se turnan dentro de cada ronda, así que lo demás que haga la
máquina les toca por igual: fíate de la proporción. Se da el tiempo de reloj, el de procesador de
los programas y el del sistema (casi todo, páginas de memoria que se piden), y el pico de memoria.

Con --yelp se mide el perfil `yelp`. Sus pesos y sus reseñas están en el Hub y aquí no se usa la
red: en su lugar va un BERT de 22 millones de pesos al azar (6 capas de 384) y reseñas de las
incluidas, juntadas hasta que sus largos se reparten como los de las de verdad (log-normal: la
mitad, de menos de 120 tokens; una de cada veinte, de más de 480; es una suposición). Cuesta lo
mismo que con pesos entrenados; de la accuracy no dice nada.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np

from labsupport.base.paths import EMBEDDED, REPO
from labsupport.base.run_record import RECORD
from labsupport.base.tables import format_number, format_table

LESSONS = ("00", "01", "02", "03", "04", "05")
MEASURES = ("reloj", "procesador", "sistema", "memoria pico (MiB)")
MEDIAN_TOKENS, SPREAD, MOST_TOKENS = 120, 0.85, 512
SIZES = {"n_train": 64, "n_validation": 16, "n_eval": 16, "epochs": 1}


def main() -> int:
    """Mide por rondas y enseña una línea por medida y la tabla de proporciones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ref", help="la versión de git con que se compara")
    parser.add_argument("--notebooks", nargs="+", default=LESSONS, help="los que se miden")
    parser.add_argument("--rounds", type=int, default=3, help="cuántas veces cada uno")
    parser.add_argument("--yelp", action="store_true", help="el cuaderno 02 con el perfil yelp")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        other = unpack(options.ref, Path(folder, "antes"))
        notebooks, extra = options.notebooks, []
        if options.yelp:
            notebooks, extra = ["02"], make_yelp(Path(folder))
        trees = {"antes": other, "ahora": REPO}
        rows = [measure(each, trees, extra, options.rounds, folder) for each in notebooks]
    header = ["cuaderno", *(f"{name}: ahora entre antes" for name in MEASURES)]
    print(format_table(header, rows))
    return 0


def unpack(ref: str, folder: Path) -> Path:
    """Deja en ``folder`` el repositorio tal como estaba en ``ref``."""
    done = subprocess.run(["git", "-C", REPO, "archive", ref], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def measure(
    notebook: str, trees: dict[str, Path], extra: list[str], rounds: int, folder: str
) -> list[str]:
    """Devuelve la fila de un cuaderno: las proporciones entre las medianas de las dos versiones."""
    found: dict[str, list[list[float]]] = {name: [] for name in trees}
    for number in range(rounds):
        for name, tree in trees.items():
            found[name].append(run(tree, [notebook, *extra], Path(folder, "salida", name)))
            told = (format_number(each, 1) for each in found[name][-1])
            print(notebook, f"ronda {number + 1}", name, *told, sep=" | ", flush=True)
    before, now = (np.median(found[name], axis=0) for name in ("antes", "ahora"))
    return [notebook, *(format_number(each, 2) for each in now / before)]


def run(tree: Path, arguments: list[str], out: Path) -> list[float]:
    """Ejecuta un cuaderno con el código de ``tree`` y devuelve lo que costó, según ``MEASURES``."""
    results = {"LAB_RESULTS_DIR": str(out / "resultados"), "PYTHONPATH": str(tree)}
    command = [sys.executable, "-m", "labsupport", "run", *arguments, "--out", str(out)]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, **results}, capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[:1])}: {done.stdout[-500:]}{done.stderr[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    record = json.loads((max(out.glob(f"*/{RECORD}"))).read_text(encoding="utf-8"))
    return [
        seconds,
        after.ru_utime - used.ru_utime,
        after.ru_stime - used.ru_stime,
        record["notebooks"][0]["peak_mib"],
    ]


def make_yelp(folder: Path) -> list[str]:
    """Prepara el modelo y las reseñas de --yelp y devuelve los parámetros que los usan."""
    import datasets
    import transformers
    from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, set_seed

    datasets.disable_progress_bars()
    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    set_seed(42)
    config = BertConfig(hidden_size=384, intermediate_size=1536, num_hidden_layers=6)
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED / "mini-bert")
    model = folder / "modelo"
    BertForMaskedLM(config).save_pretrained(model)
    tokenizer.save_pretrained(model)
    data = folder / "resenas"
    write_reviews(data, tokenizer)
    values = {"model_name": model, "dataset_name": data, **SIZES}
    named = [("-p", name, str(value)) for name, value in values.items()]
    return ["-p", "profile", "yelp", *(word for each in named for word in each)]


def write_reviews(folder: Path, tokenizer) -> None:
    """Escribe las reseñas largas: cada una, varias de la misma clase de las incluidas."""
    from datasets import Dataset, DatasetDict, load_dataset

    splits = load_dataset("parquet", data_dir=str(EMBEDDED / "mini-reviews"))
    draw = random.Random(42)
    made = {}
    for name, count in {"train": 400, "test": 100}.items():
        rows = splits[name].shuffle(seed=42).select(range(1000))
        texts: dict[int, list[str]] = {}
        for row in rows:
            texts.setdefault(row["label"], []).append(row["text"])
        labels = [draw.choice(sorted(texts)) for _ in range(count)]
        long = [lengthen(texts[label], draw, tokenizer) for label in labels]
        made[name] = Dataset.from_dict({"text": long, "label": labels}).cast_column(
            "label", rows.features["label"]
        )
    folder.mkdir()
    for name, rows in DatasetDict(made).items():
        rows.to_parquet(folder / f"{name}.parquet")


def lengthen(texts: list[str], draw: random.Random, tokenizer) -> str:
    """Junta textos hasta un largo sorteado, en tokens, y corta ahí."""
    wanted = min(MOST_TOKENS, max(8, round(draw.lognormvariate(np.log(MEDIAN_TOKENS), SPREAD))))
    ids: list[int] = []
    while len(ids) < wanted:
        ids += tokenizer(draw.choice(texts), add_special_tokens=False)["input_ids"]
    return tokenizer.decode(ids[:wanted])


if __name__ == "__main__":
    raise SystemExit(main())
