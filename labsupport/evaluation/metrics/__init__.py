"""Métricas de ``evaluate`` que viajan con el laboratorio: ``evaluate.load`` sin red.

``evaluate.load("accuracy")`` descarga un programa del Hub;
``evaluate.load(metric_path("accuracy"))`` lee el de esta carpeta, con la misma interfaz.
"""

from pathlib import Path

from labsupport.base.errors import LabError, suggest_name

_FOLDER = Path(__file__).parent


def metric_path(name: str) -> str:
    """Devuelve la carpeta de una métrica incluida, lista para ``evaluate.load``.

    Lanza LabError si no existe.

    >>> Path(metric_path("accuracy")).name
    'accuracy'
    """
    known = [path.name for path in _FOLDER.iterdir() if (path / f"{path.name}.py").is_file()]
    if name not in known:
        raise LabError(
            f"No hay una métrica incluida llamada «{name}».{suggest_name(name, known)} "
            f"Las que hay: {', '.join(sorted(known))}."
        )
    return str(_FOLDER / name)
