"""Reading as a whole: what is accepted, what is refused and how that is said, pages, size limits, imports."""

import io
import os
import struct
import subprocess
import sys
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from photo_samples import color, gray, save, save_tiff, srgb_lightness
from tintype.errors import MissingExtraError, PhotoTooLargeError, UnreadablePhotoError, UnsupportedFormatError
from tintype.photos import READABLE_SUFFIXES, is_photo_name, read_pages, read_photo

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "BMP", "GIF", "JPEG2000", "JXL")


def encode(kind, codes=None):
    codes = color() if codes is None else codes
    if kind == "JPEG2000":
        return imagecodecs.jpeg2k_encode(codes, level=0, codecformat="jp2")
    if kind == "JXL":
        return imagecodecs.jpegxl_encode(codes, lossless=True)
    if kind == "HEIC":
        pillow_heif = pytest.importorskip("pillow_heif")
        stream = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(codes)).save(stream, quality=90)
        return stream.getvalue()
    return save(codes, kind)


def chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


@pytest.mark.parametrize("kind", [*FORMATS, "HEIC"])
def test_paths_bytes_and_streams_give_the_same(tmp_path, kind):
    file = encode(kind)
    path = tmp_path / "scan.png"
    path.write_bytes(file)
    photos = [read_photo(path), read_photo(str(path)), read_photo(file), read_photo(io.BytesIO(file))]
    with path.open("rb") as stream:
        photos.append(read_photo(stream))
    assert len({photo.sha256 for photo in photos}) == 1
    assert {photo.encoding.format for photo in photos} == {kind}
    for photo in photos[1:]:
        assert np.array_equal(photo.lightness(), photos[0].lightness())
    assert [photo.path for photo in photos] == [path, path, None, None, None]


@pytest.mark.parametrize(
    "name", ["scan[1].tif", "scan[page=3].tif", "Größe 100%.tif", "a:b,c=d.tif", "\udcff.tif"]
)
def test_names_mean_nothing_but_themselves(tmp_path, name):
    path = tmp_path / name
    try:
        path.write_bytes(encode("TIFF"))
    except OSError:
        pytest.skip("the file system does not take this name")
    assert read_photo(path).height == 64


@pytest.mark.parametrize("kind", [*FORMATS, "HEIC"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_cut_off_file_is_an_error(tmp_path, kind, share):
    file = encode(kind, np.ascontiguousarray(color(step=1)))
    path = tmp_path / "scan.x"
    path.write_bytes(file[: int(len(file) * share)])
    with pytest.raises(UnreadablePhotoError, match=r"scan\.x") as caught:
        read_photo(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "packbits", "jpeg", "zstd"])
@pytest.mark.parametrize("tile", [None, (64, 64)])
def test_cut_off_tiff_is_an_error_in_every_compression(compression, tile):
    codes = np.ascontiguousarray(color(step=2))
    file = save_tiff(codes, compression=compression, tile=tile, rowsperstrip=None if tile else 16)
    with pytest.raises(UnreadablePhotoError):
        read_photo(file[: len(file) // 2])


def test_jpeg_whose_tail_was_lost_to_zeros_is_an_error():
    file = save(color(step=1), "JPEG")
    with pytest.raises(UnreadablePhotoError):
        read_photo(file[: len(file) // 2] + bytes(len(file) // 2))
    with pytest.raises(UnreadablePhotoError):
        read_photo(file[: len(file) // 2] + file[-2:])


def test_sloppy_jpeg_of_cameras_is_read():
    file = bytearray(save(gray(), "JPEG"))
    scan = file.rindex(b"\xff\xda")
    length = int.from_bytes(file[scan + 2 : scan + 4], "big")
    file[scan + length] = 0
    assert np.array_equal(read_photo(bytes(file)).pixels, read_photo(save(gray(), "JPEG")).pixels)
    assert read_photo(save(gray(), "JPEG") + bytes(1000)).height == 64


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"Dear Grandmother,\n", "not a picture"),
        (b"BM would be a bitmap", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"II*\0", "damaged"),
        (b"II*\0\x08\0\0\0\0\0", "damaged"),
        (b"GIF89a", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"RIFF\0\0\0\0WEBP", "damaged"),
        (b"\xff\x0a", "damaged"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "damaged"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "damaged"),
    ],
)
def test_what_is_no_picture_is_named_in_one_line(tmp_path, content, word):
    path = tmp_path / "holiday.png"
    path.write_bytes(content)
    with pytest.raises(UnreadablePhotoError, match=r"holiday\.png") as caught:
        read_photo(path)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4", b"8BPS\0\x01", b"FUJIFILMCCD-RAW 0201", b"P6\n1 1\n255\n   "]
)
def test_pictures_of_other_programs_are_named(content):
    with pytest.raises(UnsupportedFormatError, match="TIFF"):
        read_photo(content)


def test_missing_file_folder_and_pipe_are_named(tmp_path):
    with pytest.raises(UnreadablePhotoError, match=r"nothing\.tif.*no such file"):
        read_photo(tmp_path / "nothing.tif")
    with pytest.raises(UnreadablePhotoError, match="folder"):
        read_photo(tmp_path)
    with pytest.raises(UnreadablePhotoError, match="can't be opened"):
        read_photo("a\0b.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(UnreadablePhotoError, match="regular file"):
            read_photo(tmp_path / "pipe.png")


def test_file_without_permission_is_named(tmp_path, monkeypatch):
    path = tmp_path / "locked.png"
    path.write_bytes(encode("PNG"))

    def refuse(self, *_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(UnreadablePhotoError, match=r"locked\.png.*permissions"):
        read_photo(path)


def test_disk_error_while_reading_is_named(tmp_path, monkeypatch):
    path = tmp_path / "scratched.png"
    path.write_bytes(encode("PNG"))

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("tintype.photos.formats.source.hashlib.file_digest", fail)
    with pytest.raises(UnreadablePhotoError, match=r"scratched\.png.*Input/output error"):
        read_photo(path)


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint32])
def test_samples_that_are_not_read_are_named(dtype):
    with pytest.raises(UnsupportedFormatError, match="8 or 16 bits"):
        read_photo(save_tiff(gray().astype(dtype), photometric="minisblack"))


def test_camera_raw_is_named():
    file = save_tiff(gray(16), photometric="minisblack", extratags=[(50706, "B", 4, (1, 4, 0, 0), True)])
    with pytest.raises(UnsupportedFormatError, match="camera raw"):
        read_photo(file)


def test_heic_without_the_extra_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r"tintype\[heif\]"):
        read_photo(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(100))


def bomb_png(side):
    header = struct.pack(">LLBBBBB", side, side, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


def bomb_tiff(side):
    tags = {256: side, 257: side, 258: 16, 259: 1, 262: 1, 273: 8, 277: 1, 278: side, 279: 100}
    entries = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)


def bomb_gif(side):
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0, 0, 0)
    return head + b"\x2c" + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\0;"


def bomb_webp(side):
    frame = (
        b"VP8X"
        + struct.pack("<LL", 10, 0)
        + (side - 1).to_bytes(3, "little")
        + (side - 1).to_bytes(3, "little")
    )
    body = b"WEBP" + frame + encode("WEBP")[12:]
    return b"RIFF" + struct.pack("<L", len(body)) + body


def bomb_jpeg(side):
    file = bytearray(save(gray(), "JPEG"))
    place = file.index(b"\xff\xc0") + 5
    file[place : place + 4] = struct.pack(">HH", side, side)
    return bytes(file)


def bomb_bmp(side):
    file = bytearray(save(gray(), "BMP"))
    file[18:26] = struct.pack("<ll", side, side)
    return bytes(file)


def bomb_jpeg2000(side):
    file = bytearray(encode("JPEG2000"))
    place = file.index(b"\xff\x4f\xff\x51") + 8
    for start in (place, place + 16):
        file[start : start + 8] = struct.pack(">LL", side, side)
    header = file.index(b"ihdr") + 4
    file[header : header + 8] = struct.pack(">LL", side, side)
    return bytes(file)


def bomb_jxl(side):
    bits, length = 0, 0
    for value, count in ((0, 1), (2, 2), (side - 1, 18), (1, 3), (1, 1)):
        bits, length = bits | value << length, length + count
    return b"\xff\x0a" + bits.to_bytes(100, "little")


def bomb_avif(side):
    file = bytearray(encode("AVIF"))
    place = file.index(b"ispe") + 8
    file[place : place + 8] = struct.pack(">LL", side, side)
    return bytes(file)


BOMBS = {
    "PNG": bomb_png, "TIFF": bomb_tiff, "GIF": bomb_gif, "JPEG": bomb_jpeg, "BMP": bomb_bmp,
    "JPEG2000": bomb_jpeg2000, "JXL": bomb_jxl,
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_bomb_is_refused_before_anything_is_decoded(tmp_path, kind):
    path = tmp_path / "bomb.img"
    path.write_bytes(BOMBS[kind](60_000))
    tracemalloc.start()
    with pytest.raises(PhotoTooLargeError) as caught:
        read_photo(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    for word in ("bomb.img", "60000 x 60000", "500 megapixels", "--max-megapixels 3600"):
        assert word in str(caught.value)
    assert peak < 1_000_000


@pytest.mark.parametrize("bomb", [bomb_webp, bomb_avif])
def test_bomb_that_contradicts_itself_is_refused(bomb):
    with pytest.raises((PhotoTooLargeError, UnreadablePhotoError)):
        read_photo(bomb(16_000 if bomb is bomb_webp else 60_000))


@pytest.mark.skipif(sys.platform != "linux", reason="resource limits are those of Linux")
def test_bombs_cost_no_memory_outside_of_python_either(tmp_path):
    for kind, bomb in BOMBS.items():
        (tmp_path / kind).write_bytes(bomb(60_000))
    (tmp_path / "WEBP").write_bytes(bomb_webp(16_000))
    (tmp_path / "AVIF").write_bytes(bomb_avif(60_000))
    program = (
        "import resource, pathlib, sys\n"
        "from tintype.photos import read_photo\n"
        "from tintype.errors import TintypeError\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try: read_photo(path)\n"
        "    except TintypeError: pass\n"
        "    else: raise SystemExit(f'{path} was read')\n"
        "print(peak() - before)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert int(result.stdout) < 200
    assert result.stderr == ""


def test_limit_counts_pixels_and_can_be_raised():
    file = encode("PNG")
    with pytest.raises(PhotoTooLargeError, match=r"limit of 0\.004 megapixels"):
        read_photo(file, max_pixels=4000)
    assert read_photo(file, max_pixels=4096).width == 64


def test_every_page_of_a_tiff_is_read(tmp_path):
    path = tmp_path / "album.tif"
    pages = [gray(), color(16), 255 - gray(step=16), gray() > 99]
    with tifffile.TiffWriter(path) as writer:
        for page in pages:
            writer.write(page, metadata=None, photometric="rgb" if page.ndim == 3 else "minisblack")
    photos = list(read_pages(path))
    assert [(photo.page, photo.page_count, photo.bit_depth) for photo in photos] == [
        (0, 4, 8),
        (1, 4, 16),
        (2, 4, 8),
        (3, 4, 8),
    ]
    for photo, page in zip(photos[:3], pages[:3], strict=True):
        assert np.abs(photo.lightness() - srgb_lightness(page)).max() < 1e-3
    assert np.array_equal(read_photo(path, page=2).pixels, pages[2])


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_page_that_is_not_there_is_named(kind):
    with pytest.raises(UnreadablePhotoError, match="no page 2; the file has 1"):
        read_photo(encode(kind), page=1)


@pytest.mark.parametrize("damage", ["pixels", "directory outside", "directory empty"])
def test_broken_second_page_is_named(tmp_path, damage):
    path = tmp_path / "album.tif"
    path.write_bytes(
        save_tiff(gray(), gray(), photometric="minisblack", compression="deflate", rowsperstrip=16)
    )
    file = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        offset = tiff.pages[1].offset
        strip = tiff.pages[1].dataoffsets[2]
        link = file.index(struct.pack("<L", offset))
    if damage == "pixels":
        file[strip : strip + 40] = bytes(40)
    elif damage == "directory outside":
        file[link : link + 4] = struct.pack("<L", 0xFFFFFF00)
    else:
        file[offset : offset + 2] = b"\0\0"
    path.write_bytes(file)
    with pytest.raises(UnreadablePhotoError, match=r"album\.tif \(page 2 of 2\)"):
        list(read_pages(path))
    if damage == "pixels":
        assert np.array_equal(read_photo(path).pixels, gray())


def test_directories_in_a_circle_are_an_error(tmp_path):
    path = tmp_path / "circle.tif"
    path.write_bytes(save_tiff(gray(), gray(), photometric="minisblack"))
    with tifffile.TiffFile(path) as tiff:
        first, second = (page.offset for page in tiff.pages)
    file = bytearray(path.read_bytes())
    count = struct.unpack_from("<H", file, second)[0]
    struct.pack_into("<L", file, second + 2 + 12 * count, first)
    path.write_bytes(file)
    with pytest.raises(UnreadablePhotoError, match="circle"):
        read_photo(path)


def test_libraries_say_nothing_on_the_screen(tmp_path):
    damaged = save(color(), "TIFF", compression="tiff_lzw")
    profile = chunk(b"iCCP", b"na\xd8me\0\0" + zlib.compress(b"no profile" * 20))
    png = encode("PNG")
    files = [
        save_tiff(gray(), photometric="minisblack", extratags=[(65001, "s", 0, b"?", True)]),
        damaged[: len(damaged) // 2],
        bomb_jpeg(60_000),
        encode("JPEG")[:300],
        png[:-20],
        png[:33] + profile + png[33:],
        encode("GIF")[:200],
        save(color(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\0\0"),
        save_tiff(gray()[:, :48], compression="zstd")[:2000],
    ]
    for number, file in enumerate(files):
        (tmp_path / f"{number}.img").write_bytes(file)
    program = (
        "import pathlib, sys, warnings\n"
        "warnings.simplefilter('default')\n"
        "from tintype.photos import read_photo\n"
        "from tintype.errors import TintypeError\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try: read_photo(path)\n"
        "    except TintypeError: pass\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert (result.stdout, result.stderr) == ("", "")


def test_suffixes_and_names():
    assert {
        ".jpg",
        ".png",
        ".tif",
        ".tiff",
        ".jp2",
        ".webp",
        ".avif",
        ".bmp",
        ".gif",
        ".heic",
        ".jxl",
    } <= READABLE_SUFFIXES
    assert is_photo_name("A/SCAN.TIF")
    assert not is_photo_name("A/scan.xmp")
    assert not is_photo_name(".hidden.jpg")


@pytest.mark.parametrize(
    "module", ["tintype.photos", "tintype.photos.inputs", "tintype.photos.photo", "tintype.photos.profile"]
)
def test_import_loads_no_codec(module):
    heavy = ("pyvips", "PIL", "tifffile", "imagecodecs", "scipy", "torch", "onnxruntime")
    program = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_many_threads_read_at_once():
    files = [encode(kind) for kind in FORMATS] + [encode("JPEG")[:500], encode("TIFF")[:3000], b"no picture"]

    def read(number):
        try:
            return read_photo(files[number % len(files)]).lightness().sum()
        except UnreadablePhotoError as error:
            return str(error).partition(";")[2]

    expected = [read(number) for number in range(len(files))]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(20 * len(files))))
    assert found == expected * 20


def test_names_are_what_the_package_says():
    import tintype.photos

    for name in tintype.photos.__all__:
        assert getattr(tintype.photos, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = tintype.photos.nonsense
