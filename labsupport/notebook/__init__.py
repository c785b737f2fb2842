"""Lo que pone en marcha la primera celda, y las partes interactivas.

- ``prepare``: fallos en español y avisos callados; ``colab``: lo que Colab necesita de más;
- ``extras``: las librerías que pide una sola lección;
- ``widgets``: un cuadro de texto y su respuesta; ``quizzes``: preguntas de opción múltiple.
"""

from labsupport.notebook.extras import need_library
from labsupport.notebook.prepare import prepare_notebook
from labsupport.notebook.quizzes import quiz
from labsupport.notebook.widgets import ask

__all__ = ["ask", "need_library", "prepare_notebook", "quiz"]
