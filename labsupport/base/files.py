"""Archivos que aparecen enteros o no aparecen: nombre temporal y cambio de nombre al final."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK_NAME = ".cerrojo"
# Donde van los checkpoints de los entrenamientos, dentro de la carpeta de resultados.
WORK_FOLDER = "checkpoints"
GIB = 2**30
# A partir de aquí, lo que se acumula de otras veces se anuncia.
LARGE = GIB


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """Da un nombre temporal junto a ``path``; si el bloque acaba bien, ocupa su lugar.

    Lanza OSError si no se puede escribir; en ese caso ``path`` queda como estaba.

    >>> folder = Path(tempfile.mkdtemp())
    >>> with replace_atomically(folder / "a.txt") as temporary:
    ...     _ = temporary.write_text("hola", encoding="utf-8")
    >>> [file.name for file in folder.iterdir()]
    ['a.txt']
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.tmp-", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp crea el archivo solo para su dueño; el definitivo lleva los permisos de siempre.
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Escribe ``text`` en ``path`` (UTF-8, saltos de línea de Unix) entero o nada.

    Lanza OSError si no se puede escribir.

    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> write_atomically(path, "señal")
    >>> path.read_text(encoding="utf-8")
    'señal'
    """
    with replace_atomically(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


@contextmanager
def replace_folder(target: Path) -> Iterator[Path]:
    """Da una carpeta temporal y, solo si todo fue bien, la pone en el lugar de ``target``.

    >>> target = Path(tempfile.mkdtemp()) / "modelo"
    >>> with replace_folder(target) as folder:
    ...     _ = (folder / "config.json").write_text("{}")
    >>> [path.name for path in target.iterdir()]
    ['config.json']
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as parking:
        new, old = Path(parking) / "new", Path(parking) / "old"
        new.mkdir()
        yield new
        if target.exists():
            target.rename(old)
        new.rename(target)


def place_copy(source: Path, target: Path) -> None:
    """Pone en ``target``, de una vez, una copia de ``source``, que es un archivo o una carpeta.

    Lanza OSError si no se puede leer o escribir; entonces ``target`` queda como estaba.

    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.txt").write_text("hola", encoding="utf-8")
    >>> place_copy(folder / "a.txt", folder / "b.txt")
    >>> (folder / "b.txt").read_text(encoding="utf-8")
    'hola'
    """
    if source.is_dir():
        with replace_folder(target) as temporary:
            # Solo el contenido: los permisos son los de siempre, no los de quien lo escribió.
            shutil.copytree(source, temporary, copy_function=shutil.copyfile, dirs_exist_ok=True)
    else:
        with replace_atomically(target) as temporary:
            shutil.copyfile(source, temporary)


@contextmanager
def take_turn(folder: Path) -> Iterator[None]:
    """Espera turno para leer o escribir varios archivos de ``folder``; la crea si no está.

    Así lo que publican dos ejecuciones a la vez no se mezcla.
    """
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK_NAME):
        yield


def measure_folder(folder: Path) -> int:
    """Devuelve los bytes que ocupan los archivos de una carpeta; 0 si no existe.

    >>> measure_folder(Path("no-existe"))
    0
    """
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            # Otra ejecución puede estar borrando lo suyo.
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
