"""Concordancia: género y número de nombres, adjetivos y artículos."""

import re

VOWELS = "aeiouáéíóú"
PLAIN = str.maketrans("áéíóú", "aeiou")
# Femeninos que llevan «el» y «un» en singular, porque empiezan por a tónica.
STRESSED_A = ("agua", "aula", "área", "alma", "ala", "hambre", "arma")
# Determinantes: singular masculino y femenino, o plural masculino y femenino.
DETERMINERS = {
    "el": ("el", "la"),
    "un": ("un", "una"),
    "este": ("este", "esta"),
    "ese": ("ese", "esa"),
    "aquel": ("aquel", "aquella"),
    "del": ("del", "de la"),
    "al": ("al", "a la"),
    "mi": ("mi", "mi"),
    "su": ("su", "su"),
    "otro": ("otro", "otra"),
    "ningun": ("ningún", "ninguna"),
    "todo_el": ("todo el", "toda la"),
    "cuanto": ("cuánto", "cuánta"),
    "nuestro": ("nuestro", "nuestra"),
}
PLURAL_DETERMINERS = {
    "los": ("los", "las"),
    "unos": ("unos", "unas"),
    "estos": ("estos", "estas"),
    "esos": ("esos", "esas"),
    "de_los": ("de los", "de las"),
    "a_los": ("a los", "a las"),
    "mis": ("mis", "mis"),
    "sus": ("sus", "sus"),
    "otros": ("otros", "otras"),
    "todos_los": ("todos los", "todas las"),
    "cuantos": ("cuántos", "cuántas"),
    "nuestros": ("nuestros", "nuestras"),
    "s": ("", ""),
}


def make_plural(noun):
    """Devuelve el plural de un nombre o de un grupo que empieza por él («pantalón de tela»)."""
    head, space, rest = noun.partition(" ")
    return _pluralise(head) + space + rest


def _pluralise(word):
    if word.endswith("s") and not re.search(f"[{VOWELS[5:]}]s$", word) and word not in ("bus",):
        return word
    if word.endswith("z"):
        return word[:-1] + "ces"
    if word[-1] in "aeiouáéó":
        return word + "s"
    if re.search("[áéíóú][ns]$", word):
        return word[:-2] + word[-2].translate(PLAIN) + word[-1] + "es"
    return word + "es"


def inflect(adjective, gender, plural, irregular=None):
    """Concuerda un adjetivo dado en masculino singular.

    ``irregular``: {adjetivo: (f. sing., m. pl., f. pl.)}; un conjunto de invariables va como
    tuplas iguales.
    """
    if irregular and adjective in irregular:
        forms = (adjective, *irregular[adjective])
        return forms[(gender == "f") + 2 * plural]
    # «pasado de precio», «bien hecho»: concuerda la palabra que lleva el género.
    head, space, rest = adjective.partition(" ")
    if space and head in ("muy", "bien", "mal", "poco", "nada", "más", "tan"):
        return f"{head} {inflect(rest, gender, plural, irregular)}"
    word = _feminise(head) if gender == "f" else head
    return (_pluralise(word) if plural else word) + space + rest


def _feminise(word):
    if word.endswith("o"):
        return word[:-1] + "a"
    if word.endswith("ón"):
        return word[:-2] + "ona"
    if word.endswith("ín"):
        return word[:-2] + "ina"
    if word.endswith("or") and word not in ("mejor", "peor", "superior", "inferior", "anterior"):
        return word + "a"
    return word


def add_determiner(determiner, noun, gender):
    """Antepone un determinante concordado; los plurales piden el nombre ya en plural."""
    table = PLURAL_DETERMINERS if determiner in PLURAL_DETERMINERS else DETERMINERS
    forms = table[determiner]
    stressed = noun.split()[0] in STRESSED_A and determiner in ("el", "un", "del", "al")
    word = forms[0] if gender == "m" or stressed else forms[1]
    return f"{word} {noun}".strip()
