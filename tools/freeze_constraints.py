"""Escribe constraints.txt con las versiones exactas del entorno en que se ejecuta.

Úsalo después de cambiar requirements.txt: crea un entorno nuevo sin fijar nada
(``pip install -e .[browser]``), comprueba que ``pytest`` pasa y ejecuta este script con su Python.
"""

import os
import sys
from importlib.metadata import distributions
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
# El propio laboratorio, y lo que todo entorno trae sin que nadie lo pida.
LEFT_OUT = {"laboratorio-fine-tuning", "pip", "setuptools", "wheel"}


def list_pins():
    """Devuelve una línea «nombre==versión» por paquete instalado, en orden alfabético."""
    # La versión pública: el sufijo (+cpu, +cu130) depende de la máquina.
    found = {d.name.lower().replace("_", "-"): d.version.split("+")[0] for d in distributions()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in LEFT_OUT]


def describe_origin():
    """Devuelve la cabecera: con qué Python y en qué sistema se probó el conjunto."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [
        f"# El conjunto exacto con el que se ha ejecutado y probado el laboratorio "
        f"(CPython {version}, {sys.platform}).",
        "# Lo usan los objetivos de make; lo escribe tools/freeze_constraints.py.",
    ]


def main():
    """Escribe el archivo de una vez, con un nombre temporal."""
    temporary = CONSTRAINTS.with_name(f"{CONSTRAINTS.name}.tmp-{os.getpid()}")
    temporary.write_text("\n".join([*describe_origin(), *list_pins()]) + "\n", encoding="utf-8")
    os.replace(temporary, CONSTRAINTS)
    print(f"{CONSTRAINTS.name}: {len(list_pins())} paquetes fijados.")


if __name__ == "__main__":
    main()
