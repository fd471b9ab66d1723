import pytest

from benchmark_samples import SUITE, write_suite
from tintype.errors import SuiteError
from tintype.measure.benchmark.suite import FOLDER, list_suites, read_suite


@pytest.mark.parametrize("name", list_suites())
def test_suite_of_the_package_is_read(name):
    suite = read_suite(name)
    assert suite.name == name
    assert suite.title
    assert suite.about
    assert suite.source
    assert len(suite.digest) == 64


def test_known_suites_keep_their_published_protocol():
    five, ten, coco = (
        read_suite(name).framing for name in ("imagenet-val5k", "imagenet-ctest10k", "coco-stuff-val5k")
    )
    assert (five.crop, five.size, five.filter) == ("center-square", (256, 256), "bilinear")
    assert (ten.crop, ten.size) == (coco.crop, coco.size) == ("none", (256, 256))
    assert read_suite("imagenet-val5k").photographs.first == 5000


def test_list_of_ctest10k_is_that_of_zhang():
    names = (FOLDER / "imagenet-ctest10k.txt").read_text("utf-8").split()
    # The released indices count from zero: 25274 to 49999.
    assert (len(names), len(set(names))) == (10_000, 10_000)
    assert (names[0], names[-1]) == ("ILSVRC2012_val_00025275.JPEG", "ILSVRC2012_val_00050000.JPEG")


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ('[framing]\ncrob = "none"', "unknown key framing.crob"),
        ('[framing]\ncrop = "middle"', "framing.crop is 'middle'; give one of 'none', 'center-square'"),
        ("[framing]\nsize = [256]", "framing.size is [256]"),
        ("[framing]\nsize = [8, 8]", "smaller than 32 pixels"),
        ('[framing]\nsize = "256"', "framing.size is '256'; give a list of whole numbers"),
        ('[degradation]\nkind = "jpeg"\nquality = 0', "degradation.quality is 0"),
        ('[degradation]\nstrength = "much"', "degradation.strength is 'much'; give a number"),
        ("[framing", "small.toml: "),
        ('framing = "none"', "unknown key probes.framing"),
    ],
)
def test_mistake_in_a_suite_is_named(tmp_path, changed, text):
    path = write_suite(tmp_path, SUITE + changed)
    with pytest.raises(SuiteError) as found:
        read_suite(str(path))
    assert text in str(found.value)


def test_missing_key_is_named(tmp_path):
    path = write_suite(tmp_path, 'name = "a"\ntitle = "A"\n')
    with pytest.raises(SuiteError, match="photographs is missing; add it"):
        read_suite(str(path))


def test_unknown_suite_names_those_that_are_there():
    with pytest.raises(SuiteError, match=r"no suite 'eval-object'.*eval-objects, "):
        read_suite("eval-object")
    with pytest.raises(SuiteError, match=r"nowhere.toml can't be read"):
        read_suite("nowhere.toml")


def test_folder_without_its_variable_is_named(monkeypatch):
    monkeypatch.delenv("TINTYPE_DATA", raising=False)
    with pytest.raises(SuiteError, match="TINTYPE_DATA is not set"):
        _ = read_suite("eval-objects").folder
    monkeypatch.setenv("TINTYPE_DATA", "/data")
    assert read_suite("eval-objects").folder.as_posix() == "/data/eval/objects"


def test_protocol_decides_the_digest():
    plain, film, jpeg = (read_suite(f"eval-objects{end}") for end in ("", "-film", "-jpeg"))
    assert len({plain.digest, film.digest, jpeg.digest}) == 3
    assert "simulated film" in film.describe_protocol()
