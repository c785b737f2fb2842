"""La dirección pública del laboratorio: se guarda en un archivo y se estampa en los demás.

Uso: python tools/badges.py [OWNER/REPO --ref v1.0.0 --colab-runtime 2026.10 | --remove]
Los botones del README, los enlaces de los cuadernos y la celda que los prepara en Colab salen de
``launch_address.json``. Mientras esté vacío, nada apunta a ninguna parte. Sin argumentos estampa
otra vez la dirección guardada.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.commands.spanish_argparse import spanish_argparse
from labsupport.running.refresh import serialize
from labsupport.running.whole_lab import ALL, find_notebooks

RECORD = "tools/launch_address.json"
FIRST = "notebooks/00_inicio.ipynb"
# Lo que GitHub admite como nombre de cuenta, de repositorio y de rama o etiqueta.
REPOSITORY = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}")
REF = re.compile(r"(?!.*\.\.)[A-Za-z0-9_](?:[A-Za-z0-9._/-]*[A-Za-z0-9_-])?")
RUNTIME = re.compile(r"20\d\d\.(?:0[1-9]|1[0-2])")
# Los de antes son de Python 3.12, con numpy y transformers por debajo de requirements.txt.
OLDEST_RUNTIME = "2026.08"
IMAGES = {
    "Google Colab": "https://colab.research.google.com/assets/colab-badge.svg",
    "SageMaker Studio Lab": "https://studiolab.sagemaker.aws/studiolab.svg",
    "Binder": "https://mybinder.org/badge_logo.svg",
}
README_BLOCK = re.compile(r"(?<=<!-- insignias -->\n).*?(?=<!-- fin de las insignias -->)", re.S)
NO_BUTTONS = "Los botones llegarán cuando el repositorio tenga dirección pública.\n"
ARCHIVE_LINE = re.compile(r'^ARCHIVE = "[^"]*"', re.M)
LINKS_CELL, SETUP_CELL = "nube", "setup"
# De la celda de preparación, lo que solo hace en Colab.
INSTALLATION = re.compile(r"\A.*?%pip [^\n]*", re.S)


def main(arguments: Sequence[str] | None = None) -> int:
    """Estampa la dirección pedida; devuelve 0, 1 si no se pudo o 2 si está mal escrita."""
    options = parse_options(arguments)
    try:
        address = choose_address(options)
    except LabError as error:
        return _complain(error, 2)
    try:
        changed = [path.name for path in stamp_address(address)]
    except LabError as error:
        return _complain(error, 1)
    print(f"Dirección: {address.repository or 'ninguna'} {address.ref}".rstrip() + ".")
    if address.colab_runtime:
        print(f"En Colab se abren con el entorno {address.colab_runtime}, no con el último.")
    print(f"Cambiados: {', '.join(changed)}." if changed else "Todo estaba ya al día.")
    return 0


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Lee las opciones."""
    with spanish_argparse():
        parser = argparse.ArgumentParser(
            prog="python tools/badges.py",
            description="Guarda la dirección pública y la estampa en el README y los cuadernos.",
            epilog="ejemplo: python tools/badges.py ana/laboratorio --ref v1.0.0",
            allow_abbrev=False,
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "repository",
            nargs="?",
            metavar="OWNER/REPO",
            help="repositorio de GitHub (por omisión, el que ya está guardado)",
        )
        what.add_argument("--remove", action="store_true", help="quita la dirección y los botones")
        parser.add_argument(
            "--ref", default="main", metavar="REF", help="rama o etiqueta (por omisión, main)"
        )
        parser.add_argument(
            "--colab-runtime",
            default="",
            metavar="AAAA.MM",
            help="entorno de Colab con que se abren los cuadernos (por omisión, el último)",
        )
        return parser.parse_args(arguments)


def choose_address(options: argparse.Namespace) -> Address:
    """Devuelve la dirección que piden las opciones: la dada, la guardada o ninguna.

    Lanza LabError si está mal escrita o si se elige un entorno de Colab sin dirección.
    """
    runtime = options.colab_runtime and parse_runtime(options.colab_runtime)
    if options.repository:
        return replace(parse_address(options.repository, options.ref), colab_runtime=runtime)
    stored = Address() if options.remove else read_address()
    if runtime and not stored.repository:
        raise LabError("--colab-runtime va con una dirección: escribe también OWNER/REPO.")
    return replace(stored, colab_runtime=runtime or stored.colab_runtime)


def _complain(error: LabError, code: int) -> int:
    print(error, file=sys.stderr)
    return code


@dataclass(frozen=True)
class Address:
    """Dónde está publicado: ``repository`` es «OWNER/REPO»; vacío, en ninguna parte.

    ``colab_runtime``: el entorno de Colab con que se abren los cuadernos; vacío, el último.
    """

    repository: str = ""
    ref: str = ""
    colab_runtime: str = ""

    @property
    def archive(self) -> str:
        """El zip que instala la celda de preparación en Colab.

        >>> Address("ana/lab", "v1.0").archive
        'https://github.com/ana/lab/archive/v1.0.zip'
        """
        if not self.repository:
            return ""
        return f"https://github.com/{self.repository}/archive/{self.ref}.zip"


def parse_address(repository: str, ref: str) -> Address:
    """Devuelve la dirección ya revisada; lanza LabError si GitHub no la admitiría.

    >>> parse_address("ana/lab", "main")
    Address(repository='ana/lab', ref='main', colab_runtime='')
    >>> parse_address("https://github.com/ana/lab", "main")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: «https://github.com/ana/lab» no es una dirección: escríbela ...
    """
    if not REPOSITORY.fullmatch(repository):
        raise LabError(
            f"«{repository}» no es una dirección: escríbela como OWNER/REPO, por ejemplo "
            "ana/laboratorio, sin https ni el nombre del sitio."
        )
    if not REF.fullmatch(ref) or ref.endswith(".lock"):
        raise LabError(
            f"«{ref}» no es una rama ni una etiqueta: usa letras, números, punto, guion o barra, "
            "por ejemplo --ref v1.0.0."
        )
    return Address(repository, ref)


def parse_runtime(version: str) -> str:
    """Devuelve el entorno de Colab, ya revisado; lanza LabError si no sirve para el laboratorio.

    >>> parse_runtime("2026.10")
    '2026.10'
    >>> parse_runtime("2026.07")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: El entorno 2026.07 de Colab trae versiones anteriores a las ...
    """
    if not RUNTIME.fullmatch(version):
        raise LabError(
            f"«{version}» no es un entorno de Colab: escribe el año y el mes, por ejemplo "
            "--colab-runtime 2026.10."
        )
    if version < OLDEST_RUNTIME:
        raise LabError(
            f"El entorno {version} de Colab trae versiones anteriores a las de requirements.txt: "
            f"elige uno de {OLDEST_RUNTIME} en adelante."
        )
    return version


def read_address() -> Address:
    """Lee la dirección guardada."""
    return Address(**json.loads((paths.REPO / RECORD).read_text(encoding="utf-8")))


def build_links(address: Address, inside: str) -> dict[str, str]:
    """Devuelve servicio a enlace para abrir en cada uno el cuaderno ``inside`` del repositorio.

    >>> build_links(Address("ana/lab", "main"), "notebooks/00_inicio.ipynb")["Binder"]
    'https://mybinder.org/v2/gh/ana/lab/main?urlpath=lab/tree/notebooks/00_inicio.ipynb'
    """
    blob = f"{address.repository}/blob/{address.ref}/{inside}"
    binder = f"{address.repository}/{quote(address.ref, safe='')}?urlpath=lab/tree/{inside}"
    return {
        "Google Colab": f"https://colab.research.google.com/github/{blob}",
        "SageMaker Studio Lab": f"https://studiolab.sagemaker.aws/import/github/{blob}",
        "Binder": f"https://mybinder.org/v2/gh/{binder}",
    }


def stamp_address(address: Address) -> list[Path]:
    """Escribe la dirección en todos los archivos que la llevan y devuelve los que cambiaron.

    Una dirección vacía quita los botones. Lanza LabError si falta el sitio donde va alguna,
    y entonces no cambia ninguno.
    """
    texts = plan_stamps(address)
    changed = [path for path, text in texts.items() if path.read_bytes() != text.encode("utf-8")]
    for path in changed:
        write_atomically(path, texts[path])
    return changed


def plan_stamps(address: Address) -> dict[Path, str]:
    """Devuelve qué texto debe tener cada archivo que lleva la dirección, sin escribir nada."""
    if not paths.is_checkout():
        raise LabError("Los botones van en el repositorio: clónalo y repite la orden dentro de él.")
    readme = paths.REPO / "README.md"
    record = json.dumps(asdict(address), indent=2) + "\n"
    lessons = {path: _stamp_lesson(path, address) for path in find_notebooks([ALL])}
    installation = _read_installation(next(iter(lessons.values())))
    exercises = {
        path: _stamp_exercise(path, address, installation)
        for path in sorted(paths.REPO.glob("exercises/*/*/*.ipynb"))
    }
    texts = {paths.REPO / RECORD: record, readme: _stamp_readme(readme, address)}
    return {**texts, **lessons, **exercises}


def _stamp_readme(path: Path, address: Address) -> str:
    text = path.read_text(encoding="utf-8")
    if not README_BLOCK.search(text):
        raise LabError(f"{path.name} no tiene las líneas <!-- insignias -->: recupéralas con git.")
    return README_BLOCK.sub(lambda _: _write_buttons(address), text)


def _write_buttons(address: Address) -> str:
    if not address.repository:
        return NO_BUTTONS
    links = build_links(address, FIRST)
    return "".join(f"[![Abrir en {name}]({IMAGES[name]})]({links[name]})\n" for name in links)


def _stamp_lesson(path: Path, address: Address) -> str:
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    setup = next((cell for cell in notebook.cells if cell.id == SETUP_CELL), None)
    if setup is None or not ARCHIVE_LINE.search(setup.source):
        raise LabError(f"{path.name} no tiene la celda de preparación: recupérala con git.")
    setup.source = ARCHIVE_LINE.sub(f'ARCHIVE = "{address.archive}"', setup.source)
    notebook.cells = [cell for cell in notebook.cells if cell.id != LINKS_CELL]
    if address.repository:
        links = _write_links(address, f"notebooks/{path.name}")
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(links, id=LINKS_CELL))
    _stamp_runtime(notebook.metadata, address.colab_runtime)
    return serialize(notebook)


def _stamp_runtime(metadata: dict[str, Any], version: str) -> None:
    """Dice a Colab con qué entorno abrir el cuaderno, o lo quita; lo demás de Colab se queda."""
    kept = dict(metadata.pop("colab", {}))
    kept.pop("runtime_attributes", None)
    if version:
        kept["runtime_attributes"] = {"runtime_version": version}
    if kept:
        metadata["colab"] = kept


def _read_installation(lesson: str) -> str:
    """Devuelve lo que la celda de preparación de una lección hace solo en Colab."""
    cells = json.loads(lesson)["cells"]
    source = "".join(next(cell["source"] for cell in cells if cell["id"] == SETUP_CELL))
    return INSTALLATION.search(source)[0]


def _stamp_exercise(path: Path, address: Address, installation: str) -> str:
    """Pone dos celdas más, que nbgrader no lleva en cuenta, o las quita si no hay dirección."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.id not in (LINKS_CELL, SETUP_CELL)]
    if address.repository:
        # El resuelto enlaza a lo que se reparte, que se genera copiando sus celdas.
        links = _write_links(address, f"exercises/release/{path.stem}/{path.name}")
        place = next(n for n, cell in enumerate(cells) if cell.cell_type == "code")
        cells.insert(place, nbformat.v4.new_code_cell(installation, id=SETUP_CELL))
        cells.insert(1, nbformat.v4.new_markdown_cell(links, id=LINKS_CELL))
    notebook.cells = cells
    _stamp_runtime(notebook.metadata, address.colab_runtime)
    return serialize(notebook)


def _write_links(address: Address, inside: str) -> str:
    # Enlaces de texto: una imagen remota dejaría un hueco al abrir el cuaderno sin red.
    links = build_links(address, inside)
    return "**Sin instalar nada:** " + " · ".join(f"[{name}]({links[name]})" for name in links)


if __name__ == "__main__":
    sys.exit(main())
