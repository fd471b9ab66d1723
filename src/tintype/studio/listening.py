"""Listening at an address, and running an application there until it is stopped."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from tintype.errors import TintypeError

if TYPE_CHECKING:
    from fastapi import FastAPI

LOOPBACK = "127.0.0.1"

_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses that documentation is written with (RFC 5737 and 3849): nobody has them, all the way there is known."""


def listen(host: str, port: int, error: type[TintypeError]) -> socket.socket:
    """Return a socket that takes connections from now on.

    Args:
        host: name or address of this machine.
        port: 0 takes a free one.
        error: what is raised where that can't be done: the address is taken, or not of this machine.
    """
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server((str(place[0]), port), family=family)
    except OSError as reason:
        raise error(
            f"{host}, port {port}: can't be listened at ({reason.strerror or reason}); "
            "choose another --port or --host"
        ) from reason
    # Connections inherit it, and asyncio sees to it only where a socket names its protocol. Without it a picture that
    # follows a short message waits until the browser has confirmed that one, for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def address_of(host: str, port: int) -> str:
    """Return the address to type into a browser.

    >>> address_of("::1", 80), address_of("127.0.0.1", 8737)
    ('http://[::1]:80/', 'http://127.0.0.1:8737/')
    """
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def reachable_hosts(host: str) -> list[str]:
    """Return what to type into browsers for a host that is listened at.

    Returns:
        The host itself; where it stands for all addresses of this machine, the loopback, for browsers here, and then
        the addresses in its networks, for all others: the one that leads farthest first.

    >>> reachable_hosts("192.168.1.7"), reachable_hosts("0.0.0.0")[0], reachable_hosts("::")[0]
    (['192.168.1.7'], '127.0.0.1', '::1')
    """
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return [host]
    if not number.is_unspecified:
        return [host]
    if number.version == 6:  # of both families only this one is listened at
        return ["::1", *_own_addresses(socket.AF_INET6)]
    return [LOOPBACK, *_own_addresses(socket.AF_INET)]


def is_loopback(host: str) -> bool:
    """Return whether a host, or address, is reached from this machine only.

    >>> is_loopback("localhost"), is_loopback("127.1.2.3"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def run_server(app: FastAPI, listener: socket.socket, announce: Callable[[], None], **options: Any) -> None:
    """Run an application until Ctrl-C. Nothing is written down about who asks: there is no log of requests.

    Args:
        app: the application.
        listener: from `listen`; it is closed at the end.
        announce: called when browsers can connect.
        options: of uvicorn.
    """
    import uvicorn  # noqa: PLC0415 - only who serves needs it

    with closing(listener), suppress(KeyboardInterrupt):  # which is how it is meant to end
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            **options,
        )
        announce()
        uvicorn.Server(config).run(sockets=[listener])


def _own_addresses(family: socket.AddressFamily) -> list[str]:
    found = []
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(
            (_ELSEWHERE[family], 9)
        )  # sends nothing: the system only chooses what it would send from
        found.append(str(probe.getsockname()[0]))
    with suppress(OSError):
        places = socket.getaddrinfo(socket.gethostname(), None, family, socket.SOCK_STREAM)
        found += [str(place[0]) for *_, place in places]
    return [it for it in dict.fromkeys(found) if not (is_loopback(it) or _is_link_local(it))]


def _is_link_local(address: str) -> bool:
    """Return whether an address means something on one cable only."""
    return ipaddress.ip_address(address.partition("%")[0]).is_link_local
