"""Qué máquina hay debajo: dispositivo, precisión, memoria, disco, versiones y red."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from functools import cache

from labsupport.base.paths import REPO

GIB = 2**30
MINIMUM_PYTHON = (3, 11)
# Desde cuántos números por token se usa bf16 en un procesador que lo tiene: con menos, según cuál.
BF16_WIDTH = 384
LIBRARIES = (
    "torch",
    "transformers",
    "datasets",
    "evaluate",
    "tensorflow",
    "keras",
    "keras-hub",
    "numpy",
    "jupyterlab",
)


@dataclass(frozen=True)
class Check:
    """Una línea de la revisión: ``state`` es «bien», «aviso» o «falla»."""

    name: str
    value: str
    state: str = "bien"
    advice: str = ""


def find_device() -> str:
    """Devuelve el dispositivo en que entrenará PyTorch: ``"cuda"``, ``"mps"`` o ``"cpu"``.

    >>> find_device() in {"cuda", "mps", "cpu"}
    True
    """
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def describe_device(device: str) -> str:
    """Devuelve el nombre del dispositivo para leer.

    >>> describe_device("mps")
    'Apple (mps)'
    """
    if device == "cuda":
        import torch

        return f"CUDA ({torch.cuda.get_device_name()})"
    return {"mps": "Apple (mps)", "cpu": "CPU"}[device]


def choose_precision(device: str, width: int = 0) -> str:
    """Devuelve ``"bf16"`` donde multiplicar matrices en bf16 ahorra tiempo y si no ``"fp32"``.

    ``width``: los números por token del modelo (``hidden_size``). En una GPU basta con que lo
    haga de verdad. En CPU se piden además matrices grandes: convertir cada tensor cuesta, y con el
    modelo incluido, de 128, gana en unos procesadores y pierde en otros (cuaderno 4).

    >>> choose_precision("cpu", width=128)
    'fp32'
    """
    if device == "cpu":
        return "bf16" if width >= BF16_WIDTH and find_bf16() else "fp32"
    if device != "cuda":
        return "fp32"
    import torch

    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"


def find_bf16() -> str:
    """Devuelve con qué multiplica este procesador en bf16: ``"amx"``, ``"avx512_bf16"`` o ``""``.

    Vacío si no tiene instrucciones para ello: PyTorch acepta bf16 igualmente, pero lo imita y
    tarda varias veces más. Lo dice PyTorch, que también mira si el sistema las deja usar.

    >>> find_bf16() in {"amx", "avx512_bf16", ""}
    True
    """
    import torch

    for name, asked in (("amx", "amx_tile"), ("avx512_bf16", "avx512_bf16")):
        if getattr(torch.cpu, f"_is_{asked}_supported", bool)():
            return name
    return ""


def speed_up_products() -> bool:
    """Hace que PyTorch multiplique con todo el ancho de AVX-512; devuelve si cambió algo.

    MKL, con que multiplica de fábrica, usa la mitad del ancho en procesadores que no son de Intel;
    oneDNN, que también viene con PyTorch, lo usa entero en todos. Para que lo elija hay que decirle
    que puede redondear a bf16: sin AMX no le compensa y sigue multiplicando en fp32. Con AMX sí
    redondearía, así que ahí no se toca.

    >>> speed_up_products() in {True, False}
    True
    """
    import torch

    if find_bf16() == "amx" or not getattr(torch.cpu, "_is_avx512_supported", bool)():
        return False
    # oneDNN prepara un programa por cada forma de matriz y guarda los 1024 últimos: cientos de MiB.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
    torch.set_float32_matmul_precision("medium")
    return True


def flush_tiny_numbers() -> bool:
    """Hace que PyTorch tome por cero los números casi nulos (*denormales*); dice si pudo.

    Una atención muy segura reparte probabilidades de 1e-40, y la CPU tarda cientos de veces más en
    operar con ellas. Vale para los hilos que se creen después: hay que llamarla al empezar.

    >>> flush_tiny_numbers() in {True, False}
    True
    """
    import torch

    return torch.set_flush_denormal(True)


@cache
def is_hub_reachable(timeout: float = 3.0) -> bool:
    """Pregunta una sola vez si el Hub contesta antes de ``timeout`` segundos."""
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=timeout)
    except Exception:  # noqa: BLE001 - cualquier fallo de red significa lo mismo: no se llega
        return False
    return True


def measure_peak_memory() -> float:
    """Devuelve el pico de memoria residente de este proceso, en MiB.

    >>> measure_peak_memory() > 1
    True
    """
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux lo cuenta en KiB y macOS en bytes.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def list_versions(names: tuple[str, ...] = LIBRARIES) -> dict[str, str]:
    """Devuelve la versión instalada de cada librería, sin importarla; «—» si falta.

    >>> list_versions(("no-existe",))
    {'no-existe': '—'}
    """
    return {name: _version(name) for name in names}


def check_environment() -> list[Check]:
    """Revisa Python, librerías, dispositivo, memoria, disco y Hub; no lanza errores."""
    return [
        _check_python(),
        *_check_libraries(),
        _check_device(),
        _check_memory(),
        _check_disk(),
        _check_hub(),
    ]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "—"


def _check_python() -> Check:
    value = f"{platform.python_version()} ({platform.system()})"
    if tuple(sys.version_info) < MINIMUM_PYTHON:
        return Check("Python", value, "falla", "instala Python 3.11 o posterior")
    return Check("Python", value)


def _check_libraries() -> list[Check]:
    return [
        Check(name, version)
        if version != "—"
        else Check(name, "no está", "falla", "ejecuta `make lab` o instala requirements.txt")
        for name, version in list_versions().items()
    ]


def _check_device() -> Check:
    try:
        device = find_device()
    except ImportError:
        return Check("Dispositivo", "sin torch", "falla", "ejecuta `make lab`")
    return Check("Dispositivo", f"{describe_device(device)}, {choose_precision(device)}")


def _check_memory() -> Check:
    import psutil

    memory = psutil.virtual_memory()
    value = f"{memory.available / GIB:.1f} GiB libres de {memory.total / GIB:.1f}"
    if memory.available < 2 * GIB:
        return Check("Memoria", value, "aviso", "cierra otros programas: el lab pide unos 2 GiB")
    return Check("Memoria", value)


def _check_disk() -> Check:
    free = shutil.disk_usage(REPO).free / GIB
    if free < 2:
        return Check("Disco", f"{free:.1f} GiB libres", "aviso", "libera espacio: mira `make disk`")
    return Check("Disco", f"{free:.1f} GiB libres")


def _check_hub() -> Check:
    if is_hub_reachable():
        return Check("Hub de Hugging Face", "contesta")
    return Check(
        "Hub de Hugging Face",
        "sin conexión",
        "aviso",
        'no pasa nada: los perfiles "mini" y "mini-es" no lo usan',
    )
