"""Pre-entrena un mini-BERT del laboratorio desde cero, adivinando palabras tapadas.

Hay uno de cada idioma de las reseñas (--language; sin ella, inglés). El corpus sale del mismo
generador que las reseñas, con otras semillas, sin notas y sin ninguna frase de la parte de
evaluación. Basta una CPU; con GPU va mucho más deprisa y el resultado cambia en los últimos
decimales.
"""

import argparse
import csv
import os
import platform
import random
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# En una máquina compartida, esperar dando vueltas cuesta más que dormirse.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tokenizers import BertWordPieceTokenizer  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402
from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate_reviews import EMBEDDED, LANGUAGES, generate_unlabelled  # noqa: E402
from reviews.spanish.register import EMOJIS  # noqa: E402

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, UNK, CLS, SEP, MASK = range(5)
SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~¿¡€£°«»“”‘’–—…·ªº"
# Los que más se teclean; se añaden a los que usan las reseñas en español.
COMMON_EMOJIS = "😀😂🤣😊😍🥰😋😉😅🙄😒😡🤬😭😱🤢🤮🤔🤦🤷👍👎👏🙏💪👌🔥✨🎉❤💔💯⭐"
# Lo que se escribe pegado a otra letra sin ser puntuación: «20€», «1º», «3ª», «30°», «d´aquí».
UNITS = "€£°ºª´"
# Tildes sueltas de su letra, como las guardan algunos teclados.
LOOSE_MARKS = "\u0301\u0303\u0308"
# Lo que llevan detrás algunos emojis: que van en color, el tono de piel y el género.
EMOJI_PARTS = "\ufe0f🏻🏼🏽🏾🏿♀♂"
# Lo que une dos emojis en uno; el tokenizer lo quita.
JOINER = "\u200d"
VOCABULARY_SIZE = 4000
CUT = 256
PACKED = 512
# Primero trozos cortos: con pocas palabras delante se aprende antes a mirar a los lados.
SHORT = 24
SHORT_TOKENS = 1024
TOPIC_SIZE = 64
MUON_FACTOR = 6
WARMUP_STEPS = 50
SUMMARY_WEIGHT = 0.5
POOL_BATCHES = 40
VALIDATION_SEED = "validation"
LOG_FIELDS = ["step", "tokens", "loss", "validation_loss", "masked_accuracy", "seconds"]


@dataclass(frozen=True)
class Checkpoint:
    """Un mini-BERT: su carpeta, qué hace con las tildes y qué piezas tiene su vocabulario."""

    name: str
    # None las quita, que es lo que hace BERT al pasar a minúsculas; False las conserva.
    strip_accents: bool | None = None
    # Letras que van sueltas y en medio de una palabra: sin su pieza con ##, se pierde entera.
    extra: str = ""
    pieces: int = VOCABULARY_SIZE
    # Pasos con trozos cortos y con reseñas enteras.
    short_steps: int = 1500
    long_steps: int = 2400
    # El checkpoint incluido del que toma las capas; las palabras son siempre nuevas.
    layers_from: str = ""

    @property
    def letters(self):
        """Devuelve las piezas de una sola letra que el vocabulario tiene siempre."""
        alone, inside = SYMBOLS + self.extra, SYMBOLS[:36] + self.extra
        return list(dict.fromkeys([*alone, *("##" + letter for letter in inside)]))


CHECKPOINTS = {
    "en": Checkpoint("mini-bert"),
    "es": Checkpoint(
        "mini-bert-es",
        strip_accents=False,
        extra="".join(
            ("áéíóúüñç", UNITS, LOOSE_MARKS, COMMON_EMOJIS, EMOJI_PARTS, *EMOJIS.values())
        ).replace(JOINER, ""),
        pieces=5000,
        short_steps=300,
        long_steps=4800,
        layers_from="mini-bert",
    ),
}


def train_vocabulary(texts, checkpoint):
    """Entrena un vocabulario WordPiece y le añade todas las letras sueltas que falten."""
    tokenizer = BertWordPieceTokenizer(lowercase=True, strip_accents=checkpoint.strip_accents)
    letters = checkpoint.letters
    size = checkpoint.pieces - len(letters)
    options = {"min_frequency": 3, "special_tokens": SPECIAL, "show_progress": False}
    tokenizer.train_from_iterator(texts, vocab_size=size, limit_alphabet=200, **options)
    found = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    words = [word for word, _ in found]
    return words + [letter for letter in letters if letter not in set(words)]


def save_tokenizer(words, checkpoint, folder):
    """Guarda el tokenizer con su vocab.txt y lo devuelve."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(words) + "\n", encoding="utf-8")
    ids = {word: index for index, word in enumerate(words)}
    options = {"do_lower_case": True, "strip_accents": checkpoint.strip_accents}
    tokenizer = BertTokenizerFast(vocab=ids, model_max_length=PACKED, **options)
    tokenizer.save_pretrained(folder)
    return tokenizer


def encode_texts(tokenizer, texts):
    """Convierte textos en listas de números, sin las marcas de los extremos."""
    found = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    return [np.array(ids, dtype=np.int64) for ids in found]


def cut_document(rng, ids):
    """Recorta un documento largo por un sitio al azar y le pone las marcas."""
    room = CUT - 2
    start = rng.randrange(len(ids) - room + 1) if len(ids) > room and rng.random() < 0.5 else 0
    return np.concatenate([[CLS], ids[start : start + room], [SEP]])


def pack_documents(documents):
    """Une documentos seguidos en tiras de 512, para que se aprendan todas las posiciones."""
    stream = np.concatenate([np.append(ids, SEP) for ids in documents])
    room = PACKED - 1
    count = len(stream) // room
    return [np.append([CLS], stream[i * room : (i + 1) * room]) for i in range(count)]


def group_batches(rng, sequences, batch_tokens):
    """Agrupa secuencias de largo parecido en batches con un tope de tokens."""
    pool = max(1, POOL_BATCHES * batch_tokens // 100)
    batches = []
    for start in range(0, len(sequences), pool):
        part, batch = sorted(sequences[start : start + pool], key=len), []
        for sequence in part:
            if batch and (len(batch) + 1) * len(sequence) > batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(sequence)
        batches.append(batch)
    rng.shuffle(batches)
    return batches


def plan_epoch(rng, documents, batch_tokens, packed_share):
    """Prepara los batches de una vuelta al corpus: casi todo suelto y una parte empaquetada."""
    order = rng.sample(range(len(documents)), len(documents))
    split = int(len(order) * packed_share)
    packed = pack_documents([documents[i] for i in order[:split]]) if split else []
    loose = [cut_document(rng, documents[i]) for i in order[split:]]
    batches = group_batches(rng, loose, batch_tokens) + group_batches(rng, packed, batch_tokens)
    rng.shuffle(batches)
    return batches


def stack_batch(batch):
    """Rellena las secuencias de un batch hasta la más larga."""
    ids = np.full((len(batch), max(len(s) for s in batch)), PAD, dtype=np.int64)
    for row, sequence in enumerate(batch):
        ids[row, : len(sequence)] = sequence
    return torch.from_numpy(ids)


def mask_batch(ids, vocabulary_size, generator, rate):
    """Tapa tokens al azar (80 % máscara, 10 % otro, 10 % igual) y dice cuáles."""
    chance = torch.rand(ids.shape, generator=generator)
    chosen = (chance < rate) & (ids > MASK)
    kind = torch.rand(ids.shape, generator=generator)
    others = torch.randint(MASK + 1, vocabulary_size, ids.shape, generator=generator)
    hidden = torch.where(chosen & (kind < 0.8), torch.full_like(ids, MASK), ids)
    return torch.where(chosen & (kind > 0.9), others, hidden), chosen


def compute_logits(model, masked, chosen):
    """Devuelve lo que el modelo pone en cada hueco; solo calcula los huecos, que es más barato."""
    attention = (masked != PAD).long()
    hidden = model.bert(masked, attention_mask=attention).last_hidden_state
    return model.cls(hidden[chosen]).float()


def measure_masked_loss(model, tokenizer, texts, seed=0, rate=0.15):
    """Mide la loss y el acierto en palabras tapadas de unos textos."""
    generator = torch.Generator().manual_seed(seed)
    documents = [
        np.concatenate([[CLS], ids[: CUT - 2], [SEP]]) for ids in encode_texts(tokenizer, texts)
    ]
    device = next(model.parameters()).device
    total, right, count = 0.0, 0, 0
    model.eval()
    for batch in group_batches(random.Random(seed), documents, 8192):
        ids = stack_batch(batch)
        masked, chosen = mask_batch(ids, len(tokenizer), generator, rate)
        with torch.no_grad():
            logits = compute_logits(model, masked.to(device), chosen.to(device)).cpu()
        total += cross_entropy(logits, ids[chosen], reduction="sum").item()
        right += (logits.argmax(-1) == ids[chosen]).sum().item()
        count += int(chosen.sum())
    return total / count, right / count


def create_model(vocabulary_size, options, seed):
    """Crea el mini-BERT con pesos al azar."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=vocabulary_size,
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        intermediate_size=4 * options.hidden,
        max_position_embeddings=PACKED,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return BertForMaskedLM(config)


def place_positions(model):
    """Empieza las posiciones con senos y cosenos, que ya dicen quién está cerca de quién."""
    weights = model.bert.embeddings.position_embeddings.weight
    count, size = weights.shape
    powers = 10000 ** (torch.arange(0, size, 2) / size)
    angles = torch.arange(count)[:, None] / powers
    waves = torch.stack([angles.sin(), angles.cos()], dim=2).reshape(count, size)
    weights.data.copy_(waves * 2**0.5 * model.config.initializer_range)


def count_together(documents, vocabulary_size):
    """Cuenta, con peso tf-idf, cuánto coinciden las palabras en los mismos documentos."""
    found = [np.unique(ids) for ids in documents]
    words = torch.from_numpy(np.concatenate(found))
    texts = torch.from_numpy(np.repeat(np.arange(len(found)), [len(ids) for ids in found]))
    often = torch.bincount(words, minlength=vocabulary_size).clamp(min=1)
    weights = torch.log(len(found) / often)[words]
    norms = torch.zeros(len(found)).index_add_(0, texts, weights**2).sqrt().clamp(min=1e-6)
    shape = (vocabulary_size, len(found))
    table = torch.sparse_coo_tensor(torch.stack([words, texts]), weights / norms[texts], shape)
    return torch.sparse.mm(table, table.t()).to_dense()


def place_words(model, documents, seed):
    """Empieza las palabras cerca de las que salen en las mismas reseñas."""
    torch.manual_seed(seed)
    weights = model.bert.embeddings.word_embeddings.weight
    together = count_together(documents, weights.shape[0])
    vectors, values, _ = torch.svd_lowrank(together, q=TOPIC_SIZE, niter=4)
    topics = vectors * values.sqrt()
    weights.data[:, :TOPIC_SIZE] += topics / topics.std() * model.config.initializer_range


def borrow_layers(model, folder):
    """Toma de otro checkpoint igual de grande todo menos lo que depende de su vocabulario.

    Sus capas ya saben mirar a las palabras vecinas, que es lo que más tarda en aprenderse y no
    depende del idioma; las palabras, y lo que se dice con ellas, se aprenden desde cero.
    """
    known = load_file(folder / "model.safetensors")
    mine = model.state_dict()
    same = {name: each for name, each in known.items() if name in mine}
    kept = {name: each for name, each in same.items() if each.shape == mine[name].shape}
    model.load_state_dict(kept, strict=False)


def compute_share(step, total):
    """Dice qué parte de la velocidad toca: sube, se mantiene y baja en el último 60 %."""
    if step < WARMUP_STEPS:
        return (step + 1) / WARMUP_STEPS
    return min(1.0, max(0.02, (total - step) / (0.6 * total)))


def create_optimizers(model, peak):
    """Crea Muon para las matrices de las capas y AdamW para todo lo demás."""
    inner = [p for p in model.bert.encoder.parameters() if p.ndim == 2]
    known = {id(p) for p in inner}
    rest = [p for p in model.parameters() if id(p) not in known]
    return [
        torch.optim.Muon(inner, lr=MUON_FACTOR * peak, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(rest, lr=peak, betas=(0.9, 0.98), weight_decay=0.01),
    ]


def set_rates(optimizers, share):
    """Pone a cada optimizador la velocidad que le toca."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = optimizer.defaults["lr"] * share


def weigh_words(documents, vocabulary_size):
    """Da más peso a las palabras que salen en pocas reseñas (idf): las que dicen de qué va."""
    found = np.concatenate([np.unique(ids) for ids in documents])
    often = np.bincount(found, minlength=vocabulary_size).clip(min=1)
    return torch.from_numpy(np.log(len(documents) / often)).float().clamp(min=0)


def compute_losses(model, masked, chosen, targets, weights):
    """Devuelve la loss de las palabras tapadas, vistas desde su hueco y desde [CLS].

    Desde [CLS] se adivinan las mismas palabras sin saber dónde estaban: así ese hueco aprende a
    resumir la reseña, como en los modelos de bolsa de palabras. Sin esto, adivinar palabras no
    usa [CLS] para nada y el clasificador, que sale de él, empezaría de cero.
    """
    attention = (masked != PAD).long()
    hidden = model.bert(masked, attention_mask=attention).last_hidden_state
    words = cross_entropy(model.cls(hidden[chosen]).float(), targets)
    review = model.cls(hidden[:, 0]).float().log_softmax(-1)
    rows = chosen.nonzero()[:, 0]
    share = weights[targets]
    return words, -(review[rows, targets] * share).sum() / share.sum()


def train_step(model, optimizers, ids, generator, mask_rate, weights):
    """Da un paso de aprendizaje y devuelve la loss de las palabras tapadas."""
    device = next(model.parameters()).device
    masked, chosen = mask_batch(ids, model.config.vocab_size, generator, mask_rate)
    targets = ids[chosen].to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        inputs = masked.to(device), chosen.to(device)
        loss, summary = compute_losses(model, *inputs, targets, weights.to(device))
    (loss + SUMMARY_WEIGHT * summary).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    return loss.detach()


def split_pieces(documents):
    """Parte los documentos en trozos cortos."""
    cuts = (ids[i : i + SHORT] for ids in documents for i in range(0, len(ids), SHORT))
    return [np.concatenate([[CLS], piece, [SEP]]) for piece in cuts if len(piece) >= 8]


def plan_short(rng, documents, steps):
    """Prepara los batches de trozos cortos de la primera fase."""
    batches = []
    while len(batches) < steps:
        pieces = split_pieces(rng.sample(documents, len(documents)))
        rng.shuffle(pieces)
        batches += group_batches(rng, pieces[: 60 * steps], SHORT_TOKENS)
    return batches[:steps]


def plan_long(rng, documents, options):
    """Prepara los batches de reseñas enteras de la segunda fase."""
    batches = []
    while len(batches) < options.long_steps:
        batches += plan_epoch(rng, documents, options.batch_tokens, options.packed_share)
    return batches[: options.long_steps]


def plan_batches(documents, options):
    """Prepara todos los batches, para saber de antemano cuántos pasos hay."""
    rng = random.Random(f"batches/{options.seed}")
    return plan_short(rng, documents, options.short_steps) + plan_long(rng, documents, options)


def report_step(log, row):
    """Apunta una fila en el registro y la enseña."""
    log.append(row)
    print("  ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row), flush=True)


def pretrain(model, tokenizer, documents, validation, options):
    """Pre-entrena el modelo y devuelve las filas del registro."""
    generator = torch.Generator().manual_seed(options.seed)
    optimizers = create_optimizers(model, options.learning_rate)
    weights = weigh_words(documents, len(tokenizer))
    batches = plan_batches(documents, options)
    every = max(1, len(batches) // 30)
    log, recent, tokens, start = [], [], 0, time.perf_counter()
    for step, batch in enumerate(batches, 1):
        set_rates(optimizers, compute_share(step - 1, len(batches)))
        model.train()
        ids = stack_batch(batch)
        tokens += int((ids != PAD).sum())
        recent.append(train_step(model, optimizers, ids, generator, options.mask_rate, weights))
        if step % every == 0 or step == len(batches):
            loss = torch.stack(recent).mean().item()
            found = measure_masked_loss(model, tokenizer, validation)
            report_step(log, [step, tokens, loss, *found, time.perf_counter() - start])
            recent = []
    return log


def save_model(model, folder, seed):
    """Guarda el checkpoint en fp32, con una capa pooler nueva al azar."""
    model.config.hidden_dropout_prob = 0.1
    model.config.attention_probs_dropout_prob = 0.1
    model.float().cpu().save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    size = model.config.hidden_size
    generator = torch.Generator().manual_seed(seed)
    # BertForMaskedLM no tiene pooler y otras librerías lo piden al cargar: uno ortogonal, que
    # reparte de otra manera lo que dice [CLS] sin perder nada.
    square = torch.randn(size, size, generator=generator)
    weights["bert.pooler.dense.weight"] = torch.linalg.qr(square).Q.contiguous()
    weights["bert.pooler.dense.bias"] = torch.zeros(size)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def write_log(log, path):
    """Escribe el registro del pre-entrenamiento."""
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(LOG_FIELDS)
        for row in log:
            writer.writerow([f"{v:.4f}" if isinstance(v, float) else v for v in row])


def draw_curve(log, path):
    """Dibuja la loss de entrenamiento y la de validación."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
    millions = [row[1] / 1e6 for row in log]
    axes.plot(millions, [row[2] for row in log], label="entrenamiento")
    axes.plot(millions, [row[3] for row in log], label="validación")
    axes.set(xlabel="millones de tokens leídos", ylabel="loss en palabras tapadas")
    axes.legend()
    figure.savefig(path, dpi=90, metadata={"Software": None})


def replace_folder(temporary, folder):
    """Pone los archivos nuevos en su carpeta, uno a uno y sin dejar ninguno a medias."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(temporary.iterdir()):
        os.replace(path, folder / path.name)
    shutil.rmtree(temporary)


def read_options(arguments=None):
    """Lee la línea de órdenes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=40000, help="reseñas del corpus")
    parser.add_argument("--scratch", action="store_true", help="con todas las capas al azar")
    parser.add_argument("--short-steps", type=int, help="pasos con trozos cortos")
    parser.add_argument("--long-steps", type=int, help="pasos con reseñas enteras")
    parser.add_argument("--batch-tokens", type=int, default=2048, help="tokens por batch largo")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="velocidad máxima")
    parser.add_argument("--mask-rate", type=float, default=0.2, help="parte de palabras tapadas")
    parser.add_argument("--packed-share", type=float, default=0.06, help="parte en tiras de 512")
    parser.add_argument("--hidden", type=int, default=128, help="ancho del modelo")
    parser.add_argument("--layers", type=int, default=4, help="capas")
    parser.add_argument("--heads", type=int, default=2, help="cabezas de atención")
    parser.add_argument("--seed", type=int, default=42, help="semilla")
    parser.add_argument("--threads", type=int, default=2, help="hilos de CPU")
    parser.add_argument("--language", choices=CHECKPOINTS, default="en", help="en qué idioma")
    parser.add_argument("--output", type=Path, help="carpeta de salida; si no, la del laboratorio")
    options = parser.parse_args(arguments)
    checkpoint = CHECKPOINTS[options.language]
    options.output = options.output or EMBEDDED / checkpoint.name
    for name in ("short_steps", "long_steps"):
        if getattr(options, name) is None:
            setattr(options, name, getattr(checkpoint, name))
    return options


def main(arguments=None):
    """Genera el corpus, entrena el vocabulario y el modelo, y lo guarda todo."""
    options = read_options(arguments)
    torch.set_num_threads(options.threads)
    # Las probabilidades casi nulas de la atención son números tan pequeños que frenan la CPU.
    torch.set_flush_denormal(True)
    language, checkpoint = LANGUAGES[options.language], CHECKPOINTS[options.language]
    texts = generate_unlabelled(language, options.seed, options.documents)
    validation = generate_unlabelled(language, VALIDATION_SEED, 120)
    temporary = options.output.with_name(options.output.name + f".tmp-{os.getpid()}")
    words = train_vocabulary(texts[:20000], checkpoint)
    tokenizer = save_tokenizer(words, checkpoint, temporary)
    documents = encode_texts(tokenizer, texts)
    model = create_model(len(tokenizer), options, options.seed)
    place_positions(model)
    if checkpoint.layers_from and not options.scratch:
        borrow_layers(model, EMBEDDED / checkpoint.layers_from)
    place_words(model, documents[:12000], options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    size, total = sum(p.numel() for p in model.parameters()), sum(map(len, documents))
    print(f"{size} parámetros, {len(tokenizer)} piezas, {total} tokens, {device}", flush=True)
    log = pretrain(model.to(device), tokenizer, documents, validation, options)
    save_model(model, temporary, options.seed)
    write_log(log, temporary / "pretraining_log.csv")
    draw_curve(log, temporary / "pretraining_loss.png")
    replace_folder(temporary, options.output)
    print(f"Guardado en {options.output.name} con {platform.machine()}, torch {torch.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
