"""La orden ``python -m labsupport datos``: qué hay en unos datos, antes de entrenar con ellos."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.commands.parameters import add_parameters, read_parameters
from labsupport.settings import Settings, check_parameters


def add_datos(orders: Any) -> None:
    """Añade la orden ``datos`` a las de ``python -m labsupport``."""
    datos = orders.add_parser(
        "datos",
        help="dice qué hay en un archivo o una carpeta de datos y qué se haría con ellos",
        description="Lee unos datos como lo haría el laboratorio y cuenta qué encuentra: filas, lo "
        "que se aparta y por qué, columnas, clases, largos, repetidos, idioma y avisos.",
        epilog="ejemplo: python -m labsupport datos opiniones.csv -p label_column nota",
        allow_abbrev=False,
    )
    datos.add_argument(
        "source",
        nargs="?",
        metavar="DATOS",
        help="archivo, carpeta, «libro.xlsx#Hoja» o id del Hub (por omisión, los incluidos)",
    )
    add_parameters(
        datos, "text_column, label_column, header, model_name o max_length; se puede repetir"
    )
    datos.add_argument("--json", action="store_true", help="un objeto JSON en lugar de la tabla")
    datos.add_argument(
        "--filas",
        dest="rows",
        type=_read_count,
        metavar="N",
        help="con --json, añade las primeras N filas que se quedan",
    )
    datos.set_defaults(perform=perform_datos)


def perform_datos(options: argparse.Namespace) -> int:
    """Enseña lo que hay en los datos y devuelve 0; lanza LabError si no sirven."""
    from labsupport.data.gathering import gather_rows
    from labsupport.data.locations import split_sheet
    from labsupport.data.overview import describe_gathered, list_rows

    settings = _find(options)
    path, sheet = split_sheet(settings.dataset_path)
    gathered = gather_rows(
        Path(path),
        settings.text_column,
        settings.label_column,
        header=settings.header,
        sheet=sheet,
        seed=settings.data_seed,
        shown=options.rows or 0,
    )
    report = describe_gathered(gathered, settings)
    if not options.json:
        print(report)
        return 0
    content = report.translate()
    if options.rows is not None:
        content["filas"] = list_rows(gathered, options.rows)
    # Una consola que no es UTF-8 cambiaría en silencio lo que no sabe escribir.
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(content, ensure_ascii=plain, indent=1))
    return 0


def _find(options: argparse.Namespace) -> Settings:
    """Los parámetros pedidos, con la carpeta o el archivo de los datos y, si está, el modelo."""
    from labsupport.data.sources import find_sources

    values = read_parameters(options.parameters)
    if options.source is not None:
        values["dataset_name"] = options.source
    settings = find_sources(check_parameters(values), values)
    if not settings.dataset_folder:
        from labsupport.data.hub import fetch_dataset

        folder = fetch_dataset(settings.dataset_name, say=_say_nothing)
        settings = replace(settings, dataset_folder=str(folder))
    return settings


def _say_nothing(sentence: str) -> None:
    """En la salida estándar solo va el resultado."""


def _read_count(text: str) -> int:
    if not text.isdigit():
        raise LabError(f"--filas pide un número entero y recibió «{text}».")
    return int(text)
