import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tintype.color.bins import CENTERS
from tintype.errors import (
    BrokenModelError,
    BrokenOffError,
    ContractError,
    MissingExtraError,
    ModelError,
    UnsupportedByModelError,
)
from tintype.models import session as session_module
from tintype.models.catalog import find_model
from tintype.models.session import Session, default_threads, runtime
from tiny_model import CLASSES, FEATURES, write_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="module")
def session(model):
    return Session(model, threads=1)


def gray(height=64, width=96, value=60.0, n=1):
    return np.full((n, 1, height, width), value, np.float32)


def nearest(a, b):
    return int(np.argmin(((CENTERS - (a, b)) ** 2).sum(axis=1)))


@pytest.mark.parametrize(("height", "width", "n"), [(32, 32, 1), (64, 96, 1), (160, 32, 2)])
def test_run_gives_the_shapes_of_the_contract(session, height, width, n):
    outputs = session.run(gray(height, width, n=n))
    assert {name: array.shape for name, array in outputs.items()} == {
        "bin_logits": (n, 313, height // 4, width // 4),
        "features": (n, FEATURES, height // 16, width // 16),
        "classes": (n, CLASSES),
        "class_map": (n, CLASSES, height // 32, width // 32),
    }
    assert all(array.dtype == np.float32 for array in outputs.values())


def test_absent_guidance_is_the_same_as_zeros(session):
    zeros = session.run(
        gray(), hints=np.zeros((1, 3, 64, 96), np.float32), palette=np.zeros((1, 314), np.float32)
    )
    for name, array in session.run(gray()).items():
        np.testing.assert_array_equal(array, zeros[name])


def test_hints_and_palette_reach_the_graph(session):
    hints = np.zeros((1, 3, 64, 96), np.float32)
    hints[0, :, :, :48] = np.array([40, -60, 1], np.float32)[:, None, None]
    best = session.run(gray(), hints=hints)["bin_logits"][0].argmax(axis=0)
    assert (best[:, :12] == nearest(40, -60)).all()
    assert not (best[:, 12:] == nearest(40, -60)).any()
    palette = np.zeros((1, 314), np.float32)
    palette[0, [7, 313]] = 1
    change = session.run(gray(), palette=palette)["bin_logits"] - session.run(gray())["bin_logits"]
    np.testing.assert_allclose(change[0, :, 0, 0], np.eye(313)[7], atol=1e-5)


def test_only_the_outputs_asked_for_come_back(session):
    assert list(session.run(gray(), outputs=["classes"])) == ["classes"]
    assert list(session.run(gray(), outputs=["class_map", "features"])) == ["class_map", "features"]
    with pytest.raises(ModelError, match="has no output 'ab'"):
        session.run(gray(), outputs=["ab"])


def test_inputs_are_held_against_the_contract(session):
    with pytest.raises(ContractError, match="multiples of 32"):
        session.run(gray(64, 90))
    with pytest.raises(UnsupportedByModelError, match="takes no style"):
        session.run(gray(), style=np.zeros((1, 4), np.float32))


def test_graph_that_lacks_what_its_card_says_is_refused(tmp_path):
    model = write_tiny_model(tmp_path / "m.onnx", drop_output="features")
    with pytest.raises(ContractError, match="the output 'features' is missing"):
        Session(model)


def test_grid_that_the_graph_does_not_keep_is_refused_at_the_first_run(tmp_path):
    session = Session(write_tiny_model(tmp_path / "m.onnx", grid=8), threads=1)
    with pytest.raises(ContractError, match="bin_logits has the shape"):
        session.run(gray())


def test_damaged_graph_is_refused_in_one_line(model, tmp_path):
    content = bytearray(model.path.read_bytes())
    content[30:60] = bytes(30)
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(BrokenModelError, match=re.escape("m.onnx can't be loaded")) as caught:
        Session(type(model)(tmp_path / "m.onnx", model.card))
    assert "\n" not in str(caught.value)


def test_failing_run_names_model_and_remedy(model, monkeypatch):
    session = Session(model, threads=1)

    def fail(names, feeds, options):
        raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : out of\nmemory")

    monkeypatch.setattr(session._session, "run", fail)
    with pytest.raises(ModelError, match=r"test-tiny@1 failed on CPU.*: out of memory; try a smaller size"):
        session.run(gray())


def test_threads_and_providers_are_told(model, session):
    assert session.threads == 1
    assert session.providers == ("CPUExecutionProvider",)
    assert Session(model).threads == default_threads() >= 1
    assert Session(model, providers=["cpu"]).providers == ("CPUExecutionProvider",)


@pytest.mark.parametrize("threads", [0, -1])
def test_fewer_than_one_thread_is_refused(model, threads):
    with pytest.raises(ModelError, match="give 1 or more"):
        Session(model, threads=threads)


def test_provider_that_is_not_there_is_refused_with_the_remedy(model):
    with pytest.raises(MissingExtraError, match=r"no provider 'tensorrt'.*onnxruntime-gpu"):
        Session(model, providers=["tensorrt"])


def test_provider_choice_prefers_accelerators_but_not_compilers():
    available = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    chosen = session_module._choose_providers(None, available)
    assert chosen == ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert session_module._choose_providers(["tensorrt"], available) == ("TensorrtExecutionProvider",)


ONE = session_module._Workers(1, live=False)


class BrokenAccelerator:
    """ONNX Runtime whose CUDA provider is compiled in, but has no driver to work with."""

    __version__ = "1.0"
    tried: list[tuple[str, ...]]

    def __init__(self):
        self.tried = []

    class SessionOptions:
        def add_session_config_entry(self, key, value):
            pass

    def InferenceSession(self, part, options, providers, enable_fallback):
        self.tried.append(providers)
        if "CUDAExecutionProvider" in providers:
            raise RuntimeError("CUDA failure 35: driver version is insufficient")
        return "loaded"


def test_accelerator_chosen_automatically_that_fails_gives_way_to_the_cpu(model):
    ort = BrokenAccelerator()
    chosen = ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert session_module._load(ort, model, ONE, chosen, part=b"", may_fall_back=True) == "loaded"
    assert ort.tried == [chosen, ("CPUExecutionProvider",)]


def test_accelerator_asked_for_that_fails_is_an_error(model):
    chosen = ("CUDAExecutionProvider",)
    with pytest.raises(BrokenModelError, match="CUDA failure 35"):
        session_module._load(BrokenAccelerator(), model, ONE, chosen, part=b"", may_fall_back=False)


def test_runtime_tells_the_doctor(monkeypatch):
    found = runtime()
    assert "CPUExecutionProvider" in found.available
    assert found.chosen[-1] == "CPUExecutionProvider"
    assert found.advice is None
    monkeypatch.setattr(session_module.importlib.metadata, "version", lambda name: "1.0")
    assert "onnxruntime 1.0 and onnxruntime-gpu 1.0" in runtime().advice


@pytest.mark.parametrize("rest", ["None", "type(sys)('onnxruntime')"])
def test_missing_or_damaged_runtime_is_told_when_a_session_opens(model, rest):
    code = (
        f"import sys; sys.modules['onnxruntime'] = {rest}\n"
        "from tintype.errors import MissingExtraError\n"
        "from tintype.models.catalog import find_model\n"
        "from tintype.models.session import Session\n"
        f"try: Session(find_model({str(model.path)!r}))\n"
        "except MissingExtraError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, timeout=600, capture_output=True, text=True
    )
    assert "install exactly one of onnxruntime and onnxruntime-gpu" in done.stdout
    assert done.stderr == ""


def test_session_serves_several_threads_at_once(session):
    expected = [session.run(gray(value=10.0 * i))["bin_logits"] for i in range(4)]
    results = [None] * 4

    def work(i):
        for _ in range(20):
            results[i] = session.run(gray(value=10.0 * i))["bin_logits"]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for actual, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(actual, wanted)


def test_result_does_not_depend_on_how_threads_wait(model, session):
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 64)).astype(np.float32)
    patient = Session(model, threads=2, live=True)
    np.testing.assert_array_equal(
        patient.run(lightness)["bin_logits"], Session(model, threads=2).run(lightness)["bin_logits"]
    )


def test_run_that_is_broken_off_ends_early_and_the_next_one_does_not():
    session = Session(find_model("tintype-small"), threads=1)
    large = gray(1024, 1024)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(session.run, large)
        while not run.done():
            session.break_off()
            time.sleep(0.001)
    with pytest.raises(BrokenOffError, match=r"tintype-small@.* was broken off"):
        run.result()
    assert session.run(gray())["bin_logits"].shape == (1, 313, 16, 24)
