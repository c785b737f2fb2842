"""Hojas de cálculo pequeñas escritas a mano: así las pruebas no necesitan con qué guardarlas.

Una celda es None, un ``str``, ``int``, ``float`` o ``bool``, una fecha o un ``SheetError``.
"""

from __future__ import annotations

import datetime
import struct
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
DAY_ZERO = datetime.datetime(1899, 12, 30)


class SheetError(str):
    """Una celda con un error de fórmula: ``SheetError("#N/A")``."""


def write_xlsx(path, sheets, hidden=(), merged=()):
    """Escribe ``{nombre de hoja: filas}``; ``merged``: rangos («A1:C1») de la primera hoja."""
    names = list(sheets)
    numbered = list(enumerate(names, start=1))
    state = {name: ' state="hidden"' * (name in hidden) for name in names}
    tabs = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"{state[name]}/>'
        for i, name in numbered
    )
    links = "".join(_link(i, "worksheet", f"worksheets/sheet{i}.xml") for i, _ in numbered)
    links += _link(len(names) + 1, "styles", "styles.xml")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _content_types(len(names)))
        archive.writestr("_rels/.rels", _relations(_link(1, "officeDocument", "xl/workbook.xml")))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{tabs}</sheets></workbook>',
        )
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(links))
        archive.writestr("xl/styles.xml", _styles())
        for i, name in numbered:
            ranges = merged if i == 1 else ()
            archive.writestr(f"xl/worksheets/sheet{i}.xml", _sheet(sheets[name], ranges))


def _link(number, kind, target):
    return f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def _relations(links):
    return f'<Relationships xmlns="{RELATIONS}">{links}</Relationships>'


def _content_types(count):
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [
        ("/xl/workbook.xml", f"{kind}.sheet.main+xml"),
        ("/xl/styles.xml", f"{kind}.styles+xml"),
    ]
    parts += [(f"/xl/worksheets/sheet{i + 1}.xml", f"{kind}.worksheet+xml") for i in range(count)]
    overrides = "".join(f'<Override PartName="{p}" ContentType="{t}"/>' for p, t in parts)
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _styles():
    """El estilo 1 es una fecha y el 2 una fecha con hora."""
    formats = "".join(f'<xf numFmtId="{n}" applyNumberFormat="1"/>' for n in (0, 14, 22))
    return f'<styleSheet xmlns="{MAIN}"><cellXfs count="3">{formats}</cellXfs></styleSheet>'


def _sheet(rows, merged):
    lines = "".join(
        f'<row r="{r}">{"".join(_cell(value, r, c) for c, value in enumerate(row))}</row>'
        for r, row in enumerate(rows, start=1)
    )
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    ranges = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData>{ranges}</worksheet>'


def _cell(value, row, column):
    place = f'r="{_letters(column)}{row}"'
    if value is None:
        return ""
    if isinstance(value, SheetError):
        return f'<c {place} t="e"><v>{value}</v></c>'
    if isinstance(value, bool):
        return f'<c {place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime.date):
        style = 2 if isinstance(value, datetime.datetime) else 1
        return f'<c {place} s="{style}"><v>{_serial(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f"<c {place}><v>{value}</v></c>"
    text = f'<t xml:space="preserve">{escape(value)}</t>'
    return f'<c {place} t="inlineStr"><is>{text}</is></c>'


def _letters(column):
    head, tail = divmod(column, 26)
    return (_letters(head - 1) if head else "") + chr(65 + tail)


def _serial(value):
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    return (value - DAY_ZERO) / datetime.timedelta(days=1)


def write_ods(path, sheets):
    """Escribe ``{nombre de hoja: filas}`` como lo guarda LibreOffice."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{"".join(map(_ods_row, rows))}</table:table>'
        for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{n}="{OASIS}:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    manifest = (
        f'<manifest:manifest xmlns:manifest="{OASIS}:manifest:1.0">'
        f"{entry.format('/', ODS_TYPE)}{entry.format('content.xml', 'text/xml')}"
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ODS_TYPE)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)


def _ods_row(row):
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(value):
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        kind = f'"boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, datetime.date):
        kind = f'"date" office:date-value="{value.isoformat()}"'
    elif isinstance(value, (int, float)):
        kind = f'"float" office:value="{value}"'
    else:
        kind = '"string"'
    text = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f"<table:table-cell office:value-type={kind}>{text}</table:table-cell>"


def write_xls(path, rows, name="Hoja1"):
    """Escribe una hoja en el formato de Excel 97-2003; solo textos cortos, números y bool."""
    bound = name.encode("utf-16-le")
    head = struct.pack("<IBBBB", 0, 0, 0, len(name), 1) + bound
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    end = _record(0x0A, b"")
    offset = len(start) + len(_record(0x85, head)) + len(end)
    head = struct.pack("<I", offset) + head[4:]
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 16, 0, 0, 0, 0))
    for r, row in enumerate(rows):
        sheet += b"".join(_xls_cell(value, r, c) for c, value in enumerate(row))
    path.write_bytes(_compound(start + _record(0x85, head) + end + sheet + end, "Workbook"))


def _record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def _xls_cell(value, row, column):
    place = struct.pack("<HHH", row, column, 0)
    if value is None:
        return b""
    if isinstance(value, bool):
        return _record(0x205, place + struct.pack("<BB", value, 0))
    if isinstance(value, (int, float)):
        return _record(0x203, place + struct.pack("<d", value))
    text = value.encode("utf-16-le")
    return _record(0x204, place + struct.pack("<HB", len(text) // 2, 1) + text)


def write_protected(path):
    """Escribe lo que guarda Excel al pedirle contraseña: un contenedor con el libro cifrado."""
    path.write_bytes(_compound(b"\0" * 4096, "EncryptedPackage"))


def _compound(stream, name):
    """El contenedor de los .xls: cabecera, tabla de sectores, directorio y un solo flujo."""
    stream += b"\0" * (-len(stream) % 512 + 512 * max(0, 8 - -(-len(stream) // 512)))
    count = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE]
    assert len(chain) <= 128, "demasiado para una sola tabla de sectores"
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    folder = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry(name, 2, 0xFFFFFFFF, 2, len(stream))
    path_entries = folder + b"\0" * 256
    return header + table + path_entries + stream


def _entry(name, kind, child, start, size):
    spelled = name.encode("utf-16-le") + b"\0\0"
    data = spelled.ljust(64, b"\0") + struct.pack("<HBB", len(spelled), kind, 1)
    data += struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + b"\0" * 36
    return data + struct.pack("<IQ", start, size)
