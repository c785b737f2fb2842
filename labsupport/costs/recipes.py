"""Recetas de entrenamiento que cuestan distinto: de la original del tutorial a la más barata.

Cada una cambia una sola cosa de otra, y se escribe con ``dataclasses.replace``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from labsupport.base.errors import LabError

# Qué lee quien entrena solo el head: lo mismo que él o la media de todos los tokens.
POOLINGS = ("head", "mean")
# Con menos pesos que entrenar, cada uno puede dar pasos más largos: cuatro veces, según lo medido.
FASTER = 4.0


@dataclass(frozen=True)
class Recipe:
    """Cómo se entrena: lo que no es ni el modelo ni los datos.

    ``padded``: hasta ``max_length`` y no hasta el más largo del batch; ``grouped``: batches de
    largo parecido; ``precision``: ``"fp32"`` o ``"bf16"``; ``frozen``: cuántas capas de abajo no
    se entrenan; ``kept``: lo que calculan se guarda; ``lora``: se entrena un adaptador;
    ``head_only``: ``"head"`` o ``"mean"``, lo que lee una regresión logística;
    ``attention_dropout``: si la atención lo lleva; ``first_only``: la última capa calcula solo el
    token que se lee; ``rate``: por cuánto se multiplica el learning rate; ``evaluations``: cuántas
    veces se mide la validación, o None si una por época.
    """

    max_length: int
    padded: bool = False
    grouped: bool = True
    precision: str = "fp32"
    frozen: int = 0
    kept: bool = False
    lora: bool = False
    head_only: str = ""
    attention_dropout: bool = True
    first_only: bool = False
    rate: float = 1.0
    evaluations: int | None = None

    def __post_init__(self) -> None:
        if self.precision not in ("fp32", "bf16"):
            raise LabError(f"La precisión «{self.precision}» no existe: elige «fp32» o «bf16».")
        if self.head_only not in ("", *POOLINGS):
            raise LabError(
                f"«head_only» no puede ser «{self.head_only}»: elige {' o '.join(POOLINGS)}."
            )
        if self.kept and not self.frozen:
            raise LabError("Sin capas congeladas no hay nada que guardar: da `frozen`, 1 o más.")
        if self.rate <= 0:
            raise LabError(f"El learning rate no se puede multiplicar por {self.rate}.")


def list_recipes(
    max_length: int,
    n_layers: int,
    precision: str = "fp32",
    bf16: bool = False,
    first_only: bool = False,
    short: int | None = None,
) -> dict[str, Recipe]:
    """Devuelve las recetas que se comparan, por nombre, de la original hacia abajo.

    ``n_layers``: las del modelo, 0 si no se pueden congelar unas sí y otras no; ``precision``: la
    de las recetas de abajo; ``bf16``: si se mide la fila de bf16; ``first_only``: si el modelo
    admite ese atajo; ``short``: los tokens a que cortan las de abajo, o None para la mitad.

    >>> list(list_recipes(512, 6))[:3]
    ['original', 'padding al batch', 'largos parecidos']
    >>> list_recipes(512, 6)["mitad de arriba, guardada"].frozen
    3
    """
    half = short or max_length // 2
    quarter = half // 2
    original = Recipe(max_length, padded=True, grouped=False)
    batch = replace(original, padded=False)
    grouped = replace(batch, grouped=True)
    found = {"original": original, "padding al batch": batch, "largos parecidos": grouped}
    if bf16:
        found["y bf16"] = replace(grouped, precision="bf16")
    base = replace(grouped, precision=precision)
    if n_layers:
        base = replace(base, attention_dropout=False)
        found["y atención sin dropout"] = base
    found[f"y {half} tokens"] = cut = replace(base, max_length=half)
    found[f"y {quarter} tokens"] = replace(base, max_length=quarter)
    if n_layers > 1:
        found |= _list_upper(cut, n_layers, first_only)
    found["LoRA"] = replace(cut, lora=True, rate=FASTER)
    found["solo el head"] = replace(cut, head_only="head", evaluations=1)
    found["solo el head, con la media"] = replace(cut, head_only="mean", evaluations=1)
    return found


def _list_upper(short: Recipe, n_layers: int, first_only: bool) -> dict[str, Recipe]:
    upper = replace(short, frozen=n_layers // 2)
    kept = replace(upper, kept=True)
    faster = replace(kept, rate=FASTER)
    found = {
        "mitad de arriba": upper,
        "mitad de arriba, guardada": kept,
        "y learning rate × 4": faster,
    }
    if first_only:
        found["y última capa solo para [CLS]"] = faster = replace(faster, first_only=True)
    if (fewer := n_layers * 2 // 3) > faster.frozen:
        found["tercio de arriba, guardado, × 4"] = replace(faster, frozen=fewer)
    found["y una sola evaluación"] = replace(faster, evaluations=1)
    if n_layers > 3:
        found["tres cuartos de arriba, guardados"] = replace(faster, frozen=n_layers // 4, rate=1.0)
    return found
