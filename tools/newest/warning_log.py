r"""Anota los avisos de que algo va a desaparecer, los enseñe o no quien los recibe.

``install_log`` copia este archivo a un entorno y hace que cada proceso de su Python (kernels,
pruebas y los que estos lancen) lo importe al arrancar. Se mira la llamada a ``warnings.warn`` y no
lo que los filtros dejan pasar. Lo que avisa código en C no pasa por ahí y no se anota.
"""

import os
import re
import sys
import warnings
from collections import Counter, namedtuple

CATEGORIES = (DeprecationWarning, FutureWarning, PendingDeprecationWarning)
FOLDER = "avisos"
# Cómo se llama este módulo donde está instalado: importarlo con ese nombre lo pone en marcha.
INSTALLED = "lab_warning_log"
# Un aviso dentro de un bucle no llena el disco: más veces que estas, por proceso, da igual.
MOST = 1000
CELL = "celda de un cuaderno"
Notice = namedtuple("Notice", "file line kind text")


def install_log(site_packages, prefix):
    """Pone el registro en un entorno: ``site_packages`` y ``prefix`` son sus carpetas."""
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    for name, text in (
        (f"{INSTALLED}.py", source),
        (f"{INSTALLED}.pth", f"import {INSTALLED}\n"),
    ):
        with open(os.path.join(site_packages, name), "w", encoding="utf-8") as file:
            file.write(text)
    os.makedirs(os.path.join(prefix, FOLDER), exist_ok=True)


def start():
    """Empieza a anotar en la carpeta de este entorno, si está."""
    folder = os.path.join(sys.prefix, FOLDER)
    if os.path.isdir(folder):
        warnings.warn = watch(warnings.warn, make_writer(folder))


def watch(original, write):
    """Devuelve un ``warnings.warn`` que antes llama a ``write`` con cada aviso de ``CATEGORIES``.

    >>> seen = []
    >>> warn = watch(lambda *arguments, **options: None, lambda notice: seen.append(notice.text))
    >>> warn("se quitará", FutureWarning)
    >>> warn("otra cosa", UserWarning)
    >>> seen
    ['se quitará']
    """

    def warn(message, category=None, stacklevel=1, *arguments, **options):
        # Con esta función en medio hay un nivel más, salvo si se saltan carpetas enteras.
        skipped = tuple(options.get("skip_file_prefixes", ()))
        level = max(stacklevel, 2) if skipped else max(stacklevel, 1) + 1
        try:
            kind = type(message) if isinstance(message, Warning) else category or UserWarning
            if issubclass(kind, CATEGORIES):
                file, line = find_line(level, skipped)
                write(Notice(file, line, kind.__name__, " ".join(str(message).split())))
        except Exception:  # noqa: BLE001, S110 - anotar no puede estropear lo que se prueba
            pass
        return original(message, category, level, *arguments, **options)

    warn.__wrapped__ = original
    return warn


def find_line(level, skipped=()):
    """Devuelve archivo y línea a los que señala un aviso, contando como ``warnings.warn``."""
    frame = sys._getframe(1)
    for _ in range(level - 1):
        while frame.f_back is not None:
            frame = frame.f_back
            name = frame.f_code.co_filename
            internal = "importlib" in name and "_bootstrap" in name
            if not (internal or (skipped and name.startswith(skipped))):
                break
    return frame.f_code.co_filename, frame.f_lineno


def make_writer(folder):
    """Devuelve con qué anotar en ``folder``: una línea por aviso y un archivo por proceso."""
    times = Counter()

    def write(notice):
        times[notice] += 1
        if times[notice] <= MOST:
            path = os.path.join(folder, f"{os.getpid()}.tsv")
            with open(path, "a", encoding="utf-8", errors="replace") as file:
                file.write("\t".join(map(str, notice)) + "\n")

    return write


def take_notices(folder, repo):
    """Lee y borra lo anotado en ``folder``; devuelve cuántas veces salió cada aviso.

    ``repo``: la carpeta del laboratorio. En lo que devuelve no hay rutas de la máquina.
    """
    counts = Counter()
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8", errors="replace") as file:
            rows = [line.rstrip("\n").split("\t", 3) for line in file]
        os.remove(path)
        for file, line, kind, text in (row for row in rows if len(row) == 4):
            short = shorten_file(file, repo)
            where = int(line) if short != CELL and line.isdigit() else 0
            counts[Notice(short, where, kind, hide_machine(text, repo))] += 1
    return counts


def shorten_file(file, repo):
    r"""Devuelve un archivo contado desde su paquete.

    >>> shorten_file("/home/ana/.venv/lib/python3.13/site-packages/peft/x.py", "/home/ana/lab")
    'peft/x.py'
    >>> shorten_file("/usr/lib/python3.13/ast.py", "/lab"), shorten_file("/lab/tests/a.py", "/lab")
    ('ast.py', 'tests/a.py')
    >>> shorten_file("C:\\Temp\\ipykernel_33\\12.py", "/lab"), shorten_file("/otra/b.py", "/lab")
    ('celda de un cuaderno', 'b.py')
    """
    file, repo = file.replace("\\", "/"), str(repo).replace("\\", "/")
    if "/ipykernel_" in file or file.startswith("<ipython-input"):
        return CELL
    found = re.match(r".*/(?:site-packages|python3\.\d+)/(.+)", file)
    if found:
        return found.group(1)
    if file.startswith(repo + "/"):
        return file[len(repo) + 1 :]
    return file.rsplit("/", 1)[-1]


def hide_machine(text, repo):
    """Devuelve un texto sin rutas, direcciones de memoria ni números de proceso.

    >>> hide_machine("fork() (pid=77) de <A at 0x7f3a> en /tmp/w/.venv/lib/a.py", "/tmp/w")
    'fork() (pid=…) de <A at 0x…> en …/a.py'
    """
    text = re.sub(r"\bpid=\d+", "pid=…", re.sub(r"\b0x[0-9a-fA-F]+", "0x…", text))
    text = text.replace(str(repo), "…")
    return re.sub(r"(?:…|(?<![\w./:])|\b[A-Za-z]:)[/\\](?:[\w.\-]+[/\\])+", "…/", text)


if __name__ == INSTALLED:
    start()
