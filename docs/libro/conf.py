"""Cómo construye Sphinx el libro; lo llama ``tools/build_book.py``, que prepara las páginas."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import labsupport  # noqa: E402

project = "Laboratorio de fine-tuning"
version = release = labsupport.__version__
language = "es"
extensions = ["myst_nb", "sphinx.ext.autodoc"]

# Se enseñan las salidas guardadas: aquí no se ejecuta nada ni hay widgets, sino su forma estática.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_code_prompt_show, nb_code_prompt_hide = "Ver el código", "Ocultar el código"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"
autodoc_preserve_defaults = True
add_module_names = False

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["libro.css"]
html_favicon = "static/libro.svg"
html_copy_source = False
html_show_sphinx = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "search_bar_text": "Buscar en el libro",
    "toc_title": "En esta página",
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_content_items": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def setup(app):
    """Cambia la búsqueda en español de Sphinx por una a la que le dan igual los acentos."""
    from search_folding import FoldingSpanish

    app.add_search_language(FoldingSpanish)
