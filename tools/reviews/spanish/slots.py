"""Rellena los huecos de una frase del banco según quién la escribe: región, género y azar.

La gramática de los huecos, que usan todos los archivos de frases:

- ``[a|b|]``: una de las alternativas, al azar.
- ``{el:movil}``, ``{los:movil}``, ``{movil}``: un nombre de la región, con determinante o sin él.
- ``{o}``, ``{os}``, ``{lo}``, ``{los}``, ``{este}``: concuerdan con el último nombre.
- ``{yo}``, ``{nos}``: concuerdan con quien escribe y con su grupo.
- ``{he|a|b}``: lo primero en España; ``{vos|a|b}``: lo segundo en el Río de la Plata.
- ``{en|es=a|ar=b|c}``: por regiones, y lo último en las demás.
- ``{verbo:a|b}``: según el número del sujeto.
- ``{S}``, ``{A}``, ``{V}``...: los de un armazón, que prepara ``grammar.fill_frame``;
- lo demás: una fórmula de la región, una persona, un tiempo o un precio.
"""

import re
from dataclasses import dataclass, field

from reviews.spanish import regions
from reviews.spanish.agreement import (
    DETERMINERS,
    PLURAL_DETERMINERS,
    add_determiner,
    make_plural,
)

CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{([^{}]*)\}")
ENDINGS = {
    "o": ("o", "a"),
    "os": ("os", "as"),
    "lo": ("lo", "la"),
    "los": ("los", "las"),
    "este": ("este", "esta"),
    "estos": ("estos", "estas"),
    "el": ("el", "la"),
    "un": ("un", "una"),
    "uno": ("uno", "una"),
    "ese": ("ese", "esa"),
}
# Verbos del sujeto de un armazón: singular y plural.
VERBS = {
    "parecio": ("pareció", "parecieron"),
    "resulto": ("resultó", "resultaron"),
    "salio": ("salió", "salieron"),
    "quedo": ("quedó", "quedaron"),
    "llego": ("llegó", "llegaron"),
    "deja": ("deja", "dejan"),
    "tiene": ("tiene", "tienen"),
    "merece": ("merece", "merecen"),
    "decepciono": ("decepcionó", "decepcionaron"),
    "sorprendio": ("sorprendió", "sorprendieron"),
    "cumplio": ("cumplió", "cumplieron"),
    "esperaba": ("esperaba", "esperaba"),
    "n": ("", "n"),
    "s": ("", "s"),
}
OTHERS = {
    "quien": (
        "mi pareja, mi hermana, mi hermano, mi madre, mi padre, una amiga, un amigo, mi cuñada,mi"
        " suegra, mi prima, mi hija, mi hijo, mi tía, mi marido, mi mujer, un compañero del"
        " trabajo,mi abuela, mi vecina"
    ),
    "quienes": (
        "mis padres, unos amigos, mis hijos, mis primos, unas amigas, los de la oficina,"
        "mis suegros, dos amigas, mis hermanas, mis sobrinos"
    ),
    "dia": (
        "el sábado, el domingo, un martes, el viernes por la noche, un jueves por la tarde,entre"
        " semana, el lunes por la mañana, un miércoles, el fin de semana pasado, hace dos"
        " semanas,el mes pasado, en agosto, en vísperas de fiesta, un domingo al mediodía"
    ),
    "ocasion": (
        "el cumpleaños de mi madre, nuestro aniversario, la graduación de mi hermana,"
        "una despedida del trabajo, el bautizo de mi sobrina, el día de la madre, mi cumpleaños,"
        "una comida familiar, la jubilación de mi padre, el santo de mi abuela"
    ),
    "rato": (
        "cinco minutos, diez minutos, un ratito, un cuarto de hora, nada y menos, un momento,"
        "siete minutos contados, ocho minutos"
    ),
    "espera": (
        "una hora, hora y media, dos horas, cincuenta minutos, una hora larga,"
        "casi dos horas, tres cuartos de hora, más de una hora, una tarde entera"
    ),
    "dias": (
        "tres semanas, quince días, un mes, diez días, dos meses, veinte días, mes y medio,"
        "casi un mes"
    ),
    "otro_sitio": (
        "el de la esquina, el de siempre, la competencia, el del centro, el de enfrente,"
        "otro que conozco, el de mi barrio, el que había antes"
    ),
}
# Nombres que se eligen una vez por reseña y no una por frase.
LASTING = ("kind", "trasto")
FRAME_SLOTS = {"S", "dS", "aS", "A", "A2", "Aisimo", "V", "Vp", "X", "D", "P", "N"}


@dataclass
class Voice:
    """Quién escribe: de dónde, con qué género y con qué grupo."""

    region: str
    gender: str = "m"
    group: str = "m"
    nouns: dict = field(default_factory=dict)
    kinds: tuple = ()
    # Lo que no cambia de una frase a otra: el local y la cosa de que se habla.
    memory: dict = field(default_factory=dict)


def split_list(text):
    """Parte una lista escrita con comas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def choose_regional(entry, region):
    """Devuelve las alternativas de una entrada de ``regions`` para una región."""
    parts = [part.strip() for part in entry.split(" | ")]
    part = parts[0] if len(parts) == 1 else parts[regions.REGIONS.index(region)]
    return [each.strip() for each in part.split("/")] if "/" in part else [part]


class Filler:
    """Rellena una frase; recuerda los nombres que ya dijo y de quién habla."""

    def __init__(self, rng, voice, given=None, subject=("m", False)):
        self.rng = rng
        self.voice = voice
        self.given = given or {}
        self.gender, self.plural = subject
        self.number = subject[1]
        self.said = {}

    def fill(self, template):
        """Devuelve la frase sin huecos; lanza KeyError con el nombre de uno desconocido."""
        while CHOICE.search(template):
            template = CHOICE.sub(lambda found: self.rng.choice(found[1].split("|")), template)
        while found := SLOT.search(template):
            template = template[: found.start()] + self.resolve(found[1]) + template[found.end() :]
        return template

    def resolve(self, name):
        """Devuelve lo que va en un hueco."""
        if "|" in name and not name.startswith("verbo:"):
            return self.resolve_options(name)
        if name.startswith("verbo:"):
            return name[6:].split("|")[self.number]
        if ":" in name:
            return self.resolve_noun(*name.split(":", 1))
        if name in self.given:
            return self.given[name]
        if name == "kind" or name in self.voice.nouns or name in regions.NOUNS:
            return self.resolve_noun("", name)
        return self.resolve_word(name)

    def resolve_options(self, name):
        """Elige según la región."""
        kind, *options = name.split("|")
        if kind == "he":
            return options[0] if self.voice.region == "es" else options[1]
        if kind == "vos":
            return options[1] if self.voice.region == "ar" else options[0]
        if kind == "en":
            table = dict(each.split("=", 1) for each in options[:-1])
            return table.get(self.voice.region, options[-1])
        raise KeyError(name)

    def resolve_noun(self, determiner, name):
        """Pone un nombre de la región, con su determinante, y lo recuerda."""
        self.gender, noun = self.find_noun(name)
        self.plural = determiner in PLURAL_DETERMINERS
        noun = make_plural(noun) if self.plural else noun
        if not determiner:
            return noun
        if determiner not in DETERMINERS and determiner not in PLURAL_DETERMINERS:
            raise KeyError(f"{determiner}:{name}")
        return add_determiner(determiner, noun, self.gender)

    def find_noun(self, name):
        """Devuelve el género y la palabra de un nombre; la misma en toda la frase."""
        said = self.voice.memory if name in LASTING else self.said
        if name not in said:
            entry = self.pick_kind() if name == "kind" else self.find_entry(name)
            gender, noun = self.rng.choice(choose_regional(entry, self.voice.region)).split(":", 1)
            said[name] = gender, self.fill_inner(noun)
        return said[name]

    def fill_inner(self, noun):
        """Un nombre puede llevar dentro otro hueco («cargador del {movil}»)."""
        return Filler(self.rng, self.voice, self.given).fill(noun) if "{" in noun else noun

    def pick_kind(self):
        """Elige cómo se llama el local."""
        return self.rng.choice(self.voice.kinds)

    def find_entry(self, name):
        """Devuelve la entrada de un nombre: la del oficio, la del ramo o la de todos."""
        return self.voice.nouns.get(name) or regions.NOUNS[name]

    def resolve_word(self, name):
        """Una terminación, un verbo, una fórmula, una persona o un tiempo."""
        if name in ("yo", "nos"):
            gender = self.voice.gender if name == "yo" else self.voice.group
            return {"yo": ("o", "a"), "nos": ("os", "as")}[name][gender == "f"]
        if name in ENDINGS:
            return ENDINGS[name][self.gender == "f"]
        if name in VERBS:
            return VERBS[name][self.number]
        if name in ("nombre_f", "nombre_m"):
            self.gender = name[-1]
            return self.remember(name, split_list(regions.NAMES[name[-1]]))
        if name in OTHERS:
            return self.remember(name, split_list(OTHERS[name]))
        return self.remember(name, choose_regional(regions.PHRASES[name], self.voice.region))

    def remember(self, name, options):
        """Elige una vez y repite lo mismo en la frase."""
        if name not in self.said:
            self.said[name] = self.rng.choice(options)
        return self.said[name]
