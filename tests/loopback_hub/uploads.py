"""Lo que el Hub de las pruebas hace con quien publica: cuentas, repositorios, LFS y commits.

Sigue lo que los clientes 1.27 y 2.4 de ``huggingface_hub`` piden: crear un repositorio, preguntar
qué archivos van por LFS, subirlos, hacer el commit y ponerle una etiqueta. No ofrece Xet: con
``HF_HUB_DISABLE_XET`` los dos clientes usan LFS.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from loopback_hub.server import API, FILE, LARGE, commit_of, list_entries

MAIN = "main"
BATCH = re.compile(r"^/(?P<id>[^/]+/[^/]+)\.git/info/lfs/objects/(?P<step>batch|verify)$")
OBJECT = re.compile(r"^/lfs/(?P<oid>[0-9a-f]{64})(?:/(?P<part>\d+|complete))?$")


@dataclass(frozen=True)
class Account:
    """De quién es un token y qué deja hacer: «write», «read» o «expired»."""

    name: str
    role: str = "write"
    orgs: tuple[str, ...] = ()


@dataclass
class Uploads:
    """Las cuentas (de token a Account), lo publicado y lo que costó subirlo.

    ``store``: carpeta donde se guarda; ``part_size``: bytes de cada parte de lo que se sube en
    varias; ``received``: bytes que llegaron de cada objeto, enteros o no.
    """

    store: Path
    accounts: dict[str, Account]
    part_size: int = 2**40
    private: set[str] = field(default_factory=set)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    commits: dict[str, list[str]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    created: list[dict] = field(default_factory=list)
    invalid_yaml: str = ""

    def refuse(self, handler, path: str) -> bool:
        """Contesta que no a un token que no vale, y a quien pide lo privado de otra cuenta."""
        account = self._find_account(handler)
        if account and account.role == "expired":
            return self._send(handler, 401, "Invalid credentials in Authorization header")
        match = API.match(path) or FILE.match(path)
        if match is None:
            return False
        repo = f"{match[1] or 'models'}/{match['id']}"
        if repo not in self.private or self._owns(account, match["id"]):
            return False
        handler._send(401 if account is None else 404, b"", {"X-Error-Code": "RepoNotFound"})
        return True

    def answer(self, handler, path: str, body: bytes) -> bool:
        """Contesta si lo que se pide es de quien publica; si no, devuelve False."""
        if path == "/api/whoami-v2":
            return self._tell_who(handler)
        if path == "/api/validate-yaml":
            return self._validate(handler)
        if path == "/api/repos/create":
            return self._create(handler, json.loads(body))
        if match := OBJECT.match(path):
            return self._receive(handler, match["oid"], match["part"], body)
        if match := BATCH.match(path):
            return self._answer_lfs(handler, match["id"], match["step"], json.loads(body))
        match = API.match(path)
        step = (match["rest"] or "").split("/")[0] if match else ""
        steps = {
            "preupload": self._choose_modes,
            "commit": self._commit,
            "tag": self._tag,
            "settings": self._change_settings,
            "refs": self._list_refs,
        }
        if step not in steps:
            return False
        if step != "refs" and self._stop_writing(handler, match["id"]):
            return True
        # La revisión puede llevar barras, escritas como %2F.
        revision = unquote(urlsplit(handler.path).path.rsplit("/", 1)[-1])
        repo = f"{match[1]}/{match['id']}"
        if repo not in handler.hub.repos:
            handler._send(404, b"", {"X-Error-Code": "RepoNotFound"})
            return True
        return steps[step](handler, repo, revision, body)

    def find_version(self, hub, repo: str, revision: str) -> Path | None:
        """Devuelve la carpeta de un repositorio en una rama, una etiqueta o un commit."""
        commit = self.tags.get(repo, {}).get(revision, revision)
        if revision == MAIN or commit == commit_of(hub.repos[repo]):
            return hub.repos[repo]
        folder = self.store / "versions" / commit
        return folder if commit in self.commits.get(repo, []) else None

    def _find_account(self, handler) -> Account | None:
        given = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.accounts.get(given, Account("nadie", "expired")) if given else None

    def _owns(self, account: Account | None, repo_id: str) -> bool:
        return account is not None and repo_id.split("/")[0] in (account.name, *account.orgs)

    def _stop_writing(self, handler, repo_id: str) -> bool:
        """Contesta que no a quien no puede escribir en ``repo_id``."""
        account = self._find_account(handler)
        if account is None:
            return self._send(handler, 401, "Invalid username or password.")
        if account.role != "write":
            return self._send(handler, 403, "Your token does not have write access")
        if not self._owns(account, repo_id):
            space = repo_id.split("/")[0]
            return self._send(
                handler, 403, f'You don\'t have the rights to write under the namespace "{space}"'
            )
        return False

    def _send(self, handler, status: int, message: str) -> bool:
        content = json.dumps({"error": message}).encode()
        handler._send(status, content, {"X-Error-Message": message})
        return True

    def _send_json(self, handler, value, status: int = 200) -> bool:
        handler._send_json(value, status)
        return True

    def _tell_who(self, handler) -> bool:
        account = self._find_account(handler)
        if account is None:
            return self._send(handler, 401, "Invalid username or password.")
        token = {"displayName": "pruebas", "role": account.role}
        orgs = [{"name": each} for each in account.orgs]
        who = {"type": "user", "name": account.name, "orgs": orgs}
        return self._send_json(handler, {**who, "auth": {"accessToken": token}})

    def _validate(self, handler) -> bool:
        errors = [{"message": self.invalid_yaml}] if self.invalid_yaml else []
        status = 400 if errors else 200
        return self._send_json(handler, {"errors": errors, "warnings": []}, status)

    def _create(self, handler, wanted: dict) -> bool:
        account = self._find_account(handler)
        space = wanted.get("organization") or (account.name if account else "")
        repo_id = f"{space}/{wanted['name']}"
        if self._stop_writing(handler, repo_id):
            return True
        repo = f"{wanted.get('type', 'model')}s/{repo_id}"
        url = f"{handler.hub.url}/{repo_id}"
        if repo in handler.hub.repos:
            told = {"error": "You already created this model repo", "url": url}
            return self._send_json(handler, told, 409)
        folder = self.store / "repos" / repo
        folder.mkdir(parents=True)
        handler.hub.repos[repo] = folder
        # El cliente 1.27 dice «private» y el 2.4, «visibility».
        if wanted.get("private") or wanted.get("visibility") == "private":
            self.private.add(repo)
        self.created.append(wanted)
        return self._send_json(handler, {"url": url, "name": repo_id})

    def _change_settings(self, handler, repo, revision, body) -> bool:
        wanted = json.loads(body)
        private = wanted.get("private", wanted.get("visibility") == "private")
        (self.private.add if private else self.private.discard)(repo)
        return self._send_json(handler, {"private": private})

    def _choose_modes(self, handler, repo, revision, body) -> bool:
        entries = {entry["path"]: entry for entry in list_entries(handler.hub.repos[repo])}
        files = [
            {
                "path": each["path"],
                "uploadMode": "lfs" if each["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": _oid_of(entries.get(each["path"])),
            }
            for each in json.loads(body)["files"]
        ]
        return self._send_json(handler, {"files": files})

    def _answer_lfs(self, handler, repo_id: str, step: str, wanted: dict) -> bool:
        if self._stop_writing(handler, repo_id):
            return True
        if step == "verify":
            known = len(self.objects.get(wanted["oid"], b"")) == wanted["size"]
            handler._send(200 if known else 404, b"")
            return True
        objects = [self._offer(handler.hub.url, repo_id, each) for each in wanted["objects"]]
        answer = {"transfer": "basic", "objects": objects}
        return self._send_json(handler, answer)

    def _offer(self, url: str, repo_id: str, wanted: dict) -> dict:
        """Cómo subir un objeto, entero o por partes; nada que hacer si ya está."""
        oid, size = wanted["oid"], wanted["size"]
        if oid in self.objects:
            return {"oid": oid, "size": size}
        upload = {"href": f"{url}/lfs/{oid}"}
        if size > self.part_size:
            count = -(-size // self.part_size)
            parts = {str(i + 1): f"{url}/lfs/{oid}/{i + 1}" for i in range(count)}
            header = {"chunk_size": str(self.part_size), **parts}
            upload = {"href": f"{url}/lfs/{oid}/complete", "header": header}
        verify = {"href": f"{url}/{repo_id}.git/info/lfs/objects/verify"}
        return {"oid": oid, "size": size, "actions": {"upload": upload, "verify": verify}}

    def _receive(self, handler, oid: str, part: str | None, body: bytes) -> bool:
        """Guarda lo que se sube; un fallo «cut» deja de leer a la mitad y cuelga."""
        if part == "complete":
            content = b"".join(each for _, each in sorted(self.parts.pop(oid, {}).items()))
            return self._keep(handler, oid, content)
        length = int(handler.headers["Content-Length"])
        cut = handler.hub.take_fault(handler.path, ("cut",))
        content = handler.rfile.read(length // 2 if cut else length)
        self.received[oid] = self.received.get(oid, 0) + len(content)
        if cut:
            handler.close_connection = True
            return True
        if part:
            self.parts.setdefault(oid, {})[int(part)] = content
            handler._send(200, b"", {"ETag": hashlib.md5(content).hexdigest()})
            return True
        return self._keep(handler, oid, content)

    def _keep(self, handler, oid: str, content: bytes) -> bool:
        right = hashlib.sha256(content).hexdigest() == oid
        if right:
            self.objects[oid] = content
        handler._send(200 if right else 400, b"")
        return True

    def _commit(self, handler, repo, revision, body) -> bool:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        folder = handler.hub.repos[repo]
        missing = [
            line["value"]["oid"]
            for line in lines
            if line["key"] == "lfsFile" and line["value"]["oid"] not in self.objects
        ]
        if missing:
            return self._send(handler, 400, "LFS pointer pointed to a file that does not exist")
        self._save_version(repo, folder)
        for line in lines:
            self._apply(folder, line["key"], line["value"])
        self._save_version(repo, folder)
        commit = commit_of(folder)
        url = f"{handler.hub.url}/{repo.partition('/')[2]}/commit/{commit}"
        return self._send_json(handler, {"commitUrl": url, "commitOid": commit})

    def _apply(self, folder: Path, key: str, value: dict) -> None:
        if key in ("file", "lfsFile"):
            content = base64.b64decode(value["content"]) if key == "file" else None
            target = folder / value["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.objects[value["oid"]] if content is None else content)
        elif key == "deletedFile":
            (folder / value["path"]).unlink()

    def _save_version(self, repo: str, folder: Path) -> None:
        commit = commit_of(folder)
        self.commits.setdefault(repo, []).append(commit)
        target = self.store / "versions" / commit
        if not target.exists():
            shutil.copytree(folder, target)

    def _tag(self, handler, repo, revision, body) -> bool:
        name, tags = json.loads(body)["tag"], self.tags.setdefault(repo, {})
        if name in tags:
            return self._send(handler, 409, f"Tag {name} already exists")
        folder = self.find_version(handler.hub, repo, revision)
        if folder is None:
            handler._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            return True
        tags[name] = commit_of(folder)
        return self._send_json(handler, {})

    def _list_refs(self, handler, repo, revision, body) -> bool:
        tags = [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": commit}
            for name, commit in self.tags.get(repo, {}).items()
        ]
        head = commit_of(handler.hub.repos[repo])
        main = {"name": MAIN, "ref": f"refs/heads/{MAIN}", "targetCommit": head}
        refs = {"branches": [main], "converts": [], "tags": tags, "pullRequests": []}
        return self._send_json(handler, refs)


def _oid_of(entry: dict | None) -> str | None:
    if entry is None:
        return None
    return entry["lfs"]["oid"] if "lfs" in entry else entry["oid"]
