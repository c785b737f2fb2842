"""Escribe, a partir de los registros, todo lo que lee quien imparte el curso y quien lo sigue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labsupport.base.files import write_atomically
from labsupport.grading import records
from labsupport.grading.publishing.class_report import REPORT, render_class_report
from labsupport.grading.publishing.feedback import write_feedback
from labsupport.grading.publishing.scores import merge_open_questions, write_scores
from labsupport.grading.records import Record, State


def publish_grades(out: Path, graded: Sequence[Record], finished: bool = True) -> list[Record]:
    """Escribe notas, preguntas abiertas, devoluciones e informe; devuelve los registros al día.

    ``finished``: si ya no falta ninguna por calificar; hasta entonces ``abiertas.csv`` no se toca,
    porque aún no se sabe qué respuestas hay. Lanza LabError si tiene algo que no se entiende.
    """
    merged = merge_open_questions(out, graded, write=finished)
    for before, after in zip(graded, merged, strict=True):
        if before != after and after.state is not State.NOT_GRADED:
            records.write_record(out / records.FOLDER, after)
    write_scores(out, merged)
    write_feedback(out, merged)
    write_atomically(out / REPORT, render_class_report(merged))
    return merged
