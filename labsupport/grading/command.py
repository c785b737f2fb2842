"""La orden ``python -m labsupport grade``: lo que se pide y lo que se dice al acabar."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from labsupport import paths
from labsupport.errors import LabError, suggest_name
from labsupport.grading.limits import Limits

LIMIT_HELP = {
    "seconds": ("--segundos", "tiempo de una entrega entera"),
    "memory_mib": ("--memoria", "MiB de memoria residente de todos sus procesos"),
    "files_mib": ("--archivos", "MiB que puede escribir en archivos"),
    "output_mib": ("--salida", "MiB que puede escribir en las salidas del cuaderno"),
    "processes": ("--max-procesos", "procesos a la vez"),
}


def add_grade(orders: Any) -> None:
    """Añade la orden ``grade`` a las de ``python -m labsupport``."""
    grade = orders.add_parser(
        "grade",
        help="califica las entregas de los ejercicios (para quien imparte el curso)",
        description="Califica entregas: notas, una página por estudiante y un informe de la clase.",
        epilog="ejemplo: python -m labsupport grade entregas/ --out notas/",
        allow_abbrev=False,
    )
    grade.add_argument(
        "submissions",
        type=Path,
        metavar="ENTREGAS",
        help="carpeta o zip: la estructura de nbgrader, una carpeta por estudiante o cuadernos "
        "con el nombre de cada estudiante",
    )
    grade.add_argument(
        "--out",
        type=Path,
        default=Path("notas"),
        metavar="CARPETA",
        help="dónde dejar las notas (por omisión, notas/)",
    )
    grade.add_argument(
        "--source",
        type=Path,
        default=paths.REPO / "exercises" / "source",
        metavar="CARPETA",
        help="los ejercicios resueltos (por omisión, exercises/source/)",
    )
    grade.add_argument(
        "--exercise",
        default="",
        metavar="NOMBRE",
        help="el ejercicio de los cuadernos que no lo digan en su nombre ni en sus celdas",
    )
    _add_work(grade)
    _add_limits(grade)
    grade.set_defaults(perform=perform_grade)


def perform_grade(options: argparse.Namespace) -> int:
    """Califica lo pedido y enseña el resumen; devuelve 0 si llegó al final, haya o no nota."""
    from labsupport.grading.processes import check_nbgrader, start_loading

    check_nbgrader()
    if not options.cluster:
        start_loading()
    from labsupport.grading import sandbox
    from labsupport.grading.batch import Settings, grade_batch
    from labsupport.grading.collect import collect_submissions
    from labsupport.grading.exercises import read_exercises
    from labsupport.grading.publish import publish_grades

    if not options.sin_aislamiento:
        sandbox.check_isolation()
    exercises = read_exercises(options.source)
    if options.exercise and options.exercise not in exercises:
        raise LabError(
            f"No hay ningún ejercicio «{options.exercise}» en «{options.source}»."
            f"{suggest_name(options.exercise, exercises)}"
        )
    submissions = collect_submissions(options.submissions, exercises, options.exercise)
    settings = Settings(
        Limits(**{field.name: getattr(options, field.name) for field in fields(Limits)}),
        not options.sin_aislamiento,
        options.procesos,
        options.cluster,
    )
    graded = grade_batch(
        submissions,
        exercises,
        options.out,
        settings,
        options.recalificar,
        lambda records: publish_grades(options.out, records),
    )
    print(describe_batch(graded, options.out))
    return 0


def describe_batch(graded: list[Any], out: Path) -> str:
    """Devuelve el resumen: cuántas entregas hay en cada estado y dónde leer lo demás."""
    from labsupport.grading.class_report import REPORT, needs_attention
    from labsupport.grading.records import State
    from labsupport.grading.scores import OPEN, SCORES
    from labsupport.tables import format_table

    counts = [(state.value, sum(record.state is state for record in graded)) for state in State]
    table = format_table(["estado", "entregas"], [[name, str(n)] for name, n in counts if n])
    pending = sum(bool(record.pending) for record in graded)
    lines = [table, "", f"Notas: {out / SCORES}", f"Informe de la clase: {out / REPORT}"]
    if pending:
        lines.append(f"Por calificar a mano: {pending}, en {out / OPEN}; luego repite la orden.")
    looks = sum(needs_attention(record) for record in graded)
    if looks:
        lines.append(f"Conviene mirar {looks} entregas: están al final del informe.")
    if any(not record.isolated for record in graded):
        lines.append("Se calificó SIN aislamiento: el informe dice qué supone.")
    return "\n".join(lines)


def _add_work(grade: argparse.ArgumentParser) -> None:
    grade.add_argument(
        "--procesos",
        type=_at_least_one,
        default=0,
        metavar="N",
        help="entregas a la vez (por omisión, una por núcleo)",
    )
    grade.add_argument(
        "--cluster",
        default="",
        metavar="tcp://HOST:PUERTO",
        help="reparte el trabajo en un cluster de Dask ya en marcha",
    )
    grade.add_argument(
        "--recalificar",
        action="store_true",
        help="repite también las entregas que ya tienen nota",
    )
    grade.add_argument(
        "--sin-aislamiento",
        action="store_true",
        help="ejecuta las entregas con tus permisos y tu red; el informe lo dirá",
    )


def _add_limits(grade: argparse.ArgumentParser) -> None:
    group = grade.add_argument_group("límites de cada entrega")
    for field in fields(Limits):
        option, text = LIMIT_HELP[field.name]
        group.add_argument(
            option,
            dest=field.name,
            type=_at_least_one,
            default=field.default,
            metavar="N",
            help=f"{text} (por omisión, {field.default})",
        )


def _at_least_one(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"«{text}» no es un número entero de 1 en adelante")
    return value
