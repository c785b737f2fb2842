"""Medir varias maneras de hacer lo mismo, por rondas y mezcladas.

Una máquina compartida va más deprisa unos minutos que otros. Por eso no se mide una manera
entera y después otra: en cada ronda se ejecuta una vez cada una, en el mismo orden, y de cada una
se da la mediana de sus rondas. Los milisegundos son de esa máquina y ese rato; las razones entre
filas, mucho menos.
"""

from __future__ import annotations

import ctypes
import gc
import statistics
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psutil

from labsupport.base.errors import LabError
from labsupport.costs.energy import WATTS_PER_CORE, EnergyMeter
from labsupport.costs.flops import count_flops
from labsupport.costs.hardware import GIGA, wait_device

if TYPE_CHECKING:
    import pandas as pd

MIB = 2**20
# Lo que se mide: una función, o algo que al abrirse con ``with`` la da.
Stage = Callable[[], int] | AbstractContextManager[Callable[[], int]]


class ResidentMemory:
    """Mide cuánta memoria residente añade a este proceso lo que pasa en el bloque ``with``.

    >>> with ResidentMemory(interval=0.001) as memory:
    ...     block = bytearray(32 * MIB)
    >>> memory.mib >= 0
    True
    """

    def __init__(self, interval: float = 0.005) -> None:
        """``interval``: segundos entre dos medidas."""
        self.mib = 0.0
        self._interval = interval
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ResidentMemory:
        release_memory()
        self._before = self._process.memory_info().rss
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._look()
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self._look()

    def _look(self) -> None:
        self.mib = max(self.mib, (self._process.memory_info().rss - self._before) / MIB)


class GpuMemory:
    """Lo mismo en una GPU de NVIDIA: lo que PyTorch reserva de más mientras dura el bloque."""

    mib = 0.0

    def __enter__(self) -> GpuMemory:
        import torch

        torch.cuda.reset_peak_memory_stats()
        self._before = torch.cuda.memory_allocated()
        return self

    def __exit__(self, *error: Any) -> None:
        import torch

        self.mib = (torch.cuda.max_memory_allocated() - self._before) / MIB


@dataclass
class _Variant:
    """Lo que se va midiendo de una manera; los segundos y julios, por ejemplo y uno por ronda."""

    stage: Stage
    mib: float = 0.0
    flops: float = 0.0
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    joules: list[float] = field(default_factory=list)
    how: str = ""


def measure_rounds(
    variants: Mapping[Any, Stage],
    rounds: int = 3,
    peak: float | Mapping[str, float] | None = None,
    device: str = "cpu",
    watts_per_core: float = WATTS_PER_CORE,
    say: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Mide cada manera una vez por ronda, mezcladas, y devuelve una tabla con una fila por manera.

    ``variants``: de nombre a una función que da unos pocos pasos y devuelve cuántos ejemplos vio.
    También vale un objeto que se use con ``with`` y dé esa función: se abre y se cierra en cada
    ronda, sin cronómetro, y así dos modelos nunca están a la vez en memoria. Antes de la primera
    ronda, cada función se ejecuta sin cronómetro: calienta, y de ahí salen la memoria y las
    operaciones. ``peak``: GFLOP/s de la máquina (``measure_peak``), el mismo para todas o uno por
    nombre; ``watts_per_core``: para estimar la energía donde no se puede medir.

    Columnas: ``ms`` por ejemplo (mediana), ``ms_min``, ``ms_max``, ``times`` (cuántas veces más
    barata que la primera), ``cpu_ms`` (de procesador por ejemplo: en una máquina ocupada cambia
    menos que el reloj), ``mib`` (memoria que añade, con lo que abre), ``gflop`` por ejemplo,
    ``gflops`` (por segundo), ``share`` del máximo, de 0 a 1, ``joules`` por ejemplo y ``energy``
    (cómo se supieron). Lanza LabError si no hay nada que medir o si una función no dice cuántos
    ejemplos vio.

    >>> table = measure_rounds({"uno": lambda: sum(range(1000)) and 1, "dos": lambda: 2}, rounds=1)
    >>> list(table.index), bool((table["ms"] > 0).all())
    (['uno', 'dos'], True)
    """
    if not variants or rounds < 1:
        raise LabError("No hay nada que medir: da al menos una manera y una ronda.")
    measured = {name: _warm_up(name, stage, device) for name, stage in variants.items()}
    for number in range(1, rounds + 1):
        for each in measured.values():
            _time(each, device, watts_per_core)
        if say:
            say(f"Ronda {number} de {rounds}")
    return _tabulate(measured, peak)


def release_memory() -> None:
    """Devuelve al sistema la memoria libre que se guarda el proceso, donde se puede (glibc)."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim:
            trim(0)


def _warm_up(name: str, stage: Stage, device: str) -> _Variant:
    with GpuMemory() if device == "cuda" else ResidentMemory() as memory, _open(stage) as run:
        examples = run()
    if not isinstance(examples, int) or isinstance(examples, bool) or examples < 1:
        raise LabError(
            f"«{name}» tiene que devolver cuántos ejemplos vio, 1 o más, y devolvió {examples!r}."
        )
    with _open(stage) as run:
        flops, examples = count_flops(run)
    return _Variant(stage, memory.mib, flops / examples)


def _time(variant: _Variant, device: str, watts_per_core: float) -> None:
    with _open(variant.stage) as run:
        wait_device(device)
        with EnergyMeter(watts_per_core) as energy:
            examples = run()
            wait_device(device)
    variant.seconds.append(energy.seconds / examples)
    variant.cpu_seconds.append(energy.cpu_seconds / examples)
    variant.joules.append(energy.joules / examples)
    variant.how = "medida" if energy.measured else "estimada"


def _open(stage: Stage) -> AbstractContextManager[Callable[[], int]]:
    return stage if isinstance(stage, AbstractContextManager) else nullcontext(stage)


def _tabulate(
    measured: Mapping[str, _Variant], peak: float | Mapping[str, float] | None
) -> pd.DataFrame:
    import pandas as pd

    first = statistics.median(next(iter(measured.values())).seconds)
    rows = {}
    for name, each in measured.items():
        seconds = statistics.median(each.seconds)
        highest = peak.get(name) if isinstance(peak, Mapping) else peak
        rate = each.flops / seconds / GIGA
        rows[name] = {
            "ms": 1000 * seconds,
            "ms_min": 1000 * min(each.seconds),
            "ms_max": 1000 * max(each.seconds),
            "times": first / seconds,
            "cpu_ms": 1000 * statistics.median(each.cpu_seconds),
            "mib": each.mib,
            "gflop": each.flops / GIGA,
            "gflops": rate,
            "share": rate / highest if highest else None,
            "joules": statistics.median(each.joules),
            "energy": each.how,
        }
    return pd.DataFrame.from_dict(rows, orient="index")
