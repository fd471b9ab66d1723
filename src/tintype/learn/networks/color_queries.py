"""Color queries: the bins' weights are no constants, but follow from the photograph.

The last layer of a network that classifies colors holds one vector for each bin; a cell's logit is its product with
the cell's features. Here each bin is a query of a transformer decoder (Vaswani et al. 2017, arXiv:1706.03762) that
looks at the scales of the U-Net in turn, and then at the other bins, and what it saw is added to that vector: what
"brown" looks for on a photograph of wood is not what it looks for on one of a dog. Learned queries that look at
several scales are those of Kang et al. 2023 (DDColor, arXiv:2212.11613), where they are free and answer with ab; here
each has a color, its bin's, and answers with the color's probability, so that all that lives on the distribution goes
on as it is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.errors import RecipeError

AB_SCALE = 110.0
HEAD_WIDTH = 16
"""Channels of an attention head; their number follows from it."""
FEED_FORWARD = 2
"""So many times as wide is the middle of the feed-forward layers."""


class ColorAttention(nn.Module):
    """Attention with many heads.

    Shape:
        asking (N, Q, hidden), cells (N, K, inputs) -> (N, Q, hidden).
    """

    def __init__(self, hidden: int, inputs: int) -> None:
        super().__init__()
        self.heads = hidden // HEAD_WIDTH
        self.to_query = nn.Linear(hidden, hidden)
        self.to_cells = nn.Linear(inputs, 2 * hidden)
        self.merge = nn.Linear(hidden, hidden)

    def forward(self, asking: Tensor, cells: Tensor) -> Tensor:
        """Return what the queries saw."""
        parts = (self.to_query(asking), *self.to_cells(cells).chunk(2, 2))
        q, k, v = (x.unflatten(2, (self.heads, HEAD_WIDTH)).transpose(1, 2) for x in parts)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.merge(mixed.transpose(1, 2).flatten(2))


class ColorLayer(nn.Module):
    """Queries look at one scale, then at each other, then think: (N, Q, hidden), (N, K, inputs) -> (N, Q, hidden)."""

    def __init__(self, hidden: int, inputs: int) -> None:
        super().__init__()
        self.cells_norm = nn.LayerNorm(inputs)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(3))
        self.look = ColorAttention(hidden, inputs)
        self.compare = ColorAttention(hidden, hidden)
        middle = FEED_FORWARD * hidden
        self.feed = nn.Sequential(nn.Linear(hidden, middle), nn.GELU(), nn.Linear(middle, hidden))

    def forward(self, queries: Tensor, cells: Tensor) -> Tensor:
        """Return the changed queries."""
        looking, comparing, thinking = self.norms
        queries = queries + self.look(looking(queries), self.cells_norm(cells))
        compared = comparing(queries)
        queries = queries + self.compare(compared, compared)
        return queries + self.feed(thinking(queries))


class ColorQueries(nn.Module):
    """A query for each bin that looks at a photograph, and the bins' logits that follow.

    Args:
        widths: channels of the scales, coarsest first; those of the last one are what the logits are products with.
        hidden: channels of the queries, a multiple of 16.
        layers: each looks at one scale; they take turns, coarsest first.

    Shape:
        maps (N, C_i, H/s_i, W/s_i), coarsest first, and palette (N, 314) -> logits (N, 313, H/s, W/s) of the last
        map's scale, to be added to those of a layer with constant weights.

    Raises:
        RecipeError: ``hidden`` is no such multiple.
    """

    def __init__(self, widths: tuple[int, ...], hidden: int, layers: int) -> None:
        super().__init__()
        if hidden % HEAD_WIDTH:
            raise RecipeError(f"color_width is {hidden}; give a multiple of {HEAD_WIDTH}")
        self.colors: Tensor
        self.register_buffer("colors", torch.from_numpy(CENTERS / AB_SCALE), persistent=False)
        self.from_color = nn.Sequential(nn.Linear(2, hidden), nn.GELU(), nn.Linear(hidden, hidden))
        self.own = nn.Parameter(torch.randn(BIN_COUNT, hidden) * 0.02)
        self.from_palette = nn.Linear(1, hidden, bias=False)
        self.layers = nn.ModuleList(ColorLayer(hidden, widths[i % len(widths)]) for i in range(layers))
        self.last_norm = nn.LayerNorm(hidden)
        self.answer = nn.Linear(hidden, widths[-1] + 1)
        nn.init.normal_(self.answer.weight, std=1e-3)  # begins as a layer with constant weights
        nn.init.zeros_(self.answer.bias)

    def forward(self, maps: list[Tensor], palette: Tensor) -> Tensor:
        """Return the logits."""
        cells = [_cells(x) for x in (*maps[:-1], F.avg_pool2d(maps[-1], 2))]
        queries = self.begin(palette)
        for i, layer in enumerate(self.layers):
            queries = layer(queries, cells[i % len(cells)])
        answer = self.answer(self.last_norm(queries))
        weights, bias = answer[:, :, :-1], answer[:, :, -1]
        return torch.einsum("nqc,nchw->nqhw", weights, maps[-1]) + bias[:, :, None, None]

    def begin(self, palette: Tensor) -> Tensor:
        """Return the queries (N, 313, hidden) before they have seen anything but the palette."""
        shares, strength = palette[:, :BIN_COUNT], palette[:, BIN_COUNT:]
        wish = (shares.sqrt() * strength)[:, :, None]
        return self.from_color(self.colors) + self.own + self.from_palette(wish)


def _cells(x: Tensor) -> Tensor:
    """Return the cells (N, H*W, C) of a map (N, C, H, W)."""
    return x.flatten(2).transpose(1, 2)
