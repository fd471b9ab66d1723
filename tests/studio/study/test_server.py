import json
import re
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from urllib.parse import urlsplit

import pytest

from study_samples import PREFERENCE, TEST, served, write_study
from tintype.errors import StudyError
from tintype.measure.study.analysis import analyze
from tintype.measure.study.answers import TRUTH
from tintype.measure.study.settings import Settings
from tintype.studio.study import serving
from tintype.studio.study.answers import judgeable_answers, summarize
from tintype.studio.study.definition import ABSURD
from tintype.studio.study.serving import serve

LEAKS = re.compile(r"truth|dull|vivid|absurd|attention|p\d\d", re.IGNORECASE)
TOKEN = re.compile(r"pictures/[\w-]+")  # drawn by lot: any letters may be in it


@pytest.fixture
def person(server):
    return server.participant()


@pytest.fixture
def organizer(server):
    return server.organizer()


def test_participant_comes_to_the_end(person):
    final = person.take_part()
    assert (final["done"], final["total"], final["trial"]) == (20, 20, None)
    assert final["score"]["of"] == 8
    assert person.client.get("api/study").json()["session"] == {"done": 20, "total": 20}


def test_nothing_gives_an_answer_away_before_it_is_given(person):
    study = person.client.get("api/study")
    assert not LEAKS.search(json.dumps({**study.json(), "texts": {}}))
    state = person.begin()
    while state["trial"]:
        assert not LEAKS.search(TOKEN.sub("", json.dumps({**state, "feedback": None})))
        for side in ("left", "right"):
            picture = person.client.get(state["trial"][side])
            assert not LEAKS.search(str(picture.headers))
        state = person.answer(state)


def test_only_practice_tells_who_was_right(person):
    state = person.begin()
    while state["trial"]:
        trial = state["trial"]
        state = person.answer(state)
        is_told = trial["practice"] and trial["kind"] == "real_or_colored"
        assert (state["feedback"] is not None) == is_told


def test_feedback_and_score_are_right(server):
    wise = server.participant(lambda trial: trial.right_answer or "left")
    state = wise.answer(wise.begin())
    assert state["feedback"] == {"right": True, "machine": state["feedback"]["machine"]}
    assert wise.take_part()["score"] == {"right": 8, "of": 8}


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(server, person):
    cookie = person.client.post("api/session").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    proxied = server.client(headers={"X-Forwarded-Proto": "https"}).post("api/session")
    assert "Secure" in proxied.headers["set-cookie"]


def test_reload_goes_on_where_it_was(server, person):
    state = person.answer(person.answer(person.begin()))
    again = server.participant()
    again.client.cookies = person.client.cookies
    assert again.begin()["trial"] == state["trial"]


def test_withdrawing_deletes_the_answers(server, person):
    person.take_part(5)
    person.client.delete("api/session")
    assert summarize(server.study.store).begun == 0
    assert person.client.get("api/trial").status_code == 401


def test_leaving_makes_room_for_the_next_visitor(server, person):
    person.take_part(2)
    person.client.post("api/leave")
    person.take_part(2)
    assert summarize(server.study.store).begun == 2


@pytest.mark.parametrize(
    "change",
    [
        {"answer": "both"},
        {"answer": None},
        {"trial": 0},
        {"trial": "1"},
        {"trial": True},
        {"response_ms": -1},
        {"response_ms": 1e12},
        {"layout": "heap"},
        {"name": "Jane"},
    ],
)
def test_answer_that_makes_no_sense_is_refused(person, change):
    person.begin()
    given = {"trial": 1, "answer": "left", "response_ms": 1, "exposure_ms": 1, "layout": "stacked"}
    assert person.client.post("api/answer", json=given | change).status_code == 422
    assert person.client.post("api/answer", json=given | {"trial": 2}).status_code == 409
    assert person.client.post("api/answer", json=given).status_code == 200


def test_strangers_get_nothing(server):
    client = server.client()
    assert client.get("api/trial").status_code == 401
    assert client.post("api/shown", json={"trial": 1}).status_code == 401
    assert client.get("api/pictures/guess/left").status_code == 404
    assert client.get("web/../store.py").status_code == 404
    assert client.get("api/openapi.json").status_code == 404
    for key in ("", "Bearer", "Bearer wrong", "Bearer \u00e9".encode("latin-1")):
        headers = {"Authorization": key}
        for path in ("progress", "answers.csv"):
            assert client.get(f"api/organizer/{path}", headers=headers).status_code == 403
        assert client.post("api/organizer/door", json={"is_open": False}, headers=headers).status_code == 403


def test_large_or_endless_bodies_are_refused(server):
    assert server.client().post("api/answer", content=b"x" * 20_000).status_code == 413
    assert server.client().post("api/answer", content=iter([b"x"] * 3)).status_code == 413


@pytest.mark.parametrize("path", ["", "organizer", "web/study.js", "web/style.css", "api/study"])
def test_pages_load_nothing_from_elsewhere(server, path):
    answer = server.client().get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "server" not in answer.headers
    assert not re.search(r"https?://(?!www\.w3\.org)", answer.text)


def test_organizer_sees_progress_and_gets_the_table(person, organizer):
    person.take_part()
    progress = organizer.get("api/organizer/progress").json()
    assert (progress["begun"], progress["finished"], progress["answers"]) == (1, 1, 14)
    assert progress["participants"][0]["checks"] == 3
    table = organizer.get("api/organizer/answers.csv")
    assert 'filename="sample.csv"' in table.headers["content-disposition"]
    assert len(table.text.splitlines()) == 21


def test_closed_study_lets_nobody_in_but_everybody_finish(server, person, organizer):
    state = person.begin()
    organizer.post("api/organizer/door", json={"is_open": False})
    late = server.participant()
    assert late.client.get("api/study").json()["open"] is False
    assert late.client.post("api/session").status_code == 403
    assert person.answer(state)["done"] == 1
    organizer.post("api/organizer/door", json={"is_open": True})
    assert late.client.post("api/session").status_code == 200


def test_study_is_full_at_its_limit(tmp_path, cache):
    with served(write_study(tmp_path, top="participants = 1\n"), cache) as server:
        server.participant().begin()
        assert server.participant().client.post("api/session").status_code == 403


def test_no_address_and_nothing_of_the_browser_is_stored(server, tmp_path):
    headers = {"User-Agent": "Curious/1.0", "X-Forwarded-For": "203.0.113.7"}
    person = server.participant(headers=headers)
    person.take_part()
    (path,) = tmp_path.glob("*.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        text = "\n".join(connection.iterdump())
    for trace in ("127.0.0.1", "203.0.113.7", "Curious"):
        assert trace not in text
    assert not any("127.0.0.1" in file.read_text("utf-8", "ignore") for file in tmp_path.glob("*.log"))


def test_address_that_is_taken_is_named(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StudyError, match=rf"127\.0\.0\.1, port {port}: can't be listened at .*--port"):
            serve(server.study, "127.0.0.1", port, print)
    with pytest.raises(StudyError, match="nowhere"):
        serve(server.study, "nowhere.invalid", 0, print)


def test_all_addresses_are_told_as_those_that_browsers_can_open(server, monkeypatch):
    told = []

    def ask_each(_, listener, announce):
        announce()
        with listener:
            for address in told:
                found = urlsplit(address)
                assert found.port == listener.getsockname()[1]
                socket.create_connection((found.hostname, found.port), 5).close()

    monkeypatch.setattr(serving, "run_server", ask_each)
    serve(server.study, "0.0.0.0", 0, told.extend)
    first, *others = [urlsplit(address).hostname for address in told]
    assert first == "127.0.0.1"
    assert not {"127.0.0.1", "0.0.0.0"} & {*others}


FOOLED = {"dull": 0.15, "vivid": 0.45}
PREFERS_VIVID = 0.8


def choose_like_people(random):
    """Answer with the probabilities above; checks are always passed."""

    def choose(trial):
        other = {"left": "right", "right": "left"}
        if trial.attention:
            return trial.right_answer
        if trial.kind == "real_or_colored":
            model = trial.right if trial.left == TRUTH else trial.left
            is_fooled = random.random() < FOOLED[model]
            return other[trial.right_answer] if is_fooled else trial.right_answer
        vivid = "left" if trial.left == "vivid" else "right"
        return vivid if random.random() < PREFERS_VIVID else other[vivid]

    return choose


def test_preferences_of_many_participants_at_once_are_recovered(tmp_path, cache):
    parts = TEST.replace("trials = 8", "trials = 16") + PREFERENCE.replace("trials = 6", "trials = 12")
    with served(write_study(tmp_path, count=36, parts=parts), cache) as server:
        people = [server.participant(choose_like_people(Random(i))) for i in range(16)]
        with ThreadPoolExecutor(8) as threads:
            finals = [*threads.map(lambda person: person.take_part(), people)]
        assert all(final["trial"] is None for final in finals)
        answers = judgeable_answers(server.study.store)
        progress = summarize(server.study.store)
    assert (progress.begun, progress.finished, progress.answers) == (16, 16, 16 * 28)
    assert all(it.most - it.fewest <= 2 for it in progress.comparisons)
    assert not any(ABSURD in (it.left, it.right) for it in answers if it.is_judged)
    analysis = analyze(
        answers, settings=Settings(level=0.9999, resamples=1000)
    )  # who sees what is up to the threads
    for rate in analysis.fooled.rates:
        assert rate.rate.low <= FOOLED[rate.model] <= rate.rate.high
    (pair,) = analysis.preference.pairs
    expected = PREFERS_VIVID if pair.one == "vivid" else 1 - PREFERS_VIVID
    assert pair.share.low <= expected <= pair.share.high
