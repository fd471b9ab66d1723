"""A studio on a folder of the tests, with a model that takes a millisecond, and someone who asks it."""

import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import psutil
import uvicorn
from PIL import Image
from skimage import data
from starlette.testclient import TestClient
from websockets.sync.client import connect

from photo_samples import save
from tintype.studio.api.messages import unpack_frame
from tintype.studio.app import create_app
from tintype.studio.core import open_studio

# glibc keeps up to 100 MB more or less, by chance, of what a program let go: memory could not be judged.
FREED_IS_RETURNED = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}
ADDRESS = "http://127.0.0.1:8736"
API = "/api/v1"


def gray_scan(height=300, width=400):
    """A gray photograph of any size, uint8."""
    picture = Image.fromarray(data.camera()).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture)


def jpeg(picture=None, **options):
    """A photograph as a JPEG file."""
    return save(gray_scan() if picture is None else picture, "JPEG", **options)


def decoded(content):
    """The pixels of a picture file."""
    return np.asarray(Image.open(io.BytesIO(content)))


def point(name="a", x=100, y=80, color="#b03020", radius=12, **more):
    """A mark on the page."""
    return {"id": name, "mark": {"kind": "point", "x": x, "y": y, "radius": radius, "color": color}, **more}


def set_mark(*arguments, **options):
    """The operation that sets a mark."""
    return {"op": "set_mark", "mark": point(*arguments, **options)}


class Person:
    """Someone who uses a studio over HTTP as the page does."""

    def __init__(self, client, studio):
        self.client, self.studio = client, studio

    def ask(self, method, path, status=200, **options):
        answer = self.client.request(method, API + path, **options)
        assert answer.status_code == status, answer.text[:500]
        return answer

    def get(self, path, status=200, **options):
        return self.ask("GET", path, status, **options)

    def add(self, content=None, name="Oma.jpg", status=201):
        answer = self.ask(
            "POST", "/photos", status, params={"name": name}, content=jpeg() if content is None else content
        )
        return answer.json()["id"] if status == 201 else answer.json()

    def amend(self, photo, *operations, status=200, **more):
        body = {"operations": [*operations], **more}
        return self.ask("PATCH", f"/photos/{photo}/state", status, json=body).json()

    def state(self, photo):
        return self.get(f"/photos/{photo}/state").json()

    def finish(self, job):
        """Wait for a job; return its last answer."""
        until = time.monotonic() + 120
        while job["status"] in ("waiting", "running") and time.monotonic() < until:
            time.sleep(0.02)
            job = self.get(f"/jobs/{job['id']}").json()
        return job

    def save(self, photo, status=201, **order):
        answer = self.ask("POST", "/jobs", status, json={"photo": photo, **order}).json()
        return self.finish(answer) if status == 201 else answer

    @contextmanager
    def live(self):
        with self.client.websocket_connect(ADDRESS.replace("http", "ws") + f"{API}/live") as socket:
            yield socket


@contextmanager
def using(folder, model, *, web=None, **options):
    """Open a studio, and give someone who uses it."""
    with open_studio(Path(folder), model=model, threads=2, **options) as studio:
        app = create_app(studio) if web is None else create_app(studio, web)
        with TestClient(app, base_url=ADDRESS) as client:
            yield Person(client, studio)


@contextmanager
def serving(folder, model, **options):
    """Serve a studio on a free port of the loopback; gives its host and port."""
    with open_studio(Path(folder), model=model, threads=2, **options) as studio:
        config = uvicorn.Config(
            create_app(studio),
            port=0,
            log_level="error",
            access_log=False,
            ws_max_size=studio.limits.document_bytes,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Served(f"127.0.0.1:{port}", studio)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def running(folder, tiny, *arguments, port=0):
    """Run the program until the block ends, then kill it; gives the server and its process."""
    command = [sys.executable, "-m", "tintype", "studio", *map(str, arguments)]
    options = ["--data", folder, "--model", tiny, "--port", port, "--no-browser", "--threads", "2"]
    with subprocess.Popen(
        [*command, *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | FREED_IS_RETURNED,
    ) as process:
        said = ""
        while not (found := re.search(r"http://(127\.0\.0\.1:\d+)/", said)):
            line = process.stdout.readline()
            assert line, (said, process.wait())
            said += line
        server = Served(found[1])
        server.said, server.process = said, process
        try:
            yield server, process
        finally:
            process.kill()


class Served:
    """A studio that is served for real."""

    def __init__(self, place, studio=None):
        self.place, self.studio = place, studio
        self.said, self.process = "", None

    @property
    def resident_bytes(self):
        """Memory that its process has at present."""
        return psutil.Process(self.process.pid).memory_info().rss

    @contextmanager
    def person(self):
        with httpx.Client(base_url=f"http://{self.place}", timeout=60) as client:
            yield Person(client, self.studio)

    @contextmanager
    def page(self, photo=None, **options):
        """Someone who looks at a photograph on a live connection."""
        with connect(f"ws://{self.place}{API}/live", max_size=None, **options) as socket:
            page = Page(socket)
            if photo is not None:
                page.send(type="open", photo=photo)
            yield page


class Page:
    """The page's end of a live connection: keeps what came."""

    def __init__(self, socket):
        self.socket = socket
        self.frames, self.events = [], []

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def receive(self, timeout=60):
        """Wait for one message or frame."""
        message = self.socket.recv(timeout=timeout)
        if isinstance(message, bytes):
            self.frames.append(unpack_frame(message))
        else:
            self.events.append(json.loads(message))

    def until(self, is_there, timeout=60):
        """Receive until something is there; return it."""
        end = time.monotonic() + timeout
        while not (found := is_there(self)):
            self.receive(max(0.01, end - time.monotonic()))
        return found

    def event(self, kind, **values):
        """Wait for an event of a kind with these values."""

        def is_there(page):
            wanted = {"type": kind, **values}
            return next((it for it in page.events if wanted.items() <= it.items()), None)

        return self.until(is_there)

    def frame(self, **values):
        """Wait for a frame with these values in its header."""
        return self.until(
            lambda page: next((it for it in page.frames if values.items() <= it[0].items()), None)
        )

    def rest(self, seconds=0.5):
        """Receive what still comes."""
        try:
            while True:
                self.receive(seconds)
        except TimeoutError:
            return
