"""Escribe constraints.txt con las versiones exactas del entorno en que se ejecuta.

Úsalo después de cambiar requirements.txt: crea un entorno nuevo sin fijar nada
(``pip install -e .[browser]``), comprueba que ``pytest`` pasa y ejecuta este script con su Python.
"""

import os
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

# El primero que admite pyproject.toml: hay sistemas que aún traen el 3.11.2.
OLDEST = "3.11.0"
CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
# El propio laboratorio, y lo que todo entorno trae sin que nadie lo pida.
LEFT_OUT = {"laboratorio-fine-tuning", "pip", "setuptools", "wheel"}


def list_pins():
    """Devuelve una línea «nombre==versión» por paquete instalado, en orden alfabético."""
    # La versión pública: el sufijo (+cpu, +cu130) depende de la máquina.
    found = {d.name.lower().replace("_", "-"): d.version.split("+")[0] for d in distributions()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in LEFT_OUT]


def list_too_new():
    """Devuelve los paquetes que no se instalan con el primer Python que admite el laboratorio.

    pip elige la última versión que vale para *este* Python: con 3.11.7 puede ser una que pide
    3.11.5, y quien tenga 3.11.2 no podría instalar nada.
    """
    wanted = ((d.name, d.version, d.metadata.get("Requires-Python")) for d in distributions())
    return sorted(
        f"{name}=={version} (pide {python})"
        for name, version, python in wanted
        if python and not SpecifierSet(python).contains(OLDEST)
    )


def describe_origin():
    """Devuelve la cabecera: con qué Python y en qué sistema se probó el conjunto."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [
        f"# El conjunto exacto con el que se ha ejecutado y probado el laboratorio "
        f"(CPython {version}, {sys.platform}).",
        "# Lo usan los objetivos de make; lo escribe tools/freeze_constraints.py.",
    ]


def main():
    """Escribe el archivo de una vez, con un nombre temporal, o dice qué versión lo impide."""
    too_new = list_too_new()
    if too_new:
        sys.exit(f"Instala una versión que admita Python {OLDEST}: {', '.join(too_new)}.")
    temporary = CONSTRAINTS.with_name(f"{CONSTRAINTS.name}.tmp-{os.getpid()}")
    temporary.write_text("\n".join([*describe_origin(), *list_pins()]) + "\n", encoding="utf-8")
    os.replace(temporary, CONSTRAINTS)
    print(f"{CONSTRAINTS.name}: {len(list_pins())} paquetes fijados.")


if __name__ == "__main__":
    main()
