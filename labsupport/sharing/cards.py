"""La ficha de un modelo: un README.md para el Hub escrito con lo que se midió, y nada más.

Los números salen de las predicciones guardadas; las licencias y el idioma, de las fichas del
checkpoint y del dataset o de quien la pide. Lo que no se sabe se dice: no se inventa.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from yaml import YAMLError

from labsupport.base.errors import LabError
from labsupport.base.files import write_atomically
from labsupport.base.paths import EMBEDDED
from labsupport.base.tables import format_number, join_names
from labsupport.data.hub_client import HubUnavailable, short_patience
from labsupport.data.subset import TEST
from labsupport.evaluation.results import Predictions
from labsupport.evaluation.scale import read_scale
from labsupport.settings import PARAMETERS, Settings
from labsupport.sharing.measures import (
    METRIC_TYPES,
    ClassScores,
    Measures,
    SplitScores,
    is_hub_id,
    measure_results,
)

CARD, UNKNOWN = "README.md", "unknown"
VERSION = "v1.0"
THIS_MODEL = "este modelo"
TAG = re.compile(r"v?\d+(\.\d+){0,2}")
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}|multilingual")
LANGUAGE_NAMES = {
    "ca": "catalán", "de": "alemán", "en": "inglés", "es": "español", "eu": "euskera",
    "fr": "francés", "gl": "gallego", "it": "italiano", "multilingual": "varios idiomas",
    "pt": "portugués",
}  # fmt: skip
FRAMEWORKS = {"trainer": "Trainer", "keras": "Keras", "pytorch": "PyTorch"}
# Lo que la receta apunta y se lee; lo demás son cuentas internas para comparar recetas.
RECIPE_ROWS = ("optimizer", "weight_decay", "clip", "steps", "weights", "trainable", "dropout")
# Las librerías que hacen falta para cargar un modelo o para repetirlo, según con qué se entrenó.
LIBRARIES = ("transformers", "datasets", "numpy")
FRAMEWORK_LIBRARIES = {"keras": ("tensorflow", "keras", "keras-hub")}
# Con más clases la tabla no se lee; el informe del cuaderno 5 las trae todas.
MOST_CLASSES = 30


def write_card(
    settings: Settings,
    results: Predictions | str | Path,
    folder: str | Path,
    *,
    hub_id: str = "",
    language: str | Sequence[str] = (),
    model_license: str = "",
    data_license: str = "",
    limits: Sequence[str] = (),
    version: str = VERSION,
    date: datetime.date | None = None,
) -> Path:
    """Escribe en ``folder`` la ficha (README.md) de un modelo medido y devuelve su ruta.

    ``settings``: los parámetros con que se entrenó, que dicen dónde leer las licencias y el idioma;
    ``results``: sus predicciones o el archivo en que están (con el nombre basta); ``hub_id``: el
    repositorio en que se publicará, para que el ejemplo de uso lo cargue de allí (sin él, de la
    carpeta); ``language``: códigos ISO 639, como ``"es"``; ``model_license`` y ``data_license``:
    identificadores del Hub, como ``"apache-2.0"``; ``limits``: frases tuyas que se añaden a los
    límites; ``version``: la etiqueta con que se publica; ``date``: la de la ficha (hoy). Lo que no
    se da se lee de las fichas del checkpoint y del dataset; una licencia que no consta se dice que
    no consta. Lanza LabError si no se sabe el idioma, si un valor no sirve o si los resultados no
    son de estos parámetros.
    """
    measures = measure_results(results)
    _check_same(settings, measures)
    folder = Path(folder)
    if not folder.is_dir():
        raise LabError(f"No existe la carpeta «{folder.name}»: guarda antes el modelo en ella.")
    model = read_origin(settings.model_name, settings.model_folder)
    data = read_origin(settings.dataset_name, settings.dataset_folder, kind="dataset")
    languages = _choose_languages(language, data.get("language"))
    licenses = {
        "model": _choose_license(model_license, model),
        "base": _choose_license("", model),
        "data": _choose_license(data_license, data),
    }
    text = compose_card(
        measures,
        folder,
        hub_id=hub_id,
        languages=languages,
        licenses=licenses,
        limits=limits,
        version=check_version(version),
        date=date or datetime.date.today(),
    )
    path = folder / CARD
    write_atomically(path, text)
    return path


def read_origin(name: str, folder: str = "", kind: str = "model") -> dict[str, Any]:
    """Devuelve lo que dice la ficha de un checkpoint o de un dataset; vacío si no se encuentra.

    ``name``: el de los parámetros; ``folder``: dónde está, si ya está en esta máquina; ``kind``:
    ``"model"`` o ``"dataset"``. Se mira en su carpeta y, si es del Hub, en la caché o allí: si no
    se llega, es que no consta.

    >>> read_origin("mini-bert")["license"]
    'apache-2.0'
    """
    from huggingface_hub import ModelCard

    embedded = EMBEDDED / name
    path = (embedded if embedded.is_dir() else Path(folder or name)) / CARD
    if not path.is_file():
        path = _fetch_card(name, kind)
    if path is None:
        return {}
    try:
        return ModelCard.load(path, ignore_metadata_errors=True).data.to_dict()
    except (ValueError, OSError, YAMLError):
        return {}


def _fetch_card(name: str, kind: str) -> Path | None:
    """La ficha de algo del Hub; None si no la tiene o no se llega."""
    from huggingface_hub import errors, hf_hub_download

    if not is_hub_id(name):
        return None
    try:
        with short_patience(lambda sentence: None):
            return Path(hf_hub_download(name, CARD, repo_type=kind))
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, HubUnavailable, OSError):
        return None


def check_version(version: str) -> str:
    """Devuelve la etiqueta con «v» delante; lanza LabError si no es un número de versión.

    >>> check_version("1.0"), check_version("v2")
    ('v1.0', 'v2')
    """
    if not isinstance(version, str) or not TAG.fullmatch(version):
        raise LabError(
            f"La versión {version!r} no sirve de etiqueta: escribe números con puntos, como v1.0."
        )
    return f"v{version.removeprefix('v')}"


def compose_card(
    measures: Measures,
    folder: Path,
    *,
    hub_id: str,
    languages: Sequence[str],
    licenses: Mapping[str, str],
    limits: Sequence[str],
    version: str,
    date: datetime.date,
) -> str:
    """Devuelve el texto de la ficha; los datos ya vienen revisados por ``write_card``."""
    from huggingface_hub import ModelCard

    title = hub_id.rpartition("/")[2] or folder.name
    header = _compose_metadata(measures, folder, title, languages, licenses)
    parts = [
        f"# {title}",
        _describe(measures, languages),
        "## Cómo se usa",
        _show_use(measures, folder, hub_id),
        "## Qué se midió",
        _tabulate_metrics(measures),
        *_tabulate_splits(measures),
        "## Cómo se entrenó",
        _tabulate_training(measures),
        "## Límites",
        _list_limits(measures, languages, limits),
        "## Licencias",
        _tabulate_licenses(measures, licenses),
        "## Versiones",
        _tabulate_versions(measures, version, date),
    ]
    card = ModelCard(f"---\n{header.to_yaml()}\n---\n\n" + "\n\n".join(parts) + "\n")
    return str(card)


def _check_same(settings: Settings, measures: Measures) -> None:
    """Que los resultados sean de lo que se pide, y no de otro entrenamiento."""
    theirs = measures.predictions.parameters
    for name in ("model_name", "dataset_name"):
        if theirs[name] != getattr(settings, name):
            raise LabError(
                f"Los resultados son de otro entrenamiento: en ellos «{name}» vale "
                f"«{theirs[name]}» y aquí «{getattr(settings, name)}». Usa los de este modelo."
            )


def _choose_languages(given: str | Sequence[str], read: Any) -> list[str]:
    chosen = given or read or ()
    languages = [chosen] if isinstance(chosen, str) else [str(each) for each in chosen]
    if not languages:
        raise LabError(
            "No consta en qué idioma están los textos: dilo con su código ISO 639, como "
            '`language="es"`.'
        )
    for each in languages:
        if not LANGUAGE_CODE.fullmatch(each):
            raise LabError(
                f"«{each}» no es un código de idioma: escribe dos o tres letras, como es o en."
            )
    return languages


def _choose_license(given: str, origin: Mapping[str, Any]) -> str:
    chosen = given or origin.get("license") or UNKNOWN
    chosen = chosen if isinstance(chosen, str) else " ".join(map(str, chosen))
    if not re.fullmatch(r"[a-z0-9][a-z0-9.\-]*", chosen):
        raise LabError(
            f"«{chosen}» no es un identificador de licencia del Hub: escríbelo en minúsculas y con "
            "guiones, como apache-2.0 o cc-by-4.0; si no se sabe cuál es, unknown."
        )
    return chosen


def _compose_metadata(
    measures: Measures,
    folder: Path,
    title: str,
    languages: Sequence[str],
    licenses: Mapping[str, str],
) -> Any:
    from huggingface_hub import ModelCardData

    known: dict[str, Any] = {"base_model": measures.model, "datasets": [measures.dataset]}
    # En la cabecera, el Hub convierte estos nombres en enlaces: solo van los que existen allí.
    links = {
        key: value
        for key, value in known.items()
        if is_hub_id(value if isinstance(value, str) else value[0])
    }
    keras = is_keras_folder(folder)
    return ModelCardData(
        language=languages[0] if len(languages) == 1 else list(languages),
        license=licenses["model"],
        library_name="keras-hub" if keras else "transformers",
        pipeline_tag="text-classification",
        tags=["text-classification", "fine-tuning", measures.predictions.framework],
        metrics=list(dict.fromkeys(_list_types(measures))),
        model_name=title,
        eval_results=_list_results(measures),
        **links,
    )


def _list_types(measures: Measures) -> list[str]:
    return [METRIC_TYPES[name] for each in measures.splits.values() for name in each.metrics]


def _list_results(measures: Measures) -> list[Any]:
    from huggingface_hub import EvalResult

    results = []
    for split, scores in measures.splits.items():
        for name, measured in scores.metrics.items():
            interval = {} if measured.low is None or measured.high is None else {"interval": [
                round(measured.low, 4), round(measured.high, 4)
            ], "level": 0.95}  # fmt: skip
            average = {"average": "macro"} if name == "macro-F1" else {}
            results.append(
                EvalResult(
                    task_type="text-classification",
                    task_name="Clasificación de textos",
                    dataset_type=measures.dataset,
                    dataset_name=measures.dataset,
                    dataset_split=split,
                    dataset_args={"texts": scores.texts},
                    metric_type=METRIC_TYPES[name],
                    metric_name=name,
                    metric_value=round(measured.value, 4),
                    metric_args={**average, **interval} or None,
                )
            )
    return results


def is_keras_folder(folder: Path) -> bool:
    """Dice si una carpeta la escribió ``save_to_preset`` de Keras."""
    return (folder / "task.json").is_file() or (folder / "model.weights.h5").is_file()


def _describe(measures: Measures, languages: Sequence[str]) -> str:
    names = measures.predictions.label_names
    told = join_names(f"«{escape_cell(name)}»" for name in names[:MOST_CLASSES])
    rest = " (y las demás de su config.json)" if len(names) > MOST_CLASSES else ""
    read = join_names(LANGUAGE_NAMES.get(each, f"«{each}»") for each in languages)
    frame = FRAMEWORKS.get(measures.predictions.framework, measures.predictions.framework)
    return (
        f"Clasifica un texto en {read} en una de estas clases: {told}{rest}. Es un fine-tuning de "
        f"{_link(measures.model, 'model')} con los textos de {_link(measures.dataset, 'dataset')}, "
        f"hecho con {frame}."
    )


def _link(name: str, kind: str) -> str:
    if not is_hub_id(name):
        return (
            f"`{name}` ({'viene con el laboratorio' if (EMBEDDED / name).is_dir() else 'propio'})"
        )
    return f"[`{name}`](https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{name})"


def _show_use(measures: Measures, folder: Path, hub_id: str) -> str:
    where = hub_id or folder.name
    length = measures.predictions.parameters.get("max_length")
    if is_keras_folder(folder):
        preset = f"hf://{hub_id}" if hub_id else folder.name
        return (
            "```python\nimport keras_hub\n\n"
            f"model = keras_hub.models.TextClassifier.from_preset({json.dumps(preset)}, "
            "preprocessor=None)\n```\n\n"
            "Espera los textos ya tokenizados con el tokenizer del modelo de partida "
            "(`token_ids`, `segment_ids` y `padding_mask`) y da logits, uno por clase y en el "
            "orden de arriba. La carpeta no guarda la función de activación: si el checkpoint de "
            "partida usa la GELU exacta, hay que ponerla otra vez después de cargar."
        )
    cut = f", truncation=True, max_length={length}" if length else ", truncation=True"
    return (
        "```python\nfrom transformers import pipeline\n\n"
        f'classify = pipeline("text-classification", model={json.dumps(where)})\n'
        f'print(classify("Escribe aquí tu texto"{cut}))\n```\n\n'
        "Contesta con la clase más probable y su probabilidad. Si el repositorio es privado hay "
        "que entrar antes con `hf auth login`."
    )


def _tabulate_metrics(measures: Measures) -> str:
    unit = read_scale(measures.predictions.label_names)
    rows = []
    for split, scores in measures.splits.items():
        for name, each in scores.metrics.items():
            label = f"{name} (en {unit.unit})" if name == "MAE" and unit else name
            ends = [format_number(end, 3) or "no se calculó" for end in (each.low, each.high)]
            row = [label, split, format_number(each.value, 3), *ends, format_count(scores.texts)]
            rows.append(row)
    table = compose_table(["métrica", "split", "valor", "desde", "hasta", "textos"], rows)
    data = f"`{measures.dataset}`"
    told = (
        f"Con textos de {data}. «desde» y «hasta» son los extremos de un intervalo de confianza "
        "del 95 %, por bootstrap: dicen cuánto cambiaría la cifra con otros textos parecidos."
    )
    if TEST in measures.splits:
        told += (
            " Los de `test` no se usaron para entrenar ni para elegir nada. Con los de "
            "`validation` se eligió qué pesos quedarse: su cifra puede ser algo optimista."
        )
    else:
        told += (
            " Solo se midió con `validation`, que sirvió para elegir: la cifra puede ser algo "
            "optimista, y con textos de prueba no se ha medido."
        )
    return f"{table}\n\n{told}"


def _tabulate_splits(measures: Measures) -> list[str]:
    """Una tabla por clase, solo del split principal."""
    split, scores = next(iter(measures.splits.items()))
    if len(scores.classes) > MOST_CLASSES:
        return []
    rows = [
        [
            name,
            format_count(each.texts),
            *(format_number(value, 2) for value in (each.precision, each.recall, each.f1)),
            each.confused or "ninguna",
        ]
        for name, each in scores.classes.items()
    ]
    header = ["clase", "textos", "precision", "recall", "F1", "la confunde sobre todo con"]
    return [f"### Por clase, en `{split}`", compose_table(header, rows)]


def _tabulate_training(measures: Measures) -> str:
    predictions = measures.predictions
    rows = [
        [f"`{name}`", _show(predictions.parameters[name])]
        for name in PARAMETERS
        if predictions.parameters.get(name) is not None and not name.endswith(("_name", "_column"))
    ]
    rows += [
        [f"`{name}`", _show(predictions.recipe[name])]
        for name in RECIPE_ROWS
        if predictions.recipe.get(name) is not None
    ]
    table = compose_table(["parámetro", "valor"], rows)
    told = f"Se entrenó en {predictions.device or 'CPU'}, en {predictions.precision or 'fp32'}"
    if predictions.seconds:
        told += f"; duró {format_number(predictions.seconds, 1)} segundos"
    return f"{table}\n\n{told}."


def _list_limits(measures: Measures, languages: Sequence[str], limits: Sequence[str]) -> str:
    predictions = measures.predictions
    split, scores = next(iter(measures.splits.items()))
    read = join_names(LANGUAGE_NAMES.get(each, f"«{each}»") for each in languages)
    told = [
        f"Se midió solo con textos de `{measures.dataset}`, en {read}: no se probó con textos de "
        "otro tema, de otra procedencia ni de otro idioma.",
        "Elige siempre una de sus clases, aunque el texto no tenga que ver con ninguna.",
    ]
    if length := predictions.parameters.get("max_length"):
        told.insert(
            1,
            f"Lee {length} tokens como mucho: lo que un texto tiene de más se corta y no cuenta.",
        )
    told += _describe_worst(scores, split)
    told.append("No se buscaron sesgos: no se sabe si trata igual a los textos de todo el mundo.")
    told += [" ".join(str(each).split()) for each in limits]
    return "\n".join(f"- {each}" for each in told)


def _describe_worst(scores: SplitScores, split: str) -> list[str]:
    seen: dict[str, ClassScores] = {k: v for k, v in scores.classes.items() if v.texts}
    if not seen:
        return []
    name = min(seen, key=lambda each: seen[each].recall)
    worst = seen[name]
    if worst.recall == 1:
        return []
    return [
        f"La clase que peor encuentra es «{escape_cell(name)}»: en `{split}`, su recall es "
        f"{format_number(worst.recall, 2)}. La respuesta equivocada que más le da es "
        f"«{escape_cell(worst.confused)}»."
    ]


def _tabulate_licenses(measures: Measures, licenses: Mapping[str, str]) -> str:
    names = {
        THIS_MODEL: licenses["model"],
        f"modelo de partida, `{measures.model}`": licenses["base"],
        f"dataset, `{measures.dataset}`": licenses["data"],
    }
    rows = [[what, name_license(name)] for what, name in names.items()]
    table = compose_table(["qué", "licencia"], rows)
    if UNKNOWN in names.values():
        table += (
            "\n\nLo que no consta no está permitido por defecto: pregunta a quien lo publicó antes "
            "de usarlo."
        )
    return table


def name_license(name: str) -> str:
    """Devuelve cómo se lee una licencia en la ficha.

    >>> name_license("unknown"), name_license("mit")
    ('no consta', 'mit')
    """
    return "no consta" if name == UNKNOWN else name


def _tabulate_versions(measures: Measures, version: str, date: datetime.date) -> str:
    predictions = measures.predictions
    own = FRAMEWORK_LIBRARIES.get(predictions.framework, ("torch",))
    known = {name: predictions.versions.get(name, "") for name in (*own, *LIBRARIES)}
    rows = [[name, each] for name, each in known.items() if each[:1].isdigit()]
    table = compose_table(["librería", "versión"], rows)
    return f"Modelo {version}; ficha del {date.isoformat()}.\n\n{table}"


def compose_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Devuelve una tabla de markdown; lo que la rompería (barras, saltos de línea) va escapado.

    >>> print(compose_table(["a"], [["x|y"]]))
    | a |
    |---|
    | x\|y |
    """
    lines = [header, *rows]
    table = [f"| {' | '.join(escape_cell(str(each)) for each in row)} |" for row in lines]
    table.insert(1, "|" + "---|" * len(header))
    return "\n".join(table)


def escape_cell(text: str) -> str:
    """Devuelve un texto en una línea y sin lo que markdown tomaría por formato."""
    flat = " ".join(str(text).split())
    return re.sub(r"([|<\[\]*])", r"\\\1", flat)


def format_count(number: int) -> str:
    """Devuelve un entero con puntos de millar.

    >>> format_count(1000), format_count(500)
    ('1.000', '500')
    """
    return f"{number:,}".replace(",", ".")


def _show(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_show, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.10g}".replace(".", ",") if isinstance(value, float) else format_count(value)
