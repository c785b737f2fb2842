"""Mide cuánto tarda un cuaderno en una máquina tranquila y junto a procesos que la ocupan.

Uso: python tools/measure_busy.py [--notebook 02] [--rounds 1]
Compara maneras de usar los hilos de OpenMP: la de fábrica, en que cada hilo gasta procesador un
buen rato mientras espera a los demás; una espera breve; la pasiva, que no gasta nada; y un hilo
menos que núcleos.
Cada proceso que ocupa la máquina es un bucle sin fin. Las rondas se intercalan.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from labsupport.base.run_record import RECORD
from labsupport.base.tables import format_number, format_table

CORES = os.cpu_count() or 1
# 300 000 vueltas es lo que espera libgomp si nadie le dice otra cosa (su manual, GOMP_SPINCOUNT).
WAYS = {
    "de fábrica": {"GOMP_SPINCOUNT": "300000", "OMP_NUM_THREADS": str(CORES)},
    "espera breve": {"GOMP_SPINCOUNT": "1000", "OMP_NUM_THREADS": str(CORES)},
    "espera pasiva": {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(CORES)},
    "un hilo menos": {"GOMP_SPINCOUNT": "1000", "OMP_NUM_THREADS": str(max(1, CORES - 1))},
}
BUSY = (0, 1, 2)


def main() -> int:
    """Mide las rondas y enseña la tabla, en segundos."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebook", default="02", help="el cuaderno que se mide")
    parser.add_argument("--rounds", type=int, default=1, help="rondas intercaladas")
    options = parser.parse_args()
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(options.rounds):
        for number in BUSY:
            for way in WAYS:
                with keep_busy(number):
                    seconds = time_notebook(options.notebook, WAYS[way])
                print(f"{way}, {number} procesos al lado: {seconds:.1f} s", flush=True)
                found.setdefault((way, number), []).append(seconds)
    header = ["hilos", *(f"con {number} procesos al lado" for number in BUSY)]
    rows = [
        [way, *(format_number(statistics.median(found[way, number]), 1) for number in BUSY)]
        for way in WAYS
    ]
    print("\n" + format_table(header, rows))
    return 0


@contextlib.contextmanager
def keep_busy(number: int) -> Iterator[None]:
    """Ocupa la máquina con ``number`` bucles sin fin mientras dura el bloque."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def time_notebook(notebook: str, variables: dict[str, str]) -> float:
    """Devuelve los segundos que tarda un cuaderno, en un proceso nuevo."""
    environment = {**os.environ, **variables}
    with tempfile.TemporaryDirectory() as folder:
        environment["LAB_RESULTS_DIR"] = str(Path(folder, "results"))
        command = [sys.executable, "-m", "labsupport", "run", notebook, "--out", folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        (record,) = Path(folder).glob(f"*/{RECORD}")
        return json.loads(record.read_text(encoding="utf-8"))["notebooks"][0]["seconds"]


if __name__ == "__main__":
    sys.exit(main())
