import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from photo_samples import ADOBE_XY, D65, curve, gray, rgb_icc, save, save_tiff
from tintype.measure.figures import judge_photograph, left_gray, tinted
from tintype.measure.verdicts import measure_intervals
from tiny_model import write_tiny_model

PHOTOGRAPHS = {"astronaut": data.astronaut(), "coffee": data.coffee(), "chelsea": data.chelsea()}


def crop(picture, side=96):
    return np.ascontiguousarray(picture[:side, :side])


@pytest.fixture
def sets(folder):
    """Three true photographs, and what a program that tints everything made of them."""
    for name, picture in PHOTOGRAPHS.items():
        true = crop(picture)
        put(f"true/{name}.png", save(true, "PNG"))
        put(f"result/{name}_color.tif", save_tiff(tinted(true, (15, 10)), photometric="rgb"))
    return "true", "result"


def put(path, content):
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_bytes(content)


def expected():
    pairs = ((crop(picture), tinted(crop(picture), (15, 10))) for _, picture in sorted(PHOTOGRAPHS.items()))
    return [judge_photograph(true, result) for true, result in pairs]


def test_each_photograph_has_a_line_and_the_set_a_summary(call, sets):
    done = call("measure", *sets)
    assert done.status == 0
    assert done.err == ""
    heading, *lines = done.out.splitlines()
    assert heading.split()[:2] == ["photograph", "PSNR"]
    assert [line.split()[:2] for line in lines[:3]] == [
        [f"{name}.png", f"{figures.psnr:.2f}"]
        for name, figures in zip(sorted(PHOTOGRAPHS), expected(), strict=True)
    ]
    interval = measure_intervals(expected())["psnr"]
    row = next(line.split() for line in lines if line.startswith("PSNR "))
    assert row == [
        "PSNR",
        *f"{interval.value:.2f} {interval.low:.2f} .. {interval.high:.2f}".split(),
        "dB",
        "more",
    ]
    assert lines[-1].startswith("3 judged, 0 failed")


def test_json_holds_everything(call, sets):
    document = json.loads(call("measure", *sets, "--json").out)
    assert (document["judged"], document["failed"]) == (3, 0)
    assert document["protocols"] == ["set", "zhang16"]
    assert document["priors"] == "tintype-small as it comes with Tintype"
    for found, figures in zip(document["photographs"], expected(), strict=True):
        known = {name: value for name, value in figures.values().items() if not np.isnan(value)}
        assert {name: found["figures"][name] for name in known} == pytest.approx(known)
        assert found["figures"]["ms_ssim"] is None  # 96 pixels are too few
    for name, interval in measure_intervals(expected()).items():
        value = interval.value if np.isfinite(interval.value) else None
        assert document["summary"][name]["value"] == pytest.approx(value)
    assert document["summary"]["rebalanced_auc_set"]["unit"] == "%"


def test_csv_has_a_row_a_photograph(call, sets):
    assert call("measure", *sets, "--csv", "figures.csv", "-q").status == 0
    rows = [*csv.DictReader(io.StringIO(Path("figures.csv").read_text()))]
    assert [row["photograph"] for row in rows] == ["astronaut.png", "chelsea.png", "coffee.png"]
    assert float(rows[2]["delta_e"]) == pytest.approx(expected()[2].delta_e)
    assert Path(rows[0]["result"]) == Path("result/astronaut_color.tif")
    assert rows[0]["ms_ssim"] == rows[0]["problem"] == ""


def test_csv_goes_through_stdout(pipe, sets):
    status, out = pipe("measure", *sets, "--csv", "-")
    assert status == 0
    assert len([*csv.DictReader(io.StringIO(out.decode()))]) == 3


def test_existing_table_is_kept_unless_forced(call, sets):
    Path("mine.csv").write_text("mine")
    refused = call("measure", *sets, "--csv", "mine.csv")
    assert refused.status == 1
    assert "--force" in refused.error
    assert Path("mine.csv").read_text() == "mine"
    assert call("measure", *sets, "--csv", "mine.csv", "--force").status == 0
    assert Path("mine.csv").read_text() != "mine"


def test_quiet_leaves_out_the_photographs(call, sets):
    out = call("measure", *sets, "--quiet").out
    assert "coffee" not in out
    assert "PSNR" in out


def test_protocols_are_named_and_chosen(call, sets):
    out = call("measure", *sets, "--protocol", "zhang16").out
    assert "rebalanced AuC (zhang16)" in out
    assert "(set)" not in out


def test_two_files_are_judged(call, sets):
    document = json.loads(call("measure", "true/coffee.png", "result/coffee_color.tif", "--json").out)
    assert document["judged"] == 1
    assert document["summary"]["psnr"]["low"] is None  # one photograph has no interval


def test_threads_change_nothing(call, sets):
    one, many = (json.loads(call("measure", *sets, "--json", "--threads", n).out) for n in (1, 4))
    assert one == many


def test_profiles_are_applied(call, sets):
    """A truth in Adobe RGB is not the same codes in sRGB."""
    adobe = rgb_icc(ADOBE_XY, D65, curve(563 / 256))
    put("wide.png", save(crop(data.coffee()), "PNG", icc_profile=adobe))
    put("plain.png", save(crop(data.coffee()), "PNG"))
    applied = json.loads(call("measure", "wide.png", "plain.png", "--json").out)
    assert applied["summary"]["ab_error"]["value"] > 3
    ignored = json.loads(call("measure", "wide.png", "plain.png", "--json", "--ignore-profile").out)
    assert ignored["summary"]["ab_error"]["value"] == 0


def test_equal_pictures_have_no_finite_psnr(call, sets):
    done = call("measure", "true/coffee.png", "true/coffee.png", "--json")
    document = json.loads(done.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert document["summary"]["psnr"]["value"] is None
    assert document["summary"]["ssim"]["value"] == pytest.approx(1)


BAD = {
    "missing partner": (
        lambda: Path("result/coffee_color.tif").unlink(),
        "coffee.png: there is no result of this name",
    ),
    "other size": (
        lambda: put("result/coffee_color.tif", save_tiff(crop(data.coffee(), 50), photometric="rgb")),
        "coffee_color.tif: the result has 50 x 50, the truth 96 x 96 pixels",
    ),
    "gray truth": (lambda: put("true/coffee.png", save(gray(), "PNG")), "coffee.png: the truth is gray"),
    "broken truth": (lambda: put("true/coffee.png", b"\x89PNG\r\n\x1a\n"), "coffee.png"),
    "broken result": (lambda: put("result/coffee_color.tif", b"II*\0"), "coffee_color.tif"),
    "broken profile": (
        lambda: put("true/coffee.png", save(crop(data.coffee()), "PNG", icc_profile=b"none" * 50)),
        "--ignore-profile",
    ),
    "too small": (
        lambda: [
            put("true/coffee.png", save(crop(data.coffee(), 5), "PNG")),
            put("result/coffee_color.tif", save_tiff(crop(data.coffee(), 5), photometric="rgb")),
        ],
        "coffee.png",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_pair_fails_alone(call, sets, what):
    spoil, words = BAD[what]
    spoil()
    done = call("measure", *sets, "--csv", "figures.csv")
    assert done.status == 1
    assert words in done.error
    assert ";" in done.error  # what happened; what to do
    assert "2 judged, 1 failed" in done.out
    rows = [*csv.DictReader(io.StringIO(Path("figures.csv").read_text()))]
    assert sum(bool(row["problem"]) for row in rows) == 1


def test_remedies_work(call, sets):
    put("result/coffee_color.tif", save_tiff(crop(data.coffee(), 50), photometric="rgb"))
    put("true/astronaut.png", save(left_gray(crop(data.astronaut())), "PNG"))
    assert call("measure", *sets).status == 1
    done = call("measure", *sets, "--resize", "--gray-truth")
    assert done.status == 0
    assert "  the result was resized: it had 50 x 50, the truth 96 x 96" in done.out.splitlines()


def test_nothing_that_can_be_judged_is_said(call, sets):
    put("true/coffee.png", b"")
    done = call("measure", "true/coffee.png", "result/coffee_color.tif")
    assert done.status == 1
    assert done.out.splitlines()[-1].startswith("0 judged, 1 failed")


def test_folder_may_hold_truths_and_results(call, sets):
    for path in Path("result").iterdir():
        path.rename(Path("true", path.name))
    assert "3 judged, 0 failed" in call("measure", "true", "true").out


def test_other_endings_are_named(call, sets):
    Path("result/coffee_color.tif").rename("result/coffee_eccv16.tif")
    assert call("measure", "true/coffee.png", "result").status == 1
    assert call("measure", "true/coffee.png", "result", "--ending", "_eccv16").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("true", "nowhere"), "nowhere: there is no such file or folder"),
        (("true", "empty"), "empty: there are no photographs in this folder"),
        (("true", "result", "--json", "--csv", "-"), "stdout can't carry both"),
        (("true", "result", "--protocol", "mine"), "protocol"),
        (("true", "result", "--priors", "nothing"), "nothing"),
        (("true", "result", "--metric", "beauty"), "there is no metric 'beauty'"),
    ],
)
def test_wrong_call_begins_nothing(call, sets, arguments, words):
    Path("empty").mkdir()
    done = call("measure", *arguments)
    assert done.status == 2
    assert words in done.error
    assert done.out == ""


def test_priors_come_from_a_file_or_a_model(call, sets):
    shares = np.random.default_rng(0).uniform(0.1, 1, 313)
    np.save("priors.npy", shares)
    document = json.loads(call("measure", *sets, "--json", "--priors", "priors.npy").out)
    expected_value = measure_intervals(expected(), shares)["rebalanced_auc_zhang16"].value
    assert document["summary"]["rebalanced_auc_zhang16"]["value"] == pytest.approx(expected_value)


def test_model_without_bins_has_no_priors(call, sets):
    write_tiny_model(
        Path("plain.onnx"),
        bins=0,
        prior=None,
        vividness_path=(),
        capabilities=frozenset({"hints", "palette"}),
    )
    done = call("measure", *sets, "--priors", "plain.onnx")
    assert done.status == 2
    assert done.error.startswith("test-tiny@1 gives no distribution over the bins")
