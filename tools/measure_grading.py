"""Compara cuántas entregas por minuto califican ``labsupport grade`` y ``nbgrader autograde``.

Uso: python tools/measure_grading.py [--exercise ejercicio_02] [--students 10] [--rounds 3]
     python tools/measure_grading.py [--exercise ejercicio_02] --memory
Sin ``--exercise`` usa el ejercicio mínimo de las pruebas. Las dos órdenes califican las mismas
entregas resueltas, por turnos y en procesos nuevos; la nuestra, con aislamiento y un proceso por
núcleo. Con ``--memory`` mide, en vez del tiempo, lo que ocupa calificar con un solo proceso.
Necesita el extra «instructor» y bubblewrap.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from labsupport.base.paths import REPO
from labsupport.base.tables import format_number, format_table
from labsupport.running.memory import PeakMemory

EXERCISES = REPO / "exercises"


def main() -> int:
    """Prepara las entregas, mide las rondas y enseña la tabla."""
    options = parse_options()
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch)
        name = write_course(course, options.exercise, options.students)
        if options.memory:
            print(f"Un proceso que califica {name}: {measure_memory(course):.0f} MiB como mucho.")
            return 0
        rounds = [measure_round(course, name, number) for number in range(options.rounds)]
    print(describe(rounds, name, options.students))
    return 0


def parse_options() -> argparse.Namespace:
    """Lee las opciones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exercise", default="", help="un ejercicio de exercises/source")
    parser.add_argument("--students", type=int, default=10, help="entregas por ronda")
    parser.add_argument("--rounds", type=int, default=3, help="rondas, cada una con las dos")
    parser.add_argument("--memory", action="store_true", help="mide la memoria, no el tiempo")
    return parser.parse_args()


def write_course(course: Path, exercise: str, students: int) -> str:
    """Escribe un curso de nbgrader con todas las entregas resueltas y devuelve el ejercicio."""
    name, source, solved = read_exercise(exercise)
    shutil.copy(EXERCISES / "nbgrader_config.py", course)
    write_notebook(course / "source" / name / f"{name}.ipynb", source)
    for number in range(students):
        folder = course / "submitted" / f"estudiante-{number:02d}" / name
        write_notebook(folder / f"{name}.ipynb", solved)
    run([sys.executable, "-m", "nbgrader", "generate_assignment", name, "--force"], course)
    return name


def read_exercise(exercise: str):
    """Devuelve el nombre, el cuaderno resuelto y una entrega perfecta."""
    if exercise:
        path = EXERCISES / "source" / exercise / f"{exercise}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        return exercise, notebook, notebook
    sys.path.append(str(REPO / "tests"))
    import submissions

    return submissions.NAME, submissions.build_source(), submissions.solve_well()


def write_notebook(path: Path, notebook) -> None:
    """Escribe un cuaderno y las carpetas que falten."""
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def measure_round(course: Path, name: str, number: int) -> tuple[float, float]:
    """Devuelve los segundos de nbgrader y los nuestros, con carpetas de salida nuevas."""
    ours = order_grade(course, f"notas-{number}")
    theirs = [sys.executable, "-m", "nbgrader", "autograde", name, "--force"]
    return time_command(theirs, course), time_command(ours, course)


def order_grade(course: Path, out: str) -> list[str]:
    """Devuelve nuestra orden de calificar, con una carpeta de salida nueva."""
    ours = [sys.executable, "-m", "labsupport", "grade", str(course / "submitted")]
    return [*ours, "--source", str(course / "source"), "--out", str(course / out)]


def measure_memory(course: Path) -> float:
    """Devuelve el pico de memoria residente, en MiB, de calificar de una en una.

    Es la suma de todos los procesos de la orden: lo que comparten cuenta en cada uno.
    """
    with PeakMemory() as peak:
        run([*order_grade(course, "notas"), "--procesos", "1"], course)
    return peak.mib


def time_command(command: list[str], course: Path) -> float:
    """Devuelve los segundos de una orden, que tiene que acabar bien."""
    started = time.perf_counter()
    run(command, course)
    return time.perf_counter() - started


def run(command: list[str], folder: Path) -> None:
    """Ejecuta una orden; si falla, enseña lo que dijo."""
    # nbgrader llama a la orden «alembic», que está junto a Python aunque el .venv no esté activado.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"Falló {' '.join(command[1:4])}:\n{done.stderr[-2000:]}")


def describe(rounds: list[tuple[float, float]], name: str, students: int) -> str:
    """Devuelve las entregas por minuto (mediana) y la proporción, ronda a ronda."""
    theirs, ours = zip(*rounds, strict=True)
    rows = [
        [label, format_number(statistics.median(times), 1), format_number(rate, 1)]
        for label, times in (("nbgrader autograde", theirs), ("labsupport grade", ours))
        for rate in [60 * students / statistics.median(times)]
    ]
    table = format_table([f"{students} entregas de {name}", "segundos", "por minuto"], rows)
    ratios = [before / after for before, after in rounds]
    shown = ", ".join(format_number(ratio, 2) for ratio in ratios)
    median = format_number(statistics.median(ratios), 2)
    return f"{table}\n\nVeces más rápido, por rondas: {shown}; mediana {median}."


if __name__ == "__main__":
    sys.exit(main())
