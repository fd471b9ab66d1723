"""Running the studio until it is stopped: opening photographs, listening, opening the browser."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tintype.colorize.album import find_by_hash
from tintype.colorize.project import is_project_name, read_project
from tintype.errors import StudioError, TintypeError
from tintype.photos.inputs import is_photo_name
from tintype.studio.app import create_app
from tintype.studio.core import Studio, open_studio
from tintype.studio.limits import Limits
from tintype.studio.listening import address_of, is_loopback, listen, reachable_hosts, run_server
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
    """Serve the studio until Ctrl-C.

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
        StudioInUseError: another studio has the folder open.
        StudioError: the folder can't be used, or the address is taken.
        ModelError: the model can't be used.
    """
    needs_token = not is_loopback(host)
    opened = open_studio(
        folder or default_folder(),
        model=model,
        threads=threads,
        limits=limits,
        host=host,
        needs_token=needs_token,
    )
    with opened as found, closing(_listen(host, port)) as listener:
        taken = listener.getsockname()[1]
        studio = replace(found, door=replace(found.door, cookie=f"tintype-studio-{taken}"))
        key = f"#token={studio.door.token}" if needs_token else ""
        address, *others = (address_of(it, taken) + key for it in reachable_hosts(host))
        add_photographs(studio, photographs, say)

        def announce() -> None:
            say(f"the studio is at {address}")
            for other in others:
                say(f"from other machines and phones: {other}")
            say("Ctrl-C ends it; nothing is lost by that")
            if browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        run_server(
            create_app(studio),
            listener,
            announce,
            ws_max_size=studio.limits.document_bytes,
            ws_per_message_deflate=False,
        )


def add_photographs(studio: Studio, paths: Iterable[Path], say: Say) -> None:
    """Add files, and those in folders, to a library; one that can't be read is named, and the next is taken.

    A project is opened with its photograph, which lies beside it.
    """
    for path in find_photographs(paths):
        try:
            if is_project_name(path):
                open_project(studio, path)
            else:
                studio.library.open_file(path)
        except TintypeError as error:
            say(str(error))


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


def _listen(host: str, port: int | None) -> socket.socket:
    if port is not None:
        return listen(host, port, StudioError)
    try:
        return listen(host, PORT, StudioError)
    except StudioError:
        return listen(host, 0, StudioError)
