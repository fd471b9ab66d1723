"""What a file says beside its pixels comes out as it went in."""

import io
import struct
import zlib
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from photo_samples import (
    color,
    curve,
    gray,
    gray_icc,
    rgb_icc,
    save,
    save_tiff,
    srgb_lightness,
    toned,
    true_lightness,
)
from tintype.photos import read_photo
from tintype.photos.formats.photoshop import list_resources
from tintype.photos.formats.tiff_tags import RawTag, read_block, write_block

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>K\xc3\xb6ln</rdf:RDF></x:xmpmeta>'
IPTC = b"\x1c\x02\x00\x00\x02\x00\x04" + b"\x1c\x02\x78\x00\x05K\xf6ln!"
SRGB_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ICC = rgb_icc(SRGB_XY, np.array([0.95047, 1.0, 1.08883]), curve(2.2))


def build_exif(order="<", orientation=1):
    """An Exif block with main, Exif, GPS and interoperability directories and Latin-1 text."""
    exif = Image.Exif()
    exif.endian = order
    exif[274] = orientation
    exif[315] = "M_ller"
    exif[306] = "1923:05:01 12:00:00"
    exif[0x8769] = {0x9003: "1923:05:01 12:00:00", 0x829A: (1, 125), 0xA005: {1: "R98"}}
    exif[0x8825] = {1: "N", 2: (50.0, 56.0, 29.5)}
    return exif.tobytes().removeprefix(b"Exif\0\0").replace(b"M_ller", b"M\xfcller")


def irb(*resources):
    blocks = (
        b"8BIM"
        + struct.pack(">H", number)
        + b"\0\0"
        + struct.pack(">L", len(data))
        + data
        + b"\0" * (len(data) % 2)
        for number, data in resources
    )
    return b"".join(blocks)


def segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def test_jpeg_metadata():
    exif, photoshop = build_exif(), irb((0x0404, IPTC), (0x0425, b"d" * 16), (0x03ED, b"resolution "))
    file = save(
        color(), "JPEG", exif=b"Exif\0\0" + exif, xmp=XMP, icc_profile=ICC, dpi=(300, 600), comment=b"K\xf6ln"
    )
    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 50
    file = file[:2] + segment(0xED, b"Photoshop 3.0\0" + photoshop) + segment(0xE1, extended) + file[2:]
    metadata = read_photo(file).metadata
    assert metadata.exif == exif
    assert metadata.xmp == XMP
    assert metadata.iptc == IPTC
    assert metadata.icc == ICC
    assert metadata.comment == b"K\xf6ln"
    assert metadata.resolution == (300, 600)
    assert metadata.extra["photoshop"] == photoshop
    assert metadata.extra["extended_xmp"] == (extended,)


def test_profile_in_several_jpeg_segments_is_joined():
    icc = ICC + bytes(150_000)
    icc = struct.pack(">L", len(icc)) + icc[4:]
    assert read_photo(save(color(), "JPEG", icc_profile=icc)).metadata.icc == icc


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_encoding(subsampling, progressive):
    file = save(color(), "JPEG", quality=77, subsampling=subsampling, progressive=progressive)
    encoding = read_photo(file).encoding
    assert (encoding.subsampling, encoding.progressive, encoding.lossless) == (
        subsampling,
        progressive,
        False,
    )
    assert [list(table) for table in encoding.quantization] == [
        list(table) for table in Image.open(io.BytesIO(file)).quantization.values()
    ]
    again = Image.open(io.BytesIO(save(color(), "JPEG", qtables=encoding.quantization)))
    assert [tuple(table) for table in again.quantization.values()] == list(encoding.quantization)


def test_gray_jpeg_has_one_table_and_no_chroma():
    encoding = read_photo(save(gray(), "JPEG", quality=60)).encoding
    assert (encoding.color, encoding.subsampling, len(encoding.quantization)) == ("gray", None, 1)


def test_jpeg_density_in_centimeters():
    file = bytearray(save(gray(), "JPEG", dpi=(100, 100)))
    file[13] = 2
    metadata = read_photo(bytes(file)).metadata
    assert metadata.resolution == pytest.approx((254, 254))
    assert metadata.resolution_unit == "cm"


def test_png_metadata_also_behind_the_pixels():
    exif = build_exif(">")
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "K\xf6ln")
    info.add_text("Comment", "long " * 50, zip=True)
    info.add_itxt("Author", "\u0141ukasz", lang="pl", tkey="Autor")
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    file = save(color(), "PNG", pnginfo=info, exif=exif, icc_profile=ICC, dpi=(400, 200))
    late = chunk(b"tEXt", b"Late\0text") + chunk(b"tIME", b"\x07\x83\x05\x01\x0c\0\0")
    file = file[:-12] + late + file[-12:]
    metadata = read_photo(file).metadata
    assert metadata.exif == exif
    assert metadata.xmp == XMP
    assert metadata.icc == ICC
    assert metadata.resolution == pytest.approx((400, 200), abs=0.02)
    assert metadata.extra["text"] == (
        ("Title", "K\xf6ln", "", ""),
        ("Comment", "long " * 50, "", ""),
        ("Author", "\u0141ukasz", "pl", "Autor"),
        ("Late", "text", "", ""),
    )
    assert metadata.extra["time"] == b"\x07\x83\x05\x01\x0c\0\0"


def test_damaged_png_text_is_left_out_aloud():
    file = save(color(), "PNG")
    bad = bytearray(chunk(b"tEXt", b"Title\0text"))
    bad[-1] ^= 1
    photo = read_photo(file[:33] + bytes(bad) + chunk(b"tEXt", b"no separator") + file[33:])
    assert "text" not in photo.metadata.extra
    assert [note for note in photo.notes if "tEXt" in note]


def test_text_bomb_in_png_is_not_unpacked():
    bomb = b"Title\0\0" + zlib.compress(bytes(100 << 20), 9)
    file = save(gray(), "PNG")
    photo = read_photo(file[:33] + chunk(b"zTXt", bomb) + file[33:])
    assert photo.notes == ("a damaged zTXt chunk was left out",)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_tiff_metadata(order, big):
    tags = [
        (270, "s", 0, "Oma K\xf6hler".encode("latin-1"), True),
        (271, "s", 0, b"Zeiss", True),
        (315, "s", 0, b"M\xfcller", True),
        (33432, "s", 0, b"CC0", True),
        (269, "s", 0, b"album.doc", True),
        (700, "B", len(XMP), XMP, True),
        (33723, "B", len(IPTC), IPTC, True),
        (65000, "H", 3, (1, 2, 3), True),
    ]
    file = save_tiff(
        color(), byteorder=order, bigtiff=big, photometric="rgb", extratags=tags, iccprofile=ICC,
        resolution=(300, 150), resolutionunit="INCH", software="scanner",
    )  # fmt: skip
    metadata = read_photo(file).metadata
    assert metadata.xmp == XMP
    assert metadata.iptc == IPTC
    assert metadata.icc == ICC
    assert metadata.resolution == (300, 150)
    found = metadata.extra["tiff_tags"]
    assert found[270] == (2, b"Oma K\xf6hler\0")
    assert found[315] == (2, b"M\xfcller\0")
    assert found[65000] == (3, (1, 2, 3))
    assert set(found) == {269, 270, 271, 305, 315, 33432, 65000}
    directory = read_block(metadata.exif)
    assert directory.content(315) == b"M\xfcller\0"
    assert directory.ratio(282) == 300
    assert not {256, 258, 273, 279, 700, 34675} & set(directory.tags)


def test_tiff_keeps_exif_gps_and_interoperability_directories():
    # An Exif block is a TIFF structure: the picture's layout is put into it.
    tags = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 0, 278: 64, 279: 64 * 64}
    directory = read_block(build_exif())
    layout = {tag: RawTag(4, 1, struct.pack("<L", value)) for tag, value in tags.items()}
    head = len(write_block(replace(directory, tags={**directory.tags, **layout})))
    layout[273] = RawTag(4, 1, struct.pack("<L", head))
    file = write_block(replace(directory, tags={**directory.tags, **layout})) + gray().tobytes()
    block = read_photo(file).metadata.exif
    found = Image.Exif()
    found.load(b"Exif\0\0" + block)
    assert found.get_ifd(ExifTags.IFD.Exif)[0x9003] == "1923:05:01 12:00:00"
    assert found.get_ifd(ExifTags.IFD.GPSInfo)[2] == (50.0, 56.0, 29.5)
    assert read_block(block).children[0x8769].children[0xA005].content(1) == b"R98\0"


def test_tiff_iptc_inside_photoshop_resources():
    resources = irb((0x03ED, b"x" * 16), (0x0404, IPTC))
    file = save_tiff(
        gray(), photometric="minisblack", extratags=[(34377, "B", len(resources), resources, True)]
    )
    metadata = read_photo(file).metadata
    assert metadata.iptc == IPTC
    assert metadata.extra["photoshop"] == resources


def test_tiff_density_in_centimeters_and_without_unit():
    file = save_tiff(gray(), photometric="minisblack", resolution=(100, 100), resolutionunit="CENTIMETER")
    assert read_photo(file).metadata.resolution == pytest.approx((254, 254))
    assert read_photo(file).metadata.resolution_unit == "cm"
    file = save_tiff(gray(), photometric="minisblack", resolution=(100, 100), resolutionunit="NONE")
    assert read_photo(file).metadata.resolution is None


def test_tiff_encoding():
    file = save_tiff(
        color(16), bigtiff=True, byteorder=">", compression="deflate", predictor=True, tile=(32, 16)
    )
    encoding = read_photo(file).encoding
    assert (encoding.compression, encoding.predictor, encoding.tile) == ("deflate", 2, (16, 32))
    assert (encoding.big, encoding.byte_order, encoding.bits, encoding.lossless) == (True, "big", 16, True)
    encoding = read_photo(save_tiff(gray(), photometric="minisblack", rowsperstrip=10)).encoding
    assert (encoding.compression, encoding.tile, encoding.rows_per_strip) == (None, None, 10)
    assert (encoding.big, encoding.byte_order, encoding.color) == (False, "little", "gray")


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_webp_and_avif_metadata(kind):
    exif = build_exif()
    metadata = read_photo(save(color(), kind, exif=exif, xmp=XMP, icc_profile=ICC)).metadata
    assert read_block(metadata.exif).children.keys() == read_block(exif).children.keys()
    assert metadata.exif == exif or kind == "AVIF"  # there Pillow takes the orientation out
    assert metadata.xmp == XMP
    assert metadata.icc == ICC


def test_heic_metadata():
    pillow_heif = pytest.importorskip("pillow_heif")
    stream, exif = io.BytesIO(), build_exif()
    file = pillow_heif.from_pillow(Image.fromarray(color()))
    file.save(stream, quality=80, exif=b"Exif\0\0" + exif, xmp=XMP)
    metadata = read_photo(stream.getvalue()).metadata
    assert metadata.exif == exif
    assert metadata.xmp == XMP


def test_webp_without_loss_is_told_from_lossy():
    assert read_photo(save(color(), "WEBP", lossless=True)).encoding.lossless
    assert read_photo(save(color(), "WEBP", lossless=True, xmp=XMP)).encoding.lossless
    assert not read_photo(save(color(), "WEBP", quality=90, xmp=XMP)).encoding.lossless


@pytest.mark.parametrize("lossless", [True, False])
def test_first_frame_of_an_animated_webp_is_used_and_said(lossless):
    frames = [Image.fromarray(color()), Image.fromarray(255 - color())]
    photo = read_photo(save(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=lossless))
    assert photo.encoding.lossless == lossless
    assert photo.height == 64
    assert np.abs(photo.lightness() - srgb_lightness(color())).mean() < (0.001 if lossless else 4)
    assert photo.notes == ("an animation: only its first frame is used",)


def box(kind, content):
    return struct.pack(">L", len(content) + 8) + kind + content


def test_jpeg2000_boxes():
    exif = build_exif()
    file = imagecodecs.jpeg2k_encode(gray(), level=0, codecformat="jp2")
    start = file.index(b"jp2h") - 4
    size = struct.unpack(">L", file[start : start + 4])[0]
    resolution = box(b"res ", box(b"resc", struct.pack(">HHHHbb", 11811, 1, 23622, 2, 0, 0)))
    inner = file[start + 8 : start + size]
    inner = inner[: inner.index(b"colr") - 4] + box(b"colr", b"\2\0\0" + gray_icc(curve(1.8))) + resolution
    uuids = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP) + box(
        b"uuid", b"JpgTiffExif->JP2" + exif
    )
    photo = read_photo(file[:start] + box(b"jp2h", inner) + uuids + file[start + size :])
    assert photo.metadata.exif == exif
    assert photo.metadata.xmp == XMP
    assert photo.metadata.icc == gray_icc(curve(1.8))
    linear = (gray() / 255.0) ** (461 / 256)
    assert np.abs(photo.lightness() - true_lightness(linear[..., None], np.ones((3, 1)))).max() < 1e-3
    assert photo.metadata.resolution == pytest.approx((300, 300), abs=0.01)


def test_jxl_boxes_and_size_of_every_kind():
    exif = build_exif()
    codestream = imagecodecs.jpegxl_encode(color(), lossless=True, usecontainer=False)
    head = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    metadata = box(b"Exif", b"\0\0\0\0" + exif) + box(b"xml ", XMP)
    photo = read_photo(head + metadata + box(b"jxlc", codestream))
    assert photo.metadata.exif == exif
    assert photo.metadata.xmp == XMP


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jxl_made_from_a_jpeg_is_upright_and_keeps_packed_boxes(orientation):
    exif = build_exif(orientation=orientation)
    jpeg = save(toned(8)[:40], "JPEG", exif=b"Exif\0\0" + exif, xmp=XMP, quality=95)
    photo = read_photo(imagecodecs.jpegxl_encode_jpeg(jpeg))
    assert photo.metadata.exif == exif
    assert photo.metadata.xmp == XMP
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(jpeg))))
    assert np.abs(photo.lightness() - srgb_lightness(upright)).max() < 2


@pytest.mark.parametrize(
    "shape", [(1, 1), (8, 8), (3, 500), (513, 7), (256, 256), (240, 320), (64, 128), (33, 99)]
)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("lossless", [True, False])
def test_jxl_header_agrees_with_the_decoder(shape, channels, lossless):
    codes = np.random.default_rng(0).integers(0, 255, (*shape, channels)).astype(np.uint8)
    file = imagecodecs.jpegxl_encode(codes[..., 0] if channels == 1 else codes, lossless=lossless)
    photo = read_photo(file)
    assert (photo.height, photo.width) == shape
    assert (photo.alpha is None) == (channels in (1, 3))
    assert photo.encoding.lossless == lossless
    assert not photo.notes


@pytest.mark.parametrize("depth", [9, 10, 12, 16])
def test_jxl_depth_is_known_before_decoding(depth):
    codes = gray(16) >> (16 - depth)
    photo = read_photo(imagecodecs.jpegxl_encode(codes, lossless=True, bitspersample=depth))
    assert (photo.encoding.bits, photo.bit_depth) == (depth, 16)


def test_gif_and_bmp_metadata():
    assert read_photo(save(gray(), "GIF", comment=b"K\xf6ln")).metadata.comment == b"K\xf6ln"
    assert read_photo(save(gray(), "BMP", dpi=(300, 300))).metadata.resolution == pytest.approx(
        (300, 300), abs=0.02
    )


def test_block_survives_reading_and_writing():
    for order in "<>":
        directory = read_block(build_exif(order))
        again = read_block(write_block(directory))
        assert again.tags == {**directory.tags, 0x8769: again.tags[0x8769], 0x8825: again.tags[0x8825]}
        assert again.children[0x8825].tags == directory.children[0x8825].tags
        assert again.children[0x8769].children[0xA005].tags == {
            1: directory.children[0x8769].children[0xA005].tags[1]
        }


def test_photoshop_resources_with_names_and_odd_sizes():
    block = b"8BIM\x04\x04\x03abc" + struct.pack(">L", 3) + b"xyz\0" + irb((5, b"12"))
    assert list(list_resources(block)) == [(0x0404, b"xyz"), (5, b"12")]
    assert list(list_resources(block[:-1])) == [(0x0404, b"xyz")]


def test_two_pages_have_their_own_tags(tmp_path):
    from tintype.photos import read_pages

    path = tmp_path / "album.tif"
    with tifffile.TiffWriter(path) as writer:
        for name in ("first", "second"):
            writer.write(gray(), photometric="minisblack", description=name, metadata=None)
    found = [photo.metadata.extra["tiff_tags"][270][1] for photo in read_pages(path)]
    assert found == [b"first\0", b"second\0"]
