"""Dibujos hechos a mano (``pictures/``), con texto alternativo y la tabla de lo que dibujan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import LabError, suggest_name
from labsupport.report.plots import embed_image

if TYPE_CHECKING:
    import pandas as pd

PICTURES = Path(__file__).parent / "pictures"


class Picture:
    """Un dibujo listo para el cuaderno: SVG, texto alternativo y tabla plegable."""

    def __init__(self, svg: bytes, alt: str, table: pd.DataFrame) -> None:
        self.svg, self.alt, self.table = svg, alt, table

    def _repr_html_(self) -> str:
        import pandas as pd

        with pd.option_context("display.max_colwidth", None):
            return embed_image("svg+xml", self.svg, self.alt, self.table)

    def __repr__(self) -> str:
        return f"{self.alt}\n{self.table.to_string(index=False)}"


def show_picture(name: str, alt: str) -> Picture:
    """Devuelve el dibujo ``name`` de ``pictures/``: su SVG y, en un CSV, lo que se lee en él.

    ``alt``: qué enseña, para quien no puede verlo. Lanza LabError si no hay ninguno que se llame
    así.

    >>> show_picture("bert", alt="Los pasos de BERT.").table["paso"].iloc[0]
    'tokens'
    """
    import pandas as pd

    path = PICTURES / f"{name}.svg"
    if not path.is_file():
        known = sorted(each.stem for each in PICTURES.glob("*.svg"))
        raise LabError(f"No hay ningún dibujo «{name}».{suggest_name(name, known)}")
    table = pd.read_csv(path.with_suffix(".csv"), dtype=str, keep_default_na=False)
    return Picture(path.read_bytes(), alt, table)
