"""Guardar salidas: limpias, siempre iguales y sin rastro de la máquina."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import pytest

from labsupport.base.errors import LabError
from labsupport.commands.cli import main
from labsupport.running import leaks
from labsupport.running.outputs import clean_outputs, drop_progress
from labsupport.running.refresh import store_outputs

BAR = "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass"
PRIVATE_CELLS = {
    "carpeta personal": "import pathlib; print(pathlib.Path.home() / 'datos')",
    "python": "import sys; print(sys.prefix)",
    "temporal": "import tempfile; print(tempfile.gettempdir() + '/x1')",
    "personal de otra máquina": "print('/Users/ana/lab')",
    "Windows": r"print(r'C:\Users\ana\lab')",
    "una tabla": "from IPython.display import HTML; HTML('<td>/home/ana/lab</td>')",
    "usuario": "print('autora: anacleta')",
}


def refresh(notebook: Path, out: Path, monkeypatch) -> int:
    """Refresca un cuaderno por la línea de órdenes, con las copias en ``out``."""
    monkeypatch.setattr("labsupport.base.paths.runs_folder", lambda: out)
    return main(["refresh", str(notebook)])


def test_outputs_are_stored_clean_and_repeatable(make_notebook, tmp_path, monkeypatch):
    notebook = make_notebook("01_datos", "print('uno')\nprint('dos')", BAR, "6 * 7")
    assert refresh(notebook, tmp_path / "runs", monkeypatch) == 0
    first = notebook.read_bytes()
    assert refresh(notebook, tmp_path / "runs", monkeypatch) == 0
    assert notebook.read_bytes() == first and first.endswith(b"}\n")
    cells = json.loads(first)["cells"]
    assert [cell["execution_count"] for cell in cells] == [1, 2, 3]
    assert "".join(cells[0]["outputs"][0]["text"]) == "uno\ndos\n"
    assert cells[1]["outputs"] == []
    assert cells[2]["outputs"][0]["data"]["text/plain"] == ["42"]
    assert b"papermill" not in first and b"widget" not in first


def test_authored_metadata_and_sources_stay(make_notebook, tmp_path, monkeypatch):
    notebook = make_notebook("01_datos", "epochs = 1")
    content = json.loads(notebook.read_text())
    content["cells"][0]["metadata"]["tags"] = ["parameters"]
    content["metadata"]["widgets"] = {"state": {}}
    pinned = {"runtime_attributes": {"runtime_version": "2026.10"}}
    content["metadata"]["colab"] = pinned
    notebook.write_text(json.dumps(content))
    assert refresh(notebook, tmp_path / "runs", monkeypatch) == 0
    stored = json.loads(notebook.read_text())
    assert stored["cells"][0]["metadata"] == {"tags": ["parameters"]}
    assert stored["cells"][0]["source"] == ["epochs = 1"]
    assert "widgets" not in stored["metadata"] and stored["metadata"]["colab"] == pinned
    assert stored["metadata"]["kernelspec"]["name"] == "python3"
    assert "version" not in stored["metadata"]["language_info"]


@pytest.mark.parametrize("source", PRIVATE_CELLS.values(), ids=PRIVATE_CELLS)
def test_a_path_or_name_of_this_machine_is_refused(
    make_notebook, tmp_path, monkeypatch, capsys, source
):
    monkeypatch.setattr(leaks, "_user_name", lambda: "anacleta")
    notebook = make_notebook("01_datos", "1 + 1", source)
    before = notebook.read_bytes()
    assert refresh(notebook, tmp_path / "runs", monkeypatch) == 1
    assert "01_datos.ipynb, celda 2 (id «celda-2»): su salida" in capsys.readouterr().out
    assert notebook.read_bytes() == before


def test_failing_notebook_keeps_its_stored_outputs(make_notebook, tmp_path, monkeypatch):
    notebook = make_notebook("01_datos", "print('nueva')", "1 / 0")
    before = notebook.read_bytes()
    assert refresh(notebook, tmp_path / "runs", monkeypatch) == 1
    assert notebook.read_bytes() == before


def test_interrupted_store_leaves_the_notebook_whole(make_notebook, monkeypatch):
    notebook = make_notebook("01_datos", "1 + 1")
    before = notebook.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="No space"):
        store_outputs(notebook, notebook)
    assert notebook.read_bytes() == before and list(notebook.parent.iterdir()) == [notebook]


def test_without_names_the_notebook_without_help_is_refreshed_too(
    make_notebook, tmp_path, monkeypatch
):
    lesson, alone = make_notebook("00_inicio", "1 + 1"), make_notebook("sin_ayuda", "6 * 7")
    draft = make_notebook("borrador", "1 / 0").read_bytes()
    monkeypatch.setattr("labsupport.base.paths.NOTEBOOKS", lesson.parent)
    monkeypatch.setattr("labsupport.base.paths.runs_folder", lambda: tmp_path / "runs")
    assert main(["refresh"]) == 0
    assert b'"2"' in lesson.read_bytes() and b'"42"' in alone.read_bytes()
    assert (lesson.parent / "borrador.ipynb").read_bytes() == draft


def test_images_are_not_searched_for_names():
    outputs = [{"data": {"image/png": "aaa/anacleta/bbb", "text/plain": "<Figure>"}}]
    assert leaks.find_leak(outputs, ["anacleta"]) is None
    outputs[0]["data"]["image/svg+xml"] = "<!-- anacleta -->"
    assert leaks.find_leak(outputs, ["anacleta"]) == "anacleta"


def test_private_texts_hold_this_machine(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "torre-de-ana")
    texts = leaks.list_private_texts()
    assert {str(Path.home()), sys.prefix, "torre-de-ana"} <= set(texts)
    assert "root" not in texts and "localhost" not in texts


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Map: 100%|████████| 1000/1000 [00:00<00:00, 9000.00 examples/s]\n", ""),
        ("\r0it [00:00, ?it/s]\r3it [00:00, 9.1it/s]\naviso\n", "aviso\n"),
        ("\rLoading weights:   0%|          | 0/197 [00:00<?, ?it/s]", ""),
        ("una línea\n\notra\n", "una línea\n\notra\n"),
        ("el 50% de las reseñas | tabla\n", "el 50% de las reseñas | tabla\n"),
    ],
)
def test_progress_bars_are_dropped_and_text_stays(written, stored):
    assert drop_progress(written) == stored


def test_widgets_go_and_the_trainer_table_stays():
    def display(**data):
        return nbformat.v4.new_output("display_data", data=data)

    page = (
        "<div><progress value='3' max='3'></progress>[3/3 00:12, Epoch 3/3]</div><table>x</table>"
    )
    widget = display(**{"application/vnd.jupyter.widget-view+json": {"model_id": "a"}})
    bar = display(**{"text/html": "<progress value='1'></progress>"})
    kept = clean_outputs([widget, bar, display(**{"text/html": page})])
    assert [output.data["text/html"] for output in kept] == ["<div></div><table>x</table>"]


def test_source_without_matching_cell_is_refused(make_notebook):
    notebook = make_notebook("01_datos", "1 + 1", "2 + 2")
    executed = make_notebook("01_copia", "1 + 1")
    with pytest.raises(LabError, match="celda-2"):
        store_outputs(notebook, executed)
