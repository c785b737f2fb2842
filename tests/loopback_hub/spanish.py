"""Los repositorios del perfil «es», en pequeño: BETO y las reseñas de Punta Cana.

Con los archivos, las columnas y los detalles que tienen en el Hub (mirados allí, sin descargar los
pesos): lo que cambia es el tamaño y lo que dicen los textos.
"""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

MODEL = "dccuchile/bert-base-spanish-wwm-cased"
DATASET = "beltrewilton/punta-cana-spanish-reviews"
FILE = "punta_cana.csv"
COLUMNS = ("hotel_name", "location", "wrote", "title", "review_text", "rating")
# Como en el original, tres de cada cuatro son de 5 estrellas.
STARS = {1: 24, 2: 16, 3: 34, 4: 62, 5: 464}
EMPTY = 5
MODEL_CARD = "---\nlanguage: \n- es\n\ntags:\n- masked-lm\n---\n\n# BETO: Spanish BERT\n"
DATASET_CARD = """---
license: mit
task_categories:
- text-classification
language:
- es
---
# Reseñas para las pruebas
"""
# El vocabulario de BETO no empieza por el padding.
SPECIALS = ("[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]")
TOKENIZER = {
    "do_lower_case": False,
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
    "tokenize_chinese_chars": True,
    "strip_accents": False,
    "name_or_path": "./bert-base-spanish-wwm-cased",
    "do_basic_tokenize": True,
    "never_split": None,
    "model_max_length": 512,
}
CONFIG = {
    "_name_or_path": MODEL,
    "architectures": ["BertForMaskedLM"],
    "attention_probs_dropout_prob": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 64,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "output_past": True,
    "pad_token_id": 1,
    "position_embedding_type": "absolute",
    "transformers_version": "4.4.2",
    "type_vocab_size": 2,
    "use_cache": True,
}
THINGS = ("La habitación", "La piscina", "El desayuno", "El personal", "La playa", "El Niño Bar")
SAID = {
    1: ("fue un desastre", "estaba muy sucio todo", "una estafa, no vuelvo"),
    2: ("dejó mucho que desear", "peor de lo que esperaba"),
    3: ("ni bien ni mal", "regular, sin más"),
    4: ("bastante bien", "muy bien, con algún detalle"),
    5: ("¡excelente!", "lo mejor de Punta Cana", "una maravilla 😍"),
}


def build_spanish_repos(folder: Path) -> dict[str, Path]:
    """Escribe en ``folder`` el modelo y el dataset del perfil «es», en pequeño."""
    model, dataset = folder / "beto", folder / "punta-cana"
    texts = build_dataset(dataset)
    build_model(model, texts)
    return {f"models/{MODEL}": model, f"datasets/{DATASET}": dataset}


def build_dataset(folder: Path) -> list[str]:
    """Un solo csv, sin splits, con textos vacíos, repetidos y de varias líneas."""
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(DATASET_CARD, encoding="utf-8")
    drawn = random.Random(0)
    each_star = [(stars, number) for stars, count in STARS.items() for number in range(count)]
    rows = [_write_row(stars, number, drawn) for stars, number in each_star]
    drawn.shuffle(rows)
    rows += [{**row, "review_text": ""} for row in rows[:EMPTY]] + rows[EMPTY : 2 * EMPTY]
    with (folder / FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return [row["review_text"] for row in rows]


def _write_row(stars: int, number: int, drawn: random.Random) -> dict[str, str | int]:
    parts = [f"{drawn.choice(THINGS)} {drawn.choice(SAID[stars])}" for _ in range(2)]
    return {
        "hotel_name": drawn.choice(("Hotel Bávaro", "Dreams, Punta Cana")),
        "location": drawn.choice(("Santiago, Chile", "Bogotá", "")),
        "wrote": f"mar. de {2010 + number % 13}",
        "title": drawn.choice(("Vacaciones", "Unos días de playa", 'El "todo incluido"')),
        "review_text": f"{parts[0]}, y éramos {number} de grupo.\nAdemás: {parts[1].lower()}.",
        "rating": stars,
    }


def build_model(folder: Path, texts: list[str]) -> None:
    """BETO diminuto: solo pytorch_model.bin, sin pooler, con el padding en el 1."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import BertProcessing
    from transformers import BertConfig, BertForMaskedLM, set_seed

    folder.mkdir(parents=True)
    pieces = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    options = {"vocab_size": 500, "special_tokens": list(SPECIALS), "show_progress": False}
    pieces.train_from_iterator(texts, **options)
    pieces.save_model(str(folder))
    ends = [(token, pieces.token_to_id(token)) for token in ("[SEP]", "[CLS]")]
    pieces._tokenizer.post_processor = BertProcessing(*ends)
    pieces.save(str(folder / "tokenizer.json"))
    named = {name: value for name, value in TOKENIZER.items() if name.endswith("_token")}
    config = {**CONFIG, "vocab_size": pieces.get_vocab_size()}
    contents = {"tokenizer_config": TOKENIZER, "special_tokens_map": named, "config": config}
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
    (folder / "README.md").write_text(MODEL_CARD, encoding="utf-8")
    set_seed(0)
    weights = BertForMaskedLM(BertConfig(**config)).state_dict()
    # Así los guardaba Transformers 4: con sus posiciones, que son enteros.
    weights["bert.embeddings.position_ids"] = torch.arange(512).unsqueeze(0)
    torch.save(weights, folder / "pytorch_model.bin")
    for other in ("tf_model.h5", "flax_model.msgpack"):
        (folder / other).write_bytes(b"no se descarga")
