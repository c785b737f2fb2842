"""Cualquier encoder y algunos decoders: qué se sabe de cada familia y qué se rechaza a tiempo."""

import re
from pathlib import Path

import pytest
import torch
from datasets import ClassLabel, Dataset, Features, Value
from loopback_hub.client import use_hub
from loopback_hub.server import serve_hub
from tiny_checkpoints import REFUSED, STARS, USABLE
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    logging,
)

from labsupport.base.errors import LabError
from labsupport.data import adapt_tokenizer, apply_parameters, tokenize_dataset
from labsupport.data.checkpoints import check_usable, provide_safetensors, read_limit
from labsupport.data.hub import fetch_model
from labsupport.settings import Settings
from labsupport.training import (
    adapt_classifier,
    describe_head,
    find_head,
    find_preset,
    load_reader,
    name_labels,
)

LIMITS = {"gpt2": 1024, "qwen": 32768, "ModernBERT-base": 8192}
HEADS = {
    "distilbert-base-cased": ["pre_classifier", "classifier"],
    "deberta-v3-small": ["pooler", "classifier"],
    "ModernBERT-base": ["head", "classifier"],
    "gpt2": ["score"],
    "qwen": ["score"],
}
# Qué dice la frase con que se rechaza cada uno.
REASONS = {
    "bert-codigo-propio": "código propio (auto_map)",
    "bert-tokenizer-propio": "código propio (auto_map)",
    "bert-del-futuro": "«bert_del_futuro» de tiny/bert-del-futuro no está en la versión",
    "bert-config-roto": "El config.json de tiny/bert-config-roto está dañado",
    "bert-sin-model-type": "le falta «model_type»",
    "bert-cuantizado": "viene cuantizado",
    "vit": "no sabe clasificar textos con la arquitectura «vit»",
    "marian": "no sabe clasificar textos con la arquitectura «marian»",
    "bart": "es un encoder-decoder («bart»)",
    "lora-adaptador": "su base (tiny/bert-base-spanish-wwm-uncased)",
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    """Sin informes de carga, y la caché del laboratorio en la carpeta de la prueba."""
    from huggingface_hub import constants

    logging.set_verbosity_error()
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "hf"))


@pytest.fixture
def served(tiny, tmp_path, monkeypatch):
    with serve_hub(tiny) as hub:
        use_hub(monkeypatch, hub.url, tmp_path / "cache")
        yield hub


@pytest.fixture
def load(tiny):
    """Carga (modelo, tokenizer, textos tokenizados) de una familia como en los cuadernos."""

    def load(name, names=STARS, labels=(0, 4)):
        folder = provide_safetensors(tiny[f"models/tiny/{name}"], f"tiny/{name}")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        adapt_tokenizer(tokenizer)
        features = Features({"text": Value("string"), "label": ClassLabel(names=list(names))})
        texts = ["The food was cold.", "A lovely room and a very kind manager."]
        rows = Dataset.from_dict({"text": texts}).add_column("label", list(labels)).cast(features)
        model = AutoModelForSequenceClassification.from_pretrained(
            str(folder), **name_labels(rows), ignore_mismatched_sizes=True
        )
        return model, tokenizer, tokenize_dataset(rows, tokenizer, 32)

    return load


def read_weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize("name", USABLE)
def test_every_family_learns_from_a_padded_batch(load, name):
    model, tokenizer, rows = load(name)
    adapt_classifier(model, tokenizer, rows)
    columns = [*tokenizer.model_input_names, "label"]
    batch = DataCollatorWithPadding(tokenizer)(list(rows.select_columns(columns)))
    outputs = model(**batch)
    outputs.loss.backward()
    assert outputs.logits.shape == (2, 5) and outputs.logits.dtype == torch.float32
    assert tokenizer.pad_token_id == model.config.pad_token_id is not None
    assert list(find_head(model)) == HEADS.get(name, ["classifier"])


@pytest.mark.parametrize("name", USABLE)
def test_the_real_limit_of_each_family(tiny, name):
    limit = LIMITS.get(name, 512)
    assert read_limit(tiny[f"models/tiny/{name}"], name) == limit


@pytest.mark.parametrize("name", ["roberta-base-bne", "gpt2", "qwen", "distilbert-base-cased"])
def test_the_model_takes_that_many_tokens_and_no_more(load, tiny, name):
    model, tokenizer, _ = load(name)
    limit = read_limit(tiny[f"models/tiny/{name}"], name)
    if limit < 2000:
        model(torch.full((1, limit), 7))
        with pytest.raises((IndexError, RuntimeError)):
            model(torch.full((1, limit + 1), 7))


def test_gpt2_pads_with_its_end_of_text(load):
    model, tokenizer, rows = load("gpt2")
    adapt_classifier(model, tokenizer, rows)
    assert tokenizer.pad_token == tokenizer.eos_token == "<|endoftext|>"


def test_token_types_are_given_only_to_those_that_tell_them_apart(load):
    given = {name: "token_type_ids" in load(name)[1]("hola") for name in USABLE}
    with_types = {"albert-base-v2", "electra-small-discriminator"}
    assert {name for name, types in given.items() if types} == {
        *with_types,
        *(name for name in USABLE if name.startswith("bert")),
    }


def test_a_head_for_the_same_classes_is_kept(load, tiny):
    model, tokenizer, rows = load("bert-estrellas-5")
    adapt_classifier(model, tokenizer, rows)
    stored = read_weights(tiny["models/tiny/bert-estrellas-5"])
    assert torch.equal(model.classifier.weight, stored["classifier.weight"])
    assert "se conserva" in describe_head(model)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("bert-temas-5", "(arte, cine, deporte, libros, viajes)"),
        ("bert-sentimiento-2", "(NEG, POS)"),
    ],
)
def test_a_head_for_other_classes_is_new_and_the_body_is_kept(load, tiny, name, classes):
    model, tokenizer, rows = load(name)
    adapt_classifier(model, tokenizer, rows)
    stored = read_weights(tiny[f"models/tiny/{name}"])
    embeddings = stored["bert.embeddings.word_embeddings.weight"]
    assert torch.equal(model.get_input_embeddings().weight, embeddings)
    assert not torch.equal(model.classifier.weight, stored["classifier.weight"])
    assert classes in describe_head(model) and "el head es nuevo" in describe_head(model)
    assert model.config.id2label[3] == "4 stars"


def test_a_checkpoint_without_head_says_that_it_is_new(load):
    assert describe_head(load("roberta-base-bne")[0]).startswith("El head es nuevo, con 5 clases")


def test_a_label_that_the_model_does_not_have_is_found_before_training(load):
    model, tokenizer, rows = load("gpt2")
    wrong = rows.cast_column("label", Value("int64")).map(lambda row: {"label": row["label"] - 1})
    with pytest.raises(LabError, match="de la 0 a la 4, y hay etiquetas que valen -1"):
        adapt_classifier(model, tokenizer, rows, wrong)


def test_a_tokenizer_of_another_model_is_found_before_training(load):
    model, tokenizer, _ = load("xlm-roberta-base")
    _, _, rows = load("qwen")
    with pytest.raises(LabError, match="el modelo solo conoce 402: no son del mismo"):
        adapt_classifier(model, tokenizer, rows)


@pytest.mark.parametrize(
    ("name", "model", "mask", "told"),
    [
        ("roberta-base-bne", "RobertaForMaskedLM", "<mask>", ""),
        ("albert-base-v2", "AlbertForMaskedLM", "[MASK]", ""),
        ("gpt2", "GPT2LMHeadModel", "", "aprendió a continuar textos"),
        ("electra-small-discriminator", "ElectraForMaskedLM", "[MASK]", "apuestas al azar"),
        ("bert-estrellas-5", "BertForMaskedLM", "[MASK]", "apuestas al azar"),
    ],
)
def test_the_game_of_lesson_0_is_the_one_that_the_model_knows(tiny, name, model, mask, told):
    folder, said = tiny[f"models/tiny/{name}"], []
    settings = Settings(model_name=f"tiny/{name}", model_folder=str(folder))
    reader, token = load_reader(settings, AutoTokenizer.from_pretrained(folder), said.append)
    assert (type(reader).__name__, token) == (model, mask)
    assert bool(said) == bool(told) and told in " ".join(said)


@pytest.mark.parametrize("name", [name for name in REFUSED if name in REASONS])
def test_what_is_of_no_use_is_refused_before_its_weights_are_downloaded(served, tiny, name):
    with pytest.raises(LabError, match=re.escape(REASONS[name])) as caught:
        apply_parameters({"model_name": f"tiny/{name}"})
    assert "\n" not in str(caught.value)
    assert not [each for each in served.requests if each.endswith((".safetensors", ".bin", ".py"))]
    with pytest.raises(LabError, match=re.escape(REASONS[name])):
        check_usable(tiny[f"models/tiny/{name}"], f"tiny/{name}")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"model_name": "tiny/roberta-base-bne", "max_length": 513}, "admite 512 tokens"),
        ({"model_name": "tiny/gpt2", "max_length": 1025}, "admite 1024 tokens"),
    ],
)
def test_a_length_that_does_not_fit_is_refused_before_downloading(served, values, reason):
    with pytest.raises(LabError, match=reason):
        apply_parameters(values)
    assert not [each for each in served.requests if each.endswith(".safetensors")]


def test_what_keras_does_not_convert_is_refused_before_downloading(served):
    with pytest.raises(LabError, match="no convierte .* «gpt2» de tiny/gpt2: elige"):
        apply_parameters({"model_name": "tiny/gpt2"}, framework="keras")
    assert not [each for each in served.requests if each.endswith(".safetensors")]


@pytest.mark.parametrize("name", ["bert-solo-bin", "bert-bin-en-trozos"])
def test_binary_weights_get_a_safetensors_copy_in_the_cache(served, tiny, name, tmp_path):
    settings = apply_parameters({"model_name": f"tiny/{name}"})
    assert settings.model_folder.startswith(str(tmp_path / "hf" / "laboratorio"))
    weights = {}
    for path in tiny[f"models/tiny/{name}"].glob("*.bin"):
        weights |= torch.load(path, weights_only=True)
    copied = read_weights(provide_safetensors(fetch_model(f"tiny/{name}"), f"tiny/{name}"))
    assert copied.keys() == weights.keys()
    assert all(torch.equal(copied[key], weights[key]) for key in weights)
    assert find_preset(settings.model_folder) == settings.model_folder
    served.requests.clear()
    assert apply_parameters({"model_name": f"tiny/{name}"}) == settings
    assert served.requests == []


def test_tied_weights_are_copied_whole(tmp_path):
    table = torch.ones(3, 2)
    (tmp_path / "own").mkdir()
    tied = {"lm_head.decoder.weight": table, "roberta.embeddings.weight": table}
    torch.save(tied, tmp_path / "own" / "pytorch_model.bin")
    copied = read_weights(provide_safetensors(tmp_path / "own", "own"))
    assert copied.keys() == tied.keys()


def test_a_binary_that_runs_code_is_refused_and_runs_nothing(served, tiny):
    folder = tiny["models/tiny/bert-bin-con-codigo"]
    with pytest.raises(LabError, match="trae algo más que pesos") as caught:
        apply_parameters({"model_name": "tiny/bert-bin-con-codigo"})
    assert "«pytorch_model.bin» de tiny/bert-bin-con-codigo" in str(caught.value)
    assert not (folder.parent / "ejecutado").exists()


def test_a_damaged_binary_is_told(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(LabError, match="está dañado o a medias"):
        provide_safetensors(tmp_path, "mi-modelo")


def test_a_folder_without_weights_is_told(tmp_path):
    with pytest.raises(LabError, match="En mi-modelo no están los pesos"):
        provide_safetensors(tmp_path, "mi-modelo")


def test_what_is_said_of_a_checkpoint_has_its_name_and_not_its_commit(served):
    settings, said = apply_parameters({"model_name": "tiny/bert-sin-pooler"}), []
    copy = Path(find_preset(settings.model_path, settings.model_name, said.append))
    assert said == [
        "tiny/bert-sin-pooler no trae pooler: se pone uno al azar, como en los cuadernos 2 y 4."
    ]
    added = read_weights(copy).keys() - read_weights(Path(settings.model_path)).keys()
    assert added == {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}


def test_a_body_without_its_prefix_is_refused_for_keras(tmp_path):
    from transformers import RobertaConfig, RobertaModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    RobertaModel(RobertaConfig(vocab_size=50, intermediate_size=32, **sizes)).save_pretrained(
        tmp_path
    )
    with pytest.raises(LabError, match="no llevan delante «roberta.»"):
        find_preset(str(tmp_path))
