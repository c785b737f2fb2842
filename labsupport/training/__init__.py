"""Lo que rodea a un entrenamiento; el entrenamiento mismo está en los cuadernos.

- ``classifier``: el head de cada familia de modelos y si los datos le caben;
- ``trainer``: carpetas de trabajo, historia y un ensayo breve; ``keras``: lo que Keras pide
  antes; ``keras_head``: el head que entrenó otro; ``recipes``: con qué receta se entrenó;
  ``launch``: lanzar un programa con varios procesos; ``trackers``: a quién cuenta Trainer cómo va.
"""

from labsupport.training.classifier import (
    adapt_classifier,
    check_fits,
    check_labels,
    describe_head,
    find_head,
    load_reader,
    name_labels,
)
from labsupport.training.keras import (
    complete_weights,
    compute_keras_states,
    copy_head,
    find_preset,
    prepare_tensorflow,
    set_activation,
)
from labsupport.training.keras_head import load_keras_classifier
from labsupport.training.launch import run_command, run_processes
from labsupport.training.recipes import read_keras_recipe, read_loop_recipe, read_recipe
from labsupport.training.trackers import choose_trackers
from labsupport.training.trainer import (
    find_checkpoint,
    find_work_folder,
    fine_tune,
    make_work_folder,
    read_history,
)

__all__ = [
    "adapt_classifier",
    "check_fits",
    "check_labels",
    "choose_trackers",
    "complete_weights",
    "compute_keras_states",
    "copy_head",
    "describe_head",
    "find_checkpoint",
    "find_head",
    "find_preset",
    "find_work_folder",
    "fine_tune",
    "load_keras_classifier",
    "load_reader",
    "make_work_folder",
    "name_labels",
    "prepare_tensorflow",
    "read_history",
    "read_keras_recipe",
    "read_loop_recipe",
    "read_recipe",
    "run_command",
    "run_processes",
    "set_activation",
]
