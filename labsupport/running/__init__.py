"""Ejecutar los cuadernos desde fuera y guardar lo que dejan.

- ``whole_lab``: todos, en orden; ``one_notebook``: uno, con papermill; ``kernel_log``: lo que su
  kernel escribe fuera del cuaderno; ``memory``: su pico;
- ``refresh``: guardar sus salidas en ``notebooks/``, limpias (``outputs``) y sin rastro de la
  máquina (``leaks``);
- ``executors``: procesos de aquí o un cluster de Dask, para lo que se reparte;
  ``signals``: parar bien.
"""
