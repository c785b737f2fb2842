"""Los dibujos hechos a mano: dicen la verdad sobre el modelo y se leen sin verlos."""

import base64
import re
import tomllib
import xml.etree.ElementTree as ElementTree

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from labsupport.base.errors import LabError
from labsupport.base.paths import REPO
from labsupport.report import show_picture
from labsupport.report.drawings import PICTURES
from labsupport.settings import check_parameters

NAMES = sorted(path.stem for path in PICTURES.glob("*.svg"))
SENTENCE = "The food was cold."


def read_words(name):
    root = ElementTree.fromstring((PICTURES / f"{name}.svg").read_bytes())
    return ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_of_bert_has_the_shapes_of_mini_bert():
    path = PICTURES.parents[1] / "embedded" / check_parameters({}).model_name
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForSequenceClassification.from_pretrained(path, num_labels=5).eval()
    inputs = tokenizer(SENTENCE, return_tensors="pt")
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True)
        states = output.hidden_states
        pooled = model.bert.pooler(states[-1])
    real = {"tokens": inputs["input_ids"], "embeddings": states[0]}
    real |= {f"capa {i}": state for i, state in enumerate(states) if i}
    real |= {"[CLS]": states[-1][:, 0], "pooler": pooled, "logits": output.logits}
    table = show_picture("bert", alt="Los pasos de BERT.").table
    shapes = {name: " × ".join(map(str, tensor.shape)) for name, tensor in real.items()}
    assert dict(zip(table["paso"], table["forma"], strict=True)) == shapes
    words = read_words("bert")
    assert words.count(shapes["capa 1"]) == 1 + model.config.num_hidden_layers
    assert {shapes["tokens"], shapes["pooler"], shapes["logits"], f"«{SENTENCE}»"} <= set(words)
    tokens = tokenizer.tokenize(SENTENCE, add_special_tokens=True)
    assert words[words.index("[CLS]") :][: len(tokens)] == tokens


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_needs_nothing_from_outside_and_can_be_read_on_any_background(name):
    text = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert not re.search(r"<script|<style|<image|href|url\((?!#)|font-face", text)
    root = ElementTree.fromstring(text)
    card = root.find("{http://www.w3.org/2000/svg}rect")
    assert card.get("fill") == "#FFFFFF"
    assert float(card.get("width")) + 1 == float(root.get("width"))
    assert len(root.findtext("{http://www.w3.org/2000/svg}desc")) > 60


def test_it_is_shown_with_its_text_and_its_numbers():
    picture = show_picture("bert", alt="De la frase a los «logits» & <nada más>.")
    page = picture._repr_html_()
    (encoded,) = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert base64.b64decode(encoded) == picture.svg
    assert 'alt="De la frase a los «logits» &amp; &lt;nada más&gt;."' in page
    assert "<table" in page and all(text in page for text in picture.table["qué hay"])
    assert repr(picture).startswith(picture.alt) and "1 × 7 × 128" in repr(picture)


def test_an_unknown_picture_is_refused_with_the_nearest():
    with pytest.raises(LabError, match="«bret».*¿Querías decir «bert»"):
        show_picture("bret", alt="")


def test_the_pictures_travel_with_the_package():
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
    data = project["tool"]["setuptools"]["package-data"]["labsupport.report"]
    assert NAMES and f"{PICTURES.name}/**" in data
