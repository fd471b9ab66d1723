"""Coloring asks nobody: an audit hook hears every connection that Python opens.

It is deaf to those of libraries in C++. ONNX Runtime writes down what it sends to its maker, and under which name, in
the person's own folder: where nothing lies there, it sent nothing.
"""

import os
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


def test_runtime_writes_down_nothing_to_be_sent(tmp_path):
    home, result = tmp_path / "home", tmp_path / "result.png"
    home.mkdir()
    # Without the rest: on machines of continuous integration it would be silent by itself.
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}
    program = [sys.executable, "-c", f"import sys\n{COLOR}", str(result)]
    subprocess.run(program, check=True, env=kept | {"HOME": str(home), "LOCALAPPDATA": str(home)})
    assert result.exists()
    assert list(home.rglob("*")) == []


def test_connection_would_be_heard():
    assert "socket.connect" in sounds_of(CALL)
