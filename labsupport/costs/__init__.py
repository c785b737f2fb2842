"""Cuánto cuesta entrenar y usar un modelo: tiempo, memoria, disco y energía.

- ``recipes``: las recetas que se comparan; ``training``: entrenar con una cualquiera;
- ``layers``: congelar las capas de abajo; ``states``: guardar lo que calculan; ``features``: solo
  el head;
- ``timing``: medir por rondas; ``flops``: contar operaciones; ``hardware``: el máximo que da la
  máquina;
- ``comparing``: lo que cuesta cada receta, de la original hacia abajo;
- ``energy``: vatios hora; ``storage``: lo que hay que guardar;
- ``record``: lo medido, guardado con los resultados;
- ``serving``: lo que ocupa y lo que tarda en contestar, con 32, 16 y 8 bits por número.
"""

from labsupport.costs.comparing import measure_recipes
from labsupport.costs.energy import WATTS_PER_CORE, EnergyMeter, compute_emissions
from labsupport.costs.features import compute_features, fit_head
from labsupport.costs.flops import count_flops
from labsupport.costs.hardware import has_fast_bf16, measure_peak
from labsupport.costs.layers import count_trainable, find_layers, freeze_lower
from labsupport.costs.recipes import Recipe, list_recipes
from labsupport.costs.record import read_costs, save_costs
from labsupport.costs.serving import load_formats, measure_serving
from labsupport.costs.shortcuts import read_only_first
from labsupport.costs.states import KeptStates, build_upper, keep_states, pad_inputs, pad_states
from labsupport.costs.storage import measure_saved, measure_trained
from labsupport.costs.timing import measure_rounds
from labsupport.costs.training import choose_batches, cut_texts, predict_labels, train_recipe

__all__ = [
    "WATTS_PER_CORE",
    "EnergyMeter",
    "KeptStates",
    "Recipe",
    "build_upper",
    "choose_batches",
    "compute_emissions",
    "compute_features",
    "count_flops",
    "count_trainable",
    "cut_texts",
    "find_layers",
    "fit_head",
    "freeze_lower",
    "has_fast_bf16",
    "keep_states",
    "list_recipes",
    "load_formats",
    "measure_peak",
    "measure_recipes",
    "measure_rounds",
    "measure_saved",
    "measure_serving",
    "measure_trained",
    "pad_inputs",
    "pad_states",
    "predict_labels",
    "read_costs",
    "read_only_first",
    "save_costs",
    "train_recipe",
]
