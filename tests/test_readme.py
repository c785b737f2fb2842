"""Las tablas del README dicen lo que dice el código."""

import ast
import re

from labsupport.base.paths import REPO
from labsupport.settings import PARAMETERS, PROFILES, describe_parameter, list_values

README = (REPO / "README.md").read_text(encoding="utf-8")
# No son del laboratorio: las de cualquier programa, y lo que calificar dice a sus procesos.
NOT_OURS = re.compile("(?:PYTHON)?PATH|CALIFICAR_.*")
READS = ("get", "setdefault", "pop")


def test_it_has_the_table_of_parameters():
    for name in list(PARAMETERS)[1:]:
        values = [f"`{list_values(profile)[name]}`" for profile in PROFILES]
        assert f"| {' | '.join([f'`{name}`', *values, describe_parameter(name)])} |" in README


def list_sources():
    for folder in ("labsupport", "tools", "notebooks"):
        for path in (REPO / folder).rglob("*.py"):
            yield path.read_text(encoding="utf-8")


def find_variables(source):
    """Las variables de entorno que lee un módulo por su nombre."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                ast.Attribute(ast.Attribute(attr="environ"), method), [ast.Constant(name), *_]
            ) if method in READS:
                yield name
            case ast.Subscript(ast.Attribute(attr="environ"), ast.Constant(name), ast.Load()):
                yield name
            case ast.Call(ast.Attribute(attr="getenv"), [ast.Constant(name), *_]):
                yield name


def test_variables_are_found_however_they_are_read():
    source = """os.environ.get("A"); os.environ["B"]; os.getenv("C", "")
os.environ.setdefault("D", "1"); os.environ["NOT"] = "1"; variables.get("NOT")"""
    assert set(find_variables(source)) == set("ABCD")


def test_it_has_every_environment_variable_that_is_read_and_no_other():
    section = README.split("### Variables de entorno")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", section, re.M))
    sources = list(list_sources())
    read = {name for source in sources for name in find_variables(source)}
    assert {name for name in read if not NOT_OURS.fullmatch(name)} - told == set()
    assert [name for name in told if not any(name in source for source in sources)] == []
