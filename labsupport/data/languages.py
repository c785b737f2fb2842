"""En qué idioma lee el modelo en vigor: en ese se le escriben las frases de los cuadernos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from labsupport.data.advice import LANGUAGES
from labsupport.data.reading.cards import read_card
from labsupport.settings import PROFILES, Settings

# Lo que lee cada modelo conocido; de los demás lo dice su ficha, y no siempre.
READS = {
    "mini-bert": "en",
    "mini-bert-es": "es",
    "google-bert/bert-base-cased": "en",
    "google-bert/bert-base-uncased": "en",
    "dccuchile/bert-base-spanish-wwm-cased": "es",
    "dccuchile/bert-base-spanish-wwm-uncased": "es",
    "PlanTL-GOB-ES/roberta-base-bne": "es",
    "BSC-LT/roberta-base-bne": "es",
}
# Los idiomas en que están escritas las frases de los cuadernos.
WRITTEN = ("en", "es")


def find_language(settings: Settings, say: Callable[[str], None] = print) -> str:
    """Devuelve en qué idioma escribirle al modelo en vigor: «en» o «es».

    Si lee los dos, el del perfil; si lee otro, o no se sabe cuál, se avisa con ``say`` en una
    frase y se toma el más cercano: inglés si lee otro y, si no se sabe, el del perfil.

    >>> from labsupport.data import apply_parameters
    >>> find_language(apply_parameters({}, detect=False))
    'en'
    """
    usual = _language_of_profile(settings.profile)
    reads = list_languages(settings)
    known = [each for each in WRITTEN if each in reads]
    if known:
        return usual if usual in known else known[0]
    name = settings.model_name
    if not reads:
        say(
            f"No se sabe en qué idioma lee {name}: las frases van en {LANGUAGES[usual]}, como en "
            f"el perfil «{settings.profile}»; si lee otro, cámbialas."
        )
        return usual
    told = LANGUAGES.get(reads[0], f"otro idioma («{reads[0]}»)")
    say(f"{name} lee {told} y las frases de aquí van en inglés: cámbialas por otras que lea.")
    return "en"


def list_languages(settings: Settings) -> tuple[str, ...]:
    """Devuelve los códigos de los idiomas que lee el modelo en vigor; vacía si no se sabe.

    Los sabe de los modelos conocidos; de los demás, lo que diga la ficha de su carpeta.

    >>> from labsupport.settings import check_parameters
    >>> list_languages(check_parameters({"model_name": "google-bert/bert-base-cased"}))
    ('en',)
    """
    if settings.model_name in READS:
        return (READS[settings.model_name],)
    folder = settings.model_folder
    told = read_card(Path(folder)).get("language") if folder else None
    codes = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    return tuple(dict.fromkeys(_shorten(each) for each in codes if isinstance(each, str)))


def _shorten(code: str) -> str:
    """De «es-MX» o «spa», el código de dos letras que usan las fichas."""
    short = code.strip().lower().replace("_", "-").partition("-")[0]
    return {"spa": "es", "eng": "en"}.get(short, short)


def _language_of_profile(profile: str) -> str:
    model = PROFILES[profile].get("model_name", "mini-bert")
    return READS.get(model, "en")
