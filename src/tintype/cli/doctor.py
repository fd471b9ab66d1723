"""``tintype doctor``."""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tintype import __version__
from tintype.cli.complaint import FAILED
from tintype.cli.terminal import print_json, print_table
from tintype.errors import MissingExtraError, TintypeError

_PACKAGES = ("numpy", "pillow", "pyvips", "tifffile", "imagecodecs", "cyclopts", "rich")
_EXTRAS = {
    "heif": ("pillow-heif",),
    "measure": ("jinja2", "matplotlib"),
    "perceptual": ("torch", "timm", "lpips", "torch-fidelity"),
    "train": ("torch", "timm", "lightning-fabric", "safetensors", "webdataset"),
}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        what: was looked at.
        status: ``ok``; ``note``: something is missing that is not needed; ``fault``: mend it.
        text: what was found, and the remedy for a fault.
    """

    what: str
    status: Literal["ok", "note", "fault"]
    text: str


def doctor(*, json: bool = False) -> int:
    """Check this installation: what is installed, whether the model runs, which formats can be written.

    Ends with exit status 1 if something must be mended.

    Args:
        json: Print the findings as JSON.
    """
    findings = [finding for check in _CHECKS for finding in _guarded(check)]
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table([(it.status, it.what, it.text) for it in findings], ["", "what", "found"])
    return FAILED if any(finding.status == "fault" for finding in findings) else 0


def _guarded(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Turn what a check stumbles over into a finding: a doctor must not fall ill."""
    what = check.__name__.removeprefix("_check_").replace("_", " ")
    try:
        yield from check()
    except TintypeError as error:
        yield Finding(what, "fault", str(error))
    except Exception as error:  # a damaged installation can raise anything
        text = " ".join(f"{type(error).__name__}: {error}".split())
        yield Finding(what, "fault", f"{text}; install Tintype again")


def _check_versions() -> Iterator[Finding]:
    yield Finding("tintype", "ok", f"{__version__} in {Path(__file__).parents[1]}")
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    for package in _PACKAGES:
        found = _version(package)
        yield Finding(package, "ok" if found else "fault", found or f"not installed; pip install {package}")


def _check_extras() -> Iterator[Finding]:
    for extra, packages in _EXTRAS.items():
        missing = [package for package in packages if not _version(package)]
        if missing:
            text = f"{', '.join(missing)} not installed; pip install 'tintype[{extra}]' if you need it"
            yield Finding(f"extra {extra}", "note", text)
        else:
            yield Finding(f"extra {extra}", "ok", ", ".join(f"{name} {_version(name)}" for name in packages))


def _check_runtime() -> Iterator[Finding]:
    from tintype.models.session import runtime  # noqa: PLC0415 - heavy

    found = runtime()
    text = f"{found.version} on {', '.join(found.chosen)}, {found.threads} threads"
    yield Finding("onnxruntime", "fault" if found.advice else "ok", found.advice or text)


def _check_models() -> Iterator[Finding]:
    from tintype.colorize.colorizer import DEFAULT_MODEL  # noqa: PLC0415 - heavy
    from tintype.models.catalog import find_model, list_models, user_folder  # noqa: PLC0415

    broken: list[Finding] = []
    models = list_models(lambda path, error: broken.append(Finding(path.name, "fault", str(error))))
    names = ", ".join(model.card.name for model in models)
    yield Finding("models", "ok" if models else "fault", names or "none is installed")
    yield from broken
    yield Finding("folder for models", "ok", str(user_folder()))
    model = find_model(DEFAULT_MODEL)
    model.verify()
    yield Finding(model.card.name, "ok", "the file is as it was made")


def _check_coloring() -> Iterator[Finding]:
    import numpy as np  # noqa: PLC0415 - heavy

    from tintype.colorize.colorizer import Colorizer  # noqa: PLC0415

    ramp = np.linspace(0, 255, 512 * 512).astype(np.uint8).reshape(512, 512)
    start = time.perf_counter()
    colorizer = Colorizer()
    loaded = time.perf_counter()
    colorizer.colorize(ramp).picture().to_array()
    ended = time.perf_counter()
    text = f"loading {1000 * (loaded - start):.0f} ms, a photograph of 512 x 512 {1000 * (ended - loaded):.0f} ms"
    yield Finding("coloring", "ok", text)


def _check_formats() -> Iterator[Finding]:
    from tintype.photos.file_format import FORMATS  # noqa: PLC0415 - heavy

    for file_format in FORMATS:
        what = f"format {file_format.name}"
        try:
            _write_and_read(file_format.suffixes[0])
        except MissingExtraError as error:
            yield Finding(what, "note", str(error))
        except TintypeError as error:
            yield Finding(what, "fault", str(error))
        else:
            yield Finding(what, "ok", f"read and written, {file_format.bits} bits")


def _write_and_read(suffix: str) -> None:
    import numpy as np  # noqa: PLC0415 - heavy

    from tintype.colorize.companions import ArrayPicture  # noqa: PLC0415
    from tintype.photos.photo import Photo  # noqa: PLC0415
    from tintype.photos.read import read_photo  # noqa: PLC0415
    from tintype.photos.write import write_photo  # noqa: PLC0415

    gray = np.linspace(0, 255, 64 * 64).astype(np.uint8).reshape(64, 64)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"test{suffix}")
        write_photo(path, ArrayPicture(np.dstack([gray] * 3)), like=Photo.from_array(gray), mark=None)
        read_photo(path)


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - takes a while

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


_CHECKS = (_check_versions, _check_extras, _check_runtime, _check_models, _check_coloring, _check_formats)
