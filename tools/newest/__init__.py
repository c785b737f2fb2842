"""Las piezas de ``tools/try_newest.py``, que prueba el laboratorio con librerías nuevas.

- ``requirements``: qué se pide, con rangos o sin ellos, y si hay de todo para otro Python;
- ``environment``: crear el entorno, y qué versiones quedan en él;
- ``held_back``: quién impide subir cada librería;
- ``warning_log``: los avisos de que algo va a desaparecer;
- ``failures``: lo primero que se rompe en cada cuaderno y en las pruebas;
- ``report``: la tabla final, en Markdown.

Todo es biblioteca estándar y ``labsupport.base``: funciona aunque lo nuevo esté roto.
"""
