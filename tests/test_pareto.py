"""La figura de lo que cuesta contra lo que acierta: su frontera, sus números y su texto."""

import pandas as pd
import pytest

from labsupport.report import plot_pareto
from labsupport.report.pareto import find_frontier

ROWS = [("cara", 100.0, 0.56), ("igual y barata", 10.0, 0.56), ("mala", 20.0, 0.40)]
ROWS += [("rapidísima $x$ 👍", 0.5, 0.45)]
TABLE = pd.DataFrame(ROWS, columns=["receta", "ms por ejemplo", "accuracy"])


@pytest.fixture
def plot():
    columns = ("receta", "ms por ejemplo", "accuracy")
    return plot_pareto(TABLE, *columns, "Costo y accuracy", "Puntos:")


def test_the_frontier_keeps_what_nothing_beats():
    assert find_frontier(TABLE["ms por ejemplo"], TABLE["accuracy"]).tolist() == [
        False,
        True,
        False,
        True,
    ]


def test_equal_points_stay_together_and_one_point_is_its_own_frontier():
    assert find_frontier([1, 1], [0.5, 0.5]).tolist() == [True, True]
    assert find_frontier([1], [0.5]).tolist() == [True]


def test_says_in_words_every_value_and_the_frontier(plot):
    assert all(f"{name}, " in plot.alt for name, _, _ in ROWS)
    assert "En la frontera: rapidísima $x$ 👍; igual y barata." in plot.alt
    assert list(plot.table["frontera"]) == ["no", "sí", "no", "sí"]


def test_draws_one_numbered_point_per_row_on_a_logarithmic_scale(plot):
    (axes,) = plot.figure.axes
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.texts] == ["1", "2", "3", "4"]
    assert plot.png.startswith(b"\x89PNG")
    assert "<table" in plot._repr_html_()
