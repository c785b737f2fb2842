"""Construye el libro: un sitio con las lecciones, los ejercicios, la guía, las fichas y la API.

Uso: python tools/build_book.py [--out CARPETA]
No ejecuta los cuadernos: enseña las salidas que llevan guardadas. Un aviso de Sphinx es un fallo,
y entonces el libro que hubiera se queda como estaba.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterable, Sequence
from html import unescape
from pathlib import Path

from badges import LINKS_CELL, SETUP_CELL, Address, build_links, read_address

import labsupport
from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.files import replace_folder
from labsupport.commands.spanish_argparse import spanish_argparse

CONFIGURATION = paths.REPO / "docs" / "libro"
BOOK = paths.REPO / "build" / "libro"
NOTEBOOKS = ("notebooks/*.ipynb", "exercises/release/*/*.ipynb")
# Lo que se copia tal cual: páginas y lo que enlazan.
COPIED = ("docs/*.md", "notebooks/*.py", "labsupport/embedded/*/*.png")
CARDS = "labsupport/embedded/*/README.md"
TOOLS = ("sphinx", "myst_nb", "sphinx_book_theme")
NO_TOOLS = (
    "Falta lo que construye el libro ({}): ejecuta «make libro», que lo instala, o "
    "«pip install -e .[libro]», y repite la orden."
)
# Dicen de qué celda sale cada número; quien lee no los necesita.
MARK = re.compile(r"<!--=[^>]*-->")
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
FIGURE = re.compile(r"<!-- figura: (?P<notebook>\S+)#(?P<cell>\S+) -->")
BUTTONS = "<!-- botones -->"
IMAGE = re.compile(r'<img src="data:image/(\w+);base64,([^"]+)" alt="([^"]+)"')
UNTRANSLATED = {
    "Link to this heading": "Enlace a este apartado",
    "Link to this definition": "Enlace a este nombre",
    "Toggle primary sidebar": "Mostrar u ocultar el menú",
    "Toggle secondary sidebar": "Mostrar u ocultar los apartados",
    "Toggle hidden content": "Mostrar u ocultar el código",
    "Main": "Principal",
    "Page": "En esta página",
}
INCLUDED = (
    "Lo que viaja con el laboratorio, cada cosa con su ficha: de dónde sale y qué no se le puede "
    "pedir."
)
API = (
    "Lo que los cuadernos usan y no enseñan, carpeta por carpeta, en el orden en que pasan los "
    "datos. Sale de los docstrings; cada ejemplo se ejecuta con las pruebas. Todos los nombres, en "
    "el {ref}`índice <genindex>`."
)
# Lo que despliega una parte del menú es solo una flecha: quien no ve la página no sabe qué es.
UNNAMED = re.compile(r'<summary>(?=<span class="toctree-toggle")')
# Las celdas con que empieza todo cuaderno, iguales en todos: se despliegan a petición.
FOLDED = (SETUP_CELL, "preparacion")


def main(arguments: Sequence[str] | None = None) -> int:
    """Construye el libro; devuelve 0, o 1 si no se pudo."""
    options = parse_options(arguments)
    try:
        build_book(options.out.resolve(), read_address())
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"El libro está en {paths.shorten_path(options.out.resolve() / 'index.html')}.")
    return 0


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Lee las opciones."""
    with spanish_argparse():
        parser = argparse.ArgumentParser(
            prog="python tools/build_book.py",
            description="Construye el libro con las salidas guardadas en los cuadernos.",
            allow_abbrev=False,
        )
        parser.add_argument(
            "--out",
            type=Path,
            default=BOOK,
            metavar="CARPETA",
            help="dónde queda (por omisión, build/libro); lo que hubiera se sustituye",
        )
        return parser.parse_args(arguments)


def build_book(out: Path, address: Address) -> None:
    """Deja el libro en ``out``, entero o nada; ``address`` decide si lleva botones.

    Lanza LabError si falta una herramienta, si Sphinx avisa de algo o si ``out`` es de otra cosa.
    """
    check_tools()
    check_target(out)
    with tempfile.TemporaryDirectory(prefix="libro-") as work, replace_folder(out) as site:
        sources = Path(work, "fuentes")
        write_sources(sources, address)
        run_sphinx(sources, site)


def check_tools() -> None:
    """Lanza LabError si falta alguno de los paquetes del extra ``libro``."""
    missing = [name for name in TOOLS if importlib.util.find_spec(name) is None]
    if missing:
        raise LabError(NO_TOOLS.format(", ".join(missing)))


def check_target(out: Path) -> None:
    """Lanza LabError si en ``out`` hay algo que no es un libro anterior: no se borra lo ajeno."""
    if out.is_dir() and any(out.iterdir()) and not (out / "searchindex.js").exists():
        raise LabError(f"La carpeta {out} tiene otra cosa: vacíala o elige otra con --out.")


def run_sphinx(sources: Path, site: Path) -> None:
    """Convierte las fuentes en el sitio; lanza LabError si Sphinx avisa de algo, y dice de qué."""
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
    command += ["-c", str(CONFIGURATION), "-d", str(sources.parent / "doctrees")]
    done = subprocess.run(
        [*command, str(sources), str(site)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        said = done.stderr.replace(f"{sources}/", "").strip()
        raise LabError(f"El libro no se construyó: corrige lo que dice Sphinx.\n{said}")
    (site / ".buildinfo").unlink(missing_ok=True)
    for page in site.rglob("*.html"):
        page.write_text(translate(page.read_text(encoding="utf-8")), encoding="utf-8")


def translate(page: str) -> str:
    """Pone en español los rótulos que Sphinx y el tema no traducen.

    >>> translate('<a title="Link to this heading">#</a>')
    '<a title="Enlace a este apartado">#</a>'
    """
    for english, spanish in UNTRANSLATED.items():
        page = page.replace(f'"{english}"', f'"{spanish}"')
    return UNNAMED.sub('<summary aria-label="Mostrar u ocultar lo de dentro">', page)


# --- Las fuentes: las páginas del libro, en las mismas carpetas que en el repositorio -------------


def write_sources(folder: Path, address: Address) -> None:
    """Escribe en ``folder`` todo lo que Sphinx va a leer."""
    for path in find(*NOTEBOOKS):
        inside = path.relative_to(paths.REPO).as_posix()
        _write(folder / inside, prepare_notebook(path.read_text(encoding="utf-8"), inside, address))
    for path in find(*COPIED):
        _copy(path, folder / path.relative_to(paths.REPO))
    for path in find(CARDS):
        card = FRONT_MATTER.sub("", path.read_text(encoding="utf-8"))
        _write(folder / path.relative_to(paths.REPO), card)
    write_front_page(folder, address)
    write_api(folder / "api")


def find(*patterns: str) -> list[Path]:
    """Devuelve los archivos del repositorio que siguen algún patrón, en orden."""
    return [path for pattern in patterns for path in sorted(paths.REPO.glob(pattern))]


def prepare_notebook(text: str, inside: str, address: Address) -> str:
    """Devuelve un cuaderno como se lee en el libro: con sus botones y sin lo que es para Jupyter.

    >>> cells = [{"id": "a", "cell_type": "markdown", "metadata": {}, "source": "0,5<!--=b-->"}]
    >>> text = json.dumps({"cells": cells, "metadata": {}})
    >>> json.loads(prepare_notebook(text, "notebooks/a.ipynb", Address()))["cells"][0]["source"]
    '0,5'
    """
    notebook = json.loads(text)
    cells = [cell for cell in notebook["cells"] if cell["id"] != LINKS_CELL]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            cell["source"] = MARK.sub("", "".join(cell["source"]))
        elif _is_folded(cell):
            cell["metadata"].setdefault("tags", []).append("hide-input")
    if address.repository:
        source = write_buttons(address, inside)
        cells.insert(1, dict(id=LINKS_CELL, cell_type="markdown", metadata={}, source=source))
    return json.dumps({**notebook, "cells": cells}, ensure_ascii=False)


def _is_folded(cell: dict) -> bool:
    return cell["id"] in FOLDED or cell["metadata"].get("jupyter", {}).get("source_hidden", False)


def write_buttons(address: Address, inside: str) -> str:
    """Devuelve los botones que abren en la nube un cuaderno, o nada si no hay dirección.

    >>> write_buttons(Address(), "notebooks/00_inicio.ipynb")
    ''
    """
    if not address.repository:
        return ""
    links = build_links(address, inside)
    lines = "\n".join(f"[{name}]({link})" for name, link in links.items())
    return f":::{{container}} botones\nAbrir en:\n{lines}\n:::"


def write_front_page(folder: Path, address: Address) -> None:
    """Escribe la portada, con una figura de un cuaderno, y la página que lleva a las fichas."""
    text = (CONFIGURATION / "index.md").read_text(encoding="utf-8")
    text = text.replace(BUTTONS, write_buttons(address, "notebooks/00_inicio.ipynb"))
    _write(
        folder / "index.md",
        FIGURE.sub(lambda found: place_figure(folder, **found.groupdict()), text),
    )
    names = [path.parent.relative_to(paths.REPO).as_posix() + "/README" for path in find(CARDS)]
    _write(folder / "incluido.md", write_contents("Datos y modelos incluidos", INCLUDED, names))


def place_figure(folder: Path, notebook: str, cell: str) -> str:
    """Guarda en ``folder`` la figura de una celda y devuelve el Markdown que la enseña.

    Lanza LabError si esa celda ya no guarda ninguna figura con texto alternativo.
    """
    content = json.loads((paths.REPO / notebook).read_text(encoding="utf-8"))
    outputs = next((each.get("outputs", []) for each in content["cells"] if each["id"] == cell), [])
    pages = ("".join(output.get("data", {}).get("text/html", "")) for output in outputs)
    found = next(filter(None, map(IMAGE.search, pages)), None)
    if found is None:
        raise LabError(
            f"La celda «{cell}» de {notebook} no guarda una figura: elige otra en "
            "docs/libro/index.md."
        )
    kind, data, alternative = found.groups()
    name = f"portada.{kind.removesuffix('+xml')}"
    (folder / name).write_bytes(b64decode(data))
    return f"![{unescape(alternative)}]({name})"


def write_api(folder: Path) -> None:
    """Escribe una página por carpeta de ``labsupport``, con los docstrings de todos sus módulos."""
    names = re.findall(r"^- ``(\w+)``", labsupport.__doc__, re.M)
    for name in names:
        _write(folder / f"{name}.md", write_api_page(name))
    _write(folder / "index.md", write_contents("La API de labsupport", API, names))


def write_api_page(name: str) -> str:
    """Devuelve la página de una carpeta (o de un módulo suelto) de ``labsupport``."""
    blocks = [f"# labsupport.{name}\n"]
    for path in find(f"labsupport/{name}.py", f"labsupport/{name}/**/*.py"):
        parts = path.relative_to(paths.REPO).with_suffix("").parts
        if parts[-1] == "__init__":
            # Lo que reexporta está en la página de su módulo.
            blocks.append(_document(parts[:-1], "\n   :no-members:"))
        elif (path.parent / "__init__.py").exists():
            blocks.append(_document(parts))
    return "\n".join(blocks)


def _document(parts: tuple[str, ...], options: str = "") -> str:
    module = ".".join(parts)
    title = f"## {module}\n\n" if len(parts) > 2 else ""
    return f"{title}```{{eval-rst}}\n.. automodule:: {module}{options}\n```\n"


def write_contents(title: str, text: str, names: Iterable[str]) -> str:
    """Devuelve una página que presenta otras y enlaza a ellas."""
    entries = "\n".join(names)
    return f"# {title}\n\n{text}\n\n```{{toctree}}\n:titlesonly:\n\n{entries}\n```\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


if __name__ == "__main__":
    sys.exit(main())
