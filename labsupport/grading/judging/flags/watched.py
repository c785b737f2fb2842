"""Los nombres que busca ``machinery`` y con qué palabras se cuenta cada uno.

Falta a propósito lo que se ve al ejecutar aunque el código no lo nombre: quién mira la pila de
llamadas o una función por dentro (``inside.audit``) y qué librerías cambia (``inside.guard``).
"""

from __future__ import annotations

from collections.abc import Mapping

FRAMES = "la pila de llamadas (frames)"
OTHER_FILE = "código de otro archivo ({})"
SHELL = "el intérprete (get_ipython)"
INTERPRETER = "el intérprete (InteractiveShell)"
UNREADABLE = "código que no se puede leer"
TOO_LONG = "código demasiado largo para revisarlo"
RUN = OTHER_FILE.format("%run")


def spread(table: Mapping[str, str]) -> dict[str, str]:
    """Devuelve, por nombre, sus palabras: la tabla trae juntos los nombres que las comparten.

    >>> spread({"el kernel ({})": "zmq tornado"})
    {'zmq': 'el kernel (zmq)', 'tornado': 'el kernel (tornado)'}
    """
    return {name: words.format(name) for words, names in table.items() for name in names.split()}


# Nombres completos, desde su módulo: vale también lo que haya dentro.
WATCHED = spread(
    {
        "señales": "signal",
        "señales (kill)": "os.kill os.killpg",
        "ctypes": "ctypes _ctypes",
        "exit": "sys.exit",
        "{}": "os.abort faulthandler marshal",
        "código al salir (atexit)": "atexit",
        "código en un texto (codeop)": "codeop",
        OTHER_FILE: "runpy",
        "las funciones de serie (builtins)": "builtins",
        "las variables del cuaderno (__main__)": "__main__",
        "el programa que califica": "labsupport.grading",
        "el intérprete (IPython)": "IPython",
        "el kernel (traitlets)": "traitlets.config",
        "el kernel ({})": "ipykernel jupyter_client zmq tornado sys.displayhook.shell"
        " sys.stdout.session sys.stderr.session sys.stdout.pub_thread sys.stderr.pub_thread",
        "los módulos cargados ({})": "sys.meta_path importlib.reload",
        "el trazado (sys.monitoring)": "sys.monitoring",
        "la pila de llamadas (inspect)": "inspect.currentframe inspect.stack inspect.trace"
        " inspect.getouterframes inspect.getinnerframes",
        "objetos que imitan a otros ({})": "unittest.mock mock",
        "la red (socket)": "socket",
        "otros procesos (fork)": "os.fork os.forkpty",
        "otros procesos ({})": "subprocess _posixsubprocess multiprocessing pty os.system os.popen"
        " os.posix_spawn os.posix_spawnp"
        " os.execv os.execve os.execvp os.execvpe os.execl os.execle os.execlp os.execlpe"
        " os.spawnv os.spawnve os.spawnvp os.spawnvpe os.spawnl os.spawnle os.spawnlp os.spawnlpe",
    }
)
# De esos módulos, lo que se usa a diario y no se avisa. De InteractiveShell decide LOOKED_AT.
DAILY = (
    *("IPython.__version__", "IPython.version_info", "IPython.get_ipython", "IPython.display"),
    *("IPython.core.display", "IPython.core.display_functions"),
    *("IPython.InteractiveShell", "IPython.core.interactiveshell"),
    "multiprocessing.cpu_count",
)
# Nombres que nadie usa para otra cosa: basta con que aparezcan, también en un texto.
ATTRIBUTES = spread(
    {
        "las transformaciones del código (ast_transformers)": "ast_transformers",
        "las transformaciones del código (input_transformers)": "input_transformers_cleanup"
        " input_transformers_post input_transformer_manager",
        "los errores del intérprete (set_custom_exc)": "set_custom_exc",
        "el intérprete (_ip)": "_ip",
        "os._exit": "_exit",
        "el trazado ({})": "settrace setprofile",
        OTHER_FILE.format("importlib"): "spec_from_file_location SourceFileLoader",
        FRAMES: "f_back f_globals f_locals f_builtins",
        "el código de otra función ({})": "co_consts __closure__",
        "las funciones de serie (__builtins__)": "__builtins__",
        "las variables de otro módulo (__globals__)": "__globals__",
        "las clases de otros módulos (__subclasses__)": "__subclasses__",
        "el dueño de otra función (__self__)": "__self__",
    }
)
# Un punto delante: no sale de ningún import, así que es lo de serie («.eval» no es model.eval).
# Solo se avisa de estos si se llaman o se les da otro nombre.
CALLED = {f".{name}": f"código en un texto ({name})" for name in ("exec", "eval", "compile")}
CALLED |= {".exit": "exit", ".quit": "exit"}
# Y de estos, si se hace algo más que mirarlos.
LOOKED_AT = {
    ".get_ipython": SHELL,
    "IPython.get_ipython": SHELL,
    "IPython.InteractiveShell": INTERPRETER,
    "interactiveshell.InteractiveShell": INTERPRETER,
    ".globals": "las variables del cuaderno (globals)",
    "sys.modules": "los módulos cargados (sys.modules)",
}
# Mirar es pasarlos a una de estas funciones o pedirles uno de estos atributos.
LOOKERS = {"str", "repr", "print", "len", "bool", "list", "sorted", "set"}
QUIET_ATTRIBUTES = {"keys", "pop", "__class__", "run_line_magic", "ast_node_interactivity"}
# Como deja «%matplotlib inline» quien pasa un cuaderno por un archivo .py.
QUIET_MAGICS = {"matplotlib", "load_ext", "autoreload", "pip"}
