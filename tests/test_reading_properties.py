"""Tablas al azar, guardadas de cualquier modo en json o en una hoja, salen iguales."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_sheets import write_ods, write_xls, write_xlsx

from labsupport.data.reading.records import open_records
from labsupport.data.reading.sheets import open_sheet
from labsupport.data.reading.table import AsideLog

COLUMNS = ["texto", "nota", "columna rara", "id"]
# Una hoja no distingue el texto vacío de la celda vacía, ni guarda letras de control.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
SHEET_TEXTS = TEXTS.filter(lambda text: text.strip() and not text.startswith(("#", "Err")))
SHEET_TEXTS = SHEET_TEXTS.filter(lambda text: not set(text) & set("_\ufffe\uffff"))
NUMBERS = st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6).filter(lambda n: n % 1)
OTHERS = st.booleans() | st.none() | NUMBERS
often = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def tables(cells):
    """De dos a cuatro columnas y de una a seis filas."""
    widths = st.integers(2, 4)
    return widths.flatmap(
        lambda width: st.lists(
            st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6
        )
    )


def shape(form, columns, rows):
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    index = [str(number) for number in range(len(rows))]
    by_column = dict(zip(columns, zip(*rows, strict=True), strict=True))
    return {
        "records": records,
        "columns": {
            name: dict(zip(index, cells, strict=True)) for name, cells in by_column.items()
        },
        "index": dict(zip(index, records, strict=True)),
        "split": {"columns": columns, "index": index, "data": rows},
        "nested": {"count": len(rows), "reviews": records},
        "lists": [columns, *rows],
        "by column": {name: list(cells) for name, cells in by_column.items()},
    }[form]


def read(table):
    asides = AsideLog()
    rows = [row for batch in table.read(asides) for row in batch]
    assert not asides.total
    return rows


@pytest.mark.parametrize(
    "form", ["records", "lines", "columns", "index", "split", "nested", "lists", "by column"]
)
@often
@given(
    rows=tables(TEXTS | OTHERS),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_table_in_json_comes_back_the_same(tmp_path, form, rows, indent, ascii_only, encoding):
    columns = COLUMNS[: len(rows[0])]
    if form == "lines":
        records = shape("records", columns, rows)
        text = "\n".join(json.dumps(each, ensure_ascii=ascii_only) for each in records)
    else:
        text = json.dumps(shape(form, columns, rows), ensure_ascii=ascii_only, indent=indent)
    path = tmp_path / "a.json"
    path.write_bytes(text.encode(encoding))
    (table,) = open_records(path, header=True)
    assert table.columns == columns
    assert repr([cells for _, cells in read(table)]) == repr(rows)


@pytest.mark.parametrize(("ending", "write"), [("xlsx", write_xlsx), ("ods", write_ods)])
@often
@given(rows=tables(SHEET_TEXTS | OTHERS), top=st.integers(0, 2), left=st.integers(0, 2))
def test_a_table_in_a_sheet_comes_back_the_same(tmp_path, ending, write, rows, top, left):
    check_sheet(tmp_path / f"a.{ending}", lambda p, cells: write(p, {"H": cells}), rows, top, left)


@often
@given(rows=tables(SHEET_TEXTS | OTHERS), top=st.integers(0, 2), left=st.integers(0, 2))
def test_a_table_in_an_old_sheet_comes_back_the_same(tmp_path, rows, top, left):
    check_sheet(tmp_path / "a.xls", write_xls, rows, top, left)


def check_sheet(path, write, rows, top, left):
    columns = COLUMNS[: len(rows[0])]
    write(path, [[]] * top + [[None] * left + row for row in [columns, *rows]])
    (table,) = open_sheet(path, None, header=True)
    assert table.columns == columns
    kept = [(n + top + 2, row) for n, row in enumerate(rows) if any(c is not None for c in row)]
    assert repr(read(table)) == repr(kept)
