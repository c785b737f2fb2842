"""Cómo se habla con el Hub: plazos cortos, esperas cuando las pide y ningún reintento a ciegas.

``huggingface_hub`` reintenta por su cuenta hasta varios minutos y lo cuenta en inglés. Aquí se
cambia una sola pieza de su cliente, el envío de cada petición, y solo mientras dura el bloque.
"""

from __future__ import annotations

import functools
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.hub_faults import MINI, explain_connection, explain_status

# Segundos sin recibir nada antes de rendirse; con un reintento de la descarga, menos de 15.
TIMEOUT = 6.0
# Veces que se repite una petición que el Hub contesta con un error suyo (5xx).
ATTEMPTS = 3
# El Hub cuenta peticiones por ventanas de 5 minutos: nunca hace falta esperar mucho más.
LONGEST_WAIT = 600


class HubUnavailable(LabError):
    """No se llega al Hub, o está caído: con lo que ya haya en la caché se podría seguir."""


@dataclass
class _Patience:
    """Cuánto se espera, cómo se cuenta y qué se aconseja; ``failures``: las de cada dirección."""

    say: Callable[[str], None]
    timeout: float
    instead: str
    waited: int = 0
    failures: Counter = field(default_factory=Counter)


@contextmanager
def short_patience(
    say: Callable[[str], None] = print, timeout: float | None = None, instead: str = MINI
) -> Iterator[None]:
    """Dentro del bloque, el cliente de ``huggingface_hub`` falla pronto y lo cuenta en español.

    ``say``: cómo contar las esperas; ``timeout``: segundos sin recibir nada antes de rendirse
    (TIMEOUT); ``instead``: qué aconsejar si no se puede. Una petición lanza HubUnavailable si no
    se llega al Hub o si sigue fallando; un 429 (demasiadas peticiones) espera lo que el Hub diga
    y sigue.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    client: Any = get_session()
    logger = logging.getLogger("huggingface_hub")
    level, xet = logger.level, constants.HF_HUB_DISABLE_XET
    patience = _Patience(say, timeout or TIMEOUT, instead)
    client.send = functools.partial(_send, client.send, patience)
    logger.setLevel(logging.ERROR)
    # Xet descarga y sube con otro cliente, que no sigue estas reglas.
    constants.HF_HUB_DISABLE_XET = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = xet
        logger.setLevel(level)
        del client.send


def _send(send: Callable, patience: _Patience, request: Any, **options: Any) -> Any:
    """Envía una petición con plazo, y espera o repite cuando tiene sentido."""
    limits, timeout = request.extensions.get("timeout", {}), patience.timeout
    request.extensions["timeout"] = {
        name: min(limits.get(name) or timeout, timeout)
        for name in ("connect", "read", "write", "pool")
    }
    if "Range" in request.headers:
        patience.say("La descarga se cortó: la retomo desde donde quedó.")
    waited, failures = 0, 0
    # Un archivo que se envía no se puede enviar otra vez desde aquí: lo rebobina y repite quien
    # llama (``http_backoff``), y la cuenta de sus fallos sigue de una vez a otra.
    is_upload = request.method == "PUT"
    while True:
        if is_upload:
            waited, failures = patience.waited, patience.failures[str(request.url)]
        response = _send_once(send, request, options, patience)
        if response.status_code == 429:
            waited += _wait_turn(response, waited, patience, pause=not is_upload)
        elif response.status_code >= 500:
            failures += 1
            if failures == ATTEMPTS:
                raise HubUnavailable(explain_status(response.status_code, instead=patience.instead))
            if not is_upload:
                time.sleep(failures)
        else:
            return response
        if is_upload:
            patience.waited, patience.failures[str(request.url)] = waited, failures
            return response
        response.close()


def _send_once(send: Callable, request: Any, options: dict[str, Any], patience: _Patience) -> Any:
    try:
        return send(request, **options)
    except Exception as error:
        sentence = explain_connection(error, patience.instead)
        if sentence is None:
            raise
        raise HubUnavailable(sentence) from error


def _wait_turn(response: Any, waited: int, patience: _Patience, pause: bool) -> int:
    seconds = read_wait(response.headers)
    if waited + seconds > LONGEST_WAIT:
        response.close()
        raise HubUnavailable(explain_status(429, seconds, patience.instead))
    patience.say(
        f"El Hub pide esperar {seconds} s: recibe demasiadas peticiones desde esta dirección, que "
        f"quizá comparte toda la clase. Espero y sigo; si tienes prisa, para y {patience.instead}."
    )
    if pause:
        response.close()
        time.sleep(seconds)
    return seconds


def read_wait(headers: Any) -> int:
    """Devuelve los segundos que pide esperar una respuesta 429; 10 si no lo dice.

    Lee ``Retry-After`` (segundos) o el ``t`` de ``RateLimit``, que es el que usa el Hub
    (borrador de la IETF «RateLimit header fields for HTTP»).

    >>> read_wait({"Retry-After": "3"}), read_wait({"RateLimit": '"api";r=0;t=55'}), read_wait({})
    (3, 55, 10)
    """
    told = headers.get("Retry-After", "")
    if not told.isdigit():
        told = headers.get("RateLimit", "").partition("t=")[2].partition(";")[0]
    return max(1, int(told)) if told.isdigit() else 10
