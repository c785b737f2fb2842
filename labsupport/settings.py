"""Perfiles y parámetros: qué valores hay, cuáles se aceptan y cuáles están en vigor.

La tabla de los parámetros es la clase ``Settings``, una línea cada uno: su tipo (``| None`` si
puede quedar sin valor), lo que vale de partida, qué decide y entre qué límites. De ahí salen la
revisión y la ayuda de la línea de órdenes; el README y los cuadernos se comparan con ella. Aquí no
se toca el disco ni la red: de eso se ocupa ``labsupport.data``.
"""

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_args

from labsupport.base.errors import LabError, suggest_name

# Lo que cada perfil cambia de la tabla. «mini» y «mini-es» viajan dentro del paquete; «yelp» es el
# del tutorial (con las mismas 1.000 + 1.000 reseñas, semilla 42 y 3 épocas) y «es», lo mismo con
# un BERT y unas reseñas en español. Los términos de lo que viene del Hub los dice su ficha: BETO
# pide CC BY 4.0 y no responde de sus textos de origen; las reseñas, escritas por huéspedes, las
# publica como MIT quien las recogió.
PROFILES: dict[str, dict[str, Any]] = {
    "mini": {},
    "mini-es": {"model_name": "mini-bert-es", "dataset_name": "mini-reviews-es"},
    "yelp": {
        "model_name": "google-bert/bert-base-cased",
        "dataset_name": "Yelp/yelp_review_full",
        "max_length": 512,
        "batch_size": 8,
        "learning_rate": 5e-5,
    },
    "es": {
        "model_name": "dccuchile/bert-base-spanish-wwm-cased",
        "dataset_name": "beltrewilton/punta-cana-spanish-reviews",
        # Sus textos no pasan de 790 letras: en 256 tokens caben enteros.
        "max_length": 256,
        "batch_size": 8,
        "learning_rate": 5e-5,
    },
}


def _row(default: Any, decides: str, low: float = -math.inf, high: float = math.inf) -> Any:
    return field(default=default, metadata={"decides": decides, "limits": (low, high)})


@dataclass(frozen=True)
class Settings:
    """Los valores en vigor de una ejecución; en un cuaderno se muestra como una tabla."""

    profile: str = _row(
        "mini",
        '"mini" o "mini-es" (incluidos, sin red), "yelp" o "es" (Hub, mejor con GPU)',
    )
    model_name: str = _row("mini-bert", "checkpoint: carpeta o id del Hub")
    dataset_name: str = _row(
        "mini-reviews", "dataset: id del Hub, carpeta o archivo (csv, xlsx, json, parquet...)"
    )
    text_column: str | None = _row(None, "columna del texto; None: la encuentra")
    label_column: str | None = _row(None, "columna de la etiqueta; None: la encuentra")
    header: bool | None = _row(
        None, "si la primera fila son los nombres de las columnas; None: lo averigua"
    )
    n_train: int = _row(1000, "textos de entrenamiento", 1)
    n_validation: int = _row(500, "textos de validación", 1)
    n_eval: int = _row(1000, "textos de prueba", 1)
    max_length: int = _row(192, "tokens por texto como máximo", 4)
    batch_size: int = _row(16, "textos por batch", 1, 4096)
    epochs: int = _row(3, "vueltas al subconjunto de entrenamiento", 1, 1000)
    learning_rate: float = _row(5e-4, "tamaño del paso del optimizador", 1e-9, 1.0)
    # Dos semillas, para poder entrenar varias veces con los mismos textos y el mismo examen.
    seed: int = _row(42, "semilla del modelo", 0, 2**32 - 1)
    data_seed: int = _row(42, "semilla que elige los textos", 0, 2**32 - 1)
    # Lo que ``labsupport.data`` encuentra en esta máquina; vacío: no se ha mirado o no está.
    device: str = ""
    device_name: str = ""
    precision: str = ""
    model_folder: str = ""
    dataset_folder: str = ""
    # De los que no salen del perfil ni de quien ejecuta, de dónde: (parámetro, origen).
    origins: tuple[tuple[str, str], ...] = ()

    @property
    def model_path(self) -> str:
        """Lo que entiende ``from_pretrained``: una carpeta, o un id del Hub aún sin descargar."""
        return self.model_folder or self.model_name

    @property
    def dataset_path(self) -> str:
        """Lo que entiende ``load_dataset``: una carpeta, o un id del Hub aún sin descargar."""
        return self.dataset_folder or self.dataset_name

    def parameters(self) -> dict[str, Any]:
        """Devuelve solo los parámetros, en el orden de la tabla, sin dispositivo ni precisión."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def rows(self) -> list[tuple[str, str, str]]:
        """Devuelve (nombre, valor, de dónde sale) para mostrar."""
        default = list_values(self.profile)
        rows = [("profile", self.profile, "")]
        for name, value in list(self.parameters().items())[1:]:
            usual = "perfil" if value == default[name] else "cambiado"
            origin = dict(self.origins).get(name, usual)
            rows.append((name, f"{value:g}" if isinstance(value, float) else str(value), origin))
        if not self.device:
            return rows
        rows.append(("device", self.device_name, "detectado"))
        return [*rows, ("precision", self.precision, "detectada")]

    def __str__(self) -> str:
        return "\n".join(f"{name:<14} {value:<30} {origin}" for name, value, origin in self.rows())

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>"
            for row in self.rows()
        )
        head = "<tr><th>parámetro</th><th>valor</th><th>de dónde sale</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{cells}</tbody></table>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


PARAMETERS = {each.name: each for each in fields(Settings) if each.metadata}


def list_values(profile: str) -> dict[str, Any]:
    """Devuelve lo que vale cada parámetro en un perfil que existe, en el orden de la tabla.

    >>> list_values("mini")["batch_size"], list_values("yelp")["batch_size"]
    (16, 8)
    """
    defaults = {name: each.default for name, each in PARAMETERS.items()}
    return {**defaults, **PROFILES[profile], "profile": profile}


def describe_parameter(name: str) -> str:
    """Devuelve qué decide un parámetro que existe y, si es un número, sus límites.

    >>> describe_parameter("epochs"), describe_parameter("n_eval")
    ('vueltas al subconjunto de entrenamiento (entre 1 y 1000)', 'textos de prueba (1 o más)')
    """
    decides = PARAMETERS[name].metadata["decides"]
    return f"{decides} ({_describe_limits(name)})" if _kinds(name)[0] in (int, float) else decides


def parse_parameter(name: str, text: str) -> Any:
    """Convierte el texto de la línea de órdenes en el valor de un parámetro.

    «None», como en un cuaderno, es lo que diga el perfil. Lanza LabError si el nombre no existe
    (con el más parecido) o si el texto no es del tipo.

    >>> parse_parameter("epochs", "3"), parse_parameter("learning_rate", "5e-5")
    (3, 5e-05)
    >>> parse_parameter("text_column", "None") is None
    True
    >>> parse_parameter("epocs", "3")
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: No existe el parámetro «epocs». ¿Querías decir «epochs»? ...
    """
    _check_name(name)
    if text == "None":
        return None
    if _kinds(name)[0] is bool:
        return {"True": True, "False": False}.get(text.capitalize(), text)
    try:
        return _kinds(name)[0](text)
    except ValueError:
        raise _wrong_type(name, text) from None


def check_parameters(values: Mapping[str, Any]) -> Settings:
    """Completa los valores con su perfil, los revisa y devuelve los que quedan en vigor.

    ``values``: nombre a valor; ``None`` o ausente significa «lo que diga el perfil».
    Lanza LabError con una frase por el primer valor que no se pueda usar.

    >>> check_parameters({"profile": "mini", "n_train": 200}).n_train
    200
    >>> check_parameters({"epochs": -1})
    Traceback (most recent call last):
    ...
    labsupport.base.errors.LabError: «epochs» vale -1 y debe estar entre 1 y 1000: ...
    """
    for name in values:
        _check_name(name)
    given = {name: value for name, value in values.items() if value is not None}
    merged = {**list_values(_check_profile(given.get("profile", "mini"))), **given}
    return Settings(**{name: _check_value(name, value) for name, value in merged.items()})


def _check_name(name: str) -> None:
    if name not in PARAMETERS:
        raise LabError(
            f"No existe el parámetro «{name}».{suggest_name(name, PARAMETERS)} "
            f"Los que hay: {', '.join(PARAMETERS)}."
        )


def _check_profile(profile: Any) -> str:
    if _check_value("profile", profile) not in PROFILES:
        raise LabError(
            f"No existe el perfil «{profile}».{suggest_name(profile, PROFILES)} "
            f"Elige uno de estos: {', '.join(PROFILES)}."
        )
    return profile


def _check_value(name: str, value: Any) -> Any:
    kind, *others = _kinds(name)
    if value is None and others:
        return None
    if kind is float and type(value) is int:
        return _check_limits(name, float(value))
    if type(value) is not kind:
        raise _wrong_type(name, value)
    if kind is bool:
        return value
    return _check_text(name, value) if kind is str else _check_limits(name, value)


def _kinds(name: str) -> tuple[type[Any], ...]:
    """El tipo de un parámetro y, si puede quedarse en None, también el de None."""
    kind = PARAMETERS[name].type
    return get_args(kind) or (kind,)


def _check_text(name: str, value: str) -> str:
    if not value.strip():
        raise LabError(f"«{name}» está vacío: escribe un nombre o deja None para usar el perfil.")
    return value


def _check_limits(name: str, value: float) -> float:
    low, high = PARAMETERS[name].metadata["limits"]
    if not low <= value <= high:
        raise LabError(
            f"«{name}» vale {value} y debe {'estar' if high < math.inf else 'ser'} "
            f"{_describe_limits(name)}: cambia su valor en la celda de parámetros."
        )
    return value


def _describe_limits(name: str) -> str:
    low, high = PARAMETERS[name].metadata["limits"]
    return f"entre {low:g} y {high:.10g}" if high < math.inf else f"{low:g} o más"


def _wrong_type(name: str, value: Any) -> LabError:
    names = {int: "un número entero", float: "un número", str: "un texto", bool: "True o False"}
    wanted = names[_kinds(name)[0]]
    return LabError(f"«{name}» debe ser {wanted} y recibió {value!r}: corrige ese valor.")
