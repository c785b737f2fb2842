"""Archivos pequeños como los que trae la gente y lo que debe salir de cada uno.

Un ``Case`` tiene un nombre de archivo, lo que lleva dentro (texto, bytes, una carpeta como dict, o
una función que lo escribe) y lo esperado: las filas (texto, clase) en su orden, o un trozo de la
frase con que se rechaza. ``aside``: cuántas filas se apartan, contadas.
"""

from __future__ import annotations

import bz2
import datetime
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Value
from tiny_sheets import SheetError, write_ods, write_xls, write_xlsx

Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Case:
    """``why``: qué cuenta, en una frase; da nombre a la prueba."""

    why: str
    name: str
    content: str | bytes | dict[str, Any] | Callable[[Path], Any]
    rows: Rows | None = None
    says: str | None = None
    aside: int = 0
    notes: str = ""
    classes: list[str] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Escribe el caso en una carpeta y devuelve su ruta."""
        path = folder / self.name
        write_content(path, self.content)
        return path


def write_content(path: Path, content: Any) -> None:
    """Escribe un texto (UTF-8), unos bytes, una carpeta o lo que haga una función."""
    if isinstance(content, dict):
        path.mkdir()
        for name, inner in content.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            write_content(path / name, inner)
    elif callable(content):
        content(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def ask(text: str, label: str, **others: Any) -> dict[str, Any]:
    """Las columnas que pide la persona."""
    return {"text_column": text, "label_column": label, **others}


def zipped(**files: str | bytes) -> bytes:
    """Un zip con esos archivos; en los nombres, «__» es «.»."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def lines(*rows: Any) -> str:
    return "".join(dump(row) + "\n" for row in rows)


# Lo que se repite: tres opiniones y sus clases.
USUAL: Rows = [("Llegó tarde y frío", "mala"), ("Muy rico", "buena"), ("Ni fu ni fa", "regular")]
NUMBERS: Rows = [("Llegó tarde y frío", "1"), ("Muy rico", "5"), ("Ni fu ni fa", "3")]
PLAIN = "texto,etiqueta\n" + "".join(f"{text},{label}\n" for text, label in USUAL)


def semicolons(rows: Rows = USUAL, header: str = "texto;etiqueta", end: str = "\n") -> str:
    return header + end + "".join(f"{text};{label}{end}" for text, label in rows)


def labelled(*labels: str) -> str:
    """Un csv con una opinión por etiqueta, todas distintas."""
    return "texto,etiqueta\n" + "".join(f"Opinión {i},{label}\n" for i, label in enumerate(labels))


def kept(*labels: str) -> Rows:
    return [(f"Opinión {i}", label) for i, label in enumerate(labels)]


def many(count: int, *labels: str) -> Rows:
    return [(f"Opinión {i}", labels[i % len(labels)]) for i in range(count)]


SEPARATORS = [
    Case("comas", "a.csv", PLAIN, USUAL),
    Case("punto y coma", "a.csv", semicolons(), USUAL),
    Case("tabuladores en un txt", "a.txt", semicolons().replace(";", "\t"), USUAL),
    Case("barras", "a.csv", semicolons().replace(";", "|"), USUAL),
    Case("un separador raro", "a.csv", semicolons().replace(";", "^"), USUAL),
    Case("línea sep=", "a.csv", "sep=;\r\n" + semicolons(end="\r\n"), USUAL),
    Case("línea sep= con BOM", "a.csv", "\ufeffSEP=;\n" + semicolons(), USUAL),
    Case(
        "coma en la pregunta",
        "a.csv",
        "¿Qué mejorarías, y por qué?;nota\nNada;5\nTodo;1\n",
        [("Nada", "5"), ("Todo", "1")],
    ),
    Case(
        "comas en los textos y punto y coma de separador",
        "a.csv",
        "opinion;nota\nRico, pero caro;2\nBonito, grande, limpio;5\nBien;4\n",
        [("Rico, pero caro", "2"), ("Bonito, grande, limpio", "5"), ("Bien", "4")],
    ),
    Case(
        "separador al final de las filas y no de la cabecera",
        "a.csv",
        "texto;sentimiento;nota\nRico;pos;5;\nFrío;neg;1;\nBien;pos;4;\n",
        [("Rico", "pos"), ("Frío", "neg"), ("Bien", "pos")],
        options=ask("texto", "sentimiento"),
    ),
    Case(
        "punto y coma de Excel sobrantes en todas las filas",
        "a.csv",
        "texto;clase;;;\nRico;a;;;\nFrío;b;;;\n;;;;\n;;;;\n",
        [("Rico", "a"), ("Frío", "b")],
    ),
    Case(
        "una coma sin comillas en la primera fila de muchas",
        "a.csv",
        "texto,etiqueta\nRico, pero caro,mala\nBien,buena\nMal,mala\nBueno,buena\n",
        [("Bien", "buena"), ("Mal", "mala"), ("Bueno", "buena")],
        aside=1,
    ),
    Case(
        "casi todos los textos con comas sin comillas",
        "a.csv",
        "texto,etiqueta\nRico, pero caro,mala\nBonito, muy bonito,buena\nFrío, sí,mala\n",
        says="más campos que la cabecera",
    ),
    Case(
        "una fila con un campo de menos",
        "a.csv",
        "texto;etiqueta\nRico;buena\nFrío\nMal;mala\nBien;buena\n",
        [("Rico", "buena"), ("Mal", "mala"), ("Bien", "buena")],
        aside=1,
    ),
    Case(
        "coma decimal en otra columna",
        "a.csv",
        "comentario;media;clase\nRico;4,5;a\nFrío;1,25;b\n",
        [("Rico", "a"), ("Frío", "b")],
    ),
    Case(
        "direcciones con separadores en tuits",
        "a.csv",
        'tuit,sentimiento\n"mira https://t.co/a?x=1,2;3|4 😀",P\n"otra\nlínea #ñ, 😡",N\nok,NEU\n',
        [
            ("mira https://t.co/a?x=1,2;3|4 😀", "P"),
            ("otra\nlínea #ñ, 😡", "N"),
            ("ok", "NEU"),
        ],
    ),
    Case(
        "sep= de otra vez que se guardó",
        "a.csv",
        "sep=,\ntexto;etiqueta\nRico;a\nFrío;b\n",
        [("Rico", "a"), ("Frío", "b")],
    ),
    Case(
        "filas enteras entre comillas, de abrir un csv en Excel y guardarlo",
        "a.csv",
        '"texto,etiqueta"\n"Rico,a"\n"Frío,b"\n',
        says="cada fila va entera entre comillas",
    ),
    Case(
        "dos separadores encajan y no hay cabecera",
        "a.csv",
        "uno\tdos\tsi, no;3\nuno\ttres\tsi, no;4\n",
        says="No sé si las columnas",
        options={"header": False},
    ),
    Case(
        "un retorno suelto en un texto, de pandas en Linux",
        "a.csv",
        "texto,etiqueta\nuno\rdos,a\nFrío,b\nBien\r\r\r,a\n",
        [("uno\rdos", "a"), ("Frío", "b"), ("Bien\r\r\r", "a")],
    ),
    Case(
        "el final de MS-DOS",
        "a.csv",
        "texto,etiqueta\nRico,a\nFrío,b\n\x1a",
        [("Rico", "a"), ("Frío", "b")],
        aside=1,
    ),
    Case(
        "títulos encima de la tabla",
        "a.csv",
        "Encuesta;;;\nCurso 2024;;;\n;;;\nfecha;texto;clase;\n1/5/2024;Rico;a;\n2/5/2024;No;b;\n",
        [("Rico", "a"), ("No", "b")],
        aside=2,
    ),
    Case(
        "saltos de línea sin comillas: media opinión no es una opinión",
        "a.csv",
        "texto;clase\nEstaba frío\ny además caro;mala\nMuy rico;buena\nNo;mala\nBien;buena\n",
        [("Muy rico", "buena"), ("No", "mala"), ("Bien", "buena")],
        aside=2,
    ),
    Case(
        "saltos de línea sin comillas en la última columna",
        "a.csv",
        "clase;texto\nmala;Estaba frío\ny además caro\nbuena;Muy rico\nmala;No\nbuena;Bien\n",
        [("Muy rico", "buena"), ("No", "mala"), ("Bien", "buena")],
        aside=2,
    ),
    Case(
        "saltos de línea con barra, como los de MySQL",
        "a.tsv",
        "texto\tclase\nEstaba frío\\\ny caro\tmala\nMuy rico\tbuena\nNo\tmala\n",
        [("Muy rico", "buena"), ("No", "mala")],
        aside=2,
    ),
    Case("una sola columna", "a.csv", "texto\nRico\nFrío\n", says="una sola columna"),
    Case(
        "líneas en blanco y de espacios",
        "a.csv",
        "\n\ntexto,etiqueta\n\nRico,buena\n   \nFrío,mala\n\n\n",
        [("Rico", "buena"), ("Frío", "mala")],
    ),
    Case(
        "fin de línea mezclado",
        "a.csv",
        "texto,etiqueta\r\nRico,buena\nFrío,mala\r\n",
        [("Rico", "buena"), ("Frío", "mala")],
    ),
    Case("fin de línea de los Mac antiguos", "a.csv", semicolons(end="\r"), USUAL),
    Case("sin fin de línea al final", "a.csv", PLAIN.rstrip("\n"), USUAL),
]

QUOTES = [
    Case(
        "comillas dobladas, comas y saltos dentro",
        "a.csv",
        'texto,etiqueta\n"Dijo ""hola"", y\r\nse fue\n\nlejos",mala\nBien,buena\n',
        [('Dijo "hola", y\r\nse fue\n\nlejos', "mala"), ("Bien", "buena")],
    ),
    Case(
        "espacio tras la comilla",
        "a.csv",
        'texto,etiqueta\nRico,buena\nBien,"buena" \n"Frío" ,mala\n',
        [("Rico", "buena"), ("Bien", "buena"), ("Frío", "mala")],
    ),
    Case(
        "espacio tras la coma y antes de la comilla",
        "a.csv",
        'texto, etiqueta\n"Rico, sí", "buena"\n"Frío", "mala"\n',
        [("Rico, sí", "buena"), ("Frío", "mala")],
    ),
    Case(
        "comillas sueltas en un tsv",
        "a.tsv",
        'texto\tclase\n"Hola\ta\nBien\tb\nMal\ta\n"Adiós\tb\nRico\ta\n',
        [('"Hola', "a"), ("Bien", "b"), ("Mal", "a"), ('"Adiós', "b"), ("Rico", "a")],
        notes="comillas",
    ),
    Case(
        "comillas que abren una fila y cierran otra: no se sabe qué es texto",
        "a.csv",
        'texto,etiqueta\n"Hola,pos\nBien,neg\nMal",pos\nRico,pos\nFrío,neg\nFeo,neg\nOk,pos\n',
        [("Rico", "pos"), ("Frío", "neg"), ("Feo", "neg"), ("Ok", "pos")],
        aside=3,
    ),
    Case(
        "comillas que se abren y no se cierran, al final",
        "a.csv",
        'texto,etiqueta\n"Rico, sí",pos\n"Feo, no",neg\n"Ya, bien",pos\n"A medias, y\nqueda, esto',
        [("Rico, sí", "pos"), ("Feo, no", "neg"), ("Ya, bien", "pos")],
        aside=2,
    ),
    Case(
        "comillas con barra, como las de MySQL",
        "a.csv",
        'texto,etiqueta\n"Dijo \\"hola\\", y se fue",mala\n"Bien, sí",buena\n"Es \\"eso\\"",mala\n',
        [('Dijo "hola", y se fue', "mala"), ("Bien, sí", "buena"), ('Es "eso"', "mala")],
        notes="barra",
    ),
    Case(
        "una barra antes de la comilla que cierra",
        "a.csv",
        'texto,etiqueta\n"En C:\\datos\\",mala\n"Bien, sí",buena\n',
        [("En C:\\datos\\", "mala"), ("Bien, sí", "buena")],
    ),
    Case(
        "pulgadas y apodos: comillas en medio",
        "a.csv",
        'texto;clase\nTele de 15";a\nEl "jefe" mandó;b\n',
        [('Tele de 15"', "a"), ('El "jefe" mandó', "b")],
    ),
    Case(
        "cabecera con saltos de línea entre comillas",
        "a.csv",
        '"texto\n(obligatorio)";"nota\n1 a 5"\nRico;5\nFrío;1\n',
        [("Rico", "5"), ("Frío", "1")],
    ),
    Case(
        "textos de varias líneas con el separador en cada una",
        "a.csv",
        'reseña;valor\n"Lo bueno; lo malo\nuno; dos\ntres; cuatro";pos\n"a; b\nc; d\ne; f";neg\n',
        [("Lo bueno; lo malo\nuno; dos\ntres; cuatro", "pos"), ("a; b\nc; d\ne; f", "neg")],
    ),
    Case(
        "un texto de un millón de letras",
        "a.csv",
        'texto,etiqueta\n"' + "muy, " * 200_000 + '",larga\nRico,corta\n',
        [("muy, " * 200_000, "larga"), ("Rico", "corta")],
    ),
    Case(
        "la cabecera abre comillas y no las cierra",
        "a.csv",
        'texto,"etiqueta\nRico,a\nFrío,b\n"Ya, sí",b\n"Sí, ya",b\n',
        says="abre unas comillas que no cierra",
    ),
    Case(
        "todo entre comillas simples no son comillas",
        "a.csv",
        "texto,etiqueta\n'Rico','a'\n'Frío','b'\n",
        [("'Rico'", "'a'"), ("'Frío'", "'b'")],
    ),
]

ENCODINGS = [
    Case(f"en {codec}", "a.csv", semicolons().encode(codec), USUAL)
    for codec in ("utf-8-sig", "utf-16", "cp1252", "latin-1", "mac_roman", "cp850", "utf-32")
] + [
    Case("UTF-16 sin marca", "a.csv", semicolons().encode("utf-16-le"), USUAL),
    Case("UTF-16 al revés y sin marca", "a.txt", semicolons().encode("utf-16-be"), USUAL),
    Case(
        "«Texto Unicode» de Excel",
        "a.txt",
        semicolons(end="\r\n").replace(";", "\t").encode("utf-16"),
        USUAL,
    ),
    Case(
        "cp1252 con comillas curvas, rayas y euros",
        "a.csv",
        "texto;nota\n“Qué caro” — 30 €…;1\n¿Y el niño? ¡Bien!;5\n".encode("cp1252"),
        [("“Qué caro” — 30 €…", "1"), ("¿Y el niño? ¡Bien!", "5")],
    ),
    Case(
        "un byte malo en un UTF-8",
        "a.csv",
        b"texto,etiqueta\nLleg\xc3\xb3 tarde,mala\nRico \xff,buena\nBien,buena\n",
        [("Llegó tarde", "mala"), ("Bien", "buena")],
        aside=1,
        notes="bytes",
    ),
    Case(
        "un byte nulo en un texto",
        "a.csv",
        b"texto,etiqueta\nRico\x00,buena\nBien,buena\nFeo,mala\n",
        [("Bien", "buena"), ("Feo", "mala")],
        aside=1,
    ),
    Case(
        "los acentos, después de 64 KiB",
        "a.csv",
        ("texto;nota\n" + "Opinion sin tilde;2\n" * 4000 + "Llegó;1\n").encode("cp1252"),
        [("Opinion sin tilde", "2")] * 4000 + [("Llegó", "1")],
    ),
    Case("un binario con nombre de csv", "a.csv", bytes(range(256)) * 20, says="no es un archivo"),
    Case("UTF-16 cortado", "a.csv", semicolons().encode("utf-16")[:-1], says="se corta a la mitad"),
    Case(
        "dos archivos pegados: BOM y cabecera en medio",
        "a.csv",
        ("\ufeff" + PLAIN) * 2,
        USUAL * 2,
        aside=1,
    ),
    Case(
        "cirílico de Windows",
        "a.csv",
        "texto;nota\nОчень вкусно;x\nПлохо;y\n".encode("cp1251"),
        says="en qué codificación",
    ),
    Case(
        "francés y catalán de Windows",
        "a.csv",
        "texto;nota\nÇa été très bien, à côté;x\nL’atenció és col·legial;y\n".encode("cp1252"),
        [("Ça été très bien, à côté", "x"), ("L’atenció és col·legial", "y")],
    ),
    Case(
        "espacios de no separar",
        "a.csv",
        "texto,etiqueta\nMuy\xa0rico,\xa0buena\nFrío,buena\xa0\n\xa0,buena\nFeo,mala\n",
        [("Muy\xa0rico", "buena"), ("Frío", "buena"), ("Feo", "mala")],
        aside=1,
    ),
    Case(
        "emoji en los textos y en las etiquetas",
        "a.csv",
        "texto,etiqueta\nMe gusta 🥰👍🏽,😀\nMe enfada,😡\nOtra vez,😀\n",
        [("Me gusta 🥰👍🏽", "😀"), ("Me enfada", "😡"), ("Otra vez", "😀")],
    ),
    Case(
        "acentos en dos partes, como los guarda macOS",
        "a.csv",
        "texto,etiqueta\nCafe\u0301,buena\nTe\u0301,mala\n",
        [("Cafe\u0301", "buena"), ("Te\u0301", "mala")],
    ),
]

HEADERS = [
    Case("sin cabecera", "a.csv", "Rico,5\nFrío,1\nBien,4\n", says="«header»"),
    Case(
        "sin cabecera, y se dice",
        "a.csv",
        "Rico,5\nFrío,1\nBien,4\n",
        [("Rico", "5"), ("Frío", "1"), ("Bien", "4")],
        options={"header": False},
    ),
    Case(
        "sin cabecera y con textos largos",
        "a.csv",
        "Llegó frío y tarde;mala\nMuy rico todo;buena\nOtra vez tarde;mala\nBien;buena\n",
        says="«header»",
    ),
    Case(
        "solo la cabecera",
        "a.csv",
        "texto,etiqueta\n",
        says="ninguna fila debajo",
    ),
    Case("una sola fila", "a.csv", "texto,etiqueta\nRico,buena\n", says="una sola clase"),
    Case("vacío", "a.csv", "", says="está vacío"),
    Case("solo líneas en blanco", "a.csv", "\n \n\r\n", says="está vacío"),
    Case(
        "columnas que se llaman igual",
        "a.csv",
        "texto,nota,nota\nRico,5,x\nFrío,1,y\n",
        [("Rico", "x"), ("Frío", "y")],
        options=ask("texto", "nota (2)"),
    ),
    Case(
        "índice de pandas",
        "a.csv",
        ",texto,label\n0,Rico,pos\n1,Frío,neg\n2,Bien,pos\n",
        [("Rico", "pos"), ("Frío", "neg"), ("Bien", "pos")],
    ),
    Case(
        "índice de pandas guardado dos veces",
        "a.csv",
        "Unnamed: 0,Unnamed: 0.1,opinion,tono\n0,0,Rico,pos\n1,1,Frío,neg\n2,2,Bien,pos\n",
        [("Rico", "pos"), ("Frío", "neg"), ("Bien", "pos")],
    ),
    Case(
        "write.table de R: nombres de fila sin columna",
        "a.txt",
        '"texto" "clase"\n"1" "Muy rico" "a"\n"2" "Frío" "b"\n"3" "Ni fu ni fa" "a"\n',
        [("Muy rico", "a"), ("Frío", "b"), ("Ni fu ni fa", "a")],
    ),
    Case(
        "write.csv de R",
        "a.csv",
        '"","texto","clase"\n"1","Muy rico","a"\n"2","Frío, sí","b"\n"3","Bien","a"\n',
        [("Muy rico", "a"), ("Frío, sí", "b"), ("Bien", "a")],
    ),
    Case(
        "write.table de R con tabuladores",
        "a.tsv",
        "texto\tclase\n1\tMuy rico\ta\n2\tFrío\tb\n3\tBien\ta\n",
        [("Muy rico", "a"), ("Frío", "b"), ("Bien", "a")],
    ),
    Case(
        "formulario de Google",
        "Respuestas.csv",
        '"Marca temporal","¿Qué opinas del comedor?","¿Qué nota le pones? (1 a 5)"\n'
        '"2024/05/01 10:11:12 a. m. EET","Rico, pero caro","4"\n'
        '"2024/05/01 10:15:00 a. m. EET","Frío","1"\n'
        '"2024/05/02 9:00:01 a. m. EET","Bien","4"\n',
        [("Rico, pero caro", "4"), ("Frío", "1"), ("Bien", "4")],
    ),
    Case(
        "respuestas de Moodle",
        "a.csv",
        "Apellido(s),Nombre,Estado,Calificación/10,Respuesta 1\n"
        'Pérez,Ana,Finalizado,"7,50","El bucle recorre la lista, y suma"\n'
        'Gil,Luis,Finalizado,"5,00",No sé\n'
        'Mora,Eva,Finalizado,"7,50",Recorre y suma\n',
        [
            ("El bucle recorre la lista, y suma", "7,50"),
            ("No sé", "5"),
            ("Recorre y suma", "7,50"),
        ],
        options=ask("Respuesta 1", "Calificación/10"),
    ),
    Case(
        "300 columnas",
        "a.csv",
        ",".join(["texto", "etiqueta", *(f"c{i}" for i in range(298))])
        + "\n"
        + "".join(f"{text},{label}" + ",0" * 298 + "\n" for text, label in USUAL),
        USUAL,
    ),
    Case(
        "una columna con otro tipo tras la fila 10.000",
        "a.csv",
        "texto,etiqueta,edad\n"
        + "".join(f"Caso {i},{'ab'[i % 2]},{30 if i < 10000 else 'n/d'}\n" for i in range(10001)),
        [(f"Caso {i}", "ab"[i % 2]) for i in range(10001)],
    ),
    Case(
        "comentarios antes de la cabecera",
        "a.csv",
        "# descargado el lunes\n# versión 2\ntexto,etiqueta\nRico,buena\nFrío,mala\nFeo,mala\n",
        [("Rico", "buena"), ("Frío", "mala"), ("Feo", "mala")],
        aside=2,
    ),
    Case(
        "una etiqueta de la muestra como cabecera",
        "a.csv",
        "bueno,Muy rico\nmalo,Frío\nbueno,Bien\n",
        says="«header»",
    ),
    Case(
        "columnas que no se sabe cuáles son",
        "a.csv",
        "a;b;c\nrico rico;muy bueno;x\nfeo feo;muy malo;y\nas as;otro más;x\n",
        says="«text_column»",
    ),
    Case(
        "dos columnas de etiqueta",
        "a.csv",
        "texto,sentimiento,emocion\nRico,pos,alegría\nFrío,neg,enfado\nOk,pos,calma\nNo,neg,enfado\n",
        says="«label_column»",
    ),
    Case(
        "una columna que no está",
        "a.csv",
        PLAIN,
        says="¿Querías decir «etiqueta»?",
        options=ask("texto", "etiquta"),
    ),
    Case(
        "la misma columna para las dos cosas",
        "a.csv",
        PLAIN,
        says="la misma columna",
        options=ask("texto", "texto"),
    ),
    Case(
        "nombres de columna con mayúsculas y espacios",
        "a.csv",
        " Texto , ETIQUETA \nRico,a\nFrío,b\n",
        [("Rico", "a"), ("Frío", "b")],
    ),
    Case(
        "nombres que usa la gente",
        "a.csv",
        "id,user,Comentarios,Polarity\n1,ana,Rico,1\n2,luis,Frío,-1\n3,eva,Ok,0\n",
        [("Rico", "1"), ("Frío", "-1"), ("Ok", "0")],
    ),
    Case(
        "columnas index y labels de sobra",
        "a.csv",
        "index,labels,text,label\n0,x,Rico,a\n1,y,Frío,b\n",
        [("Rico", "a"), ("Frío", "b")],
    ),
]

LABELS = [
    Case("de 1 a 5", "a.csv", labelled(*"15324"), kept(*"15324"), classes=list("12345")),
    Case(
        "de 0 a 10: el orden es el del valor",
        "a.csv",
        labelled("10", "9", "0", "1", "2"),
        kept("10", "9", "0", "1", "2"),
        classes=["0", "1", "2", "9", "10"],
    ),
    Case(
        "menos uno, cero y uno",
        "a.csv",
        labelled("1", "0", "-1", "1"),
        kept("1", "0", "-1", "1"),
        classes=["-1", "0", "1"],
    ),
    Case("decimales enteros", "a.csv", labelled("5.0", "1.0", "5"), kept("5", "1", "5")),
    Case(
        "medias estrellas con coma",
        "a.csv",
        labelled('"4,5"', "4", '"0,5"'),
        kept("4,5", "4", "0,5"),
        classes=["0,5", "4", "4,5"],
    ),
    Case("notas con decimales", "a.csv", labelled("4.37", "8.1", "4"), says="una cantidad"),
    Case(
        "estrellas con palabras",
        "a.csv",
        labelled("5 estrellas", "1 estrella", "10 estrellas"),
        kept("5 estrellas", "1 estrella", "10 estrellas"),
        classes=["1 estrella", "5 estrellas", "10 estrellas"],
    ),
    Case(
        "estrellas dibujadas",
        "a.csv",
        labelled("★★★", "★", "★★★★★"),
        kept("★★★", "★", "★★★★★"),
        classes=["★", "★★★", "★★★★★"],
    ),
    Case("booleanos", "a.csv", labelled("TRUE", "FALSE", "true"), kept("TRUE", "FALSE", "TRUE")),
    Case(
        "booleanos de Excel en español",
        "a.csv",
        labelled("VERDADERO", "FALSO"),
        kept("VERDADERO", "FALSO"),
    ),
    Case(
        "sí y no de varias maneras",
        "a.csv",
        labelled("sí", "Si", "SÍ", "no", "sí", "No "),
        kept("sí", "sí", "sí", "no", "sí", "no"),
        notes="cuentan como una sola clase, «sí»",
    ),
    Case(
        "mayúsculas y espacios",
        "a.csv",
        labelled("Positivo", "positivo ", "POSITIVO", "negativo", "Positivo"),
        kept("Positivo", "Positivo", "Positivo", "negativo", "Positivo"),
        notes="cuentan como una sola clase",
    ),
    Case("la ñ cuenta", "a.csv", labelled("caña", "cana", "caña"), kept("caña", "cana", "caña")),
    Case(
        "clases que se llaman como un hueco",
        "a.csv",
        labelled("NA", "None", "nan", "null", "N/A", "#N/A"),
        kept("NA", "None", "nan", "null", "N/A", "#N/A"),
    ),
    Case(
        "las de TASS",
        "a.csv",
        labelled("P+", "P", "NEU", "N", "N+", "NONE"),
        kept("P+", "P", "NEU", "N", "N+", "NONE"),
    ),
    Case("códigos con ceros", "a.csv", labelled("01", "02", "1"), kept("01", "02", "1")),
    Case(
        "números enormes y casi iguales",
        "a.csv",
        labelled("12345678901234567890", "12345678901234567891"),
        kept("12345678901234567890", "12345678901234567891"),
    ),
    Case("un número de 400 cifras", "a.csv", labelled("9" * 400, "1"), kept("9" * 400, "1")),
    Case(
        "una escala de palabras",
        "a.csv",
        labelled("muy bueno", "malo", "regular", "muy malo", "bueno"),
        kept("muy bueno", "malo", "regular", "muy malo", "bueno"),
        classes=["muy malo", "malo", "regular", "bueno", "muy bueno"],
    ),
    Case(
        "notas y NS",
        "a.csv",
        labelled("10", "NS", "9"),
        kept("10", "NS", "9"),
        classes=["9", "10", "NS"],
    ),
    Case("más de cien números", "a.csv", labelled(*map(str, range(101))), says="una cantidad"),
    Case(
        "más de cien palabras",
        "a.csv",
        labelled(*(f"p{i}" for i in range(101))),
        says="101 valores distintos",
    ),
    Case("una sola clase", "a.csv", labelled("a", "a"), says="una sola clase"),
    Case(
        "ninguna etiqueta",
        "a.csv",
        "texto,etiqueta\nRico,\nFrío,\n",
        says="sin etiqueta",
    ),
    Case(
        "faltan etiquetas y textos",
        "a.csv",
        "texto,etiqueta\nRico,buena\nSin nota,\n,mala\nFrío,mala\nBien,buena\n",
        [("Rico", "buena"), ("Frío", "mala"), ("Bien", "buena")],
        aside=2,
    ),
    Case(
        "una clase con una sola fila",
        "a.csv",
        labelled("a", "b", "a", "b", "rara"),
        kept("a", "b", "a", "b", "rara"),
    ),
    Case(
        "un espacio que no se ve no es otra clase",
        "a.csv",
        labelled("pos", "pos\u200b", "neg", "pos"),
        kept("pos", "pos", "neg", "pos"),
        notes="cuentan como una sola clase",
    ),
    Case(
        "un emoji con y sin su variante de color es la misma clase",
        "a.csv",
        labelled("❤️", "❤", "❤️", "😡", "👨‍👩‍👧"),
        kept("❤️", "❤️", "❤️", "😡", "👨‍👩‍👧"),
    ),
    Case(
        "una etiqueta que son varias, con comas",
        "a.csv",
        labelled('"a, b"', "b", '"a, b"'),
        kept("a, b", "b", "a, b"),
    ),
    Case(
        "la fila del total, al final",
        "a.csv",
        "texto,etiqueta\nRico,buena\nFrío,mala\nTotal: 2,\n",
        [("Rico", "buena"), ("Frío", "mala")],
        aside=1,
    ),
]


def sheet(*rows: list[Any], **options: Any) -> Callable[[Path], None]:
    return lambda path: write_xlsx(path, {"Hoja1": rows}, **options)


CELLS = [list(row) for row in USUAL]
BOOK = {"Portada": [], "Datos": [["texto", "etiqueta"], *CELLS], "Otra": [["x", "y"], ["a", "b"]]}

SHEETS = [
    Case("xlsx", "a.xlsx", sheet(["texto", "etiqueta"], *CELLS), USUAL),
    Case(
        "ods",
        "a.ods",
        lambda path: write_ods(path, {"Hoja1": [["texto", "etiqueta"], *CELLS]}),
        USUAL,
    ),
    Case("xls", "a.xls", lambda path: write_xls(path, [["texto", "etiqueta"], *CELLS]), USUAL),
    Case("la primera hoja con filas", "a.xlsx", lambda path: write_xlsx(path, BOOK), USUAL),
    Case(
        "la hoja que se pide",
        "a.xlsx",
        lambda path: write_xlsx(path, BOOK | {"Otra": [["texto", "nota"], ["Bah", 1], ["Ok", 2]]}),
        [("Bah", "1"), ("Ok", "2")],
        options={"sheet": "otra"},
    ),
    Case(
        "una hoja que no está",
        "a.xlsx",
        lambda path: write_xlsx(path, BOOK),
        says="no tiene una hoja «Dats»",
        options={"sheet": "Dats"},
    ),
    Case(
        "títulos encima, fechas, decimales y un total debajo",
        "encuesta.xlsx",
        sheet(
            ["Encuesta del comedor"],
            [None],
            ["fecha", "comentario", "nota"],
            [datetime.date(2024, 5, 1), "Rico", 4.5],
            [datetime.datetime(2024, 5, 2, 10, 30), "Frío", 1],
            [datetime.date(2024, 5, 3), "Bien", 4.0],
            [None, "Total", None],
        ),
        [("Rico", "4.5"), ("Frío", "1"), ("Bien", "4")],
        aside=2,
    ),
    Case(
        "fórmulas que fallan",
        "a.xlsx",
        sheet(
            ["texto", "nota"],
            ["Rico", 5],
            ["Frío", SheetError("#N/A")],
            [SheetError("#VALUE!"), 1],
            ["Bien", 4],
            ["Mal", 1],
        ),
        [("Rico", "5"), ("Bien", "4"), ("Mal", "1")],
        aside=2,
    ),
    Case(
        "saltos de línea, comillas y ceros delante en las celdas",
        "a.xlsx",
        sheet(["texto", "código"], ['Una\n"dos"; tres', "01"], [" con espacios ", "02"]),
        [('Una\n"dos"; tres', "01"), (" con espacios ", "02")],
    ),
    Case(
        "números y palabras en la misma columna",
        "a.xlsx",
        sheet(["texto", "nota"], ["Rico", 5], ["Frío", "NS"], ["Bien", 4]),
        [("Rico", "5"), ("Frío", "NS"), ("Bien", "4")],
    ),
    Case(
        "verdadero y falso de Excel",
        "a.xlsx",
        sheet(["texto", "útil"], ["Rico", True], ["Frío", False]),
        [("Rico", "True"), ("Frío", "False")],
    ),
    Case("un libro vacío", "a.xlsx", sheet(), says="ninguna hoja con filas"),
    Case("un zip roto que se llama xlsx", "a.xlsx", b"PK\x03\x04nada", says="dañado"),
    Case(
        "un xlsx que se llama csv",
        "a.csv",
        sheet(["texto", "etiqueta"], *CELLS),
        USUAL,
    ),
    Case("un csv que se llama xlsx", "a.xlsx", PLAIN, USUAL),
]

RECORDS = [{"texto": text, "etiqueta": label} for text, label in USUAL]
BY_NUMBER = [{"text": text, "label": int(label)} for text, label in NUMBERS]

JSONS = [
    Case("registros", "a.json", dump(RECORDS), USUAL),
    Case("jsonl", "a.jsonl", lines(*RECORDS), USUAL),
    Case("jsonl que se llama json", "a.json", lines(*BY_NUMBER), NUMBERS),
    Case("json en latin-1", "a.jsonl", lines(*RECORDS).encode("cp1252"), USUAL),
    Case(
        "jsonl de un Mac antiguo, con saltos escritos antes de los signos",
        "a.jsonl",
        lines({"text": "los\t¿cómo?\nÁngel", "label": "a"}, {"text": "b", "label": "b"}).encode(
            "mac_roman"
        ),
        [("los\t¿cómo?\nÁngel", "a"), ("b", "b")],
    ),
    Case("jsonl en UTF-16", "a.jsonl", lines(*RECORDS).encode("utf-16"), USUAL),
    Case(
        "df.to_json()",
        "a.json",
        dump({key: {str(i): row[key] for i, row in enumerate(RECORDS)} for key in RECORDS[0]}),
        USUAL,
    ),
    Case(
        "df.to_json(orient='index')",
        "a.json",
        dump({str(i): row for i, row in enumerate(RECORDS)}),
        USUAL,
    ),
    Case(
        "df.to_json(orient='split')",
        "a.json",
        dump({"columns": ["texto", "etiqueta"], "index": [0, 1, 2], "data": USUAL}),
        USUAL,
    ),
    Case(
        "df.to_json(orient='table')",
        "a.json",
        dump(
            {
                "schema": {"fields": [], "primaryKey": ["index"], "pandas_version": "1.4.0"},
                "data": [{"index": i, **row} for i, row in enumerate(RECORDS)],
            }
        ),
        USUAL,
    ),
    Case("bajo una clave", "a.json", dump({"version": 2, "data": RECORDS}), USUAL),
    Case(
        "columnas",
        "a.json",
        dump({key: [row[key] for row in RECORDS] for key in RECORDS[0]}),
        USUAL,
    ),
    Case(
        "por splits",
        "a.json",
        dump({"train": RECORDS, "test": RECORDS[::-1]}),
        USUAL + USUAL[::-1],
    ),
    Case(
        "tipos mezclados en la etiqueta",
        "a.jsonl",
        lines({"text": "Rico", "label": 5}, {"text": "Frío", "label": "mala"}),
        says="mezcla tipos",
    ),
    Case(
        "varias etiquetas por texto",
        "a.jsonl",
        lines({"text": "Rico", "labels": ["a", "b"]}, {"text": "Frío", "labels": ["b"]}),
        says="varias etiquetas",
    ),
    Case(
        "un texto partido en palabras",
        "a.jsonl",
        lines(
            {"text": ["Muy", "rico"], "label": "a"},
            {"text": "Frío", "label": "b"},
            {"text": "Ok", "label": "a"},
        ),
        [("Frío", "b"), ("Ok", "a")],
        aside=1,
    ),
    Case(
        "una línea rota, una vacía y una repetida",
        "a.jsonl",
        lines(*RECORDS)
        + '\n{"texto": "a medias\n'
        + '{"texto": "uno", "texto": "dos", "etiqueta": "mala"}\n',
        USUAL,
        aside=2,
    ),
    Case(
        "huecos: null, vacío y clave que falta",
        "a.jsonl",
        lines(*RECORDS, {"texto": None, "etiqueta": "mala"}, {"texto": "x", "etiqueta": ""})
        + lines({"etiqueta": "mala"}),
        USUAL,
        aside=3,
    ),
    Case("acaba a la mitad", "a.json", dump(RECORDS)[:-20], says="acaba a la mitad"),
    Case("registros con comas entre líneas", "a.json", lines(*RECORDS).replace("}", "},"), USUAL),
    Case(
        "un json que se cierra antes de acabar", "a.json", dump(RECORDS) + "]", says="en la línea"
    ),
    Case("un json sin nada", "a.json", ",", says="ningún registro"),
    Case("no es json", "a.json", "hola\nqué tal\n", says="no se entiende como json"),
    Case("un solo valor", "a.json", "5", says="no tiene registros"),
    Case(
        "verdadero y falso",
        "a.jsonl",
        lines({"text": "Rico", "label": True}, {"text": "Frío", "label": False}),
        [("Rico", "True"), ("Frío", "False")],
    ),
    Case(
        "media letra",
        "a.jsonl",
        lines(*RECORDS) + '{"texto": "roto \\ud83d", "etiqueta": "mala"}\n',
        USUAL,
        aside=1,
    ),
    Case("un csv que se llama json", "a.json", PLAIN, says="no se entiende como json"),
]


def save_parquet(path: Path) -> None:
    """Como lo guarda pandas: con su índice y una columna de sobra."""
    table = pa.Table.from_pylist([{"id": i, **row} for i, row in enumerate(RECORDS)])
    pq.write_table(table.append_column("__index_level_0__", pa.array([7, 8, 9])), path)


def save_classes(path: Path) -> None:
    """Como lo guarda datasets: la clase, un número con nombre."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["mala", "buena"])})
    rows = {"text": ["Frío", "Rico", "Sin clase"], "label": [0, 1, -1]}
    Dataset.from_dict(rows, features=features).to_parquet(path)


def save_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("datos/opiniones.csv")
        info.size = len(PLAIN.encode())
        archive.addfile(info, io.BytesIO(PLAIN.encode()))


FOLDERS = [
    Case("parquet con el índice de pandas", "a.parquet", save_parquet, USUAL),
    Case(
        "parquet con clases y una fila sin etiqueta",
        "a.parquet",
        save_classes,
        [("Frío", "mala"), ("Rico", "buena")],
        aside=1,
        classes=["mala", "buena"],
    ),
    Case("tar.gz con una carpeta dentro", "a.tar.gz", save_tar, USUAL),
    Case(
        "una carpeta con un archivo de Excel en español",
        "datos",
        {"datos.csv": semicolons(end="\r\n").encode("cp1252")},
        USUAL,
    ),
    Case(
        "splits y una carpeta por clase en cada uno",
        "datos",
        {"train/pos/a.txt": "Rico", "train/neg/a.txt": "Frío", "test/pos/b.txt": "Otro"},
        [("Frío", "neg"), ("Rico", "pos"), ("Otro", "pos")],
    ),
    Case(
        "un zip con una carpeta de train y validación",
        "a.zip",
        zipped(**{"datos/train__csv": PLAIN, "datos/valid__jsonl": lines(RECORDS[0])}),
        [*USUAL, USUAL[0]],
    ),
    Case(
        "train y test",
        "datos",
        {"train.csv": PLAIN, "test.csv": "texto,etiqueta\nOtra,buena\n"},
        [*USUAL, ("Otra", "buena")],
    ),
    Case(
        "una carpeta por clase",
        "datos",
        {"pos/1.txt": "Rico\n", "pos/2.txt": "Bien", "neg/1.txt": "Llegó tarde".encode("cp1252")},
        [("Llegó tarde", "neg"), ("Rico", "pos"), ("Bien", "pos")],
    ),
    Case(
        "varios archivos iguales, cada uno con su codificación y su separador",
        "datos",
        {"a.csv": PLAIN, "b.csv": semicolons().encode("cp1252")},
        USUAL * 2,
        notes="se juntan 2 archivos",
    ),
    Case(
        "varios archivos con otras columnas",
        "datos",
        {"a.csv": PLAIN, "b.csv": "x,y\n1,2\n"},
        says="no tienen las mismas columnas",
    ),
    Case("una carpeta vacía", "datos", {}, says="está vacía"),
    Case("gz", "a.csv.gz", gzip.compress(PLAIN.encode()), USUAL),
    Case("bz2", "a.csv.bz2", bz2.compress(PLAIN.encode()), USUAL),
    Case("xz", "a.csv.xz", lzma.compress(PLAIN.encode()), USUAL),
    Case("gz cortado", "a.csv.gz", gzip.compress(PLAIN.encode() * 50)[:-12], says="dañado"),
    Case("zip", "a.zip", zipped(a__csv=PLAIN, LEEME__txt="Léeme"), USUAL),
    Case(
        "zip con dos archivos que son lo mismo",
        "a.zip",
        zipped(a__csv=PLAIN, a__json=dump(RECORDS)),
        says="los mismos datos",
    ),
    Case("corchetes en el nombre", "final [1].csv", PLAIN, USUAL),
    Case("acentos, espacios, # y % en el nombre", "mi reseña #2 100%.csv", PLAIN, USUAL),
    Case("un pdf", "a.pdf", b"%PDF-1.7", says="documento"),
    Case("una página", "a.csv", "<!DOCTYPE html><html></html>", says="página"),
    Case(
        "un puntero de Git LFS",
        "a.csv",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        says="git lfs pull",
    ),
]

LONG_QUESTION = (
    "¿Por qué? Explique con detalle su respuesta, por favor, con lo que más le gustó y lo que no"
)
JUDGED = [
    Case(
        "números con su explicación",
        "a.csv",
        "texto,nota\n"
        + "".join(
            f"t {i},{n}\n" for i, n in enumerate(["10 - Perfecto", "2 - Malo", "1 - Muy malo"])
        ),
        [("t 0", "10 - Perfecto"), ("t 1", "2 - Malo"), ("t 2", "1 - Muy malo")],
        classes=["1 - Muy malo", "2 - Malo", "10 - Perfecto"],
    ),
    Case(
        "notas con «NS/NC»",
        "a.csv",
        "texto,nota\na b,1\nc d,2\ne f,10\ng h,NS/NC\n",
        [("a b", "1"), ("c d", "2"), ("e f", "10"), ("g h", "NS/NC")],
        notes="«NS/NC»: se toma como una clase más",
        classes=["1", "2", "10", "NS/NC"],
    ),
    Case(
        "pregunta larga sobre números",
        "a.csv",
        f'"Del 1 al 5, ¿cómo lo calificaría?","{LONG_QUESTION}"\n1,"Ya, 1"\n5,"Ya, 5"\n3,No\n',
        [("Ya, 1", "1"), ("Ya, 5", "5"), ("No", "3")],
    ),
    Case(
        "una columna que se llama como una clase",
        "a.csv",
        "comentario,bueno\nhola que,sí\nadiós que,no\n",
        [("hola que", "sí"), ("adiós que", "no")],
    ),
    Case(
        "líneas en UTF-8 y líneas en cp1252",
        "a.csv",
        "texto;clase\nniño;a\nseñora;b\nrico;a\nmalo;b\n".encode()
        + "caña;b\naño;a\n".encode("cp1252"),
        [("niño", "a"), ("señora", "b"), ("rico", "a"), ("malo", "b")],
        aside=2,
    ),
    Case(
        "notas con cuartos que se repiten",
        "a.csv",
        "texto,nota\n"
        + "".join(f"t {i},{n}\n" for i, n in enumerate(["6,25", "8"] * 6)).replace(
            "6,25", '"6,25"'
        ),
        [(f"t {i}", ["6,25", "8"][i % 2]) for i in range(12)],
    ),
    Case("fastText", "a.txt", "__label__a hola, que tal\n__label__b adiós\n", says="fastText"),
    Case("WEKA", "a.arff", "@relation x\n@data\n'a',b\n", says="WEKA"),
]

CASES = [*JUDGED, *SEPARATORS, *QUOTES, *ENCODINGS, *HEADERS, *LABELS, *SHEETS, *JSONS, *FOLDERS]
