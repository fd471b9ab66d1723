"""Random true hints: what they gain over gray, and over the kernel without a network.

PSNR rewards the mean of what is likely, which is what the most faithful decoding gives, so that decoding is held
against what the project asks for; the default, which is more vivid, is reported beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from evaluation import Codes, Evaluation, colored_codes, gray_input, to_lab

from tintype.measure.fidelity import psnr
from tintype.measure.figures import left_gray, tinted
from tintype.measure.hints import HINT_COUNTS, draw_hints, hints_to_guidance, name_seed
from tintype.measure.record import Row

DECODINGS = {"default": None, "faithful": 0.0}
GAIN = {1: 1.5, 5: 3.0, 10: 4.0, 50: 6.0}
MARGIN = 0.5


def measure(evaluation: Evaluation) -> list[Row]:
    """Return gains in dB by number of hints."""
    signals: dict[tuple[str, int], list[float]] = defaultdict(list)
    for name, true in evaluation.photographs("hints"):
        lab = to_lab(true)
        opened = evaluation.colorizer.open(gray_input(true))
        found = {("gray", 0): _psnr(true, left_gray(true))}
        for count in HINT_COUNTS:
            hints = draw_hints(lab, count, name_seed(name))
            spread = tinted(true, evaluation.kernel.spread(lab[..., 0], hints))
            found["kernel", count] = _psnr(true, spread)
            colored = opened.colorize(hints_to_guidance(hints))
            for decoding, vividness in DECODINGS.items():
                result = colored.redecoded(vividness=vividness)
                found[decoding, count] = _psnr(true, colored_codes(result))
        for key, signal in found.items():
            signals[key].append(signal)
        evaluation.note(name, {f"{count} hints, {how}: PSNR": it for (how, count), it in found.items()})
    means = {key: float(np.mean(values)) for key, values in signals.items()}
    return [row for count in HINT_COUNTS for row in _rows(count, means, evaluation.count)]


def _rows(count: int, means: dict[tuple[str, int], float], n: int) -> Iterator[Row]:
    gray = means["gray", 0]
    kernel = means["kernel", count] - gray
    yield Row(f"{count} hints, kernel: PSNR over gray", kernel, "", n)
    for decoding in DECODINGS:
        gain = means[decoding, count] - gray
        name = f"{count} hints, {decoding} decoding"
        is_asked = decoding == "faithful"
        yield Row(f"{name}: PSNR over gray", gain, f">= {GAIN[count]}" if is_asked else "", n)
        yield Row(f"{name}: PSNR over the kernel", gain - kernel, f">= {MARGIN}" if is_asked else "", n)


def _psnr(true: Codes, result: Codes) -> float:
    return psnr(true / 255.0, result / 255.0)
