"""Time a model of Tintype against another colorizer's network, both in ONNX Runtime on this CPU.

    python benchmarks/networks.py
    python benchmarks/networks.py runs/mine/model.onnx --peer ddcolor23-large --threads 4

The peer is a network of ours by its name, exported with random weights (DDColor-tiny if nothing is said;
docs/parity.md shows that it computes what its authors' code computes), or any ONNX file with float32 inputs, such as
those that published projects export themselves. Random weights serve, for the time does not depend on them; see that
the values stay of ordinary size, for a CPU is slower on denormal numbers and NaN.

The two run in turns, so that whatever else the machine does meets both, and the ratio of their medians counts. The
runs before the first timed one are not counted. The figures are written to results/networks.csv.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime

from tintype.measure.record import Origin, Row, write_table
from tintype.models.catalog import ModelFile, find_model
from tintype.models.session import Session

Run = Callable[[], object]
TABLE = Path(__file__).parents[1] / "results" / "networks.csv"


def find_peer(name: str, folder: Path) -> ModelFile | Path:
    """Return a peer; a network of ours is exported into the folder, with random weights."""
    if name.endswith(".onnx"):
        return Path(name)
    import torch  # noqa: PLC0415 - not needed where the peer is a file

    from tintype.learn.export import export_model  # noqa: PLC0415
    from tintype.learn.networks import create_network  # noqa: PLC0415
    from tintype.learn.networks.traits import traits_of  # noqa: PLC0415
    from tintype.learn.release import draft_card  # noqa: PLC0415

    torch.manual_seed(0)
    network = create_network(name, pretrained=False).eval()
    card, lengths = draft_card(network, {"name": name}), traits_of(network).lengths
    return export_model(network, card, folder / f"{name}.onnx", lengths=lengths).model


def prepare(model: ModelFile | Path, size: int, threads: int) -> Run:
    """Load a model, or any ONNX file, and return a function that asks it once for the color of size x size pixels."""
    random = np.random.default_rng(0)
    if isinstance(model, ModelFile):
        session = Session(model, threads, providers=["cpu"])
        lightness = random.uniform(0, 100, (1, 1, size, size)).astype(np.float32)
        color = "bin_logits" if model.card.bins else "ab"
        return lambda: session.run(lightness, outputs=[color])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    foreign = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = {}
    for node in foreign.get_inputs():
        shape = [n if isinstance(n, int) else (size if axis else 1) for axis, n in enumerate(node.shape)]
        feeds[node.name] = random.uniform(0, 1, shape).astype(np.float32)
    return lambda: foreign.run(None, feeds)


def time_in_turns(runs: dict[str, Run], rounds: int, warm_up: int = 3) -> dict[str, list[float]]:
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


def describe(times: dict[str, list[float]], size: int, threads: int) -> Iterator[Row]:
    """Turn the times of the model and of its peer, in this order, into rows."""
    at = f"{size} x {size}, {threads} threads"
    medians = [statistics.median(values) for values in times.values()]
    for (name, values), median in zip(times.items(), medians, strict=True):
        yield Row(f"{name}: median of one run at {at}, ms", median, "", len(values))
        yield Row("  the fastest, ms", min(values), "", len(values))
    ours, peer = times
    required = ">= 10" if (ours, peer) == ("tintype-small", "ddcolor23-tiny") else ""
    yield Row(
        f"the network of {peer} takes so many times as long as {ours}",
        medians[1] / medians[0],
        required,
        len(values),
    )


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?", default="tintype-small", help="a model's name or .onnx file")
    parser.add_argument("--peer", default="ddcolor23-tiny", help="a network's name or an .onnx file")
    parser.add_argument("--size", type=int, default=256, help="side of the square input (default: 256)")
    parser.add_argument("--threads", type=int, default=2, help="of each network (default: 2)")
    parser.add_argument("--rounds", type=int, default=20, help="timed runs of each network (default: 20)")
    parser.add_argument("--table", type=Path, default=TABLE, help="where to write the figures")
    return parser.parse_args()


def main() -> None:
    """Time the networks, print and store."""
    options = read_arguments()
    with tempfile.TemporaryDirectory() as folder:
        files = {
            options.model: find_model(options.model),
            options.peer: find_peer(options.peer, Path(folder)),
        }
        runs = {name: prepare(model, options.size, options.threads) for name, model in files.items()}
    rows = [*describe(time_in_turns(runs, options.rounds), options.size, options.threads)]
    for row in rows:
        sys.stdout.write(f"{row.figure:60} {row.value:>8.4g}  {row.required}\n")
    origin = Origin.of_this_run("random pixels")
    write_table(options.table, rows, origin)


if __name__ == "__main__":
    main()
