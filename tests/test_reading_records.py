"""json y jsonl: cada forma de guardar registros da las mismas filas, y lo que falla se cuenta."""

import io
import json

import pandas as pd
import pytest

from labsupport.base.errors import LabError
from labsupport.data.reading import records
from labsupport.data.reading.delimited import BAD_BYTES, FEWER, MORE
from labsupport.data.reading.records import (
    BROKEN,
    HAS_OBJECT,
    NOT_RECORD,
    REPEATED,
    open_records,
)
from labsupport.data.reading.table import AsideLog

RECORDS = [
    {"texto": "Llegó tarde", "nota": 1},
    {"texto": "Rico, pero caro", "nota": 4},
    {"texto": "Bien", "nota": 5},
]
CELLS = [["Llegó tarde", 1], ["Rico, pero caro", 4], ["Bien", 5]]


def save(tmp_path, content, name="opiniones.json", encoding="utf-8"):
    path = tmp_path / name
    if isinstance(content, dict | list):
        content = json.dumps(content, ensure_ascii=False)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(path, header=None):
    """Devuelve la única tabla, sus filas con su línea y lo apartado."""
    (table,) = open_records(path, header)
    asides = AsideLog()
    return table, [row for batch in table.read(asides) for row in batch], asides


def to_json(orient):
    frame = pd.DataFrame(RECORDS)
    buffer = io.StringIO()
    frame.to_json(buffer, orient=orient, force_ascii=False)
    return buffer.getvalue()


@pytest.mark.parametrize("orient", ["records", "columns", "split", "index", "table"])
def test_every_orientation_of_pandas_gives_the_same_rows(tmp_path, orient):
    table, rows, asides = read(save(tmp_path, to_json(orient)))
    assert table.columns == ["texto", "nota"]
    assert rows == list(enumerate(CELLS, start=1))
    assert (orient in table.form) == (orient != "records")
    assert table.form.endswith("UTF-8, contado por registros")
    assert asides.total == 0


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ({"texto": [c[0] for c in CELLS], "nota": [c[1] for c in CELLS]}, "columnas"),
        ({"data": RECORDS}, "registros"),
        ({"reviews": RECORDS, "count": 3, "source": {"name": "x"}}, "registros"),
        ({"status": "ok", "result": {"total": 3, "items": RECORDS}}, "registros"),
        ({"data": json.loads(to_json("columns"))}, "columns"),
        ({"info": {"a": "b"}, "data": json.loads(to_json("columns"))}, "columns"),
        ({"-Mx1": RECORDS[0], "-Mx2": RECORDS[1], "-Mx3": RECORDS[2]}, "index"),
        ([["texto", "nota"], *CELLS], "registros"),
    ],
)
def test_every_nesting_gives_the_same_rows(tmp_path, content, form):
    table, rows, asides = read(save(tmp_path, content))
    assert table.columns == ["texto", "nota"]
    assert [cells for _, cells in rows] == CELLS
    assert form in table.form and not table.notes and not asides.total


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "a.JSON"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"])
@pytest.mark.parametrize("lines", [True, False])
def test_the_content_says_which_it_is_and_in_what_encoding(tmp_path, name, encoding, lines):
    text = "".join(json.dumps(each, ensure_ascii=False) + "\r\n" for each in RECORDS)
    text = text if lines else json.dumps(RECORDS, ensure_ascii=False)
    table, rows, asides = read(save(tmp_path, text, name, encoding))
    assert [cells for _, cells in rows] == CELLS and not asides.total
    assert table.form.startswith("jsonl" if lines else "json (")


def test_a_pretty_json_is_counted_by_its_lines(tmp_path):
    text = json.dumps({"count": 3, "data": {"x": RECORDS}}, indent=1, ensure_ascii=False)
    table, rows, _ = read(save(tmp_path, text))
    lines = text.split("\n")
    assert [lines[line - 1].strip() for line, _ in rows] == ["{"] * 3
    assert [lines[line].strip() for line, _ in rows] == [f'"texto": "{each[0]}",' for each in CELLS]
    one_a_line = "[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]\n"
    assert [line for line, _ in read(save(tmp_path, one_a_line))[1]] == [2, 3, 4]


@pytest.mark.parametrize("between", [",\n", "\n\n", " "])
def test_records_one_after_another_without_brackets(tmp_path, between):
    text = between.join(json.dumps(each, indent=2) for each in RECORDS)
    _, rows, _ = read(save(tmp_path, text))
    assert [cells for _, cells in rows] == CELLS
    assert [line for line, _ in rows] in ([1, 5, 9], [1, 6, 11], [1, 4, 7])


def test_splits_come_apart(tmp_path):
    content = {"Train": RECORDS, "validación": json.loads(to_json("columns")), "test": RECORDS[:1]}
    tables = open_records(save(tmp_path, {"version": 1, **content}))
    assert [table.split for table in tables] == ["train", "validation", "test"]
    counts = [sum(map(len, table.read(AsideLog()))) for table in tables]
    assert counts == [3, 3, 1]


def test_a_single_record_is_one_row(tmp_path):
    assert read(save(tmp_path, RECORDS[0]))[1] == [(1, CELLS[0])]
    nested = {**RECORDS[0], "autor": {"edad": 3}}
    table, rows, _ = read(save(tmp_path, json.dumps(nested, indent=1)))
    assert rows == [(1, CELLS[0])]
    assert table.notes == ["no se leen las columnas con objetos dentro («autor»)"]


def test_values_keep_their_kind(tmp_path):
    text = '[{"t": "a", "v": %s}]'
    for written, kept in [
        ("5", 5), ("4.5", 4.5), ("true", True), ("null", None), ("NaN", None), ("-Infinity", None),
        ('"NA"', "NA"), ('"a\tb"', "a\tb"), ('["a", "b"]', ["a", "b"]), ('"\\ud83d\\ude00"', "😀"),
    ]:  # fmt: skip
        cell = read(save(tmp_path, text % written))[1][0][1][1]
        assert cell == kept and type(cell) is type(kept)


def test_records_with_different_keys_have_all_the_columns(tmp_path):
    table, rows, _ = read(save(tmp_path, [{"a": "x"}, {"b": 1, "a": "y"}]))
    assert (table.columns, rows) == (["a", "b"], [(1, ["x", None]), (2, ["y", 1])])


def test_columns_of_objects_are_left_out_and_a_lone_object_is_set_aside(tmp_path):
    rows = [{"t": "a", "u": {"id": 1}, "n": 1}, {"t": {"es": "b"}, "u": None, "n": 2}]
    table, rows, asides = read(save(tmp_path, [*rows, {"t": "c", "u": {}, "n": 3}]))
    assert (table.columns, rows) == (["t", "n"], [(1, ["a", 1]), (3, ["c", 3])])
    assert asides.counts == {HAS_OBJECT: 1} and asides.first[0].line == 2
    assert table.notes == ["no se leen las columnas con objetos dentro («u»)"]
    with pytest.raises(LabError, match="Todas las columnas.*json_normalize"):
        open_records(save(tmp_path, [{"u": {"id": 1}}, {"u": {"id": 2}}]))


def test_what_is_broken_in_a_jsonl_goes_aside_with_its_line(tmp_path):
    text = "\n".join(
        [
            '{"t": "a", "n": 1}',
            '{"t": "b", "n": ',
            "",
            '{"t": "c", "n": 2, "t": "d"}',
            '["x", 3]',
            "null",
            '{"t": "medio emoji \\ud83d", "n": 4}',
            '{"t": "e", "n": 5} {"t": "f"}',
            '{"t": "g", "n": 6}',
            '{"t": "h", "n"',
        ]
    )
    _, rows, asides = read(save(tmp_path, text, "a.jsonl"))
    assert rows == [(1, ["a", 1]), (9, ["g", 6])]
    assert asides.counts == {BROKEN: 3, REPEATED: 1, NOT_RECORD: 2, BAD_BYTES: 1}
    where = {
        reason: [e.line for e in asides.first if e.reason == reason] for reason in asides.counts
    }
    assert where == {BROKEN: [2, 8, 10], REPEATED: [4], NOT_RECORD: [5, 6], BAD_BYTES: [7]}
    assert asides.first[0].content == '{"t": "b", "n":'


def test_a_jsonl_whose_first_line_is_broken_is_still_one(tmp_path):
    lines = ['{"t": "a"', '{"t": "b"}', '{"t": "c"}']
    _, rows, asides = read(save(tmp_path, "\n".join(lines)))
    assert [line for line, _ in rows] == [2, 3] and asides.counts == {BROKEN: 1}


@pytest.mark.parametrize("lines", [True, False])
def test_a_byte_that_is_not_understood_costs_its_row(tmp_path, lines):
    rows = [b'{"t": "Lleg\xc3\xb3", "n": 1}', b'{"t": "Rico \xff", "n": 2}', b'{"t": "ok", "n": 3}']
    content = b"\n".join(rows) if lines else b"[" + b",\n".join(rows) + b"]"
    table, kept, asides = read(save(tmp_path, content))
    assert [line for line, _ in kept] == [1, 3]
    assert asides.counts == {BAD_BYTES: 1} and asides.first[0].line == 2
    asides.first[0].content.encode("utf-8")
    assert table.notes == ["hay bytes que no se entienden: sus filas van apartadas"]


def test_a_key_that_comes_late_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "BATCH_ROWS", 2)
    rows = [{"t": "a"}, {"t": "b"}, {"t": "c", "tarde": 1}, {"t": "d", "tarde": 2}]
    table, kept, _ = read(save(tmp_path, "\n".join(map(json.dumps, rows))))
    assert table.columns == ["t"] and len(kept) == 4
    assert table.notes == ["la columna «tarde» no se lee: aparece por primera vez tras 2 filas (2)"]


def test_lists_of_cells_must_be_as_long_as_the_columns(tmp_path):
    content = {"columns": ["t", "n"], "index": [0, 1, 2], "data": [["a", 1], ["b"], ["c", 1, 2]]}
    _, rows, asides = read(save(tmp_path, content))
    assert rows == [(1, ["a", 1])] and asides.counts == {FEWER: 1, MORE: 1}


def test_lists_without_names_are_asked_about(tmp_path):
    path = save(tmp_path, CELLS)
    with pytest.raises(LabError, match="«header»"):
        open_records(path)
    table, rows, _ = read(path, header=False)
    assert table.columns == ["columna 1", "columna 2"] and len(rows) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "está vacío"),
        (" \n\n", "está vacío"),
        ("[]", "no tiene registros"),
        ("{}", "está vacío"),
        ("5", "un solo valor"),
        ('["Rico", "Frío"]', "no tiene registros"),
        ('[\n{"t": "a"},\n{"t": "b', "acaba a la mitad, en la línea 3"),
        ('{"data": [\n{"t": "a"},\n{"t": "b"},\n', "acaba a la mitad, en la línea 3"),
        ('[\n{"t": "a"},\n{"t": b}\n]', r"en la línea 3 \(«{\"t\": b}»\)"),
        ("texto;nota\nRico;5\n", r"en la línea 1 \(«texto;nota»\)"),
        ('{"data": [{"t": 1}], "data": [{"t": 2}]}', "dos veces la misma clave"),
        ('{"t": {"0": "a", "0": "b"}}', "dos veces la misma clave"),
        ('{"a": [{"t": 1}], "b": [{"t": 2}]}', "cuál de las partes.*a, b"),
        ("[" * 200_000, "opiniones.json"),
        ('[{"n": ' + "9" * 5000 + "}]", "no se entiende"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, content, sentence):
    with pytest.raises(LabError, match=sentence):
        open_records(save(tmp_path, content))


def test_a_whole_label_studio_export_says_which_other_to_ask_for(tmp_path):
    row = {"id": 1, "data": {"text": "Muy rico"}, "annotations": [{"result": []}]}
    path = tmp_path / "proyecto.json"
    path.write_text(json.dumps([row, row]), encoding="utf-8")
    with pytest.raises(LabError, match="Label Studio.*JSON-MIN"):
        open_records(path)
