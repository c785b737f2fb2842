"""En qué letras están escritos los nombres que no son UTF-8: los de los zips de Windows."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterable

UTF8_FLAG = 0x800
# Así lee zipfile el nombre que no lleva la marca de UTF-8.
ASSUMED = "cp437"
# Por orden, si se duda: Windows comprime con la primera en español.
WINDOWS = ("cp850", "cp1252")
SPANISH = set("áéíóúüñÁÉÍÓÚÜÑªº¿¡")
# Lo que un nombre de persona no lleva cuesta más que una letra de otra lengua.
WRONG, RARE = 2, 1


def read_member_names(members: Iterable[zipfile.ZipInfo]) -> dict[zipfile.ZipInfo, str]:
    """Devuelve el nombre de cada miembro de un zip, con sus acentos.

    Sin la marca de UTF-8 se elige, para todo el zip, la codificación en que sus nombres se leen
    mejor en español: los escribió el mismo programa.
    """
    names = {member: member.filename for member in members}
    raw = {member: _find_raw(member) for member in names}
    doubtful = {member: name for member, name in raw.items() if name and not name.isascii()}
    encoding = guess_encoding(b"\n".join(doubtful.values()))
    return names | {member: name.decode(encoding, "replace") for member, name in doubtful.items()}


def guess_encoding(names: bytes) -> str:
    """Devuelve en qué codificación se leen mejor unos nombres en español, uno por línea.

    >>> [guess_encoding("Íñigo Núñez".encode(name)) for name in ("utf-8", "cp850", "cp1252")]
    ['utf-8', 'cp850', 'cp1252']
    """
    try:
        names.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        read = {each: names.decode(each, "replace") for each in WINDOWS}
        return min(read, key=lambda each: _count_odd(read[each]))


def _find_raw(member: zipfile.ZipInfo) -> bytes:
    """Los bytes de un nombre sin marca; vacío si ya se sabe qué dicen."""
    if member.flag_bits & UTF8_FLAG:
        return b""
    try:
        return member.filename.encode(ASSUMED)
    except UnicodeEncodeError:
        # zipfile lo leyó de otra parte del zip, que sí dice en qué está.
        return b""


def _count_odd(text: str) -> int:
    """Cuánto hay en un texto que no es de un nombre en español."""
    odd = sum(_weigh(letter) for letter in text if not letter.isascii())
    for before, after in zip(text, text[1:], strict=False):
        if before.islower() and after.isupper():
            # «JosÚ» no lo escribe nadie; «JoséLuis», alguna vez.
            odd += WRONG * (not after.isascii()) + RARE * (not before.isascii())
    return odd


def _weigh(letter: str) -> int:
    if letter in SPANISH:
        return 0
    return RARE if unicodedata.decomposition(letter) and letter.isalpha() else WRONG
