"""Lanza una orden de otra librería y devuelve lo que imprime, o cuenta en español por qué falló."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

from labsupport.base.errors import LabError

# Las órdenes que enseñan los cuadernos, como módulos: así usan el Python del kernel aunque su
# carpeta no esté en el PATH (Windows, JupyterLab abierto desde otro entorno).
MODULES = {"accelerate launch": "accelerate.commands.launch"}


def run_command(command: str, *arguments: str, timeout: float = 300) -> str:
    """Ejecuta ``command`` con sus ``arguments`` y devuelve su salida estándar.

    ``timeout``: segundos como máximo. Lanza LabError si la orden falla o no termina a tiempo.

    >>> run_command("python -c", "print(1 + 1)").strip()
    '2'
    """
    words = [*_find_program(command), *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    # La consola de Windows no sabe escribir cualquier nombre de clase; UTF-8, sí.
    environment["PYTHONIOENCODING"] = "utf-8"
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise LabError(
            f"«{command.split()[0]}» no terminó en {timeout:g} s: cierra otros programas y repite."
        ) from None
    if done.returncode:
        raise LabError(f"«{command}» falló: {_last_line(done.stderr)}")
    return done.stdout


def _find_program(command: str) -> list[str]:
    for prefix, module in MODULES.items():
        if command.startswith(prefix):
            return [sys.executable, "-m", module, *shlex.split(command[len(prefix) :])]
    words = shlex.split(command)
    return [sys.executable, *words[1:]] if words[0] == "python" else words


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "no dijo por qué"
