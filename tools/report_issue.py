"""Cuenta en una sola incidencia de GitHub lo que encontró tools/try_newest.py.

Uso: python tools/report_issue.py INFORME.md CÓDIGO
CÓDIGO es el de salida de ``try_newest.py``: con 1 abre la incidencia, o pone al día la que haya;
con 0 la cierra, con el informe de que todo va bien. Usa ``gh``, con GH_TOKEN y permiso para
escribir incidencias. La encuentra por su etiqueta: no le quites la etiqueta a mano.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LABEL = "librerias-nuevas"
TITLE = "Las librerías nuevas rompen el laboratorio"
WELL, BROKE = 0, 1


def main(arguments: list[str]) -> int:
    """Abre, pone al día o cierra la incidencia; devuelve 0 si GitHub lo aceptó."""
    if len(arguments) != 2 or arguments[1] not in (str(WELL), str(BROKE)):
        print("uso: python tools/report_issue.py INFORME.md 0|1", file=sys.stderr)
        return 2
    report = Path(arguments[0])
    if not report.is_file():
        print(f"No está {report}: ejecuta antes tools/try_newest.py.", file=sys.stderr)
        return 1
    try:
        print(tell(str(report), int(arguments[1]), call_github))
    except subprocess.CalledProcessError as error:
        print(f"GitHub no lo aceptó: {error.stderr.strip()}", file=sys.stderr)
        return 1
    return 0


def tell(report: str, code: int, github) -> str:
    """Hace lo que toque con la incidencia y devuelve una frase que lo cuenta.

    ``report``: la ruta del informe; ``code``: WELL o BROKE; ``github``: a quién dar los argumentos
    de ``gh``, que devuelve lo que ``gh`` escribe.
    """
    listed = github("issue", "list", "--state", "open", "--label", LABEL, "--json", "number")
    numbers = sorted(each["number"] for each in json.loads(listed))
    body = ("--body-file", report)
    if code == BROKE and numbers:
        github("issue", "edit", str(numbers[0]), *body)
        return f"Incidencia {numbers[0]}, al día."
    if code == BROKE:
        github("label", "create", LABEL, "--force", "--description", "tools/report_issue.py")
        return github("issue", "create", "--title", TITLE, "--label", LABEL, *body).strip()
    for number in map(str, numbers):
        github("issue", "comment", number, *body)
        github("issue", "close", number)
    return f"Todo va bien: {len(numbers)} incidencias cerradas."


def call_github(*arguments: str) -> str:
    """Ejecuta ``gh`` y devuelve lo que escribe; lanza CalledProcessError si acaba mal."""
    command = ["gh", *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
