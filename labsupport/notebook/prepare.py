"""Lo que la primera celda de cada cuaderno pone en marcha."""

from __future__ import annotations

import importlib.util
import platform
import warnings

from labsupport.base.caches import ensure_cache
from labsupport.base.errors import LabError, enable_spanish_errors
from labsupport.base.tables import join_names
from labsupport.notebook.colab import is_colab, prepare_colab

# Avisos de unas librerías sobre otras: no son asunto de quien estudia y enseñan rutas de la
# máquina. Cada uno, con su motivo; si la librería lo corrige, la línea sobra.
KNOWN_NOISE: list[tuple[str, type[Warning]]] = [
    ("Specifying null_placement", FutureWarning),  # datasets 5.2 con pyarrow 25
    ("Target and region quantiles", UserWarning),  # optuna con ensayos que sacan lo mismo
    ("'pin_memory' argument is set as true", UserWarning),  # Trainer sin GPU
    ("`is_gradient_checkpointing` is deprecated", FutureWarning),  # peft 0.21 con transformers 5.23
    ("fan_in_fan_out is set to False", UserWarning),  # peft, con las capas de GPT-2
]

NEEDED = ("torch", "transformers", "datasets")


def prepare_notebook() -> None:
    """Pide a Jupyter los fallos en español y calla los avisos que no son de la lección.

    Si no se puede escribir en la caché de Hugging Face, usa una temporal y lo dice.
    En Google Colab, además, trae lo que falta junto al cuaderno y dice si hay que reiniciar. Lanza
    LabError si el kernel es de un Python sin las librerías del laboratorio.
    """
    enable_spanish_errors()
    _check_kernel()
    ensure_cache()
    for message, category in KNOWN_NOISE:
        warnings.filterwarnings("ignore", message, category)
    if is_colab():
        prepare_colab()


def _check_kernel() -> None:
    """Un kernel que se llama como el del laboratorio puede ser el de otro entorno."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise LabError(
            f"Este kernel es de un Python {platform.python_version()} sin {join_names(missing)}: "
            "abre JupyterLab con `make jupyter`, o elige el del entorno en que instalaste el "
            "laboratorio (Kernel > Cambiar intérprete; en inglés, Change Kernel)."
        )
