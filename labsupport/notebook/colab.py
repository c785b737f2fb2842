"""Lo que Google Colab necesita de más: archivos vecinos del cuaderno y avisos en español."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from pathlib import Path

DISTRIBUTION = "laboratorio-fine-tuning"
# Lo que instala la primera celda: nombre del módulo y del paquete.
INSTALLED = {
    "labsupport": DISTRIBUTION,
    "evaluate": "evaluate",
    "keras": "keras",
    "keras_hub": "keras-hub",
}
# Con uno anterior, peft se niega a hacer LoRA aunque nadie lo use; la imagen trae el 0.10.
OLDEST_TORCHAO = (0, 16)
RESTART = (
    "Reinicia antes de seguir (Entorno de ejecución → Reiniciar sesión): ya estaba en memoria "
    "otra versión de {names}."
)
READY = "Preparado en Colab; no hace falta reiniciar."
NO_GPU = (
    'Este entorno no tiene GPU y sigo en CPU: para los perfiles "mini" y "mini-es" basta; para '
    '"yelp" y "es", elige una en Entorno de ejecución → Cambiar tipo de entorno de ejecución.'
)


def is_colab() -> bool:
    """Dice si el kernel es de Google Colab, que carga este módulo al arrancar.

    >>> is_colab()
    False
    """
    return "google.colab" in sys.modules


def prepare_colab() -> None:
    """Trae los archivos vecinos y dice si hay que reiniciar y si falta la GPU."""
    copy_companions(Path.cwd())
    hide_old_torchao()
    stale = list_stale()
    print(RESTART.format(names=" y ".join(stale)) if stale else READY)
    if not has_gpu():
        print(NO_GPU)


def copy_companions(folder: Path) -> list[str]:
    """Copia a ``folder`` los archivos que en el repositorio están junto a los cuadernos.

    Devuelve sus nombres. El paquete los lleva consigo porque un enlace de Colab abre solo el
    .ipynb.
    """
    files = importlib.metadata.files(DISTRIBUTION) or []
    companions = [file for file in files if file.parent.name == "notebooks"]
    for file in companions:
        shutil.copy(file.locate(), folder / file.name)
    return [file.name for file in companions]


def hide_old_torchao() -> bool:
    """Hace como si no estuviera un torchao que peft rechaza, y devuelve si lo había.

    Si alguien ya lo importó, no lo toca.
    """
    try:
        version = importlib.metadata.version("torchao")
    except importlib.metadata.PackageNotFoundError:
        return False
    old = tuple(map(int, version.split(".")[:2])) < OLDEST_TORCHAO
    # Así, para importlib no existe: ni peft ni transformers lo encuentran.
    if not old or "torchao" in sys.modules:
        return False
    sys.modules["torchao"] = None  # type: ignore[assignment]  # importlib lee así «no está»
    return True


def list_stale() -> list[str]:
    """Devuelve los módulos que se instalaron de nuevo después de importarlos."""
    loaded = {name: sys.modules[name] for name in INSTALLED if name in sys.modules}
    return [
        name
        for name, module in loaded.items()
        if module.__version__ != importlib.metadata.version(INSTALLED[name])
    ]


def has_gpu() -> bool:
    """Dice si hay una GPU de NVIDIA, sin importar ningún framework."""
    return any(Path("/dev").glob("nvidia[0-9]*"))
