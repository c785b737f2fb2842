"""La línea de órdenes: ``python -m labsupport run|sweep|report|datos|check|refresh|nuevo...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError, explain_error
from labsupport.base.tables import hide_controls
from labsupport.commands.data import add_datos
from labsupport.commands.demo import add_demo
from labsupport.commands.grade import add_grade
from labsupport.commands.new_lesson import add_nuevo
from labsupport.commands.options import UsageError
from labsupport.commands.parameters import add_parameters, read_parameters
from labsupport.commands.spanish_argparse import spanish_argparse
from labsupport.commands.sweep import add_sweep
from labsupport.settings import (
    PARAMETERS,
    check_parameters,
    describe_parameter,
)

OK, LAB_FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Ejecuta la orden y devuelve 0 si fue bien, 1 si falló, 2 si está mal pedida, 130 si paró.

    ``arguments``: los de la línea de órdenes, sin el nombre del programa.
    """
    _tolerate_any_console()
    try:
        options = _parse(arguments)
        return options.perform(options)
    except UsageError as error:
        return _complain(str(error), WRONG_USAGE)
    except KeyboardInterrupt as interruption:
        return _complain(str(interruption) or "Interrumpido.", INTERRUPTED)
    except (LabError, ModuleNotFoundError) as error:
        return _complain(explain_error(error) or str(error), LAB_FAILED)
    except OSError as error:
        return _complain(explain_error(error) or _describe_file_error(error), LAB_FAILED)


def perform_run(options: argparse.Namespace) -> int:
    """Ejecuta los cuadernos pedidos y enseña la tabla; devuelve el código de salida."""
    from labsupport.running.whole_lab import describe_run, run_notebooks

    notebooks, parameters = _check_request(options)
    print(
        f"Ejecuto {len(notebooks)} cuaderno(s); cada uno tarda segundos con los perfiles mini y "
        "mini-es."
    )
    run = run_notebooks(notebooks, parameters, options.out)
    print(f"\n{describe_run(run)}")
    if run.interrupted:
        return _complain("Interrumpido: los resultados de antes siguen como estaban.", INTERRUPTED)
    return OK if run.succeeded else LAB_FAILED


def perform_check(options: argparse.Namespace) -> int:
    """Enseña la revisión de esta máquina; devuelve 1 si algo falla."""
    from labsupport.base.environment import check_environment
    from labsupport.base.tables import format_table

    checks = check_environment()
    rows = [[check.name, check.value, check.state, check.advice] for check in checks]
    print(format_table(["qué", "valor", "estado", "consejo"], rows))
    return LAB_FAILED if any(check.state == "falla" for check in checks) else OK


def perform_refresh(options: argparse.Namespace) -> int:
    """Ejecuta los cuadernos y guarda sus salidas en ellos; devuelve el código de salida."""
    from labsupport.running.refresh import refresh_notebooks
    from labsupport.running.whole_lab import ALL, find_alone

    given = bool(options.notebooks)
    options.notebooks = options.notebooks or [ALL]
    notebooks, _ = _check_request(options)
    if not given:
        notebooks += find_alone()
    return OK if refresh_notebooks(notebooks) else LAB_FAILED


def perform_report(options: argparse.Namespace) -> int:
    """Escribe el informe de una ejecución y dice dónde quedó; devuelve el código de salida."""
    from labsupport.base.paths import shorten_path
    from labsupport.base.run_record import find_latest_run
    from labsupport.report.run_report import write_report

    path = write_report(options.run or find_latest_run(), options.out)
    print(f"Informe: {shorten_path(path)}")
    return OK


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    with spanish_argparse():
        parser = _build_parser()
        options, unknown = parser.parse_known_args(arguments)
        if unknown:
            parser.error(_describe_unknown(unknown))
        return options


def _describe_unknown(words: Sequence[str]) -> str:
    """Dice qué sobra y, si puede ser el resto de un nombre con espacios, cómo escribirlo.

    >>> _describe_unknown(["--rapido"]), _describe_unknown(["1-123.zip"])[:34]
    ('argumentos desconocidos: --rapido', 'argumentos desconocidos: 1-123.zip')
    """
    hint = "; si un nombre tiene espacios, ponlo entre comillas"
    hint = "" if words[0].startswith("-") else hint
    return f"argumentos desconocidos: {' '.join(words)}{hint}"


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m labsupport",
        description="Laboratorio de fine-tuning: ejecuta, compara, informa, revisa, refresca y "
        "califica.",
        allow_abbrev=False,
    )
    orders = parser.add_subparsers(title="órdenes", metavar="ORDEN", required=True)
    _add_run(orders)
    add_sweep(orders)
    _add_report(orders)
    add_datos(orders)
    check = orders.add_parser("check", help="revisa versiones, dispositivo, memoria, disco y red")
    check.set_defaults(perform=perform_check)
    refresh = orders.add_parser(
        "refresh", help="ejecuta los cuadernos y guarda sus salidas en notebooks/"
    )
    _add_notebooks(refresh)
    refresh.set_defaults(perform=perform_refresh, parameters=[])
    add_demo(orders)
    add_grade(orders)
    add_nuevo(orders)
    return parser


def _add_run(orders: Any) -> None:
    run = orders.add_parser(
        "run",
        help="ejecuta los cuadernos en orden, copias en runs/ y resultados en results/",
        description="Ejecuta los cuadernos en orden y acaba con una tabla.",
        epilog=f"parámetros:\n{_describe_parameters()}\n\n"
        "ejemplo: python -m labsupport run 02 -p epochs 1 -p n_train 200",
        # Deja la tabla de parámetros como está, sin juntar sus líneas.
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_notebooks(run)
    add_parameters(
        run, "cambia un parámetro (abajo están) de todos los cuadernos; se puede repetir"
    )
    run.add_argument(
        "--out",
        type=Path,
        metavar="CARPETA",
        help="dónde guardar las copias ejecutadas (por omisión, runs/)",
    )
    run.set_defaults(perform=perform_run)


def _describe_parameters() -> str:
    return "\n".join(f"  {name:<14} {describe_parameter(name)}" for name in PARAMETERS)


def _add_report(orders: Any) -> None:
    report = orders.add_parser(
        "report",
        help="escribe informe.html con lo que dejó una ejecución",
        description="Escribe un solo informe.html, que se abre sin red, sobre una ejecución.",
        epilog="ejemplo: python -m labsupport report runs/2026-08-31_09-05-00 --out informe.html",
        allow_abbrev=False,
    )
    report.add_argument(
        "run",
        nargs="?",
        type=Path,
        metavar="EJECUCIÓN",
        help="carpeta de la ejecución (por omisión, la última de runs/)",
    )
    report.add_argument(
        "--out",
        type=Path,
        metavar="ARCHIVO",
        help="dónde escribirlo (por omisión, informe.html en esa carpeta)",
    )
    report.set_defaults(perform=perform_report)


def _add_notebooks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "notebooks",
        nargs="*",
        metavar="CUADERNO",
        help="número, nombre o ruta («02», «02_trainer», «sin_ayuda») o «todo», que añade la "
        "segunda parte; sin ninguno, de la 0 a la 5",
    )


def _check_request(options: argparse.Namespace) -> tuple[list[Path], dict[str, Any]]:
    """Revisa todo lo pedido antes de arrancar un kernel."""
    from labsupport.base.caches import ensure_cache
    from labsupport.data.sources import find_sources
    from labsupport.running.whole_lab import find_notebooks

    # Aquí y no en cada kernel: así comparten la misma carpeta.
    ensure_cache()
    try:
        notebooks = find_notebooks(options.notebooks)
        values = read_parameters(options.parameters)
        written = {name for name, value in values.items() if value is not None}
        find_sources(check_parameters(values), written)
    except LabError as error:
        raise UsageError(str(error)) from error
    return notebooks, values | _hand_over_paths(values, notebooks)


def _hand_over_paths(values: dict[str, Any], notebooks: Sequence[Path]) -> dict[str, str]:
    """Las rutas pedidas, que cuentan desde esta carpeta, contadas desde la de los cuadernos."""
    from labsupport.data.locations import hand_over

    folders = {notebook.parent for notebook in notebooks}
    # Con cuadernos de varias carpetas no hay una ruta relativa que valga en todas.
    start = folders.pop() if len(folders) == 1 else None
    given = {name: values.get(name) for name in ("model_name", "dataset_name")}
    return {name: hand_over(value, start) for name, value in given.items() if value}


def _complain(sentence: str, code: int) -> int:
    # La frase puede citar un archivo ajeno.
    print(hide_controls(sentence), file=sys.stderr)
    return code


def _describe_file_error(error: OSError) -> str:
    return (
        f"No se puede usar la carpeta o el archivo «{error.filename}» ({error.strerror}): "
        "revisa que exista y que tengas permiso para escribir en él."
    )


def _tolerate_any_console() -> None:
    """Cambia por «?» los signos que una consola de Windows no conoce y no retiene líneas."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace", line_buffering=True)
