"""Qué usos de la maquinaria apunta el kernel al ejecutarlos, aunque el código no los nombre."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from labsupport.base.paths import REPO

TRACEBACK = "try:\n    1 / 0\nexcept Exception as e:\n    error = e\n"
FRAMES, CODE = "la pila de llamadas (frames)", "el código de otra función (__code__)"
HIDDEN = {
    TRACEBACK + "getattr(error.__traceback__, 'tb_' + 'frame')": FRAMES,
    "import sys\ngetattr(sys, '_get' + 'frame')()": FRAMES,
    "import inspect\ngetattr(inspect, 'current' + 'frame')()": FRAMES,
    "import inspect as i\nlook = i.stack\nlook()": FRAMES,
    "async def f():\n    yield 1\ngetattr(f(), 'ag_' + 'frame')": FRAMES,
    "def f(): pass\ngetattr(f, '__co' + 'de__')": CODE,
    "import json\nsetattr(json.dumps, '__defa' + 'ults__', None)": CODE,
    "import gc\ngetattr(gc, 'get_' + 'objects')()": "el recolector de memoria (gc)",
    "import os\no = os\ngetattr(o, 'sys' + 'tem')('true')": "otros procesos (os.system)",
    "import os, signal\ngetattr(os, 'ki' + 'll')(os.getpid(), 0)": "señales (kill)",
    "import os\nif not getattr(os, 'fo' + 'rk')(): getattr(os, '_ex' + 'it')(0)": (
        "otros procesos (fork)"
    ),
}
HONEST = [
    "import inspect\ndef f(a=1): pass\ninspect.signature(f), inspect.getmembers(f)",
    "import logging, warnings\nlogging.warning('x')\nwarnings.warn('x')",
    "import collections, dataclasses\ncollections.namedtuple('P', 'x')(1)\n"
    "@dataclasses.dataclass\nclass D:\n    x: int = 1\nD()",
    "def f(a=1, *, b=2): pass\nf.__defaults__ = (3,)\ndel f.__kwdefaults__",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])",
    TRACEBACK + "import traceback\ntraceback.format_exception(error)",
]
# Uno detrás de otro en un solo proceso, porque la auditoría no se puede parar.
RUNNER = """
import json, sys
from labsupport.grading.judging.inside import audit
sources = json.load(sys.stdin)
audit.start(lambda function, name: None)
found = []
for source in sources:
    audit.TOUCHED.clear()
    exec(source, {"__name__": "__main__"})
    found.append(sorted(audit.TOUCHED))
print(json.dumps(found))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="en Windows no hay fork")
def test_what_touches_the_machinery_is_noted_even_if_its_name_is_computed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps([*HIDDEN, *HONEST]),
        env={**os.environ, "PYTHONPATH": str(REPO)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(zip([*HIDDEN, *HONEST], json.loads(done.stdout), strict=True))
    assert found == {**{source: [HIDDEN[source]] for source in HIDDEN}, **dict.fromkeys(HONEST, [])}
