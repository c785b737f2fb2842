"""La manera de escribir de cada quien: formal, corriente o de chat, con sus faltas y sus emojis."""

import re

from reviews.drawing import add_typos
from reviews.spanish.agreement import PLAIN

EMOJIS = {
    2: "😍👏🙌🤩🥰🔥💯",
    1: "😊👌🙂👍😋",
    0: "🤷😐🤔😅",
    -1: "😒🙄👎😕🤦",
    -2: "😡🤬😤👎💩",
}
# Formal, corriente y de chat, de cada cien.
REGISTERS = {"formal": 14, "plain": 66, "chat": 20}
SHORT_FORMS = {
    "que": ("q", "k"), "porque": ("xq", "pq", "porq"), "por": ("x",),
    "también": ("tb", "tmb", "tmbn"),
    "bien": ("bn",), "de": ("d",), "mucho": ("mxo", "muxo"), "nada": ("nd",), "más": ("mas", "+"),
    "para": ("pa", "xa"), "aunque": ("aunq",), "siempre": ("siempr", "100pre"), "te": ("t",),
    "quien": ("kien",), "además": ("ademas",), "gente": ("gnt",),
}  # fmt: skip
# Lo que se confunde al oído en todas partes y, con las eses, solo en América.
SOUNDS = (
    (r"\bha (?=\w+[ai]do\b)", "a "), (r"\bhe (?=\w+[ai]do\b)", "e "), (r"\ba ver\b", "haber"),
    (r"\bhecho\b", "echo"), (r"\bhay\b", "ay"), (r"\bahí\b", "hay"), (r"\bvaya\b", "valla"),
    (r"\bhaya\b", "halla"), (r"\biba\b", "iva"), (r"\bvolv", "bolv"), (r"\btuv", "tub"),
    (r"\bhubo\b", "ubo"), (r"\bhasta\b", "asta"), (r"\blleg", "yeg"), (r"\bestuv", "estub"),
    (r"\bexc", "ex"), (r"\bsi no\b", "sino"), (r"\bvalió\b", "balió"), (r"\bhabía\b", "abía"),
)  # fmt: skip
SEAMS = (
    (r"\bhiz", "his"), (r"([aeiou])cio", r"\1sio"), (r"\bsitio", "citio"), (r"ción\b", "sión"),
    (r"\bparec", "pares"), (r"\bveces\b", "veses"), (r"\bgracias\b", "grasias"),
    (r"\bexcel", "exel"), (r"\bservic", "servis"), (r"\bdecid", "desid"),
)  # fmt: skip
TYPO_RATE = 0.04


def choose_register(rng):
    """Elige con qué formalidad escribe alguien."""
    return rng.choices(list(REGISTERS), list(REGISTERS.values()))[0]


def style_review(rng, text, register, stars, region):
    """Escribe el texto como lo haría esa persona; con el registro formal no cambia nada."""
    if register == "plain":
        return style_plain(rng, text, region)
    if register == "chat":
        return style_chat(rng, text, stars, region)
    return text


def style_plain(rng, text, region):
    """Deja tildes, signos de apertura o letras por el camino, como casi todo el mundo."""
    if rng.random() < 0.55:
        text = drop_openings(text)
    habit = rng.random()
    if habit < 0.3:
        text = drop_accents(rng, text, 1 if habit < 0.15 else 0.5)
    if rng.random() < 0.12:
        text = misspell(rng, text, region, 2)
    if rng.random() < 0.04:
        text = text.lower()
    return add_typos(rng, text, TYPO_RATE) if rng.random() < 0.1 else text


def style_chat(rng, text, stars, region):
    """Escribe con prisa: sin signos, con abreviaturas, vocales repetidas y algún emoji."""
    text = drop_openings(text)
    if rng.random() < 0.7:
        text = drop_accents(rng, text, rng.choice((1, 1, 0.6)))
    if rng.random() < 0.3:
        text = shorten_words(rng, text)
    if rng.random() < 0.35:
        text = misspell(rng, text, region, 4)
    if rng.random() < 0.35:
        text = text.lower()
    if rng.random() < 0.25:
        text = re.sub(r"(?<=[a-záéíóúñ]), ", " ", text)
    if rng.random() < 0.3:
        text = stretch_word(rng, text)
    if rng.random() < 0.2:
        text = add_typos(rng, text, TYPO_RATE)
    return end_chat(rng, text, stars)


def end_chat(rng, text, stars):
    """Cierra sin punto, con exclamaciones, con puntos suspensivos o con un emoji."""
    if rng.random() < 0.6:
        text = text.rstrip(".")
    if rng.random() < 0.2:
        text = re.sub(r"\. ", rng.choice((".. ", "... ", " ")), text)
    if stars in (1, 5) and rng.random() < 0.3 and text[-1].isalpha():
        text += "!" * rng.randint(1, 4)
    if rng.random() < 0.3:
        level = max(-2, min(2, stars - 3 + rng.choice((-1, 0, 0, 0, 1))))
        text += " " + rng.choice(EMOJIS[level]) * rng.choice((1, 1, 1, 2, 3))
    return text


def drop_openings(text):
    """Quita los signos que abren."""
    return re.sub("[¿¡]", "", text)


def drop_accents(rng, text, rate):
    """Quita las tildes de cada palabra con una probabilidad; la ñ se queda."""
    return " ".join(
        word.translate(PLAIN | str.maketrans("ÁÉÍÓÚ", "AEIOU")) if rng.random() < rate else word
        for word in text.split(" ")
    )


def misspell(rng, text, region, most):
    """Comete hasta ``most`` faltas de las que se cometen de oído."""
    rules = [*SOUNDS, *(() if region == "es" else SEAMS)]
    rng.shuffle(rules)
    made = 0
    for pattern, change in rules:
        text, count = re.subn(pattern, change, text, count=1)
        made += count
        if made >= most:
            break
    return text


def shorten_words(rng, text):
    """Abrevia palabras corrientes, no todas."""
    words = text.split(" ")
    for place, word in enumerate(words):
        if word in SHORT_FORMS and rng.random() < 0.6:
            words[place] = rng.choice(SHORT_FORMS[word])
    return " ".join(words)


def stretch_word(rng, text):
    """Alarga un superlativo o un «muy»."""
    return re.sub(
        r"\b(\w+[íi]sim)([oa])(s?)\b|\b(mu)(y)()\b",
        lambda m: (m[1] or m[4]) + (m[2] or m[5]) * rng.randint(2, 5) + (m[3] or ""),
        text,
        count=1,
    )
