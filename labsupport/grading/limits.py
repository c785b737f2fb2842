"""Los límites de una entrega y sus valores de partida."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20
# Archivos y carpetas en la carpeta de los sockets, donde el kernel solo necesita media docena; sin
# aislamiento está ahí también lo que la entrega escribe.
ENTRIES = 10_000


@dataclass(frozen=True)
class Limits:
    """Lo más que puede gastar una entrega entera; tamaños en MiB y tiempo en segundos.

    >>> Limits(seconds=60).seconds
    60
    """

    seconds: int = 300
    memory_mib: int = 4096
    files_mib: int = 512
    output_mib: int = 16
    processes: int = 128
