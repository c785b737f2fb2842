"""Quién califica: los procesos o el cluster de ``running.executors``, con los límites de aquí."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from labsupport.grading.judging.worker import prepare_worker
from labsupport.grading.limits import Limits
from labsupport.grading.processes import choose_context
from labsupport.running import executors


@dataclass(frozen=True)
class Workplan(executors.Workplan):
    """Cómo se califica una tanda: además de quién, con qué límites y si se aísla."""

    limits: Limits = Limits()
    isolated: bool = True


def open_executor(
    plan: Workplan, tasks: int
) -> contextlib.AbstractContextManager[tuple[Executor, Callable[[], bool]]]:
    """Da un ejecutor y con qué saber si alguien trabaja para él, como en ``running.executors``.

    Los procesos de aquí nacen con nbgrader cargado y dejan lo temporal donde diga ``plan``.
    """
    environment = os.environ | {"TMPDIR": plan.temporary}
    nursery = executors.Nursery(choose_context(), prepare_worker, (environment,))
    return executors.open_executor(plan, tasks, nursery)
