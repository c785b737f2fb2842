"""Encuentra las entregas en una carpeta o un zip, sin fiarse de sus nombres ni de sus enlaces."""

from __future__ import annotations

import functools
import io
import json
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from labsupport.errors import LabError
from labsupport.grading.exercises import Exercise
from labsupport.grading.limits import MIB

LARGEST_MIB = 50
MOST_MEMBERS = 10_000
# Cuántas carpetas, una dentro de otra; y cuántos zips: el que da la plataforma y el de dentro.
DEEPEST_FOLDER = 40
DEEPEST_ZIP = 2
LONGEST_NAME = 255
LONGEST_STUDENT_BYTES = 150
# Lo que añaden sistemas y herramientas, que nadie entregó.
IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini", "timestamp.txt"}
NBGRADER_CONTAINER = "submitted"
NO_NAME = "sin nombre"
PLATFORM_MARK = "_assignsubmission_"
PLATFORM_SUFFIX = re.compile(r"_assignsubmission_(file|onlinetext)_.*$")
PLATFORM_FILE = re.compile(r"(.*_assignsubmission_(?:file|onlinetext)_)(.+)")
# Lo que pone quien copia sin querer: Google Drive y Colab, Jupyter, navegadores y escritorios.
COPY_PREFIX = re.compile(r"^(?:(?:copia|copy)[ _](?:de|of)[ _]+)+", re.I)
COPY_SUFFIX = re.compile(r"(?:[ _]*\(\d+\)|[ _-]+(?:copia|copy)[ _]*\d*)+$", re.I)
# Lo que dice de qué parte o versión es un cuaderno, y no de quién.
VERSION = re.compile(
    r"(?:(?:borrador|copia|cuaderno|ejercicio|entrega|final|lección|leccion|notebook|parte|"
    r"prueba|semana|solución|solucion|tarea|tema|unidad|untitled|versión|version|v)(?:es|s)?"
    r"[ ._-]*(?:\d{1,2}[ ._-]*)?)+|\d{1,2}",
    re.I,
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
NO_NOTEBOOK = "No hay ningún cuaderno en la entrega."


@dataclass(frozen=True)
class Entry:
    """Un archivo entregado que aún no se ha leído; ``problem`` dice por qué no se puede leer."""

    size: int = 0
    problem: str = ""
    load: Callable[[], bytes] = field(default=bytes, repr=False)

    def read(self) -> bytes:
        """Devuelve su contenido. Lanza LabError, con el motivo, si no se puede leer."""
        if self.problem:
            raise LabError(self.problem)
        self._check_size(self.size)
        try:
            content = self.load()
        except LabError:
            raise
        except Exception as error:  # noqa: BLE001 - el archivo es de otra persona: cabe todo
            raise LabError(NOT_READABLE) from error
        self._check_size(len(content))
        return content

    def _check_size(self, size: int) -> None:
        if size > LARGEST_MIB * MIB:
            raise LabError(TOO_LARGE.format(size / MIB, LARGEST_MIB))


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
        return [path for path in self.list_files() if _is_notebook(path)]

    def has_notebook(self) -> bool:
        """Dice si tiene algún cuaderno, aunque sea muy adentro, sin recorrerlo todo.

        >>> Folder(folders={"semana 1": Folder(files={"uno.IPYNB": Entry()})}).has_notebook()
        True
        """
        inside = self.folders.values()
        return any(map(_is_notebook, self.files)) or any(each.has_notebook() for each in inside)


class Zips:
    """Lee de zips sin guardarlos: solo están abiertos los últimos, y solo en memoria los anidados.

    Un lugar es la ruta de un zip y, si acaso, el miembro que es a su vez un zip, o un archivo.
    """

    MOST_OPEN = 4

    def __init__(self) -> None:
        self._open: dict[tuple, zipfile.ZipFile] = {}

    def list_members(self, where: tuple) -> list[zipfile.ZipInfo]:
        """Devuelve lo que hay en un zip. Lanza LabError si no se puede abrir o trae demasiado."""
        try:
            members = self._find(where).infolist()
        except LabError:
            raise
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
        try:
            # Lo que un miembro dice que ocupa puede ser mentira: se lee con un tope.
            with self._find(where[:-1]).open(where[-1]) as file:
                return file.read(LARGEST_MIB * MIB + 1)
        except LabError:
            raise
        except Exception as error:  # noqa: BLE001 - zlib, CRC, cabeceras: todo es el mismo daño
            raise LabError(BAD_ZIP) from error

    def _find(self, where: tuple) -> zipfile.ZipFile:
        archive = self._open.pop(where, None)
        if archive is None:
            archive = zipfile.ZipFile(where[0] if len(where) == 1 else io.BytesIO(self.read(where)))
        self._open[where] = archive
        while len(self._open) > self.MOST_OPEN:
            self._open.pop(next(iter(self._open))).close()
        return archive


@dataclass(frozen=True)
class Submission:
    """Una entrega: de quién, de qué ejercicio (o vacío) y sus archivos sin leer.

    ``notebook``: el nombre de su cuaderno en ``entries``, o vacío si no trae ninguno;
    ``origin``: la carpeta o el zip de donde sale, dentro de lo entregado.
    """

    student: str
    exercise: str
    notebook: str
    entries: Mapping[str, Entry] = field(repr=False)
    flags: tuple[str, ...] = ()
    origin: str = ""

    @property
    def path(self) -> str:
        """La ruta de su cuaderno, o de su carpeta, dentro de lo entregado."""
        return "/".join(filter(None, (self.origin, self.notebook)))


def collect_submissions(
    where: Path, exercises: Mapping[str, Exercise], exercise: str = ""
) -> list[Submission]:
    """Devuelve las entregas de ``where``, por estudiante y ejercicio.

    ``where``: carpeta o zip; dentro vale la estructura de nbgrader
    (``estudiante/ejercicio/ejercicio.ipynb``), una carpeta por estudiante o cuadernos sueltos con
    el nombre de cada estudiante, también en zips y en carpetas por tarea o por grupo.
    ``exercise``: el de los cuadernos que no lo digan. Lanza LabError si ``where`` no existe, no
    se puede abrir o no contiene nada.
    """
    found = list(_take_container(_build_tree(where), exercises, alone=True))
    if not found:
        raise LabError(f"No hay ninguna entrega en «{where}»: di en qué carpeta o zip están.")
    return _name_apart(_assume_exercise(found, exercises, exercise))


def recognise_exercise(content: bytes, exercises: Mapping[str, Exercise]) -> str:
    """Devuelve de qué ejercicio es un cuaderno por los nombres de sus celdas, o un texto vacío.

    >>> recognise_exercise(b"nada", {})
    ''
    """
    try:
        cells = json.loads(content)["cells"]
        ids = {cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells}
        ids |= {cell.get("id") for cell in cells}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    shared = {name: len(_known_ids(each) & ids) for name, each in exercises.items()}
    best = max(shared, key=shared.get, default="")
    return best if shared.get(best) else ""


def clean_student(name: str, exercise: str = "") -> str:
    """Devuelve el nombre de quien entrega, apto para un archivo en cualquier sistema.

    >>> clean_student("Ana Gil_7_assignsubmission_file_ejercicio_01"), clean_student("../b:c")
    ('Ana Gil_7', 'b_c')
    >>> clean_student("luis-ejercicio_02 (1)", "ejercicio_02")
    'luis'
    """
    name = PLATFORM_SUFFIX.sub("", unicodedata.normalize("NFC", name))
    if exercise:
        before, _, after = re.sub(re.escape(exercise), "\0", name, flags=re.I).partition("\0")
        name = before.strip(" _-") or after
    name = re.sub(r"[^\w .@+-]", "_", name).replace("__", "_").strip(" ._-+@")
    # Los nombres de archivo se miden en bytes, y el final de uno puede partir una letra.
    name = name.encode("utf-8")[:LONGEST_STUDENT_BYTES].decode("utf-8", "ignore")
    return name.strip(" ._-+@") or NO_NAME


def strip_copy_marks(stem: str) -> str:
    """Devuelve el nombre de un archivo, sin extensión, sin lo que le pone quien lo copia.

    >>> strip_copy_marks("Copia de ana_ejercicio_01 (1)"), strip_copy_marks("ejercicio_01-Copy1")
    ('ana_ejercicio_01', 'ejercicio_01')
    """
    return COPY_SUFFIX.sub("", COPY_PREFIX.sub("", unicodedata.normalize("NFC", stem)))


def read_name(name: str) -> str:
    r"""Devuelve el nombre de un archivo en letras de verdad.

    Los zips de Windows dejan a veces nombres que no son UTF-8, y Python les pone medios
    caracteres que después no se pueden guardar.

    >>> read_name("jos\udce9"), read_name("josé")
    ('josé', 'josé')
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("latin-1")
    return name


def _build_tree(where: Path) -> Folder:
    root, zips = Folder(), Zips()
    if where.is_file() and _is_zip(where.name):
        _open_given_zip(where, root, zips)
    elif where.is_dir():
        _read_folder(where, root, zips)
    elif where.exists():
        raise LabError(f"«{where}» no es una carpeta ni un zip: pon el cuaderno en una carpeta.")
    else:
        raise LabError(f"No existe la carpeta de entregas «{where}»: revisa su nombre.")
    return root


def _open_given_zip(where: Path, root: Folder, zips: Zips) -> None:
    try:
        _unzip(root, zips, (where,))
    except LabError as error:
        if str(error) == TOO_MANY:
            raise LabError(
                f"«{where}» trae más de {MOST_MEMBERS} archivos: repártelos en varios zips."
            ) from error
        raise LabError(f"«{where}» está dañado o tiene contraseña: descárgalo otra vez.") from error


def _read_folder(where: Path, root: Folder, zips: Zips) -> None:
    for found, subfolders, names in os.walk(where):
        path = Path(found)
        parts = PurePosixPath(read_name(path.relative_to(where).as_posix())).parts
        folder = root.enter(parts)
        subfolders[:] = sorted(name for name in subfolders if not _is_ignored(name))
        if len(parts) >= DEEPEST_FOLDER:
            folder.files |= {read_name(name): Entry(problem=TOO_DEEP) for name in subfolders}
            subfolders.clear()
        links = [name for name in subfolders if (path / name).is_symlink()]
        # Antes que los zips: la carpeta conserva su nombre aunque haya un zip que se llame igual.
        for name in set(subfolders).difference(links):
            folder.enter([read_name(name)])
        for name in sorted(links + [name for name in names if not _is_ignored(name)]):
            _read_file(path / name, read_name(name), folder, zips)


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
        if _is_notebook(name):
            folder.add(name, Entry(problem=NOT_A_FILE))
    elif _is_zip(name):
        _add_zip(folder, name, zips, (path,))
    else:
        folder.add(name, Entry(status.st_size, load=functools.partial(_load_file, path)))


def _load_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_MIB * MIB + 1)


def _add_zip(parent: Folder, name: str, zips: Zips, where: tuple) -> None:
    """Añade la carpeta que sale de un zip; si no se puede abrir, con su motivo y vacía."""
    owner, name = _split_mark(name)
    parent = parent.enter(owner)
    stem = PurePosixPath(name).stem
    inside = Folder(stem, f"{parent.path}/{name}".lstrip("/"), zipped=True)
    try:
        _unzip(inside, zips, where)
    except LabError as error:
        inside = replace(inside, problem=str(error), files={}, folders={})
    parent.folders[name if stem in parent.folders else stem] = inside


def _unzip(folder: Folder, zips: Zips, where: tuple) -> None:
    members = sorted(zips.list_members(where), key=lambda member: _is_zip(member.filename))
    for member in members:
        path, problem = _check_member(member)
        if any(_is_ignored(part) for part in path.parts):
            continue
        parent = folder.enter(path.parent.parts)
        inside = (*where, member)
        small = not problem and member.file_size <= LARGEST_MIB * MIB
        if member.filename.endswith(("/", "\\")):
            folder.enter(path.parts)
        elif _is_zip(path.name) and small and len(where) < DEEPEST_ZIP:
            _add_zip(parent, path.name, zips, inside)
        else:
            load = functools.partial(zips.read, inside)
            parent.add(path.name, Entry(member.file_size, problem, load))


def _check_member(member: zipfile.ZipInfo) -> tuple[PurePosixPath, str]:
    """Devuelve dónde va un miembro de un zip, siempre dentro, y por qué no se puede leer."""
    parts = re.split(r"[\\/]", member.filename)
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


def _is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _split_mark(name: str) -> tuple[list[str], str]:
    """Separa de quién dice la plataforma que es un archivo y cómo lo llamó esa persona."""
    marked = PLATFORM_FILE.fullmatch(name)
    if marked is None or marked[2].startswith("."):
        return [], name
    return [marked[1]], marked[2]


def _take_container(
    folder: Folder, exercises: Mapping[str, Exercise], exercise: str = "", alone: bool = False
) -> Iterator[Submission]:
    """Da las entregas de una carpeta que reúne a estudiantes.

    ``exercise``: el que dice la carpeta; ``alone``: si es la única rama de lo entregado.
    """
    for name, entry in folder.files.items():
        yield _take_loose(name, entry, folder, exercises, exercise)
    # Lo único que hay en la carpeta de un ejercicio es de alguien: ya no envuelve nada.
    is_last = bool(_match_exercise(folder.name, exercises))
    alone = alone and len(folder.folders) == 1 and not folder.files and not is_last
    students = []
    for inside in folder.folders.values():
        told = _find_name(inside.name, exercises) or exercise
        if _is_container(inside, exercises, alone):
            yield from _take_container(inside, exercises, told, alone)
        else:
            students.append(inside)
    for student in _drop_online_texts(students):
        told = _find_name(student.name, exercises) or exercise
        yield from _take_student(student, exercises, told)


def _take_loose(
    name: str, entry: Entry, folder: Folder, exercises: Mapping[str, Exercise], exercise: str
) -> Submission:
    student = _find_owner(name, exercises)
    exercise = _find_exercise(name, entry, exercises) or exercise
    flags = _flag_owner(student, name)
    return Submission(student, exercise, name, {name: entry}, flags, folder.path)


def _drop_online_texts(students: list[Folder]) -> list[Folder]:
    """Quita lo que la plataforma repite de quien entregó un cuaderno: el texto en línea."""

    def find_key(folder: Folder) -> str:
        return clean_student(folder.name).casefold() if PLATFORM_MARK in folder.name else ""

    delivered = {find_key(each) for each in students if each.has_notebook()} - {""}
    return [each for each in students if each.has_notebook() or find_key(each) not in delivered]


def _take_student(
    folder: Folder, exercises: Mapping[str, Exercise], exercise: str
) -> Iterator[Submission]:
    """Da las entregas de la carpeta de una persona: una por carpeta de ejercicio o por cuaderno."""
    student = _find_folder_owner(folder, exercises)
    flags = _flag_owner(student, PurePosixPath(folder.path).name)
    own = _list_exercise_folders(folder, exercises)
    others = {name: each for name, each in folder.folders.items() if each not in own}
    files = replace(folder, folders=others).list_files()
    if own and not any(map(_is_notebook, files)):
        flags += tuple(f"no se usó «{name}»: no está con su ejercicio" for name in files)
    else:
        base = Submission(student, exercise, "", {}, flags, folder.path)
        yield from _take_notebooks(base, files, exercises)
    for each in own:
        yield _take_exercise(Submission(student, "", "", {}, flags, each.path), each, exercises)


def _list_exercise_folders(folder: Folder, exercises: Mapping[str, Exercise]) -> list[Folder]:
    """Devuelve las carpetas con una entrega de un ejercicio, y no con lo que acompaña a otra."""
    named = [each for each in folder.folders.values() if _match_exercise(each.name, exercises)]
    if len(folder.list_notebooks()) == sum(len(each.list_notebooks()) for each in named):
        return named
    return [each for each in named if each.problem or each.has_notebook()]


def _take_notebooks(
    base: Submission, files: Mapping[str, Entry], exercises: Mapping[str, Exercise]
) -> Iterator[Submission]:
    chosen = _choose_notebooks(files, exercises)
    for name, exercise in chosen.items():
        entries = {each: files[each] for each in files if each == name or each not in chosen}
        exercise = exercise or base.exercise
        yield replace(base, exercise=exercise, notebook=name, entries=entries)


def _take_exercise(
    base: Submission, folder: Folder, exercises: Mapping[str, Exercise]
) -> Submission:
    exercise, files = _match_exercise(folder.name, exercises), folder.list_files()

    def rank(name: str) -> tuple:
        other = _find_exercise(name, files[name], exercises) != exercise
        return (_rank_notebook(name, exercise), other, name)

    notebook = min(filter(_is_notebook, files), key=rank, default="")
    return replace(base, exercise=exercise, notebook=notebook, entries=files)


def _choose_notebooks(
    files: Mapping[str, Entry], exercises: Mapping[str, Exercise]
) -> dict[str, str]:
    """Devuelve los cuadernos que son entregas, y de qué ejercicio: los demás solo acompañan."""
    found = {
        name: _find_exercise(name, entry, exercises)
        for name, entry in files.items()
        if _is_notebook(name)
    }
    recognised = {name: exercise for name, exercise in found.items() if exercise}
    # Una carpeta que nombra un ejercicio vale si ningún cuaderno dice ser de él.
    known = {*recognised.values(), ""}
    in_folder = {name: _find_name(name, exercises) for name in found}
    recognised |= {name: told for name, told in in_folder.items() if told not in known}
    if found:
        return recognised or found
    named = {_find_name(name, exercises) for name in files} - {""}
    return {"": named.pop() if len(named) == 1 else ""}


def _is_container(folder: Folder, exercises: Mapping[str, Exercise], alone: bool) -> bool:
    """Dice si una carpeta que no es de nadie reúne a estudiantes, o es ya la de una persona."""
    if folder.problem or PLATFORM_MARK in folder.name:
        return False
    if _match_exercise(folder.name, exercises):
        return not _is_nameless(folder, exercises)
    if folder.name == NBGRADER_CONTAINER or _is_crowded(folder, exercises):
        return True
    return alone and _wraps_everything(folder, exercises)


def _is_nameless(folder: Folder, exercises: Mapping[str, Exercise]) -> bool:
    """Dice si es la carpeta de un ejercicio con su único cuaderno: de alguien sin nombre."""
    notebooks = folder.list_notebooks()
    only = notebooks[0] if len(notebooks) == 1 and notebooks[0] in folder.files else ""
    return bool(_match_exercise(PurePosixPath(only).stem, exercises))


def _wraps_everything(folder: Folder, exercises: Mapping[str, Exercise]) -> bool:
    """Dice si la única carpeta que hay envuelve las entregas: la del zip, o la de la tarea."""
    inside = folder.folders.values()
    if any(_match_exercise(name, exercises) for each in inside for name in each.folders):
        return True
    notebooks = list(filter(_is_notebook, folder.files))
    names = [*(PurePosixPath(name).stem for name in notebooks), *folder.folders]
    if len(folder.list_notebooks()) < 2 or _is_own(folder, notebooks, exercises):
        return False
    told = any(_match_exercise(name, exercises) for name in names)
    return not told and not all(map(_is_version, names))


def _is_crowded(folder: Folder, exercises: Mapping[str, Exercise]) -> bool:
    """Dice si lo que hay en una carpeta es de varias personas."""
    if folder.problem or PLATFORM_MARK in folder.name:
        return False
    if _has_marks(folder):
        return True
    if any(map(_is_notebook, folder.files)):
        return _names_students(folder, exercises)
    if _has_student_branches(folder, exercises):
        return True
    return any(_is_crowded(each, exercises) for each in folder.folders.values())


def _has_marks(folder: Folder) -> bool:
    inside = folder.folders.values()
    return any(PLATFORM_MARK in each.name or _has_marks(each) for each in inside)


def _names_students(folder: Folder, exercises: Mapping[str, Exercise]) -> bool:
    """Dice si los cuadernos de una carpeta, y los zips con más, llevan dos nombres distintos."""
    notebooks = list(filter(_is_notebook, folder.files))
    if _is_own(folder, notebooks, exercises):
        return False
    if any(_match_exercise(PurePosixPath(name).stem, exercises) for name in notebooks):
        # Junto a un «ejercicio_01.ipynb», lo que no dice su ejercicio son borradores.
        told = [name for name in notebooks if _find_name(name, exercises)]
    else:
        zips = [each for each in folder.folders.values() if each.zipped and each.has_notebook()]
        told = [*notebooks, *(f"{each.name}.zip" for each in zips)]
    owners = {_find_owner(name, exercises).casefold() for name in told} - {NO_NAME}
    return sum(not _is_version(name) for name in owners) >= 2


def _is_own(folder: Folder, notebooks: list[str], exercises: Mapping[str, Exercise]) -> bool:
    """Dice si algún cuaderno se llama como su carpeta: es la de esa persona."""
    owner = clean_student(folder.name).casefold()
    return any(_find_owner(name, exercises).casefold() == owner for name in notebooks)


def _has_student_branches(folder: Folder, exercises: Mapping[str, Exercise]) -> bool:
    """Dice si cada carpeta de dentro puede ser de una persona, y no de una semana."""
    inside = [each for each in folder.folders.values() if each.has_notebook()]
    complete = list(inside)
    if all(each.zipped for each in inside):
        inside += _list_doubtful_zips(folder)
    names = [each.name for each in inside]
    if len(inside) < 2 or all(map(_is_version, names)):
        return False
    if any(_match_exercise(name, exercises) for name in names):
        return False
    if complete != inside or folder.zipped and all(each.zipped for each in inside):
        return True
    return not _are_different(folder.list_notebooks(), exercises)


def _list_doubtful_zips(folder: Folder) -> list[Folder]:
    """Devuelve los zips sin cuaderno que, entre otros zips, son de alguien que lo entregó mal."""
    zips = [each for each in folder.folders.values() if each.zipped and not each.has_notebook()]
    return [each for each in zips if folder.zipped or each.problem or not each.list_files()]


def _are_different(notebooks: list[str], exercises: Mapping[str, Exercise]) -> bool:
    """Dice si cada cuaderno es, por su nombre, de otro ejercicio: serán de la misma persona."""
    named = [_find_name(PurePosixPath(name).name, exercises) for name in notebooks]
    return all(named) and len(set(named)) == len(named)


def _is_version(name: str) -> bool:
    return VERSION.fullmatch(name) is not None


def _find_folder_owner(folder: Folder, exercises: Mapping[str, Exercise]) -> str:
    # Un zip es un archivo: su nombre lleva, como el de un cuaderno, el ejercicio y las copias.
    if folder.zipped or _match_exercise(folder.name, exercises):
        return _find_owner(f"{folder.name}.zip", exercises)
    return clean_student(folder.name)


def _find_owner(name: str, exercises: Mapping[str, Exercise]) -> str:
    """Devuelve de quién dice un archivo que es; si no lo dice, NO_NAME."""
    stem = strip_copy_marks(PurePosixPath(name).stem)
    return clean_student(stem, _find_name(stem, exercises))


def _flag_owner(student: str, name: str) -> tuple[str, ...]:
    return (f"no dice de quién es: «{name}»",) if student == NO_NAME else ()


def _find_exercise(path: str, entry: Entry, exercises: Mapping[str, Exercise]) -> str:
    named = _find_name(PurePosixPath(path).name, exercises)
    if named or not _is_notebook(path):
        return named
    try:
        return recognise_exercise(entry.read(), exercises)
    except LabError:
        return ""


def _find_name(name: str, exercises: Mapping[str, Exercise]) -> str:
    """Devuelve el ejercicio que nombra un texto; el más largo: «ejercicio_10» no es el 1."""
    told = [each for each in exercises if each.casefold() in name.casefold()]
    return max(told, key=len, default="")


def _match_exercise(name: str, exercises: Mapping[str, Exercise]) -> str:
    """Devuelve el ejercicio que se llama exactamente así, quitado lo que añade una copia."""
    stem = strip_copy_marks(name).casefold()
    return next((each for each in exercises if each.casefold() == stem), "")


def _rank_notebook(path: str, exercise: str) -> int:
    """Ordena los cuadernos de un ejercicio: primero el que se llama como él, luego sus copias."""
    stem, exercise = PurePosixPath(path).stem.casefold(), exercise.casefold()
    told = [stem == exercise, strip_copy_marks(stem) == exercise, exercise in stem, bool(path)]
    return next((rank for rank, is_so in enumerate(told) if is_so), len(told))


def _known_ids(exercise: Exercise) -> set[str]:
    ids = {cell.get("id") for cell in exercise.cells} - {None}
    return exercise.grade_ids | ids


def _assume_exercise(
    found: list[Submission], exercises: Mapping[str, Exercise], exercise: str
) -> list[Submission]:
    """Da ejercicio a lo que no dice cuál es: el pedido o el único que hay en esta tanda."""
    seen = {each.exercise for each in found if each.exercise} or set(exercises)
    default = exercise or (next(iter(seen)) if len(seen) == 1 else "")
    return [replace(each, exercise=each.exercise or default) for each in found]


def _name_apart(found: list[Submission]) -> list[Submission]:
    """Distingue con un número las entregas con el mismo nombre, para no perder ninguna."""
    groups: dict[tuple[str, str], list[Submission]] = {}
    for each in sorted(found, key=_order):
        groups.setdefault((each.student.casefold(), each.exercise), []).append(each)
    taken, apart = set(groups), []
    for group in groups.values():
        apart += _number(group, taken) if len(group) > 1 else group
    return sorted(apart, key=_order)


def _order(each: Submission) -> tuple:
    rank = _rank_notebook(each.notebook, each.exercise)
    # Lo de más adentro, después: lo que hay en el zip de alguien no le quita el nombre a nadie.
    return (each.student.casefold(), each.exercise, rank, each.path.count("/"), each.path)


def _number(group: list[Submission], taken: set[tuple[str, str]]) -> Iterator[Submission]:
    names = [each.notebook for each in group]
    clear = all(names) and len(set(names)) == len(names)
    for position, each in enumerate(group):
        told = each.notebook if clear else each.path
        flag = f"hay más de una entrega con este nombre; esta es «{told}»"
        student = _find_free_name(each, taken) if position else each.student
        yield replace(each, student=student, flags=(*each.flags, flag))


def _find_free_name(each: Submission, taken: set[tuple[str, str]]) -> str:
    number = 2
    while ((name := f"{each.student} ({number})").casefold(), each.exercise) in taken:
        number += 1
    taken.add((name.casefold(), each.exercise))
    return name
