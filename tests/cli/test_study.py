"""``tintype study``: from an empty folder to figures."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from study_samples import served, write_study
from tintype.studio.study import serving
from tintype.studio.study.definition import read_definition

PATIENCE = 600
"""Seconds that even a crowded machine does not take."""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    path = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))
    return path


@pytest.fixture
def study(folder):
    return write_study(folder)


@pytest.fixture
def answered(study, cache):
    with served(study, cache) as server:
        for side in ("left", "right"):
            server.participant(lambda trial, side=side: side).take_part()
        server.participant().take_part(5)
    return study


def test_new_study_is_complete_but_for_its_pictures(call, folder):
    done = call("study", "new", "my study")
    assert done.status == 0
    path = folder / "my study/study.toml"
    assert "tintype study check" in done.out
    study = read_definition(path)
    assert (study.name, [*study.models]) == ("my-study", ["tintype-small"])
    assert (study.parts[0].trials, study.parts[0].exposure_seconds) == (40, 1.0)
    again = call("study", "new", "my study")
    assert (again.status, "in the way" in again.error) == (1, True)


def test_every_key_of_the_example_is_known(call, folder, study):
    call(
        "study",
        "new",
        "new",
        "--photographs",
        "photographs",
        "--model",
        "dull=colored/dull",
        "--model",
        "vivid=colored/vivid",
    )
    path = folder / "new/study.toml"
    lines = path.read_text().splitlines()
    assert sum(map(_is_setting, lines)) > 15
    text = "\n".join(line.removeprefix("# ") if _is_setting(line) else line for line in lines)
    path.write_text(text)
    assert [part.kind for part in read_definition(path).parts] == ["real_or_colored", "preference"]


def _is_setting(line):
    return line.startswith("# [") or (
        line.startswith("# ") and line.removeprefix("# ").split(" ")[1:2] == ["="]
    )


def test_wrong_model_option_is_explained(call):
    done = call("study", "new", "x", "--model", "tintype-small")
    assert (done.status, "NAME=FOLDER" in done.error) == (2, True)


def test_check_says_what_the_study_asks_for(call, study):
    done = call("study", "check", study, "--json")
    facts = json.loads(done.out)
    assert (done.status, facts["photographs"], facts["models"]) == (0, 14, "dull, vivid")
    assert facts["real_or_colored: comparisons"] == "truth and dull, truth and vivid"
    assert not [*study.parent.glob("*.sqlite*")]
    assert "minutes for each participant" in call("study", "check", study).out


def test_mistake_in_the_file_is_a_wrong_call_with_line_and_key(call, study):
    study.write_text(study.read_text().replace("trials = 8", "trials = 'many'"))
    done = call("study", "check", study)
    assert done.status == 2
    assert "line 10: real_or_colored.trials: is 'many'" in done.error


def test_progress_and_export(call, answered):
    summary = json.loads(call("study", "progress", answered, "--json").out)
    assert (summary["begun"], summary["finished"]) == (3, 2)
    assert "3 participants, 2 of them finished" in call("study", "progress", answered).out
    table = [*csv.DictReader(call("study", "export", answered).out.splitlines())]
    assert len(table) == 45
    assert call("study", "export", answered, "-o", "answers.csv").out == "45 answers are in answers.csv\n"
    assert call("study", "export", answered, "-o", "answers.csv").status == 1
    assert call("study", "export", answered, "-o", "answers.csv", "--force").status == 0
    with Path("answers.csv").open(newline="") as file:
        assert [*csv.DictReader(file)] == table


def test_analysis_of_answers_and_of_their_table_are_the_same(call, answered, folder):
    arguments = ("--least-attention", 0, "--json")
    direct = call("study", "analyze", answered, *arguments)
    call("study", "export", answered, "-o", "answers.csv")
    table = call("study", "analyze", "answers.csv", *arguments)
    assert direct.status == 0
    assert json.loads(direct.out) == json.loads(table.out)
    shown = call("study", "analyze", answered, "--least-attention", 0, "-o", "report")
    assert "sample" in shown.out
    assert (folder / "report/report.html").is_file()


def test_answers_that_are_not_there_yet(call, study):
    for command in ("progress", "export", "analyze"):
        done = call("study", command, study)
        assert (done.status, "there are no answers yet" in done.error) == (1, True)


def start(*arguments):
    command = [sys.executable, "-m", "tintype", "study", "serve", *arguments, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    while not any(line.startswith("Ctrl-C") for line in lines):
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    return process, lines


def stop(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def test_study_in_a_network_names_what_phones_can_open(call, study, monkeypatch):
    monkeypatch.setattr(serving, "run_server", lambda _, listener, announce: (listener.close(), announce()))
    monkeypatch.setattr(serving, "reachable_hosts", lambda _: ["127.0.0.1", "192.168.1.7"])
    done = call("study", "serve", study, "--host", "0.0.0.0", "--port", "0", "--rehearse")
    assert (done.status, "0.0.0.0" in done.out) == (0, False)
    here, there = done.out.split("from other machines and phones:\n")
    assert re.findall(r"http://(.+?):.*/(.*)#", here + there) == [
        ("127.0.0.1", "organizer"),
        ("192.168.1.7", "organizer"),
    ]


def test_served_study_is_reached_and_stopped(study, process):
    server, lines = start(study)
    address = lines[0].split()[-1]
    key = lines[1].split("#")[1].strip()
    while server.poll() is None:
        try:
            assert httpx.get(address, timeout=PATIENCE).status_code == 200
            break
        except httpx.ConnectError:
            time.sleep(0.1)
    second = process("study", "serve", study, "--port", "0")
    assert (second.status, "another server is using these answers" in second.error) == (1, True)
    headers = {"Authorization": f"Bearer {key}"}
    progress = httpx.get(f"{address}api/organizer/progress", headers=headers, timeout=PATIENCE)
    assert progress.json()["begun"] == 0
    status, out, err = stop(server)
    assert (status, err) == (0, "")
    assert "127.0.0.1" not in out


def test_rehearsal_keeps_nothing(study):
    server, lines = start(study, "--rehearse")
    assert lines[0].startswith("rehearsal")
    assert stop(server)[0] == 0
    assert not [*study.parent.glob("*.sqlite*")]
