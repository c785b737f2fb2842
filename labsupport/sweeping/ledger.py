"""El archivo de un barrido: una línea por ensayo, que se añade entera y sobrevive a un corte."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.paths import results_folder
from labsupport.base.tables import join_names
from labsupport.evaluation.sweeps import FOLDER, KIND, ORDER, PREFIX, SUFFIX, Sweep, load_sweep

LOCK = ".haciendo-{}"
# Por qué un barrido ya no es el mismo, según lo que cambió en su cabecera.
CHANGES = {
    "code": "cambió el código de lo que se entrena",
    "versions": "cambiaron las versiones instaladas",
    "fixed": "cambiaron los parámetros fijos",
    "names": "cambian otros parámetros",
    "space": "cambió lo que se busca",
}


def find_ledger(label: str) -> Path:
    """Devuelve el archivo del barrido ``label``: ``results/barrido-<label>.jsonl``.

    >>> find_ledger("02_trainer-seed").name
    'barrido-02_trainer-seed.jsonl'
    """
    return results_folder() / f"{PREFIX}{label}{SUFFIX}"


def find_folder(ledger: Path) -> Path:
    """Devuelve la carpeta con la página de un barrido y la de cada ensayo.

    >>> find_folder(Path("results/barrido-prueba.jsonl")).as_posix()
    'results/barridos/prueba'
    """
    return ledger.parent / FOLDER / ledger.name.removeprefix(PREFIX).removesuffix(SUFFIX)


@contextlib.contextmanager
def hold_ledger(ledger: Path) -> Iterator[None]:
    """Reserva un barrido mientras dura el bloque; lanza LabError si otra orden lo está haciendo."""
    from filelock import FileLock, Timeout

    ledger.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(ledger.parent / LOCK.format(ledger.name), timeout=0):
            yield
    except Timeout as error:
        raise LabError(
            f"Otra orden está haciendo el barrido «{ledger.name}»: espera a que acabe o da otro "
            "nombre con --name."
        ) from error


def open_ledger(ledger: Path, header: Mapping[str, Any], say: Callable[[str], None]) -> Sweep:
    """Devuelve el barrido que hay en ``ledger``, para seguirlo, o empieza uno nuevo y lo dice.

    ``header``: la de lo que se pide. Si el que hay es de otro código, otros datos u otras
    versiones, se aparta con su fecha y se dice por qué. Hay que tenerlo reservado
    (``hold_ledger``). Lanza LabError si el archivo está dañado y OSError si no se puede escribir.
    """
    if ledger.exists() and ledger.stat().st_size:
        sweep = _repair(ledger, say)
        changed = _list_changes(sweep.header, header)
        if not changed:
            _append_order(ledger, sweep, header)
            return load_sweep(ledger)
        aside = _put_aside(ledger, sweep)
        say(
            f"Empiezo un barrido nuevo, porque {join_names(changed)}; el de antes queda en "
            f"{aside.name}."
        )
    write_atomically(ledger, _write(header))
    return load_sweep(ledger)


def append_entry(ledger: Path, entry: Mapping[str, Any]) -> None:
    """Añade una línea, de una sola escritura: si algo lo corta, no queda otra a medias.

    Lanza OSError si no cabe o no se puede escribir; entonces el archivo queda como estaba.
    """
    line = _write(entry).encode()
    handle = os.open(ledger, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(handle).st_size
        try:
            if os.write(handle, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(ledger))
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def build_header(
    target: str,
    code: str,
    versions: Mapping[str, str],
    fixed: Mapping[str, Any],
    asked: Mapping[str, list[Any]],
    **others: Any,
) -> dict[str, Any]:
    """Devuelve la cabecera de un barrido; el formato, en ``labsupport.evaluation.sweeps``."""
    return {
        "kind": KIND,
        "schema_version": 1,
        "target": target,
        "code": code,
        "versions": dict(versions),
        "fixed": dict(fixed),
        "asked": dict(asked),
        **others,
    }


def _repair(ledger: Path, say: Callable[[str], None]) -> Sweep:
    """Lee el barrido y, si la última línea quedó a medias, la quita y lo dice."""
    content = ledger.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content and whole:
        say(f"La última línea de {ledger.name} quedó a medias y no cuenta: repito ese ensayo.")
        write_atomically(ledger, whole.decode())
    return load_sweep(ledger)


def _list_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    before = {**old, "names": sorted(old["asked"])}
    after = {**new, "names": sorted(new["asked"])}
    changed = [told for key, told in CHANGES.items() if before.get(key) != after.get(key)]
    sources = old["sources"]
    moved = [name for name, each in new["sources"].items() if sources.get(name, each) != each]
    return changed + [f"cambió el contenido de «{name}»" for name in moved]


def _append_order(ledger: Path, sweep: Sweep, header: Mapping[str, Any]) -> None:
    """Apunta lo que pide de más esta orden, si pide algo."""
    old = sweep.header
    same = all(
        value in old["asked"][name] for name, values in header["asked"].items() for value in values
    )
    if not same or not header["sources"].items() <= old["sources"].items():
        kept = ("asked", "sources", "command", "started", "budget")
        append_entry(ledger, {"kind": ORDER, **{name: header[name] for name in kept}})


def _put_aside(ledger: Path, sweep: Sweep) -> Path:
    date = str(sweep.header.get("started", "")).replace(":", "-").replace(" ", "_")
    for number in range(1, 1000):
        name = f"{ledger.name.removesuffix(SUFFIX)}.{date}.{number}{SUFFIX}"
        # En otra carpeta: así no sale en los informes como si fuera de ahora.
        aside = ledger.parent / FOLDER / name
        if not aside.exists():
            aside.parent.mkdir(exist_ok=True)
            ledger.rename(aside)
            return aside
    raise LabError(f"No se pudo apartar «{ledger.name}»: bórralo o da otro nombre con --name.")


def _write(entry: Mapping[str, Any]) -> str:
    # Sin NaN: no es JSON, y otro programa no sabría leerlo.
    return json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n"
