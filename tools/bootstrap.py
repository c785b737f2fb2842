r"""Prepara ``.venv`` y lanza una tarea del laboratorio; el Makefile solo llama a este script.

Sin make (por ejemplo en Windows) se usa igual: ``py tools\bootstrap.py lab``.
Usa solo la biblioteca estándar y sintaxis de Python 3.7, para poder explicar en cualquier
máquina qué le falta.
"""

import collections
import contextlib
import glob
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(REPO, ".venv")
CONSTRAINTS = os.path.join(REPO, "constraints.txt")
PYTHON = sys.executable
# El de la imagen de Google Colab.
COLAB_PYTHON = "3.13"
MINIMUM = (3, 11)
# El último con el que todo se instala; dice si el siguiente puede ya
# «tools/try_newest.py --check-python 3.14».
NEWEST = (3, 13)
# En Linux con Intel o AMD, casi todo son las librerías de CUDA que trae torch.
NEEDED_GB = 8
DEPENDENCY_FILES = ("requirements.txt", "pyproject.toml", "setup.py")
# Cada juego de librerías y los que trae consigo.
EXTRAS = {
    "": ("",),
    "masalla": ("", "masalla"),
    "instructor": ("", "instructor"),
    "colab": ("", "masalla", "colab"),
    "libro": ("", "libro"),
    "test": ("", "masalla", "colab", "instructor", "libro", "test"),
    "browser": ("", "masalla", "colab", "instructor", "libro", "test", "browser"),
}
# Los cuadernos que piden más librerías: los de la segunda parte, solos o con todos los demás.
BEYOND = re.compile(r"(?:.*[\\/])?0[6-9](?:_\w*)?(?:\.ipynb)?|todo")

# En dos procesos, cada módulo entero en uno: lo que prepara sirve a todas sus pruebas. En el orden
# de tests/conftest.py. (loadgroup no agrupa con pytest 9.2 y xdist 3.8.)
PYTEST = ["-m", "pytest", "-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"]
# ``suffix`` distingue el entorno y sus versiones: .venv-colab y constraints-colab.txt.
Task = collections.namedtuple("Task", "help extra command suffix", defaults=("",))
TASKS = {
    "lab": Task("ejecuta los cuadernos en orden", "", ["-m", "labsupport", "run"]),
    "test": Task("ejecuta todas las pruebas", "test", PYTEST),
    "test-rapido": Task(
        "ejecuta lo que se prueba entre dos cambios: unos dos minutos",
        "test",
        PYTEST + ["-m", "not slow"],
    ),
    "jupyter": Task(
        "abre JupyterLab en el primer cuaderno",
        "",
        ["-m", "jupyterlab", os.path.join("notebooks", "00_inicio.ipynb")],
    ),
    "lint": Task(
        "revisa el estilo del código, los tipos y quién importa a quién",
        "test",
        [os.path.join("tools", "lint.py")],
    ),
    "masalla": Task("instala además lo que piden los cuadernos 06 a 08", "masalla", None),
    "sweep": Task(
        "entrena con varios valores de un parámetro y los compara",
        "masalla",
        ["-m", "labsupport", "sweep"],
    ),
    "demo": Task(
        "abre en el navegador una demo de tu modelo", "masalla", ["-m", "labsupport", "demo"]
    ),
    "notebooks": Task(
        "ejecuta los cuadernos y guarda sus salidas en notebooks/",
        "masalla",
        ["-m", "labsupport", "refresh"],
    ),
    "test-browser": Task(
        "prueba el laboratorio en un navegador (Chromium)",
        "browser",
        ["-m", "pytest", os.path.join("tests", "browser")],
    ),
    "test-colab": Task(
        "ejecuta los cuadernos con las versiones de Google Colab y como se abren allí",
        "colab",
        # Sin el límite de memoria: aquí torch lleva las librerías de CUDA, más de 1 GB por proceso.
        ["-m", "pytest", "-s", "-k", "not memory", os.path.join("tests", "colab")]
        + [os.path.join("tests", "test_lab.py"), "notebooks"],
        "-colab",
    ),
    # Sin entorno: crea los suyos, y funciona aunque lo nuevo esté roto.
    "test-nuevas": Task(
        "prueba con las librerías más nuevas y dice qué se rompe",
        None,
        [os.path.join("tools", "try_newest.py")],
    ),
    "calificar": Task(
        "califica las entregas de una carpeta o un zip", "instructor", ["-m", "labsupport", "grade"]
    ),
    "libro": Task(
        "construye el libro en build/libro, para leer el laboratorio sin instalarlo",
        "libro",
        [os.path.join("tools", "build_book.py")],
    ),
    "check": Task("revisa esta máquina", "", ["-m", "labsupport", "check"]),
    "install": Task("solo instala", "", None),
    "disk": Task("dice si hay espacio para instalar y qué se puede borrar", None, None),
    "clean": Task("borra runs/, results/ y las cachés; conserva .venv", None, None),
}
CLEANED = ("runs", "results", ".pytest_cache", ".ruff_cache", ".mypy_cache", "build")
CACHES = ("__pycache__", ".ipynb_checkpoints")


class BootstrapError(Exception):
    """Un fallo previsible; su mensaje es una frase en español lista para leer."""


def main(arguments):
    """Prepara lo que pida la tarea, la lanza y devuelve su código de salida."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        check_python(sys.version_info)
        return perform(arguments)
    except BootstrapError as error:
        print("\n" + str(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrumpido: repite la misma orden para seguir.", file=sys.stderr)
        return 130
    except OSError as error:
        print("\n" + explain_os_error(error), file=sys.stderr)
        return 1


def perform(arguments):
    """Interpreta los argumentos: la tarea y lo que se le pasa tal cual."""
    name = arguments[0] if arguments else "help"
    if name in ("help", "-h", "--help"):
        print(describe_tasks())
        return 0
    if name not in TASKS:
        print("No existe la tarea «{}».\n\n{}".format(name, describe_tasks()), file=sys.stderr)
        return 2
    task = TASKS[name]
    if name == "clean":
        return clean()
    if name == "disk":
        return check_disk()
    if task.extra is None:
        return run_here(task.command + arguments[1:])
    use_environment(task.suffix)
    install_if_needed(choose_extra(task, arguments[1:]))
    return run_in_venv(task.command + arguments[1:]) if task.command else 0


def choose_extra(task, arguments):
    """Devuelve las librerías que hacen falta: los cuadernos de la segunda parte piden más.

    >>> choose_extra(TASKS["lab"], ["02", "-p", "epochs", "1"]), choose_extra(TASKS["lab"], ["07"])
    ('', 'masalla')
    >>> choose_extra(TASKS["jupyter"], []), choose_extra(TASKS["notebooks"], [])
    ('', 'masalla')
    """
    if task.extra:
        return task.extra
    return "masalla" if any(map(BEYOND.fullmatch, arguments)) else ""


def use_environment(suffix):
    """Cambia de entorno: el de siempre ("") o el que imita a Google Colab ("-colab")."""
    global VENV, CONSTRAINTS, PYTHON
    PYTHON = find_colab_python() if suffix else sys.executable
    VENV = os.path.join(REPO, ".venv" + suffix)
    CONSTRAINTS = os.path.join(REPO, "constraints{}.txt".format(suffix))


def find_colab_python():
    """Devuelve la ruta de un Python como el de Google Colab; si no lo hay, lo dice y da este."""
    if sys.version_info[:2] == tuple(map(int, COLAB_PYTHON.split("."))):
        return sys.executable
    found = ["python" + COLAB_PYTHON]
    # pyenv los guarda aquí, y no siempre están en el PATH.
    pyenv = os.path.join(os.path.expanduser("~/.pyenv/versions"), COLAB_PYTHON + ".*")
    found += sorted(glob.glob(os.path.join(pyenv, "bin", "python")))
    for python in found:
        if succeeds(["-m", "venv", "--help"], python):
            return python
    say(
        "Google Colab usa Python {} y aquí no lo encuentro: sigo con el {}.{}, que no es del todo "
        "lo mismo.".format(COLAB_PYTHON, *sys.version_info[:2])
    )
    return sys.executable


def describe_tasks():
    """Devuelve la ayuda: una línea por tarea."""
    lines = ["  {:<13} {}".format(name, task.help) for name, task in TASKS.items()]
    usage = "uso: python tools/bootstrap.py TAREA [argumentos]\n\ntareas:\n"
    return usage + "\n".join(lines)


def check_python(version):
    """Lanza BootstrapError si ``version`` (como sys.version_info) es anterior a la mínima.

    >>> check_python((3, 12, 1))
    >>> check_python((3, 9, 18))
    Traceback (most recent call last):
    ...
    bootstrap.BootstrapError: El laboratorio necesita Python 3.11 o posterior y este es el 3.9: ...
    """
    if tuple(version[:2]) < MINIMUM:
        raise BootstrapError(
            "El laboratorio necesita Python {}.{} o posterior y este es el {}.{}: instala uno "
            "más nuevo desde https://www.python.org/downloads/ y repite la orden.".format(
                *MINIMUM, *version[:2]
            )
        )


# --- Qué está instalado -----------------------------------------------------------------


def compute_fingerprint():
    """Devuelve una huella de lo que decide qué se instala y dónde."""
    digest = hashlib.sha256(REPO.encode("utf-8", "surrogateescape"))
    for path in [os.path.join(REPO, name) for name in DEPENDENCY_FILES] + [CONSTRAINTS]:
        with open(path, "rb") as file:
            digest.update(b"\0" + file.read().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def is_installed(extra):
    """Dice si ``.venv`` ya tiene, entero y al día, lo que pide ``extra`` (uno de EXTRAS)."""
    if not os.path.exists(find_venv_python()):
        return False
    try:
        with open(stamp_path(extra), encoding="utf-8") as file:
            return file.read() == compute_fingerprint()
    except FileNotFoundError:
        return False


def mark_installed(extra):
    """Anota que la instalación de ``extra`` y de lo que trae consigo terminó."""
    for name in EXTRAS[extra]:
        temporary = stamp_path(name) + ".tmp"
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(compute_fingerprint())
        os.replace(temporary, stamp_path(name))
    _remove(half_done_path())


def unmark_installed():
    """Borra las anotaciones: hasta que pip termine, nada cuenta como instalado."""
    for extra in EXTRAS:
        _remove(stamp_path(extra))


def stamp_path(extra):
    """Devuelve la ruta del archivo que anota una instalación terminada."""
    return os.path.join(VENV, ".instalado-" + (extra or "lab"))


def half_done_path():
    """Devuelve la ruta de la marca que existe mientras pip cambia archivos de ``.venv``."""
    return os.path.join(VENV, ".a-medias")


def find_venv_python():
    """Devuelve la ruta del Python de ``.venv``, exista o no."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(VENV, *parts)


# --- Instalar ---------------------------------------------------------------------------


def install_if_needed(extra):
    """Instala lo que falte; si otro proceso ya está instalando aquí, espera a que acabe."""
    if is_installed(extra):
        return
    with hold_lock(VENV + ".lock") as lock:
        if not is_installed(extra):
            install(extra, lock)


def install(extra, lock):
    """Crea ``.venv`` si hace falta e instala el proyecto con las versiones probadas."""
    started = time.monotonic()
    warn_about_disk()
    create_venv_if_needed()
    unmark_installed()
    say(
        "Instalo las librerías en {} (unos minutos la primera vez: son varios GB; "
        "las siguientes veces arranca al momento).".format(os.path.basename(VENV))
    )
    target = REPO if not extra else "{}[{}]".format(REPO, extra)
    code, lines = run_pip(["install", "-c", CONSTRAINTS, "-e", target], lock)
    if code:
        raise BootstrapError(explain_pip(lines))
    mark_installed(extra)
    say("Instalado en {:.0f} s.".format(time.monotonic() - started))


def create_venv_if_needed():
    """Crea ``.venv``, o lo rehace si está roto, a medias o es de un Python viejo."""
    reason = find_venv_fault()
    if reason is None:
        return
    say(reason)
    done = subprocess.run(
        [PYTHON, "-m", "venv", "--clear", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if done.returncode:
        raise BootstrapError(explain_venv(done.stdout.splitlines()))


def find_venv_fault():
    """Devuelve por qué hay que crear ``.venv``, en una frase, o None si está sano."""
    name = os.path.basename(VENV)
    if not os.path.isdir(VENV):
        return "Creo {} con {} (unos segundos).".format(name, describe_python(PYTHON))
    if not os.path.isfile(os.path.join(VENV, "pyvenv.cfg")):
        if any(files for _, _, files in os.walk(VENV)):
            raise BootstrapError(
                "La carpeta {} existe y no es un entorno de Python: cámbiale el nombre o "
                "bórrala y repite la orden.".format(name)
            )
        return "Rehago {}, que estaba vacía.".format(name)
    if os.path.exists(half_done_path()):
        return "La instalación anterior quedó a medias: rehago {}.".format(name)
    if not (is_recent_python() and is_pip_whole()):
        return "El {} que había no funciona o es de un Python viejo: lo rehago.".format(name)
    return None


def is_recent_python():
    """Dice si el Python de ``.venv`` arranca y no es anterior al mínimo."""
    return succeeds(["-c", "import sys; sys.exit(sys.version_info < {})".format(MINIMUM)])


def is_pip_whole():
    """Dice si el pip de ``.venv`` arranca: crear el entorno pudo quedarse a medias."""
    return succeeds(["-m", "pip", "--version"])


def describe_python(python):
    """Devuelve el nombre y la versión de un Python («Python 3.13.0»)."""
    return subprocess.check_output([python, "--version"], universal_newlines=True).strip()


def succeeds(arguments, python=None):
    """Dice si ese Python (o el de ``.venv``) acaba bien con esos argumentos; calla lo que diga."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run([python or find_venv_python()] + arguments, **quiet).returncode == 0
    except OSError:
        return False


def run_pip(arguments, lock=None):
    """Ejecuta pip contando por dónde va; devuelve su código de salida y sus líneas."""
    command = [find_venv_python(), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PIP_PROGRESS_BAR="off")
    for noisy in ("PIP_QUIET", "PIP_VERBOSE", "PIP_TARGET", "PIP_USER", "PIP_PREFIX"):
        environment.pop(noisy, None)
    process = subprocess.Popen(
        command + arguments,
        cwd=REPO,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # Si matan a este script, pip sigue: hereda el cerrojo para que nadie instale a la vez.
        pass_fds=() if lock is None or os.name == "nt" else (lock.fileno(),),
    )
    with terminate_on_error(process):
        lines = follow(process.stdout)
        return process.wait(), lines


def follow(stream):
    """Lee la salida de pip, cuenta el avance en español y devuelve las últimas líneas."""
    lines = collections.deque(maxlen=400)
    count = 0
    for line in stream:
        lines.append(line.rstrip())
        if line.startswith(("Collecting ", "Processing ")):
            count += 1
            report_progress(count, os.path.basename(line.split()[1]))
        elif line.startswith("Installing collected packages"):
            _touch(half_done_path())
            finish_progress()
            say("Descarga terminada; ahora copio los paquetes (uno o dos minutos en silencio).")
    finish_progress()
    return list(lines)


def report_progress(count, name):
    """Cuenta en una línea cuántos paquetes lleva pip; sin terminal, uno de cada 25."""
    if sys.stdout.isatty():
        print("\r  {:>3} paquetes: {:<50.50}".format(count, name), end="", flush=True)
    elif count % 25 == 0:
        print("  {} paquetes reunidos".format(count), flush=True)


def finish_progress():
    """Deja libre la línea del progreso."""
    if sys.stdout.isatty():
        print("\r" + " " * 66 + "\r", end="", flush=True)


def warn_about_disk():
    """Avisa si queda poco sitio para las librerías."""
    free = shutil.disk_usage(REPO).free / 2**30
    if free < NEEDED_GB and not os.path.isdir(VENV):
        say(
            "Aviso: quedan {:.1f} GB libres y la instalación puede ocupar {} GB.".format(
                free, NEEDED_GB
            )
        )


@contextlib.contextmanager
def hold_lock(path):
    """Espera turno para instalar; el sistema suelta el cerrojo aunque maten el proceso."""
    with open(path, "a+") as file:
        if not try_lock(file):
            say("Otro proceso está instalando en esta carpeta: espero a que acabe.")
            while not try_lock(file):
                time.sleep(0.5)
        yield file


def try_lock(file):
    """Intenta tomar el cerrojo sin esperar; dice si lo consiguió."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextlib.contextmanager
def terminate_on_error(process):
    """Si algo interrumpe el bloque, termina también el proceso hijo."""
    try:
        yield
    except BaseException:
        process.terminate()
        process.wait()
        raise


# --- Explicar fallos --------------------------------------------------------------------

CLASH = (
    "Las versiones pedidas en requirements.txt y constraints.txt chocan entre sí: deshaz "
    "tus cambios en esos archivos (git checkout) y repite la orden."
)
NO_VERSION = (
    "Una librería no tiene versión para este Python {}.{} o este sistema: prueba con "
    "Python 3.11, 3.12 o 3.13 (borra .venv y repite la orden).".format(*sys.version_info[:2])
)
PIP_FAULTS = (
    (
        ("No space left on device", "Errno 28", "WinError 112"),
        "No queda espacio en el disco: libera unos {} GB y repite la orden.".format(NEEDED_GB),
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError", "SSLCertVerificationError"),
        "La conexión segura con el índice de paquetes falla: revisa la hora del equipo y el "
        "proxy o antivirus de tu red, y repite la orden.",
    ),
    (
        (
            "NewConnectionError",
            "NameResolutionError",
            "Temporary failure in name resolution",
            "getaddrinfo failed",
            "ConnectTimeout",
            "ReadTimeout",
            "ProtocolError",
            "ProxyError",
            "Network is unreachable",
            "Connection refused",
            "Connection broken",
            "ConnectionResetError",
        ),
        "No se pudo llegar al índice de paquetes: comprueba tu conexión y repite la orden (lo "
        "ya descargado se aprovecha).",
    ),
    (("ResolutionImpossible", "conflicting dependencies"), CLASH),
    (("No matching distribution found", "Could not find a version"), NO_VERSION),
    (
        ("Permission denied", "Errno 13", "WinError 5"),
        "Falta permiso para escribir en .venv: cierra los programas que la usen (JupyterLab) y "
        "repite la orden.",
    ),
)


def explain_pip(lines):
    """Devuelve una frase que explica el fallo de pip y, debajo, sus últimas líneas."""
    sentence = find_pip_fault(lines)
    if sentence == NO_VERSION:
        sentence = explain_no_version(sys.version_info)
    return "{}\n\nLo último que dijo pip:\n{}".format(sentence, _quote(lines))


def find_pip_fault(lines):
    """Devuelve la frase del fallo que cuentan las líneas de pip: una de ``PIP_FAULTS``, u otra."""
    text = "\n".join(lines)
    for fragments, explanation in PIP_FAULTS:
        if any(fragment in text for fragment in fragments):
            return explanation
    return "pip no pudo terminar la instalación: lee sus últimas líneas y repite la orden."


def explain_no_version(version):
    """Devuelve la frase para un Python (como sys.version_info) al que le falta una librería.

    >>> print(explain_no_version((3, 14, 0)))
    Con Python 3.14 el laboratorio todavía no se instala: abajo está la librería que no tiene...
    """
    if tuple(version[:2]) <= NEWEST:
        return NO_VERSION
    return (
        "Con Python {}.{} el laboratorio todavía no se instala: abajo está la librería que no "
        "tiene versión para él. Instala Python 3.13, borra .venv y repite la orden con ese "
        "(make lab PYTHON=python3.13).".format(*version[:2])
    )


def explain_venv(lines):
    """Devuelve una frase que explica por qué no se pudo crear ``.venv``."""
    text = "\n".join(lines)
    sentence = "No se pudo crear .venv: lee las líneas de abajo y repite la orden."
    if "ensurepip" in text:
        sentence = (
            "A este Python le falta el módulo venv: en Debian o Ubuntu, «sudo apt install "
            "python3-venv»; en otros sistemas, instala Python desde https://www.python.org/."
        )
    elif "No space left" in text:
        sentence = PIP_FAULTS[0][1]
    return "{}\n\n{}".format(sentence, _quote(lines))


def explain_os_error(error):
    """Devuelve una frase para un fallo de disco o de permisos."""
    if error.errno == 28:
        return PIP_FAULTS[0][1]
    return "No se pudo usar «{}»: {}. Revisa los permisos de esta carpeta.".format(
        error.filename or REPO, error.strerror or error
    )


# --- Lanzar y limpiar -------------------------------------------------------------------


def run_in_venv(command):
    """Ejecuta el Python de ``.venv`` con ``command`` y devuelve su código de salida."""
    # Las rutas que se le dan a labsupport cuentan desde donde está quien escribe la orden.
    if command[1:2] != ["labsupport"]:
        os.chdir(REPO)
    return become(find_venv_python(), command, choose_variables())


def run_here(command):
    """Ejecuta ``command`` con este mismo Python, sin entorno, y devuelve su código de salida."""
    os.chdir(REPO)
    paths = [REPO] + [path for path in [os.environ.get("PYTHONPATH")] if path]
    return become(sys.executable, command, dict(os.environ, PYTHONPATH=os.pathsep.join(paths)))


def choose_variables():
    """Devuelve las variables de entorno con que se ejecuta el Python de ``.venv``."""
    environment = dict(os.environ, VIRTUAL_ENV=VENV)
    folder = os.path.dirname(find_venv_python())
    environment["PATH"] = folder + os.pathsep + environment.get("PATH", "")
    environment.pop("PYTHONHOME", None)
    # JupyterLab ofrece el kernel de este entorno, y no otro que se llame igual en tu carpeta.
    environment.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    return environment


def become(python, command, environment):
    """Lanza ``python`` con ``command``, en lugar de este proceso si el sistema sabe hacerlo."""
    sys.stdout.flush()
    if os.name != "nt":
        # El proceso se convierte en la tarea: Ctrl-C y kill le llegan sin intermediarios.
        os.execve(python, [python] + command, environment)
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call([python] + command, env=environment)


def clean():
    """Borra lo que crean las ejecuciones y las pruebas y dice cuánto libera; deja ``.venv``."""
    sizes = {name: _remove_folder(os.path.join(REPO, name)) for name in CLEANED}
    caches = sum(sizes[name] for name in CLEANED if name not in ("runs", "results"))
    for folder, names, _ in os.walk(REPO):
        names[:] = [name for name in names if not name.startswith((".venv", ".git"))]
        for name in set(names) & set(CACHES):
            caches += _remove_folder(os.path.join(folder, name))
            names.remove(name)
    freed = [("runs/", sizes["runs"]), ("results/", sizes["results"]), ("cachés", caches)]
    parts = ["{} ({:.0f} MB)".format(name, size / 2**20) for name, size in freed]
    say("Borrado: {}.".format(", ".join(parts)))
    left = [name for name in CLEANED if os.path.isdir(os.path.join(REPO, name))]
    if left:
        say("No se pudo borrar del todo: {}. Mira si algo lo usa.".format(", ".join(left)))
    say("Para reinstalar desde cero, borra también .venv.")
    return 1 if left else 0


def _remove_folder(folder):
    """Borra una carpeta, si está, y devuelve los bytes que ocupaba lo borrado."""
    before = measure_folder(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return before - measure_folder(folder)


# Lo que suele llenar el disco de SageMaker Studio Lab (15 GB) y de cualquier cuenta.
DELETABLE = (
    ("~/.cache/pip", "pip cache purge"),
    ("~/.conda/pkgs", "conda clean --all --yes"),
    ("~/.conda/envs", "conda env remove --name NOMBRE, para los que ya no uses"),
    ("~/.cache/huggingface", "bórrala: los modelos y datasets se descargan otra vez"),
    ("~/.local/share/Trash", "vacía la papelera"),
)


def check_disk():
    """Dice si hay sitio para instalar y qué se puede borrar; devuelve 1 si no lo hay."""
    free = shutil.disk_usage(REPO).free / 2**30
    print("Espacio libre: {:.1f} GB; la instalación ocupa unos {} GB.".format(free, NEEDED_GB))
    for folder, advice in DELETABLE:
        size = measure_folder(os.path.expanduser(folder)) / 2**30
        if size >= 0.1:
            print("  {:<22} {:5.1f} GB  {}".format(folder, size, advice))
    if free >= NEEDED_GB:
        return 0
    print("No alcanza: borra algo de lo anterior, o lo que más ocupe, y repite.", file=sys.stderr)
    return 1


def measure_folder(folder):
    """Devuelve los bytes que ocupan los archivos de una carpeta; 0 si no existe."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def say(sentence):
    """Cuenta en la salida lo que está pasando."""
    print(sentence, flush=True)


def _quote(lines, count=8):
    last = [line[:160] for line in lines if line][-count:]
    return "\n".join("  | " + line for line in last)


def _touch(path):
    with open(path, "w"):
        pass


def _remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
