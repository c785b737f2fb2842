"""Cuánto acierta cada modelo, y qué se puede comparar con qué.

- ``results``: el formato común de predicciones; ``scores``: las métricas y sus márgenes;
- ``comparison``: qué predicciones se comparan; ``baselines``: los suelos;
- ``metrics/``: métricas de ``evaluate`` sin red.
"""

from labsupport.evaluation.baselines import measure_baseline, predict_probabilities
from labsupport.evaluation.comparison import (
    collect_predictions,
    describe_missing,
    describe_recipes,
)
from labsupport.evaluation.metrics import metric_path
from labsupport.evaluation.results import save_predictions
from labsupport.evaluation.scores import (
    bootstrap_interval,
    compare_hits,
    compare_pairs,
    count_confusions,
    find_shared_errors,
    measure_agreement,
    measure_calibration_error,
    score_model,
    tabulate_calibration,
    tabulate_classes,
)

__all__ = [
    "bootstrap_interval",
    "collect_predictions",
    "compare_hits",
    "compare_pairs",
    "count_confusions",
    "describe_missing",
    "describe_recipes",
    "find_shared_errors",
    "measure_agreement",
    "measure_baseline",
    "measure_calibration_error",
    "metric_path",
    "predict_probabilities",
    "save_predictions",
    "score_model",
    "tabulate_calibration",
    "tabulate_classes",
]
