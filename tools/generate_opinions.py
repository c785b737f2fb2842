"""Genera las opiniones inventadas de «Sin ayuda», siempre las mismas: notebooks/resenas.csv.

Salen de la gramática de las mini-reseñas, con otra semilla y repartidas como las de un negocio de
verdad: la mitad son buenas. La columna ``opinion`` sale de las estrellas, que no se guardan.
"""

import csv
import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate_reviews import LANGUAGES, make_random, write_review  # noqa: E402

LANGUAGE = LANGUAGES["en"]
PATH = Path(__file__).resolve().parents[1] / "notebooks" / "resenas.csv"
COLUMNS = ("texto", "opinion")
# De cada veinte reseñas, cuántas tienen 1, 2, 3, 4 y 5 estrellas.
SHARES = {1: 3, 2: 3, 3: 4, 4: 5, 5: 5}
OPINIONS = {1: "negativa", 2: "negativa", 3: "neutra", 4: "positiva", 5: "positiva"}
SIZE = 1200


def generate_opinions(size=SIZE):
    """Devuelve las filas: de cada una, su texto y su opinión."""
    deal = [stars for stars, share in SHARES.items() for _ in range(share)]
    stars = [deal[index % len(deal)] for index in range(size)]
    make_random(LANGUAGE, "opinions", "order").shuffle(stars)
    return [(write_opinion(index, each), OPINIONS[each]) for index, each in enumerate(stars)]


def write_opinion(index, stars):
    """Escribe el texto de la opinión de ese número, con el tono de sus estrellas."""
    return write_review(LANGUAGE, make_random(LANGUAGE, "opinions", index), "train", stars)[0]


def write_table(rows):
    """Devuelve el CSV de unas filas, igual en cualquier sistema."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue()


def main():
    """Escribe el archivo."""
    PATH.write_text(write_table(generate_opinions()), encoding="utf-8", newline="\n")
    print(f"{SIZE} opiniones escritas en {PATH.name}.")


if __name__ == "__main__":
    main()
