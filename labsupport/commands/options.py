"""Lo común a las órdenes: qué es pedirlas mal, y las opciones que admiten varias."""

from __future__ import annotations

import argparse
import re

from labsupport.base.errors import LabError

MOST = 1_000_000


class UsageError(LabError):
    """Lo que se pidió no existe o no tiene sentido: nada llegó a ejecutarse."""


def read_count(text: str) -> int:
    """Devuelve el número entero, de 1 en adelante; argparse cuenta lo que no lo sea.

    >>> read_count("3")
    3
    """
    digits = text.lstrip("0") if text.isdecimal() else ""
    if not digits:
        raise argparse.ArgumentTypeError(f"«{text}» no es un número entero de 1 en adelante")
    # Primero cuántas cifras: Python se niega a convertir miles.
    if len(digits) > len(str(MOST)) or int(digits) > MOST:
        raise argparse.ArgumentTypeError(f"«{text[:20]}» es demasiado: como mucho, {MOST}")
    return int(digits)


def read_address(text: str) -> str:
    """Devuelve la dirección de un cluster, si lo parece; si no, argparse lo cuenta.

    >>> read_address("tcp://10.0.0.5:8786")
    'tcp://10.0.0.5:8786'
    """
    port = re.fullmatch(r"(?:tcp|tls)://(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})", text)
    if port is None or not 0 < int(port[1]) < 2**16:
        raise argparse.ArgumentTypeError(f"«{text}» no es una dirección como tcp://HOST:PUERTO")
    return text
