"""Encuentra las entregas que hay en una carpeta o un zip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from labsupport.base.errors import LabError
from labsupport.grading.cells.exercises import Exercise
from labsupport.grading.collecting.archives import (
    NO_NAME,
    Entry,
    Folder,
    build_tree,
    cut_extension,
    is_notebook,
)
from labsupport.grading.collecting.owners import (
    clean_student,
    find_exercise,
    find_folder_owner,
    find_name,
    find_owner,
    find_platform_number,
    is_container,
    match_exercise,
    strip_copy_marks,
)

NO_NOTEBOOK = "No hay ningún cuaderno en la entrega."


@dataclass(frozen=True)
class Submission:
    """Una entrega: de quién, de qué ejercicio (o vacío) y sus archivos sin leer.

    ``notebook``: el nombre de su cuaderno en ``entries``, o vacío si no trae ninguno;
    ``origin``: la carpeta o el zip de donde sale, dentro de lo entregado; ``number``: el que la
    plataforma puso tras el nombre, o vacío.
    """

    student: str
    exercise: str
    notebook: str
    entries: Mapping[str, Entry] = field(repr=False)
    flags: tuple[str, ...] = ()
    origin: str = ""
    number: str = ""

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
    found = list(_take_container(build_tree(where), exercises, alone=True))
    if not found:
        raise LabError(f"No hay ninguna entrega en «{where}»: di en qué carpeta o zip están.")
    return _name_apart(_number_namesakes(_assume_exercise(found, exercises, exercise)))


def _take_container(
    folder: Folder, exercises: Mapping[str, Exercise], exercise: str = "", alone: bool = False
) -> Iterator[Submission]:
    """Da las entregas de una carpeta que reúne a estudiantes.

    ``exercise``: el que dicen las carpetas de fuera; ``alone``: si es la única rama.
    """
    exercise = find_name(folder.name, exercises) or exercise
    for name, entry in folder.files.items():
        student, told = find_owner(name, exercises), find_exercise(name, entry, exercises)
        flags = _flag_owner(student, name)
        yield Submission(student, told or exercise, name, {name: entry}, flags, folder.path)
    # Lo único que hay en la carpeta de un ejercicio es de alguien: ya no envuelve nada.
    is_last = bool(match_exercise(folder.name, exercises))
    alone = alone and len(folder.folders) == 1 and not folder.files and not is_last
    students = []
    for inside in folder.folders.values():
        if is_container(inside, exercises, alone):
            yield from _take_container(inside, exercises, exercise, alone)
        else:
            students.append(inside)
    for student in _drop_online_texts(students):
        yield from _take_student(student, exercises, exercise)


def _drop_online_texts(students: list[Folder]) -> list[Folder]:
    """Quita lo que la plataforma repite de quien entregó un cuaderno: el texto en línea."""

    def find_key(folder: Folder) -> str:
        number = find_platform_number(folder.name)
        return f"{clean_student(folder.name)} {number}".casefold() if folder.is_marked else ""

    delivered = {find_key(each) for each in students if each.list_notebooks()} - {""}
    return [each for each in students if each.list_notebooks() or find_key(each) not in delivered]


def _take_student(
    folder: Folder, exercises: Mapping[str, Exercise], exercise: str
) -> Iterator[Submission]:
    """Da las entregas de la carpeta de una persona: una por carpeta de ejercicio o por cuaderno."""
    exercise = find_name(folder.name, exercises) or exercise
    student, number = find_folder_owner(folder, exercises), find_platform_number(folder.name)
    flags = _flag_owner(student, PurePosixPath(folder.path).name)
    own = _list_exercise_folders(folder, exercises)
    others = {name: each for name, each in folder.folders.items() if each not in own}
    files = replace(folder, folders=others).list_files()
    if own and not any(map(is_notebook, files)):
        flags += tuple(f"no se usó «{name}»: no está con su ejercicio" for name in files)
    else:
        base = Submission(student, exercise, "", {}, flags, folder.path, number)
        yield from _take_notebooks(base, files, exercises)
    for each in own:
        base = Submission(student, "", "", {}, flags, each.path, number)
        yield _take_exercise(base, each, exercises)


def _list_exercise_folders(folder: Folder, exercises: Mapping[str, Exercise]) -> list[Folder]:
    """Devuelve las carpetas con una entrega de un ejercicio, y no con lo que acompaña a otra."""
    named = [each for each in folder.folders.values() if match_exercise(each.name, exercises)]
    if len(folder.list_notebooks()) == sum(len(each.list_notebooks()) for each in named):
        return named
    return [each for each in named if each.problem or each.list_notebooks()]


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
    """Da la entrega de la carpeta de un ejercicio: un cuaderno, mejor si es de ese ejercicio."""
    exercise, files = match_exercise(folder.name, exercises), folder.list_files()

    def rank(name: str) -> tuple:
        other = find_exercise(name, files[name], exercises) != exercise
        return (_rank_notebook(name, exercise), other, name)

    notebook = min(filter(is_notebook, files), key=rank, default="")
    return replace(base, exercise=exercise, notebook=notebook, entries=files)


def _choose_notebooks(
    files: Mapping[str, Entry], exercises: Mapping[str, Exercise]
) -> dict[str, str]:
    """Devuelve los cuadernos que son entregas, y de qué ejercicio: los demás solo acompañan.

    Si no hay ninguno, el ejercicio es el que nombren los archivos, si todos nombran el mismo.
    """
    notebooks = list(filter(is_notebook, files))
    if not notebooks:
        named = {find_name(name, exercises) for name in files} - {""}
        return {"": named.pop() if len(named) == 1 else ""}
    found = {name: find_exercise(name, files[name], exercises) for name in notebooks}
    told = {name: exercise for name, exercise in found.items() if exercise}
    # Una carpeta que nombra un ejercicio vale si ningún cuaderno dice ser de él.
    known = {*told.values(), ""}
    in_folder = {name: find_name(name, exercises) for name in notebooks}
    told |= {name: exercise for name, exercise in in_folder.items() if exercise not in known}
    return told or found


def _flag_owner(student: str, name: str) -> tuple[str, ...]:
    return (f"no dice de quién es: «{name}»",) if student == NO_NAME else ()


def _rank_notebook(path: str, exercise: str) -> int:
    """Ordena los cuadernos de un ejercicio: el que se llama como él, sus copias y quien lo nombra.

    Al final, lo que no trae cuaderno.
    """
    stem, exercise = cut_extension(path).casefold(), exercise.casefold()
    told = [stem == exercise, strip_copy_marks(stem) == exercise, exercise in stem, bool(path)]
    return next((rank for rank, is_so in enumerate(told) if is_so), len(told))


def _assume_exercise(
    found: list[Submission], exercises: Mapping[str, Exercise], exercise: str
) -> list[Submission]:
    """Da ejercicio a lo que no dice cuál es: el pedido o el único que hay en esta tanda."""
    seen = {each.exercise for each in found if each.exercise} or set(exercises)
    default = exercise or (next(iter(seen)) if len(seen) == 1 else "")
    return [replace(each, exercise=each.exercise or default) for each in found]


def _number_namesakes(found: list[Submission]) -> list[Submission]:
    """Pone tras el nombre el número de la plataforma, solo a quienes no se distinguen sin él."""
    numbered = {(each.student.casefold(), each.exercise, each.number) for each in found}
    times = Counter((student, exercise) for student, exercise, number in numbered if number)
    # En otra tarea sus números son otros: no se sabe quién es quién, y ninguno se queda sin él.
    shared = {student for (student, _), count in times.items() if count > 1}

    def needs_number(each: Submission) -> bool:
        student = each.student.casefold()
        # Así llama Moodle a todo el mundo si la entrega es anónima: solo el número distingue.
        return bool(each.number) and (student in shared or student.startswith("particip"))

    return [
        replace(each, student=f"{each.student}_{each.number}") if needs_number(each) else each
        for each in found
    ]


def _name_apart(found: list[Submission]) -> list[Submission]:
    """Distingue con un número las entregas con el mismo nombre, para no perder ninguna."""
    groups: dict[tuple[str, str], list[Submission]] = {}
    for each in sorted(found, key=_order):
        groups.setdefault((each.student.casefold(), each.exercise), []).append(each)
    taken = set(groups)
    apart: list[Submission] = []
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
