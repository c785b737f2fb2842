r"""Dónde apunta un nombre: una ruta de esta máquina, tal como la escribe cada quien, o el Hub.

Una ruta relativa se cuenta desde la carpeta actual: la del cuaderno en JupyterLab, la de la
terminal en la línea de órdenes. Si ahí no está, se mira en la carpeta del laboratorio y en la de
resultados. Lo que se apunta es siempre el mismo nombre para el mismo archivo, sin la carpeta
personal de nadie: relativo al cuaderno si está cerca y, si no, con «~».
"""

from __future__ import annotations

import difflib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.tables import join_names

# Cómo acaban los archivos de datos y de pesos, y ningún id del Hub.
FILE_ENDINGS = (
    ".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".xls", ".ods",
    ".parquet", ".arrow", ".feather", ".gz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar",
    ".xml", ".html", ".sav", ".dta", ".doc", ".docx", ".odt", ".pdf", ".pkl", ".db", ".sqlite",
    ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".keras", ".onnx", ".gguf",
)  # fmt: skip
PATH_STARTS = ("/", "./", "../", "~", ".\\", "..\\")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
HUB_PAGE = re.compile(
    r"(?:https?://(?:huggingface\.co|hf\.co)/|hf://)(?:datasets/|models/)?"
    r"((?!(?:spaces|docs|blog|papers|collections)/)[\w.-]+/[\w.-]+)"
)
DRIVE = re.compile(r"[A-Za-z]:")
CONTROL = re.compile(r"[\0-\x1f]")
# Subir más carpetas que estas se lee peor que una ruta desde «~».
MOST_UPS = 2
MODEL = "model_name"
DRIVE_IN_COLAB = "/content/drive"


def find_source(parameter: str, name: str) -> tuple[str, str]:
    """Devuelve (ruta que se puede abrir desde aquí, nombre que se apunta).

    ``parameter``: ``"dataset_name"`` o ``"model_name"``. La ruta es vacía si el nombre solo puede
    ser del Hub. Lanza LabError si parece una ruta y no está, o si lo que hay ahí no sirve.

    >>> find_source("dataset_name", "mini-reviews")[1], find_source("model_name", "org/bert")
    ('mini-reviews', ('', 'org/bert'))
    >>> find_source("dataset_name", "no-está.csv")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: No encuentro «no-está.csv»: ...
    """
    if embedded := _find_embedded(name):
        return embedded, name
    if found := _find_path(name):
        _check_usable(parameter, name, Path(split_sheet(found)[0]))
        return found, write_name(found, Path.cwd())
    if _looks_like_path(name):
        raise LabError(_explain_missing(parameter, name))
    return "", name


def hand_over(name: str, folder: Path | None, say: Callable[[str], None] = print) -> str:
    """Devuelve cómo se nombra desde ``folder`` lo que desde aquí se llama ``name``.

    Lo incluido y lo del Hub se llaman igual en todas partes. ``folder``: None si el nombre debe
    valer en cualquiera; ``say``: cómo contar que se usa lo de otra carpeta, o con otra letra.

    >>> hand_over("mini-reviews", Path("notebooks")), hand_over("org/bert", None)
    ('mini-reviews', 'org/bert')
    """
    path = "" if _find_embedded(name) else _find_path(name)
    if not path:
        return name
    if path != os.path.expanduser(name):
        say(f"«{name}»: uso «{write_name(path, Path.cwd())}».")
    return write_name(path, folder)


def write_name(path: str, folder: Path | None) -> str:
    """Devuelve cómo nombrar, desde ``folder``, lo que desde aquí se abre con ``path``.

    Sin ``folder`` el nombre vale en cualquier carpeta.

    >>> write_name("notebooks/../x.csv", Path.cwd() / "notebooks"), write_name("a/b", Path.cwd())
    ('../x.csv', './a/b')
    """
    target = os.path.abspath(path)
    relative = _relate(target, folder) if folder else None
    if relative is not None and relative.split("/").count("..") <= MOST_UPS:
        # Sin «./», una carpeta se confundiría con un id del Hub.
        return relative if _looks_like_path(relative) else f"./{relative}"
    # La carpeta personal puede ser un enlace, y la actual nunca pasa por él.
    for home in (Path.home(), Path.home().resolve()):
        inside = _relate(target, home)
        if inside is not None and not inside.startswith(".."):
            return f"~/{inside}"
    return Path(target).as_posix()


def split_sheet(name: str) -> tuple[str, str | None]:
    """Separa «archivo.xlsx#Hoja» en (ruta, hoja); la hoja es None si no se pide ninguna.

    Solo es una hoja si lo de antes de «#» existe y el nombre entero, no.

    >>> split_sheet("notas #1.csv")
    ('notas #1.csv', None)
    """
    path, mark = name, name.rfind("#")
    while mark > 0 and not os.path.exists(name):
        path = name[:mark]
        if os.path.isfile(path):
            return path, name[mark + 1 :] or None
        mark = name.rfind("#", 0, mark)
    return name, None


def _find_path(name: str) -> str:
    """La primera ruta que existe de las que puede querer decir un nombre, o vacío."""
    return next((each for each in _candidates(name) if _exists(each)), "")


def _find_embedded(name: str) -> str:
    """La carpeta de lo incluido que se llama así, o vacío."""
    known = {path.name: path for path in paths.EMBEDDED.iterdir() if path.is_dir()}
    if name not in known:
        return ""
    return _shorten(known[name])


def _relate(target: str, folder: Path) -> str | None:
    """La ruta desde una carpeta; None si está en otra unidad de Windows."""
    try:
        return Path(os.path.relpath(target, folder)).as_posix()
    except ValueError:
        return None


def _candidates(name: str) -> Iterator[str]:
    """Las rutas que puede querer decir un nombre, por orden: ahí, en el laboratorio, en results/.

    Vale lo que no se ve al copiar un nombre: comillas, espacios, los acentos en dos partes de
    macOS y las carpetas como las separa Windows.
    """
    plain = name.strip().strip("\"'")
    forms = [name, plain, *(unicodedata.normalize(form, plain) for form in ("NFC", "NFD"))]
    forms.append(plain.replace("\\", "/"))
    for folder in (Path(), *_fallbacks()):
        for form in dict.fromkeys(forms):
            if form and not CONTROL.search(form) and not URL.match(form):
                inside = os.path.expanduser(form)
                yield inside if folder == Path() else _shorten(folder / inside)


def _shorten(path: Path) -> str:
    """La ruta relativa, si es corta: se lee mejor y no revela en qué carpeta vive cada quien."""
    relative = _relate(str(path), Path.cwd())
    if relative is not None and relative.split("/").count("..") <= MOST_UPS:
        return relative
    return path.as_posix()


def _fallbacks() -> list[Path]:
    root = [paths.REPO] if paths.is_checkout() else []
    return [folder for folder in (*root, paths.results_folder()) if folder != Path.cwd()]


def _exists(path: str) -> bool:
    return os.path.exists(split_sheet(path)[0])


def _looks_like_path(name: str) -> bool:
    """Dice si un nombre solo puede ser de un archivo o una carpeta, y nunca del Hub.

    >>> [_looks_like_path(name) for name in ("org/bert-v1.5", "a.csv", "~/a", "a.xlsx#Hoja 1")]
    [False, True, True, True]
    """
    plain = name.strip().strip("\"'")
    return (
        plain in (".", "..")
        or plain.startswith(PATH_STARTS)
        or bool(DRIVE.match(plain) or CONTROL.search(name) or URL.match(plain))
        or "\\" in plain
        or plain.count("/") > 1
        or plain.split("/")[0] in ("results", "runs")
        or _cut_sheet(plain).casefold().endswith(FILE_ENDINGS)
    )


def _cut_sheet(name: str) -> str:
    """El nombre sin «#Hoja», si lo de antes acaba como un archivo."""
    before = name.rpartition("#")[0]
    return before if before.casefold().endswith(FILE_ENDINGS) else name


def _check_usable(parameter: str, name: str, path: Path) -> None:
    if not (path.is_file() or path.is_dir()):
        raise LabError(f"«{name}» no es un archivo ni una carpeta: revisa «{parameter}».")
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        raise LabError(f"No tienes permiso para leer «{name}»: cámbiaselo o pídeselo a su dueño.")
    if parameter == MODEL:
        _check_model(name, path)
    elif path.is_file() and not path.stat().st_size:
        raise LabError(
            f"«{name}» está vacío (0 bytes): guárdalo o descárgalo otra vez y comprueba que se ve."
        )


def _check_model(name: str, path: Path) -> None:
    if path.is_file():
        raise LabError(
            f"«{name}» es un archivo, y un modelo es una carpeta (con config.json, los pesos y el "
            f"tokenizer): pon en «{MODEL}» la carpeta."
        )
    # De un adaptador sin su modelo ya habla quien mira qué checkpoint es.
    if any((path / each).is_file() for each in ("config.json", "adapter_config.json")):
        return
    inside = [each.parent.name for each in path.glob("*/config.json")]
    hint = f" Sí lo tiene, dentro de ella: {join_names(sorted(inside)[:5])}." if inside else ""
    raise LabError(
        f"La carpeta «{name}» no tiene config.json, así que no es un modelo de Transformers."
        f"{hint} Pon en «{MODEL}» la carpeta que dejó `save_pretrained` (`save_model` en Trainer)."
    )


def _explain_missing(parameter: str, name: str) -> str:
    """Dice que no está, dónde se buscó y cómo se llama lo más parecido."""
    if CONTROL.search(name):
        shown = CONTROL.sub("?", name)
        return (
            f"«{shown}» tiene un salto de línea, un tabulador u otro signo oculto: en Python, «\\» "
            "dentro de comillas cambia la letra que sigue. Escribe la ruta con una r delante, "
            f'{parameter} = r"C:\\carpeta\\archivo.csv", o con «/».'
        )
    plain = name.strip().strip("\"'")
    if URL.match(plain):
        return _explain_url(parameter, plain)
    if DRIVE.match(plain) and os.name != "nt":
        return (
            f"«{name}» es una ruta de Windows y esto se ejecuta en otro sistema, que no ve ese "
            f"disco: sube o copia aquí el archivo y pon en «{parameter}» dónde quedó."
        )
    if plain.startswith(DRIVE_IN_COLAB) and not os.path.isdir(DRIVE_IN_COLAB):
        return (
            f"«{name}» está en tu Google Drive, que falta por montar: ejecuta `from google.colab "
            f'import drive; drive.mount("{DRIVE_IN_COLAB}")` y repite la celda.'
        )
    near = _find_nearest(_cut_sheet(plain))
    hint = f" ¿Querías decir «{near}»?" if near else ""
    return (
        f"No encuentro «{name}»: lo busqué en {_list_places(plain)}.{hint} Revisa cómo está "
        f"escrito y en qué carpeta está, y corrige «{parameter}»."
    )


def _explain_url(parameter: str, url: str) -> str:
    if url.lower().startswith("file:"):
        path = re.sub(r"^/(?=[A-Za-z]:)", "", unquote(urlsplit(url).path))
        return f"Escribe en «{parameter}» la ruta sola, sin «file:» ni sus barras: {path}"
    if page := HUB_PAGE.match(url):
        return f"Del Hub hace falta solo el nombre: pon en «{parameter}» {page[1]}"
    return (
        f"«{url}» es una dirección de la red: descarga antes el archivo y pon en «{parameter}» la "
        "ruta en que quedó."
    )


def _list_places(name: str) -> str:
    path = Path(os.path.expanduser(name))
    if path.is_absolute():
        missing = "" if path.parent.is_dir() else ", que no existe"
        return f"«{write_name(str(path.parent), Path.cwd())}»{missing}"
    return join_names([f"«{folder.name}»" for folder in (Path.cwd(), *_fallbacks())])


def _find_nearest(name: str) -> str:
    """Lo que más se le parece, en las carpetas en que se buscó; vacío si nada se parece."""
    path = Path(os.path.expanduser(name))
    known: dict[str, str] = {}
    for folder in (Path.cwd(), *_fallbacks()):
        for each in _list_names(folder / path.parent):
            known.setdefault(_fold(each), str(folder / path.parent / each))
    nearest = difflib.get_close_matches(_fold(path.name), known, 1)
    return write_name(known[nearest[0]], Path.cwd()) if nearest else ""


def _list_names(folder: Path) -> Iterable[str]:
    try:
        return sorted(each for each in os.listdir(folder) if not each.startswith("."))
    except OSError:
        return []


def _fold(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
