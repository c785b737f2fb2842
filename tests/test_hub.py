"""Los fallos del Hub: cada uno acaba pronto, en una frase con qué hacer y sin dejar nada roto."""

import json
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from loopback_hub import spanish
from loopback_hub.client import use_hub
from loopback_hub.repos import DATASET, MODEL, build_repos
from loopback_hub.server import serve_hub, serve_proxy

from labsupport.base.errors import LabError, explain_error
from labsupport.data import (
    adapt_tokenizer,
    apply_parameters,
    describe_data,
    hub,
    hub_client,
    load_subset,
)
from labsupport.data.checkpoints import read_limit
from labsupport.data.hub import MANIFEST, fetch_dataset, fetch_model
from labsupport.data.languages import list_languages

DEADLINE = 15
# El plazo de verdad, y el que se espera aquí cada vez que el Hub calla.
TIMEOUT, SHORT_TIMEOUT = hub_client.TIMEOUT, 1


@pytest.fixture(scope="module")
def repos(tmp_path_factory):
    """Los repositorios del perfil «yelp», en pequeño."""
    return build_repos(tmp_path_factory.mktemp("repos"))


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Los segundos que se esperarían, sin esperarlos: ni pausas ni plazos enteros."""
    waits = []

    def explain(error, *rest):
        if isinstance(error, httpx.TimeoutException):
            patience = max(error.request.extensions["timeout"].values())
            waits.append(patience * TIMEOUT / hub_client.TIMEOUT)
        return explain_connection(error, *rest)

    explain_connection = hub_client.explain_connection
    monkeypatch.setattr(hub_client, "time", SimpleNamespace(sleep=waits.append))
    monkeypatch.setattr(hub_client, "explain_connection", explain)
    yield waits
    assert sum(waits) < DEADLINE


@pytest.fixture
def served(repos, tmp_path, monkeypatch):
    """Un Hub en marcha al que el cliente de este proceso pregunta, con la caché vacía."""
    with serve_hub(repos) as running:
        use_hub(monkeypatch, running.url, tmp_path / "cache")
        yield running


@pytest.fixture
def said():
    """Lo que se va contando mientras se descarga."""
    return []


def fail_fetching(*fragments, name=MODEL, fetch=fetch_model):
    """Comprueba que falla con una frase que contiene ``fragments`` y qué hacer."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(LabError) as caught:
        patch.setattr(hub_client, "TIMEOUT", SHORT_TIMEOUT)
        fetch(name, say=lambda sentence: None)
    for fragment in (*fragments, 'profile = "mini"'):
        assert fragment in str(caught.value)
    assert "\n" not in str(caught.value)


def assert_works_now(served):
    """El fallo no dejó nada que estorbe: sin él, la siguiente vez funciona."""
    served.faults.clear()
    folder = fetch_model(MODEL)
    assert (folder / "model.safetensors").read_bytes() == (
        served.repos[f"models/{MODEL}"] / "model.safetensors"
    ).read_bytes()


def test_only_the_needed_files_are_downloaded(served):
    names = {path.name for path in fetch_model(MODEL).iterdir()}
    assert names == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    }
    data = fetch_dataset(DATASET)
    assert sorted(path.name for path in data.rglob("*.*")) == [
        "README.md",
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    ]


def test_with_everything_in_the_cache_nothing_is_asked(served, said):
    first = fetch_model(MODEL), fetch_dataset(DATASET)
    served.requests.clear()
    served.fail("silence")
    assert (fetch_model(MODEL, said.append), fetch_dataset(DATASET, said.append)) == first
    assert served.requests == [] and said == []


def test_offline_mode_works_with_the_cache_and_says_so_without_it(served, monkeypatch):
    from huggingface_hub import constants

    folder = fetch_model(MODEL)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fetch_model(MODEL) == folder
    fail_fetching("HF_HUB_OFFLINE", name=DATASET, fetch=fetch_dataset)


def test_a_cache_filled_by_other_programs_is_used_when_the_hub_is_away(served, said, monkeypatch):
    from huggingface_hub import snapshot_download

    snapshot_download(MODEL)
    served.fail("500")
    assert (fetch_model(MODEL, said.append) / "config.json").is_file()
    assert "error 500" in said[-1] and "Sigo con la copia" in said[-1]


def test_a_cache_that_can_only_be_read_is_used_or_told(served, said, monkeypatch):
    from huggingface_hub import snapshot_download

    snapshot_download(MODEL)
    monkeypatch.setattr(hub, "is_writable", lambda folder: False)
    served.requests.clear()
    assert (fetch_model(MODEL, said.append) / "config.json").is_file()
    fail_fetching("no se puede escribir en la carpeta de HF_HOME", name=DATASET)
    assert served.requests == []


def test_no_network(monkeypatch, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        use_hub(monkeypatch, f"http://127.0.0.1:{unused.getsockname()[1]}", tmp_path)
        fail_fetching("No se pudo llegar al Hub")


def test_server_name_not_found(monkeypatch, tmp_path):
    use_hub(monkeypatch, "http://hub.invalid", tmp_path)
    fail_fetching("No se encuentra el servidor")


@pytest.mark.parametrize(
    ("kind", "fragments"),
    [
        ("401", ["error 401", "hf auth login"]),
        ("403", ["error 403", "hf auth login"]),
        ("gated", [MODEL, "acepta sus condiciones"]),
        ("500", ["error 500", "espera unos minutos"]),
        ("503", ["error 503"]),
        ("silence", ["no contesta"]),
    ],
)
@pytest.mark.parametrize("path", ["/api/", "/resolve/"])
def test_faults_of_the_hub(served, kind, fragments, path):
    served.fail(kind, path)
    fail_fetching(*fragments)
    assert_works_now(served)


@pytest.mark.parametrize(
    ("name", "fetch", "near"),
    [
        ("google-bert/bert-base-case", fetch_model, "«google-bert/bert-base-cased»"),
        ("bert-base-uncasd", fetch_model, "«google-bert/bert-base-uncased»"),
        ("Yelp/yelp_reviews_full", fetch_dataset, f"«{DATASET}»"),
        ("mini-bertt", fetch_model, "«mini-bert»"),
    ],
)
def test_a_misspelt_id_gets_the_nearest_names(served, name, fetch, near):
    fail_fetching(f"«{name}» no es una carpeta", near, name=name, fetch=fetch)


def test_a_name_that_cannot_be_an_id_is_refused(served):
    fail_fetching("«./carpeta/que no/existe»", name="./carpeta/que no/existe")


def test_too_many_requests_waits_as_told_and_goes_on(served, said, waits):
    served.fail("429", "/api/", times=2, wait=1)
    served.fail("429", "vocab.txt", times=1, wait=2)
    assert (fetch_model(MODEL, said.append) / "vocab.txt").is_file()
    assert waits == [1, 1, 2]
    waits = [sentence for sentence in said if "comparte toda la clase" in sentence]
    assert [sentence.split(" s:")[0] for sentence in waits] == [
        "El Hub pide esperar 1",
        "El Hub pide esperar 1",
        "El Hub pide esperar 2",
    ]


def test_a_very_long_wait_is_told_instead_of_waited(served):
    served.fail("429", wait=hub_client.LONGEST_WAIT + 1)
    fail_fetching(f"esperar {hub_client.LONGEST_WAIT + 1} s", "comparte toda la clase")


def test_a_download_cut_in_the_middle_is_resumed(served, said, monkeypatch):
    from huggingface_hub import constants

    # El cliente retoma desde el último trozo entero, que de fábrica mide 10 MB.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 2**16)
    served.fail("cut", "model.safetensors", times=2)
    size = (fetch_model(MODEL, said.append) / "model.safetensors").stat().st_size
    assert served.ranges[0] == f"bytes={size // 2 // 2**16 * 2**16}-"
    assert len(served.ranges) == 2
    assert any("la retomo desde donde quedó" in sentence for sentence in said)
    assert_works_now(served)


def test_a_connection_lost_for_good_leaves_no_partial_file(served, tmp_path):
    served.fail("cut", "model.safetensors", times=1)
    served.fail("silence", "model.safetensors")
    served.faults[1].times = 0
    original = served.take_fault

    def silent_after_the_cut(path, kinds=()):
        fault = original(path, kinds)
        if fault and fault.kind == "cut":
            served.fail("silence", "model.safetensors")
        return fault

    served.take_fault = silent_after_the_cut
    fail_fetching("no contesta")
    assert list(tmp_path.rglob("*.incomplete")) == []
    assert_works_now(served)


def test_content_that_arrives_corrupt_is_asked_again(served, said):
    served.fail("corrupt", "model.safetensors", times=1)
    fetch_model(MODEL, said.append)
    assert said == ["«model.safetensors» llegó dañado: lo descargo otra vez."]
    assert_works_now(served)


def test_content_that_always_arrives_corrupt_is_not_kept(served):
    served.fail("corrupt", "model.safetensors")
    fail_fetching("«model.safetensors»", "llega dañado una y otra vez")
    assert_works_now(served)


@pytest.mark.parametrize("damage", [lambda content: content[:100], lambda content: content[::-1]])
def test_a_corrupt_cached_file_is_replaced(served, said, damage):
    path = fetch_model(MODEL) / "model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    assert fetch_model(MODEL, said.append) == path.parent
    assert said == ["«model.safetensors» falta o está dañado en la caché: lo descargo otra vez."]
    assert_works_now(served)


def test_a_corrupt_cached_file_without_network_is_told(served):
    path = fetch_model(MODEL) / "vocab.txt"
    path.write_bytes(b"")
    served.fail("500")
    fail_fetching("error 500")
    assert_works_now(served)


def test_a_disk_without_room_is_told_before_downloading(served, monkeypatch):
    usage = hub.shutil.disk_usage(".")._replace(free=1000)
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(LabError, match=r"No queda espacio .* hay que descargar .* HF_HOME"):
        fetch_model(MODEL)
    assert not any("resolve" in request for request in served.requests)


def test_a_disk_that_fills_up_leaves_no_partial_file(served, monkeypatch, small_disk):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(small_disk))
    monkeypatch.setattr(hub, "_check_disk", lambda files, root: None)
    with pytest.raises(OSError) as caught:
        fetch_model(MODEL)
    assert "No queda espacio en el disco" in explain_error(caught.value)
    assert list(small_disk.rglob("*.incomplete")) == []


@pytest.fixture
def small_disk(tmp_path):
    """Una carpeta en la que caben 300 kB."""
    folder = tmp_path / "disco"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("montar un disco pequeño pide Linux y permiso de administración")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_proxy_is_used(served, monkeypatch):
    with serve_proxy() as (url, seen):
        monkeypatch.setenv("HTTP_PROXY", url)
        fetch_model(MODEL)
    assert len(seen) == len(served.requests) > 5


@pytest.mark.parametrize("status", [None, 407])
def test_a_proxy_that_fails_is_named_without_its_password(served, monkeypatch, status):
    with serve_proxy(status or 502) as (url, seen):
        address = url.removeprefix("http://")
        monkeypatch.setenv("HTTPS_PROXY", f"http://ana:secreto@{address}")
        use_https(monkeypatch)
        with pytest.raises(LabError) as caught:
            fetch_model(MODEL)
    assert set(seen) == {"CONNECT hub.invalid:443"}
    assert f"El proxy {address}" in str(caught.value) and "HTTPS_PROXY" in str(caught.value)
    assert "secreto" not in str(caught.value)


def use_https(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setenv("HF_ENDPOINT", "https://hub.invalid")
    monkeypatch.setattr(constants, "ENDPOINT", "https://hub.invalid")


def test_a_proxy_that_does_not_answer_is_named(served, monkeypatch):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{mute.getsockname()[1]}")
        fail_fetching("El proxy 127.0.0.1:", "HTTPS_PROXY")


def test_the_client_is_left_as_it_was(served):
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    before = constants.HF_HUB_DISABLE_XET
    served.fail("500")
    fail_fetching("error 500")
    assert "send" not in vars(get_session()) and constants.HF_HUB_DISABLE_XET == before


def test_the_manifest_names_what_was_fetched(served):
    folder = fetch_model(MODEL)
    manifest = json.loads((folder.parents[1] / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["commit"] == folder.name
    assert sorted(manifest["files"]) == sorted(path.name for path in folder.iterdir())


def test_the_parameters_cell_brings_everything(served):
    settings = apply_parameters({"profile": "yelp"})
    assert (settings.model_name, settings.dataset_name) == (MODEL, DATASET)
    assert (Path(settings.model_path) / "model.safetensors").is_file()
    assert (Path(settings.dataset_path) / "README.md").is_file()
    served.fail("silence")
    assert apply_parameters({"profile": "yelp"}) == settings
    assert apply_parameters({"profile": "yelp"}, detect=False).model_folder == ""


def test_the_spanish_profile_is_prepared_from_its_own_layout(tmp_path, monkeypatch, capsys):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "hf"))
    with serve_hub(spanish.build_spanish_repos(tmp_path / "repos")) as running:
        use_hub(monkeypatch, running.url, tmp_path / "cache")
        settings = apply_parameters({"profile": "es"})
    assert "Texto: «review_text». Etiqueta: «rating»" in capsys.readouterr().out
    parts = dict(zip(("train", "validation", "test"), load_subset(settings), strict=True))
    kept = sum(spanish.STARS.values()) + spanish.EMPTY
    assert sum(map(len, parts.values())) == kept
    for rows in parts.values():
        assert rows.features["label"].names == ["1", "2", "3", "4", "5"]
        counts = np.bincount(rows["label"][:], minlength=5)
        shares = counts / len(rows)
        assert shares == pytest.approx(np.array(list(spanish.STARS.values())) / 600, abs=0.02)
    assert describe_data(settings).file == spanish.DATASET
    asked = [each.rpartition("/")[2] for each in running.requests if each[:4] == "GET "]
    assert not {"tf_model.h5", "flax_model.msgpack"} & set(asked)


def test_the_spanish_checkpoint_is_read_whole_from_its_bin(tmp_path, monkeypatch):
    from huggingface_hub import constants
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "hf"))
    with serve_hub(spanish.build_spanish_repos(tmp_path / "repos")) as running:
        use_hub(monkeypatch, running.url, tmp_path / "cache")
        settings = apply_parameters({"profile": "es"})
    assert list_languages(replace(settings, model_name="./copia")) == ("es",)
    tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
    adapt_tokenizer(tokenizer)
    batch = tokenizer(["El Niño Bar", "no"], padding=True)
    assert (tokenizer.pad_token_id, batch["input_ids"][1][-1]) == (1, 1)
    assert "token_type_ids" in batch and "El Niño" in tokenizer.decode(batch["input_ids"][0])
    reader, report = AutoModelForMaskedLM.from_pretrained(
        settings.model_path, output_loading_info=True
    )
    assert not report["missing_keys"] and not report["mismatched_keys"]
    assert reader.config.pad_token_id == 1 and read_limit(Path(settings.model_path), "x") == 512


def test_the_spanish_profile_says_what_to_do_without_a_network(tmp_path, monkeypatch):
    use_hub(monkeypatch, "http://127.0.0.1:9", tmp_path / "cache")
    with pytest.raises(LabError, match="No se pudo llegar al Hub") as caught:
        apply_parameters({"profile": "es"})
    assert '`profile = "mini"` (o "mini-es")' in str(caught.value)


def test_the_model_of_the_hub_sets_the_limit_of_tokens(served):
    values = {"profile": "yelp", "max_length": 513}
    with pytest.raises(LabError, match="admite 512"):
        apply_parameters(values)


def test_a_model_with_no_weights_or_a_dataset_with_no_data_is_named(served, repos):
    with pytest.raises(LabError, match="no trae config.json"):
        hub._choose_model_files("a/b", ["README.md"], None)
    with pytest.raises(LabError, match="no trae pesos"):
        hub._choose_model_files("a/b", ["config.json", "tf_model.h5"], None)
    with pytest.raises(LabError, match="no trae archivos csv"):
        hub._choose_data_files("a/b", ["README.md", "b.py"], None)


def test_faults_outside_of_the_preparation_are_told_too(served):
    from huggingface_hub import HfApi

    api = HfApi(endpoint=served.url)
    with pytest.raises(Exception) as caught:
        api.model_info("nadie/nada")
    assert "«nadie/nada» no es una carpeta" in explain_error(caught.value)
    served.fail("429")
    with pytest.raises(Exception) as caught:
        api.model_info(MODEL)
    assert "comparte toda la clase" in explain_error(caught.value)
