"""Lo que rodea a publicar un modelo: su ficha comprobada, lo que se sube y la demo.

- ``measures``: lo que se midió; ``cards``: la ficha escrita con ello;
- ``card_numbers`` y ``card_checks``: que la ficha no diga ninguna cifra que no salga de ahí;
- ``tokens``: que ninguna credencial se escriba, se enseñe ni se suba;
- ``push``: qué se subiría, y subirlo; ``upload_faults``: lo que puede fallar, en una frase;
- ``trained``: el modelo que se comparte; ``app``: la demo, que es también el app.py de un Space;
  ``demo``: ponerla en marcha aquí y escribir su Space.
"""

from labsupport.sharing.card_checks import check_card, find_card_faults
from labsupport.sharing.cards import write_card
from labsupport.sharing.demo import build_local_demo, launch_demo, write_space
from labsupport.sharing.push import list_upload, push_model
from labsupport.sharing.trained import find_text_language, find_trained

__all__ = [
    "build_local_demo",
    "check_card",
    "find_card_faults",
    "find_text_language",
    "find_trained",
    "launch_demo",
    "list_upload",
    "push_model",
    "write_card",
    "write_space",
]
