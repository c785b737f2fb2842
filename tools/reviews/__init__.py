"""Banco de frases y gramática de las reseñas inventadas del laboratorio."""
