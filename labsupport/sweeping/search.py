"""Qué configuración probar ahora, según cómo les fue a las anteriores; lo decide Optuna."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from labsupport.base.errors import LabError
from labsupport.sweeping.requests import Interval

# Los sorteos que se hacen hasta dar con una configuración que no se haya probado.
DRAWS = 50
# Más que configuraciones hay: dos sorteos nunca parten de la misma semilla.
STRIDE = 100_003
NO_OPTUNA = (
    "Falta Optuna, que elige las configuraciones de --budget: instálala con `make masalla` (o "
    "`pip install optuna`), o escribe los valores y quita --budget."
)


def need_optuna() -> None:
    """Lanza LabError, con cómo instalarla, si falta Optuna."""
    if importlib.util.find_spec("optuna") is None:
        raise LabError(NO_OPTUNA)


def propose(
    space: Mapping[str, Interval | Sequence[Any]],
    tried: Sequence[tuple[Mapping[str, Any], float | None]],
    taken: Sequence[Mapping[str, Any]],
    seed: int,
    startup: int = 10,
) -> dict[str, Any] | None:
    """Devuelve la configuración siguiente, que no esté en ``taken``; None si no queda ninguna.

    ``space``: de parámetro a Interval o a lista; ``tried``: las configuraciones que ya acabaron
    con su accuracy media en validación (None si todas fallaron); ``startup``: cuántas hacen falta
    para dejar de elegir al azar. La misma entrada da siempre la
    misma salida. Método: TPE (Bergstra y otros, «Algorithms for hyper-parameter optimization»,
    2011).
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    spaces = {name: _describe(each) for name, each in space.items()}
    for draw in range(DRAWS):
        sampler = optuna.samplers.TPESampler(n_startup_trials=startup, seed=seed + STRIDE * draw)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials([_remember(values, score, spaces) for values, score in tried])
        drawn = study.ask(spaces).params
        proposed = {name: _round(drawn[name], space[name]) for name in space}
        if proposed not in taken:
            return proposed
    return None


def _describe(values: Interval | Sequence[Any]) -> Any:
    from optuna import distributions

    if not isinstance(values, Interval):
        return distributions.CategoricalDistribution(list(values))
    if values.is_whole:
        return distributions.IntDistribution(values.low, values.high, log=values.is_log)
    return distributions.FloatDistribution(values.low, values.high, log=values.is_log)


def _remember(values: Mapping[str, Any], score: float | None, spaces: Mapping[str, Any]) -> Any:
    from optuna.trial import TrialState, create_trial

    state = TrialState.FAIL if score is None else TrialState.COMPLETE
    return create_trial(params=dict(values), distributions=dict(spaces), value=score, state=state)


def _round(value: Any, space: Interval | Sequence[Any]) -> Any:
    """Cuatro cifras bastan, se leen y se escriben igual en todas partes."""
    if not isinstance(value, float) or not isinstance(space, Interval):
        return value
    return min(max(float(f"{value:.4g}"), space.low), space.high)
