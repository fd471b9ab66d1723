import csv
import hashlib
import json
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageCms, ImageOps

from tintype.errors import DataError, OutputExistsError, WriteFailedError
from tintype.learn.data.build import BuildOptions, build_shards
from tintype.learn.data.photographs import _read_shard

ONE = BuildOptions(workers=1)


def paint(seed, width=320, height=240):
    """Return a colorful picture of soft patches, different for each seed."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def sepia(picture):
    return ImageOps.colorize(picture.convert("L"), (40, 20, 0), (255, 240, 200))


def write(picture, path, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **how)
    return path


@pytest.fixture
def folder(tmp_path):
    """Return a folder with photographs of every kind."""
    root = tmp_path / "photographs"
    write(paint(1), root / "top.jpg", quality=95)
    write(Image.fromarray(skimage.data.astronaut()), root / "people" / "astronaut.png")
    write(Image.fromarray(skimage.data.chelsea()), root / "cats_and dogs" / "chelsea.webp", quality=90)
    write(Image.fromarray(skimage.data.coffee()), root / "things" / "coffee.jpg", quality=95)
    write(Image.fromarray(skimage.data.coffee()).resize((300, 200)), root / "things" / "copy.jpg", quality=60)
    write(Image.fromarray(skimage.data.camera()), root / "gray.png")
    write(Image.fromarray(skimage.data.camera()).convert("RGB"), root / "gray.jpg")
    write(sepia(Image.fromarray(skimage.data.camera())), root / "sepia.jpg", quality=95)
    write(Image.blend(paint(2), paint(2).convert("L").convert("RGB"), 0.9), root / "dull.jpg", quality=95)
    write(paint(3, 100, 400), root / "narrow.jpg")
    (root / "empty.jpg").touch()
    (root / "text.png").write_text("not a picture")
    whole = (root / "things" / "coffee.jpg").read_bytes()
    (root / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "notes.txt").write_text("notes")
    write(paint(4), root / ".hidden" / "hidden.jpg")
    return root


def members(out):
    found = {}
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as shard:
            found |= {member.name: shard.extractfile(member).read() for member in shard}
    return found


def rows(out):
    with (out / "report.csv").open(newline="") as stream:
        return {row["path"]: row for row in csv.DictReader(stream)}


def contents(out):
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def test_a_folder_becomes_shards_and_a_report(folder, tmp_path):
    report = build_shards([folder], tmp_path / "out", ONE)
    verdicts = {path: row["verdict"] for path, row in rows(report.folder).items()}
    assert verdicts == {
        "top.jpg": "kept",
        "people/astronaut.png": "kept",
        "cats_and dogs/chelsea.webp": "kept",
        "things/coffee.jpg": "kept",
        "things/copy.jpg": "near copy",
        "gray.png": "gray",
        "gray.jpg": "gray",
        "sepia.jpg": "toned",
        "dull.jpg": "dull",
        "narrow.jpg": "too small",
        "empty.jpg": "broken",
        "text.png": "broken",
        "truncated.jpg": "broken",
        "notes.txt": "not a photograph",
    }
    assert report.kept == 4
    assert report.verdicts["broken"] == 3
    assert report.labels == {"none": 1, "people": 1, "cats-and-dogs": 1, "things": 1}
    assert not list(tmp_path.glob(".*"))


def test_members_are_named_by_number_source_and_label(folder, tmp_path):
    report = build_shards([folder], tmp_path / "out", ONE)
    stored, table = members(report.folder), rows(report.folder)
    assert sorted(name[:6] for name in stored) == ["000000", "000001", "000002", "000003"]
    cat = table["cats_and dogs/chelsea.webp"]
    assert cat["member"][6:] == "_photographs_cats-and-dogs.webp"
    assert cat["shard"] == "photos-0000.tar"
    assert (
        cat["sha256"] == hashlib.sha256((folder / "cats_and dogs" / "chelsea.webp").read_bytes()).hexdigest()
    )
    assert (cat["width"], cat["height"]) == ("451", "300")
    assert Image.open(BytesIO(stored[cat["member"]])).size == (385, 256)
    assert table["things/copy.jpg"]["detail"] == str(folder / "things" / "coffee.jpg")


def test_training_reads_the_labels_back(folder, tmp_path):
    report = build_shards([folder], tmp_path / "out", ONE)
    photographs = list(_read_shard(report.folder / "photos-0000.tar"))
    assert {photograph.label for photograph in photographs} == {"none", "people", "cats-and-dogs", "things"}
    assert all(photograph.open().mode == "RGB" for photograph in photographs)


def test_the_summary_tells_options_counts_and_digests(folder, tmp_path):
    report = build_shards(
        [folder], tmp_path / "out", BuildOptions(workers=1, seed=5, exclude=(folder / "gray.png",))
    )
    summary = json.loads((report.folder / "summary.json").read_text())
    (shard,) = summary["shards"]
    data = (report.folder / shard["name"]).read_bytes()
    assert shard == {
        "name": "photos-0000.tar",
        "photographs": 4,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert summary["options"]["seed"] == 5
    assert summary["options"]["exclude"] == [str(folder / "gray.png")]
    assert summary["verdicts"] == dict(report.verdicts)
    assert sum(summary["verdicts"].values()) == 14


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(tmp_path):
    for seed in range(70):
        write(paint(seed), tmp_path / "in" / f"{seed % 3}" / f"{seed}.png")
    first = build_shards([tmp_path / "in"], tmp_path / "a", BuildOptions(workers=1, shard_photographs=30))
    second = build_shards([tmp_path / "in"], tmp_path / "b", BuildOptions(workers=2, shard_photographs=30))
    other = build_shards(
        [tmp_path / "in"], tmp_path / "c", BuildOptions(workers=1, shard_photographs=30, seed=1)
    )
    assert [shard.photographs for shard in first.shards] == [30, 30, 10]
    assert contents(first.folder) == contents(second.folder)
    assert {shard.sha256 for shard in first.shards}.isdisjoint(shard.sha256 for shard in other.shards)


def test_a_shard_is_closed_when_it_is_large(folder, tmp_path):
    report = build_shards([folder], tmp_path / "out", BuildOptions(workers=1, shard_bytes=1))
    assert [shard.name for shard in report.shards] == [f"photos-{number:04d}.tar" for number in range(4)]
    assert len(members(report.folder)) == 4


def test_photographs_are_never_enlarged_and_jpeg_keeps_full_color(tmp_path):
    write(paint(1, 300, 200), tmp_path / "in" / "small.png")
    write(paint(2, 900, 600), tmp_path / "in" / "large.png")
    report = build_shards(
        [tmp_path / "in"], tmp_path / "out", BuildOptions(workers=1, format="jpeg", quality=95)
    )
    stored, table = members(report.folder), rows(report.folder)
    small, large = (Image.open(BytesIO(stored[table[name]["member"]])) for name in ("small.png", "large.png"))
    assert (small.size, large.size) == ((300, 200), (384, 256))
    assert small.format == "JPEG"
    assert [component[1:3] for component in small.layer] == [(1, 1)] * 3
    expected = np.asarray(paint(1, 300, 200), np.int16)
    assert abs(np.asarray(small, np.int16) - expected).mean() < 2


def test_orientation_transparency_and_profile_become_plain_srgb(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    write(paint(1), tmp_path / "in" / "turned.jpg", exif=exif, quality=95)
    clear = paint(2).convert("RGBA")
    clear.putalpha(Image.new("L", clear.size, 0))
    clear.paste(paint(2, 160, 240), (0, 0))
    write(clear, tmp_path / "in" / "clear.png")
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    write(paint(3), tmp_path / "in" / "wrong profile.png", icc_profile=lab)
    write(paint(4).convert("CMYK"), tmp_path / "in" / "ink.jpg", quality=95)
    write(paint(5).quantize(64), tmp_path / "in" / "palette.png")
    report = build_shards([tmp_path / "in"], tmp_path / "out", ONE)
    table, stored = rows(report.folder), members(report.folder)
    assert report.kept == 5
    turned = Image.open(BytesIO(stored[table["turned.jpg"]["member"]]))
    assert turned.size == (240, 320)
    assert (table["turned.jpg"]["width"], table["turned.jpg"]["height"]) == ("240", "320")
    assert not turned.getexif()
    half = np.asarray(Image.open(BytesIO(stored[table["clear.png"]["member"]])).convert("RGB"))
    assert half[:, 200:].min() > 245


def test_a_telephone_s_format_is_read(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    write(paint(1), tmp_path / "in" / "telephone.heic", quality=90)
    assert build_shards([tmp_path / "in"], tmp_path / "out", ONE).kept == 1


def test_a_wide_gamut_profile_is_converted(tmp_path):
    picture = paint(3)
    profile = ImageCms.createProfile("sRGB")
    swapped = bytearray(ImageCms.ImageCmsProfile(profile).tobytes())
    # Exchange the colorants of red and green in the tag table: red codes then mean green.
    red, green = swapped.find(b"rXYZ"), swapped.find(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    write(picture, tmp_path / "in" / "swapped.png", icc_profile=bytes(swapped))
    report = build_shards(
        [tmp_path / "in"], tmp_path / "out", BuildOptions(workers=1, format="jpeg", quality=98)
    )
    (data,) = members(report.folder).values()
    expected = np.asarray(picture)[..., [1, 0, 2]].astype(np.int16)
    assert abs(np.asarray(Image.open(BytesIO(data)), np.int16) - expected).mean() < 6


@pytest.mark.parametrize("as_list", [False, True])
def test_copies_of_excluded_photographs_are_left_out(folder, tmp_path, as_list):
    square = ImageOps.mirror(ImageOps.fit(Image.fromarray(skimage.data.chelsea()), (128, 128)))
    kept_aside = write(square, tmp_path / "evaluation" / "cat.jpg", quality=70)
    exclude = kept_aside.parent
    if as_list:
        exclude = tmp_path / "aside.txt"
        exclude.write_text("# kept aside\nevaluation/cat.jpg\n\n")
    report = build_shards([folder], tmp_path / "out", BuildOptions(workers=1, exclude=(exclude,)))
    cat = rows(report.folder)["cats_and dogs/chelsea.webp"]
    assert cat["verdict"] == "near copy of an excluded photograph"
    assert cat["detail"] == str(kept_aside)
    assert report.kept == 3


def test_limits_can_be_loosened(folder, tmp_path):
    loose = BuildOptions(workers=1, min_side=50, min_colorfulness=0, min_tone_spread=0, near=-1)
    report = build_shards([folder], tmp_path / "out", loose)
    assert set(report.verdicts) == {"kept", "broken", "not a photograph"}
    assert report.kept == 10


def test_a_bomb_is_left_out_without_being_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    write(paint(1), tmp_path / "in" / "bomb.png")
    write(paint(2, 140, 140), tmp_path / "in" / "warned.png")
    with pytest.raises(DataError, match="2 too large"):
        build_shards([tmp_path / "in"], tmp_path / "out", ONE)


def test_progress_tells_each_stage(folder, tmp_path):
    told = []
    options = BuildOptions(workers=1, exclude=(folder / "gray.png",))
    build_shards([folder], tmp_path / "out", options, lambda *where: told.append(where))
    assert told[0] == ("excluding", 1, 1)
    assert [where for where in told if where[0] == "screening"] == [("screening", n, 14) for n in range(15)]
    assert told[-4:] == [("writing", n, 4) for n in range(1, 5)]


def test_several_sources_are_named_in_the_members(tmp_path):
    write(paint(1), tmp_path / "my_album" / "a.png")
    write(paint(2), tmp_path / "Ünser Album" / "b.png")
    report = build_shards([tmp_path / "my_album", tmp_path / "Ünser Album"], tmp_path / "out", ONE)
    assert {name[6:] for name in members(report.folder)} == {"_my-album_none.webp", "_Ünser-Album_none.webp"}


def interrupt_screening(folder, out, at):
    def interrupt(stage, done, _):
        if (stage, done) == ("screening", at):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_shards([folder], out, ONE, interrupt)
    assert not out.exists()


def first_told(folder, out, options=ONE):
    told = []
    report = build_shards([folder], out, options, lambda *where: told.append(where))
    return told[0], report


def test_an_interrupted_build_goes_on_where_it_stopped(folder, tmp_path):
    whole = build_shards([folder], tmp_path / "whole", ONE)
    interrupt_screening(folder, tmp_path / "out", at=9)
    work = tmp_path / ".out.partial"
    lines = (work / "screened.jsonl").read_bytes()
    (work / "screened.jsonl").write_bytes(lines[:-20])
    with (work / "screened.bin").open("ab") as stream:
        stream.write(b"half a photograph")
    told, again = first_told(folder, tmp_path / "out")
    # Of nine, the last was cut off, and the broken one is tried again.
    assert told == ("screening", 7, 14)
    assert contents(again.folder) == contents(whole.folder)
    assert not work.exists()


def test_what_a_kill_left_half_written_is_cut_off(folder, tmp_path):
    interrupt_screening(folder, tmp_path / "out", at=8)
    work = tmp_path / ".out.partial"
    before = {path.name: path.read_bytes() for path in work.iterdir()}
    (work / "screened.jsonl").write_bytes(
        before["screened.jsonl"] + b'{"identity": \n' + before["screened.jsonl"]
    )
    (work / "screened.bin").write_bytes(before["screened.bin"] + b"half a photograph")
    interrupt_screening(folder, tmp_path / "out", at=7)
    assert {path.name: path.read_bytes() for path in work.iterdir()} == before


def test_lost_data_is_screened_anew(folder, tmp_path):
    interrupt_screening(folder, tmp_path / "out", at=14)
    (tmp_path / ".out.partial" / "screened.bin").write_bytes(b"")
    told, report = first_told(folder, tmp_path / "out")
    assert told[1] < 4
    assert report.kept == 4


def test_a_changed_photograph_is_screened_anew(folder, tmp_path):
    interrupt_screening(folder, tmp_path / "out", at=14)
    (folder / "top.jpg").write_bytes((folder / "dull.jpg").read_bytes())
    told, report = first_told(folder, tmp_path / "out")
    assert told == ("screening", 10, 14)
    assert rows(report.folder)["top.jpg"]["verdict"] == "dull"


def test_other_options_screen_anew(folder, tmp_path):
    interrupt_screening(folder, tmp_path / "out", at=14)
    told, _ = first_told(folder, tmp_path / "out", BuildOptions(workers=1, quality=50))
    assert told == ("screening", 0, 14)


@pytest.mark.slow
def test_a_killed_build_leaves_nothing_half_written(tmp_path):
    for seed in range(60):
        write(paint(seed), tmp_path / "in" / f"{seed}.png")
    code = (
        "import os, sys; from pathlib import Path; from tintype.learn.data.build import *\n"
        "def die(stage, done, total):\n"
        "    if stage == sys.argv[3] and done == int(sys.argv[4]): os.kill(os.getpid(), 9)\n"
        "build_shards([Path(sys.argv[1])], Path(sys.argv[2]), BuildOptions(workers=1), die)"
    )
    for stage, done in (("screening", "17"), ("writing", "30")):
        command = [sys.executable, "-c", code, str(tmp_path / "in"), str(tmp_path / "out"), stage, done]
        assert subprocess.run(command, check=False).returncode == -9
        assert not (tmp_path / "out").exists()
    seen = []
    report = build_shards([tmp_path / "in"], tmp_path / "out", ONE, lambda *where: seen.append(where))
    assert seen[0] == ("screening", 60, 60)
    fresh = build_shards([tmp_path / "in"], tmp_path / "fresh", ONE)
    assert contents(report.folder) == contents(fresh.folder)


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(tmp_path):
    resource = pytest.importorskip("resource", reason="only Unix can limit the size of files")
    rng = np.random.default_rng(0)
    for seed in range(12):
        noisy = np.asarray(paint(seed), np.int16) + rng.integers(-60, 60, (240, 320, 3))
        write(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)), tmp_path / "in" / f"{seed}.png")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(WriteFailedError, match="can't be written: File too large; make room") as caught:
            build_shards([tmp_path / "in"], tmp_path / "out", ONE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert build_shards([tmp_path / "in"], tmp_path / "out", ONE).kept == 12


def test_what_is_there_is_not_overwritten_unless_it_is_a_build_and_asked_for(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    build_shards([folder], out, ONE)
    with pytest.raises(OutputExistsError, match="holds something already: name another folder or overwrite"):
        build_shards([folder], out, ONE)
    again = build_shards([folder], out, BuildOptions(workers=1, overwrite=True, seed=3))
    assert json.loads((again.folder / "summary.json").read_text())["options"]["seed"] == 3
    (out / "diary.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="name another folder"):
        build_shards([folder], out, BuildOptions(workers=1, overwrite=True))
    assert (out / "diary.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("missing", {}, "missing is not a folder"),
        ("photographs/notes.txt", {}, "notes.txt is not a folder"),
        ("photographs", {"exclude": (Path("nowhere"),)}, "nowhere can't be read as a list"),
        ("photographs", {"exclude": (Path("photographs/empty.jpg"),)}, "empty.jpg is to be excluded but"),
        ("photographs", {"exclude": (Path("hollow"),)}, "hollow names no photographs to exclude"),
        ("photographs", {"min_side": 5000}, r"none of the photographs in .* can be used \(.* 11 too small"),
        ("hollow", {}, "no photographs in hollow"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_bad_folders_are_named_in_one_line(tmp_path, monkeypatch, source, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hollow").mkdir()
    with pytest.raises(DataError, match=message) as caught:
        build_shards([Path(source)], Path("out"), BuildOptions(workers=1, **options))
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hollow", "photographs"]


def test_no_folder_at_all_is_refused(tmp_path):
    with pytest.raises(DataError, match="name at least one"):
        build_shards([], tmp_path / "out", ONE)


@pytest.mark.parametrize(
    "wrong", [{"quality": 0}, {"short_side": 1}, {"min_colorfulness": -1}, {"near": 200}, {"format": "gif"}]
)
def test_impossible_options_are_refused(wrong):
    with pytest.raises(DataError, match=next(iter(wrong))):
        BuildOptions(**wrong)


def test_a_place_that_can_not_be_written_is_one_line(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteFailedError, match="can't be written: Not a directory"):
        build_shards([folder], tmp_path / "file" / "out", ONE)


def test_worker_processes_load_no_torch():
    code = "import sys, tintype.learn.data.screen; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
