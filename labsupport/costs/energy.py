"""Cuánta energía gasta un bloque de código: con los contadores del procesador o estimada.

Linux publica en ``/sys/class/powercap`` lo que gasta cada procesador (RAPL, de Intel y AMD), en
microjulios; muchas máquinas solo dejan leerlo al administrador, y las virtuales no lo tienen. Sin
él se estima: segundos de procesador × vatios por núcleo, y el resultado dice que es una estimación.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.tables import format_number

POWERCAP = Path("/sys/class/powercap")
# Suposición, no medida: los procesadores gastan al máximo entre unos 3 W por núcleo (servidores
# con muchos) y unos 10 W (portátiles y sobremesa); no cuenta memoria, disco ni refrigeración.
WATTS_PER_CORE = 5.0
JOULES_PER_WATT_HOUR = 3600.0
# Cada cuántos segundos se miran los contadores: mucho menos de lo que tardan en dar una vuelta.
WATCH_SECONDS = 30.0


@dataclass(frozen=True)
class Counter:
    """Un contador del procesador: crece en microjulios y al llegar a ``limit`` vuelve a cero."""

    path: Path
    limit: int

    def read(self) -> int:
        """Devuelve los microjulios que marca; lanza OSError si no se puede leer."""
        return int(self.path.read_text(encoding="ascii"))


class _Odometer:
    """Lo que lleva gastado un contador desde la primera vez que se mira, vueltas incluidas."""

    def __init__(self, counter: Counter) -> None:
        self.spent = 0
        self._counter = counter
        self._last: int | None = None

    def advance(self) -> None:
        # Si deja de leerse a mitad, lo que falta no se cuenta dos veces: entra en la siguiente.
        with suppress(OSError, ValueError):
            now = self._counter.read()
            if self._last is not None:
                self.spent += count_spent(self._last, now, self._counter.limit)
            self._last = now


class EnergyMeter:
    """Mide la energía que gasta el bloque ``with``; después, ``watt_hours`` y ``how``.

    También ``seconds``, de reloj, y ``cpu_seconds``, de procesador.

    Los contadores son de toda la máquina, también de lo que otros ejecuten en ella; la estimación,
    solo de este proceso y de los que lance y acaben dentro. Los contadores dan una vuelta cada
    varios minutos de carga: mientras dura el bloque se leen cada poco, y ninguna se pierde.

    >>> with EnergyMeter(watts_per_core=10) as energy:
    ...     total = sum(range(100_000))
    >>> energy.watt_hours >= 0, energy.how[-1]
    (True, '.')
    """

    def __init__(self, watts_per_core: float = WATTS_PER_CORE) -> None:
        """``watts_per_core``: vatios de un núcleo ocupado, si hay que estimar.

        Lanza LabError si no es mayor que cero.
        """
        if not watts_per_core > 0:
            raise LabError(
                f"Un núcleo ocupado no puede gastar {watts_per_core} vatios: da un número mayor "
                f"que cero, o ninguno para suponer {format_number(WATTS_PER_CORE, 0)}."
            )
        self.watts_per_core = watts_per_core
        self.joules = self.seconds = self.cpu_seconds = 0.0
        self.measured = False
        self.how = ""
        self._counters = [_Odometer(each) for each in find_counters()]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._gpus = _find_gpus()

    @property
    def watt_hours(self) -> float:
        """Vatios hora del bloque."""
        return self.joules / JOULES_PER_WATT_HOUR

    def __enter__(self) -> EnergyMeter:
        self._started = time.perf_counter()
        self._look()
        if self._counters:
            self._thread.start()
        self._gpu_marks = [_read_gpu(each) for each in self._gpus]
        self._cpu = _cpu_seconds()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.seconds = time.perf_counter() - self._started
        self.cpu_seconds = _cpu_seconds() - self._cpu
        self.measured = bool(self._counters)
        if self.measured:
            self._stop.set()
            self._thread.join()
            self._look()
            self.joules = sum(each.spent for each in self._counters) / 1e6
            self.how = "Medida con los contadores del procesador (RAPL), de toda la máquina"
        else:
            self.joules = self.cpu_seconds * self.watts_per_core
            self.how = (
                f"Estimación: {format_number(self.cpu_seconds, 1)} s de procesador por "
                f"{format_number(self.watts_per_core, 1)} W por núcleo, que es una suposición"
            )
        self._add_gpus()

    def _watch(self) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            self._look()

    def _look(self) -> None:
        for each in self._counters:
            each.advance()

    def _add_gpus(self) -> None:
        if self._gpus:
            pairs = zip(self._gpus, self._gpu_marks, strict=True)
            self.joules += sum(_read_gpu(each) - mark for each, mark in pairs) / 1000
            self.how += f"; más lo que dicen de sí {len(self._gpus)} GPU (NVML)."
        elif _has_gpu():
            self.how += "; falta la GPU: para contarla hace falta nvidia-ml-py."
        else:
            self.how += "."


def find_counters(root: Path = POWERCAP) -> list[Counter]:
    """Devuelve los contadores de energía de cada procesador que se dejan leer; puede no haber.

    Solo los de paquete (``intel-rapl:0``): los de dentro (núcleos, memoria) ya van contados en
    él o no los hay en todas las máquinas.

    >>> find_counters(Path("no-existe"))
    []
    """
    found = []
    for zone in sorted(root.glob("intel-rapl:*")):
        # Los números y los permisos los pone el sistema: lo que no se puede leer, no cuenta.
        with suppress(OSError, ValueError):
            if (zone / "name").read_text(encoding="ascii").strip().startswith("package-"):
                limit = int((zone / "max_energy_range_uj").read_text(encoding="ascii"))
                counter = Counter(zone / "energy_uj", limit)
                counter.read()
                found.append(counter)
    return found


def count_spent(before: int, after: int, limit: int) -> int:
    """Devuelve lo que creció un contador que, al pasar de ``limit``, vuelve a empezar.

    >>> count_spent(10, 30, 100), count_spent(90, 5, 100)
    (20, 15)
    """
    return after - before if after >= before else after + limit - before


def compute_emissions(watt_hours: float, grams_per_kwh: float) -> float:
    """Devuelve los kg de CO2 de una energía; ``grams_per_kwh``: los de tu red eléctrica.

    Cambia mucho de un país a otro y de una hora a otra: búscalo en quien opera la tuya. Lanza
    LabError si alguno de los dos es negativo.

    >>> compute_emissions(watt_hours=500, grams_per_kwh=200)
    0.1
    """
    if watt_hours < 0 or grams_per_kwh < 0:
        raise LabError("Ni la energía ni los gramos de CO2 por kWh pueden ser negativos.")
    return watt_hours / 1000 * grams_per_kwh / 1000


def _cpu_seconds() -> float:
    """Segundos de procesador de este proceso y de los hijos que ya acabaron."""
    # Lo propio, con el reloj fino: en un paso de un modelo diminuto no llega a una centésima.
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _find_gpus() -> list[Any]:
    """Las GPU de NVIDIA cuyo contador de energía se puede leer; ninguna sin nvidia-ml-py."""
    found = []
    # NVML lanza una clase propia por cada fallo: sin driver, sin permiso, sin contador.
    with suppress(Exception):
        pynvml = importlib.import_module("pynvml")
        pynvml.nvmlInit()
        for number in range(pynvml.nvmlDeviceGetCount()):
            gpu = pynvml.nvmlDeviceGetHandleByIndex(number)
            pynvml.nvmlDeviceGetTotalEnergyConsumption(gpu)
            found.append(gpu)
    return found


def _read_gpu(gpu: Any) -> int:
    """Milijulios que ha gastado una GPU desde que arrancó su driver."""
    return importlib.import_module("pynvml").nvmlDeviceGetTotalEnergyConsumption(gpu)
