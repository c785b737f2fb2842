"""Leer lo que traiga cada quien: del archivo a filas de texto, sin que se pierda nada en silencio.

- ``sources``: qué tablas hay detrás de una ruta; ``kinds`` dice qué es cada archivo, ``archives``
  saca lo comprimido, ``folders`` y ``cards`` eligen los archivos de una carpeta y sus splits
  (``split_names``), y ``class_folders`` lee una carpeta por clase;
- ``delimited``: csv, tsv y txt; ``dialects`` averigua su separador y ``rows`` lee cada fila;
- ``headers``: si la primera fila son los nombres;
- ``sheets``: hojas de cálculo; ``records`` y ``json_shapes``: json y jsonl; ``columnar``: parquet
  y arrow;
- ``table``: la forma común en que todos entregan sus filas.
"""
