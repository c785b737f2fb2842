"""Mide qué cuesta preparar 1.000 reseñas de un dataset enorme: elegir primero o tokenizar todo.

Uso: python tools/measure_preparation.py [--rows 700000] [--chosen 1000]
Escribe un parquet con reseñas sintéticas y prepara el mismo subconjunto de dos maneras, cada una
en un proceso nuevo con la caché vacía: la de este laboratorio y la del tutorial original, que
tokeniza el dataset entero antes de elegir. Mide segundos, disco de la caché y memoria residente.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from labsupport.base.paths import EMBEDDED
from labsupport.base.tables import format_number, format_table
from labsupport.running.memory import PeakMemory

SEED = 42
MAX_LENGTH = 192
WAYS = {"elegir y tokenizar (laboratorio)": "choose", "tokenizar todo y elegir (tutorial)": "all"}
MODEL = EMBEDDED / "mini-bert"


def main() -> int:
    """Escribe los datos, mide las dos maneras y enseña la tabla."""
    options = parse_options()
    if options.way:
        print(measure(options.way, options.data, options.chosen))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        data = write_reviews(Path(scratch) / "data", options.rows)
        results = {name: run_apart(way, data, options.chosen) for name, way in WAYS.items()}
    print(describe(results, options.rows, options.chosen))
    return 0


def parse_options() -> argparse.Namespace:
    """Lee las opciones; ``--way`` y ``--data`` son de uso interno."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=700_000, help="filas del dataset sintético")
    parser.add_argument("--chosen", type=int, default=1000, help="filas que se eligen")
    parser.add_argument("--way", choices=WAYS.values(), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def write_reviews(folder: Path, rows: int) -> Path:
    """Escribe ``rows`` reseñas hechas con las incluidas y un número distinto en cada una."""
    from datasets import Dataset, load_dataset

    source = load_dataset(str(EMBEDDED / "mini-reviews"), split="train")
    picks = np.random.default_rng(SEED).integers(len(source), size=rows).tolist()
    texts, labels = source["text"][:], source["label"][:]
    columns = {
        "label": [labels[pick] for pick in picks],
        "text": [f"{texts[pick]} {number}" for number, pick in enumerate(picks)],
    }
    Dataset.from_dict(columns, features=source.features.copy()).to_parquet(
        folder / "train-00000-of-00001.parquet"
    )
    return folder


def run_apart(way: str, data: Path, chosen: int) -> dict[str, float]:
    """Mide una manera en un proceso nuevo, con su caché vacía."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "HF_HOME": cache, "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        command = [sys.executable, __file__, "--way", way, "--data", str(data)]
        with PeakMemory(interval=0.05) as peak:
            done = subprocess.run(
                [*command, "--chosen", str(chosen)],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
        used = sum(path.stat().st_size for path in Path(cache).rglob("*") if path.is_file())
    seconds = float(done.stdout.splitlines()[-1])
    return {"seconds": seconds, "disk": used / 2**20, "memory": peak.mib}


def measure(way: str, data: Path, chosen: int) -> float:
    """Prepara el subconjunto y devuelve los segundos, sin contar los imports."""
    from datasets import load_dataset
    from transformers import AutoTokenizer

    from labsupport.data.subset import choose_rows
    from labsupport.data.tokenization import tokenize_dataset

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    started = time.perf_counter()
    rows = load_dataset(str(data), split="train")
    if way == "choose":
        ready = tokenize_dataset(choose_rows(rows, chosen, SEED), tokenizer, MAX_LENGTH)
    else:
        ready = rows.map(
            lambda batch: tokenizer(
                batch["text"], padding="max_length", truncation=True, max_length=MAX_LENGTH
            ),
            batched=True,
        )
        ready = ready.shuffle(seed=SEED).select(range(chosen))
    assert len(ready["input_ids"][:]) == chosen
    return time.perf_counter() - started


def describe(results: dict[str, dict[str, float]], rows: int, chosen: int) -> str:
    """Devuelve la tabla y cuántas veces más cuesta la manera del tutorial."""
    header = [f"{chosen} de {rows} reseñas", "segundos", "disco (MiB)", "memoria pico (MiB)"]
    keys = ("seconds", "disk", "memory")
    table = [
        [name, *(format_number(each[key], 1) for key in keys)] for name, each in results.items()
    ]
    ours, tutorial = results.values()
    ratios = [format_number(tutorial[key] / ours[key], 1) for key in keys]
    return format_table(header, [*table, ["veces", *ratios]])


if __name__ == "__main__":
    sys.exit(main())
