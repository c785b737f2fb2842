"""El orden natural de unas clases y si forman una escala: estrellas, notas, «malo < bueno».

De ese orden dependen el MAE y la matriz de confusión: «10» va detrás de «9» y «muy bueno» detrás
de «bueno». Unas clases que no se ordenan (alegría, enfado) van por orden alfabético.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from labsupport.base.signs import DASHES, LAST_SIGN, STAR, STAR_EMOJI, WHITE_STAR

# De peor a mejor o de menos a más; cada peldaño, con sus maneras de escribirlo ya plegadas.
SCALES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("muy malo", "muy mala", "muy mal", "pesimo", "pesima", "horrible", "terrible"),
        ("malo", "mala", "mal", "deficiente", "bad", "poor"),
        ("regular", "normal", "aceptable", "pasable", "average", "fair"),
        ("bueno", "buena", "bien", "good"),
        ("muy bueno", "muy buena", "muy bien", "very good"),
        ("excelente", "excellent"),
    ),
    (
        ("muy negativo", "muy negativa", "very negative", "n+"),
        ("negativo", "negativa", "negative", "neg", "n"),
        ("neutro", "neutra", "neutral", "neu", "ninguno"),
        ("positivo", "positiva", "positive", "pos", "p"),
        ("muy positivo", "muy positiva", "very positive", "p+"),
    ),
    (
        ("muy insatisfecho", "muy insatisfecha", "nada satisfecho", "nada satisfecha"),
        ("insatisfecho", "insatisfecha", "poco satisfecho", "poco satisfecha"),
        ("neutro", "neutral", "indiferente", "ni satisfecho ni insatisfecho", "algo satisfecho"),
        ("satisfecho", "satisfecha", "bastante satisfecho", "bastante satisfecha"),
        ("muy satisfecho", "muy satisfecha"),
    ),
    (
        ("muy en desacuerdo", "totalmente en desacuerdo"),
        ("en desacuerdo",),
        ("ni de acuerdo ni en desacuerdo", "neutral", "neutro", "indiferente"),
        ("de acuerdo",),
        ("muy de acuerdo", "totalmente de acuerdo"),
    ),
    (("suspenso", "insuficiente"), ("aprobado", "suficiente"), ("bien",), ("notable",))
    + (("sobresaliente",), ("matricula de honor",)),
    (("nunca",), ("casi nunca", "rara vez"), ("a veces", "algunas veces"))
    + (("casi siempre", "a menudo"), ("siempre",)),
    (("leve", "mild"), ("moderado", "moderada", "moderate"), ("grave", "severo", "severe")),
    (("nada probable",), ("poco probable",), ("algo probable", "probable"))
    + (("bastante probable",), ("muy probable",)),
    (("nada",), ("poco",), ("algo", "regular"), ("bastante",), ("mucho",)),
    (("muy bajo", "muy baja"), ("bajo", "baja", "low"), ("medio", "media", "medium"))
    + (("alto", "alta", "high"), ("muy alto", "muy alta")),
)
_UNIT = r"(?:stars?|estrellas?|puntos?|points?)"
# «1 - Muy malo», «10) Perfecto», «4 de 5»: el número va delante y lo demás lo explica.
_LED = re.compile(
    rf"([-+]?\d+(?:[.,]\d+)?)(?:\s*[-{DASHES}.:)=]\s*[^\W\d].*|\s+(?:de|sobre|of|out of)\s+\d+.*)"
)
_NUMBER = re.compile(rf"([-+]?\d+(?:[.,]\d+)?)\s*(?:/\s*\d+)?\s*{_UNIT}?")


def fold(text: str) -> str:
    """Devuelve el texto sin mayúsculas, sin acentos y con un solo espacio entre palabras.

    >>> fold("  MUY  Básico "), fold("Niño")
    ('muy basico', 'nino')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).split())


def read_number(name: str) -> float | None:
    """Devuelve el número que nombra una clase, o None si no nombra ninguno.

    >>> read_number("4 stars"), read_number("3,5"), read_number("★★"), read_number("mala")
    (4.0, 3.5, 2.0, None)
    >>> read_number("10 - Perfecto"), read_number("4 de 5"), read_number("3D"), read_number("1-2")
    (10.0, 4.0, None, None)
    """
    text = fold(name)
    if text and set(text) <= {STAR, STAR_EMOJI, WHITE_STAR}:
        return float(sum(each != WHITE_STAR for each in text))
    found = _NUMBER.fullmatch(text) or _LED.fullmatch(text)
    return float(found[1].replace(",", ".")) if found else None


def order_classes(names: Iterable[str]) -> list[str]:
    """Devuelve los nombres en su orden natural: por valor, por peldaño o alfabético.

    Si solo algunos son números, van primero y por valor; el resto, detrás.

    >>> order_classes(["10", "NS", "9", "1"]), order_classes(["bueno", "regular", "malo"])
    (['1', '9', '10', 'NS'], ['malo', 'regular', 'bueno'])
    >>> order_classes(["tristeza", "alegría", "Ñu", "nube"])
    ['alegría', 'nube', 'Ñu', 'tristeza']
    >>> order_classes(["clase 10", "clase 2"])
    ['clase 2', 'clase 10']
    """
    names = list(names)
    steps = _find_steps(names)
    if steps:
        return sorted(names, key=lambda name: steps[fold(name)])
    return sorted(names, key=_natural_key)


def find_scale(names: Sequence[str]) -> list[float] | None:
    """Devuelve cuánto vale cada clase si juntas forman una escala, o None si no se ordenan.

    En una escala tiene sentido decir por cuánto se falla (MAE). Los valores van en el orden de
    ``names``: el número que nombra cada una o, con palabras, su peldaño desde 1.

    >>> find_scale(["1 star", "2 stars", "3 stars"]), find_scale(["bueno", "malo", "regular"])
    ([1.0, 2.0, 3.0], [3.0, 1.0, 2.0])
    >>> find_scale(["alegría", "enfado", "miedo"]), find_scale(["sí", "no"])
    (None, None)
    """
    if len(names) < 3:
        return None
    numbers = [number for number in map(read_number, names) if number is not None]
    if len(numbers) == len(names):
        return numbers if len(set(numbers)) == len(numbers) else None
    steps = _find_steps(names)
    if not steps:
        return None
    ranks = sorted(set(steps.values()))
    return [float(ranks.index(steps[fold(name)]) + 1) for name in names]


def _find_steps(names: Sequence[str]) -> dict[str, int]:
    """El peldaño de cada nombre en la primera escala conocida que los tiene todos, sin repetir."""
    # «satisfecho/a» y «satisfecho(a)» son «satisfecho».
    folded = [re.sub(r"(/|\()(a|as|os)\)?(?!\w)", "", fold(name)) for name in names]
    for scale in SCALES:
        steps = {word: step for step, words in enumerate(scale) for word in words}
        found = [steps[name] for name in folded if name in steps]
        if len(found) == len(set(found)) == len(names):
            return dict(zip(map(fold, names), found, strict=True))
    return {}


def _natural_key(name: str) -> tuple:
    number = read_number(name)
    # La ñ se pliega a n para comparar, pero en español va detrás.
    spelled = fold(name.casefold().replace("ñ", f"n{LAST_SIGN}"))
    # «clase 10» va detrás de «clase 2»: los trozos impares son los números.
    parts = re.split(r"(\d+)", spelled)
    pieces = [int(part) if place % 2 else part for place, part in enumerate(parts)]
    return (number is None, number or 0.0, pieces, name)
