"""Coming in: what this studio is and takes, and handing the token over."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import Field

from tintype import __version__
from tintype.photos.file_format import FORMATS
from tintype.photos.inputs import READABLE_SUFFIXES
from tintype.studio.api.answers import Done
from tintype.studio.core import Studio
from tintype.studio.state import MOST_SAMPLES, Model

_MONTH = 30 * 24 * 3600


class Token(Model):
    """What stands behind the # of the address that was printed."""

    token: str = Field(max_length=200)


class ModelAnswer(Model):
    """The model that colors."""

    name: str
    summary: str
    capabilities: list[str] = Field(description="hints, palette, samples, suggestions, doubt, classes ...")
    has_vividness: bool
    default_vividness: float | None


class LimitsAnswer(Model):
    """What is refused."""

    upload_bytes: int
    max_pixels: int
    photos: int
    marks: int
    document_bytes: int = Field(description="Of a request or message that is no photograph.")
    viewers: int
    jobs: int = Field(description="That wait, or are kept with their results.")
    results_bytes: int
    samples: int = Field(description="Alternatives of one seed.")
    requests_per_second: float


class StudioAnswer(Model):
    """This studio."""

    tintype: str = Field(description="Its version.")
    model: ModelAnswer
    limits: LimitsAnswer
    readable: list[str] = Field(description="Suffixes of files that can be read.")
    writable: list[str] = Field(description="Suffixes that a picture can be saved with.")


class Entrance:
    """The door, and the sign beside it."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._door = studio, studio.door

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/studio")(self.get_studio)
        api.post("/session")(self.begin_session)

    def get_studio(self) -> StudioAnswer:
        """Say what this studio is, what it can and what it refuses."""
        card, limits = self._studio.engine.card, self._studio.limits
        return StudioAnswer(
            tintype=__version__,
            model=ModelAnswer(
                name=card.name,
                summary=card.summary,
                capabilities=sorted(card.capabilities),
                has_vividness=bool(card.bins),
                default_vividness=card.default_vividness if card.bins else None,
            ),
            limits=LimitsAnswer(
                samples=MOST_SAMPLES,
                **{name: getattr(limits, name) for name in LimitsAnswer.model_fields if name != "samples"},
            ),
            readable=sorted(READABLE_SUFFIXES),
            writable=[it.suffixes[0] for it in FORMATS],
        )

    def begin_session(self, given: Token, request: Request, response: Response) -> Done:
        """Hand the token over and get it back as a cookie; where none is needed, nothing happens."""
        if not self._door.token:
            return Done()
        if not self._door.has_token(given.token):
            raise HTTPException(
                401, "the token is wrong; open the address that was printed, with all after the #"
            )
        is_safe = request.url.scheme == "https"
        response.set_cookie(
            self._door.cookie, given.token, max_age=_MONTH, httponly=True, samesite="strict", secure=is_safe
        )
        return Done()
