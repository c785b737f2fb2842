"""Las métricas contra cuentas a mano y otras librerías; y qué predicciones se comparan."""

import itertools
import json
import math
import subprocess
import sys

import nbformat
import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, Value
from IPython.core.inputtransformer2 import TransformerManager
from sklearn.metrics import accuracy_score, f1_score

from labsupport.base.errors import LabError
from labsupport.base.paths import NOTEBOOKS
from labsupport.data import apply_parameters
from labsupport.evaluation import scores as evaluation
from labsupport.evaluation.baselines import (
    choose_counting,
    measure_baseline,
    predict_probabilities,
)
from labsupport.evaluation.comparison import (
    LESSONS,
    collect_predictions,
    describe_missing,
    describe_recipes,
)
from labsupport.evaluation.results import predictions_path, save_predictions
from labsupport.evaluation.scale import describe_scale, read_scale
from labsupport.settings import check_parameters

STARS = ["1 star", "2 star", "3 stars", "4 stars", "5 stars"]
# Las cinco reseñas del cuaderno: las dos respuestas aciertan las mismas tres.
REAL = np.array([5, 4, 1, 3, 1]) - 1
NEAR = np.array([5, 5, 1, 2, 1]) - 1
FAR = np.array([5, 1, 1, 5, 1]) - 1
SUBSETS = [subset for size in range(4) for subset in itertools.combinations(LESSONS, size)]


def one_hot(answers, sure=0.9):
    probabilities = np.full((len(answers), 5), (1 - sure) / 4)
    probabilities[np.arange(len(answers)), answers] = sure
    return probabilities


@pytest.fixture
def random_answers():
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 5, 300)
    probabilities = generator.dirichlet(np.ones(5), 300)
    return labels, probabilities


# --- métricas -------------------------------------------------------------------------------


def test_scores_of_the_five_reviews():
    scale = read_scale(STARS)
    near, far = (evaluation.score_model(REAL, one_hot(each), scale=scale) for each in (NEAR, FAR))
    assert near["accuracy"] == far["accuracy"] == 0.6
    assert (near["MAE"], far["MAE"]) == (0.4, 1.0)
    assert near["macro-F1"] == pytest.approx((1 + 2 / 3) / 5)
    assert near["ECE"] == pytest.approx(0.3)
    assert (near["desde"], near["hasta"]) == (0.2, 1.0)


def test_scores_match_scikit_learn_and_plain_arithmetic(random_answers):
    from sklearn.metrics import classification_report

    labels, probabilities = random_answers
    answers = probabilities.argmax(axis=1)
    scores = evaluation.score_model(labels, probabilities, scale=read_scale(STARS))
    report = classification_report(labels, answers, output_dict=True)
    assert scores["accuracy"] == pytest.approx(report["accuracy"])
    assert scores["macro-F1"] == pytest.approx(report["macro avg"]["f1-score"])
    assert scores["MAE"] == pytest.approx(np.mean(np.abs(labels - answers)))


def test_bootstrap_matches_scipy(random_answers):
    from scipy.stats import bootstrap

    hits = (random_answers[0] < 3).astype(float)
    mine = evaluation.bootstrap_interval(hits, seed=1)
    theirs = bootstrap((hits,), np.mean, n_resamples=5000, batch=500, method="percentile")
    assert mine == pytest.approx(tuple(theirs.confidence_interval), abs=0.01)


def test_bootstrap_depends_only_on_the_seed_and_handles_extremes():
    hits = [1, 0] * 50
    assert evaluation.bootstrap_interval(hits, 7) == evaluation.bootstrap_interval(hits, 7)
    assert evaluation.bootstrap_interval([1, 1, 1]) == (1.0, 1.0)
    assert evaluation.bootstrap_interval([0]) == (0.0, 0.0)
    wide, narrow = (np.ptp(evaluation.bootstrap_interval(hits * k)) for k in (1, 4))
    assert narrow == pytest.approx(wide / 2, rel=0.15)
    with pytest.raises(LabError, match="No hay textos"):
        evaluation.bootstrap_interval([])


def test_repeated_exams_are_the_metrics_of_the_drawn_texts(random_answers):
    labels, probabilities = random_answers
    answers = {"A": probabilities.argmax(axis=1), "B": labels}
    scale, drawn = read_scale(STARS), np.random.default_rng(8)
    exams = evaluation.resample_exams(labels, answers, 5, scale, seed=8, exams=60)
    # Los mismos textos, sacados a mano y medidos con scikit-learn.
    places = np.concatenate([drawn.integers(300, size=(size, 300)) for size in (50, 10)])
    for place, row in zip(places, exams["A"].itertuples(index=False), strict=True):
        mine, theirs = labels[place], answers["A"][place]
        options = {"average": "macro", "labels": range(5), "zero_division": 0}
        expected = accuracy_score(mine, theirs), f1_score(mine, theirs, **options)
        assert tuple(row) == pytest.approx((*expected, np.abs(mine - theirs).mean()))
    assert (exams["B"]["accuracy"] == 1).all() and list(exams["B"]) == list(exams["A"])


def test_repeated_exams_give_the_intervals_of_scipy(random_answers):
    from scipy.stats import bootstrap

    labels = random_answers[0]
    answers = {"A": np.where(labels < 3, labels, 0), "B": np.where(labels > 0, labels, 1)}
    exams = evaluation.resample_exams(labels, answers, 5)
    mine = (exams["A"] - exams["B"])["accuracy"].quantile([0.025, 0.975])
    hits = [(each == labels).astype(float) for each in answers.values()]
    theirs = bootstrap(
        tuple(hits),
        lambda first, second, axis: first.mean(axis=axis) - second.mean(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=4000,
        method="percentile",
    ).confidence_interval
    assert mine.tolist() == pytest.approx(list(theirs), abs=0.01)
    same = evaluation.resample_exams(labels, {"A": answers["A"]}, 5)
    assert same["A"].equals(exams["A"]) and "MAE" not in same["A"]


def test_calibration_matches_a_loop(random_answers):
    labels, probabilities = random_answers
    confidence = probabilities.max(axis=1)
    hits = probabilities.argmax(axis=1) == labels
    error = 0.0
    for step in range(10):
        inside = (confidence > step / 10) & (confidence <= (step + 1) / 10)
        if inside.any():
            error += abs(hits[inside].mean() - confidence[inside].mean()) * inside.sum() / 300
    table = evaluation.tabulate_calibration(labels, probabilities)
    assert evaluation.measure_calibration_error(table) == pytest.approx(error)
    assert table["textos"].sum() == 300
    assert evaluation.tabulate_calibration([0], [[1.0, 0.0]])["hasta"].tolist() == [1.0]


def test_confusions_have_the_truth_in_rows_and_every_class():
    matrix = evaluation.count_confusions(REAL, NEAR, STARS)
    assert matrix.shape == (5, 5)
    assert matrix.loc["4 stars", "5 stars"] == 1 and matrix.loc["5 stars", "4 stars"] == 0
    assert matrix.to_numpy().sum() == 5 and matrix.loc["2 star"].sum() == 0


def test_agreement_by_hand_and_when_undefined(recwarn):
    share, kappa = evaluation.measure_agreement(NEAR, FAR)
    assert (share, kappa) == (0.6, pytest.approx((0.6 - 0.4) / (1 - 0.4)))
    assert evaluation.measure_agreement([0, 1], [0, 1]) == (1.0, 1.0)
    share, kappa = evaluation.measure_agreement([3, 3], [3, 3])
    assert share == 1.0 and math.isnan(kappa)
    assert not recwarn.list


@pytest.mark.parametrize(("only_first", "only_second"), [(5, 0), (10, 2), (3, 3), (0, 1), (40, 60)])
def test_mcnemar_is_the_sum_of_the_binomial(only_first, only_second):
    total, low = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(total, k) for k in range(low + 1)) / 2**total
    first = [1] * only_first + [0] * only_second + [1, 0]
    second = [0] * only_first + [1] * only_second + [1, 0]
    result = evaluation.compare_hits(first, second)
    assert result == (only_first, only_second, pytest.approx(min(1, 2 * tail)))


def test_mcnemar_without_disagreements():
    assert evaluation.compare_hits([1, 0], [1, 0]) == (0, 0, 1.0)


def test_pairs_and_shared_errors():
    answers = {"cerca": NEAR, "lejos": FAR, "perfecto": REAL}
    table = evaluation.compare_pairs(REAL, answers)
    assert len(table) == 3
    last = table.iloc[-1]
    assert (last["primero"], last["segundo"]) == ("lejos", "perfecto")
    assert (last["solo acierta el primero"], last["solo acierta el segundo"]) == (0, 2)
    assert evaluation.find_shared_errors(REAL, {"a": NEAR, "b": FAR}).tolist() == [1, 3]
    assert evaluation.find_shared_errors(REAL, answers).tolist() == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: evaluation.score_model([0], [[1.0, 0.0]] * 2),
        lambda: evaluation.score_model([], []),
        lambda: evaluation.resample_exams([], {}, 2),
        lambda: evaluation.resample_exams([0], {"a": [0, 1]}, 2),
        lambda: evaluation.count_confusions([0], [0, 1], ["a", "b"]),
        lambda: evaluation.measure_agreement([0], [0, 1]),
        lambda: evaluation.compare_hits([0], [0, 1]),
        lambda: evaluation.compare_pairs([0], {"a": [0, 1], "b": [0]}),
        lambda: evaluation.find_shared_errors([0], {"a": [0, 1]}),
        lambda: evaluation.find_shared_errors([0], {}),
    ],
)
def test_sizes_that_do_not_match_are_refused_in_spanish(call):
    with pytest.raises(LabError):
        call()


# --- clases con orden y sin él ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "unit", "distance"),
    [
        (STARS, "estrellas", 1),
        (["★", "★★", "★★★"], "estrellas", 1),
        (["1", "5", "10"], "puntos", 4),
        (["-1", "0", "1"], "puntos", 1),
        (["3,5", "4", "4,5"], "puntos", 0.5),
        (["muy malo", "malo", "bueno"], "peldaños", 1),
        (["positivo", "neutro", "negativo"], "peldaños", 1),
    ],
)
def test_errors_are_measured_in_the_units_of_the_scale(names, unit, distance, recwarn):
    scale = read_scale(names)
    assert scale.unit == unit and unit in describe_scale(names)
    assert scale.measure([0], [1])[0] == distance
    assert scale.count_steps([0, 0, 1], [1, 2, 1]).tolist() == [1, 2, 0]
    probabilities = np.eye(len(names))[[1, 1]]
    assert evaluation.score_model([0, 1], probabilities, scale=scale)["MAE"] == distance / 2
    assert not recwarn.list


@pytest.mark.parametrize("names", [["sí", "no"], ["alegría", "enfado", "miedo"], ["1", "2", "NS"]])
def test_without_a_scale_there_is_no_distance(names):
    assert read_scale(names) is None and "no hay MAE" in describe_scale(names)
    assert "MAE" not in evaluation.score_model([0, 1], np.eye(len(names))[[0, 1]])
    table = evaluation.tabulate_misses([0, 1], {"A": [1, 0]}, names)
    assert list(table.columns) == ["textos", "fallan todos", "la confunden con"]


def test_misses_of_the_five_reviews():
    table = evaluation.tabulate_misses(REAL, {"A": NEAR, "B": FAR}, STARS, read_scale(STARS))
    assert table.index.tolist() == ["1 star", "3 stars", "4 stars", "5 stars"]
    assert table["fallan todos"].tolist() == [0, 1, 1, 0]
    assert table.loc["4 stars", "de ellos, con la vecina"] == 0
    assert math.isnan(table.loc["1 star", "de ellos, con la vecina"])
    near = evaluation.tabulate_misses(REAL, {"A": NEAR}, STARS, read_scale(STARS))
    assert near.loc["4 stars"].tolist() == [1, 1, 1, "5 stars"]


def test_classes_keep_the_order_of_the_data_and_never_the_alphabet():
    names = [str(number) for number in range(1, 11)]
    labels = np.arange(10)
    answers = np.roll(labels, 1)
    for table in (
        evaluation.tabulate_misses(labels, {"A": answers}, names, read_scale(names)),
        evaluation.count_confusions(labels, answers, names),
    ):
        assert table.index.tolist() == names


def test_of_a_hundred_classes_the_worst_are_shown():
    names = [f"tema {i}" for i in range(100)]
    labels = np.arange(60)
    answers = np.where(labels < 50, labels, 0)
    found = f1_score(labels, answers, labels=range(100), average=None, zero_division=0)
    texts = np.bincount(labels, minlength=100)
    table = pd.DataFrame({"F1": found, "textos": texts}, index=names)
    shown = evaluation.choose_classes({"A": table})
    assert len(shown) == 12 and set(names[50:60]) <= set(shown) <= set(names[:60])
    sentence = evaluation.describe_empty_classes(labels, names)
    assert "tema 60, tema 61" in sentence and "30 más" in sentence
    misses = evaluation.tabulate_misses(labels, {"A": answers}, names)
    assert len(misses) == 12 and set(names[50:60]) <= set(misses.index)


def test_a_class_without_texts_or_never_answered_gives_no_warning(recwarn):
    labels, answers = [0, 0, 1], [0, 0, 0]
    names = ["a", "b", "c"]
    assert evaluation.score_model(labels, np.eye(3)[answers])["accuracy"] == pytest.approx(2 / 3)
    assert "Sin textos de evaluación: c." in evaluation.describe_empty_classes(labels, names)
    assert len(evaluation.compare_pairs(labels, {"A": answers, "B": [0, 1, 1]})) == 1
    assert len(evaluation.compare_pairs(labels, {"A": answers})) == 0
    assert not recwarn.list


# --- qué se compara ---------------------------------------------------------------------------


def make_rows(labels=(0, 1, 2, 3, 4, 0), index=(9, 4, 7, 1, 3, 5), names=STARS, texts=None):
    features = Features(
        {"label": ClassLabel(names=names), "index": Value("int64"), "text": Value("string")}
    )
    texts = texts or [f"reseña {position}" for position in index]
    columns = {"label": list(labels), "index": list(index), "text": texts}
    return Dataset.from_dict(columns, features=features)


@pytest.fixture
def settings():
    return check_parameters({"n_train": 10, "n_eval": 6})


WATCHED = ((0, 4, 2), (11, 30, 12))
RECIPE = {
    "optimizer": "Adam",
    "weight_decay": 0.0,
    "betas": [0.9, 0.999],
    "epsilon": 1e-8,
    "clip": 1.0,
    "steps": 96,
    "learning_rate": 5e-4,
    "schedule": [1.0, 0.75, 0.5, 0.25, 0.0],
    "trainable": 4_386_309,
    "weights": 4_386_309,
    "dropout": 0.1,
}


def look(settings, rows):
    """Lo que queda, lo que se dice y nada más: con la validación de estas pruebas."""
    return collect_predictions(settings, rows, make_rows(*WATCHED))


def collect(settings, rows):
    """Lo que se puede comparar, cuando no queda nada fuera."""
    found, notes = look(settings, rows)
    assert notes == []
    return found


def save(lesson, settings, rows, watched=WATCHED, recipe=RECIPE):
    one_hot_rows = np.eye(len(rows.features["label"].names))
    logits, others = one_hot_rows[rows["label"]], make_rows(*watched)
    validation = (others, one_hot_rows[others["label"]])
    options = {"seconds": 1, "validation": validation, "recipe": recipe}
    return save_predictions(lesson, LESSONS[lesson], settings, rows, logits, **options)


@pytest.mark.parametrize("present", SUBSETS, ids=lambda subset: "+".join(subset) or "ninguna")
def test_every_subset_of_predictions_is_read_and_the_rest_named(settings, present):
    rows = make_rows()
    for lesson in present:
        save(lesson, settings, rows)
    found = collect(settings, rows)
    assert list(found) == [LESSONS[lesson] for lesson in present]
    sentence = describe_missing(found)
    for lesson in LESSONS:
        assert (f"{lesson}.ipynb" in sentence) == (lesson not in present)


def test_predictions_come_in_the_order_of_the_evaluation(settings):
    rows = make_rows()
    save("02_trainer", settings, rows.select([5, 0, 3, 1, 4, 2]))
    (predictions,) = collect(settings, rows).values()
    assert predictions.index == rows["index"][:]
    assert predictions.labels == rows["label"][:]
    assert np.argmax(predictions.logits, axis=1).tolist() == rows["label"][:]


OTHER_TEXTS = [f"otra {i}" for i in range(6)]


@pytest.mark.parametrize(
    ("parameters", "rows", "reason"),
    [
        (
            {"dataset_name": "otro/dataset"},
            {"texts": OTHER_TEXTS},
            "se hizo con el dataset «otro/dataset» y aquí se usa «mini-reviews».",
        ),
        (
            {"n_eval": 5},
            {"labels": (0, 1, 2, 3, 4), "index": (9, 4, 7, 1, 3)},
            "«n_eval» vale 5 en él y 6 aquí",
        ),
        ({"data_seed": 7}, {"index": (9, 4, 7, 1, 3, 6)}, "«data_seed» vale 7 en él y 42 aquí"),
        ({}, {"index": (9, 4, 7, 1, 3, 6)}, "de otro split"),
        ({}, {"index": (9, 4, 7, 1, 3, 3)}, "de otro split"),
        ({}, {"labels": (1, 1, 2, 3, 4, 0)}, "tienen otras etiquetas"),
        ({}, {"names": list("abcde")}, "tiene 5 clases (a, b, c, d y e) y aquí hay 5 clases (1"),
        ({}, {"names": STARS[::-1]}, "tiene las mismas clases en otro orden."),
        ({}, {"names": [f"c{i}" for i in range(90)]}, "90 clases (c0, c1, c2, c3, c4 y 85 más)"),
        ({"text_column": "título"}, {"texts": OTHER_TEXTS}, "«text_column» vale título en él"),
        ({}, {"texts": OTHER_TEXTS}, "se evaluó con otros textos, de otro split o de otra versión"),
    ],
)
def test_predictions_of_another_evaluation_stay_out_and_it_says_why(
    settings, parameters, rows, reason
):
    mine = make_rows()
    save("02_trainer", settings, mine)
    other = check_parameters({"n_train": 10, "n_eval": 6, **parameters})
    save("03_keras", other, make_rows(**rows))
    found, (sentence,) = look(settings, mine)
    assert list(found) == ["Trainer"]
    assert sentence.startswith("03_keras-mini.json queda fuera: ") and reason in sentence
    assert "ejecuta 03_keras.ipynb y 04_pytorch.ipynb con estos" in describe_missing(found)


def test_the_same_texts_under_another_name_are_compared(settings):
    """El mismo archivo se escribe de muchas maneras: opiniones.csv, ./opiniones.csv..."""
    save("02_trainer", check_parameters({"n_eval": 6, "dataset_name": "./x.csv"}), make_rows())
    here = check_parameters({"n_eval": 6, "dataset_name": "/casa/x.csv"})
    assert list(collect(here, make_rows())) == ["Trainer"]


def test_a_file_from_before_the_digest_is_compared_by_name_and_it_says_so(settings):
    rows = make_rows()
    path = save("02_trainer", settings, rows)
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["texts_digest"]
    path.write_text(json.dumps(content), encoding="utf-8")
    found, (sentence,) = look(settings, rows)
    assert list(found) == ["Trainer"] and "es de una versión anterior" in sentence
    other = check_parameters({"n_eval": 6, "dataset_name": "otro.csv"})
    found, (sentence,) = look(other, rows)
    assert not found and "se hizo con el dataset «mini-reviews»" in sentence


def test_with_nothing_left_it_says_what_to_run(settings):
    save("02_trainer", settings, make_rows(texts=OTHER_TEXTS))
    found, notes = look(settings, make_rows())
    assert found == {} and len(notes) == 1
    assert "02_trainer.ipynb, 03_keras.ipynb y 04_pytorch.ipynb" in describe_missing(found)
    assert "se miden los suelos" in describe_recipes(found, n_train=10)


def test_a_renamed_file_stays_out(settings):
    rows = make_rows()
    path = save("02_trainer", settings, rows)
    path.rename(path.with_name("04_pytorch-mini.json"))
    found, (sentence,) = look(settings, rows)
    assert not found and "04_pytorch-mini.json queda fuera: lo escribió «02_trainer»" in sentence


@pytest.mark.parametrize("content", [b"", b"[]", b'{"kind": "otro"}', b"\xff\xfe", None])
def test_foreign_and_half_written_files_stay_out_by_name(settings, content):
    rows = make_rows()
    save("02_trainer", settings, rows)
    path = save("03_keras", settings, rows)
    path.write_bytes(path.read_bytes()[:-30] if content is None else content)
    found, (sentence,) = look(settings, rows)
    assert list(found) == ["Trainer"] and "03_keras-mini.json" in sentence


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": [1]},
        {"index": [[9], [4], [7], [1], [3], [5]]},
        {"label_names": "abcde"},
        {"label_names": ["a", "a", "b", "c", "d"]},
        {"labels": [0.5, 1, 2, 3, 4, 0]},
    ],
)
def test_content_of_another_shape_stays_out(settings, change):
    rows = make_rows()
    path = save("02_trainer", settings, rows)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    found, (sentence,) = look(settings, rows)
    assert not found and "02_trainer-mini.json está a medias o dañado" in sentence


def test_another_recipe_is_told_and_not_refused(settings):
    rows = make_rows()
    save("02_trainer", settings, rows)
    save("04_pytorch", check_parameters({"n_train": 10, "n_eval": 6, "epochs": 9}), rows)
    sentence = describe_recipes(collect(settings, rows), n_train=10)
    assert "«epochs» vale 3 en Trainer y 9 en PyTorch" in sentence
    save("04_pytorch", settings, rows)
    found = collect(settings, rows)
    assert "pon n_train = 10 en la celda" in describe_recipes(found, n_train=500)
    same = describe_recipes(found, n_train=10)
    assert same.startswith("Misma receta en Trainer y PyTorch: coinciden los parámetros, ")
    assert "justa" not in same and "Keras" not in same and "a su manera" in same


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"optimizer": "SGD"}, "el optimizador: Adam en Trainer y SGD en Keras"),
        ({"weight_decay": 0.01}, "el weight decay: 0 en Trainer y 0,01 en Keras"),
        ({"betas": [0.9, 0.99]}, "las betas: (0,9; 0,999) en Trainer y (0,9; 0,99) en Keras"),
        ({"epsilon": 1e-7}, "el epsilon: 1e-08 en Trainer y 1e-07 en Keras"),
        ({"clip": None}, "el recorte de gradientes: 1 en Trainer y ninguno en Keras"),
        ({"steps": 90}, "los pasos: 96 en Trainer y 90 en Keras"),
        ({"learning_rate": 3e-4}, "el learning rate: 0,0005 en Trainer y 0,0003 en Keras"),
        ({"schedule": [1.0] * 5}, "su bajada: (1; 0,75; 0,5; 0,25; 0) en Trainer y (1; 1"),
        ({"trainable": 645}, "los pesos que se entrenan: 4386309 en Trainer y 645 en Keras"),
        ({"dropout": 0.0}, "el dropout: 0,1 en Trainer y 0 en Keras"),
    ],
)
def test_a_recipe_changed_beyond_the_parameters_is_told(settings, change, words):
    rows = make_rows()
    save("02_trainer", settings, rows)
    save("03_keras", settings, rows, recipe=RECIPE | change)
    sentence = describe_recipes(collect(settings, rows), n_train=10)
    assert sentence.startswith("Ojo, no es la misma receta: ") and words in sentence


def test_what_each_framework_counts_in_its_own_way_is_no_difference(settings):
    """La bajada apuntada un paso después, unos pesos de más: la receta es la misma."""
    rows = make_rows()
    save("02_trainer", settings, rows)
    counted = {"schedule": [0.99, 0.74, 0.49, 0.24, 0.0], "trainable": 4_370_437}
    save("03_keras", settings, rows, recipe=RECIPE | counted)
    save("04_pytorch", settings, rows, recipe=RECIPE | {"schedule": [1.0, 0.75, 0.5, None, None]})
    same = describe_recipes(collect(settings, rows), n_train=10)
    assert "Misma receta en Trainer, Keras y PyTorch" in same
    assert "Keras compone sus batches una vez" in same


def test_a_file_without_recipe_certifies_only_the_parameters(settings):
    rows = make_rows()
    save("02_trainer", settings, rows)
    save("04_pytorch", settings, rows, recipe=None)
    sentence = describe_recipes(collect(settings, rows), n_train=10)
    assert sentence.startswith("Mismos parámetros en Trainer y PyTorch. De PyTorch no se sabe más")


def test_validation_comes_in_the_order_of_the_notebook_or_is_left_out(settings):
    rows = make_rows()
    save("02_trainer", settings, rows, watched=(WATCHED[0][::-1], WATCHED[1][::-1]))
    watched = collect(settings, rows)["Trainer"].validation
    assert watched["index"] == [11, 30, 12]
    assert np.argmax(watched["logits"], axis=1).tolist() == [0, 4, 2]
    save("02_trainer", settings, rows, watched=((0, 4, 2), (11, 30, 13)))
    found, (sentence,) = look(settings, rows)
    assert found["Trainer"].validation == {} and "Ejecuta otra vez 02_trainer.ipynb" in sentence


# --- suelos -----------------------------------------------------------------------------------


def test_baselines_read_or_do_not_read(settings):
    from scipy.special import softmax
    from sklearn.dummy import DummyClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    labels = [0, 4, 0, 4, 0, 0]
    rows = make_rows(labels).remove_columns("text")
    rows = rows.add_column(
        "text", ["awful food" if label == 0 else "great food" for label in labels]
    )
    blind = measure_baseline("sin-leer", DummyClassifier(strategy="prior"), settings, *[rows] * 3)
    classifier = make_pipeline(TfidfVectorizer(), LogisticRegression())
    reader = measure_baseline("tfidf", classifier, settings, rows, rows.select([5, 1]), rows)
    assert blind.accuracy == pytest.approx(4 / 6) and reader.accuracy == 1
    assert softmax(blind.logits, axis=1)[0] == pytest.approx([4 / 6, 0, 0, 0, 2 / 6], abs=1e-6)
    assert predictions_path("05_evaluacion-tfidf", "mini").is_file()
    assert reader.lesson not in LESSONS
    assert np.argmax(reader.validation["logits"], axis=1).tolist() == [0, 4]


@pytest.mark.parametrize(
    "texts",
    [
        ["La comida estaba rica", "Muy rica la sopa", "Todo frío", "La sopa fría"],
        ["Rico", "Caro", "Frío", "Sosa"],
        ["👍", "👎", "👍👍", "👎👎"],
        ["a", "b", "a", "b"],
        ["美味しい", "高い", "とても美味しい", "高すぎる"],
        ["อร่อยมาก", "แพงไป", "อร่อย", "แพง"],
        ["!", "?", "!!", "??"],
        ["нравится", "ужасно", "нравится очень", "очень плохо"],
    ],
)
def test_the_reading_baseline_counts_something_in_any_language(texts, recwarn):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = make_rows((0, 1, 0, 1), range(4), ["sí", "no"], texts)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), **choose_counting(texts))
    probabilities = predict_probabilities(
        make_pipeline(vectorizer, LogisticRegression(C=100, max_iter=1000)), rows, rows
    )
    assert probabilities.argmax(axis=1).tolist()[:2] == [0, 1]
    assert not recwarn.list


def test_texts_with_nothing_to_count_are_told_in_spanish():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = make_rows((0, 1), range(2), ["sí", "no"], ["uno", "dos"])
    classifier = make_pipeline(TfidfVectorizer(min_df=2), LogisticRegression())
    with pytest.raises(LabError, match="no queda ninguna palabra"):
        predict_probabilities(classifier, rows, rows)


def test_a_single_class_to_learn_from_is_answered_always(settings):
    from sklearn.linear_model import LogisticRegression

    rows = make_rows([2] * 6)
    probabilities = predict_probabilities(LogisticRegression(), rows, make_rows())
    assert probabilities.argmax(axis=1).tolist() == [2] * 6 and probabilities.sum() == 6


def test_parameters_without_a_device_show_no_device():
    settings = apply_parameters({"profile": "mini"}, detect=False)
    assert "device" not in str(settings) and "precision" not in settings._repr_html_()


# --- el cuaderno ------------------------------------------------------------------------------

RUN_EVERY_SUBSET = """
import json, os, sys
cells, subsets, folder = json.loads(sys.stdin.read())
for subset in subsets:
    os.environ["LAB_RESULTS_DIR"] = os.path.join(folder, "+".join(subset) or "ninguna")
    namespace = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell, "celda", "exec"), namespace)
    print("LEÍDO", *namespace["found"])
frameworks = {"torch", "tensorflow", "transformers", "keras", "keras_hub", "jax", "accelerate"}
print("FRAMEWORKS", *sorted(frameworks & set(sys.modules)))
"""


@pytest.mark.slow
def test_the_notebook_runs_with_every_subset_and_imports_no_framework(tmp_path, monkeypatch):
    from labsupport.data.subset import load_subset

    sizes = {"n_train": 60, "n_validation": 30, "n_eval": 40}
    settings = apply_parameters(sizes, detect=False)
    _, watched, rows = load_subset(settings)
    generator = np.random.default_rng(0)
    for subset in SUBSETS:
        monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path / ("+".join(subset) or "ninguna")))
        for lesson in subset:
            logits, others = (
                2 * np.eye(5)[each["label"]] + generator.normal(size=(len(each), 5))
                for each in (rows, watched)
            )
            # Una manera sin validación guardada, como la de una versión anterior.
            options = {} if lesson == "03_keras" else {"validation": (watched, others)}
            name = LESSONS[lesson]
            save_predictions(lesson, name, settings, rows, logits, seconds=1, **options)
    notebook = nbformat.read(NOTEBOOKS / "05_evaluacion.ipynb", as_version=4)
    # La celda de preparación lleva un %pip, que solo vale en Colab: aquí, como lo ve IPython.
    to_python = TransformerManager().transform_cell
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    small = "".join(f"\n{name} = {value}" for name, value in sizes.items())
    sources = [
        to_python(cell.source) + small * ("parameters" in cell.metadata.get("tags", []))
        for cell in cells
    ]
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", RUN_EVERY_SUBSET],
        input=json.dumps([sources, SUBSETS, str(tmp_path)]),
        capture_output=True,
        text=True,
        cwd=NOTEBOOKS,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    read = [line.split()[1:] for line in lines if line.startswith("LEÍDO")]
    assert read == [[LESSONS[lesson] for lesson in subset] for subset in SUBSETS]
    assert lines[-1].split() == ["FRAMEWORKS"]
