"""De unas filas leídas a su informe: columnas, clases, largos, repetidos, idioma y tokens.

Lo enseñan ``python -m labsupport datos`` y el cuaderno 01.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labsupport.base.tables import flatten_text, join_some
from labsupport.data.classes import find_scale
from labsupport.data.data_report import DataReport
from labsupport.data.gathering import Gathered
from labsupport.data.subset import TEST, TRAIN, VALIDATION

# Textos que se tokenizan para estimar largos: con más, el percentil apenas se mueve.
TOKEN_SAMPLE = 2000
LANGUAGE_SAMPLE = 200
FEW_WORDS = 10
# «Ã³» donde decía «ó»: alguien leyó UTF-8 como si fuera otra codificación y lo volvió a guardar.
_GARBLED = re.compile(r"Ã[\x80-\xbf]|â\u20ac|\ufffd")


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
        decisions=[
            *gathered.classes.notes,
            *gathered.notes,
            *_tell_sides(gathered),
            *_tell_sampling(gathered),
        ],
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

    tokenizer = AutoTokenizer.from_pretrained(model)
    # Sin avisar de los que pasan del límite: de eso se ocupa quien llama.
    return [len(ids) for ids in tokenizer(texts, verbose=False)["input_ids"]]


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


def _tell_sides(gathered: Gathered) -> list[str]:
    """De unos splits que ya venían hechos, las clases que faltan en un lado."""
    apart = next((name for name in (TEST, VALIDATION) if name in gathered.splits), None)
    if apart is None or TRAIN not in gathered.splits:
        return []
    sides = [gathered.splits[name].counts for name in (TRAIN, apart)]
    lacking = [
        [
            f"«{n}»"
            for place, n in enumerate(gathered.classes.names)
            if not side[place] and other[place]
        ]
        for side, other in (sides, sides[::-1])
    ]
    ends = (f"«{TRAIN}»: no se puede aprender", f"«{apart}»: no se puede medir")
    return [
        f"de {join_some(names)} no hay filas en {end}"
        for names, end in zip(lacking, ends, strict=True)
        if names
    ]


def _tell_sampling(gathered: Gathered) -> list[str]:
    return [
        f"de las {split.total} filas de «{name}» se guardan {len(split.texts)}, elegidas al azar "
        f"con la semilla {split.seed}; repetidos, largos e idioma se miran en ellas"
        for name, split in gathered.splits.items()
        if len(split.texts) < split.total
    ]
