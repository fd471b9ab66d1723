"""The web application of a study: the participants' pages, their answers, and the organizer's page.

A participant is known by a random key in a cookie, which is needed for nothing else than going on after a reload.
What is sent before an answer holds nothing that gives it away: no names of models, no marks of checks, and addresses
of pictures that are drawn by lot.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field

from tintype.studio.bodies import BodyLimit
from tintype.studio.security import ProtectiveHeaders, content_policy, protective_headers
from tintype.studio.study.answers import summarize, write_answers
from tintype.studio.study.definition import Definition, Part
from tintype.studio.study.pictures import Pictures
from tintype.studio.study.store import Answer, AnswerStore, StoredTrial
from tintype.studio.study.trials import Design

WEB = Path(str(resources.files("tintype.studio.study"))) / "web"

_LARGEST_BODY = 10_000
_PAUSE_SECONDS, _THINKING_SECONDS, _LOOKING_SECONDS = 1.0, 2.0, 6.0
_MONTH = 30 * 24 * 3600


@dataclass(frozen=True)
class Study:
    """All that a server needs.

    Attributes:
        definition: as the file says it.
        design: what sessions are drawn from.
        pictures: as they are sent.
        store: where answers go.
        is_rehearsal: whether nothing is kept, which the page says.
    """

    definition: Definition
    design: Design
    pictures: Pictures
    store: AnswerStore
    is_rehearsal: bool = False


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Shown(_Body):
    trial: Annotated[int, Field(ge=1, le=10_000)]


class _Given(_Shown):
    answer: Literal["left", "right"]
    response_ms: Annotated[int, Field(ge=0, le=86_400_000)]
    exposure_ms: Annotated[int, Field(ge=0, le=86_400_000)]
    layout: Literal["side_by_side", "stacked"]


class _Door(_Body):
    is_open: bool


def create_server(study: Study) -> FastAPI:
    """Return the application, to be run by uvicorn or mounted below another one."""
    app = FastAPI(title="Tintype study", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(BodyLimit, largest=lambda method, path: _LARGEST_BODY, chunked=False)
    app.add_middleware(ProtectiveHeaders, headers=protective_headers(content_policy()))
    _add_pages(app)
    _Participants(study).add_to(app)
    _Organizer(study).add_to(app)
    return app


def _add_pages(app: FastAPI) -> None:
    @app.get("/")
    def participants_page() -> FileResponse:
        return FileResponse(WEB / "index.html")

    @app.get("/organizer")
    def organizer_page() -> FileResponse:
        return FileResponse(WEB / "organizer.html")

    app.mount("/web", StaticFiles(directory=WEB), name="web")


class _Participants:
    """What a participant's page asks for."""

    def __init__(self, study: Study) -> None:
        self.study, self.store = study, study.store
        self.cookie = f"tintype-study-{study.definition.name.replace('@', '-')}"

    def add_to(self, app: FastAPI) -> None:
        app.get("/api/study")(self.describe)
        app.post("/api/session")(self.begin)
        app.delete("/api/session")(self.withdraw)
        app.post("/api/leave")(self.leave)
        app.get("/api/trial")(self.current)
        app.post("/api/shown")(self.note_shown)
        app.post("/api/answer")(self.take_answer)
        app.get("/api/pictures/{token}/{side}")(self.picture)

    def describe(self, request: Request) -> dict[str, Any]:
        definition = self.study.definition
        trials = self.store.session(self._key(request))
        return {
            "title": definition.title,
            "contact": definition.contact,
            "language": definition.language,
            "texts": definition.texts,
            "kiosk": definition.kiosk,
            "rehearsal": self.study.is_rehearsal,
            "open": self._has_room(),
            "minutes": estimate_minutes(definition.parts),
            "parts": [_describe_part(part) for part in definition.parts],
            "session": _count(trials) if trials else None,
        }

    def begin(self, request: Request, response: Response) -> dict[str, Any]:
        key = self._key(request)
        if not self.store.session(key):
            if not self._has_room():
                raise HTTPException(403, "closed")
            key = self.store.begin_session(self.study.design)
            self._remember(request, response, key)
        return self._state(key)

    def withdraw(self, request: Request, response: Response) -> dict[str, bool]:
        self.store.withdraw(self._key(request))
        return self.leave(response)

    def leave(self, response: Response) -> dict[str, bool]:
        response.delete_cookie(self.cookie)
        return {"done": True}

    def current(self, request: Request) -> dict[str, Any]:
        return self._state(self._known_key(request))

    def note_shown(self, shown: _Shown, request: Request) -> dict[str, bool]:
        self.store.note_shown(self._known_key(request), shown.trial)
        return {"done": True}

    def take_answer(self, given: _Given, request: Request) -> dict[str, Any]:
        key = self._known_key(request)
        answer = Answer(given.answer, given.response_ms, given.exposure_ms, given.layout)
        stored = self.store.store_answer(key, given.trial, answer)
        if stored is None:
            raise HTTPException(409, "not the trial that waits for an answer")
        return {**self._state(key), "feedback": self._feedback(stored)}

    def picture(self, token: str, side: Literal["left", "right"]) -> Response:
        trial = self.store.find_picture(token)
        if trial is None:
            raise HTTPException(404, "no such picture")
        version = trial.left if side == "left" else trial.right
        data = self.study.pictures.read(trial.photograph, version)
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    def _has_room(self) -> bool:
        limit = self.study.definition.participants
        return self.store.is_open and (not limit or self.store.count_participants() < limit)

    def _key(self, request: Request) -> str:
        return request.cookies.get(self.cookie, "")

    def _known_key(self, request: Request) -> str:
        key = self._key(request)
        if not self.store.session(key):
            raise HTTPException(401, "no session")
        return key

    def _remember(self, request: Request, response: Response, key: str) -> None:
        is_safe = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        age = None if self.study.definition.kiosk else _MONTH
        response.set_cookie(self.cookie, key, max_age=age, httponly=True, samesite="strict", secure=is_safe)

    def _state(self, key: str) -> dict[str, Any]:
        """Return the trial that waits, and the one after it so that its pictures can be fetched meanwhile."""
        trials = self.store.session(key)
        waiting = [stored for stored in trials if stored.answer is None]
        shown = [self._present(stored, trials) for stored in waiting[:2]]
        return {
            **_count(trials),
            "trial": shown[0] if shown else None,
            "following": shown[1] if len(shown) > 1 else None,
            "score": None if waiting or not self.study.definition.show_score else _score(trials),
        }

    def _present(self, stored: StoredTrial, trials: list[StoredTrial]) -> dict[str, Any]:
        trial = stored.trial
        alike = [it for it in trials if (it.trial.kind, it.trial.practice) == (trial.kind, trial.practice)]
        return {
            "number": stored.number,
            "kind": trial.kind,
            "practice": trial.practice,
            "place": sum(it.number <= stored.number for it in alike),
            "places": len(alike),
            "left": f"api/pictures/{stored.token}/left",
            "right": f"api/pictures/{stored.token}/right",
        }

    def _feedback(self, stored: StoredTrial) -> dict[str, Any] | None:
        """Return what practice tells; of judged trials nothing is told."""
        part = next(part for part in self.study.definition.parts if part.kind == stored.trial.kind)
        if not (stored.trial.practice and part.feedback):
            return None
        return {"right": stored.is_right, "machine": stored.trial.right_answer}


class _Organizer:
    """What the organizer's page asks for, with the key from the address that the server printed."""

    def __init__(self, study: Study) -> None:
        self.study, self.store = study, study.store
        self.key = self.store.organizer_key.encode()

    def add_to(self, app: FastAPI) -> None:
        allowed = [Depends(self.check)]
        app.get("/api/organizer/progress", dependencies=allowed)(self.progress)
        app.get("/api/organizer/answers.csv", dependencies=allowed)(self.answers)
        app.post("/api/organizer/door", dependencies=allowed)(self.open_or_close)

    def check(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), self.key):
            raise HTTPException(403, "the key is not the one that the server printed")

    def progress(self) -> dict[str, Any]:
        definition = self.study.definition
        return {
            **asdict(summarize(self.store)),
            "title": definition.title,
            "limit": definition.participants,
            "photographs": len(self.study.design.judged),
            "rehearsal": self.study.is_rehearsal,
        }

    def answers(self) -> Response:
        text = io.StringIO()
        write_answers(self.store, text)
        name = f"{self.study.definition.name}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

    def open_or_close(self, door: _Door) -> dict[str, bool]:
        self.store.set_open(door.is_open)
        return {"is_open": door.is_open}


def estimate_minutes(parts: tuple[Part, ...]) -> int:
    """Return about how long a session takes, in minutes, at least 1."""
    seconds = sum((part.practice + part.trials + part.attention) * _seconds_of_trial(part) for part in parts)
    return max(1, round(seconds / 60))


def _seconds_of_trial(part: Part) -> float:
    looking = part.exposure_seconds + _THINKING_SECONDS if part.exposure_seconds else _LOOKING_SECONDS
    return _PAUSE_SECONDS + looking


def _describe_part(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "question": part.question,
        "trials": part.trials + part.attention,
        "practice": part.practice,
        "feedback": part.feedback,
        "exposure_ms": round(part.exposure_seconds * 1000),
    }


def _count(trials: list[StoredTrial]) -> dict[str, int]:
    return {"done": sum(stored.answer is not None for stored in trials), "total": len(trials)}


def _score(trials: list[StoredTrial]) -> dict[str, int] | None:
    """Return how many a participant recognized, of the judged trials in which there is a right answer."""
    counted = [
        it for it in trials if not it.trial.practice and not it.trial.attention and it.is_right is not None
    ]
    return {"right": sum(bool(it.is_right) for it in counted), "of": len(counted)} if counted else None
