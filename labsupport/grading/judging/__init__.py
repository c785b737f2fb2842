"""Ejecutar una entrega, aislada y vigilada, y comprobarla desde otro proceso.

- ``worker``: una entrega, de su cuaderno a su registro;
- lado de la entrega: ``student`` lanza su kernel y ejecuta sus celdas; ``kernel`` es lo que corre
  dentro y ``answering``, cómo contesta a lo que se le pregunta;
- lado de quien comprueba: ``examiner`` lanza el proceso, ``checking`` es lo que corre dentro;
  ``parts`` dice qué celdas corre cada lado;
- lo que cruza: ``channel`` (tramas), ``codec`` (valores) y ``weights`` (modelos);
- ``sandbox``: el aislamiento de los dos; ``watchdog``: los límites, vigilados desde fuera.
"""
