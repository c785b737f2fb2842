"""Los parámetros: qué se acepta, qué se rechaza y con qué frase."""

import subprocess
import sys

import pytest

from labsupport.base.errors import LabError
from labsupport.base.paths import REPO
from labsupport.settings import (
    PARAMETERS,
    PROFILES,
    check_parameters,
    describe_parameter,
    list_values,
    parse_parameter,
)


def test_yelp_profile_is_the_tutorials_recipe():
    settings = check_parameters({"profile": "yelp"})
    assert settings.model_path == settings.model_name == "google-bert/bert-base-cased"
    assert settings.dataset_path == settings.dataset_name == "Yelp/yelp_review_full"
    recipe = (settings.n_train, settings.n_eval, settings.seed, settings.epochs)
    assert recipe == (1000, 1000, 42, 3)
    assert (settings.learning_rate, settings.batch_size) == (5e-5, 8)


def test_the_spanish_profiles_follow_the_recipe_of_the_english_ones():
    mini, own = list_values("mini"), list_values("mini-es")
    changed = {name for name in mini if mini[name] != own[name]}
    assert changed == {"profile", "model_name", "dataset_name"}
    yelp, beto = list_values("yelp"), list_values("es")
    changed = {name for name in yelp if yelp[name] != beto[name]}
    assert changed == {"profile", "model_name", "dataset_name", "max_length"}


def test_the_profile_says_which_ones_there_are():
    told = describe_parameter("profile")
    assert all(f'"{profile}"' in told for profile in PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_sets_every_parameter_within_its_limits(profile):
    assert check_parameters({"profile": profile}).parameters() == list_values(profile)
    assert list(list_values(profile)) == list(PARAMETERS)


def test_values_alone_are_checked_without_files_network_or_frameworks():
    code = (
        "import sys; from labsupport.settings import check_parameters\n"
        "def refuse(event, _):\n"
        "    assert event not in ('open', 'os.listdir', 'os.scandir') and 'socket' not in event\n"
        "sys.addaudithook(refuse)\n"
        "str(check_parameters({'model_name': 'a/b', 'dataset_name': 'c.csv', 'n_train': 10**9}))\n"
        "heavy = {'torch', 'transformers', 'datasets', 'numpy', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO)
    assert done.returncode == 0, done.stderr


def test_a_single_value_overrides_the_profile():
    settings = check_parameters({"profile": "yelp", "epochs": 1, "seed": None})
    assert (settings.epochs, settings.seed) == (1, 42)


def test_columns_may_be_left_to_be_found():
    settings = check_parameters({"text_column": None, "label_column": "estrellas"})
    assert (settings.text_column, settings.label_column) == (None, "estrellas")
    assert ("text_column", "None", "perfil") in settings.rows()


@pytest.mark.parametrize(
    ("values", "fragments"),
    [
        ({"profile": "yelpp"}, ["perfil «yelpp»", "«yelp»"]),
        ({"profile": "mini_es"}, ["perfil «mini_es»", "«mini-es»"]),
        ({"profile": ["mini"]}, ["«profile» debe ser un texto"]),
        ({"n_train": 0}, ["«n_train» vale 0", "1 o más"]),
        ({"n_train": 10.0}, ["«n_train» debe ser un número entero", "10.0"]),
        ({"n_train": "10"}, ["«n_train» debe ser un número entero", "'10'"]),
        ({"n_train": True}, ["número entero", "True"]),
        ({"epochs": -1}, ["«epochs» vale -1", "entre 1 y 1000"]),
        ({"batch_size": 0}, ["«batch_size» vale 0"]),
        ({"learning_rate": 0.0}, ["«learning_rate» vale 0.0"]),
        ({"learning_rate": float("nan")}, ["«learning_rate» vale nan"]),
        ({"learning_rate": 3}, ["«learning_rate» vale 3.0", "entre"]),
        ({"max_length": 2}, ["«max_length» vale 2"]),
        ({"seed": -5}, ["«seed» vale -5"]),
        ({"model_name": " "}, ["«model_name» está vacío"]),
        ({"text_column": " "}, ["«text_column» está vacío"]),
        ({"dataset_name": 5}, ["«dataset_name» debe ser un texto"]),
        ({"epoch": 3}, ["«epoch»", "¿Querías decir «epochs»?"]),
    ],
)
def test_bad_values_are_refused_in_spanish(values, fragments):
    with pytest.raises(LabError) as caught:
        check_parameters(values)
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize("text", ["tres", "3.5", ""])
def test_text_that_is_not_a_number_is_refused(text):
    with pytest.raises(LabError, match="«epochs» debe ser un número entero"):
        parse_parameter("epochs", text)
