"""A studio that another process serves: photographs are handed over to it as the page does it."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from tintype.colorize.album import find_by_hash
from tintype.colorize.project import is_project_name, read_project
from tintype.errors import StudioError, UnreadablePhotoError

_PATIENCE = 60.0


class Neighbor:
    """The studio at an address.

    Args:
        address: that browsers open, with the token after the #, where one is needed.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._address, self._host, self._port = address, parts.hostname or "", parts.port
        self._token = parts.fragment.removeprefix("token=")

    def add(self, path: Path) -> None:
        """Send a photograph, or a project with its photograph that lies beside it.

        Raises:
            GuidanceError: the photograph of the project is not there.
            UnreadablePhotoError: the file can't be read.
            StudioError: the studio does not take it, or does not answer.
        """
        if not is_project_name(path):
            self._send(path, 0)
            return
        source = read_project(path).source
        photo = self._send(find_by_hash(source.sha256, source.name, [path.resolve().parent]), source.page)
        self.ask("PUT", f"/photos/{photo}/project", body=path.read_bytes())

    def ask(self, method: str, path: str, body: bytes | IO[bytes] | None = None, **query: Any) -> Any:
        """Return what the studio answers.

        Args:
            method: of HTTP.
            path: below /api/v1.
            body: to be sent.
            query: parameters.

        Raises:
            StudioError: it says no, or does not answer.
        """
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            with closing(HTTPConnection(self._host, self._port, timeout=_PATIENCE)) as connection:
                connection.request(method, f"/api/v1{path}?{urlencode(query)}", body, headers)
                answer = connection.getresponse()
                said = json.loads(answer.read())
        except (OSError, HTTPException, ValueError) as error:
            raise StudioError(
                f"{self._address}: the studio there does not answer ({error}); "
                "stop it, or name another folder by --data"
            ) from error
        if answer.status >= 400:
            raise StudioError(said["message"])
        return said

    def _send(self, path: Path, page: int) -> str:
        """Send a photograph, unless the studio has it; return its id there."""
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                for photo in self.ask("GET", "/photos")["photos"]:
                    if (photo["sha256"], photo["page"]) == (sha256, page):
                        return str(photo["id"])
                file.seek(0)
                return str(self.ask("POST", "/photos", file, name=path.name, page=page)["id"])
        except OSError as error:
            raise UnreadablePhotoError(
                f"{path}: can't be read ({error.strerror or error}); check the name"
            ) from error
