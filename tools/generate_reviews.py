"""Genera las reseñas inventadas del laboratorio, siempre las mismas.

Sin opciones escribe los tres parquet y sus sumas; con --check comprueba que lo guardado es lo que
sale de aquí. Usa solo random.Random con semillas de texto, así que el resultado no depende de la
máquina; los bytes del parquet sí dependen de la versión de pyarrow, y por eso queda apuntada.
"""

import argparse
import hashlib
import json
import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from reviews.english import grammar  # noqa: E402

FOLDER = Path(__file__).resolve().parents[1] / "labsupport" / "embedded" / "mini-reviews"
LABEL_NAMES = ["1 star", "2 star", "3 stars", "4 stars", "5 stars"]
SIZES = {"train": 6000, "validation": 1000, "test": 1500}
FILE_NAMES = {split: f"{split}-00000-of-00001.parquet" for split in SIZES}
CHECKSUMS = "checksums.json"


def make_random(*parts):
    """Crea un generador de azar con una semilla de texto, igual en cualquier máquina."""
    return random.Random("/".join(str(part) for part in ("mini-reviews", *parts)))


def shuffle_labels(name):
    """Devuelve las etiquetas de una parte: las mismas de cada clase, en desorden."""
    labels = [i % len(LABEL_NAMES) for i in range(SIZES[name])]
    make_random(name, "labels").shuffle(labels)
    return labels


def write_new_review(name, index, label, seen):
    """Escribe una reseña que no se haya escrito ya en la misma parte."""
    for attempt in range(100):
        rng = make_random(name, index, attempt)
        text, phrases = grammar.write_review(rng, name, label + 1)
        if text not in seen:
            seen.add(text)
            return text, phrases
    raise SystemExit(f"No consigo una reseña nueva para {name} {index}: amplía el banco.")


def generate_reviews(name):
    """Genera una parte de SIZES: una lista de (etiqueta, texto, frases usadas)."""
    # La validación comparte el banco con la prueba, pero ninguna reseña.
    seen = {row[1] for row in generate_reviews("test")} if name == "validation" else set()
    labels = enumerate(shuffle_labels(name))
    return [(label, *write_new_review(name, i, label, seen)) for i, label in labels]


def generate_split(name):
    """Genera las columnas "label" y "text" de una parte de SIZES."""
    rows = generate_reviews(name)
    return {"label": [row[0] for row in rows], "text": [row[1] for row in rows]}


def generate_unlabelled(seed, n):
    """Genera n reseñas sin nota para pre-entrenar, sin ninguna frase de la evaluación."""
    texts = []
    for index in range(n):
        rng = make_random("unlabelled", seed, index)
        texts.append(grammar.write_review(rng, "unlabelled", rng.randint(1, 5))[0])
    return texts


def list_phrases(split):
    """Devuelve las frases del banco que puede usar una parte o "unlabelled"."""
    return grammar.list_bank(split)


def hash_content(columns):
    """Resume las etiquetas y los textos en un sha256 que no depende de pyarrow."""
    rows = list(zip(columns["label"], columns["text"], strict=True))
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode("utf-8")).hexdigest()


def hash_file(path):
    """Devuelve el sha256 de un archivo."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def describe_features():
    """Devuelve los metadatos con los que la librería datasets reconoce las columnas."""
    label = {"names": LABEL_NAMES, "_type": "ClassLabel"}
    features = {"label": label, "text": {"dtype": "string", "_type": "Value"}}
    return {"huggingface": json.dumps({"info": {"features": features}})}


def write_parquet(columns, path):
    """Escribe una parte en un parquet comprimido."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [("label", pa.int64()), ("text", pa.string())]
    schema = pa.schema(fields, metadata=describe_features())
    table = pa.table(columns, schema=schema)
    pq.write_table(table, path, compression="zstd", compression_level=15, row_group_size=1000)


def write_files(folder, suffix=""):
    """Escribe en una carpeta los tres parquet y las sumas, con un sufijo en el nombre."""
    import pyarrow

    sums = {"pyarrow": pyarrow.__version__, "files": {}, "content": {}}
    for split, name in FILE_NAMES.items():
        columns = generate_split(split)
        write_parquet(columns, folder / (name + suffix))
        sums["files"][name] = hash_file(folder / (name + suffix))
        sums["content"][split] = hash_content(columns)
    text = json.dumps(sums, indent=2) + "\n"
    (folder / (CHECKSUMS + suffix)).write_text(text, encoding="utf-8")


def save_reviews(folder=FOLDER):
    """Genera las reseñas y las deja en su carpeta de una vez, sin pasar por estados a medias."""
    folder.mkdir(parents=True, exist_ok=True)
    suffix = f".{os.getpid()}.tmp"
    write_files(folder, suffix)
    for name in (*FILE_NAMES.values(), CHECKSUMS):
        os.replace(folder / (name + suffix), folder / name)


def read_columns(path):
    """Lee las columnas de un parquet guardado."""
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pydict()


def find_differences(folder=FOLDER):
    """Devuelve los nombres de los archivos guardados que no son los que salen de aquí."""
    import pyarrow

    sums = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    wrong = []
    for split, name in FILE_NAMES.items():
        content = hash_content(generate_split(split))
        stored = hash_content(read_columns(folder / name))
        if not content == stored == sums["content"][split]:
            wrong.append(name)
        elif hash_file(folder / name) != sums["files"][name]:
            wrong.append(name)
        elif sums["pyarrow"] == pyarrow.__version__ and not has_same_bytes(split, folder / name):
            wrong.append(name)
    return wrong


def has_same_bytes(split, path):
    """Dice si un parquet guardado es, byte a byte, el que sale de aquí."""
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary) / path.name
        write_parquet(generate_split(split), fresh)
        return fresh.read_bytes() == path.read_bytes()


def check_reviews(folder=FOLDER):
    """Comprueba las reseñas guardadas y devuelve el código de salida."""
    try:
        wrong = find_differences(folder)
    except OSError as error:
        print(f"No puedo leer las reseñas guardadas en {folder.name}: {error.strerror}.")
        return 1
    if wrong:
        print(f"No coincide con lo que sale del generador: {', '.join(wrong)}.")
        return 1
    print("Las reseñas guardadas son las que salen del generador.")
    return 0


def main(arguments=None):
    """Atiende la línea de órdenes."""
    parser = argparse.ArgumentParser(description="Genera las reseñas inventadas del laboratorio.")
    parser.add_argument("--check", action="store_true", help="comprueba sin escribir nada")
    if parser.parse_args(arguments).check:
        return check_reviews()
    save_reviews()
    print(f"Reseñas escritas en {FOLDER.name}: {', '.join(map(str, SIZES.values()))}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
