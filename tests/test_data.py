"""El subconjunto: las mismas filas que shuffle y select, con su índice, y errores claros."""

import numpy as np
import pytest
from datasets import Dataset, DatasetDict

from labsupport.base.errors import LabError
from labsupport.data import apply_parameters
from labsupport.data import subset as data
from labsupport.data.subset import choose_rows, load_subset
from labsupport.settings import check_parameters


@pytest.fixture
def split():
    return Dataset.from_dict({"text": [f"review {i}" for i in range(50)], "label": [0, 1] * 25})


@pytest.mark.parametrize("seed", [0, 42, 1234])
def test_chosen_rows_are_those_of_shuffle_and_select(split, seed):
    chosen = choose_rows(split, 10, seed)
    expected = split.shuffle(seed=seed).select(range(10))
    assert chosen["text"][:] == expected["text"][:]
    assert [f"review {i}" for i in chosen["index"]] == chosen["text"][:]


def test_asking_for_too_many_rows_names_the_parameter(split):
    with pytest.raises(LabError, match="«n_train» pide 51 .* tiene 50"):
        choose_rows(split, 51, 42, "n_train")


def test_embedded_subset_has_the_sizes_asked_for_and_no_review_in_both():
    train, evaluation = load_subset(apply_parameters({"n_train": 30, "n_eval": 20}, detect=False))
    assert (len(train), len(evaluation)) == (30, 20)
    assert not set(train["text"]) & set(evaluation["text"])
    assert len(np.unique(train["index"])) == 30


def test_a_missing_split_or_column_is_named(split, monkeypatch):
    settings = check_parameters({"n_train": 5, "n_eval": 5})
    monkeypatch.setattr("datasets.load_dataset", lambda path: DatasetDict(train=split))
    with pytest.raises(LabError, match="no tiene el split «test»"):
        load_subset(settings)
    renamed = split.rename_column("label", "stars")
    monkeypatch.setattr("datasets.load_dataset", lambda path: DatasetDict(train=renamed))
    with pytest.raises(LabError, match="le falta la columna «label»: tiene text, stars"):
        load_subset(settings)


def test_loading_does_not_change_the_progress_bars_of_the_notebook(split):
    from datasets import are_progress_bars_disabled

    before = are_progress_bars_disabled()
    with data._without_progress_bars():
        assert are_progress_bars_disabled()
    assert are_progress_bars_disabled() == before
