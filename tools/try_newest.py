"""Prueba el laboratorio con librerías más nuevas que las de constraints.txt y dice qué se rompe.

Uso: make test-nuevas, o python tools/try_newest.py [--only nuevas] [--again] [--discard]
     python tools/try_newest.py --check-python 3.14

Dos entornos: ``.venv-nuevas``, con lo último que admiten los rangos, y ``.venv-ultimas``, con lo
último que exista, sin rangos. En cada uno ejecuta las nueve lecciones y las pruebas rápidas, y
escribe ``results/versiones/versiones.md``. Un entorno de hoy se aprovecha: si se corta, repite la
misma orden. Códigos de salida: 0, todo funciona; 1, algo se rompió; 3, no se pudo probar (sin red,
sin disco); 130, interrumpido.

``--check-python`` no instala nada: dice si cada librería tiene ya versión para ese Python.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import bootstrap
from newest import environment, python_check
from newest.failures import Failure, list_broken_lessons, list_broken_tests
from newest.report import Trial, write_report
from newest.requirements import drop_ranges, list_requirements, read_pins
from newest.warning_log import FOLDER, take_notices

from labsupport.base.files import write_atomically
from labsupport.base.paths import REPO, shorten_path
from labsupport.running.signals import terminate_as_interrupt

WELL, BROKE, UNTRIED, INTERRUPTED = 0, 1, 3, 130
OUT = REPO / "results" / "versiones"
REPORT = OUT / "versiones.md"
NAMES = (environment.RANGED, environment.LIFTED)


def main(arguments: list[str]) -> int:
    """Prueba lo pedido, enseña el informe y devuelve el código de salida."""
    options = make_parser().parse_args(arguments)
    try:
        with terminate_as_interrupt():
            if options.check_python:
                return python_check.check(options.check_python)
            return try_all(options)
    except bootstrap.BootstrapError as error:
        print(f"\n{error}", file=sys.stderr)
        return UNTRIED
    except KeyboardInterrupt:
        print("\nInterrumpido: repite la misma orden para seguir.", file=sys.stderr)
        return INTERRUPTED


def make_parser() -> argparse.ArgumentParser:
    """Devuelve quien lee los argumentos."""
    parser = argparse.ArgumentParser(prog="try_newest.py", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--only", choices=NAMES, help="solo uno de los dos entornos")
    add("--again", action="store_true", help="rehace los entornos aunque sean de hoy")
    add("--discard", action="store_true", help="borra cada entorno al acabar con él")
    add("--check-python", metavar="3.14", help="dice si hay de todo para ese Python")
    return parser


def try_all(options: argparse.Namespace) -> int:
    """Prueba cada entorno y publica el informe después de cada uno: si se corta, queda lo hecho."""
    trials: list[Trial] = []
    for name in [options.only] if options.only else NAMES:
        trials.append(try_one(name, options.again))
        if options.discard:
            environment.discard()
        text = publish(trials)
    print(f"\n{text}\nInforme: {shorten_path(REPORT)}")
    if any(trial.broke for trial in trials):
        return BROKE
    return UNTRIED if any(trial.untried for trial in trials) else WELL


def try_one(name: str, again: bool) -> Trial:
    """Instala un entorno, ejecuta en él lecciones y pruebas, y devuelve qué pasó."""
    trial = Trial(name, ".".join(map(str, sys.version_info[:3])))
    try:
        python = environment.prepare(name, again)
    except environment.Unresolvable as fault:
        trial.fault = f"no se pueden instalar juntas: {fault}"
        return trial
    except bootstrap.BootstrapError as error:
        print(f"\n{error}", file=sys.stderr)
        trial.fault, trial.untried = str(error).splitlines()[0], True
        return trial
    trial.versions = environment.list_versions(python)
    trial.held = environment.list_held(python, name)
    work = OUT / name
    work.mkdir(parents=True, exist_ok=True)
    notices = Path(bootstrap.VENV, FOLDER)
    take_notices(notices, REPO)
    trial.failures = [*run_lessons(python, work), *run_tests(python, work)]
    trial.notices = take_notices(notices, REPO)
    return trial


def run_lessons(python: Path, work: Path) -> list[Failure]:
    """Ejecuta las nueve lecciones; devuelve un fallo por cada una que se rompe."""
    bootstrap.say("\nEjecuto las nueve lecciones.")
    runs = work / "runs"
    before = set(runs.glob("*"))
    code, said = call(python, ["-m", "labsupport", "run", "todo", "--out", str(runs)], work)
    # Lo de otra vez no cuenta: si esta no dejó carpeta, ni siquiera empezó.
    (new,) = set(runs.glob("*")) - before or {work / "ninguna"}
    broken = list_broken_lessons(new, said)
    return broken or ([Failure("labsupport run", f"acabó con el código {code}")] if code else [])


def run_tests(python: Path, work: Path) -> list[Failure]:
    """Ejecuta las pruebas rápidas; devuelve un fallo por cada una que se rompe."""
    bootstrap.say("\nEjecuto las pruebas rápidas.")
    report = work / "pruebas.xml"
    report.unlink(missing_ok=True)
    quick = bootstrap.TASKS["test-rapido"].command
    code, said = call(python, [*quick, "-q", f"--junitxml={report}"], work)
    broken = list_broken_tests(report, said)
    return broken or ([Failure("pytest", f"acabó con el código {code}")] if code else [])


def call(python: Path, command: list[str], work: Path) -> tuple[int, str]:
    """Ejecuta el Python del entorno; devuelve su código de salida y lo que dijo por error."""
    errors = work / "errores.log"
    variables = {
        **bootstrap.choose_variables(),
        # Ni las cachés ni los resultados de otras versiones: pueden no entenderse.
        "HF_HOME": str(Path(bootstrap.VENV, "huggingface")),
        "LAB_RESULTS_DIR": str(work / "results"),
    }
    with errors.open("wb") as file:
        process = subprocess.Popen([python, *command], cwd=REPO, env=variables, stderr=file)
        with bootstrap.terminate_on_error(process):
            code = process.wait()
    return code, errors.read_text(encoding="utf-8", errors="replace")


def publish(trials: list[Trial]) -> str:
    """Escribe el informe de lo probado hasta ahora y lo devuelve."""
    names = drop_ranges(list_requirements(REPO))
    pins = read_pins(REPO / "constraints.txt")
    text = write_report(trials, pins, names, str(REPO))
    OUT.mkdir(parents=True, exist_ok=True)
    write_atomically(REPORT, text)
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
