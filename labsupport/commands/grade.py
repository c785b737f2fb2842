"""La orden ``python -m labsupport grade``: lo que se pide y lo que se dice al acabar."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from labsupport.base import paths
from labsupport.base.errors import DISK_FULL, LabError, is_disk_full, suggest_name
from labsupport.commands.options import read_address, read_count
from labsupport.grading.limits import Limits

NO_SUBMISSIONS = 'Di dónde están las entregas: make calificar ARGS="entregas/ --out notas/"'
INTERRUPTED = "Interrumpido: repite la orden y seguirá donde se quedó."
REGRADING_INTERRUPTED = "Interrumpido: repite la orden sin --recalificar y seguirá donde se quedó."
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
        nargs="?",
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
    _check_places(options.submissions, options.out)
    try:
        graded = _grade(options)
        print(describe_batch(graded, options.out))
    except KeyboardInterrupt:
        said = REGRADING_INTERRUPTED if options.recalificar else INTERRUPTED
        raise KeyboardInterrupt(said) from None
    except OSError as error:
        if not is_disk_full(error):
            raise
        raise LabError(DISK_FULL) from error
    return 0


def _check_places(submissions: Path | None, out: Path) -> None:
    """Revisa de dónde se lee y dónde se escribe; lanza LabError si no puede ser."""
    if submissions is None:
        raise LabError(NO_SUBMISSIONS)
    if out.exists() and not out.is_dir():
        raise LabError(f"«{out}» es un archivo: di una carpeta en --out.")
    if out.resolve() in (Path.cwd(), paths.REPO):
        raise LabError("Las notas se mezclarían con lo demás: di en --out una carpeta para ellas.")
    if submissions.is_dir() and out.resolve().is_relative_to(submissions.resolve()):
        raise LabError(
            f"Las notas irían a «{out}», dentro de las entregas, y se leerían como si fueran "
            "otra: di en --out una carpeta fuera de ellas."
        )


def _grade(options: argparse.Namespace) -> list[Any]:
    from labsupport.grading.processes import check_system, start_loading

    check_system()
    if not options.cluster:
        start_loading()
    from labsupport.grading.batch import grade_batch
    from labsupport.grading.cells.exercises import read_exercises
    from labsupport.grading.collecting.collect import collect_submissions
    from labsupport.grading.executors import Workplan
    from labsupport.grading.judging import sandbox
    from labsupport.grading.publishing.publish import publish_grades

    if not options.sin_aislamiento:
        sandbox.check_isolation()
    exercises = read_exercises(options.source)
    if options.exercise and options.exercise not in exercises:
        raise LabError(
            f"No hay ningún ejercicio «{options.exercise}» en «{options.source}»."
            f"{suggest_name(options.exercise, exercises)} Están: {', '.join(exercises)}."
        )
    submissions = collect_submissions(options.submissions, exercises, options.exercise)
    plan = Workplan(
        workers=options.procesos,
        cluster=options.cluster or "",
        limits=Limits(**{field.name: getattr(options, field.name) for field in fields(Limits)}),
        isolated=not options.sin_aislamiento,
    )
    return grade_batch(
        submissions,
        exercises,
        options.out,
        plan,
        options.recalificar,
        lambda records, finished: publish_grades(options.out, records, finished),
    )


def describe_batch(graded: list[Any], out: Path) -> str:
    """Devuelve el resumen: cuántas entregas hay en cada estado y dónde leer lo demás."""
    from labsupport.base.tables import format_table
    from labsupport.grading.publishing.class_report import REPORT, needs_attention
    from labsupport.grading.publishing.feedback import spell_count
    from labsupport.grading.publishing.scores import OPEN, SCORES, count_orphans
    from labsupport.grading.records import State

    counts = [(state.value, sum(record.state is state for record in graded)) for state in State]
    table = format_table(["estado", "entregas"], [[name, str(n)] for name, n in counts if n])
    pending = sum(bool(record.pending) for record in graded)
    lines = [table, "", f"Notas: {out / SCORES}", f"Informe de la clase: {out / REPORT}"]
    if pending:
        lines.append(f"Por calificar a mano: {pending}, en {out / OPEN}; luego repite la orden.")
    looks = sum(needs_attention(record) for record in graded)
    if looks:
        are = "está" if looks == 1 else "están"
        lines.append(f"Conviene mirar {spell_count(looks, 'entrega')}: {are} al final del informe.")
    if any(not record.isolated for record in graded):
        lines.append("Se calificó SIN aislamiento: el informe dice qué supone.")
    orphans = count_orphans(out, graded)
    if orphans:
        lines.append(_describe_orphans(orphans, OPEN))
    return "\n".join(lines)


def _describe_orphans(number: int, name: str) -> str:
    """Cuenta las filas puntuadas que no se usan.

    >>> _describe_orphans(1, "abiertas.csv")[:64]
    '1 fila de abiertas.csv tiene puntos y no corresponde a ninguna r'
    """
    if number == 1:
        has, belongs, stays = "fila", "tiene puntos y no corresponde", "queda"
    else:
        has, belongs, stays = "filas", "tienen puntos y no corresponden", "quedan"
    return (
        f"{number} {has} de {name} {belongs} a ninguna respuesta de ahora: {stays} al final del "
        "archivo."
    )


def _add_work(grade: argparse.ArgumentParser) -> None:
    grade.add_argument(
        "--procesos",
        type=read_count,
        default=0,
        metavar="N",
        help="entregas a la vez (por omisión, una por núcleo)",
    )
    grade.add_argument(
        "--cluster",
        type=read_address,
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
            type=read_count,
            default=field.default,
            metavar="N",
            help=f"{text} (por omisión, {field.default})",
        )
