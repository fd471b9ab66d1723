"""Two tiny models in a folder of their own, and a run over three small photographs."""

import pytest

from benchmark_samples import create_suite
from tintype.measure.benchmark.contestants import parse_contestants
from tintype.measure.benchmark.run import RunOptions, run_suite
from tintype.measure.benchmark.summary import summarize_run
from tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    write_tiny_model(folder / "tiny.onnx")
    return folder


@pytest.fixture(scope="module")
def suite(place):
    return create_suite(place)


@pytest.fixture(scope="module")
def options(place):
    return RunOptions(jobs=1, cache=place / "cache")


@pytest.fixture(scope="module")
def contestants(place):
    tiny = str(place / "tiny.onnx")
    return parse_contestants(["gray", tiny, f"{tiny},vividness=1"])


@pytest.fixture(scope="module")
def ran(suite, contestants, options):
    return run_suite(suite, contestants, options)


@pytest.fixture(scope="module")
def summary(ran):
    return summarize_run(ran)
