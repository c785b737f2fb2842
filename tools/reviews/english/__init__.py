"""Banco de frases y gramática de las reseñas en inglés."""
