"""Lee los bancos de frases: un archivo TOML por ramo en ``banks/``, una frase por línea.

Una frase puede empezar por los oficios del ramo en que vale («#books #clothes Me quedó grande…»);
sin ellos, vale en todos. El sitio de cada frase en su lista decide en qué parte sale: las nuevas
van al final, de cuatro en cuatro.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "banks"
TAGS = re.compile(r"^((?:#\w+ )+)(.*)$", re.DOTALL)
LEVELLED = ("irony", "teasing")


@dataclass(frozen=True)
class Bank:
    """Las frases de un ramo: relatos por tema y nivel, contextos, detalles, ironías y bromas."""

    # De cada oficio, cómo se llama el local («kinds») y sus nombres propios («nouns»).
    trades: dict
    nouns: dict
    # De cada tema, sus sujetos: género y número, dos puntos y el nombre sin artículo.
    subjects: dict
    stories: dict
    contexts: tuple
    fillers: tuple
    irony: dict
    teasing: dict
    # De cada frase o sujeto con oficio, en cuáles vale.
    trades_of: dict

    def suits(self, trade, phrase):
        """Dice si una frase o un sujeto vale en un oficio."""
        return trade in self.trades_of.get(phrase, self.trades)


@cache
def load_banks():
    """Devuelve el banco de cada ramo, por su nombre, en orden alfabético."""
    return {path.stem: load_bank(path) for path in sorted(FOLDER.glob("*.toml"))}


def load_bank(path):
    """Lee un banco; lanza KeyError si le falta una parte."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    trades_of = {}
    subjects = {t: strip_tags(each, trades_of) for t, each in content["subjects"].items()}
    stories = {t: strip_levels(each, trades_of) for t, each in content["stories"].items()}
    lists = {name: strip_tags(content[name], trades_of) for name in ("contexts", "fillers")}
    jokes = {name: strip_levels(content[name], trades_of) for name in LEVELLED}
    return Bank(
        trades=content["trades"],
        nouns=content.get("nouns", {}),
        subjects=subjects,
        stories=stories,
        trades_of=trades_of,
        **lists,
        **jokes,
    )


def strip_levels(by_level, trades_of):
    """Quita los oficios de las frases de cada nivel; en TOML los niveles son texto."""
    return {int(level): strip_tags(phrases, trades_of) for level, phrases in by_level.items()}


def strip_tags(phrases, trades_of):
    """Devuelve las frases sin sus oficios, que apunta en ``trades_of``."""
    return tuple(strip_tag(phrase, trades_of) for phrase in phrases)


def strip_tag(phrase, trades_of):
    """Devuelve una frase sin sus oficios, que apunta en ``trades_of``."""
    found = TAGS.match(phrase)
    if not found:
        return phrase
    trades_of[found[2]] = frozenset(found[1].replace("#", "").split())
    return found[2]
