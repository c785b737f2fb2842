"""Publicar un modelo en el Hub: qué se subiría, y subirlo con su ficha comprobada y su etiqueta.

Nada sale de esta máquina hasta que la carpeta se puede cargar, la ficha coincide con los resultados
y ningún archivo lleva una credencial. El repositorio es privado salvo que se pida lo contrario.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.base.tables import format_number, join_some
from labsupport.data.checkpoints import read_config
from labsupport.data.hub_client import short_patience
from labsupport.evaluation.results import Predictions
from labsupport.sharing.card_checks import check_card
from labsupport.sharing.cards import CARD, VERSION, check_version, is_keras_folder
from labsupport.sharing.tokens import check_no_secrets, hide_tokens, read_token
from labsupport.sharing.upload_faults import AGAIN, WRITE, explain_name, explain_upload

if TYPE_CHECKING:
    import pandas as pd

# Crear un repositorio o guardar un commit tarda más que descargar una ficha.
TIMEOUT = 60.0
NAME = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?")
CARD_VERSION = re.compile(r"^Modelo (v\d[\d.]*);", re.MULTILINE)
# Qué no se sube y por qué; gana la primera línea que casa.
LEFT_OUT = (
    (r"(?:^|/)\.", "oculto"),
    (r"(?:^|/)(?:checkpoint-[^/]*|checkpoints)/", "checkpoint del entrenamiento"),
    (
        r"(?:^|/)(?:optimizer|scheduler|scaler|rng_state)[^/]*\.(?:pt|pth|bin)$",
        "sirve para retomar",
    ),
    (r"(?:^|/)(?:trainer_state|parametros)\.json$", "sirve para retomar"),
    (r"(?:^|/)training_args\.bin$", "guarda rutas de tu máquina"),
    (
        r"\.(?:pkl|pickle|pt|pth|ckpt|npy)$",
        "al abrirlo podría ejecutar código, o son datos sueltos",
    ),
    (r"(?:^|/)(?:__pycache__|cache|runs|logs|wandb|mlruns)/", "caché o registro"),
    (r"(?:^|/)events\.out\.tfevents|\.(?:log|lock|tmp|incomplete|pyc)$", "caché o registro"),
    (r"(?:^|/)(?:token|stored_tokens|credentials|id_rsa)(?:\.\w+)?$", "puede ser una credencial"),
    (r"(?:^|/)(?:Thumbs\.db|desktop\.ini)$|~$", "del sistema"),
)
TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
)


@dataclass(frozen=True)
class Pushed:
    """Lo publicado: ``url``, la página; ``commit`` y ``tag``, la versión; ``private``."""

    url: str
    commit: str
    tag: str
    private: bool

    def __str__(self) -> str:
        seen = "privado" if self.private else "público"
        return f"{self.url} ({seen}), {self.tag}, commit {self.commit[:7]}"


def list_upload(folder: str | Path) -> pd.DataFrame:
    """Devuelve una tabla con lo que se subiría de una carpeta y lo que no, y por qué.

    Columnas: ``archivo``, ``kB`` (miles de bytes), ``se sube`` y ``por qué no``. Lanza LabError si
    la carpeta no existe.
    """
    import pandas as pd

    folder = _check_folder(folder)
    rows = [
        (name, round((folder / name).stat().st_size / 1000, 1), not why, why)
        for name, why in _sort_files(folder).items()
    ]
    return pd.DataFrame(rows, columns=["archivo", "kB", "se sube", "por qué no"])


def push_model(
    folder: str | Path,
    hub_id: str,
    results: Predictions | str | Path,
    *,
    private: bool = True,
    version: str | None = None,
    token: str | None = None,
    say: Callable[[str], None] = print,
) -> Pushed:
    """Publica en el Hub el modelo de una carpeta, con su ficha, y lo etiqueta con su versión.

    ``hub_id``: ``"usuario/nombre"``; ``results``: las predicciones con que se comprueba la ficha;
    ``private``: False lo deja a la vista de todo el mundo; ``version``: la que dice la ficha;
    ``token``: de escritura (sin él, el de HF_TOKEN o el de `hf auth login`); ``say``: cómo contar
    lo que se va haciendo. Si se corta, al repetir no se sube lo que ya llegó; si el repositorio ya
    es tuyo, lo nuevo es otro commit. Lanza LabError, antes de subir nada, si la carpeta no se puede
    cargar, si la ficha no casa con los resultados o si hay una credencial; y si el Hub lo rechaza.
    """
    folder = _check_folder(folder)
    _check_name(hub_id)
    if not isinstance(private, bool):
        raise LabError("«private» debe ser True (solo lo ves tú) o False (lo ve todo el mundo).")
    check_loadable(folder)
    check_card(folder, results, hub_id)
    tag = _choose_version(folder, version)
    names = [name for name, why in _sort_files(folder).items() if not why]
    chosen = read_token(token)
    check_no_secrets(folder, names, chosen)
    with _explained(hub_id, chosen) as fault:
        return _push(folder, names, hub_id, private, tag, chosen, say)
    # Fuera del bloque que falló: la petición, con su token, no viaja dentro del error.
    raise LabError(fault[0])


def check_loadable(folder: str | Path) -> None:
    """Lanza LabError si la carpeta no es un clasificador que otra persona pueda cargar.

    Vale la de ``save_pretrained`` (con su tokenizer) y la de ``save_to_preset`` de Keras.
    """
    folder = _check_folder(folder)
    if is_keras_folder(folder):
        return _check_keras(folder)
    name = folder.name
    config = read_config(folder, name)
    if not any("ForSequenceClassification" in each for each in config.get("architectures") or ()):
        raise LabError(f"«{name}» no es un clasificador de textos: publica la carpeta de uno.")
    labels = config.get("id2label") or {}
    if not labels or any(str(each).startswith("LABEL_") for each in labels.values()):
        raise LabError(
            f"«{name}» contestaría con números (LABEL_0): cárgalo con `id2label` y los nombres de "
            "tus clases y guárdalo otra vez."
        )
    if not any((folder / each).is_file() for each in TOKENIZERS):
        raise LabError(
            f"En «{name}» falta el tokenizer, y sin él nadie puede usar el modelo: guárdalo con "
            f'`tokenizer.save_pretrained("{name}")`.'
        )
    return _check_weights(folder)


def _push(
    folder: Path,
    names: list[str],
    hub_id: str,
    private: bool,
    tag: str,
    token: str,
    say: Callable[[str], None],
) -> Pushed:
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(token=token)
    with short_patience(say, TIMEOUT, AGAIN), _quiet_bars():
        _check_account(api.whoami(), hub_id)
        state = _read_state(api, hub_id)
        if state is None:
            api.create_repo(hub_id, private=private, exist_ok=True)
            say(f"Repositorio {'privado' if private else 'público'} creado: {hub_id}.")
        else:
            _check_state(state, folder, names, hub_id, private, tag)
        size = sum((folder / name).stat().st_size for name in names)
        say(f"Subo {len(names)} archivos, {format_number(size / 1e6, 1)} MB.")
        commit = api.create_commit(
            hub_id,
            [CommitOperationAdd(name, str(folder / name)) for name in names],
            commit_message=f"{tag}: modelo y ficha",
        )
        if state is None or tag not in state.tags:
            api.create_tag(hub_id, tag=tag, revision=commit.oid)
        if state is not None and state.private and not private:
            api.update_repo_settings(hub_id, private=False)
            say(f"{hub_id} ya es público: lo ve todo el mundo.")
    say(f"Publicado con la etiqueta {tag}.")
    return Pushed(f"{api.endpoint}/{hub_id}", commit.oid, tag, private)


@dataclass(frozen=True)
class _State:
    """Cómo está un repositorio que ya existe: huella de cada archivo y commit de cada etiqueta."""

    private: bool
    commit: str
    files: dict[str, str]
    tags: dict[str, str]


def _read_state(api: Any, hub_id: str) -> _State | None:
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = api.model_info(hub_id, files_metadata=True)
    except RepositoryNotFoundError:
        return None
    files = {
        each.rfilename: each.lfs.sha256 if each.lfs else each.blob_id
        for each in info.siblings or []
    }
    tags = {each.name: each.target_commit for each in api.list_repo_refs(hub_id).tags}
    return _State(bool(info.private), info.sha, files, tags)


def _check_state(
    state: _State, folder: Path, names: list[str], hub_id: str, private: bool, tag: str
) -> None:
    """Que publicar sobre lo que ya hay no enseñe lo privado ni cambie una versión publicada."""
    if private and not state.private:
        raise LabError(
            f"«{hub_id}» ya existe y es público: si quieres que lo nuevo lo vea todo el mundo, "
            "repite con `private=False`; si no, elige otro nombre."
        )
    is_head = state.tags.get(tag) == state.commit
    if tag in state.tags and not (is_head and _is_same(state, folder, names)):
        raise LabError(
            f"La versión {tag} de «{hub_id}» ya está publicada y es otra: escribe la ficha con la "
            f'siguiente, `version="{_find_next(tag, state.tags)}"`, y repite.'
        )


def _is_same(state: _State, folder: Path, names: list[str]) -> bool:
    """Si todo lo que se subiría ya está, tal cual; lo demás que haya no importa."""
    return all(_has_digest(folder / name, state.files.get(name, "")) for name in names)


def _has_digest(path: Path, digest: str) -> bool:
    """Si un archivo tiene esa huella: sha256 si va por LFS (64 letras) y, si no, la de git."""
    if len(digest) == 64:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    content = path.read_bytes() if digest else b""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == digest


def _find_next(tag: str, taken: dict[str, str]) -> str:
    *first, last = tag.removeprefix("v").split(".")
    number = int(last)
    while tag in taken:
        number += 1
        tag = "v" + ".".join([*first, str(number)])
    return tag


def _check_account(who: dict[str, Any], hub_id: str) -> None:
    """Lo que se sabe antes de empezar: si el token escribe y si el espacio es de quien publica."""
    role = ((who.get("auth") or {}).get("accessToken") or {}).get("role")
    if role == "read":
        raise LabError(f"Tu token solo lee y para publicar tiene que escribir: {WRITE}.")
    space, name = hub_id.split("/")
    if role != "write":
        # De un token a medida («fineGrained») no se sabe aquí qué puede: lo dice el Hub al crear.
        return
    spaces = [str(who.get("name")), *(str(each.get("name")) for each in who.get("orgs") or [])]
    if space not in spaces:
        raise LabError(
            f"«{space}» no es tu cuenta ni una organización tuya ({join_some(spaces)}): pon "
            f'`hub_id="{spaces[0]}/{name}"` y escribe la ficha con él.'
        )


@contextmanager
def _explained(hub_id: str, token: str) -> Iterator[list[str]]:
    """Recoge la frase de lo que falle, sin el error, que lleva dentro la petición y su token."""
    found: list[str] = []
    try:
        yield found
    except LabError as error:
        sentence = explain_upload(error, hub_id) if error.__cause__ else str(error)
        found.append(hide_tokens(sentence or str(error), token))
    except Exception as error:
        sentence = explain_upload(error, hub_id)
        if sentence is None:
            raise
        found.append(hide_tokens(sentence, token))


@contextmanager
def _quiet_bars() -> Iterator[None]:
    """Sin barras de progreso, que en un cuaderno guardado son ruido."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    before = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not before:
            enable_progress_bars()


def _check_folder(folder: str | Path) -> Path:
    folder = Path(folder)
    if not folder.is_dir():
        raise LabError(f"No existe la carpeta «{folder.name}»: guarda antes el modelo en ella.")
    return folder


def _check_name(hub_id: Any) -> None:
    parts = hub_id.split("/") if isinstance(hub_id, str) else []
    right = len(parts) == 2 and all(NAME.fullmatch(part) for part in parts)
    if not right or len(hub_id) > 96 or hub_id.endswith(".git"):
        raise LabError(explain_name(hub_id))


def _choose_version(folder: Path, version: str | None) -> str:
    """La versión de la ficha, que tiene que ser la que se pide."""
    found = CARD_VERSION.search((folder / CARD).read_text(encoding="utf-8-sig"))
    written = found[1] if found else None
    tag = check_version(version or written or VERSION)
    if written and written != tag:
        raise LabError(
            f"La ficha es de la versión {written} y pides {tag}: escríbela otra vez con "
            f'`version="{tag}"`.'
        )
    return tag


def _sort_files(folder: Path) -> dict[str, str]:
    """De cada archivo, por qué no se sube; vacío si se sube. Lo que se sube va delante."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        why = next((why for pattern, why in LEFT_OUT if re.search(pattern, name, re.I)), "")
        if not why and not path.resolve().is_relative_to(folder.resolve()):
            why = "enlace a otra carpeta"
        found[name] = why
    return dict(sorted(found.items(), key=lambda item: bool(item[1])))


def _check_weights(folder: Path) -> None:
    from safetensors import SafetensorError, safe_open

    index = folder / "model.safetensors.index.json"
    files = {"model.safetensors"}
    if index.is_file():
        try:
            files = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, TypeError, AttributeError):
            raise LabError(f"«{index.name}» está dañado: guarda el modelo otra vez.") from None
    for name in sorted(files):
        try:
            with safe_open(folder / name, framework="np") as tensors:
                tensors.keys()
        except FileNotFoundError:
            raise LabError(
                f"En «{folder.name}» faltan los pesos ({name}): guárdalo con `save_pretrained`."
            ) from None
        except (SafetensorError, OSError):
            raise LabError(
                f"Los pesos de «{folder.name}» ({name}) están dañados o a medias: guarda el modelo "
                "otra vez."
            ) from None


def _check_keras(folder: Path) -> None:
    missing = [
        name
        for name in ("config.json", "task.json", "model.weights.h5")
        if not (folder / name).is_file()
    ]
    if missing:
        raise LabError(
            f"En «{folder.name}» falta {join_some(missing)}: guarda el modelo entero con "
            f'`model.save_to_preset("{folder.name}")`.'
        )
    with open(folder / "model.weights.h5", "rb") as file:
        if file.read(8) != b"\x89HDF\r\n\x1a\n":
            raise LabError(
                f"Los pesos de «{folder.name}» (model.weights.h5) están dañados o a medias: guarda "
                "el modelo otra vez."
            )
