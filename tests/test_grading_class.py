"""Una clase de treinta, de punta a punta: se reparte, se recoge en un zip, se califica y se lee."""

from __future__ import annotations

import csv
import random
import zipfile

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="falta nbgrader: instala el extra «instructor»")

from submissions import (  # noqa: E402
    ALL,
    GOOD,
    NAME,
    POINTS,
    QUESTION,
    build_source,
    find,
    solve,
    solve_well,
)

from labsupport.commands.cli import main  # noqa: E402

pytestmark = pytest.mark.usefixtures("isolation")

HONEST = 27
# El ejercicio mínimo: una entrega tarda un segundo y el límite deja holgura hasta con prisas.
SECONDS = 30
# El bucle no deja llegar a ninguna comprobación.
LOOP = GOOD["suma"] + "\n\n\nwhile True:\n    pass"
MISTAKES = {
    "suma": "def add(a, b):\n    return a - b",
    "media": "def mean(values):\n    return 2",
    "mayor": "def largest(values):\n    return min(values)",
}


def answer_at_random(chance):
    """Devuelve una entrega honesta, con sus aciertos, errores y huecos, y los puntos que merece."""
    kinds = {task: chance.choices(["bien", "mal", "vacía"], [6, 3, 1])[0] for task in GOOD}
    sources = {"bien": GOOD, "mal": MISTAKES}
    answers = {task: sources[kind][task] for task, kind in kinds.items() if kind in sources}
    asked = chance.random() < 0.8
    answers["porque"] = "Porque así las clases pesan lo mismo." if asked else QUESTION
    return solve(**answers), sum(POINTS[task] for task in GOOD if kinds[task] == "bien")


def invent_class():
    """Devuelve, por estudiante, su archivo y los puntos que merece (None: sin nota)."""
    chance = random.Random(42)
    students = {f"estudiante-{number:02d}": answer_at_random(chance) for number in range(HONEST)}
    tampered = solve_well(porque=QUESTION)
    tampered.cells[find(tampered, "prueba_suma")].source = "print('aprobado')"
    students["zoe-altera"] = tampered, ALL
    students["zoe-bucle"] = solve_well(suma=LOOP, porque=QUESTION), 0
    students["zoe-otra-cosa"] = None, None
    return students


@pytest.fixture
def source(tmp_path):
    """La carpeta de ejercicios resueltos, con el ejercicio mínimo."""
    folder = tmp_path / "source" / NAME
    folder.mkdir(parents=True)
    nbformat.write(build_source(), folder / f"{NAME}.ipynb")
    return folder.parent


def write_zip(path, students):
    with zipfile.ZipFile(path, "w") as packed:
        for student, (notebook, _) in students.items():
            content = "%PDF-1.7" if notebook is None else nbformat.writes(notebook)
            packed.writestr(f"Entregas/{student}_{NAME}.ipynb", content)


def read_table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_class_of_thirty_from_its_zip_to_its_report(source, tmp_path):
    students, out = invent_class(), tmp_path / "notas"
    assert len(students) == 30
    write_zip(tmp_path / "entregas.zip", students)
    order = ["grade", str(tmp_path / "entregas.zip"), "--source", str(source), "--out", str(out)]
    order += ["--segundos", str(SECONDS)]
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
