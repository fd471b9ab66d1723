"""Listening at an address."""

import socket

import pytest

from tintype.errors import StudioError
from tintype.studio.listening import LOOPBACK, is_loopback, listen, reachable_hosts


def test_short_messages_do_not_keep_long_ones_waiting():
    with listen(LOOPBACK, 0, StudioError) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_address_that_is_taken_is_named():
    with listen(LOOPBACK, 0, StudioError) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StudioError, match=rf"{port}: can.t be listened at .* choose another --port"):
            listen(LOOPBACK, port, StudioError)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "::1", "192.168.1.7", "fe80::1%eth0", "desk.local"]
)
def test_host_is_reached_under_its_own_name(host):
    assert reachable_hosts(host) == [host]


def test_all_addresses_are_those_of_this_machine():
    with listen("0.0.0.0", 0, StudioError) as listener:
        first, *others = reachable_hosts("0.0.0.0")
        assert first == LOOPBACK
        assert not any(map(is_loopback, others))
        for address in (first, *others):
            socket.create_connection((address, listener.getsockname()[1]), 5).close()


@pytest.mark.parametrize("host", ["::", "0:0::0"])
def test_all_addresses_of_a_family_are_its_own(host):
    first, *others = reachable_hosts(host)
    assert first == "::1"
    assert all(":" in it for it in others)


def test_network_that_can_t_be_asked_is_left_out(monkeypatch):
    def fail(*_):
        raise OSError

    monkeypatch.setattr("socket.getaddrinfo", fail)
    monkeypatch.setattr("socket.socket.connect", fail)
    assert reachable_hosts("0.0.0.0") == [LOOPBACK]


def test_address_that_a_name_gives_is_told_once_and_those_of_one_cable_are_not(monkeypatch):
    found = ["192.168.1.7", "127.0.1.1", "169.254.9.9", "10.0.0.3", "10.0.0.3"]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(0, 0, 0, "", (it, 0)) for it in found])
    monkeypatch.setattr("socket.socket.connect", lambda *_: None)
    monkeypatch.setattr("socket.socket.getsockname", lambda _: ("10.0.0.3", 9))
    assert reachable_hosts("0.0.0.0") == [LOOPBACK, "10.0.0.3", "192.168.1.7"]
