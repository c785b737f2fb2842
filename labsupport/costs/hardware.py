"""Lo más deprisa que esta máquina multiplica matrices: con qué comparar lo que tarda un modelo."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from labsupport.base.environment import find_bf16

# Lado de las matrices: caben en memoria de sobra y son mayores que la caché de un núcleo.
SIDE = 1536
GIGA = 1e9


def has_fast_bf16(device: str = "cpu") -> bool:
    """Dice si ``device`` multiplica en bf16 con instrucciones propias y no emulándolas.

    >>> has_fast_bf16() in {True, False}
    True
    """
    if device == "cpu":
        return bool(find_bf16())
    if device == "cuda":
        import torch

        return torch.cuda.is_bf16_supported(including_emulation=False)
    return False


@cache
def measure_peak(precision: str = "fp32", device: str = "cpu", rounds: int = 5) -> float:
    """Devuelve los GFLOP/s del mejor de varios productos de matrices cuadradas.

    ``precision``: ``"fp32"`` o ``"bf16"``. Se mide una sola vez por proceso y con los mismos hilos
    que el entrenamiento; en una máquina ocupada sale menos.

    >>> measure_peak("fp32", rounds=1) > 0
    True
    """
    import torch

    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    left = torch.ones(SIDE, SIDE, dtype=kind, device=device)
    right = torch.ones(SIDE, SIDE, dtype=kind, device=device)
    seconds = [_time_product(left, right) for _ in range(rounds + 1)][1:]
    return 2 * SIDE**3 / min(seconds) / GIGA


def _time_product(left: Any, right: Any) -> float:
    wait_device(left.device.type)
    started = time.perf_counter()
    left @ right
    wait_device(left.device.type)
    return time.perf_counter() - started


def wait_device(device: str) -> None:
    """Espera a que una GPU acabe lo que tiene pendiente; en CPU no hay nada que esperar."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()
