"""Changing what was said, undo, redo, history over HTTP."""

import pytest

from studio_samples import point, set_mark, using


def labels(person, photo):
    return [it["label"] for it in person.get(f"/photos/{photo}/history").json()["items"]]


def test_new_photograph_has_nothing_said_about_it(person, photo):
    found = person.state(photo)
    assert (found["revision"], found["step"], found["steps"], found["photo"]) == (0, 0, 0, photo)
    assert found["state"]["marks"] == []
    assert found["state"]["settings"]["vividness"] is None


def test_operations_make_one_step(person, photo):
    operations = [set_mark("a"), set_mark("b", x=9), {"op": "set_settings", "settings": {"vividness": 0.2}}]
    found = person.amend(photo, *operations, label="two points")
    assert (found["revision"], found["step"]) == (1, 1)
    assert [it["id"] for it in found["state"]["marks"]] == ["a", "b"]
    assert labels(person, photo) == ["", "two points"]
    assert found == person.state(photo)


def test_whole_state_is_replaced(person, photo):
    person.amend(photo, set_mark("a"))
    body = {"state": {"marks": [point("z")], "settings": {"quality": "fast"}}, "label": "anew"}
    found = person.ask("PUT", f"/photos/{photo}/state", json=body).json()
    assert [it["id"] for it in found["state"]["marks"]] == ["z"]
    assert found["state"]["settings"]["quality"] == "fast"


def test_undo_and_redo_change_result_and_back(person, photo):
    results = [person.state(photo)["result"], person.amend(photo, set_mark())["result"]]
    assert results[0] != results[1]
    assert person.ask("POST", f"/photos/{photo}/undo").json()["result"] == results[0]
    assert person.ask("POST", f"/photos/{photo}/undo").json()["step"] == 0
    assert person.ask("POST", f"/photos/{photo}/redo").json()["result"] == results[1]
    found = person.ask("PUT", f"/photos/{photo}/history", json={"step": 0}).json()
    assert (found["step"], found["steps"]) == (0, 1)
    assert (
        person.ask("PUT", f"/photos/{photo}/history", 404, json={"step": 5}).json()["error"] == "NotHereError"
    )


def test_result_does_not_depend_on_marks_that_are_switched_off(person, photo):
    before = person.state(photo)["result"]
    assert person.amend(photo, set_mark(enabled=False))["result"] == before
    assert person.amend(photo, set_mark(enabled=True))["result"] != before


def test_change_from_an_older_revision_is_refused_and_one_sent_again_is_not(person, photo):
    first = person.amend(photo, set_mark("a"), id="change-1", base=0)
    assert person.amend(photo, set_mark("b"), base=0, status=409)["error"] == "ChangedMeanwhileError"
    assert person.amend(photo, set_mark("a"), id="change-1", base=0) == first


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (set_mark(x=401), "(401, 80) is outside of the photograph of 400 x 300 pixels"),
        (set_mark(color="red"), "color is 'red'"),
        (set_mark(name="no spaces"), "pattern"),
        ({"op": "explode"}, "op"),
        ({"op": "set_settings", "settings": {"vividness": 2}}, "less than or equal to 1"),
        ({"op": "set_palette", "palette": {}}, "'colors' is missing"),
    ],
)
def test_change_that_makes_no_sense_is_refused_and_leaves_nothing(person, photo, operation, message):
    error = person.amend(photo, operation, status=422)
    assert message in error["message"]
    assert "\n" not in error["message"]
    assert person.state(photo)["revision"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"operations": []}', b"\xff", b'{"operations": 1e999}'])
def test_body_that_is_no_change_is_refused(person, photo, body):
    headers = {"content-type": "application/json"}
    answer = person.client.patch(f"/api/v1/photos/{photo}/state", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"error", "message"}


def test_history_comes_in_pages(person, photo):
    for i in range(5):
        person.amend(photo, set_mark(x=i), label=f"step {i + 1}")
    answer = person.get(f"/photos/{photo}/history?first=2&count=2").json()
    assert [it["label"] for it in answer["items"]] == ["step 2", "step 3"]
    assert (answer["step"], answer["steps"]) == (5, 5)


def test_restarted_studio_goes_on_where_it_was(tmp_path, tiny):
    with using(tmp_path, tiny) as person:
        photo = person.add()
        person.amend(photo, set_mark(), label="red")
        before = person.ask("POST", f"/photos/{photo}/undo").json()
        picture = person.get(f"/photos/{photo}/preview").content
    with using(tmp_path, tiny) as person:
        assert person.state(photo) == before
        assert person.get(f"/photos/{photo}/preview").content == picture
        assert person.ask("POST", f"/photos/{photo}/redo").json()["state"]["marks"] == [point(enabled=True)]
        assert labels(person, photo) == ["", "red"]
