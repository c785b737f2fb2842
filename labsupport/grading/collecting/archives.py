"""Lee una carpeta o un zip como un árbol, sin fiarse de sus nombres, enlaces ni tamaños."""

from __future__ import annotations

import functools
import io
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labsupport.base.errors import LabError
from labsupport.grading.collecting.names import guess_encoding, read_member_names
from labsupport.grading.limits import MIB

LARGEST_MIB = 50
MOST_BYTES = LARGEST_MIB * MIB
MOST_MEMBERS = 10_000
# Cuántas carpetas, una dentro de otra; y cuántos zips: el que da la plataforma y el de dentro.
DEEPEST_FOLDER = 40
DEEPEST_ZIP = 2
LONGEST_NAME = 255
# Lo que añaden sistemas y herramientas, que nadie entregó.
IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini", "timestamp.txt"}
NO_NAME = "sin nombre"
PLATFORM_MARK = "_assignsubmission_"
PLATFORM_FILE = re.compile(r"(.*_assignsubmission_(?:file|onlinetext)_)([^.].*)")
# Lo que añaden a un cuaderno los navegadores y los sistemas que no lo conocen.
NOTEBOOK_ENDING = re.compile(
    r"(?:\.ipynb[ _-]*(?:\(\d+\))?)+(?:\.(?:txt|json|download))?$", re.IGNORECASE
)
LINK = "Es un enlace a otro archivo y no se sigue: hace falta el cuaderno mismo."
NOT_A_FILE = "No es un archivo corriente: hace falta el cuaderno mismo."
NOT_READABLE = "No se puede leer el archivo entregado: comprueba sus permisos."
OUTSIDE = "Su nombre dentro del zip se sale de la carpeta de entregas."
TOO_DEEP = "Su nombre es demasiado largo, o está en demasiadas carpetas: hay que acortarlo."
TOO_LARGE = "Ocupa {:.0f} MiB y el máximo es {} MiB: hay que borrar salidas y entregarlo otra vez."
TOO_MANY = f"El zip trae más de {MOST_MEMBERS} archivos: hay que entregar solo los del ejercicio."
BAD_ZIP = "El zip está dañado o tiene contraseña."
BAD_COMPRESSION = "Está comprimido de una forma que no se admite: hay que hacer un zip corriente."


@dataclass(frozen=True)
class Entry:
    """Un archivo entregado que aún no se ha leído; ``problem`` dice por qué no se puede leer.

    ``fault``: qué decir si falla al leerlo.
    """

    size: int = 0
    problem: str = ""
    load: Callable[[], bytes] = field(default=bytes, repr=False)
    fault: str = NOT_READABLE

    def read(self) -> bytes:
        """Devuelve su contenido. Lanza LabError, con el motivo, si no se puede leer."""
        if self.problem:
            raise LabError(self.problem)
        try:
            content = b"" if self.size > MOST_BYTES else self.load()
        except Exception as error:  # noqa: BLE001 - el archivo es de otra persona: cabe todo
            raise LabError(self.fault) from error
        size = max(self.size, len(content))
        if size > MOST_BYTES:
            raise LabError(TOO_LARGE.format(size / MIB, LARGEST_MIB))
        return content


@dataclass(eq=False)
class Folder:
    """Una carpeta de las entregas, o lo que sale de un zip (``zipped``).

    ``path``: dónde está, dentro de lo entregado; ``problem``: por qué no se puede abrir el zip.
    """

    name: str = ""
    path: str = ""
    zipped: bool = False
    problem: str = ""
    files: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)

    def enter(self, parts: Iterable[str]) -> Folder:
        """Devuelve la carpeta de dentro, y la crea si no está.

        >>> Folder().enter(["ana", "semana 1"]).path
        'ana/semana 1'
        """
        folder = self
        for name in parts:
            inside = Folder(name, f"{folder.path}/{name}".lstrip("/"))
            folder = folder.folders.setdefault(name, inside)
        return folder

    def add(self, name: str, entry: Entry) -> None:
        """Añade un archivo; el que la plataforma marca con un nombre, a la carpeta de ese nombre.

        >>> folder = Folder()
        >>> folder.add("Ana_7_assignsubmission_file_datos.csv", Entry())
        >>> folder.list_files().keys()
        dict_keys(['Ana_7_assignsubmission_file_/datos.csv'])
        """
        owner, name = _split_mark(name)
        self.enter(owner).files[name] = entry

    @property
    def is_marked(self) -> bool:
        """Si la plataforma la marca con el nombre de quien entrega.

        >>> Folder("Ana_7_assignsubmission_file_").is_marked, Folder("Ana").is_marked
        (True, False)
        """
        return PLATFORM_MARK in self.name

    def list_files(self) -> dict[str, Entry]:
        """Devuelve todos sus archivos, también los de dentro, por su ruta."""
        if self.problem:
            return {PurePosixPath(self.path).name: Entry(problem=self.problem)}
        found = dict(self.files)
        for name, folder in self.folders.items():
            start = "" if folder.problem else f"{name}/"
            found |= {start + path: entry for path, entry in folder.list_files().items()}
        return found

    def list_notebooks(self) -> list[str]:
        """Devuelve las rutas de sus cuadernos, también los de dentro."""
        return [path for path in self.list_files() if is_notebook(path)]


class Zips:
    """Lee de zips sin guardarlos: solo están abiertos los últimos, y solo en memoria los anidados.

    Un lugar es la ruta de un zip y, si acaso, el miembro que es a su vez un zip, o un archivo.
    """

    MOST_OPEN = 4

    def __init__(self) -> None:
        # Al que se olvida no le queda nadie, y se cierra.
        self._find = functools.lru_cache(self.MOST_OPEN)(self._open)

    def list_members(self, where: tuple) -> list[zipfile.ZipInfo]:
        """Devuelve lo que hay en un zip. Lanza LabError si no se puede abrir o trae demasiado."""
        try:
            members = self._find(where).infolist()
        except Exception as error:  # noqa: BLE001 - un zip ajeno puede fallar de muchas formas
            raise LabError(BAD_ZIP) from error
        if len(members) > MOST_MEMBERS:
            raise LabError(TOO_MANY)
        files = [member for member in members if not member.is_dir()]
        if files and all(_is_encrypted(member) for member in files):
            raise LabError(BAD_ZIP)
        return members

    def read(self, where: tuple) -> bytes:
        """Devuelve un archivo de un zip, o el principio si pasa del máximo."""
        # Lo que un miembro dice que ocupa puede ser mentira: se lee con un tope.
        with self._find(where[:-1]).open(where[-1]) as file:
            return file.read(MOST_BYTES + 1)

    def _open(self, where: tuple) -> zipfile.ZipFile:
        return zipfile.ZipFile(where[0] if len(where) == 1 else io.BytesIO(self.read(where)))


def build_tree(where: Path) -> Folder:
    """Devuelve lo que hay en una carpeta o en un zip. Lanza LabError si no se puede abrir."""
    root, zips = Folder(), Zips()
    if where.is_file() and _is_zip(where.name):
        _open_given_zip(where, root, zips)
    elif where.is_dir():
        _read_folder(where, root, zips)
        if root.problem:
            raise LabError(f"No se puede leer «{where}»: comprueba sus permisos y repite la orden.")
    elif where.exists():
        raise LabError(f"«{where}» no es una carpeta ni un zip: pon el cuaderno en una carpeta.")
    else:
        raise LabError(f"No existe la carpeta de entregas «{where}»: revisa su nombre.")
    return root


def is_notebook(name: str) -> bool:
    """Dice si un archivo se llama como un cuaderno de Jupyter, o como lo deja quien lo copia.

    >>> [is_notebook(name) for name in ("semana 1/uno.IPYNB", "uno.ipynb (1).txt", "uno.py")]
    [True, True, False]
    """
    return bool(NOTEBOOK_ENDING.search(name))


def cut_extension(path: str) -> str:
    """Devuelve el nombre de un archivo sin carpetas ni extensión, tampoco la de un cuaderno en zip.

    >>> [cut_extension(path) for path in ("ana/uno.ipynb.txt", "uno.ipynb.zip", "1.5 uno.pdf")]
    ['uno', 'uno', '1.5 uno']
    """
    path = PurePosixPath(path)
    name = path.stem if _is_zip(path.name) else path.name
    found = NOTEBOOK_ENDING.search(name)
    if found:
        return name[: found.start()] or name
    return name if _is_zip(path.name) else path.stem


def read_name(name: str) -> str:
    r"""Devuelve el nombre de un archivo en letras de verdad.

    Al abrir fuera de Windows un zip de Windows quedan a veces nombres que no son UTF-8, y Python
    les pone medios caracteres que después no se pueden guardar.

    >>> read_name("jos\udce9"), read_name("jos\udc82"), read_name("josé")
    ('josé', 'josé', 'josé')
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "surrogateescape")
        return raw.decode(guess_encoding(raw), "replace")
    return name


def _open_given_zip(where: Path, root: Folder, zips: Zips) -> None:
    try:
        _unzip(root, zips, (where,))
    except LabError as error:
        if str(error) == TOO_MANY:
            raise LabError(
                f"«{where}» trae más de {MOST_MEMBERS} archivos: repártelos en varios zips."
            ) from error
        raise LabError(f"«{where}» está dañado o tiene contraseña: descárgalo otra vez.") from error


def _read_folder(where: Path, folder: Folder, zips: Zips, depth: int = 0) -> None:
    """Pone en ``folder`` lo que hay en la carpeta ``where``, que está ``depth`` niveles dentro."""
    try:
        with os.scandir(where) as entries:
            # Primero las carpetas: conservan su nombre aunque haya un zip que se llame igual.
            found = sorted(entries, key=lambda each: (not _is_folder(each), each.name))
    except OSError:
        folder.problem = NOT_READABLE
        return
    for each in found:
        name = read_name(each.name)
        if _is_ignored(each.name):
            continue
        if not _is_folder(each):
            _read_file(Path(each), name, folder, zips)
        elif depth < DEEPEST_FOLDER:
            _read_folder(Path(each), folder.enter([name]), zips, depth + 1)
        else:
            folder.files[name] = Entry(problem=TOO_DEEP)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _read_file(path: Path, name: str, folder: Folder, zips: Zips) -> None:
    try:
        status = path.lstat()
    except OSError:
        folder.add(name, Entry(problem=NOT_READABLE))
        return
    if stat.S_ISLNK(status.st_mode):
        folder.add(name, Entry(problem=LINK))
    elif not stat.S_ISREG(status.st_mode):
        # Una tubería o un dispositivo no es parte de una entrega, salvo que haga de cuaderno.
        if is_notebook(name):
            folder.add(name, Entry(problem=NOT_A_FILE))
    elif _is_zip(name):
        _add_zip(folder, name, zips, (path,))
    else:
        folder.add(name, Entry(status.st_size, load=functools.partial(_load_file, path)))


def _load_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _add_zip(parent: Folder, name: str, zips: Zips, where: tuple) -> None:
    """Añade la carpeta que sale de un zip; si no se puede abrir, con su motivo y vacía."""
    owner, name = _split_mark(name)
    parent = parent.enter(owner)
    stem = cut_extension(name)
    inside = Folder(stem, f"{parent.path}/{name}".lstrip("/"), zipped=True)
    try:
        _unzip(inside, zips, where)
    except LabError as error:
        inside = Folder(stem, inside.path, zipped=True, problem=str(error))
    parent.folders[name if stem in parent.folders else stem] = inside


def _unzip(folder: Folder, zips: Zips, where: tuple) -> None:
    members = sorted(zips.list_members(where), key=lambda member: _is_zip(member.filename))
    names = read_member_names(members)
    for member in members:
        path, problem = _check_member(member, names[member])
        if any(map(_is_ignored, path.parts)):
            continue
        if member.filename.endswith(("/", "\\")):
            folder.enter(path.parts)
        else:
            parent = folder.enter(path.parent.parts)
            _add_member(parent, path.name, problem, zips, (*where, member))


def _add_member(parent: Folder, name: str, problem: str, zips: Zips, where: tuple) -> None:
    size = where[-1].file_size
    small = not problem and size <= MOST_BYTES
    if _is_zip(name) and small and len(where) <= DEEPEST_ZIP:
        _add_zip(parent, name, zips, where)
    else:
        parent.add(name, Entry(size, problem, functools.partial(zips.read, where), BAD_ZIP))


def _check_member(member: zipfile.ZipInfo, name: str) -> tuple[PurePosixPath, str]:
    """Devuelve dónde va un miembro de un zip, siempre dentro, y por qué no se puede leer."""
    parts = re.split(r"[\\/]", name)
    safe = [part for part in parts if part not in ("", ".", "..") and not part.endswith(":")]
    if not safe and not parts[-1]:
        # Es una carpeta que no dice nada, como «./».
        return PurePosixPath(), ""
    if len(safe) > DEEPEST_FOLDER or any(len(part) > LONGEST_NAME for part in safe):
        return PurePosixPath(safe[0][:LONGEST_NAME], safe[-1][:LONGEST_NAME]), TOO_DEEP
    is_outside = ".." in parts or not parts[0] or ":" in parts[0]
    problem = _find_problem(member) or (OUTSIDE if is_outside else "")
    return PurePosixPath(*(safe or [NO_NAME])), problem


def _find_problem(member: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(member.external_attr >> 16):
        return LINK
    if _is_encrypted(member):
        return BAD_ZIP
    # De los demás métodos no se puede leer solo el principio: un zip pequeño llena la memoria.
    is_known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return "" if is_known else BAD_COMPRESSION


def _is_encrypted(member: zipfile.ZipInfo) -> bool:
    return bool(member.flag_bits & 1)


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name in IGNORED


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _split_mark(name: str) -> tuple[list[str], str]:
    """Separa de quién dice la plataforma que es un archivo y cómo lo llamó esa persona."""
    marked = PLATFORM_FILE.fullmatch(name)
    return ([marked[1]], marked[2]) if marked else ([], name)
