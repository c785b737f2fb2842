"""La búsqueda del libro: la de Sphinx en español, y «informacion» encuentra «información».

El índice se escribe aquí y la consulta se lee en el navegador, con ``search_folding.js``: las dos
partes pliegan las palabras de la misma manera.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from sphinx.search.es import SearchSpanish

ACCENTS = re.compile("[\u0300-\u036f]")
# La raíz de «información» y de «informaciones» es la misma, pero solo si la primera lleva acento.
ENDING = re.compile("ion$")


class FoldingSpanish(SearchSpanish):
    """Español de Sphinx sin acentos ni eñes, en el índice y en la consulta."""

    # Sphinx lo copia detrás de lo suyo, en un archivo que carga la página de búsqueda.
    js_splitter_code = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self.stopwords = self.stopwords | {fold(word) for word in self.stopwords}

    def stem(self, word: str) -> str:
        """Devuelve la raíz de una palabra, la misma con acentos y sin ellos.

        >>> search = FoldingSpanish({})
        >>> {search.stem(word) for word in ("información", "informacion", "Informaciones")}
        {'inform'}
        """
        return super().stem(ENDING.sub("ión", fold(word.lower())))


def fold(text: str) -> str:
    """Quita los acentos y la virgulilla.

    >>> fold("información, año, pingüino")
    'informacion, ano, pinguino'
    """
    return ACCENTS.sub("", unicodedata.normalize("NFD", text))
