"""Adding, listing, arranging, renaming and removing photographs over HTTP."""

import pytest

from photo_samples import save, save_tiff, toned
from studio_samples import gray_scan, jpeg


def test_photograph_is_added_and_described(person):
    photo = person.add(save(gray_scan(700, 1100), "PNG"), "scans/Oma.png")
    answer = person.get(f"/photos/{photo}").json()
    assert answer["name"] == "Oma.png"
    assert (answer["width"], answer["height"], answer["bit_depth"], answer["format"]) == (1100, 700, 8, "PNG")
    assert (answer["tone"], answer["page"], answer["page_count"], answer["path"]) == ("gray", 0, 1, None)
    assert [(it["level"], it["width"], it["columns"], it["rows"]) for it in answer["levels"]] == [
        (0, 1100, 3, 2),
        (1, 550, 2, 1),
        (2, 275, 1, 1),
    ]


def test_tone_is_told(person):
    assert person.get(f"/photos/{person.add(save(toned(), 'PNG'))}").json()["tone"] == "toned"


def test_album_keeps_its_order(person):
    photos = [person.add(name=f"{i}.jpg") for i in range(3)]
    person.ask("PUT", "/photos/order", json={"photos": photos[::-1]})
    assert [it["id"] for it in person.get("/photos").json()["photos"]] == photos[::-1]
    error = person.ask("PUT", "/photos/order", 409, json={"photos": photos[:2]}).json()
    assert error["error"] == "ChangedMeanwhileError"


def test_name_is_changed_and_stays_a_name(person, photo):
    renamed = person.ask("PATCH", f"/photos/{photo}", json={"name": "../../x/Opa.jpg"}).json()
    assert renamed["name"] == "Opa.jpg"


def test_removed_photograph_is_gone(person, photo):
    person.ask("DELETE", f"/photos/{photo}")
    for path in ("", "/state", "/preview", "/tiles/color/0/0/0", "/suggestions?x=1&y=1"):
        assert person.get(f"/photos/{photo}{path}", 404).json()["error"] == "NotHereError"


def test_page_is_copied(person):
    first = person.add(save_tiff(gray_scan(20, 30), gray_scan(40, 50)), "album.tif")
    copy = person.ask("POST", f"/photos/{first}/copies?page=1", 201).json()
    assert (copy["page"], copy["width"], copy["name"]) == (1, 50, "album.tif")
    assert person.ask("POST", f"/photos/{first}/copies?page=9", 422).json()["error"] == "UnreadablePhotoError"


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", 422, "x.jpg: the file is empty"),
        (b"hello", 422, "x.jpg: not a picture"),
        (b"%PDF-1.4", 415, "x.jpg: a PDF document can't be read"),
        (jpeg()[:400], 422, "x.jpg: damaged or cut off"),
    ],
)
def test_what_is_no_photograph_is_refused_in_one_line(person, content, status, message):
    answer = person.add(content, "x.jpg", status)
    assert answer["message"].startswith(message)
    assert "\n" not in answer["message"]
    assert person.get("/photos").json()["photos"] == []


@pytest.mark.parametrize("photo", ["..", "%2e%2e%2f%2e%2e", "0" * 15, "G" * 16, "0" * 16 + "%00", "a/b"])
@pytest.mark.parametrize("path", ["", "/state", "/preview", "/history"])
def test_id_that_is_none_finds_nothing(person, photo, path):
    assert person.client.get(f"/api/v1/photos/{photo}{path}").status_code in (404, 422)


def test_page_of_the_studio_serves_nothing_outside_of_its_folder(person):
    for path in ("/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "//etc/passwd", "/web/../../core.py"):
        assert person.client.get(path).status_code == 404
