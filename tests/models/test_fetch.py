import errno
import hashlib
import os
import resource
import threading

import numpy as np
import pytest

from loopback import serving
from tintype.errors import DownloadError, WriteFailedError
from tintype.models import fetch as module
from tintype.models.fetch import Remote, fetch

CONTENT = np.random.default_rng(0).bytes(1_500_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def site():
    with serving() as site:
        site.files["/weights.pth"] = CONTENT
        yield site


@pytest.fixture
def remote(site):
    return Remote(f"{site.url}/weights.pth", SHA256)


def ranges_of(site):
    return [headers.get("Range") for _, headers in site.asked]


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_arrives_whole_and_is_kept_under_its_hash(site, remote, tmp_path):
    told = []
    path = fetch(remote, tmp_path / "new", lambda here, total: told.append((here, total)))
    assert path.read_bytes() == CONTENT
    assert names_in(path.parent) == [f"{SHA256}.pth"]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)


def test_file_that_is_here_is_not_asked_for_again(site, remote, tmp_path):
    fetch(remote, tmp_path)
    fetch(remote, tmp_path)
    assert len(site.asked) == 1


def test_file_that_was_damaged_meanwhile_is_fetched_again(site, remote, tmp_path):
    path = fetch(remote, tmp_path)
    path.write_bytes(CONTENT[:-1] + b"x")
    assert fetch(remote, tmp_path).read_bytes() == CONTENT


def test_interrupted_download_goes_on_where_it_was(site, remote, tmp_path):
    site.break_after = 600_000
    with pytest.raises(
        DownloadError, match=r"127.0.0.1: the connection broke after 0.6 of 1.5 MB; the same command"
    ):
        fetch(remote, tmp_path)
    assert names_in(tmp_path) == [f"{SHA256}.partial"]
    assert fetch(remote, tmp_path).read_bytes() == CONTENT
    assert ranges_of(site) == [None, "bytes=600000-"]
    assert names_in(tmp_path) == [f"{SHA256}.pth"]


def test_download_stopped_by_a_person_goes_on(site, remote, tmp_path):
    def stop(here, total):
        if here > 500_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(remote, tmp_path, stop)
    kept = (tmp_path / f"{SHA256}.partial").stat().st_size
    assert fetch(remote, tmp_path).read_bytes() == CONTENT
    assert ranges_of(site)[-1] == f"bytes={kept}-"
    assert kept > 500_000


def test_server_that_sends_no_parts_sends_all(site, remote, tmp_path):
    site.break_after = 600_000
    with pytest.raises(DownloadError):
        fetch(remote, tmp_path)
    site.ranges = False
    assert fetch(remote, tmp_path).read_bytes() == CONTENT


def test_whole_file_that_was_not_renamed_is_taken(site, remote, tmp_path):
    (tmp_path / f"{SHA256}.partial").write_bytes(CONTENT)
    assert fetch(remote, tmp_path).read_bytes() == CONTENT
    assert site.asked == []


def test_more_than_there_is_begins_anew(site, remote, tmp_path):
    (tmp_path / f"{SHA256}.partial").write_bytes(CONTENT + b"more")
    assert fetch(remote, tmp_path).read_bytes() == CONTENT
    assert ranges_of(site) == [f"bytes={len(CONTENT) + 4}-", None]


def test_wrong_hash_is_thrown_away(site, remote, tmp_path):
    site.files["/weights.pth"] = CONTENT[:-1] + b"x"
    with pytest.raises(
        DownloadError, match=f"its hash is [0-9a-f]{{12}}, not {SHA256[:12]}; it was thrown away"
    ):
        fetch(remote, tmp_path)
    assert names_in(tmp_path) == []


def test_damaged_beginning_is_found_and_thrown_away(site, remote, tmp_path):
    (tmp_path / f"{SHA256}.partial").write_bytes(bytes(1000))
    with pytest.raises(DownloadError, match="thrown away"):
        fetch(remote, tmp_path)
    assert fetch(remote, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "it is gone or was renamed"), (403, "may not be read"), (401, "log in"), (503, "try again later")],
)
def test_refusal_of_the_server_is_one_line(site, remote, tmp_path, status, words):
    site.answers["/weights.pth"] = status
    with pytest.raises(DownloadError, match=f"/weights.pth: the server answers {status} .*{words}"):
        fetch(remote, tmp_path)
    assert names_in(tmp_path) == []


def test_machine_without_a_network_is_told_so(tmp_path):
    with serving() as gone:
        url = f"{gone.url}/weights.pth"
    with pytest.raises(
        DownloadError, match=r"127.0.0.1 can't be reached .*; connect this machine and run the same"
    ):
        fetch(Remote(url, SHA256), tmp_path)


def test_server_that_falls_silent_is_told(site, remote, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    site.stall = threading.Event()
    with pytest.raises(DownloadError, match=r"can't be reached .*timed out"):
        fetch(remote, tmp_path)


def test_token_is_not_shown_to_whom_the_address_leads(site, tmp_path):
    with serving() as other:
        other.files["/stored"] = CONTENT
        site.redirects["/secret.pth"] = f"{other.url}/stored"
        fetch(Remote(f"{site.url}/secret.pth", SHA256, token="password"), tmp_path)
        assert site.asked[0][1]["Authorization"] == "Bearer password"
        assert "Authorization" not in other.asked[0][1]
    assert "password" not in repr(Remote("http://x", SHA256, token="password"))


def test_download_over_a_redirect_goes_on_too(site, tmp_path):
    site.redirects["/moved.pth"] = "/weights.pth"
    remote = Remote(f"{site.url}/moved.pth", SHA256)
    site.break_after = 600_000
    with pytest.raises(DownloadError):
        fetch(remote, tmp_path)
    assert fetch(remote, tmp_path).read_bytes() == CONTENT
    assert ranges_of(site)[-1] == "bytes=600000-"


def test_full_disk_is_told_and_what_arrived_is_kept(site, remote, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, before[1]))
    try:
        with pytest.raises(WriteFailedError, match="can't be written"):
            fetch(remote, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert 0 < (tmp_path / f"{SHA256}.partial").stat().st_size <= 700_000
    assert fetch(remote, tmp_path).read_bytes() == CONTENT


def test_folder_that_may_not_be_written_is_told(remote, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailedError, match="a part of the path is a file"):
        fetch(remote, tmp_path / "file" / "downloads")

    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(module.Path, "mkdir", refuse)
    with pytest.raises(WriteFailedError, match=r"Permission denied.*name a folder that you may write to"):
        fetch(remote, tmp_path / "closed")
