"""Two processes do what one does."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tintype.learn import variational
from tintype.learn.networks import create_network
from tintype.learn.networks.encoders import import_timm
from tintype.learn.run import CHECKPOINT
from tintype.learn.shared_norm import SharedNorm2d, share_norms
from training_samples import TINY

SCRIPT = """
import gc, json, sys
import torch
sys.path.insert(0, sys.argv[4])
from pathlib import Path
import tintype.learn.course as course
from tintype.learn.train import train
from training_samples import tiny_recipe

course.LOG_EVERY = 1
rows = []
recipe = tiny_recipe(sys.argv[1], Path(sys.argv[2]), "film.clean=1.0", "film.strength=0.0", "hints.points=0.0")
folder, processes = Path(sys.argv[3]), int(sys.argv[5])
train(recipe, folder, accelerator="cpu", devices=processes, progress=lambda s, n, f: rows.append(dict(f)))
# or threads of gloo may abort the end of the process
assert not torch.distributed.is_initialized()
assert not any(type(each) is torch.nn.parallel.DistributedDataParallel for each in gc.get_objects())
if rows:
    (folder / "rows.json").write_text(json.dumps(rows))
"""


def run_with(processes: int, name: str, shards: Path, folder: Path) -> list[dict[str, float]]:
    script = folder.with_suffix(".py")
    script.write_text(SCRIPT)
    start = [sys.executable]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    here = str(Path(__file__).parent.parent)
    call = [*start, str(script), name, str(shards), str(folder), here, str(processes)]
    # One thread, as torchrun gives each process: others add up in another order, which the first steps enlarge.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    result = subprocess.run(call, capture_output=True, text=True, timeout=600, check=False, env=environment)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads((folder / "rows.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["eccv16", "ddcolor23-tiny", "tintype-selfsupervised"])
def test_two_processes_have_the_loss_of_one(name: str, shards: Path, tmp_path: Path):
    one = run_with(1, name, shards, tmp_path / "one")
    two = run_with(2, name, shards, tmp_path / "two")
    assert len(one) == len(two) == 4
    for alone, shared in zip(one, two, strict=True):
        norms = [figures.pop("gradient_norm") for figures in (shared, alone)]
        assert norms[0] == pytest.approx(norms[1], rel=0.02)
        assert shared == pytest.approx(alone, rel=1e-3, abs=1e-4)
    weights = [torch.load(tmp_path / f / CHECKPOINT, weights_only=True)["model"] for f in ("one", "two")]
    assert weights[0].keys() == weights[1].keys()


@pytest.mark.slow
def test_two_processes_train_both_phases_of_divcolor17(shards: Path, tmp_path: Path):
    rows = run_with(2, "divcolor17", shards, tmp_path / "two")
    assert {"divergence", "colorfulness", "mixture"} <= set(rows[-1])
    assert all(math.isfinite(value) for value in rows[-1].values())
    state = torch.load(tmp_path / "two" / CHECKPOINT, weights_only=True)
    assert state["phase"] == "mixture"
    assert "field_encoder" in state["parts"]


@pytest.mark.slow
def test_command_under_torchrun_says_once_what_it_made(shards: Path, tmp_path: Path):
    changes = [*TINY, f'data.root="{shards}"', "network=eccv16-test", "network_changes={}"]
    command = ["-m", "tintype", "train", "eccv16", "-o", str(tmp_path / "run"), "--accelerator", "cpu"]
    for change in changes:
        command += ["--set", change]
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    result = subprocess.run(
        [*start, *command, "--devices", "2"], capture_output=True, text=True, timeout=600, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert (result.stdout + result.stderr).count("the best weights are") == 1
    assert json.loads((tmp_path / "run" / "record.json").read_text())["broken"] == 0


def test_what_rests_keeps_its_weights_though_its_momentum_goes_on():
    network = create_network("divcolor17-test")
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    run = SimpleNamespace(
        network=network, optimizer=SimpleNamespace(optimizer=optimizer), phase="autoencoder"
    )
    variational._let_rest(run)
    moved = {}
    for phase in ("autoencoder", "mixture"):
        run.phase = phase
        before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
        for parameter in network.parameters():
            parameter.grad = torch.ones_like(parameter) if phase == "autoencoder" else parameter * 0
        optimizer.step()
        moved[phase] = {
            n.split(".")[0] for n, p in network.named_parameters() if not torch.equal(p, before[n])
        }
    assert moved["autoencoder"] >= {"tower", "decoder"}
    assert "mixture" not in moved["autoencoder"]
    assert not moved["mixture"] & {"tower", "decoder"}


@pytest.fixture
def process_group(tmp_path: Path):
    """A group of one process."""
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'group'}", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


def norm_of_timm() -> nn.Module:
    """The norm with an activation of pretrained encoders."""
    import_timm()
    from timm.layers.norm_act import BatchNormAct2d

    return BatchNormAct2d(3)


@pytest.mark.parametrize("create", [lambda: nn.BatchNorm2d(3), norm_of_timm])
def test_shared_norm_of_a_group_is_batch_norm(create, process_group):
    generator = torch.Generator().manual_seed(0)
    photographs = [torch.randn(4, 3, 5, 5, generator=generator) * 3 + 1 for _ in range(2)]
    plain, shared = create(), share_norms(create())
    assert type(shared).__name__.startswith("Shared")
    for x in photographs:
        seen = [x.clone().requires_grad_() for _ in range(2)]
        answers = [norm(each) for norm, each in zip((plain, shared), seen, strict=True)]
        for answer in answers:
            answer.square().mul(answer.detach().sigmoid()).sum().backward()
        torch.testing.assert_close(*answers)
        torch.testing.assert_close(seen[0].grad, seen[1].grad)
    torch.testing.assert_close(shared.state_dict(), plain.state_dict())


def test_shared_norm_in_one_process_is_batch_norm():
    plain, x = nn.BatchNorm2d(3), torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    shared = nn.BatchNorm2d(3)
    share_norms(shared)
    assert type(shared) is SharedNorm2d
    torch.testing.assert_close(shared(x), plain(x))
    assert shared.state_dict().keys() == plain.state_dict().keys()
