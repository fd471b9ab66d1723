"""Finding a file at the model hub; the extra ``hub`` brings the library that knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from types import ModuleType
from typing import Any

from tintype.errors import DownloadError, MissingExtraError, ModelNotFoundError
from tintype.models.fetch import TIMEOUT, Remote


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository, at one commit.

    Attributes:
        repository: owner/name.
        name: of the file.
        commit: at which it was found.
        remote: where it lies, and the hash that the hub states.
    """

    repository: str
    name: str
    commit: str
    remote: Remote


def find_at_hub(repository: str, patterns: Sequence[str], revision: str | None = None) -> HubFile:
    """Find a file of a repository.

    Args:
        repository: owner/name.
        patterns: of its name; the first one that fits a file is taken.
        revision: branch, tag or commit; None for the newest.

    Raises:
        ModelNotFoundError: there is no such repository, revision or file.
        DownloadError: the hub can't be reached, or states no hash.
        MissingExtraError: the extra is not installed.
    """
    hub = _import_hub()
    info = _ask(hub, repository, revision)
    for pattern in patterns:
        for file in info.siblings or ():
            if fnmatch(file.rfilename, pattern):
                return _describe(hub, repository, info.sha, file)
    raise ModelNotFoundError(
        f"{repository} holds no {' or '.join(patterns)}; look at its page for the name, download the file and "
        "give it to 'tintype models import'"
    )


def _import_hub() -> ModuleType:
    try:
        import huggingface_hub  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(
            f"downloading from the model hub needs {error.name}: pip install 'tintype[hub]'"
        ) from error
    return huggingface_hub


def _ask(hub: ModuleType, repository: str, revision: str | None) -> Any:
    from huggingface_hub import errors  # noqa: PLC0415 - an extra

    try:
        return hub.HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=TIMEOUT)
    except errors.GatedRepoError as error:
        raise DownloadError(
            f"{repository}: its owners want to know who asks; accept the terms on its page, then 'hf auth login'"
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        raise ModelNotFoundError(
            f"the model hub has no {repository}{f' at {revision}' if revision else ''}, or hides it; "
            "look for its name there, or log in with 'hf auth login'"
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise DownloadError(
            "HF_HUB_OFFLINE is set, so the model hub is not asked; unset it and try again"
        ) from error
    except (
        Exception
    ) as error:  # which HTTP library speaks, and so what it raises, changes with the hub's versions
        raise DownloadError(
            f"the model hub can't be asked for {repository} ({error or type(error).__name__}); "
            "connect this machine and run the same command again"
        ) from error


def _describe(hub: ModuleType, repository: str, commit: str, file: Any) -> HubFile:
    if file.lfs is None or not file.lfs.sha256:
        raise DownloadError(
            f"{repository}: the hub states no hash of {file.rfilename}, so it can't be checked; "
            "download it yourself and give it to 'tintype models import'"
        )
    url = hub.hf_hub_url(repository, file.rfilename, revision=commit)
    remote = Remote(url, file.lfs.sha256, token=hub.get_token() or "")
    return HubFile(repository, file.rfilename, commit, remote)
