"""Gramática de las reseñas en español: de las estrellas y la región al texto.

Quien escribe tiene región, género, compañía y registro, y los conserva hasta el final. Los temas
van en el orden en que se viven (llegar, esperar, comer, pagar) y las frases de un mismo tema,
juntas y sin llevarse la contraria; si el tema siguiente cambia de signo, lo avisa un conector.
"""

import math
import re
from dataclasses import dataclass, field
from functools import cache

from reviews.drawing import (
    VISIBLE_HOMES,
    choose_phrases,
    count_words,
    draw_unused,
    draw_zipf,
    give_home,
)
from reviews.spanish import frames, lexicon, verdicts
from reviews.spanish.agreement import add_determiner, inflect, make_plural
from reviews.spanish.banks import load_banks
from reviews.spanish.regions import REGIONS
from reviews.spanish.register import choose_register, style_review
from reviews.spanish.slots import Filler, Voice, split_list

DOMAINS = load_banks()
DOMAIN_WEIGHTS = {"restaurant": 5, "hotel": 3, "shop": 3, "online": 3}
# El grupo de adjetivos de cada tema; los demás, «overall».
GROUPS = {
    "food": ("food", "breakfast"),
    "people": ("staff", "teacher", "driver", "support"),
    "place": ("place", "room", "vehicle"),
    "price": ("price",),
    "time": ("wait", "delivery", "punctuality", "deadline"),
    "thing": ("product", "materials", "packaging"),
    "drink": ("drinks",),
    "work": ("work",),
    "learning": ("content",),
    "progress": ("results",),
    "organisation": ("organisation",),
    "noise": ("noise",),
}
GROUP_OF = {topic: group for group, topics in GROUPS.items() for topic in topics}
# Con qué armazones se dice lo de los grupos que no tienen propios.
FRAME_CLASSES = {"drink": "food", "outdoor": "place", "waiting": "time"}
GENERAL = "f:experiencia, m:trato, f:atención, m:servicio, f:visita, m:ambiente, m:conjunto"
# De lo que más se habla en cada ramo.
MAIN_TOPICS = ("food", "room", "product", "delivery", "driver", "teacher", "work", "staff")
# Cuánto pesan los niveles -2, -1, 0, 1 y 2 según las estrellas.
LEVEL_WEIGHTS = {
    1: (66, 31, 2, 1, 0),
    2: (15, 56, 14, 15, 0),
    3: (1, 32, 30, 35, 2),
    4: (0, 14, 8, 57, 21),
    5: (0, 2, 2, 29, 67),
}
LEVELS = (-2, -1, 0, 1, 2)
# Lo que puede ser una frase sobre un tema, según su nivel.
PIECES = {
    -2: {"story": 72, "clause": 21, "irony": 7},
    -1: {"story": 72, "clause": 22, "irony": 6},
    0: {"story": 90, "clause": 10},
    1: {"story": 74, "clause": 22, "tease": 4},
    2: {"story": 74, "clause": 21, "tease": 5},
}
# Con qué frecuencia un adjetivo es de los que solo se dicen en la región.
REGIONAL_RATE = 0.3
NEIGHBOR_RATE = 0.06
CONTEXT_RATE, OPENING_RATE, CLOSING_RATE = 0.4, 0.45, 0.5
FILLER_RATE, ASIDE_RATE, PAIR_RATE = 0.04, 0.015, 0.1
LINK_RATES = {"bad_after_good": 0.6, "good_after_bad": 0.6, "neutral": 0.03}
SAME_RATE = 0.08
MEDIAN_WORDS = 51
LENGTH_SPREAD = 0.62
# De cada mil, cuántas las escribe alguien que lo cuenta todo.
LONG_SHARE, LONG_WORDS, MAX_WORDS = 0.016, (380, 560), 620
WORDS_PER_SENTENCE = 12
REPORTED = ("past", "agree", "disagree", "reverse", "negated", "double")
# De los demás grupos se habla con hechos: pocos adjetivos valen para todos sus nombres.
DESCRIBED = ("food", "people", "place", "price")
OTHER_RATE = 0.3
SIMPLE = ("direct", "hedged", "negated", *GROUPS)
# Con una opinión tibia no se exclama ni se insiste.
VERBED = re.compile(r"\{(?:V|Vp|parecio|resulto|verbo:[^}]*)\}")
INSISTENT = re.compile(
    r"[¡!]|jamás|nunca|de verdad|exagero|palabra|fama|juro|cuenta|recuerdo|entrar|fotos|fijo"
    r"|veces|reloj|prisa"
    r"|fuimos|dijimos|ped[ií]|prob|desde|momento|siempre|lo vi|es que"
)


@dataclass
class Draft:
    """Una reseña a medio escribir: el azar, quién habla, lo ya dicho y el humor de cada tema."""

    rng: object
    split: str
    stars: int
    domain: str
    voice: Voice
    used: set = field(default_factory=set)
    trade: str = ""
    moods: dict = field(default_factory=dict)
    phrases: list = field(default_factory=list)


def keep_suited(draft, phrases):
    """Deja las frases que valen en el oficio de la reseña: una óptica no vende novelas."""
    return [p for p in phrases if DOMAINS[draft.domain].suits(draft.trade, p)]


@cache
def list_frames(kind, split):
    """Devuelve los armazones de una clase que puede usar una parte."""
    return choose_phrases(frames.FRAMES[kind], split)


@cache
def list_stories(domain, topic, level, split):
    """Devuelve las frases de un tema y un nivel que puede usar una parte."""
    return choose_phrases(DOMAINS[domain].stories[topic][level], split)


@cache
def list_others(domain, bank, level, split):
    """Devuelve las frases de contexts, fillers, irony o teasing que puede usar una parte."""
    found = getattr(DOMAINS[domain], bank)
    return choose_phrases(found if level is None else found.get(level, ()), split)


@cache
def list_jokes(domain):
    """Devuelve las ironías y los reproches en broma, que un conector estropearía."""
    bank = DOMAINS[domain]
    banks = [*bank.irony.values(), *bank.teasing.values()]
    return {phrase for phrases in banks for phrase in phrases}


@cache
def list_verdicts(bank, stars, split):
    """Devuelve los comienzos o finales que puede usar una parte."""
    return choose_phrases(getattr(verdicts, bank)[stars], split)


@cache
def list_adjectives(group, level, split):
    """Devuelve las parejas (adjetivo, verbo) de un grupo y un nivel que puede usar una parte."""
    found = [
        (word, verb)
        for verb, words in lexicon.ADJECTIVES[group][level].items()
        for word in split_list(words)
    ]
    homes = {"both", *VISIBLE_HOMES[split]}
    if split == "unlabelled":
        return tuple(found)
    return tuple(p for p in found if give_home(p[0], lexicon.COMMON) in homes)


@cache
def list_regional(group, level, region):
    """Devuelve las parejas (adjetivo, verbo) que para eso se dicen en una región."""
    words = split_list(lexicon.REGIONAL.get(group, {}).get(level, {}).get(region, ""))
    return tuple((w, "estar" if w in lexicon.REGIONAL_ESTAR else "ser") for w in words)


@cache
def list_superlatives(group, level, split):
    """Devuelve los superlativos, con su verbo, de los adjetivos de un grupo y un nivel."""
    known = lexicon.SUPERLATIVES
    return tuple((known[w], v) for w, v in list_adjectives(group, level, split) if w in known)


@cache
def list_subjects(domain, topic):
    """Devuelve las parejas (género y número, nombre) de un tema."""
    found = split_list(GENERAL) if topic == "overall" else DOMAINS[domain].subjects[topic]
    return tuple(tuple(each.split(":", 1)) for each in found)


@cache
def list_irregulars():
    """Devuelve las formas que las reglas de concordancia no aciertan."""
    same = {word: (word, word, word) for word in lexicon.INVARIABLE}
    return {**same, **lexicon.FEMININES}


def draw_level(draft, topic):
    """Elige qué opina la reseña de un tema, sin llevarse la contraria en el mismo tema."""
    mood = draft.moods.get(topic)
    if mood is None:
        mood = draft.rng.choices(LEVELS, LEVEL_WEIGHTS[draft.stars])[0]
        draft.moods[topic] = mood
        return mood
    level = max(-2, min(2, mood + draft.rng.choice((-1, 0, 0, 0, 1))))
    # Quien pone cinco estrellas no cuenta que había un bicho en la jarra.
    possible = LEVEL_WEIGHTS[draft.stars][level + 2] > 0
    return level if possible and level * mood > 0 else mood


def fill(draft, template, given=None, subject=("m", False)):
    """Rellena los huecos de una frase del banco."""
    return Filler(draft.rng, draft.voice, given, subject).fill(template)


def describe_subject(draft, topic):
    """Elige un sujeto libre: (género, plural, nombre); None si se han acabado."""
    free = [s for s in list_subjects(draft.domain, topic) if s not in draft.used]
    free = [s for s in free if s[1] not in lexicon.STIFF_SUBJECTS]
    free = [s for s in free if DOMAINS[draft.domain].suits(draft.trade, ":".join(s))]
    if not free:
        return None
    chosen = draft.rng.choice(free)
    draft.used.add(chosen)
    marks, noun = chosen
    plural = marks.endswith("p")
    if "{" not in noun:
        return marks[0], plural, noun
    filler = Filler(draft.rng, draft.voice)
    word = filler.fill(noun)
    # Un hueco trae el género de su región: «el celular», «la computadora».
    gender = filler.gender if noun.startswith("{") else marks[0]
    return gender, plural, make_plural(word) if plural and noun.startswith("{") else word


def draw_adjective(draft, group, level, verb=None, local=True):
    """Elige un adjetivo y su verbo; a veces, uno de los de la región."""
    regional = list_regional(group, level, draft.voice.region)
    regional = [pair for pair in regional if verb in (None, pair[1])]
    if local and regional and draft.rng.random() < REGIONAL_RATE:
        return draft.rng.choice(regional)
    pairs = list_adjectives(group, level, draft.split)
    same = [pair for pair in pairs if pair[1] == verb]
    return draw_zipf(draft.rng, same or pairs)


def conjugate(verb, plural, tense, rng):
    """Devuelve ser o estar en el tiempo pedido."""
    forms = {
        ("ser", "past"): (("fue", "fueron"), ("era", "eran")),
        ("ser", "imperfect"): (("era", "eran"),),
        ("ser", "present"): (("es", "son"),),
        ("estar", "past"): (("estaba", "estaban"),),
        ("estar", "imperfect"): (("estaba", "estaban"),),
        ("estar", "present"): (("está", "están"),),
    }
    return rng.choice(forms[verb, tense])[plural]


def fill_frame(draft, frame, kind, group, level, subject):
    """Rellena un armazón con su sujeto y sus adjetivos."""
    gender, plural, noun = subject
    rng, base = draft.rng, 1 if level is None else level
    # Se niega mejor lo que alguien es («no era nada amable») que cómo está.
    wish = "ser" if group == "people" and kind in REPORTED else None
    if kind == "superlative":
        adjective, verb = draw_zipf(rng, list_superlatives(group, level, draft.split))
    else:
        local = kind not in (*REPORTED, "less")
        # «De ensueño» no se repite ni se gradúa: «era de ensueño, pero de ensueño de verdad».
        single = frame.count("{A}") > 1 or frame.startswith("encontramos")
        for _ in range(8):
            adjective, verb = draw_adjective(draft, group, base, wish, local)
            if not single or " " not in adjective:
                break
    forms = {"A": adjective, "Aisimo": adjective, "A2": adjective}
    if kind == "balanced":
        pair = rng.choice(split_list(lexicon.OPPOSITES[group])).split("/")
        forms["P"], forms["N"] = pair
        verb = "estar" if pair[0] in lexicon.OPPOSITES_ESTAR else "ser"
    given = {name: inflect(word, gender, plural, list_irregulars()) for name, word in forms.items()}
    # Lo que se cuenta de oídas y lo que no pasa en un momento va en imperfecto.
    lasting = kind in REPORTED or group not in (
        "people",
        "service",
        "work",
        "treatment",
        "time",
        "overall",
    )
    past = "imperfect" if lasting else "past"
    whole = " " in adjective and not adjective.startswith(("bien ", "mal "))
    given |= {
        "S": add_determiner("los" if plural else "el", noun, gender),
        "dS": add_determiner("de_los" if plural else "del", noun, gender),
        "aS": add_determiner("a_los" if plural else "al", noun, gender),
        "V": conjugate(verb, plural, past, rng),
        "Vp": conjugate(verb, plural, "present", rng),
        "X": "" if whole else rng.choice(lexicon.INTENSIFIERS[base]),
        "D": "" if whole else rng.choice(lexicon.HEDGES.get(base, [""])),
        "lo": (("lo", "la"), ("los", "las"))[plural][gender == "f"],
        "o": (("o", "a"), ("os", "as"))[plural][gender == "f"],
    }
    return fill(draft, frame, given, (gender, plural))


def choose_route(draft, group, level):
    """Elige con qué clase de armazón y con qué nivel de adjetivo se dice un nivel."""
    routes = [
        route
        for route in frames.ROUTES[level]
        if route[0] != "superlative" or list_superlatives(group, route[1], draft.split)
    ]
    kind, source, _ = draft.rng.choices(routes, [weight for *_, weight in routes])[0]
    own = FRAME_CLASSES.get(group, group if group in frames.FRAMES else "overall")
    return (own if kind == "topic" else kind), source


def write_clause(draft, topic, level, simple=False):
    """Escribe una oración sobre un tema que diga lo que dice el nivel, o None."""
    subject = describe_subject(draft, topic)
    if subject is None:
        return None
    group = lexicon.SUBJECT_GROUPS.get(subject[2], GROUP_OF.get(topic, "overall"))
    kind, source = choose_route(draft, group, level)
    if simple and kind not in SIMPLE:
        return None
    options = list_frames(kind, draft.split)
    if simple:
        plain = [each for each in options if not re.search(r"[.,;:?!]", each)]
        options = [each for each in plain if each[0] == "{" and VERBED.search(each)]
    if level == 0:
        options = [each for each in options if not INSISTENT.search(each)]
    frame = draw_unused(draft, options, slope=True)
    return frame and fill_frame(draft, frame, kind, group, source, subject)


def write_story(draft, topic, level):
    """Escribe una frase entera del banco sobre un tema."""
    stories = list_stories(draft.domain, topic, level, draft.split)
    story = draw_unused(draft, keep_suited(draft, stories))
    return story and fill(draft, story)


def write_other(draft, bank, level=None):
    """Escribe un contexto, un detalle, una ironía o un reproche en broma."""
    others = list_others(draft.domain, bank, level, draft.split)
    phrase = draw_unused(draft, keep_suited(draft, others))
    return phrase and fill(draft, phrase)


def write_piece(draft, topic, level):
    """Escribe una frase sobre un tema, de la clase que toque."""
    options = PIECES[level]
    kind = draft.rng.choices(list(options), list(options.values()))[0]
    # La broma solo se entiende si el resto la acompaña.
    if kind == "irony" and draft.stars <= 3:
        return write_other(draft, "irony", level)
    if kind == "tease" and draft.stars >= 4:
        return write_other(draft, "teasing", level)
    # Dos oraciones con adjetivo seguidas suenan a formulario.
    after_clause = bool(draft.phrases) and "{S}" in draft.phrases[-1]
    described = GROUP_OF.get(topic) in DESCRIBED or draft.rng.random() < OTHER_RATE
    if kind == "clause" and described and not after_clause:
        return write_clause(draft, topic, level)
    return write_story(draft, topic, level)


def write_verdict(draft, bank):
    """Escribe un comienzo o un final; a veces de la nota vecina, como hace la gente."""
    stars = draft.stars
    if draft.rng.random() < NEIGHBOR_RATE:
        stars = max(1, min(5, stars + draft.rng.choice((-1, 1))))
    phrase = draw_unused(draft, list_verdicts(bank, stars, draft.split))
    return phrase and fill(draft, phrase)


def write_aside(draft):
    """Escribe una frase sobre otro sitio, cuyo adjetivo no tiene que ver con la nota."""
    phrase = draw_unused(draft, choose_phrases(verdicts.ASIDES, draft.split))
    levels = draft.rng.choices((-2, -1, 1, 2), k=2)
    words = [draw_adjective(draft, "overall", level, "ser")[0] for level in levels]
    return phrase and fill(draft, phrase, {"A": words[0], "A2": words[1]})


def polish(sentence):
    """Arregla espacios, contracciones, la mayúscula y el punto de una frase rellena."""
    text = re.sub(r" {2,}", " ", sentence).strip()
    text = re.sub(r" +([,.;:!?])", r"\1", text)
    text = re.sub(
        r"\b([Dd]e|[Aa]) el (?=[a-záéíóúñ])", lambda m: m[1][:2].rstrip("e") + "el ", text
    )
    text = text.replace("ael ", "al ").replace("Ael ", "Al ")
    text = re.sub(r"[,;:] *([.?!])", r"\1", re.sub(r"^([,;:] *)+", "", text))
    text = re.sub(r"\by (?=h?[ií](?![aeoáéó]))", "e ", text)
    text = re.sub(r"\bo (?=h?[oó])", "u ", text)
    text = (
        re.sub(r"([¿¡]?)([a-záéíóúñ])", lambda m: m[1] + m[2].upper(), text, count=1)
        if re.match(r"[¿¡]?[a-záéíóúñ]", text)
        else text
    )
    text = re.sub(r"([.?!] [¿¡]?)([a-záéíóúñ])", lambda m: m[1] + m[2].upper(), text)
    return text if re.search(r"[.?!…»)]$", text) else text + "."


def link_sentence(draft, sentence, before, level):
    """Antepone a veces un conector que avisa de si la opinión cambia de signo."""
    rng = draft.rng
    joking = draft.phrases[-1] in list_jokes(draft.domain)
    # «Lo bueno: no entiendo a quien dice que era malo» se entiende al revés.
    reported = "{A}" in draft.phrases[-1] and not draft.phrases[-1].startswith("{")
    # «Por suerte, tuve que irme antes»: el conector iría con lo que no es.
    reported = reported or sentence.startswith(("Tuv", "Pedí", "Pedimos", "Me equivoqué"))
    if joking or reported or not re.match(r"[A-ZÁÉÍÓÚÑ][a-záéíóúñ]* [a-záéíóúñ]", sentence):
        return sentence
    if before * level < 0:
        kind = "bad_after_good" if level < 0 else "good_after_bad"
    else:
        kind = "neutral" if level == 0 else ("same_good" if level > 0 else "same_bad")
    if rng.random() >= LINK_RATES.get(kind, SAME_RATE):
        return sentence
    link = rng.choice(verdicts.LINKS[kind])
    # Lo primero que se dice no se suma a nada, y dos veces dos puntos no se escriben.
    if not before or ":" in link and ":" in sentence:
        return sentence
    if not link or link in draft.used:
        return sentence
    draft.used.add(link)
    body = (
        sentence if link.rstrip().endswith((".", "!", "?")) else sentence[0].lower() + sentence[1:]
    )
    return link + body


def write_pair(draft, first, second):
    """Une dos opiniones de distinto signo en una sola oración, o devuelve None."""
    topics = (first, second)
    levels = [draw_level(draft, topic) for topic in topics]
    if levels[0] * levels[1] >= 0:
        return None
    # La que se parece más a la nota va detrás: es la que manda.
    pair = sorted(zip(topics, levels, strict=True), key=lambda p: -abs(p[1] - (draft.stars - 3)))
    clauses = [write_clause(draft, topic, level, simple=True) for topic, level in pair]
    if None in clauses:
        return None
    joint = draft.rng.choice(
        ("{0}, pero {1}", "aunque {0}, {1}", "{0}; eso sí, {1}", "{0}, aunque {1}")
    )
    return polish(joint.format(*clauses))


def choose_topics(draft, count):
    """Elige de qué temas se habla, en el orden en que se viven, con algún desorden."""
    known = list(DOMAINS[draft.domain].stories)
    weights = [2 if topic in MAIN_TOPICS else 1 for topic in known]
    chosen = set()
    while len(chosen) < min(count, len(known)):
        chosen.add(draft.rng.choices(range(len(known)), weights)[0])
    order = sorted(chosen, key=lambda place: place + draft.rng.random() * 1.8)
    return [known[place] for place in order]


def write_topic(draft, topic, count, before):
    """Escribe las frases seguidas de un tema; devuelve las frases y el último signo."""
    written = []
    for _ in range(count * 3):
        if len(written) >= count:
            break
        level = draw_level(draft, topic)
        piece = write_piece(draft, topic, level)
        if piece:
            written.append(link_sentence(draft, polish(piece), before, level))
            before = level or before
    return written, before


def write_extra(draft):
    """Escribe, algunas veces, un detalle neutro o algo sobre otro sitio."""
    chance = draft.rng.random()
    if chance < ASIDE_RATE:
        return write_aside(draft)
    return write_other(draft, "fillers") if chance < ASIDE_RATE + FILLER_RATE else None


def write_body(draft, wanted):
    """Escribe los párrafos: uno por tema, hasta acercarse al número de palabras que toca."""
    sentences = max(1, round(wanted / WORDS_PER_SENTENCE))
    topics = choose_topics(draft, max(1, math.ceil(sentences / draft.rng.choice((1, 1.5, 2, 2.5)))))
    share = max(1, round(sentences / len(topics)))
    body, before = [], 0
    for place, topic in enumerate(topics):
        if place and count_words([s for part in body for s in part]) >= wanted:
            break
        if place + 1 < len(topics) and draft.rng.random() < PAIR_RATE:
            pair = write_pair(draft, topic, topics[place + 1])
            body += [[pair]] if pair else []
        part, before = write_topic(draft, topic, share, before)
        extra = write_extra(draft)
        body.append([*part, *([polish(extra)] if extra else [])])
    return [part for part in body if part]


def write_parts(draft):
    """Escribe la reseña por partes: contexto o comienzo, un párrafo por tema y final."""
    rng = draft.rng
    wanted = int(rng.lognormvariate(math.log(MEDIAN_WORDS), LENGTH_SPREAD))
    if rng.random() < LONG_SHARE:
        wanted = rng.randint(*LONG_WORDS)
    wanted = max(5, min(MAX_WORDS, wanted))
    start = [write_verdict(draft, "OPENINGS")] if rng.random() < OPENING_RATE else []
    if wanted > 25 and rng.random() < CONTEXT_RATE:
        start.insert(rng.choice((0, 0, 1)), write_other(draft, "contexts"))
    end = [write_verdict(draft, "CLOSINGS")] if rng.random() < CLOSING_RATE else []
    start, end = ([polish(each) for each in part if each] for part in (start, end))
    if count_words(start + end) >= wanted:
        return [start or end]
    left = wanted - count_words(start + end)
    return [part for part in (start, *write_body(draft, left), end) if part]


def join_parts(rng, parts):
    """Une las frases; en las reseñas largas, algunos temas empiezan párrafo."""
    breaks = len(parts) >= 4 and rng.random() < 0.45
    text = " ".join(parts[0])
    for part in parts[1:]:
        text += rng.choice(("\n", "\n\n")) if breaks and rng.random() < 0.6 else " "
        text += " ".join(part)
    return text


def shout(draft, text):
    """Pone una frase corta en mayúsculas, como hace quien está furioso o feliz."""
    sentences = re.findall(r"[^.?!]+[.?!]+ ?", text)
    short = [each for each in sentences if 8 < len(each) < 45 and "\n" not in each]
    if draft.stars not in (1, 5) or not short or draft.rng.random() > 0.12:
        return text
    chosen = draft.rng.choice(short)
    return text.replace(chosen, chosen.upper(), 1)


def choose_voice(rng, region, bank, trade):
    """Elige quién escribe: su género, el de su grupo y cómo llama a las cosas su país."""
    gender = rng.choice("mf")
    group = "m" if gender == "m" else rng.choice("mmf")
    own = bank.trades[trade]
    nouns = {**bank.nouns, **own.get("nouns", {})}
    return Voice(region, gender, group, nouns, tuple(own["kinds"]))


def write_review(rng, split, stars, region):
    """Escribe una reseña y devuelve su texto y las frases del banco que ha usado.

    ``stars``: de 1 a 5; ``region``: una de ``REGIONS``.
    """
    weights = [DOMAIN_WEIGHTS.get(name, 2) for name in DOMAINS]
    domain = rng.choices(list(DOMAINS), weights)[0]
    trade = rng.choice(list(DOMAINS[domain].trades))
    voice = choose_voice(rng, region, DOMAINS[domain], trade)
    draft = Draft(rng, split, stars, domain, voice, trade=trade)
    register = choose_register(rng)
    parts = write_parts(draft)
    if not parts:
        return write_review(rng, split, stars, region)
    text = shout(draft, join_parts(rng, parts))
    return style_review(rng, text, register, stars, region), draft.phrases


def list_bank(split):
    """Devuelve el conjunto de todas las frases del banco que puede usar una parte."""
    banks = [*frames.FRAMES.values(), verdicts.ASIDES]
    banks += [*verdicts.OPENINGS.values(), *verdicts.CLOSINGS.values()]
    for bank in DOMAINS.values():
        banks += [phrases for topic in bank.stories.values() for phrases in topic.values()]
        banks += [bank.contexts, bank.fillers, *bank.irony.values(), *bank.teasing.values()]
    return {phrase for bank in banks for phrase in choose_phrases(bank, split)}


__all__ = ["REGIONS", "list_bank", "write_review"]
