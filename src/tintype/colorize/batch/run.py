"""Doing a plan: one file after the other, skipping what is done, going on after a bad one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import tee
from pathlib import Path

from tintype.colorize.batch.ledger import Ledger
from tintype.colorize.batch.outcome import Outcome
from tintype.colorize.batch.plan import COLOR, Companions, Job, Plan
from tintype.colorize.best import Search
from tintype.colorize.colorizer import Colorizer, model_fingerprint
from tintype.colorize.companions import write_comparison, write_doubt, write_layer
from tintype.colorize.guides import Guide, Guided, announce, follow
from tintype.colorize.project import Project, write_project
from tintype.colorize.result import Colorization
from tintype.colorize.settings import Settings
from tintype.colorize.ways import Way
from tintype.colorize.worlds import SKETCH_MODEL, guess_input
from tintype.errors import NotMonochromeError, OutputExistsError, TintypeError, UnreadablePhotoError
from tintype.models.catalog import ModelFile
from tintype.photos.mark import Mark
from tintype.photos.metadata import read_mark
from tintype.photos.photo import Photo
from tintype.photos.read import DEFAULT_MAX_PIXELS, PhotoInput, read_pages
from tintype.photos.write import WriteReport, remove_leftovers, write_photo

_CHUNK = 1 << 20


@dataclass(frozen=True)
class BatchOptions:
    """How a plan is done.

    Attributes:
        settings: of all colors.
        companions: what is written beside each result; the same as when the plan was made.
        recolor: color photographs that are in color already.
        overwrite: replace files that are in the way and not ours.
        mark: say in each result that a machine made the color.
        max_pixels: that a page may declare.
        dry_run: read and write nothing, only tell what would be done.
        threads: for one photograph; None: one for each core.
        search: how the best of several results is found for each page; None: there is nothing to choose.
        guides: what has a say in each page in its own way, beside the guidance of the settings.
        drawings: how pages that look like drawings are colored; None: as all others are.
        project: whose photograph alone may be colored; None: any.
    """

    settings: Settings
    companions: Companions = field(default_factory=Companions)
    recolor: bool = False
    overwrite: bool = False
    mark: bool = True
    max_pixels: int = DEFAULT_MAX_PIXELS
    dry_run: bool = False
    threads: int | None = None
    search: Search | None = None
    guides: tuple[Guide, ...] = ()
    drawings: Way | None = None
    project: Project | None = None


def run_plan(
    plan: Plan, model: ModelFile, options: BatchOptions, on_start: Callable[[Job], None] | None = None
) -> Iterator[Outcome]:
    """Color photographs one after the other, and tell what became of each.

    A file that can't be colored is reported, and the next one is begun. What an earlier run did with the same
    settings is skipped.

    Args:
        plan: what to color.
        model: what with.
        options: how.
        on_start: told of each job when it is begun.

    Yields:
        One outcome for each problem and each job of the plan, in their order.

    Raises:
        ModelError: the model can't be loaded: nothing can be colored.
    """
    batch = _Batch(Way(model, options.settings), options)
    for path, error in plan.problems:
        yield Outcome(str(path), "", "failed", str(error))
    for folder in {path.parent for job in plan.jobs for path in job.targets.values() if path.parent.is_dir()}:
        if not options.dry_run:
            remove_leftovers(folder)
    for job in plan.jobs:
        if on_start:
            on_start(job)
        yield batch.do(job)


class _Prepared:
    """A way of coloring, ready: its model is loaded when the first page needs it."""

    def __init__(self, way: Way, options: BatchOptions) -> None:
        self.card = way.model.card
        self.settings = announce(way.settings, options.guides)
        self.fingerprint = model_fingerprint(way.model)
        self._way, self._options = way, options

    def load(self) -> Colorizer:
        """Return the model; it is loaded once."""
        return self._colorizer

    @cached_property
    def _colorizer(self) -> Colorizer:
        return Colorizer(self._way.model, threads=self._options.threads)

    @cached_property
    def all_settings(self) -> tuple[Settings, ...]:
        """The settings that a result may have been made with: several, where the best is searched for."""
        if self._options.search is None:
            return (self.settings,)
        found = self._options.search.candidates(self.card, self.settings)
        return tuple(candidate.settings for candidate in found)

    def color(self, photo: Photo) -> tuple[Colorization, Guided]:
        """Color a page, and return what the guides said of it."""
        opened, search = self.load().open(photo), self._options.search
        settings, guided = follow(opened, self.settings, self._options.guides)
        return (search.find(opened, settings) if search else opened.render(settings)), guided


class _Batch:
    """What the jobs of a run share."""

    def __init__(self, way: Way, options: BatchOptions) -> None:
        self.options = options
        self.ledger = Ledger()
        self.plain = _Prepared(way, options)
        self.drawn = None if options.drawings is None else _Prepared(options.drawings, options)
        self.ways = [self.plain, self.drawn] if self.drawn else [self.plain]
        self.plain.load()

    def full_kind(self, kind: str) -> str:
        """Return the kind with all that makes a difference to its pixels, as ``Colorization.kind`` says it."""
        return f"{kind}, seed {self.options.companions.seed}" if kind.startswith("sample") else kind

    def digest(self, kind: str, result: Colorization) -> str:
        return result.settings.digest(result.model, self.full_kind(kind))

    def done_digest(self, path: Path, kind: str, source: str) -> str:
        """Return the digest of a file that an earlier run made with these settings, "" where it is another."""
        digests = (
            settings.digest(way.fingerprint, self.full_kind(kind))
            for way in self.ways
            for settings in way.all_settings
        )
        return next((digest for digest in digests if self._is_done(path, source, digest)), "")

    def do(self, job: Job) -> Outcome:
        """Do a job, and turn whatever stops it into an outcome."""
        start = time.perf_counter()
        way, is_known = self.plain, self.options.search is None
        expected = way.settings.digest(way.fingerprint, COLOR) if is_known else ""
        outcome = Outcome(str(job.source), str(job.result), "done", model=way.card.name, digest=expected)
        try:
            done = self._done(job)
            open_kinds = [kind for kind in job.targets if kind not in done]
            if not open_kinds:
                reason = "it is there already, with the same settings"
                outcome = replace(outcome, status="skipped", reason=reason, digest=done[COLOR])
            elif self.options.dry_run:
                outputs = tuple(str(job.targets[kind]) for kind in open_kinds)
                outcome = replace(outcome, status="planned", outputs=outputs)
            else:
                outcome = self._color(job, open_kinds, outcome)
        except NotMonochromeError as error:
            outcome = replace(outcome, status="left alone", reason=_reason(job, error))
        except TintypeError as error:
            outcome = replace(outcome, status="failed", reason=_reason(job, error))
        return replace(outcome, seconds=time.perf_counter() - start)

    def _done(self, job: Job) -> dict[str, str]:
        """Return kind -> digest of the files that are made already.

        Raises:
            OutputExistsError: a file is in the way that was made otherwise, or by someone else.
            UnreadablePhotoError: the source can't be read.
        """
        there = {kind: path for kind, path in job.targets.items() if path.exists() or path.is_symlink()}
        source = _sha256(job) if there else ""
        digests = {kind: self.done_digest(path, kind, source) for kind, path in there.items()}
        in_the_way = [there[kind] for kind, digest in digests.items() if not digest]
        if in_the_way and not self.options.overwrite:
            raise OutputExistsError(
                f"{in_the_way[0]}: this was not made from {job.source.name} with these settings; "
                "move it, name another folder with -o, or overwrite it with --force"
            )
        return {kind: digest for kind, digest in digests.items() if digest}

    def _is_done(self, path: Path, source: str, digest: str) -> bool:
        mark = read_mark(path)
        if mark is not None:
            return (mark.source_sha256, mark.result_digest) == (source, digest)
        return self.ledger.is_done(path, source, digest)

    def _color(self, job: Job, kinds: Sequence[str], outcome: Outcome) -> Outcome:
        pages = _Pages(job.source if job.data is None else job.data, self)
        first = pages.first
        told = (*_tell_world(first, self.options), *pages.guided.notes, *first.notes, *_tell_choice(first))
        notes = dict.fromkeys((*first.photo.notes, *told))
        for kind in kinds:
            notes |= dict.fromkeys(self._write(kind, job.targets[kind], pages))
        return replace(
            outcome,
            notes=tuple(notes),
            outputs=tuple(str(job.targets[kind]) for kind in kinds),
            width=first.photo.width,
            height=first.photo.height,
            pages=first.photo.page_count,
            marks=pages.guided.guidance.marks,
            sees=pages.guided.sightings,
            model=first.answer.card.name,
            digest=self.digest(COLOR, first),
        )

    def _write(self, kind: str, path: Path, pages: _Pages) -> tuple[str, ...]:
        """Write one of the files of a job; return what a person should be told."""
        options, first = self.options, pages.first
        if not options.mark or kind in ("doubt", "project"):
            self.ledger.record(path, first.photo.sha256, self.digest(kind, first))
        if kind == COLOR or kind.startswith("sample"):
            mark = first.mark(self.full_kind(kind)) if options.mark else None
            return pages.write(path, kind, mark=mark).notes
        if kind == "layer":
            write_layer(first, path, overwrite=options.overwrite, mark=options.mark)
        elif kind == "compare":
            write_comparison(first, path, overwrite=options.overwrite, mark=options.mark)
        elif kind == "project":
            write_project(first.project(), path, overwrite=options.overwrite)
        else:
            write_doubt(first, path, overwrite=options.overwrite)
        return (f"{path.name} shows the first page",) if first.photo.page_count > 1 else ()


class _Pages:
    """The pages of a file, colored when they are needed; the first one is kept."""

    def __init__(self, source: PhotoInput, batch: _Batch) -> None:
        self._source, self._batch, self._options = source, batch, batch.options
        self._drawn: tuple[Colorization, list[Colorization]] | None = None
        self.guided = Guided()
        """What the guides said of the first page."""

    @cached_property
    def first(self) -> Colorization:
        """The first page, colored."""
        return next(self._colored())

    def write(self, path: Path, kind: str, mark: Mark | None) -> WriteReport:
        """Write all pages, one after the other, colored or as one of the alternatives."""
        pages = [self.first] if self.first.photo.page_count == 1 else self._colored()
        results, sources = tee(self._alternative(page, kind) for page in pages)
        return write_photo(
            path,
            (result.picture() for result in results),
            like=(result.photo for result in sources),
            mark=mark,
            overwrite=self._options.overwrite,
        )

    def _colored(self) -> Iterator[Colorization]:
        settings = self._options.settings
        for photo in read_pages(
            self._source, max_pixels=self._options.max_pixels, ignore_profile=settings.ignores_profile
        ):
            if self._options.project:
                self._options.project.check_photograph(photo)
            if photo.hue_count > 1 and not self._options.recolor:
                raise NotMonochromeError(_in_color(photo))
            result, guided = self._way_for(photo).color(photo)
            self.guided = guided if photo.page == 0 else self.guided
            yield result

    def _way_for(self, photo: Photo) -> _Prepared:
        drawn = self._batch.drawn
        return self._batch.plain if drawn is None or guess_input(photo) == "photo" else drawn

    def _alternative(self, page: Colorization, kind: str) -> Colorization:
        if kind == COLOR:
            return page
        if self._drawn is None or self._drawn[0] is not page:
            companions = self._options.companions
            self._drawn = page, page.alternatives(companions.samples, companions.seed)
        return self._drawn[1][int(kind.removeprefix("sample ")) - 1]


def _tell_world(first: Colorization, options: BatchOptions) -> tuple[str, ...]:
    """Say aloud that a picture was taken for a drawing, and what that changes."""
    if not first.is_drawing:
        return ()
    guessed = options.settings.input != "sketch"
    what = "the drawing that it looks like (--input photo if it is none)" if guessed else "a drawing"
    name = first.answer.card.name
    learned = "" if name.startswith(SKETCH_MODEL) else f"; {name} learned from photographs"
    return (f"tinted as {what}: painted paper is as dark as its paint, the lightness is not kept{learned}",)


def _tell_choice(first: Colorization) -> tuple[str, ...]:
    choice = first.settings.choice
    if choice is None:
        return ()
    which = "the first page has " if first.photo.page_count > 1 else ""
    return (f"{which}{choice}",)


def _in_color(photo: Photo) -> str:
    page = f"page {photo.page + 1}" if photo.page_count > 1 else "it"
    return f"{page} is in color already; color it anew with --recolor"


def _reason(job: Job, error: TintypeError) -> str:
    """Return what went wrong, with the name of the file that it went wrong with."""
    text = str(error)
    return text if str(job.source) in text and job.data is None else f"{job.name}: {text}"


def _sha256(job: Job) -> str:
    """Return the SHA-256 of the source.

    Raises:
        UnreadablePhotoError: it can't be read.
    """
    if job.data is not None:
        return hashlib.sha256(job.data).hexdigest()
    digest = hashlib.sha256()
    try:
        with job.source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise UnreadablePhotoError(f"{job.source}: {error.strerror or error}; make it readable") from error
    return digest.hexdigest()
