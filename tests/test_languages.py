"""En qué idioma hay que escribirle al modelo, y qué se dice cuando no se sabe."""

from __future__ import annotations

import pytest

from labsupport.data import find_language
from labsupport.data.languages import READS, list_languages
from labsupport.settings import PROFILES, Settings, check_parameters


def settle(folder, card=None, profile="mini"):
    """Unos parámetros con un modelo propio en ``folder``, con la ficha que se dé."""
    if card is not None:
        folder.joinpath("README.md").write_text(card, encoding="utf-8")
    return Settings(profile=profile, model_name="./modelo", model_folder=str(folder))


def refuse(sentence):
    raise AssertionError(sentence)


def test_the_model_of_every_profile_is_known():
    for profile, values in PROFILES.items():
        settings = check_parameters({"profile": profile})
        assert settings.model_name in READS, values
        assert find_language(settings, refuse) == ("es" if profile.endswith("es") else "en")


def test_a_known_model_counts_more_than_the_profile_and_the_card(tmp_path):
    tmp_path.joinpath("README.md").write_text("---\nlanguage: fr\n---\n", encoding="utf-8")
    settings = Settings(
        profile="mini",
        model_name="dccuchile/bert-base-spanish-wwm-cased",
        model_folder=str(tmp_path),
    )
    assert find_language(settings, refuse) == "es"


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ("language: es", ("es",)),
        ("language:\n- es", ("es",)),
        ("language: [es-MX, spa, en]", ("es", "en")),
        ("license: mit", ()),
        ("language: {a: b}", ()),
    ],
)
def test_the_card_of_the_folder_tells_the_language(tmp_path, told, codes):
    assert list_languages(settle(tmp_path, f"---\n{told}\n---\n# Modelo\n")) == codes


@pytest.mark.parametrize("profile", ["mini", "mini-es"])
def test_a_model_that_reads_both_follows_the_profile(tmp_path, profile):
    settings = settle(tmp_path, "---\nlanguage: [es, en, fr]\n---\n", profile)
    assert find_language(settings, refuse) == ("es" if profile == "mini-es" else "en")


@pytest.mark.parametrize("profile", ["mini", "mini-es"])
def test_a_model_of_another_language_gets_english_and_one_sentence(tmp_path, profile):
    said = []
    settings = settle(tmp_path, "---\nlanguage: fr\n---\n", profile)
    assert find_language(settings, said.append) == "en"
    assert said == [
        "./modelo lee francés y las frases de aquí van en inglés: cámbialas por otras que lea."
    ]


@pytest.mark.parametrize(("profile", "code", "name"), [("mini", "en", "inglés")])
def test_a_model_that_says_nothing_follows_the_profile_and_it_is_told(
    tmp_path, profile, code, name
):
    said = []
    assert find_language(settle(tmp_path, profile=profile), said.append) == code
    assert len(said) == 1 and "./modelo" in said[0] and name in said[0]
