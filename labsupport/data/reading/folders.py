"""De los archivos de una carpeta, cuáles son los datos y de qué split es cada uno."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labsupport.base.errors import LabError
from labsupport.base.tables import join_names
from labsupport.data.classes import fold
from labsupport.data.reading.archives import MOST_FILES, is_hidden
from labsupport.data.reading.cards import match, read_patterns
from labsupport.data.reading.kinds import ARCHIVES, COMPRESSED, ENDINGS, find_ending
from labsupport.data.reading.split_names import find_split

# Lo que acompaña a unos datos, plegado y sin extensión, si acaba como un texto.
PROSE = {"readme", "leeme", "license", "licence", "licencia", "notice", "citation", "changelog"}
PROSE |= {"requirements", "authors", "copying", "dataset_infos", "dataset_info", "datapackage"}
PROSE |= {"dataset-metadata", "croissant"}
PROSE_ENDINGS = {"", "txt", "json", "pdf", "html", "docx"}
CODE = {"md", "rst", "py", "ipynb", "r", "rmd", "sh", "yml", "yaml", "toml", "cfg", "ini", "bib"}
CODE |= {"log", "css", "js", "tex", "lock"}
_SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})")
# De una lista de archivos se nombran los primeros.
SHOWN = 5

Groups = dict[str | None, list[Path]]


@dataclass
class Folder:
    """Lo que hay en una carpeta, en orden: ``data``, los .txt aparte y lo que no se sabe leer.

    ``patterned``: los archivos de cada split si los dice su ficha; ``notes``: lo que se decidió.
    """

    root: Path
    name: str
    data: list[Path] = field(default_factory=list)
    texts: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    patterned: Groups = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, files: Iterable[Path]) -> None:
        """Apunta en una nota los archivos que no se leen."""
        names = [file.relative_to(self.root).as_posix() for file in files]
        if names:
            self.notes.append(f"no se leen {shorten(names)}")


def list_folder(root: Path, name: str) -> Folder:
    """Devuelve qué hay en una carpeta y sus subcarpetas; ``name``: cómo llamarla.

    Si todo está dentro de una sola subcarpeta, como en muchos zip, la carpeta es esa. Lanza
    LabError si no se puede mirar dentro o si son demasiados archivos.
    """
    files = _walk(root, name)
    patterns = read_patterns(root, name)
    while not patterns and (inner := _find_only_folder(root, files)):
        root = inner
        patterns = read_patterns(root, name)
    folder = Folder(root, name)
    for file in files:
        place = _place(file, folder)
        if place is not None:
            place.append(file)
    _group_by_card(folder, files, patterns)
    return folder


def _walk(root: Path, name: str) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise LabError(
            f"No se puede mirar dentro de {name} ({Path(error.filename or root).name}): revisa sus "
            "permisos o copia la carpeta a otro sitio."
        ) from error

    files: list[Path] = []
    for place, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(each for each in folders if not is_hidden(PurePosixPath(each)))
        files += [Path(place, n) for n in sorted(names) if not is_hidden(PurePosixPath(n))]
        if len(files) > MOST_FILES:
            raise LabError(
                f"{name} tiene más de {MOST_FILES} archivos: pon la carpeta en que están los datos."
            )
    return files


def _find_only_folder(root: Path, files: Sequence[Path]) -> Path | None:
    """La subcarpeta en que está todo, si en ``root`` no hay otra cosa que leer."""
    relevant = [file for file in files if not _is_prose(file)]
    tops = {file.relative_to(root).parts[0] for file in relevant}
    inside = all(len(file.relative_to(root).parts) > 1 for file in relevant)
    return root / tops.pop() if len(tops) == 1 and inside else None


def _is_prose(file: Path) -> bool:
    ending = find_ending(file.name)
    return ending in CODE or (ending in PROSE_ENDINGS and fold(file.stem) in PROSE)


def _place(file: Path, folder: Folder) -> list[Path] | None:
    """La lista en que va un archivo, o None si no cuenta."""
    if _is_prose(file):
        return None
    ending = find_ending(file.name)
    if ending == "txt":
        return folder.texts
    kind = ENDINGS.get(ending)
    inner = ENDINGS.get(find_ending(file.stem)) if kind in COMPRESSED else kind
    return folder.others if inner in (None, *COMPRESSED, *ARCHIVES) else folder.data


def _group_by_card(
    folder: Folder, files: Sequence[Path], patterns: Sequence[tuple[str | None, list[str]]]
) -> None:
    if not patterns:
        return
    names = {file.relative_to(folder.root).as_posix(): file for file in files}
    groups: Groups = {}
    unknown = []
    for split, wanted in patterns:
        found = [file for name, file in names.items() if match(name, wanted)]
        known = find_split(split or "")
        if split is not None and known is None:
            unknown.append(split)
        elif found:
            groups.setdefault(known, []).extend(found)
    if unknown and groups:
        folder.notes.append(f"no se usan los splits {join_names(unknown)}")
    folder.patterned = groups


def group_by_split(folder: Folder) -> Groups:
    """Devuelve los archivos de cada split, según sus nombres y los de sus carpetas.

    Sin ningún nombre de split, todos van juntos con None. Lanza LabError si dos archivos son lo
    mismo en dos formatos, o si son .txt sueltos.
    """
    files = folder.data or folder.texts
    _refuse_twins([*folder.data, *folder.texts])
    groups: dict[str | None, list[Path]] = defaultdict(list)
    for file in files:
        groups[_find_split(folder.root, file)].append(file)
    if not folder.data and len(files) > 1 and None in groups:
        raise LabError(
            f"{folder.name} tiene archivos .txt sueltos ({tell(files)}): ponlos en una carpeta por "
            "clase (pos, neg), o junta los textos en un CSV con su etiqueta."
        )
    unused = groups.pop(None, []) if len(groups) > 1 else []
    folder.leave_out([*unused, *(folder.texts if folder.data else []), *folder.others])
    folder.notes.extend(_list_missing_shards(files))
    return dict(groups)


def _find_split(root: Path, file: Path) -> str | None:
    folders = file.relative_to(root).parts[:-1]
    names = [file.name.split(".")[0], *reversed(folders)]
    return next((split for name in names if (split := find_split(name))), None)


def _refuse_twins(files: Sequence[Path]) -> None:
    seen: dict[tuple[Path, str], Path] = {}
    for file in files:
        ending = find_ending(file.name)
        stem = Path(file.stem).stem if ENDINGS.get(ending) in COMPRESSED else file.stem
        twin = seen.setdefault((file.parent, stem.casefold()), file)
        if twin is not file:
            raise LabError(
                f"{twin.name} y {file.name} parecen los mismos datos en dos formatos: pon en "
                "«dataset_name» el que quieras, o quita uno."
            )


def _list_missing_shards(files: Sequence[Path]) -> list[str]:
    """Un archivo repartido en trozos («train-00000-of-00002») del que falta alguno."""
    shards: dict[tuple[str, int], int] = defaultdict(int)
    for file in files:
        found = _SHARD.fullmatch(file.name.split(".")[0])
        if found:
            shards[found[1], int(found[3])] += 1
    return [
        f"de los {total} trozos de «{name}» solo hay {count}"
        for (name, total), count in shards.items()
        if count < total
    ]


def tell(files: Sequence[Path]) -> str:
    """Los nombres de unos archivos, para una frase."""
    return shorten(file.name for file in files)


def shorten(names: Iterable[str]) -> str:
    """Une unos nombres; de muchos, los primeros y cuántos más hay.

    >>> shorten("abcdefgh")
    'a, b, c, d, e y 3 más'
    """
    names = list(names)
    rest = len(names) - SHOWN
    return join_names([*names[:SHOWN], f"{rest} más"] if rest > 0 else names)
