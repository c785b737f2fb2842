"""Por dónde hablan quien comprueba y la entrega: tramas de tamaño limitado, sin nada que ejecutar.

Una trama es un texto JSON y trozos de bytes a los que el texto se refiere por su número. Quien la
lee no se fía de quien la escribe: lo que no cabe, no se entiende o no acaba es una trama rota.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from json import dumps, loads
from typing import Any

MIB = 2**20
HEADER, SIZE = struct.Struct(">II"), struct.Struct(">Q")
LARGEST_TEXT, LARGEST_BYTES, MOST_BLOBS = 16 * MIB, 256 * MIB, 4096
TOO_LARGE = "Devuelve demasiado: como mucho caben 16 MiB de texto y 256 de arrays."


class BrokenChannel(Exception):  # noqa: N818 - dice cómo quedó el canal
    """El otro lado se fue, o mandó algo que no es una trama."""


class TooLarge(ValueError):  # noqa: N818 - lo que se quiere enviar no cabe
    """Lo que se quiere enviar pasa del tamaño máximo de una trama."""


class Channel:
    """Manda y recibe tramas por ``connection``.

    >>> here, there = map(Channel, socket.socketpair())
    >>> here.send({"suma": [1, 2.5]}, [b"abc"])
    >>> there.receive()
    ({'suma': [1, 2.5]}, [bytearray(b'abc')])
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, message: Any, blobs: Sequence[bytes] = ()) -> None:
        """Manda una trama. Lanza TooLarge si no cabe y BrokenChannel si nadie la recibe."""
        text = dumps(message).encode("ascii")
        sizes = [len(blob) for blob in blobs]
        if len(text) > LARGEST_TEXT or sum(sizes) > LARGEST_BYTES or len(sizes) > MOST_BLOBS:
            raise TooLarge(TOO_LARGE)
        try:
            self.connection.sendall(HEADER.pack(len(text), len(sizes)) + text)
            for size, blob in zip(sizes, blobs, strict=True):
                self.connection.sendall(SIZE.pack(size))
                self.connection.sendall(blob)
        except OSError as error:
            raise BrokenChannel("nadie escucha") from error

    def receive(self) -> tuple[Any, list[bytearray]]:
        """Espera una trama y la devuelve. Lanza BrokenChannel si no llega entera."""
        length, count = HEADER.unpack(self._read(HEADER.size))
        if length > LARGEST_TEXT or count > MOST_BLOBS:
            raise BrokenChannel("una trama demasiado grande")
        text, blobs, left = self._read(length), [], LARGEST_BYTES
        for _ in range(count):
            (size,) = SIZE.unpack(self._read(SIZE.size))
            left -= size
            if left < 0:
                raise BrokenChannel("una trama demasiado grande")
            blobs.append(self._read(size))
        try:
            return loads(text), blobs
        except (ValueError, RecursionError, MemoryError) as error:
            raise BrokenChannel("un texto que no es JSON") from error

    def close(self) -> None:
        """Cierra el canal para los dos lados, aunque otro proceso lo tenga abierto."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()

    def _read(self, size: int) -> bytearray:
        data = bytearray()
        while len(data) < size:
            try:
                # Poco a poco: lo que se reserva es lo que llega y no lo que se dice que llegará.
                part = self.connection.recv(min(size - len(data), MIB))
            except OSError as error:
                raise BrokenChannel("se cortó") from error
            if not part:
                raise BrokenChannel("se cortó")
            data += part
        return data
