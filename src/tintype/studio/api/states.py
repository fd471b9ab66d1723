"""What was said about a photograph: reading and changing it, undo, redo, history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from tintype.studio.api.addresses import PhotoId
from tintype.studio.api.answers import HistoryAnswer, StateAnswer, StepAnswer, describe_position
from tintype.studio.core import Studio
from tintype.studio.journal import Position
from tintype.studio.library import read_state
from tintype.studio.state import Model, Operation, State

MOST_OPERATIONS = 1000


class ChangeBody(Model):
    """What all changes have in common."""

    label: str = Field(default="", max_length=100, description="What was done, for the history.")
    id: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="Chosen by who makes the change: sent again after a lost connection, it is stored once.",
    )
    base: int | None = Field(
        default=None,
        ge=0,
        description="The revision that it was made from: refused with 409 if it is not the newest.",
    )


class NewState(ChangeBody):
    """A whole state in place of the one that holds."""

    state: State


class Amendment(ChangeBody):
    """Operations on the state that holds."""

    operations: list[Operation] = Field(min_length=1, max_length=MOST_OPERATIONS)


class NewStep(Model):
    """Another step of the history."""

    step: int = Field(ge=0)


class States:
    """What was said about photographs."""

    def __init__(self, studio: Studio) -> None:
        self._library, self._engine = studio.library, studio.engine

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/photos/{photo}/state")(self.get_state)
        api.put("/photos/{photo}/state")(self.put_state)
        api.patch("/photos/{photo}/state")(self.amend_state)
        api.post("/photos/{photo}/undo")(self.undo)
        api.post("/photos/{photo}/redo")(self.redo)
        api.get("/photos/{photo}/history")(self.get_history)
        api.put("/photos/{photo}/history")(self.go_to_step)

    def get_state(self, photo: PhotoId) -> StateAnswer:
        """Return what was said about a photograph, and where in its history it stands."""
        return self._answer(photo, self._library.position(photo))

    def put_state(self, photo: PhotoId, new: NewState) -> StateAnswer:
        """Replace all that was said about a photograph; a step of the history."""
        position = self._library.change(photo, new.state, label=new.label, change_id=new.id, base=new.base)
        return self._answer(photo, position)

    def amend_state(self, photo: PhotoId, amendment: Amendment) -> StateAnswer:
        """Set, remove or order marks, set the palette or settings; together one step of the history."""
        position = self._library.amend(
            photo,
            amendment.operations,
            label=amendment.label,
            change_id=amendment.id,
            base=amendment.base,
        )
        return self._answer(photo, position)

    def undo(self, photo: PhotoId) -> StateAnswer:
        """Go to the step before; at the first one nothing happens."""
        return self._answer(photo, self._library.step_by(photo, -1))

    def redo(self, photo: PhotoId) -> StateAnswer:
        """Go to the step after; at the last one nothing happens."""
        return self._answer(photo, self._library.step_by(photo, 1))

    def get_history(
        self,
        photo: PhotoId,
        first: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
        count: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> HistoryAnswer:
        """List steps of the history, from `first` on."""
        position = self._library.position(photo)
        steps = self._library.steps(photo, first, count)
        items = [StepAnswer(number=it.number, label=it.label, made_at=it.made_at) for it in steps]
        return HistoryAnswer(step=position.step, steps=position.steps, items=items)

    def go_to_step(self, photo: PhotoId, new: NewStep) -> StateAnswer:
        """Undo or redo as far as a step."""
        return self._answer(photo, self._library.move(photo, new.step))

    def _answer(self, photo: str, position: Position) -> StateAnswer:
        return describe_position(photo, position, self._engine.digest(read_state(position)))
