"""Qué es un archivo: por sus primeros bytes y, si no lo dicen, por cómo acaba su nombre."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path

from labsupport.base.errors import LabError

TEXT, JSON, SHEET, PARQUET, ARROW = "text", "json", "sheet", "parquet", "arrow"
GZIP, BZIP2, XZ, ZIP, TAR = "gz", "bz2", "xz", "zip", "tar"
COMPRESSED = (GZIP, BZIP2, XZ)
ARCHIVES = (ZIP, TAR)

ENDINGS = {
    **dict.fromkeys(("csv", "tsv", "tab", "txt", "dat", "psv"), TEXT),
    **dict.fromkeys(("json", "jsonl", "ndjson"), JSON),
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls", "ods"), SHEET),
    **dict.fromkeys(("parquet", "pq"), PARQUET),
    **dict.fromkeys(("arrow", "feather", "ipc"), ARROW),
    **{"gz": GZIP, "tgz": GZIP, "bz2": BZIP2, "xz": XZ, "zip": ZIP, "tar": TAR},
}
_MAGIC = (
    (b"PAR1", PARQUET),
    (b"ARROW1", ARROW),
    (b"FEA1", ARROW),
    (b"\xff\xff\xff\xff", ARROW),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", SHEET),
    (b"\x1f\x8b", GZIP),
    (b"BZh", BZIP2),
    (b"\xfd7zXZ\0", XZ),
)
_SHEET_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_WEB_PAGE = re.compile(r"<(!doctype|html|head|body|table|meta|div|\?xml)", re.I)
_RECORDS = re.compile(r"""\{\s*(["'}]|$)|\[\s*([{\["\]]|$)""")
SAMPLE = 4096

_AS_CSV = "guárdalo como CSV UTF-8"
_DOCUMENT = (
    "es un documento y no una tabla: copia las filas a una hoja de cálculo y guárdala como CSV"
)
# Lo que se reconoce y no se lee: qué es y cómo sale de ahí.
ELSEWHERE = {
    **dict.fromkeys(("doc", "docx", "odt", "rtf", "pages", "pdf", "gdoc"), _DOCUMENT),
    **dict.fromkeys(("pptx", "ppt", "odp", "key"), _DOCUMENT),
    **dict.fromkeys(
        ("sav", "zsav", "por"), f"es de SPSS: ábrelo allí y {_AS_CSV} (Archivo > Guardar como)"
    ),
    "arff": "es de WEKA: ábrelo allí y guárdalo como CSV",
    "dta": "es de Stata: expórtalo allí con `export delimited`",
    **dict.fromkeys(("sas7bdat", "xpt"), f"es de SAS: ábrelo allí y {_AS_CSV}"),
    **dict.fromkeys(
        ("rdata", "rda", "rds"),
        'es de R: guárdalo desde allí con write.csv(datos, "datos.csv", row.names = FALSE)',
    ),
    **dict.fromkeys(
        ("html", "htm", "mhtml", "xml"),
        "es una página web o un xml, y no una tabla: ábrelo con una hoja de cálculo y guárdalo "
        "como xlsx o CSV",
    ),
    "gsheet": (
        "es solo un enlace a una hoja de Google: ábrela y descárgala (Archivo > Descargar > CSV)"
    ),
    "numbers": "es de Numbers: expórtalo allí (Archivo > Exportar a > CSV)",
    **dict.fromkeys(("7z", "rar", "zst", "lzma"), "está comprimido: descomprímelo antes"),
    **dict.fromkeys(
        ("db", "sqlite", "sqlite3", "mdb", "accdb", "sql"),
        "es una base de datos: exporta la tabla como CSV",
    ),
    **dict.fromkeys(
        ("pkl", "pickle", "joblib"),
        "es un pickle y abrirlo ejecutaría lo que traiga: guárdalo desde Python con "
        'datos.to_csv("datos.csv", index=False)',
    ),
    **dict.fromkeys(
        ("npy", "npz", "h5", "hdf5", "mat", "pt"),
        "guarda números y no textos: exporta las filas como CSV",
    ),
    **dict.fromkeys(
        ("png", "jpg", "jpeg", "gif", "webp", "heic", "mp3", "wav", "mp4"),
        "no es texto: aquí se clasifican textos",
    ),
}
_FOREIGN = (
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"7z\xbc\xaf'\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"$FL2", "sav"),
    (b"$FL3", "sav"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89HDF", "h5"),
    (b"\x93NUMPY", "npy"),
)


def find_ending(name: str) -> str:
    """Devuelve cómo acaba un nombre, sin el punto ni mayúsculas.

    >>> find_ending("Opiniones.CSV"), find_ending("datos")
    ('csv', '')
    """
    return Path(name).suffix[1:].lower()


def find_kind(path: Path) -> str:
    """Devuelve qué clase de archivo es; mandan sus primeros bytes, y luego el nombre.

    Lanza LabError, con cómo exportarlo, si se sabe qué es y aquí no se lee, o si no se sabe.
    """
    ending = find_ending(path.name)
    if ending in ELSEWHERE:
        raise _refuse(path.name, ending)
    start = read_start(path)
    for magic, foreign in _FOREIGN:
        if start.startswith(magic):
            raise _refuse(path.name, foreign)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _find_zip_kind(path, ending)
    found = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
    if found is None and start[257:262] == b"ustar":
        found = TAR
    return found or _find_text_kind(path.name, ending, start)


def read_start(path: Path) -> bytes:
    """Devuelve los primeros bytes. Lanza LabError si no hay permiso para leer el archivo."""
    try:
        with path.open("rb") as file:
            return file.read(SAMPLE)
    except PermissionError as error:
        raise LabError(
            f"No hay permiso para leer {path.name}: ciérralo si está abierto en otro programa, "
            "cambia sus permisos o copia el archivo a tu carpeta."
        ) from error


def _refuse(name: str, ending: str) -> LabError:
    return LabError(f"No se puede leer {name}: {ELSEWHERE[ending]}.")


def _find_zip_kind(path: Path, ending: str) -> str:
    """Un xlsx, un ods y un docx también son zip: lo dice lo que llevan dentro."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        # Dañado: quien lo lea dirá cómo.
        return SHEET if ENDINGS.get(ending) == SHEET else ZIP
    for part, foreign in (("word/document.xml", "docx"), ("ppt/presentation.xml", "pptx")):
        if part in names:
            raise _refuse(path.name, foreign)
    if "Index/Document.iwa" in names or "Index.zip" in names:
        raise _refuse(path.name, "numbers")
    if "mimetype" in names and "content.xml" in names:
        return SHEET
    return SHEET if names.intersection(_SHEET_PARTS[:2]) else ZIP


def _find_text_kind(name: str, ending: str, start: bytes) -> str:
    known = ENDINGS.get(ending)
    text = _peek(start)
    if text is None or not start:
        if known is None:
            raise LabError(
                f"No sé qué es {name}: guárdalo como CSV, xlsx, jsonl o parquet y repite."
            )
        return known
    if text.startswith("version https://git-lfs"):
        raise LabError(
            f"{name} no está descargado, es solo su puntero de Git LFS: tráelo con `git lfs pull`."
        )
    if known in (PARQUET, ARROW):
        return known
    if _WEB_PAGE.match(text):
        raise _refuse(name, "html")
    if _RECORDS.match(text):
        return JSON
    return JSON if known == JSON else TEXT


def _peek(start: bytes) -> str | None:
    """El comienzo como texto, solo para mirar la primera letra; None si no es texto."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start.decode("utf-16", "ignore").lstrip()
    if start[1:40:2].count(0) > 15 or start[:40:2].count(0) > 15:
        return start.replace(b"\0", b"").decode("latin-1").lstrip()
    if b"\0" in start:
        return None
    return start.removeprefix(codecs.BOM_UTF8).decode("latin-1").lstrip()
