"""El formato de predicciones: va y vuelve igual, y lo roto o ajeno se rechaza por su nombre."""

import json
import multiprocessing

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from labsupport.base.errors import LabError
from labsupport.evaluation import results
from labsupport.evaluation.results import (
    digest_texts,
    predictions_path,
    read_predictions,
    save_predictions,
)
from labsupport.settings import check_parameters

LOGITS = [[0.1, 0.9], [2.0, -1.0], [0.25, 0.125]]


@pytest.fixture(autouse=True)
def results_in_a_private_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path))


@pytest.fixture
def dataset():
    features = Features(
        {
            "label": ClassLabel(names=["bad", "good"]),
            "index": Value("int64"),
            "text": Value("string"),
        }
    )
    rows = {"label": [1, 0, 1], "index": [7, 3, 9], "text": list("abc")}
    return Dataset.from_dict(rows, features=features)


HISTORY = [{"epoch": 1, "train_loss": 0.5, "eval_loss": 0.4, "accuracy": 2 / 3}]


def save(dataset, logits=LOGITS, history=HISTORY, **changes):
    settings = check_parameters({"n_train": 3, "n_eval": 3})
    return save_predictions(
        "02_trainer", "trainer", settings, dataset, logits, history=history, **changes
    )


def test_round_trip_keeps_everything(dataset):
    predictions = read_predictions(save(dataset, seconds=1.239))
    assert predictions.logits == LOGITS
    assert (predictions.index, predictions.labels) == ([7, 3, 9], [1, 0, 1])
    assert predictions.label_names == ["bad", "good"]
    assert predictions.accuracy == pytest.approx(2 / 3)
    assert predictions.seconds == 1.24
    assert predictions.parameters["n_train"] == 3
    assert predictions.history[0]["eval_loss"] == 0.4
    assert predictions.versions["transformers"][0].isdigit()
    assert predictions.peak_memory_mib > 10
    assert predictions.texts_digest == digest_texts(dataset)


def test_the_digest_tells_other_texts_apart_and_not_their_order(dataset):
    digest = digest_texts(dataset)
    assert digest == digest_texts(dataset.select([2, 0, 1]))
    changed = dataset.remove_columns("text").add_column("text", ["a", "b", "ç"])
    assert digest != digest_texts(changed)
    assert digest_texts(dataset.remove_columns("text")) == ""


def test_a_file_from_before_the_digest_is_read(dataset):
    path = save(dataset)
    break_file(path, lambda content: content.pop("texts_digest"))
    assert read_predictions(path).texts_digest == ""


def test_the_file_says_its_lesson_and_profile(dataset, tmp_path):
    assert (
        save(dataset) == tmp_path / "02_trainer-mini.json" == predictions_path("02_trainer", "mini")
    )


def test_logits_of_another_dataset_are_refused(dataset):
    with pytest.raises(LabError, match="2 filas de logits y 3 etiquetas"):
        save(dataset, LOGITS[:2])


def test_predictions_in_another_order_are_refused(dataset):
    save(dataset, label_ids=[1, 0, 1])
    with pytest.raises(LabError, match="en otro orden"):
        save(dataset, label_ids=[0, 1, 1])


def test_nothing_is_left_when_writing_fails(dataset, tmp_path, monkeypatch):
    save(dataset)
    before = (tmp_path / "02_trainer-mini.json").read_bytes()
    monkeypatch.setattr(results.json, "dumps", lambda *_, **__: "\ud800")
    with pytest.raises(UnicodeEncodeError):
        save(dataset)
    assert [path.name for path in tmp_path.iterdir()] == ["02_trainer-mini.json"]
    assert (tmp_path / "02_trainer-mini.json").read_bytes() == before


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_training_that_diverged_is_told_in_spanish(dataset, tmp_path, value):
    with pytest.raises(LabError, match="Baja «learning_rate»"):
        save(dataset, [[value, 0.0]] * 3)
    assert not list(tmp_path.glob("*.json"))


def test_an_infinite_loss_is_left_blank(dataset):
    row = {"epoch": 1, "train_loss": float("inf"), "eval_loss": 0.4, "accuracy": 0.5}
    assert read_predictions(save(dataset, history=[row])).history[0]["train_loss"] is None


def break_file(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(kind="otro"), "no es un archivo de predicciones"),
        (lambda c: c.update(schema_version=99), "versión 99"),
        (lambda c: c.pop("logits"), "a medias o dañado"),
        (lambda c: c.update(extra=1), "a medias o dañado"),
        (lambda c: c["logits"].pop(), "a medias o dañado"),
        (lambda c: c["logits"][0].pop(), "a medias o dañado"),
        (lambda c: c["labels"].__setitem__(0, 5), "a medias o dañado"),
        (lambda c: c["logits"][0].__setitem__(0, "x"), "a medias o dañado"),
        (lambda c: c.update(labels=None), "a medias o dañado"),
    ],
)
def test_foreign_or_inconsistent_files_are_refused_by_name(dataset, change, message):
    path = save(dataset)
    break_file(path, change)
    with pytest.raises(LabError, match=f"02_trainer-mini.json .*{message}"):
        read_predictions(path)


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\xff\xfe", b"{}"])
def test_files_that_are_something_else_are_refused(tmp_path, content):
    path = tmp_path / "02_trainer-mini.json"
    path.write_bytes(content)
    with pytest.raises(LabError, match="02_trainer-mini.json"):
        read_predictions(path)


def test_half_written_and_missing_files_are_told_apart(dataset, tmp_path):
    path = save(dataset)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(LabError, match="a medias"):
        read_predictions(path)
    with pytest.raises(LabError, match="Falta 03_keras-mini.json"):
        read_predictions(tmp_path / "03_keras-mini.json")


def write_many(folder, value, times):
    import os

    os.environ["LAB_RESULTS_DIR"] = folder
    rows = {"label": [0] * 50, "index": list(range(50))}
    dataset = Dataset.from_dict(rows)
    settings = check_parameters({"n_train": 3, "n_eval": 50})
    for _ in range(times):
        save_predictions("02_trainer", "trainer", settings, dataset, [[value, 0.0]] * 50)


def test_two_writers_at_once_never_leave_a_mixed_file(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=write_many, args=(str(tmp_path), float(value), 30))
        for value in (1, 2)
    ]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if (path := tmp_path / "02_trainer-mini.json").exists():
            seen.add(len({row[0] for row in read_predictions(path).logits}))
    for writer in writers:
        writer.join()
    assert seen == {1}
    assert all(writer.exitcode == 0 for writer in writers)
