"""``tintype studio``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter, validators

from tintype.cli.terminal import print_line

_PAGE = Group.create_ordered("Page")
_LIMITS = Group.create_ordered("Limits")
_MACHINE = Group.create_ordered("Machine")
_Positive = validators.Number(gt=0)


def studio(
    photos: Annotated[list[Path] | None, Parameter(name="photos")] = None,
    /,
    *,
    model: Annotated[str, Parameter(group=_PAGE)] = "tintype-small",
    data: Annotated[Path | None, Parameter(group=_PAGE)] = None,
    host: Annotated[str, Parameter(group=_PAGE)] = "127.0.0.1",
    port: Annotated[int | None, Parameter(group=_PAGE, validator=validators.Number(gte=0, lte=65535))] = None,
    no_browser: Annotated[bool, Parameter(group=_PAGE)] = False,
    threads: Annotated[int | None, Parameter(group=_MACHINE, validator=validators.Number(gte=1))] = None,
    max_memory: Annotated[int, Parameter(group=_MACHINE, validator=_Positive)] = 1000,
    max_megapixels: Annotated[float, Parameter(group=_LIMITS, validator=_Positive)] = 500,
    max_upload: Annotated[int, Parameter(group=_LIMITS, validator=_Positive)] = 2000,
    max_photos: Annotated[int, Parameter(group=_LIMITS, validator=_Positive)] = 500,
) -> None:
    """Open the studio: a page in your browser where every color can be changed, and answers at once.

    It runs here: nothing leaves this machine, and no network is needed. Everything that is done is stored at once,
    with undo without end; stop it and start it again whenever you like. Photographs that are named here stay where
    they are and are never touched.

    Args:
        photos: Files and folders to begin with, and projects (.tintype) beside their photographs; more can be dropped
            on the page.
        model: Name of a model (see "tintype models list") or path of a .onnx file.
        data: Folder where photographs that were dropped, guidance and history are kept; among the user's data if not
            given. One studio at a time: where one is open there already, its page is opened, and photographs that are
            named are sent to it.
        host: Address to listen at; 0.0.0.0 is all that this machine has. The default is reached from this machine
            only; at any other one, whoever wants to come in needs the token in the address that is printed.
        port: To listen at; 0 takes a free one. Without it 8736, or a free one where that is taken.
        no_browser: Only print the address.
        threads: Threads to use; all cores if not given, eight at most for the network.
        max_memory: Megabytes of photographs that are kept open.
        max_megapixels: Refuse photographs that declare more.
        max_upload: Refuse files of more megabytes.
        max_photos: Refuse more photographs in the library.
    """
    from tintype.studio.limits import Limits  # noqa: PLC0415 - heavy
    from tintype.studio.serving import serve_studio  # noqa: PLC0415

    limits = Limits(
        upload_bytes=max_upload * 1_000_000,
        max_pixels=round(max_megapixels * 1e6),
        photos=max_photos,
        memory_bytes=max_memory * 1_000_000,
    )
    serve_studio(
        photos or [],
        folder=data,
        host=host,
        port=port,
        model=model,
        threads=threads,
        limits=limits,
        browser=not no_browser,
        say=print_line,
    )
