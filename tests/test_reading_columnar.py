"""parquet, arrow, feather y save_to_disk: las mismas filas, por lotes, con los nombres de clase."""

import datetime
import decimal
import struct

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from labsupport.base.errors import LabError
from labsupport.data.reading.columnar import is_saved, open_columnar, open_saved
from labsupport.data.reading.delimited import BAD_BYTES
from labsupport.data.reading.table import BATCH_ROWS, AsideLog

TABLE = pa.table({"texto": ["Rico", "Frío", None], "nota": [5, 1, 3]})
ROWS = [(1, ["Rico", 5]), (2, ["Frío", 1]), (3, [None, 3])]
FEATURES = Features({"text": Value("string"), "label": ClassLabel(names=["mala", "buena"])})
REVIEWS = Dataset.from_dict({"text": ["Rico", "Frío"], "label": [1, 0]}, features=FEATURES)


def write(path, table):
    """Escribe una tabla como diga la extensión; ``.ipc`` es un flujo."""
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".feather":
        feather.write_feather(table, path)
    else:
        opener = pa.ipc.new_stream if path.suffix == ".ipc" else pa.ipc.new_file
        with opener(path, table.schema) as writer:
            writer.write_table(table)
    return path


def read_all(table):
    """Devuelve las filas de una tabla y lo apartado."""
    asides = AsideLog()
    return [row for batch in table.read(asides) for row in batch], asides


def read(path):
    (table,) = open_columnar(path)
    return table, *read_all(table)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather", "ipc"])
def test_every_format_gives_the_same_rows(tmp_path, ending):
    table, rows, asides = read(write(tmp_path / f"a.{ending}", TABLE))
    assert (table.name, table.columns) == (f"a.{ending}", ["texto", "nota"])
    assert (rows, asides.total, table.notes) == (ROWS, 0, [])
    assert table.form == ("parquet" if ending == "parquet" else "arrow")


@pytest.mark.parametrize("ending", ["parquet", "arrow", "ipc"])
def test_the_rows_come_in_batches_with_their_numbers(tmp_path, ending):
    count = 2 * BATCH_ROWS + 5
    path = write(tmp_path / f"a.{ending}", pa.table({"n": range(count), "t": ["x"] * count}))
    (table,) = open_columnar(path)
    batches = list(table.read(AsideLog()))
    assert max(map(len, batches)) <= BATCH_ROWS and len(batches) >= 3
    assert [row for batch in batches for row in batch] == [(n + 1, [n, "x"]) for n in range(count)]


def test_cells_keep_what_they_say(tmp_path):
    moment = datetime.datetime(2024, 5, 1, 10, 30)
    kinds = {
        "category": (pa.array(["b"]).dictionary_encode(), "b"),
        "large": (pa.array(["a"], pa.large_string()), "a"),
        "nan": (pa.array([float("nan")]), None),
        "whole": (pa.array([5.0]), 5.0),
        "logic": (pa.array([True]), True),
        "date": (pa.array([moment.date()]), "2024-05-01"),
        "moment": (pa.array([moment]), "2024-05-01T10:30:00"),
        "decimal": (pa.array([decimal.Decimal("4.50")]), 4.5),
        "exact": (pa.array([decimal.Decimal("4.00")]), 4),
        "list": (pa.array([["a", "b"]]), ["a", "b"]),
        "bytes": (pa.array(["Frío".encode()]), "Frío"),
        "nothing": (pa.nulls(1), None),
    }
    table = pa.table({name: array for name, (array, _) in kinds.items()})
    for ending in ("parquet", "arrow"):
        _, rows, _ = read(write(tmp_path / f"a.{ending}", table))
        expected = [value for _, value in kinds.values()]
        assert rows == [(1, expected)]
        assert list(map(type, rows[0][1])) == list(map(type, expected))


def test_objects_and_the_index_of_pandas_are_left_out(tmp_path):
    table = pa.table({"t": ["a"], "u": [{"id": 1}], "__index_level_0__": [7], "index": [3]})
    found, rows, _ = read(write(tmp_path / "a.parquet", table))
    assert (found.columns, rows) == (["t", "index"], [(1, ["a", 3])])
    assert found.notes == ["no se leen las columnas con objetos dentro («u»)"]
    with pytest.raises(LabError, match="ninguna columna"):
        open_columnar(write(tmp_path / "b.parquet", table.select(["u"])))


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_columns_with_the_same_name_are_told_apart(tmp_path, ending):
    table = pa.table([["a"], [1], [2]], names=["t", "n", "n"])
    found, rows, _ = read(write(tmp_path / f"a.{ending}", table))
    assert (found.columns, rows) == (["t", "n", "n (2)"], [(1, ["a", 1, 2])])


def test_bytes_that_are_not_text_cost_their_row(tmp_path):
    table = pa.table({"t": ["Frío".encode(), "Frío".encode("cp1252")], "n": [1, 2]})
    _, rows, asides = read(write(tmp_path / "a.parquet", table))
    assert rows == [(1, ["Frío", 1])]
    assert asides.counts == {BAD_BYTES: 1} and asides.first[0].line == 2


def test_datasets_keeps_the_names_of_the_classes(tmp_path):
    REVIEWS.to_parquet(tmp_path / "a.parquet")
    table, rows, _ = read(tmp_path / "a.parquet")
    assert table.classes == {"label": ["mala", "buena"]}
    assert rows == [(1, ["Rico", 1]), (2, ["Frío", 0])]


def test_what_save_to_disk_wrote_is_read(tmp_path):
    REVIEWS.save_to_disk(tmp_path / "una", num_shards=2)
    assert is_saved(tmp_path / "una") and not is_saved(tmp_path)
    (table,) = open_saved(tmp_path / "una", "una")
    assert (table.name, table.split, table.columns) == ("una", None, ["text", "label"])
    assert table.classes == {"label": ["mala", "buena"]}
    assert read_all(table)[0] == [(1, ["Rico", 1]), (2, ["Frío", 0])]


def test_each_split_that_save_to_disk_wrote_is_a_table(tmp_path):
    splits = {"train": REVIEWS, "dev": REVIEWS, "unsupervised": REVIEWS}
    DatasetDict(splits).save_to_disk(tmp_path / "a")
    tables = open_saved(tmp_path / "a", "a")
    assert [(table.split, len(read_all(table)[0])) for table in tables] == [
        ("train", 2),
        ("validation", 2),
    ]
    assert tables[0].notes == ["no se usan los splits unsupervised"]
    DatasetDict({"es": REVIEWS}).save_to_disk(tmp_path / "b")
    assert open_saved(tmp_path / "b", "b")[0].split is None
    DatasetDict({"es": REVIEWS, "en": REVIEWS}).save_to_disk(tmp_path / "c")
    with pytest.raises(LabError, match="tiene es, en"):
        open_saved(tmp_path / "c", "c")


def test_half_a_saved_dataset_is_one_sentence(tmp_path):
    REVIEWS.save_to_disk(tmp_path / "a")
    (tmp_path / "a" / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(LabError, match="Falta data-00000-of-00001.arrow"):
        open_saved(tmp_path / "a", "a")
    (tmp_path / "a" / "state.json").write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match="state.json en a"):
        open_saved(tmp_path / "a", "a")


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather", "ipc"])
@pytest.mark.parametrize("kept", [0, 3, 0.3, 0.6, 0.9])
def test_half_a_file_is_one_sentence(tmp_path, ending, kept):
    table = pa.table({"t": [f"Opinión {n}" for n in range(5000)], "n": range(5000)})
    path = write(tmp_path / f"a.{ending}", table)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept) if kept < 1 else kept])
    with pytest.raises(LabError, match=f"a.{ending} está dañado"):
        read(path)


def test_a_page_that_is_damaged_is_told_while_reading(tmp_path):
    path = write(tmp_path / "a.parquet", pa.table({"t": [f"Opinión {n}" for n in range(5000)]}))
    content = bytearray(path.read_bytes())
    content[100:3000] = bytes(2900)
    path.write_bytes(content)
    (table,) = open_columnar(path)
    with pytest.raises(LabError, match="a.parquet está dañado"):
        read_all(table)


def test_an_arrow_with_impossible_positions_does_not_end_the_process(tmp_path):
    path = write(tmp_path / "a.arrow", pa.table({"t": ["Rico", "Frío"]}))
    content = path.read_bytes()
    offsets = struct.pack("<3i", 0, 4, 9)
    path.write_bytes(content.replace(offsets, struct.pack("<3i", 0, 2**30, 9)))
    with pytest.raises(LabError, match="a.arrow está dañado"):
        read(path)


def test_text_that_is_not_utf8_is_told(tmp_path):
    path = write(tmp_path / "a.parquet", pa.table({"t": ["Frío y caro", "Frío"]}))
    path.write_bytes(path.read_bytes().replace("Frío y caro".encode(), b"Fr\xff\xffo y caro"))
    with pytest.raises(LabError, match="a.parquet está dañado"):
        read(path)
