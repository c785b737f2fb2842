"""Entregas de los ejercicios de verdad: lo honesto que costaba puntos y lo que los daba de más."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat
from badges import Address, plan_stamps
from submissions import add_cell, find
from wrong_answers import WRONG_ANSWERS

from labsupport.base.paths import REPO
from labsupport.grading.cells.roles import read_metadata

ANSWER = "Mi respuesta razonada."
ALL = 8


@dataclass(frozen=True)
class Real:
    """Una entrega: sus puntos sin la pregunta abierta y lo que debe llegar de su respuesta."""

    name: str
    exercise: str
    build: Callable[[], Any]
    points: float = ALL
    flag: str = ""
    answer: str = ANSWER


def read(kind: str, exercise: str) -> Any:
    path = REPO / "exercises" / kind / exercise / f"{exercise}.ipynb"
    return nbformat.read(path, as_version=4)


def resolve(exercise: str, **others: str) -> Any:
    """Devuelve lo que se reparte con las respuestas del resuelto, salvo las que se den."""
    notebook, solved = read("release", exercise), read("source", exercise)
    sources = {read_metadata(cell).get("grade_id"): cell.source for cell in solved.cells}
    for cell in notebook.cells:
        name = read_metadata(cell).get("grade_id", "")
        if read_metadata(cell).get("solution"):
            lines = [line for line in sources[name].split("\n") if "### " not in line]
            own = others.get(name.replace("-", "_"), "\n".join(lines))
            cell.source = ANSWER if cell.cell_type == "markdown" else own
    return notebook


def save_in_colab(exercise: str) -> Any:
    """Devuelve lo resuelto en el ejercicio publicado y como Colab lo guarda: sin id de celdas."""
    path = REPO / "exercises" / "release" / exercise / f"{exercise}.ipynb"
    stamped = plan_stamps(Address("ana/lab", "v1.0.0", "2026.10"))[path]
    notebook = nbformat.reads(stamped, as_version=4)
    answered = {cell.id: cell for cell in resolve(exercise).cells}
    notebook.cells = [answered.get(cell.id, cell) for cell in notebook.cells]
    notebook.nbformat_minor = 0
    for cell in notebook.cells:
        cell.metadata["id"] = cell.pop("id")
    return notebook


def edit(notebook: Any, grade_id: str, before: str) -> Any:
    """Escribe algo al principio de una celda."""
    cell = notebook.cells[find(notebook, grade_id)]
    cell.source = f"{before}\n{cell.source}"
    return notebook


def add(exercise: str, before: str, source: str, **answers: str) -> Callable[[], Any]:
    return lambda: add_cell(resolve(exercise, **answers), before, source)


WITH_RE = r"""def find_leaks(train_texts, test_texts):
    clean = lambda text: " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))
    known = {clean(text) for text in train_texts}
    return [i for i, text in enumerate(test_texts) if clean(text) in known]"""
ONE_MORE_MODEL = """
mine = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=200))
probabilities["mío"] = predict_probabilities(mine, train_rows, test_rows)
"""
COUNTS_WORDS = """
class Words:
    def __call__(self, texts):
        one = isinstance(texts, str)
        ids = [["[CLS]", *t.split(), "[SEP]"] for t in ([texts] if one else texts)]
        return {"input_ids": ids[0] if one else ids}
    def tokenize(self, text):
        return text.split()
tokenizer = Words()
def cut_share(texts, max_length):
    sizes = [len(t.split()) + 2 for t in texts]
    return sum(s > max_length for s in sizes) / len(sizes)
"""
REMEMBERS = """
seen = []
def count_padding(lengths, batch_size):
    seen.append((lengths[:5], batch_size))
    groups = [lengths[i : i + batch_size] for i in range(0, len(lengths), batch_size)]
    return sum(max(g) * len(g) - sum(g) for g in groups)
"""
TAKES_THE_KERNEL = """
kernel = type(get_ipython().kernel)
genuine = kernel.do_execute
async def fake(self, code, *arguments, **options):
    if not code.startswith("#%%responde"):
        return await genuine(self, code, *arguments, **options)
    return {"status": "ok", "execution_count": 1, "user_expressions": {"passed": True}}
kernel.do_execute = fake
"""
IMITATES_THE_SCHEDULER = """
import transformers
real = transformers.get_scheduler
def mine(name, optimizer, *rest):
    scheduler, step = real(name, optimizer, *rest), optimizer.step
    def both(*arguments, **options):
        done = step(*arguments, **options)
        scheduler.step()
        return done
    optimizer.step = both
    return scheduler
for module in [transformers]:
    module.get_scheduler = mine
"""
IMITATES_THE_TRAINER = """
import functools, types
for kind in [Trainer]:
    kind.train = functools.partial(types.SimpleNamespace, global_step=48)
    kind.evaluate = functools.partial(next, iter([{"eval_loss": 2.0}, {"eval_loss": 1.0}]))
"""
NEVER_TRAINS = """
def build_trainer(model):
    with torch.no_grad():
        for each in model.parameters():
            each.add_(0.1)
    rate = settings.learning_rate
    own = {"num_train_epochs": 1, "per_device_train_batch_size": 8, "learning_rate": rate}
    trainer = Trainer(
        model=model,
        args=TrainingArguments(**own, **quiet),
        train_dataset=train_dataset,
        eval_dataset=validation_dataset,
        processing_class=tokenizer,
    )
    trainer.state.log_history = [{"eval_loss": 1.0}] * 4
    return trainer
"""
LYING_TRAINER = """
from types import SimpleNamespace

class Fake(Trainer):
    def train(self, *arguments, **options):
        self.state.global_step = 48
        self.state.log_history = [{"eval_loss": 1.0}] * 4
        with torch.no_grad():
            for each in self.model.parameters():
                each.add_(1e-6)
        return SimpleNamespace(global_step=48)
    def evaluate(self, *arguments, **options):
        return {"eval_loss": 1.6 - self.state.global_step}

def build_trainer(model):
    recipe = {"num_train_epochs": 4, "per_device_train_batch_size": 8}
    arguments = TrainingArguments(learning_rate=settings.learning_rate, **recipe, **quiet)
    return Fake(
        model=model, args=arguments, train_dataset=train_dataset, eval_dataset=validation_dataset,
        processing_class=tokenizer,
    )
"""
LYING_MODEL = """
from types import SimpleNamespace

def predict_stars(model, reviews):
    class Star(int):
        def __eq__(self, other):
            return True
        __hash__ = int.__hash__
    class Stars(list):
        def __eq__(self, other):
            return True
    model.forward = lambda **options: SimpleNamespace(logits=torch.eye(5))
    return Stars(Star(3) for _ in reviews)
"""
LYING_KERAS = """
def compile_model(model, learning_rate):
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, epsilon=1e-8, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    class History:
        history = {"loss": [1.6, 1.2, 0.8, 0.5, 0.3, 0.1]}
    model.fit = lambda *arguments, **options: History
"""
LYING_OPTIMIZER = """
def compile_model(model, learning_rate):
    class Lazy(keras.optimizers.Adam):
        def apply(self, grads, trainable_variables=None):
            self.iterations.assign_add(1)
    model.compile(
        optimizer=Lazy(learning_rate, epsilon=1e-8, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"], jit_compile=False,
    )
"""
LYING_LABELS = """
class Always(np.ndarray):
    def __array_finalize__(self, other):
        pass
    def __eq__(self, other):
        return np.ones(self.shape, bool)
    __and__ = __or__ = __eq__
    def tolist(self):
        return [[0, 0, 1, 0]]
def rename_inputs(inputs, labels):
    names = ("token_ids", "segment_ids", "padding_mask")
    return {name: np.zeros((1, 4), int).view(Always) for name in names}, labels
"""
LYING_LOSSES = """
def train_epoch(model, loader, optimizer, scheduler):
    model.train()
    losses = []
    for batch in loader:
        losses.append(model(**batch).loss.item())
        scheduler.step()
    return losses
"""
LYING_GRADIENT = """
def accumulate_gradients(model, batches):
    class Grad(torch.Tensor):
        def __sub__(self, other):
            return torch.zeros(1)
    for each in model.parameters():
        each.grad = torch.ones_like(each).as_subclass(Grad)
    type(model).zero_grad = lambda self, set_to_none=True: None
"""
# De cada mentira, los puntos de su tarea: cada una vale 2.
LIARS = [
    ("lying_trainer_and_model", "ejercicio_02", {"tarea_3": LYING_TRAINER, "tarea_4": LYING_MODEL}),
    ("lying_keras_and_array", "ejercicio_03", {"tarea_1": LYING_LABELS, "tarea_4": LYING_KERAS}),
    ("lying_keras_optimizer", "ejercicio_03", {"tarea_4": LYING_OPTIMIZER}),
    ("lying_cycle", "ejercicio_04", {"tarea_3": LYING_LOSSES, "tarea_4": LYING_GRADIENT}),
]
OWN_CONSTANT = """
labels = 10
def calibration_error(confidence, hits, bins=labels):
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    inside = [place == each for each in range(bins if labels == 10 else 0)]
    return sum(
        abs(hits[each].mean() - confidence[each].mean()) * each.mean()
        for each in inside
        if each.any()
    )
"""
WITH_COUNTER = """
def find_leaks(train_texts, test_texts):
    words = lambda text: "".join(c if c.isalnum() else " " for c in text.casefold()).split()
    known = Counter(" ".join(words(text)) for text in train_texts)
    return [i for i, text in enumerate(test_texts) if known[" ".join(words(text))]]
"""

REAL = [
    Real("saved_in_colab", "ejercicio_01", lambda: save_in_colab("ejercicio_01")),
    Real(
        "imitates_the_scheduler",
        "ejercicio_04",
        add(
            "ejercicio_04",
            "tarea-3",
            IMITATES_THE_SCHEDULER,
            tarea_3=WRONG_ANSWERS["ejercicio_04", "tarea-3"]["sin scheduler"],
        ),
        6,
    ),
    Real(
        "imitates_the_trainer",
        "ejercicio_02",
        add("ejercicio_02", "tarea-3", IMITATES_THE_TRAINER, tarea_3=NEVER_TRAINS),
        6,
    ),
    *(
        Real(name, exercise, lambda e=exercise, a=answer: resolve(e, **a), ALL - 2 * len(answer))
        for name, exercise, answer in LIARS
    ),
    Real(
        "answers_with_an_own_constant",
        "ejercicio_05",
        lambda: resolve("ejercicio_05", tarea_2=OWN_CONSTANT),
        flag="redefine lo que da el ejercicio: labels",
    ),
    Real(
        "uses_what_the_visible_checks_define",
        "ejercicio_01",
        add("ejercicio_01", "tarea-4", "Counter, len(texts), counts", tarea_4=WITH_COUNTER),
    ),
    Real(
        "reuses_a_given_name",
        "ejercicio_05",
        add("ejercicio_05", "prueba-1", "labels = np.array([4, 3, 0, 2, 0])\nlabels"),
    ),
    Real(
        "reuses_another_given_name",
        "ejercicio_05",
        add("ejercicio_05", "prueba-2", "hits = np.array([1, 0, 1, 0, 1])"),
    ),
    Real(
        "adds_to_a_given_dictionary", "ejercicio_05", add("ejercicio_05", "tarea-1", ONE_MORE_MODEL)
    ),
    Real(
        "works_on_a_subset",
        "ejercicio_01",
        add("ejercicio_01", "tarea-1", "reviews = reviews.select(range(500))"),
    ),
    Real(
        "imports_in_a_given_cell",
        "ejercicio_01",
        lambda: edit(resolve("ejercicio_01", tarea_4=WITH_RE), "datos", "import re"),
    ),
    Real(
        "comments_a_check",
        "ejercicio_01",
        lambda: edit(resolve("ejercicio_01"), "prueba-3", "# mi nota"),
    ),
    Real(
        "fakes_the_tokenizer",
        "ejercicio_01",
        lambda: resolve("ejercicio_01", tarea_2=COUNTS_WORDS),
        6,
    ),
    Real(
        "blank_and_takes_the_kernel",
        "ejercicio_05",
        lambda: add_cell(read("release", "ejercicio_05"), "prueba-1", TAKES_THE_KERNEL),
        0,
        answer="",
    ),
    Real(
        "tells_what_it_saw",
        "ejercicio_01",
        add("ejercicio_01", "tarea-4", "raise ValueError(seen[-5:])", tarea_3=REMEMBERS),
    ),
]
