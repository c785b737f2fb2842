"""Genera con nbgrader los ejercicios sin resolver a partir de los resueltos.

Los resueltos, en exercises/source/, son la única fuente; los que se entregan quedan en
exercises/release/. Con --check solo comprueba que lo guardado es lo que sale de aquí.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from labsupport.base.files import place_copy  # noqa: E402

EXERCISES = Path(__file__).resolve().parents[1] / "exercises"
SOURCE, RELEASE = EXERCISES / "source", EXERCISES / "release"
CONFIG = "nbgrader_config.py"
MISSING = (
    "Falta nbgrader: instálalo con `pip install -e .[instructor]`, mejor en un entorno aparte, "
    "y repite la orden."
)


def list_exercises():
    """Devuelve los nombres de los ejercicios, en orden."""
    return sorted(path.stem for path in SOURCE.glob("*/*.ipynb"))


def load_config(workspace):
    """Lee la configuración de nbgrader y manda a ``workspace`` lo que él escribe, sin notas."""
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader(CONFIG, path=str(EXERCISES)).load_config()
    config.CourseDirectory.root = str(EXERCISES)
    config.CourseDirectory.release_directory = str(workspace / "release")
    # Lo que hace su opción --no-db: aquí no hay todavía nadie a quien calificar.
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    return config


def generate_release(workspace):
    """Genera todos los ejercicios en ``workspace`` y devuelve la carpeta en que quedan.

    Sale con la explicación de nbgrader si uno no se puede generar.
    """
    from nbgrader.apps.api import NbGraderAPI

    api = NbGraderAPI(config=load_config(workspace), log_level="ERROR")
    for name in list_exercises():
        outcome = api.generate_assignment(name)
        if not outcome["success"]:
            raise SystemExit(f"No se pudo generar {name}: {outcome['log']}")
    return workspace / "release"


def find_differences(fresh):
    """Devuelve las rutas de los archivos que no son iguales en ``fresh`` y en lo guardado."""
    names = {path.relative_to(folder) for folder in (fresh, RELEASE) for path in list_files(folder)}
    return sorted(name for name in names if read(fresh / name) != read(RELEASE / name))


def list_files(folder):
    """Devuelve los archivos de ``folder`` que no están ocultos ni en una carpeta oculta."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if "/." not in f"/{path.relative_to(folder).as_posix()}"]


def read(path):
    """Devuelve los bytes de un archivo, o None si no está."""
    return path.read_bytes() if path.is_file() else None


def save_release(fresh):
    """Cambia de una vez los ejercicios guardados por los de ``fresh``."""
    place_copy(fresh, RELEASE)


def check_release(fresh):
    """Dice qué ejercicios guardados no son los que salen de aquí; devuelve el código de salida."""
    wrong = find_differences(fresh)
    if wrong:
        print(f"No son los que salen de los resueltos: {', '.join(path.stem for path in wrong)}.")
        return 1
    print("Los ejercicios guardados son los que salen de los resueltos.")
    return 0


def main(arguments=None):
    """Atiende la línea de órdenes."""
    parser = argparse.ArgumentParser(description="Genera los ejercicios sin resolver.")
    parser.add_argument("--check", action="store_true", help="comprueba sin escribir nada")
    check = parser.parse_args(arguments).check
    with tempfile.TemporaryDirectory() as workspace:
        try:
            fresh = generate_release(Path(workspace))
        except ModuleNotFoundError as error:
            raise SystemExit(MISSING) from error
        if check:
            return check_release(fresh)
        save_release(fresh)
    print(f"Ejercicios escritos en exercises/release: {', '.join(list_exercises())}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
