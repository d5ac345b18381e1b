"""A Hugging Face hub on the loopback interface: the few routes that a push needs, and every byte that came.

It keeps files as the hub does: by SHA-256 if they are large or binary (git LFS), else by their git blob.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

TOKEN = "hf_notATokenOfAnybody"


class Repository:
    """One repository: per branch the files, and how many commits it had."""

    def __init__(self, *, private: bool = False) -> None:
        self.private = private
        self.branches: dict[str, dict[str, bytes]] = {"main": {}}
        self.messages: list[str] = []

    @property
    def files(self) -> dict[str, bytes]:
        return self.branches["main"]


class HubServer(ThreadingHTTPServer):
    """``repositories``: kind and name -> what it holds; ``sent``: method, path and number of bytes of every request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.sent: list[tuple[str, str, int]] = []
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        """A part of a path -> the status and headers to answer it with, instead."""

    def uploads(self) -> list[str]:
        """What was put into the store of large files, by its SHA-256."""
        return [path.removeprefix("/lfs/") for method, path, _ in self.sent if method == "PUT"]


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def _answer(self, status: int, content: Any = None, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content if content is not None else {}).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _handle(self) -> None:
        server, body, path = self.server, self._body(), unquote(self.path.partition("?")[0])
        server.sent.append((self.command, path, len(body)))
        if self.command == "PUT":  # to the store, whose addresses are signed: without a token
            assert "Authorization" not in self.headers
            server.objects[hashlib.sha256(body).hexdigest()] = body
            return self._answer(200)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, headers={"X-Error-Message": "Invalid credentials in Authorization header"})
        for part, (status, headers) in server.answers.items():
            if part in path:
                return self._answer(status, {"error": headers.get("X-Error-Message", "")}, headers)
        if path == "/api/validate-yaml":
            return self._answer(200, {"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if found := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            return self._batch(json.loads(body))
        if found := re.fullmatch(r"/api/(model|dataset)s/([^/]+/[^/]+)(?:/(\w+)/(.+))?", path):
            kind, name, action, branch = found.groups()
            repository = server.repositories.get((kind, name))
            if repository is None or (action != "branch" and (branch or "main") not in repository.branches):
                return self._answer(404, headers={"X-Error-Code": "RepoNotFound", "X-Error-Message": "not found"})
            return self._of_repository(repository, kind, name, action or "", branch or "main", body)
        self._answer(500)

    do_GET = do_POST = do_PUT = _handle

    def _create(self, wanted: dict[str, Any]) -> None:
        kind, name = wanted.get("type", "model"), f"{wanted['organization']}/{wanted['name']}"
        exists = (kind, name) in self.server.repositories
        if not exists:
            self.server.repositories[kind, name] = Repository(private=wanted.get("visibility") == "private")
        place = f"{self.server.url}/{'datasets/' if kind == 'dataset' else ''}{name}"
        self._answer(409 if exists else 200, {"url": place})

    def _batch(self, wanted: dict[str, Any]) -> None:
        def action(oid: str) -> dict[str, Any]:
            held = oid in self.server.objects
            return {} if held else {"actions": {"upload": {"href": f"{self.server.url}/lfs/{oid}"}}}

        objects = [{"oid": item["oid"], "size": item["size"], **action(item["oid"])} for item in wanted["objects"]]
        self._answer(200, {"transfer": "basic", "objects": objects})

    def _of_repository(
        self, repository: Repository, kind: str, name: str, action: str, branch: str, body: bytes
    ) -> None:
        if action == "branch":
            exists = branch in repository.branches
            repository.branches.setdefault(branch, dict(repository.files))
            return self._answer(409 if exists else 200)
        files = repository.branches[branch]
        if action == "preupload":
            wanted = json.loads(body)["files"]
            return self._answer(200, {"files": [_upload_mode(item["path"], files) for item in wanted]})
        if action == "commit":
            for line in map(json.loads, body.splitlines()):
                value = line["value"]
                if line["key"] == "header":
                    repository.messages.append(value["summary"])
                elif line["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                else:
                    files[value["path"]] = self.server.objects[value["oid"]]
        sha = hashlib.sha1(repr((branch, len(repository.messages))).encode()).hexdigest()
        if action == "commit":
            return self._answer(200, {"commitUrl": f"{self.server.url}/{name}/commit/{sha}", "commitOid": sha})
        self._answer(200, {"id": name, "sha": sha, "private": repository.private, "siblings": []})


def _upload_mode(path: str, files: dict[str, bytes]) -> dict[str, Any]:
    mode = "lfs" if path.endswith((".safetensors", ".parquet")) else "regular"
    answer = {"path": path, "uploadMode": mode, "shouldIgnore": False}
    if path in files:
        content = files[path]
        blob = b"blob %d\0" % len(content) + content
        answer["oid"] = hashlib.sha256(content).hexdigest() if mode == "lfs" else hashlib.sha1(blob).hexdigest()
    return answer


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """The server, while the block runs."""
    with HubServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
