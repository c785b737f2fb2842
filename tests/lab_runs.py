"""Ejecutar «python -m labsupport run» como lo haría una clase sin red, para varias pruebas."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from labsupport.base.paths import REPO


def run_lab(out, *arguments):
    """Ejecuta los cuadernos pedidos; devuelve el proceso, run.json y la carpeta de la ejecución.

    Cada intento de salir de la máquina queda rechazado y apuntado en ``red.log``.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPO / "tests" / "refuse_network"),
        "LAB_NETWORK_LOG": str(out / "red.log"),
        "LAB_RESULTS_DIR": str(out / "results"),
    }
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, "-m", "labsupport", "run", *arguments, "--out", str(out / "runs")]
    done = subprocess.run(
        command, cwd=REPO, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    (record,) = out.rglob("run.json")
    return done, json.loads(record.read_text(encoding="utf-8")), record.parent
