"""Los repositorios del Hub de las pruebas: los del perfil «yelp», en pequeño."""

from __future__ import annotations

import json
from pathlib import Path

from labsupport.base.paths import EMBEDDED
from labsupport.data import apply_parameters, load_subset

MODEL, DATASET = "google-bert/bert-base-cased", "Yelp/yelp_review_full"
N_TRAIN, N_TEST = 240, 120
CARD = """---
license: other
configs:
- config_name: yelp_review_full
  default: true
  data_files:
  - split: train
    path: yelp_review_full/train-*
  - split: test
    path: yelp_review_full/test-*
---
# Reseñas para las pruebas
"""


def build_repos(folder: Path) -> dict[str, Path]:
    """Escribe en ``folder`` el modelo y el dataset del perfil «yelp», en pequeño."""
    repos = {f"models/{MODEL}": folder / "model", f"datasets/{DATASET}": folder / "dataset"}
    build_model(folder / "model")
    build_dataset(folder / "dataset")
    return repos


def build_model(folder: Path) -> None:
    """Un BERT diminuto con pesos al azar y los archivos del checkpoint original."""
    from transformers import BertConfig, BertForPreTraining, BertTokenizerFast, set_seed

    folder.mkdir(parents=True)
    words = (EMBEDDED / "mini-bert" / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    vocabulary = [*words, *(letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    vocabulary = list(dict.fromkeys(vocabulary))
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=False)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    details = {"do_lower_case": False, "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(details), encoding="utf-8")
    set_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = BertConfig(vocab_size=len(vocabulary), intermediate_size=64, **sizes)
    BertForPreTraining(config).save_pretrained(folder)
    # Un checkpoint de verdad trae además los pesos de otras librerías: no hay que bajarlos.
    (folder / "flax_model.msgpack").write_bytes(b"no se descarga")


def build_dataset(folder: Path) -> None:
    """Unas pocas reseñas con la forma exacta de Yelp/yelp_review_full."""
    folder.joinpath("yelp_review_full").mkdir(parents=True)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    sizes = {"n_train": N_TRAIN, "n_eval": N_TEST}
    train, _, test = load_subset(apply_parameters(sizes, detect=False))
    for split, rows in {"train": train, "test": test}.items():
        path = folder / "yelp_review_full" / f"{split}-00000-of-00001.parquet"
        rows.remove_columns(
            [n for n in rows.column_names if n not in ("text", "label")]
        ).to_parquet(path)
