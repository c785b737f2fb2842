"""Comprueba que los números de una ejecución que cita la prosa siguen siendo los de sus salidas.

Detrás de cada uno va un comentario que nombra la celda de que sale: ``llega a 0,54<!--=medir-->``;
entre el número y el comentario solo puede haber `` %`` o ``**``. Si la celda es de otro cuaderno
se escribe ``<!--=02_trainer/medir-->``. Vale si algún número de las salidas guardadas de esa celda
redondea al citado con sus decimales; con ``%`` o «puntos» detrás, también cien veces ese número.

Sin opciones enseña cada cita de los cuadernos y del README con el número que hay ahora, y acaba
con 1 si alguna no vale: es lo que hay que corregir después de ``make notebooks``.
"""

import argparse
import html
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO))

from labsupport.base.tables import format_table  # noqa: E402

NOTEBOOKS = REPO / "notebooks"
README = REPO / "README.md"

MINUS = "-\N{MINUS SIGN}"
NUMBER = rf"(?:(?<![\w.,/)])[{MINUS}])?(?<![\w.,/])(?:\d{{1,3}}(?:\.\d{{3}})+|\d+)(?:,\d+)?"
COMMENT = "<!--="
MARK = re.compile(
    rf"(?P<number>{NUMBER})(?P<between>[ \u00a0]?%)?\*{{0,2}}(?P<percent>[ \u00a0]?%)?"
    r"<!--=(?:(?P<notebook>\w+)/)?(?P<cell>[\w-]+)-->(?P<points>\*{0,2} puntos?\b)?"
)
# Tres decimales en la prosa casi siempre son de una ejecución: sin cita, nadie los comprueba.
THREE_DECIMALS = re.compile(r"(?<![\w.,])\d+,\d{3}(?!\d|,\d)")
ANY_COMMENT = re.compile(r"<!--.*?(?:-->|$)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
# En las salidas el punto es decimal si las escribió Python, y de millares si las escribió el lab.
START = rf"(?<![\w.])(?<!\d,)[{MINUS}]?"
AS_PYTHON = re.compile(rf"{START}\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
WITH_THOUSANDS = re.compile(rf"{START}[1-9]\d{{0,2}}(?:[.,\u00a0]\d{{3}})+(?!\d)")
AS_SPANISH = re.compile(rf"{START}(?:\d{{1,3}}(?:\.\d{{3}})+|\d+),\d+")
TAGS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL)
READABLE = ("text/plain", "text/markdown", "text/html")


@dataclass
class Quote:
    """Un número citado: dónde está, cómo se escribió y de qué celda dice salir."""

    place: str
    sentence: str
    written: str
    source: str
    value: float
    decimals: int
    is_share: bool

    def matches(self, number):
        """Dice si un número de las salidas redondea a este.

        >>> Quote("", "", "0,54", "a", 0.54, 2, False).matches(0.537)
        True
        >>> Quote("", "", "54 %", "a", 54.0, 0, True).matches(0.537)
        True
        """
        return self.measure_distance(number) <= 0.5 * 10**-self.decimals + 1e-9

    def measure_distance(self, number):
        """Devuelve a cuánto está el número citado, en sus unidades."""
        scales = (1, 100) if self.is_share else (1,)
        return min(abs(number * scale - self.value) for scale in scales)


@dataclass
class Finding:
    """Una cita y lo que hay ahora en su celda; ``fault`` está vacío si vale."""

    quote: Quote
    now: str
    fault: str


def read_spanish(text):
    """Devuelve el valor y los decimales de un número escrito a la española.

    >>> read_spanish("1.234,50"), read_spanish("\N{MINUS SIGN}0,3"), read_spanish("1.000")
    ((1234.5, 2), (-0.3, 1), (1000.0, 0))
    """
    plain = text.replace("\N{MINUS SIGN}", "-").replace(".", "").replace(",", ".")
    return float(plain), len(plain.partition(".")[2])


def find_quotes(place, text):
    """Devuelve las citas de un texto y los comentarios que no siguen a ningún número.

    >>> quotes, loose = find_quotes("x", "sube **6,8 %**<!--=a--> y nada<!--=b-->")
    >>> [(quote.written, quote.source, quote.is_share) for quote in quotes], loose
    ([('6,8 %', 'a', True)], ['y nada<!--=b-->'])
    """
    text = CODE.sub("``", text)
    quotes, ends = [], set()
    for mark in MARK.finditer(text):
        value, decimals = read_spanish(mark["number"])
        percent = mark["between"] or mark["percent"] or ""
        source = f"{mark['notebook']}/{mark['cell']}" if mark["notebook"] else mark["cell"]
        around = text[max(0, mark.start() - 60) : mark.end("number")], text[mark.end() :][:20]
        sentence = " ".join(ANY_COMMENT.sub("", "…".join(around)).split())
        share = bool(percent or mark["points"])
        written = mark["number"] + percent
        quotes.append(Quote(place, sentence, written, source, value, decimals, share))
        ends.add(text.index("-->", mark.end("number")))
    comments = re.finditer(rf"\S* ?\S*{COMMENT}[^>]*-->", text)
    return quotes, [each[0] for each in comments if each.end() - len("-->") not in ends]


def find_unmarked(text):
    """Devuelve los números con tres decimales que no llevan cita; en el código no se mira.

    >>> find_unmarked("0,537<!--=a-->, 0,540 y `0,001`, con 1.000 reseñas")
    ['0,540']
    """
    prose = CODE.sub("", text)
    marked = {mark.start("number") for mark in MARK.finditer(prose)}
    return [each[0] for each in THREE_DECIMALS.finditer(prose) if each.start() not in marked]


def read_outputs(cell):
    """Devuelve el texto que enseñan las salidas guardadas de una celda, sin etiquetas."""
    texts = []
    for output in cell.get("outputs", []):
        texts.append(output.get("text", ""))
        data = output.get("data", {})
        texts += [data[kind] for kind in READABLE if kind in data]
    joined = "\n".join("".join(text) for text in texts)
    return html.unescape(TAGS.sub(" ", joined))


def list_numbers(text):
    """Devuelve los números de un texto, leídos de todas las maneras en que pueden estar escritos.

    >>> sorted(list_numbers("accuracy 0.537 (de 0,5 a 6e-01) con 2.000"))
    [0.0, 0.5, 0.537, 0.6, 2.0, 2000.0]
    """
    text = text.replace("\N{MINUS SIGN}", "-")
    found = {float(each[0]) for each in AS_PYTHON.finditer(text)}
    whole = (re.sub(r"[.,\u00a0]", "", each[0]) for each in WITH_THOUSANDS.finditer(text))
    return (
        found
        | set(map(float, whole))
        | {read_spanish(each[0])[0] for each in AS_SPANISH.finditer(text)}
    )


def check_quote(quote, notebooks, own):
    """Compara una cita con las salidas de su celda; ``own``: el cuaderno en que está escrita.

    ``notebooks``: de cada cuaderno a sus celdas de código por su id.
    """
    name, _, cell_id = quote.source.rpartition("/")
    cell = notebooks.get(name or own, {}).get(cell_id)
    if cell is None:
        return Finding(quote, "", "no existe la celda")
    numbers = list_numbers(read_outputs(cell))
    if not numbers:
        return Finding(quote, "", "la celda no enseña ningún número")
    nearest = min(numbers, key=quote.measure_distance)
    fault = "" if quote.matches(nearest) else "no está en la celda"
    return Finding(quote, f"{nearest:.6g}", fault)


def read_cells(path):
    """Devuelve las celdas de un cuaderno guardado."""
    return nbformat.read(path, as_version=4).cells


def index_code(paths):
    """Devuelve, de cada cuaderno, sus celdas de código por su id."""
    return {
        path.stem: {cell.id: cell for cell in read_cells(path) if cell.cell_type == "code"}
        for path in paths
    }


def list_texts(paths):
    """Recorre la prosa: de cada texto, su documento, su sitio y lo que dice."""
    for path in paths:
        if path.suffix != ".ipynb":
            yield path.stem, path.name, path.read_text(encoding="utf-8")
            continue
        for cell in read_cells(path):
            if cell.cell_type == "markdown":
                yield path.stem, f"{path.stem}/{cell.id}", cell.source


def check_documents(paths, notebooks=None):
    """Devuelve cada cita de unos documentos, comparada, y los comentarios sueltos de cada sitio."""
    notebooks = index_code(sorted(NOTEBOOKS.glob("*.ipynb"))) if notebooks is None else notebooks
    findings, loose = [], []
    for own, place, text in list_texts(paths):
        quotes, strays = find_quotes(place, text)
        findings += [check_quote(quote, notebooks, own) for quote in quotes]
        loose += [f"{place}: «{stray}» no sigue a ningún número" for stray in strays]
    return findings, loose


def main(arguments=None):
    """Enseña las citas y devuelve 1 si alguna no vale."""
    sys.stdout.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(
        description="Compara los números que cita la prosa con las salidas guardadas."
    )
    parser.add_argument("documents", nargs="*", type=Path, help="por omisión, cuadernos y README")
    parser.add_argument("--faults", action="store_true", help="solo las citas que no valen")
    options = parser.parse_args(arguments)
    documents = options.documents or [*sorted(NOTEBOOKS.glob("*.ipynb")), README]
    findings, loose = check_documents(documents)
    shown = [each for each in findings if each.fault or not options.faults]
    if shown:
        print(format_table(["sitio", "dice", "celda", "hay", "", "frase"], map(describe, shown)))
    print("\n".join(loose))
    faults = sum(bool(each.fault) for each in findings) + len(loose)
    print(f"{len(findings)} citas, {faults} por corregir.")
    return 1 if faults else 0


def describe(finding):
    """Devuelve la línea de la tabla de una cita."""
    quote = finding.quote
    return [
        quote.place,
        quote.written,
        quote.source,
        finding.now,
        finding.fault or "bien",
        quote.sentence,
    ]


if __name__ == "__main__":
    sys.exit(main())
