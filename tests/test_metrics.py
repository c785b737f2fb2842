"""Las métricas incluidas contra scikit-learn y casos hechos a mano."""

import evaluate
import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from labsupport.base.errors import LabError
from labsupport.evaluation.metrics import metric_path


@pytest.fixture(scope="module")
def accuracy():
    return evaluate.load(metric_path("accuracy"))


def test_accuracy_by_hand(accuracy):
    result = accuracy.compute(predictions=[0, 1, 2, 2], references=[0, 1, 1, 2])
    assert result == {"accuracy": 0.75}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_accuracy_is_that_of_scikit_learn(accuracy, seed):
    random = np.random.default_rng(seed)
    predictions, references = random.integers(0, 5, (2, 137))
    result = accuracy.compute(predictions=predictions, references=references)["accuracy"]
    assert result == pytest.approx(accuracy_score(references, predictions))


def test_adding_batches_gives_the_same_as_all_at_once(accuracy):
    for predictions, references in (([0, 1], [0, 0]), ([2], [2])):
        accuracy.add_batch(predictions=predictions, references=references)
    assert accuracy.compute() == {"accuracy": pytest.approx(2 / 3)}


def test_an_unknown_metric_is_named_with_the_nearest():
    with pytest.raises(LabError, match="«acuracy».*«accuracy»"):
        metric_path("acuracy")
