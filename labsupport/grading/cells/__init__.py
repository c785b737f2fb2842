"""Las celdas de un cuaderno: leerlo, saber qué papel tiene cada una y reponer las fijas.

- ``exercises``: los cuadernos resueltos, de donde salen las comprobaciones y sus puntos;
- ``roles``: dada, respuesta, comprobación o suelta; ``reading``: abre lo entregado;
- ``identify``: qué celda del ejercicio es cada una; ``answers``: junta las respuestas abiertas;
- ``restore``: repone lo que no es de quien entrega; ``release``: lo que se reparte.
"""
