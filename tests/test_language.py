"""La prosa escribe siempre igual los decimales y las palabras que tienen dos maneras."""

from __future__ import annotations

import re

import nbformat
import pytest

from labsupport.base.paths import NOTEBOOKS, REPO

NOTEBOOK_PATHS = [
    *sorted(NOTEBOOKS.glob("*.ipynb")),
    *sorted((REPO / "exercises" / "source").glob("*/*.ipynb")),
]
PAGES = [*sorted(REPO.glob("*.md")), *sorted((REPO / "docs").glob("*.md"))]
DOCUMENTS = [*PAGES, *NOTEBOOK_PATHS]
# Lo que no es prosa: código, direcciones y etiquetas.
NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|https?://\S+|<[^>]*>", re.DOTALL)
# Tres cifras detrás del punto son millares; «3.11», si va detrás de su programa o de su licencia,
# una versión.
POINT = re.compile(r"(?:(\w+) )?(?<![\w.,/-])\d+\.(?:\d{1,2}|\d{4,})(?!\d|\.\d)")
VERSIONED = {"Python", "PyTorch", "TensorFlow", "Keras", "Transformers", "CUDA", "bubblewrap"}
VERSIONED |= {"BY"}  # CC BY 4.0
SLIPS = {
    "costo": r"\bcostes?\b",
    "de uno en uno": r"\bde a un[oa]?\b",
    "se solapan": r"\b(?:intervalos|barras)\b[^.\n]{0,30} se pisan\b",
    "un espacio delante de %": r"\d%",
}


def read_prose(path):
    """Devuelve la prosa de un documento, sin su código."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    return NOT_PROSE.sub("``", text)


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.stem)
def prose(request):
    return read_prose(request.param)


def test_decimals_have_a_comma(prose):
    found = [each[0] for each in POINT.finditer(prose) if each[1] not in VERSIONED]
    assert found == []


@pytest.mark.parametrize("right", SLIPS)
def test_words_with_two_forms_keep_one(prose, right):
    assert re.findall(SLIPS[right], prose, re.IGNORECASE) == [], f"escribe: {right}"
