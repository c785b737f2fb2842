"""Cuánto acierta cada modelo, y qué se puede comparar con qué.

- ``results``: el formato común de predicciones; ``scores``: las métricas y sus márgenes;
- ``scale``: si las clases se ordenan y en qué se cuenta lo que se falla;
- ``comparison``: qué predicciones se comparan; ``baselines``: los suelos;
- ``seeds``: los entrenamientos de varias semillas, ya hechos; ``recipe_runs``: los de cada receta;
- ``sweeps``: lo que dejó un barrido; ``stored_sweeps``: los que viajan con el laboratorio;
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
from labsupport.evaluation.recipe_runs import RecipeRun, read_recipe_costs, read_recipe_runs
from labsupport.evaluation.results import save_predictions
from labsupport.evaluation.scale import describe_scale, read_scale
from labsupport.evaluation.scores import (
    choose_classes,
    compare_hits,
    describe_empty_classes,
    find_shared_errors,
    measure_calibration_error,
    resample_exams,
    tabulate_calibration,
    tabulate_misses,
)
from labsupport.evaluation.seeds import read_seed_runs
from labsupport.evaluation.stored_sweeps import read_stored_sweep
from labsupport.evaluation.sweeps import read_sweep, summarize_sweep

__all__ = [
    "RecipeRun",
    "choose_classes",
    "choose_counting",
    "collect_predictions",
    "compare_hits",
    "describe_empty_classes",
    "describe_missing",
    "describe_recipes",
    "describe_scale",
    "find_shared_errors",
    "measure_baseline",
    "measure_calibration_error",
    "metric_path",
    "predict_probabilities",
    "read_recipe_costs",
    "read_recipe_runs",
    "read_scale",
    "read_seed_runs",
    "read_stored_sweep",
    "read_sweep",
    "resample_exams",
    "save_predictions",
    "summarize_sweep",
    "tabulate_calibration",
    "tabulate_misses",
]
