"""A small study made inside of the tests: pieces of real photographs, and versions of them by made-up models."""

import threading
import time
from contextlib import contextmanager

import httpx
import numpy as np
import uvicorn
from skimage import data

from photo_samples import save
from tintype.studio.study.server import create_server
from tintype.studio.study.serving import open_study

HEIGHT, WIDTH = 96, 128
STUDY = """\
name = "sample"
contact = "Jane Doe"
photographs = "photographs"

[models]
dull = "colored/dull"
vivid = "colored/vivid"
"""
TEST = """
[real_or_colored]
trials = 8
exposure_seconds = 0.3
practice = 2
attention = 2
"""
PREFERENCE = """
[preference]
trials = 6
practice = 1
attention = 1
"""


def write_study(folder, *, count=20, parts=TEST + PREFERENCE, top=""):
    """Write photographs, two models' versions and the study's file; return the path of the file."""
    for name in ("photographs", "colored/dull", "colored/vivid"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for i, photograph in enumerate(photographs(count)):
        (folder / f"photographs/p{i:02d}.png").write_bytes(save(photograph, "PNG"))
        (folder / f"colored/dull/p{i:02d}_color.png").write_bytes(save(recolored(photograph, 0.4), "PNG"))
        (folder / f"colored/vivid/p{i:02d}.jpg").write_bytes(save(recolored(photograph, 1.3), "JPEG"))
    path = folder / "study.toml"
    path.write_text(top + STUDY + parts, "utf-8")
    return path


def photographs(count):
    """Pieces of color photographs, (96, 128, 3) uint8."""
    sources = [data.astronaut()[:, :256], data.coffee()[100:, 100:484], data.chelsea()[50:, 50:434]]
    for i in range(count):
        source = sources[i % 3]
        top = (i * 37) % (source.shape[0] - HEIGHT)
        left = (i * 53) % (source.shape[1] - WIDTH)
        yield np.ascontiguousarray(source[top : top + HEIGHT, left : left + WIDTH])


def recolored(photograph, factor):
    """The photograph with its color weakened or strengthened."""
    gray = photograph.mean(axis=-1, keepdims=True)
    return np.rint((gray + factor * (photograph - gray)).clip(0, 255)).astype(np.uint8)


class Served:
    """A study that is served; its clients are closed when the server is."""

    def __init__(self, address, study):
        self.address, self.study = address, study
        self.clients = []

    def client(self, **options):
        client = httpx.Client(base_url=self.address, timeout=600, **options)
        self.clients.append(client)
        return client

    def organizer(self):
        return self.client(headers={"Authorization": f"Bearer {self.study.store.organizer_key}"})

    def participant(self, choose=lambda trial: "left", **options):
        return Participant(self.client(**options), self.study, choose)


@contextmanager
def served(path, cache, **options):
    """Serve a study on a free port of the loopback."""
    with open_study(path, cache=cache, **options) as study:
        config = uvicorn.Config(
            create_server(study), port=0, log_level="error", access_log=False, server_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        found = Served(f"http://127.0.0.1:{port}/", study)
        try:
            yield found
        finally:
            for client in found.clients:
                client.close()
            server.should_exit = True
            thread.join()


class Participant:
    """Someone who answers over HTTP as the page does; `choose` gives the side for a trial of the store."""

    def __init__(self, client, study, choose):
        self.client, self.study, self.choose = client, study, choose

    def begin(self):
        return self.client.post("api/session").json()

    def answer(self, state):
        trial = state["trial"]
        token = trial["left"].split("/")[2]
        self.client.post("api/shown", json={"trial": trial["number"]})
        side = self.choose(self.study.store.find_picture(token))
        given = {"response_ms": 800, "exposure_ms": 300, "layout": "side_by_side"}
        return self.client.post("api/answer", json={"trial": trial["number"], "answer": side, **given}).json()

    def take_part(self, most=10_000):
        state = self.begin()
        while state["trial"] and most:
            state, most = self.answer(state), most - 1
        return state
