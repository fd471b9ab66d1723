"""The published models of others that can be imported: whose they are, under which terms, and where they lie.

None of them comes with Tintype. ``tintype models download`` fetches one by its name, ``tintype models import``
takes a file that is here already.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from tintype.errors import ModelNotFoundError


@dataclass(frozen=True, slots=True)
class Release:
    """What a card says of the weights that the authors of a system released.

    Attributes:
        system: for example "eccv16".
        license: SPDX expression.
        copyright: for the license's text; empty where the license needs no name.
        place: the repository of the release.
        summary: one sentence.
        data: the training photographs.
        failures: known failures, a sentence each.
    """

    system: str
    license: str
    copyright: str
    place: str
    summary: str
    data: str
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A model that can be fetched by its name.

    Attributes:
        name: ``system-size@version``, which it is given here.
        release: whose it is.
        file: its name, at the hub or in the URL.
        repository: owner/name at the hub; empty where it lies elsewhere.
        url: where it lies elsewhere.
        sha256: of the file, where that is known beforehand; else the hash is believed that the hub states.
        summary: one sentence; empty for the release's.
        data: the training photographs; empty for the release's.
    """

    name: str
    release: Release
    file: str
    repository: str = ""
    url: str = ""
    sha256: str = ""
    summary: str = ""
    data: str = ""


_IMAGENET = "The photographs of ImageNet (ILSVRC2012), whose terms allow research."
_ZHANG = ("2016, Richard Zhang, Phillip Isola, Alexei A. Efros", "github.com/richzhang/colorization")

ECCV16 = Release(
    "eccv16",
    "BSD-2-Clause",
    *_ZHANG,
    summary="Zhang, Isola and Efros 2016: a distribution over 313 colors, taken between its mean and its mode.",
    data=_IMAGENET,
    failures=("Where it is unsure it turns brown or reddish.",),
)
SIGGRAPH17 = Release(
    "siggraph17",
    "BSD-2-Clause",
    *_ZHANG,
    summary="Zhang et al. 2017: obeys points of color, colors by itself without.",
    data=_IMAGENET,
    failures=("It gives one color a pixel: no alternatives, no suggestions, no doubt.",),
)
DDCOLOR23 = Release(
    "ddcolor23",
    "Apache-2.0",
    "",
    "github.com/piddnad/DDColor",
    summary="Kang et al. 2023: learned color queries look for their places.",
    data=_IMAGENET,
    failures=(
        "Red blobs on things that are not red, which its authors put down to the colorfulness loss.",
        "Its colors change with the size of the input; it was trained at 256 pixels.",
    ),
)
RELEASES = {release.system: release for release in (ECCV16, SIGGRAPH17, DDCOLOR23)}

_DDCOLOR = "piddnad/DDColor-models"
_BUCKET = "https://colorizers.s3.us-east-2.amazonaws.com"

PUBLISHED: tuple[Published, ...] = (
    Published(
        "eccv16@1",
        ECCV16,
        "colorization_release_v2-9b330a0b.pth",
        url=f"{_BUCKET}/colorization_release_v2-9b330a0b.pth",
        sha256="9b330a0bae53f4ded77b1e23defbf78beaa09c10ebc4c4999e8e4f4a160b93f9",
    ),
    Published(
        "siggraph17@1",
        SIGGRAPH17,
        "siggraph17-df00044c.pth",
        url=f"{_BUCKET}/siggraph17-df00044c.pth",
        sha256="df00044c0a4d7c3edcecf6f75437ce346a66e7a42612d9b968e1a7e17dbc6f66",
    ),
    Published("ddcolor23-tiny@1", DDCOLOR23, "ddcolor_paper_tiny.pth", _DDCOLOR),
    Published("ddcolor23-large@1", DDCOLOR23, "ddcolor_paper.pth", _DDCOLOR),
    Published(
        "ddcolor23-large-modelscope@1",
        DDCOLOR23,
        "ddcolor_modelscope.pth",
        _DDCOLOR,
        summary="Kang et al. 2023, trained without photographs of little color; its authors use it by default.",
    ),
    Published(
        "ddcolor23-large-artistic@1",
        DDCOLOR23,
        "ddcolor_artistic.pth",
        _DDCOLOR,
        summary="Kang et al. 2023, trained on pictures by artists too, without the colorfulness loss.",
        data=f"{_IMAGENET} Private photographs besides, say its authors.",
    ),
)


def find_published(name: str) -> Published:
    """Return the published model of a name, with or without its version.

    Raises:
        ModelNotFoundError: there is none; the text names those that are.
    """
    for model in PUBLISHED:
        if name in {model.name, model.name.partition("@")[0]}:
            return model
    families = [model.name.partition("@")[0] for model in PUBLISHED]
    near = get_close_matches(name, families, n=3) or families
    raise ModelNotFoundError(
        f"no published model is called {name!r}; known are {', '.join(near)}, or owner/name"
    )


def published_by_hash(sha256: str) -> Published | None:
    """Return the published model that a file of this hash is, or None where the hash is of none."""
    return next((model for model in PUBLISHED if model.sha256 and model.sha256 == sha256), None)
