"""Trae del Hub solo los archivos que hacen falta, una vez, y comprueba que llegaron enteros.

Quedan en la caché de ``huggingface_hub``, con la lista de lo traído (``laboratorio.json``). Con
esa lista completa no se vuelve a preguntar nada a la red: lo mismo da estar en línea que no.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labsupport.base.caches import is_writable
from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.hub_faults import MINI, explain_hub_error
from labsupport.data.checkpoints import ADAPTER, CONFIG, WEIGHT_FORMATS, read_config
from labsupport.data.hub_client import HubUnavailable, short_patience
from labsupport.data.reading.cards import choose_patterns, match

MANIFEST, CARD = "laboratorio.json", "README.md"
TOKENIZER_FILES = (
    "tokenizer*.json",
    "vocab.*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.model",
)
# De cada formato de pesos, lo primero que haya: los demás repiten lo mismo para otras librerías.
WEIGHTS = (
    ("model.safetensors", "model-*.safetensors", "model.safetensors.index.json"),
    ("pytorch_model.bin", "pytorch_model-*.bin", "pytorch_model.bin.index.json"),
)
DATA_FILES = ("*.parquet", "*.csv", "*.tsv", "*.jsonl", "*.json", "*.ndjson")
DATA_FILES += ("*.csv.gz", "*.tsv.gz", "*.jsonl.gz", "*.json.gz")
GIB = 2**30


@dataclass(frozen=True)
class RemoteFile:
    """Un archivo del Hub: ``size`` en bytes; ``digest``: su sha256 (LFS) o el sha1 de git."""

    name: str
    size: int
    digest: str


def fetch_model(
    name: str,
    say: Callable[[str], None] = print,
    check: Callable[[Path], Any] | None = None,
) -> Path:
    """Devuelve la carpeta local con el checkpoint ``name`` del Hub; la descarga si hace falta.

    Solo trae config, ficha, tokenizer y un juego de pesos. ``say``: cómo contar las esperas;
    ``check`` recibe la carpeta cuando aún faltan los pesos, y si lanza LabError no se descargan.
    Lanza LabError, con una frase, si no existe, pide permiso, no se llega al Hub o no cabe.
    """
    check = check or (lambda folder: read_config(folder, name))
    folder = _explain(name, lambda: _fetch(name, "model", _choose_model_files, say, check))
    check(folder)
    return folder


def fetch_dataset(name: str, say: Callable[[str], None] = print) -> Path:
    """Devuelve la carpeta local con el dataset ``name`` del Hub; lo descarga si hace falta.

    Solo trae los archivos de datos de su configuración de partida. ``say``: cómo contar las
    esperas. Lanza LabError como ``fetch_model``.
    """
    return _explain(name, lambda: _fetch(name, "dataset", _choose_data_files, say, lambda _: None))


def _explain(name: str, fetch: Callable[[], Path]) -> Path:
    try:
        return fetch()
    except LabError:
        raise
    except Exception as error:
        sentence = explain_hub_error(error, name)
        if sentence is None:
            raise
        raise LabError(sentence) from error


def _fetch(
    name: str, kind: str, choose: Callable, say: Callable[[str], None], check: Callable[[Path], Any]
) -> Path:
    root = _repo_folder(name, kind)
    folder = _find_complete(root, say)
    if folder:
        return folder
    if not is_writable(root.parent):
        return _use_without_writing(name, kind, root, choose)
    try:
        with short_patience(say):
            return _download_all(name, kind, choose, root, say, check)
    except HubUnavailable as fault:
        folder = _find_snapshot(name, kind, root, choose)
        if folder is None:
            raise
        say(f"{fault}\nSigo con la copia de {name} que ya estaba en la caché.")
        return folder


def _use_without_writing(name: str, kind: str, root: Path, choose: Callable) -> Path:
    """Lo que otro programa dejó en una caché que solo se puede leer. Lanza LabError si no está."""
    folder = _find_snapshot(name, kind, root, choose)
    if folder is None:
        raise LabError(
            f"{name} hay que descargarlo y no se puede escribir en la carpeta de HF_HOME: pon esa "
            f"variable en una carpeta tuya y empieza otra vez, o {MINI}."
        )
    return folder


def _repo_folder(name: str, kind: str) -> Path:
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    return Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=name, repo_type=kind))


def _find_complete(root: Path, say: Callable[[str], None]) -> Path | None:
    """La carpeta de una descarga anterior si sigue entera; lo dañado se borra para traerlo."""
    try:
        manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
        folder = root / "snapshots" / manifest["commit"]
        damaged = [
            name for name, mark in manifest["files"].items() if _is_damaged(folder, mark, name)
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    for name in damaged:
        say(f"«{name}» falta o está dañado en la caché: lo descargo otra vez.")
        _remove(folder / name)
    return None if damaged else folder


def _is_damaged(folder: Path, mark: list, name: str) -> bool:
    size, modified, digest = mark
    path = folder / name
    if not path.is_file() or path.stat().st_size != size:
        return True
    # Calcular el resumen de 1 GB cuesta segundos: solo si alguien tocó el archivo.
    return path.stat().st_mtime_ns != modified and not _matches(path, digest)


def _download_all(
    name: str,
    kind: str,
    choose: Callable,
    root: Path,
    say: Callable[[str], None],
    check: Callable[[Path], Any],
) -> Path:
    from huggingface_hub import HfApi

    info: Any = HfApi().repo_info(name, repo_type=kind, files_metadata=True)
    known = {each.name: each for each in map(_read_sibling, info.siblings or [])}
    files = [known[each] for each in choose(name, list(known), info)]
    _check_disk(files, root)
    folder = root / "snapshots" / info.sha
    heavy = [file for file in files if file.name.endswith(WEIGHT_FORMATS)]
    light = [file for file in files if file not in heavy]
    paths = {file.name: _download(name, kind, file, say) for file in light}
    check(folder)
    paths |= {file.name: _download(name, kind, file, say) for file in heavy}
    marks = {
        file.name: (file.size, paths[file.name].stat().st_mtime_ns, file.digest) for file in files
    }
    manifest = {"commit": info.sha, "files": marks}
    write_atomically(root / MANIFEST, json.dumps(manifest, indent=1))
    return folder


def _read_sibling(sibling: Any) -> RemoteFile:
    digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    return RemoteFile(sibling.rfilename, sibling.size or 0, digest or "")


def _download(name: str, kind: str, file: RemoteFile, say: Callable[[str], None]) -> Path:
    from huggingface_hub import hf_hub_download

    for _ in range(2):
        path = Path(hf_hub_download(name, file.name, repo_type=kind))
        if _matches(path, file.digest):
            return path
        say(f"«{file.name}» llegó dañado: lo descargo otra vez.")
        _remove(path)
    raise LabError(
        f"«{file.name}» de {name} llega dañado una y otra vez: prueba en otra red o más tarde, o "
        f"{MINI}."
    )


def _matches(path: Path, digest: str) -> bool:
    """Compara un archivo con el resumen que da el Hub; sin resumen no hay con qué comparar."""
    if not digest:
        return True
    with path.open("rb") as file:
        if len(digest) == 64:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
        git = hashlib.sha1(b"blob %d\0" % path.stat().st_size)
        return hashlib.file_digest(file, lambda: git).hexdigest() == digest


def _remove(path: Path) -> None:
    # De una caché que solo se puede leer no se quita nada: de eso se avisa al ir a descargar.
    with contextlib.suppress(OSError):
        # En la caché, el nombre es un enlace al contenido: hay que quitar los dos.
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _check_disk(files: Iterable[RemoteFile], root: Path) -> None:
    missing = sum(file.size for file in files if not _is_cached(root, file))
    home = next(folder for folder in root.parents if folder.is_dir())
    free = shutil.disk_usage(home).free
    if missing > free:
        raise LabError(
            f"No queda espacio en el disco: hay que descargar {missing / GIB:.2f} GiB y quedan "
            f"{free / GIB:.2f}. Libera sitio (`make clean`, `hf cache prune`) y repite, o pon la "
            "variable HF_HOME en otro disco."
        )


def _is_cached(root: Path, file: RemoteFile) -> bool:
    return bool(file.digest) and (root / "blobs" / file.digest).is_file()


def _find_snapshot(name: str, kind: str, root: Path, choose: Callable) -> Path | None:
    """Lo que otro programa dejó en la caché, si basta; None si no está o se sabe incompleto."""
    from huggingface_hub import errors, snapshot_download

    if (root / MANIFEST).is_file():
        return None
    try:
        folder = snapshot_download(name, repo_type=kind, local_files_only=True)
        names = [path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.*")]
        choose(name, names, None)
    except (errors.LocalEntryNotFoundError, errors.HFValidationError, LabError):
        return None
    return Path(folder)


def _choose_model_files(name: str, files: list[str], info: Any) -> list[str]:
    weights = next((found for each in WEIGHTS if (found := _match(files, each))), [])
    if ADAPTER in files and not weights:
        return [ADAPTER]  # basta para decir de qué modelo es
    if CONFIG not in files:
        raise LabError(
            f"{name} no trae config.json, así que Transformers no sabe cargarlo: elige en "
            "«model_name» un checkpoint de Transformers."
        )
    if not weights:
        raise LabError(
            f"{name} no trae pesos de PyTorch (model.safetensors): elige otro en «model_name»."
        )
    # La ficha dice en qué idioma lee.
    return [CONFIG, *_match(files, (CARD, *TOKENIZER_FILES)), *weights]


def _match(files: list[str], patterns: Iterable[str]) -> list[str]:
    flat = [file for file in files if "/" not in file]
    return [file for file in flat if any(fnmatch.fnmatch(file, each) for each in patterns)]


def _choose_data_files(name: str, files: list[str], info: Any) -> list[str]:
    card = getattr(info, "card_data", None)
    named = choose_patterns(card.to_dict() if card else {}, name)
    patterns = [pattern for _, paths in named for pattern in paths]
    data = [file for file in files if any(fnmatch.fnmatch(file, each) for each in DATA_FILES)]
    if patterns:
        data = [file for file in data if match(file, patterns)]
    if not data:
        raise LabError(
            f"{name} no trae archivos csv, jsonl ni parquet: elige en «dataset_name» otro, o "
            "descarga los datos y pon la ruta del archivo."
        )
    return [*(file for file in files if file == CARD), *data]
