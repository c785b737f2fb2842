"""En qué codificación está un archivo de texto, decidido con todo lo que dice y no con su comienzo.

UTF-8 y UTF-16 se reconocen solos. Entre las de un byte por letra (la de Windows, la de los Mac
antiguos, la de MS-DOS) cualquier archivo «se lee» con todas, así que se compara qué tan verosímil
es en español lo que sale: «Llegó» o «Lleg—». charset-normalizer da por iguales las tres con los
textos cortos que traen las encuestas (3.5: «Lleg¾ tarde» gana a «Llegó tarde»).
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from labsupport.base.errors import LabError
from labsupport.base.signs import (
    APOSTROPHE,
    BULLET,
    CARONS,
    CURLY_QUOTES,
    DASHES,
    ELLIPSIS,
    EURO,
    LEFT_QUOTE,
    REPLACEMENT,
    TRADEMARK,
    is_surrogate,
)

BLOCK = 2**20
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # antes que UTF-16, que empieza igual
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Por orden de frecuencia: si empatan, gana la primera.
ONE_BYTE = ("cp1252", "mac_roman", "cp850")
# Lo que rodea a cada byte que no es ASCII: basta para juzgar la letra que sería.
_CONTEXT = re.compile(rb"[\x00-\x7f]{0,2}[\x80-\xff]+[\x00-\x7f]{0,3}")
# En los idiomas de letras latinas no hay tantas seguidas con adorno: es cirílico, griego, árabe.
_OTHER_ALPHABET = re.compile(r"[^\W\d_a-zA-Z]{4}")
# Con tantos distintos ya no cambia nada.
MOST_CONTEXTS = 200_000
# Un texto no lleva estos bytes; un programa o una imagen, muchos.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1e]")
_SPANISH = set("áéíóúüñÁÉÍÓÚÜÑ")
_LATIN = set("àèìòùâêîôûãõäëïöçåæßøÀÈÌÒÙÂÊÎÔÛÃÕÄËÏÖÇÅÆØ" + CARONS)
_OPENING, _QUOTES, _DASHES = (
    set("¿¡"),
    set(f"«»{CURLY_QUOTES}{BULLET}{EURO}{ELLIPSIS}"),
    set(DASHES),
)
_LOOSE = set(TRADEMARK + "ºª°·´®©£§±½¼¾²³×÷µ\xa0")
_CONTRACTION = re.compile(rf"{APOSTROPHE}(s|t|d|m|re|ve|ll)(?![A-Za-z])")


@dataclass(frozen=True)
class Encoding:
    """``codec``: el de Python; ``damaged``: si quedan bytes que no se entienden.

    Esos bytes se leen como sustitutos sueltos (``errors="surrogateescape"``).
    """

    codec: str
    damaged: bool = False

    @property
    def name(self) -> str:
        """Cómo se llama en un mensaje."""
        names = {"utf-8-sig": "UTF-8", "mac_roman": "Mac Roman", "cp1252": "Windows (cp1252)"}
        return names.get(self.codec, self.codec.upper().replace("CP", "cp"))


def find_encoding(file: BinaryIO, name: str) -> Encoding:
    r"""Devuelve la codificación de un archivo abierto en binario; lo lee por partes.

    ``name``: cómo llamarlo si falla. Lanza LabError si es binario o no se entiende.

    >>> import io
    >>> [find_encoding(io.BytesIO("Llegó".encode(e)), "a").codec for e in ("cp1252", "mac_roman")]
    ['cp1252', 'mac_roman']
    >>> find_encoding(io.BytesIO("Llegó".encode() + b"\xff"), "a.csv")
    Encoding(codec='utf-8-sig', damaged=True)
    """
    start = next(_read_blocks(file), b"")
    for mark, codec in BOMS:
        if start.startswith(mark):
            return _check_decodes(file, codec, name)
    if b"\0" in start[:4096] and (wide := _find_wide(file, start[:4096], name)):
        return wide
    nulls = any(b"\0" in block for block in _read_blocks(file))
    if _is_utf8(file):
        return Encoding("utf-8-sig", damaged=nulls)
    good, bad = _count_utf8(file)
    # En un texto de un byte por letra casi nunca sale por azar una letra de UTF-8 bien formada: si
    # hay bastantes es que se pegaron dos archivos, y lo de uno de ellos no se entiende.
    if good * 5 >= bad:
        return Encoding("utf-8-sig", damaged=bad > 0 or nulls)
    found = _find_one_byte(file, name)
    return replace(found, damaged=found.damaged or nulls)


def has_bad_bytes(text: str) -> bool:
    r"""Dice si en un texto leído quedó algún byte que no se entendió.

    >>> has_bad_bytes("bien"), has_bad_bytes(b"mal\xff".decode("utf-8", "surrogateescape"))
    (False, True)
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def is_damaged(text: str) -> bool:
    r"""Dice si a un texto de un archivo dañado le falta algo: un byte, una letra, o es un nulo.

    >>> is_damaged("Rico\0"), is_damaged("Rico")
    (True, False)
    """
    return "\0" in text or REPLACEMENT in text or has_bad_bytes(text)


def _read_blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(BLOCK):
        yield block


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _read_blocks(file):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _count_utf8(file: BinaryIO) -> tuple[int, int]:
    """Cuántas letras que no son ASCII hay bien escritas en UTF-8, y cuántos bytes sobran."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    for block in [*_only_odd(_read_blocks(file)), b""]:
        odd = Counter(re.findall(r"[^\x00-\x7f]", decoder.decode(block, final=not block)))
        wrong = sum(count for each, count in odd.items() if is_surrogate(each))
        # «É”» en cp1252 también es UTF-8, pero de una letra que nadie escribe.
        rare = sum(count for each, count in odd.items() if 0x180 <= ord(each) <= 0x7FF)
        good, bad = good + odd.total() - wrong - rare, bad + wrong
    return good, bad


def _only_odd(blocks: Iterator[bytes]) -> Iterator[bytes]:
    # Lo que es ASCII entero no hay que decodificarlo: nada empieza ni acaba en otro bloque.
    return (block for block in blocks if not block.isascii())


def _check_decodes(file: BinaryIO, codec: str, name: str) -> Encoding:
    decoder = codecs.getincrementaldecoder(codec)("strict" if codec != "utf-8-sig" else "replace")
    damaged = False
    try:
        for block in _read_blocks(file):
            damaged |= REPLACEMENT in decoder.decode(block)
        damaged |= REPLACEMENT in decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise LabError(
            f"{name} se corta a la mitad o está dañado (no se entiende como {codec.upper()}): "
            "ábrelo en tu programa y guárdalo otra vez como CSV UTF-8."
        ) from error
    return Encoding(codec, damaged)


def _find_wide(file: BinaryIO, start: bytes, name: str) -> Encoding | None:
    """UTF-16 sin marca: los ceros caen siempre en los bytes pares o siempre en los impares.

    None si son tan pocos que es un texto con algún byte nulo perdido.
    """
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 8 > len(start) and min(even, odd) * 10 <= max(even, odd):
        return _check_decodes(file, "utf-16-le" if odd > even else "utf-16-be", name)
    if len(_CONTROL.findall(start)) * 200 > len(start) + 200:
        raise LabError(
            f"{name} no es un archivo de texto, diga lo que diga su extensión: ábrelo en tu "
            "programa y guárdalo como CSV UTF-8."
        )
    return None


def _find_one_byte(file: BinaryIO, name: str) -> Encoding:
    contexts: Counter[bytes] = Counter()
    total = 0
    for block in _read_blocks(file):
        # La n de un «\n» escrito, como en json, no es la letra de antes.
        contexts.update(_CONTEXT.findall(re.sub(rb"\\[nrt]", b"  ", block)))
        total += len(block)
        if len(contexts) > MOST_CONTEXTS:
            break
    scores = {codec: _score(contexts, codec) for codec in ONE_BYTE}
    best = max(scores, key=scores.__getitem__)
    odd = sum(sum(byte > 127 for byte in each) * count for each, count in contexts.items())
    # En un idioma de letras latinas las que no son ASCII son siempre unas pocas.
    if scores[best] <= 0 or odd * 2 > total:
        raise LabError(
            f"No se entiende en qué codificación está {name}: ábrelo en tu programa y guárdalo "
            "otra vez como CSV UTF-8."
        )
    undefined = any(is_surrogate(c) for each in contexts for c in _decode(each, best))
    return Encoding(best, undefined or len(contexts) > MOST_CONTEXTS)


def _decode(context: bytes, codec: str) -> str:
    return context.decode(codec, "surrogateescape")


def _score(contexts: Counter[bytes], codec: str) -> float:
    return sum(_judge(_decode(each, codec)) * count for each, count in contexts.items())


def _judge(text: str) -> float:
    """Cuánto de verosímil tiene un trozo: suma por cada letra que no es ASCII."""
    if _OTHER_ALPHABET.search(text):
        return -3.0 * len(text)
    padded = f" {text} "
    places = range(1, len(padded) - 1)
    marks = [_judge_letter(padded, place) for place in places if not padded[place].isascii()]
    return sum(marks)


def _judge_letter(text: str, place: int) -> float:
    before, letter, after = text[place - 1], text[place], text[place + 1]
    inside = before.isalpha() and after.isalpha()
    if letter in _SPANISH or letter in _LATIN:
        return _judge_case(before, letter, after) * (3 if letter in _SPANISH else 1)
    if letter in _OPENING:
        return (
            3
            if not before.isalpha() and (after.isalpha() or after in "¿¡\"'«" + LEFT_QUOTE)
            else -2
        )
    if letter in _DASHES:
        return -2 if inside else 1
    if letter in _QUOTES:
        contraction = before.isalpha() and _CONTRACTION.match(text, place)
        return 4 if contraction else (-1 if inside and letter != ELLIPSIS else 1)
    if letter in _LOOSE:
        return -1 if inside else 0.5
    return -3


def _judge_case(before: str, letter: str, after: str) -> float:
    """Una letra suelta o una mayúscula tras minúscula son raras."""
    if not before.isalpha() and not after.isalpha():
        return 0.3
    if letter.islower():
        return -1 if after.isupper() and not before.isupper() else 1
    return -1 if before.islower() else 1
