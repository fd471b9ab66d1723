"""The library: files that stay where they are or are kept by their digest, never by a name; bounded memory."""

import numpy as np
import pytest

from photo_samples import save, save_tiff
from studio_samples import gray_scan, jpeg, using
from tintype.errors import NotHereError, UnreadablePhotoError
from tintype.studio.library import clean_name
from tintype.studio.limits import Limits


@pytest.fixture
def library(person):
    return person.studio.library


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scans" / "Oma.jpg"
    path.parent.mkdir()
    path.write_bytes(jpeg())
    return path


def received(library, content):
    path = library.incoming / "1234"
    path.write_bytes(content)
    return path


def files_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_file_that_is_opened_stays_where_it_is(library, scan):
    entry = library.open_file(scan)
    assert (entry.name, entry.path) == ("Oma.jpg", scan)
    assert library.desk(entry.id).photo.path == scan
    library.remove(entry.id)
    assert scan.read_bytes() == jpeg()
    assert files_below(library.uploads) == []


def test_file_is_opened_once_until_it_changes(library, scan):
    first = library.open_file(scan)
    assert library.open_file(scan).id == first.id
    scan.write_bytes(jpeg(gray_scan(30, 40)))
    assert library.open_file(scan).id != first.id


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.jpg",
        "/etc/passwd",
        "..\\..\\evil.jpg",
        "a/../../b.jpg",
        "x\0y.jpg",
        "~/.bashrc",
        "con.jpg",
        "." * 300,
    ],
)
def test_no_name_leaves_the_folder(tmp_path, library, name):
    before = set(files_below(tmp_path))
    entry = library.adopt(received(library, jpeg()), name)
    new = set(files_below(tmp_path)) - before
    assert new == {f"data/uploads/{entry.sha256}"}
    assert "/" not in entry.name
    assert "\\" not in entry.name


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Oma.tif", "Oma.tif"),
        ("a/b/c.png", "c.png"),
        ("..", "photograph"),
        ("x\r\ny", "xy"),
        ("é✓.jpg", "é✓.jpg"),
    ],
)
def test_names_are_for_people(name, clean):
    assert clean_name(name) == clean


def test_same_bytes_are_kept_once_and_until_their_last_use(library):
    one = library.adopt(received(library, jpeg()), "a.jpg")
    two = library.adopt(received(library, jpeg()), "b.jpg")
    assert files_below(library.uploads) == [one.sha256]
    library.remove(one.id)
    assert library.desk(two.id).size == (300, 400)
    library.remove(two.id)
    assert files_below(library.uploads) == []


def test_what_can_t_be_read_is_named_as_people_know_it_and_not_kept(library):
    with pytest.raises(UnreadablePhotoError, match=r"^Oma\.jpg: "):
        library.adopt(received(library, jpeg()[:500]), "scans/Oma.jpg")
    assert files_below(library.uploads) == files_below(library.incoming) == []
    assert library.entries() == []


def test_photograph_whose_file_is_gone_or_another_is_said_to_be(library, scan):
    entry = library.open_file(scan)
    library._shelf.drop(entry.id)
    scan.rename(scan.with_suffix(".bak"))
    with pytest.raises(NotHereError, match=r"Oma\.jpg: the file is gone"):
        library.desk(entry.id)
    scan.write_bytes(jpeg(gray_scan(30, 40)))
    with pytest.raises(NotHereError, match="the file was changed"):
        library.desk(entry.id)


def test_pages_and_versions_are_copies_of_one_file(library):
    first = library.adopt(received(library, save_tiff(gray_scan(20, 30), gray_scan(40, 50))), "album.tif")
    second = library.copy(first.id, page=1)
    assert (first.facts["page_count"], second.page, second.facts["height"]) == (2, 1, 40)
    assert library.desk(second.id).size == (40, 50)
    assert library.copy(second.id).page == 1
    with pytest.raises(UnreadablePhotoError, match=r"album\.tif: there is no page 6"):
        library.copy(first.id, page=5)
    assert len(files_below(library.uploads)) == 1


def test_leftovers_of_a_killed_server_are_deleted(tmp_path, tiny):
    with using(tmp_path, tiny) as person:
        photo = person.add()
    (tmp_path / "incoming" / "half").write_bytes(b"half")
    (tmp_path / "uploads" / ("f" * 64)).write_bytes(b"of nobody")
    with using(tmp_path, tiny) as person:
        assert person.studio.library.desk(photo).size == (300, 400)
        assert files_below(tmp_path / "incoming") == []
        assert len(files_below(tmp_path / "uploads")) == 1


def test_photographs_that_don_t_fit_into_memory_are_closed(tmp_path, tiny):
    large = save(np.tile(gray_scan(1000, 1000), (3, 3)), "PNG", compress_level=1)
    with using(tmp_path, tiny, limits=Limits(memory_bytes=90_000_000)) as person:
        photos = [person.add(large, f"{i}.png") for i in range(4)]
        assert person.studio.library.open_count == 2
        for photo in photos:
            assert person.get(f"/photos/{photo}/tiles/color/0/0/0").content
        assert person.studio.library.open_count == 2


def test_everybody_is_told_of_changes(library):
    told = []
    library.on_change.append(told.append)
    entry = library.adopt(received(library, jpeg()), "a.jpg")
    library.amend(entry.id, [])
    library.step_by(entry.id, -1)
    library.rename(entry.id, "b.jpg")
    library.arrange([entry.id])
    library.remove(entry.id)
    assert told == [None, entry.id, entry.id, None, None, None]
