"""Running the server of a study until it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tintype.errors import StudyError
from tintype.studio.listening import address_of, listen, reachable_hosts, run_server
from tintype.studio.study.definition import read_definition
from tintype.studio.study.material import find_material
from tintype.studio.study.pictures import Progress, prepare_pictures
from tintype.studio.study.server import Study, create_server
from tintype.studio.study.store import AnswerStore
from tintype.studio.study.trials import create_design


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


def serve(study: Study, host: str, port: int, announce: Callable[[Sequence[str]], None]) -> None:
    """Serve a study until Ctrl-C.

    Args:
        study: as `open_study` gives it.
        host: the address to listen at; the loopback is reached from this machine only.
        port: 0 takes a free one.
        announce: told the addresses of the pages once they can be reached: as browsers on this machine have it, then,
            where all of this machine's are listened at, as those in its networks do.

    Raises:
        StudyError: the address is taken or not of this machine.
    """
    listener = listen(host, port, StudyError)
    port = listener.getsockname()[1]
    addresses = [address_of(reachable, port) for reachable in reachable_hosts(host)]
    run_server(create_server(study), listener, lambda: announce(addresses))
