"""El subconjunto: las mismas filas que shuffle y select, con su índice, y errores claros."""

from dataclasses import replace

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from labsupport.base.errors import LabError
from labsupport.base.paths import EMBEDDED
from labsupport.data import apply_parameters, describe_data, tokenize_dataset
from labsupport.data import subset as data
from labsupport.data.classes import order_classes
from labsupport.data.subset import choose_rows, load_subset
from labsupport.evaluation.scale import read_scale
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


STARS = ("1 estrella", *(f"{stars} estrellas" for stars in range(2, 6)))
REGIONS = ("es", "mx", "ar", "co", "cl")


@pytest.fixture
def regional(tmp_path):
    """Una carpeta como mini-reviews-es: con una columna más, de qué país es cada texto."""
    features = Features(
        {
            "label": ClassLabel(names=list(STARS)),
            "text": Value("string"),
            "region": ClassLabel(names=list(REGIONS)),
        }
    )
    for name, size in {"train": 60, "validation": 20, "test": 20}.items():
        numbers = range(size)
        rows = {
            "label": [i % 5 for i in numbers],
            "text": [f"La {name} número {i} estuvo muy bien y el trato también." for i in numbers],
            "region": [i // 5 % 5 for i in numbers],
        }
        path = tmp_path / f"{name}-00000-of-00001.parquet"
        Dataset.from_dict(rows, features=features).to_parquet(path)
    return tmp_path


def test_another_column_of_the_embedded_reviews_is_kept(regional):
    sizes = {"n_train": 30, "n_validation": 10, "n_eval": 10}
    settings = replace(check_parameters(sizes), dataset_folder=str(regional))
    for rows in load_subset(settings):
        assert rows.features["label"].names == list(STARS)
        assert rows.features["region"].names == list(REGIONS)
        row = rows[0]
        assert row["label"] == row["index"] % 5 and row["region"] == row["index"] // 5 % 5


def test_another_column_is_told_and_takes_no_part(regional):
    settings = replace(check_parameters({}), dataset_folder=str(regional), model_folder="")
    report = describe_data(settings)
    assert report.others == ["region"] and report.ordered
    assert [each["name"] for each in report.classes] == list(STARS)
    assert report.columns["text"] == "text" and report.columns["label"] == "label"
    assert read_scale(STARS).unit == "estrellas" and order_classes(STARS[::-1]) == list(STARS)


def test_tokens_are_added_beside_another_column(regional):
    from transformers import AutoModelForSequenceClassification as Classifier
    from transformers import AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments

    settings = replace(check_parameters({"n_train": 8}), dataset_folder=str(regional))
    settings = replace(settings, n_validation=4, n_eval=4)
    folder = EMBEDDED / "mini-bert"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = tokenize_dataset(load_subset(settings)[0], tokenizer, 32)
    assert {"region", "input_ids", "length"} <= set(rows.column_names)
    model = Classifier.from_pretrained(folder, num_labels=5)
    options = TrainingArguments(regional / "salida", report_to="none", disable_tqdm=True)
    collator = DataCollatorWithPadding(tokenizer)
    logits = Trainer(model, options, data_collator=collator).predict(rows).predictions
    assert logits.shape == (8, 5)


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
