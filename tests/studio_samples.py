"""A studio on a folder of the tests, with a model that takes a millisecond, and someone who asks it."""

import io
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data
from starlette.testclient import TestClient

from photo_samples import save
from tintype.studio.app import create_app
from tintype.studio.core import open_studio

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
        answer = self.ask("POST", "/photos", status, params={"name": name}, content=jpeg() if content is None else content)
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
