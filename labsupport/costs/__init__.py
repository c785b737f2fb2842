"""Cuánto cuesta entrenar y usar un modelo: tiempo, memoria, disco y energía.

- ``serving``: lo que ocupa y lo que tarda en contestar, con 32, 16 y 8 bits por número.
"""

from labsupport.costs.serving import load_formats, measure_serving

__all__ = ["load_formats", "measure_serving"]
