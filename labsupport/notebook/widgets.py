"""Partes interactivas: un cuadro de texto y, debajo, lo que el cuaderno calcula con él.

La salida lleva las dos formas, el widget y una página fija (aquí, una tabla de ejemplo), y cada
programa enseña la mejor que sabe: JupyterLab, el widget; GitHub, nbval, papermill o una copia sin
kernel, la página.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import explain_error
from labsupport.notebook.colab import is_colab

if TYPE_CHECKING:
    import ipywidgets

WIDGET = "application/vnd.jupyter.widget-view+json"
# Con estas clases la tabla de dentro del widget se ve como las demás del cuaderno.
TABLE_STYLES = ("jp-RenderedHTMLCommon", "rendered_html")
STATIC_NOTE = "Ejemplo con «{text}»; con el kernel en marcha puedes escribir lo que quieras."


def ask(show: Callable[[str], Any], default: str, label: str, at_once: bool = True) -> None:
    """Muestra un cuadro de texto y, debajo, lo que ``show`` devuelve para lo que se escribe.

    ``show``: recibe el texto y devuelve una tabla u otro objeto que el cuaderno sepa mostrar;
    ``default``: el texto del principio, el único donde no hay widgets; ``at_once``: responder a
    cada tecla, o solo al pulsar Enter o salir del cuadro.
    """
    box = build_box(show, default, label, at_once)
    show_widget(box, describe_statically(show(default), default))


def show_widget(box: ipywidgets.DOMWidget, static: dict[str, str]) -> None:
    """Muestra ``box`` y, donde no hay widgets, ``static``: el contenido de cada tipo MIME."""
    from IPython.display import display

    if is_colab():
        display(box)
        return
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display({WIDGET: view, **static}, raw=True)


def build_box(
    show: Callable[[str], Any], default: str, label: str, at_once: bool = True
) -> ipywidgets.VBox:
    """Devuelve el widget: un cuadro de texto y su respuesta, que cambia con él.

    >>> box = build_box(len, "hola", "Texto")
    >>> box.children[0].value = "adiós"
    >>> "5" in box.children[1].value
    True
    """
    import ipywidgets

    text = ipywidgets.Text(
        value=default,
        description=label,
        continuous_update=at_once,
        layout=ipywidgets.Layout(width="auto"),
        style={"description_width": "initial"},
    )
    answer = ipywidgets.HTML(value=_to_html(show(default)))
    for style in TABLE_STYLES:
        answer.add_class(style)
    text.observe(lambda change: _answer(answer, show, change["new"]), names="value")
    return ipywidgets.VBox([text, answer])


def describe_statically(result: Any, default: str) -> dict[str, str]:
    """Devuelve lo que se ve donde no hay widgets, como página y como texto.

    >>> describe_statically(4, "hola")["text/plain"].splitlines()[0]
    'Ejemplo con «hola»; con el kernel en marcha puedes escribir lo que quieras.'
    """
    note = STATIC_NOTE.format(text=default)
    return {
        "text/html": f"{_to_html(result)}<p><em>{html.escape(note)}</em></p>",
        "text/plain": f"{note}\n{result}",
    }


def _answer(answer: ipywidgets.HTML, show: Callable[[str], Any], text: str) -> None:
    try:
        answer.value = _to_html(show(text))
    except Exception as error:  # noqa: BLE001 - sin esto el fallo quedaría en un registro oculto
        sentence = explain_error(error) or f"{type(error).__name__}: {error}"
        answer.value = f"<p>⚠ {html.escape(sentence)}</p>"


def _to_html(result: Any) -> str:
    make = getattr(result, "_repr_html_", None)
    page = make() if make else f"<pre>{html.escape(str(result))}</pre>"
    # A la izquierda, como las demás tablas; una ancha se desplaza dentro de su hueco.
    return f'<div style="width: fit-content; max-width: 100%; overflow-x: auto">{page}</div>'
