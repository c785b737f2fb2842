"""La línea de órdenes: ``python -m labsupport run|report|check|refresh|grade``.

- ``cli``: las órdenes; ``grade``: la de calificar; ``spanish_argparse``: argparse en español.
"""
