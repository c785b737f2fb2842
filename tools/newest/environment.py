"""Los entornos de prueba: crearlos con lo más nuevo, y qué versiones quedan en ellos."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

import bootstrap

from newest.requirements import drop_ranges, list_requirements, normalize
from newest.warning_log import install_log

# Segundos: pasado un día, «lo más nuevo» puede ser otra cosa y el entorno se hace otra vez.
FRESH = 24 * 3600
OURS = "laboratorio-fine-tuning"
HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
# Con rangos, sin ellos: el nombre es también el de su carpeta, .venv-nuevas y .venv-ultimas.
RANGED, LIFTED = "nuevas", "ultimas"
# Aquí no se fija nada: ni con constraints.txt ni con lo que fije quien ejecuta.
LIMITS = ("PIP_CONSTRAINT",)


class Unresolvable(Exception):
    """Las versiones que se piden no se pueden instalar juntas; el mensaje es lo que dijo pip."""


def prepare(name: str, again: bool = False) -> Path:
    """Deja listo el entorno ``name`` y devuelve su Python; si está entero y es de hoy, lo usa.

    ``again``: hacerlo otra vez de todos modos. Lanza Unresolvable si las versiones chocan o no las
    hay, y bootstrap.BootstrapError si no se puede instalar por otra causa (red, disco, permisos).
    """
    bootstrap.use_environment("-" + name)
    python = Path(bootstrap.find_venv_python())
    if is_ready(name) and not again:
        return python
    for variable in LIMITS:
        os.environ.pop(variable, None)
    with bootstrap.hold_lock(bootstrap.VENV + ".lock") as lock:
        if again or not is_ready(name):
            _start_afresh()
            for arguments in list_installs(name):
                _install(arguments, lock)
            _mark_ready(name)
    return python


def list_installs(name: str) -> list[list[str]]:
    """Devuelve las órdenes de pip que llenan un entorno: con los rangos o solo con los nombres."""
    if name == RANGED:
        return [["install", "-e", f"{REPO}[browser]"]]
    names = drop_ranges(list_requirements(REPO))
    return [["install", *names], ["install", "--no-deps", "-e", str(REPO)]]


def is_ready(name: str) -> bool:
    """Dice si el entorno está entero, se hizo con esta misma lista y es de hace menos de un día."""
    stamp = _stamp()
    try:
        recent = time.time() - stamp.stat().st_mtime < FRESH
        return recent and stamp.read_text(encoding="utf-8") == _describe_request(name)
    except OSError:
        return False


def discard() -> None:
    """Borra el entorno del que se trate ahora, que ocupa varios GB."""
    shutil.rmtree(bootstrap.VENV, ignore_errors=True)


def list_versions(python: Path) -> dict[str, str]:
    """Devuelve de nombre a versión lo que hay instalado, sin el propio laboratorio."""
    found = json.loads(_ask(python, "-m", "pip", "list", "--format=json"))
    versions = {normalize(each["name"]): each["version"] for each in found}
    return {name: versions[name] for name in sorted(versions) if name != OURS}


def list_held(python: Path, name: str) -> list[list] | None:
    """Devuelve las librerías con algo más nuevo: nombre, versión, la última y quién no la admite.

    Pregunta al índice de paquetes, y tarda un par de minutos; None si no contesta.
    """
    outdated = _ask(python, "-m", "pip", "list", "--outdated", "--format=json")
    said = outdated and _ask(python, str(HERE / "held_back.py"), said=outdated)
    if not said:
        return None
    rows = json.loads(said)
    if name == LIFTED:
        # Sus rangos están escritos en el paquete, pero aquí no mandan.
        rows = [[*row, [each for each in who if not each.startswith(OURS)]] for *row, who in rows]
    return rows


def ask_version(python: Path) -> str:
    """Devuelve la versión de un Python, como «3.13.0»."""
    return _ask(python, "-c", "import platform; print(platform.python_version())").strip()


def quote_errors(lines: list[str]) -> str:
    """Devuelve, en una línea, lo que pip da por error.

    >>> quote_errors(["Collecting a", "ERROR: No matching distribution found for a<3"])
    'No matching distribution found for a<3'
    """
    said = [line for line in lines if line.startswith(("ERROR:", "The conflict", "    "))]
    return " ".join(" ".join(said[:6]).replace("ERROR:", "").split()) or lines[-1]


def _start_afresh() -> None:
    """Borra el entorno anterior, si lo es, y crea otro con el Python que ejecuta esto."""
    if os.path.isfile(os.path.join(bootstrap.VENV, "pyvenv.cfg")):
        bootstrap.say(
            f"Rehago {os.path.basename(bootstrap.VENV)}, que no está entero o no es de hoy."
        )
        discard()
    bootstrap.warn_about_disk()
    bootstrap.create_venv_if_needed()


def _install(arguments: list[str], lock) -> None:
    name = os.path.basename(bootstrap.VENV)
    bootstrap.say(f"Instalo en {name} lo más nuevo (varios GB; unos minutos).")
    code, lines = bootstrap.run_pip(arguments, lock)
    if not code:
        return
    if bootstrap.find_pip_fault(lines) in (bootstrap.CLASH, bootstrap.NO_VERSION):
        raise Unresolvable(quote_errors(lines))
    raise bootstrap.BootstrapError(bootstrap.explain_pip(lines))


def _mark_ready(name: str) -> None:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    python = Path(bootstrap.find_venv_python())
    install_log(_ask(python, "-c", code).strip(), bootstrap.VENV)
    Path(bootstrap.half_done_path()).unlink(missing_ok=True)
    _stamp().write_text(_describe_request(name), encoding="utf-8")


def _stamp() -> Path:
    return Path(bootstrap.VENV, ".completo")


def _describe_request(name: str) -> str:
    minor = ".".join(platform.python_version_tuple()[:2])
    return json.dumps([minor, *list_installs(name), *list_requirements(REPO)])


def _ask(python: Path, *command: str, said: str = "") -> str:
    """Devuelve lo que escribe un programa de Python; vacío si acaba mal."""
    done = subprocess.run(
        [python, *command],
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        cwd=REPO,
    )
    return done.stdout if done.returncode == 0 else ""
