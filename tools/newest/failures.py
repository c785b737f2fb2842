"""Lo primero que se rompe: en qué cuaderno y celda, o en qué prueba, y qué dice la librería."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, NamedTuple

from labsupport.base.errors import LabError
from labsupport.base.run_record import DONE, STOPPED, read_record

LONGEST = 300


class Failure(NamedTuple):
    """Dónde se rompió algo y la frase con que lo dijo quien se rompió."""

    where: str
    sentence: str


def list_broken_lessons(folder: Path, said: str = "") -> list[Failure]:
    """Devuelve un fallo por cuaderno roto de la ejecución que dejó ``folder``, en orden.

    ``said``: lo que escribió la orden, por si ni siquiera llegó a empezar.
    """
    try:
        record = read_record(folder)
    except LabError as error:
        return [Failure("python -m labsupport run", _last_line(said) or str(error))]
    known = {outcome["notebook"]: outcome for outcome in record["notebooks"]}
    missing = {"status": "", "message": "no llegó a ejecutarse"}
    outcomes = [(name, known.get(name, missing)) for name in record.get("planned") or known]
    return [
        _describe_lesson(folder, name, outcome)
        for name, outcome in outcomes
        if outcome["status"] not in (DONE, STOPPED)
    ]


def find_error(notebook: dict[str, Any], otherwise: str = "") -> Failure | None:
    """Devuelve la celda de un cuaderno ejecutado que falló, por su nombre, y qué dijo.

    Si ninguna dice nada porque el kernel murió, es la última que se empezó, con ``otherwise``.

    >>> output = {"output_type": "error", "ename": "TypeError", "evalue": "sobra «x»"}
    >>> cell = {"cell_type": "code", "id": "entrenar", "execution_count": 7, "outputs": [output]}
    >>> find_error({"cells": [cell]})
    Failure(where='celda [7] (entrenar)', sentence='TypeError: sobra «x»')
    >>> find_error({"cells": [{**cell, "outputs": []}]}, otherwise="el kernel murió")
    Failure(where='celda [7] (entrenar)', sentence='el kernel murió')
    """
    last = None
    for cell in notebook["cells"]:
        where = f"celda [{cell.get('execution_count') or ' '}] ({cell.get('id', '')})"
        if cell.get("execution_count"):
            last = Failure(where, otherwise)
        for output in cell.get("outputs", ()):
            if output.get("output_type") == "error":
                return Failure(where, _first_line(f"{output['ename']}: {output['evalue']}"))
    return last


def list_broken_tests(report: Path, said: str = "") -> list[Failure]:
    """Devuelve un fallo por prueba rota del informe JUnit de pytest, en el orden en que corrieron.

    ``said``: lo que escribió pytest, por si ni siquiera llegó a escribir el informe.
    """
    try:
        cases = ElementTree.parse(report).iter("testcase")
    except (OSError, ElementTree.ParseError):
        return [Failure("pytest", _last_line(said) or "no llegó a ejecutar ninguna prueba")]
    found = ((case, case.find(kind)) for case in cases for kind in ("failure", "error"))
    return [
        Failure(_name_test(case), _first_line(fault.get("message") or fault.text or ""))
        for case, fault in found
        if fault is not None
    ]


def _describe_lesson(folder: Path, name: str, outcome: dict[str, Any]) -> Failure:
    said = outcome["message"] or outcome["status"]
    try:
        copy = json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))
        error = find_error(copy, said)
    except (OSError, ValueError, KeyError):
        error = None
    if error is None:
        return Failure(name, said)
    return Failure(f"{name}, {error.where}", error.sentence)


def _name_test(case: ElementTree.Element) -> str:
    return "::".join(filter(None, (case.get("classname", ""), case.get("name", ""))))


def _first_line(text: str) -> str:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().splitlines()
    return lines[0][:LONGEST] if lines else "sin mensaje"


def _last_line(text: str) -> str:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().splitlines()
    return lines[-1][:LONGEST] if lines else ""
