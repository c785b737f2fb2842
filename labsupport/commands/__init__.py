"""La línea de órdenes: ``python -m labsupport run|sweep|report|datos|check|refresh|grade``.

- ``cli``: las órdenes; ``grade``: la de calificar; ``sweep``: la de comparar; ``data``: la de
  mirar unos datos; ``options`` y ``parameters``: lo que comparten; ``spanish_argparse``: argparse
  en español.
"""
