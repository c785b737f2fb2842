"""Gramática de las reseñas: del número de estrellas al texto, siempre con el azar que se le da."""

import math
import re
from dataclasses import dataclass, field
from functools import cache

from reviews.drawing import (
    VISIBLE_HOMES,
    add_typos,
    choose_phrases,
    count_words,
    draw_unused,
    draw_zipf,
    give_home,
)
from reviews.english import extras, frames, lexicon, stories, verdicts

# Cuánto pesan los niveles -2, -1, 0, 1 y 2 según las estrellas.
LEVEL_WEIGHTS = {
    1: (68, 26, 4, 2, 0),
    2: (17, 51, 16, 14, 2),
    3: (3, 25, 38, 30, 4),
    4: (2, 12, 14, 52, 20),
    5: (0, 2, 4, 26, 68),
}
LEVELS = (-2, -1, 0, 1, 2)
PEOPLE_TOPICS = ("staff",)
VENUES = ("restaurant", "cafe", "hotel", "shop", "garage", "salon")
PIECES = ("clause", "pair", "story", "aside", "filler")
PIECE_WEIGHTS = (46, 22, 19, 4, 9)
AN_EXCEPTIONS = ("one", "uni", "use", "eu")
# Con qué frecuencia una opinión lleva delante su contraria ("cold, but..."), por estrellas.
CONTRAST_RATES = {1: 0.1, 2: 0.35, 3: 0.5, 4: 0.35, 5: 0.1}
VERDICT_RATES = {"openings": 0.5, "closings": 0.5}
NEIGHBOR_RATE = 0.12
TYPO_RATE = 0.05
MEDIAN_WORDS = 57
LENGTH_SPREAD = 0.82
MAX_WORDS = 620


@dataclass
class Draft:
    """Una reseña a medio escribir: el azar, lo ya dicho y el humor de cada tema."""

    rng: object
    split: str
    stars: int
    domain: str
    used: set = field(default_factory=set)
    moods: dict = field(default_factory=dict)
    phrases: list = field(default_factory=list)


@cache
def list_adjectives(topic, level, split):
    """Devuelve los adjetivos de un tema y un nivel que puede usar una parte."""
    words = lexicon.split_words(lexicon.ADJECTIVES[topic][level])
    if split == "unlabelled":
        return tuple(words)
    homes = {"both", *VISIBLE_HOMES[split]}
    return tuple(word for word in words if give_home(word, lexicon.COMMON_WORDS) in homes)


@cache
def list_frames(kind, split):
    """Devuelve los armazones de una clase que puede usar una parte."""
    extra = extras.FRAMES.get(kind, ()) if split == "unlabelled" else ()
    return choose_phrases(frames.FRAMES[kind], split) + tuple(extra)


@cache
def list_stories(domain, topic, level, split):
    """Devuelve las anécdotas de un tema y un nivel que puede usar una parte."""
    banks = stories.WORK_STORIES if topic == "work" else stories.STORIES
    bank = banks.get(domain if topic == "work" else topic, {})
    found = choose_phrases(bank.get(level, ()), split)
    extra = extras.STORIES.get(topic, {}).get(level, ()) if split == "unlabelled" else ()
    return found + tuple(extra)


@cache
def list_fillers(domain, split):
    """Devuelve los rellenos que encajan en un ramo y que puede usar una parte."""
    keys = ["any"] + ["venue"] * (domain in VENUES) + ["table"] * (domain in ("restaurant", "cafe"))
    found = [p for key in keys for p in choose_phrases(stories.FILLERS[key], split)]
    return tuple(found) + (tuple(extras.FILLERS) if split == "unlabelled" else ())


@cache
def list_verdicts(place, stars, split):
    """Devuelve los comienzos ("openings") o finales ("closings") que puede usar una parte."""
    bank = {"openings": verdicts.OPENINGS, "closings": verdicts.CLOSINGS}[place]
    extra = extras.VERDICTS.get(stars, ()) if split == "unlabelled" else ()
    return choose_phrases(bank[stars], split) + tuple(extra)


@cache
def list_subjects(domain, topic):
    """Devuelve los sujetos de un tema en un ramo, con su "+" si son plurales."""
    if topic == "overall":
        return tuple(lexicon.OVERALL_SUBJECTS)
    return tuple(lexicon.split_words(lexicon.DOMAINS[domain]["subjects"][topic]))


@cache
def list_singulars(domain, topic):
    """Devuelve los sujetos en singular, para los huecos que van tras "the"."""
    topics = lexicon.DOMAINS[domain]["subjects"]
    if topic not in topics:
        return ("thing",)
    return tuple(s for s in list_subjects(domain, topic) if not s.endswith("+"))


def draw_level(draft, topic):
    """Elige qué opina la reseña de un tema, sin llevarse la contraria en el mismo tema."""
    mood = draft.moods.get(topic)
    if mood is None:
        mood = draft.rng.choices(LEVELS, LEVEL_WEIGHTS[draft.stars])[0]
        draft.moods[topic] = mood
        return mood
    level = max(-2, min(2, mood + draft.rng.choice((-1, 0, 0, 0, 1))))
    return mood if level * mood < 0 else level


def is_polysyllabic(word):
    """Dice si un adjetivo admite "more": más de una sílaba escrita, a ojo."""
    return len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word))) > 1


def describe_subject(draft, topic):
    """Elige un sujeto libre y devuelve los huecos que dependen de él, o None."""
    free = [s for s in list_subjects(draft.domain, topic) if s not in draft.used]
    if not free:
        return None
    subject = draft.rng.choice(free)
    draft.used.add(subject)
    return conjugate_subject(subject, topic in PEOPLE_TOPICS)


def conjugate_subject(subject, is_person):
    """Devuelve sujeto, verbos y pronombre concordados."""
    plural = subject.endswith("+")
    return {
        "S": "the " + subject.rstrip("+"),
        "was": "were" if plural else "was",
        "is": "are" if plural else "is",
        "wasnt": "weren't" if plural else "wasn't",
        "itwas": "they were" if plural or is_person else "it was",
    }


def fill_adjectives(draft, topic, level):
    """Devuelve los huecos de adjetivos y adverbios para un tema y un nivel."""
    rng, split = draft.rng, draft.split
    pick = 0 if level is None else level
    words = list_adjectives(topic, pick, split)
    long_words = [word for word in words if is_polysyllabic(word)] or words
    return {
        "A": draw_zipf(rng, words),
        "M": draw_zipf(rng, long_words),
        "X": rng.choice(lexicon.ADVERBS[pick]),
        "D": rng.choice(lexicon.HEDGES.get(pick, [""])),
        "P": draw_zipf(rng, list_adjectives(topic, 1, split)),
        "N": draw_zipf(rng, list_adjectives(topic, -1, split)),
    }


def fill_places(draft):
    """Devuelve los huecos de personas, sitios, tiempos y precios."""
    rng, data = draft.rng, lexicon.DOMAINS[draft.domain]
    dishes = rng.sample(list_singulars(draft.domain, "food") * 2, 2)
    mood = -1 if draft.stars <= 2 else 1
    return {
        "kind": rng.choice(lexicon.split_words(data["kind"])),
        "spot": rng.choice(lexicon.split_words(data["spot"])),
        "staff": rng.choice(lexicon.split_words(data["staff"])),
        "dish": dishes[0],
        "dish2": dishes[1],
        "thing": rng.choice(list_singulars(draft.domain, "product")),
        "who": rng.choice(lexicon.PEOPLE),
        "name": rng.choice(lexicon.NAMES),
        "day": rng.choice(lexicon.DAYS),
        "short": rng.choice(lexicon.SHORT_TIMES),
        "long": rng.choice(lexicon.LONG_TIMES),
        "money": rng.choice(lexicon.MONEY),
        "occasion": rng.choice(lexicon.OCCASIONS),
        "rival": rng.choice(lexicon.RIVALS),
        "up": rng.choice(lexicon.MOODS[1]),
        "down": rng.choice(lexicon.MOODS[-1]),
        "mood": rng.choice(lexicon.MOODS[mood]),
    }


def choose_topic(draft):
    """Elige de qué habla la frase siguiente; lo propio del ramo pesa más."""
    topics = list(lexicon.DOMAINS[draft.domain]["subjects"]) + ["overall"]
    weights = [3, 3] + [2] * (len(topics) - 3) + [2]
    return draft.rng.choices(topics, weights)[0]


def write_clause(draft, topic, level, simple=False):
    """Escribe una oración sobre un tema que diga lo que dice el nivel, o None."""
    routes = frames.ROUTES[level]
    kind, source, _ = draft.rng.choices(routes, [weight for *_, weight in routes])[0]
    options = list_frames(topic if kind == "topic" else kind, draft.split)
    if simple:
        options = [o for o in options if not re.search(r"[.,;:?]|^how| and ", o)]
    frame = draw_unused(draft, options)
    subject = describe_subject(draft, topic) if frame else None
    if subject is None:
        return None
    slots = fill_places(draft) | fill_adjectives(draft, topic, source) | subject
    return frame.format_map(slots)


def write_single(draft):
    """Escribe una frase con una sola opinión."""
    topic = choose_topic(draft)
    clause = write_clause(draft, topic, draw_level(draft, topic))
    if clause is None:
        return None
    return clause + ("?" if clause.startswith("how on earth") else ".")


def draw_pair(draft):
    """Elige dos temas con sus niveles; a veces fuerza que se contradigan."""
    topics = [choose_topic(draft), choose_topic(draft)]
    if topics[0] == topics[1]:
        return None
    last = draw_level(draft, topics[1])
    if last and topics[0] not in draft.moods and draft.rng.random() < CONTRAST_RATES[draft.stars]:
        draft.moods[topics[0]] = -1 if last > 0 else 1
    return [(topics[0], draw_level(draft, topics[0])), (topics[1], last)]


def order_pair(draft, pair):
    """Pone detrás la opinión que se parece más a la nota: es la que manda en la frase."""
    target = draft.stars - 3
    if target == 0:
        return pair
    return sorted(pair, key=lambda item: -abs(item[1] - target))


def write_pair(draft):
    """Une dos opiniones; si se contradicen, la que manda va detrás."""
    pair = draw_pair(draft)
    if pair is None:
        return None
    pair = order_pair(draft, pair)
    clauses = [write_clause(draft, topic, level, simple=True) for topic, level in pair]
    if None in clauses:
        return None
    opposed = pair[0][1] * pair[1][1] < 0
    joints = frames.CONTRASTS if opposed else frames.ADDITIONS
    joint = draft.rng.choice(choose_phrases(joints, draft.split))
    draft.phrases.append(joint)
    return joint.format(first=clauses[0], second=clauses[1]) + "."


def write_story(draft):
    """Escribe una anécdota del banco, entera."""
    topic = choose_topic(draft)
    level = draw_level(draft, topic)
    story = draw_unused(draft, list_stories(draft.domain, topic, level, draft.split))
    return story and story.format_map(fill_places(draft))


def write_aside(draft):
    """Escribe una frase sobre otro sitio, cuyo adjetivo no tiene que ver con la nota."""
    frame = draw_unused(draft, choose_phrases(frames.ASIDES, draft.split))
    if frame is None:
        return None
    words = [
        draw_zipf(draft.rng, list_adjectives("overall", level, draft.split))
        for level in draft.rng.choices((-2, -1, 1, 2), k=2)
    ]
    return frame.format_map(fill_places(draft) | {"A": words[0], "A2": words[1]})


def write_filler(draft):
    """Escribe una frase de relleno, sin opinión."""
    filler = draw_unused(draft, list_fillers(draft.domain, draft.split))
    return filler and filler.format_map(fill_places(draft))


def write_verdict(draft, place):
    """Escribe un comienzo o un final; a veces de la nota vecina, como hace la gente."""
    stars = draft.stars
    if draft.rng.random() < NEIGHBOR_RATE:
        stars = max(1, min(5, stars + draft.rng.choice((-1, 1))))
    phrase = draw_unused(draft, list_verdicts(place, stars, draft.split))
    return phrase and phrase.format_map(fill_places(draft))


WRITERS = {
    "clause": write_single,
    "pair": write_pair,
    "story": write_story,
    "aside": write_aside,
    "filler": write_filler,
}


def polish_sentence(sentence):
    """Arregla espacios, "a"/"an" y mayúsculas iniciales de una frase rellena."""
    text = re.sub(r" {2,}", " ", sentence).replace(" ,", ",").strip()
    text = re.sub(r"([?:]) +([.?!])", r"\1", text)
    text = re.sub(r"\b([Aa]) (?=([aeiouAEIOU]\w*))", fix_article, text)
    return re.sub(r"(^|[.?!] )([a-z])", lambda m: m[1] + m[2].upper(), text)


def fix_article(match):
    """Devuelve "an " delante de vocal que suena a vocal."""
    silent = match[2].lower().startswith(AN_EXCEPTIONS)
    return match[1] + (" " if silent else "n ")


def write_body(draft, wanted):
    """Escribe frases hasta llegar al número de palabras que toca o agotar los intentos."""
    body = []
    for _ in range(wanted):
        if count_words(body) >= wanted:
            break
        piece = draft.rng.choices(PIECES, PIECE_WEIGHTS)[0]
        sentence = WRITERS[piece](draft)
        if sentence:
            body.append(polish_sentence(sentence))
    return body


def write_sentences(draft):
    """Escribe las frases de una reseña: comienzo, cuerpo y final."""
    wanted = int(draft.rng.lognormvariate(math.log(MEDIAN_WORDS), LENGTH_SPREAD))
    wanted = max(5, min(MAX_WORDS, wanted))
    has = {place: draft.rng.random() < rate for place, rate in VERDICT_RATES.items()}
    ends = {place: [write_verdict(draft, place)] if has[place] else [] for place in has}
    ends = {place: [polish_sentence(s) for s in found if s] for place, found in ends.items()}
    left = max(5, wanted - count_words(ends["openings"] + ends["closings"]))
    return ends["openings"] + write_body(draft, left) + ends["closings"]


def shout_sentence(rng, sentences):
    """Pone una frase en mayúsculas o le sube las exclamaciones."""
    i = rng.randrange(len(sentences))
    loud = sentences[i].upper() if len(sentences[i]) < 60 else sentences[i]
    loud = re.sub(r"\.$", rng.choice(("!", "!!", "!!!")), loud)
    return sentences[:i] + [loud] + sentences[i + 1 :]


def join_sentences(rng, sentences):
    """Une las frases, con párrafos si son muchas."""
    breaks = len(sentences) >= 6 and rng.random() < 0.5
    parts = [sentences[0]]
    for sentence in sentences[1:]:
        parts.append(rng.choice(("\n", "\n\n")) if breaks and rng.random() < 0.25 else " ")
        parts.append(sentence)
    return "".join(parts)


def style_text(draft, sentences):
    """Da a la reseña la manera de escribir de alguien: gritos, minúsculas, erratas, puntos."""
    rng = draft.rng
    if rng.random() < (0.3 if draft.stars in (1, 5) else 0.1):
        sentences = shout_sentence(rng, sentences)
    text = join_sentences(rng, sentences)
    habit = rng.random()
    if habit < 0.09:
        text = text.lower()
    elif habit < 0.13:
        text = re.sub(r"\. ", "... ", text)
    elif habit < 0.17:
        text = text.rstrip(".").replace("'", "")
    return add_typos(rng, text, TYPO_RATE) if rng.random() < 0.15 else text


def write_review(rng, split, stars):
    """Escribe una reseña y devuelve su texto y las frases del banco que ha usado."""
    draft = Draft(rng, split, stars, rng.choice(list(lexicon.DOMAINS)))
    sentences = write_sentences(draft)
    if not sentences:
        return write_review(rng, split, stars)
    return style_text(draft, sentences), draft.phrases


def list_bank(split):
    """Devuelve el conjunto de todas las frases del banco que puede usar una parte."""
    banks = list(frames.FRAMES.values()) + [frames.ASIDES, frames.CONTRASTS, frames.ADDITIONS]
    banks += [p for topic in stories.STORIES.values() for p in topic.values()]
    banks += [p for topic in stories.WORK_STORIES.values() for p in topic.values()]
    banks += list(stories.FILLERS.values())
    banks += list(verdicts.OPENINGS.values()) + list(verdicts.CLOSINGS.values())
    found = {phrase for bank in banks for phrase in choose_phrases(bank, split)}
    return found | (list_extras() if split == "unlabelled" else set())


def list_extras():
    """Devuelve las frases que solo ve el corpus sin notas."""
    found = set(extras.FILLERS) | {p for group in extras.FRAMES.values() for p in group}
    found |= {p for phrases in extras.VERDICTS.values() for p in phrases}
    return found | {p for t in extras.STORIES.values() for ps in t.values() for p in ps}
