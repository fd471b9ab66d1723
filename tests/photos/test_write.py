"""Results are written in the source's encoding, exactly where the format is, and say what they could not keep."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

import tintype.photos.write as write_module
from photo_samples import ADOBE_XY, D65, curve, primaries_matrix, rgb_icc
from tintype.color.lab import linear_to_lab
from tintype.errors import OutputExistsError, UnsupportedFormatError, WriteFailedError
from tintype.photos.photo import Encoding, Photo
from tintype.photos.profile import SRGB
from tintype.photos.read import read_pages, read_photo
from tintype.photos.write import default_output_path, write_photo
from written_samples import HEIGHT, MARK, ArrayPicture, color_array, gray_array, save_plain


def a_photo(dtype=np.uint8, alpha=None, **encoding):
    photo = Photo.from_array(gray_array(dtype))
    settings = {"bits": 8 * np.dtype(dtype).itemsize, **encoding}
    return type(photo)(**{**vars(photo), "encoding": Encoding(**settings), "alpha": alpha})


def write(path, array, photo=None, **options):
    photo = photo or a_photo(array.dtype)
    return write_photo(path, ArrayPicture(array), like=photo, mark=MARK, **options)


def read_pixels(path):
    """Decode with the reference library of each format, not with ours."""
    if path.suffix in (".tif", ".tiff"):
        return tifffile.imread(path)
    import imagecodecs

    return imagecodecs.imread(path)


@pytest.mark.parametrize("kind", ["png", "tif", "jp2", "jxl"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", [False, True])
def test_lossless_formats_are_exact(tmp_path, kind, dtype, alpha):
    array = color_array(dtype)
    opacity = gray_array(dtype) if alpha else None
    write(tmp_path / f"result.{kind}", array, a_photo(dtype, opacity))
    expected = np.dstack([array, opacity]) if alpha else array
    pixels = read_pixels(tmp_path / f"result.{kind}")
    assert pixels.dtype == dtype
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("kind", ["webp", "bmp", "heic"])
def test_8_bit_lossless_formats_are_exact(tmp_path, kind):
    write(tmp_path / f"result.{kind}", color_array())
    if kind == "heic":
        import pillow_heif

        pixels = np.asarray(pillow_heif.read_heif(tmp_path / "result.heic"))
    else:
        pixels = np.asarray(Image.open(tmp_path / f"result.{kind}"))
    assert np.array_equal(pixels, color_array())


@pytest.mark.parametrize("kind", ["webp", "avif"])
def test_transparency_is_kept(tmp_path, kind):
    write(tmp_path / f"result.{kind}", color_array(), a_photo(alpha=gray_array()))
    with Image.open(tmp_path / f"result.{kind}") as image:
        assert image.mode == "RGBA"
        assert np.abs(np.asarray(image)[..., 3].astype(int) - gray_array()).mean() < 2


@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("tile", [None, (64, 80)])
def test_tiff_keeps_compression_and_tiling(tmp_path, compression, dtype, tile):
    photo = a_photo(dtype, format="TIFF", compression=compression, tile=tile)
    write(tmp_path / "result.tif", color_array(dtype), photo)
    with tifffile.TiffFile(tmp_path / "result.tif") as file:
        page = file.pages[0]
        names = {None: "NONE", "deflate": "ADOBE_DEFLATE"}
        assert page.compression.name == names.get(compression, str(compression).upper())
        assert page.is_tiled == (tile is not None)
        assert np.array_equal(page.asarray(), color_array(dtype))
        assert page.is_tiled is False or (page.tilewidth, page.tilelength) == tile


@pytest.mark.parametrize("compression", [None, "lzw", "deflate"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_tiff_keeps_byte_order_and_size_class(tmp_path, compression, big, byte_order):
    photo = a_photo(np.uint16, format="TIFF", compression=compression, big=big, byte_order=byte_order)
    write(tmp_path / "result.tif", color_array(np.uint16), photo)
    with tifffile.TiffFile(tmp_path / "result.tif") as file:
        assert file.is_bigtiff == big
        assert file.byteorder == {"little": "<", "big": ">"}[byte_order]
        assert np.array_equal(file.pages[0].asarray(), color_array(np.uint16))


def test_tiff_is_read_by_libtiff(tmp_path):
    import pyvips

    kinds = itertools.product((None, "lzw", "deflate", "packbits"), (None, (64, 80)))
    for number, (compression, tile) in enumerate(kinds):
        path = tmp_path / f"{number}.tif"
        write(
            path,
            color_array(np.uint16),
            a_photo(np.uint16, format="TIFF", compression=compression, tile=tile),
        )
        image = pyvips.Image.new_from_file(str(path), fail_on="warning")
        assert np.array_equal(image.numpy(), color_array(np.uint16))


@pytest.mark.parametrize("tile", [None, (64, 64)])
def test_jpeg_in_tiff_stays_jpeg(tmp_path, tile):
    write(tmp_path / "result.tif", color_array(), a_photo(format="TIFF", compression="jpeg", tile=tile))
    with tifffile.TiffFile(tmp_path / "result.tif") as file:
        page = file.pages[0]
        assert page.compression.name == "JPEG"
        assert page.photometric.name == "YCBCR"
        assert np.abs(page.asarray().astype(int) - color_array()).mean() < 2
    assert np.abs(np.asarray(Image.open(tmp_path / "result.tif")).astype(int) - color_array()).mean() < 2


@pytest.mark.parametrize(("old", "new"), [("ccittfax4", "lzw"), ("jpeg2000", "adobe_deflate")])
def test_tiff_compression_that_cannot_hold_the_result_is_replaced(tmp_path, old, new):
    report = write(tmp_path / "result.tif", color_array(), a_photo(format="TIFF", compression=old))
    assert any(old in note for note in report.notes)
    with tifffile.TiffFile(tmp_path / "result.tif") as file:
        assert file.pages[0].compression.name == new.upper()


def test_tiff_keeps_all_pages(tmp_path):
    with tifffile.TiffWriter(tmp_path / "source.tif") as writer:
        for shade in range(3):
            writer.write(gray_array() // (shade + 1), metadata=None, description=f"page {shade}")
    photos = list(read_pages(tmp_path / "source.tif"))
    pictures = [ArrayPicture(color_array(), photo.rgb_space) for photo in photos]
    pictures[1] = ArrayPicture(color_array()[::-1].copy())
    write_photo(tmp_path / "result.tif", iter(pictures), like=iter(photos), mark=MARK)
    with tifffile.TiffFile(tmp_path / "result.tif") as file:
        assert [page.description for page in file.pages] == ["page 0", "page 1", "page 2"]
        expected = [picture.array for picture in pictures]
        assert all(np.array_equal(page.asarray(), it) for page, it in zip(file.pages, expected, strict=True))


def test_large_tiff_needs_little_memory(tmp_path):
    script = """
import resource, sys
import numpy as np
from tintype.photos.photo import Encoding, Photo
from tintype.photos.profile import SRGB
from tintype.photos.write import write_photo

class Picture:
    height, width, dtype, rgb_space = 4000, 6000, np.dtype(np.uint16), SRGB

    def strips(self):
        for top in range(0, self.height, 100):
            yield np.full((100, self.width, 3), top, np.uint16)

photo = Photo.from_array(np.zeros((8, 8), np.uint16))
encoding = Encoding(format="TIFF", bits=16, compression="lzw")
photo = Photo(**{**vars(photo), "encoding": encoding})
write_photo(sys.argv[1], Picture(), like=photo, mark=None)
"""
    peaks = []
    for height in (200, 4000):
        code = script.replace(
            "height, width, dtype, rgb_space = 4000", f"height, width, dtype, rgb_space = {height}"
        )
        code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        result = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / f"{height}.tif")], capture_output=True, check=True
        )
        peaks.append(int(result.stdout) / 1024)
    assert peaks[1] - peaks[0] < 60  # megabytes; the picture has 137


def test_as_many_pages_as_sources(tmp_path):
    with pytest.raises(ValueError, match=r"2 pages.*1 source"):
        write_photo(
            tmp_path / "result.tif",
            [ArrayPicture(color_array())] * 2,
            like=[a_photo(format="TIFF")],
            mark=MARK,
        )
    assert list(tmp_path.iterdir()) == []


def test_pages_that_do_not_fit_are_refused(tmp_path):
    photo = a_photo(format="TIFF")
    photo = type(photo)(**{**vars(photo), "page_count": 3})
    with pytest.raises(UnsupportedFormatError, match=r"one page.*3.*\.tif"):
        write(tmp_path / "result.png", color_array(), photo)


@pytest.mark.parametrize("quality", [35, 75, 92, 100])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_keeps_the_quantization_of_its_source(tmp_path, quality, mode, progressive):
    source = tmp_path / "source.jpg"
    Image.fromarray(gray_array()).convert(mode).save(source, quality=quality, progressive=progressive)
    photo = read_photo(source)
    write_photo(tmp_path / "result.jpg", ArrayPicture(color_array()), like=photo, mark=MARK)
    with Image.open(source) as before, Image.open(tmp_path / "result.jpg") as after:
        assert after.quantization == before.quantization
        assert [layer[1:3] for layer in after.layer] == [(1, 1)] * 3
        assert bool(after.info.get("progressive")) == progressive
        error = np.abs(np.asarray(after).astype(int) - color_array()).mean()
    assert error < {35: 6, 75: 4, 92: 2, 100: 1.2}[quality]


def test_progressive_jpeg_of_fine_noise_is_written(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    tables = ((1,) * 64, (1,) * 64)
    photo = a_photo(format="JPEG", lossless=False, quantization=tables, progressive=True)
    write(tmp_path / "result.jpg", noise, photo)
    assert np.abs(np.asarray(Image.open(tmp_path / "result.jpg")).astype(int) - noise).mean() < 1


def test_jpeg_has_huffman_tables_of_its_own_where_its_source_has(tmp_path):
    sizes = []
    for optimize in (False, True):
        source = tmp_path / f"source{optimize}.jpg"
        Image.fromarray(gray_array()).save(source, quality=75, optimize=optimize)
        target = tmp_path / f"result{optimize}.jpg"
        write_photo(target, ArrayPicture(color_array()), like=read_photo(source), mark=MARK)
        sizes.append(target.stat().st_size)
    assert sizes[1] < 0.95 * sizes[0]


@pytest.mark.parametrize("kind", ["jpg", "webp", "avif", "bmp"])
def test_16_bits_are_rounded_for_8_bit_formats_and_said_aloud(tmp_path, kind):
    report = write(tmp_path / f"result.{kind}", color_array(np.uint16))
    assert any("8 bits per channel" in note for note in report.notes)
    pixels = np.asarray(Image.open(tmp_path / f"result.{kind}").convert("RGB")).astype(float)
    errors = np.abs(pixels - color_array(np.uint16) / 257)
    assert errors.max() < 0.502 if kind in ("bmp", "webp") else errors.mean() < 4


def test_8_bits_are_exact_in_heic_and_16_said_aloud(tmp_path):
    assert write(tmp_path / "8.heic", color_array()).notes == ()
    report = write(tmp_path / "16.heic", color_array(np.uint16))
    assert any("12 bits" in note for note in report.notes)
    photo = read_photo(tmp_path / "16.heic")
    assert photo.encoding.bits == 12


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ({"format": "TIFF", "bits": 1}, "1-bit"),
        ({"format": "PNG", "color": "palette"}, "palette"),
        ({"format": "GIF", "color": "palette"}, "GIF"),
    ],
)
def test_what_the_source_format_cannot_hold_is_said_aloud(tmp_path, encoding, words):
    target = tmp_path / default_output_path(f"source.{encoding['format'].lower()}").name
    report = write(target, color_array(), a_photo(**encoding))
    assert any(words in note and len(note) > 20 for note in report.notes)


def test_transparency_that_is_lost_is_said_aloud(tmp_path):
    report = write(tmp_path / "result.jpg", color_array(), a_photo(alpha=gray_array()))
    assert any("transparency" in note for note in report.notes)


@pytest.mark.parametrize("kind", ["bmp", "jxl"])
def test_without_profiles_the_codes_become_srgb(tmp_path, kind):
    matrix = primaries_matrix(ADOBE_XY, D65)
    adobe = type(SRGB)(
        "test Adobe", rgb_icc(ADOBE_XY, D65, curve(2.2)), matrix, np.linspace(0, 1, 65536) ** 2.2
    )
    photo = a_photo()
    photo = type(photo)(**{**vars(photo), "rgb_space": adobe})
    array = 64 + color_array() // 2  # inside of both gamuts
    report = write_photo(tmp_path / f"result.{kind}", ArrayPicture(array, adobe), like=photo, mark=MARK)
    assert any("sRGB" in note for note in report.notes)
    pixels = read_pixels(tmp_path / f"result.{kind}")
    before = linear_to_lab(adobe.decode(array), adobe.relative_matrix)
    after = linear_to_lab(SRGB.decode(pixels), SRGB.relative_matrix)
    assert np.abs(before - after).mean() < 0.6  # what 8 bits allow
    assert np.abs(before - linear_to_lab(SRGB.decode(array), SRGB.relative_matrix)).mean() > 1.2


def test_resolution_is_kept(tmp_path):
    for kind in ("png", "tif", "jpg", "bmp", "jp2"):
        save_plain(
            tmp_path / f"source.{kind}", gray_array(), **({} if kind == "tif" else {"dpi": (300, 300)})
        )
        if kind == "jp2":
            write(
                tmp_path / "source.jp2",
                gray_array()[..., None].repeat(3, 2),
                read_photo(tmp_path / "source.tif"),
                overwrite=True,
            )
        photo = read_photo(tmp_path / f"source.{kind}")
        write_photo(tmp_path / f"result.{kind}", ArrayPicture(color_array()), like=photo, mark=MARK)
        assert read_photo(tmp_path / f"result.{kind}").metadata.resolution == pytest.approx(
            (300, 300), rel=1e-3
        ), kind


def test_name_decides_on_the_format(tmp_path):
    write(tmp_path / "result.TIFF", color_array(), a_photo(format="JPEG"))
    assert read_photo(tmp_path / "result.TIFF").encoding.format == "TIFF"


def test_name_without_suffix_takes_the_format_of_the_source(tmp_path):
    write(tmp_path / "result", color_array(), a_photo(format="WEBP"))
    assert read_photo(tmp_path / "result").encoding.format == "WEBP"


@pytest.mark.parametrize("name", ["result.gif", "result.psd", "result.xyz"])
def test_formats_that_cannot_be_written_are_refused(tmp_path, name):
    with pytest.raises(UnsupportedFormatError, match=r"\.tif"):
        write(tmp_path / name, color_array())
    assert list(tmp_path.iterdir()) == []


def test_pictures_too_large_for_their_format_are_refused(tmp_path):
    photo = a_photo()
    photo = type(photo)(**{**vars(photo), "width": 20_000})
    with pytest.raises(UnsupportedFormatError, match="too large for WEBP"):
        write(tmp_path / "result.webp", color_array(), photo)


def test_missing_folders_are_made(tmp_path):
    report = write(tmp_path / "a" / "b" / "result.png", color_array())
    assert report.path.is_file()


def test_existing_file_is_kept(tmp_path):
    target = tmp_path / "result.png"
    target.write_text("precious")
    with pytest.raises(OutputExistsError, match="--force"):
        write(target, color_array())
    assert target.read_text() == "precious"


def test_existing_file_is_replaced_when_asked(tmp_path):
    target = tmp_path / "result.png"
    target.write_text("old")
    write(target, color_array(), overwrite=True)
    assert read_photo(target).height == HEIGHT
    assert list(tmp_path.iterdir()) == [target]


def test_folder_of_that_name_is_refused(tmp_path):
    (tmp_path / "result.png").mkdir()
    with pytest.raises(OutputExistsError, match="folder"):
        write(tmp_path / "result.png", color_array(), overwrite=True)


@pytest.mark.parametrize("link", ["same", "symlink", "hardlink"])
def test_original_is_never_overwritten(tmp_path, link):
    source = tmp_path / "source.png"
    save_plain(source, gray_array())
    before = source.read_bytes()
    target = source if link == "same" else tmp_path / "link.png"
    if link == "symlink":
        target.symlink_to(source)
    elif link == "hardlink":
        target.hardlink_to(source)
    with pytest.raises(OutputExistsError, match="original"):
        write(target, color_array(), read_photo(source), overwrite=True)
    assert source.read_bytes() == before


def test_sidecar_of_someone_else_is_kept(tmp_path):
    (tmp_path / "result.bmp.xmp").write_text("theirs")
    with pytest.raises(OutputExistsError, match=r"result\.bmp\.xmp"):
        write(tmp_path / "result.bmp", color_array(), a_photo(format="BMP"))
    assert [it.name for it in tmp_path.iterdir()] == ["result.bmp.xmp"]


def test_sidecar_is_taken_back_when_the_picture_fails(tmp_path, monkeypatch):
    def fail(*_, **__):
        (tmp_path / "result.bmp").write_text("someone was faster")
        return original(*_, **__)

    original = write_module._write_sidecar
    monkeypatch.setattr(write_module, "_write_sidecar", fail)
    with pytest.raises(OutputExistsError):
        write(tmp_path / "result.bmp", color_array(), a_photo(format="BMP"))
    assert [it.name for it in tmp_path.iterdir()] == ["result.bmp"]


@pytest.mark.parametrize("kind", ["png", "tif", "jpg", "webp", "avif", "jp2", "jxl", "bmp", "heic"])
def test_failing_encoder_leaves_nothing(tmp_path, kind):
    picture = ArrayPicture(color_array())
    picture.to_array = picture.strips = lambda: (_ for _ in ()).throw(ZeroDivisionError("broken"))
    with pytest.raises((WriteFailedError, ZeroDivisionError)):
        write_photo(tmp_path / f"result.{kind}", picture, like=a_photo(), mark=MARK)
    assert list(tmp_path.iterdir()) == []


def test_result_is_as_readable_as_any_new_file(tmp_path):
    report = write(tmp_path / "result.png", color_array())
    (tmp_path / "other").write_text("")
    assert report.path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_narrow_pictures_are_written(tmp_path):
    for kind in ("png", "tif", "jpg", "webp", "jp2", "jxl", "bmp"):
        for height, width in ((1, 1), (1, 500), (500, 1)):
            array = color_array(height=height, width=width)
            photo = Photo.from_array(array[..., 1])
            path = tmp_path / f"{height}x{width}.{kind}"
            write_photo(path, ArrayPicture(array), like=photo, mark=MARK)
            assert (read_photo(path).height, read_photo(path).width) == (height, width)


@pytest.mark.parametrize(
    ("source", "folder", "expected"),
    [
        ("a/scan.tif", None, "a/scan_color.tif"),
        ("a/scan.JPEG", "out", "out/scan_color.JPEG"),
        ("scan.gif", None, "scan_color.png"),
        ("scan.j2k", None, "scan_color.jp2"),
        ("scan", None, "scan_color"),
        ("my.scan.v2.webp", None, "my.scan.v2_color.webp"),
    ],
)
def test_default_name(source, folder, expected):
    assert default_output_path(source, folder).as_posix() == expected
