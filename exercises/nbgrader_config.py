"""Cómo genera nbgrader los ejercicios: qué queda, en español, donde estaba cada solución.

nbgrader lo lee en la carpeta del curso, que es esta: vale lo mismo ejecutar aquí
``nbgrader generate_assignment ejercicio_01`` que ``python tools/generate_exercises.py``.
"""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

EMPTY_TASK = (
    "# Escribe aquí tu solución y borra la línea de abajo.\n"
    'raise NotImplementedError("La tarea {task} está vacía: escribe tu solución en su celda.")'
)
# El proyecto empieza en blanco.
OWN_WORK = "# Escribe aquí y añade todas las celdas que quieras."


class ClearTasks(ClearSolutions):
    """Quita las soluciones y deja dicho, con su número, qué tarea está vacía."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Escribe el hueco de esta celda antes de que nbgrader lo ponga."""
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        stub = EMPTY_TASK.format(task=name.removeprefix("tarea-"))
        self.code_stub = {"python": OWN_WORK if name == "trabajo" else stub}
        return super().preprocess_cell(cell, resources, cell_index)


steps = GenerateAssignment.preprocessors.default()

c = get_config()  # noqa: F821 - lo pone nbgrader al leer este archivo
c.ClearSolutions.text_stub = "*Escribe aquí tu respuesta.*"
c.GenerateAssignment.preprocessors = [
    ClearTasks if step is ClearSolutions else step for step in steps
]
