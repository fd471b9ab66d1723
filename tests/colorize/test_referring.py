import numpy as np
import pytest
from PIL import Image
from skimage import data

from photo_samples import color, gray, save, toned
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.referring import Reference, ReferenceGuide, read_reference
from tintype.errors import GuidanceError, UnreadablePhotoError, UnsupportedByModelError
from tintype.guidance.guidance import Guidance
from tintype.measure.fidelity import psnr
from tintype.measure.figures import left_gray
from tintype.photos.photo import Photo
from tiny_model import create_card, write_tiny_model

ASTRONAUT = data.astronaut()[::2, ::2]  # (256, 256, 3)


def reference(picture=ASTRONAUT, name="a.jpg", region=None):
    return Reference(Photo.from_array(np.ascontiguousarray(picture)), name, region)


@pytest.fixture(scope="module")
def bundled():
    return Colorizer(threads=1)


@pytest.fixture
def gray_half(bundled):
    """The left half of a photograph, opened, and its truth."""
    true = np.ascontiguousarray(data.coffee()[:, :300])
    return bundled.open(np.ascontiguousarray(left_gray(true)[..., 0])), true


def test_other_half_of_a_photograph_gives_its_colors(gray_half):
    opened, true = gray_half
    other = data.coffee()[:, 300:]
    guided = ReferenceGuide([reference(other, "coffee.jpg")]).guide(opened)

    def quality(guidance):
        return psnr(true / 255, opened.colorize(guidance).picture().to_array() / 255)

    assert quality(guided.guidance) > quality(Guidance()) + 4
    assert {mark.origin for mark in guided.guidance.marks} == {"match:coffee.jpg"}
    assert all(0.35 <= mark.confidence <= 0.95 for mark in guided.guidance.marks)
    (note,) = guided.notes
    assert note.startswith(f"coffee.jpg: {len(guided.guidance.marks)} marks by matching, confidence 0.")


def test_photograph_of_something_else_changes_nothing(gray_half):
    opened, _ = gray_half
    guided = ReferenceGuide([reference(data.rocket(), "rocket.jpg")]).guide(opened)
    assert guided.guidance == Guidance()
    assert guided.notes == (
        "rocket.jpg: nothing in it matches this photograph, which takes no color from it; "
        "give it as a palette to take its colors as a whole",
    )


def test_each_reference_is_told_of(gray_half):
    opened, _ = gray_half
    other = reference(data.coffee()[:, 300:], "coffee.jpg")
    guided = ReferenceGuide([reference(data.rocket(), "rocket.jpg"), other]).guide(opened)
    assert [note.partition(":")[0] for note in guided.notes] == ["rocket.jpg", "coffee.jpg"]
    assert {mark.origin for mark in guided.guidance.marks} == {"match:coffee.jpg"}


def test_photograph_takes_the_colors_of_its_own_print(colorizer):
    opened = colorizer.open(left_gray(ASTRONAUT)[..., 0])
    guidance = ReferenceGuide([reference()]).guide(opened).guidance
    assert len(guidance.marks) > 10
    assert guidance.palette.origin == "match:a.jpg"
    assert 0 <= guidance.palette.strength <= 0.5
    assert opened.colorize(guidance).ab.std() > 3 * opened.colorize().ab.std()


def test_region_gives_no_palette_of_the_whole(colorizer):
    region = np.zeros((256, 256), bool)
    region[100:, :] = True
    guided = ReferenceGuide([reference(region=region)]).guide(colorizer.open(left_gray(ASTRONAUT)[..., 0]))
    assert guided.guidance.palette is None


def test_toned_print_is_told(colorizer):
    guided = ReferenceGuide([reference(toned())]).guide(colorizer.open(gray()))
    assert guided.notes[-1] == "a.jpg: it has a single hue; if that is the tone of a print, leave it out"
    assert guided.guidance.palette is None


def test_gray_reference_is_refused():
    with pytest.raises(GuidanceError, match=r"^a\.jpg: it is gray; give a reference in color$"):
        reference(gray())


def test_model_without_features_is_refused(tmp_path):
    capabilities = create_card().capabilities - {"features"}
    model = write_tiny_model(tmp_path / "m.onnx", drop_output="features", capabilities=capabilities)
    with pytest.raises(UnsupportedByModelError, match="gives no features; choose a model that does"):
        ReferenceGuide([reference()]).guide(Colorizer(model, threads=1).open(gray()))


def test_digest_tells_references_and_regions_apart():
    region = np.zeros((256, 256), bool)
    region[:9] = True
    lists = [
        [reference()],
        [reference(region=region)],
        [reference(region=~region)],
        [reference(ASTRONAUT[:, ::-1])],
        [reference(), reference()],
    ]
    assert len({ReferenceGuide(references).digest for references in lists}) == len(lists)
    assert ReferenceGuide([reference()]).digest == ReferenceGuide([reference()]).digest


def test_references_are_looked_at_once_for_each_model(colorizer, monkeypatch):
    guide = ReferenceGuide([reference()])
    first = guide.guide(colorizer.open(gray()))
    opened = colorizer.open(gray())
    monkeypatch.setattr(Colorizer, "open", lambda *_: pytest.fail("it is looked at again"))
    assert guide.guide(opened) == first


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ref.png").write_bytes(save(color(), "PNG"))
    (tmp_path / "gray.png").write_bytes(save(gray(), "PNG"))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    mask = np.zeros((64, 64), np.uint8)
    mask[10:30, 20:50] = 255
    (tmp_path / "mask.png").write_bytes(save(mask, "PNG"))
    (tmp_path / "small.png").write_bytes(save(Image.fromarray(mask).resize((30, 40)), "PNG"))
    (tmp_path / "black.png").write_bytes(save(np.zeros((64, 64), np.uint8), "PNG"))


@pytest.mark.usefixtures("files")
def test_reference_is_read_with_its_region():
    assert read_reference("ref.png").region is None
    by_box, by_mask = (read_reference("ref.png", region).region for region in ("20,10,30,20", "mask.png"))
    assert (by_box == by_mask).all()
    assert by_box.sum() == 600


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("path", "region", "message"),
    [
        ("gray.png", "", "gray.png: it is gray; give a reference in color"),
        ("ref.png", "60,0,10,10", "ref.png: the region 60,0,10,10 is not inside of its 64 x 64 pixels"),
        ("ref.png", "0,0,0,10", "ref.png: the region 0,0,0,10 is not inside"),
        ("ref.png", "1,2,3", "1,2,3: this is no region; give x,y,width,height or the file of a mask"),
        ("ref.png", "small.png", "small.png: the mask is 30 x 40 pixels and ref.png is 64 x 64"),
        ("ref.png", "black.png", "black.png: nothing is marked of ref.png; paint the region white"),
    ],
)
def test_reference_that_can_not_be_used_is_one_line(path, region, message):
    with pytest.raises(GuidanceError) as caught:
        read_reference(path, region)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("path", "region"), [("broken.jpg", ""), ("none.jpg", ""), ("ref.png", "broken.jpg")]
)
def test_unreadable_reference_is_named(path, region):
    with pytest.raises(UnreadablePhotoError, match=region or path):
        read_reference(path, region)
