"""Genera las reseñas inventadas del laboratorio, siempre las mismas, en inglés y en español.

Sin opciones escribe, de los dos idiomas, los tres parquet y sus sumas; con --check comprueba que
lo guardado es lo que sale de aquí, y con --language se queda con uno. Usa solo random.Random con
semillas de texto, así que el resultado no depende de la máquina; los bytes del parquet sí dependen
de la versión de pyarrow, y por eso queda apuntada.
"""

import argparse
import functools
import hashlib
import importlib
import itertools
import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from reviews.spanish.regions import REGIONS  # noqa: E402

EMBEDDED = Path(__file__).resolve().parents[1] / "labsupport" / "embedded"
SIZES = {"train": 6000, "validation": 1000, "test": 1500}
FILE_NAMES = {split: f"{split}-00000-of-00001.parquet" for split in SIZES}
CHECKSUMS = "checksums.json"


@dataclass(frozen=True)
class Language:
    """Un idioma de las reseñas: su carpeta, que es también su semilla, y lo que va en cada fila."""

    name: str
    package: str
    label_names: tuple
    # Cómo se llaman los países de quien escribe; vacío si la gramática no los distingue.
    regions: tuple = ()

    @property
    def folder(self):
        """Devuelve la carpeta de sus archivos."""
        return EMBEDDED / self.name

    @property
    def grammar(self):
        """Devuelve el módulo que escribe las reseñas; se carga al usarlo, que sus bancos pesan."""
        return importlib.import_module(f"reviews.{self.package}.grammar")

    @property
    def categories(self):
        """Devuelve las columnas de categorías y los nombres de cada una, en orden."""
        return {"label": self.label_names} | ({"region": self.regions} if self.regions else {})


ENGLISH_LABELS = ("1 star", "2 star", "3 stars", "4 stars", "5 stars")
SPANISH_LABELS = ("1 estrella", "2 estrellas", "3 estrellas", "4 estrellas", "5 estrellas")
LANGUAGES = {
    "en": Language("mini-reviews", "english", ENGLISH_LABELS),
    "es": Language("mini-reviews-es", "spanish", SPANISH_LABELS, REGIONS),
}


def make_random(language, *parts):
    """Crea un generador de azar con una semilla de texto, igual en cualquier máquina."""
    return random.Random("/".join(str(part) for part in (language.name, *parts)))


def deal_categories(language, split):
    """Reparte (etiqueta, región) por una parte: cada pareja las mismas veces, en desorden.

    La región es None donde la gramática no las distingue.
    """
    pairs = [
        (label, region)
        for region in language.regions or (None,)
        for label in range(len(language.label_names))
    ]
    deal = list(itertools.islice(itertools.cycle(pairs), SIZES[split]))
    make_random(language, split, "labels").shuffle(deal)
    return deal


def write_review(language, rng, split, stars, region=None):
    """Escribe una reseña y devuelve su texto y las frases del banco que ha usado."""
    where = () if region is None else (region,)
    return language.grammar.write_review(rng, split, stars, *where)


def write_new_review(language, split, index, pair, seen):
    """Escribe una reseña que no se haya escrito ya en la misma parte."""
    label, region = pair
    for attempt in range(100):
        rng = make_random(language, split, index, attempt)
        text, phrases = write_review(language, rng, split, label + 1, region)
        if text not in seen:
            seen.add(text)
            return text, phrases
    raise SystemExit(f"No consigo una reseña nueva para {split} {index}: amplía el banco.")


@functools.cache
def generate_reviews(language, split):
    """Genera una parte de SIZES: filas (etiqueta, texto, región, frases usadas), en su orden."""
    # La validación comparte el banco con la prueba, pero ninguna reseña.
    others = generate_reviews(language, "test") if split == "validation" else ()
    seen = {row[1] for row in others}
    rows = []
    for index, (label, region) in enumerate(deal_categories(language, split)):
        text, phrases = write_new_review(language, split, index, (label, region), seen)
        rows.append((label, text, region, phrases))
    return tuple(rows)


def generate_split(language, split):
    """Genera las columnas de una parte de SIZES; las categorías son números, como en el parquet."""
    rows = generate_reviews(language, split)
    columns = {"label": [row[0] for row in rows], "text": [row[1] for row in rows]}
    if language.regions:
        columns["region"] = [language.regions.index(row[2]) for row in rows]
    return columns


def generate_unlabelled(language, seed, n):
    """Genera n reseñas sin nota para pre-entrenar, sin ninguna frase de la evaluación."""
    texts = []
    for index in range(n):
        rng = make_random(language, "unlabelled", seed, index)
        stars = rng.randint(1, 5)
        region = rng.choice(language.regions) if language.regions else None
        texts.append(write_review(language, rng, "unlabelled", stars, region)[0])
    return texts


def list_phrases(language, split):
    """Devuelve las frases del banco que puede usar una parte o "unlabelled"."""
    return language.grammar.list_bank(split)


def hash_content(columns):
    """Resume todas las columnas en un sha256 que no depende de pyarrow."""
    rows = list(zip(*columns.values(), strict=True))
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode("utf-8")).hexdigest()


def hash_file(path):
    """Devuelve el sha256 de un archivo."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def describe_features(language):
    """Devuelve los metadatos con los que la librería datasets reconoce las columnas."""
    features = {"label": None, "text": {"dtype": "string", "_type": "Value"}}
    for name, names in language.categories.items():
        features[name] = {"names": names, "_type": "ClassLabel"}
    return {"huggingface": json.dumps({"info": {"features": features}})}


def write_parquet(language, columns, path):
    """Escribe una parte en un parquet comprimido."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: pa.int64() if name in language.categories else pa.string() for name in columns}
    schema = pa.schema(kinds.items(), metadata=describe_features(language))
    table = pa.table(columns, schema=schema)
    pq.write_table(table, path, compression="zstd", compression_level=15, row_group_size=1000)


def write_files(language, folder, suffix=""):
    """Escribe en una carpeta los tres parquet y las sumas, con un sufijo en el nombre."""
    import pyarrow

    sums = {"pyarrow": pyarrow.__version__, "files": {}, "content": {}}
    for split, name in FILE_NAMES.items():
        columns = generate_split(language, split)
        write_parquet(language, columns, folder / (name + suffix))
        sums["files"][name] = hash_file(folder / (name + suffix))
        sums["content"][split] = hash_content(columns)
    text = json.dumps(sums, indent=2) + "\n"
    (folder / (CHECKSUMS + suffix)).write_text(text, encoding="utf-8")


def save_reviews(language):
    """Genera las reseñas y las deja en su carpeta de una vez, sin pasar por estados a medias."""
    folder, suffix = language.folder, f".{os.getpid()}.tmp"
    folder.mkdir(parents=True, exist_ok=True)
    write_files(language, folder, suffix)
    for name in (*FILE_NAMES.values(), CHECKSUMS):
        os.replace(folder / (name + suffix), folder / name)
    print(f"Reseñas escritas en {folder.name}: {', '.join(map(str, SIZES.values()))}.")


def read_columns(path):
    """Lee las columnas de un parquet guardado."""
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pydict()


def find_differences(language, folder):
    """Devuelve los nombres de los archivos guardados que no son los que salen de aquí."""
    import pyarrow

    sums = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    same_writer = sums["pyarrow"] == pyarrow.__version__
    wrong = []
    for split, name in FILE_NAMES.items():
        columns = generate_split(language, split)
        stored = hash_content(read_columns(folder / name))
        if not hash_content(columns) == stored == sums["content"][split]:
            wrong.append(name)
        elif hash_file(folder / name) != sums["files"][name]:
            wrong.append(name)
        elif same_writer and not has_same_bytes(language, columns, folder / name):
            wrong.append(name)
    return wrong


def has_same_bytes(language, columns, path):
    """Dice si un parquet guardado es, byte a byte, el que sale de aquí."""
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary) / path.name
        write_parquet(language, columns, fresh)
        return fresh.read_bytes() == path.read_bytes()


def check_reviews(language):
    """Comprueba las reseñas guardadas, dice cómo están y devuelve si son las que deben."""
    name = language.name
    try:
        wrong = find_differences(language, language.folder)
    except OSError as error:
        print(f"No puedo leer las reseñas guardadas en {name}: {error.strerror}.")
        return False
    if wrong:
        print(f"En {name} no coincide con lo que sale del generador: {', '.join(wrong)}.")
        return False
    print(f"Las reseñas guardadas en {name} son las que salen del generador.")
    return True


def main(arguments=None):
    """Atiende la línea de órdenes y devuelve el código de salida."""
    parser = argparse.ArgumentParser(description="Genera las reseñas inventadas del laboratorio.")
    parser.add_argument("--check", action="store_true", help="comprueba sin escribir nada")
    parser.add_argument("--language", choices=LANGUAGES, help="uno solo; sin ella, los dos")
    options = parser.parse_args(arguments)
    chosen = [LANGUAGES[options.language]] if options.language else list(LANGUAGES.values())
    if options.check:
        return 0 if all([check_reviews(language) for language in chosen]) else 1
    for language in chosen:
        save_reviews(language)
    return 0


if __name__ == "__main__":
    sys.exit(main())
