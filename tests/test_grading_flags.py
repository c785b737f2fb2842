"""Qué código se avisa para que lo mire una persona y cuál, de todos los días, no."""

from __future__ import annotations

import time

import nbformat
import pytest
from right_answers import RIGHT_ANSWERS
from submissions import build_exercise, solve_well

from labsupport.base.paths import REPO
from labsupport.grading.judging.flags.machinery import find_machinery

IMPORTS = [
    "import sys, os, torch\nimport numpy as np\nimport pandas as pd",
    "import matplotlib.pyplot as plt",
]
HONEST = """
IN_COLAB = 'google.colab' in sys.modules
IN_COLAB = 'google.colab' in str(get_ipython())
IN_COLAB = 'google.colab' in sys.modules.keys()
from IPython import get_ipython; here = get_ipython() is not None
kind = get_ipython().__class__.__name__
get_ipython().run_line_magic('matplotlib', 'inline')
import io, sys; sys.stdout = io.StringIO()
old = sys.stdout; sys.stdout = old
setattr(self, 'fc' + str(i), torch.nn.Linear(2, 2))
setattr(self, 'fc%d' % i, torch.nn.Linear(2, 2))
if get_ipython(): print('cuaderno')
pd.options.display.float_format = '{:.2f}'.format
pd.options.display.float_format = lambda value: f'{value:.2f}'
N = 50; pd.options.display.max_rows = N
size = 3; plt.rcParams['figure.figsize'] = (size, size)
plt.rcParams.update({'font.size': 12})
import platform; print(platform.system())
isinstance(torch.nn.Linear(2, 2), torch.nn.modules.linear.Linear)
for module in model.modules(): pass
if 'model' in globals(): del model
globals().pop(name, None)
print(sorted(globals()))
import inspect; print(inspect.signature(add), inspect.getsource(add))
from inspect import signature; print(signature(add))
import multiprocessing; print(multiprocessing.cpu_count())
from multiprocessing import cpu_count; print(cpu_count())
import logging; level = logging.ERROR; logging.root.level = level
import logging; logging.getLogger().level = logging.ERROR
import warnings; warnings.showwarning = lambda *a, **k: None
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = 'all'
from IPython.display import HTML, display; display(HTML('<b>x</b>'))
import IPython; IPython.display.clear_output(); print(IPython.__version__)
def seed(flag): torch.backends.cudnn.deterministic = flag
def __eq__(self, other): return self.t == other.t
value = getattr(self, name)
layer = getattr(self, f'fc{i}')
setattr(self, f'fc{i}', torch.nn.Linear(2, 2))
module = importlib.import_module(name)
print('{a} {b}'.format(**locals()))
def f(a, b): names = locals(); return names
def build(compile=True): return model.compile() if compile else model
for row in eval: print(row)
model.eval(); model = torch.compile(model)
signal = np.sin(3); print(signal.mean())
eval = model.eval()
def f(): return [locals(), vars(model)]
os.environ['X'] = str(3); sys.path.insert(0, '.')
texto = 'para salir, exit'; help_text = 'x = 1 es una asignación'
layer.kernel.shape; svm.kernel
np.random.seed = 3
K = type(model); print(K.__name__)
type(self).count += 1
Point = type('Point', (), {'x': 1})
%matplotlib inline
!pip install ipykernel
files = !ls
%config InlineBackend.figure_format = 'retina'
%load_ext autoreload
%time y = 1
?print
print?
def add(a, b)
""".strip().split("\n")
CLASSES = {
    "where_it_runs": "try:\n    get_ipython()\nexcept NameError:\n    pass",
    "ordinary": "class R:\n    def __init__(self, t): self.t = t\n"
    "    def __eq__(self, o):\n        return isinstance(o, R) and self.t == o.t\n"
    "    def __hash__(self):\n        return 1",
    "two_answers": "class R:\n    def __eq__(self, o):\n        if o is self:\n"
    "            return True\n        return False",
    "vector": "class V:\n    def __abs__(self):\n        return self.x\n"
    "    def __sub__(self, o):\n        return V(self.x - o.x)\n    def __bool__(self):\n"
    "        return True",
    "module": "class M(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
    "    def __len__(self):\n        return 3",
    "enum": "import enum\nclass Sign(enum.IntEnum):\n    PLUS = 1",
}
# Cada trampa y parte del aviso que tiene que dejar.
CHEATS = {
    "e = exec\ne('x')": "(exec)",
    "from builtins import exec as e": "builtins",
    "run = eval": "(eval)",
    "v = globals\nv()": "globals",
    "globals()['add'] = fake": "globals",
    "g = get_ipython\ng().kernel": "get_ipython",
    "from IPython import get_ipython as g\ng().kernel": "get_ipython",
    "get_ipython().run_line_magic('run', 'x')": "get_ipython",
    "get_ipython().kernel._check = fake": "get_ipython",
    "from traitlets.config import Application\nApplication.instance().kernel._check = f": "kernel",
    "import traitlets\ntraitlets.config.Application.instance()": "traitlets",
    "import IPython\nIPython.InteractiveShell.instance().x": "InteractiveShell",
    "from IPython import InteractiveShell as S\nS.instance()": "InteractiveShell",
    "from IPython import InteractiveShell\nS = InteractiveShell": "InteractiveShell",
    "import IPython\nIPython.Application.instance()": "IPython",
    "exit._ip.kernel._check = fake": "_ip",
    "e = exit\ne._x": "exit",
    "import sys\nsys.displayhook.shell.kernel": "kernel",
    "input.__self__": "__self__",
    "%run trampa.txt": "%run",
    "run trampa.txt": "%run",
    "%matplotlib inline\n(1\n% exec('x'))": "(exec)",
    "!echo {exec('x')}": "(exec)",
    ">>> import ctypes": "ctypes",
    "    import ctypes\n    %time x = 1": "ctypes",
    "%matplotlib inline\u2028import ctypes": "ctypes",
    "%%timeit exec('x')\npass": "(exec)",
    "%%time\nimport ctypes": "ctypes",
    "%time -n 3 import ctypes": "ctypes",
    "x = %time exec('x')": "(exec)",
    "%%writefile util.py\nimport ctypes": "ctypes",
    "getattr(f, 'f_back')": "frames",
    "import importlib\nimportlib.import_module('unittest.mock')": "imitan",
    "import unittest\nunittest.mock.ANY": "imitan",
    "import inspect\ninspect.currentframe()": "pila",
    "import inspect as i\nf = i.stack": "pila",
    "import multiprocessing as mp\nmp.Process(target=f)": "multiprocessing",
    "import labsupport as L\ng = L.grading.judging.inside.guard": "programa que califica",
    "import os\nos.execv('/bin/sh', [])": "otros procesos",
    "import os\nos.posix_spawn('/bin/sh', [], {})": "otros procesos",
    "import os\nf = os.fork": "otros procesos",
    "import shutil\nshutil.os.system('x')": "os.system",
    "import os as platform\nplatform.system('x')": "os.system",
    "sys.modules['numpy'] = fake": "sys.modules",
    "from sys import modules\nmodules['numpy'] = fake": "sys.modules",
    "import logging\nlogging.sys.modules['x']": "sys.modules",
}


@pytest.mark.parametrize("source", HONEST)
def test_everyday_code_is_not_flagged(source):
    context = "from IPython.core.interactiveshell import InteractiveShell"
    assert find_machinery([source], [*IMPORTS, context]) == []


@pytest.mark.parametrize("name", CLASSES)
def test_everyday_classes_are_not_flagged(name):
    assert find_machinery([CLASSES[name]], IMPORTS) == []


@pytest.mark.parametrize("source", CHEATS)
def test_what_touches_the_machinery_is_flagged(source):
    assert CHEATS[source] in " ".join(find_machinery([source], IMPORTS))


def list_own_notebooks():
    folders = (REPO / "notebooks", *sorted((REPO / "exercises" / "source").iterdir()))
    return [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]


@pytest.mark.parametrize("path", list_own_notebooks(), ids=lambda path: path.stem)
def test_the_notebooks_of_the_lab_are_everyday_code(path):
    cells = nbformat.read(path, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    # Esta función del laboratorio cambia variables del cuaderno: en una entrega se avisa.
    sources = [source for source in sources if "apply_parameters(globals()" not in source]
    assert find_machinery(sources) == []


def test_right_answers_are_everyday_code():
    answers = [text for found in RIGHT_ANSWERS.values() for text in found.values()]
    assert [find_machinery([text], IMPORTS) for text in answers if find_machinery([text])] == []


@pytest.mark.parametrize(
    "source",
    [
        "!true\n" * 2000,
        "!true\n" * 150 + "x = 1\n" * 20_000,
        "import numpy as np\nnp" + ".a" * 990 + " = x",
        "type(" + "-" * 400 + "3).a = x",
        "-" * 190_000 + "1",
        "x = '" + "-" * 190_000 + "1'",
        "(" * 90_000,
        "a = a.b\n" * 20_000,
        "exec\n" * 39_000,
        "[[]," * 90 + "]" * 90,
        " " * 190_000 + "x",
        "x" * 190_000 + "?",
        "%time " + "-n " * 60_000,
        "x" + " " * 190_000 + "%y",
        "x = " + "'a' + " * 250 + "'b'",
        "x = " + "'a' + " * 20_000 + "'b'",
        "x." * 90_000 + "a = f",
        "\0",
        "\ud800",
        "".join(f"a{n} = a{n + 1}\n" for n in range(10_000)) + "a10000 = np",
        "import " + "a." * 90_000 + "a",
        "import " + ("a" * 300 + ".") * 290 + "a as b\n" + "b\n" * 50_000,
        "a.b.c.d.e.f.g.h\n" * 12_000,
        "(\nimport " + "a. " * 60_000,
        "a \\\n" * 60_000,
        "(\nimport " + "." * 190_000,
        "import_module('" + "." * 190_000 + "')",
        "x = 0x" + "f" * 190_000,
    ],
    ids=lambda source: f"{source[:8]!r}-{len(source)}",
)
def test_no_code_makes_it_fail_or_take_long(source):
    started = time.monotonic()
    find_machinery([source], IMPORTS)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("source", ["np" + ".a" * 990 + " = x", "-" * 190_000 + "1"])
def test_code_nobody_could_read_is_flagged(source):
    assert find_machinery([source], IMPORTS) == ["código que no se puede leer"]


def test_long_code_is_flagged_and_not_read():
    started = time.monotonic()
    found = find_machinery(["x = 1\n" * 300_000, "import ctypes", *["y = 2\n" * 30_000] * 40])
    assert found == ["ctypes", "código demasiado largo para revisarlo"]
    assert time.monotonic() - started < 20


def find_submission_flags(notebook, **files):
    worker = pytest.importorskip("labsupport.grading.judging.worker")
    files = {name.replace("_", "."): data for name, data in files.items()}
    task = worker.Task("ana", build_exercise(), "huella", "e.ipynb", files)
    return worker._find_flags(notebook, task)


@pytest.mark.parametrize("language", ["python", "Python", "python3", "ipython", "ipython3"])
def test_every_name_of_python_is_the_same_kernel(language):
    notebook = solve_well()
    notebook.metadata = {"language_info": {"name": language}}
    assert find_submission_flags(notebook) == []


def test_another_language_is_another_kernel():
    notebook = solve_well()
    notebook.metadata["language_info"] = {"name": "R"}
    assert find_submission_flags(notebook) == ["pide otro kernel: R"]


@pytest.mark.parametrize("load", ["import pickle", "torch.load('x.pt')", "joblib.load('x')"])
def test_data_that_may_carry_code_are_flagged_only_if_something_loads_them(load):
    quiet, loads = solve_well(), solve_well(suma=load)
    assert find_submission_flags(quiet, x_pt=b"x", y_txt=b"y") == []
    assert find_submission_flags(loads, x_pt=b"x", y_txt=b"y") == [
        "trae datos que pueden llevar código: x.pt"
    ]


def test_the_modules_brought_are_read_too():
    flags = find_submission_flags(solve_well(), util_py=b"import ctypes")
    assert flags == ["toca la maquinaria: ctypes"]
