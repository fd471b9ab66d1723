import os
from pathlib import Path

import pytest

from tintype.colorize.batch.plan import Companions, make_plan
from tintype.errors import OutputError


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def results(plan):
    return {job.source.as_posix(): job.result.as_posix() for job in plan.jobs}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_result_lies_beside_its_source(folder):
    put(folder, "scan.tif", "logo.GIF", "album/b.jpg")
    plan = make_plan([Path("scan.tif"), Path("logo.GIF"), Path("album")])
    assert results(plan) == {
        "scan.tif": "scan_color.tif",
        "logo.GIF": "logo_color.png",
        "album/b.jpg": "album/b_color.jpg",
    }


def test_folder_keeps_names_and_folders(folder):
    put(
        folder,
        "album/a.jpg",
        "album/1910/b.TIF",
        "album/1910/c.gif",
        "album/notes.txt",
        "album/.hidden/d.jpg",
        "album/._a.jpg",
    )
    assert results(make_plan([Path("album")], Path("out"))) == {
        "album/a.jpg": "out/a.jpg",
        "album/1910/b.TIF": "out/1910/b.TIF",
        "album/1910/c.gif": "out/1910/c.png",
    }


def test_several_folders_keep_their_own_names(folder):
    put(folder, "one/a.jpg", "two/a.jpg", "b.jpg")
    assert [*results(make_plan([Path("one"), Path("two"), Path("b.jpg")], Path("out"))).values()] == [
        "out/one/a.jpg",
        "out/two/a.jpg",
        "out/b.jpg",
    ]


def test_single_file_can_name_its_result(folder):
    put(folder, "a.jpg")
    assert results(make_plan([Path("a.jpg")], Path("colored/b.png"))) == {"a.jpg": "colored/b.png"}
    (folder / "odd.png").mkdir()
    assert results(make_plan([Path("a.jpg")], Path("odd.png"))) == {"a.jpg": "odd.png/a.jpg"}


def test_file_is_taken_once(folder):
    put(folder, "album/a.jpg")
    plan = make_plan([Path("album"), Path("album/a.jpg"), Path("album/../album/a.jpg")], Path("out"))
    assert len(plan.jobs) == 1


def test_named_file_is_taken_whatever_its_name(folder):
    put(folder, "scan.dat", ".hidden.jpg")
    assert len(make_plan([Path("scan.dat"), Path(".hidden.jpg")], Path("out")).jobs) == 2


def test_results_of_an_earlier_run_are_no_photographs(folder):
    put(
        folder,
        "a.jpg",
        "a_color.jpg",
        "a_color_sample2.jpg",
        "a_color_layer.png",
        "a_color_doubt.png",
        "a_color_compare.jpg",
    )
    put(folder, "b_color.jpg", "c_colored.jpg")
    assert [*results(make_plan([Path()]))] == ["a.jpg", "b_color.jpg", "c_colored.jpg"]
    assert [*results(make_plan([Path("a_color.jpg")]))] == ["a_color.jpg"]


def test_folder_for_results_is_not_searched(folder):
    put(folder, "a.jpg", "out/b.jpg")
    assert [*results(make_plan([Path()], Path("out")))] == ["a.jpg"]


def test_links_that_lead_in_circles_end(folder):
    put(folder, "album/a.jpg")
    (folder / "album" / "again").symlink_to(folder / "album", target_is_directory=True)
    assert len(make_plan([Path("album")], Path("out")).jobs) == 1


@pytest.mark.parametrize("names", [("a.gif", "a.png"), ("one/a.jpg", "two/a.jpg")])
def test_collision_is_found_before_anything_is_written(folder, names):
    put(folder, *names)
    with pytest.raises(OutputError, match="would both become out/a"):
        make_plan([Path(name) for name in names], Path("out"))
    assert not (folder / "out").exists()


def test_collision_with_a_companion_is_found(folder):
    put(folder, "a.jpg", "a_sample1.jpg")
    make_plan([Path()], Path("out"))
    with pytest.raises(OutputError, match=r"would both become out/a_sample1\.jpg"):
        make_plan([Path()], Path("out"), Companions(samples=1))


@pytest.mark.parametrize("output", [".", "../{name}"])
def test_source_is_never_a_result(folder, output):
    put(folder, "a.jpg")
    with pytest.raises(OutputError, match="would replace a source"):
        make_plan([Path("a.jpg")], Path(output.format(name=folder.name)))
    with pytest.raises(OutputError, match="would replace a source"):
        make_plan([Path("a.jpg")], Path("a.jpg"))


def test_unreadable_folder_is_a_problem_and_the_rest_goes_on(folder, monkeypatch):
    put(folder, "album/a.jpg", "album/secret/b.jpg")
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    plan = make_plan([Path("album")], Path("out"))
    assert [*results(plan)] == ["album/a.jpg"]
    ((path, error),) = plan.problems
    assert path == Path("album/secret")
    assert "album/secret: Permission denied; the folder was left out" in str(error)


def test_all_companions_have_names():
    companions = Companions(samples=2, layer=True, doubt=True, compare=True)
    paths = companions.paths(Path("out/a.tif"))
    assert [path.as_posix() for path in paths.values()] == [
        "out/a.tif",
        "out/a_sample1.tif",
        "out/a_sample2.tif",
        "out/a_layer.png",
        "out/a_doubt.png",
        "out/a_compare.jpg",
    ]
