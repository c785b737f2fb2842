"""Lanza una orden de otra librería y devuelve lo que imprime, o cuenta en español por qué falló."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from typing import IO, Any

from labsupport.base.errors import LabError

# Las órdenes que enseñan los cuadernos, como módulos: así usan el Python del kernel aunque su
# carpeta no esté en el PATH (Windows, JupyterLab abierto desde otro entorno).
MODULES = {"torchrun": "torch.distributed.run"}
# Cuántos puertos se prueban antes de rendirse, y cómo se sabe que otro programa tomó el elegido.
PORTS = 3
TAKEN = re.compile(r"EADDRINUSE|address already in use", re.IGNORECASE)


def run_command(command: str, *arguments: str, timeout: float = 300) -> str:
    """Ejecuta ``command`` con sus ``arguments`` y devuelve su salida estándar.

    ``timeout``: segundos como máximo. Lanza LabError si la orden falla o no termina a tiempo.

    >>> run_command("python -c", "print(1 + 1)").strip()
    '2'
    """
    words = [*_find_program(command), *arguments]
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            env=_make_environment(),
        )
    except subprocess.TimeoutExpired:
        raise _took_too_long(command, timeout) from None
    if done.returncode:
        raise _failed(command, done.stderr)
    return done.stdout


def run_processes(n: int, command: str, *arguments: str, timeout: float = 300) -> str:
    """Ejecuta ``command`` en ``n`` procesos que se ven entre sí y devuelve lo que imprime el 0.

    Es lo que hace ``torchrun --nproc_per_node n``, sin su proceso vigilante, que ocupa tanta
    memoria como cargar torch: cada proceso recibe en su entorno su número y dónde se encuentran.
    ``timeout``: segundos como máximo. Lanza LabError si alguno falla o no terminan a tiempo; los
    demás se detienen.
    """
    words = [*_find_program(command), *arguments]
    _release_memory()
    for _ in range(PORTS):
        wrong, errors, output = _run_together(n, words, command, timeout)
        # Otro programa tomó el puerto antes de que el proceso 0 llegara a abrirlo: se elige otro.
        if wrong is None or not TAKEN.search(errors):
            break
    if wrong is not None:
        raise _failed(command, errors)
    return output


def _run_together(
    n: int, words: list[str], command: str, timeout: float
) -> tuple[int | None, str, str]:
    """Devuelve qué proceso falló, si alguno, lo que escribió de ello y lo que imprimió el 0."""
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_find_free_port())}
    meeting |= {"WORLD_SIZE": str(n), "LOCAL_WORLD_SIZE": str(n)}
    with contextlib.ExitStack() as stack:
        errors = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(n)]
        output = stack.enter_context(tempfile.TemporaryFile())
        started: list[Any] = []
        stack.callback(_stop, started)
        for rank in range(n):
            own = {**_make_environment(), **meeting, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            target = subprocess.DEVNULL if rank else output
            started.append(subprocess.Popen(words, stdout=target, stderr=errors[rank], env=own))
        wrong = _wait(started, timeout)
        if wrong is None and any(process.poll() is None for process in started):
            raise _took_too_long(command, timeout)
        return wrong, _read(errors[wrong]) if wrong is not None else "", _read(output)


def _wait(processes: list[subprocess.Popen], timeout: float) -> int | None:
    """Espera a que acaben todos, falle uno (y dice cuál) o pase el tiempo."""
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        codes = [process.poll() for process in processes]
        if wrong := [rank for rank, code in enumerate(codes) if code]:
            return wrong[0]
        if None not in codes:
            break
        time.sleep(0.05)
    return None


def _stop(processes: list[subprocess.Popen]) -> None:
    for process in processes:
        process.kill()
        process.wait()


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")


def _find_free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def _make_environment() -> dict[str, str]:
    defaults = {"OMP_NUM_THREADS": "1"}
    if sys.platform == "win32":
        defaults["USE_LIBUV"] = "0"  # torch lo pide por omisión y ahí no siempre lo trae
    # La consola de Windows no sabe escribir cualquier nombre de clase; UTF-8, sí.
    return {**defaults, **os.environ, "PYTHONIOENCODING": "utf-8"}


def _release_memory() -> None:
    """Devuelve al sistema la memoria que este proceso ya no usa, donde se sabe pedir (glibc)."""
    gc.collect()
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _took_too_long(command: str, timeout: float) -> LabError:
    return LabError(
        f"«{command.split()[0]}» no terminó en {timeout:g} s: cierra otros programas y repite."
    )


def _failed(command: str, errors: str) -> LabError:
    return LabError(f"«{command}» falló: {_last_line(errors)}")


def _find_program(command: str) -> list[str]:
    for prefix, module in MODULES.items():
        if command.startswith(prefix):
            return [sys.executable, "-m", module, *shlex.split(command[len(prefix) :])]
    words = shlex.split(command)
    return [sys.executable, *words[1:]] if words[0] == "python" else words


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "no dijo por qué"
