"""Lo que rodea a publicar un modelo: su ficha comprobada, lo que se sube y la demo."""
