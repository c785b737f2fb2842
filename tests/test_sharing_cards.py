"""La ficha de un modelo: solo dice lo medido, y se nota cuando dice otra cosa."""

from __future__ import annotations

import ast
import dataclasses
import json
import re

import pytest
import yaml
from card_samples import DATE, STARS, make_predictions
from loopback_hub.client import use_hub
from loopback_hub.server import serve_hub

from labsupport.base.errors import LabError
from labsupport.settings import check_parameters
from labsupport.sharing import card_checks, check_card, find_card_faults, write_card
from labsupport.sharing.card_checks import read_blocks
from labsupport.sharing.measures import measure_results

HUB_ID = "ana/resenas-v2"
PREDICTIONS = make_predictions()
MEASURES = measure_results(PREDICTIONS)
TEST, VALIDATION = MEASURES.splits["test"], MEASURES.splits["validation"]
ACCURACY, F1 = TEST.metrics["accuracy"], TEST.metrics["macro-F1"]
WATCHED = VALIDATION.metrics["accuracy"]


def comma(value, decimals=3):
    return f"{value:.{decimals}f}".replace(".", ",")


def settings_of(predictions):
    return check_parameters(predictions.parameters)


def make_card(folder, predictions=PREDICTIONS, **options):
    folder.mkdir(exist_ok=True)
    path = write_card(
        settings_of(predictions), predictions, folder, **{"date": DATE, "hub_id": HUB_ID, **options}
    )
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """Una ficha que está bien."""
    return make_card(tmp_path_factory.mktemp("ficha") / "modelo")


def add_prose(card, text):
    return card.replace("## Límites\n", f"## Notas\n\n{text}\n\n## Límites\n")


def test_a_card_written_from_the_results_passes_its_check(card, tmp_path):
    assert find_card_faults(card, PREDICTIONS, HUB_ID) == []
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    check_card(tmp_path, PREDICTIONS, HUB_ID)
    check_card(tmp_path / "README.md", PREDICTIONS)


def test_the_card_is_read_by_the_hub_library_with_its_results(card):
    from huggingface_hub import ModelCard

    data = ModelCard(card).data
    assert (data.language, data.license, data.library_name) == ("en", "apache-2.0", "transformers")
    found = {
        (each.dataset_split, each.metric_type): (each.metric_value, each.dataset_args["texts"])
        for each in data.eval_results
    }
    assert found["test", "accuracy"] == (round(ACCURACY.value, 4), 120)
    assert found["validation", "accuracy"] == (round(WATCHED.value, 4), 60)
    assert {kind for _, kind in found} == {"accuracy", "f1", "mae", "ece"}


def test_the_same_results_write_the_same_card(card, tmp_path):
    assert make_card(tmp_path / "modelo") == card


def test_the_code_of_the_card_is_python(card):
    codes = [block for block in read_blocks(card) if block.kind == "código"]
    assert codes and all(ast.parse(block.text) for block in codes)
    assert f'model="{HUB_ID}"' in codes[0].text


def test_the_readable_part_says_limits_licences_and_date(card):
    for fragment in ("192 tokens", "2026-11-29", "no se probó", "| este modelo | apache-2.0 |"):
        assert fragment in card
    assert "[More Information Needed]" not in card


@pytest.mark.parametrize(
    "text",
    [
        f"La accuracy es {comma(ACCURACY.value)}.",
        f"La accuracy es {comma(ACCURACY.value, 2)} en la prueba.",
        f"Acierta el {comma(ACCURACY.value * 100, 1)} % de los textos.",
        f"Acierta el {ACCURACY.value * 100:.0f}\xa0% de los textos de test.",
        f"accuracy {ACCURACY.value:.3f}",
        f"Accuracy de {comma(ACCURACY.value)} (intervalo del 95 %: de {comma(ACCURACY.low)} a "
        f"{comma(ACCURACY.high)}).",
        f"accuracy {comma(ACCURACY.value)} [{comma(ACCURACY.low)}; {comma(ACCURACY.high)}]",
        f"accuracy {comma(ACCURACY.value)} ({comma(ACCURACY.low)}-{comma(ACCURACY.high)})",
        f"accuracy {comma(ACCURACY.value)} \u00b1 {comma((ACCURACY.high - ACCURACY.low) / 2)}",
        f"En validación, la accuracy es {comma(WATCHED.value)} y en la prueba, "
        f"{comma(ACCURACY.value)}.",
        f"La accuracy es {comma(WATCHED.value)} en validación y {comma(ACCURACY.value)} en la "
        "prueba.",
        f"accuracy {comma(ACCURACY.value)}, macro-F1 {comma(F1.value)}.",
        f"El recall de «4 stars» es {comma(TEST.classes['4 stars'].recall, 2)}.",
        f"Acierta {TEST.hits} de 120 textos.",
        "Se entrenó con 1.000 textos de entrenamiento, 3 épocas y un learning rate de 5e-4.",
        "Probado el 29 de noviembre de 2026 con transformers 5.23.0 y Python 3.11.4.",
        "Tardó 25 segundos y ocupó 1354 MiB de memoria.",
        "Tiene 1,4 millones de pesos y 5 clases.",
        "1. Una cosa.\n2. Otra cosa, en bf16.",
        f"Acierta el {comma(ACCURACY.value * 100, 1)}% y, en validación, el "
        f"{comma(WATCHED.value * 100, 1)}%.",
        f"La accuracy va de {comma(ACCURACY.low)} a {comma(ACCURACY.high)}.",
        "Con un learning rate de 5·10^-4, o 5·10\u207b\u2074.",
        f"Falla {120 - TEST.hits} de los 120 textos.",
        "| métrica | valor (intervalo) |\n|---|---|\n| accuracy | "
        f"{comma(ACCURACY.value)} ({comma(ACCURACY.low)}-{comma(ACCURACY.high)}) |",
        "| | test | validation |\n|---|---|---|\n| accuracy | "
        f"{comma(ACCURACY.value)} | {comma(WATCHED.value)} |",
        "Ver https://example.org/2024/0.99 y [esto](https://example.org/77).",
        "Confunde «1 star» con «2 stars».",
    ],
)
def test_true_figures_and_numbers_that_measure_nothing_pass(card, text):
    assert find_card_faults(add_prose(card, text), PREDICTIONS, HUB_ID) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("La accuracy es 0,912.", "«0,912»"),
        (f"La accuracy es {comma(ACCURACY.value * 100, 1)}.", comma(ACCURACY.value * 100, 1)),
        (f"La accuracy es {comma(ACCURACY.value)} %.", f"«{comma(ACCURACY.value)} %»"),
        ("Acierta el 99 %.", "«99 %»"),
        ("Acierta el 99 por ciento.", "«99 por ciento»"),
        (
            f"accuracy {comma(ACCURACY.value)} [{comma(ACCURACY.high)}; {comma(ACCURACY.low)}]",
            comma(ACCURACY.high),
        ),
        (f"macro-F1 {comma(ACCURACY.value)}", "macro-F1 en test"),
        (f"accuracy {comma(F1.value)}, macro-F1 {comma(ACCURACY.value)}.", comma(F1.value)),
        (f"La accuracy en la prueba es {comma(WATCHED.value)}.", "accuracy en validation"),
        (f"La accuracy es {comma(WATCHED.value)}.", "accuracy en validation"),
        (f"AUC: {comma(ACCURACY.value)}", "no está entre lo medido"),
        ("Es 2 veces mejor.", "«2»"),
        ("Gana 20 puntos.", "«20»"),
        ("| métrica | valor |\n|---|---|\n| accuracy | 0,9 |", "«0,9»"),
        (
            "| métrica | valor | desde | hasta |\n|---|---|---|---|\n| accuracy | "
            f"{comma(ACCURACY.value)} | {comma(ACCURACY.high)} | {comma(ACCURACY.low)} |",
            comma(ACCURACY.high),
        ),
        ("| a | b |\n|---|---|\n| 1 |", "rota"),
        ("```python\nprint(0.99)\n```", "«0.99»"),
        ("```python\nx = 1  # accuracy 0.99\n```", "«0.99»"),
        ("```python\nx = (\n```", "no se puede ejecutar"),
        ("```python\nx = 1", "no se cierra"),
        ("TODO: completar", "«TODO»"),
        ("[More Information Needed]", "hueco"),
        ("[enlace](docs/x.md)", "«docs/x.md»"),
        ("Se entrenó con 2.000 textos de entrenamiento.", "«2.000»"),
        ("Se entrenó 10 épocas.", "«10»"),
        (f"El recall de «5 stars» es {comma(TEST.classes['1 star'].recall, 2)}.", "«5 stars»"),
        ("Una accuracy de **0,99**", "«0,99»"),
        ("accuracy\uff10.\uff19\uff19", "«0.99»"),
        ("accuracy de &#48;,99", "«0,99»"),
        ("<b>0,99</b> de accuracy", "«0,99»"),
        ("accuracy=0.99", "«0.99»"),
        ("| parámetro | valor |\n|---|---|\n| `epochs` | 10 |", "«epochs»"),
        ("| librería | versión |\n|---|---|\n| torch | 2.0.0 |", "torch 2.0.0"),
        ("Acierta 119 de 120 textos.", "«119»"),
        ("Con 1.000.000 de textos.", "«1.000.000»"),
        ("accuracy del 0.99.0", "«0.99.0»"),
        ("Se midió con 500 textos.", "«500»"),
        (f"Acierta {120 - TEST.hits} de los 120 textos.", f"«{120 - TEST.hits}»"),
        (
            f"Acierta el {comma(WATCHED.value * 100, 1)}% y, en validación, el "
            f"{comma(ACCURACY.value * 100, 1)}%.",
            "accuracy en test",
        ),
        (
            "| | test | validation |\n|---|---|---|\n| accuracy | "
            f"{comma(WATCHED.value)} | {comma(ACCURACY.value)} |",
            "accuracy en validation",
        ),
        ("accuracy de 0,<b></b>99", "«0,99»"),
        ("accuracy de 0,\u200b99", "«0,99»"),
        ("![accuracy 0,99](https://x.org/a.png)", "«0,99»"),
        ("    accuracy .99", "«99»"),
        ("99·10^-2 de accuracy", "«99e-2»"),
        ("Acierta el noventa y nueve por ciento.", "«nueve por ciento» con letras"),
    ],
)
def test_a_figure_that_is_not_in_the_results_is_named(card, text, named):
    with pytest.raises(LabError) as caught:
        check_card(add_prose(card, text), PREDICTIONS, HUB_ID)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def edit_header(card, edit):
    _, header, body = card.split("---\n", 2)
    values = yaml.safe_load(header)
    edit(values, values["model-index"][0]["results"][0])
    return f"---\n{yaml.safe_dump(values, allow_unicode=True)}---\n{body}"


def set_value(value):
    return lambda header, result: result["metrics"][0].update(value=value)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (set_value(0.9), "0.9"),
        (set_value(round(ACCURACY.value * 100, 2)), "tanto por ciento"),
        (set_value(round(ACCURACY.value, 2)), "lo medido es"),
        (set_value(round(WATCHED.value, 4)), "es la de validation"),
        (set_value("0.9 ± 0.1"), "debe ser un número"),
        (set_value(True), "debe ser un número"),
        (set_value(float("nan")), "debe ser un número"),
        (lambda header, result: result["dataset"].update(split="train"), "«train»"),
        (lambda header, result: result["dataset"].pop("split"), "sin decir de qué split"),
        (lambda header, result: result["dataset"].update(name="imdb"), "«imdb»"),
        (lambda header, result: result["dataset"].update(type="stanfordnlp/imdb"), "imdb"),
        (lambda header, result: result["dataset"].update(args={"texts": 9999}), "9999"),
        (lambda header, result: result["metrics"][0].update(type="bleu"), "«bleu»"),
        (
            lambda header, result: result["metrics"][0]["args"]["interval"].reverse(),
            "el intervalo",
        ),
        (lambda header, result: result["metrics"][1]["args"].update(average="micro"), "micro"),
        (lambda header, result: result["metrics"][0].update(verified=True), "verified"),
        (lambda header, result: result.pop("task"), "no tiene la forma"),
        (lambda header, result: header.pop("license"), "licencia"),
        (lambda header, result: header.pop("language"), "idioma"),
        (lambda header, result: header.update(language=[]), "idioma"),
        (lambda header, result: header.pop("model-index"), "model-index"),
        (lambda header, result: header.update(base_model="google/bert"), "«base_model"),
        (lambda header, result: header.update(datasets=["stanfordnlp/imdb"]), "imdb"),
        (lambda header, result: header.update(pipeline_tag="fill-mask"), "fill-mask"),
        (lambda header, result: header.update(accuracy=0.99), "0.99"),
        (lambda header, result: header.update(tags=["acierta el 99 %"]), "99 %"),
        (lambda header, result: header.update(summary={"best": ["acc 0.99"]}), "0.99"),
        (lambda header, result: result["metrics"][0].update(name="accuracy: 0,99"), "0,99"),
        (lambda header, result: result["dataset"]["args"].update(best=0.99), "0.99"),
    ],
)
def test_the_header_is_checked_too(card, edit, named):
    with pytest.raises(LabError) as caught:
        check_card(edit_header(card, edit), PREDICTIONS, HUB_ID)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("sin cabecera\n", "no empieza con su cabecera"),
        ("---\na: [1\n---\n# x\n", "no es YAML"),
        ("---\n- 1\n---\n# x\n", "no tiene campos"),
        ("", "no empieza con su cabecera"),
    ],
)
def test_a_card_that_cannot_be_read_is_told(text, named):
    with pytest.raises(LabError, match=named):
        check_card(text, PREDICTIONS)


def test_the_example_must_load_what_is_published(tmp_path):
    card = make_card(tmp_path / "modelo", hub_id="")
    assert find_card_faults(card, PREDICTIONS) == []
    with pytest.raises(LabError, match=r"no carga «ana/resenas-v2»"):
        check_card(card, PREDICTIONS, HUB_ID)


def test_there_must_be_a_card(tmp_path):
    with pytest.raises(LabError, match=r"falta README\.md"):
        check_card(tmp_path, PREDICTIONS)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """Un Hub al que no se llega: ninguna prueba sale a la red."""
    use_hub(monkeypatch, "http://127.0.0.1:9", tmp_path / "cache")


def test_a_hub_model_and_dataset_are_named_in_the_header(tmp_path):
    predictions = make_predictions(profile="yelp")
    card = make_card(tmp_path / "modelo", predictions, language="en", data_license="other")
    header = yaml.safe_load(card.split("---\n")[1])
    assert header["base_model"] == "google-bert/bert-base-cased"
    assert header["datasets"] == ["Yelp/yelp_review_full"]
    assert header["license"] == "unknown" and "| no consta |" in card
    assert find_card_faults(card, predictions, HUB_ID) == []
    without = re.sub(r"^base_model:.*\n", "", card, flags=re.MULTILINE)
    with pytest.raises(LabError, match="de qué se partió"):
        check_card(without, predictions, HUB_ID)


def test_the_licences_of_what_came_from_the_hub_are_read_there(tmp_path, monkeypatch):
    predictions = make_predictions(profile="yelp")
    repos = {"models/google-bert/bert-base-cased": tmp_path / "bert"}
    repos["datasets/Yelp/yelp_review_full"] = tmp_path / "yelp"
    texts = ("license: mit", "license: other\nlanguage: en")
    for folder, text in zip(repos.values(), texts, strict=True):
        folder.mkdir()
        (folder / "README.md").write_text(f"---\n{text}\n---\n# x\n", encoding="utf-8")
    with serve_hub(repos) as hub:
        use_hub(monkeypatch, hub.url, tmp_path / "cache")
        card = make_card(tmp_path / "modelo", predictions)
    assert yaml.safe_load(card.split("---\n")[1])["license"] == "mit"
    assert "| dataset, `Yelp/yelp_review_full` | other |" in card
    assert find_card_faults(card, predictions, HUB_ID) == []


def test_what_is_not_known_is_asked_and_never_invented(tmp_path):
    predictions = make_predictions(dataset_name="~/cosas de ana/opiniones.csv")
    with pytest.raises(LabError, match='language="es"'):
        write_card(settings_of(predictions), predictions, tmp_path, date=DATE, language=())
    card = make_card(tmp_path / "modelo", predictions, language="es")
    assert "cosas de ana" not in card and "opiniones.csv" in card
    assert "| dataset, `opiniones.csv` | no consta |" in card
    assert find_card_faults(card, predictions, HUB_ID) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"language": "español"}, "«español» no es un código"),
        ({"model_license": "Licencia de Ana"}, "identificador de licencia"),
        ({"version": "la buena"}, "no sirve de etiqueta"),
    ],
)
def test_values_that_do_not_serve_are_refused(tmp_path, options, named):
    with pytest.raises(LabError, match=named):
        make_card(tmp_path / "modelo", **options)


def test_results_of_another_training_are_refused(tmp_path):
    other = check_parameters({"dataset_name": "org/otro"})
    with pytest.raises(LabError, match="de otro entrenamiento"):
        write_card(other, PREDICTIONS, tmp_path, date=DATE)
    with pytest.raises(LabError, match="No existe la carpeta"):
        write_card(settings_of(PREDICTIONS), PREDICTIONS, tmp_path / "nada", date=DATE)


@pytest.mark.parametrize(
    "names",
    [
        ["no", "sí"],
        ["1", "2", "3"],
        ["0.5", "0.99"],
        ["a|b", "c*d", "[e](f)", "<b>"],
        ["test", "validación", "accuracy"],
        [f"clase {i}" for i in range(40)],
    ],
)
def test_any_class_names_make_a_card_that_passes(tmp_path, names):
    predictions = make_predictions(names=names)
    card = make_card(tmp_path / "modelo", predictions)
    assert find_card_faults(card, predictions, HUB_ID) == []


def test_class_names_do_not_hide_invented_figures(tmp_path):
    predictions = make_predictions(names=["0.5", "0.99"])
    card = make_card(tmp_path / "modelo", predictions)
    assert find_card_faults(add_prose(card, "La accuracy es 0.99."), predictions, HUB_ID)


def test_only_validation_measured_is_said_and_not_presented_as_the_test(tmp_path):
    predictions = make_predictions(split="validation")
    card = make_card(tmp_path / "modelo", predictions)
    assert "con textos de prueba no se ha medido" in card
    assert find_card_faults(card, predictions, HUB_ID) == []
    changed = card.replace("split: validation", "split: test")
    with pytest.raises(LabError, match="del split «test»"):
        check_card(changed, predictions, HUB_ID)


def test_a_keras_folder_gets_its_own_example(tmp_path):
    folder = tmp_path / "modelo"
    folder.mkdir()
    (folder / "task.json").write_text("{}")
    card = make_card(folder)
    assert 'from_preset("hf://ana/resenas-v2"' in card and "library_name: keras-hub" in card
    assert find_card_faults(card, PREDICTIONS, HUB_ID) == []


@pytest.mark.parametrize(
    ("lesson", "framework", "named"),
    [("03_keras", "keras", "Keras"), ("04_pytorch", "pytorch", "PyTorch")],
)
def test_the_other_two_trainings_have_their_card(tmp_path, lesson, framework, named):
    versions = {"torch": "2.13.0", "tensorflow": "2.21.0", "keras": "3.15.1", "keras-hub": "0.32.0"}
    predictions = dataclasses.replace(
        PREDICTIONS, lesson=lesson, framework=framework, versions=versions, recipe={}
    )
    card = make_card(tmp_path / "modelo", predictions)
    assert f"hecho con {named}." in card
    assert ("| keras-hub | 0.32.0 |" in card) == (framework == "keras")
    assert find_card_faults(card, predictions, HUB_ID) == []


def test_no_folder_of_this_machine_reaches_the_card(tmp_path):
    predictions = make_predictions(
        model_name="~/secreto/mi-modelo", dataset_name="/home/ana/datos.csv"
    )
    card = make_card(tmp_path / "modelo", predictions, language="es")
    assert "mi-modelo" in card and "datos.csv" in card
    assert not any(private in card for private in ("secreto", "/home", "~", str(tmp_path)))
    assert find_card_faults(card, predictions, HUB_ID) == []


def test_results_are_read_from_their_file(card, private_results):
    private_results.mkdir()
    path = private_results / "02_trainer-mini.json"
    path.write_text(json.dumps(dataclasses.asdict(PREDICTIONS)), encoding="utf-8")
    check_card(card, path, HUB_ID)
    check_card(card, path.name, HUB_ID)
    with pytest.raises(LabError, match="Falta otro"):
        check_card(card, "otro.json", HUB_ID)


def test_every_class_name_of_the_sample_has_a_digit():
    assert all(name[0].isdigit() for name in STARS)


# Lo que nadie puede comprobar con los resultados: fechas, versiones y nombres en la prosa.
BEYOND = ("Modelo v1.0; ficha del", "Clasifica un texto en", "La clase que peor", "| modelo de")
BEYOND += ("| dataset,", "license: ", "- name: ", "# ")


def test_no_digit_of_a_card_can_change_unnoticed(card, monkeypatch):
    monkeypatch.setattr(card_checks, "measure_results", lambda results: MEASURES)
    unnoticed = []
    # Una de cada tres cifras: todas tardan el triple y dicen lo mismo.
    for match in list(re.finditer(r"\d", card))[::3]:
        place = match.start()
        line = card[card.rfind("\n", 0, place) + 1 : card.find("\n", place)]
        changed = f"{card[:place]}{(int(match[0]) + 5) % 10}{card[place + 1 :]}"
        if not line.startswith(BEYOND) and not find_card_faults(changed, PREDICTIONS, HUB_ID):
            unnoticed.append(line)
    # Redondear a tres decimales es decir lo mismo: «0.6455» y «0.6460» valen para 0,64553.
    assert [line for line in unnoticed if not re.search(r"\d\.\d{4}$", line)] == []
    assert len(unnoticed) < 3
