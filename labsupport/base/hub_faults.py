"""Los fallos del Hub y de la red, contados en una frase: qué pasó y qué hacer."""

from __future__ import annotations

import os
import re
import urllib.request
from urllib.parse import urlsplit

from labsupport.base.paths import EMBEDDED

# Nombres con los que comparar uno mal escrito: los del laboratorio y los más usados.
KNOWN_NAMES = (
    *(sorted(path.name for path in EMBEDDED.iterdir() if path.is_dir())),
    "google-bert/bert-base-cased",
    "google-bert/bert-base-uncased",
    "google-bert/bert-base-multilingual-cased",
    "distilbert/distilbert-base-cased",
    "distilbert/distilbert-base-uncased",
    "FacebookAI/roberta-base",
    "FacebookAI/xlm-roberta-base",
    "albert/albert-base-v2",
    "dccuchile/bert-base-spanish-wwm-cased",
    "PlanTL-GOB-ES/roberta-base-bne",
    "beltrewilton/punta-cana-spanish-reviews",
    "Yelp/yelp_review_full",
    "fancyzhx/yelp_polarity",
    "stanfordnlp/imdb",
    "fancyzhx/ag_news",
    "dair-ai/emotion",
)
MINI = 'usa `profile = "mini"` (o "mini-es"), que no necesita red'
_NAME_FAULTS = ("not known", "getaddrinfo", "nodename nor servname", "name resolution")
_URL_ID = re.compile(r"(?:/api/(?:models|datasets)|/datasets)?/(?P<id>[^/]+/[^/]+)")


def explain_hub_error(error: BaseException, name: str = "") -> str | None:
    """Devuelve la frase de un fallo del Hub o de la red; None si es de otra cosa.

    ``name``: lo que se pidió; si falta, se busca en la respuesta del Hub.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "HFValidationError" in kinds:
        return _explain_missing(name or str(error).split("'")[-2])
    if "LocalEntryNotFoundError" in kinds and error.__cause__ is not None:
        # Así envuelve el cliente lo que contestó el Hub al pedir un archivo.
        return explain_hub_error(error.__cause__, name)
    response = getattr(error, "response", None)
    if response is None or "HfHubHTTPError" not in kinds:
        return explain_connection(error)
    name = name or _read_id(str(response.url))
    if "GatedRepoError" in kinds:
        return (
            f"{name} pide permiso: acepta sus condiciones en su página del Hub y entra con "
            f"`hf auth login` (o la variable HF_TOKEN), elige otro, o {MINI}."
        )
    if "RepositoryNotFoundError" in kinds or response.status_code == 404:
        return _explain_missing(name)
    return explain_status(response.status_code)


def explain_status(status: int, seconds: int = 0, instead: str = MINI) -> str:
    """Devuelve la frase de un código HTTP de fallo; ``seconds``: lo que pide esperar un 429.

    ``instead``: qué se puede hacer en su lugar.

    >>> explain_status(503)
    'El Hub está fallando (error 503): no es cosa tuya; espera unos minutos y repite, o usa ...'
    """
    if status in (401, 403):
        return (
            f"El Hub rechaza tu identificación (error {status}): el token está mal, caducó o no "
            f"tiene permiso. Entra otra vez con `hf auth login`, quita HF_TOKEN, o {instead}."
        )
    if status == 407:
        asked = f"{_name_proxy()} pide usuario y contraseña (error 407)"
        return f"{asked}: {_PROXY_ADVICE}, o {instead}."
    if status == 429:
        return (
            f"El Hub pide esperar {seconds} s: recibe demasiadas peticiones desde esta dirección, "
            "que quizá comparte toda la clase. Repite después, entra con `hf auth login`, o "
            f"{instead}."
        )
    if status >= 500:
        return (
            f"El Hub está fallando (error {status}): no es cosa tuya; espera unos minutos y "
            f"repite, o {instead}."
        )
    return f"El Hub rechazó la petición (error {status}): repite dentro de un rato, o {instead}."


def explain_connection(error: BaseException, instead: str = MINI) -> str | None:
    """Devuelve la frase de un fallo de conexión; None si el error es de otra cosa.

    ``instead``: qué se puede hacer en su lugar.

    >>> explain_connection(KeyError("x")) is None
    True
    """
    kinds, text = {kind.__name__ for kind in type(error).__mro__}, str(error)
    if "OfflineModeIsEnabled" in kinds:
        return (
            "HF_HUB_OFFLINE prohíbe usar la red y lo que hace falta no está en la caché: quita "
            f"esa variable y reinicia el kernel, o {instead}."
        )
    if not kinds & {"TransportError", "LocalEntryNotFoundError"}:
        return None
    if "ProxyError" in kinds and "407" in text:
        return explain_status(407, instead=instead)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return (
            "La red por la que sales cambia los certificados: pide el suyo a quien la administra y "
            f"ponlo en la variable SSL_CERT_FILE, cambia de red, o {instead}."
        )
    if proxy := _find_proxy():
        return f"{_name_proxy(proxy)} no deja llegar al Hub: {_PROXY_ADVICE}, o {instead}."
    if any(fragment in text for fragment in _NAME_FAULTS):
        return f"No se encuentra el servidor del Hub: revisa tu conexión (o su DNS), o {instead}."
    if "TimeoutException" in kinds:
        return f"El Hub no contesta: la red va mal o lo bloquea. Espera y repite, o {instead}."
    return (
        "No se pudo llegar al Hub de Hugging Face y lo que hace falta no está en la caché: "
        f"revisa tu conexión y repite, o {instead}."
    )


def suggest_hub_name(name: str) -> str:
    """Devuelve «¿Querías decir …?» con los nombres conocidos más parecidos, o un texto vacío.

    >>> suggest_hub_name("yelp_reviews_full")
    ' ¿Querías decir «Yelp/yelp_review_full»?'
    """
    import difflib

    known = {key: full for full in KNOWN_NAMES for key in (full.lower(), full.split("/")[-1])}
    keys = (name.lower(), name.lower().split("/")[-1])
    found = [known[near] for key in keys for near in difflib.get_close_matches(key, known, 2, 0.75)]
    names = [f"«{each}»" for each in dict.fromkeys(found) if each != name][:2]
    return f" ¿Querías decir {' o '.join(names)}?" if names else ""


_PROXY_ADVICE = "revisa HTTPS_PROXY y HTTP_PROXY o pregunta a quien administra la red"


def _explain_missing(name: str) -> str:
    return (
        f"«{name}» no es una carpeta de esta máquina ni existe en el Hub (o es privado)."
        f"{suggest_hub_name(name)} Revisa cómo está escrito, con su organización delante, o {MINI}."
    )


def _read_id(url: str) -> str:
    found = _URL_ID.match(urlsplit(url).path)
    return found["id"] if found else "Lo que pediste"


def _find_proxy() -> str:
    """El proxy por el que se sale, sin usuario ni contraseña; vacío si no hay."""
    endpoint = urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")
    proxies = urllib.request.getproxies()
    proxy = proxies.get(endpoint.scheme) or proxies.get("all") or ""
    if not proxy or urllib.request.proxy_bypass(endpoint.hostname or ""):
        return ""
    return urlsplit(proxy if "//" in proxy else f"//{proxy}").netloc.rpartition("@")[2]


def _name_proxy(proxy: str = "") -> str:
    proxy = proxy or _find_proxy()
    return f"El proxy {proxy}" if proxy else "El proxy de esta red"
