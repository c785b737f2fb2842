"""Lo que se sabe de cada entrega: su estado, sus puntos y de qué archivos salió."""

from __future__ import annotations

import enum
import hashlib
import json
import os
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labsupport.base.files import write_atomically

FOLDER = "registros"
# Los de entregas que ya no están: si vuelven iguales, vuelve su nota.
PREVIOUS = "anteriores"
SCHEMA = 2
MACHINE_FAILED = "Falló algo de esta máquina y no de la entrega: repite la orden ({})."


class State(enum.StrEnum):
    """Cómo acabó una entrega; el valor es el que se lee en los archivos."""

    GRADED = "calificada"
    TIME_LIMIT = "límite de tiempo"
    MEMORY_LIMIT = "límite de memoria"
    FILES_LIMIT = "límite de archivos"
    OUTPUT_LIMIT = "límite de salida"
    PROCESS_LIMIT = "límite de procesos"
    KERNEL_DIED = "kernel muerto"
    TAMPERED = "alterada"
    UNREADABLE = "ilegible"
    NOT_GRADED = "sin calificar"


# En estos estados se ejecutó algo: los puntos son los de las comprobaciones que acabaron.
SCORED = frozenset(State) - {State.UNREADABLE, State.NOT_GRADED}


@dataclass
class CheckResult:
    """Una comprobación de una entrega; ``points`` es None mientras nadie la califica a mano.

    ``finished``: si llegó a terminar, pasara o no; ``answer``: la respuesta a una pregunta abierta,
    o vacío si quedó sin responder.
    """

    grade_id: str
    title: str
    max_points: float
    points: float | None
    manual: bool = False
    message: str = ""
    hidden: bool = False
    finished: bool = True
    answer: str = ""
    comment: str = ""


@dataclass
class Record:
    """El registro de una entrega: ``seconds`` en segundos y ``memory_mib`` en MiB residentes."""

    student: str
    exercise: str
    digest: str
    state: State = State.NOT_GRADED
    reason: str = ""
    checks: list[CheckResult] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    memory_mib: float = 0.0
    isolated: bool = True
    schema: int = SCHEMA

    @property
    def name(self) -> str:
        """El nombre de sus archivos."""
        return f"{self.student}__{self.exercise}"

    @property
    def points(self) -> float | None:
        """Los puntos hasta ahora, o None si la entrega no se pudo calificar."""
        if self.state not in SCORED:
            return None
        return sum(check.points or 0 for check in self.checks)

    @property
    def max_points(self) -> float:
        """Los puntos que vale el ejercicio."""
        return sum(check.max_points for check in self.checks)

    @property
    def pending(self) -> list[CheckResult]:
        """Las preguntas abiertas que faltan por calificar a mano."""
        if self.state not in SCORED:
            return []
        return [check for check in self.checks if check.points is None]


def compute_digest(files: Mapping[str, bytes], *others: Any) -> str:
    """Devuelve una huella de los archivos (ruta relativa a contenido) y de lo demás que importe.

    >>> compute_digest({"a": b"1"}) == compute_digest({"a": b"2"})
    False
    """
    digest = hashlib.sha256(repr((SCHEMA, others)).encode())
    for name in sorted(files):
        digest.update(f"\0{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()


def write_record(folder: Path, record: Record) -> None:
    """Escribe el registro en ``folder``, entero o nada."""
    text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
    write_atomically(folder / f"{record.name}.json", f"{text}\n")


def find_record(folder: Path, name: str, digest: str) -> Record | None:
    """Devuelve el registro de ``name`` si es de esa misma huella; None si no lo hay.

    Si estaba entre los que se apartaron, vuelve a su sitio.
    """
    for path in (folder / f"{name}.json", folder / PREVIOUS / f"{name}.json"):
        try:
            record = build_record(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            # No está, está dañado o es de otra versión.
            continue
        if record.digest == digest:
            if path.parent != folder:
                os.replace(path, folder / path.name)
            return record
    return None


def forget_record(folder: Path, name: str) -> None:
    """Borra el registro de ``name``, para que nadie vea una nota que ya no vale."""
    for path in (folder / f"{name}.json", folder / PREVIOUS / f"{name}.json"):
        path.unlink(missing_ok=True)


def set_aside(folder: Path, names: Container[str]) -> list[str]:
    """Aparta los registros que no están en ``names`` y devuelve de quién era cada uno."""
    gone = sorted(path for path in folder.glob("*.json") if path.stem not in names)
    for path in gone:
        (folder / PREVIOUS).mkdir(exist_ok=True)
        os.replace(path, folder / PREVIOUS / path.name)
    return [path.stem.partition("__")[0] for path in gone]


def strip_number(student: str) -> str:
    """Devuelve el nombre sin el número que distingue dos entregas de la misma persona.

    >>> strip_number("ana (2)"), strip_number("ana")
    ('ana', 'ana')
    """
    return re.sub(r" \(\d+\)$", "", student)


def build_record(values: Mapping[str, Any]) -> Record:
    """Reconstruye un registro a partir de lo que ``asdict`` guardó de él.

    Lanza ValueError si es de otra versión y TypeError si le faltan o sobran campos.
    """
    if values.get("schema") != SCHEMA:
        raise ValueError("registro de otra versión")
    checks = [CheckResult(**check) for check in values["checks"]]
    return Record(**{**values, "state": State(values["state"]), "checks": checks})


def sort_records(records: Iterable[Record]) -> list[Record]:
    """Devuelve los registros por estudiante y ejercicio."""
    return sorted(records, key=lambda record: (record.student.casefold(), record.exercise))
