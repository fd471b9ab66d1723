"""What every network must keep; its tests inherit `NetworkContract` and say how it is made.

A network is tested in its tiny size, so that all of this takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tintype.color.bins import Decoding, decode, soft_encode
from tintype.color.lab import srgb_to_lab
from tintype.colorize.colorizer import Colorizer
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tintype.learn.export import create_feeds, export_model
from tintype.models.card import Card, SizeRule
from tintype.models.contract import check_inputs, check_outputs, inputs_of
from tintype.models.session import Session
from tiny_model import create_card

GUIDANCE = ("hints", "palette", "style", "latent", "context")


class NetworkContract:
    """Tests of a network: inherit, and define `create`, `rebuild` and `card`."""

    card: Card = create_card(size=SizeRule(multiple=32, default=128, minimum=32, maximum=512))
    lengths: dict[str, int] = {}  # noqa: RUF012 - of `style` and `latent`, where the network takes them
    overfit_steps = 120
    overfit_rate = 1e-2
    most_error = 4.0
    """Largest mean error of ab, Lab units, after learning eight photographs by heart."""

    def create(self) -> nn.Module:
        """Return the network in its tiny size, with random weights."""
        raise NotImplementedError

    def rebuild(self, state: dict[str, Tensor]) -> nn.Module:
        """Return the network that a state dict belongs to, its sizes found in the state dict alone."""
        raise NotImplementedError

    @pytest.fixture
    def network(self) -> nn.Module:
        torch.manual_seed(0)
        return settle(self.create(), self.card, self.lengths)

    def feeds(self, height: int = 64, width: int = 96, **settings) -> dict[str, np.ndarray]:
        feeds = create_feeds(self.card, height, width, lengths=self.lengths, **settings)
        check_inputs(self.card, feeds)
        return feeds

    @pytest.mark.parametrize(("rows", "columns"), [(4, 4), (5, 9), (7, 3)])
    def test_outputs_keep_the_contract_at_odd_sizes(self, network, rows, columns):
        multiple = network.traits.size.multiple
        assert self.card.size.multiple == multiple
        feeds = self.feeds(rows * multiple, columns * multiple, count=2)
        outputs = run(network, feeds)
        check_outputs(self.card, feeds, outputs)
        if "features" in outputs:
            lengths = np.linalg.norm(outputs["features"], axis=1)
            np.testing.assert_allclose(lengths, 1, atol=1e-4)
        if "class_map" in outputs:
            means = outputs["class_map"].mean((2, 3))
            np.testing.assert_allclose(outputs["classes"], means, rtol=1e-3, atol=1e-3)

    def test_photographs_of_a_batch_do_not_touch_each_other(self, network):
        feeds = self.feeds(count=2)
        together = run(network, feeds)
        alone = run(network, {name: array[1:] for name, array in feeds.items()})
        for name, array in alone.items():
            np.testing.assert_allclose(together[name][1:], array, rtol=1e-3, atol=1e-3)

    def test_every_parameter_has_a_gradient(self, network):
        outputs = network.train()(**tensors(self.feeds(count=4)))
        generator = torch.Generator().manual_seed(0)
        sum((torch.randn(y.shape, generator=generator) * y).sum() for y in outputs.values()).backward()
        learned = {n: p.grad for n, p in network.named_parameters() if p.requires_grad}
        assert [name for name, grad in learned.items() if grad is None or not grad.any()] == []

    def test_sizes_are_recovered_from_the_state_dict(self, network):
        state = network.state_dict()
        other = self.rebuild(state)
        feeds = self.feeds()
        rebuilt = run(other, feeds)
        for name, array in run(network, feeds).items():
            np.testing.assert_array_equal(rebuilt[name], array)

    def test_guidance_changes_the_answer(self, network):
        feeds = self.feeds()
        answer = answer_of(run(network, feeds))
        for name in guidance_of(self.card):
            changed = answer_of(run(network, {**feeds, name: np.zeros_like(feeds[name])}))
            assert np.abs(changed - answer).max() > 1e-3, name

    def test_color_without_confidence_or_strength_is_no_guidance(self, network):
        feeds = automatic(self.feeds())
        answer = answer_of(run(network, feeds))
        blind = {name: array.copy() for name, array in self.feeds(seed=1).items() if name in feeds}
        if "hints" in feeds:
            blind["hints"][:, 2] = 0
        if "palette" in feeds:
            blind["palette"][:, -1] = 0
        blind = {**feeds, **{name: blind[name] for name in ("hints", "palette") if name in feeds}}
        np.testing.assert_allclose(answer_of(run(network, blind)), answer, atol=1e-5)

    @pytest.mark.slow
    def test_exported_graph_equals_torch_and_colors_through_the_colorizer(self, network, tmp_path):
        export = export_model(
            *(network, self.card, tmp_path / "model.onnx"), precision="fp32", lengths=self.lengths
        )
        assert max(export.differences.values()) < 1e-3
        session = Session(export.model, threads=1)
        for size in ((32, 96), (160, 128)):
            feeds = self.feeds(*size, seed=3)
            expected, unguided = run(network, feeds), run(network, automatic(feeds))
            for name, array in session.run(**feeds).items():
                np.testing.assert_allclose(array, expected[name], atol=1e-3)
            for name, array in session.run(feeds["lightness"]).items():  # absent guidance is zeros
                np.testing.assert_allclose(array, unguided[name], atol=1e-3)
        opened = Colorizer(export.model, threads=1).open(np.uint8(photographs(83)[0, :61, :, 0] * 2.55))
        colored = opened.colorize()
        assert colored.picture().to_array().shape == (61, 83, 3)
        if "hints" in self.card.capabilities or self.card.bins:
            red = Guidance((PointMark(20, 30, 12, color=(50, 70, 50)),))
            assert np.abs(opened.colorize(red).ab - colored.ab).max() > 1

    @pytest.mark.slow
    def test_eight_photographs_are_learned_by_heart(self, network):
        lab = photographs(64)
        inputs = tensors(automatic(self.feeds(64, 64, count=len(lab))))
        inputs["lightness"] = lab[..., :1].permute(0, 3, 1, 2).contiguous()
        truth = functional.avg_pool2d(lab[..., 1:].permute(0, 3, 1, 2), self.card.grid)
        learn(network, inputs, truth, self.overfit_steps, self.overfit_rate)
        with torch.no_grad():
            ab = color_of(network(**inputs))
        assert (ab - truth).norm(dim=1).mean() < self.most_error
        assert truth.norm(dim=1).mean() > 2 * self.most_error  # gray would not do


def settle(network: nn.Module, card: Card, lengths: dict[str, int]) -> nn.Module:
    """Let the batch norms see noise, as a trained network's have, so that values stay of ordinary size."""
    feeds = create_feeds(card, 64, 64, count=8, lengths=lengths)
    with torch.no_grad():
        for _ in range(20):
            network.train()(**tensors(feeds))
    return network.eval()


def guidance_of(card: Card) -> list[str]:
    return [tensor.name for tensor in inputs_of(card) if tensor.name in GUIDANCE]


def automatic(feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the feeds without guidance."""
    return {name: np.zeros_like(a) if name in GUIDANCE else a for name, a in feeds.items()}


def tensors(feeds: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in feeds.items()}


def run(network: nn.Module, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    with torch.no_grad():
        return {name: y.numpy() for name, y in network.eval()(**tensors(feeds)).items()}


def answer_of(outputs: dict[str, np.ndarray]) -> np.ndarray:
    return outputs["bin_logits"] if "bin_logits" in outputs else outputs["ab"]


def color_of(outputs: dict[str, Tensor]) -> Tensor:
    """Return ab (N, 2, h, w)."""
    if "ab" in outputs:
        return outputs["ab"]
    logits = outputs["bin_logits"].permute(0, 2, 3, 1)
    return decode(logits, None, Decoding(0.0, 1.0)).permute(0, 3, 1, 2)


def loss_of(outputs: dict[str, Tensor], truth: Tensor) -> Tensor:
    """Return the cross-entropy with the softly encoded truth (N, 2, h, w), or the error of ab."""
    if "ab" in outputs:
        return functional.smooth_l1_loss(outputs["ab"], truth)
    indices, weights = soft_encode(truth.permute(0, 2, 3, 1).contiguous())
    logs = outputs["bin_logits"].permute(0, 2, 3, 1).log_softmax(-1)
    return -(weights * logs.gather(-1, indices)).sum(-1).mean()


def learn(network: nn.Module, inputs: dict[str, Tensor], truth: Tensor, steps: int, rate: float) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    network.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(network(**inputs), truth).backward()
        optimizer.step()
        schedule.step()
    network.eval()


def photographs(side: int) -> Tensor:
    """Return eight crops of colorful photographs that come with scikit-image, Lab (8, side, side, 3)."""
    return torch.from_numpy(np.stack([*_crops(side)]))


def _crops(side: int) -> Iterator[np.ndarray]:
    from skimage import data
    from skimage.transform import resize

    for photograph in (data.astronaut(), data.chelsea(), data.coffee(), data.rocket()):
        part = photograph.shape[0] * 3 // 4
        for crop in (photograph[:part, :part], photograph[-part:, -part:]):
            small = resize(crop, (side, side), anti_aliasing=True)
            yield srgb_to_lab(small.astype(np.float32))
