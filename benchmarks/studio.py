"""Measure how soon the studio answers: from the release of the pointer to the new picture, without the browser.

    python benchmarks/studio.py
    python benchmarks/studio.py --model runs/mine/model.onnx --rounds 100

The program runs as a person starts it, in a process of its own, on the loopback. A page moves a mark over a
photograph and releases it, as the real page does, over a live connection. Counted is the time from the message to
the whole frame of the color, which the page then joins with the lightness, and, for programs that ask for pictures,
to that of a JPEG (1024 pixels on the longer side). The steps of both are timed in this process too, in wall and in
processor time: on a machine that does other work besides, the sum of the processor's share over all threads says what
is ours.

A scan of 50 megapixels: opening, first picture, tiles at full size, and what a tile takes of memory.

The photographs are scikit-learn's flower, enlarged, with grain. The figures are written to results/studio.csv.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from sklearn.datasets import load_sample_image
from websockets.sync.client import ClientConnection, connect

from tintype.measure.record import Origin, Row, write_table
from tintype.photos.photo import Photo
from tintype.studio.api.messages import unpack_frame
from tintype.studio.desk import Desk, render, whole
from tintype.studio.encoding import encode
from tintype.studio.engine import Engine
from tintype.studio.state import State

SMALL, LARGE = (3000, 4000), (5774, 8660)
TABLE = Path(__file__).parents[1] / "results" / "studio.csv"
_MOVES, _PAUSE = 8, 1 / 60


def create_gray(size: tuple[int, int]) -> np.ndarray:
    """Make a gray photograph of a size, with grain."""
    flower = Image.fromarray(load_sample_image("flower.jpg")).convert("L")
    enlarged = np.asarray(flower.resize(size[::-1], Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).standard_normal(size, dtype=np.float32) * np.float32(3)
    return np.clip(np.rint(enlarged + noise), 0, 255).astype(np.uint8)


def as_jpeg(picture: np.ndarray) -> bytes:
    """Return a JPEG file."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def point(x: float, y: float, color: str = "#a03020") -> dict[str, object]:
    """Return a mark of the page."""
    mark = {"kind": "point", "x": x, "y": y, "radius": 40, "color": color}
    return {"id": "m", "enabled": True, "mark": mark}


class Program:
    """The program, and someone who asks it."""

    def __init__(self, address: str, process: psutil.Process) -> None:
        self.address, self.process = address, process

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        """Return what is answered."""
        with urllib.request.urlopen(f"http://{self.address}/api/v1{path}", body, timeout=600) as answer:
            content: bytes = answer.read()
        return content

    def add(self, content: bytes) -> str:
        """Add a photograph; return its id."""
        return str(json.loads(self.ask("/photos?name=scan.jpg", content))["id"])

    @contextmanager
    def live(self) -> Iterator[ClientConnection]:
        """Give a live connection."""
        with connect(f"ws://{self.address}/api/v1/live", max_size=None, compression=None) as socket:
            yield socket


@contextmanager
def program(model: str) -> Iterator[Program]:
    """Run the program on a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", folder, "--model", model, "--port", "0", "--no-browser"]
        command = [sys.executable, "-m", "tintype", "studio", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://([\d.:]+)/", line)
            assert found, line
            try:
                yield Program(found[1], psutil.Process(process.pid))
            finally:
                process.terminate()


def wait_for_frame(socket: ClientConnection, serial: int) -> tuple[float, int]:
    """Wait for the finished frame of a message; return when it came, and how many frames came with it."""
    count = 0
    while True:
        message = socket.recv()
        if isinstance(message, bytes):
            count += 1
            header, _ = unpack_frame(message)
            if header["serial"] == serial and not header["draft"]:
                return time.perf_counter(), count


def measure_releases(model: str, rounds: int, *, still: bool, kind: str = "field") -> Iterator[Row]:
    """Drag a mark and release it, over and over: where it was moved to last, as hands do, or farther on."""
    releases, frames = [], 0
    random = np.random.default_rng(0)
    with program(model) as server, server.live() as socket:
        photo = server.add(as_jpeg(create_gray(SMALL)))
        socket.send(json.dumps({"type": "open", "photo": photo, "format": kind}))
        wait_for_frame(socket, 0)
        for number in range(rounds):
            x, y = random.uniform(200, 3800), random.uniform(200, 2800)
            for move in range(_MOVES):
                set_mark = {"op": "set_mark", "mark": point(x + 3 * move, y)}
                message = {"type": "try", "serial": 100 * number + move + 1, "operations": [set_mark]}
                socket.send(json.dumps(message))
                time.sleep(_PAUSE)
            serial = 100 * number + 50
            set_mark = {"op": "set_mark", "mark": point(x + 3 * (_MOVES - still), y)}
            begin = time.perf_counter()
            socket.send(json.dumps({"type": "change", "serial": serial, "operations": [set_mark]}))
            end, count = wait_for_frame(socket, serial)
            releases.append(1000 * (end - begin))
            frames += count
    where = "where it was" if still else "farther on"
    what = f"release {where} to {kind}, 1024 px, 12 MP: median, ms"
    yield Row(what, statistics.median(releases), "< 100", rounds)
    yield Row("  95th percentile, ms", float(np.percentile(releases, 95)), "< 200", rounds)
    yield Row("  fastest, ms", min(releases), "", rounds)
    yield Row(f"  frames for each drag of {_MOVES} moves and a release", frames / rounds, "", rounds)


def measure_steps(model: str, rounds: int) -> Iterator[Row]:
    """Time the steps of a frame in this process."""
    engine = Engine(model)
    desk = engine.lay_out(Photo.from_array(create_gray(SMALL)))
    engine.color(desk, State())
    spent: dict[str, list[tuple[float, float]]] = {}
    for number in range(rounds + 1):
        state = State.model_validate({"marks": [point(300 + 11 * number, 900)]})
        times = _time_steps(engine, desk, state)
        if number:  # the first round prepares what is computed once
            for name, time_of_step in times.items():
                spent.setdefault(name, []).append(time_of_step)
    engine.close()
    for name, all_times in spent.items():
        wall, processor = (statistics.median(values) for values in zip(*all_times, strict=True))
        yield Row(f"{name}, ms", wall, "", rounds)
        yield Row(f"  {name}, processor ms over all threads", processor, "", rounds)


def _time_steps(engine: Engine, desk: Desk, state: State) -> dict[str, tuple[float, float]]:
    times: dict[str, tuple[float, float]] = {}

    def step(name: str, function: Callable[[], object]) -> object:
        wall, processor = time.perf_counter(), time.process_time()
        result = function()
        times[name] = 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)
        return result

    begin = time.perf_counter(), time.process_time()
    step("read the state", lambda: engine.digest(state))
    step("draft: ask the network", lambda: engine.color(desk, state, draft=True))
    draft = time.perf_counter() - begin[0], time.process_time() - begin[1]
    colored = step("ask the network", lambda: engine.color(desk, state))
    step("decode", lambda: colored.result.ab)  # type: ignore[attr-defined]
    step("fit color to lightness", lambda: colored.cell_maps)  # type: ignore[attr-defined]
    field_time = time.perf_counter() - begin[0], time.process_time() - begin[1]
    picture = desk.picture("color", desk.view(), colored)  # type: ignore[arg-type]
    codes = step("raise and join to 1024 px", lambda: render(picture, *whole(picture), engine.workers))
    step("encode as JPEG", lambda: encode(codes))  # type: ignore[arg-type]
    whole_time = time.perf_counter() - begin[0], time.process_time() - begin[1]
    for name, (wall, processor) in {"a field": field_time, "a picture": whole_time}.items():
        times[f"all steps of {name}"] = 1000 * (wall - draft[0]), 1000 * (processor - draft[1])
    return times


def measure_large(model: str, rounds: int) -> Iterator[Row]:
    """Open a scan of 50 megapixels and look at its full size."""
    content = as_jpeg(create_gray(LARGE))
    with program(model) as server:
        begin = time.perf_counter()
        photo = server.add(content)
        opened = time.perf_counter()
        server.ask(f"/photos/{photo}/preview")
        yield Row("50 MP JPEG: received, read and kept, s", opened - begin, "", 1)
        yield Row("  first picture in color after that, s", time.perf_counter() - opened, "", 1)
        server.ask(f"/photos/{photo}/tiles/color/2/0/0")
        before = server.process.memory_info().rss
        for level in (0, 1, 2):
            spent = [
                _time_tile(server, f"/photos/{photo}/tiles/color/{level}/{i % 4}/{i // 4 % 2}")
                for i in range(rounds)
            ]
            yield Row(f"  a tile of level {level}, median ms", statistics.median(spent), "", rounds)
        grown = (server.process.memory_info().rss - before) / 1e6
        yield Row("  memory that tiles added, MB", grown, "", 3 * rounds)
        yield Row("  peak memory of the program, MB", _peak_memory(server.process), "", 1)


def _time_tile(server: Program, path: str) -> float:
    begin = time.perf_counter()
    server.ask(path)
    return 1000 * (time.perf_counter() - begin)


def _peak_memory(process: psutil.Process) -> float:
    """Return the highest memory of a process so far, in MB; where the system does not tell, that of now."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        return float(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1000  # type: ignore[index]
    return process.memory_info().rss / 1e6


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--model", default="tintype-small", help="name or file")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--table", type=Path, default=TABLE, help="where to write the figures")
    options = parser.parse_args()
    rows = [
        *measure_releases(options.model, options.rounds, still=True),
        *measure_releases(options.model, options.rounds, still=False),
        *measure_releases(options.model, options.rounds, still=True, kind="jpeg"),
        *measure_steps(options.model, options.rounds),
        *measure_large(options.model, min(options.rounds, 16)),
    ]
    for row in rows:
        sys.stdout.write(f"{row.line(64)}\n")
    made_of = "scikit-learn's flower, enlarged, with grain"
    write_table(options.table, rows, Origin.of_this_run(made_of))


if __name__ == "__main__":
    main()
