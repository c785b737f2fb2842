"""Frases que solo ve el corpus sin notas: enseñan el vocabulario raro en otros contextos."""

STORIES = {}
VERDICTS = {}
FILLERS = []
