"""Lo que cuesta usar un modelo: cuánto ocupa y cuánto tarda en contestar, en CPU.

Se compara el modelo tal cual con dos formas de guardar sus números en menos bits. Las rondas van
mezcladas y de cada forma se da la mediana: si la máquina se entretiene con otra cosa, lo notan
todas.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.costs.timing import measure_rounds

if TYPE_CHECKING:
    import pandas as pd

MEGABYTE = 10**6
BATCH = 32


def load_formats(folder: str | Path, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Devuelve el modelo de ``folder`` en cada formato, listo para contestar en CPU.

    Son ``fp32`` (32 bits por número, como se entrenó), ``bf16`` (16) e ``int8`` (8 en las capas
    lineales). El que este PyTorch no sepa hacer falta en el resultado, y ``say`` cuenta por qué.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    def load() -> Any:
        return AutoModelForSequenceClassification.from_pretrained(folder, dtype="float32").eval()

    formats = {"fp32": load(), "bf16": load().to(torch.bfloat16)}
    try:
        formats["int8"] = quantize_linear(load())
    except LabError as error:
        say(str(error))
    return formats


def quantize_linear(model: Any) -> Any:
    """Devuelve una copia de ``model`` con los pesos de sus capas lineales en 8 bits.

    Es cuantización dinámica: los pesos se convierten ahora y las activaciones, en cada llamada. Lo
    demás (embeddings, normalizaciones) sigue como estaba. Lanza LabError si este PyTorch no la trae
    o si no sabe multiplicar enteros en este procesador.

    >>> import torch
    >>> small = quantize_linear(torch.nn.Sequential(torch.nn.Linear(4, 2)))
    >>> str(small[0].weight().dtype)
    'torch.qint8'
    """
    import torch

    try:
        from torch.ao.quantization import quantize_dynamic
    except ImportError:
        raise LabError(
            "Este PyTorch ya no trae la cuantización dinámica, así que no se mide int8: su "
            "sucesora es `quantize_`, de la librería torchao."
        ) from None
    engines = [each for each in torch.backends.quantized.supported_engines if each != "none"]
    if not engines:
        raise LabError("Este PyTorch no multiplica enteros de 8 bits aquí: no se mide int8.")
    if torch.backends.quantized.engine not in engines:
        torch.backends.quantized.engine = engines[0]
    with warnings.catch_warnings():
        # PyTorch anuncia que algún día la quitará; el cuaderno lo cuenta.
        warnings.simplefilter("ignore")
        return quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)


def measure_size(model: Any) -> float:
    """Devuelve los MB que ocupan en el disco los pesos de un modelo, en el formato en que estén.

    >>> import torch
    >>> 4.0 <= measure_size(torch.nn.Linear(1000, 1000, bias=False)) < 4.1
    True
    """
    import torch

    counter = _Counter()
    torch.save(model.state_dict(), counter)
    return counter.size / MEGABYTE


def measure_serving(
    formats: Mapping[str, Any],
    tokenizer: Any,
    texts: Sequence[str],
    labels: Sequence[int],
    max_length: int,
    rounds: int = 3,
) -> pd.DataFrame:
    """Mide cada formato y devuelve una tabla con una fila por formato.

    ``formats``: de nombre a modelo; ``texts`` y ``labels``: los de validación, con que se mide la
    accuracy; ``max_length``: tokens por texto. Columnas: ``MB`` (en el disco), ``ms, uno`` (lo que
    tarda un texto solo), ``ms, de 32 en 32`` (lo que toca a cada texto de un batch de 32),
    ``accuracy`` y ``cambian`` (cuántas respuestas no son las del primer formato). Los tiempos son
    medianas de ``rounds`` rondas mezcladas.
    """
    import pandas as pd

    def encode(some: Sequence[str]) -> Any:
        options = {"padding": True, "truncation": True, "max_length": max_length}
        return tokenizer(list(some), **options, return_tensors="pt")

    alone = [encode([text]) for text in texts[:BATCH]]
    together = [encode(texts[:BATCH])]
    # Por largo, para no pagar relleno: aquí solo se cuentan aciertos.
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    parts = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    batches = [encode([texts[i] for i in part]) for part in parts]
    truth = [int(labels[i]) for i in order]
    waits = {
        f"{name}, {when}": partial(_count_answered, model, each)
        for name, model in formats.items()
        for when, each in (("uno", alone), ("muchos", together))
    }
    spent = measure_rounds(waits, rounds)["ms"]
    rows, first = {}, None
    for name, model in formats.items():
        answers = [int(each) for logits in _answer(model, batches) for each in logits.argmax(-1)]
        hits = sum(map(int.__eq__, answers, truth))
        first = first or answers
        rows[name] = {
            "MB": measure_size(model),
            "ms, uno": spent[f"{name}, uno"],
            "ms, de 32 en 32": spent[f"{name}, muchos"],
            "accuracy": hits / len(answers),
            "cambian": sum(map(int.__ne__, answers, first)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _answer(model: Any, batches: Sequence[Any]) -> list[Any]:
    import torch

    with torch.inference_mode():
        return [model(**batch).logits for batch in batches]


def _count_answered(model: Any, batches: Sequence[Any]) -> int:
    return sum(len(logits) for logits in _answer(model, batches))


class _Counter:
    """Un archivo que solo cuenta lo que se escribe en él."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.size += size
        return size

    def flush(self) -> None:
        """No hay nada pendiente."""
