"""Files that appear whole or not at all.

A file is written under a temporary name in the folder where it will lie, brought to the disk, and then
given its name in one step: replacing what was there only where that was asked for. A process that is killed
leaves the temporary file, whose name tells `remove_leftovers` whose it was; it never leaves a part under
the final name.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from tintype.errors import OutputExistsError, WriteFailedError

_PREFIX, _SUFFIX = ".tintype-", ".part"
_DAY = 24 * 60 * 60
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
_REMEDIES = {
    errno.ENOSPC: "make room on the disk or name another folder",
    errno.EDQUOT: "make room in your quota or name another folder",
    errno.EFBIG: "the file is larger than the disk allows; name another folder",
    errno.EACCES: "name a folder that you may write to",
    errno.EPERM: "name a folder that you may write to",
    errno.EROFS: "the disk is read-only; name another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EEXIST: "a part of the path is a file; name another folder",
    errno.ENOTDIR: "a part of the path is a file; name another folder",
}


@contextmanager
def atomic_file(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Give a stream, readable and seekable, that becomes the file `path` when the block ends well.

    Folders that are missing are made. The permissions are those of any new file.

    Raises:
        OutputExistsError: something of that name is there, or came in the meantime, and `overwrite` is false.
        WriteFailedError: the disk is full, the folder may not be written; nothing is left behind.
    """
    refuse_existing(path, overwrite=overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, stream = _open_temporary(path.parent)
    except OSError as error:
        raise explain_failure(path, error) from error
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _publish(temporary, path, overwrite=overwrite)
    except OSError as error:
        raise explain_failure(path, error) from error
    finally:
        # Also on KeyboardInterrupt. Where the file was renamed there is nothing to remove.
        with suppress(OSError):
            temporary.unlink()
    _bring_name_to_disk(path.parent)


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Refuse a name that is taken by a folder, a device or a pipe, or by anything where `overwrite` is false.

    Raises:
        OutputExistsError: it is.
        WriteFailedError: that can't be found out: the name is too long, the folder is closed.
    """
    try:
        is_folder, is_taken = path.is_dir(), os.path.lexists(path)
        is_special = is_taken and not is_folder and not path.is_symlink() and not path.is_file()
    except OSError as error:
        raise explain_failure(path, error) from error
    if is_folder:
        raise OutputExistsError(f"{path}: a folder is in the way; choose another name")
    if is_special:  # a file in its place would take it away from every other program
        raise OutputExistsError(f"{path}: this is no file, but a device or a pipe; choose another name")
    if is_taken and not overwrite:
        raise OutputExistsError(
            f"{path}: a file is in the way; choose another name or overwrite it with --force"
        )


def explain_failure(path: Path, error: OSError) -> WriteFailedError:
    """Return the error for a person: which file, what happened, what to do."""
    reason = error.strerror or str(error) or type(error).__name__
    remedy = _REMEDIES.get(error.errno or 0, "check the disk or name another folder")
    return WriteFailedError(f"{path}: can't be written ({reason}); {remedy}")


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove the temporary files that killed processes left in a folder, and return them.

    A file of a process of this machine that still runs is left alone; one of another machine until it is a
    day old.
    """
    removed = []
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError, ValueError):  # gone meanwhile, or not ours after all
            if _is_abandoned(path):
                path.unlink()
                removed.append(path)
    return removed


def is_temporary_name(path: Path) -> bool:
    """Whether a name is one of our temporary ones, so that no one takes it for a photograph."""
    return path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX)


def _machine() -> str:
    return f"{crc32(socket.gethostname().encode()):08x}"


def _open_temporary(folder: Path) -> tuple[Path, BinaryIO]:
    name = f"{_PREFIX}{_machine()}-{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
    path = folder / name
    # "x": never through a link that someone put there; the umask decides on the permissions.
    return path, path.open("x+b")


def _is_abandoned(path: Path) -> bool:
    machine, process, _ = path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX).split("-")
    if machine != _machine():
        return time.time() - path.stat().st_mtime > _DAY
    return int(process) != os.getpid() and not _is_running(int(process))


def _is_running(process: int) -> bool:
    if os.name == "nt":  # there, signal 0 would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _publish(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        _rename_exclusively(temporary, path)
    except FileExistsError as error:
        raise OutputExistsError(
            f"{path}: the name was taken meanwhile; choose another name or overwrite it with --force"
        ) from error


def _rename_exclusively(temporary: Path, path: Path) -> None:
    """Rename, failing in one step where the name is taken."""
    if os.name == "nt":
        temporary.rename(path)
        return
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A disk without hard links (FAT, some network disks): an empty file takes the name, exclusively.
        path.open("x").close()
        temporary.replace(path)


def _bring_name_to_disk(folder: Path) -> None:
    """Sync the folder, where the system can: a name may else be lost when the power fails."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
