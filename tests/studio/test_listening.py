"""Listening at an address."""

import socket

import pytest

from tintype.errors import StudioError
from tintype.studio.listening import LOOPBACK, listen


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
