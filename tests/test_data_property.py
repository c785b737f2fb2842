"""Cualquier tabla escrita de cualquier modo vuelve igual, o se aparta y se cuenta, o se rechaza."""

import csv
import io
import json
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_data_corpus import list_rows
from tiny_sheets import write_xlsx

from labsupport.base.errors import LabError
from labsupport.data.gathering import gather_rows
from labsupport.data.labels import name_classes

quick = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

WORDS = (
    "el la los que de no muy bien mal rico frío llegó tarde niño además ¿cómo? ¡qué bueno! camarón "
    "pingüino Ángel ÓRDENES the food was great don't it's 5 10 3,5 1. C:\\datos x=1 a/b (sí) "
    "http://t.co/a?b=1;c=2 #tag @ana uno,dos uno;dos uno|dos NA null - ... TEXTO etiqueta"
).split()
GLUE = [" "] * 8 + [", ", "; ", ". ", "\n", "\n\n", "\t", " | ", ' "', '" ', '""', "'", "  "]
EMOJI = ["😀", "👍🏽", "❤️", "日本", "“cita”", "—", "€", "…"]
LABELS = [
    ["buena", "mala"],
    ["Positivo", "Negativo", "Neutro"],
    ["1", "2", "3", "4", "5"],
    ["-1", "0", "1"],
    ["sí", "no"],
    ["NA", "None", "nan"],
    ["P+", "P", "NEU", "N", "N+", "NONE"],
    ["4,5", "0,5", "3"],
    ["alegría, mucha", "enfado; poco", 'miedo "raro"'],
    ["01", "02", "1"],
    ["5 estrellas", "1 estrella"],
    ["TRUE", "FALSE"],
]
CODECS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "mac_roman", "cp850")
WIDE = ("utf-8", "utf-8-sig", "utf-16")


@st.composite
def texts(draw, extra=()):
    parts = draw(st.lists(st.sampled_from([*WORDS, *extra]), min_size=1, max_size=12))
    glue = draw(st.lists(st.sampled_from(GLUE), min_size=len(parts), max_size=len(parts)))
    return "".join(a + b for a, b in zip(parts, glue, strict=True)).rstrip(" ") or "x"


@st.composite
def tables(draw, extra=()):
    """Filas (texto, etiqueta): con al menos dos clases, y cada texto con algo escrito."""
    names = draw(st.sampled_from(LABELS))
    rows = draw(
        st.lists(st.tuples(texts(extra), st.sampled_from(names)), min_size=2, max_size=12)
    )
    assume(len({label for _, label in rows}) > 1)
    return rows


@st.composite
def dialects(draw):
    return {
        "delimiter": draw(st.sampled_from(",;\t|")),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
    }


def write_csv(path, rows, dialect, codec, header=("texto", "etiqueta")):
    buffer = io.StringIO()
    csv.writer(buffer, **dialect).writerows([header, *rows] if header else rows)
    path.write_bytes(buffer.getvalue().encode(codec))


def class_of(rows):
    """La clase que nombra cada etiqueta escrita."""
    counts = {label: sum(other == label for _, other in rows) for _, label in rows}
    classes = name_classes(counts, "etiqueta")
    return {label: classes.names[place] for label, place in classes.places.items()}


def check_unchanged(path, rows, **options):
    """Lo que se lee es lo escrito, en su orden, y lo que falta está contado; o una frase."""
    try:
        gathered = gather_rows(path, **options)
    except LabError as error:
        assert str(error)[-1] in ".?"
        return None
    found, names = list_rows(gathered), class_of(rows)
    expected = [(text, names[label]) for text, label in rows]
    assert is_inside(found, expected), (found, expected)
    assert len(expected) - len(found) <= gathered.asides.total
    return gathered


def is_inside(found, expected):
    rest = iter(expected)
    return all(row in rest for row in found)


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


@quick
@given(data=st.data(), dialect=dialects(), codec=st.sampled_from(CODECS), found=st.booleans())
def test_a_csv_comes_back_unchanged(folder, data, dialect, codec, found):
    rows = data.draw(tables(EMOJI if codec in WIDE else ()))
    path = folder / "a.csv"
    write_csv(path, rows, dialect, codec)
    options = {} if found else {"text_column": "texto", "label_column": "etiqueta", "header": True}
    gathered = check_unchanged(path, rows, **options)
    if gathered is None or gathered.asides.total: print("ASIDE", codec, dialect, gathered and gathered.asides)
