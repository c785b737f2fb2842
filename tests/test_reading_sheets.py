"""Las hojas de cálculo: qué filas, con qué números de línea, y qué se dice de lo que no se lee."""

import builtins
import datetime

import pytest
from tiny_sheets import SheetError, write_ods, write_protected, write_xls, write_xlsx

from labsupport.base.errors import LabError
from labsupport.data.reading.sheets import TITLE, open_sheet
from labsupport.data.reading.table import AsideLog

ROWS = [["texto", "nota"], ["Rico", 5], ["Frío & caro", 1]]


def read(path, sheet=None, header=None):
    """Devuelve la tabla, sus filas con su línea y lo apartado."""
    (table,) = open_sheet(path, sheet, header)
    asides = AsideLog()
    return table, [row for batch in table.read(asides) for row in batch], asides


def save(tmp_path, rows, name="opiniones.xlsx", **options):
    path = tmp_path / name
    {"x": write_xlsx, "m": write_xlsx}[path.suffix[-1]](path, {"Datos": rows}, **options)
    return path


@pytest.mark.parametrize("ending", ["xlsx", "xlsm", "XLSX", "ods", "xls"])
def test_every_kind_of_workbook_gives_the_same_rows(tmp_path, ending):
    path = tmp_path / f"opiniones.{ending}"
    if ending == "xls":
        write_xls(path, ROWS, name="Datos")
    else:
        (write_ods if ending == "ods" else write_xlsx)(path, {"Datos": ROWS})
    table, rows, asides = read(path)
    assert (table.name, table.columns, table.split) == (path.name, ["texto", "nota"], None)
    assert rows == [(2, ["Rico", 5]), (3, ["Frío & caro", 1])]
    assert table.form == f"{ending.lower()}, hoja «Datos»"
    assert (table.notes, asides.total) == ([], 0)


def test_cells_keep_what_they_say(tmp_path):
    moment = datetime.datetime(2024, 5, 1, 10, 30)
    path = save(
        tmp_path,
        [
            ["texto", "valor"],
            ["entero", 5.0],
            ["decimal", 4.5],
            ["lógico", True],
            ["fecha", moment.date()],
            ["hora", moment],
            ["fallo", SheetError("#N/A")],
            ["fallo escrito", "#¡VALOR!"],
            ["identificador", 1234567890123456],
            ["  con espacios ", "NA"],
            ["dos\nlíneas", "   "],
            ["etiqueta de red", "#Rico"],
        ],
    )
    _, rows, _ = read(path)
    values = [cells[1] for _, cells in rows]
    assert values[:6] == [5, 4.5, True, "2024-05-01", "2024-05-01T10:30:00", None]
    assert values[6:] == [None, 1234567890123456, "NA", None, "#Rico"]
    assert [type(value) for value in values[:3]] == [int, float, bool]
    assert [cells[0] for _, cells in rows][8:10] == ["  con espacios ", "dos\nlíneas"]


def test_errors_of_every_program_are_empty_cells(tmp_path):
    errors = ["#N/D", "#REF!", "#¿NOMBRE?", "#DIV/0!", "#¡NUM!", "Err:502", "#NAME?", "#¡NULO!"]
    _, rows, _ = read(save(tmp_path, [["t", "n"], *(["a", each] for each in errors)]))
    assert {cells[1] for _, cells in rows} == {None}


def test_titles_and_empty_rows_and_columns_are_skipped_and_counted(tmp_path):
    path = save(
        tmp_path,
        [
            [],
            [None, "Encuesta de 2024"],
            [],
            [None, "Grupo B"],
            [None, "texto", None, "nota", None],
            [None, "Rico", None, 5, None],
            [],
            [None, "Frío", None, 1, "ver abajo"],
        ],
        merged=["B2:D2"],
    )
    table, rows, asides = read(path)
    assert table.columns == ["texto", "nota", "columna 3"]
    assert rows == [(6, ["Rico", 5, None]), (8, ["Frío", 1, "ver abajo"])]
    assert asides.counts == {TITLE: 2}
    assert [(each.line, each.content) for each in asides.first] == [
        (2, "Encuesta de 2024"),
        (4, "Grupo B"),
    ]


def test_a_single_column_has_no_titles(tmp_path):
    table, rows, asides = read(save(tmp_path, [["comentario"], ["Rico"], ["Frío"]]))
    assert (table.columns, len(rows), asides.total) == (["comentario"], 2, 0)


def test_a_name_alone_is_not_a_title(tmp_path):
    path = save(tmp_path, [["texto"], ["Rico", "pos"], ["Frío", "neg"]])
    table, rows, asides = read(path)
    assert (table.columns, len(rows), asides.total) == (["texto", "columna 2"], 2, 0)
    path = save(tmp_path, [["Encuesta de satisfacción"], ["¿Qué tal?", "P2"], ["Me gustó", "sí"]])
    table, rows, asides = read(path, header=True)
    assert (table.columns, len(rows), asides.total) == (["¿Qué tal?", "P2"], 1, 1)


def test_a_cell_far_away_costs_little(tmp_path):
    far = [[None] * 2000 + ["x"], *[[]] * 2000, ["z"]]
    table, rows, _ = read(save(tmp_path, [*ROWS, *far]))
    assert table.columns == ["texto", "nota", "columna 3"]
    assert rows[-2:] == [(4, [None, None, "x"]), (2005, ["z", None, None])]


def test_many_rows_of_one_cell_are_rows(tmp_path):
    lonely = [[f"Opinión {number}"] for number in range(12)]
    table, rows, asides = read(save(tmp_path, [["texto"], *lonely, ["Otra", "buena"]]))
    assert (table.columns, len(rows), asides.total) == (["texto", "columna 2"], 13, 0)


@pytest.mark.parametrize("first", [["Rico", 5], ["Malo", "mala"], ["x" * 300, "otra"]])
def test_a_first_row_that_looks_like_data_is_asked_about(tmp_path, first):
    below = [["Frío", 1], ["Bien", 4]] if first[1] == 5 else [["Frío", "Mala"], ["Bien", "buena"]]
    path = save(tmp_path, [first, *below])
    with pytest.raises(LabError, match="primera fila de opiniones.xlsx parece.*«header»"):
        read(path)
    table, rows, _ = read(path, header=False)
    assert table.columns == ["columna 1", "columna 2"]
    assert rows[0] == (1, first) and len(rows) == 3
    table, rows, _ = read(path, header=True)
    assert table.columns == [str(cell) for cell in first] and len(rows) == 2


def test_repeated_and_numeric_names_are_told_apart(tmp_path):
    table, _, _ = read(save(tmp_path, [["nota", "nota", 2024.0], ["a", "b", "c"]]))
    assert table.columns == ["nota", "nota (2)", "2024"]


def test_the_first_visible_sheet_with_rows_is_read_and_the_others_told(tmp_path):
    path = tmp_path / "libro.xlsx"
    other = [["texto", "clase"], ["Bien", "b"]]
    write_xlsx(path, {"Listas": other, "Vacía": [], "Año 1": ROWS, "B": other}, hidden=["Listas"])
    table, rows, _ = read(path)
    assert len(rows) == 2 and "«Año 1»" in table.form
    assert table.notes == [
        "se lee la hoja «Año 1»; libro.xlsx tiene además «B», «Listas» (para leer otra: "
        "«libro.xlsx#B»)"
    ]
    assert read(path, "B")[0].columns == ["texto", "clase"]
    assert read(path, "ano 1")[0].form == "xlsx, hoja «Año 1»"
    with pytest.raises(LabError, match="no tiene una hoja «Año 2».*«Vacía».*decir «Año 1»"):
        read(path, "Año 2")
    with pytest.raises(LabError, match="«Vacía» de libro.xlsx está vacía"):
        read(path, "Vacía")


def test_a_workbook_without_rows_is_told(tmp_path):
    with pytest.raises(LabError, match="ninguna hoja con filas"):
        read(save(tmp_path, [[], [None, "  "]]))


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a medias", b"<html>", b"\xd0\xcf\x11\xe0"])
def test_a_damaged_workbook_is_one_sentence(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LabError, match=f"{name} está {'dañado' if content else 'vacío'}"):
        read(path)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("write", [write_xlsx, write_ods])
def test_half_a_workbook_is_one_sentence(tmp_path, kept, write):
    path = tmp_path / "a.ods"
    write(path, {"Datos": ROWS})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(LabError, match="a.ods está dañado"):
        read(path)


@pytest.mark.parametrize("kind", [OSError, type("PanicException", (BaseException,), {})])
def test_what_the_library_gives_up_on_is_one_sentence(tmp_path, monkeypatch, kind):
    class Book:
        @staticmethod
        def from_path(path):
            raise kind("range end index 44590 out of range")

    monkeypatch.setattr("python_calamine.CalamineWorkbook", Book)
    with pytest.raises(LabError, match="está dañado"):
        read(save(tmp_path, ROWS))


def test_a_password_is_told(tmp_path):
    write_protected(tmp_path / "a.xlsx")
    with pytest.raises(LabError, match="a.xlsx tiene contraseña"):
        read(tmp_path / "a.xlsx")


def test_without_the_library_it_is_said_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **options):
        if name == "python_calamine":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(LabError, match="pip install python-calamine"):
        open_sheet(save(tmp_path, ROWS), None, None)
