"""Qué código conviene que mire una persona; no decide ninguna nota.

- ``machinery``: busca en las celdas; ``watched``: qué nombres busca y cómo se cuentan;
- ``source_code``: lee las celdas sin ejecutar nada.
"""
