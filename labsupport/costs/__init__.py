"""Cuánto cuesta entrenar y usar un modelo: tiempo, memoria, disco y energía.

- ``recipes``: las recetas que se comparan; ``training``: entrenar con una cualquiera;
- ``layers``: congelar las capas de abajo; ``states``: guardar lo que calculan; ``features``: solo
  el head;
- ``timing``: medir por rondas; ``flops``: contar operaciones; ``hardware``: el máximo que da la
  máquina;
- ``energy``: vatios hora; ``storage``: lo que hay que guardar.
"""

from labsupport.costs.energy import WATTS_PER_CORE, EnergyMeter, compute_emissions
from labsupport.costs.features import compute_features, fit_head
from labsupport.costs.flops import count_flops
from labsupport.costs.hardware import has_fast_bf16, measure_peak
from labsupport.costs.layers import count_trainable, find_layers, freeze_lower
from labsupport.costs.recipes import Recipe, list_recipes
from labsupport.costs.states import KeptStates, build_upper, keep_states, pad_states
from labsupport.costs.storage import measure_saved, measure_trained
from labsupport.costs.timing import measure_rounds
from labsupport.costs.training import train_recipe

__all__ = [
    "WATTS_PER_CORE",
    "EnergyMeter",
    "KeptStates",
    "Recipe",
    "build_upper",
    "compute_emissions",
    "compute_features",
    "count_flops",
    "count_trainable",
    "find_layers",
    "fit_head",
    "freeze_lower",
    "has_fast_bf16",
    "keep_states",
    "list_recipes",
    "measure_peak",
    "measure_rounds",
    "measure_saved",
    "measure_trained",
    "pad_states",
    "train_recipe",
]
