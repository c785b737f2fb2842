"""Piezas de apoyo del laboratorio de fine-tuning: lo que los cuadernos usan y no enseñan.

Las carpetas, en el orden en que pasan por ellas los datos; cada una usa las anteriores y ninguna
de las siguientes (``make lint`` lo comprueba):

- ``base``: aquello en que se apoyan todas: fallos en español, rutas, archivos, tablas, la máquina;
- ``settings``: perfiles y parámetros, puros valores;
- ``data``: del dataset en crudo al subconjunto tokenizado;
- ``training``: lo que rodea a cada entrenamiento;
- ``costs``: cuánto cuesta entrenar y usar un modelo: tiempo, memoria, disco y energía;
- ``evaluation``: predicciones guardadas, métricas, comparaciones y suelos;
- ``sharing``: lo que rodea a publicar un modelo: su ficha, lo que se sube y la demo;
- ``report``: figuras, tablas y el informe de una ejecución;
- ``notebook``: lo que pone en marcha la primera celda, y los widgets;
- ``running``: ejecutar los cuadernos y guardar lo que dejan;
- ``sweeping``: barridos: entrenar muchas veces con otros parámetros, aquí o en un cluster;
- ``grading``: calificar entregas: recoger, leer, comprobar desde fuera y publicar;
- ``commands``: la línea de órdenes.

``embedded`` lleva el dataset y el modelo incluidos.
"""

__version__ = "1.0.0"
