"""Sources with rich metadata, pictures to write, and exiftool as the judge."""

import json
import struct
import subprocess
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from photo_samples import curve, gray_icc
from tintype.photos.mark import Mark, describe_coloring
from tintype.photos.profile import SRGB

HEIGHT, WIDTH = 90, 120

MARK = Mark(
    model="tintype-small@1.0",
    tintype_version="0.1.0",
    guidance_digest="0123abcd",
    source_sha256="5e" * 32,
    result_digest="d1" * 32,
    sentence=describe_coloring("tintype-small@1.0", "0.1.0"),
)


@dataclass
class ArrayPicture:
    """Pixels in the shape of a `ColorPicture`, in strips that no block size divides."""

    array: Any
    rgb_space: Any = SRGB
    rows: int = 37

    def __post_init__(self):
        self.height, self.width = self.array.shape[:2]
        self.dtype = self.array.dtype

    def strips(self):
        for top in range(0, self.height, self.rows):
            yield self.array[top : top + self.rows]

    def to_array(self):
        return self.array


def color_array(dtype=np.uint8, height=HEIGHT, width=WIDTH):
    """Return smooth colors with a little noise; all 16 bits are used."""
    rows, columns = np.mgrid[0:height, 0:width]
    channels = [rows / height, columns / width, (rows + columns) / (height + width)]
    noise = np.random.default_rng(1).random((height, width, 3)) * 0.02
    values = np.clip(np.dstack(channels) * 0.95 + noise, 0, 1)
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


def gray_array(dtype=np.uint8):
    return color_array(dtype)[..., 1]


def canon_exif():
    """Return an Exif block as a camera writes it: a maker note whose offsets count from the block's start."""
    texts = {6: b"Canon PowerShot S10\0", 7: b"Firmware Version 1.01\0", 9: b"Erika Mustermann\0"}
    make, model = b"Canon\0", b"Canon PowerShot S10\0"
    main, camera = 8, 8 + 2 + 4 * 12 + 4
    note = camera + 2 + 4 * 12 + 4
    values = note + 2 + 3 * 12 + 4
    places, heap = {}, b""
    for name, text in (("make", make), ("model", model), *texts.items()):
        places[name] = values + len(heap)
        heap += text + b"\0" * (len(text) % 2)
    note_size = values + len(heap) - note

    def entry(tag, kind, count, value):
        return struct.pack("<HHLL", tag, kind, count, value)

    data = b"II*\0" + struct.pack("<L", main)
    data += struct.pack("<H", 4) + entry(271, 2, len(make), places["make"])
    data += entry(272, 2, len(model), places["model"]) + entry(274, 3, 1, 1) + entry(34665, 4, 1, camera)
    data += struct.pack("<L", 0)
    data += struct.pack("<H", 4) + entry(0x927C, 7, note_size, note) + entry(0xA001, 3, 1, 1)
    data += entry(0xA002, 4, 1, 9999) + entry(0xA003, 4, 1, 8888) + struct.pack("<L", 0)
    data += struct.pack("<H", 3) + b"".join(entry(tag, 2, len(texts[tag]), places[tag]) for tag in texts)
    return data + struct.pack("<L", 0) + heap


EXIF_FIELDS = (
    "-EXIF:ImageDescription=Großmutter in der Küche", "-EXIF:Artist=Photo Müller", "-EXIF:Copyright=Stadtarchiv",
    "-EXIF:Software=Scanner 2.1", "-EXIF:ModifyDate=2001:02:03 04:05:06",
    "-EXIF:DateTimeOriginal=1938:05:01 12:00:00", "-EXIF:CreateDate=2001:02:03 04:05:06",
    "-EXIF:UserComment=Rückseite: „Sommer 1938“", "-EXIF:ExposureTime=1/125", "-EXIF:FNumber=5.6",
    "-EXIF:ISO=200", "-EXIF:FocalLength=50", "-EXIF:LensModel=Tessar 50mm", "-EXIF:SubSecTimeOriginal=42",
    "-EXIF:GPSLatitude=52.520008", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=13.404954",
    "-EXIF:GPSLongitudeRef=E", "-EXIF:GPSAltitude=34.5", "-EXIF:GPSAltitudeRef=0", "-EXIF:GPSDateStamp=1938:05:01",
    "-EXIF:InteropIndex=R98", "-EXIF:ExifImageWidth=9999", "-EXIF:ExifImageHeight=8888", "-EXIF:ColorSpace=1",
    "-EXIF:Orientation#=1", "-EXIF:XPKeywords=Familie;Küche", "-EXIF:Rating=4",
)  # fmt: skip
XMP_FIELDS = (
    "-XMP-dc:Title=Oma", "-XMP-dc:Title-de=Oma (de)", "-XMP-dc:Description=Großmutter <in> der „Küche“ & mehr",
    "-XMP-dc:Creator=Müller", "-XMP-dc:Subject=Familie", "-XMP-dc:Subject=Küche",
    "-XMP-photoshop:City=Berlin", "-XMP-xmp:Rating=4", "-XMP-xmpMM:DocumentID=xmp.did:4711",
    "-XMP-xmpMM:HistoryAction=scanned", "-XMP-xmpMM:HistorySoftwareAgent=SilverFast",
    "-XMP-iptcExt:PersonInImage=Erika", "-XMP-iptcExt:LocationShownCity=Berlin",
    "-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm",
    "-XMP-tiff:Orientation#=1", "-XMP-tiff:ImageWidth=9999", "-XMP-tiff:PhotometricInterpretation#=1",
    "-XMP-tiff:SamplesPerPixel=1", "-XMP-exif:ExifImageWidth=9999", "-XMP-photoshop:ColorMode#=1",
    "-XMP-xmpRights:UsageTerms=Nur Forschung", "-XMP-mwg-rs:RegionName=Erika", "-XMP-mwg-rs:RegionType=Face",
)  # fmt: skip
IPTC_FIELDS = (
    "-IPTC:CodedCharacterSet=UTF8", "-IPTC:ObjectName=Oma", "-IPTC:Caption-Abstract=Großmutter in der Küche",
    "-IPTC:Keywords=Familie", "-IPTC:Keywords=Küche", "-IPTC:City=Berlin", "-IPTC:DateCreated=1938:05:01",
    "-IPTC:By-line=Müller", "-Photoshop:URL=https://example.org", "-Photoshop:CopyrightFlag=True",
)  # fmt: skip


def run_exiftool(*arguments):
    result = subprocess.run(["exiftool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def read_fields(path, *options):
    """Return what exiftool reads: ``Group:Tag`` -> value."""
    return json.loads(run_exiftool("-j", "-G1", "-a", "-n", *options, path))[0]


def make_rich(path, *, dtype=np.uint8, thumbnail=True, iptc=True, **options):
    """Write a gray photograph of the format of `path` with EXIF, XMP, IPTC, a gray profile and a thumbnail."""
    save_plain(path, gray_array(dtype), **options)
    icc = path.with_name("gray.icc")
    icc.write_bytes(gray_icc(curve(2.2)))
    fields = [*EXIF_FIELDS, *XMP_FIELDS, *(IPTC_FIELDS if iptc else ()), f"-ICC_Profile<={icc}"]
    if path.suffix == ".jpg":
        fields.append("-Comment=von der Rückseite")
    if thumbnail:
        small = path.with_name("thumbnail.jpg")
        Image.fromarray(gray_array()).resize((40, 30)).save(small)
        fields.append(f"-ThumbnailImage<={small}")
    run_exiftool("-q", "-overwrite_original", *fields, path)
    return path


def save_plain(path, array, **options):
    if path.suffix == ".tif":
        tifffile.imwrite(path, array, resolution=(300, 300), metadata=None, software=False, **options)
        return
    image = Image.fromarray(array)
    if path.suffix == ".webp":
        image = image.convert("RGB")
    if path.suffix == ".jpg":
        options = {"exif": b"Exif\0\0" + canon_exif(), **options}
    image.save(path, **options)
