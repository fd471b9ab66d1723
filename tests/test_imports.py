"""What importing costs, measured where nothing is loaded yet: in processes of their own."""

import json
import subprocess
import sys

import pytest

HEAVY = [
    "torch",
    "onnxruntime",
    "pyvips",
    "scipy",
    "numpy",
    "PIL",
    "tifffile",
    "timm",
    "skimage",
    "rich.progress",
]
LEARNING = ["torch", "timm", "torchvision", "lightning_fabric"]


def loaded_by(code):
    """Run code in a new process; return the modules that it loaded and whose they are."""
    report = f"{code}\nimport sys, json; print(json.dumps([*sys.modules]), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(json.loads(result.stderr.splitlines()[-1]))


def call(*arguments):
    return f"from tintype.cli.app import run; run({[*arguments]!r})"


@pytest.mark.parametrize(
    "code",
    [
        "import tintype",
        "import tintype.cli",
        "import tintype.errors",
        call("--help"),
        call("--version"),
        call("colorize", "--help"),
        call("train", "--help"),
        call("data", "build", "--help"),
        call("measure", "--help"),
        call("colorize", "x.jpg", "--vividness", "7"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code):
    assert loaded_by(code).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "code",
    [
        "import tintype; tintype.Colorizer, tintype.read_photo, tintype.write_photo, tintype.Guidance",
        call("models", "list"),
        call("doctor", "--json"),
    ],
)
def test_coloring_loads_nothing_that_trains(code):
    assert loaded_by(code).isdisjoint([*LEARNING, "scipy"])


def test_public_names_load_only_what_they_need():
    assert loaded_by("import tintype; tintype.TintypeError").isdisjoint(HEAVY)
    assert loaded_by("import tintype; tintype.Guidance").isdisjoint(["onnxruntime", "pyvips", "PIL", "scipy"])
