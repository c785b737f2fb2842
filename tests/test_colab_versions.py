"""Lo que hace una lista de paquetes de Colab más nueva con constraints-colab.txt."""

from __future__ import annotations

import json
import shutil

import colab_versions
import pytest
from colab_versions import (
    LEFT_OUT,
    TARGET,
    find_left_out,
    main,
    parse_pins,
    read_first_cell,
    read_image,
    read_pins,
)

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.paths import REPO

LIST = "numpy==2.1.3\ntensorflow==2.20.0\nipykernel==6.17.1\n"
STORED = (REPO / TARGET).read_text(encoding="utf-8")
NEEDED = [TARGET, "constraints.txt", "requirements.txt", "pyproject.toml"]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Una copia de lo que lee la orden; devuelve su carpeta."""
    for name in NEEDED:
        shutil.copy(REPO / name, tmp_path / name)
    monkeypatch.setattr(paths, "REPO", tmp_path)
    return tmp_path


@pytest.fixture
def write_list(copy):
    """Escribe una lista de pip freeze, con ``changes`` sobre la guardada; devuelve su ruta."""

    def write(changes=None, more="", name="colab-2027-01.txt"):
        image = parse_pins(STORED)
        image |= {name: version for name, version, _ in LEFT_OUT.findall(STORED)}
        image = {n: v for n, v in {**image, **(changes or {})}.items() if v}
        path = copy / name
        lines = [f"{name}=={version}\n" for name, version in image.items() if name != "torch"]
        path.write_text("# pip freeze\n" + "".join(lines) + more, encoding="utf-8")
        return path

    return write


@pytest.fixture(autouse=True)
def known_dependencies(monkeypatch):
    """Lo que piden los paquetes de la primera celda, sin depender de qué haya instalado."""
    wanted = {"keras-hub": [colab_versions.Requirement("kagglesdk==0.1.28")]}
    monkeypatch.setattr(colab_versions, "_list_dependencies", lambda name, _: wanted.get(name, []))


def test_the_whole_image_is_stored_and_says_what_is_left_out():
    pins, left_out = read_pins(REPO / TARGET), LEFT_OUT.findall(STORED)
    assert "imagen de Google Colab de 2026-08" in STORED and len(pins) > 600
    transitive = {"pandas": "2.2.3", "pyarrow": "18.1.0", "tokenizers": "0.22.2"}
    transitive |= {"jupyter-client": "7.4.9", "ipython": "7.34.0", "fsspec": "2025.3.0"}
    assert transitive.items() <= pins.items()
    assert [name for name, _, _ in left_out] == [
        "kagglesdk", "keras", "keras-hub", "nvidia-nccl-cu13",
    ]  # fmt: skip
    assert "la primera celda instala keras" in STORED


def test_the_first_cell_wins_over_the_image():
    pins = read_pins(REPO / TARGET)
    assert {n: v for n, v in read_first_cell().items() if v}.items() <= pins.items()


def test_the_stored_file_is_what_the_command_writes(write_list, copy, capsys):
    path = write_list({"evaluate": None}, name="colab-2026-08.txt")
    assert main([str(path)]) == 0
    assert (copy / TARGET).read_text(encoding="utf-8") == STORED
    said = capsys.readouterr().out
    assert "Cambian" not in said and "antes había la de 2026-08" in said
    assert "la lista los calla" in said and "torch 2.11.0" in said


def test_it_says_what_moves_comes_goes_and_leaves_our_ranges(write_list, copy, capsys):
    changes = {
        "pandas": "2.3.0",
        "numpy": "1.26.4",
        "regex": None,
        "xgboost": "99.0",
        "py3langid": "0.4.0",
    }
    assert main([str(write_list(changes))]) == 1
    said = capsys.readouterr().out
    assert "pandas 2.2.3 → 2.3.0" in said and "Nuevos:\n  py3langid 0.4.0" in said
    assert "Ya no están:\n  regex" in said and "xgboost" not in said
    assert "FUERA DE NUESTROS RANGOS:\n  numpy 1.26.4 (pedimos <3,>=2.1)" in said
    assert "pandas==2.3.0\n" in (copy / TARGET).read_text(encoding="utf-8")


def test_check_writes_nothing(write_list, copy, capsys):
    assert main([str(write_list({"pandas": "2.3.0"})), "--check"]) == 0
    assert (copy / TARGET).read_text(encoding="utf-8") == STORED
    assert "pandas 2.2.3 → 2.3.0" in capsys.readouterr().out


def test_a_torch_of_the_list_replaces_the_noted_one_without_its_suffix(write_list, copy, capsys):
    path = write_list(more="torch==2.12.0+cu130\ngoogle-colab @ git+x\n-e git+x#egg=y\n")
    assert main([str(path)]) == 0
    text = (copy / TARGET).read_text(encoding="utf-8")
    assert "\ntorch==2.12.0\n" in text and "anotado a mano" not in text
    said = capsys.readouterr().out
    assert "google-colab @" in said and "-e git+x#egg=y" in said


def test_what_the_first_cell_asks_for_is_left_out_of_the_image():
    versions = {"kagglesdk": "0.1.37", "keras": "3.13.2", "numpy": "2.1.3"}
    reasons = find_left_out(versions, {"keras": "3.15.1", "keras-hub": "0.32.0", "evaluate": ""})
    assert list(reasons) == ["kagglesdk", "keras"] and "kagglesdk==0.1.28" in reasons["kagglesdk"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no parece la lista de Colab: le falta numpy"),
        (b"numpy==2.1.3\n", "le falta tensorflow, ipykernel"),
        (b"\xff\xfe\x00\x01", "no es un archivo de texto"),
        (LIST.encode() + b"numpy==2.2.0\n", "dos versiones de numpy"),
        (LIST.encode() + b"<html>\n<p>1</p>\n<p>2</p>\n</html>\n", "casi nada es"),
        (json.dumps({"numpy": "2.1.3"}).encode(), "no parece la lista de Colab"),
    ],
)
def test_a_corrupt_list_gets_one_sentence_and_changes_nothing(copy, capsys, content, sentence):
    path = copy / "colab-2026-12.txt"
    path.write_bytes(content)
    assert main([str(path)]) == 1
    said = capsys.readouterr()
    assert sentence in said.err and "repite la orden" in said.err and said.err.count("\n") == 1
    assert (copy / TARGET).read_text(encoding="utf-8") == STORED


def test_a_list_that_is_not_there_or_without_a_date(copy, capsys):
    assert main([str(copy / "colab-2026-12.txt")]) == 1
    assert "No se pudo leer" in capsys.readouterr().err
    (copy / "lista.txt").write_text(LIST, encoding="utf-8")
    assert main([str(copy / "lista.txt")]) == 1
    assert "--date 2026-08" in capsys.readouterr().err
    assert read_image(copy / "lista.txt", "2026-12").date == "2026-12"
    with pytest.raises(LabError, match="año y mes"):
        read_image(copy / "lista.txt", "2026-13")
