"""El aislamiento con bubblewrap de los procesos que califican: el de la entrega y el que comprueba.

Dentro solo se ve, de lectura, Python con sus librerías, este paquete (con el dataset y el modelo
incluidos) y la carpeta de la entrega; se escribe en una carpeta privada de tamaño limitado que
desaparece al acabar. No hay red, ni otros procesos, ni las variables de entorno de quien califica.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labsupport.base.errors import LabError
from labsupport.base.paths import PACKAGE
from labsupport.grading.limits import MIB, Limits

SUBMISSION = "/entrega"
PRIVATE = "/tmp"
WORK = "/tmp/trabajo"
SHARED_MEMORY = "/dev/shm"
# El vigilante actúa al pasar del límite de procesos; este techo, que cuenta también los hilos,
# es para los que se multiplican más deprisa de lo que él mira.
TASKS_PER_PROCESS = 8
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
    "/sys/devices/system/cpu",
)
NO_SANDBOX = (
    "No se puede aislar lo que se califica: {reason} Instala bubblewrap 0.7 o posterior en Linux, "
    "o usa --sin-aislamiento si te fías de todas las entregas."
)


def check_isolation() -> None:
    """Comprueba que bubblewrap funciona aquí. Lanza LabError, con el porqué, si no."""
    reason = _find_fault()
    if reason:
        raise LabError(NO_SANDBOX.format(reason=reason))


def _find_fault() -> str:
    if sys.platform != "linux":
        return "solo funciona en Linux."
    if not shutil.which("bwrap"):
        return "falta la orden «bwrap»."
    command = isolate(["true"], Limits(), Path("/nada"), [])
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd="/")
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"«bwrap» no arranca ({error})."
    lines = done.stderr.strip().splitlines()
    return f"«bwrap» falla ({lines[-1] if lines else 'sin mensaje'})." if done.returncode else ""


def isolate(
    command: list[str], limits: Limits, submission: Path, writable: Iterable[Path]
) -> list[str]:
    """Devuelve ``command`` envuelto en bubblewrap.

    ``submission``: carpeta de la entrega, de lectura; ``writable``: carpetas de fuera en las que
    se puede escribir (los sockets del kernel).
    """
    size = str(limits.files_mib * MIB)
    # Con su ruta entera: el kernel arranca con otro PATH, y puede estar en /usr/local.
    bwrap = shutil.which("bwrap") or "bwrap"
    # Con menos prioridad, ni mil procesos a la vez dejan sin turno a quien los vigila.
    wrapped = ["nice", "-n", "19", bwrap, "--unshare-all", "--unshare-user"]
    wrapped += ["--die-with-parent", "--new-session"]
    wrapped += ["--uid", "1000", "--gid", "1000", "--hostname", "entrega", "--cap-drop", "ALL"]
    for folder in SYSTEM:
        wrapped += _bind_system(folder)
    for file in SYSTEM_FILES:
        wrapped += ["--ro-bind-try", file, file]
    # Antes que Python: puede estar instalado dentro de /tmp.
    wrapped += ["--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", SHARED_MEMORY]
    wrapped += ["--size", size, "--tmpfs", PRIVATE, "--dir", WORK]
    for folder in list_python_folders():
        wrapped += ["--ro-bind", str(folder), str(folder)]
    wrapped += ["--ro-bind-try", str(submission), SUBMISSION]
    for folder in writable:
        wrapped += ["--bind", str(folder), str(folder)]
    wrapped += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK]
    return [*wrapped, "--", *command]


def counts_tasks_inside(release: str | None = None) -> bool:
    """Dice si Linux cuenta aparte los procesos e hilos de cada aislamiento (desde la 5.14).

    Antes contaba juntos todos los de la cuenta, y el techo alcanzaría a quien no hizo nada.
    ``release``: la versión de Linux; si falta, la de esta máquina. Fuente: setrlimit(2),
    RLIMIT_NPROC, que no vale para root.

    >>> counts_tasks_inside("5.10.0-8-amd64"), counts_tasks_inside("6.1.0")
    (False, True)
    """
    numbers = re.findall(r"\d+", release or platform.release())
    return tuple(int(number) for number in numbers[:2]) >= (5, 14)


def list_python_folders() -> tuple[Path, ...]:
    """Devuelve las carpetas que hacen falta para usar este Python y este paquete.

    >>> PACKAGE in list_python_folders()
    True
    """
    found = {Path(sys.prefix), Path(sys.base_prefix), PACKAGE}
    found |= {Path(sys.executable).parent, Path(sys.executable).resolve().parent}
    libraries = ("site-packages", "dist-packages")
    found |= {Path(entry) for entry in sys.path if Path(entry).name in libraries}
    found = {
        folder
        for folder in found
        if folder.is_dir() and not any(map(folder.is_relative_to, SYSTEM))
    }
    return tuple(sorted(f for f in found if not any(o in f.parents for o in found)))


def _bind_system(folder: str) -> list[str]:
    path = Path(folder)
    if path.is_symlink():
        return ["--symlink", os.readlink(path), folder]
    return ["--ro-bind", folder, folder] if path.is_dir() else []


@dataclass(frozen=True)
class Place:
    """Dónde y cómo corre un proceso de los que califican: aislado o no, y con qué límites.

    ``runtime``: carpeta de fuera en la que puede escribir; ``files``: carpeta con lo que encuentra
    en la de trabajo; ``threads``: hilos para las cuentas.
    """

    runtime: Path
    files: Path
    limits: Limits
    isolated: bool = True
    threads: int = 1

    @property
    def folder(self) -> str:
        """La carpeta desde la que se lanza."""
        if self.isolated:
            return "/"
        work = self.runtime / "privada" / "trabajo"
        work.mkdir(parents=True, exist_ok=True)
        return str(work)

    def wrap(self, module: str, *arguments: str) -> list[str]:
        """Devuelve la orden que corre un módulo de este Python, envuelta si hay aislamiento."""
        command = [sys.executable, "-m", module, *arguments]
        if not self.isolated:
            return command
        return isolate(command, self.limits, self.files, [self.runtime])

    def build_environment(self) -> dict[str, str]:
        """Devuelve sus variables de entorno; ninguna es de quien califica."""
        home = PRIVATE if self.isolated else str(self.runtime / "privada")
        binaries = str(Path(sys.executable).parent)
        environment = {
            "PATH": os.pathsep.join([binaries, os.defpath.lstrip(":")]),
            "HOME": home,
            "USER": "entrega",
            "LANG": "C.UTF-8",
            "TMPDIR": home,
            "IPYTHONDIR": f"{home}/.ipython",
            "JUPYTER_RUNTIME_DIR": f"{home}/.jupyter",
            "MPLCONFIGDIR": f"{home}/.matplotlib",
            "HF_HOME": f"{home}/.huggingface",
            "LAB_RESULTS_DIR": f"{home}/resultados",
            "HF_HUB_OFFLINE": "1",
            "NBGRADER_EXECUTION": "autograde",
            "OMP_NUM_THREADS": str(self.threads),
            "TF_NUM_INTRAOP_THREADS": str(self.threads),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(PACKAGE.parent),
            "PYTHONUTF8": "1",
            "CALIFICAR_ENTREGA": SUBMISSION if self.isolated else str(self.files),
            "CALIFICAR_ARCHIVO": str(self.limits.files_mib * MIB),
        }
        if self.isolated and counts_tasks_inside():
            environment["CALIFICAR_TAREAS"] = str(TASKS_PER_PROCESS * self.limits.processes)
        return environment
