"""Hace un barrido: los ensayos que faltan, anotados al acabar, y después una tabla y una página."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import LabError
from labsupport.base.files import replace_folder
from labsupport.base.paths import shorten_path
from labsupport.base.run_record import DONE, FAILED
from labsupport.base.tables import format_number, format_table
from labsupport.data.locations import find_source, hand_over, split_sheet
from labsupport.data.sources import find_sources
from labsupport.evaluation import sweeps
from labsupport.evaluation.sweeps import Sweep
from labsupport.running.executors import Nursery, Workplan, is_death, open_executor, wait_for
from labsupport.running.signals import terminate_as_interrupt
from labsupport.settings import check_parameters
from labsupport.sweeping import identity, ledger, requests, search, trials
from labsupport.sweeping.requests import Interval, Request

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

PAGE = "barrido.html"
TEMPORARY = ".temporal"
# Más ensayos se anuncian antes de empezar, para poder pensarlo.
MANY = 50
SHOWN_NAMES = 5
ATTEMPTS = 2
WORKER_DIED = "El proceso que lo hacía murió dos veces, casi siempre por falta de memoria."
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
SOURCES = ("model_name", "dataset_name")
# No cambian de dónde salen el modelo y los datos, ni si hay bastantes.
IRRELEVANT = ("learning_rate", "epochs", "batch_size", "seed", "data_seed")


@dataclass(frozen=True)
class Trial:
    """Un ensayo por hacer: los valores que cambian y todos los que se le pasan.

    ``number``: la configuración de una búsqueda a la que pertenece; None si no se busca.
    """

    id: str
    values: Mapping[str, Any]
    given: Mapping[str, Any]
    number: int | None = None


@dataclass
class Result:
    """Cómo quedó un barrido: dónde está, su tabla y los ensayos pedidos que fallaron."""

    ledger: Path
    page: Path
    table: pd.DataFrame
    failed: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        """Si todos los ensayos pedidos acabaron bien."""
        return not self.failed


def run_sweep(
    request: Request, plan: Workplan | None = None, say: Callable[[str], None] = print
) -> Result:
    """Hace los ensayos que falten, anota cada uno al acabar y escribe la página del barrido.

    ``request``: ya revisada con ``check_request``; ``plan``: quién trabaja (por omisión, un proceso
    de aquí con todos los núcleos); ``say``: cómo contar el avance. Un ensayo que falla queda
    anotado y no detiene a los demás. Lanza LabError si otra orden hace el mismo barrido, si su
    archivo está dañado o si lo que se entrena no deja medidas, y KeyboardInterrupt, con cómo
    seguir, si alguien lo para.
    """
    if request.budget:
        search.need_optuna()
    work = _Work(request, plan or Workplan(workers=1), say)
    with terminate_as_interrupt(), ledger.hold_ledger(work.ledger):
        work.open()
        try:
            with work.own_temporary_folder():
                work.do_all()
        except KeyboardInterrupt:
            work.try_to_finish()
            raise KeyboardInterrupt(work.describe_stop()) from None
        except LabError:
            work.try_to_finish()
            raise
        return work.finish()


def describe_result(result: Result) -> str:
    """Devuelve la tabla final, con una fila por configuración, y cómo leerla."""
    header, rows = sweeps.list_summary(sweeps.summarize_sweep(result.table))
    lines = [
        format_table(header, rows),
        "",
        sweeps.describe_winner(sweeps.summarize_sweep(result.table)),
        sweeps.describe_intervals(result.table),
        sweeps.CURSE,
        "",
        f"Ensayos: {shorten_path(result.ledger)}",
        f"Página: {shorten_path(result.page)}",
    ]
    if result.failed:
        lines.append(_describe_failed(result.failed))
    return "\n".join(lines)


def _describe_failed(names: Sequence[str]) -> str:
    """Dice qué ensayos fallaron y qué hacer.

    >>> _describe_failed(["seed 7"])
    'Falló 1 ensayo (seed 7): repite la orden y se hará otra vez solo lo que falló.'
    """
    number, told = len(names), "; ".join(names[:SHOWN_NAMES])
    more = "; ..." if number > SHOWN_NAMES else ""
    failed = "Falló 1 ensayo" if number == 1 else f"Fallaron {number} ensayos"
    return f"{failed} ({told}{more}): repite la orden y se hará otra vez solo lo que falló."


class _Work:
    """Un barrido en marcha."""

    def __init__(self, request: Request, plan: Workplan, say: Callable[[str], None]) -> None:
        self.request, self.plan, self.say = request, plan, say
        self.ledger = ledger.find_ledger(request.label)
        self.folder = ledger.find_folder(self.ledger)
        self.versions = identity.find_versions()
        self.code = identity.digest_target(request.target)
        self.digests: dict[str, str] = {}
        self.wanted: dict[str, Trial] = {}
        self.sweep = Sweep({})
        # Los ensayos por los que se ha pasado, y cuántos de ellos se han hecho ahora.
        self.seen = self.ran = 0

    def open(self) -> None:
        """Lee lo que ya hay, o empieza, y crea la carpeta de los ensayos."""
        self.sweep = ledger.open_ledger(self.ledger, self._build_header(), self.say)
        self.folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def own_temporary_folder(self) -> Iterator[None]:
        """Todo lo temporal va en una carpeta que se borra al salir, o la próxima vez."""
        temporary = self.folder / TEMPORARY
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        self.plan = replace(self.plan, temporary=str(temporary.absolute()))
        try:
            yield
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def do_all(self) -> None:
        """Hace los ensayos del producto o los de la búsqueda, por tandas."""
        total = requests.count_trials(self.request)
        with _open_bar(total) as bar:
            for number, batch in enumerate(self._list_batches()):
                self.wanted |= {trial.id: trial for trial in batch}
                missing = [trial for trial in batch if not self._is_done(trial.id)]
                if not number:
                    self._announce(total, len(batch) - len(missing))
                self.seen += len(batch) - len(missing)
                # Lo que ya estaba hecho no dice cuánto tarda uno.
                bar.n = bar.initial = self.seen if not self.ran else bar.n
                # Al salir se cierra: si algo falla aquí, los procesos se paran antes de seguir.
                with contextlib.closing(self._do(missing)) as done:
                    for trial, entry in done:
                        self._keep(trial, entry)
                        self.seen += 1
                        bar.update()
                        bar.write(self._tell(trial, entry, total))

    def finish(self) -> Result:
        """Escribe la página con lo que haya y devuelve cómo quedó todo."""
        from labsupport.report.sweep_report import write_sweep_report

        page = write_sweep_report(self.ledger, self.folder / PAGE)
        failed = [
            sweeps.describe_values(trial.values)
            for trial in self.wanted.values()
            if self.sweep.trials.get(trial.id, {}).get("status") == FAILED
        ]
        return Result(self.ledger, page, sweeps.read_sweep(self.ledger), failed)

    def try_to_finish(self) -> None:
        """Escribe la página si se puede: lo que se cuenta es por qué se paró."""
        with contextlib.suppress(LabError, OSError):
            self.finish()

    def describe_stop(self) -> str:
        """La frase con que se despide una orden que alguien paró."""
        done = sum(self._is_done(each) for each in self.wanted)
        total = requests.count_trials(self.request)
        return (
            f"Interrumpido: hay {done} de {total} ensayos anotados en {shorten_path(self.ledger)}; "
            "repite la misma orden y seguirá con los que faltan."
        )

    def _is_done(self, id: str) -> bool:
        return self.sweep.trials.get(id, {}).get("status") == DONE

    def _build_header(self) -> dict[str, Any]:
        request = self.request
        asked = {
            name: list(request.choices[name])
            if name in request.choices
            else [str(request.intervals[name])]
            for name in request.varied
        }
        space = {
            name: str(each) if isinstance(each, Interval) else list(each)
            for name, each in request.space.items()
        }
        return ledger.build_header(
            request.target.stem,
            self.code,
            self.versions,
            request.fixed,
            asked,
            space=space if request.budget else None,
            sources=self._digest_all(),
            budget=request.budget,
            command=request.command,
            started=time.strftime("%Y-%m-%d %H:%M"),
        )

    def _digest_all(self) -> dict[str, str]:
        """La huella de cada modelo y dataset que se usa, con el nombre con que se pidió."""
        if self.request.is_script:
            return {}
        profiles = self.request.choices.get("profile", [None])
        for profile in profiles:
            usual = check_parameters({"profile": profile})
            for name in SOURCES:
                given = self.request.choices.get(name) or [None]
                for value in given:
                    self._digest_source(name, value or getattr(usual, name))
        return self.digests

    def _digest_source(self, parameter: str, value: str) -> str:
        if value not in self.digests:
            self.digests[value] = identity.digest_source(
                split_sheet(find_source(parameter, value)[0])[0]
            )
        return self.digests[value]

    def _list_batches(self) -> Iterator[list[Trial]]:
        if self.request.budget:
            yield from self._search()
        else:
            yield [self._make(values) for values in requests.list_combinations(self.request)]

    def _search(self) -> Iterator[list[Trial]]:
        """Propone por tandas, las que caben a la vez: cada una sabe cómo fueron las de antes."""
        request, seeds = self.request, requests.list_seeds(self.request)
        known = self._recall()
        # En un cluster no se sabe cuántas caben: se llena con las de aquí.
        width = max(1, self.plan.processes // len(seeds))
        startup = max(3, min(10, request.budget // 3))
        for start in range(0, request.budget, width):
            tried = [
                (values, self._score(number)) for number, values in known.items() if number < start
            ]
            numbers = range(start, min(start + width, request.budget))
            for number in numbers:
                if number not in known:
                    taken = list(known.values())
                    values = search.propose(request.space, tried, taken, number, startup)
                    if values is not None:
                        known[number] = values
            proposed = [number for number in numbers if number in known]
            if proposed:
                yield [self._make({**known[n], **each}, n) for n in proposed for each in seeds]
            if len(proposed) < len(numbers):
                self.say("No quedan configuraciones distintas que probar: termino aquí.")
                return

    def _recall(self) -> dict[int, dict[str, Any]]:
        """Las configuraciones que ya se propusieron, por su número."""
        found = {
            trial["number"]: {name: trial["parameters"][name] for name in self.request.space}
            for trial in self.sweep.trials.values()
        }
        return dict(sorted(found.items()))

    def _score(self, number: int) -> float | None:
        """La accuracy media de una configuración entre las semillas que acabaron bien."""
        scores = [
            trial["accuracy"]
            for trial in self.sweep.trials.values()
            if trial["number"] == number and trial["status"] == DONE
        ]
        return sum(scores) / len(scores) if scores else None

    def _make(self, values: Mapping[str, Any], number: int | None = None) -> Trial:
        effective = requests.check_values(self.request, values)
        given = {**self.request.fixed, **values}
        known = () if self.request.is_script else SOURCES
        used = [self._digest_source(name, effective[name]) for name in known]
        target = identity.digest(self.code, self.versions)
        name = identity.identify_trial(target, effective, used)
        # «None» es lo que diga el perfil: se anota cuánto es.
        told = {each: effective[each] for each in values}
        return Trial(name, told, self._hand_over(given), number)

    def _hand_over(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Las rutas cuentan desde la carpeta en que se pidió: se pasan para que valgan en otra."""
        paths = {
            name: hand_over(given[name], None, say=lambda _: None)
            for name in SOURCES
            if given.get(name) and not self.request.is_script
        }
        return {**given, **paths}

    def _do(self, missing: Sequence[Trial]) -> Generator[tuple[Trial, dict[str, Any]]]:
        """Da los ensayos según acaban; si muere un proceso, repite lo que se perdió con él."""
        lost = list(missing)
        for attempt in range(ATTEMPTS):
            # La segunda vez, de uno en uno: así se sabe cuál mata a los procesos.
            groups = [[trial] for trial in lost] if attempt else [lost]
            lost = []
            for group in filter(None, groups):
                yield from self._do_group(group, lost)
        for trial in lost:
            yield trial, {"status": FAILED, "message": WORKER_DIED}

    def _do_group(
        self, group: Sequence[Trial], lost: list[Trial]
    ) -> Iterator[tuple[Trial, dict[str, Any]]]:
        with self._open_executor(len(group)) as (executor, has_workers):
            futures = {executor.submit(trials.run_trial, self._pack(each)): each for each in group}
            for future in wait_for(futures, has_workers, self.plan):
                trial = futures[future]
                try:
                    entry = future.result()
                except LabError:
                    raise
                except Exception as error:  # noqa: BLE001 - cada ejecutor tiene sus fallos
                    if is_death(error):
                        lost.append(trial)
                        continue
                    told = (str(error).strip() or "sin mensaje").splitlines()[0][:200]
                    entry = {"status": FAILED, "message": f"{type(error).__name__}: {told}"}
                yield trial, entry

    def _open_executor(
        self, tasks: int
    ) -> contextlib.AbstractContextManager[tuple[Executor, Callable[[], bool]]]:
        environment = os.environ | {"TMPDIR": self.plan.temporary}
        if self.plan.processes > 1:
            # Cada entrenamiento, con su parte de los núcleos.
            environment |= dict.fromkeys(THREADS, str(self.plan.threads))
        context = multiprocessing.get_context("spawn")
        nursery = Nursery(context, trials.prepare_worker, (environment,), patience=10)
        return open_executor(self.plan, tasks, nursery)

    def _pack(self, trial: Trial) -> trials.Task:
        target, report = self.request.target, self.request.report_to
        files = {}
        if self.plan.cluster:
            # Quien lo haga puede no ver este disco: viaja con los programas que tiene al lado.
            beside = {target, *target.parent.glob("*.py")}
            files = {path.name: path.read_bytes() for path in sorted(beside)}
        return trials.Task(
            id=trial.id,
            target=target.name,
            folder="" if files else str(target.parent),
            parameters=dict(trial.given),
            files=files,
            variables={"LAB_REPORT_TO": report} if report else {},
        )

    def _keep(self, trial: Trial, entry: dict[str, Any]) -> None:
        """Guarda lo que dejó un ensayo y, solo después, lo anota."""
        files, empty = entry.pop("files", {}), entry.pop("empty", False)
        if files:
            with replace_folder(self.folder / trial.id) as folder:
                _write_files(folder, files)
        line: dict[str, Any] = {
            "kind": sweeps.TRIAL,
            "id": trial.id,
            "parameters": dict(trial.values),
        }
        line |= {"number": trial.number, "finished": time.strftime("%Y-%m-%d %H:%M:%S"), **entry}
        ledger.append_entry(self.ledger, line)
        self.sweep.trials[trial.id] = line
        self.ran += 1
        if empty and not any(map(self._is_done, self.sweep.trials)):
            # Los demás tampoco lo dejarían.
            raise LabError(entry["message"])

    def _announce(self, total: int, done: int) -> None:
        trials = "1 ensayo" if total == 1 else f"{total} ensayos"
        were = "ya estaba hecho" if done == 1 else "ya estaban hechos"
        kept = f"; {done} {were}" if done else ""
        many = " Son muchos: con el primero verás cuánto tardan." if total - done > MANY else ""
        self.say(f"{trials} de {self.request.target.stem}{kept}.{many}")

    def _tell(self, trial: Trial, entry: Mapping[str, Any], total: int) -> str:
        """La línea de un ensayo; con el primero, además, cuánto falta."""
        label = f"[{self.seen}/{total}] {sweeps.describe_values(trial.values)}"
        line, missing = f"{label}: {_describe_entry(entry)}", total - self.seen
        if self.ran > 1 or not missing:
            return line
        # De un cluster no se sabe cuántos hace a la vez.
        at_once = 1 if self.plan.cluster else min(self.plan.processes, total)
        minutes = missing * (entry.get("seconds") or 0) / at_once / 60
        return f"{line}\nFaltan {missing}; a este paso, unos {format_number(minutes, 1)} min."


def _open_bar(total: int) -> Any:
    from tqdm import tqdm

    # disable=None: sin terminal no hay barra y queda una línea por ensayo.
    layout = "{desc}: {n_fmt}/{total_fmt} |{bar:30}| {elapsed}, faltan {remaining}"
    return tqdm(total=total, desc="Ensayos", bar_format=layout, disable=None, leave=False)


def _describe_entry(entry: Mapping[str, Any]) -> str:
    if entry["status"] != DONE:
        return f"{entry['status']}: {entry['message']}"
    parts = [f"accuracy {format_number(entry['accuracy'], 3)}"]
    if entry.get("loss") is not None:
        parts.append(f"loss {format_number(entry['loss'], 3)}")
    return ", ".join([*parts, f"{format_number(entry.get('seconds'), 1)} s"])


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def check_sources(request: Request) -> None:
    """Comprueba que los modelos y datos pedidos están y tienen las filas que se piden.

    Lanza LabError con la primera pega.
    """
    if request.is_script:
        return
    combine = requests.list_corners if request.budget else requests.list_combinations
    seen = set()
    for values in combine(request):
        given = {**request.fixed, **values}
        relevant = {name: value for name, value in given.items() if name not in IRRELEVANT}
        if repr(relevant) not in seen:
            seen.add(repr(relevant))
            written = {name for name, value in given.items() if value is not None}
            find_sources(check_parameters(given), written)
