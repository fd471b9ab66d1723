"""Mutated photographs by the thousand: `python reading_fuzz.py FORMAT COUNT SEED` reads them, in its own process.

Prints the number of files that were still readable. Whatever but a `TintypeError` ends the process with the seed
of the file; a crash or a hang shows its seed as the last one written to the error stream.
"""

import faulthandler
import io
import random
import sys
import warnings
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from photo_samples import (
    SRGB_XY,
    color,
    curve,
    gray,
    gray_icc,
    lut_icc,
    parametric,
    rgb_icc,
    save,
    save_tiff,
    toned,
)
from tintype.errors import TintypeError
from tintype.photos import read_pages

SECONDS = 20
MOST_PIXELS = 4_000_000


def list_samples(kind):
    """Return a few sound files of a format, small, with metadata and profiles."""
    exif = Image.Exif()
    exif[274], exif[315], exif[0x8769] = 6, "Oma", {0x9003: "1923:05:01 12:00:00"}
    icc = rgb_icc(SRGB_XY, np.array([0.95047, 1.0, 1.08883]), curve(2.2))
    said = {"exif": exif, "icc_profile": icc}
    two = color(step=16)
    makers = {
        "JPEG": lambda: (
            [
                save(two, "JPEG", progressive=progressive, xmp=b"<x/>", comment=b"c", **said)
                for progressive in (False, True)
            ]
            + [save(gray(), "JPEG", icc_profile=gray_icc(parametric(1.8)))]
        ),
        "PNG": lambda: [
            save(two, "PNG", dpi=(300, 300), **said),
            save(gray(16), "PNG"),
            save(gray() > 99, "PNG"),
        ],
        "TIFF": lambda: (
            [
                save_tiff(two, gray(), compression=compression, tile=tile, photometric=None, iccprofile=icc)
                for compression in (None, "lzw", "deflate", "packbits", "jpeg")
                for tile in (None, (16, 16))
            ]
            + [
                save(two, "TIFF", exif=exif.tobytes(), icc_profile=icc),
                save(Image.fromarray(gray() > 99), "TIFF", compression="group4"),
                save_tiff(gray(16), bigtiff=True, byteorder=">"),
            ]
        ),
        "RARE_TIFF": lambda: (
            [
                save_tiff(two, compression=compression)
                for compression in ("zstd", "lzma", "jpeg2000", "jpegxl", "lerc")
            ]
            + [
                save_tiff(
                    np.moveaxis(two, 2, 0).copy(), photometric="rgb", planarconfig="separate", tile=(16, 16)
                )
            ]
            + [save_tiff(two, photometric="cielab")]
        ),
        "WEBP": lambda: (
            [save(two, "WEBP", lossless=lossless, exif=exif) for lossless in (False, True)]
            + [save(np.dstack([two, two[..., 0]]), "WEBP", icc_profile=icc)]
        ),
        "AVIF": lambda: [
            save(two, "AVIF", exif=exif),
            imagecodecs.avif_encode(color(16, 16) >> 6, bitspersample=10),
        ],
        "HEIC": lambda: [_encode_heic(two, exif)],
        "JPEG2000": lambda: (
            [imagecodecs.jpeg2k_encode(two, level=level, codecformat="jp2") for level in (0, 30)]
            + [imagecodecs.jpeg2k_encode(gray(16), level=0, codecformat="j2k")]
        ),
        "JXL": lambda: (
            [imagecodecs.jpegxl_encode(two, lossless=lossless) for lossless in (False, True)]
            + [imagecodecs.jpegxl_encode(gray(16), lossless=True, usecontainer=True)]
        ),
        "BMP": lambda: [save(two, "BMP"), save(gray() > 99, "BMP")],
        "GIF": lambda: [
            save(two, "GIF"),
            save(gray(), "GIF", save_all=True, append_images=[Image.fromarray(255 - gray())]),
        ],
        "ICC": lambda: (
            [
                save(two, "PNG", compress_level=0, icc_profile=profile)
                for profile in (icc, gray_icc(parametric(1.8)), gray_icc(curve(np.linspace(0, 1, 99) ** 2)))
            ]
            + [
                save_tiff(
                    toned(16), iccprofile=lut_icc(b"RGB ", 3, lambda v: np.c_[100 * v[:, 1], v[:, :2]], 3)
                )
            ]
        ),
    }
    return makers[kind]()


def _encode_heic(codes, exif):
    import pillow_heif

    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(codes)).save(stream, quality=80, exif=exif.tobytes())
    return stream.getvalue()


def mutate(file, draw):
    """Damage a file as disks, cables and ill will do."""
    data = bytearray(file)
    for _ in range(draw.choice((1, 1, 2, 4, 12))):
        place = draw.randrange(min(len(data), 600) if draw.random() < 0.6 else len(data))
        match draw.randrange(7):
            case 0:
                data[place] ^= 1 << draw.randrange(8)
            case 1:
                data[place] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
            case 2:
                data[place : place + 4] = draw.choice(
                    (b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\0\0\x40\0")
                )
            case 3:
                del data[place : place + draw.randrange(1, 40)]
            case 4:
                start = draw.randrange(len(data))
                data[place:place] = data[start : start + draw.randrange(1, 80)]
            case 5:
                other = draw.randrange(len(data))
                length = draw.randrange(1, 32)
                data[place : place + length], data[other : other + length] = (
                    data[other : other + length],
                    data[place : place + length],
                )
            case 6 if draw.random() < 0.3:
                del data[place:]
        if not data:
            break
    return bytes(data)


def main(kind, count, seed):
    samples, readable = list_samples(kind), 0
    warnings.simplefilter("error")
    for number in range(seed, seed + count):
        draw = random.Random(number)
        file = mutate(draw.choice(samples), draw)
        sys.stderr.write(f"{number}\n")
        sys.stderr.flush()
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            for photo in read_pages(file, max_pixels=MOST_PIXELS):
                photo.lightness(slice(0, 4))
                readable += 1
        except TintypeError as error:
            if "\n" in str(error):
                raise ValueError(f"seed {number}: an error of several lines") from error
        faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(f"{readable}\n")


if __name__ == "__main__":
    faulthandler.enable()
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
