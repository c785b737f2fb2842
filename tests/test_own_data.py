"""Datos propios: qué columnas y etiquetas se encuentran, cuáles se preguntan y qué se decide."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from tiny_sheets import write_xlsx

from labsupport.base.errors import LabError
from labsupport.data import apply_parameters, gathering, own_data
from labsupport.data.columns import UnknownColumns, choose_columns, sketch_columns
from labsupport.data.gathering import gather_rows
from labsupport.data.own_data import load_report, prepare_dataset
from labsupport.data.splits import divide, number_copies
from labsupport.data.subset import load_subset

KINDS = [("Muy rico.", 5), ("Frío y caro.", 1), ("Pasable.", 3)]
ROWS = [(f"{text} Visita {day}", stars) for day in range(10) for text, stars in KINDS]
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
    assert {name: len(rows) for name, rows in dataset.items()} == {
        "train": 18,
        "validation": 6,
        "test": 6,
    }
    pairs = {(row["text"], int(row["label"])) for split in dataset.values() for row in split}
    assert pairs == {(text, [1, 3, 5].index(stars)) for text, stars in ROWS}
    assert said == [
        "Texto: «reseña». Etiqueta: «estrellas», 3 clases (1, 3, 5). No hay split de evaluación "
        "con etiquetas: se aparta el 20 % de las filas para la prueba y el 20 % para validar, "
        "repartidas entre las clases, al azar con la semilla 42; las copias de un texto van al "
        "mismo lado."
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
        assert features["label"].names == ["mala", "buena"]


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
        sentences = [f"{split} {letter}" for letter in "abc"]
        rows = Dataset.from_dict({"sentence": sentences, "label": values}, features=features)
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
        ({"a": "xyz", "b": "xyz", "c": "112"}, {}, ["el texto ni la etiqueta", "«a» (x, y, z)"]),
        ({"a": "xyz", "b": "yzx", "label": "112"}, {}, ["el texto.", "«text_column»"]),
        ({"text": "xyz", "label": "112"}, {"text": "txt"}, ["«txt»", "¿Querías decir «text»?"]),
        ({"text": "xyz", "label": "112"}, {"label": "etiqueta"}, ["text, label", "«label_column»"]),
        ({"text": "xyz", "label": "112"}, {"text": "text", "label": "text"}, ["misma columna"]),
    ],
)
def test_columns_that_cannot_be_found_are_asked_for(columns, options, fragments):
    sketches = sketch_columns(list(columns), zip(*columns.values(), strict=True))
    with pytest.raises(LabError) as caught:
        choose_columns(sketches, **options)
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("names", "text", "label"),
    [
        (["tweet", "polarity"], "tweet", "polarity"),
        (["Comentarios", "Calificación"], "Comentarios", "Calificación"),
        (["Opinión", "Satisfacción"], "Opinión", "Satisfacción"),
        (["Unnamed: 0", "q1", "q2"], "q1", "q2"),
        (["id", "text", "star_rating"], "text", "star_rating"),
        (["¿Qué te pareció?", "¿Qué nota le pones?"], "¿Qué te pareció?", "¿Qué nota le pones?"),
    ],
)
def test_columns_are_found_by_name_and_by_content(names, text, label):
    numbered = len(names) > 2
    rows = [[str(i)] * numbered + [f"Opinión larga {i}", str(i % 3)] for i in range(12)]
    choice = choose_columns(sketch_columns(names, rows))
    assert (choice.text, choice.label) == (text, label)


def test_labels_out_of_range_get_a_sentence(tmp_path):
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "sí"])})
    rows = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=features)
    table = rows.data.table.set_column(1, "label", [[0, 7]])
    DatasetDict(train=Dataset(table, info=rows.info))["train"].to_parquet(
        tmp_path / "data" / "train.parquet"
    )
    with pytest.raises(LabError, match=r"fuera de 0 a 1 \(7\)"):
        prepare_dataset(str(tmp_path / "data"))


def test_the_notebooks_parameters_lead_to_the_prepared_rows(tmp_path, capsys):
    values = {"dataset_name": write_csv(tmp_path), "n_train": 18, "n_validation": 6, "n_eval": 5}
    settings = apply_parameters({**values, "label_column": "estrellas"}, detect=False)
    assert [len(part) for part in load_subset(settings)] == [18, 6, 5]
    assert "Etiqueta: «estrellas»" in capsys.readouterr().out
    assert Path(settings.dataset_name).name == Path(values["dataset_name"]).name


# El reparto


def test_each_class_is_divided_and_copies_stay_on_one_side():
    labels = np.array([0] * 50 + [1] * 10 + [2] * 2 + [3])
    texts = [f"Opinión {label}, {i % 40}" for i, label in enumerate(labels)]
    groups = number_copies(texts)
    apart = divide(labels, groups, seed=1)
    assert not set(groups[apart]) & set(groups[~apart])
    assert {0, 1, 2} == set(labels[apart].tolist()) and 3 in labels[~apart]
    assert abs(apart.mean() - 0.2) < 0.1
    assert (divide(labels, groups, seed=1) == apart).all()
    assert (divide(labels, groups, seed=2) != apart).any()


def test_a_class_that_cannot_be_measured_is_named(tmp_path, said):
    rows = "".join(f"Opinión {i},{'ab'[i % 2]}\n" for i in range(20)) + "Única,rara\n"
    dataset = load(prepare_dataset(write_csv(tmp_path, "texto,clase\n" + rows), say=said.append))
    rare = dataset["train"].features["label"].str2int("rara")
    assert rare in dataset["train"]["label"][:] and rare not in dataset["test"]["label"][:]
    assert "De «rara» no hay filas para evaluar" in said[0]


@pytest.mark.parametrize("copy", ["MUY RICO", "  muy   rico ", "¡Muy rico!", "muy rico..."])
def test_what_differs_in_case_spaces_or_signs_is_a_copy(copy):
    assert number_copies(["Muy rico", copy, "Muy  frío"]).tolist() == [0, 0, 1]


def test_a_hundred_classes_of_few_rows_are_divided(tmp_path, said):
    rows = "".join(f"Texto {i},clase {i % 90}\n" for i in range(270))
    dataset = load(prepare_dataset(write_csv(tmp_path, "texto,clase\n" + rows), say=said.append))
    assert len(set(dataset["test"]["label"])) == len(set(dataset["train"]["label"])) == 90


def test_copies_between_given_splits_are_removed_from_train_and_told(tmp_path, said):
    folder = tmp_path / "datos"
    folder.mkdir()
    write_csv(folder, "texto,clase\nMUY rico,a\nFrío,b\nOtro,a\n", "train.csv")
    write_csv(folder, "texto,clase\n¡Muy rico!,a\nNuevo,b\n", "test.csv")
    prepared = prepare_dataset(str(folder), say=said.append)
    dataset = load(prepared)
    assert sorted([*dataset["train"]["text"], *dataset["validation"]["text"]]) == ["Frío", "Otro"]
    assert dataset["test"]["text"][:] == ["¡Muy rico!", "Nuevo"]
    assert "Se quitan de train 1 filas cuyo texto está también en la evaluación" in said[0]
    assert load_report(prepared).leaks == 1


def test_given_validation_is_used_and_keeps_its_copies_out_of_train(tmp_path, said):
    rows = {
        "train": "Muy rico,a\nFrío,b\nOtro,a\nMás,b\n",
        "validation": "muy rico,a\nExamen,b\nDuda,b\n",
        "test": "examen,b\nNuevo,a\n",
    }
    folder = tmp_path / "datos"
    folder.mkdir()
    for name, lines in rows.items():
        write_csv(folder, f"texto,clase\n{lines}", f"{name}.csv")
    dataset = load(prepare_dataset(str(folder), say=said.append))
    assert dataset["train"]["text"][:] == ["Frío", "Otro", "Más"]
    assert dataset["validation"]["text"][:] == ["muy rico", "Duda"]
    assert "Se entrena con el split «train», se valida con «validation» y se evalúa" in said[0]


def test_one_text_to_train_with_cannot_be_shared(tmp_path):
    path = write_csv(tmp_path, "texto,clase\nRico,a\nFrío,b\n")
    with pytest.raises(LabError, match="uno para entrenar y otro para validar"):
        apply_parameters({"dataset_name": path}, detect=False)


def test_two_splits_that_are_the_same_are_refused(tmp_path):
    folder = tmp_path / "datos"
    folder.mkdir()
    for name in ("train.csv", "test.csv"):
        write_csv(folder, "texto,clase\nMUY rico,a\nFrío,b\n", name)
    with pytest.raises(LabError, match="así no se puede evaluar"):
        prepare_dataset(str(folder))


def test_rows_that_all_say_the_same_are_refused(tmp_path):
    with pytest.raises(LabError, match="dicen lo mismo"):
        prepare_dataset(write_csv(tmp_path, "texto,clase\nRico,a\nrico!,b\nRICO,a\n"))


def test_contradictions_and_copies_are_counted(tmp_path):
    text = "texto,clase\nRico,a\nrico!,b\nRICO,a\n" + "Frío,b\nCaro,a\n"
    report = load_report(prepare_dataset(write_csv(tmp_path, text), say=lambda sentence: None))
    assert (report.copies, report.contradictions) == (2, 1)
    assert any("etiquetas distintas" in advice for advice in report.advise())


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["10", "9", "1", "NS"], ["1", "9", "10", "NS"]),
        (["muy bueno", "malo", "regular"], ["malo", "regular", "muy bueno"]),
        (["tristeza", "Alegría", "miedo"], ["Alegría", "miedo", "tristeza"]),
        (["5 estrellas", "10 estrellas"], ["5 estrellas", "10 estrellas"]),
    ],
)
def test_the_prepared_classes_are_in_their_natural_order(tmp_path, labels, order):
    rows = "".join(f"Texto {i},{labels[i % len(labels)]}\n" for i in range(40))
    path = write_csv(tmp_path, "texto,clase\n" + rows)
    features = load(prepare_dataset(path, say=lambda sentence: None))["train"].features
    assert features["label"].names == order


# Muchas filas


def test_a_large_split_is_sampled_the_same_every_time_and_counted_whole(tmp_path):
    path = Path(write_csv(tmp_path, CSV + "".join(f"Otra {i},2\n" for i in range(970))))
    sizes = {"limit": 100, "enough": 40}
    first, again = (gather_rows(path, **sizes) for _ in range(2))
    other = gather_rows(path, seed=1, **sizes)
    split = first.splits["train"]
    assert split.texts == again.splits["train"].texts != other.splits["train"].texts
    assert (len(split.texts), split.total, first.rows_kept) == (40, 1000, 1000)
    assert split.counts == Counter({1: 970, 0: 10, 2: 10, 3: 10})
    places = [int(text.split()[-1]) for text in split.texts if text.startswith("Otra")]
    assert places == sorted(places)


def test_more_rows_than_kept_are_kept_when_they_are_asked_for(tmp_path, monkeypatch, said):
    monkeypatch.setattr(
        gathering.gather_rows,
        "__kwdefaults__",
        {
            **gathering.gather_rows.__kwdefaults__,
            "limit": 100,
        },
    )
    monkeypatch.setattr(own_data, "SAMPLED_ROWS", 40)
    path = write_csv(tmp_path, CSV + "".join(f"Otra {i},2\n" for i in range(970)))
    for rows, expected in ((0, 40), (90, 90)):
        dataset = load(prepare_dataset(path, say=said.append, rows=rows))
        assert sum(map(len, dataset.values())) == expected
    assert "de las 1000 filas de «train» se guardan 40" in said[0].lower()


# La copia preparada


UNCLEAR = "".join(f"{i % 7},comida {i},sala {i},{'ab'[i % 2]},{'xyz'[i % 3]}\n" for i in range(42))
UNCLEAR = f"mesa,primera,segunda,tipo,grupo\n{UNCLEAR}"


def test_columns_that_had_to_be_asked_are_remembered_and_told(tmp_path, said):
    path = write_csv(tmp_path, UNCLEAR)
    with pytest.raises(UnknownColumns):
        prepare_dataset(path, say=said.append, remember=True)
    prepare_dataset(path, "segunda", "grupo", say=said.append, remember=True)
    remembered = load(prepare_dataset(path, say=said.append, remember=True))
    assert remembered["train"].features["label"].names == ["x", "y", "z"]
    assert "es lo que dijiste la última vez" in said[1]
    other = write_csv(tmp_path, UNCLEAR + "1,otra,más,a,x\n", "otro.csv")
    with pytest.raises(UnknownColumns):
        prepare_dataset(other, say=said.append, remember=True)
    with pytest.raises(UnknownColumns):
        prepare_dataset(path, say=said.append)


@pytest.mark.parametrize(
    ("names", "rows", "expected"),
    [
        (
            ["texto", "clase", "labels"],
            [["Rico", "a", "1"], ["Frío", "b", "1"]],
            ("texto", "clase"),
        ),
        (
            ["review_id", "review_body", "review_title", "stars"],
            [["es_1", "Se me fue el sonido", "Malo", "1"], ["es_2", "Va muy bien", "Sí", "5"]],
            ("review_body", "stars"),
        ),
    ],
)
def test_of_several_usual_names_the_one_that_looks_like_it(names, rows, expected):
    choice = choose_columns(sketch_columns(names, rows))
    assert (choice.text, choice.label) == expected


def test_question_and_answer_are_asked_for():
    rows = [["Me gusta la asignatura", "De acuerdo"], ["Va deprisa", "En desacuerdo"]]
    with pytest.raises(UnknownColumns):
        choose_columns(sketch_columns(["Pregunta", "Respuesta"], rows))


def test_columns_that_can_be_found_do_not_come_from_the_last_time(tmp_path, said):
    path = write_csv(
        tmp_path, "texto,nota,mesa\n" + "".join(f"Opinión {i},{i % 5},{i % 2}\n" for i in range(40))
    )
    prepare_dataset(path, "texto", "mesa", say=said.append, remember=True)
    prepare_dataset(path, say=said.append, remember=True)
    assert "Etiqueta: «mesa»" in said[0] and "Etiqueta: «nota»" in said[1]


def test_another_reader_or_another_file_prepares_again(tmp_path, said, monkeypatch):
    path = write_csv(tmp_path)
    first = prepare_dataset(path, say=said.append)
    assert prepare_dataset(path, say=said.append) == first
    monkeypatch.setattr(own_data, "_identify_reader", lambda: "otro lector")
    second = prepare_dataset(path, say=said.append)
    write_csv(tmp_path, CSV + "Otra,1\n")
    third = prepare_dataset(path, say=said.append)
    assert len({first, second, third}) == 3


def test_the_reader_is_identified_by_all_its_sources(tmp_path, monkeypatch):
    package = tmp_path / "labsupport"
    for name in ("data/a.py", "data/reading/b.py", "base/encodings.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(own_data, "PACKAGE", package)
    seen = {own_data._identify_reader()}
    for name in ("data/a.py", "data/reading/b.py", "base/encodings.py"):
        (package / name).write_text("x = 2\n", encoding="utf-8")
        seen.add(own_data._identify_reader())
    assert len(seen) == 4


def test_a_sheet_and_a_header_may_be_chosen(tmp_path, said):
    book = {"Portada": [["Encuesta"]], "Datos": [[f"Texto {i}", "ab"[i % 2]] for i in range(20)]}
    write_xlsx(tmp_path / "a.xlsx", book)
    prepared = prepare_dataset(
        f"{tmp_path / 'a.xlsx'}#datos", "columna 1", "columna 2", say=said.append, header=False
    )
    assert sum(map(len, load(prepared).values())) == 20
    headed = prepare_dataset(
        f"{tmp_path / 'a.xlsx'}#Datos", "Texto 0", "a", say=said.append, header=True
    )
    assert sum(map(len, load(headed).values())) == 19
    with pytest.raises(LabError, match="no tiene una hoja «Dats»"):
        prepare_dataset(f"{tmp_path / 'a.xlsx'}#Dats", say=said.append)


def test_extra_columns_called_index_or_labels_do_no_harm(tmp_path, said):
    features = {"text": Value("string"), "label": ClassLabel(names=["no", "sí"])}
    for extra in ("id", "index", "labels", "__index_level_0__"):
        folder = tmp_path / extra
        for split in ("train", "test"):
            columns = {"text": [f"{split} a", f"{split} b"], "label": [0, 1], extra: [3, 4]}
            rows = Dataset.from_dict(columns, Features({**features, extra: Value("int64")}))
            rows.to_parquet(folder / f"{split}.parquet")
        dataset = load(prepare_dataset(str(folder), say=said.append))
        assert dataset["train"].column_names == ["text", "label"]
        texts = [*dataset["train"]["text"], *dataset["validation"]["text"]]
        assert sorted(texts) == ["train a", "train b"]


def test_a_list_with_one_label_is_that_label_and_several_go_aside(tmp_path, said):
    rows = [{"text": f"Frase {i}", "label": [["pos"], ["neg"]][i % 2]} for i in range(10)]
    rows += [{"text": "De las dos", "label": ["pos", "neg"]}, {"text": "Sin anotar", "label": []}]
    path = tmp_path / "anotado.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    dataset = load(prepare_dataset(str(path), say=said.append))
    assert dataset["train"].features["label"].names == ["neg", "pos"]
    assert sum(map(len, dataset.values())) == 10
    assert "1 por «varias etiquetas» y 1 por «sin etiqueta»" in said[0]


def test_a_class_that_is_only_in_train_is_named(tmp_path, said):
    for split, names in {"train": ("pos", "neg", "unsup"), "test": ("pos", "neg")}.items():
        for name in names:
            folder = tmp_path / "datos" / split / name
            folder.mkdir(parents=True)
            for i in range(3):
                (folder / f"{i}.txt").write_text(f"{split} {name} {i}", encoding="utf-8")
    prepare_dataset(str(tmp_path / "datos"), say=said.append)
    assert "De «unsup» no hay filas en «test»: no se puede medir" in said[0]


def test_a_cover_sheet_says_how_to_ask_for_the_other(tmp_path):
    path = tmp_path / "curso.xlsx"
    write_xlsx(path, {"Portada": [["Curso 2026"], ["Grupo A"]], "Datos": [["texto", "nota"]]})
    with pytest.raises(LabError, match=r"pídela con «archivo\.xlsx#Hoja»"):
        prepare_dataset(str(path))


def test_a_text_copied_many_times_does_not_take_its_class_to_the_other_side():
    texts = ["hola"] * 10 + ["mal"] * 10 + ["bien", "fatal"]
    labels = np.array([0] * 10 + [1] * 10 + [0, 1])
    apart = divide(labels, number_copies(texts), seed=3)
    assert sorted(np.array(texts)[apart]) == ["bien", "fatal"]


def test_the_header_is_remembered_and_another_one_forgets_the_columns(tmp_path, said):
    rows = "".join(f"Opinión {i};{i % 2}\n" for i in range(20))
    path = write_csv(tmp_path, rows)
    with pytest.raises(LabError, match="header"):
        prepare_dataset(path, say=said.append, remember=True)
    first = load(prepare_dataset(path, say=said.append, header=False, remember=True))
    again = load(prepare_dataset(path, say=said.append, remember=True))
    assert again["train"]["text"][:] == first["train"]["text"][:]
    assert "es lo que dijiste la última vez" in said[1]


def test_names_that_may_be_data_are_asked_for_with_a_way_out(tmp_path):
    rows = "joya,alegría\n" + "".join(f"texto {i},{'ira miedo'.split()[i % 2]}\n" for i in range(4))
    with pytest.raises(LabError, match="«header» en False"):
        prepare_dataset(write_csv(tmp_path, rows))
