"""Piezas de apoyo del laboratorio de fine-tuning: lo que los cuadernos usan y no enseñan.

Cada módulo cuida un paso y los datos corren en un solo sentido:

- ``settings``: perfiles y parámetros; ``environment``: máquina, versiones, dispositivo, red;
- ``data``: elegir el subconjunto; ``tokenization``: textos a ids y cuánto padding sobra;
- ``training``: semillas, modelo sin pre-entrenar y carpetas de trabajo;
- ``metrics``: métricas de ``evaluate`` sin red; ``results``: el formato común de predicciones;
- ``evaluation``: las métricas; ``comparison``: qué predicciones se pueden comparar; ``baselines``:
  los suelos; ``html_report``: el informe de una ejecución;
- ``plots``: figuras con texto alternativo y la tabla que hay detrás;
- ``notebook`` y ``errors``: fallos contados en español; ``paths`` y ``files``: dónde está cada
  cosa y cómo se escribe entera o nada;
- ``badges``: la dirección pública y sus botones; ``colab``: lo que Colab necesita de más;
  ``widgets``: las partes interactivas;
- ``cli``, ``runner`` y ``execution``: ``python -m labsupport``.
"""

__version__ = "1.0.0"
