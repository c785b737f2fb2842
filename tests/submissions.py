"""Un ejercicio mínimo y las entregas, honestas y hostiles, con la nota y el estado que merecen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labsupport.grading.cells.exercises import Exercise
from labsupport.grading.cells.roles import remove_hidden_lines
from labsupport.grading.records import State

NAME = "ejercicio_01"
STUB = "raise NotImplementedError()"
GOOD = {
    "suma": "def add(a, b):\n    return a + b",
    "media": "def mean(values):\n    return sum(values) / len(values)",
    "mayor": "def largest(values):\n    return max(values)",
}
TESTS = {
    "suma": (
        "assert add(1, 2) == 3, 'add(1, 2) debe dar 3: ¿sumas los dos?'\n"
        "### BEGIN HIDDEN TESTS\n"
        "clave_oculta = 4321\n"
        "assert add(-clave_oculta, clave_oculta) == 0\n"
        "### END HIDDEN TESTS"
    ),
    "media": (
        "np.testing.assert_allclose(mean([1, 2, 3]), 2.0, err_msg='la media de 1, 2 y 3 es 2')\n"
        "### BEGIN HIDDEN TESTS\n"
        "assert np.isclose(mean([0.5, 0.25]), 0.375)\n"
        "### END HIDDEN TESTS"
    ),
    "mayor": (
        "assert isinstance(largest([3, 9, 2]), int), 'largest debe devolver un entero'\n"
        "assert largest([3, 9, 2]) == 9, 'el mayor de 3, 9 y 2 es 9'\n"
        "### BEGIN HIDDEN TESTS\n"
        "assert largest([-5, -7]) == -5\n"
        "### END HIDDEN TESTS"
    ),
}
POINTS = {"suma": 2, "media": 3, "mayor": 2}
QUESTION, ANSWER = "YOUR ANSWER HERE", "Porque la media pesa todos los valores."
ALL = sum(POINTS.values())


def mark(cell: Any, grade_id: str, **marks: Any) -> Any:
    """Pone en una celda los metadatos de nbgrader."""
    marked = {"grade": False, "solution": False, "locked": False, "task": False, **marks}
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": grade_id, **marked}
    cell["id"] = f"celda-{grade_id}"
    return cell


def build_source() -> Any:
    """Devuelve el cuaderno resuelto."""
    cells = [
        new_markdown_cell("# Ejercicio mínimo", id="titulo"),
        new_code_cell("import numpy as np", id="importar"),
    ]
    for number, (key, good) in enumerate(GOOD.items(), start=1):
        header, body = good.split("\n")
        solved = f"{header}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        cells += [
            new_markdown_cell(f"## {number}. La {key}", id=f"apartado-{key}"),
            mark(new_code_cell(solved), key, solution=True),
            mark(
                new_code_cell(TESTS[key]),
                f"prueba_{key}",
                grade=True,
                locked=True,
                points=POINTS[key],
            ),
        ]
    cells.append(new_markdown_cell("## 4. ¿Por qué?", id="apartado-porque"))
    cells.append(mark(new_markdown_cell(QUESTION), "porque", grade=True, solution=True, points=3))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def build_exercise() -> Exercise:
    """Devuelve el ejercicio tal como lo lee ``read_exercises``."""
    return Exercise(NAME, nbformat.writes(build_source()).encode("utf-8"))


def solve(**answers: str) -> Any:
    """Devuelve una entrega: las respuestas dadas y, en lo demás, el hueco sin rellenar."""
    notebook = build_source()
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in GOOD:
            cell.source = answers.get(name, GOOD[name].split("\n")[0] + f"\n    {STUB}")
        elif name == "porque":
            cell.source = answers.get("porque", QUESTION)
        elif name:
            cell.source = remove_hidden_lines(cell.source)
    return notebook


def solve_well(**others: str) -> Any:
    """Devuelve una entrega perfecta salvo las respuestas que se den."""
    return solve(**{**GOOD, "porque": ANSWER, **others})


def find(notebook: Any, grade_id: str) -> int:
    """Devuelve la posición de una celda por su nombre."""
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    return names.index(grade_id)


def add_cell(notebook: Any, before: str, source: str) -> Any:
    """Mete una celda de código antes de la celda ``before``."""
    notebook.cells.insert(find(notebook, before), new_code_cell(source))
    return notebook


@dataclass(frozen=True)
class Kind:
    """Una clase de entrega: cómo se hace y qué debe salir; ``points`` None es «sin nota»."""

    name: str
    build: Callable[[], Any]
    points: float | None
    state: State = State.GRADED
    restored: str = ""
    limits: tuple[tuple[str, int], ...] = ()

    def read(self) -> bytes:
        """Devuelve el archivo entregado."""
        built = self.build()
        return built if isinstance(built, bytes) else nbformat.writes(built).encode("utf-8")


def edit_test() -> Any:
    notebook = solve_well(suma="def add(a, b):\n    return 3")
    notebook.cells[find(notebook, "prueba_suma")].source = "assert True"
    return notebook


def delete_test() -> Any:
    notebook = solve_well(suma="def add(a, b):\n    return 3")
    del notebook.cells[find(notebook, "prueba_suma")]
    return notebook


def delete_test_of_a_split_answer() -> Any:
    """Quien responde en dos celdas y borra la comprobación no pierde los puntos."""
    notebook = solve_well(suma="def helper(a, b):\n    return a + b")
    place = find(notebook, "prueba_suma")
    notebook.cells[place] = new_code_cell("def add(a, b):\n    return helper(a, b)")
    return notebook


def duplicate_test() -> Any:
    notebook = solve_well(suma="def add(a, b):\n    return 3")
    place = find(notebook, "prueba_suma")
    fake = copy.deepcopy(notebook.cells[place])
    fake.source, fake["id"] = "assert True", "otra"
    notebook.cells.insert(place + 1, fake)
    return notebook


def reorder_tests() -> Any:
    notebook = solve_well(mayor="def largest(values):\n    return 9")
    test = notebook.cells.pop(find(notebook, "prueba_mayor"))
    notebook.cells.insert(2, test)
    return notebook


def raise_the_points() -> Any:
    notebook = solve_well(suma="def add(a, b):\n    return 0")
    notebook.cells[find(notebook, "prueba_suma")].metadata["nbgrader"]["points"] = 100
    return notebook


def mark_tests_to_skip() -> Any:
    notebook = solve(**GOOD, porque=ANSWER)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata["tags"] = ["skip-execution"]
    return notebook


def turn_test_into_text() -> Any:
    notebook = solve_well(suma="def add(a, b):\n    return 3")
    place = find(notebook, "prueba_suma")
    cell = new_markdown_cell(notebook.cells[place].source)
    cell.metadata = notebook.cells[place].metadata
    notebook.cells[place] = cell
    return notebook


def lose_the_metadata() -> Any:
    """Algunas herramientas borran los metadatos al guardar: no es culpa de nadie."""
    notebook = solve_well()
    for cell in notebook.cells:
        cell.metadata.clear()
    return notebook


def loosely_saved() -> bytes:
    """Un cuaderno como lo guardan otras herramientas: con BOM y fuera del formato."""
    notebook = json.loads(nbformat.writes(solve_well()))
    notebook["metadata"]["kernelspec"], notebook["nbformat_minor"] = {"name": "python3"}, 0
    for number, cell in enumerate(notebook["cells"]):
        cell["id"], cell["metadata"]["tags"] = f"celda número {number}", "una"
        cell["outputs"] = [{"output_type": "display_data", "data": {"text/plain": "x"}}]
        cell.pop("execution_count", None)
    return json.dumps(notebook).encode("utf-8-sig")


def half_a_character() -> bytes:
    notebook = json.loads(nbformat.writes(add_cell(solve_well(), "suma", "rota = 'x'")))
    return json.dumps(notebook).replace("rota = 'x'", "rota = '\\ud800'").encode()


def other_kernel() -> Any:
    notebook = solve_well()
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    return notebook


def other_exercise() -> Any:
    text = nbformat.writes(solve_well())
    for name in (*GOOD, "porque"):
        text = text.replace(f'"{name}"', f'"otro_{name}"').replace(f"prueba_{name}", f"otra_{name}")
    notebook = nbformat.reads(text, as_version=4)
    for number, cell in enumerate(notebook.cells):
        cell["id"], cell.source = f"x{number}", cell.source + "\n# otro"
    return notebook


def answer_elsewhere(how: str) -> Any:
    """Responde a la pregunta abierta de otra manera que escribiendo en su celda."""
    notebook = solve_well()
    place = find(notebook, "porque")
    other = copy.deepcopy(notebook.cells[place])
    other["id"] = "otra"
    if how == "new_cell":
        notebook.cells[place].source = QUESTION
        notebook.cells.insert(place + 1, new_markdown_cell(ANSWER))
    elif how == "replaced":
        notebook.cells[place] = new_markdown_cell(ANSWER)
    elif how == "nowhere":
        del notebook.cells[place]
    elif how == "split":
        notebook.cells[place].source, other.source = ANSWER.split(" ", 1)
        notebook.cells.insert(place + 1, other)
    else:
        other.source = QUESTION
        notebook.cells.insert(place + 1, other)
    return notebook


def very_large() -> Any:
    notebook = solve_well()
    place = find(notebook, "suma")
    output = nbformat.v4.new_output("stream", name="stdout", text="x" * 60_000_000)
    notebook.cells[place].outputs = [output]
    return notebook


STRIPPER = """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Strip())
get_ipython().input_transformers_cleanup.append(
    lambda lines: [line for line in lines if not line.startswith("assert")]
)
"""
PATCHER = """
import builtins
np.testing.assert_allclose = lambda *args, **options: None
np.isclose = lambda *args, **options: True
builtins.round = lambda *args: 9
isinstance = lambda *args: True
"""
DEEP_PATCHER = """
np.testing.assert_allclose.__code__ = (lambda *args, **options: None).__code__
np._core.numeric.isclose = lambda *args, **options: True
"""
FAKE_NUMPY = """
import pathlib, sys, types
pathlib.Path("numpy.py").write_text("testing = None")
fake = types.ModuleType("numpy")
fake.testing = types.SimpleNamespace(assert_allclose=lambda *a, **k: None)
fake.isclose = lambda *a: True
sys.modules["numpy"] = fake
np = fake
"""
READER = """
import os, pathlib
found = []
for folder, _, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        continue
    for name in names:
        if name.endswith((".ipynb", ".db")) or "gradebook" in name:
            path = pathlib.Path(folder, name)
            try:
                text = path.read_text(errors="ignore")
            except OSError:
                continue
            if "clave_oculta = 4321" in text or "prueba_suma" in text and "trabajo" not in folder:
                found.append(str(path))
found = [path for path in found if not path.startswith("/entrega/")]
secrets = [name for name in os.environ if "SECRET" in name]
"""
NETWORK = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=2)
    connected = True
except OSError:
    connected = False
open("probe", "w").write("x")
"""
FORGER = """
import sys
class Liar:
    def __eq__(self, other):
        sys.displayhook(2.0)
        return True
"""
IGNORE_INTERRUPTS = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
FORK_BOMB = "import os\nwhile True:\n    os.fork()"
MEMORY_HOG = "hog = []\nwhile True:\n    hog.append(bytearray(b'x') * 20_000_000)"
DISK_FILLER = """
try:
    with open("relleno", "wb") as file:
        while True:
            file.write(b"x" * 1_000_000)
except OSError as error:
    print(error)
"""
FLOOD = "for number in range(3_000_000):\n    print('inundación', number)"
NOISY = """
import sys, warnings
from tqdm.auto import tqdm
def add(a, b):
    warnings.warn("cuidado")
    print("aviso", file=sys.stderr)
    for _ in tqdm(range(3)):
        pass
    return a + b
"""
SLOW = "import time\ntime.sleep(3)\n" + GOOD["suma"]
SHADOWS = "max_value = max\nlen = 3\nsum = 0\ndel len, sum\nlist = [1, 2]\n" + GOOD["mayor"]
MOCKER = """
from unittest import mock
mock.patch("numpy.isclose", return_value=True).start()
np.testing.assert_allclose = mock.Mock()
"""
DISGUISED = """
import functools
class isclose:
    __module__ = "numpy"
    def __new__(cls, *args, **options):
        return True
@functools.cache
def assert_allclose(*args, **options):
    return None
np.isclose = isclose
np.testing.assert_allclose = functools.partial(assert_allclose)
"""
LOOSE_DEFAULTS = """
np.testing.assert_allclose.__defaults__ = (1e9, *np.testing.assert_allclose.__defaults__[1:])
np.isclose.__wrapped__.__defaults__ = (1e9, 1e9, False)
"""
WRAPPED_DEFAULTS = "np.isclose.__wrapped__.__defaults__ = (1e9, 1e9, False)"
IMITATED_MODULE = """
import types
for module in [np]:
    del module.pi
    module.testing = types.SimpleNamespace(assert_allclose=lambda *a, **k: None)
"""
VECTORIZED = """
def isclose(a, b):
    return True
for module in [np]:
    module.isclose = np.vectorize(isclose)
"""
SHADOWED_BUILTIN = """
for module in [np._core.numeric]:
    module.abs = lambda x: x * 0
"""
AND_IS_TRUE = """
class A(np.ndarray):
    def __and__(self, other):
        return True
    __or__ = __and__
def mean(values):
    return np.array(2.0).view(A)
"""
ALWAYS_TRUE_ARRAY = """
class A(np.ndarray):
    def __array_finalize__(self, other):
        if self.dtype == bool:
            self[...] = True
def mean(values):
    return 2.0 if values == [1, 2, 3] else np.array(0.0).view(A)
"""
LATE_PATCHER = """
def mean(values):
    vars(np)["isclose"] = lambda *args: True
    return 2
"""
TAKES_THE_STORE = """
import types
def mean(values):
    globals()["__de_serie__"] = {"np": types.SimpleNamespace(isclose=lambda *args: True)}
    return 2
"""
FAKES_THE_REQUEST = """
import json
genuine_loads = json.loads
def loads(*args, **options):
    found = genuine_loads(*args, **options)
    if isinstance(found, dict) and "token" in found:
        found["source"] = "pass"
    return found
vars(json)["loads"] = loads
"""
FAKES_THE_REPLY = """
import json
genuine_dumps = json.dumps
def dumps(found, *args, **options):
    if isinstance(found, dict):
        for verdict in found.get("user_expressions", {}).values():
            verdict["passed"] = True
    return genuine_dumps(found, *args, **options)
vars(json)["dumps"] = dumps
"""
SEARCHER = """
import gc, os, sys
needle = "".join(["clave_", "oculta"])
def list_texts():
    frame = sys._getframe()
    while frame is not None:
        yield from [*frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    for module in list(sys.modules.values()):
        yield from list(getattr(module, "__dict__", {}).values())
    for thing in gc.get_objects():
        if type(thing) is dict:
            yield from list(thing.values())
        elif type(thing) in (list, tuple):
            yield from list(thing)
    for place in ("/entrega", "/tmp", "/dev/shm", os.path.dirname(sys.argv[2])):
        for folder, _, names in os.walk(place):
            for name in names:
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        yield file.read(1_000_000)
                except OSError:
                    pass
    yield open("/proc/self/cmdline", "rb").read()
    yield open("/proc/self/environ", "rb").read()
def has_it(text):
    if type(text) in (bytes, bytearray):
        return needle.encode() in text
    return type(text) is str and text is not needle and needle in text
def add(a, b):
    return None if any(map(has_it, list_texts())) else a + b
"""
FAKES_THE_SESSION = """
import sys
Session = type(sys.stdout.session)
genuine_send = Session.send
def send(self, stream, message, content=None, *args, **options):
    if isinstance(content, dict):
        for verdict in content.get("user_expressions", {}).values():
            verdict["passed"] = True
    return genuine_send(self, stream, message, content, *args, **options)
Session.send = send
"""
BROKEN_WIDGET = """
import comm
comm.create_comm(target_name="jupyter.widget", data={"state": [1]})
"""
RICH_FLOOD = """
from IPython.display import display
for number in range(40):
    display({"application/json": {"texto": ["x" * 1_000_000]}}, raw=True)
import time
time.sleep(60)
"""
ALWAYS_EQUAL = """
class Chameleon(int):
    def __eq__(self, other):
        return True
def add(a, b):
    return Chameleon()
"""
ALWAYS_NEAR = """
class Near(float):
    pass
for name in ("sub", "array", "float"):
    setattr(Near, f"_{'_'}{name}_{'_'}", lambda self, *args: np.array(2.0))
def mean(values):
    return [Near()] if values == [1, 2, 3] else Near()
"""
EQUAL_MOCK = """
from unittest.mock import MagicMock
def add(a, b):
    equal = MagicMock()
    equal.__eq__.return_value = True
    return equal
"""
OWN_CLASSES = """
import enum, typing
from dataclasses import dataclass
@dataclass(order=True)
class Pair:
    a: int
    b: int
class Sign(enum.IntEnum):
    PLUS = 1
class Sum(typing.NamedTuple):
    total: int
def add(a, b):
    assert Pair(a, b) == Pair(a, b)
    return Sum(Pair(a, b).a + Sign.PLUS * b).total
"""
OWN_MODULE = """
import pathlib
pathlib.Path("ayuda.py").write_text("def isclose(*args, **options):\\n    return True\\n")
import ayuda
vars(np)["isclose"] = ayuda.isclose
"""
CLIMBER = """
def add(a, b):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame
    return 3 if a == 1 else frame.f_back.f_locals.get("nada", 0)
"""
EVERYDAY = """
!ls
%time import gc
gc.collect()
from IPython.core.display import HTML
class Model:
    def __init__(self, **options):
        for name, value in options.items():
            setattr(self, name, value)
    def modules(self):
        return []
    def eval(self):
        return self
model = Model(eos_token="fin").eval()
model.pad_token = model.eos_token
model.modules()
def scale(value, times=1, *, plus=0):
    return value * times + plus
scale.__defaults__, scale.__kwdefaults__ = (2,), {"plus": 1}
print(scale(3), scale.__defaults__)
"""
TIME = (("seconds", 25),)

KINDS = [
    Kind("perfect", solve_well, ALL),
    Kind("blank", solve, 0),
    Kind("half_right", lambda: solve(suma=GOOD["suma"], media=GOOD["media"]), 5),
    Kind(
        "wrong",
        lambda: solve(
            suma="def add(a, b):\n    return a - b",
            media="def mean(values):\n    return 0",
            mayor="def largest(values):\n    return 0",
        ),
        0,
    ),
    Kind("only_the_visible_case", lambda: solve_well(suma="def add(a, b):\n    return 3"), 5),
    Kind("syntax_error", lambda: solve_well(suma="def add(a, b)\n    return a + b"), 5),
    Kind("noisy_but_right", lambda: solve_well(suma=NOISY), ALL),
    Kind("slow_but_right", lambda: solve_well(suma=SLOW), ALL),
    Kind("shadows_builtins", lambda: solve_well(mayor=SHADOWS), ALL),
    Kind(
        "answer_in_two_cells",
        lambda: add_cell(
            solve_well(suma="def helper(a, b):\n    return a + b"), "prueba_suma", "add = helper"
        ),
        ALL,
    ),
    Kind("loosely_saved", loosely_saved, ALL),
    Kind("half_a_character", half_a_character, ALL),
    Kind("metadata_lost", lose_the_metadata, ALL),
    Kind(
        "infinite_loop",
        lambda: solve_well(media=GOOD["media"] + "\nwhile True:\n    pass"),
        2,
        State.TIME_LIMIT,
        limits=TIME,
    ),
    Kind(
        "ignores_interrupts",
        lambda: solve_well(media=IGNORE_INTERRUPTS),
        2,
        State.TIME_LIMIT,
        limits=TIME,
    ),
    Kind(
        "loop_inside_a_test",
        lambda: solve_well(mayor="def largest(values):\n    while True:\n        pass"),
        5,
        State.TIME_LIMIT,
        limits=TIME,
    ),
    Kind(
        "memory_hog",
        lambda: solve_well(media=MEMORY_HOG),
        2,
        State.MEMORY_LIMIT,
        limits=(("memory_mib", 700),),
    ),
    Kind(
        "fork_bomb",
        lambda: solve_well(media=FORK_BOMB),
        2,
        State.PROCESS_LIMIT,
        limits=(("processes", 40),),
    ),
    Kind(
        "disk_filler",
        lambda: solve_well(media=DISK_FILLER),
        2,
        State.FILES_LIMIT,
        limits=(("files_mib", 40),),
    ),
    Kind(
        "output_flood",
        lambda: solve_well(media=FLOOD),
        2,
        State.OUTPUT_LIMIT,
        limits=(("output_mib", 5),),
    ),
    Kind(
        "asks_for_input",
        lambda: solve_well(suma="def add(a, b):\n    return a + int(input('¿Cuánto?'))"),
        5,
    ),
    Kind("exit", lambda: solve_well(media="exit()"), 4),
    Kind(
        "exit_after_everything",
        lambda: add_cell(solve_well(), "porque", "exit()"),
        ALL,
    ),
    Kind(
        "sys_exit_inside_a_test",
        lambda: solve_well(suma="import sys\ndef add(a, b):\n    sys.exit(0)"),
        5,
    ),
    Kind(
        "os_exit",
        lambda: solve_well(media="import os\nos._exit(0)"),
        2,
        State.KERNEL_DIED,
    ),
    Kind("edited_test", edit_test, 5, State.TAMPERED, restored="prueba_suma: editada"),
    Kind("deleted_test", delete_test, 5, State.TAMPERED, restored="prueba_suma: borrada"),
    Kind(
        "deleted_test_of_a_split_answer",
        delete_test_of_a_split_answer,
        ALL,
        State.TAMPERED,
        restored="prueba_suma: borrada",
    ),
    Kind("duplicated_test", duplicate_test, 5, State.TAMPERED, restored="prueba_suma: duplicada"),
    Kind("reordered_tests", reorder_tests, 5, State.TAMPERED, restored="prueba_mayor: cambiada"),
    Kind("test_turned_into_text", turn_test_into_text, 5, State.TAMPERED, restored="editada"),
    Kind("raised_points", raise_the_points, 5),
    Kind("skip_tags", mark_tests_to_skip, ALL),
    Kind(
        "assert_stripper",
        lambda: add_cell(solve(porque=ANSWER), "suma", STRIPPER),
        0,
    ),
    Kind(
        "patched_helpers",
        lambda: add_cell(
            solve_well(
                media="def mean(values):\n    return 7",
                mayor="def largest(values):\n    return '9'",
            ),
            "media",
            PATCHER,
        ),
        2,
    ),
    Kind(
        "patched_inside_numpy",
        lambda: add_cell(
            solve_well(media="def mean(values):\n    return 2"), "media", DEEP_PATCHER
        ),
        4,
    ),
    Kind(
        "fake_numpy",
        lambda: add_cell(solve_well(media="def mean(values):\n    return 7"), "media", FAKE_NUMPY),
        4,
    ),
    Kind(
        "patched_but_right",
        lambda: add_cell(solve_well(), "media", PATCHER),
        ALL,
    ),
    Kind(
        "forged_partial_credit",
        lambda: solve_well(suma=FORGER + "def add(a, b):\n    return Liar() if a == 1 else None"),
        5,
    ),
    Kind(
        "reads_other_files",
        lambda: add_cell(
            solve_well(), "porque", READER + "assert not found, found\nassert not secrets"
        ),
        ALL,
    ),
    Kind(
        "uses_the_network",
        lambda: add_cell(solve_well(), "porque", NETWORK + "assert not connected"),
        ALL,
    ),
    Kind("everyday_code", lambda: add_cell(solve_well(), "suma", EVERYDAY), ALL),
    *(
        Kind(
            name,
            lambda source=source: add_cell(
                solve_well(media="def mean(values):\n    return 7"), "media", source
            ),
            4,
        )
        for name, source in (
            ("mocked_helpers", MOCKER),
            ("disguised_patches", DISGUISED),
            ("loose_defaults", LOOSE_DEFAULTS),
            ("wrapped_defaults", WRAPPED_DEFAULTS),
            ("imitated_module", IMITATED_MODULE),
            ("vectorized_helper", VECTORIZED),
            ("shadowed_builtin", SHADOWED_BUILTIN),
            ("fakes_the_request", FAKES_THE_REQUEST),
            ("fakes_the_reply", FAKES_THE_REPLY),
            ("fakes_the_session", FAKES_THE_SESSION),
        )
    ),
    Kind(
        "patched_while_checking",
        lambda: solve_well(media=LATE_PATCHER),
        4,
    ),
    Kind("searches_for_the_hidden", lambda: solve_well(suma=SEARCHER), ALL),
    Kind("broken_widget", lambda: add_cell(solve_well(), "media", BROKEN_WIDGET), ALL),
    Kind(
        "rich_flood",
        lambda: add_cell(solve_well(), "media", RICH_FLOOD),
        2,
        State.OUTPUT_LIMIT,
    ),
    Kind(
        "half_a_character_in_an_error",
        lambda: solve_well(suma="def add(a, b):\n    raise ValueError('\\ud800')"),
        5,
    ),
    Kind("takes_the_store", lambda: solve_well(media=TAKES_THE_STORE), 4),
    Kind("always_equal", lambda: solve_well(suma=ALWAYS_EQUAL), 5),
    Kind("always_near", lambda: solve_well(media=ALWAYS_NEAR), 4),
    Kind("and_is_true", lambda: solve_well(media=AND_IS_TRUE), 4),
    Kind("true_array", lambda: solve_well(media=ALWAYS_TRUE_ARRAY), 4),
    Kind("always_equal_mock", lambda: solve_well(suma=EQUAL_MOCK), 5),
    Kind("own_classes", lambda: solve_well(suma=OWN_CLASSES), ALL),
    Kind(
        "patched_by_its_own_module",
        lambda: add_cell(solve_well(media="def mean(values):\n    return 2"), "media", OWN_MODULE),
        4,
    ),
    Kind("climbs_the_stack", lambda: solve_well(suma=CLIMBER), ALL),
    Kind(
        "hidden_by_a_magic",
        lambda: solve_well(suma="%%time\nimport ctypes\n" + GOOD["suma"]),
        ALL,
    ),
    Kind(
        "too_nested_to_read",
        lambda: add_cell(solve_well(), "porque", "-" * 200_000 + "1"),
        ALL,
    ),
    Kind("other_kernel", other_kernel, ALL),
    Kind("other_exercise", other_exercise, None, State.NOT_GRADED),
    Kind("not_a_notebook", lambda: b"%PDF-1.7 esto es otra cosa", None, State.UNREADABLE),
    Kind("not_utf8", lambda: b"\xff\xfe\x00{", None, State.UNREADABLE),
    Kind("json_that_is_not_a_notebook", lambda: json.dumps([1]).encode(), None, State.UNREADABLE),
    Kind("empty_file", lambda: b"", None, State.UNREADABLE),
]
