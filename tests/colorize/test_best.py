import dataclasses

import numpy as np
import pytest

from tintype.colorize.best import Search, candidates, color_candidates, name_of
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.settings import choose_settings
from tintype.errors import GuidanceError
from tintype.models.card import SizeRule
from tiny_model import create_card, write_tiny_model


def warmth(result):
    return float(result.ab.sum())


def listed(card, count, **choices):
    found = candidates(card, choose_settings(card, **choices), count, 3, "warmth")
    assert len({candidate.settings.digest("model") for candidate in found}) == len(found)
    return [(candidate.settings.passes.sizes, candidate.sample) for candidate in found]


def test_sizes_come_before_samples():
    card = create_card()
    assert listed(card, 2) == [((64,), 0), ((96,), 0)]
    sizes = [((64,), 0), ((96,), 0), ((32,), 0), ((128,), 0)]
    assert listed(card, 6) == [*sizes, ((64,), 1), ((64,), 2)]


def test_sizes_are_those_around_the_chosen_one_within_the_models_rule():
    card = create_card(size=SizeRule(multiple=32, default=256, minimum=128, maximum=320))
    assert listed(card, 5) == [((256,), 0), ((192,), 0), ((320,), 0), ((128,), 0), ((256,), 1)]
    assert listed(card, 2, sizes=(128, 256)) == [((128, 256), 0), ((128, 192), 0)]


def test_model_of_one_size_offers_samples_and_one_without_bins_sizes():
    fixed = SizeRule(multiple=32, default=64, minimum=64, maximum=64, fixed=True)
    assert listed(create_card(size=fixed), 3) == [((64,), 0), ((64,), 1), ((64,), 2)]
    changes = {"bins": 0, "prior": None, "vividness_path": (), "capabilities": frozenset()}
    assert len(listed(create_card(**changes), 9)) == 4


def test_candidates_are_colored_in_their_order(opened):
    settings = choose_settings(opened.colorizer.card)
    found = candidates(opened.colorizer.card, settings, 6, 3, "warmth")
    results = [*color_candidates(opened, found)]
    assert [result.settings for result in results] == [candidate.settings for candidate in found]
    plain = opened.colorize()
    np.testing.assert_array_equal(results[0].ab, plain.ab)
    np.testing.assert_array_equal(results[1].ab, opened.colorize(sizes=96).ab)
    np.testing.assert_array_equal(results[5].ab, plain.alternatives(2, 3)[1].ab)
    assert {result.kind for result in results} == {"color"}


@pytest.mark.parametrize("sign", [1, -1])
def test_best_has_the_highest_score(colorizer, photo, sign):
    def score(result):
        return sign * warmth(result)

    best = colorizer.best_of(photo, 6, score, seed=3)
    opened = colorizer.open(photo)
    found = candidates(colorizer.card, choose_settings(colorizer.card), 6, 3, "score")
    assert warmth(best) == sign * max(sign * warmth(result) for result in color_candidates(opened, found))
    assert best.settings.choice.score == "score"


def test_first_of_equals_is_kept(colorizer, photo):
    best = colorizer.best_of(photo, 6, lambda _: 0.0)
    np.testing.assert_array_equal(best.ab, colorizer.colorize(photo).ab)
    assert str(best.settings.choice) == "size 64, the best of 6"


def test_digest_tells_which_one_was_kept_of_how_many_and_by_what(colorizer, photo):
    digests = {
        colorizer.colorize(photo).digest,
        colorizer.best_of(photo, 6, warmth).digest,
        colorizer.best_of(photo, 6, lambda result: -warmth(result)).digest,
        colorizer.best_of(photo, 4, warmth).digest,
    }
    assert len(digests) == 4
    best = colorizer.best_of(photo, 6, warmth)
    assert best.digest in {
        candidate.settings.digest(colorizer.fingerprint)
        for candidate in candidates(colorizer.card, choose_settings(colorizer.card), 6, 0, "warmth")
    }
    assert best.mark().result_digest == best.digest


def test_choices_and_guidance_hold_for_all(colorizer, photo):
    best = colorizer.best_of(photo, 3, warmth, vividness=1.0)
    assert best.settings.decoding == colorizer.colorize(photo, vividness=1.0).settings.decoding


def test_what_is_decoded_otherwise_was_not_chosen(colorizer, photo):
    best = colorizer.best_of(photo, 6, warmth)
    other = best.redecoded(vividness=0.9)
    assert other.settings.choice is None
    assert other.digest != dataclasses.replace(best, settings=other.settings, model="other").digest


def test_network_runs_once_for_each_size(tmp_path, photo, monkeypatch):
    colorizer = Colorizer(write_tiny_model(tmp_path / "tiny.onnx"), threads=1)
    runs = []
    run = colorizer.session.run
    monkeypatch.setattr(colorizer.session, "run", lambda *a, **b: runs.append(1) or run(*a, **b))
    colorizer.best_of(photo, 9, warmth)
    assert len(runs) == 4


@pytest.mark.parametrize("count", [0, -1])
def test_best_of_nothing_is_refused(colorizer, photo, count):
    with pytest.raises(GuidanceError, match=f"the best of {count} was asked for"):
        colorizer.best_of(photo, count, warmth)


def test_score_is_named_in_digests():
    class Named:
        name = "mine 2"

        def __call__(self, _):
            return 0.0

    class Nameless:
        def __call__(self, _):
            return 0.0

    assert (name_of(Named()), name_of(warmth), name_of(Nameless())) == ("mine 2", "warmth", "Nameless")
    assert Search(1, warmth, "warmth").seed == 0
