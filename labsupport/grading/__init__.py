"""Calificar entregas: ``python -m labsupport grade``, sobre nbgrader y con aislamiento.

El camino, en orden; cada módulo necesita los datos del anterior y no su código:

- ``command``: la orden; ``exercises``: los cuadernos resueltos, única fuente;
- ``collecting/``: qué se entregó, de quién y de qué ejercicio;
- ``batch``: reparte las entregas, anota cada una y sabe seguir donde se quedó; ``executors``: los
  procesos de esta máquina o el cluster que las califican;
- ``worker``: califica una entrega: ``reading`` lee su cuaderno, ``flags/`` busca lo que conviene
  que mire una persona y ``course`` la pasa por nbgrader, con dos pasos más: ``restore`` (con
  ``answers`` e ``identify``) y ``run_notebook``;
- ``sandbox``: el kernel aislado; ``watchdog``: los límites, vigilados desde fuera; ``inside/``: lo
  que corre dentro;
- ``records``: lo que se sabe de cada entrega; ``scores``, ``feedback`` y ``class_report``: los
  archivos que se leen.

nbgrader solo lo importan ``course`` y los pasos que le añade: quien estudia no lo necesita.
"""
