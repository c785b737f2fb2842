"""Leer lo que traiga cada quien: del archivo a filas de texto, sin que se pierda nada en silencio.

- ``sources``: qué archivos hay detrás de una ruta (carpeta, zip, gz) y con qué split o clase;
- ``encodings`` y ``delimited``: csv, tsv y txt, con su codificación y su separador;
- ``sheets``: hojas de cálculo; ``records``: json y jsonl; ``columnar``: parquet y arrow;
- ``table``: la forma común en que todos entregan sus filas.
"""
