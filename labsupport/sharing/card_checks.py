"""Que una ficha no diga nada que no se midió: cada cifra, con lo que está guardado.

Un número de la ficha vale si es una medida, y entonces tiene que ser la de su métrica, su split y
su clase; si es un parámetro o una cuenta, y entonces se nombra al lado; o si no mide nada (fechas,
versiones, nombres). Cualquier otro se señala.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.tables import format_number
from labsupport.data.subset import TEST
from labsupport.evaluation.results import Predictions
from labsupport.sharing.card_numbers import (
    FIRST_CLASS,
    Number,
    class_letter,
    clean_text,
    find_numbers,
)
from labsupport.sharing.cards import CARD, THIS_MODEL, name_license
from labsupport.sharing.measures import (
    LEVEL,
    METRIC_TYPES,
    VALIDATION,
    Measured,
    Measures,
    is_hub_id,
    list_numbers,
    measure_results,
)

HEADER = re.compile(r"\A\s*---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
FENCE = re.compile(r"^\s*(```+|~~~+)\s*(\S*)")
LINK = re.compile(r"(?<!\\)\]\(\s*<?([^)\s>]+)")
ESCAPED, FIRST_ESCAPED = re.compile(r"\\([|<*\[\]])"), 0xE200
PLACEHOLDER = re.compile(
    r"more information needed|(?-i:\b(?:TODO|TBD|FIXME|XXX+)\b)|\{\{.*?\}\}|lorem ipsum|"
    r"\b(?:tu|your)[-_](?:usuario|username|modelo|model|nombre|name|org)\b|"
    r"<(?:tu|your|nombre|name|model|usuario)[^>]*>|\[(?:completar|rellenar|pendiente)[^\]]*\]",
    re.IGNORECASE,
)
# Un decimal o un tanto por ciento; un año o un entero suelto en una etiqueta no miden nada.
FIGURE = re.compile(r"(?<![\w.])\d+[.,]\d+(?![.\d])\s?%?|\d+\s?%")
# Lo que en la cabecera es un nombre, y puede llevar un número de versión.
NAME_KEYS = ("model-index", "license", "license_name", "license_link", "base_model", "datasets")
WORDED_PERCENT = re.compile(r"[a-záéíóúñ]+ por ciento", re.IGNORECASE)


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])", re.IGNORECASE)


# Cada métrica y cada split se cambian por una letra: así se sabe cuál es la más cercana.
METRIC_WORDS = {
    "\ue010": ("macro-F1", _word(r"macro[- ]?F1|F1[- ]macro|macro F-1")),
    "\ue011": ("MAE", _word("MAE|error absoluto(?: medio)?")),
    "\ue012": ("ECE", _word("ECE|error de calibración(?: esperado)?|calibración")),
    "\ue013": ("accuracy", _word("accuracy|acc|exactitud|aciertos?|aciert[ao]n?")),
    "\ue014": ("precision", _word("precision|precisión")),
    "\ue015": ("recall", _word("recall|exhaustividad|sensibilidad")),
    "\ue016": ("F1", _word("F1|F-1|F1-score")),
}
UNKNOWN_METRIC = _word(
    r"(?:ROC[- ]?)?AUC|ROC|BLEU|ROUGE\S*|perplejidad|perplexity|MCC|kappa|RMSE|MSE|(?:log-?)?loss|"
    r"R2|NDCG|MRR|WER|top-\d+|EM|exact match|micro[- ]?F1|weighted[- ]?F1|especificidad|Brier"
)
SPLIT_WORDS = {
    "\ue020": (TEST, _word("test|prueba|examen")),
    "\ue021": (VALIDATION, _word("validación|validation|valid|dev")),
}
MARKS = {
    **{letter: pattern for letter, (_, pattern) in METRIC_WORDS.items()},
    **{letter: pattern for letter, (_, pattern) in SPLIT_WORDS.items()},
}
CLASS_METRICS = {"precision": "precision", "recall": "recall", "F1": "f1"}
# Lo que separa los dos extremos de un intervalo, delante del segundo.
PAIR = re.compile(r"\s*(?:[-\u2013;,a]|y|hasta)\s*\d")
INTERVAL = re.compile(r"(?<!\w)(?:intervalo|margen|entre|desde|IC|confianza|extremos)(?!\w)", re.I)
LOW, HIGH = (
    re.compile(r"desde|mínimo|inferior|low|lower", re.I),
    re.compile(r"hasta|máximo|superior|high|upper", re.I),
)
VALUE, MISS = re.compile(r"valor|value|puntaje", re.I), re.compile(r"\bfall|\berror", re.I)
COUNT = re.compile(r"texto|reseña|ejemplo|muestra|soporte|support|\bn\b|caso", re.I)
# Con qué palabras se nombra cada parámetro y cada cuenta.
PARAMETER_WORDS = {
    "n_train": r"n_train|entren|train|aprend",
    "n_validation": "n_validation|\ue021",
    "n_eval": "n_eval|\ue020",
    "max_length": r"max_length|tokens?\b|largo|longitud",
    "batch_size": r"batch|lote",
    "epochs": r"época|epoch|vuelta",
    "learning_rate": r"learning[_ -]rate",
    "seed": r"semilla|seed",
    "data_seed": r"semilla|seed",
}
RECIPE_WORDS = {
    "weight_decay": r"weight[_ ]decay",
    "betas": r"beta",
    "epsilon": r"epsilon",
    "clip": r"clip|recort|norma",
    "steps": r"steps|pasos",
    "learning_rate": r"learning[_ -]rate",
    "weights": r"weights|pesos|parámetros",
    "trainable": r"trainable|entrenables|se entrenan|pesos",
    "dropout": r"dropout",
    "schedule": r"schedule|bajada",
}


@dataclass(frozen=True)
class Block:
    """Un trozo de la ficha: ``kind`` es «prosa», «tabla» o «código»."""

    kind: str
    heading: str
    text: str = ""
    language: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Context:
    """Lo que hay alrededor de un número: de él depende con qué se compara."""

    words: str
    metric: str = ""
    splits: tuple[str, ...] = ()
    label: str = ""
    roles: tuple[str, ...] = ("value",)


def check_card(card: str | Path, results: Predictions | str | Path, hub_id: str = "") -> None:
    """Comprueba una ficha con los resultados guardados; si algo no casa, lanza LabError.

    ``card``: la ruta de un README.md, la carpeta en que está o el texto; ``results``: las
    predicciones o su archivo; ``hub_id``: el repositorio en que se publicará, si ya se sabe. La
    frase nombra la primera cifra (o lo primero que falta) y dice qué hacer.
    """
    faults = find_card_faults(card, results, hub_id)
    if faults:
        more = {1: "", 2: " (Y otra cosa más.)"}.get(len(faults), f" (Y {len(faults) - 1} más.)")
        raise LabError(f"{faults[0]}{more}")


def find_card_faults(
    card: str | Path, results: Predictions | str | Path, hub_id: str = ""
) -> list[str]:
    """Devuelve una frase por cada cosa que está mal en una ficha; vacío si todo sale de lo medido.

    Los argumentos, como en ``check_card``. Lanza LabError si no hay ficha o los resultados no se
    pueden leer.
    """
    measures, text = measure_results(results), _read_card(card)
    header, faults = _read_header(text)
    body = HEADER.sub("", text, count=1)
    if header is not None:
        faults += _check_header(header, measures)
    try:
        blocks = list(read_blocks(body))
    except ValueError as error:
        return [*faults, str(error)]
    reader = _Reader(measures, header or {}, hub_id)
    faults += _check_shape(text, body)
    for block in blocks:
        faults += reader.check(block)
    if hub_id:
        faults += _check_loads(blocks, hub_id)
    return list(dict.fromkeys(faults))


def read_blocks(body: str) -> Iterator[Block]:
    """Da los trozos de un texto en markdown, con el título bajo el que está cada uno.

    Lanza ValueError si un bloque de código no se cierra o una tabla no tiene las mismas columnas.
    """
    heading = ""
    prose: list[str] = []
    lines = iter(body.split("\n"))
    pending: list[str] = []

    def flush() -> Iterator[Block]:
        if prose:
            yield Block("prosa", heading, "\n".join(prose))
            prose.clear()

    for line in lines:
        if fence := FENCE.match(line):
            yield from flush()
            yield Block("código", heading, _read_fence(lines, fence[1]), fence[2].lower())
        elif line.lstrip().startswith("|"):
            pending.append(line)
            continue
        elif line.lstrip().startswith("#"):
            yield from flush()
            heading = line.lstrip("# ").strip()
            yield Block("prosa", heading, line.lstrip("# "))
        else:
            if pending:
                yield from flush()
                yield _read_table(pending, heading)
                pending = []
            prose.append(line)
            continue
        if pending:
            yield _read_table(pending, heading)
            pending = []
    yield from flush()
    if pending:
        yield _read_table(pending, heading)


def _read_card(card: str | Path) -> str:
    if isinstance(card, str) and ("\n" in card or not card.strip()):
        return card.replace("\r\n", "\n")
    path = Path(card)
    path = path / CARD if path.is_dir() else path
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise LabError(
            f"No hay ficha: falta {CARD} en la carpeta. Escríbela con `write_card`."
        ) from None
    except UnicodeDecodeError:
        raise LabError(
            f"{path.name} no está en UTF-8: guárdalo así o escríbelo otra vez."
        ) from None


def _read_header(text: str) -> tuple[dict[str, Any] | None, list[str]]:
    import yaml

    match = HEADER.match(text)
    if not match:
        return None, [
            "La ficha no empieza con su cabecera, entre dos líneas «---»: escríbela otra vez con "
            "`write_card`."
        ]
    try:
        header = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (línea {mark.line + 2})" if mark else ""
        return None, [f"La cabecera de la ficha no es YAML que se pueda leer{where}: corrígela."]
    if not isinstance(header, dict):
        return None, ["La cabecera de la ficha no tiene campos: escríbela con `write_card`."]
    return header, []


def _check_header(header: Mapping[str, Any], measures: Measures) -> list[str]:
    faults = []
    for key, what in {"license": "licencia", "language": "idioma"}.items():
        if not header.get(key):
            faults.append(
                f"La ficha no dice la {what}" if key == "license" else f"La ficha no dice el {what}"
            )
            faults[-1] += f": ponla en «{key}» de la cabecera."
    faults += _check_origin("base_model", header.get("base_model"), measures.model)
    faults += _check_origin("datasets", header.get("datasets"), measures.dataset)
    if header.get("pipeline_tag", "text-classification") != "text-classification":
        faults.append(
            f"La ficha dice «pipeline_tag: {header['pipeline_tag']}» y este modelo clasifica "
            "textos: pon text-classification."
        )
    faults += _check_index(header.get("model-index"), measures)
    for name in _as_list(header.get("metrics")):
        if name not in METRIC_TYPES.values():
            faults.append(
                f"La ficha da la métrica «{name}», que no está entre lo medido: quítala de "
                "«metrics»."
            )
    for key, value in header.items():
        if key not in NAME_KEYS and (written := _find_figure(value)):
            faults.append(
                f"La cabecera de la ficha dice {written} en «{key}», que no sale de los "
                "resultados: quítalo."
            )
    return faults


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _find_figure(value: Any) -> str:
    """La primera cifra de un valor de la cabecera, aunque vaya dentro de un texto; vacío si no."""
    if numbers := list_numbers(value):
        return f"{numbers[0]:g}"
    if isinstance(value, Mapping):
        value = list(value.values())
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, list | Mapping) and (found := _find_figure(each)):
            return found
        if isinstance(each, str) and (found := FIGURE.search(each)):
            return found[0]
    return ""


def _check_origin(key: str, written: Any, real: str) -> list[str]:
    names = _as_list(written)
    wrong = [name for name in names if name != real]
    if wrong:
        return [f"La ficha dice «{key}: {wrong[0]}» y se partió de «{real}»: corrígelo."]
    if not names and is_hub_id(real):
        return [f"La ficha no dice de qué se partió: pon «{key}: {real}» en la cabecera."]
    return []


def _check_index(index: Any, measures: Measures) -> list[str]:
    from huggingface_hub.repocard_data import model_index_to_eval_results

    if not index:
        return ["La ficha no trae «model-index» con lo medido: escríbela con `write_card`."]
    try:
        _, results = model_index_to_eval_results(index)
    except (ValueError, KeyError, TypeError, AttributeError):
        return [
            "El «model-index» de la ficha no tiene la forma que pide el Hub: escríbelo otra vez."
        ]
    if not results:
        return ["La ficha no trae «model-index» con lo medido: escríbela con `write_card`."]
    return [fault for result in results for fault in _check_result(result, measures)]


def _check_result(result: Any, measures: Measures) -> list[str]:
    """Un resultado del model-index; ``result``: un EvalResult."""
    split, scores = result.dataset_split, measures.splits.get(result.dataset_split)
    if scores is None:
        told = f"del split «{split}»" if split else "sin decir de qué split"
        known = " y ".join(f"«{each}»" for each in measures.splits)
        return [
            f"La ficha da {result.metric_type} {told}, y lo medido es de {known}: corrige "
            "«split» en la cabecera."
        ]
    for name in (result.dataset_name, result.dataset_type):
        if name != measures.dataset:
            return [
                f"La ficha dice que se midió con «{name}» y se midió con «{measures.dataset}»: "
                "corrige el dataset en la cabecera."
            ]
    names = {kind: name for name, kind in METRIC_TYPES.items()}
    metric = names.get(result.metric_type, "")
    if metric not in scores.metrics:
        return [
            f"La ficha da la métrica «{result.metric_type}», que no está entre lo medido "
            f"({', '.join(METRIC_TYPES[each] for each in scores.metrics)}): quítala."
        ]
    return [
        *_check_index_value(result, metric, split, measures),
        *_check_index_args(result, metric, split, measures),
    ]


def _check_index_value(result: Any, metric: str, split: str, measures: Measures) -> list[str]:
    value, real = result.metric_value, measures.splits[split].metrics[metric].value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return [f"En la cabecera, la {metric} de {split} es {value!r} y debe ser un número."]
    if says_exactly(value, real):
        return []
    if says_exactly(value / 100, real):
        return [
            f"En la cabecera, la {metric} de {split} es {value:g}, en tanto por ciento: escríbela "
            f"como parte de uno, {real:.4f}."
        ]
    for other, scores in measures.splits.items():
        if other != split and says_exactly(value, scores.metrics[metric].value):
            return [
                f"En la cabecera, la {metric} de {split} es {value:g}, que es la de {other}: "
                f"lo medido es {real:.4f}."
            ]
    return [f"En la cabecera, la {metric} de {split} es {value:g} y lo medido es {real:.4f}."]


def _check_index_args(result: Any, metric: str, split: str, measures: Measures) -> list[str]:
    scores = measures.splits[split]
    measured, faults = scores.metrics[metric], []
    texts = (result.dataset_args or {}).get("texts", scores.texts)
    if texts != scores.texts:
        faults.append(
            f"En la cabecera, {split} tiene {texts} textos y se midió con {scores.texts}."
        )
    arguments = dict(result.metric_args or {})
    interval = arguments.pop("interval", None)
    level, average = arguments.pop("level", LEVEL), arguments.pop("average", "macro")
    if interval is not None and not _is_interval(interval, measured):
        faults.append(f"En la cabecera, el intervalo de la {metric} de {split} no es el medido.")
        if measured.low is not None:
            ends = f"{measured.low:.4f} y {measured.high:.4f}"
            faults[-1] = faults[-1].removesuffix(".") + f", que va de {ends}."
    if level != LEVEL or average != "macro" or list_numbers(arguments):
        faults.append(
            f"En la cabecera, la {metric} de {split} dice que se calculó de otra manera "
            f"({result.metric_args}): quita lo que no sale de los resultados."
        )
    if result.verified:
        faults.append("La ficha dice «verified», y eso solo lo pone el Hub: quítalo.")
    if result.metric_name not in (None, metric) and not _find_figure(result.metric_name):
        faults.append(
            f"En la cabecera, la {metric} de {split} se llama «{result.metric_name}»: llámala "
            f"«{metric}»."
        )
    others = {k: v for k, v in (result.dataset_args or {}).items() if k != "texts"}
    told = (others, result.metric_name, result.task_name, result.dataset_config)
    if written := next((each for each in map(_find_figure, told) if each), ""):
        faults.append(
            f"En la cabecera, junto a la {metric} de {split}, dice {written}, que no sale de los "
            "resultados: quítalo."
        )
    return faults


def _is_interval(interval: Any, measured: Measured) -> bool:
    if (
        measured.low is None
        or measured.high is None
        or not isinstance(interval, list)
        or len(interval) != 2
    ):
        return False
    ends = zip(interval, (measured.low, measured.high), strict=True)
    return all(isinstance(end, int | float) and says_exactly(end, real) for end, real in ends)


def says_exactly(value: float, real: float) -> bool:
    """Dice si ``value`` es ``real`` redondeado a tres decimales o más.

    >>> says_exactly(0.537, 0.5371), says_exactly(0.54, 0.5371), says_exactly(0.5371, 0.5371)
    (True, False, True)
    """
    return any(abs(value - round(real, places)) < 1e-9 for places in range(3, 17)) or value == real


def _check_shape(text: str, body: str) -> list[str]:
    faults = []
    if found := PLACEHOLDER.search(text):
        faults.append(f"En la ficha queda un hueco por rellenar, «{found[0]}»: complétalo.")
    if found := WORDED_PERCENT.search(body):
        faults.append(
            f"La ficha dice «{found[0]}» con letras, y así no se puede comprobar: escribe la cifra."
        )
    plain = re.sub(r"^\s*(```|~~~).*?^\s*\1", "", body, flags=re.DOTALL | re.MULTILINE)
    for target in LINK.findall(plain):
        if not target.startswith(("https://", "http://", "#", "mailto:")):
            faults.append(
                f"El enlace «{target}» de la ficha es relativo y en el Hub no llevaría a ninguna "
                "parte: escríbelo entero, con https."
            )
    if not re.search(r"^# \S", plain, re.MULTILINE):
        faults.append("La ficha no tiene título: pon una línea que empiece con «# ».")
    return faults


def _check_loads(blocks: list[Block], hub_id: str) -> list[str]:
    codes = [block.text for block in blocks if block.kind == "código"]
    if any(hub_id in code for code in codes):
        return []
    return [
        f"El ejemplo de la ficha no carga «{hub_id}», que es donde se publica: escríbela otra vez "
        f'con `write_card(..., hub_id="{hub_id}")`.'
    ]


def _read_fence(lines: Iterator[str], mark: str) -> str:
    code: list[str] = []
    for line in lines:
        if line.strip().startswith(mark[:3]) and not line.strip().strip(mark[0]):
            return "\n".join(code)
        code.append(line)
    raise ValueError("En la ficha hay un bloque de código que no se cierra: añade su última línea.")


def _read_table(lines: list[str], heading: str) -> Block:
    rows = tuple(tuple(_split_row(line)) for line in lines)
    is_rule = len(rows) > 1 and all(re.fullmatch(r":?-+:?", cell.strip()) for cell in rows[1])
    if not is_rule or any(len(row) != len(rows[0]) for row in rows):
        first = " | ".join(cell.strip() for cell in rows[0])
        raise ValueError(
            f"La tabla de la ficha que empieza por «{first}» está rota: todas sus filas deben "
            "tener las mismas columnas, y la segunda, guiones."
        )
    return Block("tabla", heading, rows=(rows[0], *rows[2:]))


def _split_row(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|") if line.strip() != "|" else "")
    return [cell.replace("\\|", "|").strip() for cell in cells]


class _Reader:
    """Compara los números de una ficha con lo medido."""

    def __init__(self, measures: Measures, header: Mapping[str, Any], hub_id: str) -> None:
        self.measures = measures
        self.main = next(iter(measures.splits))
        predictions = measures.predictions
        self.classes = [str(name) for name in predictions.label_names]
        parameters = predictions.parameters
        names = [measures.model, measures.dataset, hub_id, predictions.lesson]
        names += [str(parameters.get(name) or "") for name in ("model_name", "dataset_name")]
        names += [
            str(version) for version in predictions.versions.values() if str(version)[:1].isdigit()
        ]
        names += [str(header.get(key) or "") for key in ("license", "model_name")]
        names += [str(each.get("name", "")) for each in _list_dicts(header.get("model-index"))]
        self.names = [name for name in names if any(c.isdigit() for c in name)]
        self.facts = _list_facts(measures)
        self.license = str(header.get("license") or "")

    def check(self, block: Block) -> list[str]:
        """Devuelve una frase por cada número que no sale de los resultados."""
        if block.kind == "tabla":
            return self._check_table(block)
        if block.kind == "código":
            return self._check_code(block)
        heading = self._clean(block.heading)
        joined = re.sub(r"\n(?!\s*(?:[-*+]|\d+[.)])\s|\s*\n)", " ", block.text)
        faults = []
        for line in joined.split("\n"):
            for sentence in re.split(r"(?<=[.!?])\s+(?=\D)", self._clean(_plain(line))):
                faults += self._check_sentence(sentence, heading)
        return faults

    def _clean(self, text: str) -> str:
        return clean_text(text, self.names, self.classes, MARKS)

    def _check_sentence(self, sentence: str, heading: str) -> list[str]:
        numbers = find_numbers(sentence)
        faults: list[str] = []
        used: list[tuple[Number, Context]] = []
        for number in numbers:
            if number.percent and number.says(LEVEL) and INTERVAL.search(sentence):
                continue  # la confianza de un intervalo
            context = self._read_context(sentence, number, used, heading)
            used.append((number, context))
            if fault := self._judge(number, context, sentence):
                faults.append(fault)
        return faults

    def _read_context(
        self, sentence: str, number: Number, used: list[tuple[Number, Context]], heading: str
    ) -> Context:
        place, metric = _find_metric(sentence, number.start)
        if not metric:
            _, metric = _find_metric(heading, len(heading))
        label = self._find_class(sentence, number.start)
        between = sentence[max(place, 0) : number.start]
        since = between[max(between.rfind(")"), between.rfind("]")) + 1 :]
        mine = [each for _, each in used if each.metric == metric and "end" in each.roles[0]]
        if between.rstrip().endswith(("\u00b1", "+/-")):
            roles: tuple[str, ...] = ("margin",)
        elif INTERVAL.search(since) and len(mine) % 2 == 0:
            roles = ("end-low",)
        elif mine and len(mine) % 2 == 1:
            roles = ("end-high",)
        elif re.search(r"(?:[(\[]|\bde)\s*$", since) and PAIR.match(sentence[number.end :]):
            roles = ("end-low",)
        else:
            roles = ("value",)
        splits = self._find_splits(sentence, number) or self._find_splits(heading)
        return Context(sentence, metric, splits or (self.main,), label, roles)

    def _find_class(self, text: str, place: int) -> str:
        """La clase más cercana: la última de antes o, si no hay, la primera de después."""
        spots = [i for i, c in enumerate(text) if 0 <= ord(c) - FIRST_CLASS < len(self.classes)]
        before, after = [i for i in spots if i < place], [i for i in spots if i >= place]
        spot = before[-1] if before else after[0] if after else None
        return "" if spot is None else self.classes[ord(text[spot]) - FIRST_CLASS]

    def _find_splits(self, text: str, number: Number | None = None) -> tuple[str, ...]:
        """Los splits que nombra un texto; con ``number``, los que pueden ser el suyo."""
        spots = [
            (i, SPLIT_WORDS[letter][0]) for i, letter in enumerate(text) if letter in SPLIT_WORDS
        ]
        found = [split for _, split in spots]
        if number is None or not found:
            return tuple(dict.fromkeys(found))
        values = [each for each in find_numbers(text) if not each.is_whole]
        if len(set(found)) == 1:
            # «0,54 y, en validación, 0,53»: lo que va antes puede ser del split de la ficha.
            first = spots[0][0]
            follows = any(each.start > first for each in values)
            return (self.main, found[0]) if number.end <= first and follows else (found[0],)
        if len(values) == len(found) and number in values:
            return (found[values.index(number)],)
        return tuple(dict.fromkeys(found))

    def _judge(self, number: Number, context: Context, words: str) -> str:
        """La frase de un número que no vale, o vacío."""
        if self._is_count(number, context) or self._is_fact(number, words):
            return ""
        if context.metric == "?":
            return (
                f"La ficha dice «{number.text}» de una métrica que no está entre lo medido "
                f"({', '.join(self.measures.splits[self.main].metrics)}): quítala."
            )
        expected = self._list_expected(context, context.splits)
        if any(_matches(number, context, each) for each in expected):
            return ""
        return self._explain(number, context, expected)

    def _list_expected(self, context: Context, splits: tuple[str, ...]) -> list[tuple[str, Any]]:
        """Pares (nombre, medida) con los que puede compararse un número."""
        found = []
        for split in splits:
            scores = self.measures.splits.get(split)
            if scores is None:
                continue
            if context.metric in CLASS_METRICS:
                labels = [context.label] if context.label else list(scores.classes)
                for label in labels if context.label else []:
                    value = getattr(scores.classes[label], CLASS_METRICS[context.metric])
                    found.append((f"{context.metric} de «{label}» en {split}", Measured(value)))
            elif context.metric:
                if context.metric in scores.metrics:
                    found.append((f"{context.metric} en {split}", scores.metrics[context.metric]))
            else:
                found += [(f"{name} en {split}", each) for name, each in scores.metrics.items()]
        return found

    def _is_count(self, number: Number, context: Context) -> bool:
        """Si es una cuenta de textos o de aciertos, con su nombre al lado."""
        if not number.is_whole:
            return False
        for split in context.splits:
            scores = self.measures.splits.get(split)
            if scores is None:
                continue
            counts = [scores.texts] if COUNT.search(context.words) else []
            if context.label:
                counts = [scores.classes[context.label].texts, *counts]
            before = context.words[: number.start]
            if MISS.search(before) and context.metric in ("", "accuracy"):
                counts += [scores.texts, scores.texts - scores.hits]
            elif context.metric == "accuracy":
                counts += [scores.hits, scores.texts]
            if any(_is_same_count(number, count) for count in counts):
                return True
        return False

    def _is_fact(self, number: Number, words: str) -> bool:
        return any(
            re.search(pattern, words, re.I)
            and any(_equals(number, value, exact) for value in values)
            for pattern, values, exact in self.facts
        )

    def _explain(self, number: Number, context: Context, expected: list[tuple[str, Any]]) -> str:
        others = tuple(split for split in self.measures.splits if split not in context.splits)
        for name, measured in self._list_expected(context, others):
            if context.metric and _matches(number, context, (name, measured)):
                told = " ni ".join(f"«{each}»" for each in context.splits)
                return (
                    f"La ficha da «{number.text}» como {context.metric} de {told}, y es la {name}: "
                    "di de dónde es cada cifra."
                )
        if context.metric and len(expected) == 1:
            name, measured = expected[0]
            return (
                f"La ficha dice «{number.text}» de la {name} y lo medido es "
                f"{_show_measured(measured, context)}: escribe lo medido o quita la cifra."
            )
        return (
            f"La ficha dice «{number.text}» y esa cifra no sale de los resultados: quítala o, si "
            "no es una medida, escríbela con letras."
        )

    def _check_table(self, block: Block) -> list[str]:
        heading = self._clean(block.heading)
        header = [self._clean(_plain(cell)) for cell in block.rows[0]]
        faults = []
        for cells in block.rows[1:]:
            row = [self._clean(_plain(cell)) for cell in cells]
            if special := self._check_known_row(cells, row):
                faults += special if isinstance(special, list) else []
                continue
            for column, cell in enumerate(row):
                faults += self._check_confused(header[column], row, cell)
                for position, number in enumerate(find_numbers(cell)):
                    context = self._read_cell(heading, header, row, column, position)
                    if fault := self._judge(number, context, f"{header[column]} {row[0]} {cell}"):
                        faults.append(fault)
        return faults

    def _check_known_row(self, cells: tuple[str, ...], row: list[str]) -> list[str] | bool:
        """Una fila de parámetro o de librería se compara tal cual; False si no lo es."""
        name = _plain(cells[0])
        if name == THIS_MODEL and self.license and len(cells) > 1:
            return self._check_license(_plain(cells[1]))
        predictions = self.measures.predictions
        known = {**predictions.recipe, **predictions.parameters}
        if len(cells) < 2:
            return False
        if name in predictions.versions:
            written = [version for version in re.findall(r"\d[\w.+-]*", cells[1])]
            if written and written != [predictions.versions[name]]:
                return [
                    f"La ficha dice {name} {written[0]} y se entrenó con "
                    f"{predictions.versions[name]}: corrígelo."
                ]
            return True
        if name in ("huggingface-hub", "huggingface_hub", "safetensors", "Python", "python"):
            return True
        if name not in known:
            return False
        wanted = list_numbers(known[name])
        numbers = [each for cell in row[1:] for each in find_numbers(cell)]
        for number in numbers:
            if not any(_equals(number, value, True) for value in wanted):
                return [
                    f"La ficha dice «{number.text}» en «{name}» y se entrenó con "
                    f"{known[name]}: corrígelo."
                ]
        return True

    def _check_license(self, written: str) -> list[str] | bool:
        if written == name_license(self.license):
            return True
        return [
            f"La ficha dice «{written}» como licencia del modelo, y su cabecera, "
            f"«{self.license}»: escribe la misma."
        ]

    def _check_confused(self, title: str, row: list[str], cell: str) -> list[str]:
        """La respuesta que más se da a una clase cuando se falla, si la tabla la dice."""
        label, told = self._find_class(row[0], len(row[0])), self._find_class(cell, 0)
        if "confunde" not in title or not label or not told:
            return []
        real = self.measures.splits[self.main].classes[label].confused
        if told == real:
            return []
        return [
            f"La ficha dice que «{label}» se confunde sobre todo con «{told}», y en los resultados "
            f"es con «{real}»: corrígelo."
        ]

    def _read_cell(
        self, heading: str, header: list[str], row: list[str], column: int, position: int
    ) -> Context:
        _, metric = _find_metric(row[0], len(row[0]))
        if not metric or (metric == "?" and column):
            _, other = _find_metric(header[column], len(header[column]))
            metric = other or metric
        if not metric:
            _, metric = _find_metric(heading, len(heading))
        label = self._find_class(row[0], len(row[0])) or self._find_class(header[column], 0)
        found = [
            SPLIT_WORDS[letter][0]
            for text in (header[column], *row)
            for letter in text
            if letter in SPLIT_WORDS
        ] or list(self._find_splits(heading))
        title = header[column]
        if LOW.search(title):
            roles: tuple[str, ...] = ("end-low",)
        elif HIGH.search(title):
            roles = ("end-high",)
        elif INTERVAL.search(title) and not VALUE.search(title):
            roles = ("end-high",) if position % 2 else ("end-low",)
        elif "\u00b1" in row[column] and position == 1:
            roles = ("margin",)
        else:
            roles = (
                ("value",) if position == 0 else ("end-low", "end-high")[position - 1 : position]
            )
        words = f"{title} {row[0]}"
        splits = tuple(dict.fromkeys(found)) or (self.main,)
        return Context(words, metric, splits, label, roles or ("value",))

    def _check_code(self, block: Block) -> list[str]:
        faults = []
        if block.language in ("python", "py"):
            try:
                ast.parse(block.text)
            except SyntaxError:
                faults.append("El ejemplo en Python de la ficha no se puede ejecutar: corrígelo.")
        for line in block.text.split("\n"):
            code, mark, comment = line.partition("#")
            if mark:
                faults += self._check_sentence(self._clean(comment), "")
            clean = self._clean(code)
            for number in find_numbers(clean):
                if not (self._is_fact(number, clean) or number.text in ("0", "1", "2", "-1")):
                    faults += [
                        f"En el ejemplo de la ficha, «{number.text}» no es ninguno de los "
                        "parámetros con que se entrenó: corrígelo o quítalo."
                    ]
        return faults


def _list_facts(measures: Measures) -> list[tuple[str, list[float], bool]]:
    """Lo que se puede decir además de las métricas: (con qué palabras, valores, si es exacto)."""
    predictions = measures.predictions
    facts = []
    for source, words, exact in (
        (predictions.parameters, PARAMETER_WORDS, True),
        (predictions.recipe, RECIPE_WORDS, False),
    ):
        facts += [
            (pattern, list_numbers(source.get(name)), exact) for name, pattern in words.items()
        ]
    facts += [
        (r"clase|etiqueta|categoría", [float(len(predictions.label_names))], True),
        (r"segundo|(?<!\w)s(?!\w)|tard|dur[óa]", [predictions.seconds], False),
        (r"minuto", [predictions.seconds / 60], False),
        (r"MiB|memoria", [predictions.peak_memory_mib], False),
        (r"GiB|memoria", [predictions.peak_memory_mib / 1024], False),
    ]
    return [(pattern, values, exact) for pattern, values, exact in facts if values]


def _equals(number: Number, value: float, exact: bool) -> bool:
    if exact:
        return not number.percent and any(
            abs(read - value) <= 1e-9 * max(1.0, abs(value)) for read, _ in number.readings
        )
    # De un cero no se puede decir que es un número pequeño redondeado.
    return number.says(value, least=-9) and (value == 0 or any(read for read, _ in number.readings))


def _is_same_count(number: Number, count: int) -> bool:
    return any(read == count for read, _ in number.readings)


def _matches(number: Number, context: Context, expected: tuple[str, Measured]) -> bool:
    measured = expected[1]
    places = 2
    low, value, high = measured.low, measured.value, measured.high
    for role in context.roles:
        if role == "value" and number.says(value, places) and _fits(number, expected[0]):
            return True
        if low is None or high is None:
            continue
        if role == "end-low" and number.says(low, places):
            return True
        if role == "end-high" and number.says(high, places):
            return True
        sides = ((high - low) / 2, high - value, value - low)
        if role == "margin" and any(number.says(side, places) for side in sides):
            return True
    return False


def _fits(number: Number, name: str) -> bool:
    """El MAE no es una parte de uno: no va en tanto por ciento."""
    return not (number.percent and name.startswith("MAE"))


def _show_measured(measured: Measured, context: Context) -> str:
    if context.roles[0] == "end-low" and measured.low is not None:
        return format_number(measured.low, 3)
    if context.roles[0] == "end-high" and measured.high is not None:
        return format_number(measured.high, 3)
    return format_number(measured.value, 3)


def _find_metric(text: str, place: int) -> tuple[int, str]:
    """Dónde está y cuál es la métrica más cercana antes de ``place`` o, si no, la primera después.

    «?» es una métrica que aquí no se mide.
    """
    spots = {i: METRIC_WORDS[letter][0] for i, letter in enumerate(text) if letter in METRIC_WORDS}
    spots |= {match.start(): "?" for match in UNKNOWN_METRIC.finditer(text)}
    before = [i for i in spots if i < place]
    if before:
        return max(before), spots[max(before)]
    return (-1, spots[min(spots)]) if spots else (-1, "")


def _plain(text: str) -> str:
    """El texto sin las marcas de markdown ni las direcciones de los enlaces."""
    text = ESCAPED.sub(lambda match: chr(FIRST_ESCAPED + ord(match[1])), text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*`]|(?<!\w)_|_(?!\w)|</?[a-zA-Z][^<>]*>", "", text).strip()
    escaped = re.compile(f"[{chr(FIRST_ESCAPED)}-{chr(FIRST_ESCAPED + 127)}]")
    return escaped.sub(lambda match: chr(ord(match[0]) - FIRST_ESCAPED), text)


def _list_dicts(value: Any) -> list[dict]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


__all__ = ["check_card", "class_letter", "find_card_faults", "read_blocks", "says_exactly"]
