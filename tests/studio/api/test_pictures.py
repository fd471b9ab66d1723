"""Pictures for the page: sizes, layers, formats, and that none is computed or sent twice."""

import numpy as np
import pytest

from photo_samples import save
from studio_samples import decoded, gray_scan, set_mark


@pytest.fixture
def scan(person):
    return person.add(save(gray_scan(700, 1100), "PNG"), "scan.png")


def get(person, photo, path, **options):
    return person.get(f"/photos/{photo}/{path}", **options)


def test_preview_is_the_whole_in_color(person, scan):
    picture = decoded(get(person, scan, "preview").content)
    assert picture.shape == (652, 1024, 3)
    assert decoded(get(person, scan, "preview?side=110").content).shape == (70, 110, 3)
    assert decoded(get(person, scan, "preview?side=2560").content).shape == (700, 1100, 3)


def test_gray_layers_have_one_channel_and_the_exact_codes(person, scan):
    picture = decoded(get(person, scan, "tiles/gray/0/1/0?format=png").content)
    np.testing.assert_array_equal(picture, gray_scan(700, 1100)[:512, 512:1024])
    assert decoded(get(person, scan, "preview?layer=original&format=png").content).ndim == 2


def test_tiles_of_a_level_make_the_whole(person, scan):
    for level in person.get(f"/photos/{scan}").json()["levels"]:
        rows = [
            np.concatenate(
                [
                    decoded(
                        get(person, scan, f"tiles/color/{level['level']}/{column}/{row}?format=png").content
                    )
                    for column in range(level["columns"])
                ],
                axis=1,
            )
            for row in range(level["rows"])
        ]
        whole = np.concatenate(rows)
        assert whole.shape == (level["height"], level["width"], 3)
        jumps = np.abs(np.diff(whole.astype(int), axis=1)).mean(axis=(0, 2))
        assert jumps[511:512].sum() <= 4 * np.median(jumps) + 4


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_formats_are_what_they_say(person, scan, kind):
    answer = get(person, scan, f"preview?format={kind}&side=200")
    assert answer.headers["content-type"] == f"image/{kind}"
    assert decoded(answer.content).shape == (127, 200, 3)


def test_picture_that_is_known_is_not_sent_again(person, scan):
    for path in ("preview", "tiles/color/1/0/0", "tiles/gray/0/0/0", "doubt", "alternatives/2?side=64"):
        first = get(person, scan, path)
        assert first.headers["cache-control"] == "private, no-cache"
        again = get(person, scan, path, status=304, headers={"if-none-match": first.headers["etag"]})
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]


def test_tag_changes_with_the_result_of_colored_layers_alone(person, scan):
    def tags():
        paths = ("preview", "preview?layer=gray", "tiles/color/0/0/0", "tiles/gray/0/0/0", "doubt")
        return [get(person, scan, path).headers["etag"] for path in paths]

    before = tags()
    person.amend(scan, set_mark())
    changed = [one != other for one, other in zip(before, tags(), strict=True)]
    assert changed == [True, False, True, False, True]
    person.ask("POST", f"/photos/{scan}/undo")
    assert tags() == before


def test_picture_of_the_expected_version_never_expires(person, scan):
    tag = get(person, scan, "preview").headers["etag"].strip('"')
    assert "immutable" in get(person, scan, f"preview?v={tag}").headers["cache-control"]
    assert get(person, scan, "preview?v=older").headers["cache-control"] == "private, no-cache"


def test_mark_colors_its_place(person, scan):
    person.amend(scan, set_mark(x=600, y=350, radius=100, color="#c02020"))
    red, green, _ = decoded(get(person, scan, "preview?format=png").content)[326, 558].astype(int)
    assert red > green + 30


@pytest.mark.parametrize("tile", ["color/0/3/0", "color/0/0/2", "gray/9/0/0", "color/2/1/0"])
def test_tile_that_does_not_exist_is_not_there(person, scan, tile):
    assert "there is no tile" in get(person, scan, f"tiles/{tile}", status=404).json()["message"]


@pytest.mark.parametrize(
    "path",
    ["preview?side=1", "preview?side=99999", "preview?layer=x", "preview?format=bmp", "tiles/color/-1/0/0",
     "tiles/x/0/0/0", "alternatives/0", "alternatives/99", "doubt?side=a"],
)  # fmt: skip
def test_picture_that_makes_no_sense_is_refused(person, scan, path):
    get(person, scan, path, status=422)


def test_doubt_is_gray_and_alternatives_differ(person, scan):
    assert decoded(get(person, scan, "doubt").content).ndim == 2
    one, two = (get(person, scan, f"alternatives/{n}?format=png").content for n in (1, 2))
    assert one != two
