"""Preguntas de opción múltiple: cada opción, con la razón de que sea o no la buena.

Donde hay widgets se responde y se lee la razón; en una copia sin kernel, cada opción se despliega.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from labsupport.base.errors import LabError
from labsupport.notebook.widgets import TABLE_STYLES, show_widget

if TYPE_CHECKING:
    import ipywidgets

RIGHT, WRONG = "Correcto.", "No."
CODE = re.compile(r"`([^`]+)`")
QUIZ_STYLE = "lab-quiz"
# De fábrica cada opción mide una línea, y una más larga taparía la siguiente.
LABEL = f".{QUIZ_STYLE} .widget-radio-box label"
WRAP = (
    f"<style>{LABEL} {{display: flex; height: auto; margin: 3px 0; line-height: 1.4; "
    "white-space: normal; overflow: visible} "
    f"{LABEL} input {{order: -1; flex: none; height: 1.4em; margin: 0 8px 0 1px}}</style>"
)


def quiz(question: str, options: Mapping[str, str], right: str) -> None:
    """Muestra una pregunta y, al elegir una opción, si es la buena y por qué.

    ``options``: de cada opción a la razón de que sea o no la buena; ``right``: la buena, escrita
    igual. Lo que va entre acentos graves sale como código. Lanza LabError si ``right`` no es
    ninguna de las opciones o si hay menos de dos.
    """
    _check(question, options, right)
    show_widget(build_quiz(question, options, right), describe_quiz(question, options, right))


def build_quiz(question: str, options: Mapping[str, str], right: str) -> ipywidgets.VBox:
    """Devuelve el widget: la pregunta, sus opciones sin ninguna elegida y la razón de la elegida.

    >>> box = build_quiz("¿2 + 2?", {"3": "Falta uno.", "4": "Dos y dos."}, right="4")
    >>> box.children[1].value = "4"
    >>> box.children[2].value
    '<strong>Correcto.</strong> Dos y dos.'
    """
    import ipywidgets

    title = ipywidgets.HTML(value=f"{WRAP}<strong>{_mark_code(question)}</strong>")
    choice = ipywidgets.RadioButtons(
        # El widget enseña las opciones como texto, sin código: los acentos graves sobran.
        options=[(CODE.sub(r"\1", option), option) for option in options],
        index=None,
        layout=ipywidgets.Layout(width="auto"),
    )
    reason = ipywidgets.HTML()
    for part in (title, reason):
        for style in TABLE_STYLES:
            part.add_class(style)

    def answer(change: dict[str, str]) -> None:
        reason.value = _judge(change["new"], options, right)

    choice.observe(answer, names="value")
    box = ipywidgets.VBox([title, choice, reason])
    box.add_class(QUIZ_STYLE)
    return box


def describe_quiz(question: str, options: Mapping[str, str], right: str) -> dict[str, str]:
    """Devuelve lo que se ve donde no hay widgets, como página y como texto.

    >>> print(describe_quiz("¿2 + 2?", {"3": "Falta uno.", "4": "Dos y dos."}, "4")["text/plain"])
    ¿2 + 2?
      a) 3
      b) 4
    Respuestas:
      a) No. Falta uno.
      b) Correcto. Dos y dos.
    """
    opened = "".join(
        f"<details><summary>{_mark_code(option)}</summary>"
        f"<p>{_judge(option, options, right)}</p></details>"
        for option in options
    )
    letters = [chr(ord("a") + position) for position in range(len(options))]
    lines = [
        question,
        *(f"  {letter}) {option}" for letter, option in zip(letters, options, strict=True)),
        "Respuestas:",
        *(
            f"  {letter}) {_verdict(option, right)} {reason}"
            for letter, (option, reason) in zip(letters, options.items(), strict=True)
        ),
    ]
    return {
        "text/html": f"<p><strong>{_mark_code(question)}</strong></p>{opened}",
        "text/plain": "\n".join(lines),
    }


def _check(question: str, options: Mapping[str, str], right: str) -> None:
    if len(options) < 2:
        raise LabError(
            f"La pregunta «{question}» necesita al menos dos opciones y tiene {len(options)}."
        )
    if right not in options:
        raise LabError(
            f"La respuesta «{right}» no es ninguna de las opciones de «{question}»: escríbela "
            "igual que en una de ellas."
        )


def _judge(option: str, options: Mapping[str, str], right: str) -> str:
    return f"<strong>{_verdict(option, right)}</strong> {_mark_code(options[option])}"


def _verdict(option: str, right: str) -> str:
    return RIGHT if option == right else WRONG


def _mark_code(text: str) -> str:
    """Devuelve el texto para una página, con lo que va entre acentos graves como código.

    >>> _mark_code("usa `a < b`, no &")
    'usa <code>a &lt; b</code>, no &amp;'
    """
    return CODE.sub(r"<code>\1</code>", html.escape(text, quote=False))
