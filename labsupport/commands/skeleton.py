"""El esqueleto de una lección: las celdas que llevan todas y una sección de ejemplo."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.running.refresh import METADATA
from labsupport.running.whole_lab import PATTERN

# De esta lección salen, tal cual, las celdas que son iguales en todas: así no hay una copia que
# se quede atrás.
MODEL = "02_trainer"
SHARED = ("setup-texto", "setup", "parameters", "aplicar")
CHECKED = ["nbval-check-output"]
TODO = "(por escribir)"

OPENING = """# {number}. {title}

{todo}: qué pregunta contesta esta lección, y por qué importa, en tres frases.

**Al terminar sabrás:** {todo}: qué sabrá hacer quien llegue al final.

**Tiempo:** {todo}. {links}"""
PARAMETERS = "Los parámetros: cambia uno, ejecuta de nuevo el cuaderno completo y compara."
# Cada celda de ejemplo: su id, la prosa de delante y el código, cuya salida compara nbval.
EXAMPLE = (
    (
        "datos",
        "## Los datos\n\n`load_subset` elige los mismos textos con la misma `data_seed`: los de "
        "entrenamiento, los de validación y los de prueba, que no se tocan hasta el final.",
        "from labsupport.data import load_subset\n\n"
        "train_rows, validation_rows, test_rows = load_subset(settings)\n"
        "len(train_rows), len(validation_rows), len(test_rows)",
    ),
    (
        "columnas",
        "Cada texto lleva su etiqueta y el lugar que ocupaba en su split.",
        "train_rows.column_names",
    ),
    (
        "clases",
        "Las etiquetas son números; sus nombres, en orden, son estos.",
        'train_rows.features["label"].names',
    ),
    (
        "primero",
        "Antes de seguir, lee uno: una idea por celda, con su prosa delante y lo que sale leído "
        "detrás.",
        'print(train_rows[0]["text"])',
    ),
    (
        "reparto",
        "¿Hay de todas las clases? Se cuentan antes de entrenar nada.",
        "import pandas as pd\n\n"
        'pd.Series(list(train_rows["label"])).value_counts().sort_index().to_dict()',
    ),
)
SUMMARY = f"## Resumen\n\n- {TODO}: una frase por idea; la primera contesta la pregunta de arriba."
QUESTIONS = "## ¿Lo tienes?\n\nTres preguntas; elige antes de leer las razones."
QUIZ_IMPORT = "# @title ¿Lo tienes?\nfrom labsupport.notebook import quiz\n\n"
CLOSING = "**Practica:** {todo}: el ejercicio {number}, cuando lo haya.\n\n{onward}"


def build_skeleton(name: str, title: str = "") -> NotebookNode:
    """Devuelve el cuaderno de la lección ``name``, sin ejecutar.

    ``name``: dos cifras y un tema («09_traducir»); ``title``: el que se lee, o se saca del tema.
    Lanza LabError si falta la lección de que se toman las celdas comunes.

    >>> [cell.id for cell in build_skeleton("09_traducir").cells][:4]
    ['titulo', 'setup-texto', 'setup', 'parametros-texto']
    """
    number, topic = name.split("_", 1)
    title = title or topic.replace("_", " ").capitalize()
    shared = _take_shared()
    lessons = sorted(path for path in paths.NOTEBOOKS.glob(PATTERN) if path.stem != name)
    fields = {"number": int(number), "title": title, "todo": TODO.capitalize()}
    start = [
        _write("titulo", OPENING.format(**fields, links=_link_around(name, lessons))),
        shared["setup-texto"],
        shared["setup"],
        _write("parametros-texto", PARAMETERS),
        shared["parameters"],
        shared["aplicar"],
    ]
    end = [
        _write("resumen", SUMMARY),
        _write("preguntas", QUESTIONS),
        _build_quiz(title),
        _write("siguiente", CLOSING.format(**fields, onward=_link_onward(name, lessons))),
    ]
    return new_notebook(cells=[*start, *_build_example(), *end], metadata=METADATA)


def _take_shared() -> dict[str, NotebookNode]:
    path = paths.NOTEBOOKS / f"{MODEL}.ipynb"
    if not path.is_file():
        raise LabError(
            f"Falta notebooks/{MODEL}.ipynb, de donde salen las celdas comunes: recupéralo (git "
            "checkout) y repite la orden."
        )
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    for name in SHARED:
        if cells[name].cell_type == "code":
            cells[name].outputs, cells[name].execution_count = [], None
    return {name: cells[name] for name in SHARED}


def _write(name: str, text: str) -> NotebookNode:
    return new_markdown_cell(text, id=name)


def _build_example() -> Iterable[NotebookNode]:
    for name, prose, code in EXAMPLE:
        yield _write(f"{name}-texto", prose)
        yield new_code_cell(code, id=name, metadata={"tags": CHECKED})


def _build_quiz(title: str) -> NotebookNode:
    calls = [_ask(title, place) for place in range(3)]
    metadata = {"cellView": "form", "jupyter": {"source_hidden": True}}
    return new_code_cell(QUIZ_IMPORT + "\n".join(calls), id="quiz", metadata=metadata)


def _ask(title: str, right: int) -> str:
    """Una pregunta por escribir; la buena no está siempre en el mismo sitio."""
    lines = [
        "quiz(",
        f"    {_quote(f'¿Qué quieres preguntar ({right + 1}) de «{title}»?')},",
        "    {",
    ]
    for place in range(3):
        verdict = "Por qué es esta" if place == right else f"Por qué no es la {place + 1}"
        lines.append(f"        {_quote(f'Opción {place + 1}')}: {_quote(f'{verdict}: {TODO}.')},")
    return "\n".join([*lines, "    },", f"    right={_quote(f'Opción {right + 1}')},", ")"])


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _link_around(name: str, lessons: Iterable[Path]) -> str:
    before = [path for path in lessons if path.stem < name and path.stem > "00_inicio"]
    back = [f"[← {_read_title(path)}]({path.name})" for path in before[-1:]]
    return " · ".join([*back, "[Inicio](00_inicio.ipynb)"])


def _link_onward(name: str, lessons: Iterable[Path]) -> str:
    after = [path for path in lessons if path.stem > name][:1]
    onward = [f"**Siguiente:** [{_read_title(path)}]({path.name})." for path in after]
    return " ".join([*onward, "**De vuelta:** [Inicio](00_inicio.ipynb)"])


def _read_title(path: Path) -> str:
    """El título de una lección, sin lo que no cabe en un enlace."""
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells[:3])
    found = re.search(r"^# (.+)$", text, re.M)
    return found[1].replace("[", "").replace("]", "") if found else path.stem
