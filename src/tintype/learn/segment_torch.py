"""Finding what words speak of by a network that reads them: CLIPSeg (Lüddecke and Ecker 2022, arXiv:2112.10003).

The classes of the bundled encoder are a thousand; this one takes any phrase. It needs the extra ``segment``, and
weights that lie in a folder, or are downloaded once where a name at the hub is given:

    prompt = PromptGuide(read_prompt("the left man's scarf is red"), ClipSegmenter())

Anything that transformers loads as ``CLIPSegForImageSegmentation`` will do.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from tintype.color.lab import lightness_to_luminance, linear_to_srgb
from tintype.errors import BrokenModelError, MissingExtraError, ModelError, ModelNotFoundError, shorten
from tintype.measure.perceptual.torchvision_operators import import_torchvision

PUBLISHED = "CIDAS/clipseg-rd64-refined"
"""The weights of the paper (Apache-2.0), refined: 150 M parameters."""

LEAST_SURE = 0.35
"""The network's probability from which on a pixel is taken; its own are low at the borders of things."""

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_SIDE = 352
_HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")


class ClipSegmenter:
    """A `tintype.colorize.speaking.Segmenter`.

    Args:
        model: a folder that ``save_pretrained`` wrote, or a name at the hub, which is downloaded once.

    Attributes:
        name: of the model with what identifies its weights, for digests.

    Raises:
        MissingExtraError: transformers is not installed.
        ModelNotFoundError: no such folder, or it can't be downloaded.
        BrokenModelError: what is there is no CLIPSeg.
    """

    def __init__(self, model: str | Path = PUBLISHED) -> None:
        transformers = _import_transformers()
        self._check_source(str(model))
        try:
            self._network = transformers.CLIPSegForImageSegmentation.from_pretrained(model).eval()
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(model)
            settings, _ = transformers.image_processing_base.ImageProcessingMixin.get_image_processor_dict(
                model
            )
        except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
            raise _explain(error, str(model)) from error
        self._mean = torch.tensor(settings.get("image_mean", _MEAN))[:, None, None]
        self._deviation = torch.tensor(settings.get("image_std", _DEVIATION))[:, None, None]
        self._side = _side_of(settings.get("size", _SIDE))
        self.name = f"clipseg {model} {_fingerprint(self._network)}"

    @torch.inference_mode()
    def find(self, lightness: NDArray[np.float32], phrase: str) -> NDArray[np.float32]:
        """Return how sure each pixel is of a phrase: (h, w) float32, 0..1, more than 0.5 where it is.

        Args:
            lightness: (h, w) CIE L.
            phrase: English; what is longer than the network reads is cut off.
        """
        tokens = self._tokenizer([phrase], return_tensors="pt", truncation=True, max_length=self._longest)
        seen = self._network(
            pixel_values=self._picture(lightness),
            input_ids=tokens["input_ids"],
            attention_mask=tokens["attention_mask"],
            interpolate_pos_encoding=True,
        )
        logits = seen.logits.reshape(1, 1, *seen.logits.shape[-2:])
        full = F.interpolate(logits, lightness.shape, mode="bilinear", align_corners=False)[0, 0]
        shift = float(np.log(LEAST_SURE / (1 - LEAST_SURE)))
        return np.asarray(torch.sigmoid(full - shift).numpy(), np.float32)

    @property
    def _longest(self) -> int:
        return int(self._network.config.text_config.max_position_embeddings)

    def _picture(self, lightness: NDArray[np.float32]) -> torch.Tensor:
        """Return lightness as gray sRGB in the network's range: (1, 3, side, side)."""
        gray = linear_to_srgb(lightness_to_luminance(torch.from_numpy(np.ascontiguousarray(lightness))))
        square = F.interpolate(
            gray[None, None], (self._side, self._side), mode="bilinear", align_corners=False, antialias=True
        )
        return (square.clamp(0, 1).expand(-1, 3, -1, -1) - self._mean) / self._deviation

    @staticmethod
    def _check_source(model: str) -> None:
        """Refuse a folder that is not there, before anything is looked for at the hub under its name."""
        if not Path(model).is_dir() and _HUB_NAME.fullmatch(model) is None:
            raise ModelNotFoundError(f"{model}: there is no such folder; give one, or {PUBLISHED}")


def _explain(error: Exception, model: str) -> ModelError:
    """Tell a name that can't be downloaded from a folder that is no CLIPSeg."""
    if isinstance(error, OSError) and not Path(model).is_dir():
        return ModelNotFoundError(
            f"{model}: it can't be downloaded; check the name and the connection, or give the folder of a copy"
        )
    return BrokenModelError(f"{model} can't be loaded as CLIPSeg: {shorten(error)}; give another one")


def _import_transformers() -> Any:
    if importlib.util.find_spec("transformers") is None:
        raise MissingExtraError("finding things by words needs transformers: pip install 'tintype[segment]'")
    if importlib.util.find_spec("torchvision") is not None:
        import_torchvision()  # which transformers imports where it is there
    import huggingface_hub  # noqa: PLC0415 - heavy, like the next two
    import transformers  # noqa: PLC0415
    import transformers.image_processing_base  # noqa: PLC0415

    package: Any = transformers
    package.utils.logging.set_verbosity_error()
    package.utils.logging.disable_progress_bar()
    hub: Any = huggingface_hub
    hub.utils.logging.set_verbosity_error()  # it tells each time that it tries again
    return package


def _side_of(size: Any) -> int:
    """Return the side that the network was trained at, as preprocessor_config.json says it."""
    if isinstance(size, dict):
        size = size.get("height") or size.get("shortest_edge") or _SIDE
    return int(size)


def _fingerprint(network: torch.nn.Module) -> str:
    """Return a number that differs between weights, to eight digits."""
    total = sum(float(p.detach().double().abs().sum()) for p in network.parameters())
    if not np.isfinite(total):
        raise ModelError("the weights hold NaN; download them again")
    return f"{total:.8g}"
