"""La orden ``python -m labsupport demo``: el modelo guardado, en una página de esta máquina."""

from __future__ import annotations

import argparse
from typing import Any

from labsupport.base.errors import LabError


def add_demo(orders: Any) -> None:
    """Añade la orden ``demo`` a las de ``python -m labsupport``."""
    demo = orders.add_parser(
        "demo",
        help="abre una página en que escribir textos y ver qué dice el modelo guardado",
        description="Abre en el navegador una demo del modelo que guardó el cuaderno 02: escribes "
        "un texto y ves la probabilidad de cada clase. Solo se ve desde esta máquina.",
        epilog="ejemplo: python -m labsupport demo --model results/modelo-trainer-mini",
        allow_abbrev=False,
    )
    demo.add_argument(
        "--model", metavar="CARPETA", help="otro modelo (por omisión, el del cuaderno 02)"
    )
    demo.add_argument(
        "--port",
        type=_read_port,
        default=7860,
        metavar="N",
        help="puerto (por omisión, 7860); si está ocupado, el siguiente libre",
    )
    demo.add_argument(
        "--no-browser", dest="browser", action="store_false", help="no abrir el navegador"
    )
    demo.set_defaults(perform=perform_demo)


def perform_demo(options: argparse.Namespace) -> int:
    """Enseña el modelo hasta Ctrl-C y devuelve 0; lanza LabError si no hay modelo o falta algo."""
    from labsupport.notebook import need_library
    from labsupport.sharing.demo import build_local_demo, find_demo_model, serve_demo

    need_library("gradio")
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = find_demo_model(options.model)
    print(f"Preparo la demo de «{folder.name}»...")
    serve_demo(build_local_demo(folder), options.port, options.browser)
    return 0


def _read_port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) < 2**16:
        raise LabError(f"--port pide un número entre 1 y 65535 y recibió «{text}».")
    return int(text)
