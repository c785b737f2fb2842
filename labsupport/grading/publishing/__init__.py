"""Lo que se lee al acabar, hecho con los registros.

- ``publish``: todo lo de una tanda; ``scores``: notas.csv y abiertas.csv; ``feedback``: la página
  de cada estudiante; ``class_report``: el informe de la clase.
"""
