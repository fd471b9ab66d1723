"""Words, references, albums, scribbles, pins: proposals that become changes; project files both ways."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage import data

from photo_samples import save
from studio_samples import decoded, gray_scan, jpeg, point, set_mark, using
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.project import Project, read_project
from tintype.photos.read import read_photo
from tiny_model import write_style_model


def gray_astronaut():
    return np.asarray(Image.fromarray(data.astronaut()).convert("L"))


@pytest.fixture
def astronaut(person):
    return person.add(save(gray_astronaut(), "PNG"), "astronaut.png")


def propose(person, photo, way, status=200, /, *, content=None, params=None, **body):
    options = {"content": content, "params": params} if content is not None else {"json": body}
    return person.ask("POST", f"/photos/{photo}/{way}", status, **options).json()


def make(person, photo, proposal):
    return person.amend(photo, *proposal["operations"])["state"]


def test_reference_proposes_its_colors_and_a_newer_one_takes_their_place(person, astronaut):
    params = {"name": "Wedding of 1931.png"}
    first = propose(person, astronaut, "reference", content=save(data.astronaut(), "PNG"), params=params)
    assert first["notes"]
    assert person.state(astronaut)["revision"] == 0
    person.amend(astronaut, set_mark("mine"))
    state = make(person, astronaut, first)
    origins = {it["mark"].get("origin") for it in state["marks"]}
    assert origins <= {"match:Wedding of 1931.png", "person", None}
    again = propose(person, astronaut, "reference", content=save(data.astronaut(), "PNG"), params=params)
    assert make(person, astronaut, again)["marks"] == state["marks"]
    assert state["marks"][0]["id"] == "mine"


@pytest.mark.parametrize(
    ("content", "params", "message"),
    [
        (jpeg(), {"name": "gray.jpg"}, "gray.jpg: it is gray"),
        (b"no", {"name": "x.jpg"}, "x.jpg: not a picture"),
        (save(data.coffee(), "JPEG"), {"name": "c.jpg", "region": "0,0,9999,5"}, "is not inside"),
    ],
)
def test_reference_that_has_no_colors_is_refused_under_its_name(person, photo, content, params, message):
    error = propose(person, photo, "reference", 422, content=content, params=params)
    assert message in error["message"]
    assert "/" not in error["message"]
    assert [*person.studio.library.incoming.iterdir()] == []


def test_words_are_answered_by_notes_and_make_room_for_themselves(person, photo):
    first = propose(person, photo, "words", prompt="autumn")
    state = make(person, photo, first)
    second = propose(person, photo, "words", prompt="winter")
    assert second["notes"] or second["operations"]
    after = make(person, photo, second) if second["operations"] else state
    assert len(after["marks"]) <= len(state["marks"]) + len(second["operations"])
    assert propose(person, photo, "words", 422, prompt="")["error"] == "Invalid"


def test_palette_of_a_person_is_not_replaced_by_words(person, photo):
    person.amend(
        photo, {"op": "set_palette", "palette": {"colors": [{"color": "#556b2f"}], "origin": "person"}}
    )
    proposal = propose(person, photo, "words", prompt="autumn")
    assert not any(it["op"] == "set_palette" for it in proposal["operations"])


def test_marks_are_carried_to_another_photograph_of_the_album(person, astronaut):
    shifted = person.add(save(gray_astronaut()[20:490, 30:500], "PNG"), "next.png")
    person.amend(astronaut, set_mark(x=260, y=420, radius=20))
    proposal = propose(person, shifted, "like", photo=astronaut)
    assert "astronaut.png" in proposal["notes"][0]
    for operation in proposal["operations"]:
        assert operation["mark"]["mark"]["origin"] == "match:astronaut.png"
    propose(person, shifted, "like", 404, photo="0" * 16)


def test_strokes_of_a_scribble_become_marks(person):
    gray = np.repeat(gray_scan()[..., None], 3, axis=2)
    gray[100:112, 50:150] = (200, 30, 30)
    photo = person.add()
    proposal = propose(person, photo, "scribble", content=save(gray, "PNG"), params={"name": "s.png"})
    state = make(person, photo, proposal)
    assert len(state["marks"]) == 1
    red, green, _ = decoded(person.get(f"/photos/{photo}/preview?format=png").content)[106, 100].astype(int)
    assert red > green


def test_pin_keeps_the_colors_of_a_place(person, photo):
    person.amend(photo, set_mark(x=300, y=60, radius=60, color="#c02020"))
    proposal = person.get(f"/photos/{photo}/pin?x=300&y=60&radius=10").json()
    state = make(person, photo, proposal)
    assert state["marks"][1]["mark"]["kind"] == "field"
    assert state["marks"][1]["mark"]["origin"] == "person:pin"


def test_ids_of_proposed_marks_are_free(person, photo):
    person.amend(photo, set_mark("pin-1"))
    assert person.get(f"/photos/{photo}/pin?x=9&y=9").json()["operations"][0]["mark"]["id"] == "pin-2"


def said(person, photo):
    """Say something of every kind."""
    settings = {"vividness": 0.3, "warmth": 0.5, "sky": -0.25, "quality": "fast"}
    palette = {"colors": [{"color": "#556b2f", "weight": 2}], "strength": 0.5}
    return person.amend(
        photo,
        set_mark("a"),
        set_mark("off", x=9, enabled=False),
        {"op": "set_settings", "settings": settings},
        {"op": "set_palette", "palette": palette},
    )


@pytest.mark.parametrize("sample", [None, {"number": 2, "seed": 7}])
def test_project_renders_to_the_bytes_that_the_studio_saves(person, photo, tmp_path, tiny, sample):
    said(person, photo)
    person.amend(photo, {"op": "set_settings", "settings": {"sample": sample}})
    answer = person.get(f"/photos/{photo}/project")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''Oma.tintype"
    (tmp_path / "Oma.tintype").write_bytes(answer.content)
    project = read_project(tmp_path / "Oma.tintype")
    assert (project.source.name, len(project.settings.guidance.marks)) == ("Oma.jpg", 1)
    (tmp_path / "Oma.jpg").write_bytes(jpeg())
    opened = Colorizer(tiny).open(read_photo(tmp_path / "Oma.jpg"))
    opened.render(project).write(tmp_path / "rendered.jpg")
    job = person.save(photo)
    assert person.get(f"/jobs/{job['id']}/file").content == (tmp_path / "rendered.jpg").read_bytes()


@pytest.mark.parametrize("sample", [None, {"number": 2, "seed": 7}])
def test_project_comes_back_to_the_same_result(person, photo, sample):
    said(person, photo)
    before = person.amend(photo, {"op": "set_settings", "settings": {"sample": sample}})
    content = person.get(f"/photos/{photo}/project").content
    person.ask("PUT", f"/photos/{photo}/state", json={"state": {}})
    after = person.ask("PUT", f"/photos/{photo}/project", content=content).json()
    assert after["result"] == before["result"]
    assert after["state"]["marks"] == [
        point("mark-1", enabled=True) | {"mark": after["state"]["marks"][0]["mark"]}
    ]
    assert person.get(f"/photos/{photo}/project").content == content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda it: it["source"].update(sha256="0" * 64), "it belongs to Oma.jpg"),
        (lambda it: it["model"].update(fingerprint="0" * 64), "it was made with"),
        (lambda it: it.update(input="sketch"), "the project of a drawing"),
        (lambda it: it.update(version=99), "version"),
        (
            lambda it: it.update(choice={"which": "sample 999, seed 1", "count": 1, "score": "x"}),
            "sample 999",
        ),
        (lambda it: it.clear(), "no project file"),
    ],
)
def test_project_that_does_not_fit_is_refused(person, photo, change, message):
    document = json.loads(person.get(f"/photos/{photo}/project").content)
    change(document)
    error = person.ask("PUT", f"/photos/{photo}/project", 422, json=document).json()
    assert message in error["message"]
    assert person.state(photo)["revision"] == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{", b"null"])
def test_what_is_no_project_is_refused(person, photo, content):
    assert (
        person.ask("PUT", f"/photos/{photo}/project", 422, content=content).json()["error"] == "GuidanceError"
    )


def test_project_of_the_studio_is_one_of_the_library(person, photo):
    text = person.get(f"/photos/{photo}/project").text
    assert Project.from_json(text).to_json() + "\n" == text


@pytest.fixture
def stylist(tmp_path):
    """Someone at a studio whose model takes a style."""
    with using(tmp_path / "styled", write_style_model(tmp_path / "style.onnx").path) as found:
        yield found


def lend_style(person, photo, name="autumn.png"):
    return propose(person, photo, "reference", content=save(data.coffee(), "PNG"), params={"name": name})


def test_reference_lends_its_style_where_the_model_takes_one(stylist):
    photo = stylist.add()
    plain = stylist.state(photo)["result"]
    proposal = lend_style(stylist, photo)
    assert proposal["notes"] == ["autumn.png: the photograph takes the style, not the colors"]
    state = make(stylist, photo, proposal)
    assert state["style"]["origin"] == "match:autumn.png"
    assert np.ptp(decoded(stylist.get(f"/photos/{photo}/preview").content)[150, 200].astype(int)) > 20
    assert stylist.state(photo)["result"] != plain
    assert make(stylist, photo, lend_style(stylist, photo, "b.png"))["style"]["origin"] == "match:b.png"
    stylist.amend(photo, {"op": "set_style", "style": None})
    assert stylist.state(photo)["result"] == plain


def test_style_of_a_person_stays(stylist):
    photo = stylist.add()
    stylist.amend(photo, {"op": "set_style", "style": {"vector": [1, 2]}})
    proposal = lend_style(stylist, photo)
    assert proposal["operations"] == []
    assert proposal["notes"][-1] == "the style that was chosen stays"


def test_project_with_a_style_comes_back_with_it(stylist):
    photo = stylist.add()
    make(stylist, photo, lend_style(stylist, photo))
    before = stylist.state(photo)
    content = stylist.get(f"/photos/{photo}/project").content
    assert len(json.loads(content)["guidance"]["style"]["vector"]) == 2
    stylist.ask("PUT", f"/photos/{photo}/state", json={"state": {}})
    after = stylist.ask("PUT", f"/photos/{photo}/project", content=content).json()
    assert (after["result"], after["state"]["style"]) == (before["result"], before["state"]["style"])
    assert stylist.get(f"/photos/{photo}/project").content == content


def test_style_that_the_model_does_not_take_is_refused_and_nothing_is_lost(person, photo, stylist):
    said(person, photo)
    before = person.state(photo)
    document = json.loads(person.get(f"/photos/{photo}/project").content)
    document["guidance"]["style"] = {"vector": [1, 2]}
    error = person.ask("PUT", f"/photos/{photo}/project", 422, json=document).json()
    assert error["error"] == "UnsupportedByModelError"
    assert "style: the model test-tiny@1 takes none; leave it out" in error["message"]
    assert person.state(photo) == before
    other = stylist.add()
    error = stylist.amend(other, {"op": "set_style", "style": {"vector": [1, 2, 3]}}, status=422)
    assert "style: it has 3 numbers and test-style@1 takes 2" in error["message"]
    assert stylist.state(other)["revision"] == 0
