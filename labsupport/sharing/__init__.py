"""Lo que rodea a publicar un modelo: su ficha comprobada, lo que se sube y la demo.

- ``measures``: lo que se midió; ``cards``: la ficha escrita con ello;
- ``card_numbers`` y ``card_checks``: que la ficha no diga ninguna cifra que no salga de ahí.
"""

from labsupport.sharing.card_checks import check_card, find_card_faults
from labsupport.sharing.cards import write_card

__all__ = ["check_card", "find_card_faults", "write_card"]
