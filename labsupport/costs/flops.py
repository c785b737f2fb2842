"""Operaciones en coma flotante de un bloque de código, contadas de verdad y no estimadas.

Las cuenta ``torch.utils.flop_counter`` según las formas de cada producto de matrices que se
ejecuta: un producto de (m × k) por (k × n) son 2·m·k·n operaciones. No cuenta lo que no es
producto (sumas, normalizaciones, el optimizador), que en un Transformer es poco.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def count_flops(run: Callable[[], Any]) -> tuple[int, Any]:
    """Ejecuta ``run`` y devuelve (operaciones en coma flotante, lo que devolvió).

    Cuenta también el backward si ``run`` lo hace, y la atención de la CPU, que
    ``FlopCounterMode`` aún no conoce.

    >>> import torch
    >>> count_flops(lambda: (torch.ones(3, 4) @ torch.ones(4, 5)).shape)
    (120, torch.Size([3, 5]))
    """
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False, custom_mapping=_count_cpu_attention()) as counter:
        result = run()
    return counter.get_total_flops(), result


def _count_cpu_attention() -> dict[Any, Callable[..., int]]:
    import torch
    from torch.utils.flop_counter import sdpa_backward_flop_count, sdpa_flop_count

    def count_forward(
        query: Any, key: Any, value: Any, *rest: Any, out_shape: Any = None, **options: Any
    ) -> int:
        return sdpa_flop_count(query, key, value)

    def count_backward(
        gradient: Any, query: Any, key: Any, value: Any, *rest: Any, **options: Any
    ) -> int:
        return sdpa_backward_flop_count(gradient, query, key, value)

    return {
        torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: count_forward,
        torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: count_backward,
    }
