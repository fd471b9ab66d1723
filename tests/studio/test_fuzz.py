"""Asked for everything that its own description allows, and for what it does not: no fault, no file elsewhere."""

import json
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from skimage import data

from photo_samples import save
from studio_samples import ADDRESS, API, gray_scan, jpeg, running, set_mark, using
from tintype.studio.app import create_app
from tintype.studio.core import open_studio
from tintype.studio.limits import Limits
from tiny_model import write_tiny_model

EXAMPLES = 25
LIMITS = Limits(requests_per_second=1e9, photos=60, jobs=6)


def describe_interface(tmp_path_factory):
    """Return the description of the interface, which needs a studio."""
    folder = tmp_path_factory.mktemp("described")
    write_tiny_model(folder / "tiny.onnx")
    with open_studio(folder / "data", model=folder / "tiny.onnx", threads=1) as studio:
        return create_app(studio).openapi()


@pytest.fixture(scope="module")
def description(tmp_path_factory):
    return describe_interface(tmp_path_factory)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def person(place, tiny):
    with using(place / "data", tiny, limits=LIMITS) as found:
        yield found


def files_elsewhere(place):
    return sorted(str(path) for path in place.rglob("*") if path.is_file() and "data" not in path.parts)


def ids(person):
    """A photograph and a job that are there, made anew where a request removed them."""
    photos = person.get("/photos").json()["photos"]
    while len(photos) > 20:
        person.ask("DELETE", f"/photos/{photos.pop()['id']}")
    photo = photos[0]["id"] if photos else person.add(jpeg(gray_scan(90, 120)))
    jobs = person.get("/jobs").json()["jobs"]
    while len(jobs) > 4:
        person.ask("DELETE", f"/jobs/{jobs.pop()['id']}")
    job = jobs[0]["id"] if jobs else person.ask("POST", "/jobs", 201, json={"photo": photo}).json()["id"]
    return photo, job


def check(answer, place):
    """Refuse what no answer may be."""
    assert answer.status_code < 500, answer.text[:1000]
    if answer.status_code >= 400:
        error = answer.json()
        assert set(error) == {"error", "message"}
        assert "\n" not in error["message"]
        assert str(place) not in error["message"]
        assert "Traceback" not in error["message"]


OPERATIONS = [
    "get_studio begin_session list_photos add_photo arrange_photos get_photo rename_photo remove_photo copy_photo",
    "get_state put_state amend_state undo redo get_history go_to_step",
    "get_preview get_tile get_alternative get_doubt get_class draw_region speak correct refer scribble carry pin",
    "get_suggestions get_gamut get_gamut_of_lightness get_gamut_limits get_color get_doubtful get_classes get_notes",
    "list_alternatives",
    "get_project put_project list_palettes read_palette_file get_palette list_words",
    "list_jobs give_job get_job remove_job get_file",
]
NAMES = " ".join(OPERATIONS).split()


def test_every_operation_is_asked(description):
    found = [it["operationId"] for path in description["paths"].values() for it in path.values()]
    assert sorted(found) == sorted(NAMES)


def find_operation(description, name):
    schema = schemathesis.openapi.from_dict(description)
    return next(
        it.ok() for it in schema.get_all_operations() if it.ok().definition.raw["operationId"] == name
    )


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_asked_is_a_fault(description, person, place, name):
    operation = find_operation(description, name)
    modes = [GenerationMode.POSITIVE]
    if operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"):
        modes.append(GenerationMode.NEGATIVE)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    @given(cases, st.booleans())
    @settings(max_examples=EXAMPLES, suppress_health_check=[*HealthCheck], database=None, derandomize=True)
    def ask(case, is_known):
        photo, job = ids(person)
        if is_known:
            known = {"photo": photo, "job": job}
            case.path_parameters = {k: known.get(k, v) for k, v in (case.path_parameters or {}).items()}
        request = case.as_transport_kwargs(base_url=ADDRESS)
        request.pop("cookies", None)
        if isinstance(request.get("data"), bytes | str):
            request["content"] = request.pop("data")
        if is_known and isinstance(request.get("json"), dict) and "photo" in request["json"]:
            request["json"]["photo"] = photo
        check(person.client.request(**request), place)

    before = files_elsewhere(place)
    ask()
    assert files_elsewhere(place) == before
    uploads = [path.name for path in (place / "data" / "uploads").iterdir()]
    assert all(re.fullmatch("[0-9a-f]{64}", upload) for upload in uploads)


PARTS = st.sampled_from(
    ["..", ".", "", "%2e%2e", "..%2f", "%00", "~", "C:", "\\", "/", "etc", "passwd", "é", "a" * 300]
)


@given(st.lists(PARTS, max_size=6), st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]))
@settings(max_examples=150, suppress_health_check=[*HealthCheck], database=None)
def test_no_address_leads_out_of_the_folder(person, place, parts, method):
    for prefix in ("/", f"{API}/photos/", f"{API}/jobs/", "/web/"):
        answer = person.client.request(method, f"{ADDRESS}{prefix}{'/'.join(parts)}", json={})
        assert answer.status_code < 500
        assert b"root:" not in answer.content
        assert b"SQLite format" not in answer.content
    assert files_elsewhere(place) == []


@given(st.text(max_size=300))
@settings(max_examples=60, suppress_health_check=[*HealthCheck], database=None)
def test_no_name_of_an_upload_leads_out_of_the_folder(person, place, name):
    answer = person.client.post(f"{API}/photos", params={"name": name}, content=jpeg(gray_scan(8, 8)))
    check(answer, place)
    assert files_elsewhere(place) == []
    if answer.status_code == 201:
        photo = answer.json()["id"]
        job = person.save(photo)
        assert job["status"] == "done", job["message"]
        content = person.get(f"/jobs/{job['id']}/file")
        assert content.headers["content-disposition"].startswith("attachment; ")
        person.ask("DELETE", f"/photos/{photo}")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.one_of(
    st.text(max_size=200),
    JSON.map(json.dumps),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["open", "view", "try", "change", "step", "close"])},
        optional={
            "photo": st.sampled_from(["0123456789abcdef", "known", "../.."]),
            "view": JSON
            | st.fixed_dictionaries({"kind": st.sampled_from(["whole", "part"]), "side": st.integers()}),
            "operations": JSON | st.just([set_mark()]) | st.just([set_mark(x=1e6)]),
            "serial": st.integers(-5, 5) | st.floats(),
            "by": st.integers(-2, 2),
            "base": st.none() | st.integers(-1, 9),
        },
    ).map(json.dumps),
)


@given(st.lists(MESSAGES, min_size=1, max_size=8))
@settings(max_examples=60, suppress_health_check=[*HealthCheck], database=None)
def test_no_message_ends_a_live_connection(person, messages):
    photo, _ = ids(person)
    with person.live() as socket:
        for message in messages:
            socket.send_text(message.replace("known", photo))
        socket.send_text(json.dumps({"type": "open", "photo": "f" * 16}))
        said = ""
        while "ffffffffffffffff" not in said:
            said = str(socket.receive().get("text") or "")


@pytest.mark.slow
def test_memory_does_not_grow_over_a_thousand_requests(tmp_path, tiny):
    """By a few megabytes at most, whatever is asked for; allocators need some rounds to settle."""
    with running(tmp_path / "data", tiny) as (server, _), server.person() as person:
        photos = [person.add(save(gray_scan(900 + i, 1200), "PNG"), f"{i}.png") for i in range(3)]

        def go(requests):
            for i in range(requests // 8):
                photo = photos[i % 3]
                person.amend(photo, set_mark(x=i % 1000, y=i % 700))
                person.get(f"/photos/{photo}/preview?side={256 + i % 5 * 64}")
                person.get(f"/photos/{photo}/tiles/color/0/{i % 2}/{i % 2}")
                person.get(f"/photos/{photo}/tiles/gray/{i % 2}/0/0?format=png")
                person.get(f"/photos/{photo}/suggestions?x={i % 1000}&y=9")
                person.get(f"/photos/{photo}/alternatives/{1 + i % 2}?seed={i}&side=64")
                person.get(f"/photos/{photo}/tiles/color/9/0/0", 404)
                person.ask("POST", f"/photos/{photo}/undo" if i % 3 else f"/photos/{photo}/redo")

        go(400)
        before = server.resident_bytes
        go(1000)
        grown = server.resident_bytes - before
    assert grown < 15e6


@pytest.mark.slow
def test_memory_does_not_grow_where_files_come_and_go(tmp_path, tiny):
    """Uploads, references, regions, saved files, live connections: those that hold whole photographs.

    One that is held costs more than two megabytes.
    """
    colored = save(data.astronaut(), "PNG")
    with running(tmp_path / "data", tiny) as (server, _), server.person() as person:
        kept = person.add(save(gray_scan(600, 800), "PNG"), "kept.png")

        def go(rounds):
            for i in range(rounds):
                photo = person.add(save(gray_scan(600 + i % 7, 800), "PNG"), "come.png")
                job = person.save(photo, kind=("picture", "layer", "comparison", "doubt")[i % 4])
                person.get(f"/jobs/{job['id']}/file")
                person.client.post(
                    f"{API}/photos/{photo}/reference", params={"name": "a.png"}, content=colored
                )
                mark = {"kind": "grown", "x": i % 700, "y": 9, "color": "#a03020"}
                person.ask("POST", f"/photos/{photo}/region", json={"mark": mark})
                person.ask("POST", f"/photos/{photo}/words", json={"prompt": "autumn"})
                with server.page(kept) as page:
                    page.send(type="try", serial=1, operations=[set_mark(x=i)])
                    page.frame(serial=1, draft=False)
                person.get(f"/photos/{photo}/project")
                person.ask("DELETE", f"/photos/{photo}")

        go(60)  # more jobs than are kept
        before = server.resident_bytes
        go(60)
        grown = server.resident_bytes - before
        assert len([*(tmp_path / "data" / "uploads").iterdir()]) == 1
        assert [*(tmp_path / "data" / "incoming").iterdir()] == []
        assert len([*(tmp_path / "data" / "results").iterdir()]) <= Limits().jobs
    assert grown < 30e6
