"""Barridos: entrenar muchas veces con otros parámetros, aquí o en un cluster, sin repetir nada."""
