"""Calificar entregas: ``python -m labsupport grade``, con aislamiento y comprobando desde fuera.

El camino, en orden; cada módulo necesita los datos del anterior y no su código:

- ``collecting/``: qué se entregó, de quién y de qué ejercicio;
- ``batch``: reparte las entregas, anota cada una y sabe seguir donde se quedó; ``executors`` y
  ``processes``: los procesos de esta máquina o el cluster que las califican;
- ``cells/``: los ejercicios resueltos y las celdas de un cuaderno: su papel y reponer las fijas;
- ``judging/``: ejecutar una entrega, aislada y vigilada, y comprobarla desde otro proceso;
- ``limits`` y ``records``: lo que puede gastar y lo que se sabe de cada entrega;
- ``publishing/``: los archivos que se leen.

De nbgrader vienen el formato, la versión que se reparte y nada más: solo lo importa
``cells.release``, y quien estudia no lo necesita.
"""
