"""The whole program, killed in the middle of everything: same library, guidance and history when it comes back."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from photo_samples import save
from studio_samples import gray_scan, jpeg, running, set_mark, using

PATIENCE = 120


@contextmanager
def sending_half(server):
    """Send the first half of a photograph, and wait with the rest."""
    host, port = server.place.split(":")
    content = jpeg()
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /api/v1/photos?name=half.jpg HTTP/1.1\r\nHost: {server.place}\r\n"
        length = f"Content-Length: {len(content)}\r\n\r\n"
        connection.sendall((head + length).encode() + content[: len(content) // 2])
        time.sleep(0.5)
        yield


def everything(server):
    """All that a person would miss."""
    with server.person() as person:
        album = person.get("/photos").json()["photos"]
        states = [person.state(photo["id"]) for photo in album]
        histories = [person.get(f"/photos/{photo['id']}/history").json() for photo in album]
        previews = [person.get(f"/photos/{photo['id']}/preview").content for photo in album]
    return album, states, histories, previews


@pytest.mark.slow
def test_killed_server_comes_back_with_all_that_it_acknowledged(tmp_path, tiny):
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "a.png").write_bytes(save(gray_scan(500, 700), "PNG"))
    (scans / "notes.txt").write_text("no photograph")
    with running(tmp_path / "data", tiny, scans) as (server, process):
        with server.person() as person:
            uploaded = person.add(name="Opa.jpg")
            opened = person.get("/photos").json()["photos"][0]["id"]
            for i in range(5):
                person.amend(opened, set_mark(f"m{i}", x=10 * i), label=f"point {i}")
            person.ask("POST", f"/photos/{opened}/undo")
            person.ask("PUT", "/photos/order", json={"photos": [uploaded, opened]})
        with server.page(uploaded) as page:
            for serial in range(1, 30):
                page.send(type="try", serial=serial, operations=[set_mark(x=serial)])
            page.send(type="change", serial=30, id="c30", operations=[set_mark(x=30)])
            page.event("state", serial=30)
            page.frame(serial=30)
            before = everything(server)
            for serial in range(31, 60):
                page.send(type="try", serial=serial, operations=[set_mark(x=serial)])
            os.kill(process.pid, signal.SIGKILL)
    with running(tmp_path / "data", tiny) as (server, process):
        assert everything(server) == before
        with server.page(uploaded) as page:
            page.send(type="change", serial=30, id="c30", operations=[set_mark(x=30)])
            assert page.event("state", serial=30)["revision"] == before[1][0]["revision"]
        with server.person() as person:
            assert person.ask("POST", f"/photos/{opened}/redo").json()["step"] == 5
            done = person.save(opened)
            result = person.get(f"/jobs/{done['id']}/file").content
            job = person.ask("POST", "/jobs", 201, json={"photo": opened, "suffix": ".tif"}).json()
        with sending_half(server):
            os.kill(process.pid, signal.SIGKILL)
    with running(tmp_path / "data", tiny, scans / "a.png") as (server, _):
        album, states, *_ = everything(server)
        assert [it["name"] for it in album] == ["Opa.jpg", "a.png"]
        assert states[1]["step"] == 5
        with server.person() as person:
            assert [it["id"] for it in person.get("/jobs").json()["jobs"]] == [done["id"], job["id"]]
            assert person.get(f"/jobs/{done['id']}/file").content == result
            assert person.finish(job)["name"] == "a_color.tif"


@pytest.mark.slow
def test_server_that_is_killed_while_changes_come_in_keeps_the_acknowledged_ones(tmp_path, tiny):
    with running(tmp_path / "data", tiny) as (server, _), server.person() as person:
        photo = person.add()
    for turn in range(3):
        with running(tmp_path / "data", tiny) as (server, process):
            acknowledged = 0
            with server.page(photo) as page:
                for i in range(40):
                    operations = [set_mark(x=i, y=turn)]
                    page.send(
                        type="change", serial=i, id=f"{turn}-{i}", operations=operations, label=f"{turn} {i}"
                    )
                page.event("state", serial=10)
                os.kill(process.pid, signal.SIGKILL)
                acknowledged = max(it["serial"] for it in page.events if it["type"] == "state")
        with running(tmp_path / "data", tiny) as (server, _), server.person() as person:
            found = person.state(photo)
            mark = found["state"]["marks"][0]["mark"]
            assert mark["y"] == turn
            assert mark["x"] >= acknowledged
            steps = person.get(f"/photos/{photo}/history?count=1000").json()["items"]
            assert [it["number"] for it in steps] == [*range(found["steps"] + 1)]


def begin_again(folder, tiny, *arguments, **environment):
    """Run the program on the folder of another one, to its end."""
    options = ["--port", "0", "--model", tiny, "--data", folder]
    return subprocess.run(
        [sys.executable, "-m", "tintype", "studio", *map(str, (*arguments, *options))],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=os.environ | environment,
    )


@pytest.fixture
def browser(tmp_path):
    """What to set BROWSER to, and the file in which that notes what it was to open."""
    program, opened = tmp_path / "browser.py", tmp_path / "opened"
    program.write_text(f"import sys, pathlib\npathlib.Path({str(opened)!r}).write_text(sys.argv[1])")
    return f"{sys.executable} {program} %s", opened


@pytest.mark.slow
def test_second_program_on_the_folder_hands_over_to_the_first(tmp_path, tiny, browser):
    (tmp_path / "Oma.jpg").write_bytes(jpeg())
    (tmp_path / "Opa.png").write_bytes(save(gray_scan(90, 70), "PNG"))
    (tmp_path / "no.jpg").write_bytes(jpeg()[:400])
    with using(tmp_path / "elsewhere", tiny) as person:
        photo = person.add(name="Oma.jpg")
        person.amend(photo, set_mark())
        (tmp_path / "Oma.tintype").write_bytes(person.get(f"/photos/{photo}/project").content)
        result = person.state(photo)["result"]
    command, opened = browser
    data = tmp_path / "data"
    with running(data, tiny, tmp_path / "Opa.png", "--host", "0.0.0.0") as (server, _):
        address = re.search(r"http\S+", server.said)[0]
        assert (data / "studio.address").stat().st_mode & 0o777 == 0o600
        names = [tmp_path / name for name in ("Opa.png", "no.jpg", "missing.jpg", "Oma.tintype")]
        done = begin_again(data, tiny, *names, BROWSER=command)
        assert (done.returncode, done.stderr) == (0, "")
        bad, missing, found, _ = done.stdout.splitlines()
        assert bad.startswith("no.jpg: damaged or cut off")
        assert missing.startswith(f"{tmp_path}/missing.jpg: can't be read (No such file or directory)")
        assert found == f"the studio is open already, at {address}"
        assert opened.read_text() == address
        with server.person() as person:
            person.client.headers["authorization"] = f"Bearer {address.partition('#token=')[2]}"
            assert [it["name"] for it in person.get("/photos").json()["photos"]] == ["Opa.png", "Oma.jpg"]
            sent = person.get("/photos").json()["photos"][1]
            assert person.state(sent["id"])["result"] == result
    assert (data / "studio.address").read_text() == address  # it was killed
    with running(data, tiny) as (server, _):
        assert server.place not in address
        done = begin_again(data, tiny, "--no-browser")
        assert f"the studio is open already, at http://{server.place}/\n" in done.stdout
        (data / "studio.address").unlink()
        done = begin_again(data, tiny, "--no-browser")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"tintype: {data}: another studio has it open; use that one, stop it, or name another folder by --data\n"
    )


@pytest.mark.slow
def test_program_that_ends_leaves_no_address(tmp_path, tiny):
    with running(tmp_path / "data", tiny) as (_, process):
        assert (tmp_path / "data" / "studio.address").exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert not (tmp_path / "data" / "studio.address").exists()


@pytest.mark.slow
def test_photograph_that_can_t_be_opened_is_named_and_the_others_are_there(tmp_path, tiny):
    (tmp_path / "good.jpg").write_bytes(jpeg())
    (tmp_path / "bad.jpg").write_bytes(jpeg()[:400])
    names = [tmp_path / name for name in ("bad.jpg", "good.jpg", "missing.jpg")]
    with running(tmp_path / "data", tiny, *names) as (server, _), server.person() as person:
        assert [it["name"] for it in person.get("/photos").json()["photos"]] == ["good.jpg"]
        first, second, *_ = server.said.splitlines()
        assert first.startswith(f"{tmp_path}/bad.jpg: damaged or cut off")
        assert second.startswith(f"{tmp_path}/missing.jpg: there is no such file")


@pytest.mark.slow
def test_project_is_opened_with_its_photograph(tmp_path, tiny):
    with using(tmp_path / "first", tiny) as person:
        photo = person.add()
        person.amend(photo, set_mark())
        (tmp_path / "Oma.tintype").write_bytes(person.get(f"/photos/{photo}/project").content)
        result = person.state(photo)["result"]
    with running(tmp_path / "data", tiny, tmp_path / "Oma.tintype") as (server, _), server.person() as person:
        assert "is not in" in server.said.splitlines()[0]
        assert person.get("/photos").json()["photos"] == []
    (tmp_path / "renamed.jpg").write_bytes(jpeg())
    with running(tmp_path / "data", tiny, tmp_path / "Oma.tintype") as (_, _):
        pass
    with running(tmp_path / "data", tiny) as (server, _), server.person() as person:
        (found,) = person.get("/photos").json()["photos"]
        assert found["name"] == "renamed.jpg"
        assert person.state(found["id"])["result"] == result
