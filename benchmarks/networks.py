"""Time a model of Tintype against another colorizer's network, both in ONNX Runtime on this CPU.

    python benchmarks/networks.py tintype-small --peer ddcolor-tiny-256.onnx
    python benchmarks/networks.py runs/mine/model.onnx --peer ddcolor-tiny-256.onnx --threads 2 --json

The peer is any ONNX file with float32 inputs. Published projects bring their own export scripts (DDColor:
``scripts/export_onnx.py`` in its repository; choose 256 as its input size). Random weights serve, for the time does
not depend on them; see that the values stay of ordinary size, for a CPU is slower on denormal numbers and NaN.

The two run in turns, so that whatever else the machine does meets both, and the ratio of their medians is printed.
The runs before the first timed one are not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from tintype.models.catalog import find_model

Run = Callable[[], object]


def prepare(path: Path, size: int, threads: int) -> Run:
    """Load an ONNX file and return a function that runs it once at size x size pixels."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    feeds = {}
    for node in session.get_inputs():
        shape = [n if isinstance(n, int) else (size if axis else 1) for axis, n in enumerate(node.shape)]
        largest = 100 if node.name == "lightness" else 1
        empty = node.name in {"hints", "palette"}
        feeds[node.name] = (random.uniform(0, 0 if empty else largest, shape)).astype(np.float32)
    return lambda: session.run(None, feeds)


def time_in_turns(runs: dict[str, Run], rounds: int, warm_up: int) -> dict[str, list[float]]:
    """Return the milliseconds of each run, measured in turns: name to one number a round."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(warm_up + rounds):
        for name, run in runs.items():
            run()  # the other network's weights have just filled the caches
            start = time.perf_counter()
            run()
            if turn >= warm_up:
                times[name].append(1000 * (time.perf_counter() - start))
    return times


def summarize(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return minimum, median and maximum of each list, in milliseconds."""
    return {
        name: {"min": min(values), "median": statistics.median(values), "max": max(values)}
        for name, values in times.items()
    }


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a model's name or .onnx file")
    parser.add_argument("--peer", type=Path, help="another network's .onnx file")
    parser.add_argument("--size", type=int, default=256, help="side of the square input (default: 256)")
    parser.add_argument("--threads", type=int, default=2, help="of each network (default: 2)")
    parser.add_argument("--rounds", type=int, default=20, help="timed runs of each network (default: 20)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> int:
    """Time the networks and print the report."""
    arguments = read_arguments()
    files = {arguments.model: find_model(arguments.model).path}
    if arguments.peer:
        files[arguments.peer.name] = arguments.peer
    runs = {name: prepare(path, arguments.size, arguments.threads) for name, path in files.items()}
    figures = summarize(time_in_turns(runs, arguments.rounds, warm_up=3))
    ratio = (
        figures[arguments.peer.name]["median"] / figures[arguments.model]["median"]
        if arguments.peer
        else None
    )
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "onnxruntime": onnxruntime.__version__,
        "size": arguments.size,
        "threads": arguments.threads,
        "rounds": arguments.rounds,
        "milliseconds": figures,
        "megabytes": {name: path.stat().st_size / 1e6 for name, path in files.items()},
        "ratio_of_medians": ratio,
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n" if arguments.json else as_text(report))
    return 0


def as_text(report: dict) -> str:
    """Return the report as a small table."""
    lines = [f"{report['machine']}, ONNX Runtime {report['onnxruntime']}, {report['threads']} threads"]
    for name, row in report["milliseconds"].items():
        figures = "  ".join(f"{key} {value:7.1f} ms" for key, value in row.items())
        lines.append(f"{name:32} {figures}  {report['megabytes'][name]:6.1f} MB")
    if report["ratio_of_medians"]:
        lines.append(f"the peer takes {report['ratio_of_medians']:.1f} times as long")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
