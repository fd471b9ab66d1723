import numpy as np
import pytest

from tintype.colorize.colorizer import Colorizer
from tintype.colorize.guides import announce, follow
from tintype.colorize.settings import choose_settings
from tintype.colorize.speaking import SAID, SUPPOSED, PromptGuide, correct
from tintype.errors import GuidanceError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import MaskMark, PointMark
from tintype.guidance.words.prompt import read_prompt
from word_samples import BRIGHT, bright_thing, write_seeing_model


@pytest.fixture(scope="module")
def seeing(tmp_path_factory):
    return Colorizer(write_seeing_model(tmp_path_factory.mktemp("models") / "seeing.onnx"), threads=1)


@pytest.fixture
def opened(seeing):
    return seeing.open(bright_thing())


def guide(opened, text, segmenter=None):
    return PromptGuide(read_prompt(text), segmenter).guide(opened)


def test_thing_that_is_seen_gets_its_color(opened):
    guided = guide(opened, "the tench is red")
    (mark,) = guided.guidance.marks
    assert isinstance(mark, MaskMark)
    assert mark.origin == "word:red tench"
    assert mark.confidence == SAID
    marked = np.zeros(opened.size, bool)
    marked[mark.y : mark.y + mark.height, mark.x : mark.x + mark.width] = mark.to_array()
    thing = np.zeros(opened.size, bool)
    thing[BRIGHT] = True
    assert (marked & thing).sum() > 0.9 * (marked | thing).sum()
    (note,) = guided.notes
    assert note.startswith("red tench: seen on 1")
    plain, colored = opened.colorize().ab, opened.colorize(guided.guidance).ab
    change = colored - plain
    inside = np.kron(thing[::4, ::4], np.ones((1, 1), bool))
    rows = np.linspace(0, len(inside) - 1, len(change)).astype(int)
    columns = np.linspace(0, inside.shape[1] - 1, change.shape[1]).astype(int)
    where = inside[np.ix_(rows, columns)]
    assert colored[where].mean(0)[0] > 15
    assert np.abs(change[~where]).mean() < 1


def test_background_is_all_but_the_thing(opened):
    guided = guide(opened, "the background is green")
    (mark,) = guided.guidance.marks
    marked = np.zeros(opened.size, bool)
    marked[mark.y : mark.y + mark.height, mark.x : mark.x + mark.width] = mark.to_array()
    thing = np.zeros(opened.size, bool)
    thing[BRIGHT] = True
    assert (marked & ~thing).sum() > 0.9 * (marked | ~thing).sum()
    assert guided.notes[0].startswith("green background: seen as all but the tench on ")
    (note,) = guide(opened, "a background").notes
    assert note == "background: which colors it has is not known, nothing was changed"


def test_thing_that_is_not_seen_changes_nothing_and_is_named(opened):
    guided = guide(opened, "a red lorry")
    assert not guided.guidance
    (note,) = guided.notes
    assert note.startswith("red lorry: no lorry")
    assert note.endswith("is seen, nothing was changed; click on it instead")


def test_words_that_are_not_understood_are_named_for_each_photograph(opened):
    assert guide(opened, "red tench, gizmotron").notes[0] == 'not understood in the prompt: "gizmotron"'


def test_color_alone_is_for_the_whole_picture(opened):
    guided = guide(opened, "turquoise")
    assert guided.guidance.marks == ()
    assert guided.guidance.palette.origin == "word:turquoise"
    assert guided.notes == ("turquoise: colors for the whole picture",)


def test_scenes_are_joined_to_one_palette(opened):
    palette = guide(opened, "autumn, storm").guidance.palette
    assert palette.origin == "word:autumn, storm"
    assert 0 < palette.strength < 1


def test_stuff_is_found_by_the_model_s_own_colors(opened):
    guided = guide(opened, "yellow leaves")
    for mark in guided.guidance.marks:  # the tiny model believes in few colors: what it finds is a place
        assert mark.origin == "word:yellow leaves"
    assert len(guided.notes) == 1


def test_thing_alone_gets_the_colors_that_it_usually_has(opened):
    guided = guide(opened, "a tench")
    marks = guided.guidance.marks
    assert all(mark.confidence == SUPPOSED for mark in marks)
    assert len(guided.notes) == 1


def test_kind_alone_says_nothing_of_colors(opened):
    guided = guide(opened, "a fish")
    assert not guided.guidance
    assert guided.notes == ("fish: no color was named for it, nothing was changed",)


def test_what_was_taken_for_something_else_is_corrected(opened):
    guided = correct(opened, "tench", "goldfish")
    (mark,) = guided.guidance.marks
    assert mark.origin == "word:tench is goldfish"
    warm = sum(c.weight for c in mark.palette if c.color[1] > 10 and c.color[2] > 10)
    assert warm > 0.3 * sum(c.weight for c in mark.palette)


def test_correction_of_what_is_not_seen_is_an_error(opened):
    with pytest.raises(GuidanceError, match="no zebra is seen"):
        correct(opened, "zebra", "goldfish")
    with pytest.raises(GuidanceError, match="is not understood"):
        correct(opened, "tench", "gizmotron")


def test_segmenter_finds_what_no_class_names(opened):
    class Segmenter:
        name = "top"

        def find(self, lightness, phrase):
            assert phrase == "gizmo coat"
            found = np.zeros(lightness.shape, np.float32)
            found[:20] = 0.9
            return found

    guided = guide(opened, "red gizmo coat", Segmenter())
    (mark,) = guided.guidance.marks
    assert mark.y == 0
    assert mark.width == 320
    assert mark.height == 40


def test_person_beats_a_word(opened, seeing):
    guided = guide(opened, "the tench is red")
    blue = Guidance((PointMark(160, 128, 20, color=(40, 10, -50)),))
    ab = opened.colorize(blue.merged(guided.guidance)).ab
    assert ab[ab.shape[0] // 2, ab.shape[1] // 2] == pytest.approx((10, -50), abs=1)


def test_digest_tells_prompts_apart_and_knows_the_segmenter(opened):
    class Segmenter:
        name = "clipseg"

    prompts = [read_prompt(text) for text in ("red tench", "red  tench", "blue tench")]
    digests = [PromptGuide(prompt).digest for prompt in prompts]
    assert digests[0] == digests[1] != digests[2]
    assert PromptGuide(prompts[0], Segmenter()).digest != digests[0]
    settings = choose_settings(opened.colorizer.card)
    assert announce(settings, [PromptGuide(prompts[0])]) != settings


def test_marks_of_a_prompt_survive_a_hints_file(opened):
    guided = guide(opened, "the tench is red, autumn")
    assert Guidance.from_json(guided.guidance.to_json()) == guided.guidance


def test_same_prompt_gives_the_same_marks(seeing):
    settings = choose_settings(seeing.card)
    prompt = PromptGuide(read_prompt("a green tench"))
    first, second = (follow(seeing.open(bright_thing()), settings, [prompt])[0] for _ in range(2))
    assert first == second
