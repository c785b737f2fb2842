"""Signos que hay que reconocer en los archivos y que una consola de Windows no sabe enseñar.

Se escriben por su número: en los mensajes del laboratorio no puede salir ninguno.
"""

from __future__ import annotations


def spell(codes: str) -> str:
    """Devuelve los signos de unos números hexadecimales separados por espacios.

    >>> spell("61 f1")
    'añ'
    """
    return "".join(chr(int(code, 16)) for code in codes.split())


BOM = spell("feff")
REPLACEMENT = spell("fffd")
LAST_SIGN = spell("ffff")
ELLIPSIS = spell("2026")
DASHES = spell("2013 2014")
LEFT_QUOTE, APOSTROPHE = spell("201c"), spell("2019")
CURLY_QUOTES = spell("201c 201d 2018 2019 201e")
BULLET, EURO, TRADEMARK = spell("2022"), spell("20ac"), spell("2122")
STAR, WHITE_STAR, STAR_EMOJI = spell("2605"), spell("2606"), spell("2b50")
JOINER, EMOJI_VARIANT = spell("200d"), spell("fe0f")
CARONS = spell("161 17e 160 17d 153 152")


def is_surrogate(sign: str) -> bool:
    r"""Dice si un signo es de los que Python pone por un byte que no entiende (surrogateescape).

    >>> is_surrogate(b"x\xff".decode("utf-8", "surrogateescape")[1]), is_surrogate("x")
    (True, False)
    """
    return 0xDC80 <= ord(sign) <= 0xDCFF
