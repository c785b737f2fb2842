"""El informe: se abre sin red, escapa lo ajeno, cuenta lo que falta y se escribe entero o nada."""

import dataclasses
import json
import os
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, Value

from labsupport.base.errors import LabError
from labsupport.base.run_record import find_latest_run
from labsupport.commands.cli import main
from labsupport.evaluation.comparison import LESSONS
from labsupport.evaluation.results import save_predictions
from labsupport.evaluation.scores import count_confusions
from labsupport.report import plots
from labsupport.report import run_report as html_report
from labsupport.report.run_report import write_report
from labsupport.running import whole_lab
from labsupport.running.whole_lab import describe_run, run_notebooks
from labsupport.settings import check_parameters

STARS = ["1 star", "2 star", "3 stars", "4 stars", "5 stars"]
HISTORY = [
    {"epoch": epoch, "train_loss": 1.5 / epoch, "eval_loss": 1.6 / epoch, "accuracy": 0.3 * epoch}
    for epoch in (1, 2, 3)
]


class Page(HTMLParser):
    """Lo que interesa de una página: sus etiquetas con atributos y su texto."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words = [], []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def make_run(tmp_path, monkeypatch):
    """Devuelve una función que escribe la carpeta de una ejecución."""

    def make(lessons=tuple(LESSONS), outcomes=None, name="2026-08-31_09-05-00", **record):
        folder = tmp_path / "runs" / name
        (folder / "results").mkdir(parents=True)
        for lesson in lessons:
            monkeypatch.setenv("LAB_RESULTS_DIR", str(folder / "results" / lesson))
            save(lesson)
        monkeypatch.setenv("LAB_RESULTS_DIR", str(folder / "results"))
        done = {"status": "bien", "seconds": 12.5, "peak_mib": 800.0, "message": ""}
        outcomes = outcomes or [{"notebook": lesson, **done} for lesson in LESSONS]
        for outcome in outcomes:
            (folder / f"{outcome['notebook']}.ipynb").write_text("{}")
        content = {
            "started": name,
            "parameters": {"epochs": 2},
            "versions": {"python": "3.11.7", "torch": "2.13.0"},
            "planned": [outcome["notebook"] for outcome in outcomes],
            "notebooks": outcomes,
            **record,
        }
        (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
        return folder

    return make


def save(lesson, n=40, names=STARS, history=HISTORY, **parameters):
    features = Features(
        {"label": ClassLabel(names=names), "index": Value("int64"), "text": Value("string")}
    )
    classes = len(names)
    labels = [i % classes for i in range(n)]
    texts = [f"{parameters.get('dataset_name')} {i}" for i in range(n)]
    columns = {"label": labels, "index": list(range(n)), "text": texts}
    rows = Dataset.from_dict(columns, features=features)
    seed = sum(map(ord, lesson))
    logits = 2 * np.eye(classes)[labels]
    logits += np.random.default_rng(seed).normal(size=(n, classes))
    settings = check_parameters({"n_train": 60, "n_eval": n, "epochs": 2, **parameters})
    settings = dataclasses.replace(settings, device="cpu", precision="fp32")
    return save_predictions(lesson, "x", settings, rows, logits, history=history, seconds=3.25)


def test_a_complete_run_tells_everything(make_run):
    page = Page(write_report(make_run()))
    for expected in (
        "Ejecución del 2026-08-31, 09:05",
        "Todos terminaron bien.",
        "Curvas de aprendizaje",
        "Matrices de confusión",
        "Trainer y Keras",
        "McNemar",
        "12,5",
        "3,2",
        "800",
        "epochs 2 con -p",
        "torch 2.13.0",
        "cpu (fp32)",
    ):
        assert expected in page.text, expected
    assert "Avisos" not in page.source


def test_it_loads_nothing_from_outside(make_run):
    page = Page(write_report(make_run()))
    assert not {"script", "link", "iframe", "object", "base"} & {tag for tag, _ in page.tags}
    sources = [attributes["src"] for _, attributes in page.tags if "src" in attributes]
    assert len(sources) == 2
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert not {"srcset", "style", "onload", "onerror"} & {
        name for _, attributes in page.tags for name in attributes
    }
    style = page.source.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert "http" not in page.source.replace("data:image", "")


def test_it_reads_well_without_seeing_it(make_run):
    page = Page(write_report(make_run()))
    assert page.all("html") == [{"lang": "es"}]
    assert all(len(image["alt"]) > 60 for image in page.all("img"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(head["scope"] in {"col", "row"} for head in page.all("th"))
    headings = [tag for tag, _ in page.tags if tag in {"h1", "h2", "h3"}]
    assert headings[0] == "h1" and headings.count("h1") == 1
    assert "@media print" in page.source


def test_links_lead_to_the_executed_notebooks(make_run, tmp_path):
    folder = make_run()
    elsewhere = tmp_path / "otra carpeta"
    elsewhere.mkdir()
    for out in (folder / "informe.html", elsewhere / "mío.html", elsewhere):
        path = write_report(folder, out)
        links = [link["href"] for link in Page(path).all("a")]
        assert len(links) == 3
        for link in links:
            assert not os.path.isabs(link)
            assert (path.parent / unquote(link)).resolve().parent == folder
    (folder / "03_keras.ipynb").unlink()
    assert len(Page(write_report(folder)).all("a")) == 2


def test_what_others_wrote_is_escaped(make_run):
    attack = "<script>alert('$1')</script>"
    outcome = {"notebook": "02_trainer", "status": "falla", "seconds": 1, "peak_mib": 1}
    folder = make_run(
        lessons=(),
        outcomes=[{**outcome, "message": attack}],
        versions={attack: attack},
        parameters={"dataset_name": attack},
        started=attack,
    )
    save("02_trainer", names=[attack, "<b>", '"><img src=x>', "$5", "&amp;"], dataset_name=attack)
    (folder / "results" / "<i>.json").write_text("{}")
    page = Page(write_report(folder))
    assert not {"script", "b", "i"} & {tag for tag, _ in page.tags}
    assert all(image["src"].startswith("data:") for image in page.all("img"))
    assert "<script>alert('$1')</script>" in page.text and "<i>.json" in page.text


def test_without_results_it_says_so(make_run):
    page = Page(write_report(make_run(lessons=())))
    assert "Ningún cuaderno dejó predicciones" in page.text
    assert page.all("img") == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_one_result_is_enough(make_run, lesson):
    page = Page(write_report(make_run(lessons=[lesson])))
    assert LESSONS[lesson] in page.text and "McNemar" not in page.text
    assert len(page.all("img")) == 2


def test_a_failed_and_a_missing_notebook_are_told(make_run):
    outcomes = [
        {"notebook": "02_trainer", "status": "bien", "seconds": 5, "peak_mib": 1, "message": ""},
        {
            "notebook": "03_keras",
            "status": "falla",
            "seconds": 5,
            "peak_mib": 1,
            "message": "Falta «x».",
        },
    ]
    folder = make_run(outcomes=outcomes, planned=["02_trainer", "03_keras", "04_pytorch"])
    page = Page(write_report(folder))
    assert "No terminaron: 03_keras. Quedaron sin empezar: 1." in page.text
    assert "falla : Falta «x»." in page.text
    assert "toma estas cifras con cuidado: Keras." in page.text
    assert "De una ejecución anterior, porque en esta no se pidieron: PyTorch." in page.text


def test_results_that_do_not_compare_stay_out_of_pairs_and_figures(make_run):
    folder = make_run(lessons=["02_trainer", "03_keras"])
    save("04_pytorch", n=20)
    page = Page(write_report(folder))
    assert "Con otros textos o etiquetas de evaluación que los demás: PyTorch." in page.text
    assert "Trainer y Keras" in page.text and "Keras y PyTorch" not in page.text
    assert "PyTorch usó n_train" in page.text


def test_results_of_other_data_stay_apart_and_say_whose_they_are(make_run):
    folder = make_run(lessons=["02_trainer", "03_keras"])
    save("04_pytorch", names=["malo", "regular", "bueno"], dataset_name="./opiniones.csv")
    save("00_inicio", names=["sí", "no"], dataset_name="./votos.csv")
    page = Page(write_report(folder))
    apart = "Cuaderno 0 (dataset «./votos.csv»); PyTorch (dataset «./opiniones.csv»)"
    assert f"Con otros textos o etiquetas de evaluación que los demás: {apart}." in page.text
    assert " estrellas " in page.text and " peldaños " in page.text
    assert "MAE (" not in page.text


def test_what_this_run_did_is_compared_before_what_was_there(make_run):
    outcome = {"status": "bien", "seconds": 5, "peak_mib": 1, "message": ""}
    folder = make_run(
        lessons=["03_keras", "04_pytorch"], outcomes=[{"notebook": "02_trainer", **outcome}]
    )
    save("02_trainer", names=["sí", "no"], dataset_name="./votos.csv")
    page = Page(write_report(folder))
    assert "que los demás: Keras y PyTorch (dataset «mini-reviews»)." in page.text
    assert "de 40: Trainer, " in page.all("img")[1]["alt"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (STARS, "MAE (estrellas)"),
        ([str(n) for n in range(1, 11)], "MAE (puntos)"),
        (["malo", "regular", "bueno"], "MAE (peldaños)"),
        (["sí", "no"], None),
        (["alegría", "enfado", "miedo"], None),
    ],
)
def test_errors_are_told_in_the_units_of_the_classes(make_run, names, expected):
    folder = make_run(lessons=())
    save("02_trainer", names=names)
    text = Page(write_report(folder)).text
    assert expected in text if expected else "MAE" not in text


HARD_NAMES = {
    "cien": [f"clase {i}" for i in range(100)],
    "largos": ["palabra " * 120 + str(i) for i in range(3)],
    "raros": ["😀", "<b>$x$</b>", '"', "'&amp;", "负面", "$\\frac{"],
    "dos": ["sí", "no"],
}


@pytest.mark.parametrize("kind", HARD_NAMES)
def test_any_names_are_drawn_and_written(make_run, kind, recwarn):
    folder = make_run(lessons=())
    for lesson in ("02_trainer", "03_keras"):
        save(lesson, n=120, names=HARD_NAMES[kind])
    page = Page(write_report(folder))
    assert len(page.all("img")) == 2 and "b" not in {tag for tag, _ in page.tags}
    assert all(len(image["alt"]) < 2000 for image in page.all("img"))
    assert len(page.source) < 2_000_000
    assert ("12 de las 100 clases" in page.all("img")[1]["alt"]) == (kind == "cien")
    assert not [str(each.message) for each in recwarn.list]


def test_foreign_and_broken_results_are_named(make_run):
    folder = make_run(lessons=["02_trainer"])
    results = folder / "results"
    (results / "03_keras-mini.json").write_text('{"kind": "otro"}')
    content = json.loads((results / "02_trainer" / "02_trainer-mini.json").read_text())
    (results / "04_pytorch-mini.json").write_text(json.dumps({**content, "seconds": "mucho"}))
    (results / "05_evaluacion-tfidf-mini.json").write_bytes(b"{")
    text = Page(write_report(folder)).text
    for name in ("03_keras-mini.json", "04_pytorch-mini.json", "05_evaluacion-tfidf-mini.json"):
        assert name in text
    assert "Trainer" in text


@pytest.mark.parametrize("history", [(), [{"epoch": 1}], [{**HISTORY[0], "train_loss": None}]])
def test_a_strange_history_does_not_break_it(make_run, history):
    folder = make_run(lessons=())
    save("02_trainer", history=history)
    assert "Matrices de confusión" in Page(write_report(folder)).text


def test_parameters_that_are_no_longer_valid_are_told(make_run):
    page = Page(write_report(make_run(parameters={"profile": "viejo"})))
    assert "no valen con la versión actual" in page.text


# --- figuras --------------------------------------------------------------------------------


def test_bars_of_many_classes_are_the_largest_and_say_so():
    table = pd.DataFrame({"clase": [f"tema {i}" for i in range(100)], "textos": range(100)})
    plot = plots.plot_bars(table, "clase", "textos", "Textos", "Barras:")
    assert plot.alt.startswith("Solo las 20 mayores de 100. Barras: tema 80, 80;")
    assert "tema 79" not in plot.alt and len(plot.table) == 100
    (axes,) = plot.figure.axes
    assert axes.get_title("left") == "Textos (las 20 mayores de 100)"


@pytest.mark.parametrize(
    "values",
    [[1], [0, 0], [3] * 50, list(range(1, 640)), [*range(1, 30), 50_000], [10**7] * 3],
    ids=["uno", "ceros", "iguales", "cola", "aislado", "enormes"],
)
def test_histograms_of_any_length_count_everything(values, recwarn):
    plot = plots.plot_histogram(values, "Largo", "palabras", "Histograma.")
    assert plot.table["textos"].sum() == len(values) and len(plot.table) <= 41
    assert plot.table["hasta"].iloc[-1] >= max(values)
    assert f"máximo, {max(values):g}." in plot.alt
    assert plot.png and not recwarn.list


def test_confusions_follow_the_scale_and_names_never_repeat():
    names = ["bueno", "malo", "regular"]
    matrix = count_confusions([0, 1, 2], [0, 1, 1], names)
    plot = plots.plot_confusions({"A": matrix}, "Una matriz.")
    assert plot.table["real"].tolist() == ["malo", "regular", "bueno"]
    assert list(plot.table.columns[2:]) == ["malo", "regular", "bueno"]
    drawn = plots.draw_names(["muy de acuerdo", "muy en desacuerdo", "⭐⃣负", "负面"], width=6)
    assert len(set(drawn)) == 4 and all(drawn)


@pytest.mark.parametrize("record", [None, "", "[]", '{"notebooks": 3}'])
def test_a_folder_that_is_not_a_run_is_refused_by_name(tmp_path, record):
    folder = tmp_path / "cosas"
    folder.mkdir()
    if record is not None:
        (folder / "run.json").write_text(record)
    with pytest.raises(LabError, match="cosas"):
        write_report(folder)
    assert not (folder / "informe.html").exists()


def test_it_is_written_whole_or_not_at_all(make_run, monkeypatch):
    folder = make_run(lessons=["02_trainer"])
    before = write_report(folder).read_bytes()
    monkeypatch.setattr(html_report, "render_report", lambda *_: "\ud800")
    with pytest.raises(UnicodeEncodeError):
        write_report(folder)
    assert (folder / "informe.html").read_bytes() == before
    assert not list(folder.glob("*.tmp-*"))


def test_the_same_run_gives_the_same_bytes(make_run):
    folder = make_run(lessons=["02_trainer"])
    assert write_report(folder).read_bytes() == write_report(folder).read_bytes()


def test_the_latest_run_is_the_last_one_that_was_recorded(make_run, tmp_path):
    make_run(lessons=(), name="2026-08-31_09-05-00_2")
    time.sleep(0.02)
    last = make_run(lessons=(), name="2026-08-31_09-05-00_10")
    (tmp_path / "runs" / "2026-09-01_00-00-00").mkdir()
    assert find_latest_run(tmp_path / "runs") == last
    with pytest.raises(LabError, match="No hay ninguna ejecución"):
        find_latest_run(tmp_path / "vacía")


def test_the_order_writes_it_and_says_where(make_run, tmp_path, capsys, monkeypatch):
    folder = make_run(lessons=())
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(folder)]) == 0
    assert (
        capsys.readouterr().out.strip() == f"Informe: {Path('runs', folder.name, 'informe.html')}"
    )
    assert main(["report", str(folder), "--out", "mío.html"]) == 0
    assert Page(tmp_path / "mío.html").all("a")[0]["href"].startswith("runs/")
    assert main(["report", str(tmp_path)]) == 1
    assert "no es la carpeta de una ejecución" in capsys.readouterr().err
    assert main(["report", str(folder), "--out", "no/existe.html"]) == 1
    assert "No existe la carpeta" in capsys.readouterr().err


def test_running_notebooks_ends_with_the_report(make_notebook, tmp_path):
    run = run_notebooks([make_notebook("01_datos", "1 + 1")], out=tmp_path / "copias")
    assert "01_datos" in Page(run.folder / "informe.html").text
    assert f"Informe: {run.folder}" in describe_run(run)


def test_a_report_that_fails_does_not_spoil_the_run(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_lab, "write_report", fail)
    said = []
    run = run_notebooks([], out=tmp_path / "copias", say=said.append)
    assert said[0].startswith("No se pudo escribir el informe: No queda espacio")
    assert "Informe:" not in describe_run(run)
