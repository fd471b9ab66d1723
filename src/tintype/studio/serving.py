"""Running the studio until it is stopped: opening photographs, listening, opening the browser."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from tintype.colorize.album import find_by_hash
from tintype.colorize.project import is_project_name, read_project
from tintype.errors import StudioError, StudioInUseError, TintypeError
from tintype.photos.inputs import is_photo_name
from tintype.studio.address_file import find_address, forget_address, note_address
from tintype.studio.app import create_app
from tintype.studio.core import Studio, open_studio
from tintype.studio.limits import Limits
from tintype.studio.listening import address_of, is_loopback, listen, reachable_hosts, run_server
from tintype.studio.neighbor import Neighbor
from tintype.studio.projects import read_project_text

PORT = 8736
"""Where the studio is found unless another place is named."""

Say = Callable[[str], None]


def default_folder() -> Path:
    """Return where a studio keeps everything unless another folder is named: among the user's own data."""
    import platformdirs  # noqa: PLC0415 - only servers need it

    return Path(platformdirs.user_data_dir("tintype")) / "studio"


def serve_studio(
    photographs: Iterable[Path],
    *,
    folder: Path | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    model: str = "tintype-small",
    threads: int | None = None,
    limits: Limits | None = None,
    browser: bool = True,
    say: Say,
) -> None:
    """Serve the studio until Ctrl-C; where one has the folder open already, hand over to it.

    Args:
        photographs: files and folders to add to the library, where they lie.
        folder: where everything is kept; None: `default_folder`.
        host: the address to listen at; any but the loopback needs the token that is printed.
        port: 0 takes a free one; None takes `PORT`, or a free one where that is taken.
        model: name or path.
        threads: that work at once; None: one for each core.
        limits: what is refused; None for the usual ones.
        browser: open the page in the browser.
        say: told what a person should know: the address, photographs that can't be opened.

    Raises:
        StudioInUseError: another studio has the folder open and has not said where it is.
        StudioError: the folder can't be used, the address is taken, or the other studio does not answer.
        ModelError: the model can't be used.
    """
    folder = folder or default_folder()
    needs_token = not is_loopback(host)
    opened = open_studio(
        folder, model=model, threads=threads, limits=limits, host=host, needs_token=needs_token
    )
    try:
        with opened as found, closing(_listen(host, port)) as listener:
            taken = listener.getsockname()[1]
            studio = replace(found, door=replace(found.door, cookie=f"tintype-studio-{taken}"))
            add_photographs(photographs, partial(add_photograph, studio), say)
            _run(studio, listener, browser=browser, say=say)
    except StudioInUseError:
        address = find_address(folder)
        if address is None:  # it is beginning, or about to end
            raise
        _hand_over(address, photographs, browser=browser, say=say)


def add_photographs(paths: Iterable[Path], add: Callable[[Path], object], say: Say) -> None:
    """Add files, and those in folders; one that can't be read is named, and the next is taken."""
    for path in find_photographs(paths):
        try:
            add(path)
        except TintypeError as error:
            say(str(error))


def add_photograph(studio: Studio, path: Path) -> None:
    """Add a photograph where it lies, or a project with its photograph, which lies beside it.

    Raises:
        GuidanceError: as `open_project`.
        PhotoError: it can't be read.
        StudioLimitError: the library is full.
    """
    if is_project_name(path):
        open_project(studio, path)
    else:
        studio.library.open_file(path)


def open_project(studio: Studio, path: Path) -> None:
    """Open the photograph that a project belongs to, and let its state be what the project says.

    Raises:
        GuidanceError: it is no project, its photograph is not there, or it was made with another model.
        PhotoError: its photograph can't be read.
    """
    project = read_project(path)
    found = find_by_hash(project.source.sha256, project.source.name, [path.resolve().parent])
    entry = studio.library.open_file(found, project.source.page)
    desk, engine = studio.library.desk(entry.id), studio.engine
    state = read_project_text(project.to_json(), desk, (engine.card.name, engine.fingerprint))
    studio.library.change(entry.id, state, label=path.name)


def find_photographs(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files, and the photographs in folders, those in the order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(it for it in path.iterdir() if it.is_file() and is_photo_name(it))
        else:
            yield path


def _run(studio: Studio, listener: socket.socket, *, browser: bool, say: Say) -> None:
    key = f"#token={studio.door.token}" if studio.door.token else ""
    port = listener.getsockname()[1]
    address, *others = (address_of(host, port) + key for host in reachable_hosts(studio.door.host))

    def announce() -> None:
        say(f"the studio is at {address}")
        for other in others:
            say(f"from other machines and phones: {other}")
        say("Ctrl-C ends it; nothing is lost by that")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    note_address(studio.folder, address)
    try:
        run_server(
            create_app(studio),
            listener,
            announce,
            ws_max_size=studio.limits.document_bytes,
            ws_per_message_deflate=False,
        )
    finally:
        forget_address(studio.folder)


def _hand_over(address: str, photographs: Iterable[Path], *, browser: bool, say: Say) -> None:
    """Give photographs to a studio that is open already, and open its page; StudioError: it does not answer."""
    neighbor = Neighbor(address)
    neighbor.ask("GET", "/studio")
    add_photographs(photographs, neighbor.add, say)
    say(f"the studio is open already, at {address}")
    say("it goes on as it was begun; stop it first to begin it with other options")
    if browser:
        webbrowser.open(address)


def _listen(host: str, port: int | None) -> socket.socket:
    if port is not None:
        return listen(host, port, StudioError)
    try:
        return listen(host, PORT, StudioError)
    except StudioError:
        return listen(host, 0, StudioError)
