"""Lo que comparten las dos gramáticas: qué frases puede usar cada parte y cómo se elige al azar."""

import zlib

# De cada cuatro frases, dos son de entrenamiento, una de evaluación y una del corpus sin notas.
PHRASE_HOMES = ("train", "test", "train", "unlabelled")
VISIBLE_HOMES = {
    "train": {"train"},
    # Con las frases de train, la validación premiaría memorizarlas: se parece a la prueba.
    "validation": {"test"},
    "test": {"test"},
    "unlabelled": {"train", "unlabelled"},
    # Una cuarta parte, sin frases de las dos primeras: otra fuente del CSV del proyecto.
    "reserve": {"unlabelled"},
}


def choose_phrases(phrases, split):
    """Devuelve, de una lista del banco, las frases que puede usar una parte."""
    homes = VISIBLE_HOMES[split]
    return tuple(p for i, p in enumerate(phrases) if PHRASE_HOMES[i % 4] in homes)


def give_home(word, common):
    """Dice en qué partes sale un adjetivo: en las dos o solo en una (el corpus los ve todos)."""
    if word in common:
        return "both"
    return ("both", "train", "test")[zlib.crc32(word.encode()) % 3]


def draw_zipf(rng, words, start=4):
    """Elige dando más peso a lo primero, como en las lenguas de verdad; menos ``start``, más."""
    return rng.choices(words, [1 / (rank + start) for rank in range(len(words))])[0]


def draw_unused(draft, phrases, slope=False):
    """Elige una frase aún no usada en esta reseña, o None si se han acabado.

    ``slope``: las primeras salen más veces, como las maneras más corrientes de decir algo.
    """
    free = [phrase for phrase in phrases if phrase not in draft.used]
    if not free:
        return None
    phrase = draw_zipf(draft.rng, free, 2) if slope else draft.rng.choice(free)
    draft.used.add(phrase)
    draft.phrases.append(phrase)
    return phrase


def count_words(sentences):
    """Cuenta las palabras de una lista de frases."""
    return sum(len(sentence.split()) for sentence in sentences)


def add_typos(rng, text, rate):
    """Baila, repite o se come letras sueltas: ``rate`` de cada una de las palabras."""
    words = text.split(" ")
    return " ".join(swap_letters(rng, word) if rng.random() < rate else word for word in words)


def swap_letters(rng, word):
    """Estropea una palabra como lo harían unos dedos con prisa."""
    if len(word) < 5 or not word.isalpha():
        return word
    i = rng.randrange(1, len(word) - 2)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return word[:i] + (word[i + 1 :] if kind == 1 else word[i] + word[i:])
