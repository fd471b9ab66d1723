from io import BytesIO

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageOps

from tintype.learn.data.fingerprint import NEAR, find_duplicates, find_near_copies, fingerprint


@pytest.fixture(scope="module")
def pictures():
    names = (
        "astronaut",
        "coffee",
        "chelsea",
        "rocket",
        "camera",
        "coins",
        "immunohistochemistry",
        "brick",
        "page",
    )
    return [Image.fromarray(getattr(skimage.data, name)()).convert("RGB") for name in names]


@pytest.fixture(scope="module")
def known(pictures):
    return np.stack([fingerprint(picture) for picture in pictures])


def jpeg(picture, quality):
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


def cut(picture, share):
    width, height = picture.size
    return picture.crop((width * share, height * share, width * (1 - share), height * (1 - share)))


def middle_square(picture):
    return ImageOps.fit(picture, (256, 256))


EDITS = {
    "small jpeg": lambda picture: jpeg(picture.resize((150, 150 * picture.height // picture.width)), 30),
    "gray": lambda picture: picture.convert("L"),
    "brighter": lambda picture: picture.point([int(255 * (i / 255) ** 0.6) for i in range(256)] * 3),
    "contrast": lambda picture: ImageOps.autocontrast(picture, cutoff=2),
    "cut by 1%": lambda picture: cut(picture, 0.01),
    "mirrored": ImageOps.mirror,
    "middle square": middle_square,
    "mirrored square": lambda picture: ImageOps.mirror(middle_square(picture)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_copy_is_found(edit, pictures, known):
    copies = np.stack([fingerprint(edit(picture)) for picture in pictures])
    assert find_near_copies(copies, known).tolist() == list(range(len(pictures)))


def test_a_squeezed_copy_is_found_from_either_side(pictures, known):
    squeezed = np.stack([fingerprint(ImageOps.mirror(picture.resize((256, 256)))) for picture in pictures])
    assert find_near_copies(squeezed, known).tolist() == list(range(len(pictures)))
    assert find_near_copies(known, squeezed).tolist() == list(range(len(pictures)))


def test_other_photographs_are_not_copies(known):
    for index in range(len(known)):
        others = np.delete(known, index, axis=0)
        assert find_near_copies(known[index : index + 1], others).tolist() == [-1]


def test_upside_down_is_another_photograph(pictures, known):
    turned = np.stack([fingerprint(ImageOps.flip(picture)) for picture in pictures[:4]])
    assert (find_near_copies(turned, known) == -1).all()


def test_the_first_of_several_copies_is_kept(pictures, known):
    copies = np.stack([fingerprint(ImageOps.mirror(picture)) for picture in pictures])
    twice = fingerprint(jpeg(pictures[2], 40))[None]
    found = find_duplicates(np.concatenate([known, copies, twice]))
    assert found.tolist() == [-1] * len(known) + [*range(len(known)), 2]


def test_many_photographs_are_compared_over_the_borders_of_blocks():
    rng = np.random.default_rng(3)
    prints = rng.integers(0, 256, (2500, 2, 32), dtype=np.uint8)
    copies, originals = [20, 1100, 2400, 2450], [10, 30, 1050, 2449]
    prints[copies] = prints[originals]
    found = find_duplicates(prints)
    assert np.flatnonzero(found >= 0).tolist() == copies
    assert found[copies].tolist() == originals
    assert find_near_copies(prints[1100:1101], prints).tolist() == [30]


def test_a_copy_of_a_copy_that_is_far_from_the_kept_one_is_kept():
    first = np.zeros((2, 32), np.uint8)
    second, third = first.copy(), first.copy()
    second[:, :6] = 255
    third[:, :12] = 255
    assert find_duplicates(np.stack([first, second, third])).tolist() == [-1, 0, -1]


@pytest.mark.parametrize(("differing", "found"), [(NEAR // 8, 0), (NEAR // 8 + 1, -1)])
def test_the_limit_is_inclusive(differing, found):
    first = np.zeros((2, 32), np.uint8)
    other = first.copy()
    other[:, :differing] = 255
    assert find_near_copies(other[None], first[None]).tolist() == [found]


def test_no_photographs_have_no_copies():
    none = np.zeros((0, 2, 32), np.uint8)
    some = np.ones((2, 2, 32), np.uint8)
    assert find_duplicates(none).tolist() == []
    assert find_near_copies(some, none).tolist() == [-1, -1]
