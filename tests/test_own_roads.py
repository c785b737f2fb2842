"""Tres caminos enteros, del archivo que trae alguien al informe, y ninguno de reseñas en inglés."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from itertools import product

import pytest
from tiny_sheets import write_xlsx

from labsupport.base.paths import REPO

SMALL = {"n_train": 48, "n_validation": 12, "n_eval": 12, "epochs": 1, "max_length": 32}
PLACES = ("El hotel", "La comida", "El curso", "La visita")
OPINIONS = {
    "muy bueno": ("fue una maravilla", "me encantó de principio a fin", "superó lo que esperaba"),
    "malo": ("fue una pérdida de tiempo", "llegó tarde y mal", "decepcionó a todo el mundo"),
    "regular": ("estuvo bien, sin más", "cumplió a medias", "ni fu ni fa"),
}
DETAILS = ("; volveré en mayo", ', "como siempre"', " (éramos ocho)", "\ny así lo conté en casa")


def list_opinions():
    """Textos distintos con su clase, con comillas, separadores y saltos de línea dentro."""
    for place, detail in product(PLACES, DETAILS):
        for name, verdicts in OPINIONS.items():
            for verdict in verdicts:
                yield f"{place} {verdict}{detail}", name


def write_survey(folder):
    """Un CSV como lo guarda una hoja de cálculo en español: punto y coma, cp1252, palabras."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["Marca temporal", "¿Qué te pareció, en general?", "Valoración", ""])
    for place, (opinion, name) in enumerate(list_opinions()):
        writer.writerow([f"3/11/2026 10:{place % 60:02d}", opinion, name.capitalize(), ""])
    path = folder / "encuesta de otoño.csv"
    path.write_bytes(text.getvalue().encode("cp1252"))
    return path


def write_stars(folder):
    """Un libro con un título encima, estrellas como números y una columna que sobra."""
    stars = {"malo": 1, "regular": 3, "muy bueno": 5}
    rows = [["Opiniones de 2026", None, None], [None, None, None], ["id", "opinión", "estrellas"]]
    rows += [[n, text, stars[name]] for n, (text, name) in enumerate(list_opinions(), start=1)]
    path = folder / "opiniones.xlsx"
    write_xlsx(path, {"Hoja1": rows})
    return path


def write_splits(folder):
    """Una carpeta de jsonl con tres clases sin orden y un split de validación; sin test."""
    moods = {"malo": "enfado", "regular": "calma", "muy bueno": "alegría"}
    rows = [{"tweet": text, "emotion": moods[name]} for text, name in list_opinions()]
    path = folder / "tuits"
    path.mkdir()
    for name, part in (("train", rows[::3] + rows[1::3]), ("validation", rows[2::3])):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
        (path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return path


# De cada camino: quién escribe el archivo, qué cuadernos y las clases que tienen que salir.
ROADS = {
    "csv": (write_survey, (), ["Malo", "Regular", "Muy bueno"]),
    "xlsx": (write_stars, ("01", "02", "05"), ["1", "3", "5"]),
    "jsonl": (write_splits, ("01", "04", "05"), ["alegría", "calma", "enfado"]),
}


def run_road(folder, path, notebooks):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPO / "tests" / "refuse_network"), str(REPO)]),
        "LAB_NETWORK_LOG": str(folder / "red.log"),
        "LAB_RESULTS_DIR": str(folder / "results"),
    }
    parameters = [word for name, value in SMALL.items() for word in ("-p", name, str(value))]
    command = [sys.executable, "-m", "labsupport", "run", *notebooks, "--out", "runs"]
    return subprocess.run(
        # Desde la carpeta del archivo y con su nombre, como lo escribe quien lo trae.
        [*command, "-p", "dataset_name", path.name, *parameters],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module", params=ROADS)
def road(request, tmp_path_factory):
    """Recorre un camino; devuelve el proceso, su carpeta, las clases y los cuadernos."""
    write, notebooks, names = ROADS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    return run_road(folder, write(folder), notebooks), folder, names, notebooks


def test_every_lesson_ends_well_without_the_network(road):
    done, folder, _, notebooks = road
    assert done.returncode == 0, done.stdout + done.stderr
    (record,) = folder.rglob("run.json")
    rows = json.loads(record.read_text(encoding="utf-8"))["notebooks"]
    assert len(rows) == (len(notebooks) or len(list(REPO.glob("notebooks/0[0-5]*.ipynb"))))
    assert {row["status"] for row in rows} == {"bien"}
    log = folder / "red.log"
    calls = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    # Solo la tabla que dice si hay red, en el cuaderno 0: una pregunta si el camino pasa por él.
    assert len(calls) == (not notebooks)
    assert all(" check_environment " in call for call in calls)


def test_the_predictions_name_the_classes_of_the_file(road):
    _, folder, names, _ = road
    written = [path for path in folder.glob("results/0*.json")]
    assert written
    for path in written:
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["label_names"] == names
        assert len(record["labels"]) == SMALL["n_eval"]


def test_the_report_speaks_of_this_data(road):
    _, folder, names, _ = road
    (report,) = folder.rglob("informe.html")
    text = report.read_text(encoding="utf-8")
    assert all(name in text for name in names)
    assert "reseña" not in text


def test_the_saved_model_answers_with_the_names(road):
    _, folder, names, notebooks = road
    if notebooks and "02" not in notebooks:
        pytest.skip("este camino no guarda ningún modelo")
    config = json.loads((folder / "results/modelo-trainer-mini/config.json").read_text("utf-8"))
    assert list(config["id2label"].values()) == names
