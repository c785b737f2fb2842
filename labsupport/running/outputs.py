"""Limpia las salidas de una celda: sin barras de progreso y con los textos unidos."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbformat import NotebookNode

from labsupport.notebook.widgets import WIDGET

# Una línea de tqdm: «Map: 100%|████| 10/10 [00:00<00:00]» o «3it [00:01, 2.5it/s]».
PROGRESS_LINE = re.compile(r"\d+%\|.*\||\d+(?:it|ex| ?\w+)? \[\d+:\d\d.*\]|\d (?:it|ex\w*)/s")
# La barra del Trainer y su contador de tiempo; la tabla de épocas que va debajo se queda.
TRAINER_BAR = re.compile(r"<progress\b.*?</progress>\s*(?:\[[^\]]*\])?", re.DOTALL)


def clean_outputs(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    r"""Devuelve las salidas sin barras de progreso y con los trozos seguidos de texto unidos.

    >>> stream = {"output_type": "stream", "name": "stderr"}
    >>> bar = NotebookNode(stream, text="\r100%|████| 9/9 [00:00<00:00]\n")
    >>> hello = NotebookNode(stream, text="ho")
    >>> [output.text for output in clean_outputs([hello, NotebookNode(stream, text="la"), bar])]
    ['hola\n']
    """
    cleaned = (_clean(output) for output in _join_streams(outputs))
    return [output for output in cleaned if output is not None]


def drop_progress(text: str) -> str:
    r"""Devuelve el texto sin barras de progreso y con lo último que se escribió en cada línea.

    >>> drop_progress("\r  0%|    | 0/2\r100%|####| 2/2 [00:01<00:00]\nlisto\n")
    'listo\n'
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line for line in map(_last_written, lines) if line is not None)


def _last_written(line: str) -> str | None:
    """Lo que queda a la vista de una línea reescrita con retornos de carro; None si era barra."""
    kept = [part for part in line.split("\r") if not PROGRESS_LINE.search(part)]
    visible = [part for part in kept if part.strip()]
    if visible:
        return visible[-1]
    return line if len(kept) == line.count("\r") + 1 else None


def _join_streams(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(NotebookNode(output))
    return joined


def _clean(output: NotebookNode) -> NotebookNode | None:
    if output.output_type == "stream":
        output.text = drop_progress(output.text)
        return output if output.text.strip() else None
    if WIDGET in output.get("data", {}):
        return _drop_widget(output)
    page = output.get("data", {}).get("text/html", "")
    if "<progress" in page:
        return _drop_trainer_bar(output, page)
    return output


def _drop_widget(output: NotebookNode) -> NotebookNode | None:
    """Deja lo que se ve sin widgets; de una barra de progreso no queda nada."""
    if "text/html" not in output.data:
        return None
    kept = {kind: data for kind, data in output.data.items() if kind != WIDGET}
    output.data = NotebookNode(kept)
    return output


def _drop_trainer_bar(output: NotebookNode, page: str) -> NotebookNode | None:
    if "<table" not in page:
        return None
    output.data = NotebookNode({**output.data, "text/html": TRAINER_BAR.sub("", page)})
    return output
