"""Escribe constraints.txt con las versiones exactas del entorno en que se ejecuta.

Úsalo después de cambiar requirements.txt: ``make test-nuevas ARGS="--only nuevas"`` crea un entorno
nuevo sin fijar nada y dice si todo pasa; después, ``.venv-nuevas/bin/python`` ejecuta este script.
Pone también la versión de torch en binder/environment.yml: mira que conda-forge ya la tenga.
"""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

from labsupport.base.files import write_atomically

# El primero que admite pyproject.toml: hay sistemas que aún traen el 3.11.2.
OLDEST = "3.11.0"
REPO = Path(__file__).resolve().parents[1]
CONSTRAINTS = REPO / "constraints.txt"
BINDER = REPO / "binder" / "environment.yml"
# El propio laboratorio, y lo que todo entorno trae sin que nadie lo pida.
LEFT_OUT = {"laboratorio-fine-tuning", "pip", "setuptools", "wheel"}
# Lo que trae torch según la máquina, que ya pide su versión exacta.
CUDA = re.compile(r"(?:nvidia|cuda)-.*|triton")


def list_pins():
    """Devuelve una línea «nombre==versión» por paquete instalado, en orden alfabético."""
    # La versión pública: el sufijo (+cpu, +cu130) depende de la máquina.
    found = {d.name.lower().replace("_", "-"): d.version.split("+")[0] for d in distributions()}
    return [
        f"{name}=={version}"
        for name, version in sorted(found.items())
        if name not in LEFT_OUT and not CUDA.fullmatch(name)
    ]


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


def stamp_binder(text, pins):
    r"""Devuelve binder/environment.yml con la versión de torch que está entre ``pins``.

    >>> stamp_binder("  - pip\n  - pytorch-cpu=2.13.0\n", ["toolz==1.2.0", "torch==2.15.0"])
    '  - pip\n  - pytorch-cpu=2.15.0\n'
    """
    (version,) = (pin.split("==")[1] for pin in pins if pin.startswith("torch=="))
    return re.sub(r"(pytorch-cpu=)\S+", rf"\g<1>{version}", text)


def main():
    """Escribe los dos archivos, o dice qué versión lo impide."""
    too_new = list_too_new()
    if too_new:
        sys.exit(f"Instala una versión que admita Python {OLDEST}: {', '.join(too_new)}.")
    pins = list_pins()
    binder = stamp_binder(BINDER.read_text(encoding="utf-8"), pins)
    write_atomically(CONSTRAINTS, "\n".join([*describe_origin(), *pins]) + "\n")
    write_atomically(BINDER, binder)
    print(f"{CONSTRAINTS.name}: {len(pins)} paquetes fijados.")


if __name__ == "__main__":
    main()
