"""Mide qué cuesta preparar 1.000 textos de un CSV enorme, frente a solo leerlo una vez.

Uso: python tools/measure_reading.py [--rows 700000] [--rounds 3]
Escribe un CSV con reseñas hechas con las incluidas y mide, cada cosa en un proceso nuevo y con la
caché vacía: leerlo con ``csv.reader``, leerlo con pandas (todo como texto), lo que hace la celda de
parámetros con ``n_train = 1000`` y ``python -m labsupport datos``. Da la mediana de los segundos,
sin contar los imports salvo en la orden, y la memoria residente más alta.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from labsupport.base.paths import EMBEDDED, REPO
from labsupport.base.tables import format_number, format_table
from labsupport.running.memory import PeakMemory

SEED = 42
CHOSEN = 1000


def main() -> int:
    """Escribe el CSV, mide cada manera y enseña la tabla."""
    options = parse_options()
    if options.way:
        print(WAYS[options.way](options.data))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        data = write_reviews(Path(scratch) / "opiniones.csv", options.rows)
        size = data.stat().st_size / 2**20
        found = {name: measure_apart(name, data, options.rounds) for name in WAYS}
    print(f"{options.rows} filas, {size:.0f} MiB, {options.rounds} vueltas")
    rows = [[n, format_number(s, 2), format_number(mib, 0)] for n, (s, mib) in found.items()]
    print(format_table(["qué", "segundos", "memoria pico (MiB)"], rows))
    return 0


def parse_options() -> argparse.Namespace:
    """Lee las opciones; ``--way`` y ``--data`` son de uso interno."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=700_000, help="filas del CSV")
    parser.add_argument("--rounds", type=int, default=3, help="veces que se mide cada cosa")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def write_reviews(path: Path, rows: int) -> Path:
    """Escribe ``rows`` reseñas hechas con las incluidas y un número distinto en cada una."""
    from pyarrow.parquet import read_table

    (source,) = (EMBEDDED / "mini-reviews").glob("train-*.parquet")
    table = read_table(source, columns=["text", "label"]).to_pydict()
    picks = np.random.default_rng(SEED).integers(len(table["text"]), size=rows).tolist()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reseña", "estrellas"])
        for number, pick in enumerate(picks):
            writer.writerow([f"{table['text'][pick]} {number}", table["label"][pick] + 1])
    return path


def measure_apart(way: str, data: Path, rounds: int) -> tuple[float, float]:
    """Devuelve los segundos (mediana) y los MiB (el máximo) de una manera."""
    seconds, peaks = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache, PeakMemory(interval=0.02) as peak:
            done = subprocess.run(
                [sys.executable, __file__, "--way", way, "--data", str(data)],
                env={**os.environ, "HF_HOME": cache},
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
        seconds.append(float(done.stdout.splitlines()[-1]))
        peaks.append(peak.mib)
    return statistics.median(seconds), max(peaks)


def read_with_csv(data: Path) -> float:
    """Recorre las filas con ``csv.reader``, sin guardarlas."""
    started = time.perf_counter()
    with data.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    return time.perf_counter() - started


def read_with_pandas(data: Path) -> float:
    """Lo carga con pandas, todo como texto."""
    import pandas as pd

    started = time.perf_counter()
    pd.read_csv(data, dtype=str, keep_default_na=False)
    return time.perf_counter() - started


def prepare(data: Path) -> float:
    """Lo prepara como la celda de parámetros y elige el subconjunto."""
    import datasets  # noqa: F401  (su import no es lectura)

    from labsupport.data import apply_parameters, load_subset

    started = time.perf_counter()
    values = {"dataset_name": str(data), "n_train": CHOSEN}
    train, _, _ = load_subset(apply_parameters(values, detect=False))
    assert len(train) == CHOSEN
    return time.perf_counter() - started


def describe(data: Path) -> float:
    """Pide la tabla en la línea de órdenes, con sus imports."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "labsupport", "datos", str(data)]
    subprocess.run(command, cwd=REPO, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


WAYS: dict[str, Callable[[Path], float]] = {
    "leer con csv": read_with_csv,
    "leer con pandas": read_with_pandas,
    "preparar (n_train 1000)": prepare,
    "labsupport datos": describe,
}


if __name__ == "__main__":
    sys.exit(main())
