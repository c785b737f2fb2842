"""Pone constraints-colab.txt al día con la lista de paquetes de Google Colab y dice qué cambia.

Uso: python tools/colab_versions.py colab-2026-08.txt [--date 2026-08] [--check]
La lista es lo que escribe ``pip freeze`` en un cuaderno de Colab. Se guarda entera: pip solo mira
las líneas de lo que instala, así que ninguna que toque al laboratorio se queda fuera. Lo que no
puede usarse, porque la primera celda instala otra cosa, queda escrito con su motivo.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.commands.spanish_argparse import spanish_argparse

TARGET = "constraints-colab.txt"
FIRST_CELL = re.compile(r'^MISSING = "([^"]*)"', re.M)
DATE = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])")
HEADER = """\
# La imagen de Google Colab de {date}; la escribe «python tools/colab_versions.py LISTA».
# Lo usa «make test-colab», que ejecuta los cuadernos con estas versiones. Está la lista entera: pip
# solo mira las líneas de lo que instala; lo que no está lo resuelve dentro de requirements.txt.
# Sin el sufijo de la imagen (+cu128): es la misma versión de torch, para la CUDA que haya.
"""
ORIGIN = re.compile(r"imagen de Google Colab de (20\d\d-\d\d)")
LEFT_OUT_TITLE = "# De la imagen, lo que aquí no puede usarse, y por qué:\n"
LEFT_OUT = re.compile(r"^#- (\S+)==(\S+)  (.+)$", re.M)
ADDED_TITLE = """\
# Lo que pone la primera celda de cada cuaderno sobre lo que hay: evaluate, que la imagen no trae, y
# keras y keras-hub, porque los de la imagen (keras-hub 0.26) no leen un checkpoint guardado por
# transformers 5, que llama «weight» y «bias» a los pesos de LayerNorm.
"""
KEPT_TITLE = "# Lo que la lista calla y la imagen tiene; anotado a mano:\n"
# Los paquetes que trae torch de CUDA: los de la imagen son de otra compilación.
CUDA = re.compile(r"nvidia-|cuda-|triton$")
# La lista no nombra torch, que en Colab se instala aparte.
KEPT = ("torch",)


@dataclass
class Image:
    """Lo que dice una lista: nombre a versión, y las líneas que no dicen ninguna."""

    date: str
    versions: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Atiende la línea de órdenes; devuelve 0, o 1 si no se pudo o algo se sale de los rangos."""
    options = parse_options(arguments)
    try:
        image = read_image(options.list, options.date)
        text = write_constraints(image, read_pins(paths.REPO / TARGET))
        outside = report(image, text)
        if not options.check:
            write_atomically(paths.REPO / TARGET, text)
            print(f"\nEscrito {TARGET}: ejecuta ahora «make test-colab».")
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if outside else 0


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Lee las opciones."""
    with spanish_argparse():
        parser = argparse.ArgumentParser(
            prog="python tools/colab_versions.py",
            description="Pone constraints-colab.txt al día con una lista de paquetes de Colab.",
            epilog="la lista: en un cuaderno de Colab, «!pip freeze > colab-2026-08.txt»",
            allow_abbrev=False,
        )
        parser.add_argument("list", type=Path, metavar="LISTA", help="lo que escribió pip freeze")
        parser.add_argument(
            "--date", metavar="AAAA-MM", help="de cuándo es (por omisión, lo dice su nombre)"
        )
        parser.add_argument("--check", action="store_true", help="solo dice qué cambiaría")
        return parser.parse_args(arguments)


# --- Leer la lista ------------------------------------------------------------------------


def read_image(path: Path, date: str | None = None) -> Image:
    """Lee una lista de ``pip freeze``.

    Lanza LabError si no se puede leer, si no se sabe de cuándo es o si no parece de Colab.
    """
    image = Image(find_date(path, date))
    for line in _read_text(path).splitlines():
        line = line.split("#")[0].strip() if not line.startswith("-e ") else line.strip()
        if line:
            _read_line(line, image, path)
    missing = [name for name in ("numpy", "tensorflow", "ipykernel") if name not in image.versions]
    if missing or len(image.unread) > len(image.versions):
        raise LabError(
            f"«{path}» no parece la lista de Colab: "
            + (f"le falta {', '.join(missing)}" if missing else "casi nada es «nombre==versión»")
            + ". Guarda de nuevo la salida entera de «pip freeze» y repite la orden."
        )
    return image


def find_date(path: Path, date: str | None) -> str:
    """Devuelve el año y el mes de la lista: los pedidos o los de su nombre.

    >>> find_date(Path("colab-2026-08.txt"), None)
    '2026-08'
    """
    found = DATE.fullmatch(date) if date else DATE.search(path.name)
    if not found:
        raise LabError(
            f"No sé de cuándo es «{path.name}»: dilo con --date, año y mes, por ejemplo "
            "--date 2026-08."
        )
    return found[0]


def read_line(line: str) -> tuple[str, str] | None:
    """Devuelve nombre y versión de una línea de ``pip freeze``, sin sufijo; None si no la dice.

    >>> read_line("torch==2.11.0+cu128"), read_line("google-colab @ git+x")
    (('torch', '2.11.0'), None)
    >>> read_line("torch @ https://example.org/torch-2.11.0%2Bcu128-cp313-cp313-linux_x86_64.whl")
    ('torch', '2.11.0')
    """
    try:
        requirement = Requirement(line)
        if requirement.url:
            name = unquote(urlsplit(requirement.url).path).rpartition("/")[2]
            return requirement.name, parse_wheel_filename(name)[1].public
        (pin,) = requirement.specifier
        return (requirement.name, Version(pin.version).public) if pin.operator == "==" else None
    except (InvalidRequirement, InvalidVersion, InvalidWheelFilename, ValueError):
        return None


def _read_line(line: str, image: Image, path: Path) -> None:
    found = read_line(line)
    if found is None:
        image.unread.append(line)
        return
    name, version = canonicalize_name(found[0]), found[1]
    if image.versions.setdefault(name, version) != version:
        raise LabError(
            f"«{path}» dice dos versiones de {name}, {image.versions[name]} y {version}: deja solo "
            "la que tiene Colab y repite la orden."
        )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise LabError(
            f"«{path}» no es un archivo de texto: guarda de nuevo la salida de «pip freeze» y "
            "repite la orden."
        ) from None
    except OSError as error:
        raise LabError(
            f"No se pudo leer «{path}» ({error.strerror}): revisa la ruta y repite la orden."
        ) from None


# --- Lo que no puede usarse ---------------------------------------------------------------


def read_first_cell() -> dict[str, str]:
    """Devuelve lo que instala la primera celda: nombre a versión exacta, vacía si no la fija."""
    notebook = json.loads((paths.NOTEBOOKS / "00_inicio.ipynb").read_text(encoding="utf-8"))
    source = "".join(next(cell["source"] for cell in notebook["cells"] if cell["id"] == "setup"))
    words = FIRST_CELL.search(source)[1].split()
    return {
        canonicalize_name(name): version for name, _, version in (w.partition("==") for w in words)
    }


def find_left_out(versions: Mapping[str, str], installed: Mapping[str, str]) -> dict[str, str]:
    """Devuelve nombre a motivo de las líneas de la imagen que no se usan.

    ``installed``: lo que pone la primera celda, con --no-deps; lo que sus paquetes piden y la
    imagen no cumple se queda fuera, porque pip no los instalaría juntos.
    """
    reasons = {
        name: f"la primera celda instala {name} {installed[name]}"
        for name in versions
        if installed.get(name)
    }
    for name in installed:
        for wanted in _list_dependencies(name, installed[name]):
            version = versions.get(canonicalize_name(wanted.name))
            if version and not wanted.specifier.contains(version, prereleases=True):
                reasons.setdefault(
                    canonicalize_name(wanted.name),
                    f"{name} {installed[name]}, de la primera celda, pide {wanted.name}"
                    f"{wanted.specifier}",
                )
    cuda = {name: "torch trae la suya, de otra CUDA" for name in versions if CUDA.match(name)}
    return dict(sorted({**cuda, **reasons}.items()))


def _list_dependencies(name: str, version: str) -> list[Requirement]:
    """Lo que pide un paquete de la primera celda, según lo instalado aquí."""
    if not version:
        return []
    found = next(iter(_find_distribution(name)), None)
    if found is None or Version(found.version).public != version:
        raise LabError(
            f"Para saber qué pide {name} {version}, que instala la primera celda, hay que tenerlo: "
            "usa el Python de .venv (make install) y repite la orden."
        )
    return _read_wanted(found)


def _read_wanted(found: importlib.metadata.Distribution) -> list[Requirement]:
    wanted = [Requirement(line) for line in found.requires or []]
    return [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]


def find_misfits(versions: Mapping[str, str]) -> list[str]:
    """Devuelve qué herramientas de probar y calificar piden otra versión que la de la imagen.

    Solo mira las instaladas aquí; el extra «colab», que es el de .venv-colab, va sin ellas.
    """
    extras = _read_project()["optional-dependencies"]
    lines = {line for name in extras if name not in ("colab", "masalla") for line in extras[name]}
    tools = {Requirement(line).name for line in lines} - {_read_project()["name"]}
    here = {name: found for name in sorted(tools) for found in _find_distribution(name)}
    return [
        f"{name} {found.version} pide {each.name}{each.specifier} y la imagen tiene {version}"
        for name, found in here.items()
        for each in _read_wanted(found)
        if (version := versions.get(canonicalize_name(each.name)))
        and not each.specifier.contains(version, prereleases=True)
    ]


def _find_distribution(name: str) -> list[importlib.metadata.Distribution]:
    try:
        return [importlib.metadata.distribution(name)]
    except importlib.metadata.PackageNotFoundError:
        return []


def _read_project() -> dict[str, Any]:
    import tomllib

    return tomllib.loads((paths.REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]


# --- Escribir -----------------------------------------------------------------------------


def write_constraints(image: Image, before: Mapping[str, str]) -> str:
    """Devuelve el texto de constraints-colab.txt para esta imagen.

    ``before``: lo que fijaba; de ahí sale lo que la lista calla (torch).
    """
    installed = read_first_cell()
    left_out = find_left_out(image.versions, installed)
    used = {name: image.versions[name] for name in image.versions if name not in left_out}
    kept = {name: before[name] for name in KEPT if name not in used and name in before}
    added = {name: version for name, version in installed.items() if version}
    reasons = [f"#- {name}=={image.versions[name]}  {why}\n" for name, why in left_out.items()]
    parts = [HEADER.format(date=image.date), LEFT_OUT_TITLE, *reasons]
    parts += [ADDED_TITLE, *_write_pins(added)]
    parts += [KEPT_TITLE, *_write_pins(kept)] if kept else []
    return "".join([*parts, "# La imagen:\n", *_write_pins(used)])


def _write_pins(versions: Mapping[str, str]) -> list[str]:
    return [f"{name}=={versions[name]}\n" for name in sorted(versions)]


def read_pins(path: Path) -> dict[str, str]:
    """Devuelve nombre a versión de un archivo de pip, con lo que la imagen tiene y no se usa."""
    return parse_pins(path.read_text(encoding="utf-8")) if path.is_file() else {}


def parse_pins(text: str) -> dict[str, str]:
    r"""Devuelve nombre a versión de las líneas que fijan algo.

    >>> parse_pins("# nota\nkeras==3.15.1\n")
    {'keras': '3.15.1'}
    """
    found = filter(None, (read_line(line.split("#")[0].strip()) for line in text.splitlines()))
    return {canonicalize_name(name): version for name, version in found}


# --- Contar lo que cambia -----------------------------------------------------------------


def report(image: Image, text: str) -> list[str]:
    """Dice qué cambia, de lo que el laboratorio toca, y devuelve lo que se sale de los rangos."""
    old_text = _read_target()
    before, after = parse_pins(old_text), parse_pins(text)
    touched = list_touched()
    said = ORIGIN.search(old_text)
    print(
        f"Lista de {image.date}: {len(image.versions)} paquetes, "
        f"{len(touched & after.keys())} de los que el laboratorio instala"
        f"{f'; antes había la de {said[1]}' if said else ''}."
    )
    both = sorted(touched & before.keys() & after.keys())
    moved = [f"{n} {before[n]} → {after[n]}" for n in both if before[n] != after[n]]
    _say("Cambian de versión", moved)
    _say("Nuevos", [f"{n} {after[n]}" for n in sorted(touched & after.keys() - before.keys())])
    _say(
        "Ya no están", [f"{n} {before[n]}" for n in sorted(touched & before.keys() - after.keys())]
    )
    others = {n for n in before.keys() ^ after.keys() if n not in touched}
    others |= {n for n in before.keys() & after.keys() - touched if before[n] != after[n]}
    print(f"De lo que no toca al laboratorio cambian {len(others)}.")
    _say("No se usan", [f"{n} {v}: {why}" for n, v, why in LEFT_OUT.findall(text)])
    _say("No caben con la imagen, y .venv-colab va sin ellas", find_misfits(after))
    _say("Sin versión en la lista, y no se usan", image.unread)
    absent = [n for n in read_ranges() if n not in after]
    _say("Los pone pip, que en la imagen no están", absent)
    _say("Siguen anotados a mano, que la lista los calla", _list_kept(image, after))
    outside = [
        f"{name} {after[name]} (pedimos {wanted})"
        for name, wanted in read_ranges().items()
        if name in after and not wanted.contains(after[name], prereleases=True)
    ]
    _say("FUERA DE NUESTROS RANGOS", outside)
    return outside


def list_touched() -> set[str]:
    """Devuelve los nombres de lo que el laboratorio instala, con todo lo que arrastra.

    Lo que fija constraints.txt y, si ya existe, lo que hay en .venv-colab: las versiones de Colab
    arrastran otras cosas (ipython-genutils, nbclassic).
    """
    folders = [str(path) for path in paths.REPO.glob(".venv-colab/lib/python*/site-packages")]
    folders += [str(path) for path in paths.REPO.glob(".venv-colab/Lib/site-packages")]
    installed = importlib.metadata.distributions(path=folders) if folders else []
    names = {canonicalize_name(found.name) for found in installed}
    return names | read_pins(paths.REPO / "constraints.txt").keys()


def read_ranges() -> dict[str, SpecifierSet]:
    """Devuelve los rangos que pedimos: los de requirements.txt y los del extra «masalla»."""
    text = (paths.REPO / "requirements.txt").read_text(encoding="utf-8")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    lines += _read_project()["optional-dependencies"]["masalla"]
    wanted = [Requirement(line) for line in lines if line]
    return {canonicalize_name(each.name): each.specifier for each in wanted}


def _list_kept(image: Image, after: Mapping[str, str]) -> list[str]:
    return [f"{n} {after[n]}" for n in KEPT if n not in image.versions and n in after]


def _read_target() -> str:
    path = paths.REPO / TARGET
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _say(title: str, items: Iterable[str]) -> None:
    lines = list(items)
    if lines:
        print(f"{title}:")
        print("".join(f"  {line}\n" for line in lines), end="")


if __name__ == "__main__":
    sys.exit(main())
