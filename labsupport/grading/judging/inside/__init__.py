"""Lo que corre dentro del kernel que califica, junto a la entrega y sin fiarse de ella.

- ``kernel``: ejecuta celdas y comprobaciones; ``checking`` hace una comprobación;
- ``guard`` repone lo que la entrega cambió en las librerías, que recuerda en ``holders``;
- ``comparisons`` no deja que decida a
  qué es igual, ``origin`` dice qué es suyo y ``audit`` apunta lo que mira.
"""
