"""Una sola lista de dependencias: los demás archivos la leen, la fijan o apuntan a ella."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from labsupport.base.paths import REPO

REGISTRIES = re.compile(r"pypi\.|pythonhosted|conda\.anaconda|download\.pytorch|file://|index-url")
IMPORTED_AS = {"pyyaml": "yaml", "scikit-learn": "sklearn", "huggingface-hub": "huggingface_hub"}
# Las ponen otras de la lista: numpy con todo, IPython con ipykernel, packaging con transformers.
BROUGHT_BY_OTHERS = {"IPython"}


def read_requirements(path: Path) -> dict[str, Requirement]:
    """Devuelve nombre a requisito de un archivo de pip, sin comentarios."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    requirements = [Requirement(line) for line in lines if line]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


REQUIREMENTS = read_requirements(REPO / "requirements.txt")
CONSTRAINTS = read_requirements(REPO / "constraints.txt")
# La imagen de Google Colab, entera, con lo que pone la primera celda.
COLAB = read_requirements(REPO / "constraints-colab.txt")
PYPROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
TEST_EXTRA = {
    canonicalize_name(Requirement(line).name): Requirement(line)
    for line in [line for lines in EXTRAS.values() for line in lines]
    if not line.startswith(PYPROJECT["project"]["name"])
}


def pinned(name: str) -> str:
    """Devuelve la versión exacta que fija constraints.txt."""
    (pin,) = CONSTRAINTS[name].specifier
    assert pin.operator == "==", name
    return pin.version


@pytest.mark.parametrize("name", sorted({**REQUIREMENTS, **TEST_EXTRA}))
def test_the_tested_version_is_in_range_and_pinned(name):
    requirement = {**REQUIREMENTS, **TEST_EXTRA}[name]
    assert requirement.specifier.contains(pinned(name)), f"{requirement} y {pinned(name)}"


# Lo que se instala junto a la imagen de Colab: ni el libro ni lo de calificar se usan allí.
IN_COLAB = {
    canonicalize_name(Requirement(line).name)
    for extra in ("masalla", "colab")
    for line in EXTRAS[extra]
}
OURS = REQUIREMENTS | {name: each for name, each in TEST_EXTRA.items() if name in IN_COLAB}


@pytest.mark.parametrize("name", sorted(OURS.keys() & COLAB.keys()))
def test_colab_versions_are_in_range(name):
    (pin,) = COLAB[name].specifier
    assert pin.operator == "==" and OURS[name].specifier.contains(pin.version)


def test_ranges_start_where_colab_is():
    heavy = ("torch", "tensorflow", "keras", "keras-hub", "transformers", "ipykernel", "ipywidgets")
    for name in heavy:
        lower = next(s.version for s in REQUIREMENTS[name].specifier if s.operator == ">=")
        (pin,) = COLAB[name].specifier
        assert pin.version.startswith(lower), f"{name}: nadie prueba la versión {lower}"


def test_every_pin_is_exact_and_without_local_suffix():
    for name in CONSTRAINTS:
        assert "+" not in pinned(name) and CONSTRAINTS[name].url is None


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="constraints.txt sale de CPython 3.11")
def test_this_environment_is_the_pinned_one():
    if Path(sys.prefix) != REPO / ".venv":
        pytest.skip("solo se comprueba en el .venv que crean los objetivos de make")
    wrong = {
        name: importlib.metadata.version(name)
        for name in REQUIREMENTS
        if importlib.metadata.version(name).split("+")[0] != pinned(name)
    }
    assert not wrong


def test_every_pin_installs_with_the_oldest_python():
    installed = {}
    for found in importlib.metadata.distributions():
        installed[canonicalize_name(found.name)] = found
    (oldest,) = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert len(CONSTRAINTS.keys() & installed.keys()) > 100
    for name in CONSTRAINTS.keys() & installed.keys():
        if installed[name].version.split("+")[0] != pinned(name):
            continue  # de otra versión no se sabe: `make test-nuevas` no fija ninguna
        python = installed[name].metadata.get("Requires-Python", "")
        assert SpecifierSet(python).contains(f"{oldest.version}.0"), f"{name} pide {python}"


def test_pyproject_reads_the_one_list():
    project, tool = PYPROJECT["project"], PYPROJECT["tool"]["setuptools"]
    assert "dependencies" not in project and "dependencies" in project["dynamic"]
    assert tool["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}
    assert project["requires-python"] == ">=3.11"
    assert EXTRAS["instructor"][0] == "nbgrader==0.9.6"


def read_conda(path: str) -> tuple[dict[str, str], list[str]]:
    """Devuelve lo que pide a pip (opción a archivo) y lo que pide a conda."""
    content = yaml.safe_load((REPO / path).read_text(encoding="utf-8"))
    assert set(content) == {"name", "channels", "dependencies"}
    assert content["channels"] == ["conda-forge"]
    (pip,) = [entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict)]
    by_conda = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    assert by_conda[:2] == ["python=3.12", "pip"]
    return dict(line.split(maxsplit=1) for line in pip), by_conda[2:]


@pytest.mark.parametrize("path", ["environment.yml", "binder/environment.yml"])
def test_conda_files_only_point_at_the_list(path):
    targets, _ = read_conda(path)
    folder = (REPO / path).parent
    resolved = {option: (folder / target).resolve() for option, target in targets.items()}
    assert resolved == {
        "-r": REPO / "requirements.txt",
        "-c": REPO / "constraints.txt",
        "-e": REPO,
    }
    assert all(target.exists() for target in resolved.values())


def test_conda_brings_only_what_pip_can_not():
    assert read_conda("environment.yml")[1] == ["ipykernel"]
    # Si no fuera la misma versión, pip cambiaría la de CPU por la de CUDA.
    assert read_conda("binder/environment.yml")[1] == [f"pytorch-cpu={pinned('torch')}"]


def test_binder_has_nothing_that_is_ignored_beside_environment_yml():
    assert not (REPO / "binder" / "runtime.txt").exists()
    assert not (REPO / "binder" / "requirements.txt").exists()


def tracked_files() -> list[Path]:
    """Devuelve los archivos de texto que git guarda."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no es un clon de git")
    names = [name for name in listed.stdout.split("\0") if name]
    binary = (".parquet", ".safetensors", ".png")
    return [REPO / name for name in names if not name.endswith(binary) and (REPO / name).exists()]


def test_no_file_names_a_package_registry():
    this = Path(__file__).resolve()
    naming = [
        path.relative_to(REPO).as_posix()
        for path in tracked_files()
        if path != this and REGISTRIES.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert naming == []


def imported_packages(path: Path) -> set[str]:
    """Devuelve los paquetes que importa un archivo de Python."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


# Qué carpetas usan, además, lo que solo se instala con un extra.
OPTIONAL = {
    "grading": {"nbgrader", "dask", "distributed", "traitlets"},
    "running": {"distributed"},
    "sweeping": {"distributed", "optuna"},
    "costs": {"peft"},
    "sharing": {"gradio"},
}


def test_everything_imported_is_in_the_list():
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in REQUIREMENTS}
    package = REPO / "labsupport"
    known = set(sys.stdlib_module_names) | {"labsupport"} | BROUGHT_BY_OTHERS | declared
    for path in package.rglob("*.py"):
        optional = OPTIONAL.get(path.relative_to(package).parts[0], set())
        assert imported_packages(path) - known - optional == set(), path.name


def test_the_licence_is_apache_2():
    text = (REPO / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
    assert PYPROJECT["project"]["license"] == "Apache-2.0"


def test_the_readme_gives_the_two_commands_first():
    first_screen = (REPO / "README.md").read_text(encoding="utf-8")[:3000]
    assert "make lab" in first_screen and "make test" in first_screen


def test_ci_calls_make_test():
    script = (REPO / ".ci" / "run").read_text(encoding="utf-8")
    assert script.index("test-browser") < script.index("make --no-print-directory test |")
    assert script.startswith("#!/usr/bin/env bash")


def test_workflow_covers_three_systems_and_two_pythons():
    file = REPO / ".github" / "workflows" / "ci.yml"
    (job,) = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "windows", "macos"}
    assert matrix["python"] == ["3.11", "3.13"]
    assert any("bootstrap.py test" in step.get("run", "") for step in job["steps"])
