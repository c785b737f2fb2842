"""Calificar entregas: ``python -m labsupport grade``, sobre nbgrader y con aislamiento.

El camino, en orden; cada módulo necesita los datos del anterior y no su código:

- ``exercises``: los cuadernos resueltos, única fuente; ``archives``: abre la carpeta o el zip;
- ``owners``: de quién y de qué ejercicio es cada cosa; ``collect``: qué entregas hay;
- ``batch``: reparte las entregas entre procesos, anota cada una y sabe seguir donde se quedó;
- ``worker``: califica una entrega: ``reading`` lee su cuaderno y ``course`` lo pasa por nbgrader;
  ``restore`` y ``run_notebook`` son los pasos que se añaden a los suyos;
- ``sandbox``: el kernel aislado; ``watchdog``: los límites, vigilados desde fuera;
- ``kernel``: lo que corre dentro; ``checking`` hace una comprobación, ``guard`` repone lo que la
  entrega cambió, ``comparisons`` no deja que decida a qué es igual, ``origin`` dice qué es suyo
  y ``audit`` apunta lo que mira;
- ``machinery``: qué código conviene que mire una persona; ``watched`` dice qué nombres busca y
  ``source_code`` lee las celdas sin ejecutar nada;
- ``records``: lo que se sabe de cada entrega; ``scores``, ``feedback`` y ``class_report``: los
  archivos que se leen.

nbgrader solo lo importan ``course`` y los pasos que le añade: quien estudia no lo necesita.
"""
