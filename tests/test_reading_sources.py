"""Qué hay detrás de una ruta: archivos sueltos, comprimidos, zips, carpetas y lo que no se lee."""

import bz2
import gc
import gzip
import io
import json
import lzma
import os
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict
from tiny_sheets import write_ods, write_xlsx

from labsupport.base.errors import LabError
from labsupport.data.reading import archives, folders
from labsupport.data.reading.class_folders import EMPTY
from labsupport.data.reading.delimited import BAD_BYTES
from labsupport.data.reading.sources import open_tables
from labsupport.data.reading.table import AsideLog

CSV = "texto,nota\nRico,5\nFrío,1\n"
CELLS = [["Rico", "5"], ["Frío", "1"]]
RECORDS = [{"texto": "Rico", "nota": 5}, {"texto": "Frío", "nota": 1}]


@pytest.fixture(autouse=True)
def private_temporary(tmp_path_factory, monkeypatch):
    """Lo que se descomprime va a una carpeta de esta prueba."""
    folder = tmp_path_factory.mktemp("temporal")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def write(path, content=CSV):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def read_rows(table):
    return [cells for batch in table.read(AsideLog()) for _, cells in batch]


def read(path, **options):
    """Devuelve la única tabla y sus celdas."""
    (table,) = open_tables(path, **options)
    return table, read_rows(table)


def splits_of(path):
    return {table.split: read_rows(table) for table in open_tables(path)}


# Un archivo


def save_parquet(path):
    pq.write_table(pa.Table.from_pylist(RECORDS), path)


def save_arrow(path):
    with pa.ipc.new_file(path, pa.Table.from_pylist(RECORDS).schema) as writer:
        writer.write_table(pa.Table.from_pylist(RECORDS))


FORMATS = {
    "csv": lambda path: write(path),
    "tsv": lambda path: write(path, CSV.replace(",", "\t")),
    "txt": lambda path: write(path, CSV.replace(",", ";")),
    "json": lambda path: write(path, json.dumps(RECORDS)),
    "jsonl": lambda path: write(path, "\n".join(map(json.dumps, RECORDS))),
    "xlsx": lambda path: write_xlsx(path, {"H": [["texto", "nota"], ["Rico", 5], ["Frío", 1]]}),
    "ods": lambda path: write_ods(path, {"H": [["texto", "nota"], ["Rico", 5], ["Frío", 1]]}),
    "parquet": save_parquet,
    "arrow": save_arrow,
}


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("name", ["opiniones.{}", "OPINIONES.{}", "año 1 [1] #2 100%.{}"])
def test_every_format_is_opened(tmp_path, ending, name):
    spelled = ending.upper() if name.isupper() else ending
    path = tmp_path / name.format(spelled)
    FORMATS[ending](path)
    table, rows = read(path)
    assert (table.columns, table.split) == (["texto", "nota"], None)
    assert [[text, int(nota)] for text, nota in rows] == [["Rico", 5], ["Frío", 1]]


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("wrong", ["sin_extension", "datos.dat", "datos.v2", "datos.csv"])
def test_the_content_says_what_a_file_is(tmp_path, ending, wrong):
    path = tmp_path / f"a.{ending}"
    FORMATS[ending](path)
    _, rows = read(path.rename(tmp_path / wrong))
    assert [[text, int(nota)] for text, nota in rows] == [["Rico", 5], ["Frío", 1]]


def test_a_text_that_calls_itself_a_spreadsheet_is_read(tmp_path):
    assert read(write(tmp_path / "descarga.xls", CSV.replace(",", "\t")))[1] == CELLS
    assert read(write(tmp_path / "descarga.xlsx"))[1] == CELLS


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx"])
def test_a_compressed_file_is_opened(tmp_path, compress, ending):
    suffix = {"gzip": "gz", "bz2": "bz2", "lzma": "xz"}[compress.__module__]
    FORMATS[ending](tmp_path / f"a.{ending}")
    plain = tmp_path / f"a.{ending}"
    for name in (f"a.{ending}.{suffix}", f"b.{ending}"):
        path = write(tmp_path / "c" / name, compress(plain.read_bytes()))
        table, rows = read(path)
        assert len(rows) == 2 and table.name == name.removesuffix(f".{suffix}")


def test_a_sheet_is_only_asked_of_a_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    write_xlsx(path, {"A": [["t", "n"], ["x", 1]], "B": [["u", "n"], ["y", 2]]})
    assert read(path, sheet="B")[0].columns == ["u", "n"]
    zipped = write_zip(tmp_path / "a.zip", {"a.xlsx": path.read_bytes()})
    assert read(zipped, sheet="B")[0].columns == ["u", "n"]
    with pytest.raises(LabError, match="no es un libro con hojas.*«#B»"):
        open_tables(write(tmp_path / "a.csv"), sheet="B")


def test_the_header_is_as_it_is_told(tmp_path):
    path = write(tmp_path / "a.csv", "Rico,5\nFrío,1\n")
    assert read(path, header=False)[0].columns == ["columna 1", "columna 2"]
    folder = write(tmp_path / "f" / "a.csv", "Rico,5\nFrío,1\n").parent
    assert len(read(folder, header=False)[1]) == 2


# Lo que no se lee


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("a.docx", b"PK", "hoja de cálculo"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "hoja de cálculo"),
        ("a.pdf", b"%PDF-1.7", "hoja de cálculo"),
        ("a.csv", b"%PDF-1.7", "hoja de cálculo"),
        ("a.sav", b"$FL2", "SPSS"),
        ("a.dta", b"<stata_dta>", "Stata"),
        ("a.RData", b"\x1f\x8b", "write.csv"),
        ("a.html", b"<html>", "xlsx o CSV"),
        ("a.xls", b"<html><body><table>", "xlsx o CSV"),
        ("a.xls", b'\xef\xbb\xbf<?xml version="1.0"?><Workbook>', "xlsx o CSV"),
        ("a.gsheet", b'{"url": "x"}', "descárgala"),
        ("a.numbers", b"PK", "Exportar"),
        ("a.7z", b"7z", "descomprímelo"),
        ("a.rar", b"Rar!", "descomprímelo"),
        ("a.pkl", b"\x80\x04", "pickle.*to_csv"),
        ("a.db", b"SQLite format 3\0", "base de datos"),
        ("a.parquet", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("a.dato", b"\x00\x01\x02\x03", "No sé qué es a.dato"),
        ("a.csv", b"\0\0" + bytes(range(64)), "a.csv"),
        ("a.csv", b"", "vacío"),
        ("a.json", b"", "vacío"),
        ("a.xlsx", b"", "vacío"),
        ("a.parquet", b"", "dañado"),
        ("a.csv.gz", b"\x1f\x8b\x08roto", "a.csv.gz está dañado"),
        ("a.csv.xz", b"\xfd7zXZ\0roto", "a.csv.xz está dañado"),
        ("a.csv.bz2", b"BZh9roto", "a.csv.bz2 está dañado"),
        ("a.zip", b"PK\x03\x04roto", "a.zip está dañado"),
    ],
)
def test_what_is_not_read_says_how_to_export_it(tmp_path, name, content, advice):
    with pytest.raises(LabError, match=advice) as caught:
        open_tables(write(tmp_path / name, content))
    assert name in str(caught.value)


def test_documents_are_told_from_workbooks_by_what_is_inside(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"word/document.xml": "<w/>"})
    with pytest.raises(LabError, match="es un documento"):
        open_tables(path)


def test_without_permission_it_is_said(tmp_path, monkeypatch):
    path = write(tmp_path / "a.csv")

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LabError, match="permiso para leer a.csv"):
        open_tables(path)


def test_a_folder_that_cannot_be_listed_is_said(tmp_path, monkeypatch):
    def walk(root, onerror):
        onerror(PermissionError(13, "Permission denied", str(root / "dentro")))
        return []

    monkeypatch.setattr(os, "walk", walk)
    with pytest.raises(LabError, match="mirar dentro de"):
        open_tables(tmp_path)


# Zips


def test_a_zip_with_one_file_is_that_file(tmp_path, private_temporary):
    noise = {"__MACOSX/._a.csv": "x", ".DS_Store": "x", "README.md": "x", "LICENSE": "x"}
    path = write_zip(tmp_path / "a.zip", {"entrega/opiniones.csv": CSV, **noise})
    table, rows = read(path)
    assert (table.name, rows) == ("opiniones.csv", CELLS)


def test_what_is_unpacked_lives_as_long_as_its_tables(tmp_path, private_temporary):
    path = write_zip(tmp_path / "a.zip", {"train.csv": CSV, "test.csv": CSV})
    tables = open_tables(path)
    reading = tables[0].read(AsideLog())
    del tables
    gc.collect()
    assert len(next(reading)) == 2 and list(private_temporary.iterdir())
    del reading
    gc.collect()
    assert not list(private_temporary.iterdir())


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_is_opened(tmp_path, mode):
    path = tmp_path / ("a.tar.gz" if mode == "w:gz" else "a.tar")
    with tarfile.open(path, mode) as archive:
        for name in ("datos/train.csv", "datos/test.csv", "../fuera.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(CSV.encode())
            archive.addfile(member, io.BytesIO(CSV.encode()))
    assert splits_of(path) == {"train": CELLS, "test": CELLS}
    assert not (tmp_path.parent / "fuera.txt").exists()


def test_names_of_a_zip_lead_nowhere_else(tmp_path, private_temporary):
    path = write_zip(tmp_path / "a.zip", {"../../../fuera.csv": CSV})
    assert read(path)[1] == CELLS
    assert not [each for each in tmp_path.parent.rglob("fuera.csv") if "temporal" not in str(each)]
    long = "a" * 300 + ".csv"
    assert read(write_zip(tmp_path / "b.zip", {long: CSV}))[1] == CELLS
    assert read(write_zip(tmp_path / "c.zip", {'C:\\datos\\"a".csv': CSV}))[1] == CELLS


def test_names_in_the_code_page_of_windows_are_read(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"XXXXXXX/a.txt": "Rico", "malo/b.txt": "Frío"})
    content = path.read_bytes().replace(b"XXXXXXX", "opinión".encode("cp850"))
    path.write_bytes(content)
    assert sorted(read(path)[1]) == [["Frío", "malo"], ["Rico", "opinión"]]


def test_two_files_with_one_name_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.csv", CSV)
        archive.writestr("a.csv", CSV)
    with pytest.raises(LabError, match="dos archivos con el mismo nombre"):
        open_tables(path)


def test_a_password_is_told(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"a.csv": CSV})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(LabError, match="a.zip tiene contraseña"):
        open_tables(path)


def test_a_bomb_is_refused_by_what_it_says_and_by_what_it_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_UNPACKED", 1000)
    monkeypatch.setattr(archives, "BLOCK", 100)
    honest = write_zip(tmp_path / "a.zip", {"a.csv": "x" * 2000})
    with pytest.raises(LabError, match="a.zip no cabe descomprimido"):
        open_tables(honest)
    packed = write(tmp_path / "a.csv.gz", gzip.compress(b"x" * 2000))
    with pytest.raises(LabError, match="a.csv.gz no cabe descomprimido"):
        open_tables(packed)
    size = (2000).to_bytes(4, "little")
    lying = honest.read_bytes().replace(size, (900).to_bytes(4, "little"))
    with pytest.raises(LabError, match="b.zip"):
        open_tables(write(tmp_path / "b.zip", lying))


def test_a_full_disk_is_told_before_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "RESERVE", 2**62)
    with pytest.raises(LabError, match="no cabe"):
        open_tables(write_zip(tmp_path / "a.zip", {"a.csv": CSV}))


def test_a_zip_of_zips_is_left_to_the_person(tmp_path):
    inner = write_zip(tmp_path / "b.zip", {"a.csv": CSV}).read_bytes()
    with pytest.raises(LabError, match="a.zip no tiene archivos de datos.*b.zip"):
        open_tables(write_zip(tmp_path / "a.zip", {"b.zip": inner}))


def test_an_empty_zip_is_told(tmp_path):
    with pytest.raises(LabError, match="a.zip está vacía"):
        open_tables(write_zip(tmp_path / "a.zip", {}))


# Carpetas con splits


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train.csv", "test.csv"], ["test", "train"]),
        (["opiniones_train.csv", "opiniones_VAL.csv"], ["train", "validation"]),
        (["entrenamiento.csv", "prueba.csv", "validación.csv"], ["test", "train", "validation"]),
        (["train/a.csv", "dev/a.csv"], ["train", "validation"]),
        (["data/train-00000-of-00002.csv", "data/train-00001-of-00002.csv"], ["train"]),
        (["TRAIN.CSV", "Test.Csv"], ["test", "train"]),
        (["train.csv.gz", "test.csv"], ["test", "train"]),
        (["train.txt", "test.txt"], ["test", "train"]),
        (["latest.csv"], [None]),
    ],
)
def test_the_names_say_the_splits(tmp_path, names, splits):
    for name in names:
        content = gzip.compress(CSV.encode()) if name.endswith("gz") else CSV
        write(tmp_path / "datos" / name, content)
    write(tmp_path / "datos" / "README.md", "# Datos\n")
    tables = open_tables(tmp_path / "datos")
    assert sorted((table.split for table in tables), key=str) == splits
    total = sum(len(read_rows(table)) for table in tables)
    assert total == 2 * len(names)


def test_what_does_not_say_its_split_is_told(tmp_path):
    for name in ("train.csv", "test.csv", "sample_submission.csv", "notas.docx", "ver.txt"):
        write(tmp_path / name)
    tables = open_tables(tmp_path)
    assert {table.split for table in tables} == {"train", "test"}
    assert tables[0].notes == ["no se leen sample_submission.csv, ver.txt y notas.docx"]


def test_a_missing_shard_is_told(tmp_path):
    write(tmp_path / "train-00000-of-00003.csv")
    assert read(tmp_path)[0].notes == ["de los 3 trozos de «train» solo hay 1"]


def test_splits_of_different_formats_live_together(tmp_path):
    FORMATS["xlsx"](tmp_path / "train.xlsx")
    FORMATS["jsonl"](tmp_path / "test.jsonl")
    assert splits_of(tmp_path) == {"train": [["Rico", 5], ["Frío", 1]]} | {
        "test": [["Rico", 5], ["Frío", 1]]
    }


def test_several_files_with_the_same_columns_are_one_table(tmp_path):
    write(tmp_path / "enero.csv")
    write(tmp_path / "febrero.csv", "nota;texto\n3;Caro\n4;Bien;sobra\n")
    table, _ = read(tmp_path)
    assert table.notes == ["se juntan 2 archivos: enero.csv y febrero.csv"]
    asides = AsideLog()
    names, rows = [], []
    for batch in open_tables(tmp_path)[0].read(asides):
        rows += batch
    (joined,) = open_tables(tmp_path)
    for _ in joined.read(AsideLog()):
        names.append(joined.name)
    assert names == ["enero.csv", "febrero.csv"]
    assert rows == [(2, ["Rico", "5"]), (3, ["Frío", "1"]), (2, ["Caro", "3"])]
    assert (asides.total, asides.first[0].file, asides.first[0].line) == (1, "febrero.csv", 3)


def test_several_files_with_other_columns_are_refused(tmp_path):
    write(tmp_path / "a.csv")
    write(tmp_path / "b.csv", "id,nombre\n1,x\n")
    with pytest.raises(LabError, match="a.csv tiene texto y nota, y b.csv, id y nombre"):
        open_tables(tmp_path)


def test_the_same_name_in_two_formats_is_refused(tmp_path):
    write(tmp_path / "opiniones.csv")
    FORMATS["xlsx"](tmp_path / "opiniones.xlsx")
    with pytest.raises(LabError, match="opiniones.csv y opiniones.xlsx.*dos formatos"):
        open_tables(tmp_path)


def test_a_folder_without_data_is_told(tmp_path):
    with pytest.raises(LabError, match="está vacía"):
        open_tables(tmp_path)
    write(tmp_path / "a.pdf")
    write(tmp_path / "b.sav")
    with pytest.raises(LabError, match="no tiene archivos de datos.*a.pdf y b.sav"):
        open_tables(tmp_path)
    (tmp_path / "b.sav").unlink()
    with pytest.raises(LabError, match="a.pdf: es un documento"):
        open_tables(tmp_path)


def test_a_folder_with_too_many_files_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_FILES", 1)
    write(tmp_path / "a.csv")
    write(tmp_path / "b.csv")
    with pytest.raises(LabError, match="más de 1 archivos"):
        open_tables(tmp_path)


# Carpetas del Hub y de datasets


CARD = """---
license: cc-by-4.0
configs:
- config_name: default
  data_files:
  - split: train
    path: datos/parte-*
  - split: test
    path: datos/final [1].csv
  - split: sin_etiquetas
    path: datos/extra.csv
---
# Opiniones
"""


def test_the_card_says_which_files_each_split_has(tmp_path):
    write(tmp_path / "README.md", CARD)
    for name in ("parte-1", "parte-2", "final [1]", "extra", "otro"):
        write(tmp_path / "datos" / f"{name}.csv")
    tables = open_tables(tmp_path)
    found = {table.split: read_rows(table) for table in tables}
    assert found == {"train": CELLS * 2, "test": CELLS}
    assert "no se usan los splits sin_etiquetas" in tables[0].notes


@pytest.mark.parametrize(
    "card",
    [
        "---\nlicense: mit\n---\n",
        "---\n: roto: [\n---\n",
        "# Sin ficha\n",
        "---\nconfigs: []\n---\n",
    ],
)
def test_a_card_that_says_nothing_of_files_is_not_obeyed(tmp_path, card):
    write(tmp_path / "README.md", card)
    write(tmp_path / "train.csv")
    assert splits_of(tmp_path) == {"train": CELLS}


def test_several_datasets_in_one_are_told(tmp_path):
    card = "---\nconfigs:\n- config_name: es\n  data_files: a.csv\n- config_name: en\n---\n"
    write(tmp_path / "README.md", card)
    write(tmp_path / "a.csv")
    with pytest.raises(LabError, match="varios datasets en uno.*«es» y «en»"):
        open_tables(tmp_path)


def test_a_folder_of_save_to_disk_is_opened_also_zipped(tmp_path):
    rows = Dataset.from_list(RECORDS)
    DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "d")
    expected = {"train": [["Rico", 5], ["Frío", 1]], "test": [["Rico", 5], ["Frío", 1]]}
    assert splits_of(tmp_path / "d") == expected
    files = {
        f"d/{each.relative_to(tmp_path / 'd').as_posix()}": each.read_bytes()
        for each in (tmp_path / "d").rglob("*.*")
    }
    assert splits_of(write_zip(tmp_path / "d.zip", files)) == expected
    rows.save_to_disk(tmp_path / "e")
    assert splits_of(tmp_path / "e") == {None: expected["train"]}


def test_links_to_the_cache_are_followed(tmp_path):
    blob = write(tmp_path / "blobs" / "abc")
    snapshot = tmp_path / "snapshots" / "rev"
    snapshot.mkdir(parents=True)
    try:
        (snapshot / "train.csv").symlink_to(blob)
    except OSError:
        pytest.skip("aquí no se pueden crear enlaces")
    assert splits_of(snapshot) == {"train": CELLS}


# Una carpeta por clase


def write_classes(root, *folders):
    for folder in folders:
        for number in range(2):
            write(root / folder / f"{number}.txt", f"Opinión {number} de {Path(folder).name}\n")


def test_a_folder_per_class(tmp_path):
    write_classes(tmp_path / "opiniones", "pos", "neg")
    write(tmp_path / "opiniones" / "README.txt", "Léeme")
    write(tmp_path / "opiniones" / "indice.txt", "a")
    table, rows = read(tmp_path / "opiniones")
    assert (table.columns, table.split, table.name) == (["texto", "clase"], None, "opiniones")
    assert rows == [
        ["Opinión 0 de neg", "neg"],
        ["Opinión 0 de pos", "pos"],
        ["Opinión 1 de neg", "neg"],
        ["Opinión 1 de pos", "pos"],
    ]
    assert table.notes == ["no se leen indice.txt"]


def test_a_folder_per_split_and_class_in_a_zip(tmp_path):
    write_classes(tmp_path / "a", "train/pos", "train/neg", "test/pos", "test/neg")
    files = {
        f"aclImdb/{each.relative_to(tmp_path / 'a').as_posix()}": each.read_bytes()
        for each in (tmp_path / "a").rglob("*.txt")
    }
    found = splits_of(write_zip(tmp_path / "a.zip", files))
    assert set(found) == {"train", "test"}
    assert all(
        sorted(label for _, label in rows) == ["neg"] * 2 + ["pos"] * 2 for rows in found.values()
    )


def test_each_text_has_its_own_encoding_and_what_is_not_text_goes_aside(tmp_path):
    write(tmp_path / "pos" / "a.txt", "Llegó bien".encode("cp1252"))
    write(tmp_path / "pos" / "b.txt", "Llegó \n muy bien\n".encode("utf-16"))
    write(tmp_path / "pos" / "vacío.txt", " \n")
    write(tmp_path / "neg" / "c.txt", "Llegó mal")
    write(tmp_path / "neg" / "binario.txt", b"\0\0" + bytes(range(64)))
    write(tmp_path / "neg" / "byte.txt", "Llegó tarde".encode() + b" \xff")
    asides = AsideLog()
    (table,) = open_tables(tmp_path)
    rows = sorted(cells for batch in table.read(asides) for _, cells in batch)
    assert rows == [["Llegó \n muy bien", "pos"], ["Llegó bien", "pos"], ["Llegó mal", "neg"]]
    assert asides.counts == {EMPTY: 1, BAD_BYTES: 2}
    assert {each.file for each in asides.first} == {
        "pos/vacío.txt",
        "neg/binario.txt",
        "neg/byte.txt",
    }


def test_loose_texts_are_not_a_dataset(tmp_path):
    write(tmp_path / "uno.txt", "Rico")
    write(tmp_path / "dos.txt", "Frío")
    with pytest.raises(LabError, match=r"\.txt sueltos \(dos.txt y uno.txt\).*carpeta por clase"):
        open_tables(tmp_path)
    write_classes(tmp_path / "b", "train", "test")
    with pytest.raises(LabError):
        open_tables(tmp_path / "b")
    write_classes(tmp_path / "c", "pos", "neg")
    write(tmp_path / "c" / "datos.csv")
    with pytest.raises(LabError, match="también datos.csv"):
        open_tables(tmp_path / "c")
