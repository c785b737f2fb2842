"""Los números de una ficha: encontrarlos, entender cómo están escritos y apartar los que no miden.

Un número puede ir con coma o con punto decimal, con puntos de millar, en tanto por ciento o con
exponente. No miden nada las fechas, las versiones, las direcciones, los números de una lista ni los
que forman parte de un nombre (de una clase, de un modelo o de un formato, como bf16).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Letras de uso privado que ocupan el lugar de lo que no hay que leer como número.
HIDDEN, FIRST_CLASS = "\ue000", 0xE400
NUMBER = re.compile(r"(?P<sign>[-+\u2212]?)(?P<digits>\d+(?:[.,]\d+)*)(?P<exp>[eE][-+]?\d+)?")
# «5·10^-4», con o sin superíndice, es 5e-4.
POWER = re.compile(r"(?<=\d)\s?[\xb7\xd7]\s?10\s?\^?\s?([-\u2212]?\d{1,2})\b")
MILLIONS = re.compile(r"\s?(?:millones|millón)\b")
PERCENT = re.compile(r"\s?(%|por\s?ciento|\u2030|por\s?mil)")
MONTHS = (
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|"
    "diciembre"
)
NOT_FIGURES = (
    re.compile(r"(?:https?://|hf://|www\.)[^\s)>\]\"'`|]+"),
    re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
    re.compile(rf"\b\d{{1,2}} de (?:{MONTHS})(?: de \d{{4}})?\b", re.IGNORECASE),
    re.compile(rf"\b(?:{MONTHS}) de \d{{4}}\b", re.IGNORECASE),
    re.compile(r"(?<![\w.,])\d{1,2}/\d{1,2}/\d{4}(?![\w])"),
    re.compile(r"(?<=\ben )(?:19|20)\d\d\b(?![.,]\d)"),
    re.compile(r"(?<![\w.,])v\d+(?:\.\d+)*\b(?![.,]\d)"),
    # Una versión; «1.000.000» es una cuenta, y «0.99.0» solo si la conoce quien pregunta.
    re.compile(r"(?<![\w.,])(?!0\.)(?!\d{1,3}(?:\.\d{3})+(?![\w.]))\d+\.\d+\.\d+[\w.+-]*"),
    re.compile(r"\bPython \d+(?:\.\d+)*", re.IGNORECASE),
    re.compile(
        r"\b(?:bf16|fp(?:16|32|64)|float(?:16|32|64)|u?int(?:4|8|16|32)|utf-?(?:8|16)|T5|"
        r"GPT-?[1-5]|SHA-?(?:1|256)|ISO 639(?:-[123])?)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:apache|cc-by[a-z-]*|a?l?gpl|mpl|bsd|osl|afl)-\d(?:\.\d)?\b", re.IGNORECASE),
    re.compile(r"^\s*(?:#+\s*)?\d+[.)]\s", re.MULTILINE),
)


@dataclass(frozen=True)
class Number:
    """Un número escrito: ``text``, tal cual; ``start`` y ``end``, dónde; lo que puede valer.

    ``readings``: pares (valor, decimales); «1.000» tiene dos lecturas. ``percent``: si lleva un
    tanto por ciento detrás; el valor ya está dividido.
    """

    text: str
    start: int
    end: int
    readings: tuple[tuple[float, int], ...]
    percent: bool = False

    def says(self, value: float, least: int = 0) -> bool:
        """Dice si el número es ``value`` redondeado; ``least``: los decimales que hacen falta.

        >>> (number,) = find_numbers("0,54")
        >>> number.says(0.537), number.says(0.531), number.says(0.537, least=3)
        (True, False, False)
        """
        for read, decimals in self.readings:
            exact = abs(read - value) <= 1e-9 * max(1.0, abs(value))
            near = abs(read - value) <= 0.5 * 10.0**-decimals + 1e-9
            if exact or (near and decimals >= least):
                return True
        return False

    @property
    def is_whole(self) -> bool:
        """Si puede ser una cuenta: un entero sin tanto por ciento."""
        return not self.percent and any(decimals <= 0 for _, decimals in self.readings)


def find_numbers(text: str) -> list[Number]:
    """Devuelve los números de un texto ya limpio (``clean_text``), por orden.

    >>> [number.text for number in find_numbers("de 0,5 a 1.000 (53,7 %) y 5e-05")]
    ['0,5', '1.000', '53,7 %', '5e-05']
    """
    found = []
    for match in NUMBER.finditer(text):
        start = match.start()
        sign = match["sign"]
        before = text[start - 1] if start else " "
        if sign and (before.isalnum() or before in ")%"):
            # «0,50-0,57» es un intervalo: el guion no es un signo.
            start, sign = start + 1, ""
        tail = PERCENT.match(text, match.end())
        scale = 0 if not tail else 3 if tail[1] == "\u2030" or "mil" in tail[1] else 2
        end = tail.end() if tail else match.end()
        if millions := MILLIONS.match(text, match.end()):
            scale, end = -6, millions.end()
        readings = tuple(
            _shift(value, decimals, scale, "-" if sign in ("-", "\u2212") else "", match["exp"])
            for value, decimals in _read_digits(match["digits"])
        )
        found.append(Number(text[start:end], start, end, readings, bool(tail)))
    return found


def clean_text(
    text: str,
    names: Iterable[str] = (),
    classes: Iterable[str] = (),
    words: Mapping[str, re.Pattern[str]] | None = None,
) -> str:
    """Devuelve el texto sin lo que no mide: fechas, versiones, direcciones, nombres conocidos.

    ``names``: textos con cifras que hay que pasar por alto; ``classes``: nombres de clase, que se
    cambian por una letra de uso privado cada uno (``class_letter``); ``words``: de letra a lo que
    representa, que se cambia igual.

    >>> find_numbers(clean_text("El 29 de noviembre de 2026, bf16, v1.0 y torch 2.13.0"))
    []
    """
    # Una letra que no se ve podría partir un número en dos.
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = unicodedata.normalize("NFKC", re.sub(r"(?<=\d)[\u202f\u2009\xa0](?=\d{3})", "", text))
    text = html.unescape(re.sub(r"<!--.*?-->", " ", text, flags=re.DOTALL))
    text = POWER.sub(lambda match: "e" + match[1].replace("\u2212", "-"), text)
    for i, name in sorted(enumerate(classes), key=lambda pair: -len(pair[1])):
        text = _hide_class(text, name, class_letter(i))
    for letter, pattern in (words or {}).items():
        text = pattern.sub(letter, text)
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text)
    for pattern in NOT_FIGURES:
        text = pattern.sub(lambda match: HIDDEN * min(1, len(match[0])), text)
    return text


def class_letter(position: int) -> str:
    """Devuelve la letra de uso privado que representa a una clase; ``position``: desde 0."""
    return chr(FIRST_CLASS + position)


def _hide_class(text: str, name: str, letter: str) -> str:
    """Una clase que es solo un número se reconoce entre comillas o sola en su celda."""
    flat = " ".join(unicodedata.normalize("NFKC", name).split())
    escaped = re.escape(flat)
    if not re.sub(r"[\d.,\s+-]", "", flat):
        text = re.sub(rf"(?<=[«\"“`]){escaped}(?=[»\"”`])", letter, text)
        return re.sub(rf"^\s*{escaped}\s*$", letter, text)
    pattern = r"\s+".join(map(re.escape, flat.split()))
    return re.sub(rf"(?<!\w){pattern}(?!\w)", letter, text)


def _read_digits(digits: str) -> list[tuple[float, int]]:
    """Lo que puede querer decir «1.000,5», «1,000» o «0.537», con sus decimales."""
    marks = [each for each in digits if each in ".,"]
    if not marks:
        return [(float(digits), 0)]
    *whole, last = re.split(r"[.,]", digits)
    readings = []
    thousands = all(len(each) == 3 for each in [*whole[1:], last]) and 1 <= len(whole[0]) <= 3
    if len(set(marks)) == 1 and thousands and whole[0] != "0":
        readings.append((float("".join([*whole, last])), 0))
    inner = all(len(each) == 3 for each in whole[1:]) and len(set(marks[:-1])) <= 1
    if len(marks) == 1 or (inner and marks[-1] != marks[0]):
        readings.append((float("".join(whole) + "." + last), len(last)))
    # Lo que no se entiende (0.5.3) no vale nada de lo medido.
    return readings or [(float("inf"), 0)]


def _shift(
    value: float, decimals: int, scale: int, sign: str, exponent: str | None
) -> tuple[float, int]:
    power = int(exponent[1:]) if exponent else 0
    shifted = float(f"{sign}{value!r}") * 10.0 ** (power - scale)
    return shifted, decimals + scale - power
