"""Lo que se lee de un barrido: su tabla, sus intervalos, sus figuras y sus páginas."""

from __future__ import annotations

import json
import math
import re

import pytest
from scipy import stats

from labsupport.base.errors import LabError
from labsupport.evaluation import sweeps
from labsupport.report import plot_parallel, plot_sweep
from labsupport.report.run_report import render_report
from labsupport.report.sweep_report import write_sweep_report
from labsupport.sweeping import describe_sweep, measure_interval, read_sweep, summarize_sweep

HEADER = {
    "kind": "laboratorio-sweep",
    "schema_version": 1,
    "target": "02_trainer",
    "asked": {"learning_rate": [1e-4, 1e-3, 1e-2], "epochs": [1, 3], "seed": [1, 2, 3]},
    "fixed": {"n_train": 100},
    "sources": {},
    "versions": {"torch": "2.13.0"},
    "command": "python -m labsupport sweep 02",
    "started": "2026-08-31 09:05",
}


def build_trial(rate, epochs, seed, accuracy):
    """Una línea de un barrido; sin accuracy, la de un ensayo que falló."""
    values = {"learning_rate": rate, "epochs": epochs, "seed": seed}
    line = {"kind": "trial", "id": repr(values), "parameters": values, "seconds": 2.0}
    if accuracy is None:
        return line | {"status": "falla", "message": "celda [3]: <b>ValueError</b>"}
    return line | {
        "status": "bien",
        "message": "",
        "accuracy": accuracy,
        "loss": 1 - accuracy,
        "macro_f1": accuracy,
        "peak_mib": 900.0,
    }


def write_sweep(folder, trials, name="prueba", **changes):
    path = folder / f"barrido-{name}.jsonl"
    lines = [{**HEADER, **changes}, *trials]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    """Un barrido de dos parámetros y tres semillas, con un ensayo que falló."""
    scores = {1e-4: 0.4, 1e-3: 0.5, 1e-2: 0.3}
    trials = [
        build_trial(rate, epochs, seed, score + epochs / 100 + seed / 1000)
        for rate, score in scores.items()
        for epochs in (1, 3)
        for seed in (1, 2, 3)
    ]
    trials[-1] = build_trial(1e-2, 3, 3, None)
    return write_sweep(tmp_path, trials)


def test_the_table_has_one_row_per_trial_with_its_failures(path):
    table = read_sweep(path)
    assert list(table.columns[:4]) == ["learning_rate", "epochs", "seed", "estado"]
    assert len(table) == 18 and (table["estado"] == "falla").sum() == 1
    assert table["mensaje"].iloc[-1].startswith("celda [3]")
    assert "18 ensayos de 02_trainer (1 con fallo), desde el 2026-08-31" in describe_sweep(path)


def test_the_last_line_of_a_repeated_trial_counts(path):
    line = build_trial(1e-2, 3, 3, 0.9)
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    table = read_sweep(path)
    assert len(table) == 18 and table["accuracy"].iloc[-1] == 0.9


def test_the_summary_averages_seeds_and_puts_the_best_first(path):
    summary = summarize_sweep(read_sweep(path))
    assert len(summary) == 6
    best, worst = summary.iloc[0], summary.iloc[-1]
    assert (best["learning_rate"], best["epochs"], best["n"]) == (1e-3, 3, 3)
    assert best["accuracy"] == pytest.approx(0.532)
    assert worst["learning_rate"] == 1e-2 and summary["fallos"].sum() == 1


def test_the_interval_is_the_one_of_student():
    values = [0.5, 0.52, 0.57, 0.49]
    mean, error = sum(values) / 4, stats.sem(values)
    expected = stats.t.interval(0.95, 3, loc=mean, scale=error)
    assert measure_interval(values) == pytest.approx(expected)
    assert measure_interval([0.1, 0.9]) == (0, 1)
    assert all(math.isnan(end) for end in measure_interval([]))


def test_one_seed_has_no_interval_and_says_so(tmp_path):
    trials = [build_trial(rate, 1, 1, rate * 100) for rate in (1e-4, 1e-3)]
    table = read_sweep(write_sweep(tmp_path, trials))
    summary = summarize_sweep(table)
    assert summary["desde"].isna().all()
    assert "sin intervalo" in sweeps.describe_winner(summary)
    assert "Con una sola semilla no hay intervalo" in sweeps.describe_intervals(table)
    _, rows = sweeps.list_summary(summary)
    assert rows[0][3] == "-"


def test_only_seeds_are_one_configuration(tmp_path):
    trials = [
        {**build_trial(1e-3, 1, seed, 0.5), "parameters": {"seed": seed}} for seed in (1, 2, 3)
    ]
    path = write_sweep(tmp_path, trials, asked={"seed": [1, 2, 3]})
    summary = summarize_sweep(read_sweep(path))
    assert len(summary) == 1 and summary["n"].iloc[0] == 3
    assert "la única receta" in sweeps.describe_winner(summary)
    page = write_sweep_report(path, tmp_path / "barrido.html").read_text(encoding="utf-8")
    assert "<figure>" not in page


def test_a_sweep_where_all_failed_is_still_told(tmp_path):
    trials = [build_trial(1e-3, 1, seed, None) for seed in (1, 2)]
    path = write_sweep(tmp_path, trials)
    page = write_sweep_report(path, tmp_path / "barrido.html").read_text(encoding="utf-8")
    assert "Ningún ensayo acabó bien" in page and "<figure>" not in page
    with pytest.raises(LabError, match="no hay nada que dibujar"):
        plot_sweep(read_sweep(path), "epochs")


def test_text_values_and_empty_ones_are_grouped_and_drawn(tmp_path):
    trials = []
    for model in ("mini-bert", None):
        for rate in (1e-4, 1e-3):
            trial = build_trial(rate, 1, 1, rate * 100)
            trial["parameters"] = {"model_name": model, "learning_rate": rate}
            trials.append({**trial, "id": repr(trial["parameters"])})
    asked = {"model_name": ["mini-bert", None], "learning_rate": [1e-4, 1e-3]}
    table = read_sweep(write_sweep(tmp_path, trials, asked=asked))
    assert len(summarize_sweep(table)) == 4
    assert "model_name None" in plot_sweep(table, "learning_rate").alt
    assert "mini-bert" in str(plot_parallel(table))
    with pytest.raises(LabError, match="«model_name» no es un número"):
        plot_sweep(table, "model_name")


def test_the_curve_has_every_seed_and_a_logarithmic_axis_where_it_suits(path):
    table = read_sweep(path)
    plot = plot_sweep(table, "learning_rate")
    (axes,) = plot.figure.axes
    assert axes.get_xscale() == "log" and len(plot.table) == 17
    assert "epochs 3: 0,0001, 0,432; 0,001, 0,532" in plot.alt
    points = sum(len(line.get_xdata()) for line in axes.lines)
    assert points == 17 + 6
    assert plot_sweep(table, "epochs").figure.axes[0].get_xscale() == "linear"
    assert "loss" in plot_sweep(table, "epochs", metric="loss").alt.lower()


def test_parallel_coordinates_need_two_parameters(path):
    table = read_sweep(path)
    assert "La mejor: learning_rate 0,001 y epochs 3, accuracy 0,532" in plot_parallel(table).alt
    with pytest.raises(LabError, match="dos parámetros"):
        plot_parallel(table.drop(columns="epochs"))


def test_the_page_is_whole_names_the_failed_and_uses_no_network(path, tmp_path):
    page = write_sweep_report(path, tmp_path / "barrido.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 3 and page.count("<img ") == page.count('alt="')
    assert "learning_rate 0,01, epochs 3 y seed 3: celda [3]: &lt;b&gt;ValueError" in page
    assert "winner" in page and "otra semilla del modelo" in page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)


def test_the_report_of_a_run_shows_its_sweeps(path, tmp_path):
    folder = tmp_path / "ejecucion"
    (folder / "results" / "06_experimentos").mkdir(parents=True)
    (folder / "run.json").write_text('{"notebooks": []}')
    assert "Barridos" not in render_report(folder)
    path.rename(folder / "results" / "06_experimentos" / path.name)
    (folder / "results" / "barrido-roto.jsonl").write_text("{\n")
    page = render_report(folder)
    assert "<h2>Barridos</h2>" in page and page.count("<figure>") == 1
    assert "La mejor de 6: learning_rate 0,001" in page
    assert "La línea 1 de «barrido-roto.jsonl» está dañada" in page


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no es un barrido"),
        (b'{"kind": "otra cosa"}\n', "no es un barrido"),
        (b"\xff\xfe\n", "La línea 1"),
        (b'{"kind": "laboratorio-sweep", "schema_version": 9, "asked": {}, "sources": {}}\n',
         "de otra versión"),
        (b'{"kind": "laboratorio-sweep"}\n', "La línea 1"),
    ],
)  # fmt: skip
def test_what_is_not_a_sweep_is_told(tmp_path, content, told):
    path = tmp_path / "barrido-x.jsonl"
    path.write_bytes(content)
    with pytest.raises(LabError, match=told):
        read_sweep(path)
    with pytest.raises(LabError, match="No se puede leer"):
        read_sweep(tmp_path / "no.jsonl")


@pytest.mark.parametrize(
    "change", [{"accuracy": "0.5"}, {"accuracy": None}, {"parameters": []}, {"id": 3}]
)
def test_a_trial_with_nonsense_is_told_with_its_line(tmp_path, change):
    path = write_sweep(tmp_path, [{**build_trial(1e-3, 1, 1, 0.5), **change}])
    with pytest.raises(LabError, match="La línea 2 de «barrido-prueba.jsonl» está dañada"):
        read_sweep(path)
