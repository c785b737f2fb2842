"""Un Hub de Hugging Face en pequeño, en 127.0.0.1, con los fallos que un Hub de verdad tiene.

Sirve las peticiones que hacen los clientes reales: la ficha de un repositorio, su lista de
archivos y los archivos, con ETag, X-Repo-Commit y Range; y las de quien publica (``uploads``), si
se le dan cuentas y dónde guardar. ``Hub.fail`` provoca un fallo en las rutas que se le digan;
``Proxy`` cuenta lo que pasa por él.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from loopback_hub.uploads import Uploads

# Fallos que llegan con la transferencia empezada.
LATE = ("cut", "corrupt")
KINDS = {"models": "model", "datasets": "dataset"}
# Lo que el Hub guarda con LFS: su ETag es el sha256; el de los demás archivos, el de git.
LARGE = (".safetensors", ".parquet", ".h5")
API = re.compile(r"^/api/(models|datasets)/(?P<id>[^/]+/[^/]+)(?:/(?P<rest>.*))?$")
FILE = re.compile(r"^/(?:(datasets)/)?(?P<id>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<file>.+)$")


@dataclass
class Fault:
    """Qué falla (``kind``), en qué rutas (las que contienen ``path``) y cuántas veces."""

    kind: str
    path: str = ""
    times: float = float("inf")
    wait: int = 1


@dataclass
class Hub:
    """Los repositorios (``models/org/nombre`` a carpeta), los fallos puestos y lo pedido."""

    repos: dict[str, Path]
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    url: str = ""
    uploads: Uploads | None = None
    closing: threading.Event = field(default_factory=threading.Event)

    def fail(self, kind: str, path: str = "", times: float = float("inf"), wait: int = 1) -> None:
        """Provoca un fallo: un código HTTP, ``"gated"``, ``"silence"``, ``"cut"`` o ``"corrupt"``.

        ``"quota"`` es un 403 porque no queda sitio. ``wait``: los segundos que dice Retry-After.
        """
        self.faults.append(Fault(kind, path, times, wait))

    def take_fault(self, path: str, kinds: tuple[str, ...] = ()) -> Fault | None:
        """Devuelve el primer fallo que toca a ``path`` y lo gasta; None si no hay."""
        for fault in self.faults:
            wanted = (fault.kind in kinds) if kinds else fault.kind not in LATE
            if wanted and fault.path in path and fault.times > 0:
                fault.times -= 1
                return fault
        return None


@contextlib.contextmanager
def serve_hub(repos: dict[str, Path], uploads: Uploads | None = None):
    """Sirve ``repos`` en un puerto libre de 127.0.0.1 mientras dura el bloque.

    ``uploads``: las cuentas que pueden publicar y dónde; sin ellas solo se descarga.
    """
    hub = Hub(repos, uploads=uploads)
    handler = type("Handler", (HubHandler,), {"hub": hub})
    with _serve(handler) as url:
        hub.url = url
        yield hub
        hub.closing.set()


@contextlib.contextmanager
def _serve(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        # Sin esperar a los hilos: uno puede estar callado a propósito.
        server.socket.close()


class HubHandler(BaseHTTPRequestHandler):
    """Contesta como el Hub; ``hub`` dice qué hay y qué falla."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def do_POST(self):
        self._answer(self._read_body())

    def do_PUT(self):
        # Un archivo que se sube se lee después: puede cortarse a la mitad.
        is_file = urlsplit(self.path).path.startswith("/lfs/")
        self._answer(b"" if is_file else self._read_body())

    def _read_body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, body=b""):
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        fault = self.hub.take_fault(path)
        if fault:
            if path.startswith("/lfs/"):
                self._read_body()
            return self._fail(fault)
        if self.hub.uploads is not None:
            refused = self.hub.uploads.refuse(self, path)
            if refused or self.hub.uploads.answer(self, path, body):
                return None
        if match := API.match(path):
            form = parse_qs(body.decode()) if body else None
            return self._answer_api(match[1], match["id"], match["rest"] or "", form)
        if match := FILE.match(path):
            repo = f"{match[1] or 'models'}/{match['id']}"
            return self._answer_file(repo, match["rev"], match["file"])
        return self._send(200 if path == "/" else 404, b"")

    def _fail(self, fault):
        if fault.kind == "silence":
            self.hub.closing.wait(120)
            self.close_connection = True
        elif fault.kind == "gated":
            self._send(403, b"", {"X-Error-Code": "GatedRepo"})
        elif fault.kind == "quota":
            message = "Private repository storage limit reached, please upgrade your plan."
            self._send(403, b"", {"X-Error-Message": message})
        elif fault.kind == "429":
            self._send(429, b"", {"Retry-After": str(fault.wait)})
        elif fault.kind == "401":
            message = "Invalid credentials in Authorization header"
            self._send(401, b"", {"X-Error-Message": message})
        else:
            self._send(int(fault.kind), b"")

    def _answer_api(self, kind, repo_id, rest, form):
        folder = self.hub.repos.get(f"{kind}/{repo_id}")
        if folder is None:
            return self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
        place = rest.split("/")
        if place[0] in ("tree", "revision") and len(place) > 1:
            folder = self._find_version(f"{kind}/{repo_id}", place[1])
            if folder is None:
                return self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
        entries = list_entries(folder)
        if rest.startswith("tree/"):
            recursive = "recursive=True" in self.path or "recursive=true" in self.path
            return self._send_json(list_tree(entries, rest.partition("/")[2], recursive))
        if rest.startswith("paths-info/"):
            return self._send_json([entry for entry in entries if entry["path"] in form["paths"]])
        private = bool(self.hub.uploads and f"{kind}/{repo_id}" in self.hub.uploads.private)
        info = {"id": repo_id, "sha": commit_of(folder), "private": private, "gated": False}
        siblings = [
            {"rfilename": entry["path"], "size": entry["size"], "blobId": entry["oid"]}
            | ({"lfs": {**entry["lfs"], "sha256": entry["lfs"]["oid"]}} if "lfs" in entry else {})
            for entry in entries
        ]
        return self._send_json({**info, "tags": [], "siblings": siblings, **read_card(folder)})

    def _find_version(self, repo, revision):
        """La carpeta de un repositorio en una versión; sin subidas, todas son la misma."""
        if self.hub.uploads is None:
            return self.hub.repos[repo]
        return self.hub.uploads.find_version(self.hub, repo, revision)

    def _answer_file(self, repo, revision, name):
        folder = self.hub.repos.get(repo)
        if folder is None:
            return self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
        folder = self._find_version(repo, revision)
        if folder is None:
            return self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
        headers = {"X-Repo-Commit": commit_of(folder), "Accept-Ranges": "bytes"}
        if not (folder / name).is_file():
            return self._send(404, b"", {**headers, "X-Error-Code": "EntryNotFound"})
        content = (folder / name).read_bytes()
        headers["ETag"] = f'"{etag_of(name, content)}"'
        start, status = 0, 200
        if self.headers.get("Range"):
            start, status = int(self.headers["Range"].split("=")[1].split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.hub.ranges.append(self.headers["Range"])
        return self._send(status, content[start:], headers)

    def _send_json(self, value, status=200):
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status, content, headers=None):
        is_file = "ETag" in (headers or {}) and self.command == "GET"
        fault = self.hub.take_fault(self.path, ("cut", "corrupt")) if is_file else None
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault and fault.kind == "corrupt":
            content = bytes(byte ^ 1 for byte in content)
        self.wfile.write(content[: len(content) // 2] if fault and fault.kind == "cut" else content)
        if fault and fault.kind == "cut":
            self.wfile.flush()
            self.close_connection = True


@contextlib.contextmanager
def serve_proxy(status: int | None = None):
    """Da un proxy HTTP y la lista de lo que pasa por él; ``status``: contestar siempre eso."""
    seen: list[str] = []
    with _serve(type("Handler", (ProxyHandler,), {"seen": seen, "status": status})) as url:
        yield url, seen


class ProxyHandler(BaseHTTPRequestHandler):
    """Reenvía lo que se pide con http:// y apunta también los CONNECT de https://."""

    seen: list[str]
    status: int | None

    def log_message(self, *arguments):
        pass

    def do_CONNECT(self):
        self.seen.append(f"CONNECT {self.path}")
        self.send_error(self.status or 502)

    def do_GET(self):
        self.seen.append(f"{self.command} {urlsplit(self.path).path}")
        if self.status:
            return self.send_error(self.status)
        url = urlsplit(self.path)
        connection = http.client.HTTPConnection(url.netloc)
        connection.request(self.command, f"{url.path}?{url.query}", headers=dict(self.headers))
        answer = connection.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        return self.wfile.write(answer.read())

    do_HEAD = do_GET


def list_entries(folder: Path) -> list[dict]:
    """Devuelve los archivos de un repositorio como los lista el Hub."""
    entries = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        entry = {"type": "file", "path": name, "size": len(content), "oid": git_oid(content)}
        if name.endswith(LARGE):
            oid = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": oid, "size": len(content), "pointerSize": 130}
        entries.append(entry)
    return entries


def list_tree(entries: list[dict], place: str, recursive: bool) -> list[dict]:
    """Devuelve lo que hay en ``REVISIÓN[/CARPETA]``, entero o solo el primer nivel."""
    folder = place.partition("/")[2]
    prefix = f"{folder}/" if folder else ""
    inside = [entry for entry in entries if entry["path"].startswith(prefix)]
    names = {entry["path"][len(prefix) :].split("/")[0]: entry["path"] for entry in inside}
    files = [entry for entry in inside if recursive or "/" not in entry["path"][len(prefix) :]]
    folders = [
        {"type": "directory", "path": f"{prefix}{name}", "oid": "0" * 40, "size": 0}
        for name, path in names.items()
        if path != f"{prefix}{name}"
    ]
    return [*folders, *files]


def etag_of(name: str, content: bytes) -> str:
    """Devuelve el ETag que el Hub pone a un archivo."""
    return hashlib.sha256(content).hexdigest() if name.endswith(LARGE) else git_oid(content)


def git_oid(content: bytes) -> str:
    """Devuelve el sha1 con que git nombra un contenido."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def commit_of(folder: Path) -> str:
    """Devuelve un commit que cambia si cambia la carpeta."""
    listing = [(entry["path"], entry["oid"]) for entry in list_entries(folder)]
    return hashlib.sha1(json.dumps(listing).encode()).hexdigest()


def read_card(folder: Path) -> dict:
    """Devuelve la cabecera del README como la sirve el Hub."""
    import yaml

    card = folder / "README.md"
    parts = card.read_text(encoding="utf-8").split("---") if card.is_file() else []
    return {"cardData": yaml.safe_load(parts[1])} if len(parts) > 2 else {}
