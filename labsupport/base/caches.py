"""La carpeta en que las librerías de Hugging Face guardan lo suyo, y qué hacer si no se puede.

Todas deciden dónde al importarse, por las variables de entorno: por eso se mira antes.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from labsupport.base.errors import LabError

# Lo que se escribe aunque no se descargue nada.
WRITTEN = ("datasets", "modules", "metrics", "evaluate", "laboratorio")
ELSEWHERE = ("HF_DATASETS_CACHE", "HF_MODULES_CACHE", "HF_METRICS_CACHE", "HF_EVALUATE_CACHE")


def ensure_cache(say: Callable[[str], None] = print) -> None:
    """Si no se puede escribir en la carpeta de HF_HOME, usa una temporal y lo dice.

    Lo que ya estaba descargado se sigue leyendo de donde estaba. Hay que llamarla antes de
    importar ``datasets`` o ``transformers``. Lanza LabError si tampoco hay carpeta temporal.

    >>> ensure_cache()
    """
    written = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface"
    )
    home = Path(os.path.expandvars(os.path.expanduser(written)))
    folders = [home, *(home / name for name in WRITTEN if os.path.lexists(home / name))]
    folders += [Path(os.environ[name]) for name in ELSEWHERE if os.environ.get(name)]
    if all(map(is_writable, folders)):
        return
    try:
        temporary = tempfile.mkdtemp(prefix="laboratorio-")
    except OSError as error:
        raise LabError(
            f"No se puede escribir en la carpeta de HF_HOME ({written}) ni en la temporal: libera "
            "sitio en el disco o pon HF_HOME en una carpeta tuya, y repite."
        ) from error
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    os.environ.setdefault("HF_HUB_CACHE", str(home / "hub"))
    os.environ.setdefault("HF_TOKEN_PATH", str(home / "token"))
    os.environ["HF_HOME"] = temporary
    if not is_writable(Path.home()):
        # Otras librerías usan la carpeta personal y avisan en inglés de que no pueden.
        for name in ("MPLCONFIGDIR", "IPYTHONDIR"):
            os.environ.setdefault(name, temporary)
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    say(
        f"No se puede escribir en la carpeta de HF_HOME ({written}): uso una temporal, que basta "
        "para lo incluido y para tus archivos. Para descargar del Hub, pon HF_HOME en una carpeta "
        "tuya antes de empezar."
    )


def is_writable(folder: Path) -> bool:
    """Dice si se puede escribir en ``folder``, que crea si no está.

    >>> is_writable(Path(tempfile.gettempdir()))
    True
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            # Con el disco lleno se puede crear un archivo y no escribir en él.
            file.write(bytes(2**16))
            file.flush()
    except OSError:
        return False
    return True
