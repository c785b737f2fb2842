"""Encuentra las entregas en una carpeta o un zip, sin fiarse de sus nombres ni de sus enlaces."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labsupport.errors import LabError
from labsupport.grading.exercises import Exercise
from labsupport.grading.limits import MIB

LARGEST_MIB = 50
# Lo que añaden sistemas y herramientas, que nadie entregó.
IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini", "timestamp.txt"}
PLATFORM_SUFFIX = re.compile(r"_assignsubmission_(file|onlinetext)_.*$")
LINK = "Es un enlace a otro archivo y no se sigue: hace falta el cuaderno mismo."
OUTSIDE = "Su nombre dentro del zip se sale de la carpeta de entregas."
TOO_LARGE = "Ocupa {:.0f} MiB y el máximo es {} MiB: hay que borrar salidas y entregarlo otra vez."
BAD_ZIP = "El zip está dañado o tiene contraseña."
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
        if self.size > LARGEST_MIB * MIB:
            raise LabError(TOO_LARGE.format(self.size / MIB, LARGEST_MIB))
        try:
            return self.load()
        except (
            OSError,
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
            ValueError,
        ) as error:
            raise LabError(f"No se puede leer el archivo entregado ({error}).") from error


@dataclass(frozen=True)
class Submission:
    """Una entrega: de quién, de qué ejercicio (o vacío) y sus archivos sin leer.

    ``notebook``: el nombre de su cuaderno en ``entries``, o vacío si no trae ninguno.
    """

    student: str
    exercise: str
    notebook: str
    entries: Mapping[str, Entry] = field(repr=False)
    flags: tuple[str, ...] = ()


def collect_submissions(
    where: Path, exercises: Mapping[str, Exercise], exercise: str = ""
) -> list[Submission]:
    """Devuelve las entregas de ``where``, por estudiante y ejercicio.

    ``where``: carpeta o zip; dentro vale la estructura de nbgrader
    (``estudiante/ejercicio/ejercicio.ipynb``), una carpeta por estudiante o cuadernos sueltos con
    el nombre de cada estudiante, también en zips. ``exercise``: el de los cuadernos que no lo
    digan. Lanza LabError si ``where`` no existe o no contiene nada.
    """
    tree = _strip_container(dict(_list_entries(where)), exercises)
    if not tree:
        raise LabError(f"No hay ninguna entrega en «{where}»: di en qué carpeta o zip están.")
    units: dict[tuple[str, ...], dict[str, Entry]] = {}
    for path, entry in tree.items():
        unit = _find_unit(path, exercises)
        units.setdefault(unit, {})[PurePosixPath(*path.parts[len(unit) :]).as_posix()] = entry
    found = [each for unit in sorted(units) for each in _split_unit(unit, units[unit], exercises)]
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
    except (ValueError, KeyError, TypeError, AttributeError):
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
    return name[:80].strip() or "sin nombre"


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


def _list_entries(where: Path) -> Iterator[tuple[PurePosixPath, Entry]]:
    if where.is_file() and where.suffix.lower() == ".zip":
        yield from _open_zip(where.read_bytes, PurePosixPath())
        return
    if not where.is_dir():
        raise LabError(f"No existe la carpeta de entregas «{where}»: revisa su nombre.")
    for folder, subfolders, names in os.walk(where):
        subfolders[:] = sorted(name for name in subfolders if not _is_ignored(name))
        linked = [name for name in subfolders if Path(folder, name).is_symlink()]
        for name in sorted(linked + [name for name in names if not _is_ignored(name)]):
            path = Path(folder, name)
            told = read_name(path.relative_to(where).as_posix())
            yield from _open_entry(path, PurePosixPath(told))


def _open_entry(path: Path, name: PurePosixPath) -> Iterator[tuple[PurePosixPath, Entry]]:
    if path.is_symlink():
        yield name, Entry(problem=LINK)
    elif not path.is_file():
        yield name, Entry(problem="No es un archivo.")
    elif path.suffix.lower() == ".zip":
        yield from _open_zip(path.read_bytes, name.with_suffix(""))
    else:
        yield name, Entry(path.stat().st_size, load=path.read_bytes)


def _open_zip(
    load: Callable[[], bytes], parent: PurePosixPath
) -> Iterator[tuple[PurePosixPath, Entry]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(load()))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except (OSError, zipfile.BadZipFile):
        yield parent.with_name(f"{parent.name or 'entregas'}.zip"), Entry(problem=BAD_ZIP)
        return
    for member in members:
        name, problem = _check_member(member)
        if any(_is_ignored(part) for part in name.parts):
            continue
        entry = Entry(member.file_size, problem, lambda member=member: archive.read(member))
        small = not problem and member.file_size <= LARGEST_MIB * MIB
        if name.suffix.lower() == ".zip" and small and not parent.parts:
            yield from _open_zip(entry.read, parent / name.with_suffix(""))
        else:
            yield parent / name, entry


def _check_member(member: zipfile.ZipInfo) -> tuple[PurePosixPath, str]:
    parts = re.split(r"[\\/]", member.filename)
    safe = [part for part in parts if part not in ("", ".", "..") and not part.endswith(":")]
    problem = "" if ".." not in parts and parts[0] and ":" not in parts[0] else OUTSIDE
    if stat.S_ISLNK(member.external_attr >> 16):
        problem = LINK
    return PurePosixPath(*(safe or ["sin nombre"])), problem


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name in IGNORED


def _strip_container(
    tree: dict[PurePosixPath, Entry], exercises: Mapping[str, Exercise]
) -> dict[PurePosixPath, Entry]:
    """Quita la carpeta que lo contiene todo, si la hay: «submitted», o la del zip."""
    while tree and len({path.parts[0] for path in tree}) == 1:
        inside = {PurePosixPath(*path.parts[1:]): entry for path, entry in tree.items()}
        notebooks = [path for path in inside if path.suffix == ".ipynb"]
        names = {path.parts[0].removesuffix(".ipynb") for path in inside if path.parts}
        is_container = any(path.parts[1:2] and path.parts[1] in exercises for path in inside)
        is_student = len(notebooks) < 2 or bool(names & set(exercises)) or PurePosixPath() in inside
        if is_student and not is_container:
            break
        tree = inside
    return tree


def _find_unit(path: PurePosixPath, exercises: Mapping[str, Exercise]) -> tuple[str, ...]:
    """Devuelve qué parte de la ruta es común a una entrega: ninguna, la carpeta o dos carpetas."""
    folders = path.parts[:-1]
    if len(folders) >= 2 and folders[1] in exercises:
        return folders[:2]
    return folders[:1]


def _split_unit(
    unit: tuple[str, ...], entries: dict[str, Entry], exercises: Mapping[str, Exercise]
) -> Iterator[Submission]:
    if not unit:
        for name, entry in entries.items():
            exercise = _find_exercise(name, entry, exercises)
            student = clean_student(PurePosixPath(name).stem, _find_name(name, exercises))
            yield Submission(student, exercise, name, {name: entry})
        return
    notebooks = sorted(name for name in entries if name.lower().endswith(".ipynb"))
    student = clean_student(unit[0])
    if len(unit) == 2:
        wanted = f"{unit[1]}.ipynb"
        notebooks = [wanted] if wanted in notebooks else notebooks[:1]
    others = {name: entry for name, entry in entries.items() if name not in notebooks}
    for name in notebooks or [""]:
        files = {**others, **({name: entries[name]} if name else {})}
        exercise = unit[1] if len(unit) == 2 else ""
        exercise = exercise or (_find_exercise(name, entries[name], exercises) if name else "")
        yield Submission(student, exercise, name, files)


def _find_exercise(name: str, entry: Entry, exercises: Mapping[str, Exercise]) -> str:
    named = _find_name(name, exercises)
    if named:
        return named
    try:
        return recognise_exercise(entry.read(), exercises)
    except LabError:
        return ""


def _find_name(name: str, exercises: Mapping[str, Exercise]) -> str:
    return next((each for each in exercises if each.lower() in name.lower()), "")


def _known_ids(exercise: Exercise) -> set[str]:
    ids = {cell.get("id") for cell in exercise.cells} - {None}
    return exercise.grade_ids | ids


def _assume_exercise(
    found: list[Submission], exercises: Mapping[str, Exercise], exercise: str
) -> list[Submission]:
    """Da ejercicio a lo que no dice cuál es: el pedido o el único que hay en esta tanda."""
    seen = {each.exercise for each in found if each.exercise} or set(exercises)
    default = exercise or (next(iter(seen)) if len(seen) == 1 else "")
    return [
        Submission(s.student, s.exercise or default, s.notebook, s.entries, s.flags) for s in found
    ]


def _name_apart(found: list[Submission]) -> list[Submission]:
    """Distingue con un número dos entregas con el mismo nombre, para no perder ninguna."""
    used: dict[tuple[str, str], int] = {}
    apart = []
    for each in sorted(found, key=lambda s: (s.student.casefold(), s.exercise, s.notebook)):
        key = (each.student.casefold(), each.exercise)
        used[key] = used.get(key, 0) + 1
        if used[key] > 1:
            flags = (*each.flags, "hay más de una entrega con este nombre")
            name = f"{each.student} ({used[key]})"
            each = Submission(name, each.exercise, each.notebook, each.entries, flags)
        apart.append(each)
    return apart
