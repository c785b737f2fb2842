"""Qué hay en unos datos: lo leído, lo apartado, las columnas, las clases y lo que conviene saber.

Lo enseñan ``python -m labsupport datos`` y el cuaderno 01.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labsupport.base.tables import flatten_text, format_number, hide_controls, join_names
from labsupport.data.classes import find_scale
from labsupport.data.gathering import TEST, VALIDATION, Gathered

# Textos que se tokenizan para estimar largos: con más, el percentil apenas se mueve.
TOKEN_SAMPLE = 2000
LANGUAGE_SAMPLE = 200
SHOWN_CLASSES, FEW_ROWS, FEW_OF_CLASS = 8, 200, 10
FEW_WORDS = 10
LANGUAGES = {"es": "español", "en": "inglés", "pt": "portugués", "fr": "francés", "ca": "catalán"}
LANGUAGES |= {"gl": "gallego", "eu": "euskera", "it": "italiano", "de": "alemán"}
# «Ã³» donde decía «ó»: alguien leyó UTF-8 como si fuera otra codificación y lo volvió a guardar.
_GARBLED = re.compile("Ã[\x80-\xbf¡-¿]|â€|\ufffd")


WORDS = {
    "file": "archivo", "forms": "formas", "read": "leidas", "kept": "conservadas",
    "asides": "apartadas", "columns": "columnas", "others": "otras_columnas", "classes": "clases",
    "ordered": "en_orden", "letters": "letras", "copies": "repetidos", "leaks": "fugas",
    "contradictions": "contradicciones", "garbled": "letras_rotas", "language": "idioma",
    "decisions": "decisiones", "reason": "motivo", "count": "cuantas", "first": "primeras",
    "line": "linea", "content": "contenido", "text": "texto", "label": "etiqueta",
    "text_reason": "porque_texto", "label_reason": "porque_etiqueta", "name": "nombre",
    "rows": "filas", "example": "ejemplo", "median": "mediana", "longest": "maximo",
    "sample": "muestra", "cut": "cortados", "reads": "lee",
}  # fmt: skip


@dataclass
class DataReport:
    """Lo que se encontró en unos datos; los largos, en letras (``letters``) y en tokens."""

    file: str
    forms: list[str]
    read: int
    kept: int
    asides: list[dict[str, Any]]
    columns: dict[str, str]
    others: list[str]
    classes: list[dict[str, Any]]
    ordered: bool
    splits: dict[str, int]
    letters: dict[str, float]
    copies: int
    contradictions: int
    leaks: int
    garbled: int
    language: str = ""
    tokens: dict[str, Any] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)

    def summarise(self) -> str:
        """Devuelve lo esencial en unas frases: columnas, clases y qué se decidió."""
        names = [each["name"] for each in self.classes]
        shown = ", ".join(names[:10]) + (" y más" if len(names) > 10 else "")
        sentences = [
            f"Texto: «{self.columns['text']}». Etiqueta: «{self.columns['label']}», {len(names)} "
            f"clases ({shown}).",
            *(f"{each[0].upper()}{each[1:]}." for each in self.decisions),
        ]
        if self.asides:
            why = join_names([f"{each['count']} por «{each['reason']}»" for each in self.asides])
            sentences.append(f"Se dejan fuera {sum(e['count'] for e in self.asides)} filas: {why}.")
        if self.leaks:
            sentences.append(
                f"Se quitan de train {self.leaks} filas cuyo texto está también en test."
            )
        return " ".join(sentences)

    def to_json(self) -> str:
        """Devuelve todos los campos, para guardarlos."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def translate(self) -> dict[str, Any]:
        """Devuelve lo mismo con los nombres en español, para quien lo lee desde otro programa."""
        names = {each: WORDS.get(each, each) for each in asdict(self)}
        content = {names[name]: _translate(value) for name, value in asdict(self).items()}
        return {**content, "avisos": self.advise()}

    def advise(self) -> list[str]:
        """Devuelve qué conviene hacer antes de entrenar, de lo más grave a lo menos."""
        return [advice for advice in map(lambda look: look(self), _ADVICE) if advice]

    def rows(self) -> list[tuple[str, str]]:
        """Devuelve (qué, valor) para enseñar en una tabla."""
        aside = sum(each["count"] for each in self.asides)
        return [
            ("archivo", f"{self.file}: {join_names(self.forms)}"),
            ("filas", f"{self.read} leídas, {self.kept} se quedan, {aside} se apartan"),
            *(("  apartadas", _describe_aside(each)) for each in self.asides),
            ("texto", f"«{self.columns['text']}»: {self.columns['text_reason']}"),
            ("etiqueta", f"«{self.columns['label']}»: {self.columns['label_reason']}"),
            (
                "otras columnas",
                join_names(self.others[:8]) + " (no se usan)" if self.others else "ninguna",
            ),
            ("clases", f"{len(self.classes)}{', en orden' if self.ordered else ''}"),
            *map(self._describe_class, self._shown()),
            *self._describe_rest(),
            ("splits", join_names([f"{name}: {rows}" for name, rows in self.splits.items()])),
            ("letras por texto", _describe_lengths(self.letters)),
            *([("tokens por texto", _describe_tokens(self.tokens))] if self.tokens else []),
            ("textos repetidos", self._describe_copies()),
            ("idioma", LANGUAGES.get(self.language, self.language) or "no se sabe"),
            ("suelo", self._describe_floor()),
            *(("decidido", each) for each in self.decisions),
            *(("ojo", each) for each in self.advise()),
        ]

    def _shown(self) -> list[dict[str, Any]]:
        return (
            self.classes if len(self.classes) <= SHOWN_CLASSES + 2 else self.classes[:SHOWN_CLASSES]
        )

    def _describe_class(self, each: dict[str, Any]) -> tuple[str, str]:
        share = _percent(each["rows"] / self.kept)
        return f"  {flatten_text(each['name'], 24)}", f"{each['rows']} ({share})  {each['example']}"

    def _describe_rest(self) -> list[tuple[str, str]]:
        rest = self.classes[len(self._shown()) :]
        rows = sum(each["rows"] for each in rest)
        return [("  …", f"{len(rest)} clases más, {rows} filas")] if rest else []

    def _describe_copies(self) -> str:
        leaks = f"; {self.leaks} de train están también en la evaluación" if self.leaks else ""
        mixed = f"; {self.contradictions} con etiquetas distintas" if self.contradictions else ""
        return f"{self.copies}{mixed}{leaks}"

    def _describe_floor(self) -> str:
        most = max(self.classes, key=lambda each: each["rows"])
        share = most["rows"] / self.kept
        floor = f"{format_number(share, 3)} de accuracy, respondiendo siempre «{most['name']}»"
        return f"{floor}: hay que superarlo"

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        lines = (f"{name:<{width}}  {value}" for name, value in self.rows())
        return hide_controls("\n".join(lines))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{_indent(html.escape(name))}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self.rows()
        )
        return f"<table><tbody>{rows}</tbody></table>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def _translate(value: Any) -> Any:
    if isinstance(value, dict):
        return {WORDS.get(name, name): _translate(each) for name, each in value.items()}
    return [_translate(each) for each in value] if isinstance(value, list) else value


def describe_rows(gathered: Gathered, file: str = "") -> DataReport:
    """Devuelve lo que se sabe de unas filas sin mirar ningún modelo."""
    texts = [text for split in gathered.splits.values() for text in split.texts]
    labels = np.array([label for split in gathered.splits.values() for label in split.labels])
    copies = gathered.copies
    names = gathered.classes.names
    return DataReport(
        file=file or gathered.tables[0].name,
        forms=list(dict.fromkeys(table.form for table in gathered.tables))[:3],
        read=gathered.rows_read,
        kept=gathered.rows_kept,
        asides=_list_asides(gathered),
        columns={
            "text": gathered.columns.text,
            "label": gathered.columns.label,
            "text_reason": gathered.columns.text_reason,
            "label_reason": gathered.columns.label_reason,
        },
        others=gathered.others,
        classes=_list_classes(gathered, texts, labels),
        ordered=find_scale(names) is not None,
        splits={name: split.total for name, split in gathered.splits.items()},
        letters=_summarise_lengths([len(text) for text in texts]),
        copies=len(texts) - len(np.unique(copies)),
        contradictions=_count_contradictions(copies, labels),
        leaks=_count_leaks(gathered),
        garbled=sum(bool(_GARBLED.search(text)) for text in texts if not text.isascii()),
        decisions=[*gathered.classes.notes, *gathered.notes, *_tell_sampling(gathered)],
    )


def guess_language(texts: Sequence[str]) -> str:
    """Devuelve el código del idioma de unos textos («es»), o vacío si dicen muy poco.

    >>> guess_language(["El servicio fue muy bueno y la comida llegó caliente a la mesa."])
    'es'
    >>> guess_language(["ok"])
    ''
    """
    step = max(1, len(texts) // LANGUAGE_SAMPLE)
    sample = " ".join(text[:300] for text in texts[::step][:LANGUAGE_SAMPLE])
    words = list(dict.fromkeys(re.findall(r"[^\W\d_]+", sample.casefold())))
    # Unas pocas palabras repetidas se parecen a cualquier idioma.
    if len(words) < FEW_WORDS:
        return ""
    import py3langid

    return str(py3langid.classify(" ".join(words))[0])


def measure_tokens(
    texts: Sequence[str], model: Path, max_length: int, seed: int = 42
) -> dict[str, Any]:
    """Devuelve los largos en tokens de una muestra y qué parte de los textos corta ``max_length``.

    ``model``: la carpeta de un checkpoint con su tokenizer.
    """
    places = np.random.default_rng(seed).permutation(len(texts))[:TOKEN_SAMPLE]
    sample = [texts[place] for place in places]
    lengths = np.array(_count_tokens(sample, model))
    return {
        **_summarise_lengths(lengths),
        "sample": len(sample),
        "max_length": max_length,
        "cut": float((lengths > max_length).mean()),
    }


def _count_tokens(texts: list[str], model: Path) -> list[int]:
    if (model / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return [len(each.ids) for each in tokenizer.encode_batch(texts)]
    from transformers import AutoTokenizer

    return [len(ids) for ids in AutoTokenizer.from_pretrained(model)(texts)["input_ids"]]


def _list_asides(gathered: Gathered) -> list[dict[str, Any]]:
    asides = gathered.asides
    return [
        {
            "reason": reason,
            "count": count,
            "first": [
                {"file": each.file, "line": each.line, "content": each.content}
                for each in asides.first
                if each.reason == reason
            ],
        }
        for reason, count in asides.counts.most_common()
    ]


def _list_classes(
    gathered: Gathered, texts: Sequence[str], labels: np.ndarray
) -> list[dict[str, Any]]:
    counts = sum((split.counts for split in gathered.splits.values()), Counter())
    return [
        {"name": name, "rows": counts[place], "example": _find_example(texts, labels, place)}
        for place, name in enumerate(gathered.classes.names)
    ]


def _find_example(texts: Sequence[str], labels: np.ndarray, place: int) -> str:
    """El texto de esa clase más cercano a una línea, entre los primeros."""
    first = np.flatnonzero(labels == place)[:50].tolist()
    if not first:
        return ""
    chosen = min((texts[i] for i in first), key=lambda text: abs(len(text) - 50))
    return f"«{flatten_text(chosen, 60)}»"


def _summarise_lengths(lengths: Any) -> dict[str, float]:
    values = np.asarray(lengths)
    return {
        "median": float(np.median(values)),
        "p95": float(np.percentile(values, 95)),
        "longest": float(values.max()),
    }


def _count_contradictions(copies: np.ndarray, labels: np.ndarray) -> int:
    """Cuántos textos repetidos llevan más de una etiqueta."""
    pairs = np.unique(np.stack([copies, labels]), axis=1)
    return int((np.bincount(pairs[0]) > 1).sum())


def _count_leaks(gathered: Gathered) -> int:
    """Cuántas filas de los demás splits repiten un texto del de evaluación."""
    apart = next((name for name in (TEST, VALIDATION) if name in gathered.splits), None)
    others = [name for name in gathered.splits if name != apart]
    if apart is None:
        return 0
    tested = gathered.copies_of(apart)
    return sum(int(np.isin(gathered.copies_of(name), tested).sum()) for name in others)


def _tell_sampling(gathered: Gathered) -> list[str]:
    return [
        f"de las {split.total} filas de «{name}» se guardan {len(split.texts)}, elegidas al azar "
        f"con la semilla {split.seed}; repetidos, largos e idioma se miran en ellas"
        for name, split in gathered.splits.items()
        if len(split.texts) < split.total
    ]


def _indent(name: str) -> str:
    # HTML junta los espacios con que se escriben las clases, debajo de su cuenta.
    return name.replace("  ", "&emsp;", 1) if name.startswith("  ") else name


def _percent(share: float) -> str:
    return f"{format_number(share * 100, 1)}%"


def _describe_aside(aside: dict[str, Any]) -> str:
    first = aside["first"][0]
    where = f"la primera, línea {first['line']}: {first['content'][:60]}"
    return f"{aside['count']} por «{aside['reason']}»; {where}"


def _describe_lengths(lengths: dict[str, float]) -> str:
    median, p95, longest = (f"{lengths[name]:.0f}" for name in ("median", "p95", "longest"))
    return f"{median} de mediana; el 95% no pasa de {p95}; el más largo, {longest}"


def _describe_tokens(tokens: dict[str, Any]) -> str:
    cut = f"«max_length» {tokens['max_length']} corta el {_percent(tokens['cut'])}"
    return f"{_describe_lengths(tokens)}; {cut} (muestra de {tokens['sample']})"


def _advise_few(report: DataReport) -> str:
    if report.kept >= FEW_ROWS:
        return ""
    return f"con {report.kept} filas cualquier medida baila mucho: consigue más si puedes"


def _advise_rare(report: DataReport) -> str:
    rare = [f"«{e['name']}» ({e['rows']})" for e in report.classes if e["rows"] < FEW_OF_CLASS]
    if not rare or report.kept < FEW_ROWS // 4:
        return ""
    shown = join_names(rare[:6]) + (f" y {len(rare) - 6} más" if len(rare) > 6 else "")
    return f"hay muy pocas filas de {shown}: no alcanzan para aprender ni para medir"


def _advise_imbalance(report: DataReport) -> str:
    rows = [each["rows"] for each in report.classes]
    if max(rows) < 4 * max(min(rows), 1):
        return ""
    return (
        "las clases están desequilibradas: no te fíes de la accuracy sola, mira macro-F1 y la "
        "matriz de confusión"
    )


def _advise_contradictions(report: DataReport) -> str:
    if not report.contradictions:
        return ""
    return f"{report.contradictions} textos repetidos tienen etiquetas distintas: decide cuál vale"


def _advise_leaks(report: DataReport) -> str:
    if not report.leaks:
        return ""
    return f"{report.leaks} textos de train están en la evaluación: al preparar, se quitan de train"


def _advise_garbled(report: DataReport) -> str:
    if not report.garbled:
        return ""
    return f"{report.garbled} textos ya traían letras rotas («Ã³» por «ó»): expórtalos otra vez"


def _advise_cut(report: DataReport) -> str:
    if report.tokens.get("cut", 0) <= 0.05:
        return ""
    return f"«max_length» corta el {_percent(report.tokens['cut'])} de los textos: súbelo si puedes"


def _advise_language(report: DataReport) -> str:
    reads = report.tokens.get("reads", "")
    if not reads or not report.language or report.language == reads:
        return ""
    return (
        f"el modelo lee {LANGUAGES.get(reads, reads)} y los textos parecen estar en "
        f"{LANGUAGES.get(report.language, report.language)}: elige en «model_name» un checkpoint "
        "de ese idioma"
    )


_ADVICE = (
    _advise_leaks,
    _advise_contradictions,
    _advise_garbled,
    _advise_language,
    _advise_rare,
    _advise_imbalance,
    _advise_few,
    _advise_cut,
)
