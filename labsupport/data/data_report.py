"""El informe de unos datos y cómo se enseña: en una tabla, en un cuaderno, en frases o en JSON."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from labsupport.base.tables import (
    flatten_text,
    format_number,
    format_percent,
    hide_controls,
    join_names,
    join_some,
)
from labsupport.data.advice import LANGUAGES, list_advice

SHOWN_CLASSES = 8
# Cómo se llama cada campo para quien lee el informe desde otro programa.
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
            *(f"{_begin(each)}." for each in self.decisions),
        ]
        if self.asides:
            why = join_names([f"{each['count']} por «{each['reason']}»" for each in self.asides])
            sentences.append(f"Se dejan fuera {sum(e['count'] for e in self.asides)} filas: {why}.")
        if self.leaks:
            sentences.append(
                f"Se quitan de train {self.leaks} filas cuyo texto está también en la evaluación."
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
        return list_advice(self)

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
                join_some(self.others, 8) + " (no se usan)" if self.others else "ninguna",
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
        share = format_percent(each["rows"] / self.kept)
        return f"  {flatten_text(each['name'], 24)}", f"{each['rows']} ({share})  {each['example']}"

    def _describe_rest(self) -> list[tuple[str, str]]:
        rest = self.classes[len(self._shown()) :]
        rows = sum(each["rows"] for each in rest)
        return [("  ...", f"{len(rest)} clases más, {rows} filas")] if rest else []

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


def _begin(sentence: str) -> str:
    # El nombre de un archivo se escribe como está.
    named = "." in sentence.split(" ", 1)[0]
    return sentence if named else f"{sentence[0].upper()}{sentence[1:]}"


def _translate(value: Any) -> Any:
    if isinstance(value, dict):
        return {WORDS.get(name, name): _translate(each) for name, each in value.items()}
    return [_translate(each) for each in value] if isinstance(value, list) else value


def _indent(name: str) -> str:
    # HTML junta los espacios con que se escriben las clases, debajo de su cuenta.
    return name.replace("  ", "&emsp;", 1) if name.startswith("  ") else name


def _describe_aside(aside: dict[str, Any]) -> str:
    first = aside["first"][0]
    where = f"la primera, línea {first['line']}: {first['content'][:60]}"
    return f"{aside['count']} por «{aside['reason']}»; {where}"


def _describe_lengths(lengths: dict[str, float]) -> str:
    median, p95, longest = (f"{lengths[name]:.0f}" for name in ("median", "p95", "longest"))
    return f"{median} de mediana; el 95 % no pasa de {p95}; el más largo, {longest}"


def _describe_tokens(tokens: dict[str, Any]) -> str:
    cut = f"«max_length» {tokens['max_length']} corta el {format_percent(tokens['cut'])}"
    return f"{_describe_lengths(tokens)}; {cut} (muestra de {tokens['sample']})"
