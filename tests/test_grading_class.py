"""Una clase de treinta, de punta a punta: se reparte, se recoge en un zip, se califica y se lee."""

from __future__ import annotations

import copy
import csv
import random
import zipfile

import nbformat
import pytest
from wrong_answers import WRONG_ANSWERS

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from labsupport.base.paths import REPO  # noqa: E402
from labsupport.commands.cli import main  # noqa: E402
from labsupport.grading.cells.roles import read_metadata  # noqa: E402

pytestmark = pytest.mark.usefixtures("isolation")

NAME = "ejercicio_01"
HONEST = 27
LOOP = "def choose_balanced(split, per_class, seed):\n    while True:\n        pass"


def read(kind):
    return nbformat.read(REPO / "exercises" / kind / NAME / f"{NAME}.ipynb", as_version=4)


def find(notebook, grade_id):
    return next(cell for cell in notebook.cells if read_metadata(cell).get("grade_id") == grade_id)


def answer(choices, question=""):
    """Resuelve el cuaderno que se reparte; ``choices``: por tarea, el código o None (vacía)."""
    notebook = copy.deepcopy(read("release"))
    for task, code in choices.items():
        if code is not None:
            find(notebook, task).source = code
    if question:
        find(notebook, "pregunta").source = question
    return notebook


def invent_class():
    """Devuelve, por estudiante, su archivo y los puntos que merece (None: sin nota)."""
    solved, chance, points = read("source"), random.Random(42), {}
    tasks = [task for name, task in WRONG_ANSWERS if name == NAME]
    worth = {task: read_metadata(find(solved, f"prueba-{task[6:]}"))["points"] for task in tasks}
    for number in range(HONEST):
        choices, earned = {}, 0
        for task in tasks:
            kind = chance.choices(["bien", "mal", "vacía"], [6, 3, 1])[0]
            mistakes = list(WRONG_ANSWERS[NAME, task].values())
            right = find(solved, task).source
            choices[task] = {"bien": right, "mal": chance.choice(mistakes)}.get(kind)
            earned += worth[task] if kind == "bien" else 0
        question = "Porque así las clases pesan lo mismo." if chance.random() < 0.8 else ""
        points[f"estudiante-{number:02d}"] = answer(choices, question), earned
    right = {task: find(solved, task).source for task in tasks}
    tampered = answer(right)
    find(tampered, "prueba-1").source = "print('aprobado')"
    first, *others = tasks
    # El bucle no deja llegar a ninguna comprobación.
    looping = answer({**right, first: LOOP + "\n\n\nchoose_balanced(None, 1, 1)"})
    points["zoe-altera"] = tampered, sum(worth.values())
    points["zoe-bucle"] = looping, 0
    points["zoe-otra-cosa"] = None, None
    return points


def write_zip(path, students):
    with zipfile.ZipFile(path, "w") as packed:
        for student, (notebook, _) in students.items():
            content = "%PDF-1.7" if notebook is None else nbformat.writes(notebook)
            packed.writestr(f"Entregas/{student}_{NAME}.ipynb", content)


def read_table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.timeout(1200)
def test_a_class_of_thirty_from_its_zip_to_its_report(tmp_path):
    students, out = invent_class(), tmp_path / "notas"
    assert len(students) == 30
    write_zip(tmp_path / "entregas.zip", students)
    order = ["grade", str(tmp_path / "entregas.zip"), "--out", str(out), "--segundos", "90"]
    assert main(order) == 0
    rows = {row["estudiante"]: row for row in read_table(out / "notas.csv")}
    found = {name: float(row["puntos"]) if row["puntos"] else None for name, row in rows.items()}
    assert found == {name: points for name, (_, points) in students.items()}
    states = {name: row["estado"] for name, row in rows.items() if row["estado"] != "calificada"}
    assert states == {
        "zoe-altera": "alterada",
        "zoe-bucle": "límite de tiempo",
        "zoe-otra-cosa": "ilegible",
    }
    assert len(list((out / "devoluciones").glob("*.html"))) == 30
    report = (out / "informe_clase.html").read_text(encoding="utf-8")
    assert "30 entregas de 30 estudiantes; 29 con nota" in report
    assert all(f"{name}.html" in report for name in states)
    check_open_questions(order, out, found)


def check_open_questions(order, out, found):
    """Puntúa a mano todas las respuestas y repite la orden: solo cambia eso."""
    answers = read_table(out / "abiertas.csv")
    for row in answers:
        row["puntos"] = "1.5"
    with (out / "abiertas.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, answers[0])
        writer.writeheader()
        writer.writerows(answers)
    assert main(order) == 0
    names = {row["estudiante"] for row in answers}
    assert len(names) > HONEST / 2
    for row in read_table(out / "notas.csv"):
        if found[row["estudiante"]] is not None:
            extra = 1.5 if row["estudiante"] in names else 0
            assert float(row["puntos"]) == found[row["estudiante"]] + extra
