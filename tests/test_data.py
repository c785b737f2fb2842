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


def load(**values):
    return load_subset(apply_parameters(values, detect=False))


def test_embedded_subset_has_the_sizes_asked_for_and_no_review_in_two_parts():
    parts = load(n_train=30, n_validation=25, n_eval=20)
    assert [len(part) for part in parts] == [30, 25, 20]
    texts = [set(part["text"]) for part in parts]
    assert len(set.union(*texts)) == 75
    assert len(np.unique(parts[0]["index"])) == 30


def test_another_size_of_training_keeps_the_validation_and_another_seed_changes_the_texts():
    validation = load(n_train=30, n_validation=25)[1]["index"][:]
    assert load(n_train=60, n_validation=25)[1]["index"][:] == validation
    assert load(n_train=30, n_validation=25, seed=7)[1]["index"][:] == validation
    assert load(n_train=30, n_validation=25, data_seed=7)[1]["index"][:] != validation


def test_a_validation_split_is_used_as_it_comes(split, monkeypatch):
    parts = DatasetDict(train=split, validation=split.select(range(9)), test=split)
    monkeypatch.setattr("datasets.load_dataset", lambda path: parts)
    values = {"n_train": 50, "n_validation": 9, "n_eval": 5}
    train, validation, test = load_subset(check_parameters(values))
    assert (len(train), len(validation), len(test)) == (50, 9, 5)
    assert sorted(validation["index"]) == list(range(9))


def test_training_and_validation_share_the_split_they_come_from(split, monkeypatch):
    monkeypatch.setattr("datasets.load_dataset", lambda path: DatasetDict(train=split, test=split))
    with pytest.raises(LabError, match="«n_train» [+] «n_validation» pide 51"):
        load_subset(check_parameters({"n_train": 31, "n_validation": 20, "n_eval": 5}))


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
