"""Ejecutar los cuadernos desde fuera y guardar lo que dejan.

- ``runner``: todos, en orden; ``execution`` y ``kernels``: uno, con papermill; ``memory``: su pico;
- ``refresh``: guardar sus salidas en ``notebooks/``, limpias (``outputs``) y sin rastro de la
  máquina (``leaks``).
"""
