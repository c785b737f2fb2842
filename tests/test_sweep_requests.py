"""Lo que se pide en un barrido se revisa entero, y se dice en una frase, antes de empezar."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from sweep_targets import read_diary, write_notebook, write_script

from labsupport.base.errors import LabError
from labsupport.commands.cli import main
from labsupport.sweeping import identity, requests
from labsupport.sweeping.requests import Interval, Request, read_values
from labsupport.training import trackers

RATES = ["-p", "learning_rate", "1e-4,1e-3"]


def call(capsys, *words: object) -> tuple[int, str]:
    """Pide un barrido y devuelve su código y de qué se quejó."""
    try:
        code = main(["sweep", *map(str, words)])
    except SystemExit as end:
        code = end.code
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Di qué entrenar y con qué valores: `python -m labsupport sweep 02"),
        (["02"], "Di qué valores probar con -p"),
        (["99", *RATES], "No existe el cuaderno «99»"),
        (["no.py", *RATES], "No existe el programa «no.py»"),
        (["02", "-p", "learnin_rate", "1,2"], "¿Querías decir «learning_rate»?"),
        (["02", "-p", "epochs", "1,dos"], "«epochs» debe ser un número entero y recibió 'dos'"),
        (["02", "-p", "epochs", "1,0"], "«epochs» vale 0 y debe estar entre 1 y 1000"),
        (["02", "-p", "seed", "1,,2"], "A «seed» le falta algún valor en «1,,2»"),
        (["02", "-p", "seed", ""], "A «seed» le falta algún valor en «»"),
        (["02", "-p", "seed", "1,2,1"], "«seed» repite 1"),
        (["02", "-p", "learning_rate", "1e-4,0.0001"], "«learning_rate» repite 0,0001"),
        (["02", "-p", "seed", "1,2", "-p", "seed", "2"], "«seed» repite 2"),
        (["02", "-p", "epochs", "None,3"], "Dos ensayos tendrían los mismos parámetros"),
        (["02", "-p", "epochs", "3"], "Un barrido compara y aquí no cambia nada"),
        (["02", "-p", "epochs", "1..3"], "di cuántas configuraciones con --budget N"),
        (["02", "-p", "epochs", "3..1", "--budget", "3"], "no es un intervalo"),
        (["02", "-p", "seed", "1..9", "--budget", "3"], "«seed» es una semilla"),
        (["02", "-p", "seed", "1,2", "--budget", "3"], "hace falta algo que buscar"),
        (["02", "-p", "epochs", "0..3", "--budget", "3"], "«epochs» vale 0"),
        (["02", "-p", "epochs", "None,4", "--budget", "3"], "no vale «None»"),
        (["02", "-p", "dataset_name", "no.csv", *RATES], "No encuentro «no.csv»"),
        (["02", "-p", "n_train", "100,9000000"], "9000000"),
        (["02", *RATES, "--name", "../fuera"], "no sirve de nombre de archivo"),
        (["02", *RATES, "--workers", "0"], "no es un número entero de 1 en adelante"),
        (["02", *RATES, "--cluster", "nube"], "no es una dirección como tcp://HOST:PUERTO"),
        (["02", *RATES, "--report-to", "papel"], "no es una opción válida"),
        (["sin_ayuda", "-p", "epochs", ",".join(map(str, range(1, 200))), "-p", "seed",
          ",".join(map(str, range(200)))], "Son 39800 ensayos y como mucho se admiten 10000"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_told_before_anything_starts(capsys, private_results, words, told):
    code, err = call(capsys, *words)
    assert (code, private_results.exists()) == (2, False)
    assert told in err and "Traceback" not in err


def test_the_help_says_how_to_write_values_and_is_in_spanish(capsys):
    with pytest.raises(SystemExit):
        main(["sweep", "--help"])
    out = capsys.readouterr().out
    assert "una ruta o una columna no se parte por las comas" in out and "metrics.json" in out
    assert out.startswith("uso: python -m labsupport sweep") and "options:" not in out
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "sweep" in capsys.readouterr().out


def test_numbers_are_split_and_paths_are_not():
    pairs = [["seed", "1, 2"], ["dataset_name", "a,b.csv"], ["dataset_name", "c.csv"]]
    assert read_values(pairs) == {"seed": [1, 2], "dataset_name": ["a,b.csv", "c.csv"]}
    assert read_values([["profile", "mini,yelp"]])["profile"] == ["mini", "yelp"]
    assert read_values([["dataset_name", "../datos..viejos.csv"]])["dataset_name"] == [
        "../datos..viejos.csv"
    ]


def test_a_script_can_have_parameters_of_its_own():
    pairs = [["dropout", "0,0.1"], ["kind", "a,b"], ["place", "/un sitio, con coma"]]
    assert read_values(pairs, is_script=True) == {
        "dropout": [0, 0.1],
        "kind": ["a", "b"],
        "place": ["/un sitio, con coma"],
    }
    with pytest.raises(LabError, match="no sirve de nombre de parámetro"):
        read_values([["--raro", "1"]], is_script=True)
    with pytest.raises(LabError, match="epochs"):
        requests.check_request(Request(Path("a.py"), {"epochs": [0, 1]}))


def test_intervals_are_whole_or_logarithmic_where_it_suits():
    found = read_values([["epochs", "1..8"], ["learning_rate", "1e-5..1e-2"]])
    assert found["epochs"].is_whole and not found["epochs"].is_log
    assert found["learning_rate"].is_log and not found["learning_rate"].is_whole
    assert not Interval(0.0, 0.5).is_log


def test_the_seeds_of_a_search_are_all_repeated():
    request = Request(
        Path("a.py"), {"seed": [1, 2, 3], "batch_size": [8, 16]}, {"epochs": Interval(1, 4)}, 5
    )
    assert requests.count_trials(request) == 15 and list(request.space) == ["batch_size", "epochs"]


def test_outputs_do_not_change_what_a_notebook_is_but_its_code_does(make_notebook):
    notebook = write_notebook(make_notebook)
    first = identity.digest_target(notebook)
    content = json.loads(notebook.read_text())
    content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hola"}]
    notebook.write_text(json.dumps(content))
    assert identity.digest_target(notebook) == first
    (notebook.parent / "al_lado.py").write_text("x = 1")
    assert identity.digest_target(notebook) != first


def test_a_notebook_without_parameters_is_refused(make_notebook, capsys):
    code, err = call(capsys, make_notebook("01_nada", "1 + 1"), *RATES)
    assert code == 2 and "«01_nada.ipynb» no tiene celda de parámetros" in err
    broken = make_notebook("02_roto", "1")
    broken.write_text("{}")
    code, err = call(capsys, broken, *RATES)
    assert code == 2 and "no es un cuaderno válido" in err


def test_other_data_under_the_same_name_is_another_sweep(tmp_path):
    path = tmp_path / "datos.csv"
    path.write_text("text,label\nbueno,1\n")
    first = identity.digest_source(str(path))
    assert identity.digest_source(str(path)) == first != identity.digest_source("no-está")
    path.write_text("text,label\nmalo,1\n")
    assert identity.digest_source(str(path)) != first


def test_a_tracker_that_is_missing_is_told_before_starting(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None)
    script = write_script(tmp_path)
    code, err = call(capsys, script, *RATES, "--report-to", "trackio")
    assert code == 2 and "Falta «trackio», que pide --report-to" in err
    assert read_diary(tmp_path) == []


def test_a_tracker_that_nobody_would_call_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: object())
    code, err = call(capsys, write_script(tmp_path), *RATES, "--report-to", "trackio")
    assert code == 2 and "«entrena» no haría caso de --report-to" in err


def test_the_tracker_reaches_what_is_trained(tmp_path, private_results, capsys, monkeypatch):
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: object())
    script = write_script(tmp_path)
    script.write_text(
        "import json, os, pathlib\n"
        "asked = os.environ['LAB_REPORT_TO'] == 'tensorboard'\n"
        "board = pathlib.Path(os.environ['TENSORBOARD_LOGGING_DIR'])\n"
        "board.mkdir()\n"
        "(board / 'eventos').write_text('uno')\n"
        "folder = pathlib.Path(os.environ['LAB_RESULTS_DIR'])\n"
        "(folder / 'metrics.json').write_text(json.dumps({'validation_accuracy': int(asked)}))\n"
    )
    code, _ = call(capsys, script, *RATES, "--report-to", "tensorboard", "--name", "cuento")
    assert code == 0
    assert len(list(private_results.glob("barridos/cuento/*/tensorboard/eventos"))) == 2
    assert '"accuracy": 1.0' in (private_results / "barrido-cuento.jsonl").read_text()


def test_a_known_tracker_is_handed_to_trainer(monkeypatch):
    assert trackers.choose_trackers() == "none"
    monkeypatch.setenv("LAB_REPORT_TO", "tensorboard")
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: object())
    assert trackers.choose_trackers() == "tensorboard"


@pytest.mark.skipif(sys.platform == "win32", reason="permisos de Unix")
def test_a_folder_that_cannot_be_written_is_told(tmp_path, capsys, monkeypatch):
    (tmp_path / "archivo").write_text("no soy una carpeta")
    monkeypatch.setenv("LAB_RESULTS_DIR", str(tmp_path / "archivo"))
    code, err = call(capsys, write_script(tmp_path), *RATES)
    assert code == 1 and "archivo" in err and "Traceback" not in err
