"""Busca en las salidas de un cuaderno lo que delata una máquina: rutas, usuario y equipo."""

from __future__ import annotations

import getpass
import re
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from labsupport.base.paths import REPO

# Carpetas personales y temporales de cualquier máquina, no solo de esta.
ANY_PERSONAL_FOLDER = re.compile(
    r"(?<![\w.])(?:/home/|/Users/|/root/|/tmp/|/private/var/|/var/folders/|[A-Za-z]:\\+Users\\+)[\w.\-]+"
)
# Nombres que también son palabras corrientes: solo delatan dentro de una ruta.
COMMON_NAMES = {
    "admin", "codespace", "colab", "jovyan", "localhost", "root", "runner", "ubuntu", "user",
    "usuario", "vm", "vscode", "windows",
}  # fmt: skip
SHORTEST_NAME = 4


def list_private_texts() -> list[str]:
    """Devuelve lo que no debe salir de aquí: carpetas, usuario y nombre del equipo."""
    folders = [Path.home(), REPO, Path(sys.prefix), Path(tempfile.gettempdir())]
    texts = [str(folder) for folder in folders if len(folder.parts) > 1]
    names = [_user_name(), socket.gethostname()]
    return texts + [name for name in names if _is_telling(name)]


def find_leak(outputs: Any, private: Iterable[str]) -> str | None:
    """Devuelve el primer texto privado que hay en las salidas, o None.

    ``outputs``: las de una celda; ``private``: lo que devuelve ``list_private_texts``.

    >>> find_leak([{"text": "leído de /home/ana/datos"}], [])
    '/home/ana'
    >>> find_leak([{"text": "hola, anabel"}], ["anab"]) is None
    True
    >>> find_leak([{"text": "equipo: torre7"}], ["torre7"])
    'torre7'
    """
    patterns = [ANY_PERSONAL_FOLDER, *(_whole_word(text) for text in private)]
    for text in _walk_texts(outputs):
        for pattern in patterns:
            found = pattern.search(text)
            if found:
                return found.group()
    return None


def _walk_texts(content: Any) -> Iterator[str]:
    """Recorre todos los textos de una salida, menos las imágenes en base64."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for name, value in content.items():
            if not name.startswith("image/") or name == "image/svg+xml":
                yield from _walk_texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _walk_texts(value)


def _whole_word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def _is_telling(name: str) -> bool:
    return len(name) >= SHORTEST_NAME and name.lower() not in COMMON_NAMES


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
