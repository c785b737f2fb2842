"""Checkpoints diminutos con pesos al azar, cada uno con los archivos que publica su familia.

``build_checkpoints`` los escribe todos. ``USABLE`` son los que deben funcionar; ``REFUSED``, los
que hay que rechazar antes de descargar sus pesos.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labsupport.base.paths import EMBEDDED

VOCABULARY = 600
TEXTS = 400
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SIZES |= {"intermediate_size": 32}
# Como las llaman mini-reviews y Yelp.
STARS = ("1 star", "2 star", "3 stars", "4 stars", "5 stars")
BRACKETS = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
BRACKETS |= {"pad_token": "[PAD]", "mask_token": "[MASK]"}
ANGLES = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
ANGLES |= {"cls_token": "<s>", "sep_token": "</s>"}
MASK = {"content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False}


def build_checkpoints(folder: Path) -> dict[str, Path]:
    """Escribe todos en ``folder`` y devuelve de ``models/tiny/nombre`` a su carpeta."""
    import torch

    corpus = folder / "corpus.txt"
    folder.mkdir(parents=True, exist_ok=True)
    corpus.write_text("\n".join(_read_texts()), encoding="utf-8")
    torch.manual_seed(0)
    for name, build in {**USABLE, **REFUSED}.items():
        (folder / name).mkdir()
        build(folder / name, corpus)
    return {f"models/tiny/{name}": folder / name for name in {**USABLE, **REFUSED}}


def _read_texts() -> list[str]:
    import pyarrow.parquet

    path = next((EMBEDDED / "mini-reviews").glob("train-*.parquet"))
    texts = pyarrow.parquet.read_table(path, columns=["text"])["text"][:TEXTS].to_pylist()
    return [text.replace("\n", " ") for text in texts]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")


def _change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    _write(path, {**json.loads(path.read_text(encoding="utf-8")), **values})


def _save(folder: Path, model: str, config: str, **sizes: Any) -> None:
    """Escribe config.json y model.safetensors de un modelo con pesos al azar."""
    import transformers

    kind = getattr(transformers, model)
    built = kind(getattr(transformers, config)(**sizes))
    for name, weights in built.named_parameters():
        if "token_type_embeddings" in name:  # al azar también donde de fábrica son casi cero
            weights.data.normal_(std=0.5)
    built.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def _keep_binary(folder: Path, shards: int = 1) -> None:
    """Cambia model.safetensors por pytorch_model.bin, entero o en trozos."""
    import torch
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    if shards == 1:
        torch.save(weights, folder / "pytorch_model.bin")
        return
    names = sorted(weights)
    places = {}
    for number in range(shards):
        file = f"pytorch_model-{number + 1:05}-of-{shards:05}.bin"
        part = names[number::shards]
        torch.save({name: weights[name] for name in part}, folder / file)
        places |= dict.fromkeys(part, file)
    _write(folder / "pytorch_model.bin.index.json", {"metadata": {}, "weight_map": places})


def _write_wordpiece(folder: Path, corpus: Path, lower: bool) -> int:
    """vocab.txt, tokenizer.json y tokenizer_config.json; devuelve cuántas piezas hay."""
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import BertProcessing

    words = BertWordPieceTokenizer(lowercase=lower, strip_accents=False)
    words.train([str(corpus)], vocab_size=VOCABULARY, show_progress=False)
    words.save_model(str(folder))
    ends = [(token, words.token_to_id(token)) for token in ("[SEP]", "[CLS]")]
    words._tokenizer.post_processor = BertProcessing(*ends)
    words.save(str(folder / "tokenizer.json"))
    _write(folder / "tokenizer_config.json", {"do_lower_case": lower, "model_max_length": 512})
    return words.get_vocab_size()


def _write_bytes(folder: Path, corpus: Path, specials: list[str]) -> int:
    """vocab.json y merges.txt, como RoBERTa y GPT-2; devuelve cuántas piezas hay."""
    from tokenizers import ByteLevelBPETokenizer

    pieces = ByteLevelBPETokenizer()
    options = {"vocab_size": VOCABULARY, "special_tokens": specials, "show_progress": False}
    pieces.train([str(corpus)], **options)
    pieces.save_model(str(folder))
    return pieces.get_vocab_size()


def _write_tokenizer_json(folder: Path, corpus: Path, specials: list[str], ends: str = "") -> int:
    """Solo tokenizer.json, como ModernBERT y Qwen; ``ends``: qué rodea a cada texto."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing

    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    options = {"vocab_size": VOCABULARY, "initial_alphabet": alphabet, "show_progress": False}
    pieces.train([str(corpus)], trainers.BpeTrainer(special_tokens=specials, **options))
    if ends:
        used = [token for token in specials if token in ends]
        tokens = [(token, pieces.token_to_id(token)) for token in used]
        pieces.post_processor = TemplateProcessing(single=ends, special_tokens=tokens)
    pieces.save(str(folder / "tokenizer.json"))
    return pieces.get_vocab_size()


def _write_sentencepiece(path: Path, corpus: Path, **options: Any) -> None:
    """Un modelo de sentencepiece y nada más, que es lo que publican algunas familias."""
    import sentencepiece

    options |= {"vocab_size": 400, "num_threads": 1, "minloglevel": 2}
    with path.open("wb") as writer:
        sentencepiece.SentencePieceTrainer.train(input=str(corpus), model_writer=writer, **options)


def _bert(folder: Path, corpus: Path, model: str = "BertForPreTraining", **options: Any) -> None:
    lower = "uncased" in folder.name
    size = _write_wordpiece(folder, corpus, lower)
    _save(folder, model, "BertConfig", vocab_size=size, **SIZES, **options)


def _bert_with_head(*names: str, **options: Any) -> Callable[[Path, Path], None]:
    labels = {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}
    return lambda folder, corpus: _bert(
        folder, corpus, "BertForSequenceClassification", **labels, **options
    )


def _bert_without_pooler(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus, "BertForMaskedLM")


def _bert_binary(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus)
    _keep_binary(folder)


def _bert_in_shards(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus)
    _keep_binary(folder, shards=2)


def _distilbert(folder: Path, corpus: Path) -> None:
    size = _write_wordpiece(folder, corpus, lower=False)
    sizes = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    _save(folder, "DistilBertForMaskedLM", "DistilBertConfig", vocab_size=size, **sizes)


def _electra(folder: Path, corpus: Path) -> None:
    size = _write_wordpiece(folder, corpus, lower=True)
    sizes = {"vocab_size": size, "embedding_size": 8, **SIZES}
    _save(folder, "ElectraForPreTraining", "ElectraConfig", **sizes)


def _roberta(folder: Path, corpus: Path) -> None:
    size = _write_bytes(folder, corpus, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    details = {**ANGLES, "mask_token": "<mask>", "model_max_length": 512}
    _write(folder / "tokenizer_config.json", {**details, "tokenizer_class": "RobertaTokenizer"})
    _write(folder / "special_tokens_map.json", {**ANGLES, "mask_token": MASK})
    ids = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    sizes = {"max_position_embeddings": 514, "type_vocab_size": 1, **SIZES, **ids}
    _save(folder, "RobertaForMaskedLM", "RobertaConfig", vocab_size=size, **sizes)


def _xlm_roberta(folder: Path, corpus: Path) -> None:
    options = {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": -1}
    _write_sentencepiece(folder / "sentencepiece.bpe.model", corpus, **options)
    _write(folder / "tokenizer_config.json", {"model_max_length": 512})
    ids = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    sizes = {"max_position_embeddings": 514, "type_vocab_size": 1, **SIZES, **ids}
    _save(folder, "XLMRobertaForMaskedLM", "XLMRobertaConfig", vocab_size=402, **sizes)


def _albert(folder: Path, corpus: Path) -> None:
    options = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "pad_piece": "<pad>"}
    symbols = ["[CLS]", "[SEP]", "[MASK]"]
    _write_sentencepiece(folder / "spiece.model", corpus, user_defined_symbols=symbols, **options)
    _write(folder / "tokenizer_config.json", {"model_max_length": 512})
    ids = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    sizes = {"vocab_size": 400, "embedding_size": 8, **SIZES, **ids}
    _save(folder, "AlbertForPreTraining", "AlbertConfig", **sizes)


def _deberta(folder: Path, corpus: Path) -> None:
    options = {"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3, "pad_piece": "[PAD]"}
    options |= {"bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]"}
    _write_sentencepiece(folder / "spm.model", corpus, **options)
    _write(folder / "tokenizer_config.json", {"do_lower_case": False, "vocab_type": "spm"})
    shape = {"relative_attention": True, "position_buckets": 256, "norm_rel_ebd": "layer_norm"}
    shape |= {"share_att_key": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False}
    sizes = {"vocab_size": 420, "type_vocab_size": 0, "pooler_hidden_size": 16, **SIZES}
    _save(folder, "DebertaV2ForMaskedLM", "DebertaV2Config", **sizes, **shape)
    _keep_binary(folder)


def _modernbert(folder: Path, corpus: Path) -> None:
    specials = list(BRACKETS.values())
    size = _write_tokenizer_json(folder, corpus, specials, "[CLS] $A [SEP]")
    details = {**BRACKETS, "model_max_length": 8192, "tokenizer_class": "PreTrainedTokenizerFast"}
    inputs = {"model_input_names": ["input_ids", "attention_mask"]}
    _write(folder / "tokenizer_config.json", {**details, **inputs})
    ids = {"cls_token_id": 1, "bos_token_id": 1, "sep_token_id": 2, "eos_token_id": 2}
    sizes = {"vocab_size": size, "pad_token_id": 3, **SIZES, **ids}
    _save(folder, "ModernBertForMaskedLM", "ModernBertConfig", **sizes)


def _gpt2(folder: Path, corpus: Path) -> None:
    size = _write_bytes(folder, corpus, ["<|endoftext|>"])
    _write(folder / "tokenizer_config.json", {"model_max_length": 1024})
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 2, "bos_token_id": 0, "eos_token_id": 0}
    _save(folder, "GPT2LMHeadModel", "GPT2Config", vocab_size=size, **sizes)


def _qwen(folder: Path, corpus: Path) -> None:
    """Un decoder de hoy: pesos en bf16, token de padding propio y posiciones rotatorias."""
    import torch
    from safetensors.torch import load_file, save_file

    end, close = "<|endoftext|>", "<|im_end|>"
    size = _write_tokenizer_json(folder, corpus, [end, "<|im_start|>", close])
    details = {"eos_token": close, "pad_token": end, "model_max_length": 32768}
    _write(folder / "tokenizer_config.json", {**details, "tokenizer_class": "Qwen2Tokenizer"})
    sizes = {"vocab_size": size, "num_key_value_heads": 1, **SIZES}
    _save(folder, "Qwen2ForCausalLM", "Qwen2Config", tie_word_embeddings=True, **sizes)
    weights = load_file(folder / "model.safetensors")
    halved = {name: each.to(torch.bfloat16) for name, each in weights.items()}
    save_file(halved, folder / "model.safetensors", metadata={"format": "pt"})
    _change_config(folder, dtype="bfloat16")


def _own_code(folder: Path, corpus: Path) -> None:
    """Arquitectura conocida y código propio: cargarlo sin él daría otro modelo, en silencio."""
    _bert(folder, corpus)
    _change_config(folder, auto_map={"AutoModel": "modeling_x.XModel"})
    (folder / "modeling_x.py").write_text("raise SystemExit('se ejecutó')\n", encoding="utf-8")


def _own_tokenizer(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus)
    _write(
        folder / "tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["x.XTokenizer", None]}}
    )


def _unknown(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus)
    _change_config(folder, model_type="bert_del_futuro")


def _broken_config(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus)
    (folder / "config.json").write_text('{"model_type": "bert"', encoding="utf-8")


def _no_model_type(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus)
    _write(folder / "config.json", {"hidden_size": 16})


def _quantized(folder: Path, corpus: Path) -> None:
    _bert(folder, corpus)
    _change_config(folder, quantization_config={"quant_method": "gptq", "bits": 4})


def _vision(folder: Path, corpus: Path) -> None:
    sizes = {**SIZES, "image_size": 32}
    _save(folder, "ViTForImageClassification", "ViTConfig", **sizes)


def _translator(folder: Path, corpus: Path) -> None:
    sizes = {"vocab_size": 400, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1}
    sizes |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    sizes |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "pad_token_id": 0}
    kind = "Bart" if folder.name == "bart" else "Marian"
    model = {"Bart": "BartForSequenceClassification", "Marian": "MarianMTModel"}[kind]
    _save(folder, model, f"{kind}Config", **sizes, decoder_start_token_id=0)


def _adapter(folder: Path, corpus: Path) -> None:
    details = {"base_model_name_or_path": "tiny/bert-base-spanish-wwm-uncased", "peft_type": "LORA"}
    _write(folder / "adapter_config.json", details)
    (folder / "adapter_model.safetensors").write_bytes(b"x" * 64)


class _Payload:
    """Al abrirse con pickle crea un archivo: así se ve si alguien lo ejecutó."""

    def __init__(self, path: Path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def _binary_with_code(folder: Path, corpus: Path) -> None:
    """No está entre los que se rechazan sin descargar: hace falta el .bin para verlo."""
    import torch

    _bert(folder, corpus)
    (folder / "model.safetensors").unlink()
    torch.save({"x": _Payload(folder.parent / "ejecutado")}, folder / "pytorch_model.bin")


USABLE: dict[str, Callable[[Path, Path], None]] = {
    "bert-base-spanish-wwm-uncased": _bert,
    "bert-sin-pooler": _bert_without_pooler,
    "bert-solo-bin": _bert_binary,
    "bert-bin-en-trozos": _bert_in_shards,
    "bert-estrellas-5": _bert_with_head(*STARS),
    "bert-temas-5": _bert_with_head("arte", "cine", "deporte", "libros", "viajes"),
    "bert-sentimiento-2": _bert_with_head("NEG", "POS"),
    "bert-varias-a-la-vez": _bert_with_head(
        "a", "b", "c", problem_type="multi_label_classification"
    ),
    "distilbert-base-cased": _distilbert,
    "electra-small-discriminator": _electra,
    "roberta-base-bne": _roberta,
    "xlm-roberta-base": _xlm_roberta,
    "albert-base-v2": _albert,
    "deberta-v3-small": _deberta,
    "ModernBERT-base": _modernbert,
    "gpt2": _gpt2,
    "qwen": _qwen,
}
REFUSED: dict[str, Callable[[Path, Path], None]] = {
    "bert-codigo-propio": _own_code,
    "bert-tokenizer-propio": _own_tokenizer,
    "bert-del-futuro": _unknown,
    "bert-config-roto": _broken_config,
    "bert-sin-model-type": _no_model_type,
    "bert-cuantizado": _quantized,
    "vit": _vision,
    "marian": _translator,
    "bart": _translator,
    "lora-adaptador": _adapter,
    "bert-bin-con-codigo": _binary_with_code,
}
