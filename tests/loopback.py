"""A server on this machine, for tests of downloads: files, parts of files, and everything that can go wrong."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c0ffee" + 34 * "0"


@dataclass
class Site:
    """What a server gives, and what it was asked.

    Attributes:
        files: path to content.
        ranges: whether it sends parts.
        break_after: bytes after which it closes the connection, once; None for never.
        answers: path to the status that it answers instead.
        redirects: path to the address that it leads to.
        stall: whether it falls silent before it sends a file.
        asked: path and headers of each question.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    break_after: int | None = None
    answers: dict[str, int] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    stall: threading.Event | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def add_repository(self, name: str, files: dict[str, bytes], *, hashes: bool = True) -> None:
        """Give files as the model hub gives those of a repository."""
        siblings = []
        for file, content in files.items():
            digest = hashlib.sha256(content).hexdigest()
            lfs = {"sha256": digest, "size": len(content), "pointerSize": 134}
            siblings.append({"rfilename": file, "size": len(content), **({"lfs": lfs} if hashes else {})})
            self.files[f"/{name}/resolve/{COMMIT}/{file}"] = content
        info = {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings, "tags": [], "downloads": 0}
        self.files[f"/api/models/{name}"] = json.dumps(info).encode()
        self.files[f"/api/models/{name}/revision/main"] = json.dumps(info).encode()


def become_hub(site: Site, monkeypatch: Any) -> None:
    """Let the library of the model hub take a server for the hub."""
    constants = "huggingface_hub.constants"
    monkeypatch.setattr(f"{constants}.ENDPOINT", site.url)
    template = f"{site.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(f"{constants}.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(f"{constants}.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)


@contextmanager
def serving() -> Iterator[Site]:
    """Run a server as long as the block runs."""
    site = Site()
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        if site.stall:
            site.stall.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.site.asked.append((path, dict(self.headers)))
        if path in self.site.answers:
            self.send_error(self.site.answers[path])
        elif path in self.site.redirects:
            self.send_response(302)
            self.send_header("Location", self.site.redirects[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path in self.site.files:
            self._send(self.site.files[path])
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound" if "/api/" in path else "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, content: bytes) -> None:
        begin = self._begin(len(content))
        if begin is None:
            return
        if self.site.stall:
            self.site.stall.wait(60)
        part = content[begin:]
        if self.site.break_after is not None:
            part, self.site.break_after = part[: self.site.break_after], None
            self.close_connection = True
        self.wfile.write(part)

    def _begin(self, length: int) -> int | None:
        """Send the head of an answer; return where the part begins, or None where there is none."""
        asked = self.headers.get("Range", "")
        begin = int(asked.removeprefix("bytes=").partition("-")[0]) if asked and self.site.ranges else 0
        if begin and begin >= length:
            self.send_error(416)
            return None
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{length - 1}/{length}")
        self.send_header("Content-Length", str(length - begin))
        self.end_headers()
        return begin

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""
