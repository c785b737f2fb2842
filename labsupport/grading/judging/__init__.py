"""Ejecutar una entrega, aislada y vigilada, y comprobarla.

- ``worker``: una entrega de principio a fin; ``sandbox``: el aislamiento;
- ``watchdog``: los límites, vigilados desde fuera.
"""
