"""Los nombres que busca ``machinery`` y con qué palabras se cuenta cada uno."""

from __future__ import annotations

import re

PROCESSES = "otros procesos ({})"
FRAMES = "la pila de llamadas (frames)"
TRANSFORMS = "las transformaciones del código (input_transformers)"
GARBAGE = "el recolector de memoria (gc)"
OTHER_FILE = "código de otro archivo ({})"
UNREADABLE = "código que no se puede leer"
TOO_LONG = "código demasiado largo para revisarlo"
COMPUTED = "nombres calculados (getattr)"
SHELL = "el intérprete (get_ipython)"
INTERPRETER = "el intérprete (InteractiveShell)"
NAMESPACE = "las variables del cuaderno ({})"

# Vale el primero que coincida: sin palabras, no se avisa.
MODULES = {
    # Lo importa quien enseña una tabla, una imagen o el valor de cada línea.
    "IPython.core.display": "",
    "IPython.core.display_functions": "",
    "IPython.core.interactiveshell.InteractiveShell": "",
    "IPython.core": "el intérprete (IPython.core)",
    "IPython.terminal": "el intérprete (IPython.terminal)",
    "traitlets.config": "el kernel (traitlets)",
    "signal": "señales",
    "ctypes": "ctypes",
    "_ctypes": "ctypes",
    "builtins": "las funciones de serie (builtins)",
    "atexit": "código al salir (atexit)",
    "faulthandler": "faulthandler",
    "marshal": "marshal",
    "ipykernel": "el kernel (ipykernel)",
    "labsupport.grading": "el programa que califica",
    "subprocess": PROCESSES.format("subprocess"),
    "_posixsubprocess": PROCESSES.format("subprocess"),
    "pty": PROCESSES.format("pty"),
    "socket": "la red (socket)",
    "jupyter_client": "el kernel (jupyter_client)",
    "zmq": "el kernel (zmq)",
    "tornado": "el kernel (tornado)",
    "__main__": NAMESPACE.format("__main__"),
    "unittest.mock": "objetos que imitan a otros (unittest.mock)",
    "mock": "objetos que imitan a otros (mock)",
    "runpy": OTHER_FILE.format("runpy"),
    "codeop": "código en un texto (codeop)",
}
# De estos módulos solo se avisa si se usa algo más que lo de siempre.
PARTIAL = {
    "IPython": (
        {"display", "core", "get_ipython", "InteractiveShell", "version_info", "__version__"},
        "el intérprete (IPython)",
    ),
    "multiprocessing": ({"cpu_count"}, PROCESSES.format("multiprocessing")),
    "inspect": (
        {
            *("signature", "Parameter", "getsource", "getdoc", "cleandoc", "getfile"),
            *("getfullargspec", "getmembers", "isclass", "isfunction", "ismethod", "isbuiltin"),
            *("ismodule", "isgenerator", "isgeneratorfunction", "iscoroutinefunction"),
        },
        "la pila de llamadas (inspect)",
    ),
}
# Atributos que solo importan en un módulo: «platform.system()» y «torch.nn.modules» son otros.
_SYS, _OS = ("sys",), ("os", "posix", "nt")
_STARTERS = (
    *("popen", "fork", "forkpty", "posix_spawn", "posix_spawnp"),
    *("execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "execlpe"),
    *("spawnv", "spawnve", "spawnvp", "spawnvpe", "spawnl", "spawnle", "spawnlp", "spawnlpe"),
)
QUALIFIED = {
    **{(m, "modules"): "los módulos cargados (sys.modules)" for m in _SYS},
    **{(m, "meta_path"): "los módulos cargados (sys.meta_path)" for m in _SYS},
    **{(m, "monitoring"): "el trazado (sys.monitoring)" for m in _SYS},
    **{(m, "system"): PROCESSES.format("os.system") for m in _OS},
    **{(m, name): PROCESSES.format(f"os.{name}") for m in _OS for name in _STARTERS},
    **{(m, "kill"): "señales (kill)" for m in _OS},
    **{(m, "killpg"): "señales (killpg)" for m in _OS},
    **{(m, "abort"): "os.abort" for m in _OS},
    ("sys", "exit"): "exit",
    ("importlib", "reload"): "los módulos cargados (reload)",
}
# Nombres corrientes: solo cuentan si se llaman.
CALLS = {
    "exit": "exit",
    "quit": "quit",
    "abort": "os.abort",
    "fork": PROCESSES.format("fork"),
    "kill": "señales (kill)",
    "killpg": "señales (killpg)",
}
# Nombres de serie: basta con nombrarlos, porque «e = exec» ya los tiene. Como atributos no son
# estos: «model.eval()» y «model.compile()» son de PyTorch.
BUILTIN_NAMES = {
    "exec": "código en un texto (exec)",
    "eval": "código en un texto (eval)",
    "compile": "código en un texto (compile)",
    "exit": "exit",
    "quit": "quit",
}
# Estos, además, se llaman a diario: lo raro es nombrarlos sin llamarlos.
DAILY = {
    "getattr": COMPUTED,
    "setattr": COMPUTED,
    "delattr": COMPUTED,
    "vars": "las variables de otro módulo (vars)",
    "__import__": "un módulo de nombre calculado (__import__)",
}
# Nombres que nadie usa para otra cosa: basta con que aparezcan.
ATTRIBUTES = {
    "ast_transformers": "las transformaciones del código (ast_transformers)",
    "input_transformers_cleanup": TRANSFORMS,
    "input_transformers_post": TRANSFORMS,
    "input_transformer_manager": TRANSFORMS,
    "set_custom_exc": "los errores del intérprete (set_custom_exc)",
    "_ip": "el intérprete (_ip)",
    "settrace": "el trazado (settrace)",
    "setprofile": "el trazado (setprofile)",
    "_getframe": "la pila de llamadas (_getframe)",
    "_current_frames": "la pila de llamadas (_current_frames)",
    "currentframe": FRAMES,
    "_exit": "os._exit",
    "addaudithook": "la auditoría de Python (addaudithook)",
    "get_objects": GARBAGE,
    "get_referrers": GARBAGE,
    "get_referents": GARBAGE,
    "spec_from_file_location": OTHER_FILE.format("importlib"),
    "SourceFileLoader": OTHER_FILE.format("importlib"),
    "builtins": "las funciones de serie (builtins)",
    "co_consts": "el código de otra función (co_consts)",
    "f_back": FRAMES,
    "f_globals": FRAMES,
    "f_locals": FRAMES,
    "f_builtins": FRAMES,
    "tb_frame": FRAMES,
    "gi_frame": FRAMES,
    "cr_frame": FRAMES,
    "ag_frame": FRAMES,
    "__code__": "el código de otra función (__code__)",
    "__closure__": "el código de otra función (__closure__)",
    "__defaults__": "el código de otra función (__defaults__)",
    "__kwdefaults__": "el código de otra función (__kwdefaults__)",
    "__builtins__": "las funciones de serie (__builtins__)",
    "__globals__": "las variables de otro módulo (__globals__)",
    "__subclasses__": "las clases de otros módulos (__subclasses__)",
    "__self__": "el dueño de otra función (__self__)",
    "__de_serie__": "el programa que califica",
}
# Por estos se llega al kernel desde un objeto de IPython, de traitlets o de sys.
INSIDE_KERNEL = {"kernel", "shell", "session", "pub_thread"}
KERNEL_MODULES = ("IPython", "traitlets", "ipykernel", "sys", "get_ipython", "exit", "quit")
KERNEL = "el kernel ({})"
# Lo único que se le cambia a diario a InteractiveShell.
SHELL_SETTINGS = {"ast_node_interactivity"}

# De «pd.options.display.float_format = …» y parecidos: son ajustes y no funciones de otros.
SETTINGS = {"options", "rcParams", "backends", "config"}
HOOKS = {"warnings.showwarning", "warnings.formatwarning", "sys.stdout", "sys.stderr"}
# Lo que dan estas llamadas no puede ocupar el lugar de una función.
PLAIN_CALLS = {
    *("int", "str", "float", "bool", "len", "round", "min", "max", "sum", "abs", "list", "dict"),
    *("tuple", "set", "sorted", "Path", "join", "getLevelName", "is_available", "StringIO"),
}

# Como deja «%matplotlib inline» quien pasa un cuaderno por un archivo .py.
QUIET_MAGICS = {"matplotlib", "load_ext", "autoreload", "pip"}
MAGICS = {"run": OTHER_FILE.format("%run"), "rerun": OTHER_FILE.format("%rerun")}
# Lo que no está en el árbol de Python se busca como texto.
LOOSE = {
    **{rf"(?<![.\w]){name}\s*\(": words for name, words in BUILTIN_NAMES.items() if words != name},
    **{rf"\b{name}\b": words for name, words in ATTRIBUTES.items() if "_" in name},
    **{
        rf"\b(?:import|from)\s+{re.escape(name)}\b": words
        for name, words in MODULES.items()
        if words and not name.startswith("IPython")
    },
    r"\bget_ipython\b": SHELL,
    r"(?<![.\w])globals\s*\(": NAMESPACE.format("globals"),
    r"(?m)^[ \t]*%run\b": MAGICS["run"],
    r"(?m)^[ \t]*%rerun\b": MAGICS["rerun"],
    # Sola en su celda, a una orden no le hace falta el «%».
    r"\A\s*run\s+\S.*\Z": MAGICS["run"],
}
