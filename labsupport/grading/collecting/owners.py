"""Dice de quién y de qué ejercicio es lo entregado, por sus nombres y por dónde está."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any

from labsupport.base.errors import LabError
from labsupport.grading.cells.exercises import Exercise
from labsupport.grading.collecting.archives import (
    NO_NAME,
    Entry,
    Folder,
    cut_extension,
    is_notebook,
)

LONGEST_STUDENT_BYTES = 150
NBGRADER_CONTAINER = "submitted"
PLATFORM_SUFFIX = re.compile(r"(?:_(?P<number>\d+))?_assignsubmission_(?:file|onlinetext)_.*$")
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


def is_container(folder: Folder, exercises: Collection[str], alone: bool) -> bool:
    """Dice si una carpeta que no es de nadie reúne a estudiantes, o es ya la de una persona.

    ``alone``: si es la única carpeta que hay.

    >>> is_container(Folder("submitted"), [], alone=False), is_container(Folder("ana"), [], True)
    (True, False)
    """
    if folder.problem or folder.is_marked:
        return False
    if match_exercise(folder.name, exercises):
        return not _is_nameless(folder, exercises)
    if folder.name == NBGRADER_CONTAINER or _is_crowded(folder, exercises):
        return True
    return alone and _wraps_everything(folder, exercises)


def find_folder_owner(folder: Folder, exercises: Collection[str]) -> str:
    """Devuelve de quién es una carpeta que no es un contenedor.

    >>> find_folder_owner(Folder("ana_ejercicio_01 (1)", zipped=True), ["ejercicio_01"])
    'ana'
    """
    # Un zip es un archivo: su nombre lleva, como el de un cuaderno, el ejercicio y las copias.
    # La carpeta que solo se llama como un ejercicio no dice de quién es.
    if folder.zipped or match_exercise(folder.name, exercises):
        return find_owner(f"{folder.name}.zip", exercises)
    return clean_student(folder.name)


def find_owner(name: str, exercises: Collection[str]) -> str:
    """Devuelve de quién dice un archivo que es; si no lo dice, NO_NAME.

    >>> names = ["Copia de ana_ejercicio_01.ipynb", "ejercicio_01 (1).ipynb", "Ejercicio 1.ipynb"]
    >>> [find_owner(name, ["ejercicio_01"]) for name in names]
    ['ana', 'sin nombre', 'sin nombre']
    """
    stem = strip_copy_marks(cut_extension(name))
    owner = clean_student(stem, find_name(stem, exercises))
    # «Ejercicio 01» o «final» no son de nadie; un número puede ser el de alguien.
    names_nobody = is_notebook(name) and VERSION.fullmatch(owner) and not owner.isdigit()
    return NO_NAME if names_nobody else owner


def clean_student(name: str, exercise: str = "") -> str:
    """Devuelve el nombre de quien entrega, apto para un archivo en cualquier sistema.

    >>> clean_student("Ana Gil_7_assignsubmission_file_ejercicio_01"), clean_student("../b:c")
    ('Ana Gil', 'b_c')
    >>> clean_student("luis-ejercicio_02 (1)", "ejercicio_02")
    'luis'
    """
    name = PLATFORM_SUFFIX.sub("", unicodedata.normalize("NFC", name))
    if exercise:
        before, _, after = re.sub(re.escape(exercise), "\0", name, flags=re.I).partition("\0")
        name = before.strip(" _-") or after
    # «__» separa a cada estudiante de su ejercicio en los nombres de los registros.
    name = re.sub(r"_{2,}", "_", re.sub(r"[^\w .@+-]", "_", name))
    # Los nombres de archivo se miden en bytes, y el final de uno puede partir una letra.
    name = name.encode("utf-8")[:LONGEST_STUDENT_BYTES].decode("utf-8", "ignore")
    return name.strip(" ._-+@") or NO_NAME


def find_platform_number(name: str) -> str:
    """Devuelve el número que la plataforma pone tras un nombre, otro en cada tarea, o vacío.

    >>> find_platform_number("Ana Gil_7_assignsubmission_file_"), find_platform_number("ana_7")
    ('7', '')
    """
    found = PLATFORM_SUFFIX.search(name)
    return (found["number"] or "") if found else ""


def strip_copy_marks(stem: str) -> str:
    """Devuelve el nombre de un archivo, sin extensión, sin lo que le pone quien lo copia.

    >>> strip_copy_marks("Copia de ana_ejercicio_01 (1)"), strip_copy_marks("ejercicio_01-Copy1")
    ('ana_ejercicio_01', 'ejercicio_01')
    """
    return COPY_SUFFIX.sub("", COPY_PREFIX.sub("", unicodedata.normalize("NFC", stem)))


def find_exercise(path: str, entry: Entry, exercises: Mapping[str, Exercise]) -> str:
    """Devuelve de qué ejercicio es un archivo por su nombre o, si es un cuaderno, por sus celdas.

    >>> find_exercise("ana_ejercicio_01.ipynb", Entry(), dict.fromkeys(["ejercicio_01"]))
    'ejercicio_01'
    """
    named = find_name(PurePosixPath(path).name, exercises)
    if named or not is_notebook(path):
        return named
    try:
        return recognise_exercise(entry.read(), exercises)
    except LabError:
        return ""


def recognise_exercise(content: bytes, exercises: Mapping[str, Exercise]) -> str:
    """Devuelve de qué ejercicio es un cuaderno por los nombres de sus celdas, o un texto vacío.

    >>> recognise_exercise(b"nada", {})
    ''
    """
    try:
        ids = _list_ids(json.loads(content)["cells"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    shared = {name: len(ids & _list_ids(each.cells)) for name, each in exercises.items()}
    best = max(shared, key=shared.__getitem__, default="")
    return best if shared.get(best) else ""


def find_name(name: str, exercises: Collection[str]) -> str:
    """Devuelve el ejercicio que nombra un texto, el más largo si son varios, o un texto vacío.

    >>> find_name("ana_Ejercicio_10.ipynb", ["ejercicio_1", "ejercicio_10"])
    'ejercicio_10'
    """
    told = [each for each in exercises if each.casefold() in name.casefold()]
    return max(told, key=len, default="")


def match_exercise(name: str, exercises: Collection[str]) -> str:
    """Devuelve el ejercicio que se llama exactamente así, quitado lo que añade una copia.

    >>> match_exercise("Ejercicio_01 (1)", ["ejercicio_01"]), match_exercise("ana", [])
    ('ejercicio_01', '')
    """
    stem = strip_copy_marks(name).casefold()
    return next((each for each in exercises if each.casefold() == stem), "")


def _list_ids(cells: list[Any]) -> set[str]:
    """Devuelve los nombres que nbgrader dio a las celdas, y sus ids."""
    ids = {cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells}
    return (ids | {cell.get("id") for cell in cells}) - {None}


def _is_nameless(folder: Folder, exercises: Collection[str]) -> bool:
    """Dice si es la carpeta de un ejercicio con su único cuaderno: de alguien sin nombre."""
    own = [cut_extension(name) for name in folder.files if is_notebook(name)]
    is_only = len(folder.list_notebooks()) == 1
    return is_only and any(match_exercise(name, exercises) for name in own)


def _wraps_everything(folder: Folder, exercises: Collection[str]) -> bool:
    """Dice si la única carpeta que hay envuelve las entregas: la del zip, o la de la tarea."""
    inside = folder.folders.values()
    if any(match_exercise(name, exercises) for each in inside for name in each.folders):
        return True
    notebooks = list(filter(is_notebook, folder.files))
    if len(folder.list_notebooks()) < 2 or _is_own(folder, notebooks, exercises):
        return False
    return _can_be_people([*map(cut_extension, notebooks), *folder.folders], exercises)


def _is_crowded(folder: Folder, exercises: Collection[str]) -> bool:
    """Dice si lo que hay en una carpeta es de varias personas."""
    if _has_marks(folder):
        return True
    if any(map(is_notebook, folder.files)):
        return _names_students(folder, exercises)
    if _has_student_branches(folder, exercises):
        return True
    return any(_is_crowded(each, exercises) for each in folder.folders.values())


def _has_marks(folder: Folder) -> bool:
    inside = folder.folders.values()
    return any(each.is_marked or _has_marks(each) for each in inside)


def _names_students(folder: Folder, exercises: Collection[str]) -> bool:
    """Dice si los cuadernos de una carpeta, y los zips con más, llevan dos nombres distintos."""
    notebooks = list(filter(is_notebook, folder.files))
    if _is_own(folder, notebooks, exercises):
        return False
    if any(match_exercise(cut_extension(name), exercises) for name in notebooks):
        # Junto a un «ejercicio_01.ipynb», lo que no dice su ejercicio son borradores.
        told = [name for name in notebooks if find_name(name, exercises)]
    else:
        zips = [each for each in folder.folders.values() if each.zipped and each.list_notebooks()]
        told = [*notebooks, *(f"{each.name}.zip" for each in zips)]
    owners = {find_owner(name, exercises).casefold() for name in told} - {NO_NAME}
    return sum(not VERSION.fullmatch(name) for name in owners) >= 2


def _is_own(folder: Folder, notebooks: list[str], exercises: Collection[str]) -> bool:
    """Dice si algún cuaderno se llama como su carpeta: es la de esa persona."""
    owner = clean_student(folder.name).casefold()
    return any(find_owner(name, exercises).casefold() == owner for name in notebooks)


def _has_student_branches(folder: Folder, exercises: Collection[str]) -> bool:
    """Dice si cada carpeta de dentro puede ser de una persona, y no de una semana."""
    complete = [each for each in folder.folders.values() if each.list_notebooks()]
    only_zips = all(each.zipped for each in complete)
    doubtful = _list_doubtful_zips(folder) if only_zips else []
    names = [each.name for each in complete + doubtful]
    if len(names) < 2 or not _can_be_people(names, exercises):
        return False
    # Un zip solo con zips es el de una tarea: cada uno es de alguien.
    if doubtful or folder.zipped and only_zips:
        return True
    # Si cada cuaderno es, por su nombre, de otro ejercicio, son de la misma persona.
    named = [find_name(PurePosixPath(path).name, exercises) for path in folder.list_notebooks()]
    return not all(named) or len(set(named)) < len(named)


def _list_doubtful_zips(folder: Folder) -> list[Folder]:
    """Devuelve los zips sin cuaderno que, entre otros zips, son de alguien que lo entregó mal."""
    zips = [each for each in folder.folders.values() if each.zipped and not each.list_notebooks()]
    return [each for each in zips if folder.zipped or each.problem or not each.list_files()]


def _can_be_people(names: Collection[str], exercises: Collection[str]) -> bool:
    """Dice si unos nombres pueden ser de personas: ni uno es un ejercicio, ni todos versiones."""
    told = any(match_exercise(name, exercises) for name in names)
    return not told and not all(map(VERSION.fullmatch, names))
