"""Una máquina de Google Colab de mentira: sus paquetes, su módulo y su manera de abrir cuadernos.

Se hace a partir de .venv-colab, sin tocarlo: una copia con enlaces duros, de la que se quita lo que
la imagen no tiene y a la que se devuelve lo que la primera celda cambia.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import bootstrap
import pytest
from colab_versions import CUDA, KEPT, LEFT_OUT, TARGET, parse_pins, read_first_cell
from packaging.utils import canonicalize_name
from packaging.version import Version

from labsupport.base.paths import REPO
from labsupport.running.whole_lab import SPINS

TEXT = (REPO / TARGET).read_text(encoding="utf-8")
PINS = parse_pins(TEXT)
INSTALLED_BY_CELL = {name for name, version in read_first_cell().items() if version}
# Lo que la imagen tiene, con su versión: lo que se usa y lo que se deja fuera.
IMAGE = {name: version for name, version in PINS.items() if name not in INSTALLED_BY_CELL}
IMAGE |= {name: version for name, version, _ in LEFT_OUT.findall(TEXT)}
# Está en la imagen, nadie lo pide y cambia lo que hacen otras: peft se niega con uno antiguo.
LOOKED_FOR = ("torchao",)
KERNEL = "import google.colab, ipykernel.kernelapp as app; app.launch_new_instance()"
# Colab no las tiene, y harían visible el repositorio o cambiarían dónde instala pip.
UNSET = ("PYTHONPATH", "LAB_RESULTS_DIR", "VIRTUAL_ENV", "PIP_TARGET", "PIP_USER", "PIP_PREFIX")


def list_installed(folder: Path | None = None) -> dict[str, str]:
    """Devuelve nombre a versión, sin sufijo, de lo instalado en este entorno o en una carpeta."""
    where = {"path": [str(folder)]} if folder else {}
    found = importlib.metadata.distributions(**where)
    return {canonicalize_name(each.name): Version(each.version).public for each in found}


def is_colab_environment() -> bool:
    """Dice si este Python es el de .venv-colab: el que crea make test-colab."""
    return Path(sys.prefix).name == ".venv-colab"


class ColabImage:
    """La copia: ``python``, su Python; ``site``, sus paquetes."""

    def __init__(self, root: Path):
        """Crea la copia en ``root``, en el mismo disco que este entorno."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
        self.root = root
        self.site = Path(sysconfig.get_path("purelib", vars={"base": str(root)}))
        self.python = root / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        here = sysconfig.get_path("purelib")
        shutil.copytree(here, self.site, copy_function=os.link, symlinks=True, dirs_exist_ok=True)
        self._restore()
        stub = self.site / "google" / "colab" / "__init__.py"
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text('"""Como el de Colab: basta con que esté."""\n', encoding="utf-8")

    def _restore(self) -> None:
        """Quita lo que la imagen no tiene y pone lo que tiene y .venv-colab no puede tener."""
        foreign = [name for name in list_installed(self.site) if not is_in_image(name)]
        self.pip("uninstall", "--yes", *foreign)
        back = {name: v for name, v, _ in LEFT_OUT.findall(TEXT) if not CUDA.match(name)}
        back |= {name: IMAGE[name] for name in (*LOOKED_FOR, "pip") if name in IMAGE}
        self.pip("install", "--no-deps", *(f"{name}=={version}" for name, version in back.items()))

    def pip(self, *arguments: str) -> None:
        """Llama al pip de la copia; sin red, se salta la prueba y lo dice."""
        command = [self.python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.root, env=self.environment(), capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            said = bootstrap.explain_pip((done.stdout + done.stderr).splitlines())
            skip_if_offline(said)
            pytest.fail(said)

    def environment(self) -> dict[str, str]:
        """Las variables con que arranca un kernel de Colab: sin rastro de este repositorio."""
        kept = {name: value for name, value in os.environ.items() if name not in UNSET}
        path = str(self.python.parent) + os.pathsep + kept["PATH"]
        # Junto a otras pruebas, que los hilos no esperen dando vueltas: como labsupport run.
        quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "GOMP_SPINCOUNT": SPINS}
        return {**kept, "PATH": path, **quiet}

    def write_kernelspec(self, folder: Path) -> None:
        """Deja en ``folder`` un kernel «colab», que carga google.colab antes que nada."""
        spec = folder / "kernels" / "colab"
        spec.mkdir(parents=True)
        argv = [str(self.python), "-c", KERNEL, "-f", "{connection_file}"]
        kernel = {"argv": argv, "display_name": "Colab", "language": "python"}
        (spec / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")


def is_in_image(name: str) -> bool:
    """Dice si la imagen trae ese paquete; el torch de aquí lleva además lo suyo de CUDA."""
    return name in IMAGE or name in KEPT or bool(CUDA.match(name))


def skip_if_offline(said: str) -> None:
    """Salta la prueba, y lo dice, si lo que pip dijo es que no hay red."""
    if said.startswith("No se pudo llegar al índice de paquetes"):
        pytest.skip("sin red: la primera celda instala de verdad lo que falta en Colab")
