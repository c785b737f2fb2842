"""Accuracy: la proporción de predicciones iguales a su etiqueta."""

# evaluate lee estos imports como texto: uno por línea o pedirá instalar un paquete «datasets,».
import datasets
import evaluate
import numpy as np

_DESCRIPTION = "Accuracy: aciertos dividido por total. Va de 0 a 1; más alto es mejor."

_CITATION = ""

_KWARGS_DESCRIPTION = """
Args:
    predictions (lista de n enteros): la clase que predijo el modelo para cada ejemplo.
    references (lista de n enteros): la clase verdadera de cada ejemplo.
Returns:
    accuracy (float): aciertos / n.
Examples:
    >>> import evaluate
    >>> from labsupport.evaluation.metrics import metric_path
    >>> accuracy = evaluate.load(metric_path("accuracy"))
    >>> accuracy.compute(predictions=[0, 1, 2, 2], references=[0, 1, 1, 2])
    {'accuracy': 0.75}
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class Accuracy(evaluate.Metric):
    """La métrica accuracy con la interfaz de ``evaluate`` (compute, add_batch)."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features(
            {"predictions": datasets.Value("int32"), "references": datasets.Value("int32")}
        )
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=features,
        )

    def _compute(self, predictions: list[int], references: list[int]) -> dict[str, float]:
        return {"accuracy": float(np.mean(np.asarray(predictions) == np.asarray(references)))}
