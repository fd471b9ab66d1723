"""Fetching a large file: it goes on where it was interrupted, and is believed only when its hash is right.

A file is kept under its hash until it is whole, ``<sha256>.partial``, so that what was interrupted yesterday is gone
on with today, whatever the address was called.
"""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tintype.errors import DownloadError
from tintype.photos.atomic import explain_failure

Progress = Callable[[int, int | None], None]
"""Told how many bytes are here, and how many there will be, where that is known."""

TIMEOUT = 30.0
_CHUNK = 1 << 18
_REMEDIES = {
    401: "it asks who you are: log in with 'hf auth login'",
    403: "it may not be read: look at its page, whether terms are to be accepted first",
    404: "it is gone or was renamed; look for it, and give the file to 'tintype models import'",
    410: "it is gone; look for it elsewhere, and give the file to 'tintype models import'",
    429: "too many asked; try again in some minutes",
}
_BEYOND_THE_END = 416
_PART = 206


@dataclass(frozen=True, slots=True)
class Remote:
    """A file elsewhere.

    Attributes:
        url: http or https.
        sha256: of the whole file, hexadecimal.
        token: a password for this address alone; it is not shown to those to whom the address leads.
    """

    url: str
    sha256: str
    token: str = field(default="", repr=False)


def fetch(remote: Remote, folder: Path, progress: Progress | None = None) -> Path:
    """Fetch a file, or what is still missing of it.

    Args:
        remote: the file.
        folder: where it is kept; it is made.
        progress: told of each piece that arrives.

    Returns:
        The whole file, named after its hash, with the ending that it has there.

    Raises:
        DownloadError: no network, it is gone, the connection broke, or what arrived has another hash.
        WriteFailedError: the disk is full, the folder may not be written.
    """
    path = folder / f"{remote.sha256}{Path(urlsplit(remote.url).path).suffix}"
    partial = folder / f"{remote.sha256}.partial"
    with _explaining(path):
        folder.mkdir(parents=True, exist_ok=True)
        for here in (path, partial):
            if here.exists() and _hash(here) == remote.sha256:
                return here.replace(path)
    _go_on(remote, partial, progress or (lambda here, total: None))
    with _explaining(path):
        if (actual := _hash(partial)) != remote.sha256:
            partial.unlink()
            raise DownloadError(
                f"{remote.url}: its hash is {actual[:12]}, not {remote.sha256[:12]}; it was thrown away: "
                "try again, and if that is no help, don't use it"
            )
        return partial.replace(path)


def _go_on(remote: Remote, partial: Path, progress: Progress) -> None:
    """Fetch what is missing of a file."""
    with _explaining(partial):
        begun = partial.stat().st_size if partial.exists() else 0
        with _open(remote, begun) as response:
            goes_on = response.status == _PART and _first_byte(response) == begun
            with partial.open("ab" if goes_on else "wb") as file:
                here = file.tell()
                total = _length(response, here)
                while chunk := _read(remote, response):
                    file.write(chunk)
                    here += len(chunk)
                    progress(here, total)
    if total is not None and here < total:
        raise DownloadError(
            f"{_host(remote)}: the connection broke after {here / 1e6:.1f} of {total / 1e6:.1f} MB; "
            "the same command goes on there"
        )


def _open(remote: Remote, begun: int) -> Any:
    """Open the address, from a byte on where the server can do that."""
    request = Request(remote.url, headers={"User-Agent": "tintype", "Accept-Encoding": "identity"})
    if begun:
        request.add_header("Range", f"bytes={begun}-")
    if remote.token:
        request.add_unredirected_header("Authorization", f"Bearer {remote.token}")
    try:
        with _reaching(remote):
            return urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        if begun and error.code == _BEYOND_THE_END:  # more is here than there: begin anew
            return _open(remote, 0)
        raise _refused(remote, error) from error


def _read(remote: Remote, response: Any) -> bytes:
    """Return the next piece; an end that comes too early is seen by the length of the whole."""
    with _reaching(remote):
        try:
            return cast(bytes, response.read(_CHUNK))
        except http.client.IncompleteRead as error:
            return error.partial


@contextmanager
def _reaching(remote: Remote) -> Iterator[None]:
    """Say in one line why an address can't be reached."""
    try:
        yield
    except HTTPError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise DownloadError(
            f"{_host(remote)} can't be reached ({words}); connect this machine and run the same command again, "
            "which goes on where it was"
        ) from error


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explain_failure(path, error) from error


def _refused(remote: Remote, error: HTTPError) -> DownloadError:
    remedy = _REMEDIES.get(error.code, "try again later")
    return DownloadError(f"{remote.url}: the server answers {error.code} {error.reason}; {remedy}")


def _first_byte(response: Any) -> int:
    """Return where the part that a server sends begins; -1 where it does not say."""
    place = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(place) if place.isdecimal() else -1


def _length(response: Any, here: int) -> int | None:
    """Return how long the whole file is, with `here` bytes of it that will not be sent."""
    length = response.headers.get("Content-Length", "")
    return here + int(length) if length.isdecimal() else None


def _host(remote: Remote) -> str:
    return urlsplit(remote.url).hostname or remote.url


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
