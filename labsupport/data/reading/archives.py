"""Lo comprimido (gz, bz2, xz, zip, tar) se saca a una carpeta temporal, con un límite.

Un archivo pequeño puede ocupar al descomprimirlo más que el disco, así que se mira lo que dice que
ocupa y lo que de verdad se va escribiendo.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import re
import shutil
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from labsupport.base.encodings import find_encoding
from labsupport.base.errors import LabError
from labsupport.data.reading.kinds import BZIP2, GZIP, XZ, ZIP

GIB = 2**30
# Más de esto no es un dataset para estos cuadernos, o es una bomba.
MOST_UNPACKED = 20 * GIB
MOST_FILES = 500_000
# Lo que se deja libre para lo demás que se escribe.
RESERVE = GIB // 4
BLOCK = 2**20
_OPENERS: dict[str, Callable[..., Any]] = {GZIP: gzip.open, BZIP2: bz2.open, XZ: lzma.open}
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError)
_DAMAGE += (EOFError, NotImplementedError, ValueError)
_UNSAFE = re.compile(r'[<>:"|?*\\\0-\x1f]')
LONGEST_NAME = 100


class TemporaryFolder:
    """Una carpeta temporal que se borra cuando ya nadie guarda este objeto, o al salir."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="laboratorio-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class _Member:
    """Un archivo de dentro: cuánto dice que ocupa y cómo se abre."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


def decompress(path: Path, kind: str) -> tuple[TemporaryFolder, Path]:
    """Descomprime un .gz, .bz2 o .xz, y devuelve dónde y el archivo, que pierde esa extensión.

    Lanza LabError si está dañado o si no cabe.
    """
    name = path.stem + ".tar" if path.suffix.lower() == ".tgz" else path.stem
    if path.suffix[1:].lower() not in (*_OPENERS, "tgz"):
        name = path.name
    folder = TemporaryFolder()
    target = folder.path / name
    with _explaining(path.name), _OPENERS[kind](path, "rb") as source:
        _copy(source, target, _Budget(path.name, folder.path))
    return folder, target


def unpack(path: Path, kind: str) -> TemporaryFolder:
    """Saca los archivos de un zip o un tar, con sus carpetas; nada se escribe fuera de ellas.

    Lanza LabError si está dañado o con contraseña, si no cabe o si un nombre se repite.
    """
    folder = TemporaryFolder()
    budget = _Budget(path.name, folder.path)
    with _explaining(path.name), (_open_zip if kind == ZIP else _open_tar)(path) as members:
        wanted = [each for each in members if not is_hidden(PurePosixPath(each.name))]
        budget.check_declared(wanted)
        for member in wanted:
            target = folder.path.joinpath(*_clean_parts(member.name))
            if target.exists():
                raise LabError(
                    f"{path.name} tiene dos archivos con el mismo nombre ({target.name}): "
                    "descomprímelo, déjalo en una carpeta y pon esa carpeta."
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source:
                _copy(source, target, budget)
    return folder


def is_hidden(name: PurePosixPath) -> bool:
    """Dice si un archivo es del sistema y no de la persona: oculto, de macOS o un cerrojo de Excel.

    >>> is_hidden(PurePosixPath("__MACOSX/._a.csv")), is_hidden(PurePosixPath("a/~$b.xlsx"))
    (True, True)
    """
    system = ("__MACOSX", "Thumbs.db", "desktop.ini")
    parts = [part for part in name.parts if part not in (".", "..")]
    return any(part in system or part.startswith((".", "~$")) for part in parts)


@contextmanager
def _explaining(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise _explain_damage(name) from error
    except OSError as error:
        # Una posición imposible dentro del archivo (EINVAL) es también un daño.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _explain_damage(name) from error


def _explain_damage(name: str) -> LabError:
    return LabError(
        f"{name} está dañado, a medias o comprimido de un modo que no se conoce: descárgalo otra "
        "vez, o descomprímelo y pon lo que hay dentro."
    )


class _Budget:
    """Los bytes que aún se pueden escribir."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.left = min(MOST_UNPACKED, shutil.disk_usage(folder).free - RESERVE)

    def check_declared(self, members: list[_Member]) -> None:
        if len(members) > MOST_FILES:
            raise LabError(f"{self.name} tiene más de {MOST_FILES} archivos: quita los que sobren.")
        if sum(member.size for member in members) > self.left:
            raise self._refuse()

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise self._refuse()

    def _refuse(self) -> LabError:
        return LabError(
            f"{self.name} no cabe descomprimido: se admiten hasta {MOST_UNPACKED / GIB:.0f} GiB, y "
            "lo que quede libre en el disco temporal. Descomprímelo en otro sitio y pon esa ruta."
        )


def _copy(source: IO[bytes], target: Path, budget: _Budget) -> None:
    with target.open("wb") as file:
        while block := source.read(BLOCK):
            budget.spend(len(block))
            file.write(block)


@contextmanager
def _open_zip(path: Path) -> Iterator[list[_Member]]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if any(info.flag_bits & 1 for info in infos):
            raise LabError(
                f"{path.name} tiene contraseña: descomprímelo y pon la ruta de lo que hay dentro."
            )
        yield [
            _Member(_read_name(info), info.file_size, partial(archive.open, info)) for info in infos
        ]


def _read_name(info: zipfile.ZipInfo) -> str:
    """El nombre de un archivo de un zip; los de Windows van a menudo en la página de MS-DOS."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    try:
        codec = find_encoding(io.BytesIO(raw), info.filename).codec
    except LabError:
        codec = "cp850"
    return raw.decode(codec, "replace")


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    source = archive.extractfile(member)
    assert source is not None, "solo se abren los archivos"
    return source


@contextmanager
def _open_tar(path: Path) -> Iterator[list[_Member]]:
    with tarfile.open(path) as archive:
        yield [
            _Member(each.name, each.size, partial(_extract, archive, each))
            for each in archive.getmembers()
            if each.isfile()
        ]


def _clean_parts(name: str) -> list[str]:
    """Los nombres de las carpetas y del archivo, sin nada que lleve a otro sitio.

    >>> _clean_parts("../../etc/a:b.csv"), _clean_parts("C:/datos/a.csv")
    (['etc', 'a_b.csv'], ['C_', 'datos', 'a.csv'])
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    cleaned = [_UNSAFE.sub("_", part) for part in parts] or ["archivo"]
    return [part if len(part) <= LONGEST_NAME else _shorten(part) for part in cleaned]


def _shorten(name: str) -> str:
    ending = Path(name).suffix[-20:]
    return name[: LONGEST_NAME - len(ending)] + ending
