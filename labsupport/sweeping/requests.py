"""Qué se pide en un barrido: los valores de cada parámetro, y qué ensayos salen de ellos."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.tables import join_names
from labsupport.evaluation.sweeps import SEEDS, WIDE, spell_value
from labsupport.settings import PARAMETERS, check_parameters, parse_parameter

RANGE = re.compile(r"([^,]+?)\.\.([^,]+)")
NAME = re.compile(r"\w[\w.+-]*")
# Más no los mira nadie en una tabla: para un espacio así está --budget.
MOST = 10_000
EXAMPLE = "python -m labsupport sweep 02 -p learning_rate 1e-4,5e-4,1e-3 -p seed 42,43,44"
# Texto que admite varios valores separados por comas: no puede llevar una dentro.
LISTED = ("profile",)


@dataclass(frozen=True)
class Interval:
    """De dónde a dónde se busca un número; entero si lo son sus dos extremos."""

    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Si conviene buscar por órdenes de magnitud."""
        return self.low > 0 and self.high / self.low >= WIDE

    @property
    def is_whole(self) -> bool:
        """Si solo valen números enteros."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class Request:
    """Un barrido pedido y ya revisado.

    ``target``: el cuaderno o el programa; ``choices``: de parámetro a sus valores, alguno;
    ``intervals``: de parámetro a dónde se busca; ``budget``: cuántas configuraciones elige Optuna,
    o 0 si se prueban todas; ``report_to``: a quién cuenta Trainer cómo va.
    """

    target: Path
    choices: Mapping[str, Sequence[Any]]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    budget: int = 0
    name: str = ""
    report_to: str = ""
    command: str = ""

    @property
    def is_script(self) -> bool:
        """Si lo que se entrena es un programa de Python y no un cuaderno."""
        return self.target.suffix == ".py"

    @property
    def varied(self) -> list[str]:
        """Los parámetros que cambian de un ensayo a otro, en el orden en que se pidieron."""
        return [*(n for n, each in self.choices.items() if len(each) > 1), *self.intervals]

    @property
    def fixed(self) -> dict[str, Any]:
        """Los que se piden con un solo valor."""
        return {name: each[0] for name, each in self.choices.items() if len(each) == 1}

    @property
    def space(self) -> dict[str, Interval | Sequence[Any]]:
        """Lo que elige Optuna: intervalos y listas, menos las semillas, que se repiten todas."""
        lists = {n: self.choices[n] for n in self.varied if n in self.choices and n not in SEEDS}
        return {**lists, **self.intervals}

    @property
    def label(self) -> str:
        """El nombre del barrido: el pedido o el que dicen su cuaderno y lo que cambia."""
        parts = [self.target.stem, *self.varied, *(["optuna"] if self.budget else [])]
        return self.name or "-".join(parts)


def read_values(pairs: Sequence[Sequence[str]], is_script: bool = False) -> dict[str, Any]:
    """Lee las opciones ``-p``: de parámetro a lista de valores o a Interval.

    Los números se separan con comas y ``a..b`` es un intervalo; un texto que puede llevar comas
    (una ruta, una columna) no se parte: se repite ``-p``. Lanza LabError si un nombre no existe, si
    falta un valor o si sobra uno.

    >>> read_values([["learning_rate", "1e-4,1e-3"], ["dataset_name", "a,b.csv"]])
    {'learning_rate': [0.0001, 0.001], 'dataset_name': ['a,b.csv']}
    >>> str(read_values([["epochs", "1..8"]])["epochs"])
    '1..8'
    """
    found: dict[str, Any] = {}
    for name, text in pairs:
        parse = _parse_own if is_script and name not in PARAMETERS else parse_parameter
        if is_script:
            _check_own_name(name)
        if interval := _read_interval(name, text, parse):
            if name in found:
                raise LabError(f"«{name}» está dos veces, y una es un intervalo: deja una sola.")
            found[name] = interval
            continue
        if isinstance(found.get(name), Interval):
            raise LabError(f"«{name}» está dos veces, y una es un intervalo: deja una sola.")
        pieces = _split(name, text, is_script)
        found.setdefault(name, []).extend(parse(name, piece) for piece in pieces)
    for name, values in found.items():
        if not isinstance(values, Interval):
            _refuse_repeated(name, values)
    return found


def check_request(request: Request) -> None:
    """Comprueba lo pedido sin arrancar nada; lanza LabError con una frase si algo no sirve."""
    if not request.varied:
        raise LabError(
            "Un barrido compara y aquí no cambia nada: da al menos dos valores de algún parámetro, "
            f"como en `{EXAMPLE}` (para entrenar una vez, `python -m labsupport run`)."
        )
    if request.intervals and not request.budget:
        name, interval = next(iter(request.intervals.items()))
        raise LabError(
            f"«{name}» pide el intervalo {interval}, que no se puede probar entero: di cuántas "
            "configuraciones con --budget N o escribe los valores separados por comas."
        )
    if seeds := [name for name in SEEDS if name in request.intervals]:
        raise LabError(
            f"«{seeds[0]}» es una semilla y no se busca la mejor: escribe las que quieras repetir "
            "separadas por comas, «42,43,44»."
        )
    if request.budget and not request.space:
        raise LabError(
            "Con --budget hace falta algo que buscar: un intervalo («-p learning_rate 1e-5..1e-2») "
            "o varios valores de un parámetro que no sea una semilla."
        )
    if request.budget and any(None in values for values in request.choices.values()):
        raise LabError("Con --budget no vale «None»: escribe el valor que quieras probar.")
    if request.name and not NAME.fullmatch(request.name):
        raise LabError(
            f"«{request.name}» no sirve de nombre de archivo: usa letras, números y guiones."
        )
    number = count_trials(request)
    if number > MOST:
        raise LabError(
            f"Son {number} ensayos y como mucho se admiten {MOST}: quita valores o deja que Optuna "
            "elija unos pocos con --budget N."
        )
    _check_corners(request)


def count_trials(request: Request) -> int:
    """Devuelve cuántos ensayos hay que hacer en total.

    >>> count_trials(Request(Path("a.ipynb"), {"epochs": [1, 2], "seed": [1, 2, 3]}))
    6
    """
    if request.budget:
        return request.budget * len(list_seeds(request))
    total = 1
    for values in request.choices.values():
        total *= len(values)
    return total


def list_combinations(request: Request) -> list[dict[str, Any]]:
    """Devuelve el producto de los valores que cambian, en el orden en que se escribieron.

    >>> list_combinations(Request(Path("a.ipynb"), {"epochs": [1, 2], "seed": [7]}))
    [{'epochs': 1}, {'epochs': 2}]
    """
    names = request.varied
    product = itertools.product(*(request.choices[name] for name in names))
    return [dict(zip(names, values, strict=True)) for values in product]


def list_corners(request: Request) -> list[dict[str, Any]]:
    """Devuelve, de uno en uno, los valores de una búsqueda que hay que poder usar.

    >>> list_corners(Request(Path("a.py"), {"seed": [7]}, {"epochs": Interval(1, 4)}, 5))
    [{'seed': 7}, {'epochs': 1}, {'epochs': 4}]
    """
    ends = {name: [each.low, each.high] for name, each in request.intervals.items()}
    every = {**request.choices, **ends}
    return [{name: value} for name, values in every.items() for value in values]


def list_seeds(request: Request) -> list[dict[str, Any]]:
    """Devuelve las semillas con que se repite cada configuración; si no cambia ninguna, una vacía.

    >>> list_seeds(Request(Path("a.ipynb"), {"epochs": [1, 2], "seed": [7, 8]}))
    [{'seed': 7}, {'seed': 8}]
    """
    names = [name for name in request.varied if name in SEEDS]
    product = itertools.product(*(request.choices[name] for name in names))
    return [dict(zip(names, values, strict=True)) for values in product]


def check_values(request: Request, values: Mapping[str, Any]) -> dict[str, Any]:
    """Devuelve los parámetros en vigor de un ensayo, ya revisados.

    ``values``: los que cambian. Un programa propio puede tener además otros, que no se revisan.
    Lanza LabError si un valor no se puede usar.
    """
    given = {**request.fixed, **values}
    if not request.is_script:
        return check_parameters(given).parameters()
    check_parameters({name: value for name, value in given.items() if name in PARAMETERS})
    return given


def _check_corners(request: Request) -> None:
    """Revisa todos los ensayos o, en una búsqueda, los extremos de lo que se busca."""
    if not request.budget:
        every = [check_values(request, values) for values in list_combinations(request)]
        # «None» es lo que diga el perfil: puede coincidir con otro valor.
        if len({repr(each) for each in every}) < len(every):
            raise LabError(
                "Dos ensayos tendrían los mismos parámetros («None» es lo que diga el perfil): "
                "quita el valor repetido."
            )
        return
    for values in list_corners(request):
        check_values(request, values)


def _read_interval(name: str, text: str, parse: Any) -> Interval | None:
    match = RANGE.fullmatch(text)
    if match is None or not _is_number(name, match[1], parse):
        return None
    low, high = (parse(name, piece) for piece in match.groups())
    if not all(isinstance(end, int | float) for end in (low, high)) or not low < high:
        raise LabError(f"«{text}» no es un intervalo: escribe el menor, «..» y el mayor.")
    return Interval(low, high)


def _is_number(name: str, text: str, parse: Any) -> bool:
    try:
        value = parse(name, text)
    except LabError:
        # Lo dirá quien lo lea entero, con el nombre del parámetro.
        return name in PARAMETERS
    return isinstance(value, int | float) and not isinstance(value, bool)


def _split(name: str, text: str, is_script: bool) -> list[str]:
    if name in PARAMETERS:
        is_text = "str" in str(PARAMETERS[name].type) and name not in LISTED
    else:
        # De un programa propio no se sabe: solo se parten números y nombres sueltos.
        is_text = not is_script or not re.fullmatch(r"[\w.+-]*(,[\w.+-]*)*", text)
    pieces = [text.strip()] if is_text else [piece.strip() for piece in text.split(",")]
    if not all(pieces):
        raise LabError(
            f"A «{name}» le falta algún valor en «{text}»: sepáralos con una coma, como en "
            "«1e-4,5e-4»."
        )
    return pieces


def _parse_own(name: str, text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"True": True, "False": False}.get(text, text)


def _check_own_name(name: str) -> None:
    if not name.isidentifier():
        raise LabError(f"«{name}» no sirve de nombre de parámetro: usa letras, números y «_».")


def _refuse_repeated(name: str, values: Sequence[Any]) -> None:
    twice = [value for value, times in Counter(values).items() if times > 1]
    if twice:
        raise LabError(
            f"«{name}» repite {join_names(map(spell_value, twice))}: escribe cada valor una vez."
        )
