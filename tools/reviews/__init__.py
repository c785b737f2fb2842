"""Bancos de frases y gramáticas de las reseñas inventadas, una carpeta por idioma."""
