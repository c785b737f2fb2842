"""Aquello en que se apoya todo: fallos en español, rutas, archivos, tablas y la máquina.

- ``errors`` y ``hub_faults``: fallos previsibles contados en una frase;
- ``paths`` y ``files``: dónde está cada cosa y cómo se escribe entera o nada;
- ``caches``: la carpeta de las librerías de Hugging Face, si no se puede escribir en ella;
- ``csv_files``: CSV de cualquier hoja de cálculo;
- ``tables``: tablas, números y listas que se leen; ``environment``: máquina, versiones y red;
- ``run_record``: lo que una ejecución apunta en su carpeta.
"""

from labsupport.base.environment import check_environment, find_bf16
from labsupport.base.errors import LabError
from labsupport.base.files import replace_atomically, replace_folder
from labsupport.base.paths import results_folder
from labsupport.base.tables import join_names, join_some, shorten_names

__all__ = [
    "LabError",
    "check_environment",
    "find_bf16",
    "join_names",
    "join_some",
    "replace_atomically",
    "replace_folder",
    "results_folder",
    "shorten_names",
]
