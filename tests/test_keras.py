"""Keras parte de los mismos pesos que PyTorch, con la misma receta, y rechaza lo que no puede."""

import importlib.util
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import AutoConfig, AutoModel, AutoTokenizer, DataCollatorWithPadding
from transformers.optimization import get_scheduler

from labsupport.base.errors import LabError
from labsupport.base.paths import EMBEDDED
from labsupport.data import apply_parameters
from labsupport.data.tokenization import tokenize_dataset
from labsupport.settings import check_parameters
from labsupport.training import keras as keras_support
from labsupport.training.keras import (
    AFTER,
    BEFORE,
    compute_keras_states,
    find_preset,
    prepare_tensorflow,
    set_activation,
)

# Un Triton de mentira, que dice si TensorFlow llegó antes que él: el de verdad mataría el proceso.
FAKE_TRITON = 'import sys; print("después" if "tensorflow" in sys.modules else "antes")'
TEXTS = ["the food was awful", "the food was great", "a dirty room", "a lovely room"] * 2
PAIR = ["Good.", "The waiting area was dirty and nobody answered the phone."]
NAMES = {
    "input_ids": "token_ids",
    "token_type_ids": "segment_ids",
    "attention_mask": "padding_mask",
}
# Un modelo diminuto de cada familia, con las opciones que tiene cada configuración.
SIZES = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SIZES |= {"intermediate_size": 32, "max_position_embeddings": 40}
FAMILIES = {
    "albert": {**SIZES, "embedding_size": 8},
    "bert": SIZES,
    "distilbert": {
        **{"vocab_size": 50, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
        "max_position_embeddings": 40,
    },
    # Las publicadas dicen 1e-5, que es lo que keras_hub da por hecho.
    "roberta": {**SIZES, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "xlm-roberta": {**SIZES, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
}


@pytest.fixture(scope="module")
def checkpoint():
    return apply_parameters({}, detect=False).model_path


@pytest.fixture(scope="module")
def tokenizer(checkpoint):
    return AutoTokenizer.from_pretrained(checkpoint)


@pytest.fixture
def broken(checkpoint, tmp_path):
    """Una copia del checkpoint incluido, para quitarle cosas."""
    return shutil.copytree(checkpoint, tmp_path / "copia")


def encode(tokenizer, texts):
    encoded = tokenizer(texts, padding=True, return_tensors="np")
    return encoded, {NAMES[name]: array for name, array in encoded.items()}


def compute_torch_states(path, encoded):
    """Lo mismo que compute_keras_states y en el mismo orden, como en la lección."""
    model = AutoModel.from_pretrained(path).eval()
    activation = next(
        part for name, part in model.named_modules() if name.endswith(("act_fn", "activation"))
    )
    sides = []
    activation.register_forward_hook(lambda part, given, result: sides.extend([*given, result]))
    with torch.no_grad():
        outputs = model(
            **{name: torch.tensor(array) for name, array in encoded.items()},
            output_hidden_states=True,
        )
    embeddings, *layers = outputs.hidden_states
    states = [embeddings, *sides[:2], *layers, getattr(outputs, "pooler_output", None)]
    return [None if each is None else each.numpy() for each in states]


def measure_gaps(states, expected, real):
    pairs = zip(states.items(), expected, strict=False)
    gaps = {name: abs(mine - theirs) for (name, mine), theirs in pairs}
    return {name: (gap[real] if gap.ndim == 3 else gap).max() for name, gap in gaps.items()}


def change_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def load_classifier(keras, checkpoint, classes=2):
    import keras_hub

    keras.utils.set_random_seed(42)
    model = keras_hub.models.TextClassifier.from_preset(
        checkpoint, num_classes=classes, preprocessor=None
    )
    set_activation(model, "gelu")
    return model


def test_every_step_equals_that_of_pytorch(keras, checkpoint, tokenizer):
    encoded, inputs = encode(tokenizer, PAIR)
    real = encoded["attention_mask"] == 1
    assert not real.all()
    expected = compute_torch_states(checkpoint, encoded)
    states = compute_keras_states(checkpoint, inputs, "gelu")
    layers = [f"capa {i}" for i in (1, 2, 3, 4)]
    assert list(states) == ["embeddings", BEFORE, AFTER, *layers, "pooler"]
    assert max(measure_gaps(states, expected, real).values()) < 1e-4


def test_without_its_activation_the_difference_begins_there(keras, checkpoint, tokenizer):
    """keras_hub aproxima la GELU, y se nota más que el redondeo: es lo que busca la lección."""
    encoded, inputs = encode(tokenizer, PAIR)
    expected = compute_torch_states(checkpoint, encoded)
    states = compute_keras_states(checkpoint, inputs)
    gaps = measure_gaps(states, expected, encoded["attention_mask"] == 1)
    assert max(gaps["embeddings"], gaps[BEFORE]) < 5e-5 < 1e-4 < gaps[AFTER] < gaps["capa 1"]
    assert gaps["capa 1"] < gaps["capa 4"] < 1e-1


def test_a_wrong_mask_gives_another_result(keras, checkpoint, tokenizer):
    encoded, inputs = encode(tokenizer, PAIR)
    expected = compute_torch_states(checkpoint, encoded)[-2][0, 0]
    for wrong in (1 - inputs["padding_mask"], np.ones_like(inputs["padding_mask"])):
        states = compute_keras_states(checkpoint, {**inputs, "padding_mask": wrong}, "gelu")
        assert abs(states["capa 4"][0, 0] - expected).max() > 0.05


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_that_is_accepted_is_really_converted(keras, family, tmp_path):
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **FAMILIES[family])
    model = AutoModel.from_config(config)
    model.save_pretrained(tmp_path)
    _rename_like_a_task_model(tmp_path, family)
    ids = np.random.default_rng(0).integers(5, 50, (2, 9))
    mask = np.array([[1] * 9, [1] * 5 + [0] * 4])
    ids[mask == 0] = config.pad_token_id
    inputs = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": mask}
    expected = compute_torch_states(tmp_path, {"input_ids": ids, "attention_mask": mask})
    activation = getattr(config, "hidden_act", "gelu")
    states = compute_keras_states(find_preset(str(tmp_path)), inputs, activation)
    assert [name for name in states if name.startswith("capa ")][-1] == "capa 2"
    assert ("pooler" in states) == (family in keras_support.POOLERS)
    assert max(measure_gaps(states, expected, mask == 1).values()) < 1e-4


def _rename_like_a_task_model(folder, family):
    """Los checkpoints publicados llevan el prefijo de la familia, que es lo que se convierte."""
    from safetensors.numpy import load_file, save_file

    prefix = {"xlm-roberta": "roberta"}.get(family, family)
    weights = load_file(folder / "model.safetensors")
    renamed = {f"{prefix}.{name}": array for name, array in weights.items()}
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})


def test_the_classifier_has_the_head_and_the_dropout_of_transformers(keras, checkpoint):
    model = load_classifier(keras, checkpoint, classes=5)
    kernel, bias = model.get_layer("logits").get_weights()
    assert kernel.shape == (128, 5) and not bias.any()
    assert 0.01 < kernel.std() < 0.03
    rates = {
        layer.rate for layer in model._flatten_layers() if isinstance(layer, keras.layers.Dropout)
    }
    assert rates == {0.1}


def test_the_learning_rate_falls_like_the_one_of_trainer(keras):
    steps = 20
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=5e-4)
    scheduler = get_scheduler("linear", optimizer, num_warmup_steps=0, num_training_steps=steps)
    schedule = keras.optimizers.schedules.PolynomialDecay(5e-4, steps, 0.0, power=1.0)
    for step in range(steps):
        assert float(schedule(step)) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-5)
        optimizer.step()
        scheduler.step()


def test_adam_takes_the_same_steps_as_adamw_of_pytorch(keras):
    gradients = np.random.default_rng(0).normal(0, 3, (5, 4)).astype("float32")
    gradients[:, 0] *= 1e-3
    ours = keras.Variable(np.ones(4, "float32"))
    adam = keras.optimizers.Adam(0.01, epsilon=1e-8, global_clipnorm=1.0)
    theirs = torch.nn.Parameter(torch.ones(4))
    adamw = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.0)
    for gradient in gradients:
        adam.apply([keras.ops.convert_to_tensor(gradient)], [ours])
        theirs.grad = torch.tensor(gradient)
        torch.nn.utils.clip_grad_norm_([theirs], 1.0)
        adamw.step()
    assert ours.numpy() == pytest.approx(theirs.detach().numpy(), abs=1e-5)


def test_its_own_tokenizer_reads_plain_spanish_as_that_of_transformers(keras):
    """Los cuadernos no lo usan; quien lo pruebe por su cuenta verá los mismos ids."""
    import keras_hub

    folder = str(EMBEDDED / "mini-bert-es")
    reader = keras_hub.tokenizers.BertTokenizer.from_preset(folder)
    expected = AutoTokenizer.from_pretrained(folder)
    for text in (
        "¿Qué tal la PAELLA? ¡Buenísima! El niño pidió ñoquis y la cigüeña, nada.",
        "¡¡¡GENIAL!!! 😍😍 todo bien👍 por 12,50 € (o 20€)... q rico tb el café",
        "«Pésimooo», dijo mi tía: ÁÉÍÓÚÜÑ\npárrafo nuevo — y ya está; 100% así",
    ):
        assert list(reader(text)) == expected(text, add_special_tokens=False)["input_ids"]


def make_batches(tokenizer, texts, batch_size=4, ordered=True):
    rows = Dataset.from_dict({"text": texts, "label": [i % 2 for i in range(len(texts))]})
    rows = tokenize_dataset(rows, tokenizer, 64)
    batches = (rows.sort("length") if ordered else rows).to_tf_dataset(
        columns=tokenizer.model_input_names,
        label_cols="label",
        shuffle=False,
        collate_fn=DataCollatorWithPadding(tokenizer, return_tensors="np"),
        batch_size=batch_size,
    )
    return batches.map(
        lambda inputs, labels: ({NAMES[name]: inputs[name] for name in inputs}, labels)
    )


def test_batches_reach_keras_with_its_names_and_as_integers(keras, tokenizer):
    inputs, labels = next(iter(make_batches(tokenizer, TEXTS)))
    assert set(inputs) == set(NAMES.values())
    assert {array.dtype.name for array in [*inputs.values(), labels]} == {"int64"}
    assert {array.shape[0] for array in [*inputs.values(), labels]} == {4}


def test_batches_of_similar_length_carry_less_padding(keras, tokenizer):
    texts = ["good " * n for n in (2, 40, 3, 41, 4, 42, 5, 43)]

    def count_padding(ordered):
        batches = make_batches(tokenizer, texts, ordered=ordered)
        return sum(int((inputs["padding_mask"].numpy() == 0).sum()) for inputs, _ in batches)

    assert count_padding(ordered=True) < 0.2 * count_padding(ordered=False)


def fit(keras, checkpoint, tokenizer, epochs=12):
    model = load_classifier(keras, checkpoint)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-8, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    batches = make_batches(tokenizer, TEXTS).cache().shuffle(2, seed=42)
    return model.fit(batches, epochs=epochs, shuffle=False, verbose=0).history


def test_the_loss_falls_and_the_same_seed_gives_the_same_numbers(keras, checkpoint, tokenizer):
    history = fit(keras, checkpoint, tokenizer)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] == 1
    assert fit(keras, checkpoint, tokenizer, epochs=2)["loss"] == history["loss"][:2]


def test_settings_say_the_device_that_tensorflow_uses(keras):
    settings = prepare_tensorflow(check_parameters({}))
    assert settings.parameters() == check_parameters({}).parameters()
    assert (settings.device, settings.precision) in {
        ("cpu", "fp32"),
        ("cuda", "fp32"),
        ("cuda", "bf16"),
    }


def test_a_folder_is_its_own_preset(checkpoint):
    assert find_preset(checkpoint) == checkpoint


def test_a_model_of_the_hub_takes_its_prefix(checkpoint, monkeypatch):
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda _, name: f"{checkpoint}/{name}")
    assert find_preset("google-bert/bert-base-cased") == "hf://google-bert/bert-base-cased"


def test_an_architecture_without_conversion_is_refused_by_name(broken):
    change_config(broken, model_type="modernbert")
    with pytest.raises(LabError, match="no convierte en clasificador la arquitectura «modernbert»"):
        find_preset(str(broken))


def test_weights_of_16_bits_are_refused(broken):
    change_config(broken, dtype="bfloat16")
    with pytest.raises(LabError, match="están en bf16, que keras_hub no lee"):
        find_preset(str(broken), "mi-modelo")


def test_a_checkpoint_saved_by_transformers_needs_no_vocabulary(keras, broken):
    (broken / "vocab.txt").unlink()
    assert load_classifier(keras, find_preset(str(broken)), classes=3).count_params() > 1e6


def test_a_checkpoint_without_weights_is_refused(broken):
    (broken / "model.safetensors").unlink()
    with pytest.raises(LabError, match="no trae sus pesos en model.safetensors"):
        find_preset(str(broken))


def test_a_checkpoint_without_pooler_gets_a_random_one(keras, broken, tmp_path, monkeypatch):
    from huggingface_hub import constants
    from safetensors.numpy import load_file, save_file

    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path))
    path = broken / "model.safetensors"
    kept = {name: array for name, array in load_file(path).items() if "pooler" not in name}
    save_file(kept, path, metadata={"format": "pt"})
    preset = find_preset(str(broken), say=lambda sentence: None)
    pooler = load_classifier(keras, preset).backbone.get_layer("pooled_dense")
    assert 0.01 < pooler.get_weights()[0].std() < 0.03
    assert find_preset(str(broken), say=lambda sentence: None) == preset


def test_an_unknown_activation_is_refused():
    with pytest.raises(LabError, match="no calcula la activación «quick_gelu»"):
        set_activation(None, "quick_gelu")


def test_without_keras_hub_the_message_says_what_to_install(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.delitem(sys.modules, "keras_hub", raising=False)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "keras_hub" else real(name)
    )
    with pytest.raises(LabError, match="Falta instalar «keras-hub»"):
        prepare_tensorflow(check_parameters({}))


def test_another_backend_already_running_is_refused():
    with pytest.raises(LabError, match="en marcha con el backend «jax».*reinicia el kernel"):
        keras_support._check_backend("jax")


def test_the_best_epoch_comes_back_even_if_fit_ends_by_itself(keras):
    """Es lo que dice la lección de ``restore_best_weights``, y no siempre fue así."""
    x, y = np.ones((4, 1), "float32"), np.ones((4, 1), "float32")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(2.0), loss="mse", jit_compile=False)
    stopping = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=9, restore_best_weights=True
    )
    options = {"epochs": 3, "callbacks": [stopping], "verbose": 0}
    losses = model.fit(x, y, validation_data=(x, y), **options).history["val_loss"]
    assert losses == sorted(losses) and losses[0] < losses[-1] and not stopping.stopped_epoch
    assert model.evaluate(x, y, verbose=0) == pytest.approx(losses[0])


def test_a_saved_model_keeps_its_weights_and_forgets_its_activation(
    keras, checkpoint, tokenizer, tmp_path
):
    import keras_hub

    _, inputs = encode(tokenizer, PAIR)
    model = load_classifier(keras, checkpoint, classes=5)
    logits = np.asarray(model(inputs, training=False))
    model.save_to_preset(str(tmp_path / "carpeta"))
    again = keras_hub.models.TextClassifier.from_preset(
        str(tmp_path / "carpeta"), preprocessor=None
    )
    assert abs(np.asarray(again(inputs, training=False)) - logits).max() > 1e-5
    set_activation(again, "gelu")
    assert np.asarray(again(inputs, training=False)) == pytest.approx(logits, abs=1e-6)


def test_triton_is_loaded_before_tensorflow(tmp_path):
    (tmp_path / "triton.py").write_text(FAKE_TRITON, encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "from labsupport.settings import check_parameters\n"
    code += "from labsupport.training import prepare_tensorflow\n"
    code += "prepare_tensorflow(check_parameters({})); print('tensorflow' in sys.modules)"
    command = [sys.executable, "-X", "utf8", "-c", code]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.stdout.split() == ["antes", "True"], done.stderr
