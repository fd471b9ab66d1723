"""Measure what coloring costs at full size: time against a plain decode and encode, memory, lightness.

    python benchmarks/join.py
    python benchmarks/join.py --model runs/mine/model.onnx --rounds 10

A 12-megapixel gray JPEG, in process: decoding to RGB and encoding RGB 4:4:4 with Pillow alone, and the whole of
reading, coloring and writing (Pillow codes the JPEG there too). They run in turns, so that whatever else the machine
does meets both; the best of each counts. The whole command is timed as well, start of Python included.

A 100-megapixel 16-bit RGB TIFF: the whole command's peak memory, in a process of its own.

The photographs are scikit-learn's flower, enlarged, with grain. The figures are written to results/join.csv.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image

from tintype import Colorizer, read_photo
from tintype.color.lab import linear_to_lab
from tintype.measure.record import Origin, Row, write_table
from tintype.photos.join import join
from tintype.photos.photo import Photo
from tintype.photos.rgb_codes import LIGHTNESS_TOLERANCE

SMALL, LARGE = (3000, 4000), (8660, 11547)
LAUNCH = """
import resource, subprocess, sys
subprocess.run([sys.executable, *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
TABLE = Path(__file__).parents[1] / "results" / "join.csv"


def create_gray(size: tuple[int, int], grain: float = 3.0) -> NDArray[np.uint8]:
    """Make a gray photograph of a size."""
    flower = Image.fromarray(load_sample_image("flower.jpg")).convert("L")
    enlarged = np.asarray(flower.resize(size[::-1], Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).standard_normal(size, dtype=np.float32) * np.float32(grain)
    return np.clip(np.rint(enlarged + noise), 0, 255).astype(np.uint8)


def time_in_turns(runs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the best wall and processor time of each run, in seconds; the first round is not counted."""
    best = dict.fromkeys(runs, (np.inf, np.inf))
    for turn in range(rounds + 1):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            run()
            if turn:
                spent = time.perf_counter() - wall, time.process_time() - processor
                best[name] = min(best[name][0], spent[0]), min(best[name][1], spent[1])
    return best


def convert_plainly(path: Path) -> bytes:
    """Decode a JPEG to RGB and encode that with its own tables and full chroma, by Pillow alone."""
    picture = Image.open(path)
    tables = picture.quantization
    target = io.BytesIO()
    picture.convert("RGB").save(target, "JPEG", qtables=[list(tables[0])], subsampling=0)
    return target.getvalue()


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Lend a folder, in memory where there is one: the disk's moods are not what is measured."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


def measure_jpeg(model: str, rounds: int) -> Iterator[Row]:
    """Time a 12-megapixel JPEG."""
    with folder_in_memory() as folder:
        source, target = folder / "scan.jpg", folder / "scan_color.jpg"
        Image.fromarray(create_gray(SMALL)).save(source, quality=90)
        colorizer = Colorizer(model)
        photo = read_photo(source)
        result = colorizer.colorize(photo)
        runs = {
            "decode to RGB, encode RGB 4:4:4 with Pillow": lambda: convert_plainly(source),
            "read, color, join and write": lambda: colorizer.colorize(source).write(target, overwrite=True),
            "  read_photo": lambda: read_photo(source),
            "  reduce and ask the network": lambda: colorizer.colorize(photo),
            "  join": lambda: join(photo, result.ab).to_array(),
            "  join and write": lambda: result.write(target, overwrite=True),
        }
        best = time_in_turns(runs, rounds)
        command = time_command(source, target, model)
    (plain, plain_processor), (whole, whole_processor), *_ = best.values()
    yield Row("12 MP gray JPEG: times decoding and encoding alone", whole / plain, "<= 6, goal 3", rounds)
    yield Row("  the same in processor time", whole_processor / plain_processor, "", rounds)
    for name, (wall, processor) in best.items():
        yield Row(f"  {name}, s", wall, "", rounds)
        yield Row(f"  {name}, processor s", processor, "", rounds)
    yield Row("  the whole command, start to end, s", command, "", 3)


def time_command(source: Path, target: Path, model: str) -> float:
    """Return the best of three runs of the whole command, in seconds."""
    runs = {"command": lambda: color_in_process(source, target, model)}
    return time_in_turns(runs, 3)["command"][0]


def color_in_process(source: Path, target: Path, model: str) -> float:
    """Color a file by the command, in a process of its own; return its peak memory in MB."""
    command = ["-m", "tintype", "colorize", source, "-o", target, "--model", model, "--force"]
    # A child is charged with the memory of the process that started it: so a small one starts it.
    done = subprocess.run(
        [sys.executable, "-c", LAUNCH, *map(str, command)], check=True, capture_output=True, text=True
    )
    return float(done.stdout.split()[-1]) / (1e6 if sys.platform == "darwin" else 1e3 / 1.024)


def measure_tiff(model: str) -> Iterator[Row]:
    """Take the peak memory of a 100-megapixel TIFF of 16 bits and three channels."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "scan.tif", Path(folder) / "scan_color.tif"
        gray = create_gray(LARGE).astype(np.uint16) * 257
        tifffile.imwrite(source, np.repeat(gray[..., None], 3, axis=2), photometric="rgb")
        del gray
        start = time.perf_counter()
        peak = color_in_process(source, target, model)
        duration = time.perf_counter() - start
    yield Row("100 MP 16-bit RGB TIFF: peak memory of the command, MB", peak, "< 1200", 1)
    yield Row("  whole process, start to end, s", duration, "", 1)


def measure_lightness() -> Iterator[Row]:
    """Take the largest change of L, with colors that exist and others, and look at clipped black and white."""
    random = np.random.default_rng(0)
    gray = create_gray((1000, 1500), grain=20)
    for depth in (8, 16):
        fine = (
            gray
            if depth == 8
            else gray.astype(np.uint16) * 257 + random.integers(0, 257, gray.shape, np.uint16)
        )
        fine[:100, :100], fine[:100, 100:200] = 0, np.iinfo(fine.dtype).max
        photo = Photo.from_array(fine)
        worst, changed = 0.0, 0
        for scale in (5, 20, 80):
            codes = join(photo, random.normal(0, scale, (48, 64, 2)).astype(np.float32)).to_array()
            lightness = linear_to_lab(photo.rgb_space.decode(codes))[..., 0]
            worst = max(worst, float(np.abs(lightness - photo.lightness()).max()))
            changed += int((codes[:100, :200] != fine[:100, :200, None]).sum())
        yield Row(
            f"largest change of L, {depth} bits", worst, f"<= {LIGHTNESS_TOLERANCE[depth]}", 3 * fine.size
        )
        yield Row(f"clipped black or white that took color, {depth} bits", changed, "0", 60000)


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--model", default="tintype-small", help="name or file")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--table", type=Path, default=TABLE, help="where to write the figures")
    options = parser.parse_args()
    rows = [*measure_lightness(), *measure_jpeg(options.model, options.rounds), *measure_tiff(options.model)]
    for row in rows:
        sys.stdout.write(f"{row.line(60)}\n")
    made_of = "scikit-learn's flower, enlarged, with grain"
    write_table(options.table, rows, Origin.of_this_run(made_of))


if __name__ == "__main__":
    main()
