"""Del dataset en crudo al subconjunto tokenizado: encontrar, traer, preparar, elegir, tokenizar.

- ``sources``: de los parámetros a lo que se carga, y si lo pedido cabe;
- ``own_data``: cualquier dataset, en la forma de los cuadernos; ``subset``: elegir las filas;
- ``reading`` lee lo que haya en una ruta y ``gathering`` lo deja en filas con texto y clase, de las
  que ``sampling`` guarda las que caben;
- ``describing`` saca de esas filas su informe, ``data_report``, con los consejos de ``advice``;
- ``checkpoints``: qué modelos sirven y cómo se usa cada familia; ``languages``: en qué idioma leen;
- ``tokenization``: de textos a ids; ``hub`` y ``hub_client``: traer del Hub lo que falte.
"""

from labsupport.data.checkpoints import adapt_tokenizer
from labsupport.data.languages import find_language
from labsupport.data.overview import describe_data
from labsupport.data.own_data import prepare_dataset
from labsupport.data.sources import apply_parameters, find_token_limit
from labsupport.data.subset import load_subset
from labsupport.data.tokenization import tokenize_dataset

__all__ = [
    "adapt_tokenizer",
    "apply_parameters",
    "describe_data",
    "find_language",
    "find_token_limit",
    "load_subset",
    "prepare_dataset",
    "tokenize_dataset",
]
