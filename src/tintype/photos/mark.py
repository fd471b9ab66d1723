"""The mark of machine-made color: what a result says of itself."""

from __future__ import annotations

from dataclasses import dataclass

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a picture that was edited by a trained network; the vocabulary is `digitalsourcetype`."""


@dataclass(frozen=True)
class Mark:
    """What tells a result's colors from history; written into the XMP packet of each result.

    Attributes:
        model: the model as one string, ``system-size@version``.
        tintype_version: of the program.
        guidance_digest: of everything that guided the coloring, hexadecimal; empty where nothing did.
        source_sha256: of the source file, hexadecimal.
        result_digest: of all that changes the pixels: model, guidance, decoding, sizes.
        sentence: the same for a person, see `describe_coloring`.
    """

    model: str
    tintype_version: str
    guidance_digest: str
    source_sha256: str
    result_digest: str
    sentence: str

    @property
    def system(self) -> str:
        """What goes into `Iptc4xmpExt:AISystemUsed`: the program and the model, with their versions."""
        return f"Tintype {self.tintype_version}, model {self.model}"

    @property
    def system_version(self) -> str:
        """What goes into `Iptc4xmpExt:AISystemVersionUsed`: the versions alone."""
        version = self.model.partition("@")[2]
        return f"{self.tintype_version}, model {version}" if version else self.tintype_version


def describe_coloring(model: str, tintype_version: str, *, drawing: bool = False) -> str:
    """Return the sentence that tells a person where the colors come from.

    Args:
        model: the model as one string.
        tintype_version: of the program.
        drawing: whether a drawing was tinted, and not a photograph colored.

    >>> describe_coloring("tintype-small@1.0", "0.1.0")
    'The colors of this picture were added by a machine (Tintype 0.1.0, model tintype-small@1.0) to a
    black-and-white photograph. They are inferred, not historical evidence.'
    """
    what = "drawing, whose paper they tint" if drawing else "black-and-white photograph"
    return (
        f"The colors of this picture were added by a machine (Tintype {tintype_version}, model {model}) "
        f"to a {what}. They are inferred, not historical evidence."
    )
