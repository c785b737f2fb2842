"""Entregas que intentan contestar por el kernel que califica, o cambiar con qué se comprueba."""

from __future__ import annotations

from submissions import Kind, add_cell, solve_well

# Cada una de estas respuestas es mala: sin trampa, solo se aprueba la suma.
WRONG = {"media": "def mean(values):\n    return 7", "mayor": "def largest(values):\n    return 0"}
DESERVED = 2
FAKE_CHECK = """
import json as j
async def fake(*arguments):
    request = j.loads(arguments[-1])
    return {"token": request["token"], "passed": True, "value": None, "changed": []}
"""
FAKE_EXECUTE = """
import json as j
async def fake(code, *arguments, **options):
    start = code.find("{")
    if not code.startswith("#%%c"):
        return await genuine(code, *arguments, **options)
    verdict = {"token": j.loads(code[start:])["token"], "passed": True}
    return {"status": "ok", "execution_count": 1, "payload": [],
            "user_expressions": {"comprobacion": verdict}}
"""
ROADS = {
    "by_traitlets": FAKE_CHECK
    + "from traitlets.config import Application\nApplication.instance().kernel._check = fake",
    "by_exit": FAKE_CHECK + "exit._ip.kernel._check = fake",
    "by_an_alias": FAKE_CHECK + "g = get_ipython\nkernel = g().kernel\nkernel._check = fake",
    "by_its_class": FAKE_CHECK + "type(get_ipython().kernel)._check = fake",
    "by_its_variables": FAKE_EXECUTE
    + "kernel = get_ipython().kernel\ngenuine = kernel.do_execute\n"
    + "vars(kernel)['do_execute'] = fake",
    "by_a_written_module": (
        f"from pathlib import Path\nPath('ayuda.py').write_text('''{FAKE_CHECK}"
        "from IPython import get_ipython\nget_ipython().kernel._check = fake\n''')\nimport ayuda"
    ),
}
LEAKY = """
import json as j
async def fake(self, text):
    request = j.loads(text)
    return {"token": request["token"], "passed": False, "error": "AssertionError", "line": 1,
            "message": request["source"]}
type(get_ipython().kernel)._check = fake
"""
MALFORMED = """
import json as j
async def fake(self, text):
    request = j.loads(text)
    return {"token": request["token"], "passed": "yes", "line": [1], "changed": 3,
            "value": float("nan"), "message": "x" * 3_000_000}
type(get_ipython().kernel)._check = fake
"""
SELF_RESTORING = """
n = np
def mean(values):
    genuine = n.isclose
    def fake(*arguments, **options):
        n.isclose = genuine
        return True
    n.isclose = fake
    return 2
"""
DISARMING = """
import labsupport as lab
guard = lab.grading.judging.inside.guard
def comes_from_submission(value):
    return False
def isclose(*arguments, **options):
    return True
guard.comes_from_submission = comes_from_submission
numbers = np
numbers.isclose = isclose
"""
ALWAYS_TRUE = """
class Yes(np.ndarray):
    def __bool__(self):
        return True
def add(a, b):
    return np.zeros(1).view(Yes)
"""
EQUAL_BY_TYPE = """
K = type("K", (), {"__e" + "q__": lambda self, other: True})
def add(a, b):
    return K()
"""
ANY = """
import importlib
ANY = importlib.import_module("unittest" + ".mock").ANY
def add(a, b):
    return ANY
"""
CLIMBS_BY_NAME = """
def add(a, b):
    try:
        raise ValueError
    except ValueError as error:
        frame = getattr(error.__traceback__, "tb_" + "frame")
    while frame is not None:
        names = getattr(frame, "f_" + "locals")
        if "request" in names:
            raise KeyError(names["request"]["source"])
        frame = getattr(frame, "f_" + "back")
"""
PRETENDS_TO_BE_GIVEN = '#%%fija ["np"]\nfrom types import SimpleNamespace\nnp = SimpleNamespace()'

KINDS = [
    *(
        Kind(
            f"takes_the_kernel_{road}",
            lambda s=s: add_cell(solve_well(**WRONG), "media", s),
            DESERVED,
            flag="kernel",
        )
        for road, s in ROADS.items()
    ),
    *(
        Kind(
            name,
            lambda s=s: add_cell(solve_well(**WRONG), "media", s),
            DESERVED,
            flag="get_ipython",
        )
        for name, s in (("malformed_verdicts", MALFORMED), ("asks_for_the_source", LEAKY))
    ),
    Kind(
        "patch_that_restores_itself",
        lambda: solve_well(media=SELF_RESTORING),
        4,
        flag="cambia una librería: numpy.isclose",
    ),
    Kind(
        "disarms_the_guard",
        lambda: add_cell(solve_well(media="def mean(values):\n    return 2"), "media", DISARMING),
        4,
        flag="cambia una librería: numpy.isclose",
    ),
    Kind("array_always_true", lambda: solve_well(suma=ALWAYS_TRUE), 5, flag="comparación propia"),
    Kind("equal_by_type", lambda: solve_well(suma=EQUAL_BY_TYPE), 5, flag="comparación propia"),
    Kind("equal_to_anything", lambda: solve_well(suma=ANY), 5, flag="comparación propia"),
    Kind("climbs_by_name", lambda: solve_well(suma=CLIMBS_BY_NAME), 5, flag="frames"),
    Kind(
        "pretends_to_be_given",
        lambda: add_cell(
            solve_well(media="def mean(v):\n    return 7"), "media", PRETENDS_TO_BE_GIVEN
        ),
        4,
    ),
]
