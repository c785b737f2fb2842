"""La orden «datos»: una pantalla, un objeto JSON o una frase; las filas, las del corpus."""

import json
import os
import subprocess
import sys

import data_corpus
import pytest
from datasets import load_dataset
from tiny_sheets import write_xlsx

from labsupport.base.paths import REPO
from labsupport.commands.cli import main
from labsupport.data.own_data import prepare_dataset

KEYS = {
    "archivo", "formas", "leidas", "conservadas", "apartadas", "columnas", "otras_columnas",
    "clases", "en_orden", "splits", "letras", "repetidos", "contradicciones", "fugas",
    "letras_rotas", "idioma", "tokens", "decisiones", "avisos",
}  # fmt: skip
# De cada parte del corpus, alguno: la orden y los cuadernos leen lo mismo que ``gather_rows``.
WHOLE = [
    case
    for part in (data_corpus.SEPARATORS, data_corpus.QUOTES, data_corpus.ENCODINGS)
    for case in part[:2]
] + [
    case
    for case in data_corpus.CASES
    if case.why in ("xlsx", "df.to_json()", "train y test", "una carpeta por clase", "zip", "gz")
]


def call(capsys, *arguments):
    code = main(["datos", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def list_options(case):
    asked = {name: value for name, value in case.options.items() if name != "sheet"}
    return [word for name, value in asked.items() for word in ("-p", name, str(value))]


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "opiniones.csv"
    rows = "".join(
        f"La comida de hoy, la número {i}, llegó muy fría a la mesa;mala\n"
        f"El servicio fue amable y la paella {i} estaba muy buena;Buena\n"
        for i in range(100)
    )
    content = f"comentario;nota;fecha\n{rows}".replace("\n", ";1/5/2024\n").replace(
        "fecha;1/5/2024", "fecha"
    )
    content += "Rico;BUENA;\nrico!;mala;\nsin nota;;\nde;más;x;y\n"
    path.write_bytes(content.encode("cp1252"))
    return path


def test_one_screen_says_what_there_is(reviews, capsys):
    code, out, err = call(capsys, reviews)
    assert (code, err) == (0, "") and out.count("\n") <= 40
    for fragment in (
        "texto Windows (cp1252), separador «;»",
        "204 leídas, 202 se quedan, 2 se apartan",
        "1 por «sin etiqueta»; la primera, línea 204: sin nota",
        "1 por «más campos que la cabecera»; la primera, línea 205: de;más;x;y",
        "«comentario»: por su nombre",
        "fecha (no se usan)",
        "mala            101 (50,0 %)",
        "«Buena», «BUENA» cuentan como una sola clase, «Buena»",
        "textos repetidos  1; 1 con etiquetas distintas",
        "idioma            español",
        "el modelo lee inglés",
        "suelo             0,500 de accuracy",
    ):
        assert fragment in out, fragment


def test_json_is_one_object_in_standard_output(reviews, capsys):
    code, out, err = call(capsys, reviews, "--json", "--filas", "3")
    content = json.loads(out)
    assert (code, err) == (0, "") and set(content) == KEYS | {"filas"}
    assert (content["leidas"], content["conservadas"], len(content["filas"])) == (204, 202, 3)
    assert content["filas"][1] == {
        "texto": "El servicio fue amable y la paella 0 estaba muy buena",
        "etiqueta": "Buena",
    }
    assert [each["nombre"] for each in content["clases"]] == ["mala", "Buena"]
    assert content["apartadas"][0]["primeras"][0]["linea"] in (204, 205)
    assert set(json.loads(call(capsys, reviews, "--json")[1])) == KEYS


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.why)
def test_the_rows_of_the_corpus_in_the_order_of_the_file(case, tmp_path, capsys):
    path = case.write(tmp_path)
    code, out, _ = call(capsys, path, *list_options(case), "--json", "--filas", "100")
    content = json.loads(out)
    assert code == 0
    assert [(row["texto"], row["etiqueta"]) for row in content["filas"]] == case.rows
    assert content["leidas"] == len(case.rows) + case.aside


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.why)
def test_the_rows_of_the_corpus_reach_the_notebooks(case, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "cache"))
    prepared = prepare_dataset(str(case.write(tmp_path)), **case.options, say=lambda words: None)
    dataset = load_dataset(prepared)
    names = dataset["train"].features["label"].names
    found = [(row["text"], names[row["label"]]) for split in dataset.values() for row in split]
    # Una opinión que se repite en los dos lados se queda solo en la evaluación.
    assert sorted(set(found)) == sorted(set(case.rows))


@pytest.mark.parametrize(
    ("content", "options", "fragment"),
    [
        ("Rico,5\nFrío,1\nBien,4\n", [], "«header»"),
        ("texto,nota\n", [], "ninguna fila"),
        ("texto,nota\nRico,5\nFrío,1\n", ["-p", "text_column", "opinion"], "«opinion»"),
        ("texto,nota\nRico,5\n", ["-p", "text_colum", "texto"], "¿Querías decir"),
        ("texto,nota\nRico,5\nFrío,1\n", ["--filas", "muchas"], "--filas pide un número"),
    ],
)
def test_a_refusal_goes_to_standard_error_and_fails(tmp_path, capsys, content, options, fragment):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    for form in ([], ["--json"]):
        code, out, err = call(capsys, path, *options, *form)
        assert code != 0 and out == ""
        assert fragment in err and "Traceback" not in err and err.count("\n") == 1


def test_the_header_and_the_sheet_are_parameters(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("Rico,5\nFrío,1\nBien,4\n", encoding="utf-8")
    _, out, _ = call(capsys, path, "-p", "header", "False", "--json", "--filas", "9")
    assert [row["etiqueta"] for row in json.loads(out)["filas"]] == ["5", "1", "4"]
    rows = [["texto", "nota"], ["Rico", 5], ["Frío", 1]]
    write_xlsx(tmp_path / "b.xlsx", {"Una": [["texto", "nota"], ["x", 1], ["y", 2]], "Dos": rows})
    _, out, _ = call(capsys, f"{tmp_path / 'b.xlsx'}#dos", "--json", "--filas", "9")
    assert json.loads(out)["filas"][0] == {"texto": "Rico", "etiqueta": "5"}


def test_from_a_terminal_that_is_not_utf8_the_object_is_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("texto,nota\nRico 😀,sí\nFrío,no\n", encoding="utf-8")
    command = [sys.executable, "-m", "labsupport", "datos", path, "--json", "--filas", "5"]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        command, capture_output=True, cwd=REPO, check=True, timeout=100, env=environment
    )
    assert json.loads(done.stdout)["filas"][0]["texto"] == "Rico 😀"


def test_orders_for_the_terminal_inside_a_file_are_shown_and_not_obeyed(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_bytes(b"texto,etiqueta\nRico \x1b[2J,buena\nFeo,\x1b[31mmala\n")
    assert main(["datos", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "Rico ·[2J" in shown
    path.write_bytes(b"a\x1b[2J,b,c\nx,y,z\nx,y,z\n")
    assert main(["datos", str(path)]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_a_model_that_cannot_be_used_gets_its_sentence(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("texto,nota\nRico,5\nFrío,1\n", encoding="utf-8")
    model = tmp_path / "vit"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"model_type": "vit"}), encoding="utf-8")
    assert main(["datos", str(path), "-p", "model_name", str(model)]) == 1
    assert "vit" in capsys.readouterr().err
    assert main(["datos", str(path), "-p", "max_length", "9999"]) == 1
    assert "«max_length» vale 9999" in capsys.readouterr().err


def test_the_first_rows_are_those_of_the_file_also_when_it_is_sampled(tmp_path, capsys):
    path = tmp_path / "a.csv"
    rows = "".join(f"Opinión {i},{i % 2}\n" for i in range(100_050))
    path.write_text(f"texto,nota\n{rows}", encoding="utf-8")
    assert main(["datos", str(path), "--json", "--filas", "3"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert [row["texto"] for row in content["filas"]] == [f"Opinión {i}" for i in range(3)]
    assert content["conservadas"] == 100_050
