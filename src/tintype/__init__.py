"""Tintype colors black-and-white photographs with deep learning, on your own machine.

The public names, loaded when they are first used, so that importing the package costs next to nothing::

    import tintype

    colorizer = tintype.Colorizer()
    photo = colorizer.open("scan.tif")
    result = photo.colorize(vividness=0.6)
    result.write("scan_color.tif")

Errors are in ``tintype.errors``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tintype import errors as errors
    from tintype.color.bins import Decoding as Decoding
    from tintype.colorize.colorizer import Colorizer as Colorizer
    from tintype.colorize.colorizer import OpenPhoto as OpenPhoto
    from tintype.colorize.project import Project as Project
    from tintype.colorize.project import read_project as read_project
    from tintype.colorize.project import write_project as write_project
    from tintype.colorize.result import Colorization as Colorization
    from tintype.colorize.result import Suggestion as Suggestion
    from tintype.errors import TintypeError as TintypeError
    from tintype.guidance.colors import WeightedColor as WeightedColor
    from tintype.guidance.colors import parse_color as parse_color
    from tintype.guidance.guidance import GlobalPalette as GlobalPalette
    from tintype.guidance.guidance import Guidance as Guidance
    from tintype.guidance.guidance import read_guidance as read_guidance
    from tintype.guidance.marks import FieldMark as FieldMark
    from tintype.guidance.marks import GrownMark as GrownMark
    from tintype.guidance.marks import LassoMark as LassoMark
    from tintype.guidance.marks import MaskMark as MaskMark
    from tintype.guidance.marks import PointMark as PointMark
    from tintype.guidance.marks import StrokeMark as StrokeMark
    from tintype.models.catalog import find_model as find_model
    from tintype.models.catalog import list_models as list_models
    from tintype.photos.photo import Photo as Photo
    from tintype.photos.read import read_pages as read_pages
    from tintype.photos.read import read_photo as read_photo
    from tintype.photos.write import write_photo as write_photo

__version__ = "0.2.0.dev0"

_HOMES = {
    "Colorization": "colorize.result",
    "Colorizer": "colorize.colorizer",
    "Decoding": "color.bins",
    "FieldMark": "guidance.marks",
    "GlobalPalette": "guidance.guidance",
    "GrownMark": "guidance.marks",
    "Guidance": "guidance.guidance",
    "LassoMark": "guidance.marks",
    "MaskMark": "guidance.marks",
    "OpenPhoto": "colorize.colorizer",
    "Photo": "photos.photo",
    "PointMark": "guidance.marks",
    "Project": "colorize.project",
    "StrokeMark": "guidance.marks",
    "Suggestion": "colorize.result",
    "TintypeError": "errors",
    "WeightedColor": "guidance.colors",
    "find_model": "models.catalog",
    "list_models": "models.catalog",
    "parse_color": "guidance.colors",
    "read_guidance": "guidance.guidance",
    "read_pages": "photos.read",
    "read_photo": "photos.read",
    "read_project": "colorize.project",
    "write_photo": "photos.write",
    "write_project": "colorize.project",
}

__all__ = [
    "Colorization",
    "Colorizer",
    "Decoding",
    "FieldMark",
    "GlobalPalette",
    "GrownMark",
    "Guidance",
    "LassoMark",
    "MaskMark",
    "OpenPhoto",
    "Photo",
    "PointMark",
    "Project",
    "StrokeMark",
    "Suggestion",
    "TintypeError",
    "WeightedColor",
    "__version__",
    "errors",
    "find_model",
    "list_models",
    "parse_color",
    "read_guidance",
    "read_pages",
    "read_photo",
    "read_project",
    "write_photo",
    "write_project",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name == "errors":
        return import_module("tintype.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'tintype' has no attribute {name!r}")
    value = getattr(import_module(f"tintype.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
