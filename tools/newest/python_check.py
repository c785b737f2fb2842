"""Dice si todo lo que pide el laboratorio tiene ya versión para un Python, sin instalar nada."""

from __future__ import annotations

import re
import tempfile

import bootstrap

from newest.environment import RANGED, REPO, quote_errors
from newest.requirements import list_requirements

WELL, MISSING = 0, 1


def check(version: str) -> int:
    """Comprueba un Python, como «3.14», dice qué falta y devuelve 0 si está todo.

    Primero pide todo junto; si no se puede, cada librería por su lado, para decir cuáles. pip
    evalúa las condiciones (``python_version < "3.12"``) con el Python que ejecuta esto. Lanza
    BootstrapError si la versión está mal escrita o no se llega al índice de paquetes.
    """
    if not re.fullmatch(r"3\.\d+", version):
        raise bootstrap.BootstrapError(f"«{version}» no es una versión de Python: escribe 3.14.")
    bootstrap.use_environment("-" + RANGED)
    with bootstrap.hold_lock(bootstrap.VENV + ".lock"):
        bootstrap.create_venv_if_needed()
        requirements = list_requirements(REPO)
        missing = [resolve(requirements, version)]
        if missing[0]:
            missing = [resolve([each], version) for each in requirements]
    missing = sorted(filter(None, missing))
    print("\n".join(missing) or f"Todo tiene versión para Python {version}.")
    return MISSING if missing else WELL


def resolve(requirements: list[str], version: str) -> str:
    """Devuelve por qué no se pueden instalar juntas con un Python, en una línea, o un texto vacío.

    Lanza BootstrapError si no es por las versiones.
    """
    bootstrap.say(f"Pregunto por {requirements[0] if len(requirements) == 1 else 'todo junto'}.")
    with tempfile.TemporaryDirectory() as folder:
        options = ["--dry-run", "--ignore-installed", "--only-binary=:all:", "--target", folder]
        command = ["install", *options, "--python-version", version, *requirements]
        code, lines = bootstrap.run_pip(command)
    if not code:
        return ""
    if bootstrap.find_pip_fault(lines) not in (bootstrap.CLASH, bootstrap.NO_VERSION):
        raise bootstrap.BootstrapError(bootstrap.explain_pip(lines))
    return f"{requirements[0]}: {quote_errors(lines)}"
