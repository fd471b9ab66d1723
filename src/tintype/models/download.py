"""Downloading models: published ones by name, and models of Tintype from any repository of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tintype.errors import ModelNotFoundError
from tintype.models.catalog import user_folder
from tintype.models.fetch import Progress, Remote, fetch
from tintype.models.hub import find_at_hub
from tintype.models.published import Published, find_published

_MODELS = ("*.onnx", "*.npz")


@dataclass(frozen=True, slots=True)
class Located:
    """Where a model lies.

    Attributes:
        remote: its file.
        source: the place, for its card.
        published: which published model it is, to be imported; None for a model of Tintype, ready for use.
    """

    remote: Remote
    source: str
    published: Published | None = None


def locate(name: str, revision: str | None = None) -> Located:
    """Find out where a model lies.

    Args:
        name: of a published model, or owner/name of a repository at the hub that ``tintype models publish`` made.
        revision: of the repository: branch, tag or commit; None for the newest.

    Raises:
        ModelNotFoundError: there is none.
        DownloadError, MissingExtraError: the hub can't be asked.
    """
    if "/" in name:
        return _at_hub(name, _MODELS, revision)
    published = find_published(name)
    if published.repository:
        return _at_hub(published.repository, (published.file,), revision, published)
    if revision:
        raise ModelNotFoundError(
            f"{published.name} lies at one address and has no revisions; leave --revision {revision} out"
        )
    return Located(Remote(published.url, published.sha256), published.url, published)


def download(located: Located, progress: Progress | None = None) -> Path:
    """Fetch a model's file, or what is missing of it, into a folder beside the user's models.

    Raises:
        DownloadError, WriteFailedError: as for `tintype.models.fetch.fetch`.
    """
    return fetch(located.remote, user_folder() / "downloads", progress)


def _at_hub(
    repository: str, patterns: tuple[str, ...], revision: str | None, published: Published | None = None
) -> Located:
    found = find_at_hub(repository, patterns, revision)
    return Located(found.remote, f"{repository} at commit {found.commit}", published)
