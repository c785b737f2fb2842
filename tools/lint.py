"""Revisa el estilo, con ruff, y quién importa a quién: los contratos de pyproject.toml.

Los argumentos son para ruff: ``python tools/lint.py --fix``.
"""

import os
import subprocess
import sys
from pathlib import Path

from importlinter.cli import lint_imports

REPO = Path(__file__).resolve().parents[1]


def main(arguments):
    """Hace las dos revisiones, aunque falle la primera; devuelve 0 si no hay nada que corregir."""
    os.chdir(REPO)
    style = subprocess.call([sys.executable, "-m", "ruff", "check", *arguments, "."])
    contracts = lint_imports(no_cache=True, no_logo=True)
    return style or contracts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
