"""El lector de CSV: lo que guardan las hojas de cálculo, y lo que no se puede leer."""

import csv
import io

import pytest

from labsupport.base.csv_files import CsvForm, find_form, find_separator, read_rows
from labsupport.base.errors import LabError


def read(content):
    return read_rows(io.BytesIO(content), "notas.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("start", ["", "sep={}\r\n", "\r\n"])
def test_every_way_of_saving_gives_the_same_rows(separator, encoding, start):
    text = f'{start.format(separator)}año{separator}"dice: ""sí"",\nno"\n1{separator}é\n'
    form, rows = read(text.encode(encoding))
    assert rows == [["año", 'dice: "sí",\nno'], ["1", "é"]]
    assert (form.separator, form.skipped) == (separator, int(start.startswith("sep")))


def test_the_separator_that_was_declared_only_decides_a_tie():
    assert find_separator("sep=;\na,b,c\n") == (",", 1)
    assert find_separator("sep=;a,b") == (",", 0), "no es una línea entera"


def test_the_encoding_is_that_of_the_whole_file():
    late = b"a,b\n" + b"x,1\n" * 2**19 + "ñ,1\n".encode("cp1252")
    assert find_form(io.BytesIO(late), "notas.csv").encoding == "cp1252"
    split = b"a,b\n" + b"x" * (2**20 - 5) + "ñ,1\n".encode()
    assert find_form(io.BytesIO(split), "notas.csv") == CsvForm("utf-8-sig", ",")


@pytest.mark.parametrize("content", [b"\x81\x8d", b"\xff\xfe\x00", b"a\rb\x00\n\r\x81"])
def test_what_is_not_text_is_told_with_its_name(content):
    with pytest.raises(LabError, match=r"notas\.csv.*CSV"):
        read(content)


def test_an_empty_file_has_no_rows_and_a_long_cell_is_read():
    limit = csv.field_size_limit()
    assert read(b"") == (CsvForm(), [])
    assert read(b"a\n" + b"x" * 200_000)[1][1] == ["x" * 200_000]
    assert csv.field_size_limit() == limit
