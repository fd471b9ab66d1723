"""What has a say in the colors beside the person: words, references, other photographs of the album, scribbles, pins.

Each answers with a proposal: operations to be made as a change, and notes to be read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from tintype.colorize.album import AlbumGuide
from tintype.colorize.guides import Guide, Guided
from tintype.colorize.referring import ReferenceGuide, read_reference
from tintype.colorize.scribbles import read_scribble
from tintype.colorize.speaking import PromptGuide, correct
from tintype.guidance.guidance import Guidance
from tintype.guidance.words.prompt import read_prompt
from tintype.studio.api.addresses import PhotoId, X, Y
from tintype.studio.api.answers import StateAnswer, describe_position
from tintype.studio.api.photos import BINARY_BODY, Name, receive_file
from tintype.studio.core import Studio
from tintype.studio.library import clean_name, read_state
from tintype.studio.projects import read_project_text, write_project_text
from tintype.studio.proposals import Proposal, propose
from tintype.studio.received import use_received
from tintype.studio.state import Model, Operation

Value = TypeVar("Value")

_JSON_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}
_JSON_FILE: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
}

Region = Annotated[
    str,
    Query(
        pattern=r"^(\d{1,7},\d{1,7},\d{1,7},\d{1,7})?$",
        description="x,y,width,height of the reference; empty: all.",
    ),
]


class Words(Model):
    """A sentence about the photograph."""

    prompt: str = Field(min_length=1, max_length=2000, description='For example "red coat, blue sky".')


class Correction(Model):
    """What the model sees is something else."""

    seen: str = Field(min_length=1, max_length=100)
    instead: str = Field(min_length=1, max_length=100)


class Like(Model):
    """Another photograph of the album."""

    photo: str = Field(pattern=r"^[0-9a-f]{16}$")


class ProposalAnswer(Model):
    """What would be changed; PATCH the operations to make it so."""

    operations: list[Operation]
    notes: list[str] = Field(description="What a person should be told, one sentence each.")


class Guides:
    """Those who have a say."""

    def __init__(self, studio: Studio) -> None:
        self._library, self._engine = studio.library, studio.engine
        self._max_pixels = studio.limits.max_pixels

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.post("/photos/{photo}/words")(self.speak)
        api.post("/photos/{photo}/correction")(self.correct)
        api.post("/photos/{photo}/reference", openapi_extra=BINARY_BODY)(self.refer)
        api.post("/photos/{photo}/scribble", openapi_extra=BINARY_BODY)(self.scribble)
        api.post("/photos/{photo}/like")(self.carry)
        api.get("/photos/{photo}/pin")(self.pin)
        api.get("/photos/{photo}/project", **_JSON_FILE)(self.get_project)
        api.put("/photos/{photo}/project", openapi_extra=_JSON_BODY)(self.put_project)

    def speak(self, photo: PhotoId, words: Words) -> ProposalAnswer:
        """Find what a sentence speaks of, and propose marks with its colors instead of those of the last sentence."""
        return self._ask(photo, PromptGuide(read_prompt(words.prompt)), "word", "word")

    def correct(self, photo: PhotoId, said: Correction) -> ProposalAnswer:
        """Propose the colors of what it is where the model sees something else."""
        desk, state = self._library.desk(photo), self._library.state(photo)
        return _answer(propose(correct(desk.opened, said.seen, said.instead), state, "correction"))

    async def refer(
        self, request: Request, photo: PhotoId, name: Name, region: Region = ""
    ) -> ProposalAnswer:
        """Propose the colors of a color photograph, which is the body, where it shows the same."""

        def ask(path: Path) -> ProposalAnswer:
            guide = ReferenceGuide([read_reference(path, region, max_pixels=self._max_pixels)])
            return self._ask(photo, guide, "match", f"match:{path.name}")

        return await self._with_file(request, name, ask)

    async def scribble(self, request: Request, photo: PhotoId, name: Name) -> ProposalAnswer:
        """Propose a mark for each stroke of a scribble, which is the body: a layer, or strokes on a gray copy."""
        return await self._with_file(
            request, name, lambda path: self._ask(photo, read_scribble(path), "scribble")
        )

    def carry(self, photo: PhotoId, like: Like) -> ProposalAnswer:
        """Propose the marks of another photograph of the album where this one shows the same."""
        first, entry = self._library.desk(like.photo), self._library.entry(like.photo)
        said = self._engine.settings(self._library.state(like.photo)).guidance
        guide = AlbumGuide(first.photo, first.opened.grown(said), entry.name)
        return self._ask(photo, guide, "like", f"match:{entry.name}"[:200])

    def pin(
        self,
        photo: PhotoId,
        x: X,
        y: Y,
        radius: Annotated[float, Query(ge=0, le=1e6, allow_inf_nan=False)] = 0.0,
    ) -> ProposalAnswer:
        """Propose a mark that keeps the colors that a place has now."""
        desk, state = self._library.desk(photo), self._library.state(photo)
        mark = self._engine.color(desk, state).result.pin((x, y), radius=radius)
        return _answer(propose(Guided(Guidance((mark,))), state, "pin"))

    def get_project(self, photo: PhotoId) -> Response:
        """Return the project file (.tintype), from which "tintype colorize --hints" renders the same bytes."""
        entry, state = self._library.entry(photo), self._library.state(photo)
        colored = self._engine.color(self._library.desk(photo), state)
        headers = {"Content-Disposition": attachment(f"{Path(entry.name).stem}.tintype")}
        return Response(
            write_project_text(colored, entry.name), media_type="application/json", headers=headers
        )

    async def put_project(self, request: Request, photo: PhotoId) -> StateAnswer:
        """Replace all that was said about a photograph by what its project file says; a step of the history."""
        text = (await request.body()).decode("utf-8-sig", "replace")
        return await run_in_threadpool(self._open_project, photo, text)

    def _open_project(self, photo: str, text: str) -> StateAnswer:
        desk = self._library.desk(photo)
        state = read_project_text(text, desk, (self._engine.card.name, self._engine.fingerprint))
        position = self._library.change(photo, state, label="did.project")
        return describe_position(photo, position, self._engine.digest(read_state(position)))

    def _ask(self, photo: str, guide: Guide, prefix: str, origin: str = "") -> ProposalAnswer:
        desk, state = self._library.desk(photo), self._library.state(photo)
        return _answer(propose(guide.guide(desk.opened), state, prefix, origin))

    async def _with_file(self, request: Request, name: str, use: Callable[[Path], Value]) -> Value:
        """Receive a file, and use it under a name that is like the one it came with."""
        received = await receive_file(request, self._library.incoming)
        return await run_in_threadpool(use_received, received, clean_name(name), use)


def attachment(name: str) -> str:
    """Return the header that lets a browser store an answer under a name."""
    return f"attachment; filename*=utf-8''{quote(name)}"


def _answer(proposal: Proposal) -> ProposalAnswer:
    return ProposalAnswer(operations=[*proposal.operations], notes=[*proposal.notes])
