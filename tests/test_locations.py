"""Dónde apunta un nombre: se encuentra lo que está, y lo que no está se dice sin ir al Hub."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.data.locations import find_source, hand_over, split_sheet, write_name

ROWS = "texto,etiqueta\nRico,buena\nFrío,mala\n"


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Una copia del laboratorio, con su carpeta de cuadernos; devuelve la del laboratorio."""
    root = tmp_path / "casa" / "cursos" / "lab"
    (root / "notebooks").mkdir(parents=True)
    monkeypatch.setattr(paths, "REPO", root)
    monkeypatch.setattr(paths, "is_checkout", lambda: True)
    monkeypatch.setenv("HOME", str(tmp_path / "casa"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "casa"))
    monkeypatch.setenv("LAB_RESULTS_DIR", str(root / "results"))
    monkeypatch.chdir(root / "notebooks")
    return root


def write(path, text=ROWS):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def find(name, parameter="dataset_name"):
    return find_source(parameter, name)


def refuse(name, parameter="dataset_name"):
    with pytest.raises(LabError) as caught:
        find_source(parameter, name)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["opiniones.csv", "../opiniones.csv", "./../opiniones.csv", "{0}/opiniones.csv"]
)
def test_one_file_has_one_name_however_it_is_written(lab, name):
    write(lab / "opiniones.csv")
    path, told = find(name.format(lab))
    assert Path(path).resolve() == (lab / "opiniones.csv").resolve()
    assert told == "../opiniones.csv"


def test_the_shell_and_the_notebook_give_one_name(lab, monkeypatch):
    write(lab / "datos" / "opiniones.csv")
    monkeypatch.chdir(lab / "datos")
    handed = hand_over("opiniones.csv", lab / "notebooks")
    monkeypatch.chdir(lab / "notebooks")
    assert find(handed)[1] == find("datos/opiniones.csv")[1] == "../datos/opiniones.csv" == handed


def test_what_stands_beside_the_notebook_wins(lab):
    write(lab / "x.csv")
    write(lab / "notebooks" / "x.csv")
    assert find("x.csv") == ("x.csv", "x.csv")


def test_home_is_written_without_the_name_of_its_owner(lab, tmp_path):
    far = write(tmp_path / "casa" / "Descargas" / "x.csv")
    for name in ("~/Descargas/x.csv", str(far)):
        path, told = find(name)
        assert told == "~/Descargas/x.csv" and Path(path) == far
    assert hand_over("~/Descargas/x.csv", lab / "notebooks") == "~/Descargas/x.csv"
    assert hand_over("~/Descargas/x.csv", None) == "~/Descargas/x.csv"


@pytest.mark.parametrize(
    "name",
    ["mis datos.csv", "opinión.csv", "final [1].csv", "50%.csv", "notas #1.csv", "a#b#c.csv"]
    + ["ñandú/año 1/x.csv", "--raro.csv", "'comillas'.csv"],
)
def test_odd_names_are_found_as_they_are(lab, name):
    write(lab / "notebooks" / name)
    assert find(name) == (name, name) and split_sheet(name) == (name, None)
    assert hand_over(name, lab) == f"notebooks/{name}"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_in_two_parts_is_the_same_name(lab, form):
    write(lab / "notebooks" / unicodedata.normalize(form, "opinión.csv"))
    for other in ("NFC", "NFD"):
        assert os.path.exists(find(unicodedata.normalize(other, "opinión.csv"))[0])


@pytest.mark.parametrize("name", ['"datos/x.csv"', " datos/x.csv ", "datos/x.csv\n"])
def test_quotes_and_spaces_of_a_copied_path_do_no_harm(lab, name):
    write(lab / "notebooks" / "datos" / "x.csv")
    assert find(name) == ("datos/x.csv", "datos/x.csv")


def test_folders_written_as_windows_does_are_found_everywhere(lab):
    write(lab / "datos" / "x.csv")
    assert find(r"..\datos\x.csv")[1] == find(r"datos\x.csv")[1] == "../datos/x.csv"


@pytest.mark.skipif(os.name == "nt", reason="los enlaces piden permisos en Windows")
def test_a_home_that_is_a_link_gives_the_same_name(lab, tmp_path, monkeypatch):
    write(tmp_path / "casa" / "Descargas" / "x.csv")
    (tmp_path / "enlace").symlink_to(tmp_path / "casa")
    monkeypatch.setenv("HOME", str(tmp_path / "enlace"))
    names = ["~/Descargas/x.csv", "../../../Descargas/x.csv"]
    assert {find(name)[1] for name in names} == {"~/Descargas/x.csv"}


def test_a_drive_that_is_not_mounted_is_told(lab):
    assert "drive.mount" in refuse("/content/drive/MyDrive/x.csv")


def test_a_sheet_is_asked_for_after_the_file(lab, monkeypatch):
    book = write(lab / "encuesta #2.xlsx")
    path, told = find("encuesta #2.xlsx#Hoja 1")
    assert told == "../encuesta #2.xlsx#Hoja 1" and split_sheet(path)[1] == "Hoja 1"
    assert Path(split_sheet(path)[0]).resolve() == book.resolve()
    assert "«../encuesta #2.xlsx»" in refuse("encuesta2.xlsx#Una hoja de nombre muy largo")
    monkeypatch.chdir(lab)
    assert hand_over("encuesta #2.xlsx#Hoja 1", lab / "notebooks") == told
    assert split_sheet("encuesta #2.xlsx#a#b") == ("encuesta #2.xlsx", "a#b")
    assert split_sheet("encuesta #2.xlsx#") == ("encuesta #2.xlsx", None)


def test_a_folder_is_never_taken_for_an_id(lab, monkeypatch):
    write(lab / "org" / "bert" / "config.json", "{}")
    assert find("org/bert", "model_name")[1] == "../org/bert"
    monkeypatch.chdir(lab)
    assert find("org/bert", "model_name") == ("org/bert", "./org/bert")
    assert hand_over("org/bert", lab / "notebooks") == "../org/bert"
    assert find("org/otro", "model_name") == ("", "org/otro")
    assert hand_over("org/otro", lab / "notebooks") == "org/otro"


def test_the_model_that_a_lesson_saved_is_found(lab, monkeypatch):
    write(lab / "results" / "modelo-trainer-mini" / "config.json", "{}")
    names = ["modelo-trainer-mini", "results/modelo-trainer-mini"]
    told = [find(name, "model_name")[1] for name in names]
    monkeypatch.chdir(lab)
    told += [hand_over(name, lab / "notebooks", print) for name in names]
    assert set(told) == {"../results/modelo-trainer-mini"}


def test_what_is_taken_from_another_folder_is_told(lab, monkeypatch):
    write(lab / "x.csv")
    said = []
    assert hand_over("x.csv", lab, said.append) == "x.csv"
    assert said == ["«x.csv»: uso «../x.csv»."]


@pytest.mark.parametrize(
    "name",
    ["falta.csv", "./falta", "../falta", "~/falta", "/falta/x", "a/b/c", "falta.xlsx#Hoja"]
    + ["datos\\falta", "falta.CSV.GZ", ".."],
)
def test_a_path_that_is_not_here_never_goes_to_the_hub(lab, name, monkeypatch):
    monkeypatch.setattr("labsupport.data.locations._exists", lambda path: False)
    assert refuse(name).startswith(f"No encuentro «{name}»: lo busqué en «")


@pytest.mark.parametrize("name", ["Yelp/yelp_review_full", "imdb", "org/bert-v1.5", "org/x.y_z"])
def test_an_id_of_the_hub_is_left_alone(lab, name):
    assert find(name) == ("", name)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("opinones.csv", "../datos/opiniones.csv"),
        ("OPINIONES.CSV", "../datos/opiniones.csv"),
        ("opiniones.xlsx", "../datos/opiniones.csv"),
    ],
)
def test_the_nearest_file_of_that_folder_is_offered(lab, asked, near):
    write(lab / "datos" / "opiniones.csv")
    sentence = refuse(f"datos/{asked}")
    assert f"¿Querías decir «{near}»?" in sentence
    assert "lo busqué en «notebooks», «lab» y «results»" in sentence


def test_a_folder_that_does_not_exist_is_told(lab):
    assert "«~/Documentos», que no existe" in refuse("~/Documentos/x.csv")


@pytest.mark.parametrize("name", ["C:\tablas/x.csv", "C:/datos\nuevo.csv", "datos\tabla.csv"])
def test_an_escape_of_python_is_explained(lab, name):
    sentence = refuse(name)
    assert 'dataset_name = r"C:' in sentence and "\t" not in sentence and "\n" not in sentence


@pytest.mark.skipif(os.name == "nt", reason="en Windows es una ruta de verdad")
def test_a_windows_path_elsewhere_is_explained(lab):
    assert "es una ruta de Windows" in refuse(r"C:\Users\Ana\x.csv")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ejemplo.org/x.csv", "descarga antes el archivo"),
        ("s3://cubo/x.csv", "descarga antes el archivo"),
        ("FILE:///home/ana/mis%20datos.csv", "barras: /home/ana/mis datos.csv"),
        ("FILE:///C:/datos/x.csv", "barras: C:/datos/x.csv"),
        ("https://huggingface.co/datasets/org/name/tree/main", "pon en «dataset_name» org/name"),
        ("hf://datasets/org/name", "pon en «dataset_name» org/name"),
        ("https://huggingface.co/spaces/org/name", "descarga antes el archivo"),
    ],
)
def test_an_address_is_not_a_path(lab, url, expected):
    assert expected in refuse(url)


def test_what_is_not_a_model_is_told(lab):
    write(lab / "vacía" / "notas.txt")
    write(lab / "salida" / "checkpoint-25" / "config.json", "{}")
    write(lab / "model.safetensors")
    assert "no tiene config.json" in refuse("vacía", "model_name")
    assert "dentro de ella: checkpoint-25" in refuse("salida", "model_name")
    assert "un modelo es una carpeta" in refuse("model.safetensors", "model_name")


def test_an_empty_or_unreadable_file_is_told(lab, monkeypatch):
    write(lab / "vacío.csv", "")
    assert "está vacío (0 bytes)" in refuse("vacío.csv")
    write(lab / "x.csv")
    # Con permisos de verdad no serviría: root lee cualquier archivo.
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert "No tienes permiso para leer «x.csv»" in refuse("x.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="en Windows no hay tuberías así")
def test_a_pipe_is_not_waited_for(lab):
    os.mkfifo(lab / "notebooks" / "x.csv")
    assert "no es un archivo ni una carpeta" in refuse("x.csv")


def test_what_is_on_another_drive_keeps_its_whole_path(lab, monkeypatch):
    def refuse_to_relate(*_):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    path = write(lab / "notebooks" / "x.csv")
    monkeypatch.setattr(os.path, "relpath", refuse_to_relate)
    assert write_name(str(path), lab) == path.as_posix()
