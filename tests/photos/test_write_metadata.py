"""What a source says is in its result, as exiftool reads both, but for what coloring makes false."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from photo_samples import ADOBE_XY, D65, curve, primaries_matrix, rgb_icc
from tintype.photos.metadata import read_mark
from tintype.photos.profile import SRGB
from tintype.photos.read import read_photo
from tintype.photos.write import write_photo
from written_samples import (
    HEIGHT,
    MARK,
    WIDTH,
    ArrayPicture,
    color_array,
    make_rich,
    read_fields,
    run_exiftool,
)

# Not of the picture: the file, values that exiftool computes, profiles (the result has its own), the thumbnail.
FOREIGN_GROUPS = r"(SourceFile|ExifTool|System|File|Composite|ICC[_-].*|IFD1)(:.*)?$"
# The dimensions, channels and color space of the pixels, and how they are stored.
CHANGED = {
    "ExifIFD:ExifImageWidth", "ExifIFD:ExifImageHeight", "ExifIFD:ColorSpace", "InteropIFD:InteropIndex",
    "IFD0:BitsPerSample", "IFD0:PhotometricInterpretation", "IFD0:SamplesPerPixel", "IFD0:StripOffsets",
    "IFD0:RowsPerStrip", "IFD0:StripByteCounts", "PNG:ColorType", "PNG:ProfileName",
    "XMP-tiff:ImageWidth", "XMP-tiff:PhotometricInterpretation", "XMP-tiff:SamplesPerPixel",
    "XMP-exif:ExifImageWidth", "XMP-photoshop:ColorMode", "XMP-x:XMPToolkit",
    # The history gets an event more; the source's type gives way to that of the result, and is kept beside it.
    "XMP-xmpMM:HistoryAction", "XMP-xmpMM:HistorySoftwareAgent", "XMP-iptcExt:DigitalSourceType",
}  # fmt: skip
KINDS = ["jpg", "png", "tif", "webp"]


def write_like(source, target, array=None, mark=MARK):
    photo = read_photo(source)
    array = color_array(np.uint8 if photo.bit_depth == 8 else np.uint16) if array is None else array
    return write_photo(target, ArrayPicture(array, photo.rgb_space), like=photo, mark=mark)


@pytest.fixture(params=KINDS, scope="module")
def pair(request, tmp_path_factory):
    """Return a rich source and its result, of each of the four formats; neither is changed by a test."""
    kind, tmp_path = request.param, tmp_path_factory.mktemp("pair")
    options = {"lossless": True} if kind == "webp" else {}
    source = make_rich(
        tmp_path / f"source.{kind}", thumbnail=kind in ("jpg", "webp"), iptc=kind != "webp", **options
    )
    target = tmp_path / f"result.{kind}"
    write_like(source, target)
    return source, target


def test_every_field_of_the_source_survives(pair):
    before, after = map(read_fields, pair)
    expected = {
        name: value
        for name, value in before.items()
        if not re.match(FOREIGN_GROUPS, name) and name not in CHANGED
    }
    assert len(expected) > 40
    assert {name: after.get(name) for name in expected} == expected


def test_result_has_no_complaint_from_exiftool(pair):
    source, result = (
        set(run_exiftool("-q", "-a", "-s3", "-validate", "-warning", "-error", path).splitlines()[1:])
        for path in pair
    )
    # Adobe's tag for IPTC is of undefined bytes; exiftool expects what older software wrote.
    assert {line for line in result - source if "IPTC-NAA" not in line} == set()


def test_what_coloring_makes_false_is_corrected(pair):
    fields = read_fields(pair[1])
    assert fields["ExifIFD:ExifImageWidth"] == fields["XMP-tiff:ImageWidth"] == WIDTH
    assert fields["ExifIFD:ExifImageHeight"] == HEIGHT
    assert fields["XMP-exif:ExifImageWidth"] == WIDTH
    assert fields["XMP-tiff:SamplesPerPixel"] == 3
    assert fields["XMP-photoshop:ColorMode"] == 3
    assert fields["XMP-tiff:PhotometricInterpretation"] == (6 if pair[1].suffix == ".jpg" else 2)
    assert fields["ExifIFD:ColorSpace"] == 1
    assert fields["InteropIFD:InteropIndex"] == "R98"


def test_another_space_than_srgb_is_not_called_srgb(tmp_path, pair):
    photo = read_photo(pair[0])
    icc = rgb_icc(ADOBE_XY, D65, curve(2.2), "test Adobe")
    space = replace(SRGB, name="test Adobe", icc=icc, matrix=primaries_matrix(ADOBE_XY, D65))
    target = tmp_path / pair[1].name
    write_photo(target, ArrayPicture(color_array(), space), like=photo, mark=MARK)
    fields = read_fields(target)
    assert fields["ICC_Profile:ProfileDescription"] == "test Adobe"
    assert fields["ExifIFD:ColorSpace"] == 65535
    assert "InteropIFD:InteropIndex" not in fields


def test_result_has_the_profile_of_its_pixels(pair):
    assert read_fields(pair[1])["ICC-header:ColorSpaceData"].strip() == "RGB"


def test_mark_is_read_by_others(pair):
    fields = read_fields(pair[1])
    uri = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    assert fields["XMP-iptcExt:DigitalSourceType"] == uri
    assert fields["XMP-iptcExt:AISystemUsed"] == "Tintype 0.1.0, model tintype-small@1.0"
    assert fields["XMP-iptcExt:AISystemVersionUsed"] == "0.1.0, model 1.0"
    assert fields["XMP-photoshop:Instructions"] == MARK.sentence
    assert fields["XMP-tintype:GuidanceDigest"] == MARK.guidance_digest
    assert fields["XMP-tintype:SourceSHA256"] == MARK.source_sha256
    assert fields["XMP-tintype:SourceDigitalSourceType"].endswith("negativeFilm")


def test_history_gets_an_event_and_keeps_the_others(pair):
    fields = read_fields(pair[1])
    assert fields["XMP-xmpMM:HistoryAction"] == ["scanned", "edited"]
    assert fields["XMP-xmpMM:HistorySoftwareAgent"] == [
        "SilverFast",
        "Tintype 0.1.0, model tintype-small@1.0",
    ]
    assert fields["XMP-xmpMM:HistoryParameters"] == MARK.sentence


def test_mark_is_read_back(pair):
    assert read_mark(pair[1]) == MARK


def test_source_has_no_mark(pair):
    assert read_mark(pair[0]) is None


def test_no_mark_leaves_the_rest(pair):
    target = pair[1].with_stem("unmarked")
    write_like(pair[0], target, mark=None)
    fields = read_fields(target)
    assert read_mark(target) is None
    assert fields["XMP-iptcExt:DigitalSourceType"].endswith("negativeFilm")
    assert fields["XMP-tiff:ImageWidth"] == WIDTH
    assert "XMP-photoshop:Instructions" not in fields


def test_thumbnail_is_made_anew(tmp_path):
    source = make_rich(tmp_path / "source.jpg")
    array = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    array[..., 0] = 200
    write_like(source, tmp_path / "result.jpg", array)
    run_exiftool("-q", "-b", "-ThumbnailImage", "-w", "%d%f_small.jpg", tmp_path / "result.jpg")
    with Image.open(tmp_path / "result_small.jpg") as small:
        assert small.size == (WIDTH, HEIGHT)
        red = np.asarray(small).reshape(-1, 3).mean(axis=0)
    assert red == pytest.approx([200, 0, 0], abs=3)


def test_maker_note_stays_where_it_was(tmp_path):
    source = make_rich(tmp_path / "source.jpg")
    write_like(source, tmp_path / "result.jpg")
    before, after = read_photo(source).metadata.exif, read_photo(tmp_path / "result.jpg").metadata.exif
    place = before.index(b"Firmware Version 1.01")
    assert after[place - 60 : place + 60] == before[place - 60 : place + 60]
    assert read_fields(tmp_path / "result.jpg")["Canon:OwnerName"] == "Erika Mustermann"


def test_orientation_is_applied_once(tmp_path):
    source = make_rich(tmp_path / "source.jpg")
    run_exiftool("-q", "-overwrite_original", "-EXIF:Orientation#=6", "-XMP-tiff:Orientation#=6", source)
    photo = read_photo(source)
    assert (photo.height, photo.width) == (WIDTH, HEIGHT)
    write_like(source, tmp_path / "result.jpg", color_array(height=WIDTH, width=HEIGHT))
    fields = read_fields(tmp_path / "result.jpg")
    assert fields["IFD0:Orientation"] == fields["XMP-tiff:Orientation"] == 1
    assert (fields["ExifIFD:ExifImageWidth"], fields["ExifIFD:ExifImageHeight"]) == (HEIGHT, WIDTH)


@pytest.fixture(params=["jpg", "tif"], scope="module")
def origin(request, tmp_path_factory):
    """Return a rich source and what exiftool reads of it."""
    source = make_rich(tmp_path_factory.mktemp("origin") / f"source.{request.param}", thumbnail=False)
    return source, read_fields(source)


@pytest.mark.parametrize("kind", ["png", "tif", "webp", "avif", "jp2", "jxl", "heic", "jpg"])
def test_metadata_passes_from_format_to_format(tmp_path, origin, kind):
    source, before = origin
    report = write_like(source, tmp_path / f"result.{kind}")
    after = read_fields(tmp_path / f"result.{kind}")
    kept = (
        "XMP-dc:",
        "XMP-mwg-rs:",
        "XMP-tintype:",
        "ExifIFD:UserComment",
        "ExifIFD:DateTimeOriginal",
        "GPS:",
    )
    expected = {name: value for name, value in before.items() if name.startswith(kept)}
    assert len(expected) > 10
    assert {name: after.get(name) for name in expected} == expected
    assert after["IFD0:ImageDescription"] == "Großmutter in der Küche"
    assert read_mark(tmp_path / f"result.{kind}") == MARK
    holds_iptc = kind in ("png", "tif", "jp2", "jpg")
    assert after.get("IPTC:City") == ("Berlin" if holds_iptc else None)
    assert any("IPTC" in note for note in report.notes) != holds_iptc


def test_bmp_has_its_mark_in_a_sidecar(tmp_path):
    source = make_rich(tmp_path / "source.jpg")
    report = write_like(source, tmp_path / "result.bmp")
    assert report.sidecar == tmp_path / "result.bmp.xmp"
    assert any("result.bmp.xmp" in note for note in report.notes)
    assert any("EXIF" in note for note in report.notes)
    assert read_mark(tmp_path / "result.bmp") == MARK
    assert read_fields(report.sidecar)["XMP-dc:Creator"] == "Müller"


def test_mark_survives_edits_by_others(pair):
    edited = pair[1].with_stem("edited")
    shutil.copy(pair[1], edited)
    run_exiftool("-q", "-overwrite_original", "-XMP-dc:Title=Anna", "-EXIF:Artist=B", edited)
    assert read_fields(edited)["XMP-dc:Title"] == "Anna"
    assert read_mark(edited) == MARK


def test_long_xmp_is_split_in_a_jpeg(tmp_path):
    source = make_rich(tmp_path / "source.jpg")
    text = tmp_path / "long.txt"
    text.write_text("".join(f"Zeile {number} der langen Geschichte.\n" for number in range(5000)))
    run_exiftool("-q", "-overwrite_original", f"-XMP-dc:Description<={text}", source)
    assert len(read_photo(source).metadata.extra["extended_xmp"]) > 1
    write_like(source, tmp_path / "result.jpg")
    before, after = read_fields(source), read_fields(tmp_path / "result.jpg")
    assert after["XMP-dc:Description"] == before["XMP-dc:Description"]
    assert after["XMP-dc:Creator"] == "Müller"
    assert read_mark(tmp_path / "result.jpg") == MARK
    write_like(source, tmp_path / "result.png")
    assert read_fields(tmp_path / "result.png")["XMP-dc:Description"] == before["XMP-dc:Description"]


def test_long_exif_is_shortened_for_a_jpeg(tmp_path):
    source = make_rich(tmp_path / "source.tif", thumbnail=False)
    text = tmp_path / "long.txt"
    text.write_text("x" * 70_000)
    run_exiftool("-q", "-overwrite_original", f"-EXIF:ProcessingSoftware<={text}", source)
    report = write_like(source, tmp_path / "result.jpg")
    fields = read_fields(tmp_path / "result.jpg")
    assert fields["IFD0:Artist"] == "Photo Müller"
    assert "IFD0:ProcessingSoftware" not in fields
    assert any("0x000b" in note for note in report.notes)


@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "webp"])
def test_broken_blocks_are_left_out_and_named(tmp_path, kind):
    plain = tmp_path / f"plain.{kind}"
    shutil.copy(make_rich(tmp_path / f"source.{kind}", thumbnail=False, iptc=False), plain)
    photo = read_photo(plain)
    metadata = type(photo.metadata)(
        exif=b"II*\0\xff\xff\xff\x7f", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
    )
    broken = type(photo)(**{**vars(photo), "metadata": metadata})
    target = tmp_path / f"result.{kind}"
    report = write_photo(target, ArrayPicture(color_array(), photo.rgb_space), like=broken, mark=MARK)
    assert any("EXIF" in note for note in report.notes)
    assert any("XMP" in note for note in report.notes)
    assert read_mark(target) == MARK


def test_jfif_density_stays_as_it_was(tmp_path):
    source = tmp_path / "source.jpg"
    Image.fromarray(color_array()[..., 0]).save(source)
    data = bytearray(source.read_bytes())
    data[13:18] = bytes((2, 0, 118, 0, 119))  # dots per centimeter
    source.write_bytes(data)
    write_like(source, tmp_path / "result.jpg")
    fields = read_fields(tmp_path / "result.jpg")
    assert (fields["JFIF:ResolutionUnit"], fields["JFIF:XResolution"], fields["JFIF:YResolution"]) == (
        2,
        118,
        119,
    )
