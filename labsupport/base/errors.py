"""Fallos previsibles contados en una frase en español: qué pasó y qué hacer ahora."""

from __future__ import annotations

import difflib
import errno
import functools
import sys
from collections.abc import Callable, Iterable
from typing import Any


class LabError(Exception):
    """Un fallo previsible; su mensaje es una frase en español lista para leer."""

    def _render_traceback_(self) -> list[str]:
        # IPython busca este método: así el cuaderno muestra la frase y no una pila de llamadas.
        return [f"⚠ {self}"]


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Devuelve «¿Querías decir …?» con el nombre conocido más parecido, o un texto vacío.

    >>> suggest_name("epoch", ["epochs", "seed"])
    ' ¿Querías decir «epochs»?'
    >>> suggest_name("zzz", ["epochs", "seed"])
    ''
    """
    nearest = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return f" ¿Querías decir «{nearest[0]}»?" if nearest else ""


def explain_error(error: BaseException) -> str | None:
    """Traduce un fallo previsible a una frase en español; None si no es de los previsibles.

    Recorre también las causas (``__cause__`` y ``__context__``), porque las librerías
    envuelven el fallo original en otro más vago.

    >>> explain_error(LabError("Falta el archivo."))
    'Falta el archivo.'
    >>> explain_error(OSError(28, "No space left on device")).startswith("No queda espacio")
    True
    >>> explain_error(ZeroDivisionError("division by zero")) is None
    True
    """
    # Aquí dentro: hub_errors es de la red, y casi nunca hace falta.
    from labsupport.base.hub_faults import explain_hub_error

    for link in _chain(error):
        for recognises, explain in _KNOWN_FAULTS:
            if recognises(link):
                return explain(link)
        if sentence := explain_hub_error(link):
            return sentence
    return None


def enable_spanish_errors() -> None:
    """Hace que el cuaderno cuente en español los fallos previsibles; fuera de Jupyter no hace nada.

    Los fallos que no son previsibles (los de tu propio código) se muestran como siempre.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((Exception,), _show_in_spanish)
        # Lo que no llega a ser código no pasa por ahí: una ruta de Windows, por ejemplo.
        show = type(shell).showsyntaxerror
        shell.showsyntaxerror = functools.partial(_show_syntax_in_spanish, shell, show)


def _show_in_spanish(
    shell: Any, etype: type, value: Any, traceback: Any, tb_offset: Any = None
) -> None:
    explanation = explain_error(value)
    if explanation is None:
        # set_custom_exc se apartaría para siempre si esta función fallara: delega en IPython.
        shell.showtraceback((etype, value, traceback), tb_offset=tb_offset)
        return None
    known = LabError(explanation)
    lines = known._render_traceback_()
    if explanation != str(value):
        lines.append(f"   (detalle técnico: {etype.__name__}: {_first_line(value)})")
    shell._showtraceback(LabError, known, lines)
    return None


def _show_syntax_in_spanish(
    shell: Any, show: Callable[..., Any], *arguments: Any, **options: Any
) -> Any:
    value = sys.exc_info()[1]
    if _is_bad_escape(value):
        _show_in_spanish(shell, type(value), value, None)
    else:
        show(shell, *arguments, **options)


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else "sin mensaje"


def _named(*names: str) -> Callable[[BaseException], bool]:
    """Reconoce por nombre de clase: así no hay que importar torch ni pyarrow para comparar."""
    return lambda error: any(kind.__name__ in names for kind in type(error).__mro__)


def _says(*fragments: str) -> Callable[[BaseException], bool]:
    return lambda error: any(fragment in str(error).lower() for fragment in fragments)


def is_disk_full(error: BaseException) -> bool:
    """Dice si el fallo es que no queda sitio en el disco.

    >>> is_disk_full(OSError(28, "No space left on device")), is_disk_full(OSError(2, "No such"))
    (True, False)
    """
    full = {errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG}
    return isinstance(error, OSError) and error.errno in full


def _is_denied(error: BaseException) -> bool:
    denied = (errno.EACCES, errno.EPERM, errno.EROFS)
    return isinstance(error, OSError) and error.errno in denied and bool(error.filename)


def _explain_denied(error: BaseException) -> str:
    filename = getattr(error, "filename", None)
    return (
        f"No hay permiso para usar «{filename}»: cámbiaselo o elige otra carpeta ("
        "LAB_RESULTS_DIR dice dónde van los resultados, --out las copias y HF_HOME lo descargado)."
    )


def _is_bad_escape(error: BaseException | None) -> bool:
    r"""Reconoce «C:\Users» entre comillas: Python toma «\U» por el principio de una letra."""
    return isinstance(error, SyntaxError) and "unicodeescape" in str(error)


def _is_empty_task(error: BaseException) -> bool:
    """Reconoce lo que exercises/nbgrader_config.py deja en lugar de cada solución."""
    return isinstance(error, NotImplementedError) and str(error).startswith("La tarea ")


def _explain_missing_module(error: BaseException) -> str:
    name = getattr(error, "name", None) or "una librería"
    return (
        f"Falta instalar «{name}»: ejecuta `make lab` (o `pip install -r requirements.txt`) "
        "y reinicia el kernel."
    )


# Por orden de efecto, medido con BERT-base, un paso de AdamW y batches llenos (8 × 512 tokens):
# la mitad de max_length baja el pico un 54 %; la mitad de batch_size, un 44 %.
_OUT_OF_MEMORY = (
    "Se acabó la memoria: reinicia el kernel y baja a la mitad, por este orden, `max_length` y "
    "`batch_size`; si no basta, elige un modelo más pequeño (`model_name`)."
)
_BAD_ESCAPE = (
    "Entre comillas, «\\» cambia la letra que sigue, y una ruta de Windows lo usa entre carpetas: "
    'ponle una r delante, r"C:\\carpeta\\archivo.csv", o escríbela con «/».'
)
_CORRUPT_WEIGHTS = (
    "El archivo de pesos del modelo está dañado o a medias: bórralo y descárgalo otra vez; "
    "si es el modelo incluido, recupéralo con `git checkout -- labsupport/embedded`."
)
_CORRUPT_DATA = (
    "El archivo de datos está dañado o no es parquet: bórralo y descárgalo otra vez; "
    "si es el dataset incluido, recupéralo con `git checkout -- labsupport/embedded`."
)
# En la línea de órdenes no hay celda que ejecutar otra vez.
DISK_FULL = "No queda espacio en el disco: libera sitio y repite la orden."
_DISK_FULL = (
    "No queda espacio en el disco: libera sitio (`make clean` borra copias y resultados "
    "del laboratorio) y ejecuta de nuevo la celda."
)

# Cómo lo dicen torch (en Linux y en Windows), XLA, TensorFlow y cuBLAS cuando no usan su clase.
_MEMORY_FRAGMENTS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "oom when allocating",
    "resource_exhausted",
    "cublas_status_alloc_failed",
)

# De lo más concreto a lo más general: gana la primera línea que reconoce el fallo.
_KNOWN_FAULTS: list[tuple[Callable[[BaseException], bool], Callable[[BaseException], str]]] = [
    (lambda error: isinstance(error, LabError), str),
    (_is_empty_task, str),
    (_is_bad_escape, lambda _: _BAD_ESCAPE),
    (is_disk_full, lambda _: _DISK_FULL),
    (_is_denied, _explain_denied),
    (_named("OutOfMemoryError", "MemoryError", "ResourceExhaustedError"), lambda _: _OUT_OF_MEMORY),
    (_says(*_MEMORY_FRAGMENTS), lambda _: _OUT_OF_MEMORY),
    (_named("SafetensorError"), lambda _: _CORRUPT_WEIGHTS),
    (_named("ArrowInvalid"), lambda _: _CORRUPT_DATA),
    (_named("ModuleNotFoundError"), _explain_missing_module),
]
