"""La orden ``python -m labsupport nuevo``: una lección nueva, con las convenciones puestas."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from labsupport.base import paths
from labsupport.base.errors import LabError

NAME = re.compile(r"\d\d_[a-z0-9]+(?:_[a-z0-9]+)*")
LONGEST_TITLE = 70
NEXT = """
Ahora:
  1. Escribe en notebooks/{name}.ipynb lo que dice «(por escribir)»; después,
     python -m labsupport refresh {number}
  2. Ponla en la tabla del README y en la del recorrido de notebooks/00_inicio.ipynb, y
     enlázala desde la lección de antes.
  3. Añade «{name}» a la lista de tests/test_notebooks.py y ejecuta
     python -m pytest tests/test_notebooks.py
  4. Haz su ejercicio: exercises/source/ejercicio_{number}/ejercicio_{number}.ipynb
CONTRIBUTING.md lo cuenta paso a paso."""


def add_nuevo(orders: Any) -> None:
    """Añade la orden ``nuevo`` a las de ``python -m labsupport``."""
    nuevo = orders.add_parser(
        "nuevo",
        help="escribe el esqueleto de una lección nueva en notebooks/",
        description="Escribe en notebooks/ el esqueleto de una lección, lo ejecuta y dice qué "
        "queda por hacer.",
        epilog="ejemplo: python -m labsupport nuevo 09_traducir --title «Traducir reseñas»",
        allow_abbrev=False,
    )
    nuevo.add_argument("name", metavar="NOMBRE", help="dos cifras y un tema, como 09_traducir")
    nuevo.add_argument(
        "--title", default="", metavar="TÍTULO", help="el que se lee (por omisión, el tema)"
    )
    nuevo.set_defaults(perform=perform_nuevo)


def perform_nuevo(options: argparse.Namespace) -> int:
    """Escribe y ejecuta la lección; devuelve 0, o 1 si se escribió y no se pudo ejecutar.

    Lanza LabError si el nombre no vale, si esa lección ya existe o si no hay repositorio.
    """
    from labsupport.running.refresh import refresh_notebooks

    path = create_lesson(options.name, options.title)
    print(f"Escrita {paths.shorten_path(path)}; ahora la ejecuto, para guardar sus salidas.")
    executed = refresh_notebooks([path])
    print(NEXT.format(name=path.stem, number=path.stem[:2]))
    return 0 if executed else 1


def create_lesson(name: str, title: str = "") -> Path:
    """Escribe el esqueleto de la lección y devuelve su ruta; no cambia ninguna otra.

    Lanza LabError si el nombre o el título no valen, si ese número ya tiene lección o si el
    paquete no está en su repositorio.
    """
    from labsupport.base.files import write_atomically
    from labsupport.commands.skeleton import build_skeleton
    from labsupport.running.refresh import serialize

    name = name.strip().removesuffix(".ipynb")
    _check_name(name)
    _check_title(title)
    _check_place(name[:2])
    path = paths.NOTEBOOKS / f"{name}.ipynb"
    write_atomically(path, serialize(build_skeleton(name, title.strip())))
    return path


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name) or name.startswith("00"):
        raise LabError(
            f"«{name}» no vale como nombre de lección: son dos cifras, del 01 al 99, y un tema en "
            "minúsculas, sin acentos ni espacios, como «09_traducir»."
        )


def _check_title(title: str) -> None:
    if "\n" in title or len(title) > LONGEST_TITLE:
        raise LabError(
            f"El título tiene que caber en una línea de {LONGEST_TITLE} letras: acórtalo y repite."
        )


def _check_place(number: str) -> None:
    if not paths.is_checkout():
        raise LabError(
            "Las lecciones nuevas se escriben en el repositorio y este labsupport está instalado "
            "fuera de él: clónalo y repite la orden dentro."
        )
    taken = sorted(path.stem for path in paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if same := [stem for stem in taken if stem.startswith(number)]:
        free = int(taken[-1][:2]) + 1
        raise LabError(
            f"Ya hay una lección {number} (notebooks/{same[0]}.ipynb): elige otro número, como "
            f"{free:02}, o bórrala antes."
        )
