"""Genera los datos del proyecto, siempre los mismos: el CSV que se reparte y las reseñas ocultas.

Sin opciones escribe labsupport/embedded/proyecto.csv y guarda las ocultas, comprimidas, en la
comprobación «prueba-2» del proyecto resuelto. Con --check solo comprueba que lo guardado es lo que
sale de aquí. Con --ocultas guarda las de otro CSV (punto y coma, cp1252, las mismas columnas).
"""

import argparse
import base64
import csv
import functools
import io
import json
import lzma
import random
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from reviews.english import grammar  # noqa: E402

REPO = Path(__file__).resolve().parents[1]
CSV = REPO / "labsupport" / "embedded" / "proyecto.csv"
NOTEBOOK = REPO / "exercises" / "source" / "proyecto" / "proyecto.ipynb"
CHECK, MARK, NOQA = "prueba-2", 'SECRET = "', '"  # noqa: E501'
COLUMNS = ("fuente", "fecha", "comentario", "valoracion")
CLASSES = {1: "negativa", 2: "negativa", 3: "mixta", 4: "positiva", 5: "positiva"}
# De cada fuente, de qué parte del banco salen sus frases y cuántas reseñas tiene.
SOURCES = {"web": ("train", 800), "app": ("reserve", 400)}
HIDDEN_SOURCE, HIDDEN_BANK, HIDDEN_SIZE = "correo", "test", 300
STAR_WEIGHTS = (25, 13, 17, 15, 30)
FEWEST_WORDS, MOST_WORDS = 8, 90
COPIES, EMPTY, UNRATED = 36, 9, 7
CURLY_RATE, LOUD_RATE, SPACED_RATE = 0.2, 0.08, 0.06


def make_random(*parts):
    """Crea un generador de azar con una semilla de texto, igual en cualquier máquina."""
    return random.Random("/".join(str(part) for part in ("proyecto", *parts)))


@functools.cache
def write_reviews(source, bank, size):
    """Escribe reseñas cortas y distintas de una fuente: pares (comentario, valoración)."""
    found = {}
    for attempt in range(100 * size):
        rng = make_random(source, attempt)
        stars = rng.choices(range(1, 6), STAR_WEIGHTS)[0]
        text = dress_text(rng, grammar.write_review(rng, bank, stars)[0])
        if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS:
            found.setdefault(text, CLASSES[stars])
        if len(found) == size:
            return tuple(found.items())
    raise SystemExit(f"No consigo {size} reseñas de «{source}»: amplía el banco.")


def dress_text(rng, text):
    """Escribe un texto como en un teclado de verdad: con tildes y comillas que no son ASCII."""
    text = re.sub(r"\b([Cc])afe\b", r"\1afé", text)
    return text.replace("'", "\u2019") if rng.random() < CURLY_RATE else text


def dress_label(rng, label):
    """Escribe una valoración como la teclearía alguien: con mayúsculas o espacios de más."""
    if rng.random() < LOUD_RATE:
        label = rng.choice((label.upper(), label.capitalize()))
    return f" {label} " if rng.random() < SPACED_RATE else label


def draw_date(rng):
    """Elige un día de 2025, escrito como en España."""
    return f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/2025"


def generate_rows():
    """Genera las filas del CSV, con copias, y con filas sin comentario o sin valoración."""
    rng = make_random("filas")
    rows = [
        [source, draw_date(rng), text, dress_label(rng, label)]
        for source, (bank, size) in SOURCES.items()
        for text, label in write_reviews(source, bank, size)
    ]
    rows += [list(row) for row in rng.sample(rows, COPIES)]
    chosen = rng.sample(rows, EMPTY + UNRATED)
    for number, row in enumerate(chosen):
        row[2 if number < EMPTY else 3] = ""
    rng.shuffle(rows)
    return rows


def generate_hidden():
    """Genera las reseñas ocultas: una lista de comentarios y otra de valoraciones."""
    rows = write_reviews(HIDDEN_SOURCE, HIDDEN_BANK, HIDDEN_SIZE)
    return [[text for text, _ in rows], [label for _, label in rows]]


def format_csv(rows):
    """Devuelve los bytes de un CSV como los que guarda Excel en España."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerows([COLUMNS, *rows])
    return file.getvalue().encode("cp1252")


def read_hidden(path):
    """Lee las ocultas de otro CSV. Sale con una frase si le falta una columna o un valor."""
    with open(path, encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    text, label = COLUMNS[2:]
    if not rows or any(not row.get(text) or row.get(label) not in CLASSES.values() for row in rows):
        names = ", ".join(dict.fromkeys(CLASSES.values()))
        raise SystemExit(
            f"Cada fila de «{path}» lleva {text} y {label} ({names}), separadas por punto y coma."
        )
    return [[row[text] for row in rows], [row[label] for row in rows]]


def pack(hidden):
    """Comprime las ocultas en un texto sin comillas ni barras, que cabe en una línea de código."""
    data = json.dumps(hidden, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    # Sin cabecera ni sumas que dependan de la versión: los mismos bytes en cualquier máquina.
    return base64.b64encode(lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_NONE)).decode("ascii")


def unpack(packed):
    """Devuelve lo que guardó ``pack``."""
    return json.loads(lzma.decompress(base64.b64decode(packed)))


def read_stored(path=NOTEBOOK):
    """Devuelve el cuaderno resuelto, la celda que guarda las ocultas y el número de su línea."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == CHECK]
    (number,) = [i for i, line in enumerate(cell["source"]) if line.startswith(MARK)]
    return notebook, cell, number


def save_hidden(hidden, path=NOTEBOOK):
    """Guarda las ocultas en el cuaderno resuelto."""
    notebook, cell, number = read_stored(path)
    cell["source"][number] = f"{MARK}{pack(hidden)}{NOQA}\n"
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def find_differences(csv_path=CSV, notebook=NOTEBOOK):
    """Devuelve los nombres de los archivos que no guardan lo que sale de aquí."""
    _, cell, number = read_stored(notebook)
    packed = cell["source"][number].removeprefix(MARK).rstrip("\n").removesuffix(NOQA)
    same_csv = csv_path.is_file() and csv_path.read_bytes() == format_csv(generate_rows())
    # El contenido y no los bytes comprimidos, que pueden depender de la versión de lzma.
    same_hidden = packed != "" and unpack(packed) == generate_hidden()
    checks = {csv_path.name: same_csv, notebook.name: same_hidden}
    return [name for name, is_same in checks.items() if not is_same]


def main(arguments=None):
    """Atiende la línea de órdenes."""
    parser = argparse.ArgumentParser(description="Genera los datos del proyecto.")
    parser.add_argument("--check", action="store_true", help="comprueba sin escribir nada")
    parser.add_argument("--ocultas", metavar="CSV", help="guarda las ocultas de este CSV")
    options = parser.parse_args(arguments)
    if options.check:
        wrong = find_differences()
        print(f"No es lo que sale de aquí: {', '.join(wrong)}." if wrong else "Todo coincide.")
        return int(bool(wrong))
    if not options.ocultas:
        CSV.write_bytes(format_csv(generate_rows()))
    save_hidden(read_hidden(options.ocultas) if options.ocultas else generate_hidden())
    print("Ahora genera lo que se reparte: python tools/generate_exercises.py")
    return 0


if __name__ == "__main__":
    sys.exit(main())
