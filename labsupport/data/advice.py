"""Qué conviene hacer antes de entrenar con unos datos, según lo que se encontró en ellos."""

from __future__ import annotations

from typing import Any, Protocol

from labsupport.base.tables import format_percent, join_names

FEW_ROWS, FEW_OF_CLASS = 200, 10
LANGUAGES = {"es": "español", "en": "inglés", "pt": "portugués", "fr": "francés", "ca": "catalán"}
LANGUAGES |= {"gl": "gallego", "eu": "euskera", "it": "italiano", "de": "alemán"}


class Findings(Protocol):
    """Lo que hace falta saber de unos datos para aconsejar, como está en su informe."""

    kept: int
    classes: list[dict[str, Any]]
    contradictions: int
    leaks: int
    garbled: int
    language: str
    tokens: dict[str, Any]


def list_advice(report: Findings) -> list[str]:
    """Devuelve qué conviene hacer antes de entrenar, de lo más grave a lo menos."""
    return [advice for look in _ADVICE if (advice := look(report))]


def _advise_few(report: Findings) -> str:
    if report.kept >= FEW_ROWS:
        return ""
    return f"con {report.kept} filas cualquier medida baila mucho: consigue más si puedes"


def _advise_rare(report: Findings) -> str:
    # Con un puñado de filas son pocas de todas: se nombra la que se quedó sola.
    few = FEW_OF_CLASS if report.kept >= FEW_ROWS // 4 else 2
    rare = [f"«{each['name']}» ({each['rows']})" for each in report.classes if each["rows"] < few]
    if not rare or len(rare) == len(report.classes):
        return ""
    shown = join_names(rare[:6]) + (f" y {len(rare) - 6} más" if len(rare) > 6 else "")
    return f"hay muy pocas filas de {shown}: no alcanzan para aprender ni para medir"


def _advise_imbalance(report: Findings) -> str:
    rows = [each["rows"] for each in report.classes]
    if max(rows) < 4 * max(min(rows), 1):
        return ""
    return (
        "las clases están desequilibradas: no te fíes de la accuracy sola, mira macro-F1 y la "
        "matriz de confusión"
    )


def _advise_contradictions(report: Findings) -> str:
    if not report.contradictions:
        return ""
    return f"{report.contradictions} textos repetidos tienen etiquetas distintas: decide cuál vale"


def _advise_leaks(report: Findings) -> str:
    if not report.leaks:
        return ""
    return f"{report.leaks} textos de train están en la evaluación: al preparar, se quitan de train"


def _advise_garbled(report: Findings) -> str:
    if not report.garbled:
        return ""
    return f"{report.garbled} textos ya traían letras rotas («Ã³» por «ó»): expórtalos otra vez"


def _advise_cut(report: Findings) -> str:
    if report.tokens.get("cut", 0) <= 0.05:
        return ""
    cut = format_percent(report.tokens["cut"])
    return f"«max_length» corta el {cut} de los textos: súbelo si puedes"


def _advise_language(report: Findings) -> str:
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
