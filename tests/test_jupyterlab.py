"""JupyterLab en español: qué trae el entorno de partida y que los textos nombren así los menús."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from jupyterlab.labapp import get_app_dir
from jupyterlab_server.settings_utils import get_settings
from packaging.version import Version

from labsupport.base.paths import NOTEBOOKS, PACKAGE, REPO

DEFAULTS = PACKAGE / "notebook" / "jupyterlab"
(SETTINGS,) = DEFAULTS.glob("*.json")
SCHEMAS = Path(get_app_dir()) / "schemas"
LANGUAGE = "@jupyterlab/translation-extension:plugin"
# «*Run* → *Palabras del menú* (en inglés, *Words*)», con lo que haya detrás.
NAMED = re.compile(r"\*Run\* → \*([^*]+)\*(?:;| \()\s?en inglés, \*([^*]+)\*")


def read_catalogue() -> dict[str, str]:
    """Devuelve las palabras de JupyterLab en inglés, sin puntos suspensivos, y en español."""
    pack = pytest.importorskip("jupyterlab_language_pack_es_ES", reason="repite make lab")
    path = Path(pack.__file__).parent / "locale" / "es_ES" / "LC_MESSAGES" / "jupyterlab.json"
    words = json.loads(path.read_text(encoding="utf-8"))
    return {english.rstrip("…"): spanish[0] for english, spanish in words.items() if english}


def list_mentions() -> list[tuple[str, str, str]]:
    """Devuelve el archivo, el nombre en español y el nombre en inglés de cada menú nombrado."""
    paths = [*NOTEBOOKS.glob("*.ipynb"), *REPO.glob("exercises/*/*/*.ipynb")]
    return [
        (path.name, *found)
        for path in paths
        for cell in nbformat.read(path, as_version=4).cells
        for found in NAMED.findall(cell.source)
    ]


def test_the_lessons_name_the_menus_as_they_read():
    catalogue, mentions = read_catalogue(), list_mentions()
    assert len({name for name, _, _ in mentions}) == 10
    assert [each for each in mentions if catalogue[each[2]] != each[1]] == []


def test_the_wrong_kernel_message_names_the_menu_as_it_reads():
    source = (PACKAGE / "notebook" / "prepare.py").read_text(encoding="utf-8")
    spanish, english = re.search(r"Kernel > ([^;]+); en inglés, ([\w ]+)\)", source).groups()
    assert read_catalogue()[english] == spanish


def test_no_text_names_a_menu_only_in_english():
    for path in [*NOTEBOOKS.glob("*.ipynb"), *REPO.glob("exercises/source/*/*.ipynb")]:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"(?:Run|Kernel) → (?:Run|Restart|Change)", source), path.name


def read_language(tmp_path: Path) -> tuple[str, dict]:
    """Devuelve el idioma de partida y lo que ha elegido la persona, como los lee JupyterLab."""
    settings = tmp_path / "app"
    shutil.copytree(DEFAULTS, settings / "overrides.d", dirs_exist_ok=True)
    found, _ = get_settings(str(settings), str(SCHEMAS), str(tmp_path / "mine"), LANGUAGE)
    return found["schema"]["properties"]["locale"]["default"], found["settings"]


def test_the_default_is_spanish_and_a_choice_wins(tmp_path):
    assert read_language(tmp_path) == ("es_ES", {})
    chosen = tmp_path / "mine" / "@jupyterlab" / "translation-extension"
    chosen.mkdir(parents=True)
    (chosen / "plugin.jupyterlab-settings").write_text('{"locale": "en"}', encoding="utf-8")
    assert read_language(tmp_path)[1] == {"locale": "en"}


def test_every_default_is_of_a_plugin_that_exists():
    for plugin in json.loads(SETTINGS.read_text(encoding="utf-8")):
        package, name = plugin.split(":")
        assert (SCHEMAS / package / f"{name}.json").is_file(), plugin


def test_an_editable_install_carries_the_defaults(tmp_path):
    if Version(importlib.metadata.version("setuptools")) < Version("77"):
        pytest.skip("este entorno trae un setuptools anterior al que pide pyproject.toml")
    project = tmp_path / "proyecto"
    for name in ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE"):
        project.mkdir(exist_ok=True)
        shutil.copy(REPO / name, project / name)
    shutil.copytree(DEFAULTS, project / DEFAULTS.relative_to(REPO))
    shutil.copy(PACKAGE / "__init__.py", project / "labsupport" / "__init__.py")
    (project / "notebooks").mkdir()
    shutil.copy(NOTEBOOKS / "accelerate_loop.py", project / "notebooks")
    code = f"from setuptools import build_meta; build_meta.build_editable({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name.split(".data/data/")[-1] for name in archive.namelist()]
    assert f"share/jupyter/lab/settings/overrides.d/{SETTINGS.name}" in names
