"""La demo: lo que contesta, dónde se abre y que un Space la ejecuta tal cual."""

from __future__ import annotations

import argparse
import ast
import os
import re
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

from labsupport.base.errors import LabError
from labsupport.base.paths import EMBEDDED, REPO
from labsupport.commands.demo import add_demo
from labsupport.sharing import build_local_demo, launch_demo, write_space
from labsupport.sharing.demo import EXAMPLES, find_demo_model, read_labels

pytest.importorskip("gradio", reason="instálalo con make masalla")

LABELS = ["1 star", "2 star", "<b>otra</b>"]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """Un clasificador que no aprendió nada, guardado como lo guarda el cuaderno 2."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    source, folder = EMBEDDED / "mini-bert", tmp_path_factory.mktemp("clasificador")
    names = dict(enumerate(LABELS))
    options = {"id2label": names, "label2id": {name: i for i, name in names.items()}}
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=3, **options)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def demo(classifier):
    built = build_local_demo(classifier)
    yield built
    built.close(verbose=False)


@pytest.fixture
def order():
    """Devuelve una función que lee la orden como la línea de órdenes."""
    parser = argparse.ArgumentParser()
    add_demo(parser.add_subparsers())
    return lambda *words: parser.parse_args(["demo", *words])


def test_answers_with_a_probability_for_each_class_named_in_spanish(demo):
    chances, note = demo.fn("The food was cold.")
    assert set(chances) == {"1 estrella", "2 estrellas", "<b>otra</b>"} and note == ""
    assert sum(chances.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("text", ["", "  \n\t", None, "\u200b\u200b", "\ud800"])
def test_asks_for_a_text_when_there_is_none(demo, text):
    chances, note = demo.fn(text)
    assert chances is None and note.startswith("Escribe un texto")


def test_cuts_a_long_text_and_says_so(demo):
    chances, note = demo.fn("good " * 2_000_000)
    assert chances and "solo se leyó el principio (512 tokens)" in note


def test_takes_any_text(demo):
    for text in ["<script>alert(1)</script>", "\x00\x1b[2J", "日本語", "{}" * 50, "a\ud800b"]:
        chances, _ = demo.fn(text)
        assert len(chances) == 3


def test_opens_only_here_in_the_next_free_port_and_asks_nothing_of_others(demo):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        url = launch_demo(demo, port)
    try:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url) and f":{port}/" not in url
        page = urlopen(url).read().decode()
        theme = urlopen(f"{url}theme.css").read().decode()
        assert demo.server_name == "127.0.0.1" and demo.share_url is None
        # Lo que la página carga sola; lo demás son etiquetas que nadie abre.
        assert not re.search(r"(?:src|href)=\"https?://", page)
        assert "http" not in re.sub(r"http://www\.w3\.org", "", theme)
    finally:
        demo.close(verbose=False)


def test_says_that_no_port_is_free(demo, monkeypatch):
    def refuse(**options):
        raise OSError("Cannot find empty port")

    monkeypatch.setattr(demo, "launch", refuse)
    with pytest.raises(LabError, match="ningún puerto libre del 65530 al 65535"):
        launch_demo(demo, 65530)


def test_says_what_to_run_when_nothing_was_trained():
    with pytest.raises(LabError, match="make lab ARGS=02"):
        find_demo_model()


def test_finds_the_model_of_the_second_lesson(private_results, classifier):
    saved = private_results / "modelo-trainer-mini"
    saved.mkdir(parents=True)
    (saved / "config.json").write_bytes((classifier / "config.json").read_bytes())
    assert find_demo_model() == saved and read_labels(saved) == LABELS


@pytest.mark.parametrize("name", ["no-existe", "./no-existe", "org/modelo"])
def test_says_that_the_model_is_not_there(name):
    with pytest.raises(LabError, match=name):
        find_demo_model(name)


def test_refuses_a_model_without_a_head():
    with pytest.raises(LabError, match="no es un clasificador"):
        build_local_demo(EMBEDDED / "mini-bert")


@pytest.mark.parametrize("port", ["0", "70000", "-1", "abc", "7860.5"])
def test_refuses_a_port_that_does_not_exist(order, port):
    with pytest.raises(LabError, match="entre 1 y 65535"):
        order("--port", port)


def test_reads_its_options(order):
    options = order("--model", "aquí", "--port", "8000", "--no-browser")
    assert (options.model, options.port, options.browser) == ("aquí", 8000, False)
    assert order().browser is True


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C se manda de otra manera")
def test_the_order_serves_without_network_until_ctrl_c(classifier, tmp_path):
    program = (
        "import argparse, sys\n"
        "from labsupport.commands.demo import add_demo\n"
        "parser = argparse.ArgumentParser(); add_demo(parser.add_subparsers())\n"
        "options = parser.parse_args(['demo', '--no-browser', '--model', sys.argv[1]])\n"
        "sys.exit(options.perform(options))"
    )
    log = tmp_path / "red.log"
    folders = [str(REPO / "tests" / "refuse_network"), str(REPO)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    environment |= {"LAB_NETWORK_LOG": str(log), "HTTP_PROXY": "http://127.0.0.1:9"}
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(classifier)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    try:
        lines = iter(process.stdout.readline, "")
        (address,) = next(found for found in map(find_address, lines) if found)
        assert b"gradio" in urlopen(address).read()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    finally:
        process.kill()
    assert rest.strip() == "Demo cerrada." and process.wait() == 0
    assert not log.exists()


def find_address(line):
    return re.findall(r"http://127\.0\.0\.1:\d+/", line)


def test_writes_a_space_that_runs_alone(classifier, tmp_path):
    space = write_space(tmp_path / "espacio", classifier, examples=['Con "comillas"', "y\nsalto"])
    names = {path.relative_to(space).as_posix() for path in space.rglob("*") if path.is_file()}
    assert {"app.py", "requirements.txt", "README.md", "modelo/config.json"} <= names
    program = "import app; print(app.build_demo(app.MODEL, app.EXAMPLES, app.NAMES).fn('good')[0])"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=space, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert set(ast.literal_eval(done.stdout)) == {"1 estrella", "2 estrellas", "<b>otra</b>"}


def test_a_space_loads_a_published_model_and_fixes_its_versions(classifier, tmp_path):
    space = write_space(tmp_path / "espacio", classifier, hub_id="ana/resenas")
    assert not (space / "modelo").exists()
    card = (space / "README.md").read_text(encoding="utf-8")
    assert "sdk: gradio" in card and "app_file: app.py" in card and "- ana/resenas" in card
    code = (space / "app.py").read_text(encoding="utf-8")
    assert 'MODEL = "ana/resenas"' in code and '"1 star": "1 estrella"' in code
    needs = (space / "requirements.txt").read_text(encoding="utf-8")
    assert re.fullmatch(r"transformers==[\d.]+\ntorch==[\d.]+\n", needs)


@pytest.mark.parametrize(
    ("labels", "examples"),
    [
        (LABELS, EXAMPLES["en"]),
        (["1 estrella", "2 estrellas"], EXAMPLES["es"]),
        (["malo", "bueno"], ()),
        (["1", "2"], ()),
    ],
)
def test_examples_are_in_the_language_of_the_stars(monkeypatch, labels, examples):
    given = []
    monkeypatch.setattr(
        "labsupport.sharing.app.build_demo", lambda model, examples, names: given.append(examples)
    )
    monkeypatch.setattr("labsupport.sharing.demo.read_labels", lambda folder: labels)
    build_local_demo("una carpeta")
    assert given == [list(examples)]
