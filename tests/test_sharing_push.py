"""Publicar de verdad en el Hub de las pruebas: lo que se sube, lo que falla y volver a cargar."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import traceback
from types import SimpleNamespace

import numpy as np
import pytest
from card_samples import DATE, STARS, make_predictions
from loopback_hub.client import use_hub
from loopback_hub.server import serve_hub
from loopback_hub.uploads import Account, Uploads
from safetensors.numpy import load_file, save_file

from labsupport.base.errors import LabError, explain_error
from labsupport.data import hub_client
from labsupport.settings import check_parameters
from labsupport.sharing import list_upload, push, push_model, upload_faults, write_card
from labsupport.sharing.tokens import find_secret, hide_tokens

WRITE, READ, OLD, OTHER, FINE = (f"hf_{letter * 34}" for letter in "WREOF")
ACCOUNTS = {
    WRITE: Account("ana", "write", ("escuela",)),
    READ: Account("ana", "read"),
    OLD: Account("ana", "expired"),
    OTHER: Account("luis", "write"),
    FINE: Account("ana", "fineGrained"),
}
HUB_ID, REPO = "ana/mini-resenas", "models/ana/mini-resenas"
PREDICTIONS = make_predictions()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Una carpeta como la de un clasificador guardado, con lo que Trainer deja al lado.

    Hecha a mano, sin cargar ninguna librería de modelos: aquí nadie la carga.
    """
    folder = tmp_path_factory.mktemp("m") / "modelo"
    folder.mkdir()
    names = {str(i): name for i, name in enumerate(STARS)}
    kind = {"model_type": "bert", "architectures": ["BertForSequenceClassification"]}
    (folder / "config.json").write_text(json.dumps({**kind, "id2label": names}))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text(json.dumps({"name": name}))
    values = np.random.default_rng(0)
    weights = {f"capa {i}": values.normal(size=(200, 200)).astype("float32") for i in range(4)}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "training_args.bin").write_bytes(b"pickle")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "x").write_text("x")
    (folder / "checkpoint-5").mkdir()
    (folder / "checkpoint-5" / "optimizer.pt").write_bytes(b"x" * 10)
    write_our_card(folder)
    return folder


def write_our_card(folder, hub_id=HUB_ID, version="v1.0"):
    settings = check_parameters(PREDICTIONS.parameters)
    return write_card(settings, PREDICTIONS, folder, hub_id=hub_id, version=version, date=DATE)


@pytest.fixture
def folder(saved, tmp_path):
    """Una copia de la carpeta guardada, que se puede estropear."""
    return shutil.copytree(saved, tmp_path / "modelo")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Un Hub en que se puede publicar, vacío, y el cliente de este proceso apuntando a él."""
    # Las pausas, que aquí no enseñan nada: ni las propias ni las del cliente del Hub.
    monkeypatch.setattr(hub_client, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    uploads = Uploads(tmp_path / "servidor", ACCOUNTS)
    with serve_hub({}, uploads) as running:
        use_hub(monkeypatch, running.url, tmp_path / "cache")
        yield running


@pytest.fixture
def said():
    """Lo que se va contando."""
    return []


def publish(folder, said=None, token=WRITE, hub_id=HUB_ID, **options):
    say = (lambda sentence: None) if said is None else said.append
    return push_model(folder, hub_id, PREDICTIONS, token=token, say=say, **options)


def fail_publishing(folder, *fragments, **options):
    """Comprueba que falla en una frase que lo dice, sin enseñar ningún token; devuelve la frase."""
    with pytest.raises(LabError) as caught:
        publish(folder, **options)
    sentence = str(caught.value)
    for fragment in fragments:
        assert fragment in sentence, sentence
    assert "\n" not in sentence
    assert_no_token(caught.value)
    return sentence


def assert_no_token(error):
    """Ni la frase, ni los argumentos, ni los errores que lleva dentro enseñan un token."""
    while error is not None:
        told = [repr(error), str(error), repr(error.args), repr(vars(error))]
        request = getattr(getattr(error, "request", None), "headers", "")
        told += [str(request), *traceback.format_exception_only(error)]
        assert not any(token in each for token in ACCOUNTS for each in told)
        assert error.__cause__ is None
        error = error.__context__


def test_what_would_be_sent_is_listed_first(saved):
    table = list_upload(saved)
    sent = set(table[table["se sube"]]["archivo"])
    assert sent == {
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    reasons = table[~table["se sube"]].set_index("archivo")["por qué no"].to_dict()
    assert reasons == {
        ".cache/x": "oculto",
        "checkpoint-5/optimizer.pt": "checkpoint del entrenamiento",
        "training_args.bin": "guarda rutas de tu máquina",
    }


def test_a_new_private_model_is_published_whole_and_tagged(hub, folder, said):
    done = publish(folder, said)
    stored = hub.repos[REPO]
    assert sorted(path.name for path in stored.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    for path in stored.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()
    assert hub.uploads.private == {REPO} and done.private
    assert hub.uploads.tags[REPO] == {"v1.0": done.commit}
    weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert list(hub.uploads.received) == [weights]
    assert any(each.startswith("POST") and "objects/batch" in each for each in hub.requests)
    assert done.url == f"{hub.url}/{HUB_ID}"
    assert "privado" in str(done) and WRITE not in " ".join([*said, str(done), repr(done)])


def test_a_public_model_asks_for_it(hub, folder, said):
    assert not publish(folder, said, private=False).private
    assert hub.uploads.private == set()
    fail_publishing(folder, "es público", "private=False")


def test_a_private_model_can_be_made_public_later(hub, folder, said):
    publish(folder)
    publish(folder, said, private=False)
    assert hub.uploads.private == set()
    assert any("ya es público" in sentence for sentence in said)


def test_publishing_again_the_same_changes_nothing(hub, folder):
    first = publish(folder)
    hub.uploads.received.clear()
    hub.requests.clear()
    assert publish(folder) == first
    assert hub.uploads.received == {}
    assert not any("/commit/" in each for each in hub.requests)


def test_a_published_version_is_not_changed_and_the_next_is_another_commit(hub, folder):
    first = publish(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "note": "otra"}))
    fail_publishing(folder, "v1.0", 'version="v1.1"')
    write_our_card(folder, version="v1.1")
    hub.uploads.received.clear()
    second = publish(folder)
    assert hub.uploads.tags[REPO] == {"v1.0": first.commit, "v1.1": second.commit}
    assert hub.uploads.received == {}, "los pesos no cambiaron: no se suben otra vez"
    fail_publishing(folder, "La ficha es de la versión v1.1", version="v2.0")


def test_it_can_be_published_in_an_organisation(hub, folder):
    write_our_card(folder, "escuela/modelo")
    assert publish(folder, hub_id="escuela/modelo").url.endswith("escuela/modelo")


@pytest.mark.parametrize(
    ("token", "fragments"),
    [
        ("", ["hace falta un token", "«write»", "settings/tokens"]),
        (READ, ["solo lee", "«write»"]),
        (OLD, ["no reconoce tu token"]),
        ("hf_" + "z" * 34, ["no reconoce tu token"]),
        ("cualquier cosa", ["tiene espacios"]),
        ("hf_\nroto", ["tiene espacios"]),
        ("tokén", ["letras que no puede tener"]),
        (7, ["debe ser un texto"]),
        (FINE, ["no puede escribir en «ana»", "«write»"]),
        (OTHER, ["«ana» no es tu cuenta", 'hub_id="luis/mini-resenas"']),
    ],
)
def test_a_token_that_does_not_serve_is_told(hub, folder, token, fragments):
    sentence = fail_publishing(folder, *fragments, token=token)
    assert len(str(token)) < 5 or str(token) not in sentence
    assert hub.repos == {}


def test_the_token_of_this_machine_is_used(hub, folder, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", WRITE)
    assert publish(folder, token=None).private
    monkeypatch.setenv("HF_TOKEN", OLD)
    fail_publishing(folder, "de la variable HF_TOKEN", token=None)
    monkeypatch.delenv("HF_TOKEN")
    fail_publishing(folder, "hace falta un token", token=None)


@pytest.mark.parametrize(
    "hub_id",
    [
        "modelo",
        "ana/",
        "/x",
        "a/b/c",
        "ana/con espacios",
        "ana/ñ",
        "ana/..",
        "ana/x--y",
        "",
        None,
        3,
    ]
    + ["ana/" + "x" * 100, "ana/x.git", "https://huggingface.co/ana/x", WRITE],
)
def test_a_name_that_cannot_be_is_told(hub, folder, hub_id):
    fail_publishing(folder, "no puede ser un repositorio", "ana/mini-resenas", hub_id=hub_id)
    assert hub.requests == []


def test_private_is_yes_or_no(hub, folder):
    fail_publishing(folder, "«private» debe ser", private="no")


@pytest.mark.parametrize(
    ("kind", "path", "fragments"),
    [
        ("403", "/api/repos/create", ["no puede escribir en «ana»"]),
        ("401", "/api/whoami-v2", ["no reconoce tu token"]),
        ("quota", "/commit/", ["no te queda sitio"]),
        ("quota", "/preupload/", ["no te queda sitio"]),
        ("413", "/commit/", ["no acepta el tamaño"]),
        ("402", "/api/repos/create", ["no te queda sitio"]),
        ("503", "/api/whoami-v2", ["error 503", "repite la celda"]),
        ("500", "/commit/", ["error 500"]),
        ("503", "/lfs/", ["error 503"]),
        ("403", "objects/batch", ["no puede escribir"]),
        ("404", "/commit/", ["no está en el Hub o es privado"]),
        ("409", "/commit/", ["a la vez que tú"]),
        ("401", "/tag/", ["no reconoce tu token"]),
    ],
)
def test_what_the_hub_refuses_is_told_and_repeating_works(hub, folder, kind, path, fragments):
    hub.fail(kind, path)
    sentence = fail_publishing(folder, *fragments)
    assert "mini" not in sentence.replace("mini-resenas", "")
    hub.faults.clear()
    publish(folder)
    assert "v1.0" in hub.uploads.tags[REPO]


@pytest.mark.parametrize("path", ["/api/whoami-v2", "objects/batch", "/lfs/", "/commit/", "/tag/"])
@pytest.mark.parametrize("kind", ["503", "429"])
def test_a_passing_fault_is_waited_and_goes_on(hub, folder, said, kind, path):
    hub.fail(kind, path, times=1)
    publish(folder, said)
    assert "v1.0" in hub.uploads.tags[REPO]
    assert any("pide esperar" in sentence for sentence in said) == (kind == "429")


def test_a_very_long_wait_is_told(hub, folder):
    hub.fail("429", "/lfs/", wait=hub_client.LONGEST_WAIT + 1)
    fail_publishing(folder, "pide esperar", "repite la celda")


def split_weights(folder):
    """Parte los pesos en dos archivos, como los de un modelo grande."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    halves = {"a.safetensors": {}, "b.safetensors": {}}
    for i, (name, tensor) in enumerate(weights.items()):
        halves["ab"[i % 2] + ".safetensors"][name] = tensor
    for name, half in halves.items():
        save_file(half, folder / name, metadata={"format": "pt"})
    places = {key: name for name, half in halves.items() for key in half}
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def test_a_cut_in_the_middle_is_resumed_without_sending_twice(hub, folder, monkeypatch):
    split_weights(folder)
    oids = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("a.safetensors", "b.safetensors")
    }
    hub.fail("cut", f"/lfs/{oids['b.safetensors']}")
    fail_publishing(folder, "se cortó", "no se sube otra vez")
    assert hub.uploads.tags == {} and not any("/commit/" in each for each in hub.requests)
    hub.faults.clear()
    publish(folder)
    size = {name: (folder / name).stat().st_size for name in oids}
    assert hub.uploads.received[oids["a.safetensors"]] == size["a.safetensors"]
    assert hub.uploads.received[oids["b.safetensors"]] <= 1.5 * size["b.safetensors"]
    assert (hub.repos[REPO] / "b.safetensors").read_bytes() == (
        folder / "b.safetensors"
    ).read_bytes()


def test_a_large_file_goes_in_parts(hub, folder):
    hub.uploads.part_size = 100_000
    publish(folder)
    parts = [each for each in hub.requests if each.startswith("PUT /lfs/")]
    assert len(parts) == -(-(folder / "model.safetensors").stat().st_size // 100_000) > 1
    stored = hub.repos[REPO] / "model.safetensors"
    assert stored.read_bytes() == (folder / "model.safetensors").read_bytes()


def test_no_network_is_told(folder, tmp_path, monkeypatch):
    use_hub(monkeypatch, "http://127.0.0.1:9", tmp_path)
    sentence = fail_publishing(folder, "No se pudo llegar al Hub", "repite la celda")
    assert "caché" not in sentence
    use_hub(monkeypatch, "http://hub.invalid", tmp_path)
    fail_publishing(folder, "No se encuentra el servidor")


def test_offline_mode_is_told(hub, folder, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    fail_publishing(folder, "HF_HUB_OFFLINE")


def test_a_silent_hub_is_told(hub, folder, monkeypatch):
    monkeypatch.setattr(push, "TIMEOUT", 0.5)
    hub.fail("silence", "/api/whoami-v2")
    fail_publishing(folder, "no contesta")


def test_metadata_that_the_hub_refuses_is_told(hub, folder):
    hub.uploads.invalid_yaml = '"license" must be one of apache-2.0'
    fail_publishing(folder, "no acepta la cabecera", '"license" must be one of')


def break_folder(folder, name, content):
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "fragment"),
    [
        ("README.md", None, "falta README.md"),
        ("README.md", b"# sin cabecera\n", "no empieza con su cabecera"),
        ("config.json", None, "No encuentro config.json"),
        ("config.json", b'{"model_type": "bert", "architectures": ["BertModel"]}', "clasificador"),
        (
            "config.json",
            b'{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}',
            "id2label",
        ),
        ("tokenizer.json", None, "falta el tokenizer"),
        ("model.safetensors", None, "faltan los pesos"),
        ("model.safetensors", b"\0" * 100, "dañados"),
        ("model.safetensors.index.json", b"[]", "dañado"),
        ("nota.txt", f"mi token: {WRITE}".encode(), "«nota.txt» hay"),
        ("otro.json", f'{{"t": "hf_{"q" * 34}"}}'.encode(), "un token del Hub"),
        ("nota.md", f"hf_{'q' * 34}".encode("utf-16"), "un token del Hub"),
        ("clave.pem", b"-----BEGIN RSA PRIVATE KEY-----\n", "clave privada"),
    ],
)
def test_nothing_is_sent_if_the_folder_is_not_ready(hub, folder, name, content, fragment):
    break_folder(folder, name, content)
    fail_publishing(folder, fragment)
    assert hub.requests == []


def test_a_card_with_an_invented_figure_is_not_published(hub, folder):
    card = folder / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + "\nLa accuracy es 0,99.\n", encoding="utf-8")
    fail_publishing(folder, "«0,99»")
    assert hub.requests == []


def test_what_points_outside_of_the_folder_is_left_out(folder, tmp_path):
    (tmp_path / "secreto.txt").write_text("x")
    try:
        (folder / "enlace.txt").symlink_to(tmp_path / "secreto.txt")
    except OSError:
        pytest.skip("crear enlaces pide permiso en Windows")
    table = list_upload(folder).set_index("archivo")
    assert table.loc["enlace.txt", "por qué no"] == "enlace a otra carpeta"


def test_a_folder_that_is_not_there_is_told(hub, tmp_path):
    with pytest.raises(LabError, match="No existe la carpeta «nada»"):
        list_upload(tmp_path / "nada")
    fail_publishing(tmp_path / "nada", "No existe la carpeta")


def test_a_secret_across_two_chunks_is_found(tmp_path, monkeypatch):
    from labsupport.sharing import tokens

    monkeypatch.setattr(tokens, "CHUNK", 64)
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 50 + b" " + WRITE.encode() + b"\xff" * 90)
    assert find_secret(path) == "un token del Hub"
    path.write_bytes(b"mi-token-raro-de-la-empresa")
    assert find_secret(path, "token-raro") == "tu token del Hub" and find_secret(path) == ""


def test_no_token_is_printed_or_written_anywhere(hub, folder, tmp_path, capfd, caplog):
    caplog.set_level("DEBUG")
    push_model(folder, HUB_ID, PREDICTIONS, token=WRITE)
    hub.fail("500", "/commit/")
    (folder / "config.json").write_text((folder / "config.json").read_text() + "\n")
    write_our_card(folder, version="v1.1")
    with pytest.raises(LabError) as caught:
        push_model(folder, HUB_ID, PREDICTIONS, token=WRITE)
    assert_no_token(caught.value)
    out, err = capfd.readouterr()
    assert WRITE not in out + err + caplog.text and "Subo" in out
    assert WRITE not in "".join(traceback.format_exception(caught.value))
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or WRITE.encode() not in path.read_bytes(), path


def test_faults_that_are_not_of_the_hub_are_not_hidden(hub, folder, monkeypatch):
    monkeypatch.setattr(push, "_check_account", lambda who, hub_id: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(folder)
    assert upload_faults.explain_upload(ZeroDivisionError(), HUB_ID) is None
    assert explain_error(ZeroDivisionError()) is None


def test_tokens_are_hidden_from_any_text():
    assert hide_tokens(f"a {WRITE} b {OTHER}") == "a hf_*** b hf_***"


def test_the_tag_keeps_the_first_version(hub, folder):
    from huggingface_hub import hf_hub_download

    publish(folder)
    write_our_card(folder, version="v1.1")
    publish(folder)
    for tag in ("v1.0", "v1.1"):
        path = hf_hub_download(HUB_ID, "README.md", revision=tag, token=WRITE)
        with open(path, encoding="utf-8") as file:
            assert f"Modelo {tag};" in file.read()
