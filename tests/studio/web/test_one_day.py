"""One day's work: 200 actions in one page, the server killed twice amid one. Nothing is lost, the memory stays."""

import pytest
from playwright.sync_api import expect

from one_day_worker import Worker
from studio_samples import gray_scan, jpeg, running
from web_samples import browsing

LIVES = (  # of the server: after how many actions it ends, all of them whole rounds, and amid what
    (75, Worker.lose_server_at_a_mark),
    (150, Worker.lose_server_at_a_slider),
    (200, None),
)
MOST_PAGE_GROWTH = 12e6  # bytes of the page's script
# Bytes of the server, after the first round of a life, in which each action was done once: it grows by up to eight
# megabytes. Were one lost by each of the 25 or 50 actions that follow, it would be more than this.
MOST_SERVER_GROWTH = 10e6
ONE_OPEN = (
    "--max-memory",
    20,
)  # megabytes: the photographs that come all day are not kept open, as they may be


def script_bytes(page):
    """Bytes that the page's script holds, after what is not needed was let go."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    size = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return size


def position(known):
    """Where a photograph stands, out of what is known of it."""
    return {name: known[name] for name in ("revision", "step", "steps", "state")}


def positions(person):
    """Where all photographs stand, as they are stored."""
    return {it["id"]: position(person.state(it["id"])) for it in person.get("/photos").json()["photos"]}


@pytest.mark.slow
def test_a_days_work_survives_two_kills_and_the_memory_stays(tmp_path, tiny):
    with browsing(allowed=["ERR_", "WebSocket connection"]) as open_page:
        port, worker, wanted, page_sizes = 0, None, {}, []
        for last, lose_server in LIVES:
            with (
                running(tmp_path / "data", tiny, *ONE_OPEN, port=port) as (server, process),
                server.person() as person,
            ):
                if worker is None:
                    port = server.place.split(":")[1]
                    person.add(jpeg(gray_scan(900, 1200)), name="a.jpg")
                    person.add(jpeg(), name="b.jpg")
                    worker = Worker(open_page(server.place))
                else:
                    expect(worker.page.locator(".banner")).to_be_hidden()
                    worker.rest()
                    assert positions(person) == wanted
                sizes = []
                while worker.done.total() < last:
                    worker.act()
                    now = worker.now
                    assert position(now) == position(person.state(now["photo"]))
                    sizes.append(server.resident_bytes)
                    if worker.done.total() % 50 == 0:
                        page_sizes.append(script_bytes(worker.page))
                wanted = positions(person)
                assert len(wanted) == 2 + worker.done["drop_photograph"]
                if lose_server:
                    wanted[now["photo"]] = lose_server(worker, process.kill)
            assert sizes[-1] - sizes[len(worker.round) - 1] < MOST_SERVER_GROWTH, sizes
        assert max(page_sizes) - page_sizes[0] < MOST_PAGE_GROWTH, page_sizes
        assert worker.done["save"] == worker.done["drop_photograph"] == 8
