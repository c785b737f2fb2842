"""Lo que puede fallar al publicar, contado en una frase: qué pasó y qué hacer."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from labsupport.base.hub_faults import explain_status
from labsupport.sharing.tokens import TOKENS_PAGE, hide_tokens

AGAIN = "repite la celda: lo que ya llegó no se sube otra vez"
WRITE = f"crea uno de tipo «write» en {TOKENS_PAGE} y entra otra vez con `hf auth login`"
# Cómo dice el Hub que no queda sitio, en inglés y con varias palabras.
FULL = re.compile(r"storage|quota|limit reached|payment|too large|exceed", re.IGNORECASE)
CUT = {"ReadError", "WriteError", "CloseError", "RemoteProtocolError", "LocalProtocolError"}


def explain_upload(error: BaseException, hub_id: str) -> str | None:
    """Devuelve la frase de un fallo al publicar en ``hub_id``; None si no es de los previsibles.

    >>> explain_upload(KeyError("x"), "ana/x") is None
    True
    """
    for link in _chain(error):
        kinds = {kind.__name__ for kind in type(link).__mro__}
        if kinds & CUT:
            return f"La conexión con el Hub se cortó: {AGAIN}."
        if "ConnectError" in kinds and "HubUnavailable" not in kinds and not link.__cause__:
            continue
        response = getattr(link, "response", None)
        if response is not None and getattr(response, "status_code", None):
            return _explain_answer(response, hub_id)
        if "OfflineModeIsEnabled" in kinds:
            return "HF_HUB_OFFLINE prohíbe usar la red: quita esa variable y reinicia el kernel."
        if "HFValidationError" in kinds:
            return explain_name(hub_id)
        if isinstance(link, ValueError) and (sentence := _explain_value(str(link))):
            return sentence
        if isinstance(link, FileNotFoundError):
            return f"Un archivo cambió o se borró mientras se subía: {AGAIN}."
    for link in _chain(error):
        if "HubUnavailable" in {kind.__name__ for kind in type(link).__mro__}:
            return str(link).replace(" y lo que hace falta no está en la caché", "")
    return None


def explain_name(hub_id: str) -> str:
    """Devuelve la frase de un nombre de repositorio que el Hub no admite."""
    shown = hide_tokens(str(hub_id))[:80]
    return (
        f"«{shown}» no puede ser un repositorio del Hub: escribe tu usuario (o tu organización), "
        "una barra y un nombre con letras, números, guiones y puntos, como "
        '`hub_id = "ana/mini-resenas"`.'
    )


def _explain_answer(response: Any, hub_id: str) -> str:
    status, space = response.status_code, hub_id.split("/")[0]
    told = response.headers.get("X-Error-Message", "")
    if status in (402, 413, 507) or (status == 403 and FULL.search(told)):
        return _explain_full()
    if status == 401:
        source = ", y viene de la variable HF_TOKEN" if os.environ.get("HF_TOKEN") else ""
        return (
            f"El Hub no reconoce tu token (caducó, se anuló o está mal copiado{source}): {WRITE}."
        )
    if status == 403:
        return (
            f"Tu token no puede escribir en «{space}»: o no es tu usuario ni una organización "
            f"en que puedas publicar, o el token no es de escritura; revisa «hub_id» o {WRITE}."
        )
    if status == 404:
        return (
            f"«{hub_id}» no está en el Hub o es privado de otra cuenta: revisa «hub_id» y con qué "
            "cuenta entraste."
        )
    if status in (409, 412):
        return f"Alguien cambió «{hub_id}» a la vez que tú: {AGAIN}."
    if status == 429:
        return f"El Hub recibe demasiadas peticiones desde esta dirección: espera y {AGAIN}."
    return explain_status(status, instead=AGAIN)


def _explain_full() -> str:
    return (
        "El Hub no acepta el tamaño de lo que subes, o no te queda sitio: borra lo que no uses de "
        "tu cuenta, o publica un modelo más pequeño."
    )


def _explain_value(message: str) -> str | None:
    if "Invalid metadata in README" in message:
        lines = [line.strip("- ") for line in message.splitlines()[1:] if line.strip("- ")]
        told = f": {lines[0]}" if lines else ""
        return (
            f"El Hub no acepta la cabecera de la ficha{hide_tokens(told)[:200]}. Corrígela en "
            "README.md y repite."
        )
    if "LFS batch API returned errors" in message:
        if FULL.search(message):
            return _explain_full()
        return f"El Hub no aceptó uno de los archivos grandes: {AGAIN}."
    if "is not a file on the local file system" in message:
        return f"Un archivo cambió o se borró mientras se subía: {AGAIN}."
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """El fallo y los que lo causaron, de fuera adentro."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
