"""Los fallos previsibles se cuentan en español y con qué hacer; los demás no se tocan."""

import errno
import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from labsupport.base.errors import LabError, explain_error
from labsupport.base.paths import EMBEDDED
from labsupport.notebook import prepare_notebook
from labsupport.settings import check_parameters


def test_the_original_cause_is_found_behind_the_wrapper():
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as cause:
            raise RuntimeError("An error occurred while generating the dataset") from cause
    except RuntimeError as error:
        assert "make clean" in explain_error(error)


def test_out_of_memory_says_what_to_lower_and_in_which_order():
    sentence = explain_error(RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 GB"))
    assert (
        sentence.index("max_length") < sentence.index("batch_size") < sentence.index("model_name")
    )
    assert explain_error(MemoryError()) == sentence


def test_the_frameworks_own_memory_errors_are_recognised():
    import numpy as np
    import torch

    sentence = explain_error(MemoryError())
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    assert explain_error(caught.value) == sentence
    with pytest.raises(MemoryError) as caught:
        np.empty(2**56)
    assert explain_error(caught.value) == sentence
    assert explain_error(torch.OutOfMemoryError("CUDA out of memory.")) == sentence
    message = (
        "[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."
    )
    assert explain_error(RuntimeError(message)) == sentence
    assert explain_error(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED")) == sentence


@pytest.mark.slow
def test_tensorflow_running_out_of_memory_is_recognised():
    tf = pytest.importorskip("tensorflow")
    with pytest.raises(tf.errors.OpError) as caught:
        tf.zeros([2**48])
    assert explain_error(caught.value) == explain_error(MemoryError())
    error = tf.errors.InternalError(None, None, "RESOURCE_EXHAUSTED: Out of memory while trying")
    assert explain_error(error) == explain_error(MemoryError())


def test_missing_module_names_it():
    error = ModuleNotFoundError("No module named 'evaluate'", name="evaluate")
    assert "«evaluate»" in explain_error(error) and "make lab" in explain_error(error)


def test_other_peoples_bugs_are_left_alone():
    assert explain_error(KeyError("x")) is None


def test_corrupt_weights_are_explained(tmp_path):
    from transformers import AutoModelForSequenceClassification

    folder = tmp_path / "model"
    shutil.copytree(EMBEDDED / "mini-bert", folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(Exception) as caught:
        AutoModelForSequenceClassification.from_pretrained(folder)
    assert "pesos del modelo está dañado" in explain_error(caught.value)


def test_corrupt_parquet_is_explained(tmp_path):
    from datasets import load_dataset

    folder = tmp_path / "reviews"
    shutil.copytree(EMBEDDED / "mini-reviews", folder)
    for path in folder.glob("train*.parquet"):
        path.write_bytes(b"no soy parquet")
    with pytest.raises(Exception) as caught:
        load_dataset(str(folder))
    assert "archivo de datos está dañado" in explain_error(caught.value)


def test_offline_without_cache_is_explained(monkeypatch):
    import huggingface_hub
    from transformers import AutoConfig

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(Exception) as caught:
        AutoConfig.from_pretrained(check_parameters({"profile": "yelp"}).model_path)
    assert 'profile = "mini"' in explain_error(caught.value)


def test_in_a_notebook_the_sentence_comes_alone_and_own_bugs_keep_their_traceback(make_notebook):
    path = make_notebook(
        "fallos",
        "from labsupport.notebook.prepare import prepare_notebook\nprepare_notebook()",
        "raise MemoryError()",
        "from labsupport.settings import check_parameters\ncheck_parameters({'epochs': -1})",
        "def mine():\n    return 1 / 0\nmine()",
        'dataset_name = "C:\\Users\\Ana.csv"',
        "esto no es Python",
    )
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
    memory, parameter, bug, escape, syntax = (cell.outputs[-1] for cell in notebook.cells[1:])
    assert memory.ename == "LabError"
    assert memory.traceback[0].startswith("⚠ Se acabó la memoria")
    assert len(memory.traceback) == 2 and "MemoryError" in memory.traceback[1]
    assert parameter.traceback == [f"⚠ {parameter.evalue}"]
    assert bug.ename == "ZeroDivisionError"
    assert "mine" in "".join(bug.traceback)
    assert escape.traceback[0].startswith("⚠ Entre comillas, «\\» cambia la letra que sigue")
    assert syntax.ename == "SyntaxError"


def test_a_kernel_of_another_environment_is_told(monkeypatch):
    monkeypatch.setattr("labsupport.notebook.prepare.NEEDED", ("no_instalado", "torch"))
    with pytest.raises(LabError, match="sin no_instalado: abre JupyterLab con `make jupyter`"):
        prepare_notebook()
