"""argparse en español: traduce sus palabras donde él mismo las busca (gettext), sin más parches."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TRANSLATIONS = {
    "usage: ": "uso: ",
    "positional arguments": "argumentos",
    "options": "opciones",
    "optional arguments": "opciones",
    "subcommands": "órdenes",
    "%(heading)s:": "%(heading)s:",
    " (default: %(default)s)": " (por omisión: %(default)s)",
    "show this help message and exit": "muestra esta ayuda y termina",
    "show program's version number and exit": "muestra la versión y termina",
    "%(prog)s: error: %(message)s\n": "%(prog)s: error: %(message)s\n",
    "%(prog)s: warning: %(message)s\n": "%(prog)s: aviso: %(message)s\n",
    "argument %(argument_name)s: %(message)s": "argumento %(argument_name)s: %(message)s",
    "unrecognized arguments: %s": "argumentos desconocidos: %s",
    "the following arguments are required: %s": "faltan estos argumentos: %s",
    "one of the arguments %s is required": "hace falta uno de estos argumentos: %s",
    "not allowed with argument %s": "no se puede usar junto con %s",
    "ignored explicit argument %r": "no admite el valor %r",
    "expected one argument": "espera un valor",
    "expected at most one argument": "espera un valor como mucho",
    "expected at least one argument": "espera al menos un valor",
    "expected %s argument": "espera %s valor",
    "expected %s arguments": "espera %s valores",
    "unexpected option string: %s": "opción inesperada: %s",
    "ambiguous option: %(option)s could match %(matches)s": (
        "opción ambigua: %(option)s puede ser %(matches)s"
    ),
    "invalid %(type)s value: %(value)r": "valor no válido (%(type)s): %(value)r",
    "invalid choice: %(value)r (choose from %(choices)s)": (
        "%(value)r no es una opción válida (elige entre %(choices)s)"
    ),
    "invalid choice: %(value)r, maybe you meant %(suggested)r? (choose from %(choices)s)": (
        "%(value)r no es una opción válida; ¿querías decir %(suggested)r? (elige entre %(choices)s)"
    ),
    "unknown parser %(parser_name)r (choices: %(choices)s)": (
        "orden desconocida %(parser_name)r (elige entre %(choices)s)"
    ),
    "can't open '%(filename)s': %(error)s": "no se puede abrir «%(filename)s»: %(error)s",
    "argument '%(argument_name)s' is deprecated": "el argumento «%(argument_name)s» está anticuado",
    "command '%(parser_name)s' is deprecated": "la orden «%(parser_name)s» está anticuada",
    "option '%(option)s' is deprecated": "la opción «%(option)s» está anticuada",
}


@contextmanager
def spanish_argparse() -> Iterator[None]:
    """Dentro del bloque, argparse habla español; al salir queda como estaba.

    >>> with spanish_argparse():
    ...     print(argparse.ArgumentParser(prog="lab").format_usage().strip())
    uso: lab [-h]
    """
    # Sin tipos: son nombres internos de argparse, que nadie declara.
    module: Any = argparse
    original = module._, module.ngettext
    module._, module.ngettext = _translate, _translate_plural
    try:
        yield
    finally:
        module._, module.ngettext = original


def _translate(message: str) -> str:
    return TRANSLATIONS.get(message, message)


def _translate_plural(singular: str, plural: str, count: int) -> str:
    return _translate(singular if count == 1 else plural)
