"""Running the server of a study until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tintype.errors import StudyError
from tintype.studio.study.definition import read_definition
from tintype.studio.study.material import find_material
from tintype.studio.study.pictures import Progress, prepare_pictures
from tintype.studio.study.server import Study, create_server
from tintype.studio.study.store import AnswerStore
from tintype.studio.study.trials import create_design

LOOPBACK = "127.0.0.1"


def answers_path(study: Path) -> Path:
    """Return where the answers to a study lie unless another place is named: beside its file."""
    return study.with_suffix(".sqlite")


@contextmanager
def open_study(
    path: Path,
    answers: Path | None = None,
    *,
    is_rehearsal: bool = False,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Study]:
    """Read a study, prepare its pictures and open its answers, for as long as the block lasts.

    Args:
        path: of the study's file.
        answers: file of the answers; None: beside the study's file.
        is_rehearsal: keep no answers.
        cache: folder for prepared pictures; None: the user's cache.
        progress: told how many photographs are prepared.

    Raises:
        StudyError: a mistake in the file, a version that is missing, answers that are in use or to another study.
        PhotoError: a photograph can't be read.
    """
    definition = read_definition(path)
    material = find_material(definition)
    design = create_design(definition, material.names)
    place = None if is_rehearsal else answers or answers_path(path)
    store = AnswerStore.open(place, definition.name, design)
    try:
        pictures = prepare_pictures(definition, material, cache=cache, progress=progress)
        yield Study(definition, design, pictures, store, is_rehearsal)
    finally:
        store.close()


def serve(study: Study, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve a study until Ctrl-C.

    Nothing is written down about who asks: there is no log of requests.

    Args:
        study: as `open_study` gives it.
        host: the address to listen at; `LOOPBACK` is reached from this machine only.
        port: 0 takes a free one.
        announce: told the address of the pages once they can be reached.

    Raises:
        StudyError: the address is taken or not of this machine.
    """
    import uvicorn  # noqa: PLC0415 - only who serves needs it

    listener = _listen(host, port)
    with closing(listener), suppress(KeyboardInterrupt):  # which is how it is meant to end
        config = uvicorn.Config(
            create_server(study),
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        announce(_address(host, listener.getsockname()[1]))
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(place[0]), port), family=family)
    except OSError as error:
        raise StudyError(
            f"{host}, port {port}: can't be listened at ({error.strerror or error}); choose another --port or --host"
        ) from error


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
