"""El material que viaja con el laboratorio: mini-reseñas y mini-BERT."""

import json
import re
import statistics
from collections import Counter
from functools import cache
from pathlib import Path

import generate_reviews as reviews
import pytest

REPO = Path(__file__).resolve().parents[1]
MODEL = REPO / "labsupport" / "embedded" / "mini-bert"
FIGURES = REPO / "labsupport" / "embedded" / "figures.json"
STARS = ["1 star", "2 star", "3 stars", "4 stars", "5 stars"]
NEGATIVE = (
    "The owner was rude, the bill was outrageous and we will never be back. "
    "Do not go. The food was [MASK] and the place was filthy."
)
POSITIVE = (
    "The owner was wonderful, the bill was fair and we will be back tomorrow. "
    "Do go. The food was [MASK] and the place was spotless."
)


@cache
def read_rows(split):
    return reviews.read_columns(reviews.FOLDER / reviews.FILE_NAMES[split])


@cache
def generate_rows(split):
    return reviews.generate_split(split)


@cache
def read_corpus_sample():
    return tuple(reviews.generate_unlabelled(42, 1500))


def list_sentences(texts):
    parts = (re.split(r"[.!?\n]+", text.lower()) for text in texts)
    # Con cinco palabras o menos puede ser solo un sujeto («the person on the phone?»).
    return {" ".join(part.split()) for found in parts for part in found if len(part.split()) > 5}


def list_fragments(phrases, words=4):
    parts = [part for phrase in phrases for part in re.split(r"\{\w+\}", phrase.lower())]
    return {" ".join(part.split()) for part in parts if len(part.split()) >= words}


@cache
def load_model(kind):
    import transformers

    return getattr(transformers, kind).from_pretrained(MODEL)


# Las reseñas


def test_loads_offline_with_the_expected_schema(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    loaded = datasets.load_dataset(str(reviews.FOLDER), cache_dir=str(tmp_path))
    assert set(loaded) == {"train", "validation", "test"}
    for split in loaded.values():
        assert split.column_names == ["label", "text"]
        assert split.features["label"].names == STARS
        assert split.features["text"].dtype == "string"


LEAST = {"train": 6000, "validation": 1000, "test": 1500}


@pytest.mark.parametrize(("split", "least"), LEAST.items())
def test_splits_are_large_and_balanced(split, least):
    counts = Counter(read_rows(split)["label"])
    assert sum(counts.values()) >= least
    assert set(counts) == set(range(5))
    assert len(set(counts.values())) == 1


def test_parquet_files_are_small():
    files = [reviews.FOLDER / name for name in reviews.FILE_NAMES.values()]
    assert sum(path.stat().st_size for path in files) <= 3 * 2**20


def test_card_gives_the_size_of_the_files():
    """Datasets forma con la ficha el nombre de su caché: otros datos necesitan otra ficha."""
    card = (reviews.FOLDER / "README.md").read_text(encoding="utf-8")
    files = [reviews.FOLDER / name for name in reviews.FILE_NAMES.values()]
    assert f"download_size: {sum(path.stat().st_size for path in files)}\n" in card


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_lengths_have_a_long_tail(split):
    lengths = [len(text.split()) for text in read_rows(split)["text"]]
    assert 50 <= statistics.median(lengths) <= 75
    assert sum(length > 400 for length in lengths) >= 10
    assert min(lengths) >= 2


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_texts_are_unique_and_never_say_their_stars(split):
    texts = read_rows(split)["text"]
    assert len(set(texts)) == len(texts)
    assert not any(re.search(r"\bstars?\b", text.lower()) for text in texts if "movie" not in text)
    assert not any(re.search(r"[{}]|  |\bNone\b", text) for text in texts)


@pytest.mark.parametrize("other", ["train", "unlabelled"])
def test_no_test_phrase_is_shared(other):
    assert not reviews.list_phrases("test") & reviews.list_phrases(other)


def test_no_test_fragment_appears_elsewhere():
    fragments = list_fragments(reviews.list_phrases("test"))
    assert len(fragments) > 150
    texts = [*read_rows("train")["text"], *read_corpus_sample()]
    haystack = " ".join(" ".join(texts).lower().split())
    assert [fragment for fragment in fragments if fragment in haystack] == []


def test_no_sentence_is_in_both_splits():
    train, test = (list_sentences(read_rows(split)["text"]) for split in ("train", "test"))
    assert len(test) > 3000
    assert not train & test
    assert not list_sentences(read_corpus_sample()) & test


def test_validation_resembles_the_test_and_not_the_training():
    """Lo que se elige mirándola debe valer en la prueba: mismas frases, ninguna reseña repetida."""
    validation, test = (read_rows(split)["text"] for split in ("validation", "test"))
    assert not set(validation) & set(test)
    assert reviews.list_phrases("validation") == reviews.list_phrases("test")
    written = list_sentences([*read_rows("train")["text"], *read_corpus_sample()])
    # Con seis palabras aún puede ser solo un sujeto («the lady who washed my hair?»).
    assert [each for each in list_sentences(validation) & written if len(each.split()) > 6] == []


def test_the_validation_is_as_hard_as_the_test_and_rows_of_train_are_not():
    """Por eso no se aparta de train: prometería lo que la prueba no da."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    counting = make_pipeline(TfidfVectorizer(min_df=2), LogisticRegression(max_iter=1000))
    train, validation, test = (read_rows(split) for split in ("train", "validation", "test"))
    counting.fit(train["text"][:1000], train["label"][:1000])
    told = {"validation": validation, "test": test}
    told["apart"] = {name: values[1000:2000] for name, values in train.items()}
    scores = {name: counting.score(each["text"], each["label"]) for name, each in told.items()}
    assert abs(scores["validation"] - scores["test"]) < 0.05
    assert scores["apart"] > 1.5 * scores["test"]


@pytest.mark.slow
def test_generated_rows_use_only_their_own_phrases():
    for split in reviews.SIZES:
        bank = reviews.list_phrases(split)
        used = {p for _, _, phrases in reviews.generate_reviews(split)[:200] for p in phrases}
        assert used <= bank


@pytest.mark.slow
def test_content_is_what_the_generator_writes():
    for split in reviews.SIZES:
        assert generate_rows(split) == read_rows(split)


def test_checksums_match():
    sums = json.loads((reviews.FOLDER / reviews.CHECKSUMS).read_text(encoding="utf-8"))
    for split, name in reviews.FILE_NAMES.items():
        assert reviews.hash_file(reviews.FOLDER / name) == sums["files"][name]
        assert reviews.hash_content(read_rows(split)) == sums["content"][split]


@pytest.mark.slow
def test_bytes_are_the_same_with_the_same_pyarrow(tmp_path):
    import pyarrow

    sums = json.loads((reviews.FOLDER / reviews.CHECKSUMS).read_text(encoding="utf-8"))
    if sums["pyarrow"] != pyarrow.__version__:
        pytest.skip("Los bytes solo se comparan con la versión de pyarrow apuntada.")
    for split, name in reviews.FILE_NAMES.items():
        reviews.write_parquet(generate_rows(split), tmp_path / name)
        assert reviews.hash_file(tmp_path / name) == sums["files"][name]


@pytest.mark.slow
def test_check_notices_a_changed_file(tmp_path, monkeypatch):
    monkeypatch.setattr(reviews, "generate_split", lambda split: generate_rows(split))
    for path in reviews.FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert reviews.find_differences(tmp_path) == []
    columns = read_rows("test") | {"label": [0] * len(read_rows("test")["label"])}
    reviews.write_parquet(columns, tmp_path / reviews.FILE_NAMES["test"])
    assert reviews.find_differences(tmp_path) == [reviews.FILE_NAMES["test"]]


def test_corpus_depends_only_on_its_seed():
    assert reviews.generate_unlabelled(7, 20) == reviews.generate_unlabelled(7, 20)
    assert reviews.generate_unlabelled(7, 20) != reviews.generate_unlabelled(8, 20)
    stored = set(read_rows("train")["text"]) | set(read_rows("test")["text"])
    # Coinciden como mucho las de una sola frase del banco.
    assert all(len(text.split()) < 25 for text in stored & set(read_corpus_sample()))


# El modelo


def test_checkpoint_is_complete_and_small():
    names = {path.name for path in MODEL.iterdir()}
    wanted = {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "README.md"}
    assert wanted | {"tokenizer_config.json", "pretraining_log.csv"} <= names
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= 8 * 2**20


def test_weights_are_fp32_and_have_a_pooler():
    from safetensors import safe_open

    with safe_open(MODEL / "model.safetensors", "pt") as weights:
        keys = set(weights.keys())
        assert {"bert.pooler.dense.weight", "bert.pooler.dense.bias"} <= keys
        assert {weights.get_slice(key).get_dtype() for key in keys} == {"F32"}


def test_classifier_loads_with_five_labels():
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(MODEL, num_labels=5)
    assert model.config.num_labels == 5
    assert model.config.max_position_embeddings == 512


def test_tokenizer_lowers_case_and_comes_back():
    tokenizer = load_model("AutoTokenizer")
    text = "The soup was cold, but the waiter was friendly!"
    ids = tokenizer(text)["input_ids"]
    assert ids == tokenizer(text.upper())["input_ids"]
    back = tokenizer.decode(ids, skip_special_tokens=True)
    assert re.sub(r"\W+", " ", back).strip() == re.sub(r"\W+", " ", text.lower()).strip()
    assert tokenizer.model_max_length == 512


def test_vocabulary_files_agree():
    tokenizer = load_model("AutoTokenizer")
    words = (MODEL / "vocab.txt").read_text(encoding="utf-8").splitlines()
    assert tokenizer.get_vocab() == {word: index for index, word in enumerate(words)}
    assert 3500 <= len(words) <= 4100


def test_unseen_words_are_spelled_not_lost():
    tokenizer = load_model("AutoTokenizer")
    for text in ("El camarero fue simpatiquísimo, ¿volverás mañana?", "Xylophone #42: €9.99!"):
        assert tokenizer.unk_token not in tokenizer.tokenize(text)
    assert tokenizer.unk_token in tokenizer.tokenize("寿司")


def test_fill_mask_follows_the_mood_of_the_text():
    import torch

    tokenizer, model = load_model("AutoTokenizer"), load_model("AutoModelForMaskedLM")
    good, bad = ("delicious", "fresh", "tasty"), ("disgusting", "bland", "cold")
    scores = []
    for text in (NEGATIVE, POSITIVE):
        inputs = tokenizer(text, return_tensors="pt")
        place = (inputs["input_ids"][0] == tokenizer.mask_token_id).nonzero().item()
        with torch.no_grad():
            chances = model(**inputs).logits[0, place].softmax(-1)
        likely = {
            w: sum(chances[tokenizer.convert_tokens_to_ids(x)] for x in w) for w in (good, bad)
        }
        scores.append(float(likely[bad] / likely[good]))
    assert scores[0] > 1 > scores[1]


def test_masked_loss_is_far_below_random_weights():
    from pretrain_mini_bert import measure_masked_loss
    from transformers import AutoModelForMaskedLM

    tokenizer, model = load_model("AutoTokenizer"), load_model("AutoModelForMaskedLM")
    texts = reviews.generate_unlabelled("held-out", 60)
    loss, accuracy = measure_masked_loss(model, tokenizer, texts)
    fresh = AutoModelForMaskedLM.from_config(model.config)
    fresh_loss, fresh_accuracy = measure_masked_loss(fresh, tokenizer, texts)
    assert loss < 0.5 * fresh_loss
    assert accuracy > fresh_accuracy + 0.3


def test_figures_meet_what_the_cards_promise():
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    means = {name: row["mean"] for name, row in figures["accuracy"].items()}
    assert means["pretrained"] - means["random"] >= 0.15
    assert means["pretrained"] - means["tfidf"] >= 0.03
    assert 0.15 <= means["commonest"] <= 0.25
    assert means["pretrained"] < 0.95
    assert (figures["recipe"]["n_train"], figures["recipe"]["epochs"]) == (1000, 3)


@pytest.mark.parametrize("card", ["mini-reviews", "mini-bert"])
def test_cards_quote_the_measured_figures(card):
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    text = (FIGURES.parent / card / "README.md").read_text(encoding="utf-8")
    for row in figures["accuracy"].values():
        assert f"{row['mean']:.3f}".replace(".", ",") in text
    assert figures["command"] in text


def test_figures_were_measured_with_the_recipe_of_the_lab():
    from labsupport.settings import list_values

    recipe = json.loads(FIGURES.read_text(encoding="utf-8"))["recipe"]
    mini = list_values("mini")
    fixed = {name: value for name, value in mini.items() if name not in ("seed", "data_seed")}
    assert {name: recipe.get(name) for name in fixed} == fixed
