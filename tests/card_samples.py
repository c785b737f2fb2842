"""Resultados inventados y sus fichas, para las pruebas de lo que se publica."""

from __future__ import annotations

import datetime

import numpy as np

from labsupport.evaluation.results import Predictions
from labsupport.settings import check_parameters

STARS = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
DATE = datetime.date(2026, 11, 29)


def make_predictions(names=STARS, n_test=120, n_validation=60, split="test", **changes):
    """Predicciones con cifras distintas en cada split; ``changes``: parámetros que se cambian."""
    generator = np.random.default_rng(7)

    def answer(n, share):
        labels = generator.integers(len(names), size=n)
        logits = generator.normal(size=(n, len(names)))
        # Unas clases se aciertan más que otras: así ninguna métrica vale lo mismo que otra.
        logits[np.arange(n), labels] += share * np.linspace(0.4, 2.2, len(names))[labels]
        return labels.tolist(), logits.round(4).tolist()

    labels, logits = answer(n_test, 1.4)
    watched, watched_logits = answer(n_validation, 0.8)
    sizes = {"n_eval": n_test, "n_validation": n_validation}
    return Predictions(
        lesson="02_trainer",
        framework="trainer",
        parameters=check_parameters({**sizes, **changes}).parameters(),
        label_names=list(names),
        index=list(range(n_test)),
        labels=labels,
        logits=logits,
        accuracy=float(np.mean(np.argmax(logits, axis=1) == labels)),
        seconds=24.9,
        peak_memory_mib=1354.2,
        device="cpu",
        precision="fp32",
        versions={"torch": "2.13.0+cpu", "transformers": "5.23.0", "datasets": "5.2.0"},
        split=split,
        validation={
            "index": list(range(n_validation)), "labels": watched, "logits": watched_logits
        } if split == "test" else {},
        recipe={"optimizer": "Adam", "weight_decay": 0.0, "clip": 1.0, "steps": 189,
                "weights": 1378181, "trainable": 1378181, "dropout": 0.1},
    )  # fmt: skip
