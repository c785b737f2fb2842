"""Sin permiso, sitio o carpeta donde guardar, lo incluido funciona igual y se dice."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from labsupport.base.caches import ensure_cache, is_writable
from labsupport.base.errors import LabError, explain_error


@pytest.fixture
def variables(monkeypatch):
    """Las variables de entorno, que la prueba puede cambiar."""
    copy = {name: os.environ[name] for name in os.environ if not name.startswith("HF_")}
    monkeypatch.setattr(os, "environ", copy)
    return copy


def tell():
    said = []
    ensure_cache(said.append)
    return said


def test_a_folder_that_can_be_written_is_left_alone(variables, tmp_path):
    variables["HF_HOME"] = str(tmp_path / "nueva")
    assert tell() == [] and variables["HF_HOME"] == str(tmp_path / "nueva")


@pytest.mark.parametrize("place", ["", "datasets", "laboratorio", "HF_DATASETS_CACHE"])
def test_with_a_file_in_its_place_another_is_used_and_told_once(variables, tmp_path, place):
    home = tmp_path / "caché"
    if place:
        home.mkdir()
    blocked = home / place if place.islower() else home if not place else tmp_path / "archivo"
    blocked.write_text("ocupado")
    variables["HF_HOME"] = str(home)
    if place.isupper():
        variables[place] = str(blocked)
    (sentence,) = tell()
    assert "No se puede escribir" in sentence and str(home) in sentence
    assert is_writable(Path(variables["HF_HOME"])) and "HF_DATASETS_CACHE" not in variables
    # Lo descargado se sigue leyendo de donde estaba.
    assert variables["HF_HUB_CACHE"] == str(home / "hub")
    assert tell() == []


def test_a_full_disk_is_not_writable(tmp_path, monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    assert not is_writable(tmp_path)


def test_with_no_folder_at_all_there_is_a_sentence(variables, tmp_path, monkeypatch):
    def refuse(**_):
        raise FileNotFoundError(2, "No usable temporary directory found")

    (tmp_path / "archivo").write_text("ocupado")
    variables["HF_HOME"] = str(tmp_path / "archivo")
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(LabError, match="ni en la temporal"):
        ensure_cache()


def test_every_library_uses_the_other_folder(tmp_path):
    (tmp_path / "archivo").write_text("ocupado")
    code = (
        "from labsupport.base.caches import ensure_cache; ensure_cache()\n"
        "import os, datasets, evaluate, huggingface_hub, transformers.utils.hub as t\n"
        "home = os.environ['HF_HOME']\n"
        "used = [datasets.config.HF_DATASETS_CACHE, datasets.config.HF_MODULES_CACHE,\n"
        "  evaluate.config.HF_MODULES_CACHE, evaluate.config.HF_EVALUATE_CACHE,\n"
        "  huggingface_hub.constants.HF_HOME, t.HF_MODULES_CACHE]\n"
        "assert all(str(each).startswith(home) for each in used), used\n"
        "print(home)"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path / "archivo")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    # La temporal se va con quien la creó.
    assert not Path(done.stdout.splitlines()[-1]).exists()


def test_a_folder_without_permission_is_explained():
    sentence = explain_error(PermissionError(13, "Permission denied", "/datos/results"))
    assert "«/datos/results»" in sentence and "LAB_RESULTS_DIR" in sentence
    assert explain_error(PermissionError("otra cosa")) is None
