"""Qué entregas hay en una carpeta o un zip, sin fiarse de nombres ni de enlaces.

- ``archives``: abre la carpeta o el zip; ``names``: en qué letras están sus nombres;
- ``owners``: de quién y de qué ejercicio es cada cosa; ``collect``: las entregas,
  una por estudiante y ejercicio.
"""
