"""Who may come in: hosts, origins, tokens; and what browsers are told."""

import re

import pytest
from starlette.websockets import WebSocketDisconnect

from studio_samples import API, using
from tintype.studio.security import Door

SELF = "127.0.0.1:8736"


@pytest.mark.parametrize(
    "host", [SELF, "localhost:8736", "[::1]:8736", "127.0.0.1", "LOCALHOST", "127.9.9.9:1"]
)
def test_names_of_the_loopback_are_known(host):
    assert Door().knows(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8736",
        "127.0.0.1.evil.example",
        "192.168.1.7:8736",
        "",
        "[",
        "[::1",
        "a b",
        "0x7f.1",
    ],
)
def test_other_names_are_unknown_at_the_loopback(host):
    assert not Door().knows(host)


def test_elsewhere_numbers_and_own_names_are_known_and_no_others(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Desk")
    door = Door("0.0.0.0", "secret")
    for host in ("192.168.1.7:8736", "[fe80::1]:8736", "desk:8736", "desk.local", "localhost:8736"):
        assert door.knows(host)
    for host in ("evil.example:8736", "desk.evil.example", "192.168.1.7.evil.example"):
        assert not door.knows(host)
    assert Door("photos.example", "secret").knows("photos.example:8736")


def test_name_bound_anew_to_this_machine_gets_nothing(person):
    answer = person.client.get(f"{API}/photos", headers={"host": "evil.example:8736"})
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("the host 'evil.example:8736' is not this studio's")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://[", ""])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_page_of_another_origin_gets_nothing(person, method, origin):
    answer = person.client.request(method, f"{API}/photos", headers={"origin": origin})
    assert answer.status_code == 403
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_picture_shown_by_a_page_elsewhere_is_refused(person, site):
    headers = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
    assert person.client.get(f"{API}/photos", headers=headers).status_code == 403


def test_own_page_and_programs_come_in(person):
    own = {"origin": f"http://{SELF}", "sec-fetch-site": "same-origin"}
    assert person.client.get(f"{API}/photos", headers=own).status_code == 200
    assert person.client.get(f"{API}/photos").status_code == 200


def test_link_elsewhere_opens_the_page_and_nothing_else(tmp_path, tiny):
    web = tmp_path / "web"
    web.mkdir()
    (web / "index.html").write_text("<title>Studio</title>", "utf-8")
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    with using(tmp_path / "data", tiny, web=web) as person:
        assert person.client.get("/", headers=headers).text == "<title>Studio</title>"
        assert person.client.get(f"{API}/photos", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"host": "evil.example"}])
def test_socket_of_another_origin_is_refused_before_it_opens(person, headers):
    with (
        pytest.raises(WebSocketDisconnect) as refusal,
        person.client.websocket_connect(f"ws://{SELF}{API}/live", headers=headers),
    ):
        pass
    assert refusal.value.code == 4403


def test_page_is_kept_by_the_browser_which_asks_whether_it_is_still_the_same(person):
    first = person.client.get("/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = person.client.get("/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")
    assert person.client.get(f"{API}/photos").headers["cache-control"] == "no-store"


@pytest.fixture
def guarded(tmp_path, tiny):
    with using(tmp_path / "data", tiny, host="0.0.0.0", needs_token=True) as found:
        yield found


def test_nothing_is_told_without_the_token(guarded):
    for path in ("/studio", "/photos", "/openapi.json"):
        answer = guarded.client.get(API + path)
        assert answer.status_code == 401
        assert "token" in answer.json()["message"]
    for headers in (
        {"authorization": "Bearer wrong"},
        {"cookie": "tintype-studio=wrong"},
        {"authorization": b"Bearer \xe9"},
    ):
        assert guarded.client.get(f"{API}/photos", headers=headers).status_code == 401


def test_token_is_handed_over_once_and_kept_as_a_cookie(guarded):
    token = guarded.studio.door.token
    assert len(token) >= 20
    assert guarded.client.post(f"{API}/session", json={"token": "wrong"}).status_code == 401
    answer = guarded.client.post(f"{API}/session", json={"token": token})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert guarded.client.get(f"{API}/photos").status_code == 200


def test_program_bears_the_token_in_a_header(guarded):
    headers = {"authorization": f"Bearer {guarded.studio.door.token}"}
    assert guarded.client.get(f"{API}/photos", headers=headers).status_code == 200


def test_token_holds_after_a_restart(tmp_path, tiny, guarded):
    token = guarded.studio.door.token
    guarded.studio.journal.close()
    with using(tmp_path / "data", tiny, host="0.0.0.0", needs_token=True) as again:
        assert again.studio.door.token == token


@pytest.mark.parametrize("path", ["", f"{API}/photos", f"{API}/nothing", f"{API}/photos/1/state"])
def test_every_answer_keeps_browsers_from_loading_anything_from_elsewhere(person, path):
    headers = person.client.get(path).headers
    assert headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'"
    )
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_description_of_the_interface_names_no_other_server(person):
    text = person.get("/openapi.json").text
    assert not re.search(r"https?://", text)
