"""Cuánto acierta cada modelo, y qué se puede comparar con qué.

- ``results``: el formato común de predicciones; ``scores``: las métricas y sus márgenes;
- ``scale``: si las clases se ordenan y en qué se cuenta lo que se falla;
- ``comparison``: qué predicciones se comparan; ``baselines``: los suelos;
- ``metrics/``: métricas de ``evaluate`` sin red.
"""

from labsupport.evaluation.baselines import (
    choose_counting,
    measure_baseline,
    predict_probabilities,
)
from labsupport.evaluation.comparison import (
    collect_predictions,
    describe_missing,
    describe_recipes,
)
from labsupport.evaluation.metrics import metric_path
from labsupport.evaluation.results import save_predictions
from labsupport.evaluation.scale import describe_scale, read_scale
from labsupport.evaluation.scores import (
    bootstrap_interval,
    choose_classes,
    compare_hits,
    compare_pairs,
    count_confusions,
    describe_empty_classes,
    find_shared_errors,
    measure_agreement,
    measure_calibration_error,
    score_model,
    tabulate_calibration,
    tabulate_classes,
    tabulate_misses,
)

__all__ = [
    "bootstrap_interval",
    "choose_classes",
    "choose_counting",
    "collect_predictions",
    "compare_hits",
    "compare_pairs",
    "count_confusions",
    "describe_empty_classes",
    "describe_missing",
    "describe_recipes",
    "describe_scale",
    "find_shared_errors",
    "measure_agreement",
    "measure_baseline",
    "measure_calibration_error",
    "metric_path",
    "predict_probabilities",
    "read_scale",
    "save_predictions",
    "score_model",
    "tabulate_calibration",
    "tabulate_classes",
    "tabulate_misses",
]
