"""Dice qué librerías instaladas tienen una versión más nueva y quién impide subirlas.

Lo ejecuta el Python del entorno que se mira, que es el que tiene ``packaging``: recibe lo que dice
``pip list --outdated --format=json`` y contesta con filas de librería, versión, última y quién.
"""

import json
import sys
from importlib.metadata import distributions


def list_limits():
    """Devuelve, de cada librería, quién la pide y con qué versiones, en este entorno."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    limits = {}
    for found in distributions():
        for line in found.requires or ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                name = canonicalize_name(wanted.name)
                limits.setdefault(name, []).append((found.name, wanted.specifier))
    return limits


def find_holders(outdated, limits):
    """Devuelve las filas: de cada librería con algo más nuevo, quién no lo admite.

    ``outdated``: lo que dice pip; ``limits``: lo de ``list_limits``.

    >>> from packaging.specifiers import SpecifierSet
    >>> pip = [{"name": "numpy", "version": "2.4.6", "latest_version": "2.5.5"}]
    >>> find_holders(pip, {"numpy": [("numba", SpecifierSet("<2.5")), ("b", SpecifierSet(">1"))]})
    [['numpy', '2.4.6', '2.5.5', ['numba (<2.5)']]]
    """
    return [
        [each["name"], each["version"], each["latest_version"], _refuse(each, limits)]
        for each in outdated
    ]


def _refuse(each, limits):
    asked = limits.get(each["name"].lower().replace("_", "-").replace(".", "-"), ())
    newest = each["latest_version"]
    return sorted({f"{who} ({s})" for who, s in asked if not s.contains(newest, prereleases=True)})


if __name__ == "__main__":
    print(json.dumps(find_holders(json.load(sys.stdin), list_limits())))
