"""La orden ``python -m labsupport sweep``: entrenar muchas veces con otros valores y comparar."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from labsupport.base.errors import DISK_FULL, LabError, is_disk_full
from labsupport.commands.options import UsageError, read_address, read_count
from labsupport.commands.parameters import add_parameters
from labsupport.training.trackers import TRACKERS, VARIABLE, need_tracker

EXAMPLE = "python -m labsupport sweep 02 -p learning_rate 1e-4,5e-4,1e-3 -p seed 42,43,44"
NO_TARGET = f"Di qué entrenar y con qué valores: `{EXAMPLE}`."
NO_VALUES = f"Di qué valores probar con -p: `{EXAMPLE}`."
DESCRIPTION = (
    "Entrena una vez con cada combinación de los valores que le des y compara los resultados, "
    "siempre en validación: la prueba no se mira. Cada ensayo queda anotado al acabar; si se "
    "corta, la misma orden sigue donde se quedó."
)
NOTES = f"""valores de -p:
  1e-4,5e-4,1e-3      cada uno de estos
  1e-5..1e-2          un intervalo, solo con --budget; si es ancho, por órdenes de magnitud
  a,b.csv             una ruta o una columna no se parte por las comas: para probar varias,
                      repite -p dataset_name uno.csv -p dataset_name otro.csv

un programa tuyo recibe cada parámetro como --nombre valor y deja, en la carpeta que dice
LAB_RESULTS_DIR, un metrics.json:
  {{"validation_accuracy": 0.53, "validation_loss": 1.12, "macro_f1": 0.5}}

ejemplo: {EXAMPLE}"""


def add_sweep(orders: Any) -> None:
    """Añade la orden ``sweep`` a las de ``python -m labsupport``."""
    sweep = orders.add_parser(
        "sweep",
        help="entrena con varios valores de los parámetros y compara en validación",
        description=DESCRIPTION,
        epilog=NOTES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sweep.add_argument(
        "target", nargs="?", metavar="CUADERNO", help="cuaderno («02») o programa («entrena.py»)"
    )
    told = "los valores de un parámetro, separados por comas; se puede repetir"
    add_parameters(sweep, told, "VALORES")
    _add_work(sweep)
    sweep.set_defaults(perform=perform_sweep)


def perform_sweep(options: argparse.Namespace) -> int:
    """Hace el barrido y enseña la tabla; devuelve 1 si falló algún ensayo."""
    try:
        request = _read_request(options)
    except LabError as error:
        raise UsageError(str(error)) from error
    from labsupport.running.executors import Workplan
    from labsupport.sweeping.sweep import describe_result, run_sweep

    plan = Workplan(workers=options.workers, cluster=options.cluster or "")
    try:
        result = run_sweep(request, plan)
    except OSError as error:
        if not is_disk_full(error):
            raise
        raise LabError(DISK_FULL) from error
    print(f"\n{describe_result(result)}")
    return 0 if result.succeeded else 1


def _read_request(options: argparse.Namespace) -> Any:
    """Revisa todo lo pedido antes de arrancar nada."""
    from labsupport.base.caches import ensure_cache
    from labsupport.sweeping.identity import digest_target
    from labsupport.sweeping.requests import Interval, Request, check_request, read_values
    from labsupport.sweeping.sweep import check_sources

    if options.target is None:
        raise LabError(NO_TARGET)
    if not options.parameters:
        raise LabError(NO_VALUES)
    if options.report_to:
        need_tracker(options.report_to)
    ensure_cache()
    target = _find_target(options.target)
    values = read_values(options.parameters, target.suffix == ".py")
    request = Request(
        target,
        {name: each for name, each in values.items() if not isinstance(each, Interval)},
        {name: each for name, each in values.items() if isinstance(each, Interval)},
        options.budget,
        options.name,
        options.report_to or "",
        _spell_command(options),
    )
    check_request(request)
    digest_target(target)
    _check_listens(request)
    check_sources(request)
    return request


def _check_listens(request: Any) -> None:
    """Lanza LabError si lo que se entrena no haría caso de --report-to."""
    text = request.target.read_text(encoding="utf-8", errors="replace")
    if request.report_to and not any(word in text for word in (VARIABLE, "choose_trackers")):
        raise LabError(
            f"«{request.target.stem}» no haría caso de --report-to: quítalo o pasa a "
            "TrainingArguments `report_to=choose_trackers()`, de labsupport.training."
        )


def _find_target(name: str) -> Path:
    from labsupport.running.whole_lab import find_notebooks

    if not name.endswith(".py"):
        return find_notebooks([name])[0]
    path = Path(name).resolve()
    if not path.is_file():
        raise LabError(f"No existe el programa «{name}»: comprueba la ruta.")
    return path


def _spell_command(options: argparse.Namespace) -> str:
    """La orden que da estos mismos ensayos; quién los hace no los cambia."""
    words = ["python", "-m", "labsupport", "sweep", options.target]
    for name, text in options.parameters:
        words += ["-p", name, text]
    words += ["--budget", str(options.budget)] if options.budget else []
    words += ["--name", options.name] if options.name else []
    return shlex.join(words)


def _add_work(sweep: argparse.ArgumentParser) -> None:
    sweep.add_argument(
        "--budget",
        type=read_count,
        default=0,
        metavar="N",
        help="Optuna elige N configuraciones, cada una con todas las semillas pedidas",
    )
    sweep.add_argument(
        "--workers",
        type=read_count,
        default=1,
        metavar="N",
        help="ensayos a la vez, que se reparten los núcleos (por omisión, 1 con todos); con "
        "--cluster, las configuraciones que --budget propone a la vez",
    )
    sweep.add_argument(
        "--cluster",
        type=read_address,
        metavar="tcp://HOST:PUERTO",
        help="reparte los ensayos en un cluster de Dask ya en marcha",
    )
    sweep.add_argument(
        "--report-to",
        choices=TRACKERS,
        metavar="|".join(TRACKERS),
        help="Trainer cuenta además cómo va ahí, si está instalado",
    )
    sweep.add_argument(
        "--name",
        default="",
        metavar="NOMBRE",
        help="el del archivo, results/barrido-NOMBRE.jsonl (por omisión, el cuaderno y lo que "
        "cambia)",
    )
