"""La demo en esta máquina y como Space: qué modelo enseña, en qué puerto y con qué archivos."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labsupport.base.environment import list_versions
from labsupport.base.errors import LabError
from labsupport.base.files import place_copy, replace_folder
from labsupport.base.paths import results_folder
from labsupport.data.checkpoints import read_config
from labsupport.data.locations import find_source
from labsupport.settings import PROFILES
from labsupport.sharing import app

PORT, PORTS = 7860, 20
HOST = "127.0.0.1"
# Donde deja el cuaderno 02 su modelo, uno por perfil.
SAVED = "modelo-trainer-{}"
# Cómo llaman a las estrellas las reseñas de cada idioma, y qué probar con un modelo que las lee.
STARS = {"en": re.compile(r"(\d+) stars?"), "es": re.compile(r"(\d+) estrellas?")}
EXAMPLES = {
    "en": (
        "Wonderful staff, the best dinner we have had in years.",
        "Not bad, but I expected more for that price.",
        "The room was dirty and nobody answered the phone.",
    ),
    "es": (
        "Una maravilla: una hora para un café.",
        "No está mal, pero para lo que cuesta esperaba bastante más.",
        "La habitación, una pena; eso sí, en recepción, un encanto.",
    ),
}
APP, CARD, NEEDS, MODEL = "app.py", "README.md", "requirements.txt", "modelo"


def build_local_demo(
    folder: str | Path,
    examples: Iterable[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Any:
    """Devuelve la demo de ``labsupport.sharing.app`` con un modelo de esta máquina.

    ``folder``: la del modelo; ``examples``: textos para probar (si las clases son estrellas, unos
    en el idioma de sus nombres); ``names``: cómo enseñar cada clase (las estrellas, en español).
    Gradio no cuenta a nadie que se usa. Lanza LabError si la carpeta no es de un clasificador.
    """
    labels = read_labels(folder)
    names = name_in_spanish(labels) if names is None else names
    if examples is None:
        examples = _choose_examples(labels)
    _keep_quiet()
    return app.build_demo(str(folder), list(examples), dict(names))


def launch_demo(demo: Any, port: int = PORT, browser: bool = False, **options: Any) -> str:
    """Pone en marcha la demo, solo para esta máquina, y devuelve su dirección; no espera.

    ``port``: el primero que se prueba; si está ocupado se toma el siguiente libre. ``browser``:
    abrirla en el navegador; ``options``: lo demás de ``launch`` de Gradio. Se cierra con
    ``demo.close()``. Lanza LabError si ninguno de los 20 puertos está libre.
    """
    import gradio as gr

    # Con el tema de fábrica, la página pediría sus letras a Google.
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    fixed = {"share": False, "server_name": HOST, "theme": theme, "footer_links": []}
    fixed |= {"quiet": True, "prevent_thread_lock": True, "ssr_mode": False}
    for number in range(port, min(port + PORTS, 2**16)):
        try:
            _, url, _ = demo.launch(
                server_port=number, inbrowser=browser, **({"inline": False} | options | fixed)
            )
        except OSError:
            continue
        return url
    raise LabError(
        f"No hay ningún puerto libre del {port} al {min(port + PORTS, 2**16) - 1}: cierra otras "
        "demos o elige otro con --port."
    )


def serve_demo(demo: Any, port: int, browser: bool, say: Callable[[str], None] = print) -> None:
    """Pone en marcha la demo, dice dónde está y espera hasta Ctrl-C, que la cierra.

    Lanza LabError como ``launch_demo``.
    """
    url = launch_demo(demo, port, browser)
    try:
        if f":{port}/" not in url:
            say(f"El puerto {port} está ocupado: uso el siguiente libre.")
        say(f"Demo en {url} (solo desde esta máquina). Para cerrarla, Ctrl-C.")
        threading.Event().wait()
    except KeyboardInterrupt:
        say("Demo cerrada.")
    finally:
        demo.close(verbose=False)


def find_demo_model(name: str | None = None) -> Path:
    """Devuelve la carpeta del modelo pedido o, sin nombre, la del que guardó el cuaderno 02.

    Lanza LabError si no está, y dice qué ejecutar antes.
    """
    if name is None:
        places = [results_folder() / SAVED.format(profile) for profile in PROFILES]
        found = next((each for each in places if (each / "config.json").is_file()), None)
        if found is None:
            raise LabError(
                "Aún no hay ningún modelo entrenado que enseñar: ejecuta antes `make lab ARGS=02` "
                "(unos segundos), o di la carpeta de otro con --model."
            )
        return found
    path, _ = find_source("model_name", name)
    if not path:
        raise LabError(
            f"No encuentro la carpeta «{name}»: la demo usa un modelo que esté en esta máquina "
            "(la carpeta de `save_model` o `save_pretrained`)."
        )
    return Path(path)


def read_labels(folder: str | Path) -> list[str]:
    """Devuelve los nombres de las clases de un clasificador guardado, en orden.

    Lanza LabError si en la carpeta no hay un clasificador de textos.
    """
    folder = Path(folder)
    config = read_config(folder, folder.name)
    kinds = config.get("architectures") or []
    if not any("ForSequenceClassification" in each for each in kinds):
        raise LabError(
            f"«{folder.name}» no es un clasificador: le falta el head. Entrénalo antes con el "
            "cuaderno 2 (`make lab ARGS=02`)."
        )
    names = config.get("id2label") or {0: "LABEL_0", 1: "LABEL_1"}
    return [str(name) for _, name in sorted(names.items(), key=lambda item: int(item[0]))]


def name_in_spanish(labels: Sequence[str]) -> dict[str, str]:
    """Devuelve cómo enseñar en español las clases que son estrellas; las demás se quedan igual.

    >>> name_in_spanish(["1 star", "2 star", "bueno"])
    {'1 star': '1 estrella', '2 star': '2 estrellas'}
    >>> name_in_spanish(["1 star", "1 stars"])
    {}
    """
    found = {label: STARS["en"].fullmatch(label) for label in labels}
    names = {
        label: f"{star[1]} estrella{'' if star[1] == '1' else 's'}"
        for label, star in found.items()
        if star
    }
    # Si dos clases acabaran llamándose igual, en la demo se vería una sola.
    shown = [names.get(label, label) for label in labels]
    return names if len(set(shown)) == len(labels) else {}


def _choose_examples(labels: Sequence[str]) -> tuple[str, ...]:
    """Los ejemplos del idioma en que se llaman las estrellas; ninguno si las clases son otras."""
    for language, stars in STARS.items():
        if any(stars.fullmatch(label) for label in labels):
            return EXAMPLES[language]
    return ()


def write_space(
    folder: str | Path,
    model: str | Path,
    hub_id: str = "",
    examples: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    title: str = "Demo del clasificador",
) -> Path:
    """Escribe en ``folder`` los archivos de un Space de Gradio y devuelve la carpeta.

    ``model``: la carpeta del modelo, que se copia dentro y viaja con el Space; ``hub_id``: si está
    publicado, su id, y entonces el Space lo carga del Hub; ``examples`` y ``names``: como en
    ``build_local_demo``. Quedan ``app.py``, ``requirements.txt`` y ``README.md``; los dos últimos
    fijan las versiones con que se probó. Lanza LabError si ``model`` no es un clasificador.
    """
    folder, labels = Path(folder), read_labels(model)
    names = name_in_spanish(labels) if names is None else dict(names)
    versions = list_versions(("gradio", "transformers", "torch"))
    values = {"MODEL": hub_id or MODEL, "NAMES": names, "EXAMPLES": list(examples)}
    files = {
        APP: _fill_app(values),
        NEEDS: _list_needs(versions),
        CARD: _describe_space(title, versions, hub_id),
    }
    with replace_folder(folder) as new:
        for name, text in files.items():
            (new / name).write_text(text, encoding="utf-8")
        if not hub_id:
            place_copy(Path(model), new / MODEL)
    return folder


def _fill_app(values: Mapping[str, Any]) -> str:
    """El código de la demo con sus constantes: cada una ocupa una línea, al principio."""
    text = Path(app.__file__).read_text(encoding="utf-8")
    for name, value in values.items():
        written = f" = {json.dumps(value, ensure_ascii=False)}".replace("\\", r"\\")
        text, times = re.subn(rf"^({name}\b.*?) = .*$", rf"\g<1>{written}", text, flags=re.M)
        assert times == 1, name
    return text


def _list_needs(versions: Mapping[str, str]) -> str:
    # Gradio lo pone el Space, con la versión de su README; la de torch, sin «+cpu» ni «+cu128».
    plain = {name: versions[name].partition("+")[0] for name in ("transformers", "torch")}
    return "".join(f"{name}=={version}\n" for name, version in plain.items())


def _describe_space(title: str, versions: Mapping[str, str], hub_id: str) -> str:
    from huggingface_hub import SpaceCardData

    data = SpaceCardData(
        title=title,
        sdk="gradio",
        sdk_version=versions["gradio"],
        app_file=APP,
        models=[hub_id] if hub_id else None,
    )
    return (
        f"---\n{data.to_yaml()}\n---\n\n# {title}\n\nUn texto, y la probabilidad de cada clase.\n"
    )


def _keep_quiet() -> None:
    """Que Gradio no llame a casa y que un proxy no se ponga entre la demo y esta máquina."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    for name in ("NO_PROXY", "no_proxy"):
        known = [each for each in os.environ.get(name, "").split(",") if each]
        os.environ[name] = ",".join(dict.fromkeys([*known, HOST, "localhost"]))
