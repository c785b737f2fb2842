"""Guarda en los cuadernos las salidas de una ejecución real, sin rastro de esta máquina."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.run_record import DONE
from labsupport.running.leaks import find_leak, list_private_texts
from labsupport.running.outputs import clean_outputs

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def refresh_notebooks(notebooks: Sequence[Path]) -> bool:
    """Ejecuta los cuadernos con sus valores por omisión y guarda en ellos sus salidas.

    Devuelve si todos se ejecutaron y se guardaron; cuenta por la salida los que no.
    """
    from labsupport.running.whole_lab import describe_run, run_notebooks

    run = run_notebooks(notebooks)
    print(f"\n{describe_run(run)}\n")
    if run.interrupted:
        raise KeyboardInterrupt
    done = {outcome.notebook for outcome in run.outcomes if outcome.status == DONE}
    finished = [notebook for notebook in notebooks if notebook.stem in done]
    stored = [_try_to_store(notebook, run.folder / notebook.name) for notebook in finished]
    return run.succeeded and all(stored)


def store_outputs(notebook: Path, executed: Path) -> None:
    """Pasa las salidas de ``executed`` a ``notebook``, de una vez.

    Lanza LabError, con el cuaderno y la celda, si una salida delata esta máquina; entonces
    ``notebook`` queda como estaba.
    """
    source = nbformat.read(notebook, as_version=4)
    merge_outputs(source, nbformat.read(executed, as_version=4))
    _refuse_leaks(notebook.name, source)
    write_atomically(notebook, serialize(source))


def merge_outputs(source: NotebookNode, executed: NotebookNode) -> None:
    """Copia a las celdas de ``source`` las salidas, ya limpias, de las de igual id.

    Lanza LabError si a una celda de código le falta la suya en ``executed``.
    """
    by_id = {cell.get("id"): cell for cell in executed.cells}
    for cell in source.cells:
        cell.metadata = _keep_authored(cell.metadata)
        if cell.cell_type == "code":
            twin = by_id.get(cell.id)
            if twin is None:
                raise LabError(f"La celda «{cell.id}» cambió mientras se ejecutaba: repite.")
            cell.outputs = clean_outputs(twin.outputs)
            cell.execution_count = twin.execution_count
    source.metadata = NotebookNode({**_keep_authored(source.metadata), **METADATA})


def serialize(notebook: NotebookNode) -> str:
    """Devuelve el JSON del cuaderno, siempre igual para el mismo contenido."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _try_to_store(notebook: Path, executed: Path) -> bool:
    try:
        store_outputs(notebook, executed)
    except LabError as error:
        print(error)
        return False
    print(f"{notebook.name}: salidas guardadas.")
    return True


def _keep_authored(metadata: dict[str, Any]) -> NotebookNode:
    generated = ("papermill", "widgets", "execution")
    return NotebookNode({name: metadata[name] for name in metadata if name not in generated})


def _refuse_leaks(name: str, notebook: NotebookNode) -> None:
    private = list_private_texts()
    for position, cell in enumerate(notebook.cells, start=1):
        leak = find_leak(cell.get("outputs", []), private)
        if leak:
            raise LabError(
                f"{name}, celda {position} (id «{cell.id}»): su salida contiene «{leak}», que "
                "delata esta máquina; cambia la celda y repite `make notebooks`."
            )
