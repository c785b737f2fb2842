"""Hace los barridos que lee el cuaderno 06 y los guarda en ``labsupport/embedded/sweeps/``.

No entrena nada por su cuenta: llama a ``python -m labsupport sweep`` una vez por barrido, con los
valores de ``labsupport.evaluation.stored_sweeps``, y copia el archivo que deja. Sin nombres los
hace todos: 39 entrenamientos del cuaderno 02. Si se interrumpe, otra vez la misma orden sigue donde
iba; si falla algún ensayo, no copia nada y la misma orden repite solo lo que falló.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO))

from labsupport.base.files import place_copy  # noqa: E402
from labsupport.base.paths import results_folder, shorten_path  # noqa: E402
from labsupport.evaluation.stored_sweeps import FOLDER, SWEEPS, TARGET  # noqa: E402
from labsupport.evaluation.sweeps import SUFFIX  # noqa: E402
from labsupport.sweeping.ledger import find_ledger  # noqa: E402


def build_command(name: str, workers: int = 1) -> list[str]:
    """Devuelve la orden que hace un barrido.

    >>> build_command("n_train")[1:5]
    ['-m', 'labsupport', 'sweep', '02']
    """
    values = [word for pair in SWEEPS[name].items() for word in ("-p", *pair)]
    command = [sys.executable, "-m", "labsupport", "sweep", TARGET, *values, "--name", name]
    return command if workers == 1 else [*command, "--workers", str(workers)]


def store(name: str) -> Path:
    """Copia el barrido que dejó la orden a donde lo lee el cuaderno y devuelve dónde queda."""
    place = FOLDER / f"{name}{SUFFIX}"
    FOLDER.mkdir(exist_ok=True)
    place_copy(find_ledger(name), place)
    return place


def main(arguments: list[str] | None = None) -> int:
    """Hace los barridos pedidos, uno tras otro, y devuelve el código del primero que falle."""
    parser = argparse.ArgumentParser(description="Hace los barridos que lee el cuaderno 06.")
    told = f"por omisión, todos: {', '.join(SWEEPS)}"
    parser.add_argument("names", nargs="*", metavar="BARRIDO", help=told)
    parser.add_argument("--workers", type=int, default=1, help="ensayos a la vez (por omisión, 1)")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in SWEEPS:
            parser.error(f"no hay ningún barrido «{name}»; los que hay: {', '.join(SWEEPS)}")
    # La orden se ejecuta en el repositorio: una ruta relativa cuenta desde donde se escribió.
    environment = {**os.environ, "LAB_RESULTS_DIR": str(results_folder())}
    for name in options.names or SWEEPS:
        command = build_command(name, options.workers)
        done = subprocess.run(command, cwd=REPO, env=environment)
        if done.returncode:
            return done.returncode
        print(f"Guardado en {shorten_path(store(name))}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
