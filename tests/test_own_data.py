"""Datos propios: qué columnas y etiquetas se encuentran, cuáles se preguntan y qué se decide."""

import json
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from labsupport.base.errors import LabError
from labsupport.data import apply_parameters
from labsupport.data.own_data import find_columns, prepare_dataset
from labsupport.data.subset import load_subset

ROWS = [("Muy rico.", 5), ("Frío y caro.", 1), ("Pasable.", 3)] * 10
CSV = "reseña,estrellas\n" + "".join(f"{text},{stars}\n" for text, stars in ROWS)


@pytest.fixture(autouse=True)
def private_cache(tmp_path, monkeypatch):
    """La copia preparada va a una caché de esta prueba."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "cache"))


@pytest.fixture
def said():
    """Lo que se contó al preparar los datos."""
    return []


def write_csv(tmp_path, text=CSV, name="opiniones.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return str(path)


def load(path):
    from datasets import load_dataset

    return load_dataset(path)


def test_reading_a_file_tells_nobody(tmp_path, said, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("datasets.config.HF_UPDATE_DOWNLOAD_COUNTS", True)
    monkeypatch.setattr("datasets.load.get_session", lambda: pytest.fail("se buscó la red"))
    prepare_dataset(write_csv(tmp_path), say=said.append)


@pytest.mark.parametrize(
    ("separator", "encoding"),
    [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-8-sig"), ("|", "utf-8"), ("\t", "utf-16")],
)
def test_a_csv_is_found_out_and_told(tmp_path, said, separator, encoding):
    path = write_csv(tmp_path, CSV.replace(",", separator), encoding=encoding)
    dataset = load(prepare_dataset(path, say=said.append))
    assert dataset["train"].features["label"].names == ["1", "3", "5"]
    assert (len(dataset["train"]), len(dataset["test"])) == (24, 6)
    pairs = {(row["text"], int(row["label"])) for split in dataset.values() for row in split}
    assert pairs == {("Muy rico.", 2), ("Frío y caro.", 0), ("Pasable.", 1)}
    assert said == [
        "Texto: «reseña». Etiqueta: «estrellas», 3 clases (1, 3, 5). No hay split de evaluación "
        "con etiquetas: se aparta el 20% de «train», al azar con la semilla 42."
    ]


def test_a_spreadsheet_may_name_its_separator_and_leave_its_accents_for_the_end(tmp_path, said):
    rows = "".join(f"Opinion {number}, sin tilde;{number % 3}\n" for number in range(4000))
    text = f'sep=;\n"texto, entero";clase\n{rows}Opinión con tilde;1\n'
    dataset = load(prepare_dataset(write_csv(tmp_path, text, encoding="cp1252"), say=said.append))
    texts = {row["text"] for split in dataset.values() for row in split}
    assert len(texts) == 4001 and "Opinión con tilde" in texts
    assert "Texto: «texto, entero». Etiqueta: «clase», 3 clases (0, 1, 2)" in said[0]


def test_jsonl_and_parquet_with_text_labels(tmp_path, said):
    rows = [{"review": f"opinión {i}", "sentiment": ["mala", "buena"][i % 2]} for i in range(20)]
    jsonl = tmp_path / "a.jsonl"
    jsonl.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    Dataset.from_list(rows).to_parquet(tmp_path / "a.parquet")
    for path in (jsonl, tmp_path / "a.parquet"):
        features = load(prepare_dataset(str(path), say=said.append))["train"].features
        assert features["label"].names == ["buena", "mala"]


def test_the_second_time_nothing_is_prepared_again_but_it_is_told(tmp_path, said):
    path = write_csv(tmp_path)
    assert prepare_dataset(path, say=said.append) == prepare_dataset(path, say=said.append)
    assert said[0] == said[1]
    write_csv(tmp_path, CSV + "Otra más.,4\n")
    assert "4 clases" in (prepare_dataset(path, say=said.append), said)[1][2]


def test_a_dataset_in_the_usual_form_is_used_as_it_is(tmp_path, said):
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "sí"])})
    for split in ("train", "test"):
        rows = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=features)
        rows.to_parquet(tmp_path / "data" / f"{split}.parquet")
    assert prepare_dataset(str(tmp_path / "data"), say=said.append) == str(tmp_path / "data")
    assert said == []


def test_a_test_split_without_labels_gives_way_to_validation(tmp_path, said):
    features = Features({"sentence": Value("string"), "label": ClassLabel(names=["no", "sí"])})
    labels = {"train": [0, 1, 1], "validation": [1, 0, 0], "test": [-1, -1, -1]}
    for split, values in labels.items():
        rows = Dataset.from_dict({"sentence": list("abc"), "label": values}, features=features)
        rows.to_parquet(tmp_path / "data" / f"{split}.parquet")
    dataset = load(prepare_dataset(str(tmp_path / "data"), say=said.append))
    assert dataset["test"]["label"][:] == [1, 0, 0]
    assert "se evalúa con «validation»" in said[0]


def test_rows_without_text_or_label_are_counted(tmp_path, said):
    path = write_csv(tmp_path, CSV + ",5\nSin estrellas.,\n")
    dataset = load(prepare_dataset(path, say=said.append))
    assert sum(len(split) for split in dataset.values()) == 30
    assert "Se dejan fuera 2 filas" in said[0]


@pytest.mark.parametrize(
    ("columns", "options", "fragments"),
    [
        ({"a": ["x"], "b": ["y"], "c": [1]}, {}, ["etiqueta", "a, b, c", "«label_column»"]),
        ({"a": ["x"], "b": ["y"], "label": [1]}, {}, ["el texto", "«text_column»"]),
        (
            {"text": ["x"], "label": [1]},
            {"text_column": "txt"},
            ["«txt»", "¿Querías decir «text»?"],
        ),
        (
            {"text": ["x"], "label": [1]},
            {"label_column": "text"},
            ["text, label", "«label_column»"],
        ),
    ],
)
def test_columns_that_cannot_be_found_are_asked_for(columns, options, fragments):
    with pytest.raises(LabError) as caught:
        find_columns({"train": Dataset.from_dict(columns)}, **options)
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("text,label\na,0.5\nb,1.5\n", "tiene decimales"),
        ("text,label\na,1\nb,1\n", "una sola clase"),
        ("text,label\n" + "".join(f"a,{i}\n" for i in range(101)), "101 valores distintos"),
        ("text,label\na,\nb,\n", "Ninguna fila tiene etiqueta"),
        ("text,label\n", "No se puede leer opiniones.csv: está vacío"),
        ('text,label\n"a,1\nb,2,3,4\n', "No se puede leer opiniones.csv"),
        ("", "No se puede leer opiniones.csv"),
    ],
)
def test_labels_and_files_that_do_not_serve_get_a_sentence(tmp_path, text, fragment):
    with pytest.raises(LabError, match=fragment):
        prepare_dataset(write_csv(tmp_path, text), say=lambda sentence: None)


def test_labels_out_of_range_get_a_sentence(tmp_path):
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "sí"])})
    rows = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=features)
    table = rows.data.table.set_column(1, "label", [[0, 7]])
    DatasetDict(train=Dataset(table, info=rows.info))["train"].to_parquet(
        tmp_path / "data" / "train.parquet"
    )
    with pytest.raises(LabError, match=r"fuera de 0 a 1 \(7\)"):
        prepare_dataset(str(tmp_path / "data"))


@pytest.mark.parametrize("name", ["datos.xlsx", "datos"])
def test_other_formats_and_empty_folders_say_what_is_accepted(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"PK") if path.suffix else path.mkdir()
    with pytest.raises(LabError, match="csv"):
        prepare_dataset(str(path))


def test_the_notebooks_parameters_lead_to_the_prepared_rows(tmp_path, capsys):
    values = {"dataset_name": write_csv(tmp_path), "n_train": 20, "n_eval": 5}
    settings = apply_parameters({**values, "label_column": "estrellas"}, detect=False)
    train, evaluation = load_subset(settings)
    assert (len(train), len(evaluation)) == (20, 5)
    assert "Etiqueta: «estrellas»" in capsys.readouterr().out
    assert Path(settings.dataset_name).name == Path(values["dataset_name"]).name
