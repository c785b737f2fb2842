"""Entrena con varias semillas de las tres maneras y guarda lo que responden al examen.

Ejecuta los cuadernos 02, 03 y 04 una vez por semilla del modelo, con los mismos textos, y junta
sus respuestas en un archivo pequeño que lee el cuaderno 05: en ``labsupport/embedded/``, con los
parámetros de partida de un perfil incluido, y en ``results/semillas-<perfil>.json``, con otros.
Los resultados propios no se tocan. Si se interrumpe, otra vez la misma orden sigue donde iba.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from labsupport.base.caches import ensure_cache
from labsupport.base.errors import LabError, explain_error
from labsupport.base.paths import NOTEBOOKS, results_folder, shorten_path
from labsupport.base.tables import format_number
from labsupport.commands.parameters import add_parameters, read_parameters
from labsupport.data import apply_parameters, load_subset
from labsupport.data.locations import hand_over
from labsupport.evaluation.comparison import LESSONS
from labsupport.evaluation.results import digest_texts, predictions_path, read_predictions
from labsupport.evaluation.seeds import SEEDS, STORED, save_seed_runs, seeds_path
from labsupport.running.one_notebook import kernel_environment
from labsupport.running.whole_lab import find_notebooks, run_notebooks
from labsupport.settings import list_values


def main(arguments: list[str] | None = None) -> int:
    """Hace los entrenamientos que falten y guarda sus respuestas; devuelve el código de salida."""
    options = parse_options(arguments)
    # Antes de cambiar de carpeta: una ruta relativa cuenta desde donde se escribió.
    output = options.output and options.output.absolute()
    ensure_cache()
    try:
        settings = choose_settings(options.parameters)
        digest = digest_texts(load_subset(settings)[-1])
        found = {}
        for seed in options.seeds:
            for lesson, name in LESSONS.items():
                found[name, seed] = measure(lesson, replace(settings, seed=seed), digest)
        path = output or choose_output(settings, options.seeds)
        save_seed_runs(path, found)
        # Ya no hay nada que retomar: la próxima vez se entrena otra vez.
        shutil.rmtree(find_unfinished(settings), ignore_errors=True)
    except LabError as error:
        print(explain_error(error) or error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrumpido: la misma orden sigue donde iba.", file=sys.stderr)
        return 130
    for (name, seed), run in found.items():
        print(f"{name}, semilla {seed}: {format_number(run.accuracy, 3)}")
    print(f"Guardado en {shorten_path(path)} ({format_number(path.stat().st_size / 1024, 0)} KiB)")
    return 0


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Lee la línea de órdenes; sin opciones, los parámetros de partida."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    add_parameters(parser, "cambia un parámetro, como en `python -m labsupport run`")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), metavar="SEMILLA")
    parser.add_argument("--output", type=Path, metavar="ARCHIVO", help="dónde guardarlo")
    return parser.parse_args(arguments)


def choose_settings(pairs):
    """Devuelve los parámetros pedidos, vistos desde la carpeta de los cuadernos."""
    values = read_parameters(pairs)
    for name in ("model_name", "dataset_name"):
        if values.get(name):
            values[name] = hand_over(values[name], NOTEBOOKS)
    # Las rutas relativas cuentan desde ahí, también aquí.
    os.chdir(NOTEBOOKS)
    return apply_parameters(values, detect=False)


def choose_output(settings, seeds):
    """Lo de los parámetros de partida viaja con el paquete; lo demás es de quien lo mide."""
    usual = {**list_values(settings.profile), "seed": settings.seed}
    if settings.parameters() == usual and tuple(seeds) == SEEDS and settings.profile in STORED:
        return STORED[settings.profile]
    return seeds_path(settings.profile)


def find_unfinished(settings):
    """La carpeta de lo que se lleva hecho, una dentro por semilla."""
    return results_folder() / "semillas" / settings.profile


def measure(lesson, settings, digest):
    """Devuelve las predicciones de un cuaderno con una semilla, recién hechas o de otra vez."""
    folder = find_unfinished(settings) / str(settings.seed)
    with kernel_environment(LAB_RESULTS_DIR=str(folder)):
        path = predictions_path(lesson, settings.profile)
        if (done := read_earlier(path, settings, digest)) is None:
            done = train(lesson, settings, path)
        clean(folder)
    return done


def read_earlier(path, settings, digest):
    """Las predicciones de otra vez, si son de los mismos textos y parámetros."""
    try:
        run = read_predictions(path)
    except LabError:
        return None
    same = run.parameters == settings.parameters() and run.texts_digest == digest
    return run if same else None


def train(lesson, settings, path):
    """Ejecuta el cuaderno y devuelve lo que predijo."""
    given = {name: each for name, each in settings.parameters().items() if each is not None}
    # Sin los que no cambian, cada cuaderno dice lo mismo que si lo abriera quien estudia.
    usual = list_values(settings.profile)
    changed = {name: each for name, each in given.items() if each != usual[name]}
    changed |= {"seed": settings.seed, "profile": settings.profile}
    print(f"Semilla {settings.seed}:")
    with tempfile.TemporaryDirectory() as copies:
        run = run_notebooks(find_notebooks([lesson]), changed, Path(copies))
    if run.interrupted:
        raise KeyboardInterrupt
    if not run.succeeded:
        raise LabError(f"{lesson} falló con la semilla {settings.seed}: lo dice su línea.")
    return read_predictions(path)


def clean(folder):
    """Deja solo las predicciones: los modelos ocupan mucho y ya no hacen falta."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
