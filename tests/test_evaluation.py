"""Las métricas contra cuentas a mano y otras librerías; y qué predicciones se comparan."""

import itertools
import json
import math
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, Value
from IPython.core.inputtransformer2 import TransformerManager

from labsupport.base.errors import LabError
from labsupport.base.paths import NOTEBOOKS
from labsupport.data import apply_parameters
from labsupport.evaluation import scores as evaluation
from labsupport.evaluation.baselines import measure_baseline, predict_probabilities
from labsupport.evaluation.comparison import (
    LESSONS,
    collect_predictions,
    describe_missing,
    describe_recipes,
)
from labsupport.evaluation.results import predictions_path, save_predictions
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
    near, far = (evaluation.score_model(REAL, one_hot(each)) for each in (NEAR, FAR))
    assert near["accuracy"] == far["accuracy"] == 0.6
    assert (near["MAE"], far["MAE"]) == (0.4, 1.0)
    assert near["macro-F1"] == pytest.approx((1 + 2 / 3) / 5)
    assert near["ECE"] == pytest.approx(0.3)
    assert (near["desde"], near["hasta"]) == (0.2, 1.0)


def test_scores_match_scikit_learn_and_plain_arithmetic(random_answers):
    from sklearn.metrics import classification_report

    labels, probabilities = random_answers
    answers = probabilities.argmax(axis=1)
    scores = evaluation.score_model(labels, probabilities)
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
    with pytest.raises(LabError, match="No hay reseñas"):
        evaluation.bootstrap_interval([])


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
    assert table["reseñas"].sum() == 300
    assert evaluation.tabulate_calibration([0], [[1.0, 0.0]])["hasta"].tolist() == [1.0]


def test_confusions_have_the_truth_in_rows_and_every_class():
    matrix = evaluation.count_confusions(REAL, NEAR, STARS)
    assert matrix.shape == (5, 5)
    assert matrix.loc["4 stars", "5 stars"] == 1 and matrix.loc["5 stars", "4 stars"] == 0
    assert matrix.to_numpy().sum() == 5 and matrix.loc["2 star"].sum() == 0


def test_classes_of_the_five_reviews():
    table = evaluation.tabulate_classes(REAL, NEAR, STARS)
    assert table.loc["5 stars", ["precision", "recall"]].tolist() == [0.5, 1.0]
    assert table.loc["2 star"].tolist() == [0, 0, 0, 0]
    assert table["reseñas"].tolist() == [2, 0, 1, 1, 1]


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


# --- qué se compara ---------------------------------------------------------------------------


def make_rows(labels=(0, 1, 2, 3, 4, 0), index=(9, 4, 7, 1, 3, 5), names=STARS):
    features = Features(
        {"label": ClassLabel(names=names), "index": Value("int64"), "text": Value("string")}
    )
    texts = [f"reseña {position}" for position in index]
    columns = {"label": list(labels), "index": list(index), "text": texts}
    return Dataset.from_dict(columns, features=features)


@pytest.fixture
def settings():
    return check_parameters({"n_train": 10, "n_eval": 6})


def save(lesson, settings, rows):
    logits = np.eye(len(rows.features["label"].names))[rows["label"]]
    return save_predictions(lesson, LESSONS[lesson], settings, rows, logits, seconds=1)


@pytest.mark.parametrize("present", SUBSETS, ids=lambda subset: "+".join(subset) or "ninguna")
def test_every_subset_of_predictions_is_read_and_the_rest_named(settings, present):
    rows = make_rows()
    for lesson in present:
        save(lesson, settings, rows)
    found = collect_predictions(settings, rows)
    assert list(found) == [LESSONS[lesson] for lesson in present]
    sentence = describe_missing(found)
    for lesson in LESSONS:
        assert (f"{lesson}.ipynb" in sentence) == (lesson not in present)


def test_predictions_come_in_the_order_of_the_evaluation(settings):
    rows = make_rows()
    save("02_trainer", settings, rows.select([5, 0, 3, 1, 4, 2]))
    (predictions,) = collect_predictions(settings, rows).values()
    assert predictions.index == rows["index"][:]
    assert predictions.labels == rows["label"][:]
    assert np.argmax(predictions.logits, axis=1).tolist() == rows["label"][:]


@pytest.mark.parametrize(
    ("parameters", "rows", "reason"),
    [
        (
            {"dataset_name": "otro/dataset"},
            {},
            "dataset «otro/dataset» y aquí se usa «mini-reviews»",
        ),
        (
            {"n_eval": 5},
            {"labels": (0, 1, 2, 3, 4), "index": (9, 4, 7, 1, 3)},
            "«n_eval» vale 5 en",
        ),
        ({"seed": 7}, {"index": (9, 4, 7, 1, 3, 6)}, "«seed» vale 7 en él y 42 aquí"),
        ({}, {"index": (9, 4, 7, 1, 3, 6)}, "de otro split"),
        ({}, {"index": (9, 4, 7, 1, 3, 3)}, "de otro split"),
        ({}, {"labels": (1, 1, 2, 3, 4, 0)}, "tienen otras etiquetas"),
        ({}, {"names": ["a", "b", "c", "d", "e"]}, "sus etiquetas son"),
    ],
)
def test_predictions_of_another_evaluation_are_refused_by_name(settings, parameters, rows, reason):
    mine = make_rows()
    save("02_trainer", settings, mine)
    other = check_parameters({"n_train": 10, "n_eval": 6, **parameters})
    save("03_keras", other, make_rows(**rows))
    with pytest.raises(LabError) as caught:
        collect_predictions(settings, mine)
    sentence = str(caught.value)
    assert sentence.startswith("03_keras-mini.json") and reason in sentence
    assert "Ejecuta otra vez 03_keras.ipynb" in sentence


def test_a_renamed_file_is_refused(settings):
    rows = make_rows()
    path = save("02_trainer", settings, rows)
    path.rename(path.with_name("04_pytorch-mini.json"))
    with pytest.raises(LabError, match="04_pytorch-mini.json lo escribió «02_trainer»"):
        collect_predictions(settings, rows)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"kind": "otro"}', b"\xff\xfe", None])
def test_foreign_and_half_written_files_are_refused_by_name(settings, content):
    rows = make_rows()
    save("02_trainer", settings, rows)
    path = save("03_keras", settings, rows)
    path.write_bytes(path.read_bytes()[:-30] if content is None else content)
    with pytest.raises(LabError, match="03_keras-mini.json"):
        collect_predictions(settings, rows)


def test_parameters_of_another_shape_are_refused(settings):
    rows = make_rows()
    path = save("02_trainer", settings, rows)
    path.write_text(json.dumps({**json.loads(path.read_text()), "parameters": [1]}))
    with pytest.raises(LabError, match="02_trainer-mini.json está a medias o dañado"):
        collect_predictions(settings, rows)


def test_another_recipe_is_told_and_not_refused(settings):
    rows = make_rows()
    save("02_trainer", settings, rows)
    save("04_pytorch", check_parameters({"n_train": 10, "n_eval": 6, "epochs": 9}), rows)
    sentence = describe_recipes(collect_predictions(settings, rows), n_train=10)
    assert "«epochs» vale 3 en Trainer y 9 en PyTorch" in sentence
    save("04_pytorch", settings, rows)
    found = collect_predictions(settings, rows)
    assert "pon n_train = 10 en la celda" in describe_recipes(found, n_train=500)
    same = describe_recipes(found, n_train=10)
    assert same == "Misma receta en Trainer y PyTorch: la comparación es justa."


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
    blind = measure_baseline("sin-leer", DummyClassifier(strategy="prior"), settings, rows, rows)
    classifier = make_pipeline(TfidfVectorizer(), LogisticRegression())
    reader = measure_baseline("tfidf", classifier, settings, rows, rows)
    assert blind.accuracy == pytest.approx(4 / 6) and reader.accuracy == 1
    assert softmax(blind.logits, axis=1)[0] == pytest.approx([4 / 6, 0, 0, 0, 2 / 6], abs=1e-6)
    assert predictions_path("05_evaluacion-tfidf", "mini").is_file()
    assert reader.lesson not in LESSONS


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

    settings = apply_parameters({"n_train": 60, "n_eval": 40}, detect=False)
    _, rows = load_subset(settings)
    generator = np.random.default_rng(0)
    for subset in SUBSETS:
        monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path / ("+".join(subset) or "ninguna")))
        for lesson in subset:
            logits = 2 * np.eye(5)[rows["label"]] + generator.normal(size=(40, 5))
            save_predictions(lesson, LESSONS[lesson], settings, rows, logits, seconds=1)
    notebook = nbformat.read(NOTEBOOKS / "05_evaluacion.ipynb", as_version=4)
    # La celda de preparación lleva un %pip, que solo vale en Colab: aquí, como lo ve IPython.
    to_python = TransformerManager().transform_cell
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    small = "\nn_train, n_eval = 60, 40"
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
