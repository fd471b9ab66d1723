import json

import pytest

from tintype.cli import doctor as module
from tintype.errors import MissingExtraError


def findings(call):
    done = call("doctor", "--json")
    return done.status, {finding["what"]: finding for finding in json.loads(done.out)}


def test_sound_installation_has_no_fault(call):
    status, found = findings(call)
    assert status == 0
    assert {finding["status"] for finding in found.values()} <= {"ok", "note"}
    for what in (
        "tintype",
        "python",
        "onnxruntime",
        "models",
        "coloring",
        "format JPEG",
        "format TIFF",
        "extra train",
    ):
        assert found[what]["status"] in ("ok", "note")


def test_findings_are_printed(call):
    done = call("doctor")
    assert done.status == 0
    assert "read and written, 16 bits" in done.out


def test_missing_model_is_a_fault(call, tmp_path, monkeypatch):
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path))
    monkeypatch.setattr("tintype.models.catalog.BUNDLED_FOLDER", tmp_path)
    status, found = findings(call)
    assert status == 1
    assert found["models"]["status"] == "fault"
    assert "there is no model" in found["coloring"]["text"]


@pytest.mark.parametrize(
    ("error", "status"), [(MissingExtraError("pip install it"), 0), (OSError("lost"), 1)]
)
def test_format_that_fails_is_told(call, monkeypatch, error, status):
    def fail(suffix):
        raise error

    monkeypatch.setattr(module, "_write_and_read", fail)
    assert findings(call)[0] == status


def test_missing_package_is_told(call, monkeypatch):
    monkeypatch.setattr(module, "_PACKAGES", ("no-such-package",))
    monkeypatch.setattr(module, "_EXTRAS", {"none": ("no-such-package",)})
    status, found = findings(call)
    assert status == 1
    assert "pip install no-such-package" in found["no-such-package"]["text"]
    assert found["extra none"]["status"] == "note"
