"""Everything that Tintype raises on purpose.

The tree::

    TintypeError                       every error below; its text is one line: what, which value, what to do next
    ├── PhotoError                     a photograph can't be used
    │   ├── UnreadablePhotoError       empty, truncated, not a picture, no permission
    │   ├── UnsupportedFormatError     a format that this installation can't read or write
    │   ├── PhotoTooLargeError         the declared size is over the limit
    │   ├── BrokenProfileError         the embedded ICC profile can't be understood
    │   └── NotMonochromeError         the photograph already has more than one hue
    ├── OutputError                    a result can't be stored
    │   ├── OutputExistsError          a file is in the way
    │   └── WriteFailedError           full disk, no permission, encoder failure
    ├── GuidanceError                  hints, palettes or marks that can't be used
    │   └── UnsupportedByModelError    the model lacks the capability that the guidance needs
    ├── ModelError                     a model can't be used
    │   ├── ModelNotFoundError         no model of that name, no file at that path
    │   │   └── MissingWeightsError    a network that measures needs weights that are not on this machine
    │   ├── ModelNameError             a name that no model can have
    │   ├── DownloadError              a published model can't be fetched: no network, gone, a wrong hash
    │   ├── BrokenModelError           a file that is no model
    │   └── ContractError              a model that breaks the contract
    ├── TrainingError                  a recipe, data set or checkpoint can't be used
    │   ├── RecipeError                a recipe with an unknown key or an impossible value
    │   └── DataError                  shards or folders without usable photographs
    ├── SuiteError                     a suite of the benchmark can't be used
    ├── StudyError                     a study with people can't be held or judged: its file, its answers
    │   ├── StudyFileError             the file of a study has a mistake; the text names line and key
    │   └── StudyInUseError            another server already writes to the same answers
    ├── StudioError                    the studio can't be opened, or can't do what it is asked for
    │   ├── StudioInUseError           another studio has the same folder open
    │   ├── NotHereError               no such photograph, job or step in this studio
    │   ├── ChangedMeanwhileError      what a change was made from is no longer the newest
    │   └── StudioLimitError           more than the studio's limits allow
    └── MissingExtraError              an optional dependency is not installed
"""

from __future__ import annotations

import textwrap


class TintypeError(Exception):
    """Base of all errors that Tintype raises on purpose; its text is one line for a person."""

    def __str__(self) -> str:
        """Return the message on one line, whatever the pieces that it was made from contained."""
        return " ".join(super().__str__().split())


class PhotoError(TintypeError):
    """A photograph can't be used."""


class UnreadablePhotoError(PhotoError):
    """The file is empty, truncated, not a picture, or may not be read."""


class UnsupportedFormatError(PhotoError):
    """The format can't be read or written by this installation."""


class PhotoTooLargeError(PhotoError):
    """The declared size is over the limit; nothing was decoded."""


class BrokenProfileError(PhotoError):
    """The embedded ICC profile can't be understood, so the true lightness is unknown."""


class NotMonochromeError(PhotoError):
    """The photograph already has more than one hue, so it is not a black-and-white one."""


class OutputError(TintypeError):
    """A result can't be stored."""


class OutputExistsError(OutputError):
    """A file is in the way and overwriting was not asked for."""


class WriteFailedError(OutputError):
    """The disk is full, the folder may not be written, or the encoder failed; no partial file is left."""


class GuidanceError(TintypeError):
    """Hints, palettes or marks that can't be used."""


class UnsupportedByModelError(GuidanceError):
    """The model lacks the capability that the guidance needs."""


class ModelError(TintypeError):
    """A model can't be used."""


class ModelNotFoundError(ModelError):
    """There is no model of that name and no file at that path."""


class MissingWeightsError(ModelNotFoundError):
    """The weights of a network that measures are not on this machine, or not the published ones."""


class ModelNameError(ModelError):
    """No model, or none of this system, can be called so."""


class DownloadError(ModelError):
    """A published model can't be fetched: no network, it is gone, or what arrived is not what was promised."""


class BrokenModelError(ModelError):
    """The file is not a model that can be run."""


class BrokenOffError(ModelError):
    """A run of a model was broken off, since nobody wants its answer any more."""


class ContractError(ModelError):
    """The model runs but breaks the contract on names, shapes or ranges."""


class TrainingError(TintypeError):
    """A recipe, a data set or a checkpoint can't be used."""


class RecipeError(TrainingError):
    """The recipe has an unknown key or an impossible value."""


class DataError(TrainingError):
    """The shards or folders hold no usable photographs."""


class SuiteError(TintypeError):
    """A suite of the benchmark has a mistake, or its photographs are not here."""


class StudyError(TintypeError):
    """A study with people can't be held or judged: a mistake in its file, answers that don't fit."""


class StudyFileError(StudyError):
    """The file of a study has a mistake; the text names line and key."""


class StudyInUseError(StudyError):
    """Another server already writes to the same answers."""


class StudioError(TintypeError):
    """The studio can't be opened, or can't do what it is asked for."""


class StudioInUseError(StudioError):
    """Another studio has the same folder open."""


class NotHereError(StudioError):
    """There is no such photograph, job or step in this studio."""


class ChangedMeanwhileError(StudioError):
    """What a change was made from is no longer the newest: someone else was faster."""


class StudioLimitError(StudioError):
    """More than the studio's limits allow."""


class MissingExtraError(TintypeError):
    """An optional dependency is not installed; the text names the extra that brings it."""


def shorten(error: object) -> str:
    r"""Return what another library's error says, on one line of at most 200 characters; its type if it says nothing.

    >>> shorten(ValueError("no\n  such thing")), shorten(KeyboardInterrupt())
    ('no such thing', 'KeyboardInterrupt')
    """
    return textwrap.shorten(str(error), 200, placeholder=" ...") or type(error).__name__
