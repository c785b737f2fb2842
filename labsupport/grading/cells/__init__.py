"""Un cuaderno entregado, celda a celda: leerlo, reconocer sus celdas y reponer las fijas.

- ``reading``: abre el archivo; ``identify``: qué celda es cada una;
- ``answers``: junta las respuestas abiertas; ``restore``: repone lo que no es de quien entrega.
"""
