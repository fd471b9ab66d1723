"""What is too large, too much, too often or too slow is refused in one line."""

import asyncio

import pytest
from starlette.exceptions import HTTPException

from photo_samples import save
from studio_samples import API, gray_scan, jpeg, set_mark, using
from tintype.studio.bodies import BodyLimit
from tintype.studio.limits import Allowance, Limits


@pytest.fixture
def narrow(tmp_path, tiny):
    limits = Limits(
        upload_bytes=30_000, max_pixels=200_000, photos=2, marks=3, document_bytes=5_000, viewers=1, jobs=2
    )
    with using(tmp_path / "data", tiny, limits=limits) as found:
        yield found


def test_large_upload_is_refused_whether_or_not_its_length_is_told(narrow):
    large = b"\xff\xd8" + bytes(50_000)
    for content in (large, iter([large[:1000], large[1000:]])):
        answer = narrow.client.post(f"{API}/photos?name=x.jpg", content=content)
        assert answer.status_code == 413
        assert answer.json()["message"] == "this is more than 30000 bytes; send less"
    assert [*narrow.studio.library.incoming.iterdir()] == []


def test_large_document_is_refused_where_a_photograph_of_that_size_is_taken(narrow):
    photo = narrow.add(jpeg(gray_scan(), quality=40))
    body = b" " * 6_000
    assert narrow.client.patch(f"{API}/photos/{photo}/state", content=body).status_code == 413
    assert narrow.client.post(f"{API}/jobs", content=iter([body[:100], body])).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "", "²"])
def test_length_that_is_no_number_is_refused(narrow, length):
    answer = narrow.client.post(f"{API}/jobs", headers={"content-length": length.encode()}, content=b"{}")
    assert answer.status_code in (400, 413, 422)


def test_photograph_with_too_many_pixels_is_refused_and_not_kept(narrow):
    answer = narrow.add(save(gray_scan(500, 500), "PNG", bits=1)[:30_000], name="large.png", status=413)
    assert answer["error"] == "PhotoTooLargeError"
    assert answer["message"].startswith("large.png: declares 500 x 500 pixels")
    assert [*narrow.studio.library.uploads.iterdir()] == []


def test_full_library_takes_no_more(narrow):
    small = jpeg(gray_scan(40, 50))
    assert narrow.add(small)
    assert narrow.add(small)
    assert narrow.add(small, status=429)["message"].startswith("the library holds 2 photographs")


def test_too_many_marks_are_refused(narrow):
    photo = narrow.add(jpeg(gray_scan(100, 200)))
    marks = [set_mark(f"m{i}", x=i, y=2) for i in range(4)]
    assert narrow.amend(photo, *marks, status=429)["message"] == "there are 4 marks; place at most 3"
    assert narrow.state(photo)["state"]["marks"] == []


def test_too_many_pages_are_turned_away(narrow):
    with narrow.live() as first, narrow.live() as second:
        assert second.receive()["code"] == 1013
        first.send_json({"type": "close"})
    with narrow.live() as third:
        third.send_json({"type": "close"})


def test_client_that_asks_too_often_waits(tmp_path, tiny):
    with using(tmp_path / "data", tiny, limits=Limits(requests_per_second=0.5)) as person:
        answers = [person.client.get(f"{API}/gamut?lightness=50") for _ in range(12)]
    assert [it.status_code for it in answers[:2]] == [200, 200]
    refused = next(it for it in answers if it.status_code == 429)
    assert (refused.headers["retry-after"], refused.json()["error"]) == ("1", "TooOften")


def test_allowance_fills_with_time_up_to_its_burst():
    now = [0.0]
    allowance = Allowance(10, seconds=1, clock=lambda: now[0])
    assert [allowance.take() for _ in range(11)] == [True] * 10 + [False]
    now[0] = 0.25
    assert [allowance.take() for _ in range(3)] == [True, True, False]
    now[0] = 99
    assert sum(allowance.take() for _ in range(20)) == 10


def test_sender_that_stops_is_given_up():
    async def endless():
        await asyncio.sleep(60)

    async def read_all(scope, receive, send):
        await receive()

    async def go():
        limit = BodyLimit(read_all, lambda method, path: 100, patience=0.05)
        scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"5")]}
        await limit(scope, endless, None)

    with pytest.raises(HTTPException, match=r"nothing came for 0\.05 seconds"):
        asyncio.run(go())
