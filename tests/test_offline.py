"""Coloring asks nobody: an audit hook hears every connection that Python opens."""

import subprocess
import sys

LISTEN = """
import sys
heard = []
talk = {"connect", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "bind"}
sys.addaudithook(lambda event, _: heard.append(event) if event[7:] in talk and event.startswith("socket.") else None)
"""
COLOR = """
import numpy as np
import tintype
gray = np.linspace(0, 255, 64 * 96).astype(np.uint8).reshape(64, 96)
tintype.Colorizer(threads=1).colorize(gray).write(sys.argv[1])
"""
CALL = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"


def sounds_of(code: str, *arguments: str) -> str:
    program = f"{LISTEN}{code}\nprint(*heard)"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_coloring_opens_no_connection(tmp_path):
    assert sounds_of(COLOR, str(tmp_path / "result.png")) == ""
    assert (tmp_path / "result.png").stat().st_size > 0


def test_connection_would_be_heard():
    assert "socket.connect" in sounds_of(CALL)
