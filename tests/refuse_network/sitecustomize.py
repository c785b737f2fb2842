"""Con esta carpeta en PYTHONPATH, un proceso de Python no puede salir de la máquina.

Cada intento se rechaza al momento y se apunta en el archivo ``LAB_NETWORK_LOG``: a quién se
llamaba y desde qué funciones. Así se ve no solo que el laboratorio funciona sin red, sino que
ni siquiera la busca.
"""

import os
import socket
import traceback

_connect, _resolve = socket.socket.connect, socket.getaddrinfo
_LOCAL = {"localhost", "127.0.0.1", "::1", "", None}


def _refuse(host):
    callers = [frame.name for frame in traceback.extract_stack()]
    with open(os.environ["LAB_NETWORK_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{host} {' '.join(callers)}\n")
    raise ConnectionRefusedError(f"red rechazada en las pruebas: {host}")


def _guarded_connect(self, address):
    if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in _LOCAL:
        _refuse(address[0])
    return _connect(self, address)


def _guarded_resolve(host, *arguments, **options):
    if host not in _LOCAL:
        _refuse(host)
    return _resolve(host, *arguments, **options)


if os.environ.get("LAB_NETWORK_LOG"):
    socket.socket.connect = _guarded_connect
    socket.getaddrinfo = _guarded_resolve
