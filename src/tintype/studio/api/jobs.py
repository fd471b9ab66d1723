"""Results at full size, as jobs: giving them, watching them, fetching the files."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.background import BackgroundTask

from tintype.errors import NotHereError
from tintype.studio.api.addresses import JobId
from tintype.studio.api.answers import Done, JobAnswer, JobsAnswer, describe_job
from tintype.studio.core import Studio
from tintype.studio.rendering import Kind, Order
from tintype.studio.state import Model


class NewJob(Model):
    """What is to be made of a photograph as it stands now."""

    photo: str = Field(pattern=r"^[0-9a-f]{16}$")
    kind: Kind = Field(
        default="picture",
        description="The result at full size in the source's format and depth; the color alone as a layer for "
        "Photoshop or GIMP; before and after as one picture; where the model doubts.",
    )
    suffix: str = Field(
        default="",
        pattern=r"^(\.[a-z0-9]{1,5})?$",
        description="Of another format for a picture, such as .png; empty: the source's.",
    )
    mark: bool = Field(default=True, description="Say in the file that a machine made the color.")
    badge: bool = Field(
        default=False, description="Say so to the eye too: a small badge in a picture's corner."
    )


class JobResource:
    """The jobs."""

    def __init__(self, studio: Studio) -> None:
        self._jobs = studio.jobs

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/jobs")(self.list_jobs)
        api.post("/jobs", status_code=201)(self.give_job)
        api.get("/jobs/{job}")(self.get_job)
        api.delete("/jobs/{job}")(self.remove_job)
        api.get(
            "/jobs/{job}/file",
            response_class=FileResponse,
            responses={200: {"content": {"application/octet-stream": {}}}},
        )(self.get_file)

    def list_jobs(self) -> JobsAnswer:
        """List the jobs; they outlast the server, and results are kept at least until someone has fetched them."""
        return JobsAnswer(jobs=[describe_job(job) for job in self._jobs.list()])

    def give_job(self, new: NewJob) -> JobAnswer:
        """Let a file be made; jobs of all kinds run one after the other. 429: there is no room for another one."""
        order = Order(new.kind, new.suffix, mark=new.mark, badge=new.badge)
        return describe_job(self._jobs.give(new.photo, order))

    def get_job(self, job: JobId) -> JobAnswer:
        """Say how far a job is; live connections are told without asking."""
        return describe_job(self._jobs.get(job))

    def remove_job(self, job: JobId) -> Done:
        """Stop a job, or forget its result."""
        self._jobs.remove(job)
        return Done()

    def get_file(self, job: JobId) -> FileResponse:
        """Download the file of a job that is done; after that it may make room for others."""
        found = self._jobs.get(job)
        if found.status != "done" or found.rendering is None:
            raise NotHereError(f"the file is not there: the job is {found.status}")
        return FileResponse(
            found.rendering.path,
            media_type="application/octet-stream",
            filename=found.rendering.name,
            background=BackgroundTask(self._jobs.note_fetched, job),
        )
