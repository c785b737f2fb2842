"""Los parámetros: qué se acepta, qué se rechaza y con qué frase."""

import shutil

import pytest

from labsupport import settings as module
from labsupport.base.errors import LabError
from labsupport.settings import (
    PARAMETERS,
    PROFILES,
    apply_parameters,
    check_parameters,
    parse_parameter,
)


def test_yelp_profile_is_the_tutorials_recipe():
    settings = check_parameters({"profile": "yelp"})
    assert settings.model_path == "google-bert/bert-base-cased"
    assert settings.dataset_path == "Yelp/yelp_review_full"
    recipe = (settings.n_train, settings.n_eval, settings.seed, settings.epochs)
    assert recipe == (1000, 1000, 42, 3)
    assert (settings.learning_rate, settings.batch_size) == (5e-5, 8)


def test_every_profile_sets_every_parameter():
    for values in PROFILES.values():
        assert set(values) == set(PARAMETERS) - {"profile"}


def test_a_single_value_overrides_the_profile():
    settings = check_parameters({"profile": "yelp", "epochs": 1, "seed": None})
    assert (settings.epochs, settings.seed) == (1, 42)


def test_columns_may_be_left_to_be_found():
    settings = check_parameters({"text_column": None, "label_column": "estrellas"})
    assert (settings.text_column, settings.label_column) == (None, "estrellas")
    assert ("text_column", "None", "perfil") in settings.rows()


def test_mini_profile_points_to_the_embedded_folders():
    settings = check_parameters({})
    assert settings.model_path.endswith("embedded/mini-bert")
    assert settings.dataset_path.endswith("embedded/mini-reviews")


def test_apply_parameters_reads_the_cell_and_detects_the_device():
    settings = apply_parameters({"profile": "mini", "n_train": 7, "other": object()})
    assert settings.n_train == 7
    assert settings.device in {"cpu", "cuda", "mps"}
    assert settings.precision in {"fp32", "bf16"}
    assert "cambiado" in settings._repr_html_()


@pytest.mark.parametrize(
    ("values", "fragments"),
    [
        ({"profile": "yelpp"}, ["perfil «yelpp»", "«yelp»"]),
        ({"n_train": 0}, ["«n_train» vale 0", "1 o más"]),
        ({"n_train": 6001}, ["6001", "«train»", "baja «n_train»"]),
        ({"n_eval": 10**6}, ["1000000", "«test»"]),
        ({"profile": "yelp", "n_train": 650_001}, ["650001", "650000"]),
        ({"n_train": 10.0}, ["«n_train» debe ser un número entero", "10.0"]),
        ({"n_train": "10"}, ["«n_train» debe ser un número entero", "'10'"]),
        ({"n_train": True}, ["número entero", "True"]),
        ({"epochs": -1}, ["«epochs» vale -1", "entre 1 y 1000"]),
        ({"batch_size": 0}, ["«batch_size» vale 0"]),
        ({"learning_rate": 0.0}, ["«learning_rate» vale 0.0"]),
        ({"learning_rate": float("nan")}, ["«learning_rate» vale nan"]),
        ({"learning_rate": 3}, ["«learning_rate» vale 3.0", "entre"]),
        ({"max_length": 513}, ["513", "512", "baja «max_length»"]),
        ({"profile": "yelp", "max_length": 1024}, ["1024", "google-bert/bert-base-cased"]),
        ({"max_length": 2}, ["«max_length» vale 2"]),
        ({"seed": -5}, ["«seed» vale -5"]),
        ({"model_name": " "}, ["«model_name» está vacío"]),
        ({"text_column": " "}, ["«text_column» está vacío"]),
        ({"dataset_name": 5}, ["«dataset_name» debe ser un texto"]),
        ({"epoch": 3}, ["«epoch»", "¿Querías decir «epochs»?"]),
    ],
)
def test_bad_values_are_refused_in_spanish(values, fragments):
    if values.get("n_train") == 6001:
        values = {"n_train": _embedded_train_rows() + 1}
        fragments = [str(values["n_train"]), *fragments[1:]]
    with pytest.raises(LabError) as caught:
        check_parameters(values)
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize("text", ["tres", "3.5", ""])
def test_text_that_is_not_a_number_is_refused(text):
    with pytest.raises(LabError, match="«epochs» debe ser un número entero"):
        parse_parameter("epochs", text)


def test_a_corrupt_embedded_parquet_is_named_before_anything_heavy(tmp_path, monkeypatch):
    copy = tmp_path / "embedded"
    shutil.copytree(module.EMBEDDED, copy)
    parquet = next((copy / "mini-reviews").glob("train*.parquet"))
    parquet.write_bytes(parquet.read_bytes()[:1000])
    monkeypatch.setattr(module, "EMBEDDED", copy)
    with pytest.raises(LabError, match=f"{parquet.name}: El archivo de datos está dañado"):
        check_parameters({})


def test_a_corrupt_model_config_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match="config.json .* está dañado"):
        check_parameters({"model_name": str(tmp_path)})


def _embedded_train_rows():
    return module._split_sizes("mini-reviews")["train"]
