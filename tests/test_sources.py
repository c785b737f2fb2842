"""De los parámetros a lo que se carga: qué se encuentra y qué no cabe en el dataset o el modelo."""

import shutil
import subprocess
import sys

import pytest

from labsupport.base import environment
from labsupport.base.errors import LabError
from labsupport.data import apply_parameters
from labsupport.data import sources as module
from labsupport.data.sources import find_sources
from labsupport.settings import check_parameters


def find(values):
    return find_sources(check_parameters(values))


@pytest.mark.parametrize(
    ("profile", "model", "dataset"),
    [("mini", "mini-bert", "mini-reviews"), ("mini-es", "mini-bert-es", "mini-reviews-es")],
)
def test_mini_profiles_point_to_the_embedded_folders(profile, model, dataset):
    settings = find({"profile": profile})
    assert settings.model_path.endswith(f"embedded/{model}")
    assert settings.dataset_path.endswith(f"embedded/{dataset}")


def test_what_is_not_here_keeps_its_name_and_is_not_fetched(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    settings = find({"profile": "yelp", "model_name": str(tmp_path)})
    assert settings.model_folder == str(tmp_path)
    assert (settings.dataset_folder, settings.dataset_path) == ("", "Yelp/yelp_review_full")


@pytest.mark.parametrize("name", [".", "..", "../labsupport/embedded/mini-bert"])
def test_only_a_name_of_the_embedded_is_embedded(name):
    assert not module._is_embedded(name)


def test_apply_parameters_reads_the_cell_and_detects_the_device():
    settings = apply_parameters({"profile": "mini", "n_train": 7, "other": object()})
    assert settings.n_train == 7
    assert settings.device in {"cpu", "cuda", "mps"}
    assert settings.precision in {"fp32", "bf16"}
    assert settings.device_name in settings._repr_html_() and "cambiado" in settings._repr_html_()


@pytest.mark.parametrize(
    ("values", "fragments"),
    [
        ({"n_eval": 10**6}, ["1000000", "«test»"]),
        ({"profile": "yelp", "n_train": 650_001}, ["650001", "650000"]),
        ({"max_length": 513}, ["513", "512", "baja «max_length»"]),
        ({"profile": "yelp", "max_length": 1024}, ["1024", "google-bert/bert-base-cased"]),
        ({"profile": "es", "n_train": 34_562}, ["34562", "34561"]),
        ({"profile": "es", "max_length": 1024}, ["1024", "bert-base-spanish-wwm-cased"]),
    ],
)
def test_what_does_not_fit_is_refused_in_spanish(values, fragments):
    for use in (find, apply_parameters):
        with pytest.raises(LabError) as caught:
            use(values)
        for fragment in fragments:
            assert fragment in str(caught.value)


def test_one_row_more_than_there_are_is_too_many():
    rows = module.count_rows(module.EMBEDDED / "mini-reviews")["train"]
    assert find({"n_train": rows}).n_train == rows
    with pytest.raises(LabError, match=f"pide {rows + 1} .*«train» .*baja «n_train»"):
        find({"n_train": rows + 1})


def test_what_nobody_wrote_gives_way_between_training_and_validation(capsys):
    values = {"profile": "yelp", "n_train": 649_980}
    fitted = find_sources(check_parameters(values), values)
    assert (fitted.n_train, fitted.n_validation) == (649_980, 20)
    assert "«n_validation» queda en 20: es lo que le toca del split" in capsys.readouterr().out
    values["n_train"] = 650_000
    with pytest.raises(LabError, match="da para entrenar y validar, le quedan 649999"):
        find_sources(check_parameters(values), values)


def test_a_corrupt_embedded_parquet_is_named_before_anything_heavy(tmp_path, monkeypatch):
    copy = tmp_path / "embedded"
    shutil.copytree(module.EMBEDDED, copy)
    parquet = next((copy / "mini-reviews").glob("train*.parquet"))
    parquet.write_bytes(parquet.read_bytes()[:1000])
    monkeypatch.setattr(module, "EMBEDDED", copy)
    with pytest.raises(LabError, match=f"{parquet.name}: El archivo de datos está dañado"):
        find({})


def test_a_corrupt_model_config_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match="config.json .* está dañado"):
        find({"model_name": str(tmp_path)})


@pytest.mark.parametrize(
    ("found", "width", "precision"),
    [("amx", 768, "bf16"), ("avx512_bf16", 384, "bf16"), ("avx512_bf16", 128, "fp32")]
    + [("", 768, "fp32")],
)
def test_bf16_on_cpu_needs_a_processor_that_has_it_and_a_wide_model(
    monkeypatch, found, width, precision
):
    monkeypatch.setattr(environment, "find_bf16", lambda: found)
    assert environment.choose_precision("cpu", width) == precision


@pytest.mark.parametrize("config", ['{"model_type": "bert"}', '{"model_type": "bert", "dim": "x"}'])
def test_a_model_of_unknown_width_stays_in_fp32(tmp_path, config):
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    assert module._read_width(find({"model_name": str(tmp_path)})) == 0


def test_faster_products_are_still_fp32():
    import torch

    before = torch.get_float32_matmul_precision()
    try:
        environment.speed_up_products()
        left, right = torch.rand(64, 512), torch.rand(512, 64)
        exact = left.double() @ right.double()
        # Redondeando a bf16, el error sería de unas centésimas.
        assert float((left @ right - exact).abs().max()) < 1e-3
    finally:
        torch.set_float32_matmul_precision(before)


def test_with_amx_products_are_left_alone(monkeypatch):
    import torch

    monkeypatch.setattr(environment, "find_bf16", lambda: "amx")
    before = torch.get_float32_matmul_precision()
    assert not environment.speed_up_products()
    assert torch.get_float32_matmul_precision() == before


def test_a_cpu_takes_almost_zero_for_zero():
    """Con un denormal en la atención, entrenar tardaba dos veces y media más."""
    command = (
        "import torch\n"
        "from labsupport.data import apply_parameters\n"
        "print(apply_parameters({}).device, (torch.full((4,), 1e-40) * 1).sum().item() == 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True)
    device, flushed = done.stdout.split()[-2:]
    assert device != "cpu" or flushed == "True", done.stderr
