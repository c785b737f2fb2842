"""Revisa el estilo, con ruff; los tipos, con mypy; y quién importa a quién, con import-linter.

Lo que se pide a cada uno está en pyproject.toml.

Los argumentos son para ruff: ``python tools/lint.py --fix``.
"""

import os
import subprocess
import sys
from pathlib import Path

from importlinter.cli import lint_imports

REPO = Path(__file__).resolve().parents[1]


def main(arguments):
    """Hace las tres revisiones, aunque falle una; devuelve 0 si no hay nada que corregir."""
    os.chdir(REPO)
    style = subprocess.call([sys.executable, "-m", "ruff", "check", *arguments, "."])
    types = subprocess.call([sys.executable, "-m", "mypy"])
    contracts = lint_imports(no_cache=True, no_logo=True)
    return style or types or contracts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
