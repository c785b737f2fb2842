"""Cualquier tabla escrita de cualquier modo vuelve igual, o se aparta y se cuenta, o se rechaza."""

import csv
import io
import json
import tempfile
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
GLUE = [" "] * 8 + [", ", "; ", ". ", "\n", "\n\n", "\r", "\t", " | ", ' "', '" ', '""', "'", "  "]
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
    return "".join(a + b for a, b in zip(parts, glue, strict=True)).rstrip(" \r") or "x"


@st.composite
def tables(draw, extra=()):
    """Filas (texto, etiqueta): con al menos dos clases, y cada texto con algo escrito."""
    names = draw(st.sampled_from(LABELS))
    rows = draw(st.lists(st.tuples(texts(extra), st.sampled_from(names)), min_size=2, max_size=12))
    assume(len({label for _, label in rows}) > 1)
    return rows


@st.composite
def dialects(draw):
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
    # Con «\r» de final, el csv de Python no envuelve un texto con «\n» dentro.
    quoting += [csv.QUOTE_MINIMAL] * (end != "\r")
    return {
        "delimiter": draw(st.sampled_from(",;\t|")),
        "quoting": draw(st.sampled_from(quoting)),
        "lineterminator": end,
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
    check_unchanged(path, rows, **options)


OTHERS = {
    "id": lambda i: str(i),
    "fecha": lambda i: f"{i + 1}/5/2024 10:{i + 10}:00 a. m.",
    "media": lambda i: f"{i},5",
    "¿Volverías, y por qué?": lambda i: ["Sí", "No, nunca", "Quizá; depende"][i % 3],
    "": lambda i: "",
}


@quick
@given(
    rows=tables(),
    dialect=dialects(),
    codec=st.sampled_from(CODECS),
    names=st.lists(st.sampled_from(list(OTHERS)), min_size=1, max_size=5, unique=True),
    places=st.permutations(range(7)),
)
def test_a_csv_with_other_columns_comes_back_unchanged(folder, rows, dialect, codec, names, places):
    columns = {name: [OTHERS[name](i) for i in range(len(rows))] for name in names}
    columns |= {"texto": [text for text, _ in rows], "etiqueta": [label for _, label in rows]}
    names = [name for _, name in sorted(zip(places, columns, strict=False))]
    path = folder / "a.csv"
    cells = zip(*(columns[name] for name in names), strict=True)
    write_csv(path, cells, dialect, codec, header=names)
    check_unchanged(path, rows)


@quick
@given(rows=tables(EMOJI), dialect=dialects(), codec=st.sampled_from(CODECS))
def test_a_csv_without_header_comes_back_unchanged_or_asks(folder, rows, dialect, codec):
    path = folder / "a.csv"
    assume(all(can_write(text, codec) for row in rows for text in row))
    # Una opinión que diga solo «etiqueta» no se distingue de un nombre.
    assume(rows[0][0].casefold() not in ("texto", "etiqueta"))
    write_csv(path, rows, dialect, codec, header=None)
    columns = {"text_column": "columna 1", "label_column": "columna 2"}
    check_unchanged(path, rows, header=False, **columns)
    check_unchanged(path, rows)


def can_write(text, codec):
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def give_columns(rows):
    return {"texto": [text for text, _ in rows], "etiqueta": [label for _, label in rows]}


def write_jsonl(rows):
    return "".join(dump({"texto": text, "etiqueta": label}) + "\n" for text, label in rows)


def dump(value, ascii=False):
    return json.dumps(value, ensure_ascii=ascii)


SHAPES = [
    write_jsonl,
    lambda rows: dump([{"texto": text, "etiqueta": label} for text, label in rows]),
    lambda rows: json.dumps([{"texto": t, "etiqueta": e} for t, e in rows], indent=2),
    lambda rows: dump(give_columns(rows)),
    lambda rows: dump(
        {k: {str(i): cell for i, cell in enumerate(v)} for k, v in give_columns(rows).items()}
    ),
    lambda rows: dump({"columns": ["texto", "etiqueta"], "data": rows}),
    lambda rows: dump([["texto", "etiqueta"], *rows]),
    lambda rows: dump({"datos": [{"texto": t, "etiqueta": e} for t, e in rows], "total": 3}),
]


@quick
@given(
    rows=tables([*EMOJI, "\x7f", "\u2028", "\\u00e9"]),
    shape=st.sampled_from(SHAPES),
    codec=st.sampled_from(CODECS),
)
def test_json_comes_back_unchanged(folder, rows, shape, codec):
    content = shape(rows)
    assume(can_write(content, codec))
    path = folder / "a.json"
    path.write_bytes(content.encode(codec))
    check_unchanged(path, rows)


@quick
@given(rows=tables(EMOJI), found=st.booleans())
def test_a_sheet_comes_back_unchanged(folder, rows, found):
    path = folder / "a.xlsx"
    # Quien lee XML convierte el retorno en salto de línea.
    rows = [(text.replace("\r", "\n"), label) for text, label in rows]
    write_xlsx(path, {"Hoja1": [["texto", "etiqueta"], *rows]})
    check_unchanged(path, rows, **({} if found else {"header": True}))


@quick
@given(data=st.data(), dialect=dialects(), codec=st.sampled_from(CODECS))
def test_a_cut_file_changes_no_row_but_the_last(folder, data, dialect, codec):
    rows = data.draw(tables(EMOJI if codec in WIDE else ()))
    path = folder / "a.csv"
    write_csv(path, rows, dialect, codec)
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(1, len(content) - 1))])
    try:
        gathered = gather_rows(path, "texto", "etiqueta", header=True)
    except LabError:
        return
    found = [text for text, _ in list_rows(gathered)]
    whole = [text for text, _ in rows]
    wrong = [text for text in found if text not in whole]
    assert not wrong or (len(wrong) == 1 and found[-1] == wrong[0]), (wrong, found)


@quick
@given(data=st.data(), dialect=dialects(), codec=st.sampled_from(CODECS))
def test_broken_bytes_give_rows_or_a_sentence(folder, data, dialect, codec):
    rows = data.draw(tables(EMOJI if codec in WIDE else ()))
    path = folder / data.draw(st.sampled_from(["a.csv", "a.jsonl", "a.json", "a.xlsx"]))
    if path.suffix == ".csv":
        write_csv(path, rows, dialect, codec)
    elif path.suffix == ".xlsx":
        write_xlsx(path, {"Hoja1": [["texto", "etiqueta"], *rows]})
    else:
        shape = data.draw(st.sampled_from(SHAPES))
        path.write_bytes(shape(rows).encode(codec, "replace"))
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        gather_rows(path)
    except LabError as error:
        assert str(error)[-1] in ".?)"


@quick
@given(content=st.binary(max_size=200), ending=st.sampled_from(["csv", "json", "xlsx", "parquet"]))
def test_any_bytes_give_a_sentence(folder, content, ending):
    path = folder / f"a.{ending}"
    path.write_bytes(content)
    try:
        gather_rows(path)
    except LabError as error:
        assert str(error)
