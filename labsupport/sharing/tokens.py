"""Las credenciales: encontrarlas antes de publicarlas, y no enseñarlas nunca."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from labsupport.base.errors import LabError

TOKENS_PAGE = "https://huggingface.co/settings/tokens"
HIDDEN = "hf_***"
# Cómo empiezan las credenciales que más se cuelan en una carpeta, cómo siguen y de qué son.
SECRETS = {
    b"hf_": (rb"[A-Za-z0-9]{16,}", "un token del Hub"),
    b"api_org_": (rb"[A-Za-z0-9]{16,}", "un token del Hub"),
    **{b"gh%c_" % letter: (rb"[A-Za-z0-9]{30,}", "un token de GitHub") for letter in b"pousr"},
    b"AKIA": (rb"[A-Z0-9]{16}(?![A-Za-z0-9])", "una clave de Amazon"),
    b"sk-": (rb"[A-Za-z0-9_-]{32,}", "una clave de un servicio"),
    b"-----BEGIN ": (rb"[A-Z ]{0,20}PRIVATE KEY-----", "una clave privada"),
}
TOKEN = re.compile(rb"hf_[A-Za-z0-9]{8,}|api_org_[A-Za-z0-9]{8,}")
CHUNK, OVERLAP = 2**22, 128


def read_token(token: str | None = None) -> str:
    """Devuelve el token con que publicar: el que se da, o el de esta máquina (HF_TOKEN, login).

    Lanza LabError, sin enseñarlo, si no hay ninguno o si no puede serlo.
    """
    from huggingface_hub import get_token

    chosen = (token if token is not None else get_token()) or ""
    if not isinstance(chosen, str):
        raise LabError("El token debe ser un texto: cópialo otra vez, entre comillas.")
    chosen = chosen.strip()
    if not chosen:
        raise LabError(
            f"Para publicar hace falta un token: crea uno de tipo «write» en {TOKENS_PAGE} y entra "
            "con `hf auth login` en una terminal, o con `login()` de huggingface_hub."
        )
    if not re.fullmatch(r"[\x21-\x7e]+", chosen):
        raise LabError(
            "El token tiene espacios, saltos de línea o letras que no puede tener: cópialo otra "
            f"vez de {TOKENS_PAGE}."
        )
    return chosen


def hide_tokens(text: str, *known: str) -> str:
    """Devuelve un texto con las credenciales del Hub tapadas; ``known``: otras que tapar.

    >>> hide_tokens("Bearer hf_abcdefghijkl", "otra"), hide_tokens("la otra", "otra")
    ('Bearer hf_***', 'la hf_***')
    """
    for each in known:
        text = text.replace(each, HIDDEN) if each else text
    return TOKEN.sub(HIDDEN.encode(), text.encode("utf-8", "replace")).decode("utf-8", "replace")


def check_no_secrets(folder: Path, names: Iterable[str], token: str = "") -> None:
    """Lanza LabError, sin enseñarla, si en alguno de esos archivos hay una credencial.

    ``names``: rutas dentro de ``folder``; ``token``: el propio, que se busca aunque no se parezca
    a ninguno.
    """
    for name in names:
        if found := find_secret(folder / name, token):
            raise LabError(
                f"En «{name}» hay {found}, y quien vea el repositorio podría usarlo: bórralo de "
                "ahí antes de publicar y, si ya lo vio alguien, anúlalo."
            )


def find_secret(path: Path, token: str = "") -> str:
    """Devuelve qué credencial hay en un archivo («un token del Hub»), o vacío.

    Se lee por trozos, también lo binario: en la cabecera de unos pesos cabe un texto. En UTF-16
    cada letra va con un cero detrás, y sin él se lee igual.
    """
    own, before = token.encode(), b""
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            window = before + chunk
            for text in (window, window.replace(b"\0", b"")) if b"\0" in window else (window,):
                if own and own in text:
                    return "tu token del Hub"
                if found := _search(text):
                    return found
            before = window[-OVERLAP:]
    return ""


def _search(text: bytes) -> str:
    """Qué credencial hay en un trozo, o vacío.

    Buscar cómo empieza es muchas veces más rápido que una expresión regular entera, y unos pesos
    pueden ocupar varios GB.
    """
    for start, (rest, name) in SECRETS.items():
        pattern, place = re.compile(rest), text.find(start)
        while place >= 0:
            is_whole = not text[place - 1 : place].isalnum()
            if is_whole and pattern.match(text, place + len(start)):
                return name
            place = text.find(start, place + 1)
    return ""
