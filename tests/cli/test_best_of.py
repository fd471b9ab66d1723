"""``tintype colorize --best-of``."""

import json

from tintype.photos.metadata import read_mark


def test_best_of_several_is_kept_and_then_skipped(call, scan):
    done = call("colorize", scan.name, "--best-of", 5, "--threads", 1)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[-1].endswith(", the best of 5")
    again = call("colorize", scan.name, "--best-of", 5, "--json")
    (outcome,) = json.loads(again.out)["files"]
    assert (outcome["status"], outcome["digest"]) == ("skipped", read_mark("scan_color.png").result_digest)


def test_another_number_is_another_result(call, scan):
    call("colorize", scan.name, "--best-of", 2)
    for arguments in (("--best-of", 3), ("--best-of", 2, "--seed", 4, "--vividness", 1), ()):
        assert (
            "was not made from scan.png with these settings" in call("colorize", scan.name, *arguments).error
        )


def test_best_of_one_is_the_plain_result(call, scan):
    call("colorize", scan.name)
    assert call("colorize", scan.name, "--best-of", 1).out.startswith("skipped: ")


def test_best_of_none_is_a_wrong_call(call, scan):
    wrong = call("colorize", scan.name, "--best-of", 0)
    assert wrong.status == 2
    assert "best-of" in wrong.error
