"""Published weights become a model in the user's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from tintype import __version__
from tintype.errors import BrokenModelError, ModelError, ModelNotFoundError
from tintype.learn.export import Export, embed_card, export_model, save_weights
from tintype.learn.importing.caffe import SUFFIXES, read_caffe
from tintype.learn.importing.recognize import Recognized, recognize
from tintype.learn.networks.eccv16 import ANNEALED_MEAN
from tintype.learn.networks.traits import traits_of
from tintype.learn.read_state import read_state
from tintype.models.card import Card, VividnessStep
from tintype.models.catalog import ModelFile, read_model
from tintype.models.install import full_name, place_for
from tintype.models.published import RELEASES, Published, published_by_hash
from tintype.photos.atomic import refuse_existing


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Attributes:
        model: its file and card.
        export: how well its graph agrees with torch.
        remarks: what was done to the weights, for a person.
        weights: the safetensors file beside, or None.
    """

    model: ModelFile
    export: Export
    remarks: tuple[str, ...]
    weights: Path | None


@dataclass(frozen=True)
class Weights:
    """Weights of a published system that were read and recognized.

    Attributes:
        recognized: system, size and network.
        files: they were read from.
        temperature: at which the release decodes its logits; for a system with bins.
        variant: what stands behind the system in the name, where the size does not say all.
    """

    recognized: Recognized
    files: tuple[Path, ...]
    temperature: float = 1.0
    variant: str = ""


def import_model(
    files: Sequence[Path],
    *,
    name: str = "",
    published: Published | None = None,
    source: str = "",
    precision: str = "fp16",
    keep_weights: bool = False,
    overwrite: bool = False,
) -> Imported:
    """Make a model of published weights, in the user's folder.

    Args:
        files: one checkpoint, or the three files of Caffe in any order.
        name: ``system-size`` or ``system-size@version``; empty for the usual one.
        published: which published model this is, where that is known.
        source: where the files were fetched, for the card.
        precision: how the weights are stored, "fp32" or "fp16".
        keep_weights: save them as safetensors beside the model, for training and publishing.
        overwrite: replace a model of that name.

    Raises:
        ModelNameError: a name that can't be.
        ModelNotFoundError, BrokenModelError: a file is not there, or is no whole checkpoint of a known system.
        ContractError: the network can't be stored in this precision.
        OutputExistsError, WriteFailedError: a model of that name is there, or can't be written.
    """
    weights = read_weights(files)
    names = (
        [published.file] if published and len(weights.files) == 1 else [path.name for path in weights.files]
    )
    digests = dict(zip(names, map(_hash, weights.files), strict=True))
    published = published or next(filter(None, map(published_by_hash, digests.values())), None)
    card = draft_card(weights, digests, name, published, source)
    path = place_for(card.name, overwrite=overwrite)
    kept = path.with_suffix(".safetensors")
    if keep_weights:
        for file in (kept, kept.with_suffix(".json")):
            refuse_existing(file, overwrite=overwrite)
    network = weights.recognized.network
    lengths = traits_of(network).lengths
    with ExitStack() as failed:
        for file in (path, kept, kept.with_suffix(".json")):
            if not file.exists():
                failed.callback(_remove, file)
        export = export_model(network, card, path, precision=precision, lengths=lengths, overwrite=overwrite)
        if keep_weights:
            embed_card(path, save_weights(network, export.model.card, kept, overwrite=overwrite))
        failed.pop_all()
    return Imported(read_model(path), export, weights.recognized.remarks, kept if keep_weights else None)


def _remove(file: Path) -> None:
    with suppress(OSError):  # what could not be written can't be removed either
        file.unlink()


def read_weights(files: Sequence[Path]) -> Weights:
    """Read and recognize published weights; files and errors as those of `import_model`."""
    by_suffix = {path.suffix.lower(): path for path in files}
    if any(suffix in SUFFIXES for suffix in by_suffix):
        return _read_caffe(files, by_suffix)
    if len(files) != 1:
        raise ModelError(f"{len(files)} files were given; give one checkpoint, or the three files of Caffe")
    return Weights(recognize(read_state(files[0]), str(files[0])), (files[0],))


def _read_caffe(files: Sequence[Path], by_suffix: dict[str, Path]) -> Weights:
    names = {".prototxt": "the .prototxt", ".caffemodel": "the .caffemodel", ".npy": "pts_in_hull.npy"}
    missing = [names[suffix] for suffix in SUFFIXES if suffix not in by_suffix]
    if missing or len(files) != len(SUFFIXES):
        lacks = f"{' and '.join(missing)} is missing" if missing else f"{len(files)} files were given"
        raise ModelNotFoundError(
            f"a model of Caffe is three files, but {lacks}; give .prototxt, .caffemodel and pts_in_hull.npy together"
        )
    prototxt, caffemodel, bins = (by_suffix[suffix] for suffix in SUFFIXES)
    read = read_caffe(prototxt, caffemodel, bins)
    recognized = recognize(read.state, str(caffemodel))
    return Weights(recognized, (prototxt, caffemodel, bins), read.temperature, variant="caffe")


def draft_card(
    weights: Weights,
    digests: dict[str, str],
    name: str = "",
    published: Published | None = None,
    source: str = "",
) -> Card:
    """Return the card of imported weights.

    Args:
        weights: what was read.
        digests: name of each file to its SHA-256.
        name: as for `import_model`.
        published: which published model this is, where that is known.
        source: as for `import_model`.

    Raises:
        ModelNameError: a name that can't be.
        BrokenModelError: it is not the published model that it should be.
    """
    release = RELEASES[weights.recognized.system]
    if published and published.release is not release:
        raise BrokenModelError(
            f"{published.name} should be a {published.release.system}, but is a {release.system}"
        )
    traits = traits_of(weights.recognized.network)
    return Card(
        name=_full_name(weights, name or (published.name if published else "")),
        system=release.system,
        bins=traits.bins,
        grid=traits.grid,
        size=traits.size,
        capabilities=traits.capabilities,
        license=release.license,
        summary=(published and published.summary) or release.summary,
        vividness_path=_vividness_around(weights.temperature) if traits.bins else (),
        data=(published and published.data) or release.data,
        recipe={"imported": dict(digests), "tintype": __version__},
        origin=_tell_origin(weights, digests, published, source),
        failures=release.failures,
    )


def _full_name(weights: Weights, name: str) -> str:
    """Return ``system-size@version``."""
    system = weights.recognized.system
    usual = "-".join(filter(None, (weights.recognized.size, weights.variant)))
    return full_name(name or usual, system)


def _vividness_around(temperature: float) -> tuple[VividnessStep, ...]:
    """Return a path with the release's own decoding in its middle, as wide as that around the paper's."""
    share = temperature / ANNEALED_MEAN.temperature
    steps = {0.0: share, 0.5: temperature, 1.0: 0.2 * share}
    return tuple(VividnessStep(vividness, 0.0, round(step, 4)) for vividness, step in steps.items())


def _tell_origin(weights: Weights, digests: dict[str, str], published: Published | None, source: str) -> str:
    """Say whose weights these are, and how far that is known."""
    release = RELEASES[weights.recognized.system]
    files = ", ".join(f"{name} (SHA-256 {digest})" for name, digest in digests.items())
    place = f", fetched from {source}" if source else ""
    doubt = (
        "" if published else "; whose they are was told by names and shapes, the hash is none that is known"
    )
    return (
        f"{files}{place}. Weights released at {release.place} under {release.license}{doubt}. "
        f"Imported by Tintype {__version__}."
    )


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
